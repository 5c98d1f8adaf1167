//! Tests that are code: the answer passes one that runs to its end.
//!
//! Invariant: that a test ran to its end is shown by a secret of the job, and apart from the answer wherever that can be done.

use super::apart::Answered;
use super::arguments::Arguments;
use super::calls::program;
use super::in_order::{Made, Ordered};
use super::script::{CodeTests, Script, unfinished};
use super::{Grade, GradedTest, Mode};
use crate::cases::equality::Compare;
use crate::cases::stated::StatedCase;
use crate::cases::test_cases::Check;
use crate::error::Result;

/// Reported for a test that passes or receives objects other than builtin types.
pub(super) const FOREIGN: &str =
    "the test passes or receives objects that are not of builtin types";

impl Grade<'_> {
    /// Grades an answer by all tests.
    pub(super) async fn tests(
        &self,
        code: &str,
        tests: &CodeTests<'_>,
        mode: &Mode,
    ) -> Result<Vec<GradedTest>> {
        let program = program(code, tests.setup);
        let stated: Vec<&StatedCase> = tests
            .parts
            .iter()
            .filter_map(|part| match &part.check {
                Check::Call(stated) => Some(stated),
                Check::Code { .. } => None,
            })
            .collect();
        let called = self
            .calls(program.clone(), tests.entry.unwrap_or_default(), Compare::Python, &stated)
            .await?;
        let mut called = called.into_iter();
        let mut answered = match (mode, tests.entry) {
            (Mode::Apart { calls }, Some(entry)) => {
                let mut answered = Answered::new(&program, entry);
                let calls: Option<Vec<Arguments>> =
                    calls.iter().map(|call| Arguments::of_text(call)).collect();
                self.answer(&mut answered, calls.unwrap_or_default()).await?;
                Some(answered)
            }
            (Mode::Apart { .. } | Mode::Guarded | Mode::Together, _) => None,
        };
        let (mut graded, mut made) = (Vec::new(), Vec::new());
        for part in tests.parts {
            let mut made_now = None;
            graded.push(match &part.check {
                // As many results as calls were made, in their order.
                Check::Call(_) => called.next().unwrap_or_else(|| unfinished("")),
                Check::Code { definitions, call } => {
                    let script =
                        Script { setup: tests.setup.unwrap_or_default(), definitions, call };
                    match &mut answered {
                        Some(answered) => match self.apart(answered, &script).await? {
                            Some(graded) => {
                                made_now = Some(Made::of(answered));
                                graded
                            }
                            // No reference program has shown it beforehand.
                            None if !tests.is_tried => {
                                self.together(code, &script, true).await?.shared_interpreter()
                            }
                            None => unfinished(FOREIGN),
                        },
                        None => self
                            .together(code, &script, *mode == Mode::Guarded)
                            .await?
                            .shared_interpreter(),
                    }
                }
            });
            made.push(made_now);
        }
        if let Some(entry) = tests.entry {
            let ordered = Ordered { program: &program, entry, tests, made };
            self.in_order(&ordered, &mut graded).await?;
        }
        Ok(graded)
    }
}
