//! Tests as data: what assertions state of a function.
//!
//! Invariant: a stated call has literal arguments and a literal result; everything else in a test
//! is left to be run.

use ruff_python_ast::{CmpOp, Expr, Stmt};

use super::call::{self, Call};
use super::literal::Reader;
use super::syntax;
pub use super::test_script::test_script;
use crate::sandbox::value::Value;

/// A call and what an assertion states that it equals.
#[derive(Debug, Clone, PartialEq)]
pub struct StatedCall {
    pub call: Call,
    pub expected: Value,
}

/// What a function that checks a candidate states.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Checked {
    pub calls: Vec<StatedCall>,
    /// Whether the calls are all that it checks.
    is_whole: bool,
}

impl Checked {
    /// Whether the stated calls are all that is checked, so that nothing is left to be run.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }
}

/// Reads `assert name(literals) == literal`, the whole of a text; `None` for anything else.
pub fn stated_call(assertion: &str, name: &str) -> Option<StatedCall> {
    match syntax::module(assertion).ok()?.body.as_slice() {
        [stmt] => of_statement(assertion, stmt, name),
        _ => None,
    }
}

/// Reads what the function `check` of a test states about its first parameter; `None` if there is
/// no such function.
pub fn checked(test: &str, check: &str) -> Option<Checked> {
    let module = syntax::module(test).ok()?;
    let def = module.body.iter().rev().find_map(|stmt| match stmt {
        Stmt::FunctionDef(def) if def.name.as_str() == check => Some(def),
        _ => None,
    })?;
    let candidate = def.parameters.iter_non_variadic_params().next()?.parameter.name.as_str();
    let mut found = Checked { calls: Vec::new(), is_whole: true };
    for stmt in &def.body {
        match of_statement(test, stmt, candidate) {
            Some(stated) => found.calls.push(stated),
            None => found.is_whole &= states_nothing(stmt),
        }
    }
    found.is_whole &= !found.calls.is_empty();
    Some(found)
}

fn of_statement(source: &str, stmt: &Stmt, name: &str) -> Option<StatedCall> {
    let Stmt::Assert(assert) = stmt else { return None };
    let Expr::Compare(compare) = &*assert.test else { return None };
    let ([CmpOp::Eq], [right]) = (&*compare.ops, &*compare.comparators) else { return None };
    let reader = Reader { source, json_names: false };
    let stated = |called: &Expr, expected: &Expr| {
        let Expr::Call(node) = called else { return None };
        let is_named = matches!(&*node.func, Expr::Name(found) if found.id.as_str() == name);
        if !is_named {
            return None;
        }
        Some(StatedCall { call: call::of(source, node)?, expected: reader.value(expected)? })
    };
    stated(&compare.left, right).or_else(|| stated(right, &compare.left))
}

/// Whether a statement of a check can never fail it.
fn states_nothing(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Assert(assert) => {
            matches!(&*assert.test, Expr::BooleanLiteral(literal) if literal.value)
        }
        Stmt::Expr(statement) => statement.value.is_literal_expr(),
        Stmt::Pass(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(stated: &StatedCall) -> String {
        format!("{} -> {}", stated.call.to_source().unwrap(), stated.expected)
    }

    #[test]
    fn an_assertion_states_a_call_from_either_side() {
        let read = |text: &str| stated_call(text, "f").as_ref().map(shown);
        assert_eq!(read("assert f([1], b='x') == (2,), 'no'"), Some("[1], b='x' -> (2,)".into()));
        assert_eq!(read("assert 3 == f(-1)"), Some("-1 -> 3".into()));
        for other in [
            "assert g(1) == 2",
            "assert f(x) == 2",
            "assert f(1) == g(2)",
            "assert f(1) != 2",
            "assert f(1)",
            "f(1)",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
        assert_eq!(read("assert f(1) == 2\nassert f(2) == 3"), None);
    }

    #[test]
    fn a_check_of_stated_calls_alone_is_whole() {
        let test = "M = {}\n\ndef check(candidate):\n    '''It.'''\n    assert True, 'x'\n    assert candidate(1) == 2\n";
        let found = checked(test, "check").unwrap();
        assert_eq!(
            (found.calls.iter().map(shown).collect::<Vec<_>>(), found.is_whole()),
            (vec!["1 -> 2".into()], true)
        );
        let found =
            checked(&format!("{test}    assert abs(candidate(2) - 3) < 1e-6\n"), "check").unwrap();
        assert_eq!((found.calls.len(), found.is_whole()), (1, false));
        assert!(!checked("def check(c):\n    pass\n", "check").unwrap().is_whole());
        assert_eq!(checked("def test(c):\n    pass\n", "check"), None);
    }
}
