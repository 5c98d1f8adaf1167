//! What a duel comes to: the gate's decision, its judges, its metrics, and the same as Markdown.
//!
//! Invariant: every number follows from the rows of the turns; nothing is asked or run here.

use std::collections::BTreeMap;

use serde::Serialize;

use super::contest::{Contest, Options};
use super::judge::Metric;
use crate::measure::duel::agreement::{Alpha, BothOrders, Level, Position, krippendorff};
use crate::measure::duel::anytime::{self as ending, Decided};
use crate::measure::duel::gate::Decision;
use crate::measure::duel::length_control::{LengthControlled, Measured, length_controlled};
use crate::measure::duel::plan::{Needed, needed};
use crate::measure::duel::{self, Panel, Turn, clusters, reference};
use crate::measure::mean;
use crate::report::{counted, markdown, markdown_table};
use crate::sample::turn::{Bucket, JudgeRow, JudgedTurn};

/// What the turns of a run hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub buckets: BTreeMap<Bucket, u64>,
    /// Turns on which too few judges gave a verdict.
    pub undecided: u64,
}

/// Turns that belong to a duel and have no verdict that could be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Absent {
    /// Planned turns that nobody has judged yet.
    pub unjudged: usize,
    /// Rows of verdicts that cannot be read.
    pub unread: usize,
}

/// What decides a duel, besides its turns.
pub(super) struct Rule<'a> {
    pub options: &'a Options,
    pub contest: &'a Contest,
    /// Those whose verdicts count.
    pub judges: &'a [String],
    /// How the duel was decided before its last turn.
    pub decided: Option<Decided>,
    pub absent: Absent,
}

/// The decision, with what it rests on.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    pub decision: Decision,
    /// What the reference's gate says, if it decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<reference::Verdict>,
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
    /// What the decision lacks.
    #[serde(skip_serializing_if = "Absent::is_nothing")]
    pub absent: Absent,
    /// All that speaks against the challenger, by the gate that decides.
    #[serde(skip)]
    reasons: Vec<String>,
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

impl Absent {
    /// Whether every turn of the duel has been judged.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// How many turns lack a verdict: a row that cannot be read may be of a planned turn.
    fn turns(self) -> usize {
        self.unjudged.max(self.unread)
    }

    /// What each kind of absence means for the gate.
    fn reasons(self) -> Vec<String> {
        let Self { unjudged, unread } = self;
        let mut reasons = Vec::new();
        if unjudged > 0 {
            let turns = counted(unjudged, "planned turn");
            reasons.push(format!("no verdict on {turns}; the gate is decided over all of them"));
        }
        if unread > 0 {
            let rows = counted(unread, "row");
            reasons
                .push(format!("{rows} of verdicts cannot be read, which might decide otherwise"));
        }
        reasons
    }
}

impl Counts {
    /// Counts turns that have their scores.
    pub(super) fn of(rows: &[JudgedTurn]) -> Self {
        let mut counts = Self::default();
        for row in rows {
            match row.bucket {
                Some(bucket) => *counts.buckets.entry(bucket).or_default() += 1,
                None => counts.undecided += 1,
            }
        }
        counts
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

fn both_orders(row: &JudgeRow) -> BothOrders {
    BothOrders {
        challenger_first: over_all(row.challenger_first.as_ref()),
        king_first: over_all(row.king_first.as_ref()),
    }
}

/// A judge's verdict over all metrics.
fn verdict_of(row: &JudgeRow) -> Option<f64> {
    mean(&row.metrics()?)
}

/// The row of a judge; rows name a judge once at most.
fn row_of<'a>(row: &'a JudgedTurn, judge: &str) -> Option<&'a JudgeRow> {
    row.judgements.iter().find(|own| own.judge == judge)
}

/// Gives a turn its score and bucket by these judges; none unless most of them gave a verdict.
pub(super) fn score(row: &mut JudgedTurn, panel: Panel, judges: &[String]) {
    let measured = turn_of(row, judges);
    let delta = measured.delta(panel).filter(|_| measured.has_majority());
    row.score = delta.map(duel::score);
    row.bucket = row.score.map(Bucket::of);
}

impl Verdict {
    /// Decides by turns that have their scores.
    pub(super) fn of(rows: &[JudgedTurn], rule: &Rule<'_>) -> Self {
        let Rule { options, contest, judges, decided, absent } = rule;
        let (gate, seed) = (&options.gate, contest.seed);
        let turns: Vec<Turn> = rows.iter().map(|row| turn_of(row, judges)).collect();
        // Turns without a verdict are turns: they count against the share that has to be judged.
        let without = Turn { instance: String::new(), verdicts: vec![None; judges.len()] };
        let mut planned = turns.clone();
        planned.extend(std::iter::repeat_n(without, absent.turns()));
        let (mut decision, ending) = match decided {
            Some(Decided { decision, ending, .. }) => (decision.clone(), Some(*ending)),
            None => (gate.decide(&planned, seed), None),
        };
        decision.reasons.extend(absent.reasons());
        decision.accepted &= absent.is_nothing();
        let thresholds = options.reference;
        let reference =
            thresholds.and_then(|thresholds| reference::decide(&planned, thresholds, seed));
        let mut reasons = decision.reasons.clone();
        let reference = reference.map(|verdict| {
            reasons = verdict.reasons();
            reasons.extend(absent.reasons());
            reference::Verdict { accepted: verdict.accepted && absent.is_nothing(), ..verdict }
        });
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
            judges: judges.iter().map(|judge| judge_report(rows, judge)).collect(),
            metrics: Metric::ALL
                .iter()
                .map(|metric| (*metric, on_metric(rows, *metric, judges)))
                .collect(),
            agreement: krippendorff(&turns, Level::Interval, seed),
            length: length_controlled(&measured, seed),
            decision,
            reference,
            ending,
            absent: *absent,
            reasons,
        }
    }

    /// Whether the challenger takes the king's place.
    pub fn is_accepted(&self) -> bool {
        self.reference.as_ref().map_or(self.decision.accepted, |reference| reference.accepted)
    }

    /// All that speaks against the challenger.
    pub fn reasons(&self) -> &[String] {
        &self.reasons
    }
}

/// A judged turn, as the statistics take it, with the verdicts of these judges.
pub(super) fn turn_of(row: &JudgedTurn, judges: &[String]) -> Turn {
    let verdict = |judge: &String| row_of(row, judge).and_then(verdict_of);
    Turn { instance: row.instance_id.clone(), verdicts: judges.iter().map(verdict).collect() }
}

fn judge_report(rows: &[JudgedTurn], judge: &str) -> JudgeReport {
    let own: Vec<&JudgeRow> = rows.iter().filter_map(|row| row_of(row, judge)).collect();
    let read: Vec<f64> = own.iter().filter_map(|row| verdict_of(row)).collect();
    JudgeReport {
        judge: judge.to_owned(),
        score: mean(&read).map(duel::score),
        unread: own.len() - read.len(),
        position: Position::of(own.into_iter().map(both_orders)),
    }
}

/// The challenger's score on a metric, over all judges that gave a verdict.
fn on_metric(rows: &[JudgedTurn], metric: Metric, judges: &[String]) -> Option<f64> {
    let place = Metric::ALL.iter().position(|it| *it == metric)?;
    let own = rows.iter().flat_map(|row| judges.iter().filter_map(|judge| row_of(row, judge)));
    let verdicts = own.filter_map(|row| row.metrics()?.get(place).copied());
    mean(&verdicts.collect::<Vec<_>>()).map(duel::score)
}

/// A number of points, or a dash.
pub(super) fn points(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"))
}

/// The row for a judge whose replies could not all be read.
pub(super) fn unread_row(judge: &str, unread: u64) -> (String, String) {
    (format!("without a verdict of {judge}"), unread.to_string())
}

/// What the lower bound is: a duel that ends before its last turn needs another than one that is looked at once.
fn bound_name(verdict: &Verdict) -> &'static str {
    match (&verdict.reference, verdict.ending) {
        (Some(_), _) => "bootstrap bound",
        (None, None) => "lower bound",
        (None, Some(ending::Ending::Complete)) => "lower bound at 0.8 of alpha",
        (None, Some(ending::Ending::Ahead | ending::Ending::Hopeless)) => "lower bound by betting",
    }
}

/// The rows of the table that a duel ends with.
pub fn rows(verdict: &Verdict) -> Vec<(String, String)> {
    let Decision { turns, valid_turns, instances, detectable, .. } = &verdict.decision;
    let Decision { challenger_score, king_score, lead, lower_bound, .. } = verdict.decision;
    let [challenger, king, lead, bound] = match &verdict.reference {
        Some(it) => {
            let lead = it.challenger_score - it.king_score;
            [it.challenger_score, it.king_score, lead, 200.0 * it.lcb].map(Some)
        }
        // What a minority of judges says is no score.
        None if *valid_turns == 0 => [None; 4],
        None => [challenger_score, king_score, lead, lower_bound],
    };
    let gate = if verdict.is_accepted() { "met: the challenger wins" } else { "not met" };
    let name = if verdict.reference.is_some() { "gate of the reference" } else { "gate" };
    let mut rows = vec![
        (name.to_owned(), gate.to_owned()),
        ("challenger : king".to_owned(), format!("{} : {}", points(challenger), points(king))),
        (
            format!("lead ({})", bound_name(verdict)),
            format!("{} ({})", points(lead), points(bound)),
        ),
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
    let judges = verdict.judges.iter().filter(|judge| judge.unread > 0);
    rows.extend(judges.map(|judge| unread_row(&judge.judge, judge.unread as u64)));
    let is_ahead = lead.is_some_and(|lead| lead > 0.0);
    let needed = verdict.needed.filter(|_| is_ahead && !verdict.is_accepted());
    if let Some(Needed { turns, instances }) = needed {
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

/// The columns of the table of judges.
pub(super) const JUDGES: [&str; 6] = [
    "judge",
    "challenger's score",
    "consistent, %",
    "reversed",
    "of these for the first",
    "unread",
];

/// The rows of the table of judges.
pub(super) fn judges(verdict: &Verdict) -> impl Iterator<Item = [String; 6]> {
    verdict.judges.iter().map(|judge| {
        let consistency = judge.position.consistency().map(|share| 100.0 * share);
        [
            judge.judge.clone(),
            points(judge.score),
            points(consistency),
            judge.position.reversed.to_string(),
            judge.position.first_wins.to_string(),
            judge.unread.to_string(),
        ]
    })
}

/// The report, for readers.
pub(super) fn markdown_report(verdict: &Verdict, counts: &Counts, contest: &Contest) -> String {
    let mut text = markdown(&contest.title(), &rows(verdict));
    let reasons = verdict.reasons();
    if !reasons.is_empty() {
        text.push_str("\n## Why the gate is not met\n\n");
        for reason in reasons {
            text.push_str(&format!("- {reason}\n"));
        }
    }
    text.push_str("\n## Judges\n\n");
    text.push_str(&markdown_table(JUDGES, judges(verdict)));
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

/// The verdicts of a judge whose orders are not told apart, as the page shows them.
pub(super) fn combined_text(row: &JudgeRow) -> Option<String> {
    let of = |(metric, side): (&Metric, &f64)| format!("{} {side:+}", metric.name());
    let combined = Metric::ALL.iter().zip(row.combined.as_ref()?);
    Some(combined.map(of).collect::<Vec<_>>().join(", "))
}
