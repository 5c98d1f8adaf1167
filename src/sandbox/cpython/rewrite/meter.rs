//! Counts fuel in a global of the module itself, which falls at loop headers and at the entries of some functions.
//!
//! Invariant: what code costs is decided here, from the module alone; no loop and no cycle of calls goes without a counter.

mod calls;
mod flow;

use wasm_encoder as we;
use wasmparser::{FunctionBody, Operator, Parser, Payload};

use super::super::super::error::SandboxError;
use super::super::shape::Shape;
use super::{Begin, copy_section, functions_and, globals_and, slice};
use calls::{Calls, Costs};
use flow::Cost;

type Result<T> = std::result::Result<T, SandboxError>;

/// A copy of at most this many bytes, if the code says how many, is paid for with the code around it.
const SHORT_COPY: i32 = 256;
/// How counters of a kind turn instructions into fuel. The rates were chosen so that programs take as much, on average, as when
/// wasmtime counted every instruction.
struct Rate {
    /// Instructions that are paid for at most.
    most: u64,
    /// Fuel for a hundred of them.
    per_hundred: u64,
}

/// Of a loop with many branches, such as the interpreter's own, few run in a turn.
const CALLING: Rate = Rate { most: 25, per_hundred: 370 };
/// Loops that call no function run most of what they have.
const TIGHT: Rate = Rate { most: 200, per_hundred: 150 };

/// Adds the meter, a global behind all others that begins with 0, and says which one it is.
///
/// Below zero, code ends in a trap.
pub fn meter(wasm: &[u8]) -> Result<(Vec<u8>, u32)> {
    let shape = Shape::read(wasm)?;
    let unary = shape.unary()?;
    let (global, pay) = (shape.globals, shape.end());
    let costs = Calls::read(wasm, &shape)?.costs()?;
    let mut costs = costs.iter();
    let mut module = we::Module::new();
    let mut code = we::CodeSection::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match &payload {
            Payload::CustomSection(_)
            | Payload::Version { .. }
            | Payload::End(_)
            | Payload::CodeSectionStart { .. } => {}
            Payload::FunctionSection(_) => {
                module.section(&functions_and(&shape.functions, [unary]));
            }
            Payload::GlobalSection(reader) => {
                module.section(&globals_and(reader.clone(), &[Begin::I64(0)])?);
            }
            Payload::CodeSectionEntry(body) => {
                let found = costs.next().ok_or_else(|| unlike("more"))?;
                code.raw(&metered(wasm, body, found, global, pay)?);
                if costs.len() == 0 {
                    code.function(&pay_function(global));
                    module.section(&code);
                }
            }
            other => copy_section(&mut module, other, wasm),
        }
    }
    Ok((module.finish(), global))
}

fn unlike(quantity: &str) -> SandboxError {
    SandboxError::Runtime(format!("the module has {quantity} code than functions"))
}

/// A function's body with its counters, and with payments for what it copies and fills.
fn metered(
    wasm: &[u8],
    body: &FunctionBody<'_>,
    costs: &Costs,
    global: u32,
    pay: u32,
) -> Result<Vec<u8>> {
    let range = body.range();
    let mut out = Vec::new();
    let mut copied = range.start;
    let mut operators = body.get_operators_reader()?;
    let mut loops = costs.loops.iter();
    let mut added = Vec::new();
    if let Some(cost) = costs.entry {
        added = counter(global, cost);
    }
    let mut length = None;
    loop {
        let at = operators.original_position();
        out.extend_from_slice(slice(wasm, &(copied..at)));
        out.append(&mut added);
        copied = at;
        if operators.eof() {
            break;
        }
        match operators.read()? {
            Operator::Loop { .. } => {
                added = counter(global, loops.next().copied().unwrap_or_default());
            }
            operator if flow::is_bulk(&operator) && !is_short(length) => {
                we::Encode::encode(&we::Instruction::Call(pay), &mut out);
            }
            Operator::I32Const { value } => {
                length = Some(value);
                continue;
            }
            _ => {}
        }
        length = None;
    }
    out.extend_from_slice(slice(wasm, &(copied..range.end)));
    Ok(out)
}

/// Whether a copy of this length, if the code says one, is paid for with the code around it.
fn is_short(length: Option<i32>) -> bool {
    length.is_some_and(|length| (0..=SHORT_COPY).contains(&length))
}

/// `fuel -= cost; if fuel < 0 { unreachable }`
fn counter(global: u32, cost: Cost) -> Vec<u8> {
    use we::Instruction as I;
    let Rate { most, per_hundred } = if cost.calls { CALLING } else { TIGHT };
    let cost = (cost.instructions.min(most << flow::SHIFT) * per_hundred / 100) >> flow::SHIFT;
    encoded(&[I::GlobalGet(global), I::I64Const(cost.max(1).cast_signed()), I::I64Sub], global)
}

/// Instructions that compute what is left, followed by those that set the global to it and stop below zero.
fn encoded(rest: &[we::Instruction<'_>], global: u32) -> Vec<u8> {
    use we::Instruction as I;
    let stop = [
        I::GlobalSet(global),
        I::GlobalGet(global),
        I::I64Const(0),
        I::I64LtS,
        I::If(we::BlockType::Empty),
        I::Unreachable,
        I::End,
    ];
    let mut out = Vec::new();
    for instruction in rest.iter().chain(&stop) {
        we::Encode::encode(instruction, &mut out);
    }
    out
}

/// `pay(bytes)`: takes a unit for each byte, and gives the number back.
fn pay_function(global: u32) -> we::Function {
    use we::Instruction as I;
    let rest = [I::GlobalGet(global), I::LocalGet(0), I::I64ExtendI32U, I::I64Sub];
    let mut function = we::Function::new([]);
    function.raw(encoded(&rest, global));
    function.instruction(&I::LocalGet(0)).instruction(&I::End);
    function
}

#[cfg(test)]
mod tests;
