//! `repo_summary.txt`: the README, and each file with its functions on a line each.
//!
//! Invariant: a line names a function as no other line of its file does, and never summarises it by a rule of dashes.

use crate::index::{FileId, Index};

/// The README.
pub(super) fn head(index: &Index) -> String {
    match &index.readme {
        Some(readme) => format!("# README\n\n{}\n\n", readme.text.trim_end()),
        None => String::new(),
    }
}

/// A file with its functions; empty for a file without any.
pub(super) fn section(index: &Index, file: FileId) -> String {
    let functions = index.symbols_of(file).filter(|(_, symbol)| symbol.kind.is_callable());
    let lines: Vec<String> = functions
        .map(|(_, symbol)| match symbol.docstring.as_deref().and_then(first_line) {
            Some(line) => format!("- {}: {line}\n", symbol.qualified_name),
            None => format!("- {}\n", symbol.qualified_name),
        })
        .collect();
    match lines.is_empty() {
        true => String::new(),
        false => format!("## {}\n{}\n", index.file(file).path, lines.concat()),
    }
}

/// The first line of a docstring that says something.
fn first_line(docstring: &str) -> Option<&str> {
    docstring.lines().map(str::trim).find(|line| line.chars().any(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_of_dashes_is_no_summary() {
        assert_eq!(first_line("---\ntitle\n---"), Some("title"));
        assert_eq!(first_line("Reads.\n\nMore."), Some("Reads."));
        assert_eq!(first_line("---"), None);
    }
}
