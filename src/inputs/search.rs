//! The search for inputs of one function: rounds of tries under coverage, each learning from the last.
//!
//! Invariant: the search is deterministic in the seed and the record's id.

use std::collections::{BTreeSet, HashSet};

use rand::Rng;
use rand::SeedableRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::Propose;
use super::comparisons::replaced;
use super::kinds::of_one_type;
use super::natural::TextKind;
use super::relations::relate;
use super::select::{Try, select};
use super::taste;
use super::values::{self, GUESSES, Taste};
use crate::cases::Target;
use crate::cases::invocation::is_natural;
use crate::cases::run::case;
use crate::cases::run::not_loaded;
use crate::error::Result;
use crate::outcome::Rejection;
use crate::python::compared::{self, noting};
use crate::python::examples::examples;
use crate::python::given::arguments;
use crate::python::infer::infer;
use crate::python::raises::raising_lines;
use crate::python::types::Type;
use crate::python::{Call, Function, Module, Param, ParamKind, is_identifier, literal};
use crate::sandbox::value::Value;
use crate::sandbox::{End, Isolation, Job, Limits, Observe};

/// Tries of the first round; a function that none of them gets through is not tried as hard.
const FIRST_ROUND: usize = 12;
const ROUND: usize = 24;
const MUTATION_ROUNDS: usize = 6;
/// Calls whose comparisons are looked at.
const PIONEERS: usize = 8;
/// Fewer calls that work than this are too few for a sample.
const FEW: usize = 3;
/// The search takes this share of a case's fuel: what needs more makes a poor example. A program that cannot be loaded with it gets
/// all of the fuel.
const SEARCH_FUEL_SHARE: u64 = 4;
/// Longer argument texts make poor examples.
const MAX_ARGUMENTS: usize = 1500;

/// A call to try.
struct Planned {
    call: Call,
    arguments: String,
    given: bool,
}

pub(super) struct Search<'a> {
    stage: &'a Propose<'a>,
    target: &'a Target,
    function: &'a Function,
    /// Python for what a call of it calls.
    called: String,
    /// The type of each parameter that calls are made with.
    types: Vec<Type>,
    tastes: Vec<Taste>,
    /// Parameters of which neither the signature nor a call that is shown tells the type.
    open: Vec<usize>,
    given: Vec<Call>,
    /// Whether calls are generated in addition to the given ones.
    top_up: bool,
    rng: ChaCha8Rng,
    tries: Vec<Try>,
    seen: HashSet<String>,
    reached: BTreeSet<u32>,
    branch_sides: usize,
    /// Lines that raise on purpose.
    raising: BTreeSet<u32>,
    /// What loading takes at most, and each call.
    fuel: u64,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        stage: &'a Propose<'a>,
        target: &'a Target,
        module: &Module,
        function: &'a Function,
        id: &str,
    ) -> Self {
        let own = examples(module, function).into_iter().map(|example| example.call);
        let mut given: Vec<Call> = Vec::new();
        // Those of the whole file know more names.
        for call in target.examples.iter().filter_map(|text| arguments(text)).chain(own) {
            let is_known =
                |known: &Call| (&known.args, &known.kwargs) == (&call.args, &call.kwargs);
            if !given.iter().any(is_known) {
                given.push(call);
            }
        }
        let hints = infer(module, function);
        let mut open = Vec::new();
        let mut types = Vec::new();
        for (at, (hint, param)) in hints.iter().zip(&function.params).enumerate() {
            let shown: Vec<&Value> =
                given.iter().filter_map(|call| call.argument(function, at)).collect();
            let is_annotated = param.annotation.is_some();
            if !is_annotated && shown.iter().all(|value| **value == Value::None) {
                open.push(at);
            }
            let elsewhere = target.elsewhere(&param.name);
            types.push(taste::steered(&hint.ty, &shown, &elsewhere, is_annotated));
        }
        let tastes = taste::tastes(module, target, function, hints, &types, &given);
        let seed = blake3::hash(format!("propose|{}|{id}|{}", stage.seed, target.entry).as_bytes());
        Self {
            stage,
            target,
            function,
            called: module.called(function),
            types,
            tastes,
            open,
            given,
            top_up: true,
            rng: ChaCha8Rng::from_seed(*seed.as_bytes()),
            tries: Vec::new(),
            seen: HashSet::new(),
            reached: BTreeSet::new(),
            branch_sides: 0,
            raising: raising_lines(module),
            fuel: stage.limits.fuel / SEARCH_FUEL_SHARE,
        }
    }

    /// Adds calls that a model has proposed; without `top_up` they are all that is tried.
    pub(super) fn give(&mut self, calls: Vec<Call>, top_up: bool) {
        self.given.extend(calls);
        self.top_up = top_up;
    }

    /// Runs the rounds; a program that cannot be loaded is rejected.
    pub(super) async fn run(&mut self) -> Result<Option<Rejection>> {
        let given = std::mem::take(&mut self.given);
        let mut round = self.fresh(given.into_iter().take(2 * ROUND).collect(), true);
        if !self.top_up {
            return self.try_all(round).await;
        }
        let types = self.types.clone();
        round.extend(self.generate(&types, 0..FIRST_ROUND));
        if let Some(rejection) = self.try_all(round).await? {
            return Ok(Some(rejection));
        }
        if self.hopeless() {
            return Ok(None);
        }
        let is_unknown = self.open.iter().any(|&at| matches!(self.types.get(at), Some(Type::Any)));
        if is_unknown || self.successes() * 3 < self.tries.len() || self.is_constant() {
            self.retype().await?;
        }
        let types = self.types.clone();
        let more = self.generate(&types, FIRST_ROUND..FIRST_ROUND + ROUND);
        self.try_all(more).await?;
        if self.reached.len() < self.branch_sides {
            let compared = self.compared().await?;
            self.try_all(compared).await?;
        }
        let mut fruitless = 0;
        for round in 0..MUTATION_ROUNDS {
            if self.reached.len() == self.branch_sides && round > 0 || fruitless == 3 {
                break;
            }
            let before = self.reached.len();
            let mutations = self.mutations();
            self.try_all(mutations).await?;
            fruitless = if self.reached.len() == before { fruitless + 1 } else { 0 };
        }
        if self.successes() < FEW && self.successes() == self.tries.len() {
            let by_name = self.by_name();
            self.try_all(by_name).await?;
        }
        Ok(None)
    }

    /// Runs the calls that first reached something, and puts what they compare in place of what it was compared with.
    async fn compared(&mut self) -> Result<Vec<Planned>> {
        let Some(code) = noting(&self.target.program, &self.called) else { return Ok(Vec::new()) };
        let mut pioneers = self.pioneers().0;
        pioneers.truncate(PIONEERS);
        let texts = pioneers.iter().filter_map(Call::to_source);
        let job = Job {
            code,
            entry: Some(compared::ENTRY.to_owned()),
            cases: texts.map(|text| case(&text)).collect(),
            observe: Vec::new(),
            ..self.job(&[])
        };
        let execution = self.stage.sandbox.submit(job).await?;
        let mut calls = Vec::new();
        for (call, result) in pioneers.iter().zip(&execution.cases) {
            if let End::Returned { value, .. } = &result.end {
                calls.extend(replaced(call, value));
            }
        }
        calls.shuffle(&mut self.rng);
        let mut fresh = self.fresh(calls, false);
        fresh.truncate(ROUND);
        Ok(fresh)
    }

    /// The calls that first reached a side of a branch, and others that returned.
    fn pioneers(&self) -> (Vec<Call>, Vec<Call>) {
        let mut covered = BTreeSet::new();
        let (mut pioneers, mut others) = (Vec::new(), Vec::new());
        for tried in self.tries.iter().filter(|tried| tried.finished()) {
            let sides = tried.sides();
            if !sides.is_subset(&covered) {
                covered.extend(sides);
                pioneers.push(tried.call.clone());
            } else if tried.returned() {
                others.push(tried.call.clone());
            }
        }
        (pioneers, others)
    }

    /// The calls that worked with their arguments given by name: where an argument has few values, there are no other calls.
    fn by_name(&mut self) -> Vec<Planned> {
        let worked =
            self.tries.iter().filter(|tried| tried.returned() && tried.call.kwargs.is_empty());
        let named = worked.filter_map(|tried| {
            let params = self.function.params.iter();
            let named = params.zip(&tried.call.args).map(|(param, value)| {
                let has_name = param.kind == ParamKind::PositionalOrKeyword;
                has_name.then(|| (param.name.clone(), value.clone()))
            });
            let kwargs: Option<Vec<_>> = named.collect();
            Some(Call { args: Vec::new(), kwargs: kwargs?, source: String::new() })
        });
        let calls = named.collect();
        self.fresh(calls, false)
    }

    /// Whether no try finished within the limits: more of them would only cost more.
    fn hopeless(&self) -> bool {
        !self.tries.is_empty() && self.tries.iter().all(|tried| !tried.finished())
    }

    /// Whether all calls that returned gave the same.
    fn is_constant(&self) -> bool {
        let returned = self.tries.iter().filter(|tried| tried.returned());
        returned.map(Try::outcome).collect::<HashSet<String>>().len() < 2
    }

    fn successes(&self) -> usize {
        self.tries.iter().filter(|tried| tried.returned()).count()
    }

    /// Tries other types for parameters with a type that the source does not determine, and keeps those that work best.
    async fn retype(&mut self) -> Result<()> {
        if self.open.is_empty() {
            return Ok(());
        }
        let mut assignments: Vec<Vec<Type>> = vec![self.types.clone()];
        for guess in GUESSES {
            let mut types = self.types.clone();
            for &i in &self.open {
                types[i] = guess();
            }
            assignments.push(types);
        }
        // Those that the source suggests stay, too.
        for guess in GUESSES {
            let mut types = self.types.clone();
            for &i in &self.open {
                if types[i] == Type::Any {
                    types[i] = guess();
                }
            }
            assignments.push(types);
        }
        if self.open.len() > 1 {
            for _ in 0..ROUND {
                let mut types = self.types.clone();
                for &i in &self.open {
                    if self.rng.random_bool(0.7) {
                        types[i] = GUESSES[self.rng.random_range(0..GUESSES.len())]();
                    }
                }
                assignments.push(types);
            }
        }
        let mut best: Option<(usize, Vec<Type>)> = None;
        for chunk in assignments.chunks(ROUND) {
            let from = self.tries.len();
            let mut round = Vec::new();
            let mut origins = Vec::new();
            for (number, types) in chunk.iter().enumerate() {
                for planned in self.generate(types, 0..2) {
                    origins.push(number);
                    round.push(planned);
                }
            }
            self.try_all(round).await?;
            for (number, types) in chunk.iter().enumerate() {
                let tried = self.tries[from..].iter().zip(&origins);
                let tried: Vec<&Try> = tried
                    .filter(|(_, origin)| **origin == number)
                    .map(|(tried, _)| tried)
                    .collect();
                let score = score(&tried);
                if best.as_ref().is_none_or(|(known, _)| score > *known) {
                    best = Some((score, types.clone()));
                }
            }
        }
        if let Some((score, types)) = best
            && score > 0
        {
            self.types = types;
        }
        Ok(())
    }

    /// Makes calls: the k-th takes each parameter's k-th value, later ones mix them.
    fn generate(&mut self, types: &[Type], range: std::ops::Range<usize>) -> Vec<Planned> {
        let mut calls = Vec::new();
        for k in range {
            let mut values: Vec<Option<Value>> = Vec::new();
            for (i, param) in self.function.params.iter().enumerate() {
                let Some(taste) = self.tastes.get(i) else { continue };
                // An optional parameter is left out now and then.
                let takes_any = matches!(param.kind, ParamKind::VarPositional);
                // Names that a function only hands on are given rarely: most it does not know.
                let is_rare = param.kind == ParamKind::VarKeyword && !k.is_multiple_of(4);
                let ty = types.get(i).unwrap_or(&Type::Any);
                // Nor does anything tell what else to give for a text, or of what type: what is there by default says the most.
                let is_untold = param.default.is_some() && says_nothing(ty, param, taste);
                if is_rare
                    || is_untold && !(k + i).is_multiple_of(6)
                    || !param.is_required() && !takes_any && (k + i).is_multiple_of(3)
                {
                    values.push(None);
                    continue;
                }
                let index = if k < FIRST_ROUND { k } else { self.rng.random_range(0..24) };
                let shifted = if i > 0 && k % 4 == 3 { index + i } else { index };
                let value = values::value(ty, taste, shifted, &mut self.rng);
                // Leaving it out says the same as `None` and reads better.
                let is_default = value == Value::None && param.default.as_deref() == Some("None");
                values.push((!is_default).then_some(value));
            }
            relate(&self.function.params, &mut values, k, &mut self.rng);
            let (mut args, mut kwargs) = (Vec::new(), Vec::new());
            let mut positional = true;
            for (param, value) in self.function.params.iter().zip(values) {
                let Some(value) = value else {
                    positional = false;
                    continue;
                };
                match (param.kind, value) {
                    (ParamKind::VarPositional, Value::Tuple(items) | Value::List(items))
                        if positional =>
                    {
                        args.extend(items);
                    }
                    (ParamKind::VarPositional | ParamKind::VarKeyword, Value::Dict(entries)) => {
                        kwargs.extend(entries.into_iter().filter_map(|(key, value)| match key {
                            Value::Str(name) if is_identifier(&name) => Some((name, value)),
                            _ => None,
                        }));
                    }
                    (ParamKind::VarPositional | ParamKind::VarKeyword, _) => {}
                    (ParamKind::KeywordOnly, value) => kwargs.push((param.name.clone(), value)),
                    (ParamKind::PositionalOnly | ParamKind::PositionalOrKeyword, value)
                        if positional =>
                    {
                        args.push(value);
                    }
                    (ParamKind::PositionalOrKeyword, value) => {
                        kwargs.push((param.name.clone(), value));
                    }
                    (ParamKind::PositionalOnly, _) => {}
                }
            }
            calls.push(Call { args, kwargs, source: String::new() });
        }
        self.fresh(calls, false)
    }

    /// Changes calls that got somewhere.
    fn mutations(&mut self) -> Vec<Planned> {
        let (pioneers, others) = self.pioneers();
        let mut calls = Vec::new();
        for _ in 0..ROUND {
            // Mostly what first reached something: its neighbours reach further.
            let pioneer = pioneers
                .choose(&mut self.rng)
                .filter(|_| others.is_empty() || self.rng.random_bool(0.7));
            let Some(parent) = pioneer.or_else(|| others.choose(&mut self.rng)) else { break };
            let mut call = parent.clone();
            let count = call.args.len() + call.kwargs.len();
            if count == 0 {
                break;
            }
            let place = self.rng.random_range(0..count);
            let by_name = place.checked_sub(call.args.len());
            let name = by_name.map(|keyword| call.kwargs[keyword].0.clone());
            let at = match &name {
                Some(name) => self.function.params.iter().position(|param| param.name == *name),
                None => Some(place),
            };
            let known = at.and_then(|at| Some((self.types.get(at)?, self.tastes.get(at)?)));
            let slot = match by_name {
                Some(keyword) => &mut call.kwargs[keyword].1,
                None => &mut call.args[place],
            };
            let fitting = |values: &[Value]| -> Vec<Value> {
                let Some((ty, _)) = known else { return Vec::new() };
                values.iter().filter_map(|value| values::fitted(ty, value)).collect()
            };
            let drawn = self.rng.random_range(0..20);
            let (near, far) = match known {
                Some((_, taste)) => (fitting(&taste.literals), fitting(&taste.others)),
                None => (Vec::new(), Vec::new()),
            };
            *slot = match (drawn, known) {
                (0..5, _) if !near.is_empty() => {
                    near.choose(&mut self.rng).cloned().unwrap_or(Value::None)
                }
                (5..8, _) if !far.is_empty() => {
                    far.choose(&mut self.rng).cloned().unwrap_or(Value::None)
                }
                (8..13, Some((ty, taste))) => {
                    let index = self.rng.random_range(0..24);
                    values::value(ty, taste, index, &mut self.rng)
                }
                // Only the source shows how to make such an object, so nothing but its numbers varies.
                (_, Some((ty, taste))) if *ty != Type::Shown && slot.as_expression().is_some() => {
                    let index = self.rng.random_range(0..24);
                    values::value(ty, taste, index, &mut self.rng)
                }
                _ => {
                    let changed = values::mutate(slot, &mut self.rng);
                    match known {
                        Some((_, taste)) => values::in_form(changed, slot, taste),
                        None => changed,
                    }
                }
            };
            calls.push(call);
        }
        self.fresh(calls, false)
    }

    /// Leaves out what was tried before, does not fit the signature, reads badly, or is too long.
    fn fresh(&mut self, calls: Vec<Call>, given: bool) -> Vec<Planned> {
        let mut fresh = Vec::new();
        for call in calls {
            let Some(arguments) = call.to_source() else { continue };
            if arguments.len() <= MAX_ARGUMENTS
                && call.bind(self.function)
                && is_natural(&self.target.entry, &arguments)
                && self.seen.insert(arguments.clone())
            {
                fresh.push(Planned { call, arguments, given });
            }
        }
        fresh
    }

    /// Runs calls under coverage, in one interpreter: what the kept ones give is derived again later, each in fresh memory.
    async fn try_all(&mut self, calls: Vec<Planned>) -> Result<Option<Rejection>> {
        if calls.is_empty() && !self.tries.is_empty() {
            return Ok(None);
        }
        let mut execution = self.stage.sandbox.submit(self.job(&calls)).await?;
        if execution.end == End::OutOfFuel && execution.cases.is_empty() && !calls.is_empty() {
            self.fuel = self.stage.limits.fuel;
            execution = self.stage.sandbox.submit(self.job(&calls)).await?;
        }
        if !calls.is_empty()
            && let Some(rejection) = not_loaded(&execution)
        {
            return Ok(Some(rejection));
        }
        self.branch_sides =
            execution.coverable.map_or(self.branch_sides, |coverable| 2 * coverable.branches.len());
        for (Planned { call, arguments, given }, result) in calls.into_iter().zip(execution.cases) {
            self.reached.extend(result.coverage.iter().flat_map(|coverage| &coverage.branches));
            self.tries.push(Try { call, arguments, result, given });
        }
        Ok(None)
    }

    fn job(&self, calls: &[Planned]) -> Job {
        Job {
            code: self.target.program.clone(),
            entry: Some(self.target.entry.clone()),
            cases: calls.iter().map(|planned| case(&planned.arguments)).collect(),
            limits: Limits { fuel: self.fuel, ..self.stage.limits },
            isolation: Isolation::Program,
            observe: vec![Observe::Coverage],
            ..Job::default()
        }
    }

    /// Picks this many of the inputs that were tried, as argument texts.
    pub(super) fn select(&self, count: usize) -> Vec<String> {
        // What a model has proposed is of the types that it chose.
        let kept = match self.top_up {
            true => of_one_type(&self.tries, self.function, &self.types),
            false => vec![true; self.tries.len()],
        };
        let tries = || self.tries.iter().zip(&kept);
        let own: Vec<&Try> = tries().filter(|(_, kept)| **kept).map(|(tried, _)| tried).collect();
        let works = own.iter().any(|tried| tried.returned());
        let all = || self.tries.iter().collect();
        select(if works { own } else { all() }, &self.raising, count)
    }
}

/// Whether nothing but its default value tells what an optional parameter takes.
fn says_nothing(ty: &Type, param: &Param, taste: &Taste) -> bool {
    let default = param.default.as_deref().and_then(literal::parse);
    let is_told = taste.literals.iter().any(|value| Some(value) != default.as_ref());
    match ty {
        Type::Any => !is_told,
        Type::Str => !is_told && default.is_some() && taste.texts == TextKind::Sentence,
        _ => false,
    }
}

/// How well some calls have worked: what they gave, and where they got.
fn score(tried: &[&Try]) -> usize {
    let returned: Vec<&&Try> = tried.iter().filter(|tried| tried.returned()).collect();
    let outcomes: HashSet<String> = returned.iter().map(|tried| tried.outcome()).collect();
    let sides: BTreeSet<u32> = returned.iter().flat_map(|tried| tried.sides()).collect();
    4 * returned.len() + 2 * outcomes.len() + sides.len()
}
