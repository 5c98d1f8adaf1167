//! Which global names a statement uses, binds and changes, by Python's scoping rules.
//!
//! Invariant: a name that is local to a function, class, lambda or comprehension never counts as a use of the global
//! of the same name.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::Expr;

/// The global names of one top-level statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Names {
    /// Names looked up, each with whether anything but an annotation does so.
    pub uses: BTreeMap<String, bool>,
    /// Names bound at module level, at once.
    pub binds: BTreeSet<String>,
    /// Names whose objects are changed at module level: stores into them, and calls of methods such as `append`.
    pub changes: BTreeSet<String>,
    /// Names that functions bind through `global`, once called.
    pub global_writes: BTreeSet<String>,
    /// Whether a star import may bind anything.
    pub star: bool,
}

/// The name at the root of `a.b[c].d`, here `a`.
pub(super) fn root_name(mut expr: &Expr) -> Option<&str> {
    loop {
        expr = match expr {
            Expr::Name(name) => return Some(name.id.as_str()),
            Expr::Attribute(attribute) => &attribute.value,
            Expr::Subscript(subscript) => &subscript.value,
            Expr::Call(call) => &call.func,
            _ => return None,
        };
    }
}

/// The name at the root of `a.b.c`, here `a`; `None` for anything but a name and its attributes.
pub(super) fn attribute_root(mut expr: &Expr) -> Option<&str> {
    while let Expr::Attribute(attribute) = expr {
        expr = &attribute.value;
    }
    expr.as_name_expr().map(|name| name.id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::scopes::of_statement;
    use crate::python::syntax;

    fn names(source: &str) -> Names {
        of_statement(&syntax::module(source).unwrap().body[0])
    }

    fn uses(source: &str) -> Vec<String> {
        names(source).uses.into_keys().collect()
    }

    #[test]
    fn locals_are_no_uses() {
        let source = "def f(a, b=D):\n    c = a + g(b)\n    for i in c: k = i\n    return [x for x in k if (w := x)], w\n";
        assert_eq!(uses(source), ["D", "g"]);
    }

    #[test]
    fn a_closure_variable_stays_inside() {
        assert_eq!(
            uses(
                "def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += m\n    return g\n"
            ),
            ["m"]
        );
    }

    #[test]
    fn methods_do_not_see_class_names() {
        assert_eq!(
            uses("class A(B):\n    x = 1\n    y = x\n    def f(self): return x\n"),
            ["B", "x"]
        );
    }

    #[test]
    fn handlers_patterns_and_imports_bind() {
        let source = "def f(v):\n    import os.path\n    try: pass\n    except E as e: print(e, os)\n    match v:\n        case {'a': q, **r}: return q, r\n";
        assert_eq!(uses(source), ["E", "print"]);
    }

    #[test]
    fn annotations_are_weak_uses() {
        let found = names("def f(a: 'List[T]', b: Set = c) -> Out: pass\n").uses;
        let shown: Vec<_> = found.iter().map(|(name, strict)| (name.as_str(), *strict)).collect();
        assert_eq!(
            shown,
            [("List", false), ("Out", false), ("Set", false), ("T", false), ("c", true)]
        );
    }

    #[test]
    fn module_level_changes_are_seen() {
        let found = names(
            "for i in range(3):\n    table[i].x = 1\n    items.append(i)\n    other.show()\n",
        );
        assert_eq!(found.changes.into_iter().collect::<Vec<_>>(), ["items", "table"]);
        assert_eq!(found.binds.into_iter().collect::<Vec<_>>(), ["i"]);
    }

    #[test]
    fn a_declared_global_is_written() {
        let found = names("def f():\n    global n\n    n = 1\n    return n\n");
        assert_eq!(found.global_writes.into_iter().collect::<Vec<_>>(), ["n"]);
        assert!(found.binds.contains("f") && !found.binds.contains("n"));
    }
}
