//! One change of a program's text.
//!
//! Invariant: it replaces one span; whether the result parses is for the caller to see.

use std::ops::Range;

/// One change of the text.
pub(super) struct Edit {
    /// The kind of edit, in snake case.
    pub operator: &'static str,
    pub span: Range<usize>,
    pub replacement: String,
}
