//! Turns of trajectories to a decided duel: choose turns, have both contestants answer, have a panel judge, and open a gate or not.
//!
//! Invariant: no verdict is asked for twice; what is decided depends on the turns, the replies and the seed alone.

pub mod answer;
mod early;
pub mod judge;
pub mod leak;
pub mod page;
pub mod prepare;
pub mod programs;
pub mod report;
pub mod shown;

use std::path::Path;

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use self::answer::{ANSWER_AGAIN, Answer, Answered, CHALLENGER};
use self::early::Early;
use self::judge::{JUDGE, JUDGE_AGAIN, Judge};
use self::prepare::{Choice, Turn, choose};
use self::programs::{TIE, TIE_AGAIN};
use self::report::{Counts, Report, Settings, Verdict, turn_of};
pub use crate::dataset::turn_form as protocol;

use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::respondent::Respondent;
use crate::error::Result;
use crate::flow::frame::{Ending, Run};
use crate::flow::journal::Journal;
use crate::flow::{self, Fate, Stage};
use crate::measure::duel::gate::Gate;
use crate::model::{Message, Role};
use crate::record::Record;
use crate::sample::turn::{
    Bucket, ChatMessage, Conversation, DuelProvenance, JudgeRow, JudgedTurn, TurnPair,
};

/// The prompts of this pipeline.
pub const PROMPTS: &[Prompt] = &[CHALLENGER, ANSWER_AGAIN, JUDGE, JUDGE_AGAIN, TIE, TIE_AGAIN];

/// The settings of a duel.
#[derive(Debug, Clone)]
pub struct Options {
    pub choice: Choice,
    pub gate: Gate,
    /// Whether the duel ends as soon as it is decided.
    pub until_decided: bool,
}

/// What this pipeline needs in addition to the frame of every run.
pub struct Task<'a> {
    pub prompts: &'a Prompts,
    /// Writes blind; absent if the dataset's own turns are the king's.
    pub king: Option<&'a Respondent>,
    pub challenger: &'a Respondent,
    pub judges: &'a [Respondent],
    pub options: &'a Options,
}

/// What a run has done.
#[derive(Debug, Clone)]
pub struct Summary {
    pub ending: Ending,
    pub counts: Counts,
    /// Absent if the run was stopped, or judged nothing.
    pub verdict: Option<Verdict>,
}

/// An answered turn with what the panel said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    pub answered: Answered,
    pub judgements: Vec<JudgeRow>,
}

/// Runs a duel and writes its turns, its samples, `report.md`, `report.html` and `run.json`.
///
/// If the run is stopped, no new turn is begun, and the outputs of the last whole run stay as they are.
pub async fn run(
    trajectories: &Path,
    requests: Option<&Path>,
    run: &Run<'_>,
    task: &Task<'_>,
) -> Result<Summary> {
    let Run { folder, window, .. } = *run;
    let turns = choose(trajectories, requests, &task.options.choice)?;
    let Options { choice, gate, until_decided } = task.options;
    let early = until_decided.then(|| Early::new(gate, choice.seed, &turns));
    // One turn at a time: those in work when the duel is decided would be answered and judged in vain.
    let window = if *until_decided { 1 } else { window };
    let is_open = |_: &_| early.as_ref().is_none_or(|early| !early.is_decided());
    let answer = Answer { king: task.king, challenger: task.challenger, prompts: task.prompts };
    let judges: Vec<Judge<'_>> =
        task.judges.iter().map(|judge| Judge { judge, prompts: task.prompts }).collect();
    let journals = (folder.journal(Answer::NAME)?, folder.journal(Judge::NAME)?);
    let turns = futures_util::stream::iter(
        run.until_stopped(turns.into_iter()).take_while(is_open).map(Ok),
    );
    let answered = flow::run(&answer, &journals.0, window, turns);
    let judged = answered
        .map(async |fate| match fate? {
            Fate::Live(record) => panel(&judges, &journals.1, record).await,
            Fate::Rejected(dropped) => Ok(Fate::Rejected(dropped)),
            Fate::Deferred(dropped) => Ok(Fate::Deferred(dropped)),
        })
        .buffered(window.max(1));

    let mut outputs = (
        folder.output("turns.jsonl")?,
        folder.output("samples/preferences.jsonl")?,
        folder.output("samples/sft.jsonl")?,
    );
    let mut counts = Counts::default();
    let mut rows: Vec<JudgedTurn> = Vec::new();
    let ending = run
        .collect(judged, |fate, _| {
            let record = match fate {
                Fate::Live(record) => record,
                Fate::Rejected(dropped) => {
                    early.iter().for_each(|early| early.leave_out(&dropped.id));
                    return Ok(());
                }
                Fate::Deferred(_) => return Ok(()),
            };
            let row = row(record, task);
            counts.add(&row);
            if let Some((pair, conversation)) = samples(&row) {
                outputs.1.write(&pair)?;
                outputs.2.write(&conversation)?;
            }
            outputs.0.write(&row)?;
            rows.push(row);
            early.iter().for_each(|early| early.look(&rows));
            Ok(())
        })
        .await?;
    let mut summary = Summary { ending, counts, verdict: None };
    if !summary.ending.interrupted {
        let decided = early.as_ref().and_then(|early| early.decided(&rows));
        let verdict = Verdict::of(&rows, decided, task);
        for output in [outputs.0, outputs.1, outputs.2] {
            output.finish()?;
        }
        folder
            .write_text("report.md", &report::markdown_report(&verdict, &summary.counts, task))?;
        folder.write_text("report.html", &page::html(&verdict, &rows, task))?;
        let report = Report::new(&verdict, &summary.counts);
        run.write_report("duel", &Settings::of(task), &summary.ending, &report)?;
        summary.verdict = Some(verdict);
    }
    Ok(summary)
}

/// Has all judges judge one turn; each verdict is kept as soon as it is there, so that none is asked for twice.
async fn panel(
    judges: &[Judge<'_>],
    journal: &Journal,
    record: Record<Answered>,
) -> Result<Fate<Judged>> {
    let fates = judges.iter().map(|judge| flow::step(judge, journal, &record));
    let mut judgements = Vec::new();
    for fate in try_join_all(fates).await?.into_iter().flatten() {
        match fate {
            Fate::Live(judged) => judgements.push(judged.body),
            Fate::Rejected(dropped) => return Ok(Fate::Rejected(dropped)),
            Fate::Deferred(dropped) => return Ok(Fate::Deferred(dropped)),
        }
    }
    Ok(Fate::Live(record.with_body(Judged { answered: record.body.clone(), judgements })))
}

/// The row of a judged turn.
fn row(record: Record<Judged>, task: &Task<'_>) -> JudgedTurn {
    let Record { id, lineage, body: Judged { answered, judgements } } = record;
    let Answered { turn, king, challenger } = answered;
    let Turn { instance, repo, history, assistant, .. } = turn;
    let mut row = JudgedTurn {
        id,
        instance_id: instance,
        repo,
        messages: history.iter().map(chat_message).collect(),
        king,
        challenger,
        assistant,
        score: None,
        bucket: None,
        judgements,
        provenance: DuelProvenance {
            tgsand: env!("CARGO_PKG_VERSION").into(),
            source: lineage,
            seed: task.options.choice.seed,
            king: task.king.map_or("dataset", Respondent::name).to_owned(),
            challenger: task.challenger.name().to_owned(),
        },
    };
    let measured = turn_of(&row);
    let delta = measured.delta(task.options.gate.panel).filter(|_| measured.has_majority());
    row.score = delta.map(|delta| 50.0 * (1.0 + delta));
    row.bucket = row.score.map(Bucket::of);
    row
}

fn chat_message(message: &Message) -> ChatMessage {
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    ChatMessage { role: role.into(), content: message.content.clone() }
}

/// The samples of a turn that the challenger has won clearly.
fn samples(row: &JudgedTurn) -> Option<(TurnPair, Conversation)> {
    let (score, bucket) = (row.score?, row.bucket.filter(|bucket| *bucket != Bucket::Defeat)?);
    let chosen = ChatMessage::assistant(&row.challenger);
    let provenance = row.provenance.clone();
    let pair = TurnPair {
        id: row.id.clone(),
        prompt: row.messages.clone(),
        chosen: vec![chosen.clone()],
        rejected: vec![ChatMessage::assistant(&row.king)],
        score,
        bucket,
        provenance: provenance.clone(),
    };
    let messages = row.messages.iter().cloned().chain([chosen]).collect();
    Some((pair, Conversation { id: row.id.clone(), messages, score, bucket, provenance }))
}
