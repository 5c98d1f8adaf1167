//! Fresh texts for programs that read stdin: those of the tests with some of their numbers and words changed.
//!
//! Invariant: the same seed and id give the same texts, and none of them is a test's own.

use std::collections::BTreeSet;

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::cases::test_cases::StreamCase;

/// Longer texts cost more than they show.
const MAX_TEXT: usize = 10_000;
/// Tries for each text that is wanted.
const TRIES: usize = 4;

/// Makes at most `count` texts.
pub(super) fn fresh_stdin(seed: u64, id: &str, cases: &[StreamCase], count: usize) -> Vec<String> {
    let seed = blake3::hash(format!("stdin|{seed}|{id}").as_bytes());
    let mut rng = ChaCha8Rng::from_seed(*seed.as_bytes());
    let given: Vec<&str> = cases
        .iter()
        .map(|case| case.stdin.as_str())
        .filter(|text| text.len() <= MAX_TEXT)
        .collect();
    let mut seen: BTreeSet<String> = given.iter().map(|&text| text.to_owned()).collect();
    let mut fresh = Vec::new();
    for _ in 0..count * TRIES {
        let Some(text) = given.choose(&mut rng) else { break };
        let text = changed(text, &mut rng);
        if fresh.len() < count && seen.insert(text.clone()) {
            fresh.push(text);
        }
    }
    fresh
}

/// The text with one or two of its words changed; the first number, which often counts the rest, is changed less often.
fn changed(text: &str, rng: &mut ChaCha8Rng) -> String {
    let mut words: Vec<String> =
        text.split_inclusive(char::is_whitespace).map(str::to_owned).collect();
    for _ in 0..rng.random_range(1..=2) {
        if words.is_empty() {
            break;
        }
        let at = rng.random_range(0..words.len());
        let at = if at == 0 { rng.random_range(0..words.len()) } else { at };
        let word = words[at].trim_end();
        let blank = words[at][word.len()..].to_owned();
        let new = match word.parse::<i64>() {
            Ok(number) => number_near(number, rng).to_string(),
            Err(_) => word_near(word, rng),
        };
        words[at] = new + &blank;
    }
    words.concat()
}

fn number_near(number: i64, rng: &mut ChaCha8Rng) -> i64 {
    match rng.random_range(0..4) {
        0 => number.saturating_add(1),
        1 => number.saturating_sub(1),
        2 => number / 2,
        _ => rng.random_range(0..=number.saturating_abs().max(9)),
    }
}

fn word_near(word: &str, rng: &mut ChaCha8Rng) -> String {
    let letters: Vec<char> = word.chars().collect();
    let Some(&letter) = letters.choose(rng) else { return String::new() };
    let at = rng.random_range(0..letters.len());
    let mut new = letters;
    new[at] = letter;
    new.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_new_and_keep_their_shape() {
        let cases =
            [StreamCase { stdin: "3\n1 2 3\nabc\n".into(), stdout: String::new(), visible: true }];
        let texts = fresh_stdin(0, "a", &cases, 20);
        assert_eq!(texts.len(), 20);
        assert_eq!(texts, fresh_stdin(0, "a", &cases, 20));
        assert_ne!(texts, fresh_stdin(1, "a", &cases, 20));
        for text in texts {
            assert_ne!(text, cases[0].stdin);
            assert_eq!(
                text.lines().map(|line| line.split(' ').count()).collect::<Vec<_>>(),
                [1, 3, 1]
            );
        }
    }
}
