//! Why two runs score a problem differently, as far as their rows tell.
//!
//! Invariant: only what the rows of both runs state is told. Rows of earlier versions state less.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::grade::{Failing, TestResult};
use crate::report::{counted, markdown_table};

/// The problems that a table lists; an object has all.
const LISTED: usize = 50;
/// The longest text of a test that is told, in characters.
const LONGEST: usize = 120;

/// What a comparison reads of a sample in `results.jsonl`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Sample {
    #[serde(alias = "verdict")]
    result: Option<TestResult>,
    passed_tests: u64,
    code: String,
    prelude: Option<String>,
    #[serde(alias = "verdicts")]
    results: Vec<TestResult>,
    failing: Option<Failing>,
}

/// The first sample of a problem that fared differently.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    pub id: String,
    /// The sample's number, from 0.
    pub sample: usize,
    /// Whether both runs graded the same code; a difference then comes from the settings or the version.
    pub same_code: bool,
    /// The sample's result in each run.
    pub first: String,
    pub second: String,
    /// What the rows state about the cause: the imports put before the code, and the first test with different results.
    pub why: String,
}

/// The changes of problems by their samples in the first and the second run.
pub fn changes(
    first: &BTreeMap<String, Vec<Sample>>,
    second: &BTreeMap<String, Vec<Sample>>,
) -> Vec<Change> {
    let both = first.iter().filter_map(|(id, own)| second.get(id).map(|other| (id, own, other)));
    both.filter_map(|(id, own, other)| {
        let mut pairs = own.iter().zip(other).enumerate();
        pairs.find_map(|(number, (first, second))| Change::of(id, number, first, second))
    })
    .collect()
}

impl Change {
    /// `None` if both runs say the same of the sample.
    fn of(id: &str, sample: usize, first: &Sample, second: &Sample) -> Option<Self> {
        if (first.result, first.passed_tests) == (second.result, second.passed_tests) {
            return None;
        }
        let same_code = first.code == second.code;
        let preludes = [first, second].map(|run| run.prelude.as_deref().unwrap_or("none"));
        let prelude = (same_code && preludes[0] != preludes[1])
            .then(|| format!("prelude: {} -> {}", preludes[0], preludes[1]));
        let why: Vec<String> = prelude.into_iter().chain(first_difference(first, second)).collect();
        Some(Self {
            id: id.into(),
            sample,
            same_code,
            first: first.shown(),
            second: second.shown(),
            why: why.join("; "),
        })
    }
}

impl Sample {
    fn shown(&self) -> String {
        match self.result {
            None => "not stated".into(),
            Some(TestResult::Passed) => TestResult::Passed.name().into(),
            Some(result) => {
                let passed =
                    counted(usize::try_from(self.passed_tests).unwrap_or(usize::MAX), "test");
                format!("{}, {passed} passed", result.name())
            }
        }
    }

    /// What the row says of a test that fails.
    fn failure(&self, test: usize) -> Option<String> {
        let failing = self.failing.as_ref().filter(|failing| failing.test == test)?;
        let cut = |text: &str| match text.trim().char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", text.trim().get(..end).unwrap_or_default()),
            None => text.trim().to_owned(),
        };
        let [input, expected, got] =
            [&failing.input, &failing.expected, &failing.got].map(|text| cut(text));
        Some(format!(": {input}; expected {expected}; got {got}"))
    }
}

/// The first test with different results, and how it fails.
fn first_difference(first: &Sample, second: &Sample) -> Option<String> {
    let mut results = first.results.iter().zip(&second.results).enumerate();
    let (test, (own, other)) = results.find(|(_, (own, other))| own != other)?;
    let failure = first.failure(test).or_else(|| second.failure(test)).unwrap_or_default();
    Some(format!("test {test}: {} -> {}{failure}", own.name(), other.name()))
}

/// The changes as a table in Markdown; empty if there are none.
pub fn markdown(changes: &[Change]) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let rows = changes.iter().take(LISTED).map(|change| {
        let code = if change.same_code { "the same" } else { "different" };
        let sample = change.sample.to_string();
        let texts = [&change.id, &sample, &change.first, &change.second, code, &change.why];
        texts.map(str::to_owned)
    });
    let header = ["problem", "sample", "first run", "second run", "code", "cause"];
    let table = markdown_table(header, rows);
    let more = match changes.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!("\n{more} more are in the output of `--json`.\n"),
    };
    format!("\n## Problems with different scores\n\n{table}{more}")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn run(samples: Json) -> BTreeMap<String, Vec<Sample>> {
        BTreeMap::from([("p".to_owned(), serde_json::from_value(samples).unwrap())])
    }

    fn failing(test: usize) -> Json {
        json!({"test": test, "visible": false, "input": "f(1)", "expected": "0.5", "got": "0.50001"})
    }

    #[test]
    fn the_first_sample_that_fares_differently_is_told_with_the_test_that_sets_the_runs_apart() {
        let same = json!({"result": "passed", "passed_tests": 2, "code": "a", "results": ["passed", "passed"]});
        let wrong = json!({"result": "wrong-answer", "passed_tests": 1, "code": "b",
            "results": ["passed", "wrong-answer"], "failing": failing(1)});
        let right = json!({"result": "passed", "passed_tests": 2, "code": "b", "prelude": "import math",
            "results": ["passed", "passed"]});
        let found = changes(&run(json!([same, wrong])), &run(json!([same, right])));
        let expected = Change {
            id: "p".into(),
            sample: 1,
            same_code: true,
            first: "wrong-answer, 1 test passed".into(),
            second: "passed".into(),
            why: "prelude: none -> import math; test 1: wrong-answer -> passed: f(1); expected 0.5; got 0.50001".into(),
        };
        assert_eq!(found, [expected]);
        assert_eq!(changes(&run(json!([same])), &run(json!([same]))), []);
    }

    #[test]
    fn the_failure_of_another_test_is_not_given_as_the_cause() {
        let [first, second] = [["wrong-answer", "raised"], ["wrong-answer", "passed"]].map(|results| {
            let passed = results.iter().filter(|result| **result == "passed").count();
            json!([{"result": "wrong-answer", "passed_tests": passed, "results": results, "failing": failing(0)}])
        });
        assert_eq!(changes(&run(first), &run(second))[0].why, "test 1: raised -> passed");
    }

    #[test]
    fn rows_that_state_little_are_compared_by_what_they_state() {
        let found = changes(&run(json!([{"result": "passed"}])), &run(json!([{}])));
        assert_eq!((found[0].second.as_str(), found[0].why.as_str()), ("not stated", ""));
        assert_eq!(markdown(&[]), "");
    }
}
