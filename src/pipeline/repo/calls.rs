//! Calls functions of a repository: inputs from its own calls, its doctests and the built-in search, run with all that their module imports.
//!
//! Invariant: a case is kept only if it is deterministic, shows no address, and gives the same in any order of calls; a function that
//! cannot be run says why.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::code::{Code, last_name};
use super::natural::{self, is_natural};
use super::reach::shared_state;
use crate::cases::execute::Execute;
use crate::cases::rules::Rules;
use crate::cases::run::not_loaded;
use crate::cases::{Executed, Target};
use crate::error::Result;
use crate::flow::Stage;
use crate::index::{FileId, Index, Kind, Language, Role, SymbolId};
use crate::inputs::Propose;
use crate::outcome::{Outcome, Reason, Rejection};
use crate::python;
use crate::python::bundle::Modules;
use crate::python::examples::examples;
use crate::python::spelled::spelled_calls;
use crate::record::{Record, digest};
use crate::sample::SampleCase;
use crate::sandbox::{Case, Isolation, Job};

/// Bytes of a program with all that it imports; a larger one takes longer to load than it is worth.
const MAX_PROGRAM: usize = 4 << 20;
/// Calls of a function in the repository that are tried.
const MAX_EXAMPLES: usize = 20;

/// A function that may be run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Callable {
    pub path: String,
    /// The module and the function in it; no module if it cannot be called alone.
    pub module: String,
    pub name: String,
    /// The digest of its program.
    pub program: String,
    /// Argument texts of its calls in the repository.
    pub examples: Vec<String>,
}

/// What calls of a function gave.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Called {
    pub cases: Vec<CalledCase>,
    /// Why there are none.
    pub why_not: Option<Rejection>,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct CalledCase {
    pub case: SampleCase,
    /// Whether the repository itself has this call.
    pub is_shown: bool,
    /// Whether a person would write it.
    pub is_natural: bool,
}

/// The stage that calls functions.
pub(super) struct CallStage<'a> {
    pub propose: Propose<'a>,
    pub execute: Execute<'a>,
    pub modules: &'a Modules,
    pub code: &'a Code<'a>,
    pub loads: Loads,
}

/// Why modules cannot be imported, each tried once: a large package that fails would cost as much for each of its functions.
#[derive(Default)]
pub(super) struct Loads(Mutex<HashMap<String, Arc<OnceCell<Option<Rejection>>>>>);

impl Loads {
    /// Why a module cannot be imported, if it cannot.
    async fn failure(
        &self,
        module: &str,
        load: impl Future<Output = Result<Option<Rejection>>>,
    ) -> Result<Option<Rejection>> {
        let cell = {
            let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            cells.entry(module.to_owned()).or_default().clone()
        };
        cell.get_or_try_init(|| load).await.cloned()
    }
}

impl Stage for CallStage<'_> {
    type In = Callable;
    type Out = Called;
    const NAME: &'static str = "call";

    fn fingerprint(&self) -> String {
        format!("3|{}|{}", self.propose.fingerprint(), self.execute.fingerprint())
    }

    async fn apply(&self, input: &Record<Callable>) -> Result<Outcome<Called>> {
        let called = self.called(input).await?;
        Ok(Outcome::Accepted(vec![input.with_body(called)]))
    }
}

impl CallStage<'_> {
    async fn called(&self, input: &Record<Callable>) -> Result<Called> {
        let Callable { path, module, name, examples: in_tests, .. } = &input.body;
        let program = self.modules.program(module, &[name]);
        let (Some(program), Some(file)) = (program, self.code.index.file_at(path)) else {
            return Ok(Called::default());
        };
        let symbol = self.code.index.symbols_of(file).find(|(_, symbol)| {
            symbol.parent.is_none() && symbol.name == *name && symbol.kind == Kind::Function
        });
        let Some((id, symbol)) = symbol else { return Ok(Called::default()) };
        if let Some((state, by)) = shared_state(self.code, id)? {
            let detail = format!("{name} reads {state}, which {by} changes");
            let why = Rejection::new(Reason::DependsOnState, detail);
            return Ok(Called { cases: Vec::new(), why_not: Some(why) });
        }
        if let Some(why) = self.loads.failure(module, self.load(module)).await? {
            return Ok(Called { cases: Vec::new(), why_not: Some(why) });
        }
        let source = self.code.text(file)?.to_string();
        let target = Target {
            program,
            entry: name.clone(),
            source: Some(source.clone()),
            examples: in_tests.clone(),
            elsewhere: Vec::new(),
        };
        let mut shown = in_tests.clone();
        match target.parse() {
            Ok((module, function)) => {
                let found = examples(&module, &function);
                shown.extend(found.iter().filter_map(|example| example.call.to_source()));
            }
            Err(why) => return Ok(Called { cases: Vec::new(), why_not: Some(why) }),
        }
        let mut proposed = match self.propose.apply(&input.with_body(target)).await? {
            Outcome::Accepted(mut proposed) => proposed.remove(0),
            Outcome::Rejected(why) => return Ok(Called { cases: Vec::new(), why_not: Some(why) }),
        };
        // The search keeps what covers the most; what the repository itself shows tells a reader more.
        for arguments in shown.iter().take(MAX_EXAMPLES) {
            if !proposed.body.inputs.contains(arguments) {
                proposed.body.inputs.push(arguments.clone());
            }
        }
        // Each call is made twice, so that even a single one meets what it has left behind.
        let distinct = proposed.body.inputs.len();
        let mut twice = proposed.clone();
        twice.body.inputs.extend(proposed.body.inputs);
        let mut executed = match self.execute.apply(&twice).await? {
            Outcome::Accepted(mut executed) => executed.remove(0).body,
            Outcome::Rejected(why) => return Ok(Called { cases: Vec::new(), why_not: Some(why) }),
        };
        if let Some(why) = depends_on_state(&executed) {
            return Ok(Called { cases: Vec::new(), why_not: Some(why) });
        }
        executed.cases.truncate(distinct);
        let words = natural::words(&source);
        Ok(kept(&executed, &shown, |case| is_natural(symbol, case, &words)))
    }
}

impl CallStage<'_> {
    /// Imports a module once, and says why it cannot be imported.
    async fn load(&self, module: &str) -> Result<Option<Rejection>> {
        let Some(program) = self.modules.program(module, &[]) else { return Ok(None) };
        let job = Job {
            code: format!("{program}\ndef is_loaded():\n    return True\n"),
            entry: Some("is_loaded".into()),
            cases: vec![Case::call("")],
            limits: self.execute.limits,
            isolation: Isolation::Program,
            ..Job::default()
        };
        Ok(not_loaded(&self.execute.sandbox.submit(job).await?))
    }
}

/// Why the results are no facts, if a call gives something else after others than alone.
fn depends_on_state(executed: &Executed) -> Option<Rejection> {
    let case = executed.cases.iter().find(|case| case.result.order_dependent)?;
    let entry = &executed.target.entry;
    let detail = format!("{entry}({}) gives something else after other calls", case.arguments);
    Some(Rejection::new(Reason::DependsOnState, detail))
}

/// The cases that hold, if the function as a whole does.
fn kept(executed: &Executed, shown: &[String], is_natural: impl Fn(&SampleCase) -> bool) -> Called {
    let rules = Rules { min_cases: 1, ..Rules::default() };
    match rules.check(executed) {
        Ok(kept) => {
            let cases = kept.cases.iter().map(|executed| {
                let case = SampleCase::new(&executed.arguments, &executed.result);
                let is_shown = shown.contains(&executed.arguments);
                CalledCase { is_shown, is_natural: is_shown || is_natural(&case), case }
            });
            Called { cases: cases.collect(), why_not: None }
        }
        Err(why) => Called { cases: Vec::new(), why_not: Some(why) },
    }
}

/// A function as the stage takes it: without a module if it cannot be called by its name alone.
pub(super) fn callable(code: &Code<'_>, modules: &Modules, id: SymbolId) -> Result<Callable> {
    let index = code.index;
    let symbol = index.symbol(id);
    let file = index.file(symbol.file);
    let is_alone = symbol.kind == Kind::Function && symbol.parent.is_none();
    if !is_alone || file.language != Language::Python || symbol.is_async || symbol.is_generator {
        return Ok(Callable::default());
    }
    let Some(program) = modules.program(&file.module, &[&symbol.name]) else {
        return Ok(Callable::default());
    };
    if program.len() > MAX_PROGRAM {
        return Ok(Callable::default());
    }
    Ok(Callable {
        path: file.path.clone(),
        module: file.module.clone(),
        name: symbol.name.clone(),
        program: digest(program.as_bytes()),
        examples: in_repository(code, index, id)?,
    })
}

/// The calls of a function with literal arguments anywhere in the repository, those of tests first.
fn in_repository(code: &Code<'_>, index: &Index, id: SymbolId) -> Result<Vec<String>> {
    let name = &index.symbol(id).name;
    let mut lines: BTreeMap<(bool, FileId), BTreeSet<u32>> = BTreeMap::new();
    for call in index.callers(id).filter(|call| last_name(&call.callee) == name) {
        let is_test = index.file(call.file).role == Role::Test;
        lines.entry((!is_test, call.file)).or_default().insert(call.line);
    }
    let mut found: Vec<String> = Vec::new();
    for ((_, file), lines) in lines {
        let calls = spelled_calls(&code.text(file)?, name, &lines);
        for source in calls.iter().filter_map(python::Call::to_source) {
            if !found.contains(&source) && found.len() < MAX_EXAMPLES {
                found.push(source);
            }
        }
    }
    Ok(found)
}
