//! How long k-centre greedy takes on 100,000 vectors of 384 dimensions, as `tgsand optimize --tech sel` runs it on embeddings.
//!
//! `cargo bench --bench k_centre`; with numbers as arguments, it chooses as many vectors instead of 100 and 1000. All threads.

use std::time::Instant;

use tgsand::measure::k_centre::k_centre;

const VECTORS: usize = 100_000;
const DIMENSIONS: usize = 384;
/// Vectors lie around as many directions, as texts do around subjects.
const SUBJECTS: usize = 1000;

/// Numbers from -1 to 1 (Steele et al. 2014, SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    fn vector(&mut self) -> Vec<f32> {
        (0..DIMENSIONS).map(|_| self.next()).collect()
    }
}

fn unit(vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.into_iter().map(|x| x / length).collect()
}

fn main() {
    let mut numbers = Numbers(1);
    let subjects: Vec<Vec<f32>> = (0..SUBJECTS).map(|_| numbers.vector()).collect();
    let near = |subject: &Vec<f32>, numbers: &mut Numbers| {
        unit(subject.iter().zip(numbers.vector()).map(|(a, b)| a + b / 2.0).collect())
    };
    let points: Vec<Vec<f32>> =
        (0..VECTORS).map(|at| near(&subjects[at % SUBJECTS], &mut numbers)).collect();
    let given: Vec<usize> =
        std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    println!("{VECTORS} vectors of {DIMENSIONS} dimensions");
    for count in if given.is_empty() { vec![100, 1000] } else { given } {
        let start = Instant::now();
        let chosen = k_centre(&points, count, f64::NEG_INFINITY);
        let seconds = start.elapsed().as_secs_f64();
        let last = chosen.last().map_or(0.0, |(_, distance)| *distance);
        println!("{count:>6} chosen {seconds:>8.1} s, the last at distance {last:.3}");
    }
}
