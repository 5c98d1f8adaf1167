//! Functions and statements that leave the work to another function.
//!
//! Invariant: nothing is run; who does the work is read from the text.

use ruff_python_ast::{Expr, Stmt};

use super::builtins::is_builtin;
use super::function::Function;
use super::module::Module;
use super::names::attribute_root;
use super::package::imports::{Import, imports_of, top};
use super::syntax::{self, text};

/// The package function that a function hands all its work to, if that is all it does: `return graphs.path(a, b)`.
pub fn forwards_to(module: &Module, function: &Function, packages: &[String]) -> Option<String> {
    let def = module.def(function)?;
    let is_said = |stmt: &&Stmt| {
        let is_docstring = matches!(stmt, Stmt::Expr(text) if text.value.is_string_literal_expr());
        !is_docstring && !stmt.is_import_stmt() && !stmt.is_import_from_stmt()
    };
    let said: Vec<&Stmt> = def.body.iter().filter(is_said).collect();
    let [Stmt::Return(returned)] = said[..] else { return None };
    let call = returned.value.as_deref()?.as_call_expr()?;
    let is_handed = |value: &Expr| value.is_name_expr() || value.is_literal_expr();
    let all =
        call.arguments.args.iter().chain(call.arguments.keywords.iter().map(|one| &one.value));
    if !all.into_iter().all(is_handed) {
        return None;
    }
    let root = attribute_root(&call.func)?;
    let is_of_package = |import: &Import| packages.iter().any(|name| name == top(&import.module));
    let mut imports = def.body.iter().chain(module.body()).flat_map(imports_of);
    let is_imported = imports.any(|import| import.binds == root && is_of_package(&import));
    is_imported.then(|| text(module.source(), &*call.func))
}

/// Whether a statement returns what a function gives that is neither builtin nor a class: `return found(a, b)`.
pub fn returns_call(statement: &str) -> bool {
    let Some(expression) = statement.strip_prefix("return ") else { return false };
    match syntax::expression(expression) {
        Some(Expr::Call(call)) => matches!(&*call.func, Expr::Name(name)
            if !is_builtin(&name.id) && !name.id.starts_with(char::is_uppercase)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_only_hands_its_arguments_on_to_a_package_is_known() {
        let to = |source: &str| {
            let module = Module::parse(source).unwrap();
            let function = module.functions().last().unwrap();
            forwards_to(&module, function, &["nets".to_owned()])
        };
        for source in [
            "import nets as n\ndef f(a, b): return n.path(a, b)\n",
            "def f(a):\n    'Does.'\n    from nets.far import g as _g\n    return _g(a, k=1)\n",
        ] {
            assert!(to(source).is_some(), "{source}");
        }
        for source in [
            "import nets as n\ndef f(a, b): return n.path(a + 1, b)\n",
            "import nets as n\ndef f(a):\n    a = 1\n    return n.path(a)\n",
            "import math\ndef f(a): return math.sqrt(a)\n",
            "def g(a): return a\ndef f(a): return g(a)\n",
        ] {
            assert_eq!(to(source), None, "{source}");
        }
    }

    #[test]
    fn a_statement_that_returns_what_another_function_gives_is_known() {
        assert!(returns_call("return found(a, b)") && returns_call("return gcd(b, a % b)"));
        for own in [
            "return sorted(a)",
            "return Box(1)",
            "return f(a) + 1",
            "return a.b()",
            "f(a)",
            "return",
        ] {
            assert!(!returns_call(own), "{own}");
        }
    }
}
