//! Whether a function returns on every path, as pylint's `refactoring` checker sees it (`_is_node_return_ended`).
//!
//! Invariant: its rule is followed, not the language: a return anywhere in a loop counts as one at the end.

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtReturn};

use crate::python::builtins::is_builtin;

/// The return statements of a function, without those of functions in it.
pub(super) fn returns(body: &[Stmt]) -> Vec<&StmtReturn> {
    struct Found<'a>(Vec<&'a StmtReturn>);
    impl<'a> Visitor<'a> for Found<'a> {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            match stmt {
                Stmt::Return(statement) => self.0.push(statement),
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                _ => walk_stmt(self, stmt),
            }
        }
        fn visit_expr(&mut self, _: &'a Expr) {}
    }
    let mut found = Found(Vec::new());
    found.visit_body(body);
    found.0
}

/// `_check_consistent_returns`: some paths return a value, others end without one.
pub(super) fn are_inconsistent(body: &[Stmt]) -> bool {
    let returns = returns(body);
    let with_value = returns.iter().filter(|statement| statement.value.is_some()).count();
    with_value > 0 && !(with_value == returns.len() && block_ends(body, None))
}

/// `_check_return_at_the_end`: the only return is the last statement and gives nothing.
pub(super) fn is_useless(body: &[Stmt]) -> bool {
    if returns(body).len() != 1 || matches!(body, [Stmt::Return(_)]) {
        return false;
    }
    let mut last = body.last();
    loop {
        last = match last {
            Some(Stmt::If(statement)) => match statement.elif_else_clauses.last() {
                Some(clause) => clause.body.last(),
                None => statement.body.last(),
            },
            Some(Stmt::Try(statement)) => {
                let handler = statement
                    .handlers
                    .last()
                    .map(|ExceptHandler::ExceptHandler(handler)| &handler.body);
                statement
                    .finalbody
                    .last()
                    .or_else(|| statement.orelse.last())
                    .or_else(|| handler.and_then(|body| body.last()))
                    .or_else(|| statement.body.last())
            }
            Some(Stmt::Return(statement)) => {
                return statement.value.as_deref().is_none_or(Expr::is_none_literal_expr);
            }
            _ => return false,
        };
    }
}

type Handlers<'a> = Option<&'a [ExceptHandler]>;

fn block_ends(body: &[Stmt], handlers: Handlers) -> bool {
    with_returns_after(body).any(|(stmt, returns)| ends(stmt, returns, handlers))
}

/// The statements of a block, each with whether a `return` follows in the same block.
fn with_returns_after(body: &[Stmt]) -> impl Iterator<Item = (&Stmt, bool)> {
    let last = body.iter().rposition(Stmt::is_return_stmt);
    body.iter().enumerate().map(move |(at, stmt)| (stmt, last.is_some_and(|last| last > at)))
}

fn ends(stmt: &Stmt, returns_after: bool, handlers: Handlers) -> bool {
    let branch = |body: &[Stmt]| {
        with_returns_after(body).any(|(stmt, returns_after)| {
            !stmt.is_function_def_stmt() && ends(stmt, returns_after, handlers)
        })
    };
    match stmt {
        Stmt::Return(_) => true,
        Stmt::Raise(raise) => {
            raise.exc.as_deref().is_none_or(|raised| raise_ends(raised, handlers))
        }
        Stmt::While(statement) => {
            (is_true(&statement.test) && !has_break(&statement.body))
                || block_ends(&statement.orelse, handlers)
        }
        Stmt::If(statement) => {
            let Some((last, others)) = statement.elif_else_clauses.split_last() else {
                return returns_after && branch(&statement.body);
            };
            // An `elif` without `else` has nothing behind it in its own block.
            last.test.is_none()
                && branch(&statement.body)
                && others.iter().chain([last]).all(|part| branch(&part.body))
        }
        Stmt::Try(statement) => {
            let of_try = Some(&*statement.handlers);
            [&statement.body, &statement.orelse, &statement.finalbody]
                .into_iter()
                .any(|body| block_ends(body, of_try))
                && statement
                    .handlers
                    .iter()
                    .all(|ExceptHandler::ExceptHandler(part)| block_ends(&part.body, None))
        }
        Stmt::Assert(statement) => {
            matches!(&*statement.test, Expr::BooleanLiteral(value) if !value.value)
        }
        Stmt::For(statement) => {
            block_ends(&statement.body, handlers) || block_ends(&statement.orelse, handlers)
        }
        Stmt::With(statement) => block_ends(&statement.body, handlers),
        Stmt::Match(statement) => {
            statement.cases.iter().any(|case| block_ends(&case.body, handlers))
        }
        Stmt::FunctionDef(statement) => block_ends(&statement.body, handlers),
        Stmt::ClassDef(statement) => block_ends(&statement.body, handlers),
        Stmt::Expr(statement) => is_exit(&statement.value),
        _ => false,
    }
}

/// `_is_raise_node_return_ended`: an exception that a handler names counts as the end if that
/// handler returns.
fn raise_ends(raised: &Expr, handlers: Handlers) -> bool {
    let Some(handlers) = handlers else { return true };
    let class = match raised {
        Expr::Call(call) => &*call.func,
        other => other,
    };
    let Some(name) =
        class.as_name_expr().map(|name| name.id.as_str()).filter(|name| is_builtin(name))
    else {
        return false;
    };
    let mut catching = handlers
        .iter()
        .map(|ExceptHandler::ExceptHandler(handler)| handler)
        .filter(|handler| handler.type_.as_deref().is_some_and(|caught| names(caught, name)))
        .peekable();
    catching.peek().is_none() || catching.any(|handler| block_ends(&handler.body, None))
}

fn names(caught: &Expr, name: &str) -> bool {
    match caught {
        Expr::Name(found) => found.id == name,
        Expr::Tuple(tuple) => tuple.elts.iter().any(|part| names(part, name)),
        _ => false,
    }
}

fn is_true(test: &Expr) -> bool {
    match test {
        Expr::BooleanLiteral(value) => value.value,
        Expr::NumberLiteral(number) => number.value.as_int().is_some_and(|int| *int != 0u8),
        _ => false,
    }
}

/// Whether a loop can be left by its own `break`.
fn has_break(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| match stmt {
        Stmt::Break(_) => true,
        Stmt::If(statement) => {
            has_break(&statement.body)
                || statement.elif_else_clauses.iter().any(|clause| has_break(&clause.body))
        }
        Stmt::With(statement) => has_break(&statement.body),
        Stmt::Try(statement) => {
            [&statement.body, &statement.orelse, &statement.finalbody]
                .into_iter()
                .any(|body| has_break(body))
                || statement
                    .handlers
                    .iter()
                    .any(|ExceptHandler::ExceptHandler(part)| has_break(&part.body))
        }
        Stmt::Match(statement) => statement.cases.iter().any(|case| has_break(&case.body)),
        Stmt::For(statement) => has_break(&statement.orelse),
        Stmt::While(statement) => has_break(&statement.orelse),
        _ => false,
    })
}

fn is_exit(expr: &Expr) -> bool {
    let Expr::Call(call) = expr else { return false };
    match &*call.func {
        Expr::Name(name) => ["exit", "quit"].contains(&name.id.as_str()),
        Expr::Attribute(attribute) => {
            let module = attribute.value.as_name_expr().map(|name| name.id.as_str());
            matches!(
                (module, attribute.attr.as_str()),
                (Some("sys"), "exit") | (Some("os"), "_exit" | "abort")
            )
        }
        _ => false,
    }
}
