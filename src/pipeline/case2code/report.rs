//! What a run's samples hold, counted, and what `run.json` says of them.
//!
//! Invariant: functions are counted apart from the texts about them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::texts::{TextOutcome, Written};
use super::{Options, Task};
use crate::inputs::ModelProposer;
use crate::model::OriginReport;
use crate::outcome::{Reason, Rejection};

/// What the samples of a run hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts {
    pub case2code: u64,
    pub qa: u64,
    pub duels: u64,
    pub texts: TextCounts,
    pub cases: u64,
    /// Functions that are not looked at, by kind.
    pub not_looked_at: BTreeMap<String, u64>,
    /// Branch sides reached and there to reach, over all accepted functions.
    pub branch_sides: (u64, u64),
}

/// What became of the texts that a model wrote; functions are counted apart from them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextCounts {
    pub qa: u64,
    pub design: u64,
    pub rejected: BTreeMap<Reason, u64>,
}

/// The settings of this pipeline, as `run.json` states them.
#[derive(Serialize)]
pub struct Settings {
    proposer: String,
    seed: u64,
    cases: usize,
    rules: Vec<Reason>,
    min_cases: usize,
    dedupe: Option<f64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    private: bool,
    docstrings: &'static str,
    frames: usize,
    max_program: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<TextSettings>,
    /// Digests, by name.
    prompts: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct TextSettings {
    kinds: Vec<&'static str>,
    lang: String,
}

/// What `run.json` says of the samples.
#[derive(Serialize)]
pub(super) struct Report {
    samples: SampleReport,
    executed_cases: u64,
    branch_sides: BranchReport,
    /// Functions that are not looked at, by kind; their sum stands among the rejected.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    not_looked_at: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<TextReport>,
    /// Contains times only if replies were taken from the cache.
    #[serde(flatten)]
    origins: OriginReport,
}

#[derive(Serialize)]
struct SampleReport {
    case2code: u64,
    qa: u64,
    duel: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    design: Option<u64>,
}

#[derive(Serialize)]
struct BranchReport {
    reached: u64,
    all: u64,
}

#[derive(Serialize)]
struct TextReport {
    accepted: u64,
    rejected: BTreeMap<Reason, u64>,
}

impl Settings {
    /// The settings of a task.
    pub fn of(task: &Task<'_>) -> Self {
        let Options { seed, inputs, rules, dedupe, private, docstrings, frames, max_program } =
            task.options;
        Self {
            proposer: task.model.map_or_else(|| "builtin".to_owned(), ModelProposer::name),
            seed: *seed,
            cases: *inputs,
            rules: rules.active.iter().copied().collect(),
            min_cases: rules.min_cases,
            dedupe: *dedupe,
            private: *private,
            docstrings: docstrings.name(),
            frames: *frames,
            max_program: *max_program,
            text: task.model.and(task.text).map(|text| TextSettings {
                kinds: text.kinds.iter().map(|kind| kind.name()).collect(),
                lang: text.lang.clone(),
            }),
            prompts: task.prompt_digests(),
        }
    }
}

impl Report {
    pub(super) fn new(task: &Task<'_>, counts: &Counts) -> Self {
        let TextCounts { qa, design, rejected } = &counts.texts;
        let (reached, all) = counts.branch_sides;
        Self {
            samples: SampleReport {
                case2code: counts.case2code,
                qa: counts.qa,
                duel: counts.duels,
                design: task.has_designs().then_some(*design),
            },
            executed_cases: counts.cases,
            branch_sides: BranchReport { reached, all },
            not_looked_at: counts.not_looked_at.clone(),
            text: task
                .model
                .and(task.text)
                .map(|_| TextReport { accepted: qa + design, rejected: rejected.clone() }),
            origins: task
                .model
                .map_or_else(OriginReport::default, |proposer| proposer.model.origin_report()),
        }
    }
}

impl Counts {
    /// Counts a function that is not looked at.
    pub(super) fn add_rejected(&mut self, why: &Rejection) {
        if why.reason == Reason::NotLookedAt
            && let Some(kind) = why.evidence["kind"].as_str()
        {
            *self.not_looked_at.entry(kind.to_owned()).or_default() += 1;
        }
    }

    pub(super) fn add(&mut self, Written { samples, texts }: &Written, has_duel: bool) {
        self.case2code += 1;
        self.qa += samples.qa.len() as u64;
        self.duels += u64::from(has_duel);
        for text in texts {
            match text {
                TextOutcome::Qa(_) => {
                    self.qa += 1;
                    self.texts.qa += 1;
                }
                TextOutcome::Design(_) => self.texts.design += 1,
                TextOutcome::Rejected { why, .. } => {
                    *self.texts.rejected.entry(why.reason).or_default() += 1;
                }
            }
        }
        let sample = &samples.case2code;
        self.cases += (sample.visible_cases.len() + sample.hidden_cases.len()) as u64;
        if let Some((reached, all)) = sample.provenance.branch_coverage {
            self.branch_sides.0 += reached as u64;
            self.branch_sides.1 += all as u64;
        }
    }
}
