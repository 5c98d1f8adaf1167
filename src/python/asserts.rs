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

/// Reads `assert name(literals) == literal`, the whole of a text; `None` for anything else.
pub fn stated_call(assertion: &str, name: &str) -> Option<StatedCall> {
    match syntax::module(assertion).ok()?.body.as_slice() {
        [stmt] => of_statement(assertion, stmt, name),
        _ => None,
    }
}

pub(super) fn of_statement(source: &str, stmt: &Stmt, name: &str) -> Option<StatedCall> {
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
}
