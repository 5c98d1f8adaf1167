//! White space as Python knows it: blanks for odd spaces, margins of another width, tabs.
//!
//! Invariant: nothing within a Python string changes.

use std::borrow::Cow;

use super::quoted;

/// Puts plain blanks for the spaces that Python does not know, and takes out those without a width.
pub(super) fn with_plain_spaces(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| is_wide(c) || is_invisible(c)) {
        return Cow::Borrowed(text);
    }
    let strings = quoted::strings(text);
    let plain = text.char_indices().filter_map(|(at, c)| {
        if quoted::is_within(&strings, at) {
            return Some(c);
        }
        (!is_invisible(c)).then(|| if is_wide(c) { ' ' } else { c })
    });
    Cow::Owned(plain.collect())
}

fn is_wide(c: char) -> bool {
    matches!(
        c,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Whether every line of some code occurs unchanged in one of these texts, except for its
/// indentation.
pub(super) fn stands_in(code: &str, texts: &[&str]) -> bool {
    let bare = |line: &str| line.trim_matches([' ', '\t']).to_owned();
    let known: std::collections::BTreeSet<String> =
        texts.iter().flat_map(|text| text.lines()).map(bare).collect();
    code.lines().all(|line| known.contains(&bare(line)))
}

/// Whether a line's margin has both tabs and blanks, or some lines' have tabs and others' blanks.
pub(super) fn mixes_tabs(text: &str) -> bool {
    let mut margins = text.lines().map(margin);
    margins.clone().any(|margin| margin.contains('\t'))
        && margins.any(|margin| margin.contains(' '))
}

/// Puts blanks for the tabs in margins.
pub(super) fn without_tabs(text: &str, width: usize) -> String {
    with_margins(text, |margin| {
        let mut spaced = String::new();
        for c in margin.chars() {
            let missing = if c == '\t' { width - spaced.len() % width } else { 1 };
            spaced.extend(std::iter::repeat_n(' ', missing));
        }
        spaced
    })
}

/// Puts a margin in place of the one that all lines have.
pub(super) fn with_margin(text: &str, indent: &str) -> String {
    let common = common_margin(text);
    with_margins(text, |margin| format!("{indent}{}", margin.get(common..).unwrap_or_default()))
}

/// The width of the margin that all lines have which are not blank and do not begin within a string.
pub(super) fn common_margin(text: &str) -> usize {
    let strings = quoted::strings(text);
    let mut at = 0;
    let margins = text.split_inclusive('\n').filter_map(|line| {
        let start = at;
        at += line.len();
        let counts = !line.trim().is_empty() && !quoted::is_within(&strings, start);
        counts.then(|| margin(line).len())
    });
    margins.min().unwrap_or(0)
}

/// Changes the margin of every line that is not blank and does not begin within a string.
fn with_margins(text: &str, change: impl Fn(&str) -> String) -> String {
    let strings = quoted::strings(text);
    let mut out = String::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let margin = margin(line);
        if quoted::is_within(&strings, at) {
            out.push_str(line);
        } else if line.trim().is_empty() {
            out.push('\n');
        } else {
            out.push_str(&change(margin));
            out.push_str(&line[margin.len()..]);
        }
        at += line.len();
    }
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

fn margin(line: &str) -> &str {
    let code = line.trim_start_matches([' ', '\t']);
    &line[..line.len() - code.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_spaces_become_blanks_outside_of_strings() {
        let text = "if\u{a0}x:\n\u{3000}\u{200b}y = '\u{a0}\u{200b}'\n";
        assert_eq!(with_plain_spaces(text), "if x:\n y = '\u{a0}\u{200b}'\n");
    }

    #[test]
    fn margins_change_outside_of_strings() {
        let text = "  x = '''\n  a\n'''\n\n    y\n";
        assert_eq!(with_margin(text, "\t"), "\tx = '''\n  a\n'''\n\n\t  y\n");
        assert_eq!(
            without_tabs("\tx\n  \ty = '''\n\t'''", 8),
            "        x\n        y = '''\n\t'''\n"
        );
    }
}
