//! Programming problems: a question, a solution, and tests that tell right answers from wrong ones.
//!
//! Invariant: the tests are written from the cases, and each row has those cases as data.

use serde::{Deserialize, Serialize};

use super::{Provenance, SampleCase};
use crate::schema::{Row, RowSchema};

/// A programming problem, in the published fields of AutoCodeBench and then ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodingProblem {
    pub question: String,
    pub canonical_solution: String,
    /// A script that defines `test()` and runs it: the cases that the question shows.
    pub demo_test_func: String,
    /// The same with all cases.
    pub full_test_func: String,
    pub language: String,
    /// How hard the problem is for a weaker model; absent if none was asked.
    pub difficulty: Option<String>,
    pub id: String,
    /// The function that the tests call.
    pub entry: String,
    /// The cases of the demo test.
    pub demo_cases: Vec<SampleCase>,
    /// All cases, those of the demo test first.
    pub full_cases: Vec<SampleCase>,
    pub mutation: MutationReport,
    pub provenance: Provenance,
}

/// How many faulty variants of the solution the full test rejects.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MutationReport {
    /// Variants killed, of all that were run (DeMillo, Lipton and Sayward 1978); absent if the solution has no variants.
    pub score: Option<f64>,
    pub killed: usize,
    pub mutants: usize,
    /// Cases that were added because they tell a surviving variant apart.
    pub added_cases: usize,
    /// Variants that no input of the search tells apart: presumed equivalent.
    pub survivors: Vec<Survivor>,
}

/// A variant that passes the full test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survivor {
    pub operator: String,
    /// From 1.
    pub line: usize,
    pub original: String,
    pub replacement: String,
}

impl Row for CodingProblem {
    const SCHEMA: RowSchema = RowSchema::new("problem", 1);
}

/// A problem as trainers read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptCompletion {
    pub id: String,
    pub prompt: String,
    pub completion: String,
    pub provenance: Provenance,
}

/// A problem for reinforcement learning, in the fields that verl reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RewardRow {
    pub data_source: String,
    pub prompt: Vec<PromptMessage>,
    pub ability: String,
    pub reward_model: RewardModel,
    pub extra_info: ExtraInfo,
}

/// One message of a prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptMessage {
    pub role: String,
    pub content: String,
}

/// How an answer is rewarded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RewardModel {
    pub style: String,
    /// A script that runs after the answer and raises if it is wrong.
    pub ground_truth: String,
}

/// What else a reward function may want to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExtraInfo {
    pub id: String,
    pub entry: String,
    pub language: String,
    pub mutation_score: Option<f64>,
}

impl PromptCompletion {
    /// The problem with its solution as the reply.
    pub fn new(problem: &CodingProblem, completion: String) -> Self {
        Self {
            id: problem.id.clone(),
            prompt: problem.question.clone(),
            completion,
            provenance: problem.provenance.clone(),
        }
    }
}

impl RewardRow {
    /// The problem with its full test as the ground truth.
    pub fn new(problem: &CodingProblem) -> Self {
        Self {
            data_source: "tgsand/autocode".into(),
            prompt: vec![PromptMessage { role: "user".into(), content: problem.question.clone() }],
            ability: "code".into(),
            reward_model: RewardModel {
                style: "rule".into(),
                ground_truth: problem.full_test_func.clone(),
            },
            extra_info: ExtraInfo {
                id: problem.id.clone(),
                entry: problem.entry.clone(),
                language: problem.language.clone(),
                mutation_score: problem.mutation.score,
            },
        }
    }
}

impl Row for PromptCompletion {
    const SCHEMA: RowSchema = RowSchema::new("autocode", 1);
}

impl Row for RewardRow {
    const SCHEMA: RowSchema = RowSchema::new("rl", 1);
}
