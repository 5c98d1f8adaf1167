//! Finds the places of a function's body that can be changed, and what each can become.
//!
//! Invariant: an edit replaces one span of the text; whether the result parses is for the caller to see.

use std::ops::Range;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    BoolOp, CmpOp, Expr, ExprBinOp, ExprCall, Keyword, Number, Operator, Parameters, Stmt, UnaryOp,
};
use ruff_text_size::Ranged;

use super::Faults;
use super::edit::Edit;
use super::numbers::Numbers;
use super::roles::Roles;
use super::statements;
use super::tables::{
    COMPARISONS, METHODS, OPERATORS, WRAPPED, WRAPPERS, is_opposite, mistaken_for,
};
use crate::python::syntax::span_of;

/// Lists the edits of a function's body in the order of the text; `variables` are the names that the function binds.
pub(super) fn edits(
    source: &str,
    variables: &[String],
    parameters: &Parameters,
    body: &[Stmt],
    faults: Faults,
) -> Vec<Edit> {
    // The source tells how it is written: `a+1`, or `a + 1`.
    let compact = body.iter().any(|stmt| has_compact_operator(source, stmt));
    let gap = if compact { "" } else { " " };
    let constants = constants(body);
    let roles = Roles::of(body);
    let numbers = Numbers::of(parameters, body);
    let edits = Vec::new();
    let mut editor = Editor { source, variables, faults, gap, constants, roles, numbers, edits };
    editor.visit_body(body);
    statements::edits(source, body, &mut editor.edits);
    editor.edits.sort_by_key(|edit| edit.span.start);
    editor.edits
}

struct Editor<'e> {
    source: &'e str,
    variables: &'e [String],
    faults: Faults,
    /// What stands around operators of arithmetic.
    gap: &'static str,
    /// The short texts that the function names.
    constants: Vec<String>,
    roles: Roles,
    numbers: Numbers,
    edits: Vec<Edit>,
}

impl Editor<'_> {
    fn edit(&mut self, operator: &'static str, span: Range<usize>, replacement: impl Into<String>) {
        self.edits.push(Edit { operator, span, replacement: replacement.into() });
    }

    fn text(&self, node: &impl Ranged) -> &str {
        &self.source[span_of(node)]
    }

    /// The place of an operator between two operands; both words of `not in` and `is not`.
    fn operator(&self, left: &Expr, right: &Expr, token: &str) -> Option<Range<usize>> {
        let gap = span_of(left).end..span_of(right).start;
        let text = without_comments(self.source.get(gap.clone())?);
        let first = token.split(' ').next()?;
        let last = token.rsplit(' ').next()?;
        let start = text.find(first)?;
        let end = start + text[start..].rfind(last)? + last.len();
        // `<` also begins `<=` and `<<`, but the tree has already distinguished them.
        Some(gap.start + start..gap.start + end)
    }

    fn comparison(&mut self, left: &Expr, op: CmpOp, right: &Expr) {
        let Some((token, swaps)) = COMPARISONS.iter().find(|(token, _)| *token == op.as_str())
        else {
            return;
        };
        if let Some(span) = self.operator(left, right, token) {
            for swap in *swaps {
                // Nobody writes the very opposite of what is meant.
                if self.faults == Faults::All || !is_opposite(token, swap) {
                    self.edit("comparison", span.clone(), *swap);
                }
            }
        }
    }

    fn binary(&mut self, left: &Expr, op: Operator, right: &Expr) {
        let between = &self.source[span_of(left).end..span_of(right).start];
        let is_ordered = matches!(
            op,
            Operator::Sub | Operator::Div | Operator::FloorDiv | Operator::Mod | Operator::Add
        );
        let is_simple = |expr: &Expr| {
            !matches!(
                expr,
                Expr::BinOp(_) | Expr::UnaryOp(_) | Expr::If(_) | Expr::NumberLiteral(_)
            )
        };
        // `"a %s" % b` and `a + 1` are written in one order only; sums differ by their order if they are texts or lists.
        if is_ordered
            && is_simple(left)
            && is_simple(right)
            && !between.contains([')', '(', '#', '\n'])
            && !(is_text(left) && op == Operator::Mod)
            && ![left, right].into_iter().any(is_mark)
        {
            let swapped = format!("{}{between}{}", self.text(right), self.text(left));
            self.edit("swapped_operands", span_of(left).start..span_of(right).end, swapped);
        }
        // Arithmetic on texts and lists would only fail to run.
        if is_text(left) || is_text(right) {
            return;
        }
        let Some((token, swaps)) = OPERATORS.iter().find(|(token, _)| *token == op.as_str()) else {
            return;
        };
        if let Some(span) = self.operator(left, right, token) {
            // `n * 1` nobody writes.
            let adds_one = matches!(op, Operator::Add | Operator::Sub) && is_one(right);
            for swap in *swaps {
                if adds_one && self.faults == Faults::Plausible && !["+", "-"].contains(swap) {
                    continue;
                }
                self.edit("arithmetic", span.clone(), *swap);
            }
        }
    }

    fn integer(&mut self, expr: &Expr, operator: &'static str) {
        let Expr::NumberLiteral(literal) = expr else { return };
        let Number::Int(value) = &literal.value else { return };
        let Some(value) = value.as_u64().filter(|value| *value < u64::MAX) else { return };
        for near in near(value) {
            self.edit(operator, span_of(literal), near.to_string());
        }
    }

    /// One more and one less than an index or bound; literals become other literals, and what is one off already loses that.
    fn off_by_one(&mut self, expr: &Expr, operator: &'static str) {
        let text = self.text(expr).to_owned();
        let text = match expr {
            Expr::NumberLiteral(_) => return self.integer(expr, operator),
            // It loses its one elsewhere.
            Expr::BinOp(sum)
                if matches!(sum.op, Operator::Add | Operator::Sub) && is_one(&sum.right) =>
            {
                return;
            }
            Expr::BinOp(binary) => match binary.op {
                Operator::BitAnd | Operator::BitOr | Operator::BitXor => return,
                Operator::LShift | Operator::RShift => format!("({text})"),
                Operator::Add | Operator::Sub | Operator::Mult | Operator::MatMult => text,
                Operator::Div | Operator::FloorDiv | Operator::Mod | Operator::Pow => text,
            },
            Expr::Name(_) | Expr::Attribute(_) | Expr::Call(_) | Expr::Subscript(_) => text,
            // `-1` counts from the end: nobody writes `[::-0]` for it.
            _ => return,
        };
        let gap = self.gap;
        self.edit(operator, span_of(expr), format!("{text}{gap}+{gap}1"));
        self.edit(operator, span_of(expr), format!("{text}{gap}-{gap}1"));
    }

    /// `x + 1` and `x - 1` without their one, which is the inverse of being one off.
    fn lost_one(&mut self, left: &Expr, op: Operator, whole: &Expr, right: &Expr) {
        if matches!(op, Operator::Add | Operator::Sub) && is_one(right) && !is_text(left) {
            let lost = self.source[whole.start().to_usize()..left.end().to_usize()].to_owned();
            if lost.matches('(').count() == lost.matches(')').count() {
                self.edit("lost_one", span_of(whole), lost);
            }
        }
    }

    /// Takes back the edit of `n + 1` to `n + 0`: that one is lost is a fault of its own.
    fn without_added_zero(&mut self, expr: &Expr) {
        let Expr::BinOp(node) = expr else { return };
        let adds_one = matches!(node.op, Operator::Add | Operator::Sub) && is_one(&node.right);
        if adds_one && self.faults == Faults::Plausible {
            let one = span_of(&*node.right);
            self.edits.retain(|edit| edit.span != one || edit.replacement != "0");
        }
    }

    /// Takes back the edits by which a variable would be set to itself: `r = r` nobody writes.
    fn without_self_assignment(&mut self, stmt: &Stmt) {
        let Stmt::Assign(node) = stmt else { return };
        if let ([target], Faults::Plausible) = (&*node.targets, self.faults) {
            let (value, target) = (span_of(&*node.value), self.text(target).to_owned());
            self.edits.retain(|edit| edit.span != value || edit.replacement != target);
        }
    }

    fn condition(&mut self, test: &Expr) {
        // Of comparisons and of `not x` the same fault is made elsewhere, and `not (x)` nobody writes.
        if self.faults == Faults::All
            && matches!(
                test,
                Expr::Name(_) | Expr::Call(_) | Expr::Attribute(_) | Expr::Subscript(_)
            )
        {
            self.edit("added_not", span_of(test), format!("not {}", self.text(test)));
        }
    }

    /// A condition that decides nothing.
    fn fixed(&mut self, test: &Expr) {
        if self.faults == Faults::All && !test.is_boolean_literal_expr() {
            for value in ["True", "False"] {
                self.edit("fixed_condition", span_of(test), value);
            }
        }
    }

    /// A statement that is left out.
    fn deleted(&mut self, stmt: &Stmt) {
        let does_something = match stmt {
            Stmt::Expr(statement) => statement.value.is_call_expr(),
            Stmt::AugAssign(_) | Stmt::Raise(_) | Stmt::Delete(_) => true,
            _ => false,
        };
        if self.faults == Faults::All && does_something {
            self.edit("deleted_statement", span_of(stmt), "pass");
        }
    }

    /// `(a + b) * c` without its parentheses, and `a + b * c` with some.
    fn precedence(&mut self, node: &ExprBinOp) {
        let Some(level) = binding(node.op) else { return };
        for (side, other, is_left) in
            [(&node.left, &node.right, true), (&node.right, &node.left, false)]
        {
            let Expr::BinOp(inner) = &**side else { continue };
            let Some(inner_level) = binding(inner.op) else { continue };
            let (start, end) = (span_of(&**side).start, span_of(&**side).end);
            let has_parentheses =
                self.source[..start].ends_with('(') && self.source[end..].starts_with(')');
            if has_parentheses && inner_level < level && !self.text(&**side).contains('\n') {
                let text = self.text(&**side).to_owned();
                self.edit("precedence", start - 1..end + 1, text);
            } else if !has_parentheses && level == 1 && inner_level == 2 && !is_text(other) {
                // `a + b * c`: the sum of the two that stand next to each other.
                let span = if is_left {
                    span_of(&*inner.right).start..span_of(&*node.right).end
                } else {
                    span_of(&*node.left).start..span_of(&*inner.left).end
                };
                let text = &self.source[span.clone()];
                if text.matches('(').count() == text.matches(')').count() && !text.contains('\n') {
                    let text = format!("({text})");
                    self.edit("precedence", span, text);
                }
            }
        }
    }

    /// A text in the place of another one of the function: a wrong key, a wrong result.
    fn constant(&mut self, expr: &Expr, text: &str) {
        if !self.constants.iter().any(|known| known == text) {
            return;
        }
        let written = self.text(expr).to_owned();
        let quote = written.chars().next().filter(|first| matches!(first, '\'' | '"'));
        let Some(quote) = quote.filter(|_| !written.contains('\n')) else { return };
        let is_plain = |other: &&String| {
            *other != text
                && is_word(other) == is_word(text)
                && text.is_empty() == other.is_empty()
                && other
                    .chars()
                    .all(|c| c == ' ' || c.is_ascii_graphic() && c != '\\' && c != quote)
        };
        let others: Vec<String> = self.constants.iter().filter(is_plain).take(3).cloned().collect();
        for other in others {
            self.edit("wrong_text", span_of(expr), format!("{quote}{other}{quote}"));
        }
    }

    fn call(&mut self, call: &ExprCall) {
        let args = &*call.arguments.args;
        let plain = call.arguments.keywords.is_empty() && !args.iter().any(Expr::is_starred_expr);
        match (&*call.func, args) {
            (Expr::Name(function), _) => {
                let name = function.id.as_str();
                for other in mistaken_for(name) {
                    self.edit("swapped_function", span_of(function), other);
                }
                if let (Some((_, around)), [inner @ (Expr::Name(_) | Expr::Attribute(_))], true) =
                    (WRAPPED.iter().find(|(one, _)| *one == name), args, plain)
                {
                    let inner_text = self.text(inner).to_owned();
                    self.edit("added_call", span_of(inner), format!("{around}({inner_text})"));
                }
                if let ("range", true) = (name, plain) {
                    // The bound that excludes is the one most often wrong.
                    match args {
                        [stop] => self.off_by_one(stop, "range_bound"),
                        [start, stop, ..] => {
                            self.off_by_one(start, "range_bound");
                            self.off_by_one(stop, "range_bound");
                        }
                        [] => {}
                    }
                }
                if let ([inner, ..], true) = (args, WRAPPERS.contains(&name)) {
                    let is_single = !matches!(
                        inner,
                        Expr::BinOp(_)
                            | Expr::BoolOp(_)
                            | Expr::Compare(_)
                            | Expr::UnaryOp(_)
                            | Expr::If(_)
                            | Expr::Generator(_)
                            | Expr::Lambda(_)
                    );
                    let inner = self.text(inner).to_owned();
                    let span = span_of(call);
                    let is_bare = is_single || self.is_delimited(&span);
                    let inner = if is_bare { inner } else { format!("({inner})") };
                    self.edit("removed_call", span, inner);
                }
            }
            (Expr::Attribute(method), _) if mistaken_for(&method.attr).next().is_some() => {
                for other in mistaken_for(&method.attr) {
                    self.edit("swapped_function", span_of(&method.attr), other);
                }
                if METHODS.contains(&method.attr.as_str()) && args.is_empty() {
                    let object =
                        self.source[span_of(call).start..span_of(&*method.value).end].to_owned();
                    self.edit("removed_call", span_of(call), object);
                }
            }
            (Expr::Attribute(method), _) if METHODS.contains(&method.attr.as_str()) => {
                let object = self.text(&*method.value).to_owned();
                // The object keeps its own parentheses only if they are outside its span.
                let object = if self.source[span_of(&*method.value).end..].starts_with(')') {
                    format!("({object})")
                } else {
                    object
                };
                self.edit("removed_call", span_of(call), object);
            }
            _ => {}
        }
        // `isinstance(int, x)` only fails to run, the order of printed output is not a fault of the function, and the larger of two
        // values is the same in any order.
        let ordered = match &*call.func {
            Expr::Name(name) => match name.id.as_str() {
                "isinstance" | "issubclass" | "print" | "getattr" | "hasattr" | "setattr"
                | "map" | "filter" | "reduce" => false,
                "max" | "min" => args.len() != 2,
                _ => true,
            },
            Expr::Attribute(method) => !["strptime", "fromkeys"].contains(&method.attr.as_str()),
            _ => true,
        };
        if let ([first, second, ..], true) = (args, plain && ordered) {
            let between = &self.source[span_of(first).end..span_of(second).start];
            let is_short = |expr: &Expr| span_of(expr).len() <= 24;
            if between.trim_end_matches(' ') == "," && is_short(first) && is_short(second) {
                let swapped = format!("{}{between}{}", self.text(second), self.text(first));
                self.edit("swapped_arguments", span_of(first).start..span_of(second).end, swapped);
            }
        }
    }

    /// Whether an expression is all that is returned or assigned, or all that stands between parentheses.
    fn is_delimited(&self, span: &Range<usize>) -> bool {
        let (before, after) = (&self.source[..span.start], &self.source[span.end..]);
        let is_value = before.ends_with("return ") || before.ends_with(" = ");
        let is_last = after.is_empty() || after.starts_with('\n');
        (is_value && is_last) || (before.ends_with('(') && after.starts_with(')'))
    }
}

impl<'a> Visitor<'a> for Editor<'_> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_keyword(&mut self, keyword: &'a Keyword) {
        // `key=key` names its argument: nobody takes another one there.
        let is_named = keyword.arg.as_ref().is_some_and(
            |arg| matches!(&keyword.value, Expr::Name(name) if name.id.as_str() == arg.as_str()),
        );
        if !is_named || self.faults == Faults::All {
            visitor::walk_keyword(self, keyword);
        }
    }

    fn visit_decorator(&mut self, _: &'a ruff_python_ast::Decorator) {}

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.deleted(stmt);
        match stmt {
            Stmt::If(node) => {
                self.condition(&node.test);
                self.fixed(&node.test);
            }
            // A loop that never begins, or never ends, is noticed at once.
            Stmt::While(node) if self.faults == Faults::All => self.condition(&node.test),
            Stmt::Break(node) => self.edit("swapped_jump", span_of(node), "continue"),
            Stmt::Continue(node) => self.edit("swapped_jump", span_of(node), "break"),
            Stmt::Return(node) => {
                if let Some(Expr::Name(name)) = node.value.as_deref() {
                    let others = self
                        .variables
                        .iter()
                        .filter(|other| other.as_str() != name.id.as_str())
                        .filter(|other| {
                            self.faults == Faults::All || self.roles.is_result_like(&name.id, other)
                        })
                        .take(2);
                    for other in others.cloned().collect::<Vec<_>>() {
                        self.edit("returned_variable", span_of(name), other);
                    }
                }
            }
            Stmt::AugAssign(node) => {
                let token = format!("{}=", node.op.as_str());
                let text = matches!(
                    &*node.value,
                    Expr::StringLiteral(_) | Expr::FString(_) | Expr::List(_)
                );
                if let (Some((_, swaps)), false) =
                    (OPERATORS.iter().find(|(op, _)| *op == node.op.as_str()), text)
                    && let Some(span) = self.operator(&node.target, &node.value, &token)
                    && let Some(swap) = swaps.first()
                {
                    self.edit("augmented_assignment", span, format!("{swap}="));
                }
            }
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
        self.without_self_assignment(stmt);
    }

    fn visit_elif_else_clause(&mut self, clause: &'a ruff_python_ast::ElifElseClause) {
        if let Some(test) = &clause.test {
            self.condition(test);
            self.fixed(test);
        }
        visitor::walk_elif_else_clause(self, clause);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Compare(node) => {
                let operands: Vec<&Expr> =
                    std::iter::once(&*node.left).chain(&node.comparators).collect();
                for (pair, op) in operands.windows(2).zip(&node.ops) {
                    self.comparison(pair[0], *op, pair[1]);
                }
            }
            Expr::BinOp(node) => {
                self.binary(&node.left, node.op, &node.right);
                self.lost_one(&node.left, node.op, expr, &node.right);
                self.precedence(node);
            }
            Expr::StringLiteral(node) => self.constant(expr, node.value.to_str()),
            Expr::Name(node) if node.ctx.is_load() => {
                // Variables are confused with each other, parameters mostly.
                let others: Vec<String> = self
                    .variables
                    .iter()
                    .filter(|other| *other != node.id.as_str())
                    .filter(|other| {
                        self.faults == Faults::All || self.roles.are_alike(&node.id, other)
                    })
                    .cloned()
                    .collect();
                if self.variables.iter().any(|name| name == node.id.as_str()) {
                    for other in others {
                        self.edit("wrong_variable", span_of(node), other);
                    }
                }
            }
            Expr::BoolOp(node) => {
                let (token, swap) =
                    if node.op == BoolOp::And { ("and", "or") } else { ("or", "and") };
                for pair in node.values.windows(2) {
                    if let Some(span) = self.operator(&pair[0], &pair[1], token) {
                        self.edit("logic", span, swap);
                    }
                }
            }
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => {
                let start = span_of(node).start;
                let word_end = start + "not".len();
                let space = self.source[word_end..].starts_with(' ');
                self.edit("dropped_not", start..word_end + usize::from(space), "");
            }
            Expr::If(node) => {
                let swapped = [
                    self.text(&*node.orelse),
                    &self.source[span_of(&*node.body).end..span_of(&*node.orelse).start],
                    self.text(&*node.body),
                ]
                .concat();
                if !node.orelse.is_if_expr() {
                    self.edit("swapped_branches", span_of(expr), swapped);
                }
                self.condition(&node.test);
                self.fixed(&node.test);
            }
            Expr::BooleanLiteral(node) => {
                self.edit("boolean", span_of(node), if node.value { "False" } else { "True" });
            }
            Expr::NumberLiteral(_) => self.integer(expr, "integer"),
            // A name that is not an index is most likely a key, and adding to a key only fails to
            // run.
            Expr::Subscript(node) => match &*node.slice {
                Expr::Name(name) if !self.numbers.has(&name.id) => {}
                Expr::Name(_) | Expr::NumberLiteral(_) | Expr::BinOp(_) => {
                    self.off_by_one(&node.slice, "index");
                }
                _ => {}
            },
            Expr::Slice(node) => {
                for bound in [&node.lower, &node.upper].into_iter().flatten() {
                    self.off_by_one(bound, "index");
                }
            }
            Expr::Call(node) => self.call(node),
            _ => {}
        }
        visitor::walk_expr(self, expr);
        self.without_added_zero(expr);
    }
}

/// The numbers that are written for another by mistake.
fn near(value: u64) -> Vec<u64> {
    match value {
        0..=12 => [value + 1].into_iter().chain(value.checked_sub(1)).collect(),
        // A limit and the number below it.
        _ if (value + 1).is_power_of_two() || value % 10 == 9 => vec![value + 1],
        _ if value.is_power_of_two() => vec![value - 1],
        _ if value.is_multiple_of(10) => vec![value / 10, value.saturating_mul(10)],
        _ => vec![value + 1, value - 1],
    }
}

/// Whether a text is made of letters and digits, as names and keys are.
fn is_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Whether an expression is a bracket or a quotation mark: it has its side of what it goes with.
fn is_mark(expr: &Expr) -> bool {
    let Expr::StringLiteral(node) = expr else { return false };
    let text = node.value.to_str();
    !text.is_empty() && text.chars().all(|c| "()[]{}<>'\"`".contains(c))
}

fn is_one(expr: &Expr) -> bool {
    matches!(expr, Expr::NumberLiteral(literal) if matches!(&literal.value, Number::Int(value) if value.as_u64() == Some(1)))
}

fn is_text(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::StringLiteral(_)
            | Expr::FString(_)
            | Expr::List(_)
            | Expr::ListComp(_)
            | Expr::BytesLiteral(_)
    )
}

/// How close an operator binds; only of those that people get wrong.
fn binding(op: Operator) -> Option<u32> {
    match op {
        Operator::Add | Operator::Sub => Some(1),
        Operator::Mult | Operator::Div | Operator::FloorDiv | Operator::Mod => Some(2),
        Operator::MatMult | Operator::Pow | Operator::LShift | Operator::RShift => None,
        Operator::BitOr | Operator::BitXor | Operator::BitAnd => None,
    }
}

/// Whether a statement has an operator of arithmetic without spaces around it.
fn has_compact_operator(source: &str, stmt: &Stmt) -> bool {
    struct Found<'s>(&'s str, bool);
    impl<'a> Visitor<'a> for Found<'_> {
        fn visit_expr(&mut self, expr: &'a Expr) {
            if let Expr::BinOp(node) = expr {
                let between = &self.0[span_of(&*node.left).end..span_of(&*node.right).start];
                self.1 |= between == node.op.as_str();
            }
            visitor::walk_expr(self, expr);
        }
    }
    let mut found = Found(source, false);
    found.visit_stmt(stmt);
    found.1
}

/// The short texts that stand in statements other than docstrings.
fn constants(body: &[Stmt]) -> Vec<String> {
    struct Found(Vec<String>);
    impl<'a> Visitor<'a> for Found {
        fn visit_annotation(&mut self, _: &'a Expr) {}
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            let is_message = stmt.is_raise_stmt() || stmt.is_assert_stmt();
            let is_docstring =
                matches!(stmt, Stmt::Expr(one) if one.value.is_string_literal_expr());
            if !is_message && !is_docstring {
                visitor::walk_stmt(self, stmt);
            }
        }
        fn visit_expr(&mut self, expr: &'a Expr) {
            if let Expr::StringLiteral(node) = expr {
                let text = node.value.to_str();
                if text.len() <= 12 && !self.0.iter().any(|known| known == text) {
                    self.0.push(text.to_owned());
                }
            }
            visitor::walk_expr(self, expr);
        }
    }
    let mut found = Found(Vec::new());
    found.visit_body(body);
    found.0
}

/// The same text with comments blanked out, so that offsets stay.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let code = line.find('#').map_or(line, |start| &line[..start]);
        out.push_str(code);
        out.push_str(&" ".repeat(line.len() - code.len()));
    }
    out
}
