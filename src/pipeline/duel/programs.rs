//! Pairs of programs to a decided duel: tests decide, and judges are asked only about what tests leave open.
//!
//! Invariant: no judge is asked about a pair that execution decides.

mod report;
mod tie;

use std::collections::BTreeMap;

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use serde::Serialize;

pub use self::tie::{TIE, TIE_AGAIN};
use self::tie::{Tie, TiedPrograms};
use super::stored::Samples;
use crate::ask::prompt::Prompts;
use crate::ask::respondent::Respondent;
use crate::dataset::completions::Completions;
use crate::dataset::problems::Problem;
use crate::error::Result;
use crate::fences::fenced;
use crate::flow::frame::{Ending, Run};
use crate::flow::journal::Journal;
use crate::flow::{Fate, Stage};
use crate::grade::{Failing, Graded, TestResult};
use crate::marking::{Marking, Rules, step};
use crate::measure::duel::gate::{Decision, Gate};
use crate::measure::duel::{self, Turn};
use crate::measure::mean;
use crate::outcome::{Reason, Rejection};
use crate::record::{Lineage, Record};
use crate::sample::preference::{Preference, ProgramEvidence, ProgramPair};
use crate::sample::program_pair::{DecidedBy, JudgedPrograms};
use crate::sample::turn::{ChatMessage, DuelProvenance, JudgeRow};

/// What this pipeline needs in addition to the frame of every run.
pub struct Task<'a> {
    pub prompts: &'a Prompts,
    pub king: Contestant<'a>,
    pub challenger: Contestant<'a>,
    /// Asked only about ties; there may be none.
    pub judges: &'a [Respondent],
    pub rules: Rules,
    pub gate: Gate,
    pub seed: u64,
}

/// A file of programs.
#[derive(Clone, Copy)]
pub struct Contestant<'a> {
    pub name: &'a str,
    pub completions: &'a Completions,
}

/// The settings of this pipeline, as `run.json` states them.
#[derive(Serialize)]
pub struct Settings<'a> {
    king: &'a str,
    challenger: &'a str,
    judges: Vec<&'a str>,
    gate: &'a Gate,
    seed: u64,
    block: crate::reply::Pick,
    /// Digests, by name.
    prompts: BTreeMap<String, String>,
}

impl<'a> Settings<'a> {
    /// The settings of a task.
    pub fn of(task: &'a Task<'_>) -> Self {
        Self {
            king: task.king.name,
            challenger: task.challenger.name,
            judges: task.judges.iter().map(Respondent::name).collect(),
            gate: &task.gate,
            seed: task.seed,
            block: task.rules.pick,
            prompts: task.prompts.digests([&TIE, &TIE_AGAIN]),
        }
    }
}

/// How many pairs ended how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub decided_by: BTreeMap<DecidedBy, u64>,
    pub challenger_wins: u64,
    pub king_wins: u64,
    pub draws: u64,
    /// Winners that fail a test: better than the other, and still nothing to learn from.
    pub failing_winners: u64,
    /// Ties on which a judge gave no verdict in both orders, by judge.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unread: BTreeMap<String, u64>,
}

/// What a run has done.
#[derive(Debug, Clone)]
pub struct Summary {
    pub ending: Ending,
    pub counts: Counts,
    /// Absent if the run was stopped.
    pub decision: Option<Decision>,
}

/// Decides pairs of programs, and writes `pairs.jsonl`, `samples/preferences.jsonl`, `report.md` and `run.json`.
pub async fn run(
    problems: impl Iterator<Item = Result<Fate<Problem>>>,
    run: &Run<'_>,
    task: &Task<'_>,
) -> Result<Summary> {
    let journey = Journey {
        marking: Marking::new(run, task.rules)?,
        ties: task.judges.iter().map(|judge| Tie { judge, prompts: task.prompts }).collect(),
        journal: run.folder.journal(Tie::NAME)?,
        task,
    };
    let decided = futures_util::stream::iter(run.until_stopped(problems))
        .map(|fate| async {
            match fate? {
                Fate::Live(record) => journey.decided(record).await,
                Fate::Rejected(dropped) => Ok(Fate::Rejected(dropped)),
                Fate::Deferred(dropped) => Ok(Fate::Deferred(dropped)),
            }
        })
        .buffered(run.window.max(1));
    let mut pairs = run.folder.output("pairs.jsonl")?;
    let mut preferences = Samples::new(run.folder, "samples/preferences.jsonl");
    let mut counts = Counts::default();
    let mut turns: Vec<Turn> = Vec::new();
    let ending = run
        .collect(decided, |fate, _| {
            let Fate::Live(Record { body: row, .. }) = fate else { return Ok(()) };
            counts.add(&row);
            turns.push(Turn {
                instance: row.id.clone(),
                verdicts: vec![Some(row.score / 50.0 - 1.0)],
            });
            match preference(&row) {
                Some(pair) if pair.0.chosen_passes == row.tests => preferences.write(&pair)?,
                Some(_) => counts.failing_winners += 1,
                None => {}
            }
            pairs.write(&row)
        })
        .await?;
    let mut summary = Summary { ending, counts, decision: None };
    if !summary.ending.interrupted {
        pairs.finish()?;
        preferences.finish()?;
        let mut decision = task.gate.decide(&turns, task.seed);
        let tally = &summary.ending.tally;
        let unanswered = tally.rejected.get(&Reason::Unanswered).copied().unwrap_or_default();
        if unanswered + tally.deferred > 0 {
            // Whoever leaves out what it cannot solve must not gain by it.
            decision.accepted = false;
            decision.reasons.push(format!(
                "the gate is decided over all problems: {unanswered} are not answered by both, {} are deferred",
                tally.deferred
            ));
        }
        let text = report::markdown_report(&decision, &summary.counts, task);
        run.folder.write_text("report.md", &text)?;
        let details = report::Details { decision: &decision, pairs: &summary.counts };
        run.write_report("duel-programs", &Settings::of(task), &summary.ending, &details)?;
        summary.decision = Some(decision);
    }
    Ok(summary)
}

/// The rows of the table that a duel of programs ends with.
pub fn rows(decision: &Decision, counts: &Counts) -> Vec<(String, String)> {
    report::rows(decision, counts)
}

impl Counts {
    fn add(&mut self, row: &JudgedPrograms) {
        for judged in row.judgements.iter().filter(|judged| judged.metrics().is_none()) {
            *self.unread.entry(judged.judge.clone()).or_default() += 1;
        }
        *self.decided_by.entry(row.decided_by).or_default() += 1;
        let side = match row.score {
            score if score > 50.0 => &mut self.challenger_wins,
            score if score < 50.0 => &mut self.king_wins,
            _ => &mut self.draws,
        };
        *side += 1;
    }
}

/// The stages of one pair, with their journals.
struct Journey<'a> {
    task: &'a Task<'a>,
    marking: Marking<'a>,
    ties: Vec<Tie<'a>>,
    journal: Journal,
}

/// A contestant's program, with the tests that it passes.
struct Side {
    code: String,
    passes: u64,
    failure: String,
}

impl Journey<'_> {
    async fn decided(&self, record: Record<Problem>) -> Result<Fate<JudgedPrograms>> {
        let problem = &record.body;
        let Task { king, challenger, .. } = self.task;
        let codes = [king, challenger].map(|contestant| self.code(&record, contestant));
        let [king, challenger] = match codes {
            [Ok(king), Ok(challenger)] => [king, challenger],
            [Err(why), _] | [_, Err(why)] => {
                return Ok(Fate::rejected(record.id, record.lineage, why));
            }
        };
        let opened = match self.marking.open(&record).await? {
            Ok(opened) => opened,
            Err(fate) => return Ok(fate.map(|never| match never {})),
        };
        let codes = [king.as_str(), challenger.as_str()].into_iter();
        let graded = match self.marking.grade(&record, &opened, codes).await? {
            Ok(graded) => graded,
            Err(fate) => return Ok(fate.map(|never| match never {})),
        };
        let tests = problem.tests.visible().len() as u64;
        let [king, challenger] = [&king, &challenger].map(|code| {
            let graded = graded.get(code.as_str());
            let failing = graded.and_then(|graded| graded.failing.as_ref());
            Side {
                passes: graded.map_or(0, passed),
                failure: failing.map(Failing::in_a_line).unwrap_or_default(),
                code: code.clone(),
            }
        });
        let mut row = JudgedPrograms {
            id: record.id.clone(),
            messages: vec![ChatMessage { role: "user".into(), content: problem.prompt.clone() }],
            problem: serde_json::to_string(problem).expect("a problem is plain data"),
            score: match challenger.passes.cmp(&king.passes) {
                std::cmp::Ordering::Greater => 100.0,
                std::cmp::Ordering::Less => 0.0,
                std::cmp::Ordering::Equal => 50.0,
            },
            decided_by: match challenger.passes == king.passes {
                true => DecidedBy::Tie,
                false => DecidedBy::Execution,
            },
            tests,
            king_passes: king.passes,
            challenger_passes: challenger.passes,
            king_failure: king.failure,
            challenger_failure: challenger.failure,
            king: king.code,
            challenger: challenger.code,
            judgements: Vec::new(),
            provenance: self.provenance(&record.lineage),
        };
        if row.decided_by == DecidedBy::Tie && row.king != row.challenger {
            let tied = record.with_body(TiedPrograms {
                problem: problem.prompt.clone(),
                king: row.king.clone(),
                challenger: row.challenger.clone(),
            });
            let asked = self.ties.iter().map(|tie| step(tie, &self.journal, &tied));
            for judged in try_join_all(asked).await? {
                match judged {
                    Ok(judged) => row.judgements.push(judged),
                    Err(fate) => return Ok(fate.map(|never| match never {})),
                }
            }
            if let Some(score) = score_of(&row.judgements) {
                row.score = score;
                row.decided_by = if score == 50.0 { DecidedBy::Tie } else { DecidedBy::Judges };
            }
        }
        Ok(Fate::Live(record.with_body(row)))
    }

    /// The program in a contestant's one reply to a problem.
    fn code(
        &self,
        record: &Record<Problem>,
        contestant: &Contestant<'_>,
    ) -> std::result::Result<String, Rejection> {
        let given = contestant.completions.claim(&record.id, record.lineage.line);
        let Some([reply, ..]) = given else {
            let why = format!("{} has no reply to the problem", contestant.name);
            return Err(Rejection::new(Reason::Unanswered, why));
        };
        Ok(self.marking.extracted(&record.body, &reply.text).code)
    }

    fn provenance(&self, source: &Lineage) -> DuelProvenance {
        DuelProvenance {
            tgsand: env!("CARGO_PKG_VERSION").into(),
            source: source.clone(),
            seed: self.task.seed,
            king: self.task.king.name.to_owned(),
            challenger: self.task.challenger.name.to_owned(),
        }
    }
}

fn passed(graded: &Graded) -> u64 {
    graded.results.iter().filter(|result| **result == TestResult::Passed).count() as u64
}

/// What a panel makes of a tie, from 0 to 100, as of a turn with one metric; nothing unless most of it gave a verdict in both
/// orders.
fn score_of(judgements: &[JudgeRow]) -> Option<f64> {
    let verdicts: Vec<f64> =
        judgements.iter().filter_map(|judged| mean(&judged.metrics()?)).collect();
    let is_majority = 2 * verdicts.len() > judgements.len();
    mean(&verdicts).filter(|_| is_majority).map(duel::score)
}

/// The preference that follows from a decided pair.
fn preference(row: &JudgedPrograms) -> Option<ProgramPair> {
    let king = (&row.king, row.king_passes, &row.king_failure);
    let challenger = (&row.challenger, row.challenger_passes, &row.challenger_failure);
    let (chosen, rejected) = match row.decided_by {
        DecidedBy::Tie => return None,
        DecidedBy::Execution | DecidedBy::Judges if row.score > 50.0 => (challenger, king),
        DecidedBy::Execution | DecidedBy::Judges => (king, challenger),
    };
    let reply = |code: &str| vec![ChatMessage::assistant(&fenced(code))];
    // A judged score of 40 is one of 60 for the king.
    let score = if row.score > 50.0 { row.score } else { 100.0 - row.score };
    Some(ProgramPair(Preference {
        id: row.id.clone(),
        prompt: row.messages.clone(),
        chosen: reply(chosen.0),
        rejected: reply(rejected.0),
        score: Some(score),
        bucket: Preference::bucket_of(score).into(),
        problem: row.problem.clone(),
        tests: row.tests,
        chosen_passes: chosen.1,
        rejected_passes: rejected.1,
        decided_by: row.decided_by,
        evidence: ProgramEvidence::column(rejected.2),
        provenance: row.provenance.clone().into(),
    }))
}
