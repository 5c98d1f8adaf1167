//! Puts a reply together that comes as server-sent events.
//!
//! Invariant: a stream that breaks off is distinguished from one that ended, however the network
//! splits it into pieces.

use serde::Deserialize;

use super::reply::{self, Completion, Draft, Finish, Problem, Spoken, Usage};

/// More choices than anybody asks for; a server that sends more is not one.
const MOST_CHOICES: usize = 1024;

/// What has come of a reply so far.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    /// The bytes of a line whose end has not come.
    line: Vec<u8>,
    drafts: Vec<Draft>,
    usage: Usage,
    system_fingerprint: Option<String>,
    /// How many events have brought text, or the end of a choice.
    progress: usize,
    is_done: bool,
}

/// Why there is no reply.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The stream ended before the reply did.
    BrokenOff,
    /// An event violates the protocol or reports an error; with the event.
    Event(Problem, String),
}

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: usize,
    #[serde(default)]
    delta: Spoken,
    finish_reason: Option<Finish>,
}

impl Assembly {
    /// Takes in the next bytes; whether the server has said that these were the last.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<bool, Trouble> {
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || piece.ends_with(b"\r") {
                let line = std::mem::take(&mut self.line);
                self.read_line(&line)?;
            }
        }
        Ok(self.is_done)
    }

    /// How many events have brought the reply further; one without text, such as an empty delta, does not.
    pub(super) fn progress(&self) -> usize {
        self.progress
    }

    /// Gives the whole reply after the last bytes.
    pub(super) fn finish(mut self) -> Result<Vec<Completion>, Trouble> {
        let line = std::mem::take(&mut self.line);
        self.read_line(&line)?;
        let is_whole = self.is_done
            || !self.drafts.is_empty() && self.drafts.iter().all(|draft| draft.finish.is_some());
        if !is_whole {
            return Err(Trouble::BrokenOff);
        }
        reply::finished(self.drafts, self.usage, self.system_fingerprint)
            .map_err(|problem| Trouble::Event(problem, String::new()))
    }

    /// Reads a line of the event stream (WHATWG HTML, section 9.2); the servers send every event's JSON in one.
    fn read_line(&mut self, line: &[u8]) -> Result<(), Trouble> {
        // Comments, names and numbers of events, and the blank lines between them tell nothing here.
        let Some(data) = line.strip_prefix(b"data:").map(<[u8]>::trim_ascii) else { return Ok(()) };
        if data == b"[DONE]" {
            self.is_done = true;
            return Ok(());
        }
        if data.is_empty() || self.is_done {
            return Ok(());
        }
        self.read_event(data)
            .map_err(|problem| Trouble::Event(problem, String::from_utf8_lossy(data).into_owned()))
    }

    fn read_event(&mut self, data: &[u8]) -> Result<(), Problem> {
        let form = |problem: String| Problem::Form(problem);
        let json = reply::json(data).map_err(form)?;
        if let Some(error) = reply::field(&json, "error") {
            return Err(reply::hidden_status(error)
                .map_or_else(|| form("it reports an error".into()), Problem::Status));
        }
        let event: Event = json.typed().map_err(form)?;
        if let Some(usage) = reply::field(&json, "usage") {
            // Some servers count along; the last count is the whole one.
            self.usage = Usage::read(usage);
        }
        if let Some(fingerprint) =
            reply::field(&json, "system_fingerprint").and_then(reply::read_fingerprint)
        {
            self.system_fingerprint = Some(fingerprint);
        }
        for choice in event.choices {
            if choice.index >= MOST_CHOICES {
                return Err(form(format!("it has a choice {}", choice.index)));
            }
            if self.drafts.len() <= choice.index {
                self.drafts.resize_with(choice.index + 1, Draft::default);
            }
            if let Some(draft) = self.drafts.get_mut(choice.index) {
                let has_text = draft.add(choice.delta);
                let has_ended = draft.finish.is_none() && choice.finish_reason.is_some();
                draft.finish = choice.finish_reason.or(draft.finish.take());
                self.progress += usize::from(has_text || has_ended);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = concat!(
        ": a comment\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\r\n\r\n",
        "event: message\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"h\"}}]}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"m\"}}]}\n\n",
        "data:{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"é\"}}],\"usage\":null}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"1\"},\"finish_reason\":\"length\"}]}\n\n",
        "data: {\"choices\":[],\"system_fingerprint\":\"fp_1\",\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n",
        "data: [DONE]\n\n",
    );

    fn assembled(stream: &[u8], size: usize) -> Result<Vec<Completion>, Trouble> {
        let mut assembly = Assembly::default();
        for piece in stream.chunks(size) {
            assembly.feed(piece)?;
        }
        assembly.finish()
    }

    #[test]
    fn a_reply_is_put_together_whatever_its_pieces() {
        let usage = Usage { prompt_tokens: 3, completion_tokens: 2, ..Usage::default() };
        let whole = Completion {
            text: "é1".into(),
            reasoning: Some("hm".into()),
            finish: Finish::Length,
            usage,
            system_fingerprint: Some("fp_1".into()),
        };
        for size in [1, 2, 3, 7, 64, 10_000] {
            assert_eq!(assembled(STREAM.as_bytes(), size), Ok(vec![whole.clone()]), "{size}");
        }
    }

    #[test]
    fn a_count_that_no_number_holds_costs_no_stream() {
        let stream = concat!(
            "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n",
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1e999,\"completion_tokens\":2}}\n\n",
        );
        let completion = assembled(stream.as_bytes(), 64).unwrap().swap_remove(0);
        assert_eq!(completion.usage, Usage { completion_tokens: 2, ..Usage::default() });
    }

    #[test]
    fn half_a_pair_of_surrogates_costs_its_character() {
        let stream = concat!(
            "data: {\"choices\":[{\"delta\":{\"content\":\"a\\ud83d\"}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\n\n",
        );
        assert_eq!(assembled(stream.as_bytes(), 64).unwrap()[0].text, "a\u{fffd}b");
    }

    #[test]
    fn only_text_and_the_end_of_a_choice_are_progress() {
        let mut assembly = Assembly::default();
        for (event, progress) in [
            (r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#, 0),
            (r#"{"choices":[{"delta":{}}],"usage":{"prompt_tokens":3}}"#, 0),
            (r#"{"choices":[{"delta":{"reasoning":"h"}}]}"#, 1),
            (r#"{"choices":[{"delta":{"content":[{"text":"1"}]}}]}"#, 2),
            (r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#, 3),
            (r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#, 3),
        ] {
            assembly.feed(format!(": wait\n\ndata: {event}\n\n").as_bytes()).unwrap();
            assert_eq!(assembly.progress(), progress, "{event}");
        }
    }

    #[test]
    fn choices_come_in_any_order() {
        let stream = concat!(
            "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n",
        );
        let texts: Vec<String> = assembled(stream.as_bytes(), 64)
            .unwrap()
            .into_iter()
            .map(|completion| completion.text)
            .collect();
        assert_eq!(texts, ["a", "b"]);
    }

    #[test]
    fn a_stream_without_an_end_has_broken_off() {
        let begun = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
        assert_eq!(assembled(begun.as_bytes(), 64), Err(Trouble::BrokenOff));
        assert_eq!(assembled(b"", 64), Err(Trouble::BrokenOff));
        assert_eq!(assembled(format!("{begun}data: [DONE]").as_bytes(), 64).unwrap()[0].text, "a");
    }

    #[test]
    fn an_error_among_the_events_is_told_with_its_status() {
        let event = r#"{"error":{"code":503,"message":"busy"}}"#;
        let told = Trouble::Event(Problem::Status(503), event.into());
        assert_eq!(assembled(format!("data: {event}\n\n").as_bytes(), 64), Err(told));
        let event = r#"{"error":"busy"}"#;
        let told = Trouble::Event(Problem::Form("it reports an error".into()), event.into());
        assert_eq!(assembled(format!("data: {event}\n\n").as_bytes(), 64), Err(told));
    }

    #[test]
    fn what_is_no_event_is_told() {
        assert!(
            matches!(assembled(b"data: {\n\n", 64), Err(Trouble::Event(Problem::Form(_), event)) if event == "{")
        );
        let far = "data: {\"choices\":[{\"index\":99999999}]}\n\n";
        assert!(matches!(assembled(far.as_bytes(), 64), Err(Trouble::Event(Problem::Form(_), _))));
    }
}
