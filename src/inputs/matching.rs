//! Texts that a regular expression of Python matches.
//!
//! Invariant: what the reader of regular expressions does not know gives no text, and lookarounds are not held to.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use regex_syntax::hir::{Class, Hir, HirKind};

/// How often something is repeated beyond the least number.
const MAX_REPEATS: u32 = 4;
/// Characters of a text.
const MAX_TEXT: usize = 200;

/// A regular expression to draw texts from.
#[derive(Debug, Clone)]
pub struct Matching {
    hir: Hir,
    /// Whether a text is matched as a whole.
    is_whole: bool,
}

impl Matching {
    /// Reads an expression; `None` if it cannot be read.
    pub fn of(pattern: &str, is_whole: bool) -> Option<Self> {
        let plain = without_lookarounds(pattern).replace("\\Z", "$");
        let hir = regex_syntax::parse(&plain).ok()?;
        Some(Self { hir, is_whole })
    }

    /// Draws a text.
    pub fn draw(&self, rng: &mut ChaCha8Rng) -> String {
        let mut text = String::new();
        draw(&self.hir, rng, &mut text);
        if self.is_whole || text.contains('\n') {
            return text;
        }
        match rng.random_range(0..4) {
            0 => text,
            1 => format!("see {text} for more"),
            2 => {
                let mut again = String::new();
                draw(&self.hir, rng, &mut again);
                format!("{text} and {again}")
            }
            _ => format!("about {text}, twice"),
        }
    }
}

fn draw(hir: &Hir, rng: &mut ChaCha8Rng, text: &mut String) {
    if text.len() > MAX_TEXT {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(Class::Unicode(class)) => {
            let ranges: Vec<(char, char)> =
                class.ranges().iter().map(|range| (range.start(), range.end())).collect();
            text.extend(character(&ranges, rng));
        }
        HirKind::Class(Class::Bytes(_)) => text.push('x'),
        HirKind::Repetition(repeated) => {
            let most = repeated.max.unwrap_or(u32::MAX).min(repeated.min + MAX_REPEATS);
            // One or more is rarely one, as people write it.
            let least = if repeated.min == 0 && most > 1 { 1 } else { repeated.min };
            for _ in 0..rng.random_range(least.min(most)..=most) {
                draw(&repeated.sub, rng, text);
            }
        }
        HirKind::Capture(group) => draw(&group.sub, rng, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| draw(part, rng, text)),
        HirKind::Alternation(ways) => {
            if let Some(way) = ways.choose(rng) {
                draw(way, rng, text);
            }
        }
    }
}

/// A character of some ranges, one that is easy to read if there is any.
fn character(ranges: &[(char, char)], rng: &mut ChaCha8Rng) -> Option<char> {
    let is_in = |c: &char| ranges.iter().any(|(from, to)| from <= c && c <= to);
    let kinds = [('a', 'z'), ('0', '9'), ('A', 'Z')];
    let kinds: Vec<Vec<char>> = kinds
        .into_iter()
        .map(|(from, to)| (from..=to).filter(is_in).collect::<Vec<char>>())
        .filter(|kind| !kind.is_empty())
        .collect();
    // Mostly small letters, where all are allowed.
    let kind = if rng.random_bool(0.6) { kinds.first() } else { kinds.choose(rng) };
    match kind {
        Some(kind) => kind.choose(rng).copied(),
        None => {
            let printable: Vec<char> = (' '..='~').filter(is_in).collect();
            printable.choose(rng).copied().or_else(|| ranges.first().map(|(from, _)| *from))
        }
    }
}

/// The expression without the groups that only look ahead or behind.
fn without_lookarounds(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) =
        ["(?=", "(?!", "(?<=", "(?<!"].iter().filter_map(|open| rest.find(open)).min()
    {
        out.push_str(&rest[..at]);
        let mut depth = 0;
        let mut is_escaped = false;
        let end = rest[at..].char_indices().find_map(|(i, c)| {
            match c {
                _ if is_escaped => {
                    is_escaped = false;
                    return None;
                }
                '\\' => is_escaped = true,
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            (depth == 0).then_some(at + i + 1)
        });
        rest = end.map_or("", |end| &rest[end..]);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn texts_match_their_expression() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for (pattern, allowed) in [
            (r"^\d{3}-\d{4}$", "0123456789-"),
            (r"(?P<a>[abc]+)(?=x(y))\Z", "abc"),
            ("(?i)no|yes", "noyesNOYES"),
        ] {
            let matching = Matching::of(pattern, true).unwrap();
            for _ in 0..20 {
                let text = matching.draw(&mut rng);
                assert!(!text.is_empty() && text.chars().all(|c| allowed.contains(c)), "{text}");
            }
        }
        assert!(Matching::of(r"(\d)\1", true).is_none());
    }
}
