//! Results of calls that a text states, held against calls that were run.
//!
//! Invariant: a stated result holds only if its call was run and gave it.

use futures_util::FutureExt;

use super::items::{Item, Parts};
use super::known::SymbolId;
use super::resolve::{Resolver, Thing};
use super::shape::Shape;
use super::statements::{Fault, Statement};
use super::{About, Checked, Execution};
use crate::error::Result;
use crate::ground::claim::Claim;
use crate::ground::claims::claims;
use crate::ground::evidence::Evidence;
use crate::ground::expression::EVALUATOR;
use crate::ground::facts::{Basis, CallResults, Facts};
use crate::ground::wording::has_mark;
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
    let mut runnable: Vec<Runnable> = Vec::new();
    let mut text = String::new();
    for (at, item, thing) in statement.items() {
        text.push_str(&statement.parts.gaps[at]);
        let call = match (&item.shape, thing) {
            (Shape::Call { name, arguments }, Some(Thing::Symbols(ids)))
                if item.shape.is_literal_call() =>
            {
                let is_run = |id: &&SymbolId| {
                    let symbol = resolver.repository.symbol(**id);
                    symbol.entity.kind == Kind::Function && !symbol.name().contains('.')
                };
                let function =
                    ids.iter().find(is_run).map(|id| resolver.repository.dotted_name(*id));
                let last = name.rsplit('.').next().unwrap_or(name);
                function.map(|function| (last.to_owned(), function, arguments.clone()))
            }
            (Shape::Code, _) => resolver.method_call(&item.text),
            (_, _) => None,
        };
        let shown = match call {
            Some((name, function, arguments)) => {
                // Two functions of one name are told apart.
                let is_other = |one: &Runnable| one.name == name && one.function != function;
                let name = match runnable.iter().any(is_other) || name == EVALUATOR {
                    true => format!("{name}_{at}"),
                    false => name,
                };
                let shown = format!("{name}({arguments})");
                runnable.push(Runnable {
                    name,
                    function,
                    text: shown.clone(),
                    item: item.text.clone(),
                });
                shown
            }
            None => {
                if states_result(statement, at) {
                    let why = "only calls of functions of a module, and of methods of what a class makes of literals, are run";
                    faults.push((format!("`{}`", item.text), why.into()));
                }
                item.text.clone()
            }
        };
        let fence = if shown.contains('`') { "``" } else { "`" };
        let is_prose = matches!(item.shape, Shape::Lines(..));
        text.push_str(&if is_prose { shown } else { format!("{fence}{shown}{fence}") });
    }
    text.push_str(statement.parts.gaps.last().map_or("", String::as_str));
    if runnable.is_empty() {
        return;
    }
    let names: Vec<String> = runnable.iter().map(|one| one.name.clone()).collect();
    for claim in claims(&text, &names) {
        match claim {
            Claim::Result { shown, call, stated, may_print, polarity } => {
                let is_it = |one: &&Runnable| one.name == call.name;
                let Some(one) = runnable.iter().find(is_it) else {
                    let why = "this expression is not run";
                    faults.push((format!("`{}`", call.name), why.into()));
                    continue;
                };
                let shown = shown.replace(&one.text, &one.item);
                let claim = Claim::Result { shown, call, stated, may_print, polarity };
                calls.push(StatedCall { part: part.into(), function: one.function.clone(), claim });
            }
            Claim::Refused(shown, why) => faults.push((format!("`{shown}`"), why)),
            Claim::Call(..) | Claim::Code(_) | Claim::Lines { .. } | Claim::Word(_) => {}
            Claim::Bare(..) | Claim::InCode(..) | Claim::Together(..) => {}
        }
    }
}

/// A call of a sentence that can be run.
struct Runnable {
    /// The name under which the sentence is read for results.
    name: String,
    /// The function's dotted name, from the module on.
    function: String,
    /// The call as the sentence is read, and as it is written.
    text: String,
    item: String,
}

/// Whether a call that is not run is followed by a value that is said to be its result.
fn states_result(statement: &Statement<'_>, at: usize) -> bool {
    let parts = statement.parts;
    let item = &parts.items[at];
    let is_method =
        matches!(item.shape, Shape::Code) && item.text.ends_with(')') && item.text.contains(").");
    let is_call = item.shape.is_literal_call() || is_method;
    let is_symbol = !statement.symbols(at).is_empty();
    let is_value = |item: &Item| matches!(item.shape, Shape::Value(_));
    let next = parts.items.get(at + 1).is_some_and(is_value) && has_mark(&parts.gaps[at + 1]);
    is_call && (next || is_symbol && parts.items[at + 1..].iter().any(is_value))
}

impl Resolver<'_> {
    /// A call of a method of what a class makes of literals, as a call of the evaluator of the class's module.
    pub fn method_call(&self, text: &str) -> Option<(String, String, String)> {
        let (class, rest) = text.split_once('(')?;
        let (made, method) = rest.rsplit_once(").")?;
        let (name, arguments) = method.split_once('(')?;
        let arguments = arguments.strip_suffix(')')?;
        let is_literal = |arguments: &str| {
            matches!(read_fragment(&format!("f({arguments})")), Fragment::Call { .. })
        };
        let Ok(Thing::Symbols(ids)) = self.name(class) else { return None };
        let class = ids.into_iter().find(|id| self.is_class(*id))?;
        let symbol = self.repository.symbol(class);
        let has_method = self.find_member(class, name).is_some();
        if !is_literal(made) || !is_literal(arguments) || !has_method || symbol.name().contains('.')
        {
            return None;
        }
        let expression = format!("{}({made}).{method}", symbol.name());
        let argument = Value::str(&expression).to_literal()?;
        let module = &self.repository.file(class.file).module;
        Some((EVALUATOR.to_owned(), format!("{module}.{EVALUATOR}"), argument))
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
