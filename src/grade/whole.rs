//! Runs tests in languages other than Python: the answer and a test are one program, in the sandbox or on an executor.
//!
//! Invariant: an answer passes only if it comes to its end by itself and with each test, so that it can neither leave before a test nor hide it,
//! as far as its language can show that.

use super::{Failing, Grade, GradedTest, RUNS_TO_END, TestResult};
use crate::cases::elsewhere::{Elsewhere, Verdict};
use crate::cases::place::Place;
use crate::cases::script::{Whole, run_whole};
use crate::cases::test_cases::ScriptTest;
use crate::error::{Error, Result};
use crate::executor::{self, OtherLanguage, Ran};
use crate::sandbox::{End, Language};

impl Grade<'_> {
    /// Runs an answer with each test where its language is run.
    pub(super) async fn whole(
        &self,
        code: &str,
        language: &OtherLanguage,
        parts: &[ScriptTest],
    ) -> Result<Vec<GradedTest>> {
        match Place::of(language, self.executors) {
            Ok(Place::Sandbox(language)) => self.in_sandbox(code, language, parts).await,
            Ok(Place::Executor(executor)) => {
                let answer = Elsewhere { executor, language, solution: code };
                let tests: Vec<&str> = parts.iter().map(|part| part.code.as_str()).collect();
                let verdicts = answer.verdicts(&tests).await?;
                let graded = verdicts.into_iter().zip(parts);
                Ok(graded.map(|(verdict, part)| graded_elsewhere(answer, verdict, part)).collect())
            }
            Err(nowhere) => Err(Error::Usage(nowhere.detail)),
        }
    }

    /// Runs an answer by itself, and then with each test.
    async fn in_sandbox(
        &self,
        code: &str,
        language: Language,
        parts: &[ScriptTest],
    ) -> Result<Vec<GradedTest>> {
        let run = async |test| run_whole(self.sandbox, self.limits, language, code, test).await;
        // What has no `main` is nothing by itself.
        let alone = if language.is_compiled() { None } else { Some(run(None).await?) };
        let mut graded = Vec::new();
        for part in parts {
            graded.push(match alone.as_ref().filter(|alone| !alone.is_whole) {
                None => graded_test(&run(Some(part.code.as_str())).await?, part),
                Some(alone) => graded_test(alone, part),
            });
        }
        Ok(graded)
    }
}

fn graded_test(whole: &Whole, part: &ScriptTest) -> GradedTest {
    let fuel = whole.execution.fuel;
    let result = match &whole.execution.end {
        End::Exited { .. } if whole.is_whole => return GradedTest::passed(fuel),
        End::Exited { exit_code: 0 } => TestResult::Unfinished,
        End::Exited { .. } => TestResult::Raised,
        End::CompileError { .. } => TestResult::Unparsable,
        other => TestResult::of_wrong_end(other),
    };
    failed(result, fuel, part, whole.said())
}

/// What became of an answer with a test on an executor, which counts no fuel.
fn graded_elsewhere(answer: Elsewhere<'_>, verdict: Verdict, part: &ScriptTest) -> GradedTest {
    match verdict {
        Verdict::Passed => GradedTest::passed(0),
        Verdict::Failed(ran) => failed(result_of(&ran), 0, part, ran.said()),
        Verdict::Differs(why) => failed(TestResult::Unrepeatable, 0, part, answer.differs(&why)),
    }
}

fn result_of(ran: &Ran) -> TestResult {
    match ran.end {
        executor::End::Exited(0) => TestResult::Unfinished,
        executor::End::Exited(_) => TestResult::Raised,
        executor::End::CompileError => TestResult::Unparsable,
        executor::End::TimedOut => TestResult::TimedOut,
        executor::End::WrongAnswer => TestResult::WrongAnswer,
    }
}

fn failed(result: TestResult, fuel: u64, part: &ScriptTest, got: String) -> GradedTest {
    let failing = Failing {
        input: part.code.clone(),
        expected: RUNS_TO_END.to_owned(),
        got,
        ..Failing::default()
    };
    GradedTest::failed(result, fuel, failing)
}
