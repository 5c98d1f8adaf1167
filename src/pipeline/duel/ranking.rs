//! Ranks the contestants of several duels.
//!
//! Invariant: a turn counts once, by the score that its duel gives it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::contest::{Contest, DATASET};
use super::report::score;
use super::stored::{self, Stored};
use crate::error::{Error, Result};
use crate::flow::Fate;
use crate::measure::duel::Panel;
use crate::measure::duel::bradley_terry::{Game, Strength, strengths};
use crate::measure::mean;
use crate::report::{counted, markdown_table};
use crate::sample::turn::JudgedTurn;

/// The contestants of several duels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranking {
    /// The strongest first.
    pub contestants: Vec<Ranked>,
    /// Turns that each of the duels has.
    pub shared_turns: usize,
    /// Turns that any of the duels has.
    pub all_turns: usize,
    pub duels: Vec<Duel>,
}

/// A contestant's place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranked {
    #[serde(flatten)]
    pub strength: Strength,
    /// The mean score on its turns, from 0 to 100.
    pub score: Option<f64>,
    /// The chance to beat each of the others, by the model.
    pub beats: BTreeMap<String, f64>,
}

/// One of the duels, with what of it does not count.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Duel {
    pub source: String,
    pub king: String,
    pub challenger: String,
    pub judges: BTreeSet<String>,
    pub panel: Panel,
    /// Turns with a score.
    pub turns: usize,
    /// Turns that most of the panel gave no verdict on.
    pub undecided: usize,
    /// Planned turns that nobody has judged yet.
    pub unjudged: usize,
    /// Rows of verdicts that cannot be read.
    pub unread: usize,
}

/// A duel with its turns that have a score, by id.
struct Games {
    duel: Duel,
    games: Vec<(String, Game)>,
}

/// Ranks the contestants of the duels in these folders or files of judged turns.
pub fn rank(sources: &[PathBuf], seed: u64) -> Result<Ranking> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for source in sources {
        if !seen.insert(source.canonicalize().map_err(Error::input(source))?) {
            let source = source.display();
            return Err(Error::Usage(format!(
                "{source} is named twice; its turns would count twice"
            )));
        }
        found.push(games_of(source)?);
    }
    let (mut duels, mut games, mut turns) = (Vec::new(), Vec::new(), Vec::new());
    for Games { duel, games: own } in found {
        duels.push(duel);
        turns.push(own.iter().map(|(id, _)| id.clone()).collect::<BTreeSet<String>>());
        games.extend(own.into_iter().map(|(_, game)| game));
    }
    refuse_unconnected(&duels)?;
    let all_turns = turns.iter().flatten().collect::<BTreeSet<_>>().len();
    let shared = |id: &&String| turns.iter().all(|of_duel| of_duel.contains(*id));
    let shared_turns = turns.first().map_or(0, |first| first.iter().filter(shared).count());
    let strengths = strengths(&games, seed);
    let contestants = strengths.iter().map(|strength| Ranked {
        score: score_of(&strength.contestant, &games),
        beats: beats(strength, &strengths),
        strength: strength.clone(),
    });
    Ok(Ranking { contestants: contestants.collect(), shared_turns, all_turns, duels })
}

/// Contestants that no chain of duels connects have strengths that say nothing of each other.
fn refuse_unconnected(duels: &[Duel]) -> Result<()> {
    let Some(first) = duels.first() else { return Ok(()) };
    let mut connected = BTreeSet::from([&first.king, &first.challenger]);
    loop {
        let is_new =
            |duel: &&Duel| connected.contains(&duel.king) != connected.contains(&duel.challenger);
        let Some(next) = duels.iter().find(is_new) else { break };
        connected.extend([&next.king, &next.challenger]);
    }
    match duels.iter().find(|duel| !connected.contains(&duel.king)) {
        Some(other) => Err(Error::Usage(format!(
            "{} ({} against {}) has no contestant in common with {}, directly or through other duels, so that their contestants cannot be compared; rank them apart, or add a duel between them",
            other.source, other.challenger, other.king, first.source
        ))),
        None => Ok(()),
    }
}

impl Ranking {
    /// What a reader of the ranking has to know: what does not count, and what is compared only in part.
    pub fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.duels.iter().filter_map(Duel::left_out).collect();
        let (shared, all) = (self.shared_turns, self.all_turns);
        if shared < all {
            notes.push(format!(
                "{shared} of {all} turns are in all duels; contestants that met on other turns are compared through their opponents alone"
            ));
        }
        let Some((first, others)) = self.duels.split_first() else { return notes };
        let other =
            others.iter().find(|duel| (&duel.judges, duel.panel) != (&first.judges, first.panel));
        if let Some(other) = other {
            let [first, other] = [first, other].map(|duel| {
                let judges: Vec<&str> = duel.judges.iter().map(String::as_str).collect();
                format!("{} has the {} of {}", duel.source, duel.panel.name(), judges.join(", "))
            });
            notes.push(format!(
                "the duels have different panels ({first}; {other}), so that strengths differ by who judged as well"
            ));
        }
        notes
    }
}

impl Duel {
    fn left_out(&self) -> Option<String> {
        let Self { source, undecided, unjudged, unread, .. } = self;
        let parts = [
            (*unjudged, "planned turn", "without a verdict"),
            (*unread, "row", "that cannot be read"),
            (*undecided, "turn", "that most of the panel gave no verdict on"),
        ];
        let parts = parts.iter().filter(|(count, _, _)| *count > 0);
        let parts: Vec<String> =
            parts.map(|(count, noun, why)| format!("{} {why}", counted(*count, noun))).collect();
        (!parts.is_empty()).then(|| format!("{source} counts without {}", parts.join(" and ")))
    }
}

fn games_of(source: &Path) -> Result<Games> {
    let Stored { fates, earlier, contest, unread, planned, .. } = stored::judged(source)?;
    let Contest { king, challenger, .. } = contest;
    let settings = earlier.settings;
    let panel = settings.gate.unwrap_or_default().panel;
    let (mut games, mut judges, mut judged) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for fate in fates {
        let Fate::Live(record) = fate else { continue };
        let mut row: JudgedTurn = record.body;
        let own: Vec<String> = row.judgements.iter().map(|it| it.judge.clone()).collect();
        score(&mut row, panel, &own);
        judges.extend(own);
        judged.insert(record.id.clone());
        let Some(score) = row.score else { continue };
        let game = Game {
            instance: row.instance_id,
            first: challenger.clone(),
            second: king.clone(),
            outcome: score / 100.0,
        };
        games.push((record.id, game));
    }
    let is_unjudged = |(id, _): &&(String, String)| !judged.contains(id);
    let unjudged = planned.iter().filter(is_unjudged).count();
    let source = source.display().to_string();
    if games.is_empty() {
        return Err(Error::Usage(format!("{source} has no turn that most of its panel judged")));
    }
    let duel = Duel {
        source,
        king,
        challenger,
        judges,
        panel,
        turns: games.len(),
        undecided: judged.len() - games.len(),
        // A duel that ended as soon as it was decided has judged what it needed.
        unjudged: if settings.until_decided { 0 } else { unjudged },
        unread: unread.len(),
    };
    Ok(Games { duel, games })
}

fn score_of(contestant: &str, games: &[Game]) -> Option<f64> {
    let own = games.iter().filter_map(|game| match contestant {
        _ if game.first == contestant => Some(100.0 * game.outcome),
        _ if game.second == contestant => Some(100.0 * (1.0 - game.outcome)),
        _ => None,
    });
    mean(&own.collect::<Vec<_>>())
}

fn beats(own: &Strength, all: &[Strength]) -> BTreeMap<String, f64> {
    let others = all.iter().filter(|other| other.contestant != own.contestant);
    let chance = |other: &Strength| 1.0 / (1.0 + (other.strength - own.strength).exp());
    others.map(|other| (other.contestant.clone(), chance(other))).collect()
}

/// The ranking as a table of Markdown.
pub fn markdown(ranking: &Ranking) -> String {
    let best = ranking.contestants.first().map(|ranked| ranked.strength.contestant.clone());
    let rows = ranking.contestants.iter().map(|Ranked { strength, score, beats }| {
        let Strength { contestant, games, strength, interval } = strength;
        let best = best.as_ref().and_then(|best| beats.get(best));
        [
            if contestant == DATASET { "the dataset's turns".into() } else { contestant.clone() },
            games.to_string(),
            score.map_or_else(String::new, |score| format!("{score:.1}")),
            format!("{strength:+.2} ({:+.2} to {:+.2})", interval.low, interval.high),
            best.map_or_else(|| "-".to_owned(), |chance| format!("{:.0}", 100.0 * chance)),
        ]
    });
    let header = ["contestant", "turns", "score", "strength (95 %)", "beats the first, %"];
    markdown_table(header, rows)
}
