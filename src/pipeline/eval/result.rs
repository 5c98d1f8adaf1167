//! What became of a problem: its samples and the verdicts on them, one row of `results.jsonl`.
//!
//! Invariant: the counts of a row follow from its verdicts alone.

use serde::{Deserialize, Serialize};

use super::answer::Reply;
use crate::dataset::problems::{Format, Problem};
use crate::grade::{self, Failing, Judged, Mode, Standard, Verdict};
use crate::model::Usage;
use crate::reply::{Extracted, How};

/// The longest reply without code that is kept, in characters.
const SHOWN: usize = 2000;

/// A problem and all samples of its answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    pub id: String,
    pub format: Format,
    /// A digest of what is asked and tested: two rows with the same are of the same problem.
    #[serde(default)]
    pub problem: String,
    /// Tests of the problem.
    pub tests: u64,
    /// Whether the problem's own reference program passes; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_passes: Option<bool>,
    /// How tests that are code got at the answers.
    pub judged: Judging,
    /// Samples that pass every test.
    pub correct: u64,
    /// The share of tests passed, over all samples.
    pub pass_ratio: Option<f64>,
    pub samples: Vec<Sample>,
}

/// How tests got at the answers, without the particulars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judging {
    /// Results are compared on the host, or by a test that never meets the answer's code.
    Apart,
    Guarded,
    Together,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Its number, from 0.
    pub sample: usize,
    pub passed: bool,
    /// The first verdict that is not `passed`.
    pub verdict: Verdict,
    pub passed_tests: u64,
    /// Whether it passes all visible tests, of which there are some, and not all hidden ones.
    pub visible_only: bool,
    pub code: String,
    /// How the reply begins; only where no code was found in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// Where the code stood in the reply; absent for a reference program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<How>,
    /// Whether the reply was cut: by the reason given for its end, else as far as its text shows.
    pub truncated: bool,
    pub verdicts: Vec<Verdict>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Failing>,
    pub fuel: u64,
    /// Fuel beside the reference program's, where both pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel_ratio: Option<f64>,
    #[serde(default)]
    pub usage: Usage,
}

/// An answer before it is scored.
pub struct Answered {
    pub reply: Reply,
    /// Absent for a reference program, which is no reply.
    pub extracted: Option<Extracted>,
    pub judged: Judged,
}

impl Attempt {
    /// Scores a problem's answers.
    pub fn new(problem: &Problem, standard: Option<&Standard>, mode: &Mode, answered: Vec<Answered>) -> Self {
        let visible = grade::visible(problem);
        let reference = standard.map(|standard| &standard.judged);
        let is_beside = answered.iter().any(|answered| answered.judged.beside);
        let samples: Vec<Sample> = answered
            .into_iter()
            .enumerate()
            .map(|(number, answered)| Sample::new(number, problem, &visible, reference, answered))
            .collect();
        let tests = visible.len() as u64;
        let all = tests * samples.len() as u64;
        let passed: u64 = samples.iter().map(|sample| sample.passed_tests).sum();
        Self {
            id: problem.id.clone(),
            format: problem.format,
            problem: digest(problem),
            tests,
            reference_passes: reference.map(Judged::passes),
            judged: match mode {
                // Without a reference program an answer's own test may show that it needs more than data.
                Mode::Apart { .. } if !is_beside => Judging::Apart,
                Mode::Apart { .. } | Mode::Guarded => Judging::Guarded,
                Mode::Together => Judging::Together,
            },
            correct: samples.iter().filter(|sample| sample.passed).count() as u64,
            pass_ratio: (all > 0).then(|| passed as f64 / all as f64),
            samples,
        }
    }
}

fn digest(problem: &Problem) -> String {
    let asked = serde_json::to_vec(&(&problem.prompt, &problem.judge)).expect("a problem is plain data");
    blake3::hash(&asked).to_hex().chars().take(16).collect()
}

impl Sample {
    fn new(
        number: usize,
        problem: &Problem,
        visible: &[bool],
        reference: Option<&Judged>,
        Answered { reply, extracted, judged }: Answered,
    ) -> Self {
        let passed = judged.passes();
        let passes = |wanted: bool| {
            let mut of_kind = visible.iter().zip(&judged.verdicts).filter(move |(visible, _)| **visible == wanted);
            of_kind.all(|(_, verdict)| *verdict == Verdict::Passed)
        };
        let verdict = judged.verdicts.iter().find(|&&verdict| verdict != Verdict::Passed);
        let reference_fuel = reference.filter(|reference| reference.passes() && passed).map(|judged| judged.fuel);
        Self {
            sample: number,
            passed,
            verdict: verdict.copied().unwrap_or(Verdict::Passed),
            passed_tests: judged.verdicts.iter().filter(|&&verdict| verdict == Verdict::Passed).count() as u64,
            visible_only: visible.contains(&true) && passes(true) && !passes(false),
            // Whoever knows why the reply ends knows better than its text.
            truncated: reply.cut.unwrap_or_else(|| extracted.as_ref().is_some_and(|extracted| extracted.truncated)),
            how: extracted.as_ref().map(|extracted| extracted.how),
            code: match extracted {
                Some(extracted) => extracted.code,
                None => problem.reference.clone().unwrap_or_default(),
            },
            reply: (verdict == Some(&Verdict::NoCode)).then(|| reply.text.chars().take(SHOWN).collect()),
            fuel: judged.fuel,
            fuel_ratio: reference_fuel.filter(|&fuel| fuel > 0).map(|fuel| judged.fuel as f64 / fuel as f64),
            verdicts: judged.verdicts,
            failing: judged.failing,
            usage: reply.usage,
        }
    }
}
