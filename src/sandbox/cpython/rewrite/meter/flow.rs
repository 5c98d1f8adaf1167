//! How many instructions a function runs from each of its counters to the next one, on average.
//!
//! Nothing is known of how often a branch is taken: of two ways on, each counts one half, and of a table's entries, each its share.
//!
//! Invariant: weights are integers, so that the same code costs the same on every machine.

use wasmparser::{FunctionBody, Operator};

use super::{Result, is_short};

/// Weights and costs are in units of `1 / 2^SHIFT`.
pub const SHIFT: u32 = 16;
const ONE: u64 = 1 << SHIFT;

/// What a counter takes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// Instructions up to the next counter.
    pub instructions: u64,
    /// Whether a function is called among them.
    pub calls: bool,
}

/// A block, a loop or a branch of code that is being read.
struct Frame {
    kind: Kind,
    /// How often it is entered.
    entered: u64,
    /// How often code jumps to its end.
    left: u64,
    /// The counter that pays for what follows it.
    counter: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Block,
    Loop,
    If,
}

/// Costs from the entry, first, and from each loop. `call` says what a call of a function costs in addition.
pub fn costs(body: &FunctionBody<'_>, call: impl Fn(u32) -> u64) -> Result<Vec<Cost>> {
    let mut reading = Reading {
        frames: vec![Frame { kind: Kind::Block, entered: ONE, left: 0, counter: 0 }],
        weight: ONE,
        counter: 0,
        costs: vec![Cost::default()],
    };
    let mut length = None;
    for operator in body.get_operators_reader()? {
        let operator = operator?;
        reading.step(&operator)?;
        match operator {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                reading.call(call(function_index));
            }
            Operator::CallIndirect { .. } | Operator::ReturnCallIndirect { .. } => {
                reading.call(0);
            }
            Operator::I32Const { value } => {
                length = Some(value);
                continue;
            }
            _ if is_bulk(&operator) && is_short(length) => {
                reading.pay(u64::from(length.unwrap_or(0).unsigned_abs()) << SHIFT);
            }
            _ => {}
        }
        length = None;
    }
    Ok(reading.costs)
}

/// Whether an instruction takes time for each of the bytes whose number is the last value on the stack.
pub fn is_bulk(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } | Operator::MemoryInit { .. }
    )
}

struct Reading {
    frames: Vec<Frame>,
    /// How often the code at hand runs each time that its counter is passed.
    weight: u64,
    counter: usize,
    costs: Vec<Cost>,
}

impl Reading {
    fn pay(&mut self, cost: u64) {
        if let Some(Cost { instructions, .. }) = self.costs.get_mut(self.counter) {
            *instructions = instructions.saturating_add(self.weight.saturating_mul(cost) >> SHIFT);
        }
    }

    fn call(&mut self, cost: u64) {
        self.pay(cost);
        if let Some(Cost { calls, .. }) = self.costs.get_mut(self.counter) {
            *calls = true;
        }
    }

    fn step(&mut self, operator: &Operator<'_>) -> Result<()> {
        match operator {
            Operator::Block { .. } | Operator::TryTable { .. } | Operator::Try { .. } => {
                self.enter(Kind::Block);
            }
            Operator::Loop { .. } => {
                self.enter(Kind::Loop);
                self.counter = self.costs.len();
                self.costs.push(Cost::default());
                self.weight = ONE;
            }
            Operator::If { .. } => {
                self.pay(ONE);
                self.weight /= 2;
                self.enter(Kind::If);
            }
            Operator::Else | Operator::Catch { .. } | Operator::CatchAll => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.left += self.weight;
                    frame.kind = Kind::Block;
                    self.weight = frame.entered;
                }
            }
            Operator::End | Operator::Delegate { .. } => self.leave(),
            Operator::Br { relative_depth } => {
                self.pay(ONE);
                self.jump(*relative_depth, self.weight);
                self.weight = 0;
            }
            Operator::BrIf { relative_depth } => {
                self.pay(ONE);
                self.weight /= 2;
                self.jump(*relative_depth, self.weight);
            }
            Operator::BrTable { targets } => {
                self.pay(ONE);
                let share = self.weight / (u64::from(targets.len()) + 1);
                for depth in targets.targets() {
                    self.jump(depth?, share);
                }
                self.jump(targets.default(), share);
                self.weight = 0;
            }
            Operator::Return
            | Operator::Unreachable
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::Rethrow { .. } => self.weight = 0,
            Operator::Nop | Operator::Drop => {}
            _ => self.pay(ONE),
        }
        Ok(())
    }

    fn enter(&mut self, kind: Kind) {
        self.frames.push(Frame { kind, entered: self.weight, left: 0, counter: self.counter });
    }

    fn leave(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        let fallen = match frame.kind {
            Kind::Block => self.weight,
            // Whatever is entered is left again, by one way or another.
            Kind::Loop => {
                if self.weight > 0 {
                    frame.entered
                } else {
                    0
                }
            }
            Kind::If => self.weight + frame.entered,
        };
        let most = if frame.kind == Kind::If { 2 * frame.entered } else { frame.entered };
        self.weight = (fallen + frame.left).min(most);
        self.counter = frame.counter;
    }

    /// Goes on at the end of a frame, so many frames outwards.
    fn jump(&mut self, depth: u32, weight: u64) {
        let target = (self.frames.len()).checked_sub(1 + depth as usize);
        let Some((target, inner)) =
            target.and_then(|at| self.frames.get_mut(at..)?.split_first_mut())
        else {
            return;
        };
        if target.kind == Kind::Loop {
            return;
        }
        // Out of a loop, the weight is that of the loop as a whole.
        let outermost = inner.iter().find(|frame| frame.kind == Kind::Loop);
        target.left += outermost.map_or(weight, |frame| frame.entered);
    }
}
