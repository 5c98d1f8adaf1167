//! Runs programs that read stdin, and grades what they print.
//!
//! Invariant: a program is right in a test if it ends well and its output is the stated one, or one that the problem's checker takes.

use futures_util::future::try_join_all;

use super::calls::{SPARE_OUTPUT, shown_loading};
use super::checker::Opinion;
use super::{Failing, Grade, GradedTest, TestResult};
use crate::cases::test_cases::StreamCase;
use crate::error::Result;
use crate::python::Module;
use crate::sandbox::{End, Execution, Job, Limits};

/// Sites that judge programs do not limit the digits of integers, as CPython has since 3.11.
const ANY_DIGITS: &str = "__import__('sys').set_int_max_str_digits(0)";

impl Grade<'_> {
    /// Runs an answer as a program, once for each input; fuel is given as to cases that are called.
    pub(super) async fn streams(
        &self,
        code: &str,
        cases: &[StreamCase],
        checker: Option<&str>,
    ) -> Result<Vec<GradedTest>> {
        let program =
            Module::parse(code).map_or(code.to_owned(), |module| module.with_line(ANY_DIGITS));
        let run = async |case: &StreamCase, limits: Limits| {
            let output = limits.output.max(case.stdout.len() as u64 + SPARE_OUTPUT);
            let stdin = case.stdin.clone().into_bytes();
            let job = Job { stdin, limits: Limits { output, ..limits }, ..self.job(&program) };
            // The outputs of all cases are not held at a time.
            self.stream(case, checker, &self.sandbox.submit(job).await?).await
        };
        let some = self.some_fuel();
        let mut graded = try_join_all(cases.iter().map(|case| run(case, some))).await?;
        if some != self.limits {
            let ran_out = |graded: &GradedTest| graded.result == TestResult::OutOfFuel;
            for (graded, case) in graded.iter_mut().zip(cases).filter(|(graded, _)| ran_out(graded))
            {
                *graded = run(case, self.limits).await?;
                if ran_out(graded) {
                    break;
                }
            }
        }
        Ok(graded)
    }

    /// Whether a program that ended so ended well.
    fn may_exit_with(&self, exit_code: i32, execution: &Execution) -> bool {
        exit_code == 0 || (self.matching.any_exit_code && execution.error.is_none())
    }

    async fn stream(
        &self,
        case: &StreamCase,
        checker: Option<&str>,
        execution: &Execution,
    ) -> Result<GradedTest> {
        let (mut said, mut unmatched) = (None, TestResult::WrongAnswer);
        let result = match &execution.end {
            End::Exited { exit_code }
                if self.may_exit_with(*exit_code, execution) && !execution.truncated =>
            {
                if self.matching.output(&case.stdout, &execution.stdout) {
                    return Ok(GradedTest::passed(execution.fuel));
                }
                if let Some(checker) = checker {
                    match self.check_output(checker, case, &execution.stdout).await? {
                        Opinion::Right => return Ok(GradedTest::passed(execution.fuel)),
                        Opinion::Wrong(why) => said = Some(why),
                        Opinion::Failed(why) => {
                            (said, unmatched) = (Some(why), TestResult::CheckerFailed);
                        }
                    }
                }
                unmatched
            }
            End::Exited { exit_code } if self.may_exit_with(*exit_code, execution) => {
                TestResult::OutputTooLarge
            }
            End::Exited { .. } if execution.error.is_some() => {
                match TestResult::of_loading(execution) {
                    TestResult::LoadFailed => TestResult::Raised,
                    other => other,
                }
            }
            end => TestResult::of_wrong_end(end),
        };
        let mut got = execution.stdout.clone();
        if result != unmatched {
            got = format!("{}\n{got}", shown_loading(execution));
        }
        if let Some(said) = said {
            got = format!("{said}\n{got}");
        }
        let failing = Failing {
            input: case.stdin.clone(),
            expected: case.stdout.clone(),
            got,
            exception: execution.error.as_ref().map(|error| error.kind.clone()),
            ..Failing::default()
        };
        Ok(GradedTest::failed(result, execution.fuel, failing))
    }
}
