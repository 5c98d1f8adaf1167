//! Reads a solution and its calls out of a reply, however many blocks it has and whatever they are tagged with.
//!
//! Invariant: the entry is a function of the solution, and every call is one of it with literal arguments.

use std::collections::{HashMap, HashSet};

use crate::cases::Target;
use crate::python::examples::examples;
use crate::python::{Call, Function, Module, parse_calls};
use crate::reply::{self, Ask, Pick};

/// Functions of a reply that are tried as the solution: those that it mentions most.
const MAX_TRIED: usize = 4;
/// Calls that are kept of a reply.
const MAX_CALLS: usize = 40;
/// Calls of the block for readers; more are trials.
const SHOWN: usize = 2;

/// Whether a reply ends within its code, as far as its text shows.
pub fn breaks_off(text: &str) -> bool {
    let blocks = reply::blocks(text);
    blocks
        .last()
        .map_or_else(|| reply::extract(text, &Ask::default()).truncated, |block| block.breaks_off)
}

/// Whether a reply may have been cut off: it breaks off, or leaves its last block open.
pub fn is_open(text: &str) -> bool {
    breaks_off(text) || reply::blocks(text).last().is_some_and(|block| !block.is_closed)
}

/// Reads a reply: the function that its calls call, with all it needs; those for readers come first among its examples.
pub fn read(text: &str) -> Result<Target, String> {
    if breaks_off(text) {
        return Err("the reply breaks off".into());
    }
    let blocks: Vec<String> = reply::blocks(text).into_iter().map(|block| block.code).collect();
    let mut candidates = candidates(&blocks, text);
    // The solution is called outside of its own block; of equals the last counts, as it may call the others.
    candidates.sort_by_key(|candidate| std::cmp::Reverse((candidate.calls, candidate.place)));
    let mut best: Option<Solution> = None;
    for Candidate { name, .. } in candidates.iter().take(MAX_TRIED) {
        let Some(solution) = Solution::of(name, text, &blocks) else { continue };
        let is_better = best.as_ref().is_none_or(|best| solution.rank() > best.rank());
        if is_better {
            best = Some(solution);
        }
    }
    let Some(Solution { program, function, calls }) = best else {
        return Err("the reply has no block that defines a function".into());
    };
    if calls.is_empty() {
        return Err(format!("the reply has no call of {} with literal arguments", function.name));
    }
    Ok(Target {
        program,
        entry: function.name,
        source: None,
        examples: calls,
        elsewhere: Vec::new(),
    })
}

/// A function of the reply, with the calls of it.
struct Solution {
    program: String,
    function: Function,
    calls: Vec<String>,
}

impl Solution {
    /// A function that is called and needs more of the reply than others comes before its own helpers.
    fn rank(&self) -> (bool, usize, usize) {
        (!self.calls.is_empty(), self.program.matches("def ").count(), self.calls.len())
    }

    fn of(name: &str, text: &str, blocks: &[String]) -> Option<Self> {
        let ask = Ask { entry: Some(name), pick: Pick::First, ..Ask::default() };
        let module = Module::parse(&reply::extract(text, &ask).code).ok()?;
        let program = module.closure(name);
        let parsed = Module::parse(&program).ok()?;
        let function = parsed.function(name)?.clone();
        let head = parsed.head_of(&function);
        let mut calls: Vec<String> = Vec::new();
        let with_calls: Vec<Vec<Call>> = blocks
            .iter()
            .map(|block| calls_in(block, &head, &function))
            .filter(|calls| !calls.is_empty())
            .collect();
        if let [shown, _, ..] = &with_calls[..] {
            add(&mut calls, shown.iter().take(SHOWN), &function);
        }
        with_calls.iter().for_each(|found| add(&mut calls, found.iter(), &function));
        if calls.is_empty() {
            add(&mut calls, calls_in(text, &head, &function).iter(), &function);
        }
        Some(Self { program, function, calls })
    }
}

/// Adds calls that are new and fit the function.
fn add<'c>(calls: &mut Vec<String>, found: impl Iterator<Item = &'c Call>, function: &Function) {
    for call in found.filter(|call| call.bind(function)).filter_map(Call::to_source) {
        if calls.len() < MAX_CALLS && !calls.contains(&call) {
            calls.push(call);
        }
    }
}

/// A function that may be the solution.
struct Candidate {
    name: String,
    /// Its place among all.
    place: usize,
    /// How often the text of other blocks, or of the same one, has its name before a parenthesis.
    calls: usize,
}

/// The functions that may be the solution, in the order of the text.
fn candidates(blocks: &[String], text: &str) -> Vec<Candidate> {
    let whole;
    let blocks = if blocks.is_empty() {
        whole = [reply::extract(text, &Ask::default()).code];
        &whole[..]
    } else {
        blocks
    };
    let mut names: Vec<String> = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    for module in blocks.iter().filter_map(|block| Module::parse(block).ok()) {
        for function in module.candidates() {
            if function.is_public && known.insert(function.name.clone()) {
                names.push(function.name.clone());
            }
        }
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for (at, _) in text.match_indices('(') {
        let before = &text[..at];
        let start = before
            .rfind(|c: char| !c.is_alphanumeric() && c != '_')
            .map_or(0, |place| place + before[place..].chars().next().map_or(1, char::len_utf8));
        *counts.entry(&before[start..]).or_default() += 1;
    }
    let candidate = |(place, name): (usize, String)| {
        let calls = counts.get(name.as_str()).copied().unwrap_or_default();
        Candidate { name, place, calls }
    };
    names.into_iter().enumerate().map(candidate).collect()
}

/// The calls of a function in a block: anywhere in code, or line by line in what is not Python.
fn calls_in(block: &str, head: &str, function: &Function) -> Vec<Call> {
    let code = format!("{head}\n    ...\n\n\n{block}");
    if let Ok(module) = Module::parse(&code)
        && let Some(function) = module.function(&function.name)
    {
        return examples(&module, function).into_iter().map(|example| example.call).collect();
    }
    let opening = format!("{}(", function.name);
    let calls = parse_calls(block, &function.param_names()).calls;
    calls.into_iter().filter(|call| call.source.starts_with(&opening)).collect()
}
