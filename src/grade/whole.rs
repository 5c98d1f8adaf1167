//! Runs tests in languages other than Python: the answer and a test are one program.
//!
//! Invariant: an answer passes only if it comes to its end by itself and with each test, so that it can neither leave before a test nor hide it.

use super::{Failing, Grade, GradedTest, RUNS_TO_END, TestResult};
use crate::cases::script::{Whole, run_whole};
use crate::cases::test_cases::ScriptTest;
use crate::error::Result;
use crate::sandbox::{End, Language};

impl Grade<'_> {
    /// Runs an answer by itself, and then with each test.
    pub(super) async fn whole(
        &self,
        code: &str,
        language: Language,
        parts: &[ScriptTest],
    ) -> Result<Vec<GradedTest>> {
        let run =
            async |parts: &[&str]| run_whole(self.sandbox, self.limits, language, parts).await;
        let alone = run(&[code]).await?;
        let mut graded = Vec::new();
        for part in parts {
            graded.push(match alone.is_whole {
                true => graded_test(&run(&[code, &part.code]).await?, part),
                false => graded_test(&alone, part),
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
    let failing = Failing {
        input: part.code.clone(),
        expected: RUNS_TO_END.to_owned(),
        got: whole.said(),
        ..Failing::default()
    };
    GradedTest::failed(result, fuel, failing)
}
