//! Judged turns as they are read again, whoever judged them.
//!
//! Invariant: a verdict is within its scale, and all turns have the same judges in the same order.

use std::collections::BTreeSet;

use super::{chat_message, optional, required};
use crate::dataset::trajectories;
use crate::flow::Fate;
use crate::json::{Json, Object};
use crate::pipeline::duel::contest::Contest;
use crate::pipeline::duel::judge::Metric;
use crate::record::Lineage;
use crate::sample::turn::{DuelProvenance, JudgeRow, JudgedTurn};

/// A judged turn, whose id and source its record has.
pub(in crate::pipeline::duel) fn judged_turn(
    row: &Object,
    judgements: Vec<JudgeRow>,
    provenance: Option<DuelProvenance>,
) -> Result<JudgedTurn, String> {
    if let Some(wrong) = judgements.iter().find_map(fault) {
        return Err(wrong);
    }
    let mut names = BTreeSet::new();
    if let Some(twice) = judgements.iter().find(|row| !names.insert(&row.judge)) {
        return Err(format!(
            "judge {:?} is named twice, and which verdict counts is not known",
            twice.judge
        ));
    }
    let messages = match row.get("messages") {
        None | Some(Json::Null) => Vec::new(),
        Some(_) => trajectories::messages(row)?,
    };
    let nowhere = || Contest::default().provenance(Lineage { file: String::new(), line: 0 });
    Ok(JudgedTurn {
        id: String::new(),
        instance_id: required(row, "instance_id")?,
        repo: optional(row, "repo"),
        messages: messages.iter().map(chat_message).collect(),
        king: optional(row, "king"),
        challenger: optional(row, "challenger"),
        assistant: optional(row, "assistant"),
        score: None,
        bucket: None,
        judgements,
        provenance: provenance.unwrap_or_else(nowhere),
    })
}

/// What is wrong with a judge's verdicts.
fn fault(row: &JudgeRow) -> Option<String> {
    let count = Metric::ALL.len();
    let orders = [&row.challenger_first, &row.king_first];
    let is_right = orders.into_iter().flatten().all(|verdicts| {
        verdicts.len() == count && verdicts.iter().all(|side| (-1..=1).contains(side))
    }) && row.combined.iter().all(|verdicts| {
        verdicts.len() == count && verdicts.iter().all(|side| (-1.0..=1.0).contains(side))
    });
    (!is_right).then(|| {
        format!("judge {:?} has verdicts that are not {count} numbers from -1 to 1", row.judge)
    })
}

/// Gives each turn the verdicts of the same judges, in the order in which they come first; a judge that is missing gave none.
pub(super) fn align(fates: &mut [Fate<JudgedTurn>]) {
    let mut judges: Vec<String> = Vec::new();
    for fate in fates.iter() {
        let Fate::Live(record) = fate else { continue };
        for row in &record.body.judgements {
            if !judges.contains(&row.judge) {
                judges.push(row.judge.clone());
            }
        }
    }
    for fate in fates {
        let Fate::Live(record) = fate else { continue };
        let own = std::mem::take(&mut record.body.judgements);
        let of = |judge: &String| {
            let found = own.iter().find(|row| row.judge == *judge);
            found.cloned().unwrap_or_else(|| JudgeRow::unread(judge))
        };
        record.body.judgements = judges.iter().map(of).collect();
    }
}
