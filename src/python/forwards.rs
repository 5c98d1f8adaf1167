//! Functions that only hand their arguments on to one that is imported.
//!
//! Invariant: nothing is run; the function that is handed to is known by an import of the program.

use ruff_python_ast::{Expr, Stmt};

use super::function::Function;
use super::module::Module;

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
    let mut root = &*call.func;
    while let Expr::Attribute(attribute) = root {
        root = &attribute.value;
    }
    let root = root.as_name_expr()?.id.as_str();
    let is_of_package = |module: &str| {
        let top = module.split('.').next().unwrap_or(module);
        packages.iter().any(|package| package == top)
    };
    let statements = def.body.iter().chain(module.body());
    let is_imported = statements.into_iter().any(|stmt| match stmt {
        Stmt::Import(import) => import.names.iter().any(|alias| {
            let top = alias.name.split('.').next().unwrap_or(&alias.name);
            alias.asname.as_ref().map_or(top, |name| name.as_str()) == root
                && is_of_package(&alias.name)
        }),
        Stmt::ImportFrom(import) => import.names.iter().any(|alias| {
            let from = import.module.as_ref().map_or("", |module| module.as_str());
            alias.asname.as_ref().unwrap_or(&alias.name).as_str() == root && is_of_package(from)
        }),
        _ => false,
    });
    is_imported.then(|| super::syntax::text(module.source(), &*call.func))
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
}
