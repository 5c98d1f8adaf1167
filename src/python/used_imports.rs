//! Leaves out of a program's imports the names that nothing uses.
//!
//! Invariant: an import is only made shorter, never removed as a whole, since importing may do something; a name counts as used
//! wherever it stands as a name or in a text that is not a docstring.

use std::collections::HashSet;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Alias, Stmt};

use super::syntax::{self, span_of, with_replacements};

/// Columns of a line of imports.
const WIDTH: usize = 88;

/// The program with the names of its `from … import …` lines that it uses.
pub fn with_used_imports(program: &str) -> String {
    let Ok(module) = syntax::module(program) else { return program.to_owned() };
    let imports: Vec<&Stmt> = module
        .body
        .iter()
        .filter(|stmt| matches!(stmt, Stmt::ImportFrom(import) if import.names.len() > 1))
        .collect();
    if imports.is_empty() {
        return program.to_owned();
    }
    let used = words(program, &imports);
    let mut shorter = Vec::new();
    for stmt in imports {
        let Stmt::ImportFrom(import) = stmt else { continue };
        let local = |alias: &Alias| alias.asname.as_ref().unwrap_or(&alias.name).to_string();
        let kept: Vec<&Alias> =
            import.names.iter().filter(|alias| used.contains(&local(alias))).collect();
        let is_future = import.module.as_deref() == Some("__future__");
        if is_future || kept.is_empty() || kept.len() == import.names.len() {
            continue;
        }
        let names: Vec<&str> = kept.iter().map(|alias| &program[span_of(*alias)]).collect();
        let dots = ".".repeat(import.level as usize);
        let from = format!("from {dots}{} import ", import.module.as_deref().unwrap_or_default());
        let line = format!("{from}{}", names.join(", "));
        let text = if line.chars().count() <= WIDTH {
            line
        } else {
            let names: String = names.iter().map(|name| format!("    {name},\n")).collect();
            format!("{from}(\n{names})")
        };
        shorter.push((span_of(stmt), text));
    }
    with_replacements(program, shorter)
}

/// The words of a program outside of its imports, comments and docstrings.
fn words(program: &str, imports: &[&Stmt]) -> HashSet<String> {
    let spans: Vec<_> = imports.iter().map(|stmt| span_of(*stmt)).collect();
    let mut found = HashSet::new();
    let mut previous = TokenKind::Newline;
    for (kind, range) in syntax::tokens(program) {
        let next = spans.partition_point(|span| span.end <= range.start);
        if spans.get(next).is_some_and(|span| span.start <= range.start) {
            previous = kind;
            continue;
        }
        let text = program.get(range).unwrap_or_default();
        let is_docstring = matches!(
            previous,
            TokenKind::Newline
                | TokenKind::Indent
                | TokenKind::Dedent
                | TokenKind::NonLogicalNewline
        );
        match kind {
            TokenKind::Name => _ = found.insert(text.to_owned()),
            TokenKind::String | TokenKind::FStringMiddle if !is_docstring => {
                let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
                found.extend(words.map(str::to_owned));
            }
            _ => {}
        }
        if kind != TokenKind::Comment {
            previous = kind;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_nothing_uses_are_left_out() {
        let program = "from itertools import (\n    chain,  # one\n    count as c,\n    islice,\n)\nfrom math import a, b\nfrom os import path\n\ndef f(x: 'chain'):\n    '''Uses islice.'''\n    return c(x)\n";
        let expected = "from itertools import chain, count as c\nfrom math import a, b\nfrom os import path\n\ndef f(x: 'chain'):\n    '''Uses islice.'''\n    return c(x)\n";
        assert_eq!(with_used_imports(program), expected);
        let whole = "from __future__ import annotations, division\nfrom m import *\nx = 1\n";
        assert_eq!(with_used_imports(whole), whole);
    }
}
