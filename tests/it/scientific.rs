//! The runtime with the scientific libraries. Run by hand: compiling it takes minutes and gigabytes.
//!
//! Invariant: what the libraries give is compared with what arithmetic gives, not with what an earlier run printed.

use serde_json::json;
use tgsand::sandbox::{Case, CaseResult, End, Execution, Job, Limits};

use crate::support::{call_job, exited, open_runtime, returned, run};

const RUNTIME: &str = "python-3.15-sci";

const PROGRAM: &str = "\
import numpy
import pandas
import scipy.optimize
import sympy

def solve(seed):
    rng = numpy.random.default_rng(seed)
    matrix = rng.integers(-5, 6, (4, 4)) + 20 * numpy.eye(4)
    wanted = numpy.arange(1.0, 5.0)
    return [round(x, 9) for x in numpy.linalg.solve(matrix, matrix @ wanted).tolist()]

def total_by_key(rows):
    frame = pandas.DataFrame(rows, columns=['key', 'value'])
    return frame.groupby('key')['value'].sum().to_dict()

def root(low, high):
    return round(scipy.optimize.brentq(lambda x: x * x - 5, low, high), 9)

def derivative(source):
    x = sympy.Symbol('x')
    return str(sympy.diff(sympy.sympify(source), x))

CALLS = {'solve': solve, 'total_by_key': total_by_key, 'root': root, 'derivative': derivative}

def f(name, *args):
    return CALLS[name](*args)
";

fn job(cases: &[&str]) -> Job {
    // Importing all four takes most of the fuel, and their modules most of the memory.
    let limits = Limits { fuel: 100_000_000_000, memory: 1 << 30, ..Limits::default() };
    let cases = cases.iter().map(|&arguments| Case::call(arguments)).collect();
    Job { code: PROGRAM.into(), entry: Some("f".into()), cases, limits, ..Job::default() }
}

#[test]
#[ignore = "installs python-3.15-sci, which takes minutes: cargo test --test it scientific -- --ignored"]
fn scientific_libraries_compute_the_same_under_both_seeds() {
    let sandbox = open_runtime(RUNTIME);
    let execution = sandbox
        .run(job(&[
            "'solve', 7",
            "'total_by_key', [('a', 1), ('b', 2), ('a', 40)]",
            "'root', 0, 3",
            "'root', 5, 9",
            "'derivative', 'x**3 + sin(x)'",
        ]))
        .unwrap();
    assert_eq!((&execution.end, &execution.error), (&exited(0), &None), "{}", execution.stderr);
    let differs = |case: &CaseResult| case.nondeterministic || case.order_dependent;
    assert!(!execution.cases.iter().any(differs), "{:?}", execution.cases);
    let [solved, totals, root, no_root, derivative] = &execution.cases[..] else {
        panic!("{:?}", execution.cases)
    };
    assert_eq!(returned(solved), json!([1.0, 2.0, 3.0, 4.0]));
    assert_eq!(returned(totals), json!({"dict": [["a", 41], ["b", 2]]}));
    assert_eq!(returned(root), json!(2.236067977));
    assert!(
        matches!(&no_root.end, End::Raised(raised) if raised.kind == "ValueError"),
        "{no_root:?}"
    );
    assert_eq!(returned(derivative), json!("3*x**2 + cos(x)"));
}

#[test]
fn the_default_runtime_says_which_one_has_the_scientific_libraries() {
    for name in ["numpy", "pandas", "scipy", "sklearn", "sympy"] {
        let Execution { error, .. } =
            run(call_job(&format!("import {name}\ndef f(): pass\n"), &[""]));
        let message = format!("No module named '{name}' in this runtime; {RUNTIME} has it");
        let error = error.unwrap();
        assert_eq!((error.kind, error.message), ("ModuleNotFoundError".to_owned(), message));
    }
}

/// A row in HumanEval+'s form, whose test imports numpy.
fn row_with_numpy() -> String {
    json!({"task_id": "plus/0", "prompt": "def half(a):\n    \"\"\"Half.\"\"\"\n", "entry_point": "half",
        "canonical_solution": "    return a / 2\n",
        "test": "import numpy as np\n\ndef check(candidate):\n    for a, want in zip([1, 3], [0.5, 1.5]):\n        assert np.allclose(candidate(a), want)\n"})
    .to_string()
}

fn eval(options: &[&str]) -> (crate::cli::Ended, serde_json::Value) {
    let folder = tempfile::tempdir().unwrap();
    let test = crate::cli::file(folder.path(), "test.jsonl", row_with_numpy());
    let mut command = crate::cli::tgsand();
    command.arg("eval").arg(&test).args(["--reference", "--json"]).args(options);
    command.current_dir(folder.path());
    let ended = crate::cli::ended(command, "");
    let scores = serde_json::from_str(&ended.stdout).unwrap();
    (ended, scores)
}

#[test]
fn a_runtime_that_is_named_is_used_and_what_it_lacks_is_counted() {
    let (ended, scores) = eval(&["--runtime", "python-3.15"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!((&scores["pass@1"], &scores["missing_modules"]), (&json!(0.0), &json!(1)));
    assert!(!ended.stderr.contains("which is used"), "{}", ended.stderr);
}

#[test]
#[ignore = "compiles python-3.15-sci, which takes minutes and gigabytes"]
fn tests_that_import_numpy_run_in_the_runtime_that_has_it() {
    let (ended, scores) = eval(&[]);
    assert_eq!(scores["pass@1"], 1.0, "{}", ended.stderr);
    assert!(
        ended.stderr.contains(
            "the tests or answers import numpy: they need python-3.15-sci, which is used; --runtime names another"
        ),
        "{}",
        ended.stderr
    );
}
