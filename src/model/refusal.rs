//! Reads from a server's refusal what it refuses.
//!
//! Invariant: this is the only place that looks into a server's words; all others go by the type made here.

use serde_json::Value;

use crate::remote::excerpt;

/// The field that bounds a reply, as most servers name it.
pub(super) const TOKEN_FIELD: &str = "max_tokens";
/// The same as OpenAI's newer models name it.
pub(super) const NEWER_TOKEN_FIELD: &str = "max_completion_tokens";

/// The parts of a sent request that a server may refuse.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// The fields in the body that a server may do without.
    pub optional: Vec<String>,
    pub has_schema: bool,
    /// The name under which the body bounds the reply, if it does.
    pub token_field: Option<&'static str>,
}

/// Why a request need not be sent again as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The server does not take this field of the body.
    Field(String),
    /// The server does not take `max_tokens`, and may want `max_completion_tokens` in its place.
    TokenField,
    /// The server does not hold its replies to a JSON Schema, or not to this one.
    Schema,
    /// The request does not fit into the model's context.
    TooLong,
    /// The server has no such model.
    UnknownModel,
    /// Nothing is left to pay with.
    OutOfCredit,
    /// The server has been gone for longer than anybody waits.
    Gone,
}

/// The codes and types that OpenAI's errors have when more time does not help.
const CREDIT_CODES: [&str; 3] =
    ["insufficient_quota", "billing_hard_limit_reached", "billing_not_active"];
/// The codes and types of OpenAI and llama.cpp for what does not fit.
const LENGTH_CODES: [&str; 2] = ["context_length_exceeded", "exceed_context_size_error"];
/// How vLLM, SGLang, DeepSeek, llama.cpp, Mistral, Google and Anthropic word the same.
const LENGTH_WORDS: [&str; 8] = [
    "context length",
    "context size",
    "context window",
    "reduce the length of",
    "maximum number of tokens allowed",
    "prompt is too long",
    "input is too long",
    "max_model_len",
];
/// How servers speak of replies that are held to a form.
const SCHEMA_WORDS: [&str; 6] =
    ["response_format", "json_schema", "schema", "grammar", "structured output", "guided"];
/// How servers speak of a number that is not to their liking, under a name that is.
const NUMBER_WORDS: [&str; 11] = [
    "too large",
    "too high",
    "too small",
    "too big",
    "at most",
    "at least",
    "must be",
    "should be",
    "less than",
    "greater than",
    "exceed",
];
/// How servers say that a model is not theirs.
const UNKNOWN_WORDS: [&str; 5] =
    ["not exist", "not found", "unknown model", "invalid model", "no such model"];

/// Reads a reply with a status other than success.
pub(super) fn read(status: u16, body: &[u8], sent: &Sent) -> Option<Refusal> {
    let json = serde_json::from_slice(body).unwrap_or(Value::Null);
    let error = json.get("error").filter(|error| error.is_object()).unwrap_or(&json);
    let word = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    let codes = [word("code"), word("type")];
    let has_code = |known: &[&str]| codes.iter().any(|code| known.contains(code));
    let message = excerpt::error_message(&json)
        .map_or_else(|| String::from_utf8_lossy(body).into_owned(), str::to_owned)
        .to_lowercase();
    let speaks_of = |words: &[&str]| words.iter().any(|word| message.contains(word));

    if status == 402 || has_code(&CREDIT_CODES) {
        return Some(Refusal::OutOfCredit);
    }
    if status == 413
        || has_code(&LENGTH_CODES)
        || matches!(status, 400 | 422) && speaks_of(&LENGTH_WORDS)
    {
        return Some(Refusal::TooLong);
    }
    // A web page may speak of models, too.
    let is_about_a_model = status == 404 && !json.is_null() && message.contains("model")
        || matches!(status, 400 | 422) && message.contains("model") && speaks_of(&UNKNOWN_WORDS);
    if codes.contains(&"model_not_found") || is_about_a_model {
        return Some(Refusal::UnknownModel);
    }
    if !matches!(status, 400 | 422) {
        return None;
    }
    let named = [word("param").to_owned(), place(&json)];
    // A field that is refused under its newer name, too, is left out.
    let token_refusal = match sent.token_field {
        Some(_) if speaks_of(&NUMBER_WORDS) => None,
        Some(TOKEN_FIELD) => Some(Refusal::TokenField),
        Some(_) => Some(Refusal::Field(TOKEN_FIELD.into())),
        None => None,
    };
    if sent.token_field == Some(TOKEN_FIELD) && message.contains(NEWER_TOKEN_FIELD) {
        return Some(Refusal::TokenField);
    }
    let is_named = |field: &str| named.iter().any(|name| is_within(name, field));
    if token_refusal.is_some() && sent.token_field.is_some_and(is_named) {
        return token_refusal;
    }
    if let Some(field) = sent.optional.iter().find(|field| is_named(field)) {
        return Some(Refusal::Field(field.clone()));
    }
    let speaks_of_a_form = speaks_of(&SCHEMA_WORDS) || is_named("response_format");
    if sent.has_schema && speaks_of_a_form {
        return Some(Refusal::Schema);
    }
    let quoted = |field: &&String| {
        ['\'', '"', '`'].iter().any(|mark| message.contains(&format!("{mark}{field}{mark}")))
    };
    let is_worded = |field: &str| has_word(&message, field);
    // A name of one letter is a word of its own too easily.
    let bare = |field: &&String| field.len() > 3 && is_worded(field);
    let field = sent.optional.iter().find(quoted).or_else(|| sent.optional.iter().find(bare));
    if let Some(field) = field {
        return Some(Refusal::Field(field.clone()));
    }
    if sent.token_field.is_some_and(is_worded) { token_refusal } else { None }
}

/// The place in the body that a validation error names (FastAPI's `detail`), as `temperature` or `stop.0`.
fn place(json: &Value) -> String {
    let steps = json.pointer("/detail/0/loc").and_then(Value::as_array);
    let words = steps
        .into_iter()
        .flatten()
        .map(|step| step.as_str().map_or_else(|| step.to_string(), str::to_owned));
    words.skip_while(|word| word == "body").collect::<Vec<_>>().join(".")
}

/// Whether a name is a field's or that of something in it, such as `stop[0]` or `chat_template_kwargs.x`.
fn is_within(name: &str, field: &str) -> bool {
    name.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, found)| {
        let (before, after) =
            (text.get(..at).unwrap_or_default(), text.get(at + found.len()..).unwrap_or_default());
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent() -> Sent {
        let optional = ["temperature", "seed", "stop", "n", "chat_template_kwargs"]
            .map(str::to_owned)
            .to_vec();
        Sent { optional, has_schema: true, token_field: Some(TOKEN_FIELD) }
    }

    fn refused(status: u16, body: &str) -> Option<Refusal> {
        read(status, body.as_bytes(), &sent())
    }

    fn field(name: &str) -> Option<Refusal> {
        Some(Refusal::Field(name.into()))
    }

    #[test]
    fn a_field_is_found_where_each_server_names_it() {
        let openai = r#"{"error":{"message":"Unsupported value","param":"temperature","code":"unsupported_value"}}"#;
        assert_eq!(refused(400, openai), field("temperature"));
        let nested = r#"{"error":{"message":"bad","param":"chat_template_kwargs.x"}}"#;
        assert_eq!(refused(400, nested), field("chat_template_kwargs"));
        let mistral =
            r#"{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs"}]}"#;
        assert_eq!(refused(422, mistral), field("seed"));
        let vllm = r#"{"object":"error","message":"[{'type': 'extra_forbidden', 'loc': ('body', 'n')}]","code":400}"#;
        assert_eq!(refused(400, vllm), field("n"));
        let bare = r#"{"error":"Unrecognized request argument supplied: seed"}"#;
        assert_eq!(refused(400, bare), field("seed"));
    }

    #[test]
    fn a_field_that_was_not_sent_and_a_part_of_a_word_are_no_refused_field() {
        assert_eq!(refused(400, r#"{"error":{"message":"bad value","param":"top_p"}}"#), None);
        assert_eq!(refused(400, r#"{"error":"seeds must be stopped, n of them"}"#), None);
        assert_eq!(refused(500, r#"{"error":{"message":"oops","param":"seed"}}"#), None);
    }

    #[test]
    fn the_newer_name_of_max_tokens_is_asked_for() {
        let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
        let body = format!(r#"{{"error":{{"message":"{message}","param":"max_tokens"}}}}"#);
        assert_eq!(refused(400, &body), Some(Refusal::TokenField));
    }

    #[test]
    fn a_refused_bound_is_renamed_first_and_left_out_when_that_is_refused_too() {
        for body in [
            r#"{"error":{"message":"Unsupported parameter","param":"NAME"}}"#,
            r#"{"error":"Unrecognized request argument supplied: NAME"}"#,
            r#"{"detail":[{"type":"extra_forbidden","loc":["body","NAME"],"msg":"Extra inputs"}]}"#,
        ] {
            assert_eq!(
                refused(400, &body.replace("NAME", "max_tokens")),
                Some(Refusal::TokenField),
                "{body}"
            );
            let renamed = Sent { token_field: Some(NEWER_TOKEN_FIELD), ..sent() };
            let body = body.replace("NAME", NEWER_TOKEN_FIELD);
            assert_eq!(read(400, body.as_bytes(), &renamed), field("max_tokens"), "{body}");
            let without = Sent { token_field: None, ..sent() };
            assert_eq!(read(400, body.as_bytes(), &without), None, "{body}");
        }
    }

    #[test]
    fn a_bound_whose_number_is_refused_keeps_its_name() {
        for message in [
            "max_tokens must be at most 4096",
            "max_tokens is too large: 9000",
            "`max_tokens` exceeds 4096",
        ] {
            let body = serde_json::json!({"error": {"message": message, "param": "max_tokens"}})
                .to_string();
            assert_eq!(refused(400, &body), None, "{message}");
        }
    }

    #[test]
    fn a_refused_form_is_told_from_a_refused_field() {
        for message in [
            "This response_format type is unavailable now",
            "response_format.type `json_schema` is unavailable now",
            "failed to parse grammar",
            "Invalid schema: property 'seed' has no type",
        ] {
            let body =
                serde_json::json!({"error": {"message": message, "param": null}}).to_string();
            assert_eq!(refused(400, &body), Some(Refusal::Schema), "{message}");
        }
        let free = Sent { has_schema: false, ..sent() };
        assert_eq!(read(400, br#"{"error":"failed to parse grammar"}"#, &free), None);
    }

    #[test]
    fn what_does_not_fit_is_no_refused_field() {
        for message in [
            "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens",
            "'max_tokens' or 'max_completion_tokens' is too large: 9000. This model's maximum context length is 8192",
            "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
            "the request exceeds the available context size, try increasing it",
        ] {
            let body = serde_json::json!({"object": "error", "message": message}).to_string();
            assert_eq!(refused(400, &body), Some(Refusal::TooLong), "{message}");
        }
        assert_eq!(refused(413, "<html>"), Some(Refusal::TooLong));
        assert_eq!(
            refused(400, r#"{"error":{"message":"", "code":"context_length_exceeded"}}"#),
            Some(Refusal::TooLong)
        );
    }

    #[test]
    fn credit_that_is_used_up_is_told_from_a_rate_limit() {
        assert_eq!(refused(402, "{}"), Some(Refusal::OutOfCredit));
        let used_up = r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#;
        assert_eq!(refused(429, used_up), Some(Refusal::OutOfCredit));
        assert_eq!(
            refused(429, r#"{"error":{"message":"slow down","code":"rate_limit_exceeded"}}"#),
            None
        );
    }

    #[test]
    fn a_model_that_is_not_there_is_told_from_a_path_that_is_not_there() {
        for (status, body) in [
            (404, r#"{"object":"error","message":"The model `m` does not exist.","code":404}"#),
            (404, r#"{"error":{"message":"model 'm' not found","type":"api_error"}}"#),
            (400, r#"{"error":{"message":"Model Not Exist"}}"#),
        ] {
            assert_eq!(refused(status, body), Some(Refusal::UnknownModel), "{body}");
        }
        assert_eq!(refused(404, r#"{"detail":"Not Found"}"#), None);
        assert_eq!(refused(404, "<p>See our models</p>"), None);
    }
}
