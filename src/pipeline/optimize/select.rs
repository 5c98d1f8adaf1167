//! Keeps a part of the set: without near duplicates, and then by a score of each sample or by how much they differ.
//!
//! Invariant: what is kept does not depend on threads or interruptions, keeps the order of the input, and is never nothing if there was
//! something.

pub(super) mod features;
mod figures;
mod points;
pub(super) mod spool;
mod test_score;

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use futures_util::StreamExt;
use futures_util::stream::{self, LocalBoxStream};
use serde::Serialize;

pub use self::figures::{Figures, Selected};
use self::points::cosine;
pub use self::points::{Points, References};
use self::spool::Spool;
pub use self::test_score::{TestQuality, TestScore};
use super::sample::Sample;
use crate::dataset::dedupe::Seen;
use crate::error::Result;
use crate::flow::frame::Run;
use crate::flow::journal::Journal;
use crate::flow::tally::Tally;
use crate::flow::{self, Fate};
use crate::measure::k_centre::k_centre_while;
use crate::measure::{Maintainability, Smells};
use crate::named::named_enum;
use crate::outcome::{Reason, Rejection};
use crate::python::tokens::bare_tokens;
use crate::record::Record;

named_enum! {
    /// What samples are selected by.
    pub enum By {
        /// How far a program is from those that were selected before it: k-centre greedy.
        Diversity = "diversity",
        /// The maintainability index of the program.
        Maintainability = "maintainability",
        /// The smell score of the program.
        Smells = "smells",
        /// Tokens of the program.
        Length = "length",
        /// How near a program is to some others: the mean cosine.
        Likeness = "likeness",
        /// The share of the program's branches that the row's tests reach.
        Coverage = "coverage",
        /// The share of faulty variants of the program that the row's tests reject.
        MutationScore = "mutation-score",
    }
}

impl By {
    /// Whether programs are compared with each other or with others, as points.
    pub fn compares_programs(self) -> bool {
        match self {
            Self::Diversity | Self::Likeness => true,
            Self::Maintainability
            | Self::Smells
            | Self::Length
            | Self::Coverage
            | Self::MutationScore => false,
        }
    }

    /// What the row's tests are looked at for, if they have to run.
    pub fn test_quality(self) -> Option<TestQuality> {
        match self {
            Self::Coverage => Some(TestQuality::Coverage),
            Self::MutationScore => Some(TestQuality::MutationScore),
            Self::Diversity
            | Self::Likeness
            | Self::Maintainability
            | Self::Smells
            | Self::Length => None,
        }
    }
}

/// How many are kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// This many.
    TopK(usize),
    /// All with at least this score.
    Threshold(f64),
    /// This share of the set, rounded up.
    Ratio(f64),
}

/// How a set is selected from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Selecting {
    pub by: By,
    pub keep: Keep,
    /// Programs from this similarity to an earlier row's are duplicates; `None` keeps all.
    pub dedupe: Option<f64>,
}

/// Records on their way from one technique to the next.
type Fates<'a> = LocalBoxStream<'a, Result<Fate<Sample>>>;

/// Counts a record that was read.
pub(super) fn count<T>(read: &mut Tally, fate: &Fate<T>) {
    match fate {
        Fate::Live(_) => read.accepted += 1,
        Fate::Rejected(dropped) => read.reject(dropped.why.reason),
        Fate::Deferred(_) => read.deferred += 1,
    }
}

/// Reads the whole set, and goes on with what is selected; the rest is rejected.
pub async fn select<'a>(
    fates: Fates<'a>,
    selecting: Selecting,
    points: &'a Points,
    test_score: Option<&'a (TestScore<'a>, Journal)>,
    run: &'a Run<'_>,
    figures: &'a Figures,
) -> Result<Fates<'a>> {
    figures.begin(points.measure());
    let Selecting { by, keep, dedupe } = selecting;
    let mut spool = Spool::new(run.folder)?;
    let mut read = Tally::default();
    let mut seen = dedupe.map(Seen::new);
    let unique = fates.map(move |fate| {
        Ok(match (fate?, seen.as_mut()) {
            (Fate::Live(record), Some(seen)) if !record.body.is_text => without_twin(record, seen),
            (fate, _) => fate,
        })
    });
    let scored: Fates<'a> = match test_score {
        Some((stage, journal)) => flow::run(stage, journal, run.window, unique).boxed_local(),
        None => unique.boxed_local(),
    };
    let reference = points.reference().await?;
    let mut held = Vec::new();
    let mut scores = Vec::new();
    let mut chunks = scored.chunks(points.together());
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.into_iter().collect::<Result<Vec<_>>>()?;
        for (fate, point) in points.of(chunk).await? {
            if let (Fate::Live(record), Some(point)) = (&fate, point) {
                figures.read(&point);
                scores.push(match by {
                    By::Diversity => None,
                    By::Likeness => reference.as_deref().map(|mean| cosine(mean, &point)),
                    By::Maintainability | By::Smells | By::Length => {
                        score(by, &record.body.program)
                    }
                    By::Coverage | By::MutationScore => record.body.score,
                });
                if by.compares_programs() {
                    held.push(point);
                }
            }
            count(&mut read, &fate);
            (run.watch)(&read);
            spool.push(fate)?;
        }
    }
    let chosen: BTreeSet<usize> = match by {
        By::Diversity => {
            let goes_on = || !run.stop.load(Ordering::Relaxed);
            let order = most_diverse(&held, keep, goes_on);
            for &(at, distance) in &order {
                scores[at] = Some(distance);
            }
            order.into_iter().map(|(at, _)| at).collect()
        }
        By::Likeness
        | By::Maintainability
        | By::Smells
        | By::Length
        | By::Coverage
        | By::MutationScore => best(&scores, keep),
    };
    let count = scores.len();
    let mut at = 0;
    figures.scored(by, &scores, &chosen);
    let selected = spool.read()?.map(move |fate| {
        Ok(match fate? {
            // A text has no program to score, and is not counted.
            Fate::Live(record) if record.body.is_text => Fate::Live(record),
            Fate::Live(record) => {
                let (place, score) = (at, scores.get(at).copied().flatten());
                at += 1;
                match chosen.contains(&place) {
                    true => {
                        match held.get(place) {
                            Some(point) => figures.kept(point),
                            None => figures.kept(&features::of(&record.body.program)),
                        }
                        Fate::Live(Record { body: Sample { score, ..record.body }, ..record })
                    }
                    false => left_out(&record, by, score, chosen.len(), count),
                }
            }
            fate => fate,
        })
    });
    Ok(stream::iter(selected).boxed_local())
}

/// The points that differ most, each with its distance to those before it.
fn most_diverse(points: &[Vec<f32>], keep: Keep, goes_on: impl Fn() -> bool) -> Vec<(usize, f64)> {
    let count = keep.count(points.len());
    let mut order = k_centre_while(points, count, keep.least(), goes_on);
    if keep.least() == f64::NEG_INFINITY {
        // Those that are left are the same as a chosen one; a number or a share that is asked for is kept all the same.
        let chosen: BTreeSet<usize> = order.iter().map(|(at, _)| *at).collect();
        let rest = (0..points.len()).filter(|at| !chosen.contains(at));
        order.extend(rest.map(|at| (at, 0.0)).take(count - chosen.len()));
    }
    order
}

impl Keep {
    /// The most samples that are kept of so many.
    fn count(self, all: usize) -> usize {
        match self {
            Self::TopK(count) => count.min(all),
            Self::Threshold(_) => all,
            // A share of a few is at least one of them.
            Self::Ratio(share) => ((share * all as f64).ceil() as usize).min(all),
        }
    }

    /// The least score of a sample that is kept.
    fn least(self) -> f64 {
        match self {
            Self::Threshold(least) => least,
            Self::TopK(_) | Self::Ratio(_) => f64::NEG_INFINITY,
        }
    }
}

/// The best of these scores; among equals the first, and what has no score last.
fn best(scores: &[Option<f64>], keep: Keep) -> BTreeSet<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    let key = |at: usize| scores[at].unwrap_or(f64::NEG_INFINITY);
    order.sort_by(|&a, &b| key(b).total_cmp(&key(a)));
    let kept = order.into_iter().take(keep.count(scores.len()));
    kept.filter(|&at| keep.least() == f64::NEG_INFINITY || key(at) >= keep.least()).collect()
}

fn score(by: By, program: &str) -> Option<f64> {
    match by {
        By::Maintainability => Maintainability::of(program).map(|it| it.index()).ok(),
        By::Smells => Smells::of(program).ok().and_then(|smells| smells.scores().compatible),
        By::Length => Some(bare_tokens(program).len() as f64),
        By::Diversity | By::Likeness | By::Coverage | By::MutationScore => None,
    }
}

fn left_out(
    record: &Record<Sample>,
    by: By,
    score: Option<f64>,
    kept: usize,
    all: usize,
) -> Fate<Sample> {
    let own = score.map_or_else(String::new, |score| format!("; its own is {score:.3}"));
    let why = format!("the {kept} of {all} samples with the best {} are kept{own}", by.name());
    let rejection = Rejection::new(Reason::BelowThreshold, why);
    Fate::rejected(&record.id, record.lineage.clone(), rejection)
}

/// Rejects a sample whose program nearly repeats that of another row.
fn without_twin(record: Record<Sample>, seen: &mut Seen) -> Fate<Sample> {
    // Variants of one row are alike because they shall be.
    let id = &record.body.origin;
    match seen.twin_or_remember(id, &record.body.program) {
        Some(twin) if twin.id != *id => twin.reject(&record),
        Some(_) | None => Fate::Live(record),
    }
}
