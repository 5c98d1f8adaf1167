//! Tells the user something on stderr.
//!
//! Invariant: that nobody reads it ends no run, and no character of a dataset moves a terminal's cursor.

use std::io::Write;

/// Prints a line on stderr, as `eprintln!` does.
macro_rules! tell {
    ($($text:tt)*) => {
        $crate::flow::stderr::tell_text(&format!($($text)*))
    };
}

pub(crate) use tell;

/// Prints a text and a newline; that nobody reads is no failure.
pub fn tell_text(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", shown(text));
}

/// Whether a character is not seen itself and changes how others are: control characters, and marks that turn the reading
/// direction, which could make code look like other code.
pub fn is_misleading(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text with its misleading characters escaped, but for newlines and tabs.
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
