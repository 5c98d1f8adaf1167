//! Random inputs for what is not public, as tests/it/fuzz.rs has them for what is.
//!
//! Invariant: inputs are numbered, so that each run begins with the same ones, and a failure names its number.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Tries inputs made of numbered seeds until the time is up: 5 s, or `TGSAND_FUZZ_SECONDS`.
pub fn fuzz(target: &str, mut attempt: impl FnMut(&mut ChaCha8Rng)) {
    let seconds = std::env::var("TGSAND_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(5));
    let mut number: u64 = 0;
    let mut slowest = (Duration::ZERO, 0);
    while number == 0 || Instant::now() < end {
        let start = Instant::now();
        let mut rng = ChaCha8Rng::seed_from_u64(number);
        if catch_unwind(AssertUnwindSafe(|| attempt(&mut rng))).is_err() {
            panic!("{target}, input {number}");
        }
        slowest = slowest.max((start.elapsed(), number));
        number += 1;
    }
    println!("{target}: {number} inputs, the slowest, {}, took {:?}", slowest.1, slowest.0);
}
