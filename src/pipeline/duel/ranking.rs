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
use crate::measure::duel::bradley_terry::{Game, Strength, strengths};
use crate::measure::mean;
use crate::report::markdown_table;
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

/// Ranks the contestants of the duels in these folders or files of judged turns.
pub fn rank(sources: &[PathBuf], seed: u64) -> Result<Ranking> {
    let (mut games, mut turns) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for source in sources {
        if !seen.insert(source.canonicalize().map_err(Error::input(source))?) {
            let source = source.display();
            return Err(Error::Usage(format!(
                "{source} is named twice; its turns would count twice"
            )));
        }
        let own = games_of(source)?;
        turns.push(own.iter().map(|(id, _)| id.clone()).collect::<BTreeSet<String>>());
        games.extend(own.into_iter().map(|(_, game)| game));
    }
    let all_turns = turns.iter().flatten().collect::<BTreeSet<_>>().len();
    let shared = |id: &&String| turns.iter().all(|of_duel| of_duel.contains(*id));
    let shared_turns = turns.first().map_or(0, |first| first.iter().filter(shared).count());
    let strengths = strengths(&games, seed);
    let contestants = strengths.iter().map(|strength| Ranked {
        score: score_of(&strength.contestant, &games),
        beats: beats(strength, &strengths),
        strength: strength.clone(),
    });
    Ok(Ranking { contestants: contestants.collect(), shared_turns, all_turns })
}

/// The turns of a duel with a score, by id.
fn games_of(source: &Path) -> Result<Vec<(String, Game)>> {
    let Stored { fates, earlier, contest, .. } = stored::judged(source)?;
    let Contest { king, challenger, .. } = contest;
    let panel = earlier.settings.gate.unwrap_or_default().panel;
    let mut games = Vec::new();
    for fate in fates {
        let Fate::Live(record) = fate else { continue };
        let mut row: JudgedTurn = record.body;
        let judges: Vec<String> = row.judgements.iter().map(|it| it.judge.clone()).collect();
        score(&mut row, panel, &judges);
        let Some(score) = row.score else { continue };
        let game = Game {
            instance: row.instance_id,
            first: challenger.clone(),
            second: king.clone(),
            outcome: score / 100.0,
        };
        games.push((record.id, game));
    }
    if games.is_empty() {
        let source = source.display();
        return Err(Error::Usage(format!("{source} has no turn that most of its panel judged")));
    }
    Ok(games)
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
