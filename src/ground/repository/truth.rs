//! What the code tells of something that a text states.
//!
//! Invariant: what is unknown counts neither for a text nor against it.

/// What is known of a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    Holds,
    Not,
    /// The code alone does not tell.
    Unknown,
}

impl Truth {
    pub fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Not }
    }
}
