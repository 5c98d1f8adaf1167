//! What a duel of programs comes to, for readers.
//!
//! Invariant: every number follows from the decision and the counts.

use serde::Serialize;

use super::{Counts, Task};
use crate::measure::duel::gate::Decision;
use crate::pipeline::duel::report::{points, unread_row};
use crate::report::{markdown, markdown_table};
use crate::sample::program_pair::DecidedBy;

/// What `run.json` says of a duel of programs.
#[derive(Serialize)]
pub(super) struct Details<'a> {
    pub decision: &'a Decision,
    pub pairs: &'a Counts,
}

pub(super) fn rows(decision: &Decision, counts: &Counts) -> Vec<(String, String)> {
    let Decision { accepted, challenger_score, king_score, lead, lower_bound, .. } = decision;
    let gate = if *accepted { "met: the challenger wins" } else { "not met" };
    let score = format!("{} : {}", points(*challenger_score), points(*king_score));
    let of = |by: &DecidedBy| counts.decided_by.get(by).copied().unwrap_or_default();
    let mut rows = vec![
        ("gate".to_owned(), gate.to_owned()),
        ("challenger : king".to_owned(), score),
        ("lead (lower bound)".to_owned(), format!("{} ({})", points(*lead), points(*lower_bound))),
        ("challenger wins".to_owned(), counts.challenger_wins.to_string()),
        ("king wins".to_owned(), counts.king_wins.to_string()),
    ];
    let decided = DecidedBy::ALL.iter().map(|by| {
        let name = if *by == DecidedBy::Tie { "ties" } else { by.name() };
        let name =
            if *by == DecidedBy::Tie { name.to_owned() } else { format!("decided by {name}") };
        (name, of(by).to_string())
    });
    rows.extend(decided);
    if counts.failing_winners > 0 {
        let failing = counts.failing_winners.to_string();
        rows.push(("winners that fail a test".to_owned(), failing));
    }
    rows.extend(counts.unread.iter().map(|(judge, ties)| unread_row(judge, *ties)));
    rows
}

/// The report, for readers.
pub(super) fn markdown_report(decision: &Decision, counts: &Counts, task: &Task<'_>) -> String {
    let title = format!("{} against {}", task.challenger.name, task.king.name);
    let mut text = markdown(&title, &rows(decision, counts));
    if !decision.reasons.is_empty() {
        text.push_str("\n## Why the gate is not met\n\n");
        let reasons = decision.reasons.iter().map(|reason| [reason.clone()]);
        text.push_str(&markdown_table(["reason"], reasons));
    }
    text
}
