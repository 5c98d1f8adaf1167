//! Logistic regression with a weak prior, on outcomes from 0 to 1.
//!
//! Invariant: there is exactly one answer, for any rows with finite numbers: the prior makes the likelihood strictly concave.
//!
//! Maximises sum of w * (y * ln p + (1 - y) * ln(1 - p)) - PRIOR / 2 * |b|^2 with p = 1 / (1 + exp(-x * b)), by Newton's method with
//! halved steps. McCullagh and Nelder 1989, "Generalized Linear Models", chapter 4; a draw is an outcome of 1/2 (quasi-likelihood).

/// A normal prior with a standard deviation of 10: it keeps estimates finite if one side wins everything, and else hardly matters.
pub const PRIOR: f64 = 0.01;
const STEPS: usize = 100;
const ENOUGH: f64 = 1e-10;

/// One observation, or `weight` equal ones.
pub struct Row {
    pub features: Vec<f64>,
    pub outcome: f64,
    pub weight: f64,
}

pub fn chance(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

/// The coefficients; every row has `count` features.
pub fn fit(rows: &[Row], count: usize) -> Vec<f64> {
    let mut coefficients = vec![0.0; count];
    let mut value = objective(rows, &coefficients);
    for _ in 0..STEPS {
        let mut step = newton_step(rows, &coefficients);
        let improved = (0..30).find_map(|_| {
            let next: Vec<f64> =
                coefficients.iter().zip(&step).map(|(old, step)| old + step).collect();
            let reached = objective(rows, &next);
            step.iter_mut().for_each(|step| *step /= 2.0);
            (reached >= value).then_some((next, reached))
        });
        let Some((next, reached)) = improved else { break };
        let moved =
            next.iter().zip(&coefficients).map(|(new, old)| (new - old).abs()).fold(0.0, f64::max);
        (coefficients, value) = (next, reached);
        if moved < ENOUGH {
            break;
        }
    }
    coefficients
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn objective(rows: &[Row], coefficients: &[f64]) -> f64 {
    let log_likelihood = rows.iter().map(|row| {
        let score = dot(&row.features, coefficients);
        // ln p = -ln(1 + exp(-score)), without overflow.
        let log_one_plus_exp = score.max(0.0) + (-score.abs()).exp().ln_1p();
        row.weight * (row.outcome * score - log_one_plus_exp)
    });
    log_likelihood.sum::<f64>() - PRIOR / 2.0 * dot(coefficients, coefficients)
}

/// The step to the maximum of the quadratic that touches the objective here.
fn newton_step(rows: &[Row], coefficients: &[f64]) -> Vec<f64> {
    let mut gradient: Vec<f64> =
        coefficients.iter().map(|coefficient| -PRIOR * coefficient).collect();
    let mut curvature = vec![vec![0.0; coefficients.len()]; coefficients.len()];
    for (i, line) in curvature.iter_mut().enumerate() {
        line.iter_mut().skip(i).take(1).for_each(|diagonal| *diagonal = PRIOR);
    }
    for row in rows {
        let p = chance(dot(&row.features, coefficients));
        for ((slope, line), own) in gradient.iter_mut().zip(&mut curvature).zip(&row.features) {
            *slope += row.weight * (row.outcome - p) * own;
            for (cell, other) in line.iter_mut().zip(&row.features) {
                *cell += row.weight * p * (1.0 - p) * own * other;
            }
        }
    }
    solve(curvature, gradient)
}

/// Solves a system with a positive definite matrix, which needs no pivoting.
fn solve(mut matrix: Vec<Vec<f64>>, mut values: Vec<f64>) -> Vec<f64> {
    let count = values.len();
    for i in 0..count {
        let (done, rest) = matrix.split_at_mut(i + 1);
        let (pivot, pivot_value) = (&done[i], values[i]);
        for (line, value) in rest.iter_mut().zip(&mut values[i + 1..]) {
            let factor = line[i] / pivot[i];
            line.iter_mut().zip(pivot).for_each(|(cell, above)| *cell -= factor * above);
            *value -= factor * pivot_value;
        }
    }
    for i in (0..count).rev() {
        let known: f64 = (i + 1..count).map(|j| matrix[i][j] * values[j]).sum();
        values[i] = (values[i] - known) / matrix[i][i];
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_is_the_logit_of_the_share() {
        let rows = [(1.0, 750.0), (0.0, 250.0)].map(|(outcome, weight)| Row {
            features: vec![1.0],
            outcome,
            weight,
        });
        let found = fit(&rows, 1)[0];
        assert!((found - 3f64.ln()).abs() < 1e-4, "{found}");
    }

    #[test]
    fn the_gradient_vanishes_at_the_answer() {
        let rows: Vec<Row> = (0..40)
            .map(|i| Row {
                features: vec![1.0, f64::from(i % 7) - 3.0, f64::from(i % 3)],
                outcome: f64::from(i % 5) / 4.0,
                weight: 1.0 + f64::from(i % 2),
            })
            .collect();
        let found = fit(&rows, 3);
        for i in 0..3 {
            let slope: f64 = rows
                .iter()
                .map(|row| {
                    row.weight
                        * (row.outcome - chance(dot(&row.features, &found)))
                        * row.features[i]
                })
                .sum();
            assert!((slope - PRIOR * found[i]).abs() < 1e-7, "{i}: {slope}");
        }
    }

    #[test]
    fn what_is_always_won_has_a_finite_answer() {
        let rows = [Row { features: vec![1.0, 1e3], outcome: 1.0, weight: 1e6 }];
        assert!(fit(&rows, 2).iter().all(|coefficient| coefficient.is_finite()));
        assert_eq!(fit(&[], 2), [0.0, 0.0]);
    }

    #[test]
    fn a_system_of_three_is_solved() {
        let matrix = vec![vec![4.0, 1.0, 0.0], vec![1.0, 3.0, 1.0], vec![0.0, 1.0, 2.0]];
        let found = solve(matrix, vec![6.0, 10.0, 8.0]);
        assert!(
            found.iter().zip([1.0, 2.0, 3.0]).all(|(found, wanted)| (found - wanted).abs() < 1e-12),
            "{found:?}"
        );
    }
}
