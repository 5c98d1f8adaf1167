//! What a file of tests states, if it states nothing else: what it imports, its test functions, and the results that these assert.
//!
//! Invariant: a text is read as a whole or not at all.

use ruff_python_ast::{CmpOp, Expr, Stmt};

use super::syntax::{module, text};

/// A statement of a file of tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// `from module import name`: the dotted name.
    Import(String),
    Test(String),
    /// A call and the literal that it is compared with, as written.
    Result {
        call: String,
        value: String,
    },
}

/// Reads test functions that only assert what calls give; none if there is anything else.
pub fn asserted(code: &str) -> Option<Vec<Told>> {
    let tree = module(code).ok()?;
    let mut found = Vec::new();
    for stmt in &tree.body {
        match stmt {
            Stmt::ImportFrom(import) if import.level == 0 => {
                let module = import.module.as_ref()?;
                for alias in import.names.iter().filter(|alias| alias.asname.is_none()) {
                    found.push(Told::Import(format!("{module}.{}", alias.name)));
                }
            }
            Stmt::FunctionDef(def)
                if def.parameters.is_empty() && def.decorator_list.is_empty() =>
            {
                found.push(Told::Test(def.name.to_string()));
                for stmt in &def.body {
                    found.push(result(code, stmt)?);
                }
            }
            _ => return None,
        }
    }
    Some(found).filter(|found| found.iter().any(|one| matches!(one, Told::Result { .. })))
}

fn result(code: &str, stmt: &Stmt) -> Option<Told> {
    let Stmt::Assert(assert) = stmt else { return None };
    let Expr::Compare(compare) = &*assert.test else { return None };
    let ([CmpOp::Eq | CmpOp::Is], [value], Expr::Call(call)) =
        (&*compare.ops, &*compare.comparators, &*compare.left)
    else {
        return None;
    };
    Some(Told::Result { call: text(code, call), value: text(code, value) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_only_assert_results_are_read_and_others_are_not() {
        let code = "from pkg.a import f\n\n\ndef test_f():\n    assert f(2, 'a == b') == 4\n    assert f(3) is True\n";
        let result =
            |call: &str, value: &str| Told::Result { call: call.into(), value: value.into() };
        assert_eq!(
            asserted(code).unwrap(),
            [
                Told::Import("pkg.a.f".into()),
                Told::Test("test_f".into()),
                result("f(2, 'a == b')", "4"),
                result("f(3)", "True")
            ]
        );
        for other in ["import os\n", "def test_f():\n    f(2)\n", "x = 1\n", "def test_f():\n"] {
            assert_eq!(asserted(other), None, "{other}");
        }
    }
}
