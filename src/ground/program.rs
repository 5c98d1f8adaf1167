//! The facts of one program and of calls that were run.
//!
//! Invariant: a fact comes from the code itself, without its comments and docstrings, or from a call that was run.

use super::expression::{EVALUATOR, Expression};
use super::facts::{Basis, CallResults, Facts};
use super::{Ground, Subject};
use crate::error::Result;
use crate::python::fragment::{Fragment, read};
use crate::python::{Call, Module, SyntaxError, Vocabulary};
use crate::sample::SampleCase;
use crate::sandbox::value::Value;
use crate::sandbox::{CaseResult, End};

/// The facts about a program.
pub struct ProgramFacts<'a> {
    ground: &'a Ground<'a>,
    subject: &'a Subject<'a>,
    module: Module,
    vocabulary: Vocabulary,
    executions: Vec<KnownExecution>,
}

/// What one execution shows.
struct KnownExecution {
    case: SampleCase,
    values: Vec<Value>,
    /// Texts as they are: messages, printed lines, names of types and fields.
    texts: Vec<String>,
    /// Parameters that have a value by the call.
    bound: Vec<(String, Value)>,
}

impl<'a> ProgramFacts<'a> {
    /// Collects the facts of a program and of its calls that were run.
    pub fn new(
        ground: &'a Ground<'a>,
        subject: &'a Subject<'a>,
    ) -> std::result::Result<Self, SyntaxError> {
        let module = Module::parse(subject.program)?;
        let vocabulary = Vocabulary::of(&module);
        let mut facts = Self { ground, subject, module, vocabulary, executions: Vec::new() };
        subject.cases.iter().for_each(|case| facts.add(case.clone()));
        Ok(facts)
    }

    /// Collects what a call that was run shows.
    fn add(&mut self, case: SampleCase) {
        let mut shown =
            KnownExecution { values: Vec::new(), texts: Vec::new(), bound: Vec::new(), case };
        if let Fragment::Call { call, .. } = read(&format!("f({})", shown.case.arguments)) {
            shown.bound.clone_from(&call.kwargs);
            for function in self.module.functions().iter().filter(|function| call.bind(function)) {
                let names = function.params.iter().map(|param| param.name.clone());
                shown.bound.extend(names.zip(call.args.iter().cloned()));
            }
            call.args.iter().for_each(|value| flatten(value, &mut shown.values, &mut shown.texts));
            call.kwargs
                .iter()
                .for_each(|(_, value)| flatten(value, &mut shown.values, &mut shown.texts));
        }
        match &shown.case.end {
            End::Returned { value, repr } => {
                flatten(value, &mut shown.values, &mut shown.texts);
                shown.texts.push(repr.clone());
            }
            End::Raised(raised) => {
                shown.texts.extend([
                    raised.kind.clone(),
                    raised.message.clone(),
                    format!("{}: {}", raised.kind, raised.message),
                ]);
                shown.texts.extend(raised.kind.rsplit('.').next().map(str::to_owned));
            }
            End::Exited { .. }
            | End::CompileError { .. }
            | End::OutOfFuel
            | End::OutOfMemory
            | End::OutputTooLarge
            | End::Trapped { .. } => {}
        }
        for (_, value) in &shown.case.mutated {
            flatten(value, &mut shown.values, &mut shown.texts);
        }
        shown.texts.extend(shown.case.stdout.lines().map(str::to_owned));
        shown.texts.push(shown.case.stdout.trim_end().to_owned());
        self.executions.push(shown);
    }

    fn position(&self, shows: impl Fn(&KnownExecution) -> bool) -> Option<Basis> {
        self.executions.iter().position(shows).map(Basis::Execution)
    }
}

impl Facts for ProgramFacts<'_> {
    fn functions(&self) -> Vec<String> {
        self.module.functions().iter().map(|function| function.name.clone()).collect()
    }

    fn accepts(&self, function: &str, call: &Call) -> bool {
        self.module.function(function).is_none_or(|function| call.bind(function))
    }

    fn has_name(&self, name: &str) -> bool {
        self.vocabulary.has_name(name)
    }

    fn has_piece(&self, text: &str) -> bool {
        self.vocabulary.has_piece(text)
    }

    fn value(&self, value: &Value) -> Option<Basis> {
        if self.vocabulary.values().contains(value) {
            return Some(Basis::Code);
        }
        self.position(|execution| execution.values.contains(value))
    }

    fn text(&self, text: &str) -> Option<Basis> {
        let is_text = |value: &Value| matches!(value, Value::Str(other) if other == text);
        if self.vocabulary.values().iter().any(is_text) {
            return Some(Basis::Code);
        }
        self.position(|execution| {
            execution.texts.iter().any(|other| other == text)
                || execution.values.iter().any(is_text)
        })
    }

    fn line_count(&self) -> usize {
        self.vocabulary.line_count()
    }

    fn is_on_lines(&self, text: &str, first: usize, last: usize) -> bool {
        self.vocabulary.is_on_lines(text, first, last)
    }

    async fn run(&self, function: &str, arguments: &[String]) -> Result<CallResults> {
        let program = self.subject.program;
        let code = match function == EVALUATOR {
            true => Expression::program(program),
            false => program.to_owned(),
        };
        self.ground.run(code, function, arguments).await
    }

    fn learn(&mut self, function: &str, arguments: &str, got: &CaseResult) -> Option<SampleCase> {
        (function == self.subject.entry).then(|| {
            let case = SampleCase::new(arguments, got);
            self.add(case.clone());
            case
        })
    }

    fn execution(&self, place: usize) -> Option<&SampleCase> {
        self.executions.get(place).map(|execution| &execution.case)
    }

    fn argument(&self, parameter: &str, value: &Value) -> Option<Basis> {
        self.position(|execution| {
            execution.bound.iter().any(|(name, bound)| name == parameter && bound == value)
        })
    }

    fn are_together(&self, values: &[&Value]) -> bool {
        let shows_all = |execution: &KnownExecution| {
            values.iter().all(|value| execution.values.contains(value))
        };
        self.executions.iter().any(shows_all)
    }
}

/// Lists a value and all values within it, and the names and texts that are not values themselves.
fn flatten(value: &Value, values: &mut Vec<Value>, texts: &mut Vec<String>) {
    for value in value.walk() {
        values.push(value.clone());
        if let Value::Object(name, fields) = value {
            texts.push(name.clone());
            texts.extend(fields.iter().map(|(name, _)| name.clone()));
        }
        if let Value::Opaque(name, repr) = value {
            texts.extend([name.clone(), repr.clone()]);
        }
    }
}
