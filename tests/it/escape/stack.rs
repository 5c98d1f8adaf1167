//! Using up stacks: Python's, C's and WebAssembly's.

use serde_json::json;
use tgsand::sandbox::{CaseResult, End};

use crate::support::{
    MUCH_FUEL, call_job, hostile, hostile_call, hostile_script, only_case, raised, returned,
    script_job, trapped, with_fuel,
};

const STACK_EXHAUSTED: &str = "wasm trap: call stack exhausted";

/// Calls `f()` of a program that needs long to build what it then falls over.
fn long_call(code: &str) -> CaseResult {
    only_case(hostile(with_fuel(call_job(code, &[""]), MUCH_FUEL)))
}

#[test]
fn endless_recursion_is_a_recursion_error() {
    let case = hostile_call("def g(n):\n    return g(n + 1)\ndef f():\n    return g(0)\n");
    assert_eq!(raised(&case), ("RecursionError", "maximum recursion depth exceeded"));
}

#[test]
fn endless_recursion_in_a_script_prints_its_traceback() {
    let code = "def f(n):\n    return f(n + 1)\nf(0)\n";
    let execution = hostile(with_fuel(script_job(code), MUCH_FUEL));
    assert_eq!(execution.end, End::Exited { exit_code: 1 });
    assert!(
        execution.stderr.ends_with("RecursionError: maximum recursion depth exceeded\n"),
        "{}",
        execution.stderr
    );
}

#[test]
fn recursion_without_a_limit_uses_up_memory_or_fuel() {
    let code = "import sys\nsys.setrecursionlimit(2**31 - 1)\ndef g(n):\n    return g(n + 1)\ndef f():\n    return g(0)\n";
    // Python may get as far as a `MemoryError`; passing that through a million frames takes more fuel than the recursion.
    let end = long_call(code).end;
    assert!(matches!(end, End::OutOfMemory | End::OutOfFuel), "{end:?}");
}

#[test]
fn deep_recursion_through_c_is_a_recursion_error_whatever_the_limit() {
    let programs = [
        "def g(n):\n    return sorted([1, 2], key=lambda _: g(n + 1))\ndef f():\n    return g(0)\n",
        "class A:\n    def __getattr__(self, name):\n        return getattr(self, name)\ndef f():\n    return A().x\n",
        "class A:\n    def __str__(self):\n        return str(self)\ndef f():\n    return str(A())\n",
        "def g(n):\n    return sum(map(g, [n + 1]))\ndef f():\n    return g(0)\n",
        "import functools\n@functools.lru_cache(None)\ndef g(n):\n    return g(n + 1)\ndef f():\n    return g(0)\n",
    ];
    for program in programs {
        let case = hostile_call(&format!("import sys\nsys.setrecursionlimit(10**6)\n{program}"));
        let (kind, message) = raised(&case);
        // Some callers add what they were doing.
        let message = message.trim_end_matches(" while calling a Python object");
        assert_eq!(
            (kind, message),
            ("RecursionError", "Stack overflow (used 4608 kB)"),
            "{program}"
        );
    }
}

#[test]
fn deep_repr_is_a_recursion_error() {
    let code = r#"
import sys
def f():
    sys.setrecursionlimit(10**6)
    a = 0
    for _ in range(4 * 10**5):
        a = slice(a)
    try:
        repr(a)
    except RecursionError:
        return "caught"
"#;
    assert_eq!(returned(&long_call(code)), json!("caught"));
}

#[test]
fn deep_comparison_is_a_recursion_error() {
    let code = "def f():\n    a = b = 0\n    for _ in range(4 * 10**5):\n        a, b = [a], [b]\n    return a == b\n";
    assert_eq!(raised(&long_call(code)).0, "RecursionError");
}

#[test]
fn deep_pickle_and_json_are_recursion_errors() {
    let code = r#"
import json, pickle
def attempt(work):
    try:
        return work()
    except RecursionError:
        return "RecursionError"
def f():
    a = []
    n = 4 * 10**5
    for _ in range(n):
        a = [a]
    return [attempt(lambda: pickle.dumps(a)), attempt(lambda: json.dumps(a)), attempt(lambda: json.loads("[" * n + "]" * n))]
"#;
    assert_eq!(
        returned(&long_call(code)),
        json!(["RecursionError", "RecursionError", "RecursionError"])
    );
}

#[test]
fn deep_source_is_refused() {
    let code = r#"
def attempt(source):
    try:
        return compile(source, "deep", "eval") and "compiled"
    except (MemoryError, RecursionError, SyntaxError) as error:
        return type(error).__name__
def f():
    n = 10**5
    return [attempt("(" * n + ")" * n), attempt("-" * n + "1"), attempt("a" + ".b" * n), attempt("+".join(["a"] * n)),
            attempt("(" * 90 + "1" + ")" * 90)]
"#;
    let expected =
        json!(["MemoryError", "MemoryError", "RecursionError", "RecursionError", "compiled"]);
    assert_eq!(returned(&long_call(code)), expected);
}

#[test]
fn freeing_a_million_deep_list_exhausts_the_stack_of_the_guest_alone() {
    let code = "def f():\n    a = None\n    for _ in range(10**6):\n        a = [a]\n    del a\n    return 'freed'\n";
    assert_eq!(long_call(code).end, trapped(STACK_EXHAUSTED));
}

#[test]
fn deep_containers_are_freed() {
    let kinds = [
        ("[a]", 100_000),
        ("(a,)", 100_000),
        ("{0: a}", 50_000),
        ("Node(a)", 300_000),
        ("lambda a=a: a", 100_000),
    ];
    for (kind, depth) in kinds {
        let code = format!(
            "class Node:\n    def __init__(self, a):\n        self.a = a\ndef f():\n    a = None\n    \
             for _ in range({depth}):\n        a = {kind}\n    del a\n    return 'freed'\n"
        );
        assert_eq!(returned(&long_call(&code)), json!("freed"), "{kind}");
    }
}

#[test]
fn a_deep_chain_of_maps_exhausts_the_stack_of_the_guest_alone() {
    let code = "def f():\n    m = iter([1])\n    for _ in range(10**6):\n        m = map(int, m)\n    return list(m)\n";
    // Building it takes most of this; the collector goes through it again and again.
    let job = with_fuel(call_job(code, &[""]), 2 * MUCH_FUEL);
    assert_eq!(only_case(hostile(job)).end, trapped(STACK_EXHAUSTED));
}

#[test]
fn deeply_nested_patterns_are_recursion_errors() {
    let code = "import re\ndef f():\n    return re.compile('(' * 5000 + ')' * 5000)\n";
    assert_eq!(raised(&hostile_call(code)).0, "RecursionError");
}

#[test]
fn a_chain_of_ten_thousand_causes_is_told_by_its_last() {
    let code = "def f():\n    e = None\n    for i in range(10**4):\n        n = ValueError(i)\n        n.__cause__ = e\n        e = n\n    raise e\n";
    assert_eq!(raised(&hostile_call(code)), ("ValueError", "9999"));
}

#[test]
fn recursion_in_tracing_ends() {
    let code = "import sys\ndef t(*_):\n    return t\ndef f():\n    sys.settrace(t)\n    sys.setprofile(t)\n    return f()\n";
    assert_eq!(raised(&hostile_call(code)).0, "RecursionError");
}

#[test]
fn a_destructor_that_makes_its_like_ends_out_of_fuel() {
    let code = "class A:\n    def __del__(self):\n        A()\nA()\nwhile True:\n    A()\n";
    assert_eq!(hostile_script(code).end, End::OutOfFuel);
}
