//! Prints messages for the user on stderr.
//!
//! Invariant: that nobody reads it ends no run, and no character of a dataset moves a terminal's cursor.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use super::is_misleading;

/// Whether only warnings, errors and what to do about them are printed.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Prints a line on stderr, as `eprintln!` does.
macro_rules! tell {
    ($($text:tt)*) => {
        $crate::report::stderr::tell_text(&format!($($text)*))
    };
}

/// Prints a line on stderr about work that went well: a table, or where the results are. A quiet command leaves it out.
macro_rules! inform {
    ($($text:tt)*) => {
        if !$crate::report::stderr::is_quiet() {
            $crate::report::stderr::tell!($($text)*);
        }
    };
}

pub(crate) use {inform, tell};

/// Leaves out what a quiet command leaves out, from now on.
pub fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// Whether this process was told to be quiet.
pub fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Prints a text and a newline; a closed stderr is not a failure.
pub fn tell_text(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", shown(text));
}

/// A text with its misleading characters escaped, except for newlines and tabs.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match is_misleading(c) && !['\n', '\t'].contains(&c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_steer_a_terminal_is_shown() {
        assert_eq!(shown("a\u{1b}[2Jb\u{202e}\r\n\té"), "a\\u{1b}[2Jb\\u{202e}\\u{d}\n\té");
    }
}
