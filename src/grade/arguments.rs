//! The arguments of a call that a test makes.
//!
//! Invariant: they are data that a literal can state.

use crate::cases::run::case;
use crate::python::literal;
use crate::sandbox::Case;
use crate::sandbox::value::Value;

/// The arguments of one call, as text between its brackets and as the pair that a test's own call makes.
#[derive(Clone)]
pub(super) struct Arguments {
    pub call: String,
    pub pair: String,
}

impl Arguments {
    pub(super) fn case(&self) -> Case {
        case(&self.call)
    }

    /// Reads a pair `((…), {…})` that a test's call made; `None` if it has no literal.
    pub(super) fn of_value(pair: &Value) -> Option<Self> {
        let Value::Tuple(parts) = pair else { return None };
        let [Value::Tuple(args), Value::Dict(kwargs)] = parts.as_slice() else { return None };
        let mut parts = Vec::new();
        for arg in args {
            parts.push(arg.to_literal()?);
        }
        for (key, value) in kwargs {
            let Value::Str(name) = key else { return None };
            parts.push(format!("{name}={}", value.to_literal()?));
        }
        Some(Self { call: parts.join(", "), pair: pair.to_literal()? })
    }

    pub(super) fn of_text(pair: &str) -> Option<Self> {
        Self::of_value(&literal::parse(pair)?)
    }
}
