//! Turns of trajectories to a decided duel: choose turns, have both contestants answer, have a panel judge, and open a gate or not.
//!
//! Invariant: no verdict is asked for twice; what is decided depends on the turns, the replies and the seed alone.

pub mod answer;
mod both;
pub mod contest;
mod early;
pub mod judge;
pub mod layout;
pub mod leak;
mod look_alike;
pub mod page;
pub mod prepare;
pub mod programs;
pub mod ranking;
pub mod report;
pub mod shown;
pub mod steps;
pub mod stored;

use futures_util::future::try_join_all;
use futures_util::{Stream, StreamExt};
use serde::{Deserialize, Serialize};

use self::answer::{ANSWER_AGAIN, Answer, Answered, CHALLENGER};
use self::contest::{Contest, Options, Settings};
use self::early::Early;
use self::judge::{JUDGE, JUDGE_AGAIN, Judge};
use self::prepare::{Choice, Turn};
use self::programs::{TIE, TIE_AGAIN};
use self::report::{Absent, Counts, Rule, Verdict};
use crate::ask::prompt::Prompt;
use crate::error::Result;
use crate::flow::frame::{Ending, Run};
use crate::flow::journal::Journal;
use crate::flow::run_folder::RunFolder;
use crate::flow::{self, Fate, Stage};
use crate::record::Record;
use crate::sample::turn::{JudgeRow, JudgedTurn};

/// The prompts of this pipeline.
pub const PROMPTS: &[Prompt] = &[CHALLENGER, ANSWER_AGAIN, JUDGE, JUDGE_AGAIN, TIE, TIE_AGAIN];

/// What this pipeline needs in addition to the frame of every run.
pub struct Task<'a> {
    pub choice: &'a Choice,
    pub answer: &'a Answer<'a>,
    pub judges: &'a [Judge<'a>],
    pub options: &'a Options,
}

/// What a run has done.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    pub ending: Ending,
    pub counts: Counts,
    /// Absent if the run was stopped, or decided nothing.
    pub verdict: Option<Verdict>,
}

/// An answered turn with what the panel said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    pub answered: Answered,
    pub judgements: Vec<JudgeRow>,
}

impl Task<'_> {
    fn contest(&self) -> Contest {
        self.answer.contest(self.choice.seed)
    }

    /// Refuses to replace the duel of others in a folder.
    pub fn refuse_other(&self, folder: &RunFolder) -> Result<()> {
        contest::refuse_other(folder.path(), &self.contest())
    }

    /// The settings of a whole duel.
    pub fn settings(&self) -> Settings {
        let prompts = |of: [&Prompt; 2]| self.answer.prompts.digests(of);
        Settings::default()
            .with_choice(self.choice)
            .with_contest(&self.contest(), prompts([&CHALLENGER, &ANSWER_AGAIN]))
            .with_judges(names(self.judges), prompts([&JUDGE, &JUDGE_AGAIN]))
            .with_options(self.options)
    }
}

/// The judges' names.
fn names(judges: &[Judge<'_>]) -> Vec<String> {
    judges.iter().map(|judge| judge.judge.name().to_owned()).collect()
}

/// Runs a duel and writes its turns, its samples, `report.md`, `report.html` and `run.json`; turns are judged while others are answered.
///
/// If the run is stopped, no new turn is begun, and the outputs of the last whole run stay as they are.
pub async fn run(
    input: &str,
    chosen: Vec<Fate<Turn>>,
    run: &Run<'_>,
    task: &Task<'_>,
) -> Result<Summary> {
    let Run { folder, window, .. } = *run;
    let Task { options, answer, judges, choice } = *task;
    let contest = task.contest();
    task.refuse_other(folder)?;
    stored::write_chosen(folder, &chosen, choice.seed)?;
    let names = names(judges);
    let plan = plan(&chosen);
    let early = options.until_decided.then(|| Early::new(&options.gate, choice.seed, &names, plan));
    // One turn at a time: those in work when the duel is decided would be answered and judged in vain.
    let window = if options.until_decided { 1 } else { window };
    let is_open = |_: &_| early.as_ref().is_none_or(|early| !early.is_decided());
    let journals = (folder.journal(Answer::NAME)?, folder.journal(Judge::NAME)?);
    let mut answers = folder.output(stored::ANSWERS)?;
    let turns = futures_util::stream::iter(
        run.until_stopped(chosen.into_iter()).take_while(is_open).map(Ok),
    );
    let answered = flow::run(answer, &journals.0, window, turns).map(|fate| {
        let fate = fate?;
        if let Fate::Live(record) = &fate {
            stored::write_answered(&mut answers, record, &contest)?;
            if options.reference_files {
                layout::write_answer(folder, record)?;
            }
        }
        Ok(fate)
    });
    let judged = judging(answered, judges, &journals.1, window);
    let (ending, rows) = collect(run, judged, &contest, early.as_ref()).await?;
    if ending.interrupted {
        return Ok(Summary { ending, ..Summary::default() });
    }
    answers.finish()?;
    let decided = early.as_ref().and_then(|early| early.decided(&rows));
    if options.reference_files {
        layout::write_scores(folder, &rows)?;
    }
    let unjudged = if decided.is_some() { 0 } else { ending.tally.deferred as usize };
    let absent = Absent { unjudged, unread: 0 };
    let rule = Rule { options, contest: &contest, judges: &names, decided, absent };
    let (verdict, counts) = steps::decide(folder, &rule, rows, &[])?;
    let settings = task.settings();
    steps::write_report(folder, input, &settings, &ending.tally, &verdict, &counts)?;
    Ok(Summary { ending, counts, verdict: Some(verdict) })
}

/// The turns that live, by id and instance.
fn plan<T: Instance>(fates: &[Fate<T>]) -> Vec<(String, String)> {
    let live = fates.iter().filter_map(|fate| match fate {
        Fate::Live(record) => Some((record.id.clone(), record.body.instance().to_owned())),
        Fate::Rejected(_) | Fate::Deferred(_) => None,
    });
    live.collect()
}

/// A turn of an instance.
trait Instance {
    fn instance(&self) -> &str;
}

impl Instance for Turn {
    fn instance(&self) -> &str {
        &self.instance
    }
}

impl Instance for Answered {
    fn instance(&self) -> &str {
        &self.instance
    }
}

/// Has a panel judge turns, in their order.
fn judging<'a>(
    answered: impl Stream<Item = Result<Fate<Answered>>> + 'a,
    judges: &'a [Judge<'a>],
    journal: &'a Journal,
    window: usize,
) -> impl Stream<Item = Result<Fate<Judged>>> + 'a {
    let judged = answered.map(move |fate| async move {
        match fate? {
            Fate::Live(record) => panel(judges, journal, record).await,
            Fate::Rejected(dropped) => Ok(Fate::Rejected(dropped)),
            Fate::Deferred(dropped) => Ok(Fate::Deferred(dropped)),
        }
    });
    judged.buffered(window.max(1))
}

/// Takes every turn's fate, and gives the rows of those that were judged.
async fn collect(
    run: &Run<'_>,
    judged: impl Stream<Item = Result<Fate<Judged>>>,
    contest: &Contest,
    early: Option<&Early<'_>>,
) -> Result<(Ending, Vec<JudgedTurn>)> {
    let mut rows: Vec<JudgedTurn> = Vec::new();
    let ending = run
        .collect(judged, |fate, _| {
            match fate {
                Fate::Live(record) => {
                    rows.push(row(record, contest));
                    early.iter().for_each(|early| early.look(&rows));
                }
                Fate::Rejected(dropped) => {
                    early.iter().for_each(|early| early.leave_out(&dropped.id));
                }
                Fate::Deferred(_) => {}
            }
            Ok(())
        })
        .await?;
    Ok((ending, rows))
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

/// The row of a judged turn, without a score yet.
fn row(record: Record<Judged>, contest: &Contest) -> JudgedTurn {
    let Record { id, lineage, body: Judged { answered, judgements } } = record;
    let Answered { instance, repo, history, assistant, king, challenger } = answered;
    JudgedTurn {
        id,
        instance_id: instance,
        repo,
        messages: history.iter().map(stored::chat_message).collect(),
        king,
        challenger,
        assistant,
        score: None,
        bucket: None,
        judgements,
        provenance: contest.provenance(lineage),
    }
}
