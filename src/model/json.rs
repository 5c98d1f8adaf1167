//! Finds the JSON value in a reply.
//!
//! Invariant: a reply that was cut has none, and the time it takes grows no faster than the text.

use super::reply::{Completion, Finish};
use crate::fences::{self, Block};
use crate::json::{self, Json};

/// How many times over a text may be read in search of a value.
const MOST_READINGS: usize = 8;
/// The bytes that may be read of any text, however short.
const LEAST_WORK: usize = 64 << 10;
/// The bytes that could be read in the time that one start takes.
const START_WORK: usize = 64;

impl Completion {
    /// Reads the reply as JSON: all of it, else its last fenced block that is JSON (`json` ones first), else the longest
    /// object or array in it; `None` if there is none, or if the reply was cut.
    pub fn json(&self) -> Option<Json> {
        match self.finish {
            Finish::Length => None,
            Finish::Stop | Finish::Other(_) => find(&self.text),
        }
    }
}

fn find(text: &str) -> Option<Json> {
    whole(text).or_else(|| fenced(text)).or_else(|| longest(text))
}

fn whole(text: &str) -> Option<Json> {
    json::read(text.trim()).ok()
}

fn fenced(text: &str) -> Option<Json> {
    let (named, other): (Vec<Block<'_>>, Vec<Block<'_>>) =
        fences::blocks(text).into_iter().partition(|block| is_json(block.info));
    named.iter().rev().chain(other.iter().rev()).find_map(|block| whole(block.content))
}

fn is_json(info: &str) -> bool {
    info.split_whitespace().next().is_some_and(|tag| tag.eq_ignore_ascii_case("json"))
}

/// Finds the longest object or array that stands in none other.
///
/// A text of which nearly every piece begins a value that does not end is given up on, with what was found by then.
fn longest(text: &str) -> Option<Json> {
    let mut best: Option<(usize, Json)> = None;
    let mut left = text.len().saturating_mul(MOST_READINGS).saturating_add(LEAST_WORK);
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(['{', '['])) {
        at += found;
        let (value, read) = json::prefix(text.get(at..)?);
        let len = if value.is_ok() { read } else { 1 };
        if let Ok(value) = value
            && best.as_ref().is_none_or(|(longest, _)| *longest < len)
        {
            best = Some((len, value));
        }
        left = match left.checked_sub(read.saturating_add(START_WORK)) {
            Some(left) => left,
            None => break,
        };
        at += len;
    }
    best.map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Usage;

    fn find(text: &str) -> Option<serde_json::Value> {
        super::find(text).map(|json| serde_json::from_str(&json.to_string()).unwrap())
    }

    #[test]
    fn a_reply_that_is_json_is_that_value() {
        assert_eq!(find(" [1, 2]\n"), Some(json!([1, 2])));
        assert_eq!(find("\"a\""), Some(json!("a")));
    }

    #[test]
    fn the_last_json_block_counts_and_others_only_without_one() {
        assert_eq!(
            find("```json\n[1]\n```\nor\n```json\n[2]\n```\n```\n[3]\n```"),
            Some(json!([2]))
        );
        assert_eq!(find("```json\n[1]\n```\nor\n```json\n[2\n```\n"), Some(json!([1])));
        assert_eq!(find("```\n[1]\n```\n```python\nx = [1, 2, 3]\n```"), Some(json!([1])));
        assert_eq!(find("````json\n\"```\"\n````"), Some(json!("```")));
        assert_eq!(find("~~~JSON\r\n[1]\r\n~~~\r\n"), Some(json!([1])));
        assert_eq!(find("```json\n[1]"), Some(json!([1])));
    }

    #[test]
    fn json_among_words_is_the_longest_value() {
        assert_eq!(
            find(r#"As in [1]: {"a": [1, {"b": 2}]}. Done."#),
            Some(json!({"a": [1, {"b": 2}]}))
        );
        assert_eq!(find("{x} is [] or [é, [1]]"), Some(json!([1])));
        assert_eq!(find("no {value} here"), None);
        assert_eq!(find(""), None);
    }

    #[test]
    fn a_cut_reply_has_no_value_even_if_it_looks_whole() {
        let reply = |finish| Completion {
            text: "[1]".into(),
            reasoning: None,
            finish,
            usage: Usage::default(),
            system_fingerprint: None,
        };
        assert_eq!(reply(Finish::Length).json(), None);
        assert_eq!(reply(Finish::Stop).json(), Some(json!([1]).into()));
        assert_eq!(reply(Finish::Other("eos".into())).json(), Some(json!([1]).into()));
    }

    #[test]
    fn what_python_reads_is_json() {
        for json in ["[18446744073709551617,NaN]", r#"{"a":-Infinity,"b":"\ud83d"}"#] {
            let found = super::find(&format!("So: {json}.")).unwrap();
            assert_eq!(found.to_string(), json);
        }
    }

    #[test]
    fn hostile_nesting_ends() {
        assert_eq!(find(&"[".repeat(100_000)), None);
        assert_eq!(find(&"{\"a\":[".repeat(20_000)), None);
        assert_eq!(find(&"[1,".repeat(50_000)), None);
        assert_eq!(find(&"[".repeat(1 << 20)), None);
        assert_eq!(find(&format!("{}\"{}", "[".repeat(100), "a\n".repeat(1 << 19))), None);
    }

    #[test]
    fn a_search_reads_no_more_than_a_few_times_the_text() {
        let long = "x".repeat(1 << 20);
        // Each start reads up to the text's end.
        assert_eq!(find(&format!("{}\"{long}\" [1]", "[".repeat(MOST_READINGS + 1))), None);
        assert_eq!(
            find(&format!("{}\"{long}\" [1]", "[".repeat(MOST_READINGS - 2))),
            Some(json!([1]))
        );
    }

    #[test]
    fn a_value_after_many_a_bracket_of_code_is_found() {
        let code = "x[i] = {y: (z[0], *a)}\n".repeat(300);
        assert_eq!(find(&format!("{code}[{{\"a\": [1, 2]}}]")), Some(json!([{"a": [1, 2]}])));
    }
}
