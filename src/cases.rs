//! A call and what it gave: how it is made, run, stated, compared and written down; and tests as data.
//!
//! Invariant: no model and no pipeline is known here; what a program does is recorded, never judged.

pub mod address;
pub mod assertions;
pub mod elsewhere;
pub mod equality;
pub mod execute;
pub mod executions;
pub mod invocation;
pub mod made;
pub mod notation;
pub mod place;
pub mod question;
pub mod rules;
pub mod run;
pub mod script;
pub mod shown;
pub mod stated;
pub mod test_cases;
mod trace;
mod wordings;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::outcome::{Reason, Rejection};
use crate::python::prose::Docstrings;
use crate::python::unneeded::without_unneeded;
use crate::python::used_imports::with_used_imports;
use crate::python::{Function, Module, given, literal};
use crate::sandbox::value::Value;
use crate::sandbox::{CaseResult, Coverable};

/// A function to make samples from, with everything it needs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The smallest program that defines the function: its imports, helpers and constants travel with it.
    pub program: String,
    /// The function's name.
    pub entry: String,
    /// The module that defines the function, if the program only imports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Argument texts of calls found elsewhere in the source: asserts, doctests, a main block.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
    /// What the source calls other functions with, for parameters that this one has, too: the name and the argument's text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<(String, String)>,
}

impl Target {
    /// What the source calls other functions with for a parameter of this name.
    pub fn elsewhere(&self, parameter: &str) -> Vec<Value> {
        let named = self.elsewhere.iter().filter(|(name, _)| name == parameter);
        let value = |text: &str| literal::parse(text).unwrap_or_else(|| Value::expression(text));
        named.map(|(_, text)| value(text)).collect()
    }

    /// The text of the function alone; the whole program if that does not have it.
    pub fn function_text(&self) -> String {
        match self.parse() {
            Ok((module, function)) => module.text_alone(&function),
            Err(_) => self.program.clone(),
        }
    }

    /// Reads the program and finds its function; a rejection says what is wrong with it.
    pub fn parse(&self) -> Result<(Module, Function), Rejection> {
        let source = self.source.as_ref().unwrap_or(&self.program);
        let module = Module::parse(source)
            .map_err(|error| Rejection::new(Reason::UnparsableSource, error.to_string()))?;
        match module.function(&self.entry).cloned() {
            Some(function) => Ok((module, function)),
            None => {
                let detail = format!("the program does not define {}", self.entry);
                Err(Rejection::new(Reason::NoTargetFunction, detail))
            }
        }
    }
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

impl Proposed {
    /// The same with a program that has nothing but what its inputs and its entry need: what other functions get, and methods that
    /// change the object, which were tried, may have needed more.
    pub fn with_needed(mut self) -> Self {
        if self.target.elsewhere.is_empty() && !self.target.entry.contains('.') {
            return self;
        }
        let Ok(module) = Module::parse(&self.target.program) else { return self };
        let entry = self.target.entry.clone();
        let names = self.inputs.iter().flat_map(|input| given::names_in(input));
        let names: BTreeSet<String> = names.chain([entry.clone()]).collect();
        let program = module.closure_of(&names);
        let program = without_unneeded(&program, &entry, &names, &self.inputs);
        self.target.program = with_used_imports(&program);
        self
    }

    /// The same with a program that says less about itself.
    pub fn with_docstrings(mut self, docstrings: Docstrings) -> Self {
        self.target.program = docstrings.apply(&self.target.program);
        self
    }
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

impl Executed {
    /// How many of the program's branch sides the cases reach, and how many there are; `None` without branches.
    pub fn branch_coverage(&self) -> Option<(usize, usize)> {
        let all = 2 * self.coverable.as_ref()?.branches.len();
        let reached: BTreeSet<u32> = self
            .cases
            .iter()
            .filter_map(|case| case.result.coverage.as_ref())
            .flat_map(|c| c.branches.clone())
            .collect();
        (all > 0).then_some((reached.len(), all))
    }
}
