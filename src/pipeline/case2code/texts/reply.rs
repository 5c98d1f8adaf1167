//! What a model writes, read out of its reply.
//!
//! Invariant: a reply is taken whole or not at all: every field is there, is text, and is neither empty nor without end.

use serde::Deserialize;
use serde_json::json;

use super::TextKind;
use crate::ask::malformed;
use crate::ask::reading::{is_sentence, object, object_of, texts_in};
use crate::model::{Completion, Schema};
use crate::outcome::Rejection;
use crate::python::is_dotted_identifier;

/// Steps of a trace that are taken; fewer are asked for.
const MAX_STEPS: usize = 20;
const MAX_ADDS: usize = 20;
/// Characters of all added names together.
const MAX_ADDED: usize = 6_000;

/// A question, its answer and the way there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct QaReply {
    pub question: String,
    pub answer: String,
    pub trace: Vec<String>,
}

/// A requirement, a design that meets it and the way there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DesignReply {
    pub requirement: String,
    pub design: String,
    pub trace: Vec<String>,
    #[serde(default)]
    pub adds: Vec<String>,
}

/// The form of the reply. Lengths of texts are not part of it: not every server supports them.
pub fn schema(kind: TextKind) -> Schema {
    let text = || json!({"type": "string"});
    let texts = |least: usize, most: usize| json!({"type": "array", "items": text(), "minItems": least, "maxItems": most});
    let trace = texts(1, MAX_STEPS);
    let schema = match kind {
        TextKind::Qa => object_of([("question", text()), ("answer", text()), ("trace", trace)]),
        TextKind::Design => object_of([
            ("requirement", text()),
            ("design", text()),
            ("trace", trace),
            ("adds", texts(0, MAX_ADDS)),
        ]),
    };
    Schema { name: kind.name().into(), schema }
}

/// Reads a question; a reply that has none is a rejection that shows it.
pub fn qa(completion: &Completion) -> Result<QaReply, Rejection> {
    let reply: QaReply = object(completion)?;
    bounded(completion, &[&reply.question, &reply.answer], &reply.trace)?;
    Ok(reply)
}

/// Reads a design; a reply that has none is a rejection that shows it.
pub fn design(completion: &Completion) -> Result<DesignReply, Rejection> {
    let reply: DesignReply = object(completion)?;
    bounded(completion, &[&reply.requirement, &reply.design], &reply.trace)?;
    if reply.adds.len() > MAX_ADDS {
        return Err(malformed(completion, "the design adds too many names"));
    }
    if reply.adds.iter().map(|name| name.chars().count()).sum::<usize>() > MAX_ADDED {
        return Err(malformed(
            completion,
            format!("the added names are longer than {MAX_ADDED} characters"),
        ));
    }
    if let Some(odd) = reply.adds.iter().find(|name| !is_dotted_identifier(name)) {
        return Err(malformed(
            completion,
            format!("`adds` contains an entry that is not an identifier: {odd}"),
        ));
    }
    Ok(reply)
}

fn bounded(completion: &Completion, texts: &[&str], trace: &[String]) -> Result<(), Rejection> {
    if trace.is_empty() || trace.len() > MAX_STEPS {
        return Err(malformed(
            completion,
            format!("the trace has {} steps, not 1 to {MAX_STEPS}", trace.len()),
        ));
    }
    texts_in(completion, texts.iter().copied().chain(trace.iter().map(String::as_str)))?;
    if let Some(text) = texts.iter().find(|text| !is_sentence(text)) {
        return Err(malformed(
            completion,
            format!("the answer is not a sentence: {}", text.trim()),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::reading::MAX_TEXT;
    use crate::model::{Finish, Usage};
    use crate::outcome::Reason;

    const GOOD: &str = r#"{"question": "Why is that?", "answer": "It is so.", "trace": ["a"]}"#;

    fn reply(text: &str) -> Completion {
        Completion {
            text: text.into(),
            reasoning: None,
            finish: Finish::Stop,
            usage: Usage::default(),
            system_fingerprint: None,
        }
    }

    fn refused(text: &str) -> String {
        let rejection = qa(&reply(text)).unwrap_err();
        assert_eq!(rejection.reason, Reason::MalformedReply);
        rejection.detail
    }

    #[test]
    fn a_reply_is_json_or_has_it_in_its_last_block() {
        let expected = QaReply {
            question: "Why is that?".into(),
            answer: "It is so.".into(),
            trace: vec!["a".into()],
        };
        for text in [
            GOOD.to_owned(),
            format!("\n {GOOD} \n"),
            format!(
                "First:\n```json\n{{\"question\": 1}}\n```\nrather\n```json\n{GOOD}\n```\nThere."
            ),
        ] {
            assert_eq!(qa(&reply(&text)).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_missing_empty_or_too_long_is_refused() {
        assert_eq!(refused("Sorry."), "the reply is not a JSON object");
        assert_eq!(refused("[1]"), "the reply is not a JSON object");
        assert_eq!(
            refused(r#"{"question": "a", "trace": ["a"]}"#),
            "the reply does not match the expected form: missing field `answer`"
        );
        assert_eq!(refused(&GOOD.replace("It is so.", " ")), "a text in the reply is empty");
        assert_eq!(refused(&GOOD.replace("[\"a\"]", "[]")), "the trace has 0 steps, not 1 to 20");
        let long = GOOD.replace("It is so.", &"x".repeat(MAX_TEXT + 1));
        assert_eq!(refused(&long), "a text in the reply is longer than 6000 characters");
    }

    #[test]
    fn a_reply_that_broke_off_is_refused_even_where_it_reads_well() {
        let cut = Completion { finish: Finish::Length, ..reply(GOOD) };
        assert!(qa(&cut).unwrap_err().detail.contains("cut off"));
    }

    #[test]
    fn filler_is_no_text() {
        assert_eq!(
            refused(&GOOD.replace("It is so.", "running_mean")),
            "the answer is not a sentence: running_mean"
        );
        assert_eq!(refused(&GOOD.replace("[\"a\"]", "[\"...\"]")), "a text in the reply is empty");
        assert!(qa(&reply(&GOOD.replace("It is so.", "因为它大于上限"))).is_ok());
        let design_of = |adds: &str| {
            let text = r#"{"requirement": "It must be.", "design": "So it is.", "trace": ["t"], "adds": [ADDS]}"#;
            design(&reply(&text.replace("ADDS", adds)))
        };
        assert!(design_of(r#""Bounds.low", "_x1""#).is_ok());
        for adds in
            [r#""True""#, r#""...""#, r#""*""#, r#""a helper""#, r#""""#, r#""1a""#, r#""class""#]
        {
            assert!(
                design_of(adds)
                    .unwrap_err()
                    .detail
                    .starts_with("`adds` contains an entry that is not an identifier"),
                "{adds}"
            );
        }
    }

    #[test]
    fn added_names_have_a_bound_together() {
        let of = |name: String| {
            let text = r#"{"requirement": "It must be.", "design": "So it is.", "trace": ["t"], "adds": ["NEW", "NEW"]}"#;
            design(&reply(&text.replace("NEW", &name)))
        };
        assert!(of("x".repeat(MAX_ADDED / 2)).is_ok());
        let refused = of("x".repeat(MAX_ADDED / 2 + 1)).unwrap_err();
        assert_eq!(refused.detail, "the added names are longer than 6000 characters");
    }

    #[test]
    fn a_design_may_add_nothing() {
        let text = r#"{"requirement": "It must be.", "design": "So it is.", "trace": ["t"]}"#;
        assert_eq!(design(&reply(text)).unwrap().adds, Vec::<String>::new());
    }

    #[test]
    fn every_field_of_a_schema_is_required() {
        for kind in [TextKind::Qa, TextKind::Design] {
            let schema = schema(kind).schema;
            let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
            assert_eq!(schema["required"], json!(names));
        }
    }
}
