//! Every function that stands in a module: which of them are worth trying, and why the others are not.
//!
//! Invariant: each definition is listed exactly once, in the order of the text.

use std::collections::HashMap;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Decorator, Expr, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::methods::{decorator_name, is_getter};
use super::module::Module;
use super::special;
use crate::named::named_enum;

named_enum! {
    /// Why a function is not looked at.
    pub enum NotLookedAt {
        /// Its name, or that of its class, begins with an underscore.
        Private = "private",
        /// It is defined within another function.
        Nested = "nested",
        /// It is a test, or a method of one.
        Test = "test",
        /// A method that statements or Python itself call, such as `__setitem__` and `__hash__`.
        SpecialMethod = "special-method",
        /// A constructor that only stores its arguments.
        PlainConstructor = "plain-constructor",
        /// It is read as an attribute.
        Property = "property",
        /// It only declares types, or has to be overridden.
        Declaration = "declaration",
        /// Another definition of the name follows.
        Redefined = "redefined",
        /// It is `main` without parameters.
        Main = "main",
        /// It is defined on a condition, or in a class that is.
        Conditional = "conditional",
        /// It is a method of a class within a class.
        NestedClass = "nested-class",
    }
}

/// A function and whether it is worth trying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Dotted for a method, or a function within a function.
    pub name: String,
    /// 1-based line of the definition, decorators included.
    pub line: usize,
    pub why_not: Option<NotLookedAt>,
}

/// Lists every function of a module; `private` ones are only worth trying if they are asked for.
pub fn list(module: &Module, private: bool) -> Vec<Listed> {
    let tried: HashMap<usize, ()> =
        module.candidates().iter().map(|function| (function.span.start, ())).collect();
    let mut walk = Walk {
        module,
        private,
        is_candidate: |start| tried.contains_key(&start),
        context: Vec::new(),
        depth: 0,
        listed: Vec::new(),
        line: 1,
        at: 0,
    };
    walk.visit_body(module.body());
    walk.listed
}

/// What a definition stands in.
enum Context<'m> {
    Function(&'m str),
    Class(&'m StmtClassDef),
}

struct Walk<'m, F> {
    module: &'m Module,
    private: bool,
    is_candidate: F,
    context: Vec<Context<'m>>,
    /// Compound statements around, within the innermost definition.
    depth: usize,
    listed: Vec<Listed>,
    line: usize,
    at: usize,
}

impl<'m, F: Fn(usize) -> bool> Walk<'m, F> {
    fn list(&mut self, def: &'m StmtFunctionDef) {
        let start = def.start().to_usize();
        let above = self.module.source().get(self.at..start).unwrap_or_default();
        self.line += above.matches('\n').count();
        self.at = start;
        let parts = self.context.iter().map(|context| match context {
            Context::Function(name) => *name,
            Context::Class(class) => class.name.as_str(),
        });
        let name = parts.chain([def.name.as_str()]).collect::<Vec<_>>().join(".");
        let why_not = self.why_not(def);
        self.listed.push(Listed { name, line: self.line, why_not });
    }

    fn why_not(&self, def: &StmtFunctionDef) -> Option<NotLookedAt> {
        let is_function = |context: &Context<'_>| matches!(context, Context::Function(_));
        if self.context.iter().any(is_function) {
            return Some(NotLookedAt::Nested);
        }
        if self.depth > 0 {
            return Some(NotLookedAt::Conditional);
        }
        let own = match self.context[..] {
            [] => self.of_function(def),
            [Context::Class(class)] => self.of_method(def, class),
            [..] => Some(NotLookedAt::NestedClass),
        };
        own.or_else(|| is_declaration(def).then_some(NotLookedAt::Declaration))
    }

    fn of_function(&self, def: &StmtFunctionDef) -> Option<NotLookedAt> {
        let name = def.name.as_str();
        if (self.is_candidate)(def.start().to_usize()) {
            return None;
        }
        let last = self.module.function(name).map(|function| function.span.start);
        if last != Some(def.start().to_usize()) {
            return Some(match is_declaration(def) {
                true => NotLookedAt::Declaration,
                false => NotLookedAt::Redefined,
            });
        }
        if name == "main" {
            return Some(NotLookedAt::Main);
        }
        match name.starts_with('_') {
            true => (!self.private).then_some(NotLookedAt::Private),
            false => Some(NotLookedAt::Test),
        }
    }

    fn of_method(&self, def: &StmtFunctionDef, class: &StmtClassDef) -> Option<NotLookedAt> {
        let name = def.name.as_str();
        if is_of_tests(class) {
            return Some(NotLookedAt::Test);
        }
        let is_special = special::is_special(name);
        if is_special && special::form(name).is_none() {
            return Some(NotLookedAt::SpecialMethod);
        }
        if def.decorator_list.iter().any(is_accessor) {
            return Some(NotLookedAt::Property);
        }
        if is_declaration(def) {
            return Some(NotLookedAt::Declaration);
        }
        let full = format!("{}.{name}", class.name);
        let last = self.module.function(&full).map(|function| function.span.start);
        if last != Some(def.start().to_usize()) {
            // One that can be set has its getter before the other parts.
            return Some(match def.decorator_list.iter().any(is_getter) {
                true => NotLookedAt::Property,
                false => NotLookedAt::Redefined,
            });
        }
        if name == "__init__" && special::only_stores(def) {
            return Some(NotLookedAt::PlainConstructor);
        }
        let is_private = !is_special && name.starts_with('_') || class.name.starts_with('_');
        // Within a class, `__name` is another name outside of it.
        let is_mangled = !is_special && name.starts_with("__");
        (is_mangled || is_private && !self.private).then_some(NotLookedAt::Private)
    }

    fn inside(&mut self, context: Context<'m>, body: &'m [Stmt]) {
        // What a class is defined under counts for its methods.
        let depth = match context {
            Context::Class(_) => self.depth,
            Context::Function(_) => 0,
        };
        let outer = std::mem::replace(&mut self.depth, depth);
        self.context.push(context);
        self.visit_body(body);
        self.context.pop();
        self.depth = outer;
    }
}

impl<'m, F: Fn(usize) -> bool> Visitor<'m> for Walk<'m, F> {
    fn visit_stmt(&mut self, stmt: &'m Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                self.list(def);
                self.inside(Context::Function(&def.name), &def.body);
            }
            Stmt::ClassDef(class) => self.inside(Context::Class(class), &class.body),
            _ => {
                self.depth += 1;
                visitor::walk_stmt(self, stmt);
                self.depth -= 1;
            }
        }
    }

    fn visit_expr(&mut self, _: &'m Expr) {}
}

/// Whether a decorator makes a method another part of a property, or one for the classes below.
fn is_accessor(decorator: &Decorator) -> bool {
    let names = ["setter", "getter", "deleter", "abstractproperty"];
    decorator_name(decorator).is_some_and(|name| names.contains(&name))
}

/// Whether a definition is for type checkers or for classes below only.
fn is_declaration(def: &StmtFunctionDef) -> bool {
    let names = ["overload", "abstractmethod", "abstractclassmethod", "abstractstaticmethod"];
    def.decorator_list
        .iter()
        .any(|one| decorator_name(one).is_some_and(|name| names.contains(&name)))
}

fn is_of_tests(class: &StmtClassDef) -> bool {
    let bases = class.arguments.iter().flat_map(|arguments| &arguments.args);
    let is_case = |base: &Expr| match base {
        Expr::Name(name) => name.id.ends_with("TestCase"),
        Expr::Attribute(attribute) => attribute.attr.ends_with("TestCase"),
        _ => false,
    };
    class.name.starts_with("Test") || bases.into_iter().any(is_case)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(source: &str, private: bool) -> Vec<String> {
        let module = Module::parse(source).unwrap();
        let shown = |one: Listed| match one.why_not {
            Some(why) => format!("{}:{} {}", one.name, one.line, why.name()),
            None => format!("{}:{}", one.name, one.line),
        };
        list(&module, private).into_iter().map(shown).collect()
    }

    #[test]
    fn every_function_is_listed_with_the_reason_if_it_is_not_tried() {
        let source = "\
import typing
def f(x):
    def inner(): pass
    return inner
def _p(x): pass
def test_f(): pass
def main(): pass
@typing.overload
def g(x: int): ...
def g(x): return x
if typing:
    def h(): pass
class A:
    def __init__(self): pass
    @property
    def size(self): return 1
    @property
    def sides(self): return 1
    @sides.setter
    def sides(self, n): pass
    @classmethod
    def make(cls, n): return cls()
    @staticmethod
    def twice(n): return 2 * n
    def add(self, n): return n
    def _hidden(self): pass
    class B:
        def low(self): pass
class TestA:
    def test(self): pass
";
        assert_eq!(
            listed(source, false),
            [
                "f:2",
                "f.inner:3 nested",
                "_p:5 private",
                "test_f:6 test",
                "main:7 main",
                "g:8 declaration",
                "g:10",
                "h:12 conditional",
                "A.__init__:14 plain-constructor",
                "A.size:15",
                "A.sides:17 property",
                "A.sides:19 property",
                "A.make:21",
                "A.twice:23",
                "A.add:25",
                "A._hidden:26 private",
                "A.B.low:28 nested-class",
                "TestA.test:30 test",
            ]
        );
        let private = listed(source, true);
        assert!(
            private.contains(&"_p:5".to_owned()) && private.contains(&"A._hidden:26".to_owned())
        );
    }
}
