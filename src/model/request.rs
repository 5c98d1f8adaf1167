//! What a model is asked.
//!
//! Invariant: equal requests have equal JSON, and an option that is not set does not show in it, so that a new option
//! leaves the JSON of older requests as it was.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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
}

/// A request as the protocol has it: the sampling's options stand beside the messages.
#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: &'a [Message],
    #[serde(flatten)]
    sampling: &'a Sampling,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Value>,
}

impl Request {
    /// Makes a request of a system message and a user's message.
    pub fn new(system: impl Into<String>, user: impl Into<String>, sampling: Sampling) -> Self {
        let messages = vec![
            Message { role: Role::System, content: system.into() },
            Message { role: Role::User, content: user.into() },
        ];
        Self { messages, sampling, schema: None }
    }

    /// The same request, for a reply that fits a schema.
    pub fn with_schema(self, schema: Schema) -> Self {
        Self { schema: Some(schema), ..self }
    }

    /// Writes the body that asks a model this.
    pub(super) fn body(&self, model: &str) -> Vec<u8> {
        let response_format = self.schema.as_ref().map(|Schema { name, schema }| {
            json!({"type": "json_schema", "json_schema": {"name": name, "strict": true, "schema": schema}})
        });
        let body = Body { model, messages: &self.messages, sampling: &self.sampling, response_format };
        serde_json::to_vec(&body).expect("texts and numbers always serialise")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_that_is_not_set_does_not_show() {
        let request = Request::new("be brief", "add", Sampling { temperature: Some(0.5), ..Sampling::default() });
        let messages = r#"[{"role":"system","content":"be brief"},{"role":"user","content":"add"}]"#;
        assert_eq!(
            serde_json::to_string(&request).unwrap(),
            format!(r#"{{"messages":{messages},"sampling":{{"temperature":0.5}}}}"#)
        );
    }

    #[test]
    fn the_body_has_the_options_beside_the_messages() {
        let sampling = Sampling {
            temperature: Some(0.0),
            top_p: Some(0.9),
            max_tokens: Some(64),
            seed: Some(7),
            stop: vec!["\n".into()],
        };
        let request = Request { messages: vec![], sampling, schema: None };
        assert_eq!(
            String::from_utf8(request.body("m")).unwrap(),
            r#"{"model":"m","messages":[],"temperature":0.0,"top_p":0.9,"max_tokens":64,"seed":7,"stop":["\n"]}"#
        );
    }

    #[test]
    fn a_schema_becomes_the_response_format() {
        let schema = Schema { name: "calls".into(), schema: json!({"type": "array"}) };
        let body = Request { schema: Some(schema), ..Request::default() }.body("m");
        let format = r#"{"type":"json_schema","json_schema":{"name":"calls","strict":true,"schema":{"type":"array"}}}"#;
        assert_eq!(
            String::from_utf8(body).unwrap(),
            format!(r#"{{"model":"m","messages":[],"response_format":{format}}}"#)
        );
    }

    #[test]
    fn a_request_survives_its_json() {
        let request = Request::new("a", "b", Sampling { seed: Some(-1), ..Sampling::default() });
        let json = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<Request>(&json).unwrap(), request);
    }
}
