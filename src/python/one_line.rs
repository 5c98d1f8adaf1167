//! Expressions on one line, as people write short ones.
//!
//! Invariant: what comes out has the tokens of what went in, but for comments and commas that end a list over several lines.

use ruff_python_ast::token::TokenKind;

use super::syntax::tokens;

/// Writes an expression without line breaks and comments. One on a single line, or with a text over several lines, stays as it is.
pub(super) fn on_one_line(text: &str) -> String {
    if !text.contains('\n') {
        return text.to_owned();
    }
    let mut out = String::new();
    // For each open bracket, whether a comma before its end means nothing: that of a tuple makes one item a tuple.
    let mut open: Vec<bool> = Vec::new();
    let (mut previous, mut end, mut is_broken) = (TokenKind::Newline, 0, false);
    for (kind, span) in tokens(text) {
        let token = text.get(span.clone()).unwrap_or_default();
        match kind {
            TokenKind::NonLogicalNewline | TokenKind::Comment => {
                is_broken = true;
                end = span.end;
                continue;
            }
            TokenKind::Newline | TokenKind::EndOfFile => break,
            _ if token.contains('\n') => return text.to_owned(),
            _ => {}
        }
        let is_opening =
            |kind| matches!(kind, TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace);
        let is_closing = matches!(kind, TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace);
        let is_called = matches!(previous, TokenKind::Name | TokenKind::Rpar | TokenKind::Rsqb);
        if is_opening(kind) {
            // `f(1,)`, `[1,]`, but not `(1,)` and `a[1,]`.
            open.push(if kind == TokenKind::Lpar { is_called } else { !is_called });
        }
        if is_closing && open.pop() == Some(true) && is_broken && previous == TokenKind::Comma {
            out.truncate(out.trim_end_matches([' ', ',']).len());
        } else if !is_broken {
            let gap = text.get(end..span.start).unwrap_or_default();
            // A backslash at the end of a line joins it to the next.
            out.push_str(if gap.contains('\n') { " " } else { gap });
        } else if !is_closing && !is_opening(previous) {
            out.push(' ');
        }
        out.push_str(token);
        (previous, end, is_broken) = (kind, span.end, false);
    }
    if out.is_empty() { text.to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_over_several_lines_become_one() {
        for (text, expected) in [
            ("f(1,  2)", "f(1,  2)"),
            ("f(\n    1,\n    2,\n)", "f(1, 2)"),
            ("G.add([\n  (0, 1),  # first\n  (2,\n  3),\n])", "G.add([(0, 1), (2, 3)])"),
            ("(\n    1,\n)", "(1,)"),
            ("a[\n 1,\n]", "a[1,]"),
            ("{\n    'a': [\n        1\n    ],\n}", "{'a': [1]}"),
            ("f(a\n  .b)", "f(a .b)"),
            ("a + \\\n  b", "a + b"),
            ("f('''a\nb''')", "f('''a\nb''')"),
            ("f(\n", "f(\n"),
        ] {
            assert_eq!(on_one_line(text), expected);
        }
    }
}
