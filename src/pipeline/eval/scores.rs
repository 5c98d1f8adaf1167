//! The scores of a run: gathered problem by problem, written as numbers, as a table and as Markdown.
//!
//! Invariant: every number says over how many problems or samples it is, and what was not measured has no value.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::quality::Quality;
use super::result::{AnswerResult, ProblemResult, TestIsolation};
use crate::measure::Mean;
use crate::measure::intervals::{self, Interval};
use crate::measure::pass_at_k::Answers;
use crate::model::Usage;
use crate::report::counted;

/// Problems whose code is measured together: enough for every core, few enough to be held.
const AT_ONCE: usize = 256;

/// Gathers the scores of a run.
#[derive(Debug, Default)]
pub struct Scores {
    problems: Vec<Scored>,
    /// The code of the last problems' samples, which is to be measured yet.
    unmeasured: Vec<Vec<String>>,
    samples: u64,
    visible_only: u64,
    truncated: u64,
    missing_modules: u64,
    failures: BTreeMap<&'static str, u64>,
    exceptions: BTreeMap<String, u64>,
    extraction: BTreeMap<&'static str, u64>,
    fuel_ratios: Vec<f64>,
    usage: Usage,
    failing_references: Vec<String>,
    shared_interpreter: u64,
    order_dependent: u64,
}

/// What one problem adds to the means.
#[derive(Debug)]
struct Scored {
    answers: Answers,
    pass_ratio: Option<f64>,
    quality: Quality,
}

/// A mean over problems and how far it may be off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    pub value: Option<f64>,
    /// 95 %.
    pub interval: Option<Interval>,
    pub problems: usize,
    /// Problems without a value.
    pub left_out: usize,
}

impl Estimate {
    fn of(values: &[Option<f64>], interval: impl FnOnce(&[f64]) -> Option<Interval>) -> Self {
        let Mean { value, problems, left_out } = Mean::of(values.iter().copied());
        let measured: Vec<f64> = values.iter().copied().flatten().collect();
        Self { value, interval: interval(&measured), problems, left_out }
    }

    /// The estimate as a cell; `why` says of a number of problems why they have no value.
    fn shown(&self, why: impl Fn(usize) -> String) -> String {
        let interval = self.interval.map(|Interval { low, high }| format!("{low:.4} to {high:.4}"));
        let left_out = (self.left_out > 0).then(|| why(self.left_out));
        let notes: Vec<String> = interval.into_iter().chain(left_out).collect();
        let value = self.value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
        if notes.is_empty() { value } else { format!("{value} ({})", notes.join("; ")) }
    }
}

/// Why problems have no pass@k.
fn too_few(problems: usize, k: u64) -> String {
    let have = if problems == 1 { "has" } else { "have" };
    format!(
        "{} {have} fewer than {}",
        counted(problems, "problem"),
        counted(usize::try_from(k).unwrap_or(usize::MAX), "sample")
    )
}

fn left_out(problems: usize) -> String {
    format!("{} left out", counted(problems, "problem"))
}

/// The scores of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreReport {
    pub problems: usize,
    pub samples: u64,
    /// By k.
    pub pass_at: Vec<(u64, Estimate)>,
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
    pub failing_references: Vec<String>,
    /// Problems whose tests shared an interpreter with the answers.
    pub shared_interpreter: u64,
    /// Samples whose calls give something else after others.
    pub order_dependent: u64,
}

impl Scores {
    /// Adds a problem.
    pub fn add(&mut self, problem_result: &ProblemResult) {
        let samples = &problem_result.samples;
        self.problems.push(Scored {
            answers: Answers { samples: samples.len() as u64, correct: problem_result.correct },
            pass_ratio: problem_result.pass_ratio,
            quality: Quality::default(),
        });
        let with_code = samples.iter().filter(|sample| !sample.code.is_empty());
        self.unmeasured.push(with_code.map(|sample| sample.code.clone()).collect());
        if self.unmeasured.len() >= AT_ONCE {
            self.measure();
        }
        self.shared_interpreter += u64::from(problem_result.isolation != TestIsolation::Apart);
        if problem_result.reference_passes == Some(false) {
            self.failing_references.push(problem_result.id.clone());
        }
        for sample in samples {
            self.add_sample(sample);
        }
    }

    /// Measures the code of the last problems, side by side.
    fn measure(&mut self) {
        let unmeasured = std::mem::take(&mut self.unmeasured);
        let measured = Quality::of_all(&unmeasured);
        for (problem, quality) in self.problems.iter_mut().rev().zip(measured.into_iter().rev()) {
            problem.quality = quality;
        }
    }

    fn add_sample(&mut self, sample: &AnswerResult) {
        self.samples += 1;
        self.visible_only += u64::from(sample.visible_only);
        self.truncated += u64::from(sample.truncated);
        let lacks_module = sample
            .failing
            .as_ref()
            .is_some_and(|failing| failing.got.contains("' in this runtime; "));
        self.missing_modules += u64::from(lacks_module);
        self.order_dependent += u64::from(sample.order_dependent);
        self.usage.prompt_tokens += sample.usage.prompt_tokens;
        self.usage.completion_tokens += sample.usage.completion_tokens;
        self.usage.reasoning_tokens += sample.usage.reasoning_tokens;
        self.fuel_ratios.extend(sample.fuel_ratio);
        if let Some(how) = sample.how {
            *self.extraction.entry(how.name()).or_default() += 1;
        }
        if sample.passed {
            return;
        }
        *self.failures.entry(sample.result.name()).or_default() += 1;
        if let Some(exception) =
            sample.failing.as_ref().and_then(|failing| failing.exception.clone())
        {
            *self.exceptions.entry(exception).or_default() += 1;
        }
    }

    /// The scores of all that was added, with pass@k for each of `ks`; the seed is the bootstrap's.
    pub fn report(mut self, ks: &[u64], seed: u64) -> ScoreReport {
        self.measure();
        let all = |value: &dyn Fn(&Scored) -> Option<f64>| {
            self.problems.iter().map(value).collect::<Vec<_>>()
        };
        let share = |value: &dyn Fn(&Scored) -> Option<f64>| {
            Estimate::of(&all(value), |values| intervals::interval_of_shares(values, seed))
        };
        let score = |value: &dyn Fn(&Scored) -> Option<f64>| {
            Estimate::of(&all(value), |values| intervals::interval(values, seed))
        };
        ScoreReport {
            problems: self.problems.len(),
            samples: self.samples,
            pass_at: ks
                .iter()
                .map(|&k| (k, share(&|problem| problem.answers.pass_at(k))))
                .collect(),
            avg_pass_ratio: share(&|problem| problem.pass_ratio),
            visible_only: self.visible_only,
            truncated: self.truncated,
            missing_modules: self.missing_modules,
            failures: self.failures.clone(),
            exceptions: self.exceptions.clone(),
            extraction: self.extraction.clone(),
            fuel_ratio: median(&self.fuel_ratios),
            smell_score: score(&|problem| problem.quality.smells),
            smell_score_without_artefacts: score(&|problem| {
                problem.quality.smells_without_artefacts
            }),
            maintainability: score(&|problem| problem.quality.maintainability),
            usage: self.usage,
            failing_references: self.failing_references.clone(),
            shared_interpreter: self.shared_interpreter,
            order_dependent: self.order_dependent,
        }
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get(sorted.len().checked_sub(1)? / 2)?;
    Some((lower + upper) / 2.0)
}

impl ScoreReport {
    /// The scores as one object.
    pub fn json(&self) -> Map<String, Json> {
        let mut json = Map::new();
        let mut put = |key: String, value: Json| json.insert(key, value);
        put("problems".into(), json!(self.problems));
        put("samples".into(), json!(self.samples));
        let estimates = self.pass_at.iter().map(|(k, estimate)| (format!("pass@{k}"), estimate));
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
        put("tokens".into(), json!(self.usage));
        put("failing_references".into(), json!(self.failing_references));
        put("shared_interpreter".into(), json!(self.shared_interpreter));
        put("order_dependent".into(), json!(self.order_dependent));
        json
    }

    /// Whether the model's server counted tokens: a total of zero means that it did not.
    pub fn has_tokens(&self) -> bool {
        self.usage.prompt_tokens + self.usage.completion_tokens > 0
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

    /// The scores as rows of a table.
    pub fn rows(&self) -> Vec<(String, String)> {
        let mut rows = vec![
            ("problems".to_owned(), self.problems.to_string()),
            ("samples".to_owned(), self.samples.to_string()),
        ];
        rows.extend(self.pass_at.iter().map(|(k, estimate)| {
            (format!("pass@{k}"), estimate.shown(|problems| too_few(problems, *k)))
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
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn a_run_without_problems_has_no_scores() {
        let report = Scores::default().report(&[1], 0);
        let json = report.json();
        assert_eq!(
            (&json["pass@1"], &json["avg_pass_ratio"], &json["problems"]),
            (&Json::Null, &Json::Null, &json!(0))
        );
    }

    /// A problem with this many samples, all of them right or all of them wrong.
    fn problem_result(id: &str, samples: usize, passed: bool) -> ProblemResult {
        let sample = json!({
            "sample": 0, "passed": passed, "result": if passed { "passed" } else { "no-code" }, "passed_tests": u64::from(passed),
            "visible_only": false, "code": if passed { "A = 1\n" } else { "" }, "truncated": false, "results": [], "fuel": 1,
        });
        let row = json!({
            "id": id, "format": "mbpp", "tests": 1, "isolation": "apart", "correct": if passed { samples } else { 0 },
            "pass_ratio": f64::from(u8::from(passed)), "samples": vec![sample; samples],
        });
        serde_json::from_value(row).unwrap()
    }

    fn report(problem_results: &[ProblemResult], ks: &[u64]) -> ScoreReport {
        let mut scores = Scores::default();
        problem_results.iter().for_each(|problem_result| scores.add(problem_result));
        scores.report(ks, 0)
    }

    fn row(report: &ScoreReport, name: &str) -> Option<String> {
        report.rows().into_iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    #[test]
    fn problems_with_too_few_samples_are_the_reason_that_pass_at_k_gives() {
        let found = report(
            &[
                problem_result("a", 2, true),
                problem_result("b", 2, false),
                problem_result("c", 1, true),
            ],
            &[1, 2, 5],
        );
        assert_eq!(row(&found, "pass@1").unwrap(), "0.6667 (0.0000 to 1.0000)");
        assert_eq!(
            row(&found, "pass@2").unwrap(),
            "0.5000 (0.0000 to 1.0000; 1 problem has fewer than 2 samples)"
        );
        assert_eq!(row(&found, "pass@5").unwrap(), "- (3 problems have fewer than 5 samples)");
    }

    #[test]
    fn problems_with_too_few_samples_are_left_out_of_pass_at_k() {
        let problem_results = [("a", 2, true), ("b", 2, false), ("c", 1, true)]
            .map(|(id, samples, passed)| problem_result(id, samples, passed));
        let (_, found) = report(&problem_results, &[2]).pass_at[0];
        assert_eq!((found.value, found.problems, found.left_out), (Some(0.5), 2, 1));
    }

    #[test]
    fn problems_without_tests_are_left_out_of_the_pass_ratio() {
        let of = |id: &str, pass_ratio| ProblemResult {
            pass_ratio,
            ..problem_result(id, 1, pass_ratio == Some(1.0))
        };
        let found = report(&[of("a", Some(0.5)), of("b", None), of("c", Some(1.0))], &[1]);
        let found = found.avg_pass_ratio;
        assert_eq!((found.value, found.problems, found.left_out), (Some(0.75), 2, 1));
    }

    #[test]
    fn a_measure_without_a_value_says_how_many_problems_it_left_out() {
        let found = report(&[problem_result("a", 1, true), problem_result("b", 1, false)], &[1]);
        assert_eq!(
            row(&found, "maintainability index").unwrap(),
            "100.0000 (100.0000 to 100.0000; 1 problem left out)"
        );
        assert_eq!(row(&report(&[], &[1]), "pass@1").unwrap(), "-");
    }

    #[test]
    fn passing_every_one_of_four_problems_is_no_certainty() {
        let problem_results = ["a", "b", "c", "d"].map(|id| problem_result(id, 1, true));
        let found = report(&problem_results, &[1]);
        assert_eq!(row(&found, "pass@1").unwrap(), "1.0000 (0.3976 to 1.0000)");
        assert_eq!(row(&found, "AvgPassRatio").unwrap(), "1.0000 (0.3976 to 1.0000)");
    }

    #[test]
    fn what_the_server_did_not_count_has_no_cost() {
        let own = |rows: &[(&str, &str)]| -> Vec<(String, String)> {
            rows.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
        };
        let uncounted = report(&[problem_result("a", 1, true)], &[1]);
        assert_eq!(uncounted.model_rows(Some(0.0)), own(&[("tokens", "-"), ("cost", "-")]));
        assert_eq!(uncounted.model_rows(None), own(&[("tokens", "-")]));
        let mut with_tokens = problem_result("a", 1, true);
        with_tokens.samples[0].usage.prompt_tokens = 7;
        let counted = report(&[with_tokens], &[1]);
        assert_eq!(counted.model_rows(Some(0.25)), own(&[("cost", "0.2500 USD")]));
        assert_eq!(row(&counted, "tokens").unwrap(), "7 in, 0 out");
    }
}
