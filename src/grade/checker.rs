//! Grades a program's output by the problem's own checker, in an interpreter of its own.
//!
//! Invariant: only a checker that says so makes an answer right; one that fails or says nothing does not, and if it does so on the
//! stated output, too, the answer is not blamed for it.

use serde_json::json;

use super::Grade;
use crate::cases::test_cases::StreamCase;
use crate::error::Result;
use crate::sandbox::Isolation;
use crate::sandbox::value::Value;

const SCRIPT: &str = include_str!("checker.py");
/// What checkers print for a right answer, apart from a number of at least 1.
const RIGHT: [&str; 7] = ["accepted", "ac", "correct", "ok", "right", "true", "yes"];

/// What a checker makes of an output.
#[derive(Debug, PartialEq)]
pub(super) enum Opinion {
    Right,
    /// Not right, and why.
    Wrong(String),
    /// None: the checker failed or said nothing, and does not take the stated output for right, either.
    Failed(String),
}

impl Grade<'_> {
    /// Asks the checker about an output.
    pub(super) async fn check_output(
        &self,
        checker: &str,
        case: &StreamCase,
        output: &str,
    ) -> Result<Opinion> {
        let opinion = self.ask_checker(checker, case, output).await?;
        let Opinion::Failed(why) = opinion else { return Ok(opinion) };
        // Many checkers end with an exception if an output is not of the right form.
        Ok(match self.ask_checker(checker, case, &case.stdout).await? {
            Opinion::Right => Opinion::Wrong(why),
            Opinion::Wrong(_) | Opinion::Failed(_) => Opinion::Failed(why),
        })
    }

    async fn ask_checker(&self, checker: &str, case: &StreamCase, output: &str) -> Result<Opinion> {
        let arguments = json!([checker, case.stdin, case.stdout, output]);
        let said = self.run(SCRIPT, "check", arguments, Isolation::Program).await?;
        Ok(match said {
            Ok(said) => judged(&said),
            Err(why) => Opinion::Failed(format!("the checker failed: {why}")),
        })
    }
}

/// What a checker's output and exit code say: one word says that the answer is right, or the code does if it prints nothing.
///
/// More words prove nothing: a checker may have printed the answer itself, or a sentence such as `correct: False`.
fn judged(said: &Value) -> Opinion {
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
        ("", _) if exits_well => Opinion::Right,
        ("", Value::None) => Opinion::Failed("the checker says nothing".into()),
        ("", _) => Opinion::Wrong("the checker rejects it".into()),
        (_, Value::None) if is_right_word => Opinion::Right,
        _ if is_right_word && exits_well => Opinion::Right,
        _ => Opinion::Wrong(format!("the checker says: {printed}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checker_has_to_say_that_an_answer_is_right() {
        let said = |printed: &str, code: Option<i64>| {
            let code = code.map_or(Value::None, Value::int);
            judged(&Value::List(vec![Value::Str(printed.into()), code])) == Opinion::Right
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
