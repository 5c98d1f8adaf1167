//! Chooses among the variants of each function so that the text of a program does not tell which side of a pair is right.
//!
//! Invariant: the choice depends on the functions before, in the order of the input, and on nothing else.

use std::collections::HashMap;

use super::Variant;
use crate::python::tokens::bare_tokens;

/// Tokens of the longest group that is counted.
const LONGEST: usize = 3;
/// Pairs of doubt: how slowly a difference that was seen a few times becomes a habit.
const DOUBT: f64 = 0.5;
/// What a variant that runs against another kind of edit than the rarest one costs.
const RARITY: f64 = 0.6;
/// What a variant costs that only an exception tells from the program.
const NO_VALUE: f64 = 2.5;

/// What a learner would know from the pairs so far: for groups of tokens, in how many pairs the right and the wrong side has more of them.
#[derive(Debug, Default)]
pub struct Balance {
    seen: HashMap<Vec<String>, (u32, u32)>,
    operators: HashMap<String, u32>,
    pairs: u32,
}

impl Balance {
    /// Chooses a variant that a learner of the pairs so far would not recognise, of a rare kind, and counts it.
    pub fn choose<'v>(&mut self, program: &str, variants: &'v [Variant]) -> Option<&'v Variant> {
        let original = bare_tokens(program);
        let changes = variants.iter().map(|variant| {
            let edited = variant.apply(program).unwrap_or_default();
            (variant, difference(&original, &bare_tokens(&edited)))
        });
        let changes: Vec<_> = changes.collect();
        let cost = |(variant, change): &(&Variant, HashMap<Vec<String>, i32>)| {
            let used = self.operators.get(&variant.mutation.operator).copied().unwrap_or_default();
            let share = f64::from(used) / f64::from(self.pairs.max(1));
            let no_value = if variant.is_told_by_value() { 0.0 } else { NO_VALUE };
            self.told(change).max(0.0) + RARITY * share * VARIETY + no_value
        };
        let best = changes.iter().min_by(|a, b| cost(a).total_cmp(&cost(b)))?;
        let (variant, change) = best;
        for (group, more) in change {
            let seen = self.seen.entry(group.clone()).or_default();
            if *more > 0 {
                seen.0 += 1;
            } else {
                seen.1 += 1;
            }
        }
        *self.operators.entry(variant.mutation.operator.clone()).or_default() += 1;
        self.pairs += 1;
        Some(variant)
    }

    /// How surely the pairs so far tell that a change leads away from the right program.
    fn told(&self, change: &HashMap<Vec<String>, i32>) -> f64 {
        let mut told: Vec<f64> = Vec::new();
        for (group, more) in change {
            let Some(&(right, wrong)) = self.seen.get(group) else { continue };
            let habit = ((f64::from(right) + DOUBT) / (f64::from(wrong) + DOUBT)).ln();
            told.push(if *more > 0 { habit } else { -habit });
        }
        // The order of a map must not decide the last digit of a sum.
        told.sort_by(f64::total_cmp);
        told.iter().sum()
    }
}

/// About as many kinds of edits as there are: a kind with its fair share of the pairs costs `RARITY`.
const VARIETY: f64 = 24.0;

/// Groups of tokens that one text has more often than another.
fn difference(one: &[String], other: &[String]) -> HashMap<Vec<String>, i32> {
    let same_start = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let rest = one.len().min(other.len()) - same_start;
    let pairs = one.iter().rev().zip(other.iter().rev()).take(rest);
    let same_end = pairs.take_while(|(a, b)| a == b).count();
    let mut found: HashMap<Vec<String>, i32> = HashMap::new();
    for (text, sign) in [(one, 1), (other, -1)] {
        // Groups that lie outside the edit are the same in both.
        let start = same_start.saturating_sub(LONGEST - 1);
        let end = (text.len() - same_end + LONGEST - 1).min(text.len());
        for length in 1..=LONGEST {
            for group in text[start..end].windows(length) {
                *found.entry(group.to_vec()).or_default() += sign;
            }
        }
    }
    found.retain(|_, more| *more != 0);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_edit_changes_is_a_difference() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let found = difference(&words("a b < c d e f"), &words("a b <= c d e f"));
        let count = |text: &str| found.get(&words(text)).copied();
        assert_eq!((count("<"), count("<="), count("a b <")), (Some(1), Some(-1), Some(1)));
        assert_eq!((count("d"), count("c d e"), count("a b")), (None, None, None));
        assert_eq!(found.len(), 12);
    }
}
