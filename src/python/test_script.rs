//! Scripts of tests: what they define and the statements that run them.
//!
//! Invariant: each test runs once, whether the script starts it or a runner would.

use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::collection::{Collection, is_test};
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

/// What a module's own functions that prepare it are given.
const NAMESPACE: &str = "__import__('types').SimpleNamespace(**globals())";

/// The fixtures that a test may ask for without importing `pytest`.
const BUILTIN_FIXTURES: [&str; 2] = ["capsys", "monkeypatch"];

/// Separates a test's definitions from the statements that run it; test functions that nothing
/// calls are called, and test cases of `unittest` run. `None` if the text is not Python or runs
/// nothing.
pub fn test_script(source: &str) -> Option<TestScript> {
    let module = syntax::module(source).ok()?;
    let is_pytest = needs_pytest(source, &module.body);
    let collection = Collection::of(&module.body);
    let tests = collection.functions(if is_pytest { is_for_pytest } else { is_test });
    let classes = collection.test_cases();
    // A test that the script calls itself, perhaps with arguments or between other statements, is called there and nowhere else.
    let mut called = Called::default();
    for stmt in &module.body {
        if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            called.visit_stmt(stmt);
        }
    }
    let is_called = |def: &StmtFunctionDef| called.has(&def.name);
    // A class that the script makes something of runs its tests itself.
    let mut plain_classes = collection.plain_classes();
    plain_classes.retain(|name| !called.has(name));
    let is_started = tests.iter().any(|def| is_called(def))
        || (tests.is_empty() && classes.is_empty() && plain_classes.is_empty());
    let all_tests = tests.clone();
    let tests: Vec<&StmtFunctionDef> = tests.into_iter().filter(|def| !is_called(def)).collect();
    let by_pytest = is_pytest && !(tests.is_empty() && plain_classes.is_empty());
    let (mut definitions, mut call) = (String::new(), String::new());
    let mut runs_something = !(tests.is_empty() && plain_classes.is_empty() && classes.is_empty());
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
                if is_started || collection.starts_more(branch, &all_tests) {
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
            // Decorators of tests use what stands before them.
            _ if by_pytest => line(&mut definitions, &written),
            _ => {
                runs_something |= collection.runs_something(stmt);
                line(&mut call, &written);
            }
        }
    }
    if by_pytest {
        let names: Vec<&str> = tests.iter().map(|def| def.name.as_str()).collect();
        let (names, plain_classes) = (names.join(", "), plain_classes.join(", "));
        let run = "__import__('pytest')._run";
        line(&mut call, &format!("{run}(vars(), [{names}], [{plain_classes}])"));
    } else {
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
    }
    let plain_classes = if by_pytest { &Vec::new() } else { &plain_classes };
    for (run, classes) in [("_run_test_classes", plain_classes), ("_run_test_cases", &classes)] {
        if !classes.is_empty() {
            line(&mut call, &format!("{RUN_TESTS}{run}([{}])", classes.join(", ")));
        }
    }
    if !by_pytest {
        call.extend(collection.call_of("teardown_module", NAMESPACE));
    }
    runs_something.then_some(TestScript { definitions, call })
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

/// Whether `pytest` would call a function; what it asks for are fixtures.
fn is_for_pytest(def: &StmtFunctionDef) -> bool {
    def.name.starts_with("test")
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
