//! What training stacks read: one type a sample kind, field names as the stacks know them.
//!
//! Invariant: every sample carries what is needed to run it again.

mod columns;
pub mod preference;
pub mod problem;
pub mod program_pair;
pub mod repository;
pub mod text;
pub mod turn;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::named::named_enum;
use crate::record::Lineage;
use crate::sandbox::value::Value;
use crate::sandbox::{ArgumentKey, CallKind, CaseResult, End, Limits, Step};
use crate::schema::{Row, RowSchema};

pub use text::Text;

/// One call and what it gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "columns::CaseColumns", into = "columns::CaseColumns")]
pub struct SampleCase {
    /// Argument text, as between a call's brackets.
    pub arguments: String,
    pub end: End,
    pub kind: Option<CallKind>,
    pub stdout: String,
    /// Arguments that the call changed: position (from 0) or name, and the new value.
    pub mutated: Vec<(ArgumentKey, Value)>,
}

impl SampleCase {
    /// The part of a case's result that a sample states.
    pub fn new(arguments: &str, result: &CaseResult) -> Self {
        Self {
            arguments: arguments.into(),
            end: result.end.clone(),
            kind: result.kind,
            stdout: result.stdout.clone(),
            mutated: result.mutated.clone(),
        }
    }
}

/// Where a sample comes from and under what it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    pub tgsand: String,
    pub source: Lineage,
    /// The runtime with its digest.
    pub runtime: String,
    pub seed: u64,
    pub limits: Limits,
    /// Fuel that all cases took.
    pub fuel: u64,
    pub proposer: String,
    /// The model that wrote the sample's text; absent if the program wrote it.
    #[serde(default, with = "columns::text_or_none")]
    pub model: Option<String>,
    /// The digests of the prompts that a model was asked with, by their roles.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prompts: BTreeMap<String, String>,
    /// How much of what the code says about itself the program has: `keep`, `summary` or `strip`.
    #[serde(default)]
    pub docstrings: String,
    /// Branch sides that the cases reach, of all there are; absent without branches.
    #[serde(default, with = "columns::counts_or_none")]
    pub branch_coverage: Option<(usize, usize)>,
}

/// Cases in, program out: `prompt` and `completion` as trainers read them, and hidden cases to judge an answer by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case2Code {
    pub id: String,
    pub prompt: String,
    pub completion: String,
    pub entry: String,
    pub program: String,
    pub visible_cases: Vec<SampleCase>,
    pub hidden_cases: Vec<SampleCase>,
    pub provenance: Provenance,
}

named_enum! {
    /// What a question asks for.
    pub enum QuestionKind {
        /// What does this call give?
        PredictOutput = "predict-output",
        /// Which call gives this?
        FindInput = "find-input",
        /// Which way does this call go, or why does it raise?
        ExplainBranch = "explain-branch",
        /// A question from a model.
        FreeText = "free-text",
    }
}

/// A question about a function, answered by execution or by a text that execution bears out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Qa {
    pub id: String,
    pub kind: QuestionKind,
    pub prompt: String,
    pub completion: String,
    pub file: String,
    pub code: String,
    pub function_name: String,
    pub question: String,
    pub answer: String,
    /// The lines that ran and what each changed, in words; or the steps of a model's reasoning.
    pub trace: Vec<String>,
    /// The call to run again, and what it must give; free text has claims instead.
    #[serde(default)]
    pub check: Option<SampleCase>,
    /// The line trace itself, for the same check.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// The calls that free text rests on, and what they gave.
    #[serde(default)]
    pub claims: Vec<SampleCase>,
    pub provenance: Provenance,
}

/// A requirement that a program does not meet yet, and a design that meets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Design {
    pub id: String,
    pub prompt: String,
    pub completion: String,
    pub file: String,
    pub code: String,
    pub function_name: String,
    pub requirement: String,
    pub design: String,
    /// The considerations that lead to the design.
    pub trace: Vec<String>,
    /// Names that the design adds to the program.
    pub adds: Vec<String>,
    /// The calls that the text rests on, and what they gave.
    #[serde(default)]
    pub claims: Vec<SampleCase>,
    pub provenance: Provenance,
}

/// A program against a faulty variant of it; its row is a `MutantPreference`, and earlier versions wrote these fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MutantPair {
    pub id: String,
    pub prompt: String,
    pub chosen: String,
    pub rejected: String,
    pub entry: String,
    /// The edit that makes the variant.
    pub mutation: Mutation,
    /// A call for which the two differ.
    pub evidence: Evidence,
    pub provenance: Provenance,
}

impl Case2Code {
    /// All cases, those that the prompt shows first.
    pub fn cases(&self) -> impl Iterator<Item = &SampleCase> {
        self.visible_cases.iter().chain(&self.hidden_cases)
    }
}

impl Row for Case2Code {
    const SCHEMA: RowSchema = RowSchema::new("case2code", 1);
}

impl Row for Qa {
    const SCHEMA: RowSchema = RowSchema::new("qa", 1);
}

impl Row for Design {
    const SCHEMA: RowSchema = RowSchema::new("design", 1);
}

/// One edit of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mutation {
    pub operator: String,
    /// From 1.
    pub line: usize,
    pub original: String,
    pub replacement: String,
}

/// What the program gives and what the variant gives instead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    pub expected: SampleCase,
    pub got: SampleCase,
    /// How many of the cases tell the two apart, of all.
    pub failing: (usize, usize),
}

impl Evidence {
    /// Whether the two programs differ for the call.
    pub fn differs(&self) -> bool {
        let Self { expected, got, .. } = self;
        let same_outcome = expected.end.is_same(&got.end)
            && expected.stdout == got.stdout
            && expected.mutated == got.mutated;
        expected.arguments == got.arguments && !same_outcome
    }
}
