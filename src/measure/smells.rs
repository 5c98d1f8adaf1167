//! The smell score of a program, after pylint 3: messages weighed against statements.
//!
//! Invariant: a message is given only for lines that pylint gives it for; a test holds this, and that 96 of 100 programs have
//! pylint's very score. What needs types or flow is left out.
//!
//! These messages are known, with pylint's defaults and the program as a module of a valid name:
//! texts C0301 C0303 C0304 C0305 W0311 W1406; docstrings C0112 C0114 C0115 C0116; names C0103 (not of attributes) C0104 C2401 E0602
//! W0611 W0612 W0613 W0621 W0622; limits R0903 R0911 R0912 R0913 R0914 R0915 R0917; branches R1703 R1705 R1710 R1711 R1720
//! R1723 R1724 W0101 W0107; expressions C0121 C0123 C0200 C0209 R1714 R1718 R1722 R1728 R1729 R1734 R1735 W0104 W0105 W0106
//! W0122 W0131 W0123 W1309; and C0321 C0415 W0102 W0601 W0602 W0603 W0702 W0718.
//! All others count as absent, above all those that pylint infers types for (E1101, E0401) and E0606.

mod expressions;
mod names;
mod returns;
mod scopes;
mod statements;
mod text;

use std::collections::BTreeMap;

use ruff_text_size::Ranged;
use serde::Serialize;

use crate::python::{Module, SyntaxError};

/// The most frequent findings in generated programs, regardless of their code: no last line end, no
/// module docstring.
pub const ARTEFACTS: [&str; 2] = ["C0304", "C0114"];

/// A message at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// From 1.
    pub line: usize,
    /// pylint's number for the message.
    pub id: &'static str,
}

/// The messages on one program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Smells {
    /// As pylint counts them: with `elif` and `except`, without docstrings.
    pub statements: u64,
    /// In the order of the text.
    pub findings: Vec<Finding>,
}

/// What the checks gather: messages by the bytes that they are about.
#[derive(Default)]
struct Found {
    statements: u64,
    messages: Vec<(&'static str, usize)>,
}

impl Found {
    /// Gives a message on what begins at a byte of the source.
    fn add(&mut self, message: &'static str, start: usize) {
        self.messages.push((message, start));
    }

    fn on(&mut self, message: &'static str, node: &impl Ranged) {
        self.add(message, node.start().to_usize());
    }
}

/// Both scores of a program, from 0 to 10; `None` for a program without statements, which has nothing to score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SmellScores {
    /// Comparable with published scores.
    pub compatible: Option<f64>,
    /// Without the [`ARTEFACTS`].
    pub without_artefacts: Option<f64>,
}

impl Smells {
    /// Finds the smells of a program; fails if it does not parse.
    pub fn of(source: &str) -> Result<Self, SyntaxError> {
        let module = Module::parse(source)?;
        let mut found = Found::default();
        text::check(source, &mut found);
        statements::check(source, module.body(), &mut found);
        expressions::check(source, module.body(), &mut found);
        names::check(module.body(), &mut found);
        let ends: Vec<usize> = source.match_indices('\n').map(|(end, _)| end).collect();
        let line = |start: usize| ends.partition_point(|&end| end < start) + 1;
        let messages = found.messages.into_iter();
        let mut findings: Vec<Finding> =
            messages.map(|(id, start)| Finding { line: line(start), id }).collect();
        findings.sort();
        Ok(Self { statements: found.statements, findings })
    }

    /// How often each message is given.
    pub fn messages(&self) -> BTreeMap<&'static str, u64> {
        let mut messages = BTreeMap::new();
        for finding in &self.findings {
            *messages.entry(finding.id).or_default() += 1;
        }
        messages
    }

    /// Both scores.
    pub fn scores(&self) -> SmellScores {
        SmellScores { compatible: self.score(&[]), without_artefacts: self.score(&ARTEFACTS) }
    }

    /// `max(0, 10 - (5 * error + warning + refactor + convention) / statements * 10)`: pylint's `evaluation`.
    fn score(&self, without: &[&str]) -> Option<f64> {
        let weight = |id: &str| if id.starts_with('E') { 5 } else { 1 };
        let counted = self.findings.iter().filter(|finding| !without.contains(&finding.id));
        let blame: u64 = counted.map(|finding| weight(finding.id)).sum();
        (self.statements > 0)
            .then(|| (10.0 - blame as f64 / self.statements as f64 * 10.0).max(0.0))
    }
}

/// Both scores of a program; 0 if it does not parse.
pub fn scores(source: &str) -> SmellScores {
    match Smells::of(source) {
        Ok(smells) => smells.scores(),
        Err(_) => SmellScores { compatible: Some(0.0), without_artefacts: Some(0.0) },
    }
}

/// Whether the name matches pylint's default `ignored-argument-names`.
fn is_ignored_argument(name: &str) -> bool {
    ["_", "ignored_", "unused_"].iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(source: &str) -> Vec<(&'static str, u64)> {
        Smells::of(source).unwrap().messages().into_iter().collect()
    }

    #[test]
    fn a_clean_program_has_the_full_score() {
        let source =
            "\"\"\"Adds.\"\"\"\n\n\ndef add(a, b):\n    \"\"\"Adds.\"\"\"\n    return a + b\n";
        assert_eq!(messages(source), []);
        assert_eq!(
            scores(source),
            SmellScores { compatible: Some(10.0), without_artefacts: Some(10.0) }
        );
    }

    #[test]
    fn findings_stand_in_the_order_of_the_text_with_their_lines() {
        let source =
            "A = 1 \n\n\n@wraps\ndef add(first, list):\n    return first +\\\n        other\n\n";
        let found = Smells::of(source).unwrap().findings;
        let found: Vec<(usize, &str)> =
            found.iter().map(|finding| (finding.line, finding.id)).collect();
        let expected = [
            (1, "C0114"),
            (1, "C0303"),
            (4, "E0602"),
            (5, "C0116"),
            (5, "W0613"),
            (5, "W0622"),
            (7, "E0602"),
            (8, "C0305"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn artefacts_alone_do_not_lower_the_second_score() {
        let source = "def add(a, b):\n    \"\"\"Adds.\"\"\"\n    return a + b";
        assert_eq!(messages(source), [("C0114", 1), ("C0304", 1)]);
        assert_eq!(
            scores(source),
            SmellScores { compatible: Some(0.0), without_artefacts: Some(10.0) }
        );
    }

    #[test]
    fn an_error_weighs_five() {
        let source = "'''Doc.'''\nA = 1\nB = 2\nC = 3\nD = 4\nE = 5\nF = 6\nG = 7\nH = 8\nI = 9\nprint(nothing)\n";
        assert_eq!(messages(source), [("E0602", 1)]);
        assert_eq!(scores(source).compatible, Some(5.0));
    }

    #[test]
    fn what_does_not_parse_scores_nothing_and_what_is_empty_has_no_score() {
        assert_eq!(scores("def f(:\n").compatible, Some(0.0));
        assert_eq!(scores("# nothing\n").compatible, None);
    }

    #[test]
    fn names_are_resolved_as_python_does() {
        let source = |target: &str| {
            format!(
                "'''Doc.'''\n\n\ndef f(a, b, _c):\n    '''Doc.'''\n    unused = [{target} for {target} in a]\n    \
                 total = 0\n    total += 1\n    def inner():\n        nonlocal total\n        total = missing\n    inner()\n"
            )
        };
        assert_eq!(messages(&source("c")), [("E0602", 1), ("W0612", 1), ("W0613", 1)]);
        // pylint spares names that a comprehension binds as well.
        assert_eq!(messages(&source("b")), [("E0602", 1), ("W0612", 1)]);
    }
}
