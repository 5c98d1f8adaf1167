//! Problems to scored answers: ask or read replies, take the code out, grade it.
//!
//! Invariant: a problem is scored with all of its samples or not at all, and the same code of one problem is graded once.

pub mod answer;
pub mod changes;
pub mod comparison;
pub mod estimate;
pub mod page;
mod quality;
pub mod report;
pub mod result;
pub mod score_report;
pub mod scores;

use futures_util::StreamExt;
use serde::Serialize;

use self::answer::{Answer, Question, Reply};
use self::report::{Gathered, Scored};
use self::result::{Answered, ProblemResult};
use crate::ask::prompt::Prompt;
use crate::dataset::completions::Completions;
use crate::dataset::problems::{self, Problem};
use crate::error::Result;
use crate::executor::Described;
use crate::flow::frame::{Ending, Run};
use crate::flow::journal::Journal;
use crate::flow::{Dropped, Fate, Stage};
use crate::grade::{Graded, Matching, Prelude, TestResult};
use crate::marking::{Marking, Opened, Rules, step};
use crate::model::{Model, Sampling};
use crate::outcome::{Reason, Rejection};
use crate::record::Record;
use crate::reply::{Extracted, Pick};
use crate::report::stderr::tell;

/// The prompts that problems are asked with.
pub const PROMPTS: &[Prompt] = &problems::PROMPTS;

/// The file with a row for each problem.
const RESULTS: &str = "results.jsonl";

/// Name at most this many rejected rows on stderr; a set of many languages rejects thousands.
const NAMED: u64 = 5;

/// Where answers come from.
#[derive(Clone, Copy)]
pub enum Answers<'a> {
    /// A model is asked for this many samples of each problem.
    Model { model: &'a Model, sampling: &'a Sampling, samples: u32 },
    /// They exist.
    Given(&'a Completions),
    /// The problems' own reference programs.
    Reference,
}

/// What this pipeline needs in addition to the frame of every run.
pub struct Task<'a> {
    /// The answers' name.
    pub name: String,
    /// The heading of the reports.
    pub title: String,
    pub answers: Answers<'a>,
    pub settings: Settings<'a>,
}

/// Everything that determines the scores besides the problems and the answers.
#[derive(Clone, Serialize)]
pub struct Settings<'a> {
    pub matching: Matching,
    /// Which of a reply's blocks is its answer.
    #[serde(rename = "block")]
    pub pick: Pick,
    /// Whose imports go before the answers; `None` for those of each problem's own grader.
    pub prelude: Option<Prelude>,
    /// Whether output is compared as `matching` has it even if a problem's own grader compares it in another way.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub own_stdout: bool,
    /// The file of the replies, if they are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completions: Option<String>,
    /// Seconds that a program may take for each second of its problem's time limit.
    pub time_factor: f64,
    /// Problems scored, if not all are.
    pub limit: Option<usize>,
    /// The values of k for pass@k.
    pub k: Vec<u64>,
    /// The seed of the bootstrap intervals.
    pub seed: u64,
    /// The servers that run programs in languages that they list; what ran there is neither sandboxed nor deterministic.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub executors: Vec<Described>,
    /// Only if a model is asked.
    #[serde(flatten)]
    pub asked: Option<Asked<'a>>,
}

/// How a model is asked.
#[derive(Clone, Serialize)]
pub struct Asked<'a> {
    pub n: u32,
    pub sampling: &'a Sampling,
    pub endpoint: String,
}

/// What a run has done; without a scored problem there are no scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    pub ending: Ending,
    pub scored: Option<Scored>,
}

/// Grades every problem's answers, and writes `results.jsonl`, `report.md`, `report.html` and `run.json`.
pub async fn run(
    problems: impl Iterator<Item = Result<Fate<Problem>>>,
    run: &Run<'_>,
    task: &Task<'_>,
) -> Result<Summary> {
    let journey = Journey::new(run, task)?;
    let problem_results = futures_util::stream::iter(run.until_stopped(problems))
        .map(|fate| async {
            match fate? {
                Fate::Live(record) => journey.graded_problem(record).await,
                Fate::Rejected(dropped) => Ok(Fate::Rejected(dropped)),
                Fate::Deferred(dropped) => Ok(Fate::Deferred(dropped)),
            }
        })
        .buffered(run.window.max(1));
    let mut results = None;
    let mut gathered = Gathered::default();
    let mut rejected_count = 0;
    let ending = run
        .collect(problem_results, |fate, _| {
            match fate {
                Fate::Live(record) => {
                    if results.is_none() {
                        results = Some(run.folder.output(RESULTS)?);
                    }
                    results.iter_mut().try_for_each(|results| results.write(&record.body))?;
                    gathered.add(&record.body);
                }
                Fate::Rejected(dropped) => {
                    rejected_count += 1;
                    tell_rejected(&dropped, rejected_count);
                }
                Fate::Deferred(_) => {}
            }
            Ok(())
        })
        .await?;
    let mut summary = Summary { ending, scored: None };
    if !summary.ending.interrupted {
        match results {
            Some(results) => {
                results.finish()?;
                summary.scored = Some(gathered.write(run, task, &summary.ending)?);
            }
            // A file without rows has no columns, and loaders fail on it.
            None => run.folder.remove(RESULTS)?,
        }
    }
    Ok(summary)
}

/// Names the first rejected rows.
fn tell_rejected(dropped: &Dropped<Rejection>, count: u64) {
    let Dropped { id, why, .. } = dropped;
    if count < NAMED {
        tell!("tgsand: {id} left out: {}", why.detail);
    } else if count == NAMED {
        tell!("tgsand: {id} and more left out; see rejected.jsonl for all of them");
    }
}

/// The stages of one problem's way, with their journals.
struct Journey<'a> {
    answers: Answers<'a>,
    answer: Option<(Answer<'a>, Journal)>,
    marking: Marking<'a>,
}

/// What a step of the way gives: its result, or the fate that ends the way.
type Step<T> = std::result::Result<T, Fate<ProblemResult>>;

impl<'a> Journey<'a> {
    fn new(run: &Run<'a>, task: &Task<'a>) -> Result<Self> {
        let Settings { matching, pick, prelude, own_stdout, time_factor, .. } = task.settings;
        let answer = match task.answers {
            Answers::Model { model, sampling, samples } => {
                Some((Answer { model, sampling, samples }, run.folder.journal(Answer::NAME)?))
            }
            Answers::Given(_) | Answers::Reference => None,
        };
        let rules = Rules { matching, pick, prelude, own_stdout, time_factor };
        Ok(Self { answers: task.answers, answer, marking: Marking::new(run, rules)? })
    }

    async fn graded_problem(&self, record: Record<Problem>) -> Result<Fate<ProblemResult>> {
        let problem = &record.body;
        // Nobody is asked for answers that cannot be run.
        if let Some(why) = self.marking.nowhere(&record) {
            return Ok(Fate::rejected(record.id.clone(), record.lineage.clone(), why));
        }
        let replies = match self.replies(&record).await? {
            Ok(replies) => replies,
            Err(fate) => return Ok(fate),
        };
        let opened = match self.marking.open(&record).await? {
            Ok(opened) => opened,
            Err(fate) => return Ok(fate.map(|never| match never {})),
        };
        let Some(replies) = replies else {
            return Ok(self.reference_answer(&record, opened));
        };
        let replies: Vec<(Reply, Extracted)> = replies
            .into_iter()
            .map(|reply| {
                let extracted = match reply.refused {
                    Some(_) => Extracted::nothing(),
                    None => self.marking.extracted(problem, &reply.text),
                };
                (reply, extracted)
            })
            .collect();
        let codes = replies.iter().map(|(_, extracted)| extracted.code.as_str());
        let graded = match self.marking.grade(&record, &opened, codes).await? {
            Ok(graded) => graded,
            Err(fate) => return Ok(fate.map(|never| match never {})),
        };
        let graded_reply = |reply: &Reply, extracted: &Extracted| match (
            &reply.refused,
            graded.get(extracted.code.as_str()),
        ) {
            (Some(why), _) => Graded::unrun(&problem.tests, TestResult::Refused, why),
            (None, Some(graded)) => graded.clone(),
            (None, None) => {
                Graded::unrun(&problem.tests, TestResult::NoCode, "the reply has no code")
            }
        };
        let gradings: Vec<Graded> =
            replies.iter().map(|(reply, code)| graded_reply(reply, code)).collect();
        let answered = replies.into_iter().zip(gradings).map(|((reply, extracted), graded)| {
            let prelude = opened.prelude.for_answer(&extracted.code);
            Answered { reply, extracted: Some(extracted), prelude, graded }
        });
        let problem_result = ProblemResult::new(
            problem,
            opened.reference.as_ref(),
            &opened.mode,
            answered.collect(),
        );
        let problem_result = ProblemResult { executor: opened.executor, ..problem_result };
        Ok(Fate::Live(record.with_body(problem_result)))
    }

    /// The replies to a problem; `None` if its reference program is the answer.
    async fn replies(&self, record: &Record<Problem>) -> Result<Step<Option<Vec<Reply>>>> {
        let left_out = |reason, why: &str| {
            Fate::rejected(&record.id, record.lineage.clone(), Rejection::new(reason, why))
        };
        Ok(match (self.answers, &self.answer) {
            (Answers::Model { .. }, Some((stage, journal))) => {
                let question = record.with_body(Question { prompt: record.body.prompt.clone() });
                match step(stage, journal, &question).await? {
                    Ok(replies) => Ok(Some(replies)),
                    Err(fate) => Err(fate.map(|never| match never {})),
                }
            }
            (Answers::Given(completions), _) => {
                match completions.claim(&record.id, record.lineage.line) {
                    Some(given) if !given.is_empty() => {
                        Ok(Some(given.iter().map(Reply::from).collect()))
                    }
                    Some(_) | None => {
                        Err(left_out(Reason::Unanswered, "no reply was given for the problem"))
                    }
                }
            }
            (Answers::Reference, _) | (Answers::Model { .. }, None)
                if record.body.reference.is_some() =>
            {
                Ok(None)
            }
            (Answers::Reference | Answers::Model { .. }, _) => {
                Err(left_out(Reason::NoReference, "the problem has no reference program"))
            }
        })
    }

    /// A problem that its reference program answers.
    fn reference_answer(&self, record: &Record<Problem>, opened: Opened) -> Fate<ProblemResult> {
        let Some(reference_result) = opened.reference else {
            let why = Rejection::new(Reason::NoReference, "the problem has no reference program");
            return Fate::rejected(&record.id, record.lineage.clone(), why);
        };
        let answered = Answered {
            reply: Reply::default(),
            extracted: None,
            prelude: self
                .marking
                .prelude_of(&record.body)
                .for_answer(record.body.reference.as_deref().unwrap_or_default()),
            graded: reference_result.graded.clone(),
        };
        let problem_result = ProblemResult::new(
            &record.body,
            Some(&reference_result),
            &reference_result.mode,
            vec![answered],
        );
        let problem_result = ProblemResult { executor: opened.executor, ..problem_result };
        Fate::Live(record.with_body(problem_result))
    }
}
