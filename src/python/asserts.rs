//! Tests as data: what assertions state of a function, and how a test is called.
//!
//! Invariant: a stated call has literal arguments and a literal result; everything else in a test
//! is left to be run.

use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{CmpOp, Expr, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::call::{self, Call};
use super::collection::{Collection, is_test};
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

/// What a module's own functions that prepare it are given.
const NAMESPACE: &str = "__import__('types').SimpleNamespace(**globals())";

/// Separates a test's definitions from the statements that run it; test functions that nothing
/// calls are called, and test cases of `unittest` run. `None` if the text is not Python or runs
/// nothing.
pub fn test_script(source: &str) -> Option<TestScript> {
    let module = syntax::module(source).ok()?;
    let collection = Collection::of(&module.body);
    let tests = collection.functions(is_test);
    let classes = collection.test_cases();
    // A test that the script calls itself, perhaps with arguments or between other statements, is called there and nowhere else.
    let mut called = Called(Vec::new());
    for stmt in &module.body {
        if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            called.visit_stmt(stmt);
        }
    }
    let is_called = |def: &StmtFunctionDef| called.0.iter().any(|name| *name == def.name.as_str());
    // A class that the script makes something of runs its tests itself.
    let mut plain_classes = collection.plain_classes();
    plain_classes.retain(|name| !called.0.iter().any(|called| called == name));
    let is_started = tests.iter().any(|def| is_called(def))
        || (tests.is_empty() && classes.is_empty() && plain_classes.is_empty());
    let (mut definitions, mut call) = (String::new(), String::new());
    let mut runs_something = false;
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
                if is_started || collection.starts_more(branch, &tests) {
                    runs_something = true;
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
            _ => {
                runs_something |= collection.runs_something(stmt);
                line(&mut call, &written);
            }
        }
    }
    let tests: Vec<&StmtFunctionDef> = tests.into_iter().filter(|def| !is_called(def)).collect();
    runs_something |= !(tests.is_empty() && plain_classes.is_empty() && classes.is_empty());
    let before_and_after = |name: &str, given: &str| collection.call_of(name, given);
    call.extend(before_and_after("setup_module", NAMESPACE));
    for def in tests {
        call.extend(before_and_after("setup_function", &def.name));
        let called = format!("{}()", def.name);
        if def.is_async {
            line(&mut call, &format!("__import__('asyncio').run({called})"));
        } else {
            line(&mut call, &called);
        }
        call.extend(before_and_after("teardown_function", &def.name));
    }
    for (run, classes) in [("_run_test_classes", &plain_classes), ("_run_test_cases", &classes)] {
        if !classes.is_empty() {
            line(&mut call, &format!("{RUN_TESTS}{run}([{}])", classes.join(", ")));
        }
    }
    call.extend(before_and_after("teardown_module", NAMESPACE));
    runs_something.then_some(TestScript { definitions, call })
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
        for nothing in [
            "def helper(): pass\n",
            "\"\"\"Tests.\"\"\"\ndef test_a(x): assert f(x)\n",
            "import random\nrandom.seed(0)\n",
        ] {
            assert_eq!(test_script(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn tests_that_a_runner_would_collect_run() {
        let last = |source: &str| {
            test_script(source).unwrap().call.lines().last().unwrap_or_default().to_owned()
        };
        assert_eq!(last("def testB(): pass\n"), "testB()");
        assert_eq!(last("if X:\n    def test_a(): pass\n"), "test_a()");
        assert_eq!(
            last("def test_b(): pass\ntry:\n    def test_a(): pass\nexcept E: pass\n"),
            "test_a()"
        );
        let nested = "class Base:\n    def test_a(self): pass\nclass TestX(Base):\n    class TestY:\n        def test_b(self): pass\n";
        assert_eq!(last(nested), "_run_test_classes([TestX, TestX.TestY])");
        let mixed = "import unittest\nBase = unittest.TestCase\nclass Mixin:\n    def test_a(self): pass\nclass A(Mixin, Base): pass\n";
        assert_eq!(last(mixed), "_run_test_cases([A])");
    }

    #[test]
    fn a_block_for_scripts_runs_if_it_starts_more_than_the_tests() {
        let script = |main: &str| {
            let source = format!(
                "def test_a(): pass\ndef run():\n    assert f(1)\ndef all():\n    test_a()\nif __name__ == '__main__':\n    {main}\n"
            );
            test_script(&source).unwrap().call
        };
        assert_eq!(script("run()"), "if True:\n    run()\ntest_a()\n");
        assert_eq!(script("all()"), "test_a()\n");
        assert_eq!(script("print(1)"), "test_a()\n");
    }

    #[test]
    fn functions_that_prepare_run_around_the_tests() {
        let source = "def setup_module(): pass\ndef setup_function(function): pass\ndef teardown_function(): pass\ndef test_a(): pass\n";
        assert_eq!(
            test_script(source).unwrap().call,
            "setup_module()\nsetup_function(test_a)\ntest_a()\nteardown_function()\n"
        );
    }
}
