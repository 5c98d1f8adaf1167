//! The search for inputs of one function: rounds of tries under coverage, each learning from the last.
//!
//! Invariant: the search is deterministic in the seed and the record's id.

use std::collections::{BTreeSet, HashSet};

use rand::Rng;
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::Propose;
use super::select::{Try, select};
use super::values::{self, GUESSES};
use crate::cases::Target;
use crate::cases::run::case;
use crate::cases::run::not_loaded;
use crate::error::Result;
use crate::outcome::Rejection;
use crate::python::constants::constants;
use crate::python::examples::examples;
use crate::python::infer::{ParamHints, infer};
use crate::python::types::Type;
use crate::python::{Call, Function, Module, ParamKind, is_identifier, parse_calls};
use crate::sandbox::value::Value;
use crate::sandbox::{End, Isolation, Job, Limits, Observe};

/// Tries of the first round; a function that none of them gets through is not tried as hard.
const FIRST_ROUND: usize = 12;
const ROUND: usize = 24;
const MUTATION_ROUNDS: usize = 6;
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
    hints: Vec<ParamHints>,
    given: Vec<Call>,
    /// Whether calls are generated in addition to the given ones.
    top_up: bool,
    rng: ChaCha8Rng,
    tries: Vec<Try>,
    seen: HashSet<String>,
    reached: BTreeSet<u32>,
    branch_sides: usize,
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
        let constants = constants(module);
        let mut hints = infer(module, function);
        for hint in &mut hints {
            // Values that the function compares the parameter with come first, then all others that
            // the program mentions.
            let more = constants.iter().filter(|value| !hint.literals.contains(value)).cloned();
            let more: Vec<Value> = more.collect();
            hint.literals.extend(more);
        }
        let elsewhere = target.examples.iter().flat_map(|arguments| {
            parse_calls(&format!("{}({arguments})", function.name), &function.param_names()).calls
        });
        let seed = blake3::hash(format!("propose|{}|{id}|{}", stage.seed, target.entry).as_bytes());
        Self {
            stage,
            target,
            function,
            hints,
            given: examples(module, function)
                .into_iter()
                .map(|example| example.call)
                .chain(elsewhere)
                .collect(),
            top_up: true,
            rng: ChaCha8Rng::from_seed(*seed.as_bytes()),
            tries: Vec::new(),
            seen: HashSet::new(),
            reached: BTreeSet::new(),
            branch_sides: 0,
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
        let types: Vec<Type> = self.hints.iter().map(|hints| hints.ty.clone()).collect();
        round.extend(self.generate(&types, 0..FIRST_ROUND));
        if let Some(rejection) = self.try_all(round).await? {
            return Ok(Some(rejection));
        }
        if self.hopeless() {
            return Ok(None);
        }
        if self.successes() * 3 < self.tries.len() {
            self.retype().await?;
        }
        let more = self.generate(&types, FIRST_ROUND..FIRST_ROUND + ROUND);
        self.try_all(more).await?;
        let mut fruitless = 0;
        for round in 0..MUTATION_ROUNDS {
            if self.reached.len() == self.branch_sides && round > 0 || fruitless == 2 {
                break;
            }
            let before = self.reached.len();
            let mutations = self.mutations();
            self.try_all(mutations).await?;
            fruitless = if self.reached.len() == before { fruitless + 1 } else { 0 };
        }
        Ok(None)
    }

    /// Whether no try finished within the limits: more of them would only cost more.
    fn hopeless(&self) -> bool {
        !self.tries.is_empty() && self.tries.iter().all(|tried| !tried.finished())
    }

    fn successes(&self) -> usize {
        self.tries.iter().filter(|tried| tried.returned()).count()
    }

    /// Tries other types for parameters with a type that the source does not determine, and
    /// continues with those that work.
    async fn retype(&mut self) -> Result<()> {
        let open: Vec<usize> = (0..self.hints.len())
            .filter(|&i| {
                self.function.params.get(i).is_some_and(|param| param.annotation.is_none())
            })
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        let mut assignments: Vec<Vec<Type>> = Vec::new();
        for guess in GUESSES {
            let mut types: Vec<Type> = self.hints.iter().map(|hints| hints.ty.clone()).collect();
            for &i in &open {
                types[i] = guess();
            }
            assignments.push(types);
        }
        for _ in 0..ROUND {
            let mut types: Vec<Type> = self.hints.iter().map(|hints| hints.ty.clone()).collect();
            for &i in &open {
                if self.rng.random_bool(0.7) {
                    types[i] = GUESSES[self.rng.random_range(0..GUESSES.len())]();
                }
            }
            assignments.push(types);
        }
        let mut worked = Vec::new();
        for chunk in assignments.chunks(ROUND) {
            let from = self.tries.len();
            let mut round = Vec::new();
            let mut origins = Vec::new();
            for types in chunk {
                for planned in self.generate(types, 2..3) {
                    origins.push(types.clone());
                    round.push(planned);
                }
            }
            self.try_all(round).await?;
            for (tried, types) in self.tries[from..].iter().zip(origins) {
                if tried.returned() {
                    worked.push(types);
                }
            }
        }
        worked.truncate(6);
        let mut round = Vec::new();
        for types in &worked {
            round.extend(self.generate(types, 0..6));
        }
        self.try_all(round).await?;
        Ok(())
    }

    /// Makes calls: the k-th takes each parameter's k-th value, later ones mix them.
    fn generate(&mut self, types: &[Type], range: std::ops::Range<usize>) -> Vec<Planned> {
        let mut calls = Vec::new();
        for k in range {
            let mut args = Vec::new();
            let mut kwargs = Vec::new();
            let mut positional = true;
            for (i, param) in self.function.params.iter().enumerate() {
                let Some(hints) = self.hints.get(i) else { continue };
                // An optional parameter is left out now and then.
                if !param.is_required() && (k + i).is_multiple_of(3) {
                    positional = false;
                    continue;
                }
                let index = if k < FIRST_ROUND { k } else { self.rng.random_range(0..24) };
                let shifted = if i > 0 && k % 4 == 3 { index + i } else { index };
                let ty = types.get(i).unwrap_or(&Type::Any);
                let value = values::value(ty, &hints.literals, shifted, &mut self.rng);
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
            let at = self.rng.random_range(0..count);
            let slot = match at.checked_sub(call.args.len()) {
                Some(keyword) => &mut call.kwargs[keyword].1,
                None => &mut call.args[at],
            };
            let fitting: Vec<&Value> = match self.hints.get(at) {
                Some(hints) => {
                    hints.literals.iter().filter(|value| values::fits(&hints.ty, value)).collect()
                }
                None => Vec::new(),
            };
            *slot = match fitting.choose(&mut self.rng) {
                Some(literal) if self.rng.random_bool(0.3) => (*literal).clone(),
                _ => values::mutate(slot, &mut self.rng),
            };
            calls.push(call);
        }
        self.fresh(calls, false)
    }

    /// Leaves out what was tried before, does not fit the signature, or is too long.
    fn fresh(&mut self, calls: Vec<Call>, given: bool) -> Vec<Planned> {
        let mut fresh = Vec::new();
        for call in calls {
            let Some(arguments) = call.to_source() else { continue };
            if arguments.len() <= MAX_ARGUMENTS
                && call.bind(self.function)
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
        select(&self.tries, count)
    }
}
