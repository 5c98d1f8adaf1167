//! When what an answer gives counts as what is expected.
//!
//! Invariant: nothing of the guest's decides; values are data, and texts are compared as texts.

use serde::{Deserialize, Serialize};

use super::TestResult;
use crate::cases::equality::same_class;
use crate::cases::equality::{Compare, is_near};
use crate::cases::stated::Expected;
use crate::python::builtins::is_builtin;
use crate::python::literal;
use crate::sandbox::value::{Value, decimal, equal_decimals};
use crate::sandbox::{CaseResult, End, Raised};

/// How strictly answers are held to what is expected of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Matching {
    /// Two numbers, at least one of them a float, may differ by this, or by this share of the larger one; `None` for not at all.
    pub float_tolerance: Option<f64>,
    /// The same for numbers in a program's output; `None` for `float_tolerance`.
    #[serde(skip)]
    pub output_tolerance: Option<f64>,
    /// Whether a program may leave with any exit code.
    #[serde(skip)]
    pub any_exit_code: bool,
    pub errors: MatchErrors,
    pub stdout: MatchStdout,
}

/// Compare expected exceptions by type only, or also by message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum MatchErrors {
    /// By class only.
    #[default]
    Type,
    /// By class and message.
    Text,
}

/// Compare expected output token by token, line by line, or exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum MatchStdout {
    /// Word by word, ignoring white space.
    #[default]
    Tokens,
    /// Line by line without the white space around each; a line of numbers by their values, as LiveCodeBench does.
    Lines,
    /// Character by character, except for line ends at the end.
    Exact,
}

impl Matching {
    /// The result on one call.
    pub(super) fn call(
        &self,
        compare: Compare,
        expected: &Expected,
        got: &CaseResult,
    ) -> TestResult {
        let (is_printed, is_lazy) = match expected {
            Expected::Outcome(stated) => (!stated.stdout.is_empty(), stated.kind.is_some()),
            Expected::Repr(_) | Expected::Error { .. } => (false, false),
        };
        if got.nondeterministic && (is_printed || !got.prints_differ) {
            return match &got.elsewhere.0 {
                // What differs, the comparison may not look at.
                Some(elsewhere) if self.is_right_twice(compare, expected, got, elsewhere) => {
                    TestResult::Passed
                }
                Some(_) | None => TestResult::Nondeterministic,
            };
        }
        if got.kind.is_some() && !is_lazy {
            // Who calls it gets a generator or a coroutine, not what comes of it.
            return TestResult::WrongAnswer;
        }
        let is_same = match (expected, &got.end) {
            (Expected::Outcome(stated), _) => {
                let same_end = match (&stated.end, &got.end) {
                    (End::Returned { value: stated, .. }, End::Returned { value, .. }) => {
                        self.value(compare, stated, value)
                    }
                    // The line is the reference program's own.
                    (End::Raised(stated), End::Raised(raised)) => {
                        self.error(&stated.kind, &stated.message, raised)
                    }
                    (stated, end) => stated == end,
                };
                let same_arguments = stated.mutated.iter().all(|(key, value)| {
                    got.mutated
                        .iter()
                        .any(|(other, got)| key == other && self.value(compare, value, got))
                });
                // What the reference does not print or change, an answer may.
                same_end
                    && same_arguments
                    && (stated.stdout.is_empty() || self.output(&stated.stdout, &got.stdout))
            }
            (Expected::Repr(stated), End::Returned { value, repr }) => match literal::parse(stated)
            {
                Some(stated) => self.value(compare, &stated, value),
                None => stated == repr,
            },
            (Expected::Error { class, message }, End::Raised(raised)) => {
                self.error(class, message, raised)
            }
            (Expected::Repr(_) | Expected::Error { .. }, _) => false,
        };
        if is_same { TestResult::Passed } else { TestResult::of_wrong_end(&got.end) }
    }

    /// Whether a result is right as it is, and as it is under other seeds.
    fn is_right_twice(
        &self,
        compare: Compare,
        expected: &Expected,
        got: &CaseResult,
        elsewhere: &CaseResult,
    ) -> bool {
        let one = CaseResult { nondeterministic: false, ..got.clone() };
        let is_right = |got: &CaseResult| self.call(compare, expected, got) == TestResult::Passed;
        is_right(&one) && is_right(elsewhere)
    }

    fn error(&self, class: &str, message: &str, got: &Raised) -> bool {
        let same_text = match self.errors {
            MatchErrors::Type => true,
            MatchErrors::Text => message == got.message,
        };
        let is_base = || got.bases.iter().any(|base| base == class);
        // A class of the answer's own may have the name of a builtin one.
        let is_class = if is_builtin(class) && !got.bases.is_empty() {
            is_base()
        } else {
            same_class(class, &got.kind) || is_base()
        };
        same_text && is_class
    }

    fn value(&self, compare: Compare, stated: &Value, got: &Value) -> bool {
        compare.equal(stated, got)
            || self.float_tolerance.is_some_and(|share| compare.near(share, stated, got))
    }

    /// Whether a program's output is the expected one.
    pub(super) fn output(&self, expected: &str, got: &str) -> bool {
        match self.stdout {
            MatchStdout::Exact => {
                let text =
                    |text: &str| text.replace("\r\n", "\n").trim_end_matches('\n').to_owned();
                text(expected) == text(got)
            }
            MatchStdout::Lines => {
                let lines = |text: &str| -> Vec<String> {
                    text.trim().split('\n').map(|line| line.trim().to_owned()).collect()
                };
                let (expected, got) = (lines(expected), lines(got));
                expected.len() == got.len()
                    && expected.iter().zip(&got).all(|(expected, got)| same_line(expected, got))
            }
            MatchStdout::Tokens => {
                let (mut expected, mut got) = (expected.split_whitespace(), got.split_whitespace());
                expected.by_ref().all(|word| got.next().is_some_and(|other| self.word(word, other)))
                    && got.next().is_none()
            }
        }
    }

    fn word(&self, expected: &str, got: &str) -> bool {
        let number = |word: &str| word.parse::<f64>().ok().filter(|number| number.is_finite());
        expected == got
            || self.output_tolerance.or(self.float_tolerance).is_some_and(|tolerance| {
                // Two integers are equal or not, at any size: a tolerance is for what is written as a float.
                if let (Some(expected), Some(got)) = (decimal(expected), decimal(got)) {
                    return expected == got;
                }
                match (number(expected), number(got)) {
                    (Some(expected), Some(got)) => is_near(tolerance, expected, got),
                    (None, _) | (_, None) => false,
                }
            })
    }
}

/// Whether two lines are the same, as texts or as the numbers in them.
fn same_line(expected: &str, got: &str) -> bool {
    let (mut words, mut others) = (expected.split_whitespace(), got.split_whitespace());
    expected == got
        || (words
            .by_ref()
            .all(|word| others.next().is_some_and(|other| equal_decimals(word, other)))
            && others.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn got(text: &str) -> CaseResult {
        let value = literal::parse(text).unwrap();
        CaseResult::ended(End::Returned { repr: text.into(), value }, 1, String::new())
    }

    fn raised(kind: &str, message: &str) -> CaseResult {
        let raised = Raised {
            kind: kind.into(),
            message: message.into(),
            line: Some(3),
            in_arguments: false,
            bases: Vec::new(),
        };
        CaseResult::ended(End::Raised(raised), 1, String::new())
    }

    #[test]
    fn an_object_that_prints_like_the_literal_is_not_the_literal() {
        let liar = Value::Opaque("Liar".into(), "5".into());
        let liar =
            CaseResult::ended(End::Returned { value: liar, repr: "5".into() }, 1, String::new());
        let matching = Matching::default();
        assert_eq!(
            matching.call(Compare::Exact, &Expected::Repr("5".into()), &liar),
            TestResult::WrongAnswer
        );
        assert_eq!(
            matching.call(Compare::Exact, &Expected::Repr("5".into()), &got("5")),
            TestResult::Passed
        );
    }

    #[test]
    fn errors_match_by_class_or_by_text() {
        let expected = Expected::Error { class: "ValueError".into(), message: "no".into() };
        let by = |errors, got: &CaseResult| {
            Matching { errors, ..Matching::default() }.call(Compare::Exact, &expected, got)
                == TestResult::Passed
        };
        assert!(by(MatchErrors::Type, &raised("ValueError", "other")));
        assert!(!by(MatchErrors::Text, &raised("ValueError", "other")));
        assert!(by(MatchErrors::Text, &raised("ValueError", "no")));
        assert!(!by(MatchErrors::Type, &raised("KeyError", "no")));
        assert!(!by(MatchErrors::Type, &got("None")));
    }

    #[test]
    fn a_tolerance_is_for_floats_at_any_depth_and_for_nothing_else() {
        let with = |tolerance, compare, stated: &str, value: &str| {
            let matching = Matching { float_tolerance: tolerance, ..Matching::default() };
            matching.call(compare, &Expected::Repr(stated.into()), &got(value))
                == TestResult::Passed
        };
        for compare in [Compare::Exact, Compare::Python, Compare::Json] {
            for (stated, value) in [
                ("{'a': [1.0, 2]}", "{'a': [1.0000001, 2]}"),
                ("3", "3.0000002"),
                ("[(3.0000002, 'a')]", "[(3, 'a')]"),
                ("{1: 4}", "{1: 4.000001}"),
                ("{2.0, 5}", "{5.000001, 2}"),
            ] {
                assert!(with(Some(1e-6), compare, stated, value), "{stated} {value}");
                assert!(!with(None, compare, stated, value), "{stated} {value}");
            }
            for (stated, value) in [
                ("1.0", "1.6"),
                ("3", "1.4"),
                ("[1.0]", "[1.0, 1.0]"),
                ("10", "11"),
                ("1.1", "True"),
                ("{1.0}", "{1.0, 1.1}"),
                ("1e308", "float('inf')"),
                ("'1.0'", "1.0"),
            ] {
                assert!(!with(Some(0.3), compare, stated, value), "{stated} {value}");
            }
        }
        assert!(with(Some(1e-6), Compare::Json, "[[1, {'1': 2.0}]]", "(1.0000001, {1: 2})"));
        assert!(!with(Some(0.5), Compare::Json, "[[1.0, [5]]]", "(1.1, 5)"));
    }

    #[test]
    fn output_is_compared_by_words_or_by_characters() {
        let tokens = Matching::default();
        assert!(tokens.output("1 2\n3\n", "1  2 3"));
        assert!(
            !tokens.output("1 2", "1") && !tokens.output("1", "1 2") && !tokens.output("12", "1 2")
        );
        let exact = Matching { stdout: MatchStdout::Exact, ..Matching::default() };
        assert!(exact.output("1 2\n", "1 2") && !exact.output("1 2\n", "1  2\n"));
        let near = Matching { float_tolerance: Some(1e-6), ..Matching::default() };
        assert!(
            near.output("0.333333333", "0.3333333334")
                && !tokens.output("0.333333333", "0.3333333334")
        );
    }

    #[test]
    fn two_integers_are_equal_or_not_at_any_size_whatever_the_tolerance() {
        let near = Matching { float_tolerance: Some(1e-6), ..Matching::default() };
        let call = |compare, stated: &str, value: &str| {
            near.call(compare, &Expected::Repr(stated.into()), &got(value)) == TestResult::Passed
        };
        for (expected, wrong) in [
            ("10", "11"),
            ("10000000", "10000001"),
            ("50000000000000000", "50000000000000001"),
            ("-18446744073709551617", "-18446744073709551616"),
            ("123456789012345678901234567890", "123456789012345678901234567891"),
        ] {
            assert!(!near.output(expected, wrong) && near.output(expected, expected), "{expected}");
            for compare in [Compare::Exact, Compare::Python, Compare::Json] {
                assert!(!call(compare, expected, wrong), "{compare:?} {expected}");
                let (nested, wrong) = (format!("[({expected},)]"), format!("[({wrong},)]"));
                assert!(!call(compare, &nested, &wrong), "{compare:?} {nested}");
            }
            let float = format!("{expected}.0");
            assert!(near.output(&float, expected) && near.output(expected, &float), "{float}");
        }
        assert!(near.output("-0 +7 007", "0 7 7"));
        assert!(near.output("1e7", "10000001") && near.output("10000000.0", "10000001"));
    }

    #[test]
    fn a_nondeterministic_result_is_never_right() {
        let result = CaseResult { nondeterministic: true, ..got("5") };
        let result = Matching::default().call(Compare::Exact, &Expected::Repr("5".into()), &result);
        assert_eq!(result, TestResult::Nondeterministic);
    }
}
