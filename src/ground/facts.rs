//! What is known of a program and its executions, for texts to be held against.
//!
//! Invariant: a fact comes from the code itself or from a call that was run, and what an execution bears is told with it.

use std::collections::BTreeSet;

use crate::python::fragment::{Fragment, Word, read, words};
use crate::python::function::Function;
use crate::python::{Module, Vocabulary, literal};
use crate::sample::SampleCase;
use crate::sandbox::End;
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

/// The facts about a program.
pub struct Facts {
    vocabulary: Vocabulary,
    functions: Vec<Function>,
    /// Names that a text brings in itself, as it says.
    adds: BTreeSet<String>,
    executions: Vec<Known>,
}

/// What one execution shows.
struct Known {
    case: SampleCase,
    values: Vec<Value>,
    /// Texts as they stand: messages, printed lines, names of types and fields.
    texts: Vec<String>,
    /// Parameters that have a value by the call.
    bound: Vec<(String, Value)>,
}

/// What shows something to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    Code,
    /// An execution, by its place.
    Execution(usize),
    /// Nothing about the program: a name that the text adds, or one that any program may use.
    Anything,
}

impl Facts {
    /// Collects the facts of a program and of calls that were run; `adds` are names that a text brings in.
    pub fn new(module: &Module, cases: &[SampleCase], adds: &[String]) -> Self {
        let vocabulary = Vocabulary::of(module);
        let adds = adds
            .iter()
            .flat_map(|text| words(text))
            .filter_map(|word| match word {
                Word::Name(name) if !vocabulary.has_name(&name) => Some(name),
                Word::Name(_) | Word::Literal(..) | Word::Unreadable(_) => None,
            })
            .collect();
        let functions = module.functions().to_vec();
        let mut facts = Self { vocabulary, functions, adds, executions: Vec::new() };
        cases.iter().for_each(|case| facts.add(case.clone()));
        facts
    }

    /// Takes in another call that was run.
    pub fn add(&mut self, case: SampleCase) {
        let mut known = Known { values: Vec::new(), texts: Vec::new(), bound: Vec::new(), case };
        if let Fragment::Call { call, .. } = read(&format!("f({})", known.case.arguments)) {
            known.bound.clone_from(&call.kwargs);
            for function in self.functions.iter().filter(|function| call.bind(function)) {
                let names = function.params.iter().map(|param| param.name.clone());
                known.bound.extend(names.zip(call.args.iter().cloned()));
            }
            call.args.iter().for_each(|value| flatten(value, &mut known.values, &mut known.texts));
            call.kwargs
                .iter()
                .for_each(|(_, value)| flatten(value, &mut known.values, &mut known.texts));
        }
        match &known.case.end {
            End::Returned { value, repr } => {
                flatten(value, &mut known.values, &mut known.texts);
                known.texts.push(repr.clone());
            }
            End::Raised(raised) => {
                known.texts.extend([
                    raised.kind.clone(),
                    raised.message.clone(),
                    format!("{}: {}", raised.kind, raised.message),
                ]);
                known.texts.extend(raised.kind.rsplit('.').next().map(str::to_owned));
            }
            End::Exited { .. }
            | End::OutOfFuel
            | End::OutOfMemory
            | End::OutputTooLarge
            | End::Trapped { .. } => {}
        }
        for (_, value) in &known.case.mutated {
            flatten(value, &mut known.values, &mut known.texts);
        }
        known.texts.extend(known.case.stdout.lines().map(str::to_owned));
        known.texts.push(known.case.stdout.trim_end().to_owned());
        self.executions.push(known);
    }

    /// A call that was run.
    pub fn execution(&self, at: usize) -> Option<&SampleCase> {
        self.executions.get(at).map(|known| &known.case)
    }

    /// Whether the text says that it adds this name.
    pub fn is_added(&self, name: &str) -> bool {
        self.adds.contains(name)
    }

    /// Tells how many lines the program has.
    pub fn line_count(&self) -> usize {
        self.vocabulary.line_count()
    }

    /// Whether inline code stands on one of these lines.
    pub fn is_on_lines(&self, code: &str, first: usize, last: usize) -> bool {
        self.vocabulary.is_on_lines(code, first, last)
    }

    /// What a piece of inline code stands for, or why it stands for nothing.
    pub fn code(&self, text: &str) -> Result<Vec<Basis>, String> {
        let text = text.trim();
        if let Fragment::Literal(value) = read(text) {
            let unknown = || "no such value stands in the program or in an execution".to_owned();
            return self.value(&value).map(|ground| vec![ground]).ok_or_else(unknown);
        }
        if self.vocabulary.has_piece(text) {
            return Ok(vec![Basis::Code]);
        }
        if let Some(ground) = self.verbatim(text) {
            return Ok(vec![ground]);
        }
        let words = words(text);
        if words.is_empty() {
            return Err("it stands nowhere in the program".into());
        }
        let is_added = |word: &Word| matches!(word, Word::Name(name) if self.adds.contains(name));
        let has_added = words.iter().any(is_added);
        let mut grounds = Vec::new();
        for word in words {
            grounds.push(match word {
                Word::Name(name) => {
                    self.name(&name).ok_or_else(|| format!("the program has no `{name}`"))?
                }
                // What is to be added may use values of its own.
                Word::Literal(..) | Word::Unreadable(_) if has_added => Basis::Anything,
                Word::Literal(value, written) => self.value(&value).ok_or_else(|| {
                    format!("no `{written}` stands in the program or in an execution")
                })?,
                Word::Unreadable(written) => {
                    return Err(format!("`{written}` is neither a name nor a literal"));
                }
            });
        }
        if !has_added && is_compound(text) {
            let bound = self
                .bound(text)
                .ok_or_else(|| "this code stands nowhere in the program".to_owned())?;
            return Ok(vec![bound]);
        }
        Ok(grounds)
    }

    /// The execution in which a parameter has the value that `name=value` says.
    fn bound(&self, text: &str) -> Option<Basis> {
        let (name, value) = text.split_once('=')?;
        let (name, value) = (name.trim(), literal::parse(value.trim_start_matches('=').trim())?);
        let binds = |known: &Known| {
            known.bound.iter().any(|(param, bound)| param == name && *bound == value)
        };
        self.executions.iter().position(binds).map(Basis::Execution)
    }

    /// Whether one execution bears all of these values that do not stand in the code.
    pub fn are_together(&self, values: &[Value]) -> bool {
        let others: Vec<&Value> = values.iter().filter(|value| self.is_foreign(value)).collect();
        others.is_empty()
            || self
                .executions
                .iter()
                .any(|known| others.iter().all(|value| known.values.contains(value)))
    }

    fn is_foreign(&self, value: &Value) -> bool {
        !self.vocabulary.values().contains(value) && !is_trivial(value)
    }

    /// What shows a name to be one of the program, of an execution, or one that needs no showing.
    pub fn name(&self, name: &str) -> Option<Basis> {
        if self.vocabulary.has_name(name) {
            return Some(Basis::Code);
        }
        if TYPES.contains(&name) || self.adds.contains(name) {
            return Some(Basis::Anything);
        }
        self.verbatim(name)
    }

    /// What shows a value to be one of the program or of an execution; constants and empty things need no showing.
    pub fn value(&self, value: &Value) -> Option<Basis> {
        if self.vocabulary.values().contains(value) {
            return Some(Basis::Code);
        }
        if is_trivial(value) {
            return Some(Basis::Anything);
        }
        let at = self.executions.iter().position(|known| known.values.contains(value));
        at.map(Basis::Execution).or_else(|| match value {
            Value::Str(text) => self.verbatim(text),
            _ => None,
        })
    }

    /// What holds a text as it stands: a text of the code, a message, a printed line, a key.
    fn verbatim(&self, text: &str) -> Option<Basis> {
        let is_text = |value: &Value| matches!(value, Value::Str(known) if known == text);
        if self.vocabulary.values().iter().any(is_text) {
            return Some(Basis::Code);
        }
        let shows = |known: &Known| {
            known.texts.iter().any(|known| known == text) || known.values.iter().any(is_text)
        };
        self.executions.iter().position(shows).map(Basis::Execution)
    }
}

/// Whether a text is more than a name, a call or an index: code that says something by how it is put together.
fn is_compound(text: &str) -> bool {
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

fn is_trivial(value: &Value) -> bool {
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
        | Value::Opaque(..)
        | Value::Cycle(_) => false,
    }
}

/// Lists a value and all within it.
fn flatten(value: &Value, values: &mut Vec<Value>, texts: &mut Vec<String>) {
    values.push(value.clone());
    match value {
        Value::List(items) | Value::Tuple(items) | Value::Set(items) | Value::FrozenSet(items) => {
            items.iter().for_each(|item| flatten(item, values, texts));
        }
        Value::Dict(entries) => {
            for (key, value) in entries {
                flatten(key, values, texts);
                flatten(value, values, texts);
            }
        }
        Value::Object(name, fields) => {
            texts.push(name.clone());
            for (name, value) in fields {
                texts.push(name.clone());
                flatten(value, values, texts);
            }
        }
        Value::Opaque(name, repr) => texts.extend([name.clone(), repr.clone()]),
        Value::None
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Complex(..)
        | Value::Str(_)
        | Value::EscapedStr(_)
        | Value::Bytes(_)
        | Value::ByteArray(_)
        | Value::Cycle(_) => {}
    }
}
