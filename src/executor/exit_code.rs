//! An exit code in a reply.
//!
//! Invariant: it is a whole number, also if the server writes it as `1.0`.

use serde::{Deserialize, Deserializer};

/// An exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ExitCode(pub i64);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Integer(i64),
    Float(f64),
}

impl<'de> Deserialize<'de> for ExitCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Integer(code) => Ok(Self(code)),
            // Codes are small, so that the conversion is exact.
            Written::Float(code) if code.fract() == 0.0 && code.abs() < 1e15 => {
                Ok(Self(code as i64))
            }
            Written::Float(code) => {
                Err(serde::de::Error::custom(format!("{code} is not an exit code")))
            }
        }
    }
}
