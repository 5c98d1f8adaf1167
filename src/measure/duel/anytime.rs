//! Decides a duel as soon as it can be decided, either way, so that no more judges are asked than needed.
//!
//! Invariant: the chance to accept a challenger that is no better is at most the gate's alpha, however often one looks.
//!
//! *Accepted early*: by betting. A gambler bets on the challenger before each instance, at odds that are fair for equal contestants:
//! with a bet of b on an instance with the mean verdict x, from -1 to 1, capital is multiplied by 1 + b * x. If x is expected to be at most 0
//! whatever came before, capital is not expected to grow, and it ever reaches 1 / a with a chance of at most a (Ville 1939). The
//! gambler splits the capital among several bets: Waudby-Smith and Ramdas 2023, "Estimating Means of Bounded Random Variables by
//! Betting", Journal of the Royal Statistical Society B 86, diversified Kelly betting.
//!
//! *Refused early*: if the whole duel would most likely end without acceptance even if the challenger had an edge that it detects in
//! 80 % of repetitions. That can only make acceptance rarer. If a duel is given up at a chance of at most c, such an edge is
//! missed by at most 1 / (1 - c) times as many duels: Lan, Simon and Halperin 1982, "Stochastically Curtailed Tests in Long-Term
//! Clinical Trials", Sequential Analysis 1.
//!
//! *Otherwise* the gate decides after the last instance, with the part of alpha that betting leaves, so that the parts add up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::gate::{Decision, Gate};
use super::{Cluster, Turn, plan};

/// The part of alpha for acceptance before the end.
pub const EARLY_SHARE: f64 = 0.2;
/// The chance of acceptance at which a duel is given up.
pub const HOPELESS: f64 = 0.1;
/// A spread between fewer instances is not to be relied on.
const FIRST_LOOK: usize = 5;
/// Parts of the capital that are bet; the last is the most that cannot be lost at once.
const BETS: [f64; 3] = [0.3, 0.6, 0.9];

/// An instance of the duel, with the number of its turns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    pub instance: String,
    pub turns: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The bets on the challenger have paid off.
    Ahead,
    /// The rest of the duel would not lead to acceptance.
    Hopeless,
    /// All planned instances were judged.
    Complete,
}

/// A duel that needs no more verdicts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    pub ending: Ending,
    /// Planned instances up to the decision.
    pub instances: usize,
    /// What a capital of 1 has become; above 1 / (alpha * `EARLY_SHARE`) the challenger is ahead.
    pub capital: f64,
    /// Of the turns up to here; before the end, its lower bound is the one by betting, of the mean of the instances' means.
    pub decision: Decision,
}

/// Looks at the duel after each instance, in the plan's order, and tells where it was decided first; `None` if it is still open.
///
/// The order must have been fixed before any verdict. An instance counts once as many of its turns were judged as are planned; turns
/// of later ones wait, so that the answer does not depend on which judge was faster.
pub fn decided(gate: &Gate, planned: &[Planned], turns: &[Turn], seed: u64) -> Option<Decided> {
    let mut by_instance: BTreeMap<&str, Vec<&Turn>> = BTreeMap::new();
    for turn in turns {
        by_instance.entry(&turn.instance).or_default().push(turn);
    }
    let all_turns: usize = planned.iter().map(|instance| instance.turns).sum();
    let (mut seen, mut clusters) = (Vec::new(), Vec::new());
    for (i, instance) in planned.iter().enumerate() {
        let own =
            by_instance.get(instance.instance.as_str()).map(Vec::as_slice).unwrap_or_default();
        if own.len() < instance.turns {
            return None;
        }
        let own: Vec<Turn> = own.iter().map(|turn| (*turn).clone()).collect();
        clusters.extend(super::clusters(&own, gate.panel));
        seen.extend(own);
        let decide = |ending| Decided {
            ending,
            instances: i + 1,
            capital: capital(&clusters, 0.0),
            decision: decide(gate, ending, &seen, seed),
        };
        if i + 1 == planned.len() {
            return Some(decide(Ending::Complete));
        }
        if capital(&clusters, 0.0) * gate.alpha * EARLY_SHARE > 1.0 {
            // Margin and valid turns still count; what they lack, later turns may bring.
            let ahead = decide(Ending::Ahead);
            if ahead.decision.accepted {
                return Some(ahead);
            }
        } else if is_hopeless(
            &clusters,
            seen.len() as f64 / all_turns as f64,
            planned.len(),
            gate.alpha,
        ) {
            return Some(decide(Ending::Hopeless));
        }
    }
    None
}

fn decide(gate: &Gate, ending: Ending, turns: &[Turn], seed: u64) -> Decision {
    if ending == Ending::Complete {
        return Gate { alpha: gate.alpha * (1.0 - EARLY_SHARE), ..*gate }.decide(turns, seed);
    }
    let mut decision = gate.decide_by(turns, |clusters| bound(clusters, gate.alpha * EARLY_SHARE));
    if ending == Ending::Hopeless {
        decision.accepted = false;
        decision
            .reasons
            .push("the remaining turns would most likely not lead to acceptance".to_owned());
    }
    decision
}

/// What bets that the edge is more than `edge` have made of a capital of 1.
fn capital(clusters: &[Cluster], edge: f64) -> f64 {
    // The most that an instance can fall short of the edge is 1 + edge.
    let after = |bet: f64| {
        clusters
            .iter()
            .map(|cluster| 1.0 + bet * (cluster.mean() - edge) / (1.0 + edge))
            .product::<f64>()
    };
    BETS.map(after).iter().sum::<f64>() / BETS.len() as f64
}

/// The bound that the edge exceeds at all times with confidence 1 - `alpha`: the least edge that bets do not refute.
fn bound(clusters: &[Cluster], alpha: f64) -> Option<f64> {
    let is_refuted = |edge: f64| capital(clusters, edge) * alpha > 1.0;
    let (mut low, mut high) = (-0.99, 1.0);
    if !is_refuted(low) {
        return None;
    }
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if is_refuted(middle) { low = middle } else { high = middle }
    }
    Some(low)
}

/// Whether the whole duel would be accepted with a chance of at most `HOPELESS`, had the challenger the detectable edge from here on.
///
/// `share` of the turns were judged. With sums in place of means, and V the variance of the sum over all turns: accepted means
/// a sum of at least t * sqrt(V); the rest adds (1 - share) * (t + t') * sqrt(V), with a variance of (1 - share) * V.
fn is_hopeless(clusters: &[Cluster], share: f64, instances: usize, alpha: f64) -> bool {
    let Some(error) =
        plan::standard_error(clusters).filter(|_| clusters.len() >= FIRST_LOOK && share < 1.0)
    else {
        return false;
    };
    let degrees = instances as f64 - 1.0;
    let needed = plan::t_quantile(1.0 - alpha * (1.0 - EARLY_SHARE), degrees);
    let edge = needed + plan::t_quantile(plan::POWER, degrees);
    // In units of sqrt(V), which is the error of the sum so far over sqrt(share).
    let total = Cluster::total(clusters);
    let so_far = total.mean() * share.sqrt();
    let rest = (1.0 - share) * edge + plan::normal_quantile(1.0 - HOPELESS) * (1.0 - share).sqrt();
    so_far < (needed - rest) * error
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plan of instances of 4 turns, and verdicts of a panel of three.
    fn duel(instances: usize, verdict: impl Fn(usize, usize) -> f64) -> (Vec<Planned>, Vec<Turn>) {
        let name = |i: usize| format!("instance-{i:02}");
        let planned = (0..instances).map(|i| Planned { instance: name(i), turns: 4 }).collect();
        let turns = (0..instances).flat_map(|i| (0..4).map(move |j| (i, j)));
        let turns =
            turns.map(|(i, j)| Turn { instance: name(i), verdicts: vec![Some(verdict(i, j)); 3] });
        (planned, turns.collect())
    }

    #[test]
    fn capital_is_multiplied_instance_by_instance() {
        let clusters = [Cluster { sum: 2.0, turns: 4 }, Cluster { sum: -1.0, turns: 1 }];
        // (1.15 * 0.7 + 1.3 * 0.4 + 1.45 * 0.1) / 3
        assert!(
            (capital(&clusters, 0.0) - 1.47 / 3.0).abs() < 1e-12,
            "{}",
            capital(&clusters, 0.0)
        );
        assert_eq!(capital(&[], 0.0), 1.0);
    }

    #[test]
    fn bets_on_equal_contestants_are_fair() {
        // Every way that 12 instances can be won or lost, each as likely: capital is 1 on average, and rarely large.
        let ways = (0..1u32 << 12).map(|way| {
            let clusters: Vec<Cluster> = (0..12)
                .map(|i| Cluster { sum: if way >> i & 1 == 1 { 0.5 } else { -0.5 }, turns: 1 })
                .collect();
            (1..=12)
                .map(|length| capital(&clusters[..length], 0.0))
                .fold((0.0, 0.0), |(_, most), now| (now, now.max(most)))
        });
        let ways: Vec<(f64, f64)> = ways.collect();
        let mean = ways.iter().map(|(last, _)| last).sum::<f64>() / 4096.0;
        assert!((mean - 1.0).abs() < 1e-9, "{mean}");
        let reached = ways.iter().filter(|(_, most)| *most >= 20.0).count();
        assert!(reached > 0 && reached as f64 <= 0.05 * 4096.0, "{reached}");
    }

    #[test]
    fn the_bound_is_above_zero_exactly_if_the_challenger_is_ahead() {
        for wins in 5..30 {
            let clusters: Vec<Cluster> = (0..30)
                .map(|i| Cluster { sum: if i < wins { 0.8 } else { -0.3 }, turns: 1 })
                .collect();
            assert_eq!(
                capital(&clusters, 0.0) > 100.0,
                bound(&clusters, 0.01).is_some_and(|bound| bound > 0.0),
                "{wins}"
            );
        }
        assert_eq!(bound(&[], 0.01), None);
    }

    #[test]
    fn a_much_better_challenger_is_accepted_early() {
        let (planned, turns) = duel(40, |i, j| if (i + j) % 5 == 0 { 0.0 } else { 1.0 });
        let found = decided(&Gate::default(), &planned, &turns, 1).unwrap();
        assert!(
            found.ending == Ending::Ahead && found.decision.accepted && found.instances < 20,
            "{found:?}"
        );
        assert!(
            found.decision.lower_bound.unwrap() > 0.0
                && found.decision.turns == 4 * found.instances
        );
    }

    #[test]
    fn a_worse_challenger_is_refused_early() {
        let (planned, turns) = duel(40, |i, j| if (i + j) % 3 == 0 { 0.5 } else { -0.5 });
        let found = decided(&Gate::default(), &planned, &turns, 1).unwrap();
        assert!(
            found.ending == Ending::Hopeless && !found.decision.accepted && found.instances < 20,
            "{found:?}"
        );
        assert_eq!(
            found.decision.reasons.last().unwrap(),
            "the remaining turns would most likely not lead to acceptance"
        );
    }

    #[test]
    fn later_verdicts_never_change_a_decision() {
        let (planned, turns) = duel(30, |i, j| if (i * 5 + j * 3) % 7 < 5 { 1.0 } else { -1.0 });
        let whole = decided(&Gate::default(), &planned, &turns, 1).unwrap();
        assert!(whole.instances < 30);
        for count in 0..turns.len() {
            let so_far = decided(&Gate::default(), &planned, &turns[..count], 1);
            let expected = (count >= 4 * whole.instances).then(|| whole.clone());
            assert_eq!(so_far, expected, "{count}");
        }
        // Nor does the order in which judges answer.
        let mut backwards = turns;
        backwards.reverse();
        let found = decided(&Gate::default(), &planned, &backwards, 1).unwrap();
        assert_eq!((found.ending, found.instances), (whole.ending, whole.instances));
    }

    #[test]
    fn a_duel_that_goes_to_its_end_is_decided_by_the_gate_at_the_rest_of_alpha() {
        let (planned, turns) = duel(6, |i, _| if i == 0 { -0.1 } else { 0.3 });
        let found = decided(&Gate::default(), &planned, &turns, 1).unwrap();
        assert_eq!((found.ending, found.instances), (Ending::Complete, 6));
        assert_eq!(found.decision, Gate { alpha: 0.04, ..Gate::default() }.decide(&turns, 1));
        assert_eq!(decided(&Gate::default(), &[], &turns, 1), None);
    }

    #[test]
    fn instances_that_nobody_could_judge_are_not_bet_on() {
        let (planned, mut turns) = duel(10, |_, _| 0.5);
        for turn in turns.iter_mut().filter(|turn| turn.instance == "instance-01") {
            turn.verdicts = vec![None; 3];
        }
        let found = decided(&Gate::default(), &planned, &turns, 1).unwrap();
        let counted = Cluster { sum: 2.0, turns: 4 };
        assert_eq!(found.capital, capital(&vec![counted; found.instances - 1], 0.0));
    }
}
