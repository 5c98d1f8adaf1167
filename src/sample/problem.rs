//! Programming problems: a question, a solution, and tests that tell right answers from wrong ones.
//!
//! Invariant: the tests are written from the cases, and each row has those cases as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Provenance, SampleCase};
use crate::named::named_enum;
use crate::record::Lineage;
use crate::sandbox::Limits;
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
    pub difficulty: Option<Difficulty>,
    pub id: String,
    /// The function that the tests call.
    pub entry: String,
    /// The cases of the demo test.
    pub demo_cases: Vec<SampleCase>,
    /// All cases, those of the demo test first.
    pub full_cases: Vec<SampleCase>,
    pub mutation: MutationReport,
    /// What the problem is about; absent if no model has said so.
    #[serde(default)]
    pub category: Option<Category>,
    /// The findings of a model that has reviewed the problem; absent if none has.
    #[serde(default)]
    pub review: Option<Review>,
    /// The answers of a weaker model; absent if none was asked.
    #[serde(default)]
    pub attempts: Option<Attempts>,
    pub provenance: Provenance,
}

named_enum! {
    /// How hard a problem is: by the share of a weaker model's answers that are right.
    pub enum Difficulty {
        /// More than half.
        Easy = "easy",
        /// Some, and at most half.
        Medium = "medium",
        /// None.
        Hard = "hard",
    }
}

named_enum! {
    /// What a solver has to be good at.
    pub enum Category {
        Arithmetic = "arithmetic",
        NumberTheory = "number-theory",
        Geometry = "geometry",
        Statistics = "statistics",
        BitManipulation = "bit-manipulation",
        Strings = "strings",
        Parsing = "parsing",
        Formatting = "formatting",
        Lists = "lists",
        Mappings = "mappings",
        Matrices = "matrices",
        SortingAndSearching = "sorting-and-searching",
        Recursion = "recursion",
        DynamicProgramming = "dynamic-programming",
        Greedy = "greedy",
        Graphs = "graphs",
        Trees = "trees",
        Simulation = "simulation",
        DataStructures = "data-structures",
        DatesAndTimes = "dates-and-times",
    }
}

named_enum! {
    /// The faults that a problem is reviewed for.
    pub enum ReviewRule {
        SignatureMismatch = "signature-mismatch",
        Randomness = "randomness",
        WrongTarget = "wrong-target",
        FloatPrecision = "float-precision",
        SwallowedExceptions = "swallowed-exceptions",
        NotExecutable = "not-executable",
        IrrelevantRequirement = "irrelevant-requirement",
        Other = "other",
    }
}

/// A review: one finding for each rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The model that has reviewed the problem.
    pub model: String,
    pub findings: Vec<Finding>,
    /// Why the problem is of its category; empty if it has none.
    pub category_reason: String,
}

/// What a review says of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub rule: ReviewRule,
    /// Whether the problem has the fault.
    pub broken: bool,
    pub reason: String,
}

/// How many answers of a model are right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    pub model: String,
    pub samples: u32,
    pub passed: u32,
}

impl Attempts {
    /// The share of right answers; 0 without any.
    pub fn pass_rate(&self) -> f64 {
        f64::from(self.passed) / f64::from(self.samples.max(1))
    }

    /// The difficulty, as in AutoCodeBench: of ten answers none, up to five, or more are right.
    pub fn difficulty(&self) -> Difficulty {
        match self.passed {
            0 => Difficulty::Hard,
            passed if u64::from(passed) * 2 <= u64::from(self.samples) => Difficulty::Medium,
            _ => Difficulty::Easy,
        }
    }
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

/// A programming problem in a language that an executor runs, in the published fields of AutoCodeBench and then ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProblemElsewhere {
    pub question: String,
    pub canonical_solution: String,
    /// The test that the question shows; it follows the solution.
    pub demo_test_func: String,
    /// The same with all checks.
    pub full_test_func: String,
    pub language: String,
    pub id: String,
    pub provenance: ProvenanceElsewhere,
}

/// A problem that was translated from another language, in the published fields of AutoCodeBench and then ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TranslatedProblem {
    pub question: String,
    pub canonical_solution: String,
    /// The test that the question shows; it follows the solution.
    pub demo_test_func: String,
    /// The same with all checks.
    pub full_test_func: String,
    pub language: String,
    pub id: String,
    /// The problem that was translated, and its language.
    pub source_id: String,
    pub source_language: String,
    /// What follows the solution to print the results of the cases, each as JSON on a line.
    pub results_func: String,
    /// What both solutions give for the same calls.
    pub cases: Vec<TranslatedCase>,
    pub variants: VariantCounts,
    pub provenance: ProvenanceTranslated,
}

/// A call, and what the solutions in both languages give for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranslatedCase {
    /// The call in the language that was translated, or which one it is if its text is not known.
    pub call: String,
    /// The result as JSON.
    pub result: String,
}

/// How the tests of a translation treat faulty variants of its solution.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantCounts {
    /// Variants that run.
    pub run: u64,
    /// Those that give something else for a case; the full test rejects each.
    pub rejected: u64,
}

/// Where a translated problem comes from, and where it ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProvenanceTranslated {
    /// The version of the program.
    pub tgsand: String,
    pub source: Lineage,
    /// The runtime in the sandbox, or the executor, that ran the translation, with all that decides what it does.
    pub place: String,
    pub limits: Limits,
    /// What the full test took; 0 on an executor.
    pub fuel: u64,
    /// The model that has translated.
    pub model: String,
    /// Digests of its prompts, by name.
    pub prompts: BTreeMap<String, String>,
}

impl Row for TranslatedProblem {
    const SCHEMA: RowSchema = RowSchema::new("translated-problem", 1);
}

/// Where a problem in a language that an executor runs comes from. What ran there is neither sandboxed nor deterministic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProvenanceElsewhere {
    /// The version of the program.
    pub tgsand: String,
    pub source: Lineage,
    /// The executor that ran the solution with its tests, each program twice.
    pub executor: String,
    /// The model that wrote solution, tests and question.
    pub model: String,
    /// Digests of its prompts, by name.
    pub prompts: BTreeMap<String, String>,
}

impl Row for ProblemElsewhere {
    const SCHEMA: RowSchema = RowSchema::new("problem-elsewhere", 1);
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
    pub difficulty: Option<Difficulty>,
    /// The share of a weaker model's answers that are right; absent if none was asked.
    pub pass_rate: Option<f64>,
}

impl PromptCompletion {
    /// The problem with its solution as the reply.
    pub fn new(problem: &CodingProblem, prompt: String, completion: String) -> Self {
        Self { id: problem.id.clone(), prompt, completion, provenance: problem.provenance.clone() }
    }
}

impl RewardRow {
    /// The problem with its full test as the ground truth.
    pub fn new(problem: &CodingProblem, prompt: String) -> Self {
        Self {
            data_source: "tgsand/autocode".into(),
            prompt: vec![PromptMessage { role: "user".into(), content: prompt }],
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
                difficulty: problem.difficulty,
                pass_rate: problem.attempts.as_ref().map(Attempts::pass_rate),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difficulty_goes_by_the_share_of_right_answers() {
        let of = |passed, samples| Attempts { model: "m".into(), samples, passed }.difficulty();
        assert_eq!(
            [of(0, 10), of(1, 10), of(5, 10), of(6, 10), of(10, 10)].map(Difficulty::name),
            ["hard", "medium", "medium", "easy", "easy"]
        );
        assert_eq!(
            [of(1, 1), of(1, 2), of(2, 3)].map(Difficulty::name),
            ["easy", "medium", "easy"]
        );
    }
}
