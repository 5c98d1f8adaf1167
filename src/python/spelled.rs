//! Calls of a function with the values of their arguments, where these are literals or names that stand for literals: a local
//! variable, the variable of a loop over a list, a parameter of a parametrized test.
//!
//! Invariant: a name stands for a literal only if its function gives it no other value.

use std::collections::{BTreeSet, HashMap};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Arguments, Expr, Stmt, StmtFor, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::syntax::{self, position, span_of, text, with_replacements};
use super::{Call, literal, parse_calls};

/// Values that are taken of a loop or of a parametrized test.
const MAX_ROWS: usize = 4;

/// Names with the source texts of their values.
type Row = Vec<(String, String)>;

/// The calls of a function whose callee ends on one of these lines, in the order of the text.
pub fn spelled_calls(source: &str, name: &str, lines: &BTreeSet<u32>) -> Vec<Call> {
    let mut walk = Walk { source, name, lines, scopes: Vec::new(), found: Vec::new() };
    if let Ok(module) = syntax::module(source) {
        walk.visit_body(&module.body);
    }
    walk.found
}

/// What the names of one function or loop stand for: each row is one possibility, for all of them together.
type Scope = Vec<Row>;

struct Walk<'s> {
    source: &'s str,
    name: &'s str,
    lines: &'s BTreeSet<u32>,
    scopes: Vec<Scope>,
    found: Vec<Call>,
}

impl Walk<'_> {
    fn literal(&self, expr: &Expr) -> Option<String> {
        let text = text(self.source, expr);
        literal::parse(&text).map(|_| text)
    }

    /// The values of names that are bound to the items of a list.
    fn rows(&self, names: &[String], list: &Expr) -> Scope {
        let items = match list {
            Expr::List(list) => &list.elts,
            Expr::Tuple(tuple) => &tuple.elts,
            _ => return Scope::new(),
        };
        let row = |item: &Expr| -> Option<Row> {
            let values = match (names, item) {
                ([_], _) => vec![self.literal(item)?],
                (_, Expr::Tuple(tuple)) => {
                    tuple.elts.iter().map(|one| self.literal(one)).collect::<Option<_>>()?
                }
                (_, Expr::List(list)) => {
                    list.elts.iter().map(|one| self.literal(one)).collect::<Option<_>>()?
                }
                _ => return None,
            };
            let row: Row = names.iter().cloned().zip(values).collect();
            (row.len() == names.len()).then_some(row)
        };
        items.iter().filter_map(row).take(MAX_ROWS).collect()
    }

    /// The literals that a function gives to its variables, if it does so once.
    fn locals(&self, def: &StmtFunctionDef) -> Row {
        let mut stores = Stores::default();
        stores.visit_body(&def.body);
        let literal_of = |stmt: &Stmt| {
            let Stmt::Assign(assign) = stmt else { return None };
            let [Expr::Name(name)] = &*assign.targets else { return None };
            let is_only = stores.0.get(name.id.as_str()) == Some(&1);
            let value = self.literal(&assign.value).filter(|_| is_only)?;
            Some((name.id.to_string(), value))
        };
        def.body.iter().filter_map(literal_of).collect()
    }

    /// The values of a parametrized test.
    fn parameters(&self, def: &StmtFunctionDef) -> Option<Scope> {
        def.decorator_list.iter().find_map(|decorator| {
            let call = decorator.expression.as_call_expr()?;
            let is_it = text(self.source, &*call.func).ends_with("parametrize");
            let [Expr::StringLiteral(names), list, ..] = &*call.arguments.args else { return None };
            let names: Vec<String> =
                names.value.to_str().split(',').map(|name| name.trim().to_owned()).collect();
            let rows = self.rows(&names, list);
            (is_it && !rows.is_empty()).then_some(rows)
        })
    }

    fn within(&mut self, scope: Scope, walk: impl FnOnce(&mut Self)) {
        self.scopes.push(scope);
        walk(self);
        self.scopes.pop();
    }

    /// The arguments of a call with the values in the place of the names.
    fn spelled(&self, arguments: &Arguments) -> Vec<String> {
        let mut names = Loads::default();
        arguments.args.iter().for_each(|one| names.visit_expr(one));
        arguments.keywords.iter().for_each(|one| names.visit_expr(&one.value));
        let has = |row: &Row, name: &str| row.iter().any(|(known, _)| known == name);
        let is_used = |scope: &&Scope| {
            scope.len() > 1
                && scope.first().is_some_and(|row| names.0.iter().any(|(name, _)| has(row, name)))
        };
        // One of the scopes may have several possibilities; the others have one.
        let count = self.scopes.iter().filter(is_used).map(Vec::len).min().unwrap_or(1);
        let spelled = |at: usize| {
            let value = |name: &str| {
                self.scopes.iter().rev().find_map(|scope| {
                    let row = scope.get(at).or_else(|| scope.first())?;
                    row.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
                })
            };
            let replaced = names.0.iter().map(|(name, range)| Some((range.clone(), value(name)?)));
            let replaced: Vec<_> = replaced.collect::<Option<_>>()?;
            let start = arguments.start().to_usize();
            let own = text(self.source, arguments);
            let shifted = replaced
                .into_iter()
                .map(|(range, value)| (range.start - start..range.end - start, value))
                .collect();
            Some(with_replacements(&own, shifted))
        };
        (0..count).filter_map(spelled).collect()
    }
}

/// How often each name is bound.
#[derive(Default)]
struct Stores(HashMap<String, usize>);

impl<'a> Visitor<'a> for Stores {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr
            && !name.ctx.is_load()
        {
            *self.0.entry(name.id.to_string()).or_default() += 1;
        }
        walk_expr(self, expr);
    }
}

/// The names that are read, with their places.
#[derive(Default)]
struct Loads(Vec<(String, std::ops::Range<usize>)>);

impl<'a> Visitor<'a> for Loads {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            self.0.push((name.id.to_string(), span_of(name)));
        }
        walk_expr(self, expr);
    }
}

impl<'a> Visitor<'a> for Walk<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                let locals = vec![self.locals(def)];
                let parameters = self.parameters(def).unwrap_or_default();
                self.within(parameters, |walk| {
                    walk.within(locals, |walk| walk_stmt(walk, stmt));
                });
            }
            Stmt::For(StmtFor { target, iter, .. }) => {
                let names: Vec<String> = match &**target {
                    Expr::Name(name) => vec![name.id.to_string()],
                    Expr::Tuple(tuple) => {
                        tuple.elts.iter().map(|one| text(self.source, one)).collect()
                    }
                    _ => Vec::new(),
                };
                let rows = self.rows(&names, iter);
                self.within(rows, |walk| walk_stmt(walk, stmt));
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr {
            let line = position(self.source, call.func.end().to_usize()).0 as u32;
            let callee = text(self.source, &*call.func);
            let is_it = callee == self.name || callee.ends_with(&format!(".{}", self.name));
            if is_it && self.lines.contains(&line) {
                for arguments in self.spelled(&call.arguments) {
                    self.found.extend(parse_calls(&format!("f{arguments}"), &[]).calls);
                }
            }
        }
        walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_stand_for_literals_are_spelled_out() {
        let source = "@pytest.mark.parametrize('a, b', [(1, 'x'), (2, 'y'), (z, 'w')])\ndef test_f(a, b):\n    assert m.f(a, key=b)\n\ndef test_g():\n    text = 'hi'\n    twice = 1\n    twice = 2\n    f(text,\n      3)\n    f(twice)\n    for n in [4, 5]:\n        f(n, text)\n    f(unknown)\n    f([text, -1])\n";
        let lines: BTreeSet<u32> = (1..40).collect();
        let calls = spelled_calls(source, "f", &lines);
        let found: Vec<String> = calls.iter().filter_map(Call::to_source).collect();
        assert_eq!(
            found,
            ["1, key='x'", "2, key='y'", "'hi', 3", "4, 'hi'", "5, 'hi'", "['hi', -1]"]
        );
        assert!(spelled_calls(source, "f", &BTreeSet::new()).is_empty());
    }
}
