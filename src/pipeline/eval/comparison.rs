//! Two compared runs as a reader meets them: by name, with what sets them apart, as a table or as one object.
//!
//! Invariant: a number is shown as surely as it is known: a p that rounds to 0 is not 0, and settings that are not known are not equal.

use serde::Serialize;
use serde_json::Value as Json;

use super::changes::Change;
use crate::flow::settings::Differing;
use crate::measure::Interval;
use crate::measure::paired::{Comparison, PValue};

/// Ids that a table lists of problems that one run does better; an object has all.
const LISTED: usize = 20;
/// Smaller values are shown as less than this; four digits would show 0.
const LEAST_SHOWN: f64 = 0.0001;

/// What is compared of each problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Measure {
    /// The share of samples that pass.
    #[serde(rename = "pass@1")]
    PassAt1,
    /// The share of tests passed.
    #[serde(rename = "avg_pass_ratio")]
    AvgPassRatio,
}

impl Measure {
    fn name(self) -> &'static str {
        match self {
            Self::PassAt1 => "pass@1",
            Self::AvgPassRatio => "AvgPassRatio",
        }
    }
}

/// Two runs and how they compare.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Runs {
    /// As the user named them.
    pub first: String,
    pub second: String,
    pub measure: Measure,
    /// Absent if not both runs state their settings.
    pub settings: Option<Differing>,
    #[serde(flatten)]
    pub comparison: Comparison,
    /// Of the problems with different scores, what became of the first sample that fared differently.
    pub changes: Vec<Change>,
}

impl Runs {
    /// The heading of the table.
    pub fn title(&self) -> String {
        format!("{} -> {}", self.first, self.second)
    }

    /// The comparison as rows of a table.
    pub fn rows(&self) -> Vec<(String, String)> {
        let Comparison { problems, difference, interval: Interval { low, high }, .. } =
            self.comparison;
        let Comparison { only_first, only_second, other_problems, .. } = self.comparison;
        let name = self.measure.name();
        let mut rows = vec![
            (format!("first: {}", self.first), format!("{name} {:.4}", self.comparison.first_mean)),
            (
                format!("second: {}", self.second),
                format!("{name} {:.4}", self.comparison.second_mean),
            ),
            ("second minus first".into(), format!("{difference:+.4} ({low:+.4} to {high:+.4})")),
            ("problems in both runs".into(), problems.to_string()),
            ("left out: only in the first".into(), only_first.to_string()),
            ("left out: only in the second".into(), only_second.to_string()),
            ("left out: different problems with the same id".into(), other_problems.to_string()),
            ("better in the second".into(), listed(&self.comparison.better_ids)),
            ("worse in the second".into(), listed(&self.comparison.worse_ids)),
            ("sign flips".into(), self.comparison.sign_flip.shown()),
        ];
        let mcnemar = self.comparison.mcnemar_p.map(|p| PValue { p, exact: true });
        rows.extend(mcnemar.map(|p| ("McNemar".to_owned(), p.shown())));
        rows.extend(self.settings_rows());
        rows
    }

    fn settings_rows(&self) -> Vec<(String, String)> {
        let row = |value: &str| vec![("settings".to_owned(), value.to_owned())];
        match &self.settings {
            None => row("not known for both runs"),
            Some(Differing(differing)) if differing.is_empty() => row("the same"),
            Some(Differing(differing)) => differing
                .iter()
                .map(|(name, values)| {
                    let values: Vec<String> =
                        values.as_array().into_iter().flatten().map(shown).collect();
                    (format!("settings: {name}"), values.join(" -> "))
                })
                .collect(),
        }
    }
}

impl PValue {
    fn shown(self) -> String {
        let how = if self.exact { "exact" } else { "sampled" };
        match self.p {
            p if p < LEAST_SHOWN => format!("p < {LEAST_SHOWN} ({how})"),
            p => format!("p = {p:.4} ({how})"),
        }
    }
}

/// A setting's value; `-` if it is not set.
fn shown(value: &Json) -> String {
    if value.is_null() { "-".into() } else { value.to_string() }
}

/// How many, and which; of many, the first.
fn listed(ids: &[String]) -> String {
    if ids.is_empty() {
        return "0".into();
    }
    let shown: Vec<&str> = ids.iter().take(LISTED).map(String::as_str).collect();
    let more = match ids.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}: {}{more}", ids.len(), shown.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::measure::paired::tests::binary;

    fn runs(comparison: Comparison, settings: Option<[Json; 2]>) -> Runs {
        let settings = settings.map(|[first, second]| {
            Differing::of(first.as_object().unwrap(), second.as_object().unwrap())
        });
        Runs {
            first: "runs/a".into(),
            second: "b.jsonl".into(),
            measure: Measure::PassAt1,
            settings,
            comparison,
            changes: Vec::new(),
        }
    }

    fn row(runs: &Runs, name: &str) -> String {
        runs.rows().into_iter().find(|(found, _)| found == name).unwrap().1
    }

    #[test]
    fn a_comparison_reads_as_a_table_that_names_both_runs() {
        let found = runs(binary(5, 0), Some([json!({"n": 1}), json!({"n": 1})]));
        assert_eq!(found.title(), "runs/a -> b.jsonl");
        let rows = found.rows();
        let rows: Vec<(&str, &str)> =
            rows.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            rows[..2],
            [("first: runs/a", "pass@1 0.4700"), ("second: b.jsonl", "pass@1 0.5200")]
        );
        assert_eq!(rows[2].0, "second minus first");
        assert!(rows[2].1.starts_with("+0.0500 (+0.0100 to +0."), "{}", rows[2].1);
        let expected = [
            ("problems in both runs", "100"),
            ("left out: only in the first", "0"),
            ("left out: only in the second", "0"),
            ("left out: different problems with the same id", "0"),
            ("better in the second", "5: 000, 001, 002, 003, 004"),
            ("worse in the second", "0"),
            ("sign flips", "p = 0.0625 (exact)"),
            ("McNemar", "p = 0.0625 (exact)"),
            ("settings", "the same"),
        ];
        assert_eq!(rows[3..], expected);
    }

    #[test]
    fn a_p_that_would_round_to_nothing_is_told_as_smaller_than_what_is_shown() {
        let found = runs(binary(72, 0), None);
        assert_eq!(row(&found, "McNemar"), "p < 0.0001 (exact)");
        assert_eq!(row(&found, "sign flips"), "p < 0.0001 (sampled)");
        let p = serde_json::to_value(&found).unwrap()["mcnemar_p"].as_f64().unwrap();
        assert!((p / 2f64.powi(-71) - 1.0).abs() < 1e-9, "{p}");
        assert_eq!(PValue { p: 0.0001, exact: true }.shown(), "p = 0.0001 (exact)");
    }

    #[test]
    fn up_to_twenty_flipped_problems_are_listed_and_the_others_counted() {
        let found = runs(binary(20, 21), None);
        let (better, worse) =
            (row(&found, "better in the second"), row(&found, "worse in the second"));
        assert!(better.starts_with("20: 000, 001, ") && better.ends_with(", 019"), "{better}");
        assert!(
            worse.starts_with("21: 020, 021, ") && worse.ends_with(", 039 and 1 more"),
            "{worse}"
        );
        assert_eq!(
            serde_json::to_value(&found).unwrap()["worse_ids"].as_array().unwrap().len(),
            21
        );
    }

    #[test]
    fn settings_that_differ_are_shown_with_both_values() {
        let first = json!({"n": 1, "block": "last", "sampling": {"temperature": 0.2, "max_tokens": 9}, "old": true});
        let second = json!({"n": 5, "block": "last", "sampling": {"temperature": 0.8, "max_tokens": 9, "top_p": 1}});
        let found = runs(binary(1, 0), Some([first, second]));
        let expected =
            json!({"n": [1, 5], "sampling.temperature": [0.2, 0.8], "sampling.top_p": [null, 1]});
        assert_eq!(serde_json::to_value(&found).unwrap()["settings"], expected);
        let names = ["settings: n", "settings: sampling.temperature", "settings: sampling.top_p"];
        assert_eq!(names.map(|name| row(&found, name)), ["1 -> 5", "0.2 -> 0.8", "- -> 1"]);
    }

    #[test]
    fn settings_that_are_not_known_are_not_called_the_same() {
        let found = runs(binary(1, 0), None);
        assert_eq!(row(&found, "settings"), "not known for both runs");
        let json = serde_json::to_value(&found).unwrap();
        assert_eq!(
            (&json["settings"], &json["first"], &json["measure"]),
            (&Json::Null, &json!("runs/a"), &json!("pass@1"))
        );
    }
}
