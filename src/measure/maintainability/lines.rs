//! Lines of source, logical lines and comments: radon's `raw.analyze`.
//!
//! Invariant: every token belongs to one logical line, and an f-string is one token, as in Python 3.11's `tokenize`.

use ruff_python_ast::token::TokenKind;

use crate::python::tokens::tokens;

/// The parts of radon's `raw.Module` that the index needs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    pub logical: u64,
    source: u64,
    comments: u64,
    /// Lines of standalone multi-line strings.
    multi: u64,
}

impl Lines {
    /// radon's `metrics.mi_parameters`.
    pub(super) fn comment_percent(&self) -> f64 {
        if self.source == 0 {
            0.0
        } else {
            (self.comments + self.multi) as f64 / self.source as f64 * 100.0
        }
    }

    /// One pass of the loop in `analyze`: a line with all that its brackets and texts carry over to the next ones.
    fn add(&mut self, text: &str, tokens: &[TokenKind]) {
        self.comments += tokens.iter().filter(|&&token| token == TokenKind::Comment).count() as u64;
        let written =
            text.split(['\n', '\r']).filter(|line| !line.trim().is_empty()).count() as u64;
        match tokens {
            [TokenKind::Comment] => {}
            [TokenKind::String] if text.trim().contains(['\n', '\r']) => self.multi += written,
            [TokenKind::String] => {}
            _ => self.source += written,
        }
        self.logical += logical(tokens);
    }
}

/// Counts the lines of a program that parses.
pub(super) fn count(source: &str) -> Lines {
    let mut lines = Lines::default();
    let mut line: Vec<TokenKind> = Vec::new();
    let (mut start, mut depth) = (0, 0u32);
    for (kind, range) in tokens(source) {
        let ends = match kind {
            TokenKind::FStringStart | TokenKind::TStringStart => {
                if depth == 0 {
                    line.push(TokenKind::String);
                }
                depth += 1;
                false
            }
            TokenKind::FStringEnd | TokenKind::TStringEnd => {
                depth = depth.saturating_sub(1);
                false
            }
            _ if depth > 0 => false,
            TokenKind::Indent | TokenKind::Dedent => false,
            TokenKind::NonLogicalNewline => line.iter().all(|&token| token == TokenKind::Comment),
            TokenKind::Newline => true,
            _ => {
                line.push(kind);
                false
            }
        };
        if ends {
            lines.add(source.get(start..range.end).unwrap_or_default(), &line);
            line.clear();
            start = range.end;
        }
    }
    // A comment at the end of a text that has no last line end.
    lines.add(source.get(start..).unwrap_or_default(), &line);
    lines
}

/// radon's `raw._logical`: a colon with something behind it makes two logical lines of one.
fn logical(tokens: &[TokenKind]) -> u64 {
    let code: Vec<TokenKind> =
        tokens.iter().copied().filter(|&token| token != TokenKind::Comment).collect();
    let parts: Vec<&[TokenKind]> = code.split(|&token| token == TokenKind::Semi).collect();
    let last = parts.len().saturating_sub(1);
    let count = |(i, part): (usize, &&[TokenKind])| match part
        .iter()
        .rev()
        .position(|&t| t == TokenKind::Colon)
    {
        // radon takes the token before a semicolon for the end marker that only the last part has.
        Some(behind) => 2 - u64::from(behind == usize::from(i < last)),
        None => u64::from(!part.is_empty()),
    };
    parts.iter().enumerate().map(count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logical_lines(source: &str) -> u64 {
        count(source).logical
    }

    #[test]
    fn a_body_behind_a_colon_is_a_line_of_its_own() {
        assert_eq!(logical_lines("if a:\n    b()\n"), 2);
        assert_eq!(logical_lines("if a: b()\n"), 2);
        assert_eq!(logical_lines("x = {1: 2}\n"), 2);
        assert_eq!(logical_lines("x = f'{a:>3}'\n"), 1);
        assert_eq!(logical_lines("# only a comment\n\n"), 0);
    }

    #[test]
    fn semicolons_separate_lines() {
        assert_eq!(logical_lines("a = 1; b = 2;\n"), 2);
        assert_eq!(logical_lines("if a: b; c\n"), 2);
        assert_eq!(logical_lines("if a: b(); c\n"), 3);
    }

    #[test]
    fn texts_that_stand_alone_are_comments_when_they_span_lines() {
        let source = "def f():\n    \"\"\"One.\n\n    Two.\n    \"\"\"\n    'single'\n    # why\n    return (1,  # this\n\n        2)\n";
        assert_eq!(count(source), Lines { logical: 4, source: 3, comments: 2, multi: 3 });
    }

    #[test]
    fn a_last_line_needs_no_end() {
        assert_eq!(count("x = 1  # a"), Lines { logical: 1, source: 1, comments: 1, multi: 0 });
        assert_eq!(count("x = 1\n# a"), Lines { logical: 1, source: 1, comments: 1, multi: 0 });
    }
}
