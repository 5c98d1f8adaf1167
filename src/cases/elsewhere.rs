//! Runs a test after a solution on an executor, as `script` does in the sandbox.
//!
//! Invariant: a test passes if two runs of the same program do the same and pass; what differs is neither passed nor failed.

use serde_json::json;

use crate::error::Result;
use crate::executor::{Executor, OtherLanguage, Program, Ran, Twice};
use crate::outcome::{Reason, Rejection};
use crate::report::excerpt;

/// A solution in a language that an executor runs.
#[derive(Clone, Copy)]
pub struct Elsewhere<'a> {
    pub executor: &'a Executor,
    pub language: &'a OtherLanguage,
    pub solution: &'a str,
}

/// What became of a program.
#[derive(Clone)]
pub enum Verdict {
    Passed,
    Failed(Ran),
    /// Its two runs are not the same; why, in a sentence.
    Differs(String),
}

impl Elsewhere<'_> {
    /// Runs the solution with each test. In a language whose programs can show that they came to their end, the solution has to do so by
    /// itself first, so that it cannot hide a test.
    pub async fn verdicts(&self, tests: &[&str]) -> Result<Vec<Verdict>> {
        if self.language.shows_its_end() {
            let alone = self.of_program(self.solution, None).await?;
            let is_good = match &alone {
                Verdict::Passed => true,
                Verdict::Failed(ran) => ran.came_to_its_end(),
                Verdict::Differs(_) => false,
            };
            if !is_good {
                return Ok(vec![alone; tests.len()]);
            }
        }
        let mut verdicts = Vec::new();
        for test in tests {
            verdicts.push(self.of_program(self.solution, Some(test)).await?);
        }
        Ok(verdicts)
    }

    /// What is wrong with the first test that something is wrong with: it fails on the solution, differs from run to run, or passes without
    /// the solution.
    pub async fn fault_of(&self, tests: &[&str]) -> Result<Option<Rejection>> {
        let fault = |reason, why: String| {
            let evidence = json!({"executor": self.executor.name()});
            Ok(Some(Rejection::new(reason, why).with_evidence(evidence)))
        };
        for verdict in self.verdicts(tests).await? {
            match verdict {
                Verdict::Passed => {}
                Verdict::Failed(ran) => {
                    let why = excerpt(&ran.said()).to_owned();
                    let why = format!("the test fails on the solution itself: {why}");
                    return fault(Reason::TestFailed, why);
                }
                Verdict::Differs(why) => return fault(Reason::Unrepeatable, self.differs(&why)),
            }
        }
        for test in tests {
            match self.of_program("", Some(test)).await? {
                Verdict::Passed => {
                    let why = "the test passes without the solution";
                    return fault(Reason::ToothlessTests, why.into());
                }
                Verdict::Failed(_) | Verdict::Differs(_) => {}
            }
        }
        Ok(None)
    }

    /// Says of whom it is that two runs differ.
    pub fn differs(&self, why: &str) -> String {
        format!("two runs on executor {} are not the same: {why}", self.executor.name())
    }

    async fn of_program(&self, solution: &str, test: Option<&str>) -> Result<Verdict> {
        let program = Program { language: self.language, solution, test };
        Ok(match self.executor.run_twice(&program).await? {
            Twice::Same(ran) if ran.is_whole() => Verdict::Passed,
            Twice::Same(ran) => Verdict::Failed(ran),
            Twice::Differs { first, second } => {
                Verdict::Differs(Twice::difference(&first, &second))
            }
        })
    }
}
