//! How large an edge a duel can find, and how many turns would find a given one.
//!
//! Invariant: everything follows from the standard error clustered by instance; more turns of the same instances are not more evidence.

use serde::{Deserialize, Serialize};

use super::Cluster;

/// The share of duels that find an edge that is called detectable.
pub const POWER: f64 = 0.8;

/// The standard error of the mean over turns, on the scale of the verdicts; `None` for fewer than two instances.
///
/// sqrt(G / (G - 1) * sum of (S_g - n_g * mean)^2) / n, for G instances with n_g turns and a sum of verdicts S_g: Liang and Zeger
/// 1986, "Longitudinal Data Analysis Using Generalized Linear Models", Biometrika 73, with the usual factor for few clusters.
pub fn standard_error(clusters: &[Cluster]) -> Option<f64> {
    let total = Cluster::total(clusters);
    let count = clusters.len() as f64;
    let squares =
        clusters.iter().map(|cluster| (cluster.sum - cluster.turns as f64 * total.mean()).powi(2));
    (clusters.len() >= 2)
        .then(|| (count / (count - 1.0) * super::super::sum(squares)).sqrt() / total.turns as f64)
}

/// The edge that a duel with this standard error and this many instances finds in 80 % of repetitions, in the error's unit.
///
/// The error times the sum of the two t quantiles with G - 1 degrees of freedom, for 1 - alpha and for the power: Bloom 1995,
/// "Minimum Detectable Effects", Evaluation Review 19.
pub fn detectable(standard_error: f64, instances: usize, alpha: f64) -> Option<f64> {
    let degrees = instances.checked_sub(1).filter(|&degrees| degrees > 0)? as f64;
    Some(standard_error * (t_quantile(1.0 - alpha, degrees) + t_quantile(POWER, degrees)))
}

/// A duel that would find an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needed {
    pub turns: usize,
    pub instances: usize,
}

/// The least duel that finds `edge`, on the scale of the verdicts, in 80 % of repetitions.
///
/// It has as many turns of each instance as this one; the error falls with the square root of the number of instances. `None` if
/// the edge is not above 0, or if this duel has no standard error.
pub fn needed(clusters: &[Cluster], edge: f64, alpha: f64) -> Option<Needed> {
    let error = standard_error(clusters).filter(|_| edge > 0.0)?;
    let count = clusters.len() as f64;
    let is_enough = |instances: usize| {
        let error = error * (count / instances as f64).sqrt();
        detectable(error, instances, alpha).is_some_and(|found| found <= edge)
    };
    let mut above = 5;
    while !is_enough(above) {
        above = above.checked_mul(2)?;
    }
    let mut below = 4;
    while above - below > 1 {
        let middle = below.midpoint(above);
        if is_enough(middle) { above = middle } else { below = middle }
    }
    let per_instance = Cluster::total(clusters).turns as f64 / count;
    Some(Needed { turns: (above as f64 * per_instance).ceil() as usize, instances: above })
}

/// The quantile of Student's t, within 0.005 for 4 degrees of freedom and chances up to 0.95, and closer for more.
///
/// The expansion in powers of 1 / degrees about the normal quantile: Abramowitz and Stegun 1964, "Handbook of Mathematical
/// Functions", 26.7.5.
pub(super) fn t_quantile(chance: f64, degrees: f64) -> f64 {
    let z = normal_quantile(chance);
    let terms = [
        z * (z.powi(2) + 1.0) / 4.0,
        z * (5.0 * z.powi(4) + 16.0 * z.powi(2) + 3.0) / 96.0,
        z * (3.0 * z.powi(6) + 19.0 * z.powi(4) + 17.0 * z.powi(2) - 15.0) / 384.0,
        z * (79.0 * z.powi(8) + 776.0 * z.powi(6) + 1482.0 * z.powi(4)
            - 1920.0 * z.powi(2)
            - 945.0)
            / 92_160.0,
    ];
    terms.iter().rev().fold(0.0, |sum, term| (sum + term) / degrees) + z
}

/// The quantile of the normal distribution, to seven digits, for a chance above 0 and below 1.
///
/// Wichura 1988, "Algorithm AS 241: The Percentage Points of the Normal Distribution", Applied Statistics 37, PPND7.
pub(super) fn normal_quantile(chance: f64) -> f64 {
    let ratio = |x: f64, above: &[f64], below: &[f64]| {
        let polynomial = |terms: &[f64]| terms.iter().rev().fold(0.0, |sum, term| sum * x + term);
        polynomial(above) / polynomial(below)
    };
    let from_middle = chance - 0.5;
    if from_middle.abs() <= 0.425 {
        let x = 0.180_625 - from_middle * from_middle;
        return from_middle
            * ratio(
                x,
                &[3.387_132_717_9, 50.434_271_938, 159.291_132_02, 59.109_374_720],
                &[1.0, 17.895_169_469, 78.757_757_664, 67.187_563_600],
            );
    }
    let tail = (-chance.min(1.0 - chance).ln()).sqrt();
    let size = if tail <= 5.0 {
        ratio(
            tail - 1.6,
            &[1.423_437_277_7, 2.756_815_390_0, 1.306_728_481_6, 0.170_238_211_03],
            &[1.0, 0.737_001_642_50, 0.120_211_329_75],
        )
    } else {
        ratio(
            tail - 5.0,
            &[6.657_905_115_0, 3.081_226_386_0, 0.428_682_943_37, 0.017_337_203_997],
            &[1.0, 0.241_978_942_25, 0.012_258_202_635],
        )
    };
    size.copysign(from_middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clusters(values: &[(f64, usize)]) -> Vec<Cluster> {
        values.iter().map(|&(sum, turns)| Cluster { sum, turns }).collect()
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (chance, z) in [
            (0.5, 0.0),
            (0.8, 0.841_621_23),
            (0.95, 1.644_853_63),
            (0.975, 1.959_963_98),
            (0.001, -3.090_232_31),
        ] {
            assert!(
                (normal_quantile(chance) - z).abs() < 1e-6,
                "{chance}: {}",
                normal_quantile(chance)
            );
        }
        assert!((normal_quantile(1e-12) + 7.034_483_82).abs() < 1e-5);
        for (degrees, t) in
            [(4.0, 2.131_847), (11.0, 1.795_885), (23.0, 1.713_872), (39.0, 1.684_875)]
        {
            assert!(
                (t_quantile(0.95, degrees) - t).abs() < 0.005,
                "{degrees}: {}",
                t_quantile(0.95, degrees)
            );
        }
        assert!((t_quantile(0.8, 11.0) - 0.875_530).abs() < 1e-4);
    }

    #[test]
    fn single_turns_have_the_usual_standard_error() {
        // The sample's standard deviation is 1, over the square root of 3.
        let error = standard_error(&clusters(&[(-1.0, 1), (0.0, 1), (1.0, 1)])).unwrap();
        assert!((error - 1.0 / 3f64.sqrt()).abs() < 1e-12, "{error}");
        assert_eq!(standard_error(&clusters(&[(1.0, 5)])), None);
    }

    #[test]
    fn turns_that_repeat_each_other_add_nothing() {
        let once = standard_error(&clusters(&[(-1.0, 1), (0.5, 1), (1.0, 1)])).unwrap();
        let tenfold = standard_error(&clusters(&[(-10.0, 10), (5.0, 10), (10.0, 10)])).unwrap();
        assert!((once - tenfold).abs() < 1e-12);
    }

    #[test]
    fn the_needed_duel_finds_the_edge_and_a_smaller_one_does_not() {
        let present = clusters(&(0..12).map(|i| (f64::from(i % 5) - 2.0, 8)).collect::<Vec<_>>());
        let needed_duel = needed(&present, 0.06, 0.05).unwrap();
        assert_eq!(needed_duel.turns, 8 * needed_duel.instances);
        let finds = |instances: usize| {
            let error = standard_error(&present).unwrap() * (12.0 / instances as f64).sqrt();
            detectable(error, instances, 0.05).unwrap()
        };
        assert!(finds(needed_duel.instances) <= 0.06 && finds(needed_duel.instances - 1) > 0.06);
        assert_eq!(needed(&present, 0.0, 0.05), None);
        assert_eq!(needed(&present[..1], 0.1, 0.05), None);
    }
}
