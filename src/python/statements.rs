//! The statements of a program by their lines, as a trace of lines meets them.
//!
//! Invariant: the lines of a statement with a block are those of its head.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    BoolOp, Comprehension, ExceptHandler, Expr, ExprContext, Parameter, Stmt, StmtFunctionDef,
};

use super::one_line::on_one_line;
use super::syntax::{self, span_of};

/// A statement with its lines, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub lines: RangeInclusive<u32>,
    pub kind: StatementKind,
    /// The text on one line.
    pub text: String,
    /// What is decided within the statement, not by the lines that run next.
    pub choices: Vec<Choice>,
    /// Names that its comprehensions alone set, which mean something else, or nothing, once it is done.
    pub passing: HashSet<String>,
}

/// A decision within an expression, as texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// `body if test else orelse`.
    Ternary { whole: String, test: String, body: String, orelse: String },
    /// Operands of `and` or `or`.
    Operands { whole: String, is_and: bool, operands: Vec<String> },
    /// One that may be made several times, or not at all.
    Open,
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
    /// The head of a handler of exceptions, and the lines of its body unless it is on the line of the head.
    Handler {
        body: Option<RangeInclusive<u32>>,
    },
    /// An `if` with what follows it on one line; whether that leaves the function.
    ShortIf {
        leaves: bool,
    },
    Return,
    Plain,
}

/// Lists the statements of a program in the order of the text; none if it does not parse.
pub fn statements(source: &str) -> Vec<Statement> {
    let Ok(module) = syntax::module(source) else { return Vec::new() };
    let colons = syntax::tokens(source);
    let colons = colons.into_iter().filter(|(kind, _)| *kind == TokenKind::Colon);
    let colons = colons.map(|(_, span)| span.end).collect();
    let mut found = Found { source, colons, statements: Vec::new() };
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
    /// Where each colon ends.
    colons: Vec<usize>,
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
        let leaves = || matches!(body.last(), Some(Stmt::Return(_) | Stmt::Raise(_)));
        self.body(body, head).map_or_else(
            || StatementKind::ShortIf { leaves: leaves() },
            |body| StatementKind::If { body },
        )
    }

    /// What is decided within the expressions of a statement, or of its head if it has a block.
    fn choices(&self, stmt: &Stmt) -> Vec<Choice> {
        let mut choices = Choices { source: self.source, found: Vec::new() };
        match stmt {
            Stmt::For(each) => choices.visit_expr(&each.iter),
            Stmt::While(each) => choices.test(&each.test),
            Stmt::If(branch) => choices.test(&branch.test),
            Stmt::With(with) => with.items.iter().for_each(|item| choices.visit_with_item(item)),
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) | Stmt::Try(_) | Stmt::Match(_) => {}
            stmt => visitor::walk_stmt(&mut choices, stmt),
        }
        choices.found
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

    /// A statement, or its head up to the colon, on one line; a text over several lines is cut after its first.
    fn text(&self, start: usize, end: usize) -> String {
        let colon = self.colon_after(start, end);
        let end = colon.unwrap_or(end);
        let text = self.source.get(start..end).unwrap_or_default();
        if !text.contains('\n') {
            // With what follows on the line: a body, or a comment.
            return self.source[start..].lines().next().unwrap_or_default().trim_end().to_owned();
        }
        let joined = if colon.is_some() {
            // A head alone is not a program, and neither is an `elif`.
            let (word, head) = match text.strip_prefix("el") {
                Some(head) if head.starts_with("if") => ("el", head),
                Some(_) | None => ("", text),
            };
            let whole = on_one_line(&format!("{head} pass"));
            format!("{word}{}", whole.strip_suffix(" pass").unwrap_or(&whole))
        } else {
            on_one_line(text)
        };
        match joined.split_once('\n') {
            Some((first, _)) => format!("{} …", first.trim_end()),
            None => joined,
        }
    }

    /// The end of the colon after a head that ends in an expression, if it is a head.
    fn colon_after(&self, start: usize, end: usize) -> Option<usize> {
        let is_head = [
            "if ", "if(", "elif ", "elif(", "while ", "while(", "for ", "with ", "with(", "except ",
        ]
        .iter()
        .any(|word| self.source[start..].starts_with(word));
        let first = self.colons.partition_point(|colon| *colon <= end);
        self.colons.get(first).copied().filter(|_| is_head)
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
            _ => StatementKind::Plain,
        };
        let text = self.text(start, end);
        let choices = self.choices(stmt);
        let passing = passing(stmt);
        self.statements.push(Statement { lines: head, kind, text, choices, passing });
        visitor::walk_stmt(self, stmt);
    }

    fn visit_elif_else_clause(&mut self, clause: &'a ruff_python_ast::ElifElseClause) {
        if let Some(test) = &clause.test {
            let (start, end) = (span_of(clause).start, span_of(test).end);
            let lines = self.line(start)..=self.line(end);
            let text = self.text(start, end);
            let kind = self.branch(&clause.body, *lines.end());
            let mut choices = Choices { source: self.source, found: Vec::new() };
            choices.test(test);
            let choices = choices.found;
            let mut all = Comprehensions::default();
            all.visit_expr(test);
            let passing = &all.within - &all.elsewhere;
            self.statements.push(Statement { lines, kind, text, choices, passing });
        }
        visitor::walk_elif_else_clause(self, clause);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(one) = handler;
        let start = span_of(handler).start;
        let end = one.type_.as_deref().map_or(start, |kind| span_of(kind).end);
        let lines = self.line(start)..=self.line(end);
        let kind = StatementKind::Handler { body: self.body(&one.body, *lines.end()) };
        let text = self.text(start, end);
        let (choices, passing) = (Vec::new(), HashSet::new());
        self.statements.push(Statement { lines, kind, text, choices, passing });
        visitor::walk_except_handler(self, handler);
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

/// Finds what is decided within expressions.
struct Choices<'s> {
    source: &'s str,
    found: Vec<Choice>,
}

impl Choices<'_> {
    fn text(&self, expr: &Expr) -> String {
        let text = self.source.get(span_of(expr)).unwrap_or_default();
        text.split('\n').map(str::trim).collect::<Vec<_>>().join(" ")
    }

    /// The test of a branch: how it comes out is said of the whole, not of its operands.
    fn test(&mut self, test: &Expr) {
        match test {
            Expr::BoolOp(node) => node.values.iter().for_each(|value| self.test(value)),
            Expr::UnaryOp(node) => self.test(&node.operand),
            test => self.visit_expr(test),
        }
    }

    /// What is decided only if something else is decided first, or more than once.
    fn maybe(&mut self, visit: impl FnOnce(&mut Self)) {
        let known = self.found.len();
        visit(self);
        if self.found.len() > known {
            self.found.truncate(known);
            self.found.push(Choice::Open);
        }
    }
}

impl<'a> Visitor<'a> for Choices<'_> {
    fn visit_stmt(&mut self, _: &'a Stmt) {}

    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::If(node) => {
                self.test(&node.test);
                let [test, body, orelse] =
                    [&node.test, &node.body, &node.orelse].map(|part| self.text(part));
                self.found.push(Choice::Ternary { whole: self.text(expr), test, body, orelse });
                self.maybe(|it| {
                    it.visit_expr(&node.body);
                    it.visit_expr(&node.orelse);
                });
            }
            Expr::BoolOp(node) => {
                let operands = node.values.iter().map(|value| self.text(value)).collect();
                let is_and = node.op == BoolOp::And;
                self.found.push(Choice::Operands { whole: self.text(expr), is_and, operands });
                self.maybe(|it| node.values.iter().for_each(|value| it.visit_expr(value)));
            }
            Expr::Lambda(_) => {}
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                self.maybe(|it| visitor::walk_expr(it, expr));
            }
            expr => visitor::walk_expr(self, expr),
        }
    }
}

/// The names that only the comprehensions of a statement set, or of its head if it has a block.
fn passing(stmt: &Stmt) -> HashSet<String> {
    let mut all = Comprehensions::default();
    match stmt {
        Stmt::For(each) => {
            all.visit_expr(&each.target);
            all.visit_expr(&each.iter);
        }
        Stmt::While(each) => all.visit_expr(&each.test),
        Stmt::If(branch) => all.visit_expr(&branch.test),
        Stmt::With(with) => with.items.iter().for_each(|item| all.visit_with_item(item)),
        Stmt::FunctionDef(_) | Stmt::ClassDef(_) | Stmt::Try(_) | Stmt::Match(_) => {}
        stmt => all.visit_stmt(stmt),
    }
    &all.within - &all.elsewhere
}

/// Lists the names that only comprehensions set, which are gone when they are done, in the function that a line belongs to.
pub fn comprehension_names(source: &str, line: u32) -> HashSet<String> {
    let Ok(module) = syntax::module(source) else { return HashSet::new() };
    let starts = source.match_indices('\n').map(|(at, _)| at + 1);
    let start = std::iter::once(0).chain(starts).nth(line.saturating_sub(1) as usize);
    let rest = start.and_then(|start| source.get(start..)).unwrap_or_default();
    let at = source.len() - rest.trim_start_matches([' ', '\t']).len();
    let mut innermost = Innermost { at, found: None };
    innermost.visit_body(&module.body);
    let mut all = Comprehensions::default();
    match innermost.found {
        Some(def) => {
            all.visit_parameters(&def.parameters);
            all.visit_body(&def.body);
        }
        None => all.visit_body(&module.body),
    }
    &all.within - &all.elsewhere
}

/// Finds the innermost function around the line that begins at a place.
struct Innermost<'a> {
    at: usize,
    found: Option<&'a StmtFunctionDef>,
}

impl<'a> Visitor<'a> for Innermost<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::FunctionDef(def) = stmt
            && span_of(def).contains(&self.at)
        {
            self.found = Some(def);
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
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

    #[test]
    fn what_expressions_decide_is_listed_and_what_the_next_line_tells_is_not() {
        let choices = |source: &str| statements(source)[0].choices.clone();
        let ternary = Choice::Ternary {
            whole: "1 if a else b".into(),
            test: "a".into(),
            body: "1".into(),
            orelse: "b".into(),
        };
        assert_eq!(choices("x = 1 if a else b\n"), std::slice::from_ref(&ternary));
        assert_eq!(choices("if f(1 if a else b) and c:\n    pass\n"), [ternary]);
        let operands = Choice::Operands {
            whole: "a or b".into(),
            is_and: false,
            operands: vec!["a".into(), "b".into()],
        };
        assert_eq!(choices("return f(a or b)\n"), [operands]);
        assert_eq!(choices("x = [1 if a else b for a in c]\n"), [Choice::Open]);
        assert_eq!(choices("x = 1 if a else (b or c)\n")[1..], [Choice::Open]);
        assert_eq!(choices("if a and not (b or c):\n    x = d or e\n"), []);
        assert_eq!(choices("x = lambda a: a or b\n"), []);
    }
}
