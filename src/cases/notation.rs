//! How a call and its result are written for a reader, in the notations people use.
//!
//! Invariant: the same case reads the same in every notation; only the form differs.

use super::invocation::Written;
use super::{invocation, made};
use crate::sample::SampleCase;
use crate::sandbox::value::Value;
use crate::sandbox::{ArgumentKey, CallKind, End};

/// A way to write cases down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// `assert f(1) == 2`
    Assert,
    /// `>>> f(1)` and `2` below
    Repl,
    /// `f(1) -> 2`
    Arrow,
    /// `Input: 1` and `Output: 2`
    InputOutput,
    /// `f(1)  # 2`
    Comment,
}

impl Notation {
    /// Every notation.
    pub const ALL: [Self; 5] =
        [Self::Assert, Self::Repl, Self::Arrow, Self::InputOutput, Self::Comment];

    /// Writes one case of a function.
    pub fn write(self, entry: &str, case: &SampleCase) -> String {
        let Written { setup, call } = call_text(entry, case);
        let effects = effects(entry, case);
        let with_effects =
            |text: String| if effects.is_empty() { text } else { format!("{text}  # {effects}") };
        match (self, &case.end) {
            // An iterator equals no list.
            (Self::Assert, End::Returned { value, repr })
                if case.kind == Some(CallKind::NestedIterators) =>
            {
                with_effects(format!("{setup}{call}  # {}", shown(value, repr)))
            }
            (Self::Assert, End::Returned { value, repr }) => match source(value, repr) {
                Some(source) if !has_nan(value) => {
                    let call = invocation::as_operand(&call);
                    with_effects(format!("{setup}assert {call} == {source}"))
                }
                // What `repr` itself says, not a literal that means the same.
                _ => with_effects(format!(
                    "{setup}assert repr({call}) == {}",
                    Value::str(if repr.is_empty() { value.to_string() } else { repr.clone() })
                )),
            },
            (Self::Repl, End::Returned { value, repr }) => {
                let printed = printed_above(case);
                let result = if *value == Value::None {
                    String::new()
                } else {
                    format!("\n{}", shown(value, repr))
                };
                let silent =
                    self::effects(entry, &SampleCase { stdout: String::new(), ..case.clone() });
                let after = if silent.is_empty() { silent } else { format!("\n# {silent}") };
                format!(">>> {setup}{call}{printed}{result}{after}")
            }
            (Self::Repl, End::Raised(raised)) => {
                let printed = printed_above(case);
                let last = exception(&raised.kind, &raised.message);
                format!(
                    ">>> {setup}{call}{printed}\nTraceback (most recent call last):\n    ...\n{last}"
                )
            }
            (Self::Arrow, _) => {
                with_effects(format!("{setup}{call} -> {}", result_text(&case.end)))
            }
            (Self::InputOutput, _) => with_effects(format!(
                "Input: {}\nOutput: {}",
                invocation::write_arguments(&case.arguments),
                result_text(&case.end)
            )),
            (Self::Assert | Self::Comment | Self::Repl, _) => {
                with_effects(format!("{setup}{call}  # {}", result_text(&case.end)))
            }
        }
    }
}

/// The call whose value a case states: a coroutine is awaited, a generator or another iterator listed.
pub fn call_text(entry: &str, case: &SampleCase) -> Written {
    let Written { setup, call } = invocation::write(entry, &case.arguments);
    let call = match case.kind {
        None | Some(CallKind::NestedIterators) => call,
        Some(CallKind::Coroutine) => format!("asyncio.run({call})"),
        Some(CallKind::Generator | CallKind::Iterator) => format!("list({call})"),
        Some(CallKind::Iterators) => format!("[list(item) for item in {call}]"),
        Some(CallKind::Attributes) => format!("vars({call})"),
        Some(CallKind::Property) => call.strip_suffix("()").unwrap_or(&call).to_owned(),
        Some(CallKind::AsyncGenerator) => format!("[item async for item in {call}]"),
    };
    Written { setup, call }
}

/// What a call gave, in words of Python.
pub fn result_text(end: &End) -> String {
    match end {
        End::Returned { value, repr } => shown(value, repr),
        End::Raised(raised) => format!("raises {}", exception(&raised.kind, &raised.message)),
        End::Exited { exit_code } => format!("exits with code {exit_code}"),
        End::CompileError { .. } => "does not compile".into(),
        End::OutOfFuel => "runs out of fuel".into(),
        End::OutOfMemory => "uses up its memory".into(),
        End::OutputTooLarge => "prints too much".into(),
        End::Trapped { .. } => "crashes".into(),
    }
}

/// What else a call did: printed text and changed arguments.
pub fn effects(entry: &str, case: &SampleCase) -> String {
    let mut parts = Vec::new();
    if !case.stdout.is_empty() {
        parts.push(format!("prints {}", Value::str(&case.stdout)));
    }
    let mutated = changes(entry, case);
    if !mutated.is_empty() {
        parts.push(mutated);
    }
    if case.kind == Some(CallKind::NestedIterators) {
        parts.push("its iterators are listed".into());
    }
    parts.join("; ")
}

/// What a call has changed; the first argument of a method is the object that it is called on.
fn changes(entry: &str, case: &SampleCase) -> String {
    if case.mutated.is_empty() || !invocation::is_on_object(entry, &case.arguments) {
        return mutations(&case.mutated);
    }
    let text = |(key, value): &(ArgumentKey, Value)| match key {
        ArgumentKey::Position(0) => format!("the object is then {value}"),
        ArgumentKey::Position(position) => {
            format!("{} is then {value}", argument(&ArgumentKey::Position(position - 1)))
        }
        ArgumentKey::Name(name) => format!("{name} is then {value}"),
    };
    case.mutated.iter().map(text).collect::<Vec<_>>().join("; ")
}

/// What changed arguments are after a call.
pub fn mutations(mutated: &[(ArgumentKey, Value)]) -> String {
    let text = |(key, value): &(ArgumentKey, Value)| format!("{} is then {value}", argument(key));
    mutated.iter().map(text).collect::<Vec<_>>().join("; ")
}

/// The name of an argument, or its position, from 1.
pub fn argument(key: &ArgumentKey) -> String {
    match key {
        ArgumentKey::Position(position) => format!("argument {}", position + 1),
        ArgumentKey::Name(name) => name.clone(),
    }
}

fn printed_above(case: &SampleCase) -> String {
    if case.stdout.is_empty() {
        String::new()
    } else {
        format!("\n{}", case.stdout.trim_end_matches('\n'))
    }
}

fn exception(kind: &str, message: &str) -> String {
    if message.is_empty() { kind.to_owned() } else { format!("{kind}: {message}") }
}

/// The value as source if there is any (its sets are sorted), otherwise as its own `repr`.
fn shown(value: &Value, repr: &str) -> String {
    source(value, repr).unwrap_or_else(|| repr.to_owned())
}

/// The value as Python source that builds it.
fn source(value: &Value, repr: &str) -> Option<String> {
    value.to_literal().or_else(|| made::built(value, repr))
}

/// Whether a value is not equal to itself in Python.
pub(super) fn has_nan(value: &Value) -> bool {
    value.walk().any(|value| {
        matches!(value, Value::Float(x) if x.is_nan())
            || matches!(value, Value::Complex(re, im) if re.is_nan() || im.is_nan())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Raised;

    fn case(end: End) -> SampleCase {
        SampleCase {
            arguments: "1".into(),
            end,
            kind: None,
            stdout: String::new(),
            mutated: Vec::new(),
        }
    }

    fn returned(value: Value) -> SampleCase {
        let repr = value.to_string();
        case(End::Returned { value, repr })
    }

    #[test]
    fn each_notation_writes_the_result() {
        let two = returned(Value::int(2));
        let texts: Vec<String> =
            Notation::ALL.iter().map(|notation| notation.write("f", &two)).collect();
        assert_eq!(
            texts,
            ["assert f(1) == 2", ">>> f(1)\n2", "f(1) -> 2", "Input: 1\nOutput: 2", "f(1)  # 2"]
        );
    }

    #[test]
    fn nan_is_not_asserted_equal() {
        assert_eq!(
            Notation::Assert.write("f", &returned(Value::Float(f64::NAN))),
            "assert repr(f(1)) == \"float('nan')\""
        );
    }

    #[test]
    fn exceptions_and_effects_are_written() {
        let raised = Raised {
            kind: "KeyError".into(),
            message: "'a'".into(),
            line: None,
            in_arguments: false,
            bases: Vec::new(),
        };
        assert_eq!(
            Notation::Arrow.write("f", &case(End::Raised(raised))),
            "f(1) -> raises KeyError: 'a'"
        );
        let mut printing = returned(Value::None);
        printing.stdout = "hi\n".into();
        printing.mutated = vec![(ArgumentKey::Position(0), Value::List(vec![]))];
        assert_eq!(
            Notation::Arrow.write("f", &printing),
            "f(1) -> None  # prints 'hi\\n'; argument 1 is then []"
        );
    }
}
