//! What a test that runs in an interpreter of its own reports when it stops.
//!
//! Invariant: a report that is not in one of the known forms is none.

use super::arguments::Arguments;
use super::script::Script;
use super::{Failing, RUNS_TO_END};
use crate::sandbox::value::Value;

/// What a test says of the call that it checks: the call, the expected result and the result, as far as the test has come.
pub(super) struct StatedCall(Vec<String>);

impl StatedCall {
    fn read(value: &Value) -> Option<Self> {
        let Value::List(texts) = value else { return None };
        let texts = texts.iter().map(|text| match text {
            Value::Str(text) | Value::EscapedStr(text) => Some(text.clone()),
            _ => None,
        });
        texts.collect::<Option<_>>().map(Self)
    }

    /// The failure, for a reader: in the words of the test or, if it says nothing, of the script.
    pub fn failing(self, script: &Script<'_>, got: Got, exception: Option<String>) -> Failing {
        let mut texts = self.0.into_iter();
        let Some(input) = texts.next() else {
            return script.failing(got.after_script, exception);
        };
        let expected = texts.next().unwrap_or_else(|| RUNS_TO_END.to_owned());
        let got = texts.next().unwrap_or(got.of_call);
        Failing { input, expected, got, exception, ..Failing::default() }
    }
}

/// What came of a test, for readers who see its script and for readers who see only the call.
pub(super) struct Got {
    pub after_script: String,
    pub of_call: String,
}

/// What a test reports when it stops.
pub(super) enum TestReport {
    /// It ran to its end.
    Passed,
    /// It asks for the results of these calls.
    Wants(Vec<Arguments>),
    /// It cannot go on after a call that gave nothing to hand over.
    Stopped { call: Option<usize>, case: StatedCall },
    /// It raised an exception.
    Failed { class: String, message: String, case: StatedCall },
    /// It hands over or takes what is not data.
    Foreign,
}

impl TestReport {
    /// Reads what `apart.py` returned, with the calls that the test has made; `None` if it can be none of that.
    pub fn read(report: &[Value], token: &str) -> Option<(Self, Vec<usize>)> {
        let [Value::Str(word), Value::List(made), rest @ ..] = report else { return None };
        let call = |index: &str| index.parse().ok();
        let made: Option<Vec<usize>> = made
            .iter()
            .map(|index| if let Value::Int(index) = index { call(index) } else { None })
            .collect();
        let report = match (word.as_str(), rest) {
            ("passed", [Value::Str(shown)]) if shown == token => Some(Self::Passed),
            ("wanted", [Value::List(wanted)]) => {
                let calls: Option<Vec<Arguments>> =
                    wanted.iter().map(Arguments::of_value).collect();
                Some(calls.map_or(Self::Foreign, Self::Wants))
            }
            ("ended", [Value::Int(index), case]) => {
                StatedCall::read(case).map(|case| Self::Stopped { call: call(index), case })
            }
            ("failed", [Value::Str(class), message, case]) => {
                let mut shown = String::new();
                if let Value::Str(text) | Value::EscapedStr(text) = message {
                    shown.clone_from(text);
                }
                StatedCall::read(case).map(|case| Self::Failed {
                    class: class.clone(),
                    message: shown,
                    case,
                })
            }
            ("foreign", []) => Some(Self::Foreign),
            _ => None,
        };
        report.zip(made)
    }
}
