//! Makes calls for the sandbox, and explains why a program reached none of them.
//!
//! Invariant: arguments that are plain literals travel as data and mean the same as their text.

use crate::outcome::{Reason, Rejection};
use crate::python::{Call, parse_calls};
use crate::sandbox::value::Value;
use crate::sandbox::{Case, End, Execution};

/// Makes a sandbox case of argument text: as data if the text is plain literals, which is ten times
/// cheaper than having the guest compile it, else as text.
pub fn case(arguments: &str) -> Case {
    let calls = parse_calls(&format!("f({arguments})"), &[]);
    let plain = match &calls.calls[..] {
        [call] if calls.skipped == 0 => plain_arguments(call),
        _ => None,
    };
    plain.unwrap_or_else(|| Case::call(arguments))
}

fn plain_arguments(call: &Call) -> Option<Case> {
    let args = call.args.iter().map(Value::to_plain_json).collect::<Option<Vec<_>>>()?;
    let mut kwargs = serde_json::Map::new();
    for (name, value) in &call.kwargs {
        kwargs.insert(name.clone(), value.to_plain_json()?);
    }
    Some(Case::Arguments { args: args.into(), kwargs: kwargs.into() })
}

/// Explains why a program ended before its function could be called.
pub fn not_loaded(execution: &Execution) -> Option<Rejection> {
    if !execution.cases.is_empty() {
        return None;
    }
    let rejection = match (&execution.end, &execution.error) {
        (End::OutOfFuel, _) => {
            Rejection::new(Reason::OutOfFuel, "loading the program ran out of fuel")
        }
        (End::OutOfMemory, _) => {
            Rejection::new(Reason::OutOfMemory, "loading the program ran out of memory")
        }
        (End::OutputTooLarge, _) => {
            Rejection::new(Reason::OutputTooLarge, "loading the program printed too much")
        }
        (End::Trapped { trap }, _) => {
            Rejection::new(Reason::Trapped, format!("loading the program trapped: {trap}"))
        }
        (_, Some(error)) => Rejection::new(
            Reason::LoadFailed,
            format!("{}: {}", error.kind, error.message),
        )
        .with_evidence(
            serde_json::json!({"type": error.kind, "message": error.message, "line": error.line}),
        ),
        (End::Exited { exit_code }, None) => Rejection::new(
            Reason::LoadFailed,
            format!("the program exited with code {exit_code} while it was loaded"),
        ),
        (End::CompileError { exit_code }, None) => Rejection::new(
            Reason::LoadFailed,
            format!("the program was not built: its compiler exited with code {exit_code}"),
        ),
        (End::Returned { .. } | End::Raised(_), None) => {
            Rejection::new(Reason::LoadFailed, "the program did not get as far as its function")
        }
    };
    Some(rejection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_literals_travel_as_data() {
        let expected = Case::Arguments {
            args: serde_json::json!([1, [2.5]]),
            kwargs: serde_json::json!({"b": null}),
        };
        assert_eq!(case("1, [2.5], b=None"), expected);
        assert_eq!(case("(1, 2)"), Case::call("(1, 2)"));
        assert_eq!(case("x, 1"), Case::call("x, 1"));
        assert_eq!(
            case(""),
            Case::Arguments { args: serde_json::json!([]), kwargs: serde_json::json!({}) }
        );
    }
}
