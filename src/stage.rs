//! The stages of the pipelines: propose, execute, validate, emit, write; and the bodies that pass between them.
//!
//! Invariant: a stage knows its input and its tools, never the pipeline it stands in.

pub mod answer;
pub mod attempt;
pub mod emit;
pub mod execute;
pub mod ground;
pub mod judge;
pub mod propose;
pub mod validate;
pub mod verify;
pub mod write;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::model::{Completion, Model, Request};
use crate::outcome::{Reason, Rejection};
use crate::python::{Call, parse_calls};
use crate::sandbox::value::Value;
use crate::sandbox::{Case, CaseResult, Coverable};

/// A function to make samples from, with everything it needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The smallest program that defines the function: its imports, helpers and constants travel with it.
    pub program: String,
    /// The function's name.
    pub entry: String,
    /// Argument texts of calls that stand elsewhere in the source: asserts, doctests, a main block.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
}

/// A function with inputs to try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposed {
    pub target: Target,
    /// Argument texts, smallest first.
    pub inputs: Vec<String>,
    /// Who proposed them: `builtin`, a model's name, or both.
    pub proposer: String,
}

/// A function with what its inputs gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Executed {
    pub target: Target,
    pub proposer: String,
    pub cases: Vec<ExecutedCase>,
    /// The lines and branches there are to cover.
    pub coverable: Option<Coverable>,
    /// Fuel of the first pass over all cases.
    pub fuel: u64,
    /// The runtime that ran it, with its digest.
    pub runtime: String,
}

/// One input and what it gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExecutedCase {
    pub arguments: String,
    pub result: CaseResult,
}

/// Makes a sandbox case of argument text: as data where the text is plain literals, which is ten times cheaper than having
/// the guest compile it, else as text.
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

/// Asks a model; a request that its server will not answer is a rejection, whatever else goes wrong is an error.
async fn ask(model: &Model, request: &Request) -> Result<std::result::Result<Completion, Rejection>> {
    match model.complete(request).await {
        Ok(completion) => Ok(Ok(completion)),
        Err(error) if error.is_about_the_request() => {
            Ok(Err(Rejection::new(Reason::RequestRefused, error.to_string())))
        }
        Err(error) => Err(error.into()),
    }
}

impl Executed {
    /// How many of the program's branch sides the cases reach, and how many there are; `None` without branches.
    pub fn branch_coverage(&self) -> Option<(usize, usize)> {
        let all = 2 * self.coverable.as_ref()?.branches.len();
        let reached: std::collections::BTreeSet<u32> = self
            .cases
            .iter()
            .filter_map(|case| case.result.coverage.as_ref())
            .flat_map(|c| c.branches.clone())
            .collect();
        (all > 0).then_some((reached.len(), all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_literals_travel_as_data() {
        let expected = Case::Arguments { args: serde_json::json!([1, [2.5]]), kwargs: serde_json::json!({"b": null}) };
        assert_eq!(case("1, [2.5], b=None"), expected);
        assert_eq!(case("(1, 2)"), Case::call("(1, 2)"));
        assert_eq!(case("x, 1"), Case::call("x, 1"));
        assert_eq!(case(""), Case::Arguments { args: serde_json::json!([]), kwargs: serde_json::json!({}) });
    }
}
