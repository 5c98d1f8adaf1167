//! Special methods: what people write to have one called.
//!
//! Invariant: the forms here are those that the sandbox's harness calls; a special method without a form is never called by name.

use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};

/// Functions that are named like the special method that they call.
const FUNCTIONS: [&str; 13] = [
    "abs", "bool", "bytes", "complex", "divmod", "float", "format", "int", "len", "next", "repr",
    "round", "str",
];

/// How a special method is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `len(box)`: a function of the object and of what else the method takes.
    Function(&'static str),
    /// `-box`.
    Prefix(&'static str),
    /// `box + other`.
    Infix(&'static str),
    /// `other + box`, for `__radd__`.
    Reflected(&'static str),
    /// `other in box`.
    Membership,
    /// `box[key]`.
    Item,
    /// `box(…)`.
    Call,
    /// `vars(Box(…))`: what a constructor makes is shown by its attributes.
    Attributes,
}

/// Whether a name is one that Python itself gives a meaning: `__len__`.
pub fn is_special(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__")
}

/// The class whose constructor a dotted name is.
pub fn constructed(entry: &str) -> Option<&str> {
    entry.strip_suffix(".__init__")
}

/// The form of a special method; `None` for names of other methods, and for those that have no result of their own.
pub fn form(method: &str) -> Option<Form> {
    let name = method.strip_prefix("__")?.strip_suffix("__")?;
    let infix = |name: &str| {
        Some(match name {
            "add" => "+",
            "sub" => "-",
            "mul" => "*",
            "matmul" => "@",
            "truediv" => "/",
            "floordiv" => "//",
            "mod" => "%",
            "pow" => "**",
            "lshift" => "<<",
            "rshift" => ">>",
            "and" => "&",
            "or" => "|",
            "xor" => "^",
            _ => return None,
        })
    };
    if let Some(function) = FUNCTIONS.into_iter().find(|function| *function == name) {
        return Some(Form::Function(function));
    }
    Some(match name {
        "iter" => Form::Function("list"),
        "neg" => Form::Prefix("-"),
        "pos" => Form::Prefix("+"),
        "invert" => Form::Prefix("~"),
        "lt" => Form::Infix("<"),
        "le" => Form::Infix("<="),
        "eq" => Form::Infix("=="),
        "ne" => Form::Infix("!="),
        "gt" => Form::Infix(">"),
        "ge" => Form::Infix(">="),
        "contains" => Form::Membership,
        "getitem" => Form::Item,
        "call" => Form::Call,
        "init" => Form::Attributes,
        other => match infix(other) {
            Some(operator) => Form::Infix(operator),
            None => Form::Reflected(infix(other.strip_prefix('r')?)?),
        },
    })
}

/// Whether a constructor only stores its arguments and constants, so that its calls show nothing.
pub(super) fn only_stores(def: &StmtFunctionDef) -> bool {
    let is_plain = |value: &Expr| match value {
        Expr::Name(_) | Expr::Attribute(_) => true,
        Expr::List(list) => list.elts.is_empty(),
        Expr::Dict(dict) => dict.items.is_empty(),
        Expr::Tuple(tuple) => tuple.elts.is_empty(),
        // `set()`, `deque()`
        Expr::Call(call) => call.arguments.is_empty(),
        other => other.is_literal_expr(),
    };
    let is_above = |value: &Expr| {
        let Expr::Call(call) = value else { return false };
        let Expr::Attribute(function) = &*call.func else { return false };
        function.attr.as_str() == "__init__"
    };
    def.body.iter().all(|stmt| match stmt {
        Stmt::Assign(assign) => is_plain(&assign.value),
        Stmt::AnnAssign(assign) => assign.value.as_deref().is_none_or(is_plain),
        Stmt::Expr(expr) => expr.value.is_literal_expr() || is_above(&expr.value),
        Stmt::Pass(_) => true,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::Module;

    #[test]
    fn special_methods_have_the_form_that_people_write() {
        for (method, expected) in [
            ("__len__", Some(Form::Function("len"))),
            ("__iter__", Some(Form::Function("list"))),
            ("__add__", Some(Form::Infix("+"))),
            ("__radd__", Some(Form::Reflected("+"))),
            ("__rshift__", Some(Form::Infix(">>"))),
            ("__rrshift__", Some(Form::Reflected(">>"))),
            ("__contains__", Some(Form::Membership)),
            ("__init__", Some(Form::Attributes)),
            ("__hash__", None),
            ("__setitem__", None),
            ("__r__", None),
            ("____", None),
            ("__", None),
            ("len", None),
        ] {
            assert_eq!(form(method), expected, "{method}");
        }
    }

    #[test]
    fn a_constructor_that_only_stores_is_told_from_one_that_computes() {
        let stores = |body: &str| {
            let source = format!("class A:\n    def __init__(self, a, b):\n        {body}\n");
            let module = Module::parse(&source).unwrap();
            let function = module.function("A.__init__").unwrap();
            only_stores(module.def(function).unwrap())
        };
        for body in ["'Doc.'", "self.a = a; self.b = []", "super().__init__(a); self.b = None"] {
            assert!(stores(body), "{body}");
        }
        for body in ["self.a = a + b", "if a: raise ValueError", "self.a = list(a)", "self.f(a)"] {
            assert!(!stores(body), "{body}");
        }
    }
}
