//! Tells the user something on stderr.
//!
//! Invariant: that nobody reads it ends no run.

/// Prints a line on stderr, as `eprintln!` does, but for its panic where nobody reads.
macro_rules! tell {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}

pub(crate) use tell;
