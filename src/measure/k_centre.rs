//! K-centre greedy: a few points such that no other is far from all of them.
//!
//! The next centre is always the point that is farthest from the centres there are (Gonzalez 1985, at most twice the best radius).
//! Invariant: among equals the first point is taken, whatever the number of threads.

use rayon::prelude::*;

/// Points for which threads are worth their start.
const MANY: usize = 4096;
/// Dimensions that are added at a time.
const LANES: usize = 8;
/// Dimensions after which a distance is looked at.
const BLOCK: usize = 8 * LANES;

/// Chooses at most `count` of some points of equal dimension, in the order of choice, each with its Euclidean distance to those
/// chosen before; the first one has the distance of the farthest other point. It ends once all others are nearer than `least`, or are the
/// same as a chosen point.
pub fn k_centre(points: &[Vec<f32>], count: usize, least: f64) -> Vec<(usize, f64)> {
    k_centre_while(points, count, least, || true)
}

/// The same for as long as `goes_on` says so.
pub fn k_centre_while(
    points: &[Vec<f32>],
    count: usize,
    least: f64,
    goes_on: impl Fn() -> bool,
) -> Vec<(usize, f64)> {
    let mut chosen: Vec<(usize, f64)> = Vec::new();
    if points.is_empty() || count == 0 {
        return chosen;
    }
    let mut nearest = vec![f32::INFINITY; points.len()];
    let mut next = 0;
    loop {
        chosen.push((next, f64::from(nearest[next]).sqrt()));
        let centre = &points[next];
        let update = |(point, nearest): (&Vec<f32>, &mut f32)| {
            *nearest = squared_distance(point, centre, *nearest);
        };
        match points.len() < MANY {
            true => points.iter().zip(&mut nearest).for_each(update),
            false => points.par_iter().zip(&mut nearest).for_each(update),
        }
        let mut farthest = (0, 0.0_f32);
        for (at, &distance) in nearest.iter().enumerate() {
            if distance > farthest.1 {
                farthest = (at, distance);
            }
        }
        if chosen.len() == 1 {
            chosen[0].1 = f64::from(farthest.1).sqrt();
        }
        if !goes_on()
            || chosen.len() == count
            || farthest.1 == 0.0
            || f64::from(farthest.1).sqrt() < least
        {
            return chosen;
        }
        next = farthest.0;
    }
}

/// The square of a distance, or this limit if it is not below it.
fn squared_distance(one: &[f32], two: &[f32], limit: f32) -> f32 {
    // Lanes of their own, so that the compiler may add them at a time.
    let mut lanes = [0.0_f32; LANES];
    let mut rest = 0.0;
    for (one, two) in one.chunks(BLOCK).zip(two.chunks(BLOCK)) {
        let (ones, twos) = (one.chunks_exact(LANES), two.chunks_exact(LANES));
        let left = ones.remainder().iter().zip(twos.remainder());
        rest += left.map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
        for (one, two) in ones.zip(twos) {
            for ((lane, a), b) in lanes.iter_mut().zip(one).zip(two) {
                *lane += (a - b) * (a - b);
            }
        }
        // Sums only grow, also when they are rounded: most points are soon known to have a nearer centre.
        if lanes.iter().sum::<f32>() >= limit {
            return limit;
        }
    }
    (lanes.iter().sum::<f32>() + rest).min(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(places: &[f32]) -> Vec<Vec<f32>> {
        places.iter().map(|&place| vec![place]).collect()
    }

    #[test]
    fn the_farthest_point_comes_next() {
        let points = line(&[0.0, 1.0, 10.0, 5.0, 4.0]);
        let all = [(0, 10.0), (2, 10.0), (3, 5.0), (1, 1.0), (4, 1.0)];
        assert_eq!(k_centre(&points, 9, 0.0), all);
        assert_eq!(k_centre(&points, 2, 0.0), all[..2]);
        assert_eq!(k_centre(&points, 9, 2.0), all[..3]);
        assert_eq!(k_centre(&points, 0, 0.0), []);
        assert_eq!(k_centre(&[], 3, 0.0), []);
        assert_eq!(k_centre_while(&points, 9, 0.0, || false), all[..1]);
    }

    #[test]
    fn a_distance_is_given_as_far_as_it_is_below_the_limit() {
        let (one, two): (Vec<f32>, Vec<f32>) =
            (0..150).map(|at| (at as f32, if at % 2 == 0 { at as f32 } else { 0.0 })).unzip();
        let exact: f32 = (0..150).filter(|at| at % 2 == 1).map(|at| (at * at) as f32).sum();
        assert_eq!(squared_distance(&one, &two, f32::INFINITY), exact);
        assert_eq!(squared_distance(&one, &two, exact + 1.0), exact);
        for limit in [exact, exact - 1.0, 5.0, 0.0] {
            assert_eq!(squared_distance(&one, &two, limit), limit);
        }
    }

    #[test]
    fn equal_points_are_chosen_once() {
        assert_eq!(k_centre(&line(&[2.0, 2.0, 2.0]), 3, f64::NEG_INFINITY), [(0, 0.0)]);
    }

    #[test]
    fn many_points_are_chosen_as_few_are() {
        let points: Vec<Vec<f32>> = (0..MANY + 10)
            .map(|at| (0..19).map(|d| ((at * 37 + d * 101) % 997) as f32).collect())
            .collect();
        let chosen = k_centre(&points, 20, 0.0);
        for pair in chosen.windows(2) {
            assert!(pair[0].1 >= pair[1].1);
        }
        // By the definition, without sums of lanes.
        let (at, distance) = chosen[1];
        let far =
            |point: &[f32]| point.iter().zip(&points[0]).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
        assert_eq!(distance, f64::from(far(&points[at])).sqrt());
        assert!(points.iter().all(|point| far(point) <= far(&points[at])));
    }
}
