//! What duels write: turns with their verdicts, and pairs of programs with what came of their tests.
//!
//! Invariant: a score is what the row's own verdicts make it; what they cannot show is left to a run.

use std::collections::BTreeSet;

use super::require;
use crate::cases::stated::{Stated, StatedPrograms, TestedProgram};
use crate::dataset::turn_form;
use crate::fences::{blocks, fenced};
use crate::measure::duel::{self, agreement::BothOrders};
use crate::measure::{mean, median};
use crate::model::{Message, Role};
use crate::outcome::Rejection;
use crate::sample::preference::{Preference, ProgramEvidence, ProgramPair, TurnPair};
use crate::sample::program_pair::{DecidedBy, JudgedPrograms};
use crate::sample::turn::{Bucket, ChatMessage, Conversation, JudgeRow, JudgedTurn};

/// How many metrics a turn is judged by.
const METRICS: usize = 5;
/// How far a score may be from the one computed here.
const ROUNDING: f64 = 1e-6;

pub(super) fn turn(row: &JudgedTurn) -> Result<Vec<Stated>, Rejection> {
    let history = conversation_so_far(&row.messages)?;
    if row.provenance.king == "dataset" {
        let own = turn_form::without_thinking(&row.assistant);
        require(row.king == own.trim(), "the king's turn is not the dataset's own")?;
    } else {
        require_form(&row.king, &history, "the king's turn does not have the form of a turn")?;
    }
    let why = "the challenger's turn does not have the form of a turn";
    require_form(&row.challenger, &history, why)?;
    require_verdicts(&row.judgements, METRICS)?;
    let verdicts: Vec<f64> = row.judgements.iter().filter_map(verdict).collect();
    let has_majority = 2 * verdicts.len() > row.judgements.len();
    match row.score {
        Some(score) => {
            let is_of = |delta: Option<f64>| {
                delta.is_some_and(|delta| (duel::score(delta) - score).abs() < ROUNDING)
            };
            let holds = is_of(mean(&verdicts)) || is_of(median(&verdicts));
            require(has_majority && holds, "the score is not that of the verdicts")?;
        }
        None => require(!has_majority, "the verdicts give a score, and the row has none")?,
    }
    require(row.bucket == row.score.map(Bucket::of), "the bucket is not that of the score")?;
    Ok(Vec::new())
}

pub(super) fn turn_pair(TurnPair(row): &TurnPair) -> Result<Vec<Stated>, Rejection> {
    let history = conversation_so_far(&row.prompt)?;
    let chosen = reply(&row.chosen)?;
    let rejected = reply(&row.rejected)?;
    require(chosen != rejected, "the chosen turn is the rejected one")?;
    require_form(chosen, &history, "the chosen turn does not have the form of a turn")?;
    let score = row.score.ok_or_else(|| super::contradictory("a pair of turns has no score"))?;
    require_exported(score, &row.bucket)?;
    let has_tests = (row.tests, row.chosen_passes, row.rejected_passes) != (0, 0, 0)
        || row.decided_by != DecidedBy::Judges
        || ![&row.problem, &row.evidence].iter().all(|text| text.is_empty());
    require(!has_tests, "a pair of turns has tests")?;
    require_no_execution(row)?;
    Ok(Vec::new())
}

pub(super) fn conversation(row: &Conversation) -> Result<Vec<Stated>, Rejection> {
    let (last, before) = row.messages.split_last().unwrap_or((&EMPTY, &[]));
    let history = conversation_so_far(before)?;
    let turn = reply(std::slice::from_ref(last))?;
    require_form(turn, &history, "the last turn does not have the form of a turn")?;
    require_exported(row.score, row.bucket.name())?;
    Ok(Vec::new())
}

pub(super) fn programs(row: JudgedPrograms) -> Result<Vec<Stated>, Rejection> {
    require_verdicts(&row.judgements, 1)?;
    let verdicts: Vec<f64> = row.judgements.iter().filter_map(verdict).collect();
    let judged = mean(&verdicts).filter(|_| 2 * verdicts.len() > row.judgements.len());
    let is_decided = row.king_passes != row.challenger_passes;
    let (score, decided_by) = match judged.map(duel::score) {
        _ if row.challenger_passes > row.king_passes => (100.0, DecidedBy::Execution),
        _ if row.challenger_passes < row.king_passes => (0.0, DecidedBy::Execution),
        Some(score) if score != 50.0 => (score, DecidedBy::Judges),
        Some(_) | None => (50.0, DecidedBy::Tie),
    };
    require(
        (row.score - score).abs() < ROUNDING,
        "the score is not that of the tests and the verdicts",
    )?;
    require(row.decided_by == decided_by, "the pair is decided by something else")?;
    let is_asked = !row.judgements.is_empty();
    require(!(is_decided && is_asked), "judges were asked about a pair that its tests decide")?;
    let king = (row.king, row.king_passes, row.king_failure);
    let challenger = (row.challenger, row.challenger_passes, row.challenger_failure);
    let programs = vec![king, challenger];
    stated(row.problem, row.tests, &row.messages, programs)
}

pub(super) fn program_pair(ProgramPair(row): ProgramPair) -> Result<Vec<Stated>, Rejection> {
    let program = |messages: &[ChatMessage]| {
        let text = reply(messages)?;
        let found = blocks(text);
        let program = found.first().map_or("", |block| block.content).to_owned();
        require(fenced(&program) == text, "a side of the pair is not a fenced program alone")?;
        Ok::<_, Rejection>(program)
    };
    let (chosen, rejected) = (program(&row.chosen)?, program(&row.rejected)?);
    require(chosen != rejected, "the chosen program is the rejected one")?;
    let holds = match row.decided_by {
        DecidedBy::Execution => row.chosen_passes > row.rejected_passes,
        DecidedBy::Judges => row.chosen_passes == row.rejected_passes,
        DecidedBy::Tie => false,
    };
    require(holds, "the pair is not decided as it states")?;
    if let Some(score) = row.score {
        let is_won = match row.decided_by {
            DecidedBy::Execution => score == 100.0,
            DecidedBy::Judges | DecidedBy::Tie => 50.0 < score && score <= 100.0,
        };
        require(is_won, "the score is not that of a winner")?;
        let bucket = Preference::bucket_of(score);
        require(row.bucket == bucket, "the bucket is not that of the score")?;
    }
    require_no_execution(&row)?;
    let failure = ProgramEvidence::failure_in(&row.evidence)
        .map_err(|error| super::contradictory(&format!("`evidence` cannot be read: {error}")))?;
    let chosen = (chosen, row.chosen_passes, String::new());
    let programs = vec![chosen, (rejected, row.rejected_passes, failure)];
    stated(row.problem, row.tests, &row.prompt, programs)
}

fn stated(
    problem: String,
    tests: u64,
    prompt: &[ChatMessage],
    programs: Vec<(String, u64, String)>,
) -> Result<Vec<Stated>, Rejection> {
    let [ChatMessage { role, content }] = prompt else {
        return Err(super::contradictory("the prompt is not one message"));
    };
    require(role == "user", "the prompt is not a message of the user")?;
    let programs = programs.into_iter();
    let programs =
        programs.map(|(code, passes, failure)| TestedProgram { code, passes, failure }).collect();
    let programs = Some(StatedPrograms { problem, tests, prompt: content.clone(), programs });
    Ok(vec![Stated { programs, ..Stated::default() }])
}

static EMPTY: ChatMessage = ChatMessage { role: String::new(), content: String::new() };

/// The messages before a turn: known roles, and the user's at their end.
fn conversation_so_far(messages: &[ChatMessage]) -> Result<Vec<Message>, Rejection> {
    let role = |name: &str| match name {
        "system" => Some(Role::System),
        "user" => Some(Role::User),
        "assistant" => Some(Role::Assistant),
        _ => None,
    };
    let message = |message: &ChatMessage| {
        Some(Message { role: role(&message.role)?, content: message.content.clone() })
    };
    let messages: Option<Vec<Message>> = messages.iter().map(message).collect();
    let messages = messages.ok_or_else(|| super::contradictory("a message has an unknown role"))?;
    let is_asked = messages.last().is_some_and(|last| last.role == Role::User);
    require(is_asked, "the conversation does not end with a message of the user")?;
    Ok(messages)
}

/// The one reply of a side.
fn reply(messages: &[ChatMessage]) -> Result<&str, Rejection> {
    match messages {
        [ChatMessage { role, content }] if role == "assistant" => Ok(content),
        _ => Err(super::contradictory("a side is not one message of the assistant")),
    }
}

fn require_form(turn: &str, history: &[Message], why: &str) -> Result<(), Rejection> {
    match turn_form::faults(turn, history).first() {
        None => Ok(()),
        Some(fault) => Err(super::contradictory(&format!("{why}: {fault}"))),
    }
}

fn require_exported(score: f64, bucket: &str) -> Result<(), Rejection> {
    require((0.0..=100.0).contains(&score), "the score is not one from 0 to 100")?;
    require(bucket == Bucket::of(score).name(), "the bucket is not that of the score")?;
    require(bucket != Bucket::Defeat.name(), "a turn that lost is no sample")
}

fn require_no_execution(row: &Preference) -> Result<(), Rejection> {
    let is_empty = row.provenance.execution.is_empty();
    require(is_empty, "a row of a duel states what its programs ran under")
}

fn require_verdicts(judgements: &[JudgeRow], metrics: usize) -> Result<(), Rejection> {
    let orders = judgements.iter().flat_map(|it| [&it.challenger_first, &it.king_first]);
    let mut sides = orders.flatten();
    let holds = sides
        .all(|order| order.len() == metrics && order.iter().all(|side| (-1..=1).contains(side)));
    require(holds, "a verdict is not one side for each metric")?;
    let names: BTreeSet<&str> = judgements.iter().map(|it| it.judge.as_str()).collect();
    require(names.len() == judgements.len(), "a judge has two verdicts")
}

/// A judge's verdict over both orders.
fn verdict(judged: &JudgeRow) -> Option<f64> {
    let over_all = |order: &Option<Vec<i8>>| {
        mean(&order.as_ref()?.iter().map(|side| f64::from(*side)).collect::<Vec<_>>())
    };
    let orders = BothOrders {
        challenger_first: over_all(&judged.challenger_first),
        king_first: over_all(&judged.king_first),
    };
    orders.verdict()
}
