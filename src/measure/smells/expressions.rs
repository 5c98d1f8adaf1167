//! Smells of expressions: pylint's `comparison`, `recommendation`, `refactoring` and `strings` checkers.
//!
//! Invariant: a name of a builtin is taken for the builtin; pylint asks its inference.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{
    BoolOp, CmpOp, Expr, ExprBinOp, ExprBoolOp, ExprCall, ExprCompare, Operator, Stmt, StmtFor,
};
use ruff_text_size::Ranged;

use super::Found;

/// Keywords of one call that are looked for in a format.
const MAX_KEYWORDS: usize = 100;

pub(super) fn check(source: &str, body: &[Stmt], found: &mut Found) {
    Walk { source, found }.visit_body(body);
}

/// Whether an expression calls anything.
pub(super) fn has_call(expr: &Expr) -> bool {
    struct Found(bool);
    impl Visitor<'_> for Found {
        fn visit_expr(&mut self, expr: &Expr) {
            self.0 |= expr.is_call_expr();
            walk_expr(self, expr);
        }
    }
    let mut found = Found(false);
    found.visit_expr(expr);
    found.0
}

struct Walk<'s> {
    source: &'s str,
    found: &'s mut Found,
}

impl<'s> Walk<'s> {
    fn text(&self, node: &impl Ranged) -> &'s str {
        self.source.get(node.range().to_std_range()).unwrap_or_default()
    }

    fn comparison(&mut self, compare: &ExprCompare) {
        for (op, right) in compare.ops.iter().zip(&compare.comparators) {
            let is_check = matches!(op, CmpOp::Is | CmpOp::IsNot | CmpOp::Eq | CmpOp::NotEq);
            if is_check && argument_of(&compare.left, "type").is_some() {
                let is_literal = |expr: &Expr| {
                    matches!(expr, Expr::List(_) | Expr::Dict(_) | Expr::Set(_) | Expr::Tuple(_))
                        || expr.is_literal_expr()
                        || ["dict", "list", "set", "tuple"]
                            .iter()
                            .any(|class| is_empty_call(expr, class))
                };
                if argument_of(right, "type").is_none_or(is_literal) {
                    self.found.on("C0123", compare);
                }
            }
        }
        let is_singleton =
            |expr: &Expr| expr.is_none_literal_expr() || expr.is_boolean_literal_expr();
        if let ([CmpOp::Eq | CmpOp::NotEq], [right]) = (&*compare.ops, &*compare.comparators)
            && (is_singleton(&compare.left) || is_singleton(right))
        {
            self.found.on("C0121", compare);
        }
    }

    /// `_check_consider_using_in`: one name compared with several values.
    fn membership(&mut self, operation: &ExprBoolOp) {
        let wanted = match operation.op {
            BoolOp::Or => CmpOp::Eq,
            BoolOp::And => CmpOp::NotEq,
        };
        let mut common: Option<Vec<&str>> = None;
        for value in &operation.values {
            let Expr::Compare(compare) = value else { return };
            let ([op], [right]) = (&*compare.ops, &*compare.comparators) else { return };
            if *op != wanted || compare.left.is_call_expr() || right.is_call_expr() {
                return;
            }
            let is_variable = |expr: &&Expr| matches!(expr, Expr::Name(_) | Expr::Attribute(_));
            let variables: Vec<&str> = [&*compare.left, right]
                .into_iter()
                .filter(is_variable)
                .map(|expr| self.text(expr))
                .collect();
            common = Some(match common {
                None => variables,
                Some(known) => known.into_iter().filter(|name| variables.contains(name)).collect(),
            });
        }
        if common.is_some_and(|names| !names.is_empty()) {
            self.found.on("R1714", operation);
        }
    }

    /// `_detect_replacable_format_call` for `%`: it is called for each string next to the operator.
    fn percent(&mut self, binary: &ExprBinOp) {
        let Expr::StringLiteral(format) = &*binary.left else { return };
        let is_large = match &*binary.right {
            Expr::Dict(dict) => dict.items.len() > 1,
            Expr::List(list) => list.elts.len() > 1,
            _ => false,
        };
        if is_large
            || format.value.to_str().contains(['{', '}'])
            || self.text(&*binary.right).contains('\\')
        {
            return;
        }
        self.found.on("C0209", format);
        if binary.right.is_string_literal_expr() {
            self.found.on("C0209", &*binary.right);
        }
    }

    /// `_detect_replacable_format_call` for `format`.
    fn format(&mut self, call: &ExprCall) {
        let Expr::Attribute(method) = &*call.func else { return };
        let Expr::StringLiteral(format) = &*method.value else { return };
        if method.attr.as_str() != "format" {
            return;
        }
        let arguments = &call.arguments;
        let is_large = |expr: &Expr| match expr {
            Expr::Starred(starred) => {
                matches!(&*starred.value, Expr::List(list) if list.elts.len() > 1)
            }
            _ => false,
        };
        if arguments.args.iter().any(|arg| is_large(arg) || self.text(arg).contains('\\')) {
            return;
        }
        let uses = |name: &str| format.value.to_str().matches(&format!("{{{name}")).count();
        let is_repeated = arguments
            .keywords
            .iter()
            .take(MAX_KEYWORDS)
            .any(|k| k.arg.as_ref().is_some_and(|name| uses(name) > 1));
        if !arguments.args.is_empty() || !is_repeated {
            self.found.on("C0209", format);
        }
    }

    fn call(&mut self, call: &ExprCall) {
        self.format(call);
        let Expr::Name(function) = &*call.func else { return };
        let (args, keywords) = (&call.arguments.args, &call.arguments.keywords);
        let message = match (function.id.as_str(), &**args) {
            ("eval", _) => "W0123",
            ("exec", _) => "W0122",
            ("exit" | "quit", _) => "R1722",
            ("list", []) if keywords.is_empty() => "R1734",
            ("dict", []) => "R1735",
            ("any" | "all", [Expr::ListComp(_)]) => "R1729",
            ("sum" | "max" | "min" | "list" | "tuple", [Expr::ListComp(_)]) => "R1728",
            ("set", [Expr::ListComp(_)]) => "R1718",
            _ => return,
        };
        self.found.on(message, call);
    }

    /// `_check_consider_using_enumerate`: a loop over indices that looks up what it counts.
    fn indexed(&mut self, statement: &StmtFor) {
        let Expr::Call(range) = &*statement.iter else { return };
        let is_range = range.func.as_name_expr().is_some_and(|name| name.id == "range");
        let is_zero = |expr: &Expr| matches!(expr, Expr::NumberLiteral(number) if number.value.as_int().is_some_and(|int| *int == 0u8));
        let length = match &*range.arguments.args {
            [length] => length,
            [start, length] if is_zero(start) => length,
            _ => return,
        };
        let (Some(iterated), Expr::Name(index)) = (argument_of(length, "len"), &*statement.target)
        else {
            return;
        };
        if is_range
            && (Lookup { iterated, index: &index.id, found: false }).stands_in(&statement.body)
        {
            self.found.on("C0200", statement);
        }
    }
}

fn is_empty_call(expr: &Expr, function: &str) -> bool {
    expr.as_call_expr().is_some_and(|call| {
        call.arguments.is_empty()
            && call.func.as_name_expr().is_some_and(|name| name.id == function)
    })
}

/// The only argument of a call of this function.
fn argument_of<'a>(expr: &'a Expr, function: &str) -> Option<&'a Expr> {
    let call = expr.as_call_expr()?;
    let is_named = call.func.as_name_expr().is_some_and(|name| name.id == function);
    match &*call.arguments.args {
        [argument] if is_named && call.arguments.keywords.is_empty() => Some(argument),
        _ => None,
    }
}

/// Searches for `iterated[index]` in the scope of the loop.
struct Lookup<'a> {
    iterated: &'a Expr,
    index: &'a str,
    found: bool,
}

impl Lookup<'_> {
    fn stands_in(mut self, body: &[Stmt]) -> bool {
        for stmt in body {
            self.visit_stmt(stmt);
        }
        self.found
    }
}

impl Visitor<'_> for Lookup<'_> {
    fn visit_stmt(&mut self, stmt: &Stmt) {
        if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            walk_stmt(self, stmt);
        }
    }

    fn visit_expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Lambda(_)
            | Expr::ListComp(_)
            | Expr::SetComp(_)
            | Expr::DictComp(_)
            | Expr::Generator(_) => return,
            Expr::Subscript(subscript) => {
                let is_same = match (&*subscript.value, self.iterated) {
                    (Expr::Name(found), Expr::Name(wanted)) => found.id == wanted.id,
                    (Expr::Attribute(found), Expr::Attribute(wanted)) => found.attr == wanted.attr,
                    _ => false,
                };
                self.found |= is_same
                    && subscript.slice.as_name_expr().is_some_and(|name| name.id == self.index);
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}

impl<'a> Visitor<'a> for Walk<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::For(statement) = stmt {
            self.indexed(statement);
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Compare(compare) => self.comparison(compare),
            Expr::BoolOp(operation) => self.membership(operation),
            Expr::BinOp(binary) if binary.op == Operator::Mod => self.percent(binary),
            Expr::Call(call) => self.call(call),
            Expr::FString(text)
                if text
                    .value
                    .elements()
                    .all(ruff_python_ast::InterpolatedStringElement::is_literal) =>
            {
                self.found.on("W1309", text);
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}
