//! Where a function's own text raises, under which conditions, and how it writes its calls.
//!
//! Invariant: everything is text of the source as it stands, with its line, counted from 1; nothing of nested functions is
//! the outer function's.

mod exits;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{ExceptHandler, Expr, ExprContext, Stmt, StmtIf, StmtTry};
use ruff_text_size::Ranged;

use self::exits::Exit;
use super::syntax::{module, position, text};

/// What has to be the case for a statement to be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// A test of an `if`, `elif`, `while` or `assert` has turned out like this.
    Test {
        test: String,
        line: u32,
        holds: bool,
        /// Whether a name of the test may have been set anew since.
        is_earlier: bool,
    },
    /// An exception of this type is caught; empty for any.
    Except { types: String, line: u32 },
    /// No exception of this type was caught; empty for any.
    NotCaught { types: String, line: u32 },
    /// It stands in the body of a `for`, or of a `while` without an end.
    Loop { line: u32 },
    /// This loop has ended without `break`.
    Unbroken { line: u32 },
    /// A statement before it may leave the function, and has not.
    Passed { keyword: &'static str, line: u32 },
    /// Something else decides, which is not read.
    Open,
}

/// A `raise` with the conditions that it stands under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RaiseSite {
    pub line: u32,
    /// As written, without arguments; empty for a bare `raise`.
    pub exception: String,
    /// The message, if it is a plain string.
    pub message: Option<String>,
    /// All of them, in the order in which they are met: tests around the statement, and tests before it that would have left.
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
    /// The names that statements set, with their lines.
    pub bound: Vec<(String, u32)>,
}

impl Sites {
    /// Reads a function's own text, whose first line has this number in its file; nothing of text that does not parse.
    pub fn of_function(code: &str, first_line: u32) -> Self {
        let Ok(tree) = module(code) else { return Self::default() };
        match tree.body.first() {
            Some(Stmt::FunctionDef(def)) => Self::of_body(code, first_line, &def.body),
            _ => Self::default(),
        }
    }

    /// Reads a whole file, nested functions included.
    pub fn of_file(source: &str) -> Self {
        let Ok(tree) = module(source) else { return Self::default() };
        Self::of_body(source, 0, &tree.body)
    }

    fn of_body(source: &str, first_line: u32, body: &[Stmt]) -> Self {
        let mut bound = Bound::default();
        bound.visit_body(body);
        let mut walk = Walk {
            source,
            first_line,
            sites: Self::default(),
            held: Vec::new(),
            loops: Vec::new(),
            bound: bound.0,
            left: Vec::new(),
        };
        walk.visit_body(body);
        let is_whole = |name: &str, at: usize| {
            !source.get(at + name.len()..).unwrap_or_default().starts_with(['.', '['])
        };
        let bound = walk.bound.iter().filter(|(name, at)| is_whole(name, *at));
        let bound = bound.map(|(name, at)| (name.clone(), walk.line(*at))).collect();
        Self { bound, ..walk.sites }
    }

    /// Whether a line stands in a `try` or under a condition.
    pub fn is_guarded(&self, line: u32) -> bool {
        self.guarded.iter().any(|&(first, last)| (first..=last).contains(&line))
    }
}

/// The names that statements set, with the places; of `a.b = …` and `a[0] = …`, it is `a`.
#[derive(Default)]
struct Bound(Vec<(String, usize)>);

impl<'a> Visitor<'a> for Bound {
    fn visit_expr(&mut self, expr: &'a Expr) {
        let context = match expr {
            Expr::Name(one) => one.ctx,
            Expr::Attribute(one) => one.ctx,
            Expr::Subscript(one) => one.ctx,
            _ => ExprContext::Load,
        };
        if context != ExprContext::Load {
            self.0.extend(names(expr).into_iter().map(|name| (name, expr.start().to_usize())));
        }
        walk_expr(self, expr);
    }
}

/// The names in an expression.
fn names(expr: &Expr) -> Vec<String> {
    struct Names(Vec<String>);
    impl<'a> Visitor<'a> for Names {
        fn visit_expr(&mut self, expr: &'a Expr) {
            if let Expr::Name(name) = expr {
                self.0.push(name.id.to_string());
            }
            walk_expr(self, expr);
        }
    }
    let mut found = Names(Vec::new());
    found.visit_expr(expr);
    found.0
}

/// A condition that holds at a place of the text.
struct Held {
    condition: Condition,
    /// Where it has been found to hold, and what it reads.
    since: usize,
    names: Vec<String>,
}

struct Walk<'s> {
    source: &'s str,
    /// 0 for a whole file, whose functions are part of it.
    first_line: u32,
    sites: Sites,
    held: Vec<Held>,
    /// The ranges of the loops around.
    loops: Vec<(usize, usize)>,
    bound: Vec<(String, usize)>,
    /// The ranges of branches that leave, so that nothing that follows sees what they set.
    left: Vec<(usize, usize)>,
}

impl Walk<'_> {
    fn line(&self, offset: usize) -> u32 {
        let line = position(self.source, offset).0 as u32;
        if self.first_line == 0 { line } else { self.first_line + line - 1 }
    }

    fn line_of(&self, node: &impl Ranged) -> u32 {
        self.line(node.start().to_usize())
    }

    fn guard(&mut self, body: &[Stmt]) {
        if let (Some(first), Some(last)) = (body.first(), body.last()) {
            let range = (self.line_of(first), self.line(last.end().to_usize()));
            self.sites.guarded.push(range);
        }
    }

    fn test(&self, test: &Expr, line: u32, holds: bool, since: usize) -> Held {
        let condition =
            Condition::Test { test: text(self.source, test), line, holds, is_earlier: false };
        Held { condition, since, names: names(test) }
    }

    fn hold(&mut self, condition: Condition) {
        self.held.push(Held { condition, since: 0, names: Vec::new() });
    }

    /// What is known to hold at a place.
    fn conditions(&self, at: usize) -> Vec<Condition> {
        let is_reset = |held: &Held| {
            let since = held.since;
            let set = self.bound.iter().filter(|(name, _)| held.names.contains(name));
            let is_left = |set: usize| {
                self.left.iter().any(|&(start, end)| start <= set && set < end && end <= at)
            };
            // In a loop that began later, what stands below has run before, too.
            let is_later = |&(_, set): &(String, usize)| {
                let mut again = self.loops.iter().filter(|(start, _)| *start >= since);
                let is_between = since <= set && set < at && !is_left(set);
                is_between || again.any(|&(start, end)| start <= set && set < end)
            };
            set.into_iter().any(is_later)
        };
        let mut found = Vec::new();
        for held in &self.held {
            let mut condition = held.condition.clone();
            if let Condition::Test { is_earlier, .. } = &mut condition {
                *is_earlier = is_reset(held);
            }
            if !found.contains(&condition) {
                found.push(condition);
            }
        }
        found
    }

    /// Walks a body in which one more condition holds.
    fn under<'a>(&mut self, held: Vec<Held>, body: &'a [Stmt])
    where
        Self: Visitor<'a>,
    {
        let before = self.held.len();
        self.held.extend(held);
        self.visit_body(body);
        self.held.truncate(before);
    }

    fn plain(condition: Condition) -> Vec<Held> {
        vec![Held { condition, since: 0, names: Vec::new() }]
    }

    /// The tests before one of the branches of an `if`, which have failed, with its own, which holds.
    fn reaching(&self, branch: &StmtIf, at: usize) -> Vec<Held> {
        let tests = branches(branch);
        let since = tests.get(at).map_or(branch.start().to_usize(), |(_, _, start)| *start);
        let mut held: Vec<Held> = tests[..at]
            .iter()
            .filter_map(|(test, _, start)| {
                test.map(|test| self.test(test, self.line(*start), false, since))
            })
            .collect();
        if let Some((Some(test), _, start)) = tests.get(at) {
            held.push(self.test(test, self.line(*start), true, test.end().to_usize()));
        }
        held
    }

    /// What holds after an `if` because its branches may leave.
    fn after_if(&mut self, branch: &StmtIf) {
        let tests = branches(branch);
        let mut exits: Vec<Exit> = tests.iter().map(|(_, body, _)| exits::of_body(body)).collect();
        if tests.last().is_none_or(|(test, ..)| test.is_some()) {
            exits.push(Exit::Never);
        }
        let leaving = exits.iter().take_while(|&&exit| exit == Exit::Always).count();
        let falls: Vec<usize> = (0..exits.len()).filter(|&at| exits[at] == Exit::Never).collect();
        let (end, line) = (branch.end().to_usize(), self.line_of(branch));
        let mut held = match falls.as_slice() {
            _ if leaving == exits.len() || falls.len() == exits.len() => Vec::new(),
            _ if exits.contains(&Exit::Sometimes) => {
                Self::plain(Condition::Passed { keyword: "if", line })
            }
            [only] => self.reaching(branch, *only),
            // The first ones leave, and all others do not.
            falls if falls.len() + leaving == exits.len() => self.failed(&tests[..leaving]),
            _ => Self::plain(Condition::Passed { keyword: "if", line }),
        };
        for (_, body, _) in tests.iter().filter(|(_, body, _)| exits::of_body(body) == Exit::Always)
        {
            if let (Some(first), Some(last)) = (body.first(), body.last()) {
                self.left.push((first.start().to_usize(), last.end().to_usize()));
            }
        }
        held.iter_mut().for_each(|one| one.since = end);
        self.held.extend(held);
    }

    fn failed(&self, tests: &[Branch<'_>]) -> Vec<Held> {
        let tests = tests.iter().filter_map(|(test, _, start)| test.map(|test| (test, *start)));
        tests.map(|(test, start)| self.test(test, self.line(start), false, start)).collect()
    }

    /// What holds after a `try` because its handlers or its body may leave.
    fn after_try(&mut self, attempt: &StmtTry) {
        let line = self.line_of(attempt);
        let rest = [&attempt.body, &attempt.orelse, &attempt.finalbody];
        let stays = |body: &[Stmt]| exits::of_body(body) == Exit::Never;
        let mut handlers = Vec::new();
        for ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
            let types = handler.type_.as_deref().map(|types| text(self.source, types));
            handlers.push((
                exits::of_body(&handler.body),
                types.unwrap_or_default(),
                self.line_of(handler),
            ));
        }
        let is_plain = rest.iter().all(|body| stays(body))
            && handlers.iter().all(|(exit, ..)| *exit != Exit::Sometimes);
        if !is_plain {
            self.hold(Condition::Passed { keyword: "try", line });
            return;
        }
        for (exit, types, line) in handlers {
            if exit == Exit::Always {
                self.hold(Condition::NotCaught { types, line });
            }
        }
    }

    /// Adds what is known after a statement.
    fn after(&mut self, stmt: &Stmt) {
        let line = self.line_of(stmt);
        let may_leave = exits::of_body(std::slice::from_ref(stmt)) != Exit::Never;
        let keyword = match stmt {
            Stmt::If(branch) => return self.after_if(branch),
            Stmt::Try(attempt) => return self.after_try(attempt),
            Stmt::Assert(assert) => {
                let held = self.test(&assert.test, line, true, stmt.end().to_usize());
                return self.held.push(held);
            }
            Stmt::For(_) => "for",
            Stmt::While(_) => "while",
            Stmt::With(_) => "with",
            Stmt::Match(_) => "match",
            _ => return,
        };
        if may_leave {
            self.hold(Condition::Passed { keyword, line });
        }
    }

    fn raised(&mut self, raised: Option<&Expr>, at: usize) {
        let (exception, message) = match raised {
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
        let (line, conditions) = (self.line(at), self.conditions(at));
        self.sites.raises.push(RaiseSite { line, exception, message, conditions });
    }
}

/// A branch: its test, none for `else`, its body, and where it begins.
type Branch<'a> = (Option<&'a Expr>, &'a [Stmt], usize);

fn branches(branch: &StmtIf) -> Vec<Branch<'_>> {
    let first = (Some(&*branch.test), &*branch.body, branch.start().to_usize());
    let others = branch.elif_else_clauses.iter();
    let others =
        others.map(|clause| (clause.test.as_ref(), &*clause.body, clause.start().to_usize()));
    std::iter::once(first).chain(others).collect()
}

impl<'a> Visitor<'a> for Walk<'_> {
    fn visit_body(&mut self, body: &'a [Stmt]) {
        let before = self.held.len();
        for stmt in body {
            self.visit_stmt(stmt);
            self.after(stmt);
        }
        self.held.truncate(before);
    }

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) if self.first_line > 0 => {}
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {
                // What decides whether a function is defined does not decide what its calls do.
                let (held, loops) =
                    (std::mem::take(&mut self.held), std::mem::take(&mut self.loops));
                walk_stmt(self, stmt);
                (self.held, self.loops) = (held, loops);
            }
            Stmt::Raise(raise) => {
                self.raised(raise.exc.as_deref(), stmt.start().to_usize());
                walk_stmt(self, stmt);
            }
            Stmt::If(branch) => {
                for (at, (test, body, _)) in branches(branch).into_iter().enumerate() {
                    if let Some(test) = test {
                        self.visit_expr(test);
                    }
                    self.guard(body);
                    let held = self.reaching(branch, at);
                    self.under(held, body);
                }
            }
            Stmt::For(each) => {
                self.visit_expr(&each.iter);
                self.visit_expr(&each.target);
                let line = self.line_of(stmt);
                self.loops.push((stmt.start().to_usize(), stmt.end().to_usize()));
                self.under(Self::plain(Condition::Loop { line }), &each.body);
                self.loops.pop();
                self.under(Self::plain(Condition::Unbroken { line }), &each.orelse);
            }
            Stmt::While(repeat) => {
                self.visit_expr(&repeat.test);
                let line = self.line_of(stmt);
                self.loops.push((stmt.start().to_usize(), stmt.end().to_usize()));
                let held = match &*repeat.test {
                    Expr::BooleanLiteral(_) | Expr::NumberLiteral(_) => {
                        Self::plain(Condition::Loop { line })
                    }
                    test => vec![self.test(test, line, true, test.end().to_usize())],
                };
                self.under(held, &repeat.body);
                self.loops.pop();
                self.under(Self::plain(Condition::Unbroken { line }), &repeat.orelse);
            }
            Stmt::With(with) => {
                let swallows = |expr: &Expr| {
                    let text = text(self.source, expr);
                    text.contains("suppress") || text.contains("raises")
                };
                let is_open = with.items.iter().any(|item| swallows(&item.context_expr));
                with.items.iter().for_each(|item| self.visit_with_item(item));
                let held = if is_open { Self::plain(Condition::Open) } else { Vec::new() };
                self.under(held, &with.body);
            }
            Stmt::Match(_) => {
                let before = self.held.len();
                self.hold(Condition::Open);
                walk_stmt(self, stmt);
                self.held.truncate(before);
            }
            Stmt::Try(attempt) => {
                self.guard(&attempt.body);
                // What is raised there may be caught there.
                let is_caught = !attempt.handlers.is_empty();
                let held = if is_caught { Self::plain(Condition::Open) } else { Vec::new() };
                self.under(held, &attempt.body);
                let mut not_caught = Vec::new();
                for ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
                    let types = handler.type_.as_deref().map(|types| text(self.source, types));
                    let (types, line) = (types.unwrap_or_default(), self.line_of(handler));
                    not_caught
                        .extend(Self::plain(Condition::NotCaught { types: types.clone(), line }));
                    self.guard(&handler.body);
                    self.under(Self::plain(Condition::Except { types, line }), &handler.body);
                }
                self.under(not_caught, &attempt.orelse);
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
mod tests;
