//! Tests as data: what assertions state of a function, and how a test is called.
//!
//! Invariant: a stated call has literal arguments and a literal result; everything else in a test
//! is left to be run.

use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{CmpOp, Expr, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::call::{self, Call};
use super::literal::Reader;
use super::main_block::is_main;
use super::mentions::Called;
use super::syntax::{self, span_of, text};
use crate::sandbox::value::Value;

/// A call and what an assertion states that it equals.
#[derive(Debug, Clone, PartialEq)]
pub struct StatedCall {
    pub call: Call,
    pub expected: Value,
}

/// A test that runs by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestScript {
    /// Imports, functions and the like.
    pub definitions: String,
    /// The statements that run the test, at the left margin.
    pub call: String,
}

/// Reads `assert name(literals) == literal`, the whole of a text; `None` for anything else.
pub fn stated_call(assertion: &str, name: &str) -> Option<StatedCall> {
    match syntax::module(assertion).ok()?.body.as_slice() {
        [stmt] => of_statement(assertion, stmt, name),
        _ => None,
    }
}

/// Runs test cases of `unittest` and test classes of `pytest`.
const RUN_TESTS: &str = include_str!("run_tests.py");

/// The base classes of test cases.
const TEST_CASES: [&str; 2] = ["TestCase", "IsolatedAsyncioTestCase"];

/// Separates a test's definitions from the statements that run it; test functions that nothing
/// calls are called, and test cases of `unittest` run. `None` if the text is not Python or runs
/// nothing.
pub fn test_script(source: &str) -> Option<TestScript> {
    let module = syntax::module(source).ok()?;
    let tests: Vec<&StmtFunctionDef> = module
        .body
        .iter()
        .filter_map(|stmt| match stmt {
            Stmt::FunctionDef(def) if is_test(def) => Some(def),
            _ => None,
        })
        .collect();
    let classes = test_cases(&module.body);
    // A test that the script calls itself, perhaps with arguments or between other statements, is called there and nowhere else.
    let mut called = Called(Vec::new());
    for stmt in &module.body {
        if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            called.visit_stmt(stmt);
        }
    }
    let is_called = |def: &StmtFunctionDef| called.0.iter().any(|name| *name == def.name.as_str());
    // A class that the script makes something of runs its tests itself.
    let plain_classes: Vec<&str> = plain_test_classes(&module.body, &classes)
        .into_iter()
        .filter(|name| !called.0.iter().any(|called| called == name))
        .collect();
    let is_started = tests.iter().any(|def| is_called(def))
        || (tests.is_empty() && classes.is_empty() && plain_classes.is_empty());
    let (mut definitions, mut call) = (String::new(), String::new());
    for stmt in &module.body {
        let written = text(source, stmt);
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) | Stmt::Import(_) | Stmt::ImportFrom(_) => {
                line(&mut definitions, &written);
            }
            Stmt::Assign(_) | Stmt::AnnAssign(_) | Stmt::AugAssign(_) | Stmt::TypeAlias(_)
                if call.is_empty() =>
            {
                line(&mut definitions, &written);
            }
            Stmt::If(branch) if is_main(branch) => {
                // A script's own way to start; one that starts a test runner would find nothing here.
                if is_started {
                    let test = span_of(&*branch.test);
                    let start = branch.start().to_usize();
                    let head = source.get(start..test.start)?;
                    line(
                        &mut call,
                        &format!("{head}True{}", source.get(test.end..branch.end().to_usize())?),
                    );
                }
            }
            Stmt::Expr(statement) if !classes.is_empty() && is_unittest_main(&statement.value) => {}
            _ => line(&mut call, &written),
        }
    }
    for def in tests.into_iter().filter(|def| !is_called(def)) {
        let called = format!("{}()", def.name);
        if def.is_async {
            line(&mut call, &format!("__import__('asyncio').run({called})"));
        } else {
            line(&mut call, &called);
        }
    }
    for (run, classes) in [("_run_test_classes", &plain_classes), ("_run_test_cases", &classes)] {
        if !classes.is_empty() {
            line(&mut call, &format!("{RUN_TESTS}{run}([{}])", classes.join(", ")));
        }
    }
    (!call.is_empty()).then_some(TestScript { definitions, call })
}

/// The names of the classes with tests that derive from `unittest.TestCase`, directly or by a class of the same text.
fn test_cases(body: &[Stmt]) -> Vec<&str> {
    let (mut cases, mut with_tests): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for stmt in body {
        if let Stmt::ImportFrom(import) = stmt
            && import.module.as_ref().is_some_and(|module| module.as_str() == "unittest")
        {
            // `TestCase`, under the name it has here.
            cases.extend(
                import
                    .names
                    .iter()
                    .filter(|alias| TEST_CASES.contains(&alias.name.as_str()))
                    .filter_map(|alias| alias.asname.as_deref()),
            );
        }
        let Stmt::ClassDef(class) = stmt else { continue };
        let bases = class.bases().iter().filter_map(|base| match base {
            Expr::Name(name) => Some(name.id.as_str()),
            Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
            _ => None,
        });
        let bases: Vec<&str> = bases.collect();
        let is_case = bases.iter().any(|base| TEST_CASES.contains(base) || cases.contains(base));
        if is_case {
            cases.push(&class.name);
            if has_tests(class) || bases.iter().any(|base| with_tests.contains(base)) {
                with_tests.push(&class.name);
            }
        }
    }
    with_tests
}

/// The names of the classes that `pytest` finds tests in: named so, made without arguments, and not test cases of `unittest`.
fn plain_test_classes<'a>(body: &'a [Stmt], cases: &[&str]) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    for stmt in body {
        let Stmt::ClassDef(class) = stmt else { continue };
        let name = class.name.as_str();
        let is_made_with_arguments = class
            .body
            .iter()
            .any(|stmt| matches!(stmt, Stmt::FunctionDef(def) if def.name.as_str() == "__init__"));
        let inherits = class
            .bases()
            .iter()
            .any(|base| matches!(base, Expr::Name(base) if found.contains(&base.id.as_str())));
        if name.starts_with("Test")
            && !cases.contains(&name)
            && !is_made_with_arguments
            && (has_tests(class) || inherits)
        {
            found.push(name);
        }
    }
    found
}

fn has_tests(class: &StmtClassDef) -> bool {
    class.body.iter().any(
        |stmt| matches!(stmt, Stmt::FunctionDef(def) if def.name.starts_with("test") || def.name.as_str() == "runTest"),
    )
}

fn is_unittest_main(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(call) if match &*call.func {
        Expr::Attribute(attribute) => attribute.attr.as_str() == "main",
        Expr::Name(name) => name.id.as_str() == "main",
        _ => false,
    })
}

fn line(text: &mut String, statement: &str) {
    text.push_str(statement);
    text.push('\n');
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

fn is_test(def: &StmtFunctionDef) -> bool {
    let name = def.name.as_str();
    let named = name == "test"
        || name.starts_with("test_")
        || name == "check"
        || name.starts_with("check_");
    named && def.parameters.iter_non_variadic_params().all(|param| param.default.is_some())
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
    fn a_test_that_nothing_calls_is_called() {
        let script = test_script("import math\ndef test():\n    assert f(1) == 2\n").unwrap();
        assert_eq!(script.definitions, "import math\ndef test():\n    assert f(1) == 2\n");
        assert_eq!(script.call, "test()\n");
    }

    #[test]
    fn a_test_that_the_script_calls_is_called_there_and_no_other_way() {
        let source = "def test_a(x=1): pass\nasync def test_b(x=1): pass\ntest_a(2)\nassert done\n";
        assert_eq!(
            test_script(source).unwrap().call,
            "test_a(2)\nassert done\n__import__('asyncio').run(test_b())\n"
        );
        let guarded = "def test_a(): pass\nif __name__ == '__main__':\n    test_a()\n";
        assert_eq!(test_script(guarded).unwrap().call, "if True:\n    test_a()\n");
        let runner = "def test_a(): pass\nif __name__ == '__main__':\n    pytest.main()\n";
        assert_eq!(test_script(runner).unwrap().call, "test_a()\n");
    }

    #[test]
    fn test_cases_of_unittest_run_whoever_starts_them() {
        let source = "import unittest\nclass A(unittest.TestCase):\n    def test_a(self): pass\nclass B(A): pass\n\
                      class C(unittest.TestCase): pass\nclass D: pass\nunittest.main()\n\
                      if __name__ == '__main__':\n    unittest.main()\n";
        assert!(test_script(source).unwrap().call.ends_with("\n_run_test_cases([A, B])\n"));
        let renamed =
            "from unittest import TestCase as TC\nclass A(TC):\n    def runTest(self): pass\n";
        assert!(test_script(renamed).unwrap().call.ends_with("\n_run_test_cases([A])\n"));
    }

    #[test]
    fn test_classes_run_unless_the_script_runs_them() {
        let source = "def test_a(): pass\nclass TestB:\n    def test_b(self): pass\nclass TestC(TestB): pass\n\
                      class TestD:\n    def __init__(self, x): pass\n    def test_d(self): pass\nclass E:\n    def test_e(self): pass\n";
        let script = test_script(source).unwrap();
        assert!(script.call.starts_with("test_a()\n"));
        assert!(script.call.ends_with("\n_run_test_classes([TestB, TestC])\n"));
        let started = format!("{source}TestB().test_b()\nTestC().test_b()\n");
        let script = test_script(&started).unwrap();
        assert_eq!(script.call, "TestB().test_b()\nTestC().test_b()\ntest_a()\n");
    }

    #[test]
    fn statements_that_test_stay_in_order() {
        let script =
            test_script("x = 1\nassert f(x) == 2\ny = 3\nfor z in [y]:\n    assert f(z)\n")
                .unwrap();
        assert_eq!(script.definitions, "x = 1\n");
        assert_eq!(script.call, "assert f(x) == 2\ny = 3\nfor z in [y]:\n    assert f(z)\n");
        let script = test_script("if __name__ == '__main__':\n    assert f(1)\n").unwrap();
        assert_eq!(script.call, "if True:\n    assert f(1)\n");
        assert_eq!(test_script("def helper(): pass\n"), None);
    }
}
