//! Simulated duels.
//!
//! Invariant: the mean verdict of an honest judge is the world's edge; what a turn is like does not depend on how it is judged.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tgsand::measure::duel::Turn;

pub const TURNS: usize = 100;
pub const JUDGES: usize = 3;
const UNPARSED: f64 = 0.2;
/// A judge sees a draw if what it sees is this near 0: a third of standard normal values are.
const DRAW: f64 = 0.430_727_3;

/// What one of the judges does in place of judging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Always prefers the reply that it is shown first, in both orders: a reversal, which is a draw.
    First,
    /// The same, but the challenger is always shown first, as if orders were not swapped.
    FirstUnswapped,
    Random,
    Challenger,
}

#[derive(Debug, Clone, Copy)]
pub struct World {
    pub instances: usize,
    /// The part of a verdict's variance that belongs to the instance.
    pub icc: f64,
    /// How far the errors of two judges on one turn correlate.
    pub errors: f64,
    /// The challenger's lead, in points.
    pub edge: f64,
    /// Whether instances have different numbers of turns.
    pub is_uneven: bool,
    pub broken: Option<Broken>,
}

impl World {
    /// Every correlation within instances and between judges' errors, with instances of equal and of different size.
    pub fn all(instances: usize, edge: f64) -> Vec<Self> {
        let sizes = [false, true].into_iter();
        let worlds = sizes.flat_map(|is_uneven| [0.0, 0.1, 0.2, 0.3].map(|icc| (is_uneven, icc)));
        let worlds = worlds
            .flat_map(|(is_uneven, icc)| [0.1, 0.5, 0.9].map(|errors| (is_uneven, icc, errors)));
        worlds
            .map(|(is_uneven, icc, errors)| Self {
                instances,
                icc,
                errors,
                edge,
                is_uneven,
                broken: None,
            })
            .collect()
    }

    /// The turns of one duel, instance by instance.
    pub fn duel(&self, seed: u64) -> Vec<Turn> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let shift = latent_shift(self.edge / 100.0);
        let mut turns = Vec::with_capacity(TURNS);
        for (instance, size) in self.sizes(&mut rng).into_iter().enumerate() {
            let of_instance = normal(&mut rng) * self.icc.sqrt();
            for _ in 0..size {
                let shared = normal(&mut rng) * self.errors.sqrt();
                let verdicts = (0..JUDGES)
                    .map(|judge| {
                        let error = shared + normal(&mut rng) * (1.0 - self.errors).sqrt();
                        let seen = shift + of_instance + error * (1.0 - self.icc).sqrt();
                        let honest = if seen.abs() < DRAW { 0.0 } else { seen.signum() };
                        let verdict = match self.broken.filter(|_| judge == 0) {
                            None => honest,
                            Some(Broken::First) => 0.0,
                            Some(Broken::Random) => f64::from(rng.random_range(-1..=1)),
                            Some(Broken::FirstUnswapped | Broken::Challenger) => 1.0,
                        };
                        (rng.random::<f64>() >= UNPARSED).then_some(verdict)
                    })
                    .collect();
                turns.push(Turn { instance: format!("{instance:02}"), verdicts });
            }
        }
        turns
    }

    /// How many turns each instance has: about equally many, or after weights that differ as waiting times do.
    pub fn sizes(&self, rng: &mut impl Rng) -> Vec<usize> {
        if !self.is_uneven {
            return (0..self.instances)
                .map(|i| (i + 1) * TURNS / self.instances - i * TURNS / self.instances)
                .collect();
        }
        let weights: Vec<f64> =
            (0..self.instances).map(|_| -rng.random::<f64>().max(1e-12).ln()).collect();
        let all: f64 = weights.iter().sum();
        let mut sizes = vec![1; self.instances];
        for _ in self.instances..TURNS {
            let mut place = rng.random::<f64>() * all;
            let found = weights.iter().position(|weight| {
                place -= weight;
                place <= 0.0
            });
            sizes[found.unwrap_or_default()] += 1;
        }
        sizes
    }
}

/// A duel of equal contestants in which each instance has a chance of 1/5 to have the lead `far`, and else one of -`far` / 4.
///
/// Instances are not as likely to have the opposite lead, which sign flips assume.
pub fn lopsided(instances: usize, far: f64, seed: u64) -> Vec<Turn> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut turns = Vec::with_capacity(TURNS);
    for instance in 0..instances {
        let lead = if rng.random_range(0..5) == 0 { far } else { -far / 4.0 };
        for _ in instance * TURNS / instances..(instance + 1) * TURNS / instances {
            let verdicts = (0..JUDGES).map(|_| {
                let is_draw = rng.random_range(0..3) == 0;
                let is_won = rng.random::<f64>() < f64::midpoint(1.0, 1.5 * lead);
                let verdict = if is_draw {
                    0.0
                } else if is_won {
                    1.0
                } else {
                    -1.0
                };
                (rng.random::<f64>() >= UNPARSED).then_some(verdict)
            });
            turns.push(Turn { instance: format!("{instance:02}"), verdicts: verdicts.collect() });
        }
    }
    turns
}

fn normal(rng: &mut impl Rng) -> f64 {
    let (radius, angle): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * (1.0 - radius).ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// By how much standard normal values have to move, so that those above `DRAW` are more than those below -`DRAW` by `edge`.
fn latent_shift(edge: f64) -> f64 {
    // The area between -DRAW - shift and -DRAW + shift is the edge, by Simpson's rule.
    let density = |x: f64| (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt();
    let area = |shift: f64| {
        2.0 * shift / 6.0 * (density(DRAW - shift) + 4.0 * density(DRAW) + density(DRAW + shift))
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if area(middle) < edge { low = middle } else { high = middle }
    }
    low
}
