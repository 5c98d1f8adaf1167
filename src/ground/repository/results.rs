//! Results of calls that a text states, held against calls that were run.
//!
//! Invariant: a stated result holds only if its call was run and gave it.

use futures_util::FutureExt;

use super::items::Parts;
use super::resolve::{Resolver, Thing};
use super::shape::Shape;
use super::statements::{Fault, Statement};
use super::{About, Checked, Execution};
use crate::error::Result;
use crate::ground::claim::Claim;
use crate::ground::claims::claims;
use crate::ground::evidence::Evidence;
use crate::ground::facts::{Basis, CallResults, Facts};
use crate::ground::{Failed, stated_results};
use crate::index::Kind;
use crate::python::Call;
use crate::python::fragment::{Fragment, read as read_fragment};
use crate::sample::SampleCase;
use crate::sandbox::CaseResult;
use crate::sandbox::value::Value;

/// A text that has been checked but for the calls whose results it states.
pub struct Read {
    pub failed: Vec<Failed>,
    /// How many things it says of the repository, and they hold.
    pub held: usize,
    pub calls: Vec<StatedCall>,
}

/// A stated result of a call.
pub struct StatedCall {
    part: String,
    /// The function's dotted name, from the module on.
    function: String,
    claim: Claim,
}

/// What can be run: functions of the repository.
pub trait Runner {
    /// Calls a function, by the dotted name of its module and its name, each time as if in fresh memory.
    fn run(
        &self,
        module: &str,
        function: &str,
        arguments: &[String],
    ) -> impl Future<Output = Result<CallResults>>;
}

/// Whether a sentence has a call with literals, which other values of it are then held against.
pub fn has_call(parts: &Parts) -> bool {
    parts.items.iter().any(|item| item.shape.is_literal_call())
}

/// Reads the results that a sentence states.
pub fn read(
    resolver: &Resolver<'_>,
    statement: &Statement<'_>,
    part: &str,
    calls: &mut Vec<StatedCall>,
    faults: &mut Vec<Fault>,
) {
    let mut functions: Vec<(String, String)> = Vec::new();
    let mut text = String::new();
    for (at, item, thing) in statement.items() {
        text.push_str(&statement.parts.gaps[at]);
        let shown = match (&item.shape, thing) {
            (Shape::Call { name, arguments }, Some(Thing::Symbols(ids)))
                if item.shape.is_literal_call() =>
            {
                let last = name.rsplit('.').next().unwrap_or(name);
                let kind = |id: &&super::known::SymbolId| {
                    let symbol = resolver.repository.symbol(**id);
                    symbol.entity.kind == Kind::Function && !symbol.name().contains('.')
                };
                match ids.iter().find(kind) {
                    Some(id) => {
                        functions.push((last.to_owned(), resolver.repository.dotted_name(*id)));
                    }
                    None => {
                        let has_value = statement.parts.items[at + 1..]
                            .iter()
                            .any(|item| matches!(item.shape, Shape::Value(_)));
                        if has_value {
                            let why = "only calls of functions of a module are run";
                            faults.push((format!("`{}`", item.text), why.into()));
                        }
                    }
                }
                format!("{last}({arguments})")
            }
            _ => item.text.clone(),
        };
        let fence = if shown.contains('`') { "``" } else { "`" };
        let is_prose = matches!(item.shape, Shape::Lines(..));
        text.push_str(&if is_prose { shown } else { format!("{fence}{shown}{fence}") });
    }
    text.push_str(statement.parts.gaps.last().map_or("", String::as_str));
    if functions.is_empty() {
        return;
    }
    let names: Vec<String> = functions.iter().map(|(name, _)| name.clone()).collect();
    for claim in claims(&text, &names) {
        match &claim {
            Claim::Result { call, .. } => {
                if let Some((_, function)) = functions.iter().find(|(name, _)| *name == call.name) {
                    let function = function.clone();
                    calls.push(StatedCall { part: part.into(), function, claim });
                } else {
                    let why = "this expression is not run";
                    faults.push((format!("`{}`", call.name), why.into()));
                }
            }
            Claim::Refused(shown, why) => faults.push((format!("`{shown}`"), why.clone())),
            Claim::Call(..) | Claim::Code(_) | Claim::Lines { .. } | Claim::Word(_) => {}
            Claim::Bare(..) | Claim::InCode(..) | Claim::Together(..) => {}
        }
    }
}

/// Holds stated results against the executions that are known.
pub fn known(read: Read, about: &About<'_>) -> Checked {
    struct Never;
    impl Runner for Never {
        async fn run(&self, _: &str, _: &str, _: &[String]) -> Result<CallResults> {
            Ok(Err("no execution shows this call".into()))
        }
    }
    match run(read, about, &Never).now_or_never() {
        Some(Ok(checked)) => checked,
        // Nothing waits, and nothing of the host's is used.
        Some(Err(_)) | None => Checked::Fails(Vec::new()),
    }
}

/// Runs the calls whose results are stated and not known, and holds the results against what they give.
pub async fn run(mut read: Read, about: &About<'_>, runner: &impl Runner) -> Result<Checked> {
    let mut used = Vec::new();
    let mut functions: Vec<String> = read.calls.iter().map(|call| call.function.clone()).collect();
    functions.sort_unstable();
    functions.dedup();
    for function in functions {
        let mut facts = CallFacts { function: &function, about, runner, learnt: Vec::new() };
        let found: Vec<(&str, Claim)> = read
            .calls
            .iter()
            .filter(|call| call.function == function)
            .map(|call| (call.part.as_str(), call.claim.clone()))
            .collect();
        let mut evidence = Evidence::new(&mut facts, &[]);
        stated_results::run(&found, &mut evidence, &mut read.failed).await?;
        used.extend(
            facts.learnt.into_iter().map(|case| Execution { function: function.clone(), case }),
        );
    }
    read.failed.dedup();
    Ok(if read.failed.is_empty() { Checked::Holds(used) } else { Checked::Fails(read.failed) })
}

/// What is known of the calls of one function.
struct CallFacts<'a, R> {
    function: &'a str,
    about: &'a About<'a>,
    runner: &'a R,
    learnt: Vec<SampleCase>,
}

impl<R> CallFacts<'_, R> {
    fn execution(&self, arguments: &str) -> Option<CaseResult> {
        let plain = |text: &str| match read_fragment(&format!("f({text})")) {
            Fragment::Call { call, .. } => Some((call.args, call.kwargs)),
            Fragment::Literal(_) | Fragment::Other => None,
        };
        let wanted = plain(arguments);
        let known = self.about.executions.iter().find(|execution| {
            execution.function == self.function
                && (execution.case.arguments == arguments
                    || wanted.is_some() && plain(&execution.case.arguments) == wanted)
        })?;
        let SampleCase { end, kind, stdout, mutated, .. } = known.case.clone();
        Some(CaseResult { kind, mutated, ..CaseResult::ended(end, 0, stdout) })
    }
}

impl<R: Runner> Facts for CallFacts<'_, R> {
    fn functions(&self) -> Vec<String> {
        Vec::new()
    }

    fn accepts(&self, _function: &str, _call: &Call) -> bool {
        true
    }

    fn has_name(&self, _name: &str) -> bool {
        false
    }

    fn has_piece(&self, _text: &str) -> bool {
        false
    }

    fn value(&self, _value: &Value) -> Option<Basis> {
        None
    }

    fn text(&self, _text: &str) -> Option<Basis> {
        None
    }

    fn line_count(&self) -> usize {
        0
    }

    fn is_on_lines(&self, _text: &str, _first: usize, _last: usize) -> bool {
        false
    }

    async fn run(&self, _function: &str, arguments: &[String]) -> Result<CallResults> {
        let known: Option<Vec<CaseResult>> =
            arguments.iter().map(|arguments| self.execution(arguments)).collect();
        match known {
            Some(known) => Ok(Ok(known)),
            None => {
                let (module, name) = self.function.rsplit_once('.').unwrap_or(("", self.function));
                self.runner.run(module, name, arguments).await
            }
        }
    }

    fn learn(&mut self, _function: &str, arguments: &str, got: &CaseResult) -> Option<SampleCase> {
        let case = SampleCase::new(arguments, got);
        if !self.learnt.contains(&case) {
            self.learnt.push(case.clone());
        }
        Some(case)
    }
}
