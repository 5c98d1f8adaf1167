//! The gate of the reference, as it is, for comparison and for duels that have to be decided as it decides them.
//!
//! Invariant: names and scales are the reference's: scores from 0 to 100, and a mean delta, bound and standard error from -0.5 to 0.5.
//!
//! Its modes 1 and 2 differ only in whom the challenger meets, the dataset's reply or the king. It resamples turns as if they were
//! independent, so that its bound is too high if turns of one instance resemble each other.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Panel, Turn, score};

/// `[duel]` in the reference's `chain.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    pub gate_alpha: f64,
    pub bootstrap_resamples: usize,
    pub win_margin: f64,
    pub min_valid_turn_frac: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            gate_alpha: 0.05,
            bootstrap_resamples: 10_000,
            win_margin: 2.0,
            min_valid_turn_frac: 0.5,
        }
    }
}

/// What the reference writes of a duel, apart from its parts by judge and by metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub accepted: bool,
    pub n_done: usize,
    /// Turns that every judge's verdict was parsed of.
    pub n_valid: usize,
    pub challenger_score: f64,
    pub king_score: f64,
    pub win_margin: f64,
    pub margin_ok: bool,
    /// The mean over turns of (score - 0.5).
    pub mean_delta: f64,
    pub lcb: f64,
    pub se: f64,
    pub gate_alpha: f64,
    pub gate_lcb: bool,
}

/// Decides a duel as the reference does; `None` if no turn has a score.
///
/// A turn's score is the mean over the judges that parsed; turns with none have no score. All must hold: `n_valid / n_done` is at
/// least the valid fraction, the scores' difference is at least the margin, and the `gate_alpha` quantile of the means of
/// bootstrap samples of turns is above 0.
pub fn decide(turns: &[Turn], thresholds: Thresholds, seed: u64) -> Option<Verdict> {
    let deltas: Vec<f64> =
        turns.iter().filter_map(|turn| Some(turn.delta(Panel::Mean)? / 2.0)).collect();
    let mean_delta = super::super::mean(&deltas)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let count = u32::try_from(deltas.len()).ok()?;
    let mut means: Vec<f64> = (0..thresholds.bootstrap_resamples.max(1))
        .map(|_| {
            let drawn = (0..count).filter_map(|_| deltas.get(rng.random_range(0..count) as usize));
            drawn.sum::<f64>() / f64::from(count)
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let lcb = super::super::intervals::quantile(&means, thresholds.gate_alpha)?;
    let se = {
        let center = super::super::mean(&means)?;
        let squares: f64 = means.iter().map(|mean| (mean - center).powi(2)).sum();
        (squares / means.len() as f64).sqrt()
    };
    let n_valid = turns.iter().filter(|turn| turn.is_complete()).count();
    let (challenger_score, king_score) = (score(2.0 * mean_delta), score(-2.0 * mean_delta));
    let margin_ok = challenger_score - king_score >= thresholds.win_margin;
    let is_valid = n_valid as f64 >= thresholds.min_valid_turn_frac * turns.len() as f64;
    Some(Verdict {
        accepted: is_valid && margin_ok && lcb > 0.0,
        n_done: turns.len(),
        n_valid,
        challenger_score,
        king_score,
        win_margin: thresholds.win_margin,
        margin_ok,
        mean_delta,
        lcb,
        se,
        gate_alpha: thresholds.gate_alpha,
        gate_lcb: lcb > 0.0,
    })
}

impl Verdict {
    /// All that speaks against the challenger; nothing if it is accepted.
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        let Self { n_done, n_valid, win_margin, lcb, .. } = self;
        let lead = self.challenger_score - self.king_score;
        if !self.margin_ok {
            reasons.push(format!(
                "the lead is {lead:+.2} points; at least {win_margin:+.2} are needed"
            ));
        }
        if !self.gate_lcb {
            let bound = 200.0 * lcb;
            reasons.push(format!(
                "the lower bound of the lead is {bound:+.2} points, which is not above 0"
            ));
        }
        if !self.accepted && reasons.is_empty() {
            reasons.push(format!(
                "all of the panel judged {n_valid} of {n_done} turns, which are too few"
            ));
        }
        reasons
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(verdicts: &[[Option<f64>; 3]]) -> Vec<Turn> {
        let turn = |verdicts: &[Option<f64>; 3]| Turn {
            instance: "a".to_owned(),
            verdicts: verdicts.to_vec(),
        };
        verdicts.iter().map(turn).collect()
    }

    #[test]
    fn a_clear_win_passes_and_scores_as_the_reference_scores() {
        // Win 1, draw 0.5, loss 0 of three judges: (1 + 1 + 0.5) / 3 = 83.33.
        let verdict =
            decide(&turns(&[[Some(1.0), Some(1.0), Some(0.0)]; 20]), Thresholds::default(), 1)
                .unwrap();
        assert!(verdict.accepted && verdict.margin_ok && verdict.gate_lcb);
        assert!(
            (verdict.challenger_score - 250.0 / 3.0).abs() < 1e-9,
            "{}",
            verdict.challenger_score
        );
        assert!((verdict.lcb - verdict.mean_delta).abs() < 1e-9 && verdict.se < 1e-9);
    }

    #[test]
    fn each_condition_can_fail_alone() {
        let win = [Some(1.0); 3];
        let unparsed = [Some(1.0), Some(1.0), None];
        let few = decide(&turns(&[win, unparsed, unparsed]), Thresholds::default(), 1).unwrap();
        assert!(!few.accepted && few.margin_ok && few.gate_lcb && few.n_valid == 1, "{few:?}");
        let small = decide(&turns(&[[Some(0.01); 3]; 4]), Thresholds::default(), 1).unwrap();
        assert!(!small.accepted && !small.margin_ok && small.gate_lcb, "{small:?}");
        let mixed = decide(&turns(&[win, win, [Some(-1.0); 3]]), Thresholds::default(), 1).unwrap();
        assert!(!mixed.accepted && mixed.margin_ok && !mixed.gate_lcb, "{mixed:?}");
    }

    #[test]
    fn nothing_scored_is_no_verdict() {
        assert_eq!(decide(&turns(&[[None; 3]]), Thresholds::default(), 1), None);
    }

    #[test]
    fn the_standard_error_is_that_of_a_mean() {
        // 100 turns of 1 and -1, halved: 0.5 / sqrt(100).
        let many: Vec<_> =
            (0..100).map(|i| [Some(if i % 2 == 0 { 1.0 } else { -1.0 }); 3]).collect();
        let verdict = decide(&turns(&many), Thresholds::default(), 1).unwrap();
        assert!((verdict.se - 0.05).abs() < 0.002, "{}", verdict.se);
        assert!((verdict.lcb + 1.645 * 0.05).abs() < 0.006, "{}", verdict.lcb);
    }
}
