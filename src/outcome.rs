//! The fates of a record: accepted, or rejected for a reason that is itself data.
//!
//! Invariant: `Reason` is closed and public; a reason once published keeps its name.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::named::named_enum;
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

named_enum! {
    /// Every reason there is to leave a record out.
    pub enum Reason {
        /// The line or file is not a record: broken JSON, a missing field, not text, too long.
        UnreadableRecord = "unreadable-record",
        /// The source is not Python.
        UnparsableSource = "unparsable-source",
        /// The source is in a language that cannot be run.
        UnsupportedLanguage = "unsupported-language",
        /// The source defines no function to call.
        NoTargetFunction = "no-target-function",
        /// The same function, or nearly the same, came before.
        Duplicate = "duplicate",
        /// A problem of a test set is the same, or nearly the same.
        Contaminated = "contaminated",
        /// The model's reply could not be read.
        MalformedReply = "malformed-reply",
        /// A server refuses the request: too long for the model, against its rules, or a program that the executor does not take.
        RequestRefused = "request-refused",
        /// The model's text states what the program and its executions do not show.
        Ungrounded = "ungrounded",
        /// A model answers the question about a repository without having seen it.
        AnswerableWithoutContext = "answerable-without-context",
        /// It is not a function that samples are made of, such as a function within a function; the evidence says which kind.
        NotLookedAt = "not-looked-at",
        /// What the function needs of its package cannot be put into one program.
        NotSelfContained = "not-self-contained",
        /// The program raised before its function could be called.
        LoadFailed = "load-failed",
        /// Every input raised.
        AllInputsFailed = "all-inputs-failed",
        /// An input raised, and the rules allow none to.
        Raised = "raised",
        /// No input finished: fuel.
        OutOfFuel = "out-of-fuel",
        /// No input finished: memory.
        OutOfMemory = "out-of-memory",
        /// No input finished: output.
        OutputTooLarge = "output-too-large",
        /// No input finished: the interpreter itself stopped or the program made it exit.
        Trapped = "trapped",
        /// Fewer cases are left than the rules ask for.
        TooFewCases = "too-few-cases",
        /// Every case gives the same result, and the rules ask for more.
        ConstantOutput = "constant-output",
        /// Every case gives back an argument as it was: a function that does nothing would do.
        ReturnsArgument = "returns-argument",
        /// The function only calls another one that its program imports: whoever writes it writes the import.
        OnlyForwards = "only-forwards",
        /// What the function returns cannot be written as Python, such as `<Signature (a, b)>`.
        OpaqueResult = "opaque-result",
        /// The function is a table of constants: no cases tell the rest of it.
        ConstantTable = "constant-table",
        /// The result shows a memory address.
        AddressInOutput = "address-in-output",
        /// The result depends on the hash seed, the clock or chance.
        Nondeterministic = "nondeterministic",
        /// The program draws on chance that it has not seeded.
        UsesEntropy = "uses-entropy",
        /// The result depends on calls before it, or on what other code of its module changes.
        DependsOnState = "depends-on-state",
        /// The program or a value is larger or smaller than the rules allow.
        SizeOutOfRange = "size-out-of-range",
        /// Running it again gives other results than the set states.
        NotReproduced = "not-reproduced",
        /// A field of a sample is not what its other fields make it.
        Contradictory = "contradictory",
        /// No reply is given for the problem.
        Unanswered = "unanswered",
        /// The problem has no reference program.
        NoReference = "no-reference",
        /// A translation gives something else for a recorded case.
        TranslationDiffers = "translation-differs",
        /// Two runs of the same program on an executor are not the same.
        Unrepeatable = "unrepeatable",
        /// A test fails on the solution that it was written from.
        TestFailed = "test-failed",
        /// Tests that pass on programs which are wrong.
        ToothlessTests = "toothless-tests",
        /// Nothing says what the function is for.
        Undocumented = "undocumented",
        /// The question gives the solution away.
        LeakedSolution = "leaked-solution",
        /// The user has excluded it.
        Excluded = "excluded",
        /// A turn shows that its author has seen what is hidden from others.
        LeakedReference = "leaked-reference",
        /// Nothing shows whether a rewritten program does the same: there are no tests, and nothing that can be called.
        Unproven = "unproven",
        /// A rewritten program does something else.
        NotEquivalent = "not-equivalent",
        /// A linter found a defect in the program.
        Findings = "findings",
        /// Others of the set have better scores.
        BelowThreshold = "below-threshold",
        /// A model that reviewed the problem found a fault in it.
        FailedReview = "failed-review",
        /// No model that was asked solves the problem, not even the one that wrote it.
        Unsolved = "unsolved",
        /// Every answer of the weaker model is right.
        TooEasy = "too-easy",
        /// The problem has several right answers, which only a checker of its own tells from wrong ones.
        NeedsChecker = "needs-checker",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_is_written() {
        for &reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
            assert_eq!(Reason::from_name(reason.name()), Some(reason));
        }
    }
}
