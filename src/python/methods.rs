//! The methods of a class, as functions that can be called by a dotted name.
//!
//! Invariant: the parameters are those that such a call fills.

use ruff_python_ast::{Decorator, Expr, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::function::Function;
use super::special::{self, Form};

/// The methods of a class as functions: an instance is the first argument of a method that takes one.
pub(super) fn methods_of(
    class: &StmtClassDef,
    source: &str,
    mut line_of: impl FnMut(usize) -> usize,
) -> Vec<Function> {
    let defs = class.body.iter().filter_map(|stmt| match stmt {
        Stmt::FunctionDef(def) => Some(def),
        _ => None,
    });
    defs.map(|def| {
        let mut function = Function::new(def, source, line_of(def.start().to_usize()));
        function.name = format!("{}.{}", class.name, def.name);
        let has = |name| def.decorator_list.iter().any(|one| decorator_name(one) == Some(name));
        let form = special::form(&def.name);
        let takes_class = has("classmethod") || form == Some(Form::Attributes);
        if takes_class && !function.params.is_empty() {
            function.params.remove(0);
        } else if is_on_object(def)
            && let Some(this) = function.params.first_mut()
            && this.annotation.is_none()
        {
            this.annotation = Some(class.name.to_string());
        }
        if let (Some(Form::Infix("<" | "<=" | "==" | "!=" | ">" | ">=")), Some(other)) =
            (form, function.params.get_mut(1))
            && other.annotation.as_deref().is_none_or(|text| ["object", "Any"].contains(&text))
        {
            // A comparison takes anything and says most about two objects of its class.
            other.annotation = Some(class.name.to_string());
        }
        function
    })
    .collect()
}

/// Whether a method is called on an object, not on its class.
pub(super) fn is_on_object(def: &StmtFunctionDef) -> bool {
    let names = ["classmethod", "staticmethod"];
    let mut decorators = def.decorator_list.iter().filter_map(decorator_name);
    // They are called on their class: Python itself makes class methods of most.
    let is_made = ["__init__", "__new__", "__init_subclass__", "__class_getitem__"]
        .contains(&def.name.as_str());
    !is_made && !decorators.any(|name| names.contains(&name))
}

/// Whether a decorator makes a property of a method that gives its value.
pub(super) fn is_getter(decorator: &Decorator) -> bool {
    decorator_name(decorator).is_some_and(|name| ["property", "cached_property"].contains(&name))
}

/// The last part of a decorator's name.
pub(super) fn decorator_name(decorator: &Decorator) -> Option<&str> {
    let called = match &decorator.expression {
        Expr::Call(call) => &*call.func,
        other => other,
    };
    match called {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::python::Module;

    #[test]
    fn methods_take_their_object_first() {
        let source = "class A:\n    def __init__(self, n=1): self.n = n\n    def __eq__(self, o): return True\n    def add(self, n): return n\n    @classmethod\n    def make(cls, n): return cls()\n    @staticmethod\n    def twice(n): return 2 * n\n";
        let module = Module::parse(source).unwrap();
        let shown = |name: &str| {
            let function = module.function(name).unwrap();
            let params = function.params.iter();
            params
                .map(|p| format!("{}: {}", p.name, p.annotation.as_deref().unwrap_or("?")))
                .collect::<Vec<_>>()
                .join(", ")
        };
        assert_eq!(shown("A.__init__"), "n: ?");
        assert_eq!(shown("A.__eq__"), "self: A, o: A");
        assert_eq!(shown("A.add"), "self: A, n: ?");
        assert_eq!(shown("A.make"), "n: ?");
        assert_eq!(shown("A.twice"), "n: ?");
        assert_eq!(module.closure("A.add"), source);
    }

    #[test]
    fn a_method_alone_is_a_program() {
        let source = "class A:\n    @staticmethod\n    def twice(n):\n        if n:\n            return 2 * n\n        return 0\n";
        let module = Module::parse(source).unwrap();
        let text = module.text_alone(module.function("A.twice").unwrap());
        assert_eq!(
            text,
            "@staticmethod\ndef twice(n):\n    if n:\n        return 2 * n\n    return 0"
        );
        assert!(Module::parse(&text).is_ok());
    }
}
