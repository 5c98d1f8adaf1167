//! Methods that change their object and give nothing: with them people bring an object into a state before they use it.
//!
//! Invariant: nothing is run; what changes an object is read from the method's own text.

use std::collections::HashSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprContext, Stmt, StmtClassDef, StmtFunctionDef};

use super::syntax;
use super::types::dotted;

/// The first words of names of methods by which people put something into an object.
const FILLING: [&str; 22] = [
    "add", "append", "assign", "connect", "deposit", "enqueue", "extend", "fill", "insert", "join",
    "link", "load", "offer", "push", "put", "record", "register", "set", "store", "union",
    "update", "write",
];
/// More of them would only say the same.
const MAX_CHANGERS: usize = 4;

/// The names of the methods that may make the object of a method ready: those of its class and of the bases in the program.
pub fn changers_for(program: &str, entry: &str) -> Vec<String> {
    let (Some((class, _)), Ok(tree)) = (entry.split_once('.'), syntax::module(program)) else {
        return Vec::new();
    };
    let classes = || tree.body.iter().filter_map(Stmt::as_class_def_stmt);
    let mut wanted = vec![class.to_owned()];
    let mut names: Vec<String> = Vec::new();
    // A base stands before what derives from it.
    let all: Vec<&StmtClassDef> = classes().collect();
    for class in all.into_iter().rev() {
        if wanted.iter().any(|name| *name == class.name.as_str()) {
            wanted.extend(class.bases().iter().filter_map(dotted));
            names.extend(changers(class).map(|method| method.name.to_string()));
        }
    }
    names
}

/// The public methods of a class's body that change their object, in the order of the text: those that put something into it by their
/// names, if there are any.
pub(super) fn changers(class: &StmtClassDef) -> impl Iterator<Item = &StmtFunctionDef> {
    let methods: Vec<(&StmtFunctionDef, Uses<'_>)> = class
        .body
        .iter()
        .filter_map(Stmt::as_function_def_stmt)
        .filter_map(|method| Some((method, Uses::of(method)?)))
        .collect();
    let mut changing: HashSet<&str> = HashSet::new();
    while let Some((method, _)) = methods.iter().find(|(method, uses)| {
        !changing.contains(method.name.as_str())
            && (uses.changes || uses.calls.iter().any(|name| changing.contains(name)))
    }) {
        changing.insert(&method.name);
    }
    let is_fit = |(method, uses): &(&StmtFunctionDef, Uses<'_>)| {
        let is_plain = !method.is_async && method.decorator_list.is_empty();
        is_plain && !method.name.starts_with('_') && !uses.gives && changing.contains(&*method.name)
    };
    let fit: Vec<&StmtFunctionDef> =
        methods.iter().filter(|one| is_fit(one)).map(|(method, _)| *method).collect();
    let fills = |method: &&StmtFunctionDef| {
        FILLING.contains(&method.name.split('_').next().unwrap_or_default())
    };
    let has_filling = fit.iter().any(fills);
    fit.into_iter().filter(move |method| !has_filling || fills(method)).take(MAX_CHANGERS)
}

/// What a method does with its object.
struct Uses<'a> {
    this: &'a str,
    changes: bool,
    /// Whether it returns or yields something.
    gives: bool,
    /// Methods of the object that it calls.
    calls: Vec<&'a str>,
}

impl<'a> Uses<'a> {
    fn of(method: &'a StmtFunctionDef) -> Option<Self> {
        let this = method.parameters.iter().next()?.name().as_str();
        let mut uses = Self { this, changes: false, gives: false, calls: Vec::new() };
        uses.visit_body(&method.body);
        Some(uses)
    }

    /// Whether an expression is the object, or a part of it.
    fn is_part(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Name(name) => name.id.as_str() == self.this,
            Expr::Attribute(attribute) => self.is_part(&attribute.value),
            Expr::Subscript(subscript) => self.is_part(&subscript.value),
            _ => false,
        }
    }
}

impl<'a> Visitor<'a> for Uses<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Return(returned) => {
                self.gives |=
                    returned.value.as_deref().is_some_and(|value| !value.is_none_literal_expr());
            }
            // `self.items.append(item)` changes a part of it, as what is done with `self.items` for its own sake does; what `self._sift(0)` does is up to that method.
            Stmt::Expr(statement) => {
                if let Expr::Call(call) = &*statement.value {
                    let is_part = |expr: &Expr| !expr.is_name_expr() && self.is_part(expr);
                    let method = call.func.as_attribute_expr().map(|method| &*method.value);
                    // `heapq.heappush(self.items, item)`, but not `print(self.items)`
                    let is_of_module =
                        method.and_then(Expr::as_name_expr).is_some_and(|of| of.id != self.this);
                    let given = call.arguments.args.iter().filter(|_| is_of_module);
                    self.changes |= method.into_iter().chain(given).any(is_part);
                }
            }
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => return,
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Attribute(attribute) if attribute.ctx != ExprContext::Load => {
                self.changes |= self.is_part(&attribute.value);
            }
            Expr::Subscript(subscript) if subscript.ctx != ExprContext::Load => {
                self.changes |= self.is_part(&subscript.value);
            }
            Expr::Call(call) => {
                if let Expr::Attribute(method) = &*call.func
                    && matches!(&*method.value, Expr::Name(name) if name.id.as_str() == self.this)
                {
                    self.calls.push(&method.attr);
                }
            }
            Expr::Yield(_) | Expr::YieldFrom(_) => self.gives = true,
            Expr::Lambda(_) => return,
            _ => {}
        }
        walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_that_change_their_object_are_told_from_others() {
        let source = "class A:\n    def push(self, x): self.items.append(x)\n    def set(self, k, v): self.d[k] = v\n    def pop(self): return self.items.pop()\n    def show(self): print(self.items)\n    def _hide(self): self.x = 1\n    def each(self):\n        self.x = 1\n        yield 1\n    @property\n    def y(self): self.x = 1\n    def clear(self):\n        if not self.n: return None\n        del self.n\n    def local(self):\n        n = 1\n    def count(me): me.n += 1\n";
        let module = syntax::module(source).unwrap();
        let Some(Stmt::ClassDef(class)) = module.body.first() else { panic!() };
        let names: Vec<&str> = changers(class).map(|method| method.name.as_str()).collect();
        assert_eq!(names, ["push", "set"]);
        let derived = format!("{source}class B(A):\n    def more(self): self.m = 1\n");
        assert_eq!(changers_for(&derived, "B.pop"), ["more", "push", "set"]);
        assert!(changers_for(&derived, "f").is_empty());
    }

    #[test]
    fn without_a_method_that_puts_something_in_all_count_that_change_the_object() {
        let source = "class A:\n    def clear(self):\n        if not self.n: return None\n        del self.n\n    def local(self):\n        n = 1\n    def count(me): me.n += 1\n    def show(self): self.print(self.n); print(self.n)\n    def sift(self): heapq.heapify(self.n)\n    def twice(self):\n        self._one()\n        self.count()\n    def _one(self): self.x = 1\n    def one(self): self._one()\n";
        let module = syntax::module(source).unwrap();
        let Some(Stmt::ClassDef(class)) = module.body.first() else { panic!() };
        let names: Vec<&str> = changers(class).map(|method| method.name.as_str()).collect();
        assert_eq!(names, ["clear", "count", "sift", "twice"]);
    }
}
