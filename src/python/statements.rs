//! The statements of a program by their lines, as a trace of lines meets them.
//!
//! Invariant: the lines of a statement with a block are those of its head.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Comprehension, ExceptHandler, Expr, ExprContext, Parameter, Stmt};

use super::syntax::{self, span_of};

/// A statement with its lines, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub lines: RangeInclusive<u32>,
    pub kind: StatementKind,
    /// The text on one line.
    pub text: String,
}

/// What matters to a trace about a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementKind {
    /// The names that each turn sets, and the lines of the body.
    For {
        names: Vec<String>,
        body: RangeInclusive<u32>,
    },
    While {
        body: RangeInclusive<u32>,
    },
    If {
        body: RangeInclusive<u32>,
    },
    /// The names that it sets.
    Assignment {
        names: Vec<String>,
    },
    /// The head of a handler of exceptions, and the lines of its body.
    Handler {
        body: RangeInclusive<u32>,
    },
    Return,
    Yield,
    Plain,
}

/// Lists the statements of a program in the order of the text; none if it does not parse.
pub fn statements(source: &str) -> Vec<Statement> {
    let Ok(module) = syntax::module(source) else { return Vec::new() };
    let mut found = Found { source, statements: Vec::new() };
    found.visit_body(&module.body);
    found.statements
}

/// The statement that a line belongs to; of several on one line, the first.
pub fn at_line(statements: &[Statement], line: u32) -> Option<&Statement> {
    let containing = statements.iter().filter(|statement| statement.lines.contains(&line));
    // The innermost begins last.
    let start = containing.clone().map(|statement| *statement.lines.start()).max()?;
    containing.into_iter().find(|statement| *statement.lines.start() == start)
}

struct Found<'s> {
    source: &'s str,
    statements: Vec<Statement>,
}

impl Found<'_> {
    fn line(&self, offset: usize) -> u32 {
        syntax::position(self.source, offset).0 as u32
    }

    fn body(&self, body: &[Stmt], head: u32) -> Option<RangeInclusive<u32>> {
        let (first, last) = (body.first()?, body.last()?);
        let first = self.line(span_of(first).start);
        (first > head).then(|| first..=self.line(span_of(last).end))
    }

    fn branch(&self, body: &[Stmt], head: u32) -> StatementKind {
        self.body(body, head).map_or(StatementKind::Plain, |body| StatementKind::If { body })
    }

    /// The last byte of a statement, or of its head if it has a block.
    fn end(&self, stmt: &Stmt) -> usize {
        match stmt {
            Stmt::For(each) => span_of(&*each.iter).end,
            Stmt::While(each) => span_of(&*each.test).end,
            Stmt::If(branch) => span_of(&*branch.test).end,
            Stmt::With(with) => {
                with.items.last().map_or(span_of(stmt).start, |item| span_of(item).end)
            }
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) | Stmt::Try(_) | Stmt::Match(_) => {
                span_of(stmt).start
            }
            _ => span_of(stmt).end,
        }
    }

    fn text(&self, start: usize, end: usize) -> String {
        let text = self.source.get(start..end).unwrap_or_default();
        let line_end = self.source[end..].find('\n').map_or(self.source.len(), |at| end + at);
        let has_texts = text.contains('#') || text.contains("\"\"\"") || text.contains("'''");
        if !text.contains('\n') || has_texts {
            let first_end = self.source[start..].find('\n').map_or(line_end, |at| start + at);
            return self.source[start..first_end].trim_end().to_owned();
        }
        let joined = text.split('\n').map(str::trim).collect::<Vec<_>>().join(" ");
        let colon = self.source[end..line_end].trim_end().ends_with(':');
        let joined =
            ["(", "[", "{"].iter().fold(joined, |text, one| text.replace(&format!("{one} "), one));
        let joined =
            [")", "]", "}"].iter().fold(joined, |text, one| text.replace(&format!(" {one}"), one));
        format!("{joined}{}", if colon { ":" } else { "" })
    }
}

impl<'a> Visitor<'a> for Found<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let (start, end) = (span_of(stmt).start, self.end(stmt));
        let head = self.line(start)..=self.line(end);
        let kind = match stmt {
            Stmt::For(each) => match self.body(&each.body, *head.end()) {
                Some(body) => StatementKind::For { names: names([&*each.target]), body },
                None => StatementKind::Plain,
            },
            Stmt::While(each) => match self.body(&each.body, *head.end()) {
                Some(body) => StatementKind::While { body },
                None => StatementKind::Plain,
            },
            Stmt::If(branch) => self.branch(&branch.body, *head.end()),
            Stmt::Assign(one) => StatementKind::Assignment { names: names(&one.targets) },
            Stmt::AugAssign(one) => StatementKind::Assignment { names: names([&*one.target]) },
            Stmt::AnnAssign(one) if one.value.is_some() => {
                StatementKind::Assignment { names: names([&*one.target]) }
            }
            Stmt::Return(_) => StatementKind::Return,
            Stmt::Expr(one) if one.value.is_yield_expr() => StatementKind::Yield,
            _ => StatementKind::Plain,
        };
        let text = self.text(start, end);
        self.statements.push(Statement { lines: head, kind, text });
        visitor::walk_stmt(self, stmt);
    }

    fn visit_elif_else_clause(&mut self, clause: &'a ruff_python_ast::ElifElseClause) {
        if let Some(test) = &clause.test {
            let (start, end) = (span_of(clause).start, span_of(test).end);
            let lines = self.line(start)..=self.line(end);
            let text = self.text(start, end);
            let kind = self.branch(&clause.body, *lines.end());
            self.statements.push(Statement { lines, kind, text });
        }
        visitor::walk_elif_else_clause(self, clause);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(one) = handler;
        let start = span_of(handler).start;
        let end = one.type_.as_deref().map_or(start, |kind| span_of(kind).end);
        let lines = self.line(start)..=self.line(end);
        if let Some(body) = self.body(&one.body, *lines.end()) {
            let text = self.text(start, end);
            self.statements.push(Statement { lines, kind: StatementKind::Handler { body }, text });
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

/// Lists the names that only comprehensions set, which are gone when they are done.
pub fn comprehension_names(source: &str) -> HashSet<String> {
    let Ok(module) = syntax::module(source) else { return HashSet::new() };
    let mut all = Comprehensions::default();
    all.visit_body(&module.body);
    &all.within - &all.elsewhere
}

#[derive(Default)]
struct Comprehensions {
    within: HashSet<String>,
    elsewhere: HashSet<String>,
}

impl<'a> Visitor<'a> for Comprehensions {
    fn visit_comprehension(&mut self, each: &'a Comprehension) {
        self.within.extend(names([&each.target]));
        self.visit_expr(&each.iter);
        each.ifs.iter().for_each(|test| self.visit_expr(test));
    }

    fn visit_parameter(&mut self, parameter: &'a Parameter) {
        self.elsewhere.insert(parameter.name.to_string());
        visitor::walk_parameter(self, parameter);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(one) = handler;
        self.elsewhere.extend(one.name.as_ref().map(ToString::to_string));
        visitor::walk_except_handler(self, handler);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr
            && name.ctx == ExprContext::Store
        {
            self.elsewhere.insert(name.id.to_string());
        }
        visitor::walk_expr(self, expr);
    }
}

/// The names that targets set.
fn names<'a>(targets: impl IntoIterator<Item = &'a Expr>) -> Vec<String> {
    let mut names = Names(Vec::new());
    targets.into_iter().for_each(|target| names.visit_expr(target));
    names.0
}

struct Names(Vec<String>);

impl<'a> Visitor<'a> for Names {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx == ExprContext::Store => {
                if !self.0.iter().any(|known| *known == name.id.as_str()) {
                    self.0.push(name.id.to_string());
                }
            }
            _ => visitor::walk_expr(self, expr),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_within_a_statement_belongs_to_it() {
        let of = |source: &str| -> Vec<StatementKind> {
            statements(source).into_iter().map(|statement| statement.kind).collect()
        };
        let set = |names: &[&str]| StatementKind::Assignment {
            names: names.iter().map(|&name| name.to_owned()).collect(),
        };
        assert_eq!(of("a = b[0], c = d"), [set(&["a", "c"])]);
        assert_eq!(of("a.b = c[d] = e"), [set(&[])]);
        let branches = of("if a:\n    b += 1\nelif c:\n    d: int\nelse:\n    pass\n");
        let expected = [
            StatementKind::If { body: 2..=2 },
            set(&["b"]),
            StatementKind::If { body: 4..=4 },
            StatementKind::Plain,
            StatementKind::Plain,
        ];
        assert_eq!(branches, expected);
        let source = "def f(a):\n    for x, (y, _) in a:\n        b = (\n            x\n            + y,\n        )\n    return b\n";
        let all = statements(source);
        let at = |line| at_line(&all, line).unwrap();
        let names = vec!["x".to_owned(), "y".into(), "_".into()];
        assert_eq!(at(2).kind, StatementKind::For { names, body: 3..=6 });
        assert_eq!((at(4), at(5).text.as_str()), (at(3), "b = (x + y,)"));
        assert_eq!(at(7).kind, StatementKind::Return);
        assert_eq!(at_line(&all, 9), None);
    }
}
