//! Writes a request as the protocol has it, in the form that its server takes.
//!
//! Invariant: what is sent follows from the request, the model's name and the server's quirks alone.

use serde_json::{Map, Value, json};

use super::quirks::Quirks;
use super::refusal::{NEWER_TOKEN_FIELD, Sent, TOKEN_FIELD};
use super::request::{Message, Request, Role, Schema};

/// The fields that belong to the client and to no one else.
const RESERVED: [&str; 6] =
    ["model", "messages", "response_format", "n", "stream", "stream_options"];

/// The field that asks for numbers instead of packed bytes.
const FORM: &str = "encoding_format";

/// A request in its written form.
#[derive(Debug, Default)]
pub(super) struct Wire {
    pub body: Vec<u8>,
    /// What a refusal may be about.
    pub sent: Sent,
    /// A guess at the tokens that prompt and reply will take.
    pub tokens: u64,
    /// How many texts the reply has a vector of; 0 for a completion.
    pub texts: usize,
}

/// What one sending of a request needs besides the request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner<'a> {
    pub model: &'a str,
    pub quirks: &'a Quirks,
    /// How many choices to ask for.
    pub choices: u32,
    /// Whether the reply may come in parts.
    pub is_streamed: bool,
}

impl Wire {
    /// Writes a request.
    pub(super) fn new(request: &Request, manner: Manner<'_>) -> Self {
        let Manner { model, quirks, choices, is_streamed } = manner;
        let mut messages = request.messages.clone();
        let mut options = options(request);
        if choices > 1 {
            options.insert("n".into(), choices.into());
        }
        if is_streamed && !quirks.drops("stream") {
            options.insert("stream".into(), true.into());
            options.insert("stream_options".into(), json!({"include_usage": true}));
        }
        options.retain(|name, _| !quirks.drops(name));
        let optional = options.keys().filter(|name| !name.starts_with("max_")).cloned().collect();

        let token_name = if quirks.renames_max_tokens() { NEWER_TOKEN_FIELD } else { TOKEN_FIELD };
        let token_field = options.contains_key(TOKEN_FIELD).then_some(token_name);
        let mut body = Map::new();
        for (name, value) in options {
            let name = if name == TOKEN_FIELD { token_name.to_owned() } else { name };
            body.insert(name, value);
        }
        let has_schema = request.schema.is_some() && !quirks.fences_schemas();
        match &request.schema {
            Some(schema) if has_schema => {
                drop(body.insert("response_format".into(), response_format(schema)));
            }
            Some(schema) => tell(&mut messages, schema),
            None => {}
        }
        let prompt: usize = messages.iter().map(|message| message.content.len()).sum();
        let reply = u64::from(request.sampling.max_tokens.unwrap_or_default()) * u64::from(choices);

        let mut whole = Map::from_iter([
            ("model".to_owned(), model.into()),
            ("messages".to_owned(), json!(messages)),
        ]);
        whole.append(&mut body);
        Self {
            body: Value::Object(whole).to_string().into_bytes(),
            sent: Sent { optional, has_schema, token_field },
            // Four bytes a token is what English and code come to.
            tokens: prompt as u64 / 4 + reply,
            texts: 0,
        }
    }

    /// Writes a request for the vectors of texts.
    pub(super) fn of_texts(texts: &[&str], model: &str, quirks: &Quirks) -> Self {
        let mut body = Map::from_iter([
            ("model".to_owned(), model.into()),
            ("input".to_owned(), json!(texts)),
        ]);
        let optional = match quirks.drops(FORM) {
            true => Vec::new(),
            false => {
                body.insert(FORM.to_owned(), "float".into());
                vec![FORM.to_owned()]
            }
        };
        Self {
            body: Value::Object(body).to_string().into_bytes(),
            sent: Sent { optional, ..Sent::default() },
            tokens: texts.iter().map(|text| text.len() as u64).sum::<u64>() / 4,
            texts: texts.len(),
        }
    }
}

/// The sampling's options, the caller's own fields last.
fn options(request: &Request) -> Map<String, Value> {
    let sampling = &request.sampling;
    let mut options = match serde_json::to_value(sampling) {
        Ok(Value::Object(options)) => options,
        Ok(_) | Err(_) => Map::new(),
    };
    options.remove("extra");
    if let Some(seed) = sampling.seed {
        // Each sample of a seeded request has a seed of its own, as n samples asked for at once have.
        options.insert("seed".into(), seed.wrapping_add(i64::from(request.sample)).into());
    }
    for (name, value) in
        sampling.extra.iter().filter(|(name, _)| !RESERVED.contains(&name.as_str()))
    {
        options.insert(name.clone(), value.clone());
    }
    options
}

fn response_format(Schema { name, schema }: &Schema) -> Value {
    json!({"type": "json_schema", "json_schema": {"name": name, "strict": true, "schema": schema}})
}

/// States in the prompt the schema that the server does not enforce.
fn tell(messages: &mut Vec<Message>, schema: &Schema) {
    let schema = &schema.schema;
    let text = format!(
        "Answer with one JSON value in a ```json fence that fits this schema:\n```json\n{schema}\n```"
    );
    match messages.last_mut() {
        Some(Message { role: Role::User, content }) => *content = format!("{content}\n\n{text}"),
        _ => messages.push(Message { role: Role::User, content: text }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::refusal::Refusal;
    use super::*;
    use crate::model::Sampling;

    fn wire(request: &Request, quirks: &Quirks) -> Wire {
        Wire::new(request, Manner { model: "m", quirks, choices: 1, is_streamed: false })
    }

    fn body(request: &Request, quirks: &Quirks) -> String {
        String::from_utf8(wire(request, quirks).body).unwrap()
    }

    fn quirks(refusals: impl IntoIterator<Item = Refusal>) -> Quirks {
        let mut quirks = Quirks::default();
        for refusal in refusals {
            quirks.learn(&refusal);
        }
        quirks
    }

    fn sampled(sampling: Sampling) -> Request {
        Request { sampling, ..Request::default() }
    }

    fn extra(fields: Value) -> Map<String, Value> {
        fields.as_object().unwrap().clone()
    }

    fn schema() -> Schema {
        Schema { name: "calls".into(), schema: json!({"type": "array"}) }
    }

    #[test]
    fn the_body_has_the_options_beside_the_messages() {
        let request = sampled(Sampling {
            temperature: Some(0.0),
            top_p: Some(0.9),
            max_tokens: Some(64),
            seed: Some(7),
            stop: vec!["\n".into()],
            reasoning_effort: Some("low".into()),
            extra: extra(json!({"chat_template_kwargs": {"enable_thinking": false}})),
        });
        assert_eq!(
            body(&request, &Quirks::default()),
            r#"{"model":"m","messages":[],"temperature":0.0,"top_p":0.9,"max_tokens":64,"seed":7,"stop":["\n"],"reasoning_effort":"low","chat_template_kwargs":{"enable_thinking":false}}"#
        );
    }

    #[test]
    fn own_fields_win_but_never_over_the_clients() {
        let fields = json!({"temperature": 1, "model": "x", "messages": 1, "n": 9, "stream": true});
        let request = sampled(Sampling {
            temperature: Some(0.5),
            extra: extra(fields),
            ..Sampling::default()
        });
        assert_eq!(
            body(&request, &Quirks::default()),
            r#"{"model":"m","messages":[],"temperature":1}"#
        );
    }

    #[test]
    fn each_sample_has_a_seed_of_its_own_and_no_seed_stays_none() {
        let seeded =
            Request { sample: 2, ..sampled(Sampling { seed: Some(7), ..Sampling::default() }) };
        assert_eq!(body(&seeded, &Quirks::default()), r#"{"model":"m","messages":[],"seed":9}"#);
        let free = Request { sample: 2, ..Request::default() };
        assert_eq!(body(&free, &Quirks::default()), r#"{"model":"m","messages":[]}"#);
    }

    #[test]
    fn a_schema_becomes_the_response_format() {
        let format = r#"{"type":"json_schema","json_schema":{"name":"calls","strict":true,"schema":{"type":"array"}}}"#;
        assert_eq!(
            body(&Request::default().with_schema(schema()), &Quirks::default()),
            format!(r#"{{"model":"m","messages":[],"response_format":{format}}}"#)
        );
    }

    #[test]
    fn a_schema_that_the_server_does_not_take_is_told_to_the_model() {
        let quirks = quirks([Refusal::Schema]);
        let wire =
            wire(&Request::new("", "Calls?", Sampling::default()).with_schema(schema()), &quirks);
        let sent: Value = serde_json::from_slice(&wire.body).unwrap();
        assert_eq!((sent.get("response_format"), wire.sent.has_schema), (None, false));
        assert_eq!(sent["messages"].as_array().unwrap().len(), 2);
        let told = "Calls?\n\nAnswer with one JSON value in a ```json fence that fits this schema:\n```json\n{\"type\":\"array\"}\n```";
        assert_eq!(sent["messages"][1]["content"], told);
    }

    #[test]
    fn quirks_leave_out_and_rename() {
        let request = sampled(Sampling {
            temperature: Some(0.0),
            max_tokens: Some(64),
            extra: extra(json!({"top_k": 3})),
            ..Sampling::default()
        });
        let dropped = ["temperature", "top_k"].map(|name| Refusal::Field(name.into()));
        let quirks = quirks([dropped.to_vec(), vec![Refusal::TokenField]].concat());
        assert_eq!(
            body(&request, &quirks),
            r#"{"model":"m","messages":[],"max_completion_tokens":64}"#
        );
        assert_eq!(wire(&request, &quirks).sent.token_field, Some(NEWER_TOKEN_FIELD));
    }

    #[test]
    fn a_stream_is_asked_for_with_its_usage_unless_the_server_takes_none() {
        let ask = |quirks: &Quirks| {
            let manner = Manner { model: "m", quirks, choices: 3, is_streamed: true };
            String::from_utf8(Wire::new(&Request::default(), manner).body).unwrap()
        };
        let start = r#"{"model":"m","messages":[]"#;
        assert_eq!(
            ask(&Quirks::default()),
            format!(r#"{start},"n":3,"stream":true,"stream_options":{{"include_usage":true}}}}"#)
        );
        assert_eq!(
            ask(&quirks([Refusal::Field("stream_options".into())])),
            format!(r#"{start},"n":3,"stream":true}}"#)
        );
        assert_eq!(ask(&quirks([Refusal::Field("stream".into())])), format!(r#"{start},"n":3}}"#));
        assert_eq!(
            ask(&quirks(["n", "stream"].map(|name| Refusal::Field(name.into())))),
            format!("{start}}}")
        );
    }

    #[test]
    fn texts_are_sent_with_the_form_of_their_vectors_unless_the_server_takes_none() {
        let ask = |quirks: &Quirks| {
            let wire = Wire::of_texts(&["a", "\n"], "m", quirks);
            (String::from_utf8(wire.body).unwrap(), wire.texts)
        };
        let start = r#"{"model":"m","input":["a","\n"]"#;
        assert_eq!(ask(&Quirks::default()), (format!(r#"{start},"encoding_format":"float"}}"#), 2));
        let refused = quirks([Refusal::Field("encoding_format".into())]);
        assert_eq!(ask(&refused), (format!("{start}}}"), 2));
    }

    #[test]
    fn the_guess_at_tokens_is_a_quarter_of_the_bytes_and_the_longest_reply() {
        let request =
            Request::new("ab", "é", Sampling { max_tokens: Some(64), ..Sampling::default() });
        assert_eq!(wire(&request, &Quirks::default()).tokens, 65);
    }
}
