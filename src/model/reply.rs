//! Reads what a server sends back.
//!
//! Invariant: what the model thought and what it answered are never mixed, and a cut reply is told from a whole one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most characters of a body that an error quotes.
const EXCERPT_CHARS: usize = 300;

/// A model's reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// The answer, without reasoning.
    pub text: String,
    /// What the model thought before it answered; `None` if it did not think or the server hides it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// Why the reply ends where it ends.
    pub finish: Finish,
    /// The tokens it took.
    pub usage: Usage,
}

/// Why a reply ends where it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Finish {
    /// The model was done, or came to a stop text.
    Stop,
    /// The reply was cut at the token limit.
    Length,
    /// Another reason, as the server words it; empty if it gave none.
    #[serde(untagged)]
    Other(String),
}

/// The tokens of a prompt and of its completion, as the server counts them; 0 if it does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Tokens of the completion, with its reasoning.
    pub completion_tokens: u64,
}

#[derive(Deserialize)]
struct Body {
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: ReplyMessage,
    finish_reason: Option<Finish>,
}

#[derive(Deserialize)]
struct ReplyMessage {
    content: Option<String>,
    reasoning_content: Option<String>,
    /// The other name for the same: Ollama has only this one, some releases of vLLM send both.
    reasoning: Option<String>,
}

/// Reads the body of a good reply; the error says what is wrong with it.
pub(super) fn parse(body: &[u8]) -> Result<Completion, String> {
    let Body { choices, usage } = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let Choice { message, finish_reason } = choices.into_iter().next().ok_or("it has no choices")?;
    let text = message.content.unwrap_or_default();
    let told = [message.reasoning_content, message.reasoning].into_iter().flatten().find(|told| !told.is_empty());
    let (reasoning, text) = if told.is_some() { (told, text) } else { split_thinking(text) };
    let finish = finish_reason.unwrap_or(Finish::Other(String::new()));
    Ok(Completion { text, reasoning, finish, usage: usage.unwrap_or_default() })
}

/// Splits a leading `<think>…</think>` section off a text.
fn split_thinking(text: String) -> (Option<String>, String) {
    let Some(rest) = text.trim_start().strip_prefix("<think>") else { return (None, text) };
    // A section that does not end was cut: all of it is thought, none of it an answer.
    let (thought, answer) = rest.split_once("</think>").unwrap_or((rest, ""));
    let thought = thought.trim();
    // Blanks stay: the answer may be indented code.
    let answer = answer.trim_start_matches(['\r', '\n']);
    ((!thought.is_empty()).then(|| thought.to_owned()), answer.to_owned())
}

/// Words a body for an error: the message in it if it is a JSON error, in one line.
///
/// `redact` sees the whole text, as the cut could leave a part of the secret.
pub(super) fn excerpt(body: &[u8], redact: impl Fn(&str) -> String) -> String {
    // Reading the JSON undoes the escapes that could hide the secret from `redact`.
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(json) => error_message(&json).map_or_else(|| json.to_string(), str::to_owned),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    one_line(&redact(&text))
}

/// Finds the message in the JSON of an error; the servers do not agree where it stands.
fn error_message(json: &Value) -> Option<&str> {
    ["/error/message", "/error", "/message", "/detail"].iter().find_map(|place| json.pointer(place)?.as_str())
}

/// Puts a text on one line and cuts it.
fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if line.is_empty() => "(empty)".to_owned(),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(message: &str, finish: &str) -> Completion {
        parse(format!(r#"{{"choices":[{{"message":{message},"finish_reason":{finish}}}]}}"#).as_bytes()).unwrap()
    }

    fn quoted(body: &str) -> String {
        excerpt(body.as_bytes(), |text| text.replace("sk/1", "***"))
    }

    #[test]
    fn a_leading_think_section_is_split_off() {
        let completion = reply(r#"{"content":"\n<think>\nhm\n</think>\n\n    return 1"}"#, r#""stop""#);
        assert_eq!(completion.reasoning.as_deref(), Some("hm"));
        assert_eq!(completion.text, "    return 1");
    }

    #[test]
    fn a_think_section_that_does_not_lead_is_text() {
        let completion = reply(r#"{"content":"Write <think>x</think>"}"#, r#""stop""#);
        assert_eq!((completion.reasoning, completion.text.as_str()), (None, "Write <think>x</think>"));
    }

    #[test]
    fn a_think_section_that_was_cut_is_no_answer() {
        let completion = reply(r#"{"content":"<think>so far"}"#, r#""length""#);
        assert_eq!(completion.reasoning.as_deref(), Some("so far"));
        assert_eq!((completion.text.as_str(), completion.finish), ("", Finish::Length));
    }

    #[test]
    fn an_empty_think_section_is_no_reasoning() {
        let completion = reply(r#"{"content":"<think>\n\n</think>\n\n1"}"#, r#""stop""#);
        assert_eq!((completion.reasoning, completion.text.as_str()), (None, "1"));
    }

    #[test]
    fn reasoning_that_the_server_split_off_is_taken_under_either_name() {
        for message in [
            r#"{"content":"1","reasoning_content":"hm"}"#,
            r#"{"content":"1","reasoning":"hm"}"#,
            r#"{"content":"1","reasoning_content":"hm","reasoning":"hm"}"#,
            r#"{"content":"1","reasoning_content":"","reasoning":"hm"}"#,
        ] {
            let completion = reply(message, r#""stop""#);
            assert_eq!((completion.reasoning.as_deref(), completion.text.as_str()), (Some("hm"), "1"), "{message}");
        }
    }

    #[test]
    fn every_reason_to_finish_is_told() {
        for (word, finish) in [
            (r#""stop""#, Finish::Stop),
            (r#""length""#, Finish::Length),
            (r#""content_filter""#, Finish::Other("content_filter".into())),
            ("null", Finish::Other(String::new())),
        ] {
            assert_eq!(reply(r#"{"content":null}"#, word).finish, finish);
        }
    }

    #[test]
    fn a_completion_survives_its_json() {
        for finish in [Finish::Stop, Finish::Length, Finish::Other("abort".into())] {
            let completion = Completion { text: "1".into(), reasoning: None, finish, usage: Usage::default() };
            let json = serde_json::to_string(&completion).unwrap();
            assert_eq!(serde_json::from_str::<Completion>(&json).unwrap(), completion);
        }
    }

    #[test]
    fn an_excerpt_is_the_message_of_a_json_error() {
        assert_eq!(quoted(r#"{"error":{"message":"no  such\nmodel","code":404}}"#), "no such model");
        assert_eq!(quoted(r#"{"error":"busy"}"#), "busy");
        assert_eq!(quoted(r#"{"object":"error","message":"too long"}"#), "too long");
        assert_eq!(quoted(r#"{"detail":[{"loc":"body"}]}"#), r#"{"detail":[{"loc":"body"}]}"#);
    }

    #[test]
    fn an_excerpt_is_short_and_holds_no_part_of_the_secret() {
        let long = quoted(&format!("{}sk/1", "é".repeat(EXCERPT_CHARS - 2)));
        assert_eq!(long.chars().count(), EXCERPT_CHARS + 1);
        assert!(long.ends_with("é**…"), "{long}");
        assert_eq!(quoted(r#"{"key":"sk\/1"}"#), r#"{"key":"***"}"#);
        assert_eq!(quoted(" "), "(empty)");
    }
}
