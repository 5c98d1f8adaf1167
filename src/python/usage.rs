//! Walks a function body and notes what its uses say about the parameters.
//!
//! Invariant: only expressions that refer to a parameter, or to something inside one, receive
//! hints.

use std::collections::HashSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    CmpOp, Comprehension, Expr, ExprCall, Operator, Pattern, Stmt, StmtFunctionDef, UnaryOp,
};

use super::bindings::{Bindings, Known, Meanings};
use super::builtin_uses::{self, Use};
use super::forms;
use super::literal::Reader;
use super::shapes::{Called, Given, Hint, ShapeId, Shapes};
use super::syntax::span_of;
use super::types::Type;
use crate::sandbox::value::Value;

/// The shapes of a function's parameters, in the order of the signature.
pub(super) fn shapes(source: &str, def: &StmtFunctionDef) -> (Shapes, Vec<ShapeId>) {
    let mut shapes = Shapes::new();
    let mut roots = Vec::new();
    let mut names = Meanings::default();
    for parameter in def.parameters.iter_source_order() {
        let root = shapes.root();
        names.set(parameter.name(), Some(Known::Shape(root)));
        roots.push(root);
    }
    let bindings = Bindings { reader: Reader { source, json_names: false }, shapes, names };
    let raises_type_errors = source[span_of(def)].contains("raise TypeError");
    let mut usage = Usage {
        bindings,
        candidates: MAX_CANDIDATES,
        conditions: HashSet::new(),
        raises_type_errors,
    };
    usage.visit_body(&def.body);
    (usage.bindings.shapes, roots)
}

/// Values in tables that are noted, in all look-ups of a function together: it may look up each of many keys in the
/// same table as often.
const MAX_CANDIDATES: usize = 100_000;

struct Usage<'s> {
    bindings: Bindings<'s>,
    /// How many more values in tables are noted.
    candidates: usize,
    /// Where calls begin whose results are only true or false.
    conditions: HashSet<usize>,
    /// Whether the function refuses some types, so that asking for one does not mean to take others.
    raises_type_errors: bool,
}

impl Usage<'_> {
    fn hint(&mut self, expr: &Expr, hint: Hint) {
        if let Some(shape) = self.bindings.shape(expr) {
            self.bindings.shapes.hint(shape, hint);
        } else if let Expr::UnaryOp(unary) = expr {
            self.hint(&unary.operand, hint);
        }
    }

    fn note(&mut self, expr: &Expr, value: Value) {
        if let Some(shape) = self.bindings.shape(expr) {
            self.bindings.shapes.literal(shape, value);
        }
    }

    /// Notes that an expression is compared with another.
    fn compared(&mut self, expr: &Expr, with: &Expr) {
        if let Some(hint) = self.bindings.type_of(with) {
            // `x == 1` also holds for floats.
            self.hint(expr, if hint == Hint::Int { Hint::Number } else { hint });
        }
        if let Some(value) = self.bindings.reader.value(with) {
            self.note(expr, value);
        }
    }

    /// Notes that an expression is looked up in another.
    fn member(&mut self, expr: &Expr, container: &Expr) {
        let candidates = match self.bindings.reader.value(container) {
            Some(Value::List(items) | Value::Tuple(items) | Value::Set(items)) => items,
            Some(Value::Str(text)) => text.chars().map(String::from).map(Value::Str).collect(),
            _ => self.bindings.keys_of(container),
        };
        self.one_of(expr, candidates);
        if let Some(value) = self.bindings.reader.value(expr) {
            self.hint(container, Hint::Sequence);
            self.note(container, value);
        }
    }

    fn one_of(&mut self, expr: &Expr, candidates: Vec<Value>) {
        for value in candidates {
            let Some(left) = self.candidates.checked_sub(1) else { return };
            self.candidates = left;
            self.hint(expr, builtin_uses::hint_of(&value));
            self.note(expr, value);
        }
    }

    fn arithmetic(&mut self, left: &Expr, op: Operator, right: &Expr) {
        for (operand, other) in [(left, right), (right, left)] {
            let hint = match (op, self.bindings.type_of(other)) {
                (Operator::Add, Some(hint)) if hint != Hint::Int => Some(hint),
                (Operator::Mult, Some(Hint::Str | Hint::List | Hint::Tuple)) => Some(Hint::Int),
                // `'%s' % x` takes anything, and so does concatenation of two unknowns.
                (Operator::Mod, Some(Hint::Str)) | (Operator::Add, None) => None,
                (
                    Operator::BitAnd | Operator::BitOr | Operator::BitXor | Operator::Sub,
                    Some(Hint::Set),
                ) => Some(Hint::Set),
                (_, Some(Hint::Float)) => Some(Hint::Float),
                (_, Some(Hint::Set | Hint::Dict | Hint::Str | Hint::List | Hint::Tuple)) => None,
                (Operator::Mod | Operator::FloorDiv, _) => Some(Hint::Int),
                (Operator::LShift | Operator::RShift | Operator::BitXor | Operator::BitAnd, _) => {
                    Some(Hint::Int)
                }
                (Operator::MatMult | Operator::BitOr, _) => None,
                _ => Some(Hint::Number),
            };
            if let Some(hint) = hint {
                self.hint(operand, hint);
            }
        }
    }

    fn call(&mut self, call: &ExprCall) {
        let args = &*call.arguments.args;
        match &*call.func {
            Expr::Name(function) => {
                if let Some(shape) = self.bindings.shape(&call.func) {
                    self.bindings.shapes.hint(shape, Hint::Callable);
                    let args = args.iter().map(|arg| self.given(arg)).collect();
                    let is_condition = self.conditions.contains(&span_of(call).start);
                    self.bindings.shapes.called(shape, Called { args, is_condition });
                }
                self.handed_on(&function.id, call);
                if function.id.as_str() == "isinstance"
                    && let [value, types] = args
                {
                    return self.instance(value, types);
                }
                let uses = builtin_uses::of_function(&function.id, args.len());
                args.iter().zip(uses.iter().cycle()).for_each(|(arg, one)| self.used(arg, *one));
            }
            Expr::Attribute(method) => {
                let name = method.attr.as_str();
                self.handed_on(name, call);
                if let Some(shape) = self.bindings.shape(&method.value) {
                    let hint = builtin_uses::of_method(name, args);
                    self.hint(&method.value, hint);
                    if hint == Hint::Object {
                        self.bindings.shapes.attribute(shape, name);
                    }
                    if hint == Hint::Str && builtin_uses::takes_own_kind(name) {
                        args.iter().take(1).for_each(|arg| self.hint(arg, Hint::Str));
                    }
                    if builtin_uses::takes_own_kind(name)
                        && let Some(value) =
                            args.first().and_then(|arg| self.bindings.reader.value(arg))
                    {
                        self.note(&method.value, value);
                    }
                } else {
                    let uses = builtin_uses::of_library(name, self.bindings.type_of(&method.value));
                    args.iter()
                        .zip(uses.iter().cycle())
                        .for_each(|(arg, one)| self.used(arg, *one));
                }
            }
            _ => {}
        }
    }

    /// What a parameter that is called is given: part of a parameter, or something of a known type.
    fn given(&mut self, arg: &Expr) -> Given {
        match self.bindings.shape(arg) {
            Some(shape) => Given::Shape(shape),
            None => self.bindings.type_of(arg).map_or(Given::Unknown, Given::Local),
        }
    }

    /// Notes calls whose result is tested.
    fn condition(&mut self, test: &Expr) {
        match test {
            Expr::Call(call) => _ = self.conditions.insert(span_of(call).start),
            Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => self.condition(&unary.operand),
            Expr::BoolOp(either) => either.values.iter().for_each(|part| self.condition(part)),
            _ => {}
        }
    }

    /// Notes what functions that are handed on are called with, as `key` in `sorted(items, key=key)`.
    fn handed_on(&mut self, name: &str, call: &ExprCall) {
        let args = &*call.arguments.args;
        let (function, items, count, is_condition): (Option<&Expr>, Option<&Expr>, usize, bool) =
            match (name, args) {
                ("map", [function, items @ ..]) => {
                    (Some(function), items.first(), items.len().max(1), false)
                }
                ("filter" | "filterfalse" | "takewhile" | "dropwhile", [function, items, ..]) => {
                    (Some(function), Some(items), 1, true)
                }
                ("reduce", [function, items, ..]) => (Some(function), Some(items), 2, false),
                ("accumulate", [items, function, ..]) => (Some(function), Some(items), 2, false),
                ("starmap", [function, ..]) => (Some(function), None, 2, false),
                ("groupby", [items, function]) => (Some(function), Some(items), 1, false),
                _ => {
                    let key = call.arguments.keywords.iter().find(|keyword| {
                        keyword
                            .arg
                            .as_ref()
                            .is_some_and(|name| matches!(name.as_str(), "key" | "func"))
                    });
                    let count = if name == "accumulate" { 2 } else { 1 };
                    (key.map(|keyword| &keyword.value), args.first(), count, false)
                }
            };
        let Some(shape) = function.and_then(|function| self.bindings.shape(function)) else {
            return;
        };
        let item = items.and_then(|items| self.bindings.iterated(items));
        let args = vec![item.map_or(Given::Unknown, Given::Shape); count];
        self.bindings.shapes.hint(shape, Hint::Callable);
        self.bindings.shapes.called(shape, Called { args, is_condition });
    }

    fn used(&mut self, arg: &Expr, one: Use) {
        match one {
            Use::As(hint) => self.hint(arg, hint),
            Use::ElementsAs(hint) => {
                if let Some(element) = self.bindings.iterated(arg) {
                    self.bindings.shapes.hint(element, hint);
                }
            }
            Use::Nothing => {}
        }
    }

    fn instance(&mut self, value: &Expr, types: &Expr) {
        if let Some(shape) = self.bindings.shape(value)
            && !self.raises_type_errors
        {
            self.bindings.shapes.checked(shape);
        }
        let types =
            if let Expr::Tuple(tuple) = types { &*tuple.elts } else { std::slice::from_ref(types) };
        for name in types.iter().filter_map(Expr::as_name_expr) {
            let hint = match Type::from_annotation(&name.id) {
                Type::Bool => Hint::Bool,
                Type::Int => Hint::Int,
                Type::Float => Hint::Float,
                Type::Str => Hint::Str,
                Type::Bytes => Hint::Bytes,
                Type::List(_) => Hint::List,
                Type::TupleOf(_) => Hint::Tuple,
                Type::Set(_) | Type::FrozenSet(_) => Hint::Set,
                Type::Dict(..) => Hint::Dict,
                Type::Any
                | Type::None
                | Type::Complex
                | Type::Tuple(_)
                | Type::Record(_)
                | Type::Union(_)
                | Type::Literal(_)
                | Type::Callable
                | Type::Shown
                | Type::Instance(_) => continue,
            };
            self.hint(value, hint);
        }
    }

    fn subscript(&mut self, value: &Expr, slice: &Expr) {
        let indexed_text_or_list =
            matches!(self.bindings.type_of(value), Some(Hint::List | Hint::Str | Hint::Tuple));
        match slice {
            Expr::StringLiteral(_) => self.hint(value, Hint::Dict),
            Expr::Slice(bounds) => {
                self.hint(value, Hint::Sequence);
                for bound in [&bounds.lower, &bounds.upper, &bounds.step].into_iter().flatten() {
                    self.hint(bound, Hint::Int);
                }
            }
            _ => {
                if self.bindings.type_of(slice) == Some(Hint::Int) {
                    self.hint(value, Hint::Sequence);
                }
                if indexed_text_or_list {
                    self.hint(slice, Hint::Int);
                }
                let keys = self.bindings.keys_of(value);
                self.one_of(slice, keys);
            }
        }
    }

    /// Walks something with names of its own, which are forgotten afterwards.
    fn scoped(&mut self, walk: impl FnOnce(&mut Self)) {
        let entered = self.bindings.names.enter();
        walk(self);
        self.bindings.names.leave(entered);
    }

    fn comprehension(&mut self, generators: &[Comprehension], elements: &[&Expr]) {
        self.scoped(|this| {
            for generator in generators {
                this.visit_expr(&generator.iter);
                this.bindings.bind_iterated(&generator.target, &generator.iter);
                generator.ifs.iter().for_each(|condition| {
                    this.condition(condition);
                    this.visit_expr(condition);
                });
            }
            elements.iter().for_each(|element| this.visit_expr(element));
        });
    }
}

impl<'a> Visitor<'a> for Usage<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::For(node) => {
                self.visit_expr(&node.iter);
                self.bindings.bind_iterated(&node.target, &node.iter);
                self.visit_body(&node.body);
                self.visit_body(&node.orelse);
            }
            Stmt::Assign(node) => {
                self.visit_expr(&node.value);
                for target in &node.targets {
                    self.stored(target);
                    self.bindings.assign(target, &node.value);
                }
            }
            Stmt::AugAssign(node) => {
                self.arithmetic(&node.target, node.op, &node.value);
                self.visit_expr(&node.value);
                self.stored(&node.target);
            }
            Stmt::FunctionDef(node) => self.scoped(|this| {
                node.parameters.iter().for_each(|parameter| {
                    this.bindings.names.set(parameter.name(), None);
                });
                this.visit_body(&node.body);
            }),
            Stmt::If(node) => {
                self.condition(&node.test);
                let elifs = node.elif_else_clauses.iter().filter_map(|clause| clause.test.as_ref());
                elifs.for_each(|test| self.condition(test));
                visitor::walk_stmt(self, stmt);
            }
            Stmt::While(node) => {
                self.condition(&node.test);
                visitor::walk_stmt(self, stmt);
            }
            Stmt::Match(node) => {
                for case in &node.cases {
                    self.case(&node.subject, &case.pattern);
                }
                visitor::walk_stmt(self, stmt);
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Compare(node) => {
                let operands: Vec<&Expr> =
                    std::iter::once(&*node.left).chain(&node.comparators).collect();
                for (pair, op) in operands.windows(2).zip(&node.ops) {
                    if matches!(op, CmpOp::In | CmpOp::NotIn) {
                        self.member(pair[0], pair[1]);
                    } else {
                        self.compared(pair[0], pair[1]);
                        self.compared(pair[1], pair[0]);
                    }
                }
                visitor::walk_expr(self, expr);
            }
            Expr::BinOp(node) => {
                self.arithmetic(&node.left, node.op, &node.right);
                visitor::walk_expr(self, expr);
            }
            Expr::UnaryOp(node) => {
                match node.op {
                    UnaryOp::USub | UnaryOp::UAdd => self.hint(&node.operand, Hint::Number),
                    UnaryOp::Invert => self.hint(&node.operand, Hint::Int),
                    UnaryOp::Not => {}
                }
                visitor::walk_expr(self, expr);
            }
            Expr::Call(node) => {
                self.call(node);
                match &*node.func {
                    // The method's name says what it says through the call.
                    Expr::Attribute(method) => self.visit_expr(&method.value),
                    function => self.visit_expr(function),
                }
                self.visit_arguments(&node.arguments);
            }
            Expr::Attribute(node) => {
                self.hint(&node.value, Hint::Object);
                if let Some(shape) = self.bindings.shape(&node.value) {
                    self.bindings.shapes.attribute(shape, &node.attr);
                }
                visitor::walk_expr(self, expr);
            }
            Expr::If(node) => {
                self.condition(&node.test);
                visitor::walk_expr(self, expr);
            }
            Expr::Subscript(node) => {
                self.subscript(&node.value, &node.slice);
                // A key counts as known even if nothing shows the type of its value.
                self.bindings.shape(expr);
                visitor::walk_expr(self, expr);
            }
            Expr::Named(node) => {
                self.visit_expr(&node.value);
                self.bindings.assign(&node.target, &node.value);
            }
            Expr::Lambda(node) => self.scoped(|this| {
                for parameter in node.parameters.iter().flat_map(|parameters| parameters.iter()) {
                    this.bindings.names.set(parameter.name(), None);
                }
                this.visit_expr(&node.body);
            }),
            _ => match forms::comprehension(expr) {
                Some((generators, given)) => self.comprehension(generators, &given),
                None => visitor::walk_expr(self, expr),
            },
        }
    }
}

impl Usage<'_> {
    /// Notes what a store says about the object stored into.
    fn stored(&mut self, target: &Expr) {
        match target {
            Expr::Name(_) => {}
            Expr::Subscript(subscript) => {
                if self.bindings.type_of(&subscript.slice) == Some(Hint::Int) {
                    self.hint(&subscript.value, Hint::List);
                }
                self.visit_expr(target);
            }
            _ => self.visit_expr(target),
        }
    }

    fn case(&mut self, subject: &Expr, pattern: &Pattern) {
        match pattern {
            Pattern::MatchValue(value) => self.compared(subject, &value.value),
            Pattern::MatchOr(either) => {
                either.patterns.iter().for_each(|one| self.case(subject, one));
            }
            Pattern::MatchSequence(_) => self.hint(subject, Hint::Sequence),
            Pattern::MatchMapping(_) => self.hint(subject, Hint::Dict),
            _ => {}
        }
    }
}
