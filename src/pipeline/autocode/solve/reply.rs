//! Reads a solution and its calls out of a reply, however many blocks it has and whatever they are tagged with.
//!
//! Invariant: the entry is a function of the solution, and every call is one of it with literal arguments.

use crate::cases::Target;
use crate::python::examples::examples;
use crate::python::{Call, Function, Module, parse_calls};
use crate::reply::{self, Ask, Pick};

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

/// Reads a reply: the function that its calls call, with all it needs; those for readers come first among its examples.
pub fn read(text: &str) -> Result<Target, String> {
    if breaks_off(text) {
        return Err("the reply breaks off".into());
    }
    let blocks: Vec<String> = reply::blocks(text).into_iter().map(|block| block.code).collect();
    let candidates = candidates(&blocks, text);
    let mut best: Option<Solution> = None;
    for name in &candidates {
        let Some(solution) = Solution::of(name, text, &blocks) else { continue };
        // Helpers are called by the solution alone; of equals the last counts, as it may call the others.
        if best.as_ref().is_none_or(|best| solution.calls.len() >= best.calls.len()) {
            best = Some(solution);
        }
    }
    let Some(Solution { program, function, calls }) = best else {
        return Err("the reply has no block that defines a function".into());
    };
    if calls.is_empty() {
        return Err(format!("the reply has no call of {} with literal arguments", function.name));
    }
    Ok(Target { program, entry: function.name, examples: calls })
}

/// A function of the reply, with the calls of it.
struct Solution {
    program: String,
    function: Function,
    calls: Vec<String>,
}

impl Solution {
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

/// The names that may be the solution's, in the order of the text.
fn candidates(blocks: &[String], text: &str) -> Vec<String> {
    let whole;
    let blocks = if blocks.is_empty() {
        whole = [reply::extract(text, &Ask::default()).code];
        &whole[..]
    } else {
        blocks
    };
    let mut names: Vec<String> = Vec::new();
    for module in blocks.iter().filter_map(|block| Module::parse(block).ok()) {
        for function in module.candidates() {
            if !names.contains(&function.name) && function.is_public {
                names.push(function.name.clone());
            }
        }
    }
    names
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
