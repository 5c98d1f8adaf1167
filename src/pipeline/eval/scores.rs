//! The scores of a run, gathered problem by problem.
//!
//! Invariant: every number says over how many problems or samples it is, and what was not measured has no value.

use std::collections::BTreeMap;

use super::estimate::Estimate;
use super::quality::Quality;
use super::result::{AnswerResult, ProblemResult, TestIsolation};
use super::score_report::{FailingReference, ScoreReport};
use crate::measure::pass_at_k::Answers;
use crate::measure::{intervals, median};
use crate::model::Usage;

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
    failing_references: Vec<FailingReference>,
    shared_interpreter: u64,
    order_dependent: u64,
    executors: BTreeMap<String, u64>,
}

/// What one problem adds to the means.
#[derive(Debug)]
struct Scored {
    answers: Answers,
    /// By the tests of the set that the problem's set extends.
    base_answers: Option<Answers>,
    pass_ratio: Option<f64>,
    quality: Quality,
}

impl Scores {
    /// Adds a problem.
    pub fn add(&mut self, problem_result: &ProblemResult) {
        let samples = &problem_result.samples;
        self.problems.push(Scored {
            answers: Answers { samples: samples.len() as u64, correct: problem_result.correct },
            base_answers: problem_result.base_answers(),
            pass_ratio: problem_result.pass_ratio,
            quality: Quality::default(),
        });
        // Smells and maintainability are those of Python.
        let is_measured =
            |sample: &&AnswerResult| problem_result.language.is_none() && !sample.code.is_empty();
        let with_code = samples.iter().filter(is_measured);
        self.unmeasured.push(with_code.map(|sample| sample.code.clone()).collect());
        if self.unmeasured.len() >= AT_ONCE {
            self.measure();
        }
        self.shared_interpreter += u64::from(problem_result.isolation != TestIsolation::Apart);
        if let Some(executor) = &problem_result.executor {
            *self.executors.entry(executor.clone()).or_default() += 1;
        }
        if let Some(why) = problem_result.why_reference_fails() {
            self.failing_references.push(FailingReference { id: problem_result.id.clone(), why });
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
        let usage = sample.usage.unwrap_or_default();
        self.usage.prompt_tokens += usage.prompt_tokens;
        self.usage.completion_tokens += usage.completion_tokens;
        self.usage.reasoning_tokens += usage.reasoning_tokens;
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
        let base: Vec<Answers> =
            self.problems.iter().filter_map(|problem| problem.base_answers).collect();
        let base_share = |k: u64| {
            let values: Vec<Option<f64>> = base.iter().map(|answers| answers.pass_at(k)).collect();
            Estimate::of(&values, |values| intervals::interval_of_shares(values, seed))
        };
        let base_ks = if base.is_empty() { &[] } else { ks };
        ScoreReport {
            problems: self.problems.len(),
            samples: self.samples,
            pass_at: ks
                .iter()
                .map(|&k| (k, share(&|problem| problem.answers.pass_at(k))))
                .collect(),
            base_pass_at: base_ks.iter().map(|&k| (k, base_share(k))).collect(),
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
            executors: self.executors,
            order_dependent: self.order_dependent,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::grade::{RUNS_TO_END, TestResult};

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
    fn a_set_that_extends_another_has_a_score_of_that_too() {
        let of = |base_tests, results: &[TestResult]| {
            let mut found = problem_result("a", 1, false);
            found.base_tests = base_tests;
            found.samples[0].results = results.to_vec();
            found
        };
        use TestResult::{NoCode, Passed, WrongAnswer};
        let all = [
            of(Some(1), &[Passed, WrongAnswer]),
            of(Some(1), &[WrongAnswer, Passed]),
            of(Some(1), &[NoCode, NoCode]),
            of(None, &[Passed, WrongAnswer]),
        ];
        let found = report(&all, &[1, 2]);
        let json = found.json();
        assert_eq!((&json["pass@1"], &json["base_pass@1"]), (&json!(0.0), &json!(1.0 / 3.0)));
        assert_eq!((&json["base_pass@2"], &json["base_pass@2_left_out"]), (&Json::Null, &json!(3)));
        assert_eq!(row(&found, "pass@1 on the base inputs").unwrap(), "0.3333 (0.0000 to 1.0000)");
        assert_eq!(report(&all[3..], &[1]).base_pass_at, []);
    }

    #[test]
    fn a_failing_reference_has_its_reason() {
        let mut failing = problem_result("a", 1, true);
        failing.reference_passes = Some(false);
        let why = |failing: &ProblemResult| {
            report(std::slice::from_ref(failing), &[1]).failing_references[0].why.clone()
        };
        assert_eq!(why(&failing), "reason unknown");
        let test = |expected: &str| {
            let test = json!({"test": 0, "visible": false, "input": "f(1)", "expected": expected, "got": "E: x\nafter f(1) = 2"});
            serde_json::from_value(test).unwrap()
        };
        failing.reference_failing = test(RUNS_TO_END);
        assert_eq!(why(&failing), "E: x");
        failing.reference_failing = test("3");
        assert_eq!(why(&failing), "f(1): expected 3, got E: x");
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
        with_tokens.samples[0].usage = Some(Usage { prompt_tokens: 7, ..Usage::default() });
        let counted = report(&[with_tokens], &[1]);
        assert_eq!(counted.model_rows(Some(0.25)), own(&[("cost", "0.2500 USD")]));
        assert_eq!(row(&counted, "tokens").unwrap(), "7 in, 0 out");
    }
}
