//! The gate: whether a challenger takes the king's place.
//!
//! Invariant: every reason against the challenger is given, in words; without one it is accepted.

use serde::{Deserialize, Serialize};

use super::{Cluster, Panel, Turn, lower_bound::lower_bound, plan, rounded};

/// What a challenger has to show.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    pub panel: Panel,
    /// The chance to accept a challenger that is no better.
    pub alpha: f64,
    /// The least lead, in points.
    pub win_margin: f64,
    /// The least share of turns that most of the panel judged.
    pub min_valid_fraction: f64,
    /// Whether the lead has to hold without any one of the judges as well, so that no judge decides alone.
    ///
    /// A judge that always prefers the challenger moves the mean of three by 33 points, and the median of three judges that are
    /// often of different opinions by hardly less.
    pub without_each_judge: bool,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            panel: Panel::Mean,
            alpha: 0.05,
            win_margin: 2.0,
            min_valid_fraction: 0.5,
            without_each_judge: false,
        }
    }
}

/// A decided duel. Points are the challenger's score minus the king's, each from 0 to 100: 100 times the mean verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub accepted: bool,
    /// All that speaks against the challenger.
    pub reasons: Vec<String>,
    pub turns: usize,
    /// Turns that more than half of the panel judged.
    pub valid_turns: usize,
    /// Turns that any judge gave a verdict on; the lead is theirs.
    pub scored_turns: usize,
    /// Instances with a scored turn.
    pub instances: usize,
    pub challenger_score: Option<f64>,
    pub king_score: Option<f64>,
    /// The challenger's lead, in points.
    pub lead: Option<f64>,
    /// The lead that is exceeded with confidence 1 - alpha, in points; see `lower_bound`.
    pub lower_bound: Option<f64>,
    /// The lead without the first judge, without the second, and so on, in points.
    pub lead_without: Vec<Option<f64>>,
    /// Of the lead, clustered by instance, in points.
    pub standard_error: Option<f64>,
    /// The lead that such a duel would find in 80 % of repetitions, in points.
    pub detectable: Option<f64>,
}

impl Gate {
    /// Decides a duel; the seed draws sets of instances if there are more than 16 instances.
    pub fn decide(&self, turns: &[Turn], seed: u64) -> Decision {
        self.decide_by(turns, |clusters| lower_bound(clusters, self.alpha, seed))
    }

    /// Decides by another lower bound of the mean verdict.
    pub(super) fn decide_by(
        &self,
        turns: &[Turn],
        bound: impl Fn(&[Cluster]) -> Option<f64>,
    ) -> Decision {
        let bound = |clusters: &[Cluster]| bound(clusters).map(|bound| rounded(100.0 * bound));
        let clusters = super::clusters(turns, self.panel);
        let standard_error = plan::standard_error(&clusters).map(|error| 100.0 * error);
        let lead = lead(&clusters);
        let without = self.without(turns);
        let mut decision = Decision {
            accepted: false,
            reasons: Vec::new(),
            turns: turns.len(),
            valid_turns: turns.iter().filter(|turn| turn.has_majority()).count(),
            scored_turns: Cluster::total(&clusters).turns,
            instances: clusters.len(),
            challenger_score: lead.map(|lead| rounded(50.0 + lead / 2.0)),
            king_score: lead.map(|lead| rounded(50.0 - lead / 2.0)),
            lead,
            lower_bound: bound(&clusters),
            lead_without: without.iter().map(|clusters| self::lead(clusters)).collect(),
            standard_error,
            detectable: standard_error
                .and_then(|error| plan::detectable(error, clusters.len(), self.alpha)),
        };
        decision.reasons = self.reasons(&decision);
        if self.without_each_judge {
            let weak = without
                .iter()
                .map(|clusters| bound(clusters))
                .enumerate()
                .filter(|(_, bound)| !is_above_zero(*bound));
            decision.reasons.extend(weak.map(|(judge, bound)| {
                format!(
                    "the lead depends on judge {}: without it, its lower bound is {}",
                    judge + 1,
                    bound.map_or("unknown".to_owned(), |bound| format!("{bound:+.2} points"))
                )
            }));
        }
        decision.accepted = decision.reasons.is_empty();
        decision
    }

    /// The turns by instance without the first judge, without the second, and so on; nothing for a single judge.
    fn without(&self, turns: &[Turn]) -> Vec<Vec<Cluster>> {
        let judges =
            turns.iter().map(|turn| turn.verdicts.len()).max().filter(|&judges| judges > 1);
        let of_others = |judge| {
            let others: Vec<Turn> = turns.iter().map(|turn| turn.without(judge)).collect();
            super::clusters(&others, self.panel)
        };
        (0..judges.unwrap_or_default()).map(of_others).collect()
    }

    fn reasons(&self, decision: &Decision) -> Vec<String> {
        let Decision { turns, valid_turns, instances, .. } = decision;
        if *turns == 0 {
            return vec!["nothing was judged".to_owned()];
        }
        let mut reasons = Vec::new();
        if *valid_turns == 0 || (*valid_turns as f64) < self.min_valid_fraction * *turns as f64 {
            reasons.push(format!(
                "most of the panel judged {valid_turns} of {turns} turns; at least {:.0} % are needed",
                100.0 * self.min_valid_fraction
            ));
        }
        match decision.lead {
            Some(0.0) => reasons.push("there is no lead: both have as many points".to_owned()),
            Some(lead) if lead < self.win_margin => reasons.push(format!(
                "the lead is {lead:+.2} points; at least {:+.2} are needed",
                self.win_margin
            )),
            Some(_) | None => {}
        }
        match decision.lower_bound {
            bound if is_above_zero(bound) => {}
            // A challenger without a lead needs no test of it.
            Some(_) if decision.lead.is_some_and(|lead| lead <= 0.0) => {}
            Some(bound) => reasons.push(format!(
                "the lead may be noise: its lower bound over {instances} instances is {bound:+.2} points, which is not above 0"
            )),
            None => reasons.push(match instances {
                1 => "1 instance is too few for a lower bound".to_owned(),
                _ => format!("{instances} instances are too few for a lower bound"),
            }),
        }
        reasons
    }
}

/// The mean verdict in points.
fn lead(clusters: &[Cluster]) -> Option<f64> {
    let total = Cluster::total(clusters);
    (total.turns > 0).then(|| rounded(100.0 * total.mean()))
}

fn is_above_zero(bound: Option<f64>) -> bool {
    bound.is_some_and(|bound| bound > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duel(
        instances: usize,
        per_instance: usize,
        verdict: impl Fn(usize, usize) -> f64,
    ) -> Vec<Turn> {
        let turn = |i: usize, j: usize| Turn {
            instance: format!("instance-{i:02}"),
            verdicts: vec![Some(verdict(i, j)); 3],
        };
        (0..instances)
            .flat_map(|i| (0..per_instance).map(move |j| (i, j)))
            .map(|(i, j)| turn(i, j))
            .collect()
    }

    #[test]
    fn a_clear_win_is_accepted_without_a_reason() {
        let decision =
            Gate::default().decide(&duel(10, 3, |i, _| if i < 8 { 0.5 } else { 0.0 }), 1);
        assert!(decision.accepted && decision.reasons.is_empty());
        assert_eq!(
            (decision.lead, decision.challenger_score, decision.king_score),
            (Some(40.0), Some(70.0), Some(30.0))
        );
    }

    #[test]
    fn a_loss_is_told_as_a_loss() {
        let decision = Gate::default().decide(&duel(10, 2, |_, _| -1.0), 1);
        assert!(!decision.accepted);
        assert_eq!(decision.reasons, ["the lead is -100.00 points; at least +2.00 are needed"]);
    }

    #[test]
    fn a_draw_is_told_as_one_and_accepted_at_no_margin() {
        for win_margin in [0.0, 2.0] {
            let gate = Gate { win_margin, ..Gate::default() };
            let decision = gate.decide(&duel(10, 2, |i, _| if i % 2 == 0 { 0.5 } else { -0.5 }), 1);
            assert!(!decision.accepted);
            assert_eq!(decision.reasons, ["there is no lead: both have as many points"]);
        }
    }

    #[test]
    fn many_turns_of_few_instances_are_few() {
        // 100 turns, of which 70 are won: beyond doubt if they are independent, but they are 10 instances, of which 7 are won.
        let verdict = |i: usize, _| if i < 7 { 1.0 } else { -1.0 };
        let decision = Gate::default().decide(&duel(10, 10, verdict), 1);
        assert_eq!(
            decision.reasons,
            [
                "the lead may be noise: its lower bound over 10 instances is -20.00 points, which is not above 0"
            ]
        );
        let of_turns =
            super::super::reference::decide(&duel(10, 10, verdict), Default::default(), 1).unwrap();
        assert!(of_turns.accepted);
    }

    #[test]
    fn every_reason_is_given() {
        let mut turns = duel(4, 1, |_, _| 0.01);
        turns.extend(
            duel(6, 1, |_, _| 0.0).into_iter().map(|turn| Turn { verdicts: vec![None; 3], ..turn }),
        );
        assert_eq!(
            Gate::default().decide(&turns, 1).reasons,
            [
                "most of the panel judged 4 of 10 turns; at least 50 % are needed",
                "the lead is +1.00 points; at least +2.00 are needed",
                "4 instances are too few for a lower bound",
            ]
        );
    }

    #[test]
    fn no_turn_is_no_win() {
        let decision = Gate::default().decide(&[], 1);
        assert!(!decision.accepted);
        assert_eq!((decision.lead, decision.lower_bound, decision.detectable), (None, None, None));
    }

    #[test]
    fn the_order_of_turns_and_the_names_of_sides_do_not_matter() {
        let turns = duel(20, 4, |i, j| ((i * 7 + j * 3) % 5) as f64 / 2.0 - 1.0);
        let mut backwards = turns.clone();
        backwards.reverse();
        assert_eq!(Gate::default().decide(&turns, 3), Gate::default().decide(&backwards, 3));
        let swap = |turn: &Turn| Turn {
            verdicts: turn.verdicts.iter().map(|verdict| verdict.map(|value| -value)).collect(),
            ..turn.clone()
        };
        let swapped: Vec<Turn> = turns.iter().map(swap).collect();
        let (own, other) = (Gate::default().decide(&turns, 3), Gate::default().decide(&swapped, 3));
        assert_eq!(own.lead, other.lead.map(|lead| -lead));
        assert!(!(own.accepted && other.accepted));
    }

    #[test]
    fn better_verdicts_never_take_an_acceptance_away() {
        for step in 0..20 {
            let verdict = |shift: f64| {
                move |i: usize, j: usize| {
                    (((i * 5 + j) % 7) as f64 / 10.0 - 0.3 + shift).clamp(-1.0, 1.0)
                }
            };
            let shift = f64::from(step) / 40.0;
            let accepts = |shift| Gate::default().decide(&duel(12, 5, verdict(shift)), 2).accepted;
            assert!(accepts(shift + 0.025) || !accepts(shift), "{shift}");
        }
    }

    #[test]
    fn one_judge_that_always_prefers_the_challenger_does_not_decide_alone() {
        let mut turns = duel(20, 4, |i, j| if (i + j) % 2 == 0 { 0.4 } else { -0.4 });
        for turn in &mut turns {
            turn.verdicts[1] = Some(1.0);
        }
        assert!(Gate::default().decide(&turns, 1).accepted);
        let decision = Gate { without_each_judge: true, ..Gate::default() }.decide(&turns, 1);
        assert_eq!(
            decision.reasons,
            ["the lead depends on judge 2: without it, its lower bound is +0.00 points"]
        );
        let leads: Vec<f64> =
            decision.lead_without.iter().map(|lead| lead.unwrap().round()).collect();
        assert_eq!(leads, [50.0, 0.0, 50.0]);
        let alone: Vec<Turn> =
            turns.iter().map(|turn| Turn { verdicts: vec![Some(1.0)], ..turn.clone() }).collect();
        assert!(Gate { without_each_judge: true, ..Gate::default() }.decide(&alone, 1).accepted);
    }
}
