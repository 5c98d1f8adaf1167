//! What became of a problem: its samples and the results on them, one row of `results.jsonl`.
//!
//! Invariant: the counts of a row follow from its results alone.

use serde::{Deserialize, Serialize};

use super::answer::Reply;
use crate::dataset::problems::{Format, Problem};
use crate::executor::OtherLanguage;
use crate::grade::{Failing, Graded, Mode, ReferenceResult, TestResult};
use crate::measure::pass_at_k::Answers;
use crate::model::Usage;
use crate::named::named_enum;
use crate::record;
use crate::reply::{Extracted, How};
use crate::report::excerpt;
use crate::schema::{Row, RowSchema};

/// A problem and all samples of its answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProblemResult {
    pub id: String,
    pub format: Format,
    /// The language of the answers, if it is not Python.
    #[serde(default)]
    pub language: Option<OtherLanguage>,
    /// The executor that ran the answers, outside the sandbox and each program twice; absent if they ran in the sandbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executor: Option<String>,
    /// A digest of what is asked and tested: two rows with the same are of the same problem.
    #[serde(default)]
    pub problem: String,
    /// Tests of the problem.
    pub tests: u64,
    /// How many of them, from the first, are those of the set that this one extends; `null` if it extends none.
    #[serde(default)]
    pub base_tests: Option<usize>,
    /// Whether the problem's own reference program passes; `null` if there is none.
    #[serde(default)]
    pub reference_passes: Option<bool>,
    /// The first test that the reference program fails.
    #[serde(default)]
    pub reference_failing: Option<Failing>,
    /// How tests that are code got at the answers.
    #[serde(alias = "judged")]
    pub isolation: TestIsolation,
    /// Samples that pass every test.
    pub correct: u64,
    /// The share of tests passed, over all samples.
    pub pass_ratio: Option<f64>,
    pub samples: Vec<AnswerResult>,
}

impl Row for ProblemResult {
    const SCHEMA: RowSchema = RowSchema::new("result", 1);
}

named_enum! {
    /// How tests got at the answers, without the particulars.
    pub enum TestIsolation {
        /// Results are compared on the host, or by a test that never meets the answer's code.
        Apart = "apart",
        Guarded = "guarded",
        Together = "together",
    }
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnswerResult {
    /// Its number, from 0.
    pub sample: usize,
    pub passed: bool,
    /// The first result that is not `passed`.
    #[serde(alias = "verdict")]
    pub result: TestResult,
    pub passed_tests: u64,
    /// Whether it passes all visible tests, of which there are some, and not all hidden ones.
    pub visible_only: bool,
    pub code: String,
    /// The line of imports that was put before the code, as the format's published grader does.
    #[serde(default)]
    pub prelude: Option<String>,
    /// The start of the reply; only if no code was found in it.
    #[serde(default)]
    pub reply: Option<String>,
    /// Where the code was in the reply; `null` for a reference program.
    #[serde(default)]
    pub how: Option<How>,
    /// Whether the reply was cut: by the reason given for its end, else as far as its text shows.
    pub truncated: bool,
    /// The token that ends the reply for the machine; what follows it was not read.
    #[serde(default)]
    pub end_token: Option<String>,
    /// Lines of code in the reply that had to go for the rest to be whole.
    #[serde(default)]
    pub dropped_lines: u64,
    /// Whether spaces that Python does not take were replaced in the code.
    #[serde(default)]
    pub replaced_spaces: bool,
    /// Whether its calls give something else after others; it is graded by calls in the tests' order then.
    #[serde(default)]
    pub order_dependent: bool,
    #[serde(alias = "verdicts")]
    pub results: Vec<TestResult>,
    #[serde(default)]
    pub failing: Option<Failing>,
    pub fuel: u64,
    /// Fuel divided by the reference program's, if both pass.
    #[serde(default)]
    pub fuel_ratio: Option<f64>,
    /// `null` if no server counted.
    #[serde(default)]
    pub usage: Option<Usage>,
}

/// An answer before it is scored.
pub struct Answered {
    pub reply: Reply,
    /// Absent for a reference program, which is not a reply.
    pub extracted: Option<Extracted>,
    /// What was put before the code.
    pub prelude: Option<String>,
    pub graded: Graded,
}

impl ProblemResult {
    /// Scores a problem's answers.
    pub fn new(
        problem: &Problem,
        reference_result: Option<&ReferenceResult>,
        mode: &Mode,
        answered: Vec<Answered>,
    ) -> Self {
        let visible = problem.tests.visible();
        let reference = reference_result.map(|reference_result| &reference_result.graded);
        let is_shared = answered.iter().any(|answered| answered.graded.shared_interpreter);
        let samples: Vec<AnswerResult> = answered
            .into_iter()
            .enumerate()
            .map(|(number, answered)| {
                AnswerResult::new(number, problem, &visible, reference, answered)
            })
            .collect();
        let tests = visible.len() as u64;
        let all = tests * samples.len() as u64;
        let passed: u64 = samples.iter().map(|sample| sample.passed_tests).sum();
        Self {
            id: problem.id.clone(),
            format: problem.format,
            language: problem.tests.language().cloned(),
            executor: None,
            problem: digest(problem),
            tests,
            base_tests: problem.base_tests,
            reference_passes: reference.map(Graded::passes),
            reference_failing: reference.and_then(|graded| graded.failing.clone()),
            isolation: match mode {
                // Without a reference program an answer's own test may show that it needs more than data.
                Mode::Apart { .. } if !is_shared => TestIsolation::Apart,
                Mode::Apart { .. } | Mode::Guarded => TestIsolation::Guarded,
                Mode::Together => TestIsolation::Together,
            },
            correct: samples.iter().filter(|sample| sample.passed).count() as u64,
            pass_ratio: (all > 0).then(|| passed as f64 / all as f64),
            samples,
        }
    }
}

impl ProblemResult {
    /// The problem's samples and those of them that pass the tests of the set that this one extends.
    pub fn base_answers(&self) -> Option<Answers> {
        let base_tests = self.base_tests?;
        let passes = |sample: &&AnswerResult| {
            let base = sample.results.get(..base_tests);
            base.is_some_and(|results| results.iter().all(|&result| result == TestResult::Passed))
        };
        let correct = self.samples.iter().filter(passes).count() as u64;
        Some(Answers { samples: self.samples.len() as u64, correct })
    }

    /// Why the reference program fails, in a line; `None` if it does not fail.
    pub fn why_reference_fails(&self) -> Option<String> {
        (self.reference_passes == Some(false)).then(|| {
            self.reference_failing
                .as_ref()
                .map_or_else(|| "reason unknown".to_owned(), Failing::in_a_line)
        })
    }
}

fn digest(problem: &Problem) -> String {
    let asked =
        serde_json::to_vec(&(&problem.prompt, &problem.tests)).expect("a problem is plain data");
    record::digest(&asked)
}

impl AnswerResult {
    fn new(
        number: usize,
        problem: &Problem,
        visible: &[bool],
        reference: Option<&Graded>,
        Answered { reply, extracted, prelude, graded }: Answered,
    ) -> Self {
        let passed = graded.passes();
        let passes = |wanted: bool| {
            let mut of_kind =
                visible.iter().zip(&graded.results).filter(move |(visible, _)| **visible == wanted);
            of_kind.all(|(_, result)| *result == TestResult::Passed)
        };
        let result = graded.results.iter().find(|&&result| result != TestResult::Passed);
        let reference_fuel =
            reference.filter(|reference| reference.passes() && passed).map(|graded| graded.fuel);
        Self {
            sample: number,
            passed,
            result: result.copied().unwrap_or(TestResult::Passed),
            passed_tests: graded.passed_tests(),
            visible_only: visible.contains(&true) && passes(true) && !passes(false),
            // Whoever knows why the reply ends knows better than its text.
            truncated: reply
                .cut
                .unwrap_or_else(|| extracted.as_ref().is_some_and(|extracted| extracted.truncated)),
            how: extracted.as_ref().map(|extracted| extracted.how),
            end_token: extracted.as_ref().and_then(|extracted| extracted.end_token.clone()),
            dropped_lines: extracted.as_ref().map_or(0, |extracted| extracted.dropped_lines),
            replaced_spaces: extracted.as_ref().is_some_and(|extracted| extracted.replaced_spaces),
            code: match extracted {
                Some(extracted) => extracted.code,
                None => problem.reference.clone().unwrap_or_default(),
            },
            prelude,
            reply: (result == Some(&TestResult::NoCode)).then(|| excerpt(&reply.text).to_owned()),
            fuel: graded.fuel,
            fuel_ratio: reference_fuel
                .filter(|&fuel| fuel > 0)
                .map(|fuel| graded.fuel as f64 / fuel as f64),
            order_dependent: graded.order_dependent,
            results: graded.results,
            failing: graded.failing,
            usage: Some(reply.usage).filter(Usage::is_counted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::test_cases::Tests;

    #[test]
    fn no_tests_are_not_a_perfect_score() {
        let problem = Problem {
            id: "p".into(),
            format: Format::Apps,
            prompt: String::new(),
            prompt_code: None,
            reference: None,
            tests: Tests::streams(vec![]),
            time_limit: None,
            base_tests: None,
        };
        let graded = Graded {
            results: vec![],
            fuel: 0,
            shared_interpreter: false,
            order_dependent: false,
            failing: None,
        };
        let answered = Answered { reply: Reply::default(), extracted: None, prelude: None, graded };
        let found = ProblemResult::new(&problem, None, &Mode::Together, vec![answered]);
        assert_eq!((found.tests, found.correct, found.pass_ratio), (0, 0, None));
    }
}
