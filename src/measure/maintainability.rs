//! The maintainability index of a program, as radon 6.0.1 computes it on CPython 3.11.
//!
//! Invariant: the numbers equal radon's, its oddities included, so that they compare with those of published studies.
//! Known exception: radon also ends a line at form feeds and Unicode separators, where Python's own lines do not end.

mod complexity;
mod halstead;
mod lines;

use serde::Serialize;

use crate::python::{Module, SyntaxError};

/// What the index is made of: radon's `metrics.mi_parameters` with `count_multi=True`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Maintainability {
    /// Halstead's volume in bits.
    pub volume: f64,
    /// Cyclomatic complexity of the whole program.
    pub complexity: u64,
    pub logical_lines: u64,
    /// Lines of comments and of standalone multi-line strings, per 100 lines of source; may exceed
    /// 100.
    pub comment_percent: f64,
}

impl Maintainability {
    /// Measures a program; fails if it does not parse.
    pub fn of(source: &str) -> Result<Self, SyntaxError> {
        let module = Module::parse(source)?;
        let lines = lines::count(source);
        Ok(Self {
            volume: halstead::volume(module.body()),
            complexity: complexity::total(module.body()),
            logical_lines: lines.logical,
            comment_percent: lines.comment_percent(),
        })
    }

    /// The index, from 0 to 100; an empty program has 100. radon's `metrics.mi_compute`.
    pub fn index(&self) -> f64 {
        if self.volume <= 0.0 || self.logical_lines == 0 {
            return 100.0;
        }
        let raw = 171.0
            - 5.2 * self.volume.ln()
            - 0.23 * self.complexity as f64
            - 16.2 * (self.logical_lines as f64).ln()
            + 50.0 * (2.46 * self.comment_percent.to_radians()).sqrt().sin();
        (raw * 100.0 / 171.0).clamp(0.0, 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_function_is_measured_by_hand() {
        // Operators: one kind, once. Operands: `a` and `b` of `f`. Volume: 3 * log2(3).
        let found = Maintainability::of("def f(a, b):\n    # sum\n    return a + b\n").unwrap();
        assert!((found.volume - 3.0 * 3f64.log2()).abs() < 1e-12, "{found:?}");
        assert_eq!((found.complexity, found.logical_lines, found.comment_percent), (1, 2, 50.0));
    }

    #[test]
    fn programs_without_operators_have_a_full_score() {
        for source in ["", "# nothing\n", "def f():\n    pass\n"] {
            assert_eq!(Maintainability::of(source).unwrap().index(), 100.0, "{source:?}");
        }
    }

    #[test]
    fn what_does_not_parse_has_no_index() {
        assert!(Maintainability::of("def f(:\n").is_err());
    }
}
