//! Which functions count their own entries, so that the others can leave it to whoever calls them.
//!
//! Counted are functions that a pointer may reach, one of each cycle of direct calls, and what would leave too much code to others.
//!
//! Invariant: the functions that are not counted call each other without a cycle.

use wasmparser::{ConstExpr, ElementItems, ExternalKind, FunctionBody, Operator, Parser, Payload};

use super::super::super::shape::Shape;
use super::flow::{self, Cost};
use super::{Result, unlike};

/// Instructions that a function may have, with those of all uncounted functions that it calls.
const MOST_UNCOUNTED: u64 = 20_000;

/// What the counters of a function take.
pub struct Costs {
    /// From the entry; `None` if whoever calls the function pays it.
    pub entry: Option<Cost>,
    /// From the header of each loop, in the order of the code.
    pub loops: Vec<Cost>,
}

/// The functions of a module and whom they call.
pub struct Calls<'a> {
    imported: usize,
    functions: Vec<Function<'a>>,
}

struct Function<'a> {
    body: FunctionBody<'a>,
    /// The module's own functions that it calls, by their place among these.
    calls: Vec<usize>,
    /// Its instructions; later on, with those of the uncounted functions that it calls.
    instructions: u64,
    is_counted: bool,
    state: State,
    costs: Vec<Cost>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

impl<'a> Calls<'a> {
    pub fn read(wasm: &'a [u8], shape: &Shape) -> Result<Self> {
        let imported = shape.imported as usize;
        let mut reached: Vec<u32> = Vec::new();
        let mut functions = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            reached.push(export.index);
                        }
                    }
                }
                Payload::StartSection { func, .. } => reached.push(func),
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        named(&global?.init_expr, &mut reached)?;
                    }
                }
                Payload::ElementSection(elements) => {
                    for element in elements {
                        match element?.items {
                            ElementItems::Functions(items) => {
                                for function in items {
                                    reached.push(function?);
                                }
                            }
                            ElementItems::Expressions(_, items) => {
                                for item in items {
                                    named(&item?, &mut reached)?;
                                }
                            }
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let mut calls = Vec::new();
                    let mut instructions = 0;
                    for operator in body.get_operators_reader()? {
                        instructions += 1;
                        match operator? {
                            Operator::Call { function_index }
                            | Operator::ReturnCall { function_index } => {
                                calls.extend((function_index as usize).checked_sub(imported));
                            }
                            Operator::RefFunc { function_index } => reached.push(function_index),
                            _ => {}
                        }
                    }
                    calls.retain(|&callee| callee < shape.functions.len());
                    functions.push(Function {
                        body,
                        calls,
                        instructions,
                        is_counted: false,
                        state: State::New,
                        costs: Vec::new(),
                    });
                }
                _ => {}
            }
        }
        if functions.len() != shape.functions.len() {
            return Err(unlike("other"));
        }
        for index in reached {
            let place = (index as usize).checked_sub(imported);
            if let Some(function) = place.and_then(|place| functions.get_mut(place)) {
                function.is_counted = true;
            }
        }
        Ok(Self { imported, functions })
    }

    /// What the counters of each function take.
    pub fn costs(mut self) -> Result<Vec<Costs>> {
        for start in 0..self.functions.len() {
            self.visit(start)?;
        }
        let costs = self.functions.into_iter().map(|function| {
            let mut costs = function.costs.into_iter();
            let entry = costs.next().filter(|_| function.is_counted);
            Costs { entry, loops: costs.collect() }
        });
        Ok(costs.collect())
    }

    /// Goes through all that a function calls, callees first.
    fn visit(&mut self, start: usize) -> Result<()> {
        if self.functions[start].state != State::New {
            return Ok(());
        }
        self.functions[start].state = State::Open;
        let mut open = vec![(start, 0)];
        while let Some((at, next)) = open.last_mut() {
            let Some(&callee) = self.functions[*at].calls.get(*next) else {
                let done = *at;
                open.pop();
                self.finish(done)?;
                continue;
            };
            *next += 1;
            let callee_state = &mut self.functions[callee].state;
            match callee_state {
                State::New => {
                    *callee_state = State::Open;
                    open.push((callee, 0));
                }
                State::Open => self.functions[callee].is_counted = true,
                State::Done => {}
            }
        }
        Ok(())
    }

    fn finish(&mut self, at: usize) -> Result<()> {
        let function = &self.functions[at];
        let uncounted = |callee: &&Function<'_>| !callee.is_counted;
        let left_to_it = function.calls.iter().map(|&callee| &self.functions[callee]);
        let instructions = left_to_it
            .filter(uncounted)
            .fold(function.instructions, |sum, callee| sum.saturating_add(callee.instructions));
        let costs = flow::costs(&function.body, |index| {
            let place = (index as usize).checked_sub(self.imported);
            let callee = place.and_then(|place| self.functions.get(place));
            callee
                .filter(uncounted)
                .and_then(|callee| callee.costs.first())
                .map_or(0, |cost| cost.instructions)
        })?;
        let function = &mut self.functions[at];
        function.costs = costs;
        function.instructions = instructions;
        function.is_counted |= instructions > MOST_UNCOUNTED;
        function.state = State::Done;
        Ok(())
    }
}

/// Notes the functions that a constant names.
fn named(constant: &ConstExpr<'_>, functions: &mut Vec<u32>) -> Result<()> {
    for operator in constant.get_operators_reader() {
        if let Operator::RefFunc { function_index } = operator? {
            functions.push(function_index);
        }
    }
    Ok(())
}
