//! Answers whose calls depend on earlier ones, graded by calls in the tests' own order, in one interpreter.
//!
//! Invariant: what runs in one process where the test set was published shares its state here; an answer without state is not run
//! again.

use super::apart::Answered;
use super::arguments::Arguments;
use super::calls::{expecting, light};
use super::script::{CodeTests, Script};
use super::{Grade, GradedTest};
use crate::cases::equality::Compare;
use crate::cases::stated::StatedCase;
use crate::cases::test_cases::{Check, TestPart};
use crate::error::Result;
use crate::sandbox::{Case, Isolation, Job};

/// The calls that a test has made of an answer.
pub(super) struct Made {
    calls: Vec<Arguments>,
    /// Whether they depend on their order, if that has shown already.
    depend: Option<bool>,
}

impl Made {
    pub(super) fn of(answered: &Answered<'_>) -> Self {
        let are_all = answered.made.iter().copied().eq(0..answered.calls.len());
        let depend = answered.calls.iter().any(|(_, result)| result.order_dependent);
        let is_shown = are_all && answered.batches == 1;
        Self { calls: answered.made().cloned().collect(), depend: is_shown.then_some(depend) }
    }
}

/// An answer's program with all its tests.
pub(super) struct Ordered<'a> {
    pub program: &'a str,
    pub entry: &'a str,
    pub tests: &'a CodeTests<'a>,
    /// For each test, the calls that it has made, if it is code that runs apart.
    pub made: Vec<Option<Made>>,
}

/// The tests that run in one process, as published: the listed ones one after the other, and so what one check states; every other
/// script is a program of its own.
fn processes(parts: &[TestPart]) -> Vec<Vec<usize>> {
    let (mut listed, mut stated, mut scripts) = (Vec::new(), Vec::new(), Vec::new());
    for (index, part) in parts.iter().enumerate() {
        match (part.visible, &part.check) {
            (true, _) => listed.push(index),
            (false, Check::Call(_)) => stated.push(index),
            (false, Check::Code { .. }) => scripts.push(vec![index]),
        }
    }
    scripts.extend([listed, stated].into_iter().filter(|process| !process.is_empty()));
    scripts
}

impl Ordered<'_> {
    fn stated(&self, part: usize) -> Option<&StatedCase> {
        match &self.tests.parts[part].check {
            Check::Call(stated) => Some(stated),
            Check::Code { .. } => None,
        }
    }

    fn cases(&self, part: usize) -> Vec<Case> {
        match (self.stated(part), &self.made[part]) {
            (Some(stated), _) => vec![light(&stated.case)],
            (None, Some(made)) => made.calls.iter().map(Arguments::case).collect(),
            (None, None) => Vec::new(),
        }
    }
}

impl Grade<'_> {
    /// Grades tests again in which the order of calls matters.
    pub(super) async fn in_order(
        &self,
        ordered: &Ordered<'_>,
        graded: &mut [GradedTest],
    ) -> Result<()> {
        for process in processes(ordered.tests.parts) {
            if self.order_matters(ordered, &process, graded).await? {
                self.grade_in_order(ordered, &process, graded).await?;
            }
        }
        Ok(())
    }

    async fn order_matters(
        &self,
        ordered: &Ordered<'_>,
        process: &[usize],
        graded: &[GradedTest],
    ) -> Result<bool> {
        let depend = match process {
            [part] => ordered.made[*part].as_ref().and_then(|made| made.depend),
            _ => None,
        };
        let all_stated = process.iter().all(|&part| ordered.stated(part).is_some());
        if let Some(depend) =
            depend.or(all_stated.then(|| process.iter().any(|&part| graded[part].order_dependent)))
        {
            return Ok(depend);
        }
        let cases: Vec<Case> = process.iter().flat_map(|&part| ordered.cases(part)).collect();
        if cases.len() < 2 {
            return Ok(false);
        }
        let job = self.call_job(ordered.program, ordered.entry, cases);
        Ok(self.run_cases(job).await?.cases.iter().any(|result| result.order_dependent))
    }

    async fn grade_in_order(
        &self,
        ordered: &Ordered<'_>,
        process: &[usize],
        graded: &mut [GradedTest],
    ) -> Result<()> {
        let Ordered { program, entry, tests, made } = ordered;
        let mut before: Vec<Case> = Vec::new();
        // Stated calls that follow each other are made in one run.
        for parts in
            process.chunk_by(|&a, &b| ordered.stated(a).is_some() == ordered.stated(b).is_some())
        {
            let is_stated = parts.iter().any(|&part| ordered.stated(part).is_some());
            let first = before.len();
            if is_stated {
                before.extend(parts.iter().flat_map(|&part| ordered.cases(part)));
                let stated: Vec<&StatedCase> =
                    parts.iter().filter_map(|&part| ordered.stated(part)).collect();
                let job = expecting(self.call_job(program, entry, before.clone()), &stated);
                let execution =
                    self.sandbox.submit(Job { isolation: Isolation::InOrder, ..job }).await?;
                for (index, &part) in parts.iter().enumerate() {
                    let Some(stated) = ordered.stated(part) else { continue };
                    let again =
                        self.call(entry, Compare::Python, stated, &execution, first + index);
                    graded[part] = GradedTest { order_dependent: true, ..again };
                }
                continue;
            }
            for &part in parts {
                let (Check::Code { definitions, call }, Some(made)) =
                    (&tests.parts[part].check, &made[part])
                else {
                    continue;
                };
                let setup = tests.setup.unwrap_or_default();
                let mut answered = Answered::in_order(program, entry, before.clone());
                self.answer(&mut answered, made.calls.clone()).await?;
                let script = Script { setup, definitions, call };
                if let Some(again) = self.apart(&mut answered, &script).await? {
                    graded[part] = GradedTest { order_dependent: true, ..again };
                }
                before.extend(answered.made().map(Arguments::case));
            }
        }
        Ok(())
    }
}
