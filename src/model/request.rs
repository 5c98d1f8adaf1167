//! What a model is asked.
//!
//! Invariant: equal requests have equal JSON, and an option that is not set does not show in it, so that a new option
//! leaves the JSON of older requests as it was.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

/// A conversation to go on with, and how to sample the reply.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// How to sample the reply.
    #[serde(default)]
    pub sampling: Sampling,
    /// What the reply has to look like; `None` for free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Schema>,
    /// Which of several replies to the same question this asks for, from 0; never sent, but it moves the seed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sample: u32,
}

fn is_zero(sample: &u32) -> bool {
    *sample == 0
}

/// The JSON Schema that a reply has to fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// What the servers call it: letters, digits, `_` and `-`.
    pub name: String,
    /// The schema itself.
    pub schema: Value,
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// Who speaks in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Whoever sets the rules.
    System,
    /// Whoever asks.
    User,
    /// The model.
    Assistant,
}

/// How to sample a reply; what is not set is left to the server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sampling {
    /// The temperature, 0 for the likeliest tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// The probability mass to sample from, at most 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// The reply's longest length, in tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// The seed of the sampling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Texts that end the reply.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// How much to think first, as the server words it: `low`, `medium`, `high`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<String>,
    /// Any other fields of the body, such as `chat_template_kwargs` or `top_k`.
    #[serde(skip_serializing_if = "Map::is_empty", serialize_with = "sorted")]
    pub extra: Map<String, Value>,
}

/// Writes fields in one order, as maps that differ in theirs are equal.
fn sorted<S: Serializer>(fields: &Map<String, Value>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut fields = Value::Object(fields.clone());
    fields.sort_all_objects();
    fields.serialize(serializer)
}

impl Request {
    /// Makes a request of a system message and a user's message.
    pub fn new(system: impl Into<String>, user: impl Into<String>, sampling: Sampling) -> Self {
        let messages = vec![
            Message { role: Role::System, content: system.into() },
            Message { role: Role::User, content: user.into() },
        ];
        Self { messages, sampling, ..Self::default() }
    }

    /// Makes a request of a user's message alone.
    pub fn of_user(content: impl Into<String>, sampling: Sampling) -> Self {
        let messages = vec![Message { role: Role::User, content: content.into() }];
        Self { messages, sampling, ..Self::default() }
    }

    /// The same request, for a reply that fits a schema.
    pub fn with_schema(self, schema: Schema) -> Self {
        Self { schema: Some(schema), ..self }
    }

    /// The same request, for another reply than those with other numbers.
    pub fn with_sample(self, sample: u32) -> Self {
        Self { sample, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_that_is_not_set_does_not_show() {
        let request = Request::new(
            "be brief",
            "add",
            Sampling { temperature: Some(0.5), ..Sampling::default() },
        );
        let messages =
            r#"[{"role":"system","content":"be brief"},{"role":"user","content":"add"}]"#;
        assert_eq!(
            serde_json::to_string(&request).unwrap(),
            format!(r#"{{"messages":{messages},"sampling":{{"temperature":0.5}}}}"#)
        );
    }

    #[test]
    fn equal_requests_have_equal_json_whatever_the_order_of_their_own_fields() {
        let request = |fields: &str| {
            let extra = serde_json::from_str(fields).unwrap();
            Request { sampling: Sampling { extra, ..Sampling::default() }, ..Request::default() }
        };
        let (one, other) =
            (request(r#"{"a":1,"b":{"c":1,"d":2}}"#), request(r#"{"b":{"d":2,"c":1},"a":1}"#));
        assert_eq!(one, other);
        assert_eq!(serde_json::to_string(&one).unwrap(), serde_json::to_string(&other).unwrap());
    }

    #[test]
    fn samples_are_requests_of_their_own_but_for_the_first() {
        let request = Request::new("a", "b", Sampling::default());
        assert_eq!(request.clone().with_sample(0), request);
        let json = serde_json::to_value(request.with_sample(3)).unwrap();
        assert_eq!(json["sample"], 3);
    }

    #[test]
    fn a_request_survives_its_json() {
        let extra = Map::from_iter([("top_k".to_owned(), 3.into())]);
        let sampling = Sampling {
            seed: Some(-1),
            reasoning_effort: Some("low".into()),
            extra,
            ..Sampling::default()
        };
        let request = Request::new("a", "b", sampling).with_sample(1);
        let json = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<Request>(&json).unwrap(), request);
    }
}
