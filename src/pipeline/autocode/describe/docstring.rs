//! A docstring as the text of a problem: its prose without the examples, which the demo test replaces.
//!
//! Invariant: no prose is invented; a function without any is not described.

use super::leak::leak;
use crate::cases::Target;
use crate::flow::Fate;
use crate::outcome::{Reason, Rejection};
use crate::python::examples::examples;
use crate::python::{Function, Module, literal};

/// A function with the words that describe it.
pub struct Documented {
    pub module: Module,
    pub function: Function,
    pub description: String,
}

impl Documented {
    /// Reads the docstring; a rejection says that there is none, or that it gives the solution away.
    pub fn of(target: &Target) -> Result<Self, Rejection> {
        let (module, function) = target.parse()?;
        let description = function.docstring.as_deref().map(prose).unwrap_or_default();
        if description.is_empty() {
            let why = format!("{} has no docstring that says what it does", target.entry);
            return Err(Rejection::new(Reason::Undocumented, why));
        }
        if let Some(leak) = leak(&module, &function, &description) {
            let why = format!("the description has {leak:?} of the solution");
            return Err(Rejection::new(Reason::LeakedSolution, why));
        }
        Ok(Self { module, function, description })
    }
}

/// Rejects a function that cannot be described, before anything is spent on it.
pub fn describable(fate: Fate<Target>) -> Fate<Target> {
    match &fate {
        Fate::Live(record) => match Documented::of(&record.body) {
            Ok(_) => fate,
            Err(rejection) => Fate::rejected(&record.id, record.lineage.clone(), rejection),
        },
        Fate::Rejected(_) | Fate::Deferred(_) => fate,
    }
}

/// The results that the docstring's examples state, in sentences that can be checked.
pub fn stated_results(module: &Module, function: &Function) -> String {
    let stated = examples(module, function).into_iter().filter_map(|example| {
        let expected = example.expected.filter(|expected| literal::parse(expected).is_some())?;
        Some(format!("`{}({})` returns `{expected}`.", function.name, example.call.to_source()?))
    });
    stated.collect::<Vec<_>>().join("\n")
}

/// A docstring without its examples, which the demo test replaces.
fn prose(docstring: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut in_example = false;
    for line in docstring.lines() {
        let text = line.trim();
        in_example = text.starts_with(">>>") || in_example && !text.is_empty();
        if !in_example {
            lines.push(line);
        }
    }
    let mut text = lines.join("\n");
    // What introduced the examples introduces nothing now.
    loop {
        let trimmed = text.trim_end();
        let last = trimmed.lines().next_back().unwrap_or_default().trim();
        let is_heading = last.chars().all(|c| c == '-')
            || [
                "example:",
                "examples:",
                "example",
                "examples",
                "usage:",
                "doctest:",
                "doctests:",
                "for example:",
            ]
            .contains(&last.to_lowercase().as_str());
        if trimmed.is_empty() || !is_heading {
            return trimmed.trim_start_matches('\n').to_owned();
        }
        text = trimmed.strip_suffix(last).unwrap_or_default().to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_has_no_examples_and_nothing_that_introduces_them() {
        let doc = "Add two numbers.\n\nExamples\n--------\n>>> f(1, 2)\n3\n\n>>> f(0, 0)\n0\n";
        assert_eq!(prose(doc), "Add two numbers.");
        assert_eq!(
            prose("Add.\n\n>>> f(1)\n2\n\nNegative numbers are refused."),
            "Add.\n\n\nNegative numbers are refused."
        );
        assert_eq!(prose(">>> f(1)\n2"), "");
    }
}
