//! The scores of a run as numbers and as rows of a table.
//!
//! Invariant: both state the same numbers, and what was not measured has no value.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::estimate::{Estimate, left_out, too_few};
use crate::measure::intervals::Interval;
use crate::model::Usage;

/// A problem whose own reference program does not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailingReference {
    pub id: String,
    /// In a line.
    pub why: String,
}

/// The scores of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreReport {
    pub problems: usize,
    pub samples: u64,
    /// By k.
    pub pass_at: Vec<(u64, Estimate)>,
    /// The same by the tests of the set that this one extends; empty if it extends none.
    pub base_pass_at: Vec<(u64, Estimate)>,
    pub avg_pass_ratio: Estimate,
    /// Samples that pass all visible tests and not all hidden ones.
    pub visible_only: u64,
    pub truncated: u64,
    /// Samples that import a module which the runtime lacks and another has.
    pub missing_modules: u64,
    /// Failing samples by their first wrong result.
    pub failures: BTreeMap<&'static str, u64>,
    /// Failing samples by the exception that their first wrong test showed.
    pub exceptions: BTreeMap<String, u64>,
    /// Samples by where their code was in the reply.
    pub extraction: BTreeMap<&'static str, u64>,
    /// The median, over passing samples, of their fuel divided by the reference program's.
    pub fuel_ratio: Option<f64>,
    pub smell_score: Estimate,
    pub smell_score_without_artefacts: Estimate,
    pub maintainability: Estimate,
    pub usage: Usage,
    /// Problems whose own reference program does not pass.
    pub failing_references: Vec<FailingReference>,
    /// Problems whose tests shared an interpreter with the answers.
    pub shared_interpreter: u64,
    /// Samples whose calls give something else after others.
    pub order_dependent: u64,
    /// Problems whose answers ran outside the sandbox, by executor.
    pub executors: BTreeMap<String, u64>,
}

impl ScoreReport {
    /// The scores as one object.
    pub fn json(&self) -> Map<String, Json> {
        let mut json = Map::new();
        let mut put = |key: String, value: Json| json.insert(key, value);
        put("problems".into(), json!(self.problems));
        put("samples".into(), json!(self.samples));
        let pass_at = self.pass_at.iter().map(|(k, estimate)| (format!("pass@{k}"), estimate));
        let base = self.base_pass_at.iter();
        let base = base.map(|(k, estimate)| (format!("base_pass@{k}"), estimate));
        let estimates = pass_at.chain(base);
        let others = [
            ("avg_pass_ratio", &self.avg_pass_ratio),
            ("smell_score", &self.smell_score),
            ("smell_score_without_artefacts", &self.smell_score_without_artefacts),
            ("maintainability", &self.maintainability),
        ];
        for (name, estimate) in
            estimates.chain(others.map(|(name, estimate)| (name.to_owned(), estimate)))
        {
            let Estimate { value, interval, left_out, .. } = estimate;
            put(name.clone(), json!(value));
            put(
                format!("{name}_interval"),
                json!(interval.map(|Interval { low, high }| [low, high])),
            );
            put(format!("{name}_left_out"), json!(left_out));
        }
        put("visible_only".into(), json!(self.visible_only));
        put("failures".into(), json!(self.failures));
        put("exceptions".into(), json!(self.exceptions));
        put("extraction".into(), json!(self.extraction));
        put("truncated".into(), json!(self.truncated));
        if self.missing_modules > 0 {
            put("missing_modules".into(), json!(self.missing_modules));
        }
        put("fuel_ratio".into(), json!(self.fuel_ratio));
        put("tokens".into(), json!(self.has_tokens().then_some(self.usage)));
        let failing = self.failing_references.iter().map(|reference| &reference.id);
        put("failing_references".into(), json!(failing.collect::<Vec<_>>()));
        put("shared_interpreter".into(), json!(self.shared_interpreter));
        put("order_dependent".into(), json!(self.order_dependent));
        if !self.executors.is_empty() {
            put("executors".into(), json!(self.executors));
        }
        json
    }

    /// Whether a model's server counted tokens.
    pub fn has_tokens(&self) -> bool {
        self.usage.is_counted()
    }

    /// The cost of a model's answers, in USD if there is a price, as further rows; `-` if no tokens
    /// were counted.
    pub fn model_rows(&self, cost: Option<f64>) -> Vec<(String, String)> {
        let unknown = || "-".to_owned();
        let tokens = (!self.has_tokens()).then(|| ("tokens".to_owned(), unknown()));
        let cost =
            cost.map(|cost| if self.has_tokens() { format!("{cost:.4} USD") } else { unknown() });
        tokens.into_iter().chain(cost.map(|cost| ("cost".to_owned(), cost))).collect()
    }

    /// The four figures of the study on optimised training data, one a line.
    pub fn study_figures(&self, unanswered: u64) -> String {
        let figures = [
            ("pass@1", self.pass_at.iter().find(|(k, _)| *k == 1).map(|(_, estimate)| estimate)),
            ("AvgPassRatio", Some(&self.avg_pass_ratio)),
            ("smell score", Some(&self.smell_score)),
            ("maintainability index", Some(&self.maintainability)),
        ];
        let value = |estimate: Option<&Estimate>| estimate.and_then(|estimate| estimate.value);
        let lines = figures.into_iter().map(|(name, estimate)| match value(estimate) {
            Some(value) => format!("{name}: {value:.4}\n"),
            None => format!("{name}: -\n"),
        });
        let without = (unanswered > 0).then(|| format!("problems without a reply: {unanswered}\n"));
        lines.chain(without).collect()
    }

    /// The scores as rows of a table.
    pub fn rows(&self) -> Vec<(String, String)> {
        let mut rows = vec![
            ("problems".to_owned(), self.problems.to_string()),
            ("samples".to_owned(), self.samples.to_string()),
        ];
        rows.extend(self.pass_at.iter().map(|(k, estimate)| {
            (format!("pass@{k}"), estimate.shown(|problems| too_few(problems, *k)))
        }));
        rows.extend(self.base_pass_at.iter().map(|(k, estimate)| {
            let name = format!("pass@{k} on the base inputs");
            (name, estimate.shown(|problems| too_few(problems, *k)))
        }));
        rows.push(("AvgPassRatio".into(), self.avg_pass_ratio.shown(left_out)));
        rows.push(("pass only the visible tests".into(), self.visible_only.to_string()));
        rows.push(("failing samples".into(), self.failures.values().sum::<u64>().to_string()));
        rows.extend(
            self.failures.iter().map(|(name, count)| (format!("- {name}"), count.to_string())),
        );
        rows.push(("replies cut off".into(), self.truncated.to_string()));
        if self.missing_modules > 0 {
            let count = self.missing_modules.to_string();
            rows.push(("samples that import what the runtime lacks".into(), count));
        }
        let ratio = self.fuel_ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.3}"));
        rows.push(("median fuel relative to the reference".into(), ratio));
        rows.push(("smell score".into(), self.smell_score.shown(left_out)));
        rows.push((
            "smell score without artefacts".into(),
            self.smell_score_without_artefacts.shown(left_out),
        ));
        rows.push(("maintainability index".into(), self.maintainability.shown(left_out)));
        if self.has_tokens() {
            let Usage { prompt_tokens, completion_tokens, .. } = self.usage;
            rows.push(("tokens".into(), format!("{prompt_tokens} in, {completion_tokens} out")));
        }
        if !self.failing_references.is_empty() {
            rows.push((
                "reference programs that fail".into(),
                self.failing_references.len().to_string(),
            ));
        }
        if self.shared_interpreter > 0 {
            rows.push((
                "problems with tests that share the answer's interpreter".into(),
                self.shared_interpreter.to_string(),
            ));
        }
        if self.order_dependent > 0 {
            rows.push((
                "samples with calls that depend on earlier ones".into(),
                self.order_dependent.to_string(),
            ));
        }
        rows.extend(self.executors.iter().map(|(name, count)| {
            let what = format!("problems run by executor {name}, outside the sandbox");
            (what, count.to_string())
        }));
        rows
    }
}
