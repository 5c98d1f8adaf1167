//! Tests that share an interpreter with the answer.
//!
//! Invariant: a test passes only if it returns the secret of its job, which the answer is not handed.

use serde_json::json;

use super::arguments::Arguments;
use super::calls::{program, shown_loading, shown_result};
use super::script::{CodeTests, Script, secret, unfinished};
use super::{Grade, GradedTest, TestResult, is_syntax_error};
use crate::cases::test_cases::Check;
use crate::error::Result;
use crate::sandbox::value::Value;
use crate::sandbox::{End, Isolation};

const TOGETHER: &str = include_str!("together.py");

impl Grade<'_> {
    /// Runs a test in the answer's interpreter; if guarded, what the answer returns has to be made of builtin types.
    pub(super) async fn together(
        &self,
        code: &str,
        script: &Script<'_>,
        guarded: bool,
    ) -> Result<GradedTest> {
        let token = secret();
        let arguments = json!([
            program(code, None),
            script.setup,
            script.definitions,
            script.call,
            guarded,
            token
        ]);
        let job = self.script(&script.with_pytest(TOGETHER), "grade", arguments, Isolation::Case);
        let execution = self.run_cases(job).await?;
        let Some(got) = execution.cases.first() else {
            return Ok(unfinished(&shown_loading(&execution)));
        };
        let (result, exception) = match &got.end {
            _ if got.nondeterministic && !got.prints_differ => (TestResult::Nondeterministic, None),
            End::Returned { value: Value::Str(shown), .. } if *shown == token => {
                return Ok(GradedTest::passed(got.fuel));
            }
            End::Returned { .. } => (TestResult::Unfinished, None),
            End::Raised(raised) if raised.kind == "AssertionError" => {
                (TestResult::WrongAnswer, Some(&raised.kind))
            }
            End::Raised(raised) if raised.kind == "Foreign" => (TestResult::WrongAnswer, None),
            End::Raised(raised) if is_syntax_error(&raised.kind) => {
                (TestResult::Unparsable, Some(&raised.kind))
            }
            End::Raised(raised) => (TestResult::Raised, Some(&raised.kind)),
            end => (TestResult::of_wrong_end(end), None),
        };
        let shown = if let End::Raised(raised) = &got.end
            && raised.kind == "Foreign"
        {
            format!("an object of class {}", raised.message)
        } else {
            shown_result(got).replace(&token, "…")
        };
        Ok(GradedTest::failed(result, got.fuel, script.failing(shown, exception.cloned())))
    }

    /// Lists the calls that tests make of a program, each once, as far as running both together shows them.
    pub(super) async fn record(&self, code: &str, tests: &CodeTests<'_>) -> Result<Vec<String>> {
        let mut found: Vec<String> = Vec::new();
        let (setup, entry) = (tests.setup.unwrap_or_default(), tests.entry.unwrap_or_default());
        let scripts = tests.parts.iter().filter_map(|part| match &part.check {
            Check::Code { definitions, call } => Some(Script { setup, definitions, call }),
            Check::Call(_) => None,
        });
        for script in scripts {
            let Script { definitions, call, .. } = script;
            let arguments = json!([program(code, None), setup, definitions, call, entry]);
            let recorder = script.with_pytest(TOGETHER);
            if let Ok(Value::List(calls)) =
                self.run(&recorder, "record", arguments, Isolation::Program).await?
            {
                for call in calls.iter().filter_map(Arguments::of_value) {
                    if !found.contains(&call.pair) {
                        found.push(call.pair);
                    }
                }
            }
        }
        Ok(found)
    }
}
