//! Makes calls for the sandbox, and explains why a program reached none of them.
//!
//! Invariant: arguments that are plain literals travel as data and mean the same as their text.

use ruff_python_stdlib::sys::is_known_standard_library;

use crate::outcome::{Reason, Rejection};
use crate::python::{Call, parse_calls};
use crate::sandbox::packages::distributions::{import_cost, package_of};
use crate::sandbox::value::Value;
use crate::sandbox::{Case, End, Execution, Raised};

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
            format!("{}: {}{}", error.kind, error.message, way_out(error)),
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

/// What a user can do about an error while a program loads: a module that nothing is known of may be in a package.
pub(super) fn way_out(error: &Raised) -> String {
    const MINOR: u8 = 14;
    let missing = error.message.strip_prefix("No module named '");
    if let Some((module, rest)) = missing.and_then(|rest| rest.split_once("' in this runtime; ")) {
        let library = module.split('.').next().unwrap_or(module);
        let runtime = rest.split(' ').next().unwrap_or(rest);
        return format!(": --runtime {runtime}{}", import_cost(library));
    }
    let module =
        error.message.strip_prefix("No module named '").and_then(|rest| rest.strip_suffix('\''));
    match module {
        Some(module)
            if error.kind == "ModuleNotFoundError"
                && !module.contains('.')
                && !is_known_standard_library(MINOR, module) =>
        {
            format!(
                "; if a package of pure Python has it, give --with {}==VERSION",
                package_of(module)
            )
        }
        Some(_) | None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_that_may_be_in_a_package_can_be_given() {
        let way_out = |kind: &str, message: &str| {
            way_out(&Raised {
                kind: kind.into(),
                message: message.into(),
                line: None,
                in_arguments: false,
                bases: Vec::new(),
            })
        };
        let missing = |message| way_out("ModuleNotFoundError", message);
        let expected = "; if a package of pure Python has it, give --with PyYAML==VERSION";
        assert_eq!(missing("No module named 'yaml'"), expected);
        for message in ["No module named 'fcntl'", "No module named 'a.b'"] {
            assert_eq!(missing(message), "", "{message}");
        }
        let numpy =
            missing("No module named 'numpy.linalg' in this runtime; python-3.15-sci has it");
        assert_eq!(numpy, ": --runtime python-3.15-sci; importing numpy takes 0.6G of --fuel");
        assert_eq!(way_out("ImportError", "No module named 'yaml'"), "");
    }

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
