//! What readers see: text, tables and pages that steer neither a terminal nor a browser.
//!
//! Invariant: anything that a program or a dataset says is shown as text.

mod difference;
pub mod stderr;
mod table;

pub use difference::{difference, side_by_side};
pub use table::table;

/// The longest text that a row of a file keeps of a reply or a result, in characters.
const LONGEST: usize = 2000;

/// Whether a character is not seen itself and changes how others are: control characters, and marks that turn the reading
/// direction, which could make code look like other code.
pub fn is_misleading(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text of several lines without what would be misleading in it, and without space around it.
pub fn plain(text: &str) -> String {
    text.trim().chars().filter(|&c| c == '\n' || !is_misleading(c)).collect()
}

/// Whether a character is not seen: soft hyphens, blanks without width, marks of direction, selectors of variants, tags.
pub fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

/// Words an error with its causes: some libraries' own texts leave out what went wrong.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// A count with its noun: `1 problem`, `2 problems`.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// How a text begins: all of it, if a row of a file has room for it.
pub fn excerpt(text: &str) -> &str {
    text.char_indices().nth(LONGEST).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

/// A text of at most this many characters: a longer one without its middle.
pub fn shortened(text: &str, longest: usize) -> String {
    let length = text.chars().count();
    if length <= longest {
        return text.to_owned();
    }
    let half = longest.saturating_sub(3) / 2;
    let start: String = text.chars().take(half).collect();
    let end: String = text.chars().skip(length - half).collect();
    format!("{start} … {end}")
}

/// A title and a two-column table in Markdown.
pub fn markdown(title: &str, rows: &[(String, String)]) -> String {
    let rows = rows.iter().map(|(name, value)| [name.clone(), value.clone()]);
    format!("# {}\n\n{}", cell(title), markdown_table(["", ""], rows))
}

/// A table in Markdown.
pub fn markdown_table<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let row = |cells: [String; N]| {
        let cells = cells
            .map(|text| if text.is_empty() { " |".into() } else { format!(" {} |", cell(&text)) });
        format!("|{}\n", cells.concat())
    };
    let mut table = row(header.map(str::to_owned));
    table.push_str(&format!("|{}\n", "---|".repeat(N)));
    table.extend(rows.into_iter().map(row));
    table
}

/// The text of a cell: what could end it is escaped, and what a terminal would obey is made visible.
fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '|' => cell.extend(['\\', c]),
            '\n' | '\r' => cell.push(' '),
            c if is_misleading(c) => cell.extend(c.escape_unicode()),
            c => cell.push(c),
        }
    }
    cell
}

/// Text for use between tags or in an attribute; control characters, which a page may not contain,
/// become visible.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if is_misleading(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_ends_between_characters() {
        assert_eq!(excerpt("é"), "é");
        let long = "é".repeat(LONGEST);
        assert_eq!(excerpt(&long), long);
        assert_eq!(excerpt(&format!("{long}x")), long);
    }

    #[test]
    fn a_long_text_is_shortened_in_its_middle() {
        assert_eq!(shortened("ééééé", 5), "ééééé");
        assert_eq!(shortened("abcdefghijk", 9), "abc … ijk");
        assert_eq!(shortened("abc", 0), " … ");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(
            [0, 1, 2].map(|count| counted(count, "problem")),
            ["0 problems", "1 problem", "2 problems"]
        );
    }

    #[test]
    fn a_cell_cannot_break_out_of_its_table() {
        let text = markdown("a|b", &[("x\n| y".into(), "1\u{1b}[2J\\".into())]);
        assert_eq!(text, "# a\\|b\n\n| | |\n|---|---|\n| x \\| y | 1\\u{1b}[2J\\\\ |\n");
    }
}
