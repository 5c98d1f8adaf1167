//! What the harness says in a message: that the program has loaded, how a case ended, or how the program ended.
//!
//! Invariant: a message is read once, straight into what is kept of it; anything but a whole report is none.

use std::sync::Arc;

use super::super::job::{ArgumentKey, CaseResult, End, Raised};
use super::super::value::{Value, unhex};
use crate::json::{self, Json, Object};

/// A message of the harness.
pub enum Report {
    /// Without its fuel and what it has printed, which the host knows better.
    Case {
        result: Box<CaseResult>,
        /// Whether something was drawn from a generator that nobody has seeded.
        drawn: bool,
    },
    Loaded {
        lines: Vec<u32>,
        branches: Vec<(u32, u32, u32)>,
        /// The same, while the program was loaded.
        drawn: bool,
    },
    Exit {
        exit: i32,
        error: Option<Raised>,
        random: Option<(u32, u32)>,
    },
}

/// Reads a message; `None` if it is not one of the harness.
pub fn read(body: &[u8]) -> Option<Report> {
    let Json::Object(mut fields) = json::read(std::str::from_utf8(body).ok()?).ok()? else {
        return None;
    };
    if fields.get("end").is_some() {
        let drawn = optional(&fields, "drawn")?;
        return Some(Report::Case { result: Box::new(case(&mut fields)?), drawn });
    }
    if fields.get("loaded").is_some() {
        let (lines, branches) = (optional(&fields, "lines")?, optional(&fields, "branches")?);
        return Some(Report::Loaded { lines, branches, drawn: optional(&fields, "drawn")? });
    }
    let exit = fields.get("exit")?.typed().ok()?;
    let (error, random) = (optional(&fields, "error")?, optional(&fields, "random")?);
    Some(Report::Exit { exit, error, random })
}

/// Reads the code of a compiled program; `None` if the message is another.
pub fn code(body: &[u8]) -> Option<Arc<[u8]>> {
    let digits = body.strip_prefix(b"{\"code\":\"")?.strip_suffix(b"\"}")?;
    unhex(digits).map(Arc::from)
}

fn case(fields: &mut Object) -> Option<CaseResult> {
    let end = match fields.get("end")?.as_str()? {
        "returned" => End::Returned {
            value: Value::from_tagged_json(fields.remove("value")?)?,
            repr: match fields.remove("repr") {
                Some(Json::Text(text)) => text.into_string().ok()?,
                Some(_) => return None,
                None => String::new(),
            },
        },
        _ => fields.typed().ok()?,
    };
    let mutated = match fields.remove("mutated") {
        Some(Json::List(pairs)) => pairs.into_iter().map(mutated).collect::<Option<_>>()?,
        Some(_) => return None,
        None => Vec::new(),
    };
    Some(CaseResult {
        kind: optional(fields, "kind")?,
        mutated,
        coverage: optional(fields, "coverage")?,
        steps: optional(fields, "steps")?,
        frames: optional(fields, "frames")?,
        steps_cut: optional(fields, "steps_cut")?,
        ..CaseResult::ended(end, 0, String::new())
    })
}

/// An argument that a call has changed, and what it became.
fn mutated(pair: Json) -> Option<(ArgumentKey, Value)> {
    let Json::List(pair) = pair else { return None };
    let [key, value] = <[Json; 2]>::try_from(pair).ok()?;
    Some((key.typed().ok()?, Value::from_tagged_json(value)?))
}

/// A field that may be left out; `None` if it is something else than it should be.
fn optional<T: serde::de::DeserializeOwned + Default>(fields: &Object, name: &str) -> Option<T> {
    fields.get(name).map_or_else(|| Some(T::default()), |json| json.typed().ok())
}

#[cfg(test)]
mod tests {
    use super::super::super::job::{CallKind, Coverage, Step};
    use super::*;

    fn read_case(text: &str) -> Option<CaseResult> {
        match read(text.as_bytes())? {
            Report::Case { result, .. } => Some(*result),
            Report::Loaded { .. } | Report::Exit { .. } => None,
        }
    }

    #[test]
    fn a_report_has_all_that_the_harness_says_of_a_case() {
        let case = read_case(
            r#"{"end":"returned","value":{"tuple":[3]},"kind":"generator","mutated":[[0,[1]],["b","x"]],
                "coverage":{"lines":[2],"branches":[0,3]},"frames":2,
                "steps":[{"frame":1,"depth":1,"function":"f","line":2,"set":[["a","1"]],"left":"yields 1"}],"steps_cut":true}"#,
        );
        let value = Value::Tuple(vec![Value::int(3)]);
        let expected = CaseResult {
            kind: Some(CallKind::Generator),
            mutated: vec![
                (ArgumentKey::Position(0), Value::List(vec![Value::int(1)])),
                (ArgumentKey::Name("b".into()), Value::str("x")),
            ],
            coverage: Some(Coverage { lines: vec![2], branches: vec![0, 3] }),
            steps: vec![Step {
                frame: 1,
                depth: 1,
                function: "f".into(),
                line: 2,
                set: vec![("a".into(), "1".into())],
                left: "yields 1".into(),
            }],
            frames: 2,
            steps_cut: true,
            ..CaseResult::ended(End::Returned { value, repr: String::new() }, 0, String::new())
        };
        assert_eq!(case, Some(expected));
        let raised = read_case(r#"{"end":"raised","type":"E","message":"m","line":4}"#);
        let Some(End::Raised(raised)) = raised.map(|case| case.end) else { panic!("not read") };
        assert_eq!(
            (raised.kind.as_str(), raised.message.as_str(), raised.line),
            ("E", "m", Some(4))
        );
        let ended = read_case(r#"{"end":"output-too-large"}"#);
        assert_eq!(ended.map(|case| case.end), Some(End::OutputTooLarge));
    }

    #[test]
    fn a_report_of_a_program_is_read() {
        let loaded = read(br#"{"loaded":true,"lines":[2],"branches":[[2,3,4]]}"#);
        assert!(matches!(loaded, Some(Report::Loaded { lines, branches, .. })
            if lines == [2] && branches == [(2, 3, 4)]));
        let exit = read(br#"{"exit":1,"error":{"type":"E","message":"m"},"random":[1,2]}"#);
        assert!(matches!(
            exit,
            Some(Report::Exit { exit: 1, error: Some(_), random: Some((1, 2)) })
        ));
        assert!(matches!(read(br#"{"exit":0}"#), Some(Report::Exit { exit: 0, error: None, .. })));
    }

    #[test]
    fn code_is_read_from_its_digits() {
        assert_eq!(code(b"{\"code\":\"e300ff\"}").as_deref(), Some([0xe3, 0, 0xff].as_slice()));
        for other in ["{\"code\":\"e30\"}", "{\"code\":\"xy\"}", "{\"exit\":0}"] {
            assert_eq!(code(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn anything_else_is_no_report() {
        for text in [
            "",
            "[]",
            "{}",
            "{\"end\":\"returned\"}",
            "{\"end\":\"returned\",\"value\":{\"cycle\":-1}}",
            "{\"end\":\"returned\",\"value\":1,\"repr\":2}",
            "{\"end\":\"returned\",\"value\":1,\"mutated\":[[0]]}",
            "{\"end\":\"returned\",\"value\":1,\"frames\":-1}",
            "{\"end\":\"gone\"}",
            "{\"exit\":\"0\"}",
            "{\"loaded\":true,\"lines\":1}",
        ] {
            assert!(read(text.as_bytes()).is_none(), "{text}");
        }
        assert!(read(b"{\"exit\":0,\"x\":\"\xff\"}").is_none());
    }
}
