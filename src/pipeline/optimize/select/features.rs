//! A program as a point: how often each pair of neighbouring tokens occurs, hashed to a fixed number of dimensions.
//!
//! Invariant: layout, comments and names do not count; the point has length 1, so that long programs are not far from all others.

use crate::python::tokens::anonymous_tokens;

/// Dimensions of a point (Weinberger et al. 2009: pairs that share one blur, and signs keep them unbiased).
const DIMENSIONS: usize = 128;

/// The point of a program; one that does not parse is at the origin.
pub(in crate::pipeline::optimize) fn of(program: &str) -> Vec<f32> {
    let mut point = vec![0.0_f32; DIMENSIONS];
    for pair in anonymous_tokens(program).windows(2) {
        let hash = blake3::hash(pair.join("\0").as_bytes());
        let bytes = hash.as_bytes();
        let sign = if bytes[0] & 1 == 0 { 1.0 } else { -1.0 };
        point[usize::from(bytes[1]) % DIMENSIONS] += sign;
    }
    let length = point.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 0.0 {
        point.iter_mut().for_each(|x| *x /= length);
    }
    point
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_differ_in_names_are_one_point() {
        let one = of("def f(a):\n    return a + 1\n");
        assert_eq!(one, of("def g(b):\n\n  return b+1  # more\n"));
        assert_ne!(one, of("def f(a):\n    return a - 1\n"));
        assert!((one.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-6);
        assert_eq!(of("def f(:\n"), vec![0.0; DIMENSIONS]);
    }
}
