//! Methods that change their object and give nothing: with them people bring an object into a state before they use it.
//!
//! Invariant: nothing is run; what changes an object is read from the method's own text.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprContext, Stmt, StmtClassDef, StmtFunctionDef};

use super::syntax;
use super::types::dotted;

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

/// The public methods of a class's body that change their object, in the order of the text.
pub(super) fn changers(class: &StmtClassDef) -> impl Iterator<Item = &StmtFunctionDef> {
    let methods = class.body.iter().filter_map(|stmt| match stmt {
        Stmt::FunctionDef(method) => Some(method),
        _ => None,
    });
    methods.filter(|method| is_changer(method)).take(MAX_CHANGERS)
}

fn is_changer(method: &StmtFunctionDef) -> bool {
    let first = method.parameters.iter().next();
    let Some(this) = first.map(|parameter| parameter.name().as_str()) else { return false };
    if method.name.starts_with('_') || method.is_async || !method.decorator_list.is_empty() {
        return false;
    }
    let mut uses = Uses { this, changes: false, gives: false };
    uses.visit_body(&method.body);
    uses.changes && !uses.gives
}

/// What a method does with its object.
struct Uses<'a> {
    this: &'a str,
    changes: bool,
    /// Whether it returns or yields something.
    gives: bool,
}

impl Uses<'_> {
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

impl<'a> Visitor<'a> for Uses<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Return(returned) => {
                self.gives |=
                    returned.value.as_deref().is_some_and(|value| !value.is_none_literal_expr());
            }
            // `self.items.append(item)`, `self._sift(0)`
            Stmt::Expr(statement) => {
                if let Expr::Call(call) = &*statement.value
                    && let Expr::Attribute(method) = &*call.func
                {
                    self.changes |= self.is_part(&method.value);
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
        assert_eq!(names, ["push", "set", "clear", "count"]);
        let derived = format!("{source}class B(A):\n    def more(self): self.m = 1\n");
        assert_eq!(changers_for(&derived, "B.pop"), ["more", "push", "set", "clear", "count"]);
        assert!(changers_for(&derived, "f").is_empty());
    }
}
