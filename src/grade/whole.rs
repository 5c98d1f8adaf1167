//! Runs tests in languages other than Python: the answer and a test are one program.
//!
//! Invariant: a test is passed only if its program came to its end, which it shows by a line that the answer cannot know.

use futures_util::future::try_join_all;

use super::script::secret;
use super::{Failing, Grade, GradedTest, RUNS_TO_END, TestResult};
use crate::cases::test_cases::ScriptTest;
use crate::error::Result;
use crate::sandbox::{End, Execution, Isolation, Job, Language, Limits, Sandbox};

/// Bytes that the line at the end may take of the output.
const LINE: u64 = 64;

impl Grade<'_> {
    /// Runs an answer with each test.
    pub(super) async fn whole(
        &self,
        code: &str,
        language: Language,
        parts: &[ScriptTest],
    ) -> Result<Vec<GradedTest>> {
        let sandbox = self.sandbox.speaking(language)?;
        try_join_all(parts.iter().map(|part| self.part(&sandbox, code, language, part))).await
    }

    async fn part(
        &self,
        sandbox: &Sandbox,
        code: &str,
        language: Language,
        part: &ScriptTest,
    ) -> Result<GradedTest> {
        let end = secret();
        let job = Job {
            code: format!("{code}\n{}\n{}\n", part.code, language.print(&end)),
            limits: Limits { output: self.limits.output + LINE, ..self.limits },
            isolation: Isolation::Program,
            ..Job::default()
        };
        let execution = sandbox.submit(job).await?;
        let shown = execution.stdout.trim_end().strip_suffix(end.as_str());
        let result = match &execution.end {
            End::Exited { exit_code: 0 } if shown.is_some() => {
                return Ok(GradedTest::passed(execution.fuel));
            }
            End::Exited { exit_code: 0 } => TestResult::Unfinished,
            End::Exited { .. } => TestResult::Raised,
            End::CompileError { .. } => TestResult::Unparsable,
            other => TestResult::of_wrong_end(other),
        };
        let failing = Failing {
            input: part.code.clone(),
            expected: RUNS_TO_END.to_owned(),
            got: said(&execution, shown.unwrap_or(&execution.stdout)),
            ..Failing::default()
        };
        Ok(GradedTest::failed(result, execution.fuel, failing))
    }
}

/// What a program said before it failed: its messages if it has any.
fn said(execution: &Execution, stdout: &str) -> String {
    match execution.stderr.trim() {
        "" => format!("{}\n{stdout}", execution.end.name()),
        stderr => stderr.to_owned(),
    }
}
