//! How much memory an execution takes.
//!
//! Invariant: everything that a guest can make large is counted; what is not counted has a size of its own.

use std::mem::size_of;

use super::{CaseResult, Elsewhere, End, Execution, RawOutput, Step};
use crate::sandbox::value::Value;

impl Execution {
    /// Bytes of memory that the execution takes, texts and values included; about as many as the job's room was charged for.
    pub fn size(&self) -> usize {
        let Self {
            stdout, stderr, raw: RawOutput { stdout: raw_stdout, stderr: raw_stderr }, ..
        } = self;
        let raw = [raw_stdout, raw_stderr].into_iter().flatten().map(Vec::capacity).sum::<usize>();
        let cases = self.cases.iter().map(size_of_case).sum::<usize>();
        let coverable = self
            .coverable
            .as_ref()
            .map_or(0, |coverable| 4 * coverable.lines.len() + 12 * coverable.branches.len());
        size_of::<Self>() + stdout.capacity() + stderr.capacity() + raw + cases + coverable
    }
}

fn size_of_case(case: &CaseResult) -> usize {
    let texts = |texts: &[(String, String)]| {
        texts.iter().map(|(name, text)| name.len() + text.len()).sum::<usize>() + size_of_val(texts)
    };
    let step = |step: &Step| step.function.len() + step.left.len() + texts(&step.set);
    let steps = case.steps.iter().map(step).sum::<usize>();
    let coverage = case
        .coverage
        .as_ref()
        .map_or(0, |covered| 4 * (covered.lines.len() + covered.branches.len()));
    let mutated = case.mutated.iter().map(|(_, value)| size_of_value(value)).sum::<usize>();
    let Elsewhere(elsewhere) = &case.elsewhere;
    size_of_val(case)
        + case.stdout.capacity()
        + size_of_end(&case.end)
        + size_of_val(&case.steps[..])
        + steps
        + coverage
        + mutated
        + elsewhere.as_deref().map_or(0, size_of_case)
}

fn size_of_end(end: &End) -> usize {
    match end {
        End::Returned { value, repr } => size_of_value(value) + repr.capacity(),
        End::Raised(raised) => raised.kind.capacity() + raised.message.capacity(),
        End::Trapped { trap } => trap.capacity(),
        End::Exited { .. }
        | End::CompileError { .. }
        | End::OutOfFuel
        | End::OutOfMemory
        | End::OutputTooLarge => 0,
    }
}

/// Bytes of a value, with those that the allocator adds to each small piece.
fn size_of_value(value: &Value) -> usize {
    const LEAST_PIECE: usize = 32;
    let piece = |bytes: usize| if bytes == 0 { 0 } else { bytes.max(LEAST_PIECE) };
    let own = |value: &Value| match value {
        Value::Int(text) | Value::Str(text) | Value::EscapedStr(text) => piece(text.capacity()),
        Value::Bytes(bytes) | Value::ByteArray(bytes) => piece(bytes.capacity()),
        Value::Object(name, fields) => {
            piece(name.capacity())
                + fields
                    .iter()
                    .map(|(name, _)| piece(name.capacity()) + size_of_val(name))
                    .sum::<usize>()
        }
        Value::Derived(name, _) => piece(name.capacity()),
        Value::Opaque(name, repr) => piece(name.capacity()) + piece(repr.capacity()),
        Value::None
        | Value::Bool(_)
        | Value::Float(_)
        | Value::Complex(..)
        | Value::List(_)
        | Value::Tuple(_)
        | Value::Set(_)
        | Value::FrozenSet(_)
        | Value::Dict(_)
        | Value::Cycle(_) => 0,
    };
    value.walk().map(|part| size_of_val(part) + own(part)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_integer_takes_no_more_than_its_room() {
        let list = |len| Value::List((0..len).map(Value::int).collect());
        let each = (size_of_value(&list(1001)) - size_of_value(&list(1))) / 1000;
        assert!(each <= 96 && each > 32, "{each}");
    }

    #[test]
    fn what_a_guest_makes_large_is_counted() {
        let text = || "x".repeat(1000);
        let end = End::Returned { value: Value::Bytes(vec![0; 1000]), repr: text() };
        let mut case = CaseResult::ended(end, 0, text());
        case.elsewhere = Elsewhere(Some(Box::new(CaseResult::ended(
            End::Trapped { trap: text() },
            0,
            String::new(),
        ))));
        case.mutated = vec![(super::super::ArgumentKey::Position(0), Value::str(text()))];
        let mut execution = Execution::ended(End::Exited { exit_code: 0 }, 0)
            .with_output(vec![255; 1000], text().into_bytes());
        let without = execution.size();
        assert!(without >= 1000 + 3000 + 1000, "{without}");
        execution.cases.push(case);
        assert!(execution.size() >= without + 5 * 1000, "{}", execution.size());
    }
}
