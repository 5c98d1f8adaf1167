//! Rewrites a program's source without changing what it does: each rule finds the places where its preconditions
//! can be shown from the text, and makes edits on spans, so that comments and layout stay.
//!
//! Invariant: a rewrite that leaves here parses, keeps every comment, and changes the text; types that the text does not
//! define are taken to follow the data model (`!=` is the opposite of `==`, `bool` has no effect), and a program that
//! defines such methods itself, or reads its own frames or source, is not rewritten where that matters.

mod bound;
mod fresh;
mod layout;
mod program;
mod references;
mod rules;
mod spelling;
mod types;
mod walk;

use crate::named::named_enum;
use crate::python::Module;
use program::Program;
use rules::Found;

/// A span of the source, in bytes, and what takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub start: usize,
    pub end: usize,
    pub replacement: String,
}

/// One application of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    pub rule: Rule,
    /// 1-based line of the first edit.
    pub line: usize,
    /// In the order of the text, and apart from each other.
    pub edits: Vec<Edit>,
}

impl Rewrite {
    /// The text with the edits made.
    pub fn apply(&self, source: &str) -> String {
        let mut text = String::with_capacity(source.len() + 64);
        let mut at = 0;
        for edit in &self.edits {
            text.push_str(source.get(at..edit.start).unwrap_or_default());
            text.push_str(&edit.replacement);
            at = edit.end;
        }
        text.push_str(source.get(at..).unwrap_or_default());
        text
    }
}

named_enum! {
    /// A way to say the same in other words.
    pub enum Rule {
        /// `x == 0` and `0 == x`.
        SwapEqual = "swap-equal",
        /// `if c: a else: b` and `if not c: b else: a`.
        SwapBranches = "swap-branches",
        /// `while c:` becomes `while True:` with a `break`.
        WhileToTrue = "while-to-true",
    }
}

/// All places where a rule may be applied, in the order of the text; every result parses.
///
/// `keep` are names that must stay and that no new name may take: those that tests call. A rule is applied at no more
/// than 200 places of a program, and at fewer in a very long one.
pub fn rewrites(module: &Module, rule: Rule, keep: &[&str]) -> Vec<Rewrite> {
    let Some(program) = Program::read(module, keep) else { return Vec::new() };
    let mut found = Found::new(&program, rule);
    rules::find(rule, &program, &mut found);
    found.into_rewrites()
}
