//! Calls whose arguments and results are stated in JSON.
//!
//! Invariant: an argument or a result that cannot be written as a Python literal makes no case.

use crate::cases::equality::Compare;
use crate::cases::stated::{Expected, StatedCase};
use crate::json::{self, Json};
use crate::python::is_identifier;
use crate::sandbox::Case;
use crate::sandbox::value::{Value, decimal};

/// Checks the name of a function that a row states.
pub fn checked_name(name: &str) -> Result<&str, String> {
    match is_identifier(name) {
        true => Ok(name),
        false => Err(format!("fn_name {name:?} is not a valid identifier")),
    }
}

/// Makes the entry of a class `Solution`, if an answer has one: the published graders look at the answer, not at the starter code.
pub fn setup(entry: &str) -> String {
    format!("if hasattr(globals().get('Solution'), '{entry}'):\n    {entry} = Solution().{entry}\n")
}

/// How the results of these inputs are stated: sets that write arguments as text do not wrap results in lists.
pub(super) fn compare<'j>(mut inputs: impl Iterator<Item = &'j Json>) -> Compare {
    match inputs.all(|input| matches!(input, Json::Text(_))) {
        true => Compare::UnwrappedJson,
        false => Compare::Json,
    }
}

/// A call: its input is a list of arguments, or a text with one argument a line.
pub(super) fn case(input: &Json, output: &Json) -> Result<StatedCase, String> {
    let (args, expected) = match input {
        Json::List(args) => {
            (args.iter().map(|arg| with_integer_keys(arg.clone().into())).collect(), output.clone())
        }
        Json::Text(lines) => (arguments(&lines.with_escapes())?, result(output)),
        _ => return Err("an input is not a list of arguments".into()),
    };
    let literals: Option<Vec<String>> = args.iter().map(Value::to_literal).collect();
    let (Some(literals), Some(expected)) = (literals, Value::from(expected).to_literal()) else {
        return Err("an input or output cannot be written as a Python literal".into());
    };
    let shown = literals.join(", ");
    Ok(StatedCase { case: Case::call(&shown), shown, expected: Expected::Repr(expected) })
}

fn arguments(lines: &str) -> Result<Vec<Value>, String> {
    let lines = lines.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| match json::read(line) {
            Ok(argument) => Ok(argument.into()),
            Err(error) => Err(format!("a line of an input is not JSON: {error}")),
        })
        .collect()
}

/// A result that is written as text; one that is not JSON is the text itself.
fn result(output: &Json) -> Json {
    match output {
        Json::Text(text) => json::read(&text.with_escapes()).unwrap_or_else(|_| output.clone()),
        other => other.clone(),
    }
}

/// JSON has no integer keys: these sets write them as text.
fn with_integer_keys(mut arg: Value) -> Value {
    let integer = |key: &Value| match key {
        Value::Str(text) => decimal(text).map(Value::Int),
        _ => None,
    };
    if let Value::Dict(entries) = &mut arg {
        let keys: Option<Vec<Value>> = entries.iter().map(|(key, _)| integer(key)).collect();
        for ((key, _), number) in entries.iter_mut().zip(keys.into_iter().flatten()) {
            *key = number;
        }
    }
    arg
}
