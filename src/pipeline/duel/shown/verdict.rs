//! Lines that read as a verdict: bare ones, JSON with the panel's own keys, and either of them over several lines.
//!
//! Invariant: code is shown, whatever its names are; only three metrics with a side each, close to each other, are a verdict in any form.
//! What a turn says outside of its code is no code, so that an assignment there is a verdict, too.

use super::words::{Side, is_code, is_noun, is_plural, is_turn, parts, words};

/// The keys of the metrics.
const METRICS: [&str; 5] = ["correctness", "grounding", "progress", "protocol", "efficiency"];
/// The key of a verdict on two programs.
const BETTER: &str = "better";
/// The words that make a verdict of a side: the metrics, and what judges say of winners.
const LABELS: [&str; 24] = [
    "correctness",
    "grounding",
    "progress",
    "protocol",
    "efficiency",
    "metric",
    "metrics",
    "winner",
    "wins",
    "win",
    "better",
    "best",
    "superior",
    "verdict",
    "verdicts",
    "score",
    "scores",
    "rating",
    "ratings",
    "preferred",
    "preference",
    "judgement",
    "judgment",
    "answer",
];
/// The words to which a side is assigned by those who write verdicts as if they were code.
const ASSIGNED: [&str; 11] = [
    "correctness",
    "grounding",
    "progress",
    "protocol",
    "efficiency",
    "score",
    "scores",
    "verdict",
    "verdicts",
    "winner",
    "winners",
];
/// The words that data in code has as keys, unlike a winner.
const DATA: [&str; 5] = ["score", "scores", "rating", "ratings", "answer"];
/// The words that a verdict may have besides these: a line with any other word says something else.
#[rustfmt::skip]
const FILLERS: [&str; 43] = [
    "the", "both", "all", "every", "each", "turn", "turns", "reply", "replies", "response", "responses", "candidate", "program",
    "is", "are", "was", "of", "for", "in", "by", "and", "on", "my", "final", "overall", "to", "this", "side", "number", "goes",
    "with", "clearly", "definitely", "than", "other", "far", "much", "it", "be", "as", "at", "that", "so",
];
/// Lines of a verdict that is spread over lines, blank ones aside.
const SPREAD: usize = 5;
/// Lines within which several metrics are one verdict.
const NEAR: usize = 10;
/// Metrics with a side that are a verdict whatever their form.
const MANY: usize = 3;

/// Where a line stands, which decides what reads as a verdict there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a contestant's own words.
    Said,
    /// In a program, or between fences.
    Code,
    /// In a message that may show anything.
    Shown,
}

/// Which of these lines read as a verdict, or as a part of one.
pub(super) fn verdicts(lines: &[&str], places: &[Place]) -> Vec<bool> {
    let each = lines.iter().zip(places);
    let mut found: Vec<bool> = each.map(|(line, place)| is_verdict(line, *place)).collect();
    let written: Vec<usize> = (0..lines.len()).filter(|at| !lines[*at].trim().is_empty()).collect();
    for (from, _) in written.iter().enumerate() {
        for until in from + 2..=(from + SPREAD).min(written.len()) {
            let run = &written[from..until];
            let text: Vec<&str> = run.iter().map(|at| lines[*at]).collect();
            if is_spread(&text) {
                run.iter().for_each(|at| found[*at] = true);
            }
        }
    }
    let sided: Vec<Vec<&str>> = written.iter().map(|at| metrics_with_side(lines[*at])).collect();
    for from in 0..sided.len() {
        let near = &sided[from..(from + NEAR).min(sided.len())];
        let mut metrics: Vec<&str> = near.iter().flatten().copied().collect();
        metrics.sort_unstable();
        metrics.dedup();
        if metrics.len() >= MANY {
            let places = written[from..].iter().zip(near);
            places.for_each(|(at, own)| found[*at] |= !own.is_empty());
        }
    }
    found
}

/// Whether a line has a verdict of its own.
fn is_verdict(line: &str, place: Place) -> bool {
    let is_bracketed = |part: &str| {
        let inside = part.trim().strip_prefix("[[").and_then(|part| part.strip_suffix("]]"));
        // Numbers there are lists in lists.
        inside.is_some_and(|inside| {
            let inside: String = inside.chars().filter(|c| !" <>=".contains(*c)).collect();
            matches!(inside.as_str(), "a" | "b" | "c" | "ab" | "ba" | "tie")
        })
    };
    is_json_of_panel(line)
        || parts(line).into_iter().any(|part| {
            let found = words(part);
            let is_data = place == Place::Code
                && matches!(found[..], [key, side] if DATA.contains(&key) && Side::of(side) == Some(Side::Number));
            let is_said =
                !is_code(part) && !is_others_key(part) && !is_version(part) && !is_data;
            is_bracketed(part)
                || place == Place::Said && is_assigned(part)
                || is_said && (is_bare(&found) || is_told(&found))
                || names_turn(part) && (is_bare(&found) || is_ranking(part, &found))
        })
}

/// Whether a part gives a side to a word of verdicts as code would, and nothing else: `progress = 2`.
fn is_assigned(part: &str) -> bool {
    let Some((name, value)) = part.split_once('=') else { return false };
    let [name] = words(name)[..] else { return false };
    if value.starts_with('=') || part.contains(['(', '[', '{']) {
        return false;
    }
    let value = words(value);
    ASSIGNED.contains(&name)
        && value.iter().all(|word| is_known(word))
        && value.iter().any(|word| Side::of(word).is_some())
}

/// Whether a part names a turn as no code does: `winner = turn 2`.
fn names_turn(part: &str) -> bool {
    let pieces: Vec<&str> = part.split_whitespace().collect();
    let is_named = pieces.windows(2).any(|pair| {
        matches!(pair, [noun, side] if is_turn(noun) && Side::of(side.trim_end_matches(['.', '*', '`'])).is_some())
    });
    is_named && !part.contains(['(', '[', '{'])
}

/// Whether a part says which turn is better than which: `turn 2 > turn 1`.
fn is_ranking(part: &str, found: &[&str]) -> bool {
    let sides = found.iter().filter(|word| Side::of(word).is_some()).count();
    let is_known = |word: &&str| is_turn(word) || Side::of(word).is_some() || *word == "beats";
    sides == 2
        && found.iter().all(is_known)
        && (part.contains(['<', '>', '≻', '≺']) || found.contains(&"beats"))
}

/// Whether a line is JSON, or a line of it, in which a key of the panel has a side; an object that code makes is not.
fn is_json_of_panel(line: &str) -> bool {
    let Some(at) = line.find(['{', '"', '\'']) else { return false };
    let (before, json) = line.split_at(at);
    if is_code(before) {
        return false;
    }
    let keys = METRICS.iter().chain([&BETTER]);
    keys.flat_map(|key| json.match_indices(key).map(|(at, key)| (at, at + key.len()))).any(
        |(start, end)| {
            let is_key = json[..start].ends_with(['"', '\'', '{', ' ', ',']);
            let value = json[end..].trim_start_matches(['"', '\'']).trim_start().strip_prefix(':');
            let value =
                value.map(|value| value.trim_start_matches([' ', '\t', '"', '\'', '+', '[']));
            let side = value.filter(|value| value.starts_with(|c: char| c.is_ascii_digit()));
            is_key
                && side.is_some_and(|value| {
                    words(value).first().is_some_and(|word| Side::of(word).is_some())
                })
        },
    )
}

/// Whether a part begins with a key in quotes that is none of the panel's: a field of somebody's data.
fn is_others_key(part: &str) -> bool {
    let part = part.trim_start().trim_start_matches('{').trim_start();
    let Some(quote) = part.chars().next().filter(|c| matches!(c, '"' | '\'')) else { return false };
    let Some((key, rest)) = part[1..].split_once(quote) else { return false };
    let is_key = words(key).len() == 1 && matches!(rest.trim().chars().next(), Some(':') | None);
    is_key && !METRICS.contains(&key) && key != BETTER
}

/// Whether a part is about a version, as in `protocol 2`.
fn is_version(part: &str) -> bool {
    let has_name = part
        .split_once("protocol ")
        .is_some_and(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit()));
    has_name && words(part).iter().filter(|word| LABELS.contains(word)).count() == 1
}

fn is_known(word: &str) -> bool {
    LABELS.contains(&word) || FILLERS.contains(&word) || Side::of(word).is_some()
}

/// Whether words are those of a verdict and none but these.
fn is_bare(found: &[&str]) -> bool {
    found.iter().all(|word| is_known(word))
        && (0..found.len()).any(|at| is_label(found, at))
        && (0..found.len()).any(|at| is_side(found, at))
}

/// Whether words end in a verdict on a turn, whatever they begin with: `I think that turn 2 is better`.
fn is_told(found: &[&str]) -> bool {
    (0..found.len()).any(|at| {
        let said = &found[at..];
        let names_turn = said.windows(2).any(|pair| {
            matches!(pair, [first, second]
                if is_turn(first) && Side::of(second).is_some() || is_ordinal(first) && is_turn(second))
        });
        let starts = |word: &&str| is_turn(word) || is_ordinal(word) || LABELS.contains(word);
        names_turn && said.first().is_some_and(starts) && is_bare(said)
    })
}

fn is_ordinal(word: &str) -> bool {
    Side::of(word) == Some(Side::Ordinal)
}

/// Whether the word at a place is what makes a verdict, rather than what it is about, as in `the first answer`.
fn is_label(found: &[&str], at: usize) -> bool {
    let is_about = at.checked_sub(1).is_some_and(|before| is_ordinal(found[before]));
    LABELS.contains(&found[at]) && !(is_about && is_noun(found[at]))
}

/// Whether the word at a place names a turn.
fn is_side(found: &[&str], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| found[before]);
    let after = found.get(at + 1).copied();
    let is_verb = matches!(after, Some("wins" | "is" | "was" | "better"));
    let is_named = before.is_some_and(is_noun);
    match Side::of(found[at]) {
        Some(Side::Number) => !after.is_some_and(is_plural),
        Some(Side::Ordinal) => after.is_none_or(is_noun) || is_verb || is_named,
        Some(Side::Letter) => {
            after.is_none() || is_named || at == 0 && matches!(after, Some("wins" | "is" | "was"))
        }
        Some(Side::Neither) => after.is_none(),
        None => false,
    }
}

/// Whether lines one after the other are one verdict: its word first, its side last, and nothing else between them.
fn is_spread(lines: &[&str]) -> bool {
    let Some((first, last)) = lines.first().zip(lines.last()) else { return false };
    let is_open = |line: &&str| !line.trim_end().ends_with([',', '(', '[', '{', ';']);
    let begins = lines.iter().take(lines.len() - 1).all(is_open);
    let side = last.trim().trim_end_matches([',', '.', '}', ' ']);
    let is_only_side = matches!(words(side)[..], [word] if Side::of(word).is_some());
    let found: Vec<&str> = lines.iter().flat_map(|line| words(line)).collect();
    begins
        && is_only_side
        && !is_others_key(first)
        && words(first).iter().any(|word| LABELS.contains(word))
        && !lines
            .iter()
            .any(|line| is_code(line.trim().trim_start_matches('{').trim_end_matches('}')))
        && is_bare(&found)
}

/// The metrics that a line gives a side to, before or after their name.
fn metrics_with_side(line: &str) -> Vec<&'static str> {
    let found = words(line);
    let is_sided = |metric: &&'static str| {
        let places = (0..found.len()).filter(|at| found[*at] == *metric);
        places
            .into_iter()
            .any(|at| is_next(found[at + 1..].iter()) || is_next(found[..at].iter().rev()))
    };
    METRICS.into_iter().filter(is_sided).collect()
}

/// Whether the next word that says something names a side.
fn is_next<'w>(words: impl Iterator<Item = &'w &'w str>) -> bool {
    const REACH: usize = 4;
    let word = words.take(REACH).find(|word| !FILLERS.contains(*word));
    word.is_some_and(|word| matches!(Side::of(word), Some(Side::Number | Side::Ordinal)))
}
