//! The fates of a record: accepted, or rejected for a reason that is itself data.
//!
//! Invariant: `Reason` is closed and public; a reason once published keeps its name.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::record::Record;

/// What a stage made of a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome<T> {
    /// One or more records; never empty.
    Accepted(Vec<Record<T>>),
    Rejected(Rejection),
}

/// Why a record was left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    pub reason: Reason,
    /// One sentence for a reader.
    pub detail: String,
    /// What shows it: a case, an exception, the record it repeats.
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub evidence: Json,
}

impl Rejection {
    /// Makes a rejection without evidence.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), evidence: Json::Null }
    }

    /// The same rejection with evidence.
    pub fn with_evidence(self, evidence: Json) -> Self {
        Self { evidence, ..self }
    }
}

/// Every reason there is to leave a record out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The line or file is not a record: broken JSON, a missing field, not text, too long.
    UnreadableRecord,
    /// The source is not Python.
    UnparsableSource,
    /// The source defines no function to call.
    NoTargetFunction,
    /// The same function, or nearly the same, came before.
    Duplicate,
    /// The model's reply could not be read.
    MalformedReply,
    /// The model's server refuses the request: too long for the model, or against its rules.
    RequestRefused,
    /// The model's text states what the program and its executions do not show.
    Ungrounded,
    /// The program raised before its function could be called.
    LoadFailed,
    /// Every input raised.
    AllInputsFailed,
    /// An input raised, and the rules allow none to.
    Raised,
    /// No input finished: fuel.
    OutOfFuel,
    /// No input finished: memory.
    OutOfMemory,
    /// No input finished: output.
    OutputTooLarge,
    /// No input finished: the interpreter itself stopped or was told to exit.
    Trapped,
    /// Fewer cases are left than the rules ask for.
    TooFewCases,
    /// Every case gives the same result, and the rules ask for more.
    ConstantOutput,
    /// The result shows a memory address.
    AddressInOutput,
    /// The result depends on the hash seed, the clock or chance.
    Nondeterministic,
    /// The program or a value is larger or smaller than the rules allow.
    SizeOutOfRange,
    /// Running it again gives other results than the set states.
    NotReproduced,
    /// No reply is given for the problem.
    Unanswered,
    /// The problem has no reference program.
    NoReference,
}

impl Reason {
    /// The reason's name in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnreadableRecord => "unreadable-record",
            Self::UnparsableSource => "unparsable-source",
            Self::NoTargetFunction => "no-target-function",
            Self::Duplicate => "duplicate",
            Self::MalformedReply => "malformed-reply",
            Self::RequestRefused => "request-refused",
            Self::Ungrounded => "ungrounded",
            Self::LoadFailed => "load-failed",
            Self::AllInputsFailed => "all-inputs-failed",
            Self::Raised => "raised",
            Self::OutOfFuel => "out-of-fuel",
            Self::OutOfMemory => "out-of-memory",
            Self::OutputTooLarge => "output-too-large",
            Self::Trapped => "trapped",
            Self::TooFewCases => "too-few-cases",
            Self::ConstantOutput => "constant-output",
            Self::Nondeterministic => "nondeterministic",
            Self::AddressInOutput => "address-in-output",
            Self::SizeOutOfRange => "size-out-of-range",
            Self::NotReproduced => "not-reproduced",
            Self::Unanswered => "unanswered",
            Self::NoReference => "no-reference",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_is_written() {
        for reason in [Reason::UnreadableRecord, Reason::AddressInOutput, Reason::NotReproduced] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
    }
}
