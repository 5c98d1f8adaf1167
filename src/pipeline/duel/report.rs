//! What a duel comes to: the gate's decision, its judges, its metrics, and the same as Markdown.
//!
//! Invariant: every number follows from the rows of the turns; nothing is asked or run here.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Task;
use super::judge::Metric;
use crate::ask::respondent::Respondent;
use crate::measure::duel::agreement::{Alpha, BothOrders, Level, Position, krippendorff};
use crate::measure::duel::anytime::{self as ending, Decided};
use crate::measure::duel::gate::{Decision, Gate};
use crate::measure::duel::length_control::{LengthControlled, Measured, length_controlled};
use crate::measure::duel::plan::{Needed, needed};
use crate::measure::duel::{Turn, clusters};
use crate::measure::mean;
use crate::report::{markdown, markdown_table};
use crate::sample::turn::{Bucket, JudgedTurn};

/// What the turns of a run hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub buckets: BTreeMap<Bucket, u64>,
    /// Turns on which too few judges gave a verdict.
    pub undecided: u64,
}

/// The settings of this pipeline, as `run.json` states them.
#[derive(Serialize)]
pub struct Settings<'a> {
    choice: &'a super::Choice,
    gate: &'a Gate,
    until_decided: bool,
    king: &'a str,
    challenger: &'a str,
    judges: Vec<&'a str>,
    /// Digests, by name.
    prompts: BTreeMap<String, String>,
}

/// The decision, with what it rests on.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    pub decision: Decision,
    /// How a duel ended that may end before its last turn; absent if it may not, or is not decided.
    pub ending: Option<ending::Ending>,
    /// The duel that would find a lead of the size of this one in 80 % of repetitions.
    pub needed: Option<Needed>,
    pub judges: Vec<JudgeReport>,
    /// The challenger's score on each metric, from 0 to 100.
    pub metrics: BTreeMap<Metric, Option<f64>>,
    /// The agreement of the judges (Krippendorff's alpha, interval level).
    pub agreement: Option<Alpha>,
    /// The challenger's win rate at equal length.
    pub length: Option<LengthControlled>,
}

/// What one judge said.
#[derive(Debug, Clone, Serialize)]
pub struct JudgeReport {
    pub judge: String,
    /// The challenger's score by this judge, from 0 to 100.
    pub score: Option<f64>,
    pub position: Position,
    /// Turns without a verdict in both orders.
    pub unread: usize,
}

/// What `run.json` says of a duel.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    buckets: BTreeMap<&'static str, u64>,
    undecided: u64,
    verdict: &'a Verdict,
}

impl Counts {
    pub(super) fn add(&mut self, row: &JudgedTurn) {
        match row.bucket {
            Some(bucket) => *self.buckets.entry(bucket).or_default() += 1,
            None => self.undecided += 1,
        }
    }
}

impl<'a> Settings<'a> {
    /// The settings of a task.
    pub fn of(task: &'a Task<'_>) -> Self {
        Self {
            choice: &task.options.choice,
            gate: &task.options.gate,
            until_decided: task.options.until_decided,
            king: task.king.map_or("dataset", Respondent::name),
            challenger: task.challenger.name(),
            judges: task.judges.iter().map(Respondent::name).collect(),
            prompts: task.prompts.digests(super::PROMPTS),
        }
    }
}

impl<'a> Report<'a> {
    pub(super) fn new(verdict: &'a Verdict, counts: &Counts) -> Self {
        let buckets = counts.buckets.iter().map(|(bucket, count)| (bucket.name(), *count));
        Self { buckets: buckets.collect(), undecided: counts.undecided, verdict }
    }
}

/// A judge's verdicts on one order, over all metrics.
fn over_all(metrics: Option<&Vec<i8>>) -> Option<f64> {
    mean(&metrics?.iter().map(|it| f64::from(*it)).collect::<Vec<_>>())
}

fn both_orders(row: &JudgedTurn) -> impl Iterator<Item = BothOrders> {
    row.judgements.iter().map(|it| BothOrders {
        challenger_first: over_all(it.challenger_first.as_ref()),
        king_first: over_all(it.king_first.as_ref()),
    })
}

impl Verdict {
    pub(super) fn of(rows: &[JudgedTurn], decided: Option<Decided>, task: &Task<'_>) -> Self {
        let (gate, seed) = (&task.options.gate, task.options.choice.seed);
        let turns: Vec<Turn> = rows.iter().map(turn_of).collect();
        let (decision, ending) = match decided {
            Some(Decided { decision, ending, .. }) => (decision, Some(ending)),
            None => (gate.decide(&turns, seed), None),
        };
        let edge = decision.lead.map_or(gate.win_margin, f64::abs) / 100.0;
        let measured: Vec<Measured> = rows
            .iter()
            .filter_map(|row| {
                let len = |text: &str| text.chars().count() as f64;
                Some(Measured {
                    instance: row.instance_id.clone(),
                    outcome: row.score? / 100.0,
                    longer: len(&row.challenger) - len(&row.king),
                })
            })
            .collect();
        Self {
            needed: needed(&clusters(&turns, gate.panel), edge, gate.alpha),
            judges: (0..task.judges.len()).map(|place| judge_report(rows, place, task)).collect(),
            metrics: Metric::ALL.iter().map(|metric| (*metric, on_metric(rows, *metric))).collect(),
            agreement: krippendorff(&turns, Level::Interval, seed),
            length: length_controlled(&measured, seed),
            decision,
            ending,
        }
    }
}

/// A judged turn, as the statistics take it.
pub(super) fn turn_of(row: &JudgedTurn) -> Turn {
    Turn {
        instance: row.instance_id.clone(),
        verdicts: both_orders(row).map(BothOrders::verdict).collect(),
    }
}

fn judge_report(rows: &[JudgedTurn], place: usize, task: &Task<'_>) -> JudgeReport {
    let verdicts: Vec<BothOrders> =
        rows.iter().filter_map(|row| both_orders(row).nth(place)).collect();
    let read: Vec<f64> = verdicts.iter().filter_map(|it| it.verdict()).collect();
    JudgeReport {
        judge: task.judges.get(place).map(Respondent::name).unwrap_or_default().to_owned(),
        score: mean(&read).map(|delta| 50.0 * (1.0 + delta)),
        unread: verdicts.len() - read.len(),
        position: Position::of(verdicts),
    }
}

/// The challenger's score on a metric, over all judges that gave both orders.
fn on_metric(rows: &[JudgedTurn], metric: Metric) -> Option<f64> {
    let place = Metric::ALL.iter().position(|it| *it == metric)?;
    let of = |metrics: &Option<Vec<i8>>| {
        metrics.as_ref().and_then(|it| it.get(place).copied()).map(f64::from)
    };
    let verdicts = rows.iter().flat_map(|row| &row.judgements).filter_map(|judgement| {
        Some(f64::midpoint(of(&judgement.challenger_first)?, of(&judgement.king_first)?))
    });
    mean(&verdicts.collect::<Vec<_>>()).map(|delta| 50.0 * (1.0 + delta))
}

/// A number of points, or a dash.
pub(super) fn points(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"))
}

/// The rows of the table that a duel ends with.
pub fn rows(verdict: &Verdict) -> Vec<(String, String)> {
    let Decision { accepted, turns, valid_turns, instances, lead, lower_bound, detectable, .. } =
        &verdict.decision;
    let gate = if *accepted { "met: the challenger wins" } else { "not met" };
    let mut rows = vec![
        ("gate".to_owned(), gate.to_owned()),
        (
            "challenger : king".to_owned(),
            format!(
                "{} : {}",
                points(verdict.decision.challenger_score),
                points(verdict.decision.king_score)
            ),
        ),
        ("lead (lower bound)".to_owned(), format!("{} ({})", points(*lead), points(*lower_bound))),
        ("turns judged".to_owned(), format!("{valid_turns} of {turns}, {instances} instances")),
        ("lead that such a duel would find".to_owned(), points(*detectable)),
    ];
    if let Some(ending) = verdict.ending {
        let text = match ending {
            ending::Ending::Ahead => "before its last turn: the challenger is ahead",
            ending::Ending::Hopeless => "before its last turn: it would not be accepted",
            ending::Ending::Complete => "after its last turn",
        };
        rows.push(("decided".to_owned(), text.to_owned()));
    }
    if let Some(Needed { turns, instances }) = verdict.needed.filter(|_| !accepted) {
        let text = format!("{turns} turns of {instances} instances");
        rows.push(("a duel that would find this lead".to_owned(), text));
    }
    if let Some(Alpha { alpha, interval, .. }) = &verdict.agreement {
        let text = format!("{alpha:.2} ({:.2} to {:.2})", interval.low, interval.high);
        rows.push(("agreement of the judges (alpha)".to_owned(), text));
    }
    if let Some(LengthControlled { plain, controlled, .. }) = &verdict.length {
        let text = format!("{:.1} % ({:.1} %)", 100.0 * controlled, 100.0 * plain);
        rows.push(("win rate at equal length (as it is)".to_owned(), text));
    }
    rows
}

/// The report, for readers.
pub(super) fn markdown_report(verdict: &Verdict, counts: &Counts, task: &Task<'_>) -> String {
    let king = task.king.map_or("the dataset's turns", Respondent::name);
    let title = format!("{} against {king}", task.challenger.name());
    let mut text = markdown(&title, &rows(verdict));
    if !verdict.decision.reasons.is_empty() {
        text.push_str("\n## Why the gate is not met\n\n");
        for reason in &verdict.decision.reasons {
            text.push_str(&format!("- {reason}\n"));
        }
    }
    text.push_str("\n## Judges\n\n");
    let judges = verdict.judges.iter().map(|judge| {
        let consistency = judge.position.consistency().map(|share| 100.0 * share);
        [
            judge.judge.clone(),
            points(judge.score),
            points(consistency),
            judge.position.reversed.to_string(),
            judge.position.first_wins.to_string(),
            judge.unread.to_string(),
        ]
    });
    let header = [
        "judge",
        "challenger's score",
        "consistent, %",
        "reversed",
        "of these for the first",
        "unread",
    ];
    text.push_str(&markdown_table(header, judges));
    text.push_str("\n## Metrics\n\n");
    let metrics =
        verdict.metrics.iter().map(|(metric, score)| [metric.name().to_owned(), points(*score)]);
    text.push_str(&markdown_table(["metric", "challenger's score"], metrics));
    text.push_str("\n## Turns\n\n");
    let buckets = Bucket::ALL.iter().map(|bucket| {
        let count = counts.buckets.get(bucket).copied().unwrap_or_default();
        [bucket.name().to_owned(), count.to_string()]
    });
    let undecided = ["without a verdict".to_owned(), counts.undecided.to_string()];
    text.push_str(&markdown_table(["bucket", "turns"], buckets.chain([undecided])));
    text
}

/// The verdicts of one judge on one turn, as the page shows them.
pub(super) fn metrics_text(metrics: Option<&Vec<i8>>) -> String {
    let Some(metrics) = metrics else { return "no verdict".into() };
    let sign = |side: &i8| match side {
        1 => "+",
        -1 => "−",
        _ => "0",
    };
    let of = |(metric, side): (&Metric, &i8)| format!("{} {}", metric.name(), sign(side));
    Metric::ALL.iter().zip(metrics).map(of).collect::<Vec<_>>().join(", ")
}
