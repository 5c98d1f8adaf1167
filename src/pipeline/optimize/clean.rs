//! The stage that looks for defects: a program with findings is dropped, or kept with them.
//!
//! Invariant: nothing is run; the same program always has the same findings.

use super::sample::Sample;
use crate::ask::prompt::Prompts;
use crate::dataset::programs::ProgramRow;
use crate::error::Result;
use crate::flow::Stage;
use crate::lint::{self, Finding, Selection, Severity};
use crate::outcome::{Outcome, Reason, Rejection};
use crate::record::Record;
use crate::report::counted;

/// The name of the findings in the evidence of a rejection.
pub const FINDINGS: &str = "findings";
/// Findings that a rejection names.
const NAMED: usize = 3;

/// Looks for defects in programs.
pub struct Clean<'a> {
    pub prompts: &'a Prompts,
    pub selection: &'a Selection,
    /// Programs with a finding of this severity or a worse one are dropped; `None` keeps all, with their findings.
    pub drop_from: Option<Severity>,
}

impl Clean<'_> {
    /// What is found in a program for a row.
    pub fn found(
        &self,
        program: &str,
        row: &ProgramRow,
    ) -> std::result::Result<Vec<Finding>, String> {
        let found = lint::findings(&row.runnable(program), self.selection)?;
        Ok(in_the_program(found, row.imports.lines().count()))
    }

    fn drops(&self, finding: &Finding) -> bool {
        // Severities are listed from the worst.
        self.drop_from.is_some_and(|least| finding.severity <= least)
    }
}

/// The findings below the row's import lines, with their lines in the program itself.
fn in_the_program(found: Vec<Finding>, imports: usize) -> Vec<Finding> {
    let own = found.into_iter().filter(|finding| finding.line > imports);
    let moved = |it: Finding| Finding {
        line: it.line - imports,
        end_line: it.end_line.saturating_sub(imports),
        ..it
    };
    own.map(moved).collect()
}

impl Stage for Clean<'_> {
    type In = Sample;
    type Out = Sample;
    const NAME: &'static str = "clean";

    fn fingerprint(&self) -> String {
        format!("2|{}|{:?}", self.selection.digest(), self.drop_from)
    }

    async fn apply(&self, input: &Record<Sample>) -> Result<Outcome<Sample>> {
        if input.body.is_text {
            return Ok(Outcome::Accepted(vec![input.clone()]));
        }
        let row = match input.body.open(self.prompts) {
            Ok(row) => row,
            Err(why) => return Ok(Outcome::Rejected(why)),
        };
        let found = match self.found(&input.body.program, &row) {
            Ok(found) => found,
            Err(why) => {
                return Ok(Outcome::Rejected(Rejection::new(Reason::UnparsableSource, why)));
            }
        };
        let dropped: Vec<&Finding> = found.iter().filter(|finding| self.drops(finding)).collect();
        if !dropped.is_empty() {
            let named = dropped.iter().take(NAMED);
            let named: Vec<String> = named
                .map(|it| format!("{} on line {}: {}", it.rule, it.line, it.message))
                .collect();
            let why = format!("{}: {}", counted(dropped.len(), "finding"), named.join("; "));
            let evidence = serde_json::json!({FINDINGS: found});
            return Ok(Outcome::Rejected(
                Rejection::new(Reason::Findings, why).with_evidence(evidence),
            ));
        }
        // If no finding is tolerated, there is nothing to tell of the rest.
        let findings = (self.drop_from != Some(Severity::Note)).then_some(found);
        let body = Sample { findings, trials: Vec::new(), ..input.body.clone() };
        Ok(Outcome::Accepted(vec![input.with_body(body)]))
    }
}
