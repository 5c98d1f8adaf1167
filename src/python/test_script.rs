//! Scripts of tests: what they define and the statements that run them.
//!
//! Invariant: each test runs once, whether the script starts it or a runner would.

use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::imports::imported_modules;
use super::main_block::is_main;
use super::mentions::Called;
use super::syntax::{self, span_of, text};

/// A test that runs by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestScript {
    /// Imports, functions and the like.
    pub definitions: String,
    /// The statements that run the test, at the left margin.
    pub call: String,
}

/// Runs test cases of `unittest` and test classes of `pytest`.
const RUN_TESTS: &str = include_str!("run_tests.py");

/// The base classes of test cases.
const TEST_CASES: [&str; 2] = ["TestCase", "IsolatedAsyncioTestCase"];

/// The fixtures that a test may ask for without importing `pytest`.
const BUILTIN_FIXTURES: [&str; 2] = ["capsys", "monkeypatch"];

/// Separates a test's definitions from the statements that run it; test functions that nothing
/// calls are called, and test cases of `unittest` run. `None` if the text is not Python or runs
/// nothing.
pub fn test_script(source: &str) -> Option<TestScript> {
    let module = syntax::module(source).ok()?;
    let is_pytest = needs_pytest(source, &module.body);
    let tests: Vec<&StmtFunctionDef> = module
        .body
        .iter()
        .filter_map(|stmt| match stmt {
            Stmt::FunctionDef(def) if is_pytest && def.name.starts_with("test") => Some(def),
            Stmt::FunctionDef(def) if !is_pytest && is_test(def) => Some(def),
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
    let tests: Vec<&StmtFunctionDef> = tests.into_iter().filter(|def| !is_called(def)).collect();
    let by_pytest = is_pytest && !(tests.is_empty() && plain_classes.is_empty());
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
            // Decorators of tests use what stands before them.
            _ if by_pytest => line(&mut definitions, &written),
            _ => line(&mut call, &written),
        }
    }
    if by_pytest {
        let names: Vec<&str> = tests.iter().map(|def| def.name.as_str()).collect();
        let (names, plain_classes) = (names.join(", "), plain_classes.join(", "));
        let run = "__import__('pytest')._run";
        line(&mut call, &format!("{run}(vars(), [{names}], [{plain_classes}])"));
    } else {
        for def in tests {
            let called = format!("{}()", def.name);
            if def.is_async {
                line(&mut call, &format!("__import__('asyncio').run({called})"));
            } else {
                line(&mut call, &called);
            }
        }
    }
    let plain_classes = if by_pytest { &Vec::new() } else { &plain_classes };
    for (run, classes) in [("_run_test_classes", plain_classes), ("_run_test_cases", &classes)] {
        if !classes.is_empty() {
            line(&mut call, &format!("{RUN_TESTS}{run}([{}])", classes.join(", ")));
        }
    }
    (!call.is_empty()).then_some(TestScript { definitions, call })
}

/// Whether a script is one for `pytest`: it imports it, or a test asks for one of its fixtures.
fn needs_pytest(source: &str, body: &[Stmt]) -> bool {
    let asks_for_fixture = |stmt: &Stmt| {
        let Stmt::FunctionDef(def) = stmt else { return false };
        let mut asked = def.parameters.iter_non_variadic_params().peekable();
        def.name.starts_with("test_")
            && asked.peek().is_some()
            && asked.all(|param| BUILTIN_FIXTURES.contains(&param.name().as_str()))
    };
    imported_modules(source).any(|module| module == "pytest") || body.iter().any(asks_for_fixture)
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
    fn tests_for_pytest_run_there_and_find_all_that_stands_before_them() {
        let source = "import pytest\nsys.path.append('.')\nCASES = [1]\n@pytest.mark.parametrize('x', CASES)\ndef test_a(x): pass\n\
                      def check_x(): pass\nclass TestB:\n    def test_b(self): pass\nif __name__ == '__main__':\n    pytest.main()\n";
        let script = test_script(source).unwrap();
        assert_eq!(script.definitions, source.split_once("if __name__").unwrap().0);
        assert_eq!(script.call, "__import__('pytest')._run(vars(), [test_a], [TestB])\n");
        let script = test_script("def test_a(capsys): pass\n").unwrap();
        assert_eq!(script.call, "__import__('pytest')._run(vars(), [test_a], [])\n");
        assert_eq!(test_script("def test_a(number): pass\n"), None);
    }

    #[test]
    fn a_script_that_starts_its_tests_itself_does_so_with_pytest_too() {
        let source = "import pytest\ndef test_a(): pass\ntest_a()\nwith pytest.raises(KeyError):\n    f(1)\n";
        let script = test_script(source).unwrap();
        assert_eq!(script.definitions, "import pytest\ndef test_a(): pass\n");
        assert_eq!(script.call, "test_a()\nwith pytest.raises(KeyError):\n    f(1)\n");
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
