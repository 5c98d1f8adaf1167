//! The questions that a text is held against, whoever answers them.
//!
//! Invariant: an answer names what shows it; what cannot be looked up or run is not known, and nothing is guessed.

use std::future::Future;

use crate::error::Result;
use crate::python::Call;
use crate::sample::SampleCase;
use crate::sandbox::CaseResult;
use crate::sandbox::value::Value;

/// What shows something to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    Code,
    /// An execution, by its place.
    Execution(usize),
    /// Nothing about the program: a name that the text adds, or one that any program may use.
    Anything,
}

/// A result for each call, in their order, or why none of them was run.
pub type CallResults = std::result::Result<Vec<CaseResult>, String>;

/// What is known of code and its executions. Facts that have no executions leave the questions about them as they are.
pub trait Facts {
    /// Names the functions whose calls a text may state.
    fn functions(&self) -> Vec<String>;

    /// Whether a function takes these arguments; one with an unknown signature takes any.
    fn accepts(&self, function: &str, call: &Call) -> bool;

    /// Whether the code has a name: a variable, an attribute, a parameter, a keyword.
    fn has_name(&self, name: &str) -> bool;

    /// Whether a text is a piece of the code, white space aside.
    fn has_piece(&self, text: &str) -> bool;

    /// What shows a value: a literal of the code comes before an execution.
    fn value(&self, value: &Value) -> Option<Basis>;

    /// What shows a text exactly as it is: a string of the code, a message, a printed line, a key.
    fn text(&self, text: &str) -> Option<Basis>;

    /// How many lines the code has.
    fn line_count(&self) -> usize;

    /// Whether a text is a piece of one of these lines, counted from 1.
    fn is_on_lines(&self, text: &str, first: usize, last: usize) -> bool;

    /// Calls a function, each time as if in fresh memory; the function [`EVALUATOR`](super::EVALUATOR) evaluates a text among
    /// the program's names. Errors are the host's alone.
    fn run(
        &self,
        _function: &str,
        _arguments: &[String],
    ) -> impl Future<Output = Result<CallResults>> {
        std::future::ready(Ok(Err("this code cannot be run".into())))
    }

    /// Takes in a call that gave what the text states, and gives it back if a sample has to state it, too.
    fn learn(
        &mut self,
        _function: &str,
        _arguments: &str,
        _got: &CaseResult,
    ) -> Option<SampleCase> {
        None
    }

    /// The execution at a place that a [`Basis`] names.
    fn execution(&self, _place: usize) -> Option<&SampleCase> {
        None
    }

    /// The execution in which a parameter has a value.
    fn argument(&self, _parameter: &str, _value: &Value) -> Option<Basis> {
        None
    }

    /// Whether one execution shows all of these values.
    fn are_together(&self, _values: &[&Value]) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Grounding, check};
    use super::*;
    use crate::sample::Text;

    /// Facts of lines and the words on them: nothing can be run.
    struct Lines(&'static [&'static str]);

    impl Facts for Lines {
        fn functions(&self) -> Vec<String> {
            vec!["load".into()]
        }

        fn accepts(&self, _function: &str, _call: &Call) -> bool {
            true
        }

        fn has_name(&self, name: &str) -> bool {
            let is_part = |c: char| c.is_alphanumeric() || c == '_';
            self.0.iter().any(|line| line.split(|c| !is_part(c)).any(|word| word == name))
        }

        fn has_piece(&self, text: &str) -> bool {
            self.0.iter().any(|line| line.contains(text))
        }

        fn value(&self, _value: &Value) -> Option<Basis> {
            None
        }

        fn text(&self, _text: &str) -> Option<Basis> {
            None
        }

        fn line_count(&self) -> usize {
            self.0.len()
        }

        fn is_on_lines(&self, text: &str, first: usize, last: usize) -> bool {
            (first..=last).any(|at| self.0.get(at - 1).is_some_and(|line| line.contains(text)))
        }
    }

    /// What fails of a text, each claim with its reason; nothing if it holds.
    fn failed(text: &str) -> Vec<(String, String)> {
        let mut facts = Lines(&["def load(path):", "    return parse(open(path))"]);
        let text = Text { parts: vec![("answer".into(), text.into())], adds: Vec::new() };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        match runtime.block_on(check(&mut facts, &text)).unwrap() {
            Grounding::Holds(cases) => {
                assert_eq!(cases, []);
                Vec::new()
            }
            Grounding::Fails(failed) => {
                failed.into_iter().map(|failed| (failed.claim, failed.why)).collect()
            }
        }
    }

    #[test]
    fn facts_that_cannot_be_run_hold_names_and_lines() {
        let fails = |claim: &str, why: &str| vec![(claim.to_owned(), why.to_owned())];
        for (text, expected) in [
            ("`load` hands `open(path)` to `parse`, on line 2.", Vec::new()),
            ("It reads `size`.", fails("`size`", "the program has no `size`")),
            ("Line 1: `parse`", fails("line 1", "`parse` is not there")),
            ("Line 3 ends it, as `load` says.", fails("line 3", "the program has lines 1 to 2")),
            ("`load(1)` returns `2`.", fails("`load(1) … 2`", "this code cannot be run")),
            (
                "`load` gives `7` back.",
                fails("`7`", "no such value occurs in the program or in an execution"),
            ),
        ] {
            assert_eq!(failed(text), expected, "{text}");
        }
    }
}
