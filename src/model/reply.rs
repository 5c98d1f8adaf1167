//! Reads what a server sends back.
//!
//! Invariant: reasoning and answer are never mixed, and a reply that was cut off is distinguished
//! from a whole one.

use serde::{Deserialize, Serialize};

use crate::json::{self, Json};

/// Characters of a system fingerprint that are kept; real ones are far shorter.
const FINGERPRINT_CHARS: usize = 100;

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
    /// The server's name for the system that ran, if it gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_fingerprint: Option<String>,
}

impl Completion {
    /// The same reply, with the tokens of an earlier one that would not do.
    pub(super) fn after(self, earlier: &Self) -> Self {
        Self { usage: earlier.usage.plus(self.usage), ..self }
    }
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
    /// Those of the completion's tokens that are reasoning.
    #[serde(skip_serializing_if = "is_zero")]
    pub reasoning_tokens: u64,
}

impl Usage {
    /// Whether the server counted: a total of zero means that it did not.
    pub fn is_counted(&self) -> bool {
        self.prompt_tokens + self.completion_tokens > 0
    }

    /// The tokens of both.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            prompt_tokens: self.prompt_tokens.saturating_add(other.prompt_tokens),
            completion_tokens: self.completion_tokens.saturating_add(other.completion_tokens),
            reasoning_tokens: self.reasoning_tokens.saturating_add(other.reasoning_tokens),
        }
    }

    /// Reads what a server counted; what is missing or no number that a count may be is 0.
    pub(super) fn read(counts: &Json) -> Self {
        let count = |json: &Json, name| json.get(name).and_then(Json::as_u64).unwrap_or_default();
        let details = counts.get("completion_tokens_details").unwrap_or(&Json::Null);
        Self {
            prompt_tokens: count(counts, "prompt_tokens"),
            completion_tokens: count(counts, "completion_tokens"),
            reasoning_tokens: count(details, "reasoning_tokens"),
        }
    }

    /// The share of one of several completions; the first one carries the prompt and what cannot be divided.
    pub(super) fn share(self, index: u64, of: u64) -> Self {
        let part = |tokens: u64| tokens / of + if index == 0 { tokens % of } else { 0 };
        Self {
            prompt_tokens: if index == 0 { self.prompt_tokens } else { 0 },
            completion_tokens: part(self.completion_tokens),
            reasoning_tokens: part(self.reasoning_tokens),
        }
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[derive(Deserialize)]
struct Choice {
    message: Spoken,
    finish_reason: Option<Finish>,
}

/// What a model said, in whole or in part.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Spoken {
    content: Option<Content>,
    reasoning_content: Option<String>,
    /// The other name for the same: Ollama has only this one, some releases of vLLM send both.
    reasoning: Option<String>,
}

/// A text, or the parts that some servers divide it into.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    text: String,
    /// Mistral's way to send reasoning.
    thinking: Vec<Part>,
}

/// One choice that is put together out of what was said.
#[derive(Debug, Default)]
pub(super) struct Draft {
    text: String,
    reasoning: String,
    pub finish: Option<Finish>,
}

impl Draft {
    /// Goes on with what was said next; whether that has any text.
    pub(super) fn add(&mut self, spoken: Spoken) -> bool {
        let before = self.text.len() + self.reasoning.len();
        match spoken.content {
            Some(Content::Text(text)) => self.text.push_str(&text),
            Some(Content::Parts(parts)) => {
                for part in parts {
                    self.text.push_str(&part.text);
                    part.thinking.iter().for_each(|thought| self.reasoning.push_str(&thought.text));
                }
            }
            None => {}
        }
        let told = [spoken.reasoning_content, spoken.reasoning]
            .into_iter()
            .flatten()
            .find(|told| !told.is_empty());
        self.reasoning.push_str(&told.unwrap_or_default());
        self.text.len() + self.reasoning.len() > before
    }

    fn completion(self, usage: Usage, system_fingerprint: Option<String>) -> Completion {
        let (reasoning, text) = if self.reasoning.is_empty() {
            split_thinking(self.text)
        } else {
            (Some(self.reasoning), self.text)
        };
        Completion {
            text,
            reasoning,
            finish: self.finish.unwrap_or(Finish::Other(String::new())),
            usage,
            system_fingerprint,
        }
    }
}

/// Why a body with a good status is not a reply.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// It is not what the protocol has.
    Form(String),
    /// It reports an error, which should have had this status.
    Status(u16),
}

/// Reads JSON that a server has sent. Its texts are made of tokens, which may end within a pair of
/// surrogates; a lone half costs that character, not the reply.
pub(super) fn json(bytes: &[u8]) -> Result<Json, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    json::read(text).map(Json::lossy).map_err(|error| error.to_string())
}

/// The field of an object, unless it is `null`.
pub(super) fn field<'j>(object: &'j Json, name: &str) -> Option<&'j Json> {
    object.get(name).filter(|value| !value.is_null())
}

/// Reads the body of a good reply.
pub(super) fn parse(body: &[u8]) -> Result<Vec<Completion>, Problem> {
    completions(&json(body).map_err(Problem::Form)?)
}

/// The completions in the body of a good reply, which has one choice or more.
pub(super) fn completions(body: &Json) -> Result<Vec<Completion>, Problem> {
    if let Some(status) = field(body, "error").and_then(hidden_status) {
        return Err(Problem::Status(status));
    }
    let choices: Vec<Choice> = match field(body, "choices") {
        Some(choices) => choices.typed().map_err(Problem::Form)?,
        None => Vec::new(),
    };
    let drafts = choices.into_iter().map(|choice| {
        let mut draft = Draft { finish: choice.finish_reason, ..Draft::default() };
        draft.add(choice.message);
        draft
    });
    let usage = field(body, "usage").map(Usage::read).unwrap_or_default();
    finished(drafts.collect(), usage, field(body, "system_fingerprint").and_then(read_fingerprint))
}

/// Makes completions out of all that was said.
pub(super) fn finished(
    drafts: Vec<Draft>,
    usage: Usage,
    system_fingerprint: Option<String>,
) -> Result<Vec<Completion>, Problem> {
    if drafts.is_empty() {
        return Err(Problem::Form("it has no choices".into()));
    }
    // OpenRouter's word for a model that broke off.
    if drafts.iter().any(|draft| draft.finish == Some(Finish::Other("error".into()))) {
        return Err(Problem::Form("it ended with an error".into()));
    }
    let of = drafts.len() as u64;
    let finish = |(index, draft): (u64, Draft)| {
        draft.completion(usage.share(index, of), system_fingerprint.clone())
    };
    Ok((0..).zip(drafts).map(finish).collect())
}

/// Reads a system fingerprint; `None` if it is empty or not a text.
pub(super) fn read_fingerprint(json: &Json) -> Option<String> {
    let text: String = json.as_str()?.chars().take(FINGERPRINT_CHARS).collect();
    (!text.trim().is_empty()).then_some(text)
}

/// Finds the status of an error that was sent as if it were a reply; gateways send such when they have begun to answer.
pub(super) fn hidden_status(error: &Json) -> Option<u16> {
    let code = error.get("code").or_else(|| error.get("status_code"))?.as_u64()?;
    u16::try_from(code).ok().filter(|code| (400..600).contains(code))
}

/// Splits off a text what was thought before it: a leading `<think>…</think>`, or all before a lone `</think>`.
fn split_thinking(text: String) -> (Option<String>, String) {
    let (thought, answer) = if let Some(rest) = text.trim_start().strip_prefix("<think>") {
        // A section that does not end was cut: all of it is thought, none of it an answer.
        rest.split_once("</think>").unwrap_or((rest, ""))
    } else if let Some(split) = lone_end(&text) {
        split
    } else {
        return (None, text);
    };
    let thought = thought.trim();
    // Blanks stay: the answer may be indented code.
    let answer = answer.trim_start_matches(['\r', '\n']);
    ((!thought.is_empty()).then(|| thought.to_owned()), answer.to_owned())
}

/// Splits a text at the end of a section that the chat template has begun, so that its begin is not in the reply.
fn lone_end(text: &str) -> Option<(&str, &str)> {
    let (thought, answer) = text.split_once("</think>")?;
    // Code about such tags has them within a line.
    let is_at_an_edge = thought.is_empty()
        || thought.ends_with('\n')
        || answer.is_empty()
        || answer.starts_with(['\r', '\n']);
    (is_at_an_edge && !thought.contains("<think>")).then_some((thought, answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(message: &str, finish: &str) -> Completion {
        let body = format!(r#"{{"choices":[{{"message":{message},"finish_reason":{finish}}}]}}"#);
        parse(body.as_bytes()).unwrap().swap_remove(0)
    }

    #[test]
    fn a_leading_think_section_is_split_off() {
        let completion =
            reply(r#"{"content":"\n<think>\nhm\n</think>\n\n    return 1"}"#, r#""stop""#);
        assert_eq!(completion.reasoning.as_deref(), Some("hm"));
        assert_eq!(completion.text, "    return 1");
    }

    #[test]
    fn a_think_section_that_does_not_lead_is_text() {
        let completion = reply(r#"{"content":"Write <think>x</think>"}"#, r#""stop""#);
        assert_eq!(
            (completion.reasoning, completion.text.as_str()),
            (None, "Write <think>x</think>")
        );
    }

    #[test]
    fn a_think_section_that_was_cut_is_no_answer() {
        let completion = reply(r#"{"content":"<think>so far"}"#, r#""length""#);
        assert_eq!(completion.reasoning.as_deref(), Some("so far"));
        assert_eq!((completion.text.as_str(), completion.finish), ("", Finish::Length));
    }

    #[test]
    fn all_before_a_lone_end_of_thinking_is_reasoning() {
        for (text, thought, answer) in [
            ("hm\n</think>\n\n1", Some("hm"), "1"),
            ("hm</think>\n1", Some("hm"), "1"),
            ("hm\n</think>1", Some("hm"), "1"),
            ("\n</think>\n\n1", None, "1"),
            ("text.split('</think>')", None, "text.split('</think>')"),
            ("See <think>\n</think>\n", None, "See <think>\n</think>\n"),
        ] {
            let completion = reply(&serde_json::json!({"content": text}).to_string(), r#""stop""#);
            assert_eq!(
                (completion.reasoning.as_deref(), completion.text.as_str()),
                (thought, answer),
                "{text}"
            );
        }
    }

    #[test]
    fn parts_are_put_together_and_thoughts_among_them_are_reasoning() {
        let parts = r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"1"}]}"#;
        let completion = reply(parts, r#""stop""#);
        assert_eq!((completion.reasoning.as_deref(), completion.text.as_str()), (Some("hm"), "1"));
    }

    #[test]
    fn a_count_that_is_missing_negative_or_no_number_is_0() {
        for (usage, prompt_tokens) in [
            ("null", 0),
            ("{}", 0),
            (r#"{"prompt_tokens":-1}"#, 0),
            (r#"{"prompt_tokens":"x"}"#, 0),
            ("7", 0),
            (&format!(r#"{{"prompt_tokens":1{}}}"#, "0".repeat(400)), 0),
            (r#"{"prompt_tokens":1e999,"completion_tokens":-1e999}"#, 0),
            (r#"{"prompt_tokens":2.5}"#, 0),
            (r#"{"prompt_tokens":3,"completion_tokens":{},"completion_tokens_details":1e999}"#, 3),
            (r#"{"prompt_tokens":3}"#, 3),
        ] {
            let body =
                format!(r#"{{"choices":[{{"message":{{"content":"1"}}}}],"usage":{usage}}}"#);
            let completion = parse(body.as_bytes()).unwrap().swap_remove(0);
            assert_eq!(
                (completion.text.as_str(), completion.usage.prompt_tokens),
                ("1", prompt_tokens),
                "{usage}"
            );
        }
    }

    #[test]
    fn what_python_reads_as_json_is_a_reply() {
        let completion = reply(
            r#"{"content":"a\ud83d","reasoning":"\udc00b","logprobs":[NaN,-1e999]}"#,
            r#""stop""#,
        );
        assert_eq!(
            (completion.reasoning.as_deref(), completion.text.as_str()),
            (Some("\u{fffd}b"), "a\u{fffd}")
        );
        let parts = reply(r#"{"content":[{"text":"a\ud83d"},{"text":"\ude00"}]}"#, "null");
        assert_eq!(parts.text, "a\u{fffd}\u{fffd}");
    }

    #[test]
    fn the_shares_of_several_completions_add_up() {
        let usage = Usage { prompt_tokens: 10, completion_tokens: 8, reasoning_tokens: 4 };
        let shares: Vec<Usage> = (0..3).map(|index| usage.share(index, 3)).collect();
        assert_eq!(
            shares[0],
            Usage { prompt_tokens: 10, completion_tokens: 4, reasoning_tokens: 2 }
        );
        assert_eq!(shares.into_iter().fold(Usage::default(), Usage::plus), usage);
    }

    #[test]
    fn an_error_among_good_replies_keeps_its_status() {
        let told = parse(br#"{"error":{"code":429,"message":"slow down"}}"#);
        assert_eq!(told, Err(Problem::Status(429)));
        let broken = parse(br#"{"choices":[{"message":{"content":"1"},"finish_reason":"error"}]}"#);
        assert_eq!(broken, Err(Problem::Form("it ended with an error".into())));
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
            assert_eq!(
                (completion.reasoning.as_deref(), completion.text.as_str()),
                (Some("hm"), "1"),
                "{message}"
            );
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
            let completion = Completion {
                text: "1".into(),
                reasoning: None,
                finish,
                usage: Usage::default(),
                system_fingerprint: None,
            };
            let json = serde_json::to_string(&completion).unwrap();
            assert_eq!(serde_json::from_str::<Completion>(&json).unwrap(), completion);
        }
    }
}
