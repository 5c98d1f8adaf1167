//! What a text's claims have been found to rest on.
//!
//! Invariant: only what holds is counted, and an execution that a claim rests on is kept for the sample to state.

use std::collections::BTreeSet;

use super::claim::{CallText, Claim};
use super::expression::EVALUATOR;
use super::facts::{Basis, Facts};
use crate::python::fragment::{Fragment, Word, read, words};
use crate::python::literal;
use crate::sample::SampleCase;
use crate::sandbox::CaseResult;
use crate::sandbox::value::Value;

/// Types that a text may name whether the code does or not: they say what a value is.
const TYPES: [&str; 15] = [
    "None",
    "True",
    "False",
    "int",
    "float",
    "complex",
    "bool",
    "str",
    "bytes",
    "bytearray",
    "list",
    "tuple",
    "dict",
    "set",
    "frozenset",
];

const UNKNOWN: &str = "no such value occurs in the program or in an execution";

/// A claim that does not hold, as a reader sees it, and why.
pub type Unfounded = (String, String);

/// The evidence so far.
pub struct Evidence<'f, F> {
    pub facts: &'f mut F,
    /// Names that the text brings in itself, as it says.
    adds: BTreeSet<String>,
    /// Executions that the text needs.
    pub used: Vec<SampleCase>,
    /// Claims that say something about the program, and hold.
    pub about_program: usize,
}

impl<'f, F: Facts> Evidence<'f, F> {
    /// Begins with nothing; `adds` are texts with the names that a text brings in.
    pub fn new(facts: &'f mut F, adds: &[String]) -> Self {
        let new_name = |word| match word {
            Word::Name(name) if !facts.has_name(&name) => Some(name),
            Word::Name(_) | Word::Literal(..) | Word::Unreadable(_) => None,
        };
        let adds = adds.iter().flat_map(|text| words(text)).filter_map(new_name).collect();
        Self { facts, adds, used: Vec::new(), about_program: 0 }
    }

    /// Takes in a call that gave what is stated.
    pub fn take_in(&mut self, function: &str, arguments: &str, got: &CaseResult) {
        if let Some(case) = self.facts.learn(function, arguments, got) {
            self.use_case(case);
        }
        self.about_program += 1;
    }

    fn use_case(&mut self, case: SampleCase) {
        if !self.used.contains(&case) {
            self.used.push(case);
        }
    }

    fn rest_on(&mut self, bases: Vec<Basis>) {
        for basis in &bases {
            if let Basis::Execution(place) = basis
                && let Some(case) = self.facts.execution(*place)
            {
                self.use_case(case.clone());
            }
        }
        self.about_program += usize::from(bases.contains(&Basis::Code));
    }

    /// Checks a claim that needs no run; what fails comes with its reason.
    pub fn claim(&mut self, claim: &Claim) -> Result<(), Unfounded> {
        match claim {
            // Run before, and compared.
            Claim::Result { .. } => {}
            Claim::Call(shown, call) => self.call(shown, call)?,
            Claim::Code(text) => {
                let bases = self.code(text).map_err(|why| (quoted(text), why))?;
                self.rest_on(bases);
            }
            Claim::Lines { first, last, beside } => {
                self.lines(*first, *last, beside.as_deref())?;
            }
            Claim::Word(word) => {
                let unknown = || (quoted(word), "the program has no such name".to_owned());
                let basis = self.name(word).ok_or_else(unknown)?;
                self.rest_on(vec![basis]);
            }
            Claim::Bare(value, shown) => {
                let basis = self.value(value).ok_or_else(|| (quoted(shown), UNKNOWN.to_owned()))?;
                self.rest_on(vec![basis]);
            }
            Claim::InCode(value, shown) => {
                if self.facts.value(value) != Some(Basis::Code) {
                    return Err((quoted(shown), "no such value occurs in the code".into()));
                }
            }
            Claim::Together(values, shown) => {
                if !self.are_together(values) {
                    return Err((quoted(shown), "no execution has these values together".into()));
                }
            }
            Claim::Refused(shown, why) => return Err((quoted(shown), why.clone())),
        }
        Ok(())
    }

    fn call(&mut self, shown: &str, call: &CallText) -> Result<(), Unfounded> {
        // With an argument that the text itself adds it is a call of a function still to be written.
        let is_to_be = call.call.kwargs.iter().any(|(name, _)| self.adds.contains(name));
        if call.name == EVALUATOR || is_to_be {
            return Ok(());
        }
        if !self.facts.accepts(&call.name, &call.call) {
            return Err((quoted(shown), format!("`{}` does not take these arguments", call.name)));
        }
        self.about_program += 1;
        Ok(())
    }

    fn lines(&mut self, first: usize, last: usize, beside: Option<&str>) -> Result<(), Unfounded> {
        let shown = if first == last {
            format!("line {first}")
        } else {
            format!("lines {first} to {last}")
        };
        let count = self.facts.line_count();
        if first == 0 || last < first || last > count {
            return Err((shown, format!("the program has lines 1 to {count}")));
        }
        if let Some(code) = beside
            && !self.facts.is_on_lines(code, first, last)
        {
            return Err((shown, format!("{} is not there", quoted(code))));
        }
        self.about_program += usize::from(beside.is_some());
        Ok(())
    }

    /// What a piece of inline code denotes, or why it denotes nothing.
    fn code(&self, text: &str) -> Result<Vec<Basis>, String> {
        let text = text.trim();
        if let Fragment::Literal(value) = read(text) {
            return self.value(&value).map(|basis| vec![basis]).ok_or_else(|| UNKNOWN.to_owned());
        }
        if self.facts.has_piece(text) {
            return Ok(vec![Basis::Code]);
        }
        if let Some(basis) = self.facts.text(text) {
            return Ok(vec![basis]);
        }
        let words = words(text);
        if words.is_empty() {
            return Err("it does not occur in the program".into());
        }
        let is_added = |word: &Word| matches!(word, Word::Name(name) if self.adds.contains(name));
        let has_added = words.iter().any(is_added);
        let mut bases = Vec::new();
        for word in words {
            bases.push(match word {
                Word::Name(name) => {
                    self.name(&name).ok_or_else(|| format!("the program has no `{name}`"))?
                }
                // What is to be added may use values of its own.
                Word::Literal(..) | Word::Unreadable(_) if has_added => Basis::Anything,
                Word::Literal(value, written) => self.value(&value).ok_or_else(|| {
                    format!("`{written}` occurs neither in the program nor in an execution")
                })?,
                Word::Unreadable(written) => {
                    return Err(format!("`{written}` is neither a name nor a literal"));
                }
            });
        }
        if !has_added && is_compound(text) {
            let bound = self
                .bound(text)
                .ok_or_else(|| "this code does not occur in the program".to_owned())?;
            return Ok(vec![bound]);
        }
        Ok(bases)
    }

    /// The execution in which a parameter has the value that `name=value` says.
    fn bound(&self, text: &str) -> Option<Basis> {
        let (name, value) = text.split_once('=')?;
        let value = literal::parse(value.trim_start_matches('=').trim())?;
        self.facts.argument(name.trim(), &value)
    }

    /// Whether one execution shows all of these values that are not in the code.
    fn are_together(&self, values: &[Value]) -> bool {
        let is_elsewhere =
            |value: &&Value| self.facts.value(value) != Some(Basis::Code) && !is_trivial(value);
        let others: Vec<&Value> = values.iter().filter(is_elsewhere).collect();
        others.is_empty() || self.facts.are_together(&others)
    }

    /// What shows a name to be one of the program, of an execution, or one that needs no showing.
    fn name(&self, name: &str) -> Option<Basis> {
        if self.facts.has_name(name) {
            return Some(Basis::Code);
        }
        if TYPES.contains(&name) || self.adds.contains(name) {
            return Some(Basis::Anything);
        }
        self.facts.text(name)
    }

    /// What shows a value to be one of the program or of an execution; constants and empty things need no showing.
    fn value(&self, value: &Value) -> Option<Basis> {
        let known = self.facts.value(value);
        if known != Some(Basis::Code) && is_trivial(value) {
            return Some(Basis::Anything);
        }
        known.or_else(|| {
            let Value::Str(text) = value else { return None };
            self.facts.text(text)
        })
    }
}

fn quoted(text: &str) -> String {
    format!("`{text}`")
}

/// Whether a text is more than a name, a call or an index: code that says something by how it is put together.
pub(super) fn is_compound(text: &str) -> bool {
    const KEYWORDS: [&str; 15] = [
        "return", "def", "if", "elif", "else", "for", "while", "and", "or", "not", "in", "is",
        "lambda", "raise", "assert",
    ];
    let has_operator = text.contains(|c| "=<>+*/%!&|^~;#→⇒".contains(c))
        || text.trim_start_matches('-').contains('-');
    let names: Vec<Word> = words(text);
    let has_keyword = names
        .iter()
        .any(|word| matches!(word, Word::Name(name) if KEYWORDS.contains(&name.as_str())));
    has_operator || (names.len() > 1 && has_keyword)
}

pub(super) fn is_trivial(value: &Value) -> bool {
    match value {
        Value::None | Value::Bool(_) => true,
        Value::Str(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) => items.is_empty(),
        Value::Dict(entries) => entries.is_empty(),
        Value::Int(_)
        | Value::Float(_)
        | Value::Complex(..)
        | Value::EscapedStr(_)
        | Value::ByteArray(_)
        | Value::FrozenSet(_)
        | Value::Object(..)
        | Value::Derived(..)
        | Value::Opaque(..)
        | Value::Cycle(_) => false,
    }
}
