//! Whether statements leave the function or the turn of a loop, so that what stands after them is reached only if they do not.
//!
//! Invariant: `Always` is said only if no way leads past the statement; calls that never return are not known.

use ruff_python_ast::{ExceptHandler, Stmt};

/// How often a statement leaves what it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Never,
    Sometimes,
    Always,
}

/// The exit of statements that follow each other.
pub(super) fn of_body(body: &[Stmt]) -> Exit {
    sequence(body, false)
}

/// `is_inner`: whether the statements stand in a loop of their own, so that `break` and `continue` lead to what follows it.
fn sequence(body: &[Stmt], is_inner: bool) -> Exit {
    let exits: Vec<Exit> = body.iter().map(|stmt| of_stmt(stmt, is_inner)).collect();
    match exits {
        exits if exits.contains(&Exit::Always) => Exit::Always,
        exits if exits.contains(&Exit::Sometimes) => Exit::Sometimes,
        _ => Exit::Never,
    }
}

fn of_stmt(stmt: &Stmt, is_inner: bool) -> Exit {
    match stmt {
        Stmt::Return(_) | Stmt::Raise(_) => Exit::Always,
        Stmt::Break(_) | Stmt::Continue(_) if !is_inner => Exit::Always,
        Stmt::If(branch) => {
            let clauses = &branch.elif_else_clauses;
            let has_else = clauses.last().is_some_and(|clause| clause.test.is_none());
            let mut exits = vec![sequence(&branch.body, is_inner)];
            exits.extend(clauses.iter().map(|clause| sequence(&clause.body, is_inner)));
            exits.extend((!has_else).then_some(Exit::Never));
            one_of(&exits)
        }
        Stmt::For(each) => repeated(&each.body, &each.orelse, is_inner),
        Stmt::While(while_) => repeated(&while_.body, &while_.orelse, is_inner),
        Stmt::With(with) => sequence(&with.body, is_inner),
        Stmt::Match(choice) => {
            let mut exits: Vec<Exit> =
                choice.cases.iter().map(|case| sequence(&case.body, is_inner)).collect();
            exits.push(Exit::Never);
            one_of(&exits)
        }
        Stmt::Try(attempt) => {
            let mut body = sequence(&attempt.body, is_inner);
            if body != Exit::Always {
                body = body.and_then(sequence(&attempt.orelse, is_inner));
            }
            let mut exits = vec![body];
            for ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
                exits.push(sequence(&handler.body, is_inner));
            }
            one_of(&exits).and_then(sequence(&attempt.finalbody, is_inner))
        }
        _ => Exit::Never,
    }
}

fn repeated(body: &[Stmt], orelse: &[Stmt], is_inner: bool) -> Exit {
    // Nothing may be there to repeat it for, so that it leaves only sometimes.
    match (sequence(body, true), sequence(orelse, is_inner)) {
        (Exit::Never, Exit::Never) => Exit::Never,
        (_, _) => Exit::Sometimes,
    }
}

/// The exit of branches of which one is taken.
fn one_of(exits: &[Exit]) -> Exit {
    match exits {
        exits if exits.iter().all(|&exit| exit == Exit::Always) => Exit::Always,
        exits if exits.iter().all(|&exit| exit == Exit::Never) => Exit::Never,
        _ => Exit::Sometimes,
    }
}

impl Exit {
    /// The exit of this followed by another one.
    fn and_then(self, next: Self) -> Self {
        match (self, next) {
            (Self::Always, _) | (_, Self::Always) => Self::Always,
            (Self::Never, Self::Never) => Self::Never,
            (_, _) => Self::Sometimes,
        }
    }
}
