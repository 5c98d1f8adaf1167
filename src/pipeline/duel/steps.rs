//! The steps of a duel one by one, each of which reads what the former wrote; `duel::run` does all of them.
//!
//! Invariant: the steps one after the other leave the same files as a run of all, and a report asks no model.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use serde::Serialize;
use serde_json::Map;

use super::answer::{ANSWER_AGAIN, Answer, Answered, CHALLENGER};
use super::contest::{self, Options, Settings};
use super::early::Early;
use super::judge::{JUDGE, JUDGE_AGAIN, Judge};
use super::prepare::{Choice, Chosen, Turn};
use super::report::{self, Absent, Counts, Report, Rule, Verdict, score};
use super::stored::{self, Samples, Stored, Unread};
use super::{Summary, collect, judging, layout, names, page, plan};
use crate::error::{Error, Result};
use crate::flow::frame::{self, Ending, Rejected, Run};
use crate::flow::output::Output;
use crate::flow::run_folder::{REPORT, RunFolder};
use crate::flow::tally::Tally;
use crate::flow::{self, Fate, Stage};
use crate::record::{Record, digest};
use crate::report::counted;
use crate::sample::preference::{Preference, TurnPair};
use crate::sample::program_pair::DecidedBy;
use crate::sample::turn::{Bucket, ChatMessage, Conversation, JudgedTurn};

/// The name of the pipeline in `run.json`.
const PIPELINE: &str = "duel";

/// Writes the chosen turns and those set aside.
pub fn prepare(folder: &RunFolder, input: &str, chosen: &Chosen, choice: &Choice) -> Result<Tally> {
    let before = digest_of(folder, stored::CHOSEN)?;
    stored::write_chosen(folder, &chosen.fates, choice.seed)?;
    let tally = write_rejected(folder, &chosen.fates)?;
    if !forget_later(folder, stored::CHOSEN, before)? && folder.path().join(REPORT).exists() {
        return Ok(tally);
    }
    let settings = Settings::default().with_choice(choice);
    write_step(folder, input, &settings, &tally)?;
    Ok(tally)
}

/// Has both contestants answer chosen turns.
pub async fn answer(
    stored: Stored<Turn>,
    run: &Run<'_>,
    answer: &Answer<'_>,
    reference_files: bool,
) -> Result<Ending> {
    let Run { folder, window, .. } = *run;
    let contest = answer.contest(stored.contest.seed);
    contest::refuse_other(folder.path(), &contest)?;
    let journal = folder.journal(Answer::NAME)?;
    let before = digest_of(folder, stored::ANSWERS)?;
    let mut answers = folder.output(stored::ANSWERS)?;
    let turns = run.until_stopped(stored.fates.into_iter()).map(Ok);
    let answered = flow::run(answer, &journal, window, futures_util::stream::iter(turns));
    let keep = |fate: Fate<Answered>, _: &mut Rejected| match fate {
        Fate::Live(record) => {
            stored::write_answered(&mut answers, &record, &contest)?;
            if reference_files { layout::write_answer(folder, &record) } else { Ok(()) }
        }
        Fate::Rejected(_) | Fate::Deferred(_) => Ok(()),
    };
    let ending = run.collect(answered, keep).await?;
    if !ending.interrupted {
        answers.finish()?;
        forget_later(folder, stored::ANSWERS, before)?;
        let prompts = answer.prompts.digests([&CHALLENGER, &ANSWER_AGAIN]);
        let settings = stored.earlier.settings.with_contest(&contest, prompts);
        write_step(folder, &stored.input, &settings, &ending.tally)?;
    }
    Ok(ending)
}

/// Has a panel judge turns that both contestants have answered.
pub async fn judge(
    stored: Stored<Answered>,
    run: &Run<'_>,
    judges: &[Judge<'_>],
    options: &Options,
) -> Result<Summary> {
    let Run { folder, window, .. } = *run;
    let is_elsewhere = !stored.is_in(folder);
    let Stored { fates, contest, input, earlier, .. } = stored;
    contest::refuse_other(folder.path(), &contest)?;
    let names = names(judges);
    let plan = plan(&fates);
    let early =
        options.until_decided.then(|| Early::new(&options.gate, contest.seed, &names, plan));
    let window = if options.until_decided { 1 } else { window };
    let is_open = |_: &_| early.as_ref().is_none_or(|early| !early.is_decided());
    // Those from elsewhere are kept as well, so that the folder stands by itself.
    let mut answers = is_elsewhere.then(|| folder.output(stored::ANSWERS)).transpose()?;
    for fate in &fates {
        if let (Some(answers), Fate::Live(record)) = (&mut answers, fate) {
            stored::write_answered(answers, record, &contest)?;
        }
    }
    let journal = folder.journal(Judge::NAME)?;
    let turns = run.until_stopped(fates.into_iter()).take_while(is_open).map(Ok);
    let judged = judging(futures_util::stream::iter(turns), judges, &journal, window);
    let (ending, mut rows) = collect(run, judged, &contest, early.as_ref()).await?;
    if ending.interrupted {
        return Ok(Summary { ending, ..Summary::default() });
    }
    answers.map_or(Ok(()), Output::finish)?;
    rows.iter_mut().for_each(|row| score(row, options.gate.panel, &names));
    let before = digest_of(folder, stored::TURNS)?;
    write_turns(folder, &rows, &[])?;
    forget_later(folder, stored::TURNS, before)?;
    if options.reference_files {
        layout::write_scores(folder, &rows)?;
    }
    let prompts = judges.iter().map(|judge| judge.prompts.digests([&JUDGE, &JUDGE_AGAIN]));
    let prompts = prompts.flatten().collect();
    let settings = earlier.settings.with_contest(&contest, Default::default());
    let settings = settings.with_judges(names.clone(), prompts).with_options(options);
    write_step(folder, &input, &settings, &ending.tally)?;
    Ok(Summary { ending, counts: Counts::of(&rows), verdict: None })
}

/// Decides a duel by judged turns. If `judges` names any, the verdicts of the others do not count.
pub fn report(
    folder: &RunFolder,
    stored: Stored<JudgedTurn>,
    judges: &[String],
    options: &Options,
) -> Result<Summary> {
    let is_elsewhere = !stored.is_of(folder);
    let Stored { fates, contest, input, earlier, mut unread, planned, reading, .. } = stored;
    if let Some(damage) = reading.damage()
        && unread.iter().all(Unread::can_be_kept)
    {
        unread.push(Unread::rest_of(&input, damage));
    }
    let judges = judges_of(live(&fates).next().map(|record| &record.body), judges)?;
    let judged: BTreeSet<&str> = live(&fates).map(|record| record.id.as_str()).collect();
    let unjudged = planned.iter().filter(|(id, _)| !judged.contains(id.as_str())).count();
    if is_elsewhere && unjudged > 0 {
        let turns = counted(unjudged, "planned turn");
        return Err(Error::Usage(format!(
            "no verdict on {turns}, which {} would not know of; judge the rest first, or leave out --out",
            folder.path().display()
        )));
    }
    if !is_elsewhere && let Some(lost) = unread.iter().find(|row| !row.can_be_kept()) {
        return Err(Error::Usage(format!(
            "{}; the row cannot be written again as it is: repair it or remove it, and report again",
            lost.why
        )));
    }
    let tally = write_rejected(folder, &fates)?;
    let rows = fates.into_iter().filter_map(|fate| match fate {
        Fate::Live(record) => Some(record.body),
        Fate::Rejected(_) | Fate::Deferred(_) => None,
    });
    let rows: Vec<JudgedTurn> = rows.collect();
    let decided = match options.until_decided {
        true => Early::new(&options.gate, contest.seed, &judges, planned).decided(&rows),
        false => None,
    };
    // A duel that was decided early needs no more verdicts.
    let unjudged = if decided.is_some() { 0 } else { unjudged };
    let absent = Absent { unjudged, unread: unread.len() };
    let settings = earlier.settings.with_contest(&contest, Default::default());
    let settings = settings.with_judges(judges.clone(), Default::default()).with_options(options);
    let rule = Rule { options, contest: &contest, judges: &judges, decided, absent };
    let (verdict, counts) = decide(folder, &rule, rows, &unread)?;
    write_report(folder, &input, &settings, &tally, &verdict, &counts)?;
    let ending = Ending { tally, ..Ending::default() };
    Ok(Summary { ending, counts, verdict: Some(verdict) })
}

fn live<T>(fates: &[Fate<T>]) -> impl Iterator<Item = &Record<T>> {
    fates.iter().filter_map(|fate| match fate {
        Fate::Live(record) => Some(record),
        Fate::Rejected(_) | Fate::Deferred(_) => None,
    })
}

/// The judges whose verdicts count: these, or all that the rows have, of which one is enough to see.
fn judges_of(row: Option<&JudgedTurn>, named: &[String]) -> Result<Vec<String>> {
    let judgements = row.map(|row| row.judgements.as_slice()).unwrap_or_default();
    let all: Vec<String> = judgements.iter().map(|it| it.judge.clone()).collect();
    for (place, judge) in named.iter().enumerate() {
        if !all.contains(judge) {
            let all = all.join(", ");
            return Err(Error::Usage(format!("no verdicts of {judge}; there are those of {all}")));
        }
        if named.iter().take(place).any(|other| other == judge) {
            let why = format!("--judge names {judge} twice; its verdicts would count twice");
            return Err(Error::Usage(why));
        }
    }
    Ok(if named.is_empty() { all } else { named.to_vec() })
}

/// Decides, and writes the turns with their scores and the rows that cannot be read, the samples and the reports.
pub(super) fn decide(
    folder: &RunFolder,
    rule: &Rule<'_>,
    mut rows: Vec<JudgedTurn>,
    unread: &[Unread],
) -> Result<(Verdict, Counts)> {
    rows.iter_mut().for_each(|row| score(row, rule.options.gate.panel, rule.judges));
    write_turns(folder, &rows, unread)?;
    let counts = Counts::of(&rows);
    let mut pairs = Samples::new(folder, "samples/preferences.jsonl");
    let mut conversations = Samples::new(folder, "samples/sft.jsonl");
    for (pair, conversation) in rows.iter().filter_map(samples) {
        pairs.write(&pair)?;
        conversations.write(&conversation)?;
    }
    pairs.finish()?;
    conversations.finish()?;
    let verdict = Verdict::of(&rows, rule);
    if rule.options.reference_files {
        layout::write_duel(folder, &verdict, rule)?;
    }
    let text = report::markdown_report(&verdict, &counts, rule.contest);
    folder.write_text("report.md", &text)?;
    folder.write_text("report.html", &page::html(&verdict, &rows, rule.contest))?;
    Ok((verdict, counts))
}

/// The files of a duel, those of the first step first.
const FILES: [&str; 7] = [
    stored::CHOSEN,
    stored::ANSWERS,
    stored::TURNS,
    "samples/preferences.jsonl",
    "samples/sft.jsonl",
    "report.md",
    "report.html",
];

fn digest_of(folder: &RunFolder, name: &str) -> Result<Option<String>> {
    let path = folder.path().join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some(digest(&bytes))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(path)(error)),
    }
}

/// Takes away what the later steps have made of a file that is now another one; their journals stay. Gives whether it is another.
fn forget_later(folder: &RunFolder, name: &str, before: Option<String>) -> Result<bool> {
    let is_other = digest_of(folder, name)? != before;
    if is_other {
        let later = FILES.iter().skip_while(|file| **file != name).skip(1);
        later.copied().try_for_each(|file| folder.remove(file))?;
    }
    Ok(is_other)
}

/// Writes `run.json` of a duel that is decided.
pub(super) fn write_report(
    folder: &RunFolder,
    input: &str,
    settings: &Settings,
    tally: &Tally,
    verdict: &Verdict,
    counts: &Counts,
) -> Result<()> {
    let details = Report::new(verdict, counts);
    frame::write_report(folder, PIPELINE, input, settings, tally, &details)
}

/// Writes `run.json` of a step that decides nothing.
fn write_step(
    folder: &RunFolder,
    input: &str,
    settings: &impl Serialize,
    tally: &Tally,
) -> Result<()> {
    let nothing: Map<String, serde_json::Value> = Map::new();
    frame::write_report(folder, PIPELINE, input, settings, tally, &nothing)
}

fn write_turns(folder: &RunFolder, rows: &[JudgedTurn], unread: &[Unread]) -> Result<()> {
    let mut turns = folder.output(stored::TURNS)?;
    rows.iter().try_for_each(|row| turns.write(row))?;
    unread.iter().try_for_each(|row| row.write(&mut turns))?;
    turns.finish()
}

/// Counts fates that nothing more is done with, and writes the rejected ones.
fn write_rejected<T>(folder: &RunFolder, fates: &[Fate<T>]) -> Result<Tally> {
    let mut rejected = Rejected::begin(folder)?;
    let mut tally = Tally::default();
    for fate in fates {
        match fate {
            Fate::Live(_) => tally.accepted += 1,
            Fate::Rejected(dropped) => {
                tally.reject(dropped.why.reason);
                rejected.write(dropped)?;
            }
            Fate::Deferred(_) => tally.deferred += 1,
        }
    }
    rejected.finish()?;
    Ok(tally)
}

/// The samples of a turn that the challenger has won clearly; none if the row lacks what they need.
fn samples(row: &JudgedTurn) -> Option<(TurnPair, Conversation)> {
    let (score, bucket) = (row.score?, row.bucket.filter(|bucket| *bucket != Bucket::Defeat)?);
    if row.messages.is_empty() || row.king.is_empty() || row.challenger.is_empty() {
        return None;
    }
    let chosen = ChatMessage::assistant(&row.challenger);
    let provenance = row.provenance.clone();
    let pair = TurnPair(Preference {
        id: row.id.clone(),
        prompt: row.messages.clone(),
        chosen: vec![chosen.clone()],
        rejected: vec![ChatMessage::assistant(&row.king)],
        score: Some(score),
        bucket: bucket.name().into(),
        problem: String::new(),
        tests: 0,
        chosen_passes: 0,
        rejected_passes: 0,
        decided_by: DecidedBy::Judges,
        evidence: String::new(),
        provenance: provenance.clone().into(),
    });
    let messages = row.messages.iter().cloned().chain([chosen]).collect();
    Some((pair, Conversation { id: row.id.clone(), messages, score, bucket, provenance }))
}
