//! Prints messages for the user on stderr.
//!
//! Invariant: that nobody reads it ends no run, and no character of a dataset moves a terminal's cursor.

use std::io::Write;

use super::is_misleading;

/// Prints a line on stderr, as `eprintln!` does.
macro_rules! tell {
    ($($text:tt)*) => {
        $crate::report::stderr::tell_text(&format!($($text)*))
    };
}

pub(crate) use tell;

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
