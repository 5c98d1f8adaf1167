//! Random inputs until the time is up: `tests/it/fuzz.rs` has them for what is public, unit tests for what is not.
//!
//! Invariant: inputs are numbered, so that each run with the same seed begins with the same ones; one that fails is made as
//! small as possible.

use std::fmt::Debug;
use std::str::FromStr;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::{Just, any, prop_oneof};
use proptest::sample::{Index, select};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

/// A number that the environment sets.
fn setting<T: FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Tries inputs until the time is up: 5 s, or `TGSAND_FUZZ_SECONDS`. `TGSAND_FUZZ_SEED` (7 if it is not set, at most 255) gives others.
pub fn fuzz<S: Strategy>(target: &str, inputs: &S, attempt: impl Fn(S::Value)) {
    let end = Instant::now() + Duration::from_secs(setting("TGSAND_FUZZ_SECONDS", 5));
    let config = Config { failure_persistence: None, ..Config::default() };
    let seed: u8 = setting("TGSAND_FUZZ_SEED", 7);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let mut number: u64 = 0;
    let mut slowest = (Duration::ZERO, 0);
    while number == 0 || Instant::now() < end {
        let input = inputs.new_tree(&mut runner).unwrap();
        let first = input.current();
        let start = Instant::now();
        let tried = runner.run_one(input, |input| {
            attempt(input);
            Ok(())
        });
        match tried {
            Ok(_) => {}
            Err(TestError::Fail(reason, smallest)) => {
                panic!(
                    "{target}, input {number}: {reason}\nsmallest: {smallest:?}\nfirst: {first:?}"
                )
            }
            Err(TestError::Abort(reason)) => panic!("{target}, input {number}: {reason}"),
        }
        slowest = slowest.max((start.elapsed(), number));
        number += 1;
    }
    println!("{target}: {number} inputs, the slowest, {}, took {:?}", slowest.1, slowest.0);
}

/// What replaces a span of a sequence.
#[derive(Debug, Clone)]
enum Change<T> {
    Cut,
    Repeat(usize),
    Reverse,
    /// Part of one of the seeds.
    Splice(Index, Index, usize),
    Put(Vec<T>),
}

/// Seeds with some spans of at most `longest` items changed.
pub fn mutated<T: Copy + Debug + 'static>(
    seeds: Vec<Vec<T>>,
    pieces: impl Strategy<Value = Vec<T>> + 'static,
    longest: usize,
) -> impl Strategy<Value = Vec<T>> {
    let change = prop_oneof![
        Just(Change::Cut),
        (2..20usize).prop_map(Change::Repeat),
        Just(Change::Reverse),
        (any::<Index>(), any::<Index>(), 0..200usize)
            .prop_map(|(seed, from, length)| Change::Splice(seed, from, length)),
        pieces.prop_map(Change::Put),
    ];
    let edits = vec((any::<Index>(), 0..longest, change), 1..8);
    (select(seeds.clone()), edits).prop_map(move |(mut items, edits)| {
        for (at, length, change) in edits {
            let from = at.index(items.len() + 1);
            let to = (from + length).min(items.len());
            let span = &items[from..to];
            let put = match change {
                Change::Cut => Vec::new(),
                Change::Repeat(times) => span.repeat(times),
                Change::Reverse => span.iter().rev().copied().collect(),
                Change::Splice(seed, from, length) => {
                    let seed = &seeds[seed.index(seeds.len())];
                    let start = from.index(seed.len() + 1);
                    seed[start..].iter().take(length).copied().collect()
                }
                Change::Put(piece) => piece,
            };
            items.splice(from..to, put);
        }
        items
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "smallest: ['!']")]
    fn an_input_that_fails_is_made_small() {
        let seeds = vec!["a text with some words".chars().collect()];
        let texts = mutated(seeds, select(vec![vec!['x'], vec!['!', '!']]), 10);
        let shown = texts.prop_map(|text| text.into_iter().filter(|c| *c == '!').take(1).collect());
        fuzz("shrinking", &shown, |text: Vec<char>| assert!(text.is_empty(), "found it"));
    }
}
