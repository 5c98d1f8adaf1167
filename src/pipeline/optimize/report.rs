//! What a run has changed, in numbers: rules that were tried, and the programs before and after.
//!
//! Invariant: the numbers follow from the samples alone, in any order.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::Serialize;

use super::Options;
use super::augment::spread::{MAX_SHARE, SpreadCounts};
use super::sample::{Sample, Technique, Trial, TrialEnd};
use super::select::{Selected, Selecting};
use super::synthesize::{Synthesis, SynthesisSettings, Task, TaskCounts};
use super::tools::Tools;
use crate::dataset::programs::ProgramRow;
use crate::lint::{Finding, Severity, Step};
use crate::measure::{Maintainability, Smells};
use crate::python::tokens::bare_tokens;

/// The settings of this pipeline, as `run.json` states them.
#[derive(Serialize)]
pub struct Settings {
    techniques: Vec<Technique>,
    seed: u64,
    inputs: usize,
    variants: usize,
    max_depth: usize,
    findings: String,
    drop_from: Option<Severity>,
    steps: Vec<Step>,
    /// The packages of the study's tools, if they take the steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<String>,
    selecting: Selecting,
    /// The model whose embeddings are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    embeddings: Option<String>,
    /// The file of the rows that programs should be like.
    #[serde(skip_serializing_if = "Option::is_none")]
    like: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    synthesis: Option<SynthesisSettings>,
    /// The model that rewrites programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    rewritten_by: Option<String>,
}

impl Settings {
    /// The settings of a run.
    pub fn of(options: &Options) -> Self {
        Self {
            techniques: options.techniques.clone(),
            seed: options.seed,
            inputs: options.inputs,
            variants: options.variants,
            max_depth: options.max_depth,
            findings: options.selection.digest(),
            drop_from: options.drop_from,
            steps: options.steps.clone(),
            tools: options.tools.as_ref().map(Tools::fingerprint),
            selecting: options.selecting,
            embeddings: options.points.model.as_ref().map(|model| model.server().name().to_owned()),
            like: options.points.like.as_ref().map(|it| it.file.display().to_string()),
            synthesis: options.synthesis.as_ref().map(Synthesis::settings),
            rewritten_by: options.rewriting.as_ref().map(|it| it.author.name().to_owned()),
        }
    }
}

/// What came of a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RuleCounts {
    /// Programs that it was applied to.
    pub applied: u64,
    /// Results that pass all tests of their rows, before any other proof.
    pub passing: u64,
    /// Results that are proven to do the same, and may be kept.
    pub proven: u64,
}

/// The rules by the technique that tried them.
pub type ByRule = BTreeMap<Technique, BTreeMap<String, RuleCounts>>;

/// Counts of rules while a run goes on.
#[derive(Default)]
pub struct Trials(RefCell<ByRule>);

impl Trials {
    /// Adds what was tried on one program.
    pub fn add(&self, technique: Technique, trials: &[Trial]) {
        let mut counts = self.0.borrow_mut();
        for trial in trials {
            let (passing, proven) = match trial.end {
                TrialEnd::Same | TrialEnd::SameTree => (1, 1),
                TrialEnd::Differs => (1, 0),
                TrialEnd::FailsTest => (0, 0),
                TrialEnd::Misplaced => continue,
            };
            let rule = counts.entry(technique).or_default().entry(trial.rule.clone()).or_default();
            rule.applied += 1;
            rule.passing += passing;
            rule.proven += proven;
        }
    }

    /// The counts.
    pub fn take(self) -> ByRule {
        self.0.into_inner()
    }
}

/// Sums over programs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Sums {
    pub programs: u64,
    pub bytes: u64,
    pub tokens: u64,
    /// Messages of the smell score.
    pub smells: u64,
    /// The sum of the maintainability indices of the programs that parse.
    #[serde(skip)]
    maintainability: f64,
    #[serde(skip)]
    parsed: u64,
    /// Their mean.
    pub mean_maintainability: Option<f64>,
}

impl Sums {
    fn add(&mut self, program: &str) {
        self.programs += 1;
        self.bytes += program.len() as u64;
        self.tokens += bare_tokens(program).len() as u64;
        self.smells += Smells::of(program).map_or(0, |smells| smells.findings.len() as u64);
        if let Ok(measured) = Maintainability::of(program) {
            self.maintainability += measured.index();
            self.parsed += 1;
        }
        self.mean_maintainability =
            (self.parsed > 0).then(|| self.maintainability / self.parsed as f64);
    }
}

/// The columns of [`Report::rules`].
pub const RULES: [&str; 5] = ["rule", "applied", "pass the tests", "proven", "in new rows"];

/// What a run has written.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// Rows with a program of their own.
    pub unchanged: u64,
    /// Rows with another program.
    pub changed: u64,
    /// Rows whose solution is a text.
    #[serde(skip_serializing_if = "is_zero")]
    pub texts: u64,
    /// The programs of the rows that are written, as the rows had them.
    pub before: Sums,
    /// The programs that are written.
    pub after: Sums,
    pub trials: ByRule,
    /// The programs that were added, and those that were left out so that rules are mixed and programs stay maintainable.
    #[serde(skip_serializing_if = "is_nothing")]
    pub variants: SpreadCounts,
    /// What a selection has done to the set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected: Option<Selected>,
    /// Findings by rule, of programs that were dropped for them, too.
    pub findings: BTreeMap<String, u64>,
    /// Rows that a model was asked for, by task.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub synthesis: BTreeMap<Task, TaskCounts>,
}

fn is_nothing(counts: &SpreadCounts) -> bool {
    *counts == SpreadCounts::default()
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Report {
    /// The programs before and after, as the rows of a table.
    pub fn rows(&self) -> Vec<(String, String)> {
        let both = |name: &str, of: fn(&Sums) -> String| {
            (name.to_owned(), format!("{} before, {} after", of(&self.before), of(&self.after)))
        };
        let mean = |sums: &Sums| {
            sums.mean_maintainability.map_or_else(|| "-".to_owned(), |mean| format!("{mean:.1}"))
        };
        let mut rows = vec![
            ("rows with their own program".to_owned(), self.unchanged.to_string()),
            ("rows with another program".to_owned(), self.changed.to_string()),
            both("bytes", |sums| sums.bytes.to_string()),
            both("tokens", |sums| sums.tokens.to_string()),
            both("smells", |sums| sums.smells.to_string()),
            both("mean maintainability", mean),
        ];
        let share = format!("proven, left out: a rule above {:.0}%", MAX_SHARE * 100.0);
        let left_out = [
            ("proven, left out: already in the set".to_owned(), self.variants.repeated),
            (share, self.variants.over_share),
            ("proven, left out: harder to maintain".to_owned(), self.variants.less_maintainable),
        ];
        let left_out = left_out.into_iter().filter(|(_, count)| *count > 0);
        rows.extend(left_out.map(|(name, count)| (name, count.to_string())));
        rows.extend(self.selected.iter().flat_map(Selected::rows));
        rows.extend(self.synthesis.iter().map(|(task, counts)| {
            let TaskCounts { asked, accepted } = counts;
            (format!("new rows, {}", task.name()), format!("{accepted} of {asked}"))
        }));
        let findings = self.findings.iter();
        rows.extend(findings.map(|(rule, count)| (format!("finding {rule}"), count.to_string())));
        rows
    }

    /// The rules that were tried: their names, and how many programs each was applied to, how many of the results pass the tests,
    /// how many are proven, and how many new rows they have a part in.
    pub fn rules(&self) -> Vec<[String; 5]> {
        let rules = self.trials.iter().flat_map(|(technique, rules)| {
            rules.iter().map(|(rule, counts)| {
                let [applied, passing, proven] =
                    [counts.applied, counts.passing, counts.proven].map(|count| count.to_string());
                let added = match technique {
                    Technique::Augment => {
                        self.variants.by_rule.get(rule).copied().unwrap_or_default().to_string()
                    }
                    Technique::Clean
                    | Technique::Refactor
                    | Technique::Select
                    | Technique::Synthesize => "-".to_owned(),
                };
                [format!("{}: {rule}", technique.name()), applied, passing, proven, added]
            })
        });
        rules.collect()
    }

    /// Counts what was found in programs.
    pub fn count_findings(&mut self, found: &[(String, Vec<Finding>)]) {
        for finding in found.iter().flat_map(|(_, findings)| findings) {
            *self.findings.entry(finding.rule.clone()).or_default() += 1;
        }
    }

    /// Adds a sample that is written.
    pub fn add(&mut self, sample: &Sample, row: &ProgramRow) {
        // A text is not a program, and has no numbers of one.
        if sample.is_text {
            self.texts += 1;
            return;
        }
        match row.program == sample.program {
            true => self.unchanged += 1,
            false => self.changed += 1,
        }
        self.before.add(&row.program);
        self.after.add(&sample.program);
    }
}
