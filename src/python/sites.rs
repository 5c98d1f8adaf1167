//! Where a function's own text raises, under which conditions, and how it writes its calls.
//!
//! Invariant: everything is text of the source as it stands, with its line, counted from 1; nothing of nested functions is
//! the outer function's.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{ExceptHandler, Expr, Stmt};
use ruff_text_size::Ranged;

use super::syntax::{module, position, text};

/// What has to be the case for a statement to be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The test of an `if`, `elif` or `while` is true.
    If { test: String, line: u32 },
    /// It stands under the `else` of this test.
    Else { test: String, line: u32 },
    /// An exception of this type is caught; empty for any.
    Except { types: String, line: u32 },
}

/// A `raise` with the conditions that it stands under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RaiseSite {
    pub line: u32,
    /// As written, without arguments; empty for a bare `raise`.
    pub exception: String,
    /// The message, if it is a plain string.
    pub message: Option<String>,
    /// From the outermost to the innermost.
    pub conditions: Vec<Condition>,
}

/// A call as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallSite {
    /// The line on which its callee ends.
    pub line: u32,
    pub callee: String,
    /// The whole call, with the ends of its lines.
    pub text: String,
}

/// The sites of one function or of a whole file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sites {
    pub raises: Vec<RaiseSite>,
    pub calls: Vec<CallSite>,
    /// Lines that stand in the body of a `try`, with those of the tests of `if`s around them: pairs of first and last line.
    pub guarded: Vec<(u32, u32)>,
}

impl Sites {
    /// Reads a function's own text, whose first line has this number in its file; nothing of text that does not parse.
    pub fn of_function(code: &str, first_line: u32) -> Self {
        let Ok(tree) = module(code) else { return Self::default() };
        let mut walk =
            Walk { source: code, first_line, sites: Self::default(), conditions: Vec::new() };
        if let Some(Stmt::FunctionDef(def)) = tree.body.first() {
            walk.visit_body(&def.body);
        }
        walk.sites
    }

    /// Reads a whole file, nested functions included.
    pub fn of_file(source: &str) -> Self {
        let Ok(tree) = module(source) else { return Self::default() };
        let mut walk =
            Walk { source, first_line: 0, sites: Self::default(), conditions: Vec::new() };
        walk.visit_body(&tree.body);
        walk.sites
    }

    /// Whether a line stands in a `try` or under a condition.
    pub fn is_guarded(&self, line: u32) -> bool {
        self.guarded.iter().any(|&(first, last)| (first..=last).contains(&line))
    }
}

struct Walk<'s> {
    source: &'s str,
    /// 0 for a whole file, whose functions are part of it.
    first_line: u32,
    sites: Sites,
    conditions: Vec<Condition>,
}

impl Walk<'_> {
    fn line(&self, offset: usize) -> u32 {
        let line = position(self.source, offset).0 as u32;
        if self.first_line == 0 { line } else { self.first_line + line - 1 }
    }

    fn guard(&mut self, body: &[Stmt]) {
        if let (Some(first), Some(last)) = (body.first(), body.last()) {
            let range = (self.line(first.start().to_usize()), self.line(last.end().to_usize()));
            self.sites.guarded.push(range);
        }
    }

    fn under<'a>(&mut self, condition: Condition, body: &'a [Stmt])
    where
        Self: Visitor<'a>,
    {
        self.guard(body);
        self.conditions.push(condition);
        self.visit_body(body);
        self.conditions.pop();
    }
}

impl<'a> Visitor<'a> for Walk<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) if self.first_line > 0 => {}
            Stmt::Raise(raise) => {
                let (exception, message) = match raise.exc.as_deref() {
                    None => (String::new(), None),
                    Some(Expr::Call(call)) => {
                        let message = match &*call.arguments.args {
                            [Expr::StringLiteral(one)] => Some(one.value.to_str().to_owned()),
                            _ => None,
                        };
                        (text(self.source, &*call.func), message)
                    }
                    Some(other) => (text(self.source, other), None),
                };
                let line = self.line(stmt.start().to_usize());
                let conditions = self.conditions.clone();
                self.sites.raises.push(RaiseSite { line, exception, message, conditions });
                walk_stmt(self, stmt);
            }
            Stmt::If(branch) => {
                self.visit_expr(&branch.test);
                let mut test =
                    (text(self.source, &*branch.test), self.line(branch.start().to_usize()));
                let condition = Condition::If { test: test.0.clone(), line: test.1 };
                self.under(condition, &branch.body);
                for clause in &branch.elif_else_clauses {
                    let condition = match &clause.test {
                        Some(elif) => {
                            self.visit_expr(elif);
                            test = (text(self.source, elif), self.line(clause.start().to_usize()));
                            Condition::If { test: test.0.clone(), line: test.1 }
                        }
                        None => Condition::Else { test: test.0.clone(), line: test.1 },
                    };
                    self.under(condition, &clause.body);
                }
            }
            Stmt::Try(attempt) => {
                self.guard(&attempt.body);
                self.visit_body(&attempt.body);
                for ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
                    let types = handler.type_.as_deref().map(|types| text(self.source, types));
                    let line = self.line(handler.start().to_usize());
                    let condition = Condition::Except { types: types.unwrap_or_default(), line };
                    self.under(condition, &handler.body);
                }
                self.visit_body(&attempt.orelse);
                self.visit_body(&attempt.finalbody);
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr {
            let whole = text(self.source, call);
            self.sites.calls.push(CallSite {
                line: self.line(call.func.end().to_usize()),
                callee: text(self.source, &*call.func),
                text: whole,
            });
        }
        walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raise_is_told_with_its_condition_and_its_line() {
        let code = "@wrap\ndef f(a):\n    if not a:\n        raise ValueError('empty')\n    elif a > 3:\n        pass\n    else:\n        raise errors.Small\n    try:\n        g(a,\n          1)\n    except KeyError:\n        raise\n    def inner():\n        raise OSError\n    h(a)\n";
        let sites = Sites::of_function(code, 10);
        let shown: Vec<(u32, &str, Option<&str>, Option<Condition>)> = sites
            .raises
            .iter()
            .map(|one| {
                (
                    one.line,
                    one.exception.as_str(),
                    one.message.as_deref(),
                    one.conditions.last().cloned(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                (
                    13,
                    "ValueError",
                    Some("empty"),
                    Some(Condition::If { test: "not a".into(), line: 12 })
                ),
                (
                    17,
                    "errors.Small",
                    None,
                    Some(Condition::Else { test: "a > 3".into(), line: 14 })
                ),
                (22, "", None, Some(Condition::Except { types: "KeyError".into(), line: 21 })),
            ]
        );
        let calls: Vec<(u32, &str, &str)> = sites
            .calls
            .iter()
            .map(|call| (call.line, call.callee.as_str(), call.text.as_str()))
            .collect();
        assert_eq!(
            calls,
            [
                (13, "ValueError", "ValueError('empty')"),
                (19, "g", "g(a,\n          1)"),
                (25, "h", "h(a)")
            ]
        );
        assert!(sites.is_guarded(19) && !sites.is_guarded(25));
    }
}
