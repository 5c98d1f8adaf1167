//! Bounds the depth of the tree that a text would make, from its tokens alone.
//!
//! Invariant: an accepted text has balanced brackets, no lexical error, and no path in its tree (nor in any tree the
//! parser's error recovery makes of it) much longer than the depth that is allowed; parsing, walking and dropping it cannot overflow.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};

/// Levels of brackets, blocks and operator chains, all counted together.
pub(super) const MAX_DEPTH: usize = 200;
/// Bytes; no function that trains a model is longer, and the parser's offsets are 32-bit.
const MAX_LENGTH: usize = 16 << 20;

/// Why a text is rejected, and its 1-based line: exact unless a multi-line string precedes it,
/// since the lexer gives no offsets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub line: usize,
    pub reason: Reason,
}

/// What is wrong with the tokens of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    TooLong,
    TooDeep,
    /// A token that is none, or brackets that do not match; the parser can tell more, but its recovery may see other
    /// tokens than were counted here.
    BadToken,
}

impl Reason {
    /// The reason as a message.
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::TooLong => "longer than 16 MiB",
            Self::TooDeep => "nested too deeply",
            Self::BadToken => "an invalid token or unbalanced brackets",
        }
    }
}

/// What one bracket level adds to the depth of the tree.
#[derive(Default)]
struct Level {
    closer: Option<TokenKind>,
    /// Brackets and attributes since the last operand began.
    postfix: usize,
    /// Operators since the last comma.
    operators: usize,
    /// Keywords whose operand may itself contain commas, so that a comma ends nothing.
    sticky: usize,
}

impl Level {
    fn depth(&self) -> usize {
        self.postfix + self.operators + self.sticky
    }
}

/// Rejects a text with a tree that could be too deep for recursion.
pub(super) fn check(source: &str, max_depth: usize) -> Result<(), Fault> {
    if source.len() > MAX_LENGTH {
        return Err(Fault { line: 1, reason: Reason::TooLong });
    }
    check_margins(source, max_depth)?;
    let mut lexer = lexer::lex(source, Mode::Module);
    let mut outer: Vec<Level> = Vec::new();
    let mut outer_depth = 0;
    let mut level = Level::default();
    let mut blocks = 0usize;
    let mut line = 1;
    loop {
        let kind = lexer.next_token();
        let fault = move |reason| Err(Fault { line, reason });
        match kind {
            TokenKind::EndOfFile => break,
            TokenKind::Unknown => return fault(Reason::BadToken),
            TokenKind::Indent => blocks += 1,
            TokenKind::Dedent => blocks = blocks.saturating_sub(1),
            TokenKind::NonLogicalNewline => line += 1,
            TokenKind::Newline | TokenKind::Semi => {
                level = Level { closer: level.closer, ..Level::default() };
                line += usize::from(kind == TokenKind::Newline);
            }
            TokenKind::Comma => (level.postfix, level.operators) = (0, 0),
            TokenKind::Dot => level.postfix += 1,
            kind if closer(kind).is_some() => {
                level.postfix += 1;
                outer_depth += level.depth();
                outer.push(std::mem::replace(
                    &mut level,
                    Level { closer: closer(kind), ..Level::default() },
                ));
            }
            kind if is_closer(kind) => match outer.pop() {
                Some(enclosing) if level.closer == Some(kind) => {
                    outer_depth -= enclosing.depth();
                    level = enclosing;
                }
                _ => return fault(Reason::BadToken),
            },
            kind if is_sticky(kind) => level.sticky += 1,
            kind if nests(kind) => (level.postfix, level.operators) = (0, level.operators + 1),
            kind if kind.is_operator() || kind.is_non_soft_keyword() && !kind.is_singleton() => {
                level.postfix = 0;
            }
            _ => {}
        }
        if outer_depth + level.depth() + blocks > max_depth {
            return fault(Reason::TooDeep);
        }
    }
    if outer.is_empty() { Ok(()) } else { Err(Fault { line, reason: Reason::BadToken }) }
}

/// Bounds block nesting by the margins of the lines: after an error in brackets the parser may read as blocks what
/// the lexer alone takes for a continuation.
fn check_margins(source: &str, max_depth: usize) -> Result<(), Fault> {
    let mut margins: Vec<usize> = Vec::new();
    for (i, line) in source.split(['\n', '\r']).enumerate() {
        let mut width = 0;
        for byte in line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\x0c')) {
            width = if byte == b'\t' { (width / 8 + 1) * 8 } else { width + 1 };
        }
        if !line.trim().is_empty() {
            while margins.last().is_some_and(|&margin| margin >= width) {
                margins.pop();
            }
            margins.push(width);
            if margins.len() > max_depth {
                return Err(Fault { line: i + 1, reason: Reason::TooDeep });
            }
        }
    }
    Ok(())
}

fn closer(opener: TokenKind) -> Option<TokenKind> {
    Some(match opener {
        TokenKind::Lpar => TokenKind::Rpar,
        TokenKind::Lsqb => TokenKind::Rsqb,
        TokenKind::Lbrace => TokenKind::Rbrace,
        TokenKind::FStringStart => TokenKind::FStringEnd,
        TokenKind::TStringStart => TokenKind::TStringEnd,
        _ => return None,
    })
}

fn is_closer(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Rpar
            | TokenKind::Rsqb
            | TokenKind::Rbrace
            | TokenKind::FStringEnd
            | TokenKind::TStringEnd
    )
}

fn is_sticky(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Lambda | TokenKind::Yield | TokenKind::Async)
}

/// Whether the parser makes one more level for each such token in a row; `and`, `or`, commas and comparisons make none.
fn nests(kind: TokenKind) -> bool {
    kind.is_arithmetic()
        || kind.is_bitwise_or_shift()
        || matches!(
            kind,
            TokenKind::Not
                | TokenKind::Tilde
                | TokenKind::If
                | TokenKind::Else
                | TokenKind::Await
                | TokenKind::ColonEqual
                | TokenKind::For
                | TokenKind::While
                | TokenKind::With
                | TokenKind::As
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str) -> Result<(), Fault> {
        super::check(source, MAX_DEPTH)
    }

    #[test]
    fn the_limit_counts_brackets_and_chains_together() {
        let nested = |brackets: usize, operators: usize| {
            format!("{}{}1{}", "(".repeat(brackets), "1+".repeat(operators), ")".repeat(brackets))
        };
        assert_eq!(check(&nested(50, 50)), Ok(()));
        assert_eq!(check(&nested(50, 190)), Err(Fault { line: 1, reason: Reason::TooDeep }));
        assert_eq!(check(&nested(201, 0)), Err(Fault { line: 1, reason: Reason::TooDeep }));
    }

    #[test]
    fn brackets_must_match() {
        assert_eq!(check("y = 1\nx = (1]\n"), Err(Fault { line: 2, reason: Reason::BadToken }));
        assert_eq!(check("x = (1\n"), Err(Fault { line: 2, reason: Reason::BadToken }));
    }

    #[test]
    fn attribute_chains_of_different_operands_do_not_add_up() {
        assert_eq!(check(&format!("x = {}1", "a.b.c.d() and ".repeat(300))), Ok(()));
    }
}
