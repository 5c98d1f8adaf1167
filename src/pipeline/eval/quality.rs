//! What the code of answers is like: smells and maintainability.
//!
//! Invariant: the same code is measured once for a problem, and neither order nor values depend on the number of threads.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::measure::{Maintainability, Mean, smells};

/// What the code of a problem's samples is like; means over the samples.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Quality {
    pub smells: Option<f64>,
    pub smells_without_artefacts: Option<f64>,
    pub maintainability: Option<f64>,
}

impl Quality {
    /// Measures the code of each problem's samples, problems side by side.
    pub fn of_all(problems: &[Vec<String>]) -> Vec<Self> {
        problems.par_iter().map(|samples| Self::of(samples)).collect()
    }

    fn of_code(code: &str) -> Self {
        let smells = smells::scores(code);
        Self {
            smells: smells.compatible,
            smells_without_artefacts: smells.without_artefacts,
            maintainability: Maintainability::of(code).ok().map(|found| found.index()),
        }
    }

    fn of(samples: &[String]) -> Self {
        let mut known: BTreeMap<&str, Self> = BTreeMap::new();
        let found: Vec<Self> = samples
            .iter()
            .map(|code| *known.entry(code).or_insert_with(|| Self::of_code(code)))
            .collect();
        let mean = |value: fn(&Self) -> Option<f64>| Mean::of(found.iter().map(value)).value;
        Self {
            smells: mean(|found| found.smells),
            smells_without_artefacts: mean(|found| found.smells_without_artefacts),
            maintainability: mean(|found| found.maintainability),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_threads_measures_the_same() {
        let code = |number: usize, at: usize| {
            format!("def f{number}(x): return x + {at}\n").repeat(number % 7 + at)
        };
        let problems: Vec<Vec<String>> =
            (0..50).map(|number| (0..3).map(|at| code(number, at)).collect()).collect();
        let measured = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Quality::of_all(&problems))
        };
        let alone: Vec<Quality> = problems.iter().map(|samples| Quality::of(samples)).collect();
        assert_eq!(measured(1), alone);
        assert_eq!(measured(2), alone);
    }

    #[test]
    fn no_code_has_no_quality() {
        assert_eq!(Quality::of(&[]), Quality::default());
    }
}
