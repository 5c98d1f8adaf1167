//! Grades a program's output by the problem's own checker, in an interpreter of its own.
//!
//! Invariant: only a checker that says so makes an answer right: one that fails, or says nothing, does not.

use serde_json::json;

use super::Grade;
use crate::cases::test_cases::StreamCase;
use crate::error::Result;
use crate::sandbox::Isolation;
use crate::sandbox::value::Value;

const SCRIPT: &str = include_str!("checker.py");
/// What checkers print for a right answer, apart from a number of at least 1.
const RIGHT: [&str; 7] = ["accepted", "ac", "correct", "ok", "right", "true", "yes"];

impl Grade<'_> {
    /// Asks the checker about an output; the error says why the output is not right.
    pub(super) async fn check_output(
        &self,
        checker: &str,
        case: &StreamCase,
        output: &str,
    ) -> Result<std::result::Result<(), String>> {
        let arguments = json!([checker, case.stdin, case.stdout, output]);
        let said = self.run(SCRIPT, "check", arguments, Isolation::Program).await?;
        Ok(said.map_err(|why| format!("the checker failed: {why}")).and_then(|said| judged(&said)))
    }
}

/// What a checker's output and exit code say: one word says that the answer is right, or the code does if it prints nothing.
///
/// More words prove nothing: a checker may have printed the answer itself, or a sentence such as `correct: False`.
fn judged(said: &Value) -> std::result::Result<(), String> {
    let (printed, code) = match said {
        Value::List(parts) => match &parts[..] {
            [Value::Str(printed) | Value::EscapedStr(printed), code] => (printed.trim(), code),
            _ => ("", &Value::None),
        },
        _ => ("", &Value::None),
    };
    let is_right_word = match printed.parse::<f64>() {
        Ok(score) => score >= 1.0,
        Err(_) => RIGHT.contains(&printed.to_lowercase().as_str()),
    };
    let exits_well = *code == Value::int(0);
    match (printed, code) {
        ("", _) if exits_well => Ok(()),
        ("", Value::None) => Err("the checker says nothing".into()),
        ("", _) => Err("the checker rejects it".into()),
        (_, Value::None) if is_right_word => Ok(()),
        _ if is_right_word && exits_well => Ok(()),
        _ => Err(format!("the checker says: {printed}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checker_has_to_say_that_an_answer_is_right() {
        let said = |printed: &str, code: Option<i64>| {
            let code = code.map_or(Value::None, Value::int);
            judged(&Value::List(vec![Value::Str(printed.into()), code])).is_ok()
        };
        for (printed, code) in
            [("1\n", None), ("1.0", Some(0)), ("100", None), ("OK\n", None), ("", Some(0))]
        {
            assert!(said(printed, code), "{printed:?} {code:?}");
        }
        for (printed, code) in [
            ("0", None),
            ("0.5", Some(0)),
            ("-1", None),
            ("nan", None),
            ("wrong answer", Some(0)),
            ("not ok", None),
            ("Correct: False", None),
            ("1 is wrong", Some(1)),
            ("1", Some(3)),
            ("2 7\n0", None),
            ("", None),
            ("", Some(1)),
        ] {
            assert!(!said(printed, code), "{printed:?} {code:?}");
        }
    }
}
