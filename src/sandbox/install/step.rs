//! The steps of an installation, as a user sees them go by.
//!
//! Invariant: the installation of one runtime takes every step once, in this order; only a CPython has snapshots, and only what comes as
//! sources is built.

/// A step of an installation, reported as it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Fetch,
    Unpack,
    Build,
    Compile,
    Snapshot,
    SecondSnapshot,
}

impl Step {
    /// How many steps there are.
    pub const COUNT: u64 = 6;

    /// Describes the step.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Fetch => "fetching the package",
            Self::Unpack => "checking and unpacking",
            Self::Build => "building it from its sources",
            Self::Compile => "compiling the interpreter",
            Self::Snapshot => "starting it and taking the snapshot",
            Self::SecondSnapshot => "taking the snapshot with other seeds",
        }
    }
}
