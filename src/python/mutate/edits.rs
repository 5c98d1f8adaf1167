//! Finds the places of a function's body that can be changed, and what each can become.
//!
//! Invariant: an edit replaces one span of the text; whether the result parses is for the caller to see.

use std::ops::Range;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprCall, Number, Operator, Stmt, UnaryOp};
use ruff_text_size::Ranged;

use super::Faults;
use super::tables::{COMPARISONS, METHODS, OPERATORS, SWAPPED_FUNCTIONS, WRAPPERS};
use crate::python::naming::by_name;
use crate::python::syntax::span_of;
use crate::python::types::Type;

/// One change of the text.
pub(super) struct Edit {
    /// The kind of edit, in snake case.
    pub operator: &'static str,
    pub span: Range<usize>,
    pub replacement: String,
}

/// Lists the edits of a function's body in the order of the text; `variables` are the names that the function binds.
pub(super) fn edits(
    source: &str,
    variables: &[String],
    body: &[Stmt],
    faults: Faults,
) -> Vec<Edit> {
    let mut editor = Editor { source, variables, faults, edits: Vec::new() };
    editor.visit_body(body);
    editor.edits.sort_by_key(|edit| edit.span.start);
    editor.edits
}

struct Editor<'e> {
    source: &'e str,
    variables: &'e [String],
    faults: Faults,
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
                self.edit("comparison", span.clone(), *swap);
            }
        }
    }

    fn binary(&mut self, left: &Expr, op: Operator, right: &Expr) {
        // Arithmetic on texts and lists would only fail to run.
        let is_text = |expr: &Expr| {
            matches!(
                expr,
                Expr::StringLiteral(_)
                    | Expr::FString(_)
                    | Expr::List(_)
                    | Expr::ListComp(_)
                    | Expr::BytesLiteral(_)
            )
        };
        if is_text(left) || is_text(right) {
            return;
        }
        let Some((token, swaps)) = OPERATORS.iter().find(|(token, _)| *token == op.as_str()) else {
            return;
        };
        if let Some(span) = self.operator(left, right, token) {
            for swap in *swaps {
                self.edit("arithmetic", span.clone(), *swap);
            }
        }
    }

    fn integer(&mut self, expr: &Expr, operator: &'static str) {
        let Expr::NumberLiteral(literal) = expr else { return };
        let Number::Int(value) = &literal.value else { return };
        let Some(value) = value.as_u64().filter(|value| *value < u64::MAX) else { return };
        let span = span_of(literal);
        self.edit(operator, span.clone(), (value + 1).to_string());
        if value > 0 {
            self.edit(operator, span, (value - 1).to_string());
        }
    }

    /// One more and one less than an index or bound; integer literals become other literals.
    fn off_by_one(&mut self, expr: &Expr, operator: &'static str) {
        match expr {
            Expr::NumberLiteral(_) => self.integer(expr, operator),
            Expr::Name(_)
            | Expr::Attribute(_)
            | Expr::Call(_)
            | Expr::Subscript(_)
            | Expr::BinOp(_) => {
                let text = self.text(expr).to_owned();
                let simple = !matches!(expr, Expr::BinOp(binary) if !matches!(binary.op, Operator::Add | Operator::Sub));
                let text = if simple { text } else { format!("({text})") };
                self.edit(operator, span_of(expr), format!("{text} + 1"));
                self.edit(operator, span_of(expr), format!("{text} - 1"));
            }
            _ => {}
        }
    }

    fn condition(&mut self, test: &Expr) {
        // `not x` loses its `not` elsewhere, which is the same fault.
        if !matches!(test, Expr::UnaryOp(unary) if unary.op == UnaryOp::Not) {
            self.edit("negated_condition", span_of(test), format!("not ({})", self.text(test)));
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

    fn call(&mut self, call: &ExprCall) {
        let args = &*call.arguments.args;
        let plain = call.arguments.keywords.is_empty() && !args.iter().any(Expr::is_starred_expr);
        match (&*call.func, args) {
            (Expr::Name(function), _) => {
                let name = function.id.as_str();
                if let Some((_, other)) = SWAPPED_FUNCTIONS.iter().find(|(one, _)| *one == name) {
                    self.edit("swapped_function", span_of(function), *other);
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
                    let inner = self.text(inner).to_owned();
                    self.edit("removed_call", span_of(call), format!("({inner})"));
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
        let ordered = !matches!(&*call.func, Expr::Name(name) if match name.id.as_str() {
            "isinstance" | "print" => true,
            "max" | "min" => args.len() == 2,
            _ => false,
        });
        if let ([first, second, ..], true) = (args, plain && ordered) {
            let between = &self.source[span_of(first).end..span_of(second).start];
            if without_comments(between).trim() == "," {
                let swapped = format!("{}{between}{}", self.text(second), self.text(first));
                self.edit("swapped_arguments", span_of(first).start..span_of(second).end, swapped);
            }
        }
    }
}

impl<'a> Visitor<'a> for Editor<'_> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_decorator(&mut self, _: &'a ruff_python_ast::Decorator) {}

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.deleted(stmt);
        match stmt {
            Stmt::If(node) => {
                self.condition(&node.test);
                self.fixed(&node.test);
            }
            Stmt::While(node) => self.condition(&node.test),
            Stmt::Break(node) => self.edit("swapped_jump", span_of(node), "continue"),
            Stmt::Continue(node) => self.edit("swapped_jump", span_of(node), "break"),
            Stmt::Return(node) => {
                if let Some(Expr::Name(name)) = node.value.as_deref() {
                    let others = self
                        .variables
                        .iter()
                        .filter(|other| other.as_str() != name.id.as_str())
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
            Expr::BinOp(node) => self.binary(&node.left, node.op, &node.right),
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
                Expr::Name(name) if by_name(&name.id) != Some(Type::Int) => {}
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
    }
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
