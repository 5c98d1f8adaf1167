//! Faults of whole statements: branches the wrong way round, a return within the loop, a missing base case, the wrong order.
//!
//! Invariant: an edit replaces whole lines or whole blocks by others with the layout of the source.

use std::ops::Range;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt, StmtIf};

use super::edit::Edit;
use crate::python::syntax::span_of;

/// Lines of a branch that somebody may mix up with another one.
const SHORT: usize = 2;

/// Adds the edits of statements in a function's body.
pub(super) fn edits(source: &str, body: &[Stmt], edits: &mut Vec<Edit>) {
    Blocks { source, edits, loops: 0 }.visit_body(body);
}

struct Blocks<'e> {
    source: &'e str,
    edits: &'e mut Vec<Edit>,
    /// How many loops of the function stand around a block.
    loops: usize,
}

impl Blocks<'_> {
    fn edit(&mut self, operator: &'static str, span: Range<usize>, replacement: String) {
        self.edits.push(Edit { operator, span, replacement });
    }

    /// The lines of statements, from the margin of the first to the newline of the last; `None` if others share them.
    fn lines(&self, from: &Stmt, to: &Stmt) -> Option<Range<usize>> {
        let start = self.source[..span_of(from).start].rfind('\n').map_or(0, |at| at + 1);
        let end = span_of(to).end;
        let end = self.source[end..].find('\n').map_or(self.source.len(), |at| end + at + 1);
        let before = &self.source[start..span_of(from).start];
        let after = self.source[span_of(to).end..end].trim();
        let alone = before.trim().is_empty() && (after.is_empty() || after.starts_with('#'));
        // Lines of a text in triple quotes cannot be moved to another margin.
        let text = &self.source[start..end];
        (alone && text.ends_with('\n') && !text.contains("\"\"\"") && !text.contains("'''"))
            .then_some(start..end)
    }

    fn margin(&self, stmt: &Stmt) -> usize {
        let start = span_of(stmt).start;
        start - self.source[..start].rfind('\n').map_or(0, |at| at + 1)
    }

    /// Lines with another margin.
    fn moved(&self, lines: Range<usize>, from: usize, to: usize) -> String {
        let line = |line: &str| match line.get(..from) {
            Some(margin) if margin.trim().is_empty() => {
                format!("{}{}", " ".repeat(to), &line[from..])
            }
            Some(_) | None => line.to_owned(),
        };
        self.source[lines].split_inclusive('\n').map(line).collect()
    }

    /// `if` and `else` with each other's statements.
    fn swapped_branches(&mut self, branch: &StmtIf) {
        let [other] = &*branch.elif_else_clauses else { return };
        let ([first, ..], [.., last]) = (&*branch.body, &*branch.body) else { return };
        let ([second, ..], [.., end], None) = (&*other.body, &*other.body, &other.test) else {
            return;
        };
        let (Some(one), Some(two)) = (self.lines(first, last), self.lines(second, end)) else {
            return;
        };
        if self.margin(first) != self.margin(second) {
            return;
        }
        let is_short = |lines: &Range<usize>| self.source[lines.clone()].lines().count() <= SHORT;
        if !is_short(&one) || !is_short(&two) {
            return;
        }
        let parts = [two.clone(), one.end..two.start, one.clone()];
        let swapped: String = parts.map(|part| &self.source[part]).concat();
        self.edit("swapped_branches", one.start..two.end, swapped);
    }

    /// `elif` that is an `if` of its own.
    fn chained(&mut self, branch: &StmtIf) {
        for clause in &branch.elif_else_clauses {
            if clause.test.is_some() {
                let start = span_of(clause).start;
                self.edit("elif_as_if", start..start + "elif".len(), "if".into());
            }
        }
    }

    /// Two neighbours: the wrong order, an `elif` for an `if`, a statement that slipped into a loop or out of it.
    fn neighbours(&mut self, one: &Stmt, two: &Stmt, is_last: bool) {
        let (Some(first), Some(second)) = (self.lines(one, one), self.lines(two, two)) else {
            return;
        };
        if first.end != second.start {
            return; // A blank line or a comment separates them.
        }
        if is_simple(one) && is_simple(two) && !is_docstring(one) {
            let swapped =
                format!("{}{}", &self.source[second.clone()], &self.source[first.clone()]);
            self.edit("wrong_order", first.start..second.end, swapped);
        }
        if let (Stmt::If(before), Stmt::If(after)) = (one, two)
            && before.elif_else_clauses.iter().all(|clause| clause.test.is_some())
        {
            let start = span_of(after).start;
            self.edit("if_as_elif", start..start + "if".len(), "elif".into());
        }
        let block: Option<&[Stmt]> = match one {
            Stmt::For(each) if each.orelse.is_empty() => Some(&each.body),
            Stmt::While(each) if each.orelse.is_empty() => Some(&each.body),
            Stmt::If(branch) if branch.elif_else_clauses.is_empty() => Some(&branch.body),
            _ => None,
        };
        let is_loop = !one.is_if_stmt();
        if let Some([inner, ..]) = block {
            let (margin, deeper) = (self.margin(two), self.margin(inner));
            if is_simple(two) || two.is_return_stmt() {
                let name = match two {
                    Stmt::Return(_) if is_loop => "early_return",
                    _ => "moved_in",
                };
                // What ends a function is not missed at its end: it returns None.
                if !two.is_return_stmt() || is_loop || !is_last {
                    let text = self.moved(second.clone(), margin, deeper);
                    self.edit(name, second, text);
                }
            }
        }
    }

    /// The last statement of a block, which slipped out of it.
    fn moved_out(&mut self, stmt: &Stmt, block: &[Stmt]) {
        let [.., before, last] = block else { return };
        let Some(lines) = self.lines(last, last) else { return };
        if self.margin(before) == self.margin(last) && (is_simple(last) || last.is_return_stmt()) {
            let (from, to) = (self.margin(last), self.margin(stmt));
            if from > to {
                let text = self.moved(lines.clone(), from, to);
                self.edit("moved_out", lines, text);
            }
        }
    }

    /// A guard at the beginning of a function or of a loop that was forgotten.
    fn missing_guard(&mut self, stmt: &Stmt) {
        let Stmt::If(branch) = stmt else { return };
        let ([Stmt::Return(_) | Stmt::Continue(_)], true) =
            (&*branch.body, branch.elif_else_clauses.is_empty())
        else {
            return;
        };
        if let Some(lines) = self.lines(stmt, stmt) {
            let name = if self.loops == 0 { "missing_base_case" } else { "missing_guard" };
            self.edit(name, lines, String::new());
        }
    }

    /// `+=` that is a plain `=`, and the other way round.
    fn accumulator(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::AugAssign(node) => {
                let gap = span_of(&*node.target).end..span_of(&*node.value).start;
                let token = format!("{}=", node.op.as_str());
                if self.loops > 0
                    && let Some(at) = self.source[gap.clone()].find(&token)
                {
                    let start = gap.start + at;
                    self.edit("lost_accumulation", start..start + token.len(), "=".into());
                }
            }
            Stmt::Assign(node) if self.loops > 0 => {
                let [target @ Expr::Name(name)] = &*node.targets else { return };
                // What is made of the old value is not added to it.
                let value = &self.source[span_of(&*node.value)];
                let is_part = |c: char| !(c.is_alphanumeric() || c == '_');
                if value.split(is_part).any(|word| word == name.id.as_str()) {
                    return;
                }
                let gap = span_of(target).end..span_of(&*node.value).start;
                if let Some(at) = self.source[gap.clone()].find('=') {
                    let start = gap.start + at;
                    self.edit("added_accumulation", start..start + 1, "+=".into());
                }
            }
            _ => {}
        }
    }
}

impl<'a> Visitor<'a> for Blocks<'_> {
    fn visit_body(&mut self, body: &'a [Stmt]) {
        for (at, pair) in body.windows(2).enumerate() {
            self.neighbours(&pair[0], &pair[1], at + 2 == body.len());
        }
        if body.len() > 1 {
            for stmt in &body[..body.len() - 1] {
                self.missing_guard(stmt);
            }
        }
        visitor::walk_body(self, body);
    }

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.accumulator(stmt);
        match stmt {
            Stmt::If(branch) => {
                self.swapped_branches(branch);
                self.chained(branch);
                if branch.elif_else_clauses.is_empty() {
                    self.moved_out(stmt, &branch.body);
                }
            }
            Stmt::For(each) => self.moved_out(stmt, &each.body),
            Stmt::While(each) => self.moved_out(stmt, &each.body),
            _ => {}
        }
        let is_loop = stmt.is_for_stmt() || stmt.is_while_stmt();
        self.loops += usize::from(is_loop);
        visitor::walk_stmt(self, stmt);
        self.loops -= usize::from(is_loop);
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

fn is_docstring(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Expr(one) if one.value.is_string_literal_expr())
}

/// A statement of one line that can stand in another order.
fn is_simple(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Assign(_) | Stmt::AugAssign(_) | Stmt::AnnAssign(_))
        || matches!(stmt, Stmt::Expr(one) if one.value.is_call_expr())
}
