//! Recursion that a native CPython allows is allowed; deeper is a `RecursionError`, never a trap.

use serde_json::json;

use crate::support::{MUCH_FUEL, call_job, only_case, raised, returned, run, script, with_fuel};

/// Calls `f(shallow)`, which must give `expected`, and `f(deep)`, which must be a `RecursionError`.
fn allows(code: &str, shallow: u32, expected: u32, deep: u32) {
    let execution =
        run(with_fuel(call_job(code, &[&shallow.to_string(), &deep.to_string()]), MUCH_FUEL));
    assert_eq!(execution.cases.len(), 2, "{:?} {:?}", execution.end, execution.error);
    assert_eq!(returned(&execution.cases[0]), json!(expected), "{shallow} deep");
    assert_eq!(raised(&execution.cases[1]).0, "RecursionError", "{deep} deep");
}

#[test]
fn plain_frames_go_nearly_to_the_recursion_limit() {
    allows("def f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\n", 950, 950, 1000);
}

#[test]
fn the_recursion_limit_is_native() {
    let execution = script("import sys\nprint(sys.getrecursionlimit())\n");
    assert_eq!(execution.stdout, "1000\n");
}

#[test]
fn a_raised_recursion_limit_is_followed() {
    let code = "import sys\nsys.setrecursionlimit(20_000)\ndef f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\n";
    allows(code, 15_000, 15_000, 25_000);
}

#[test]
fn cached_functions_recurse_490_deep() {
    allows(
        "import functools\n@functools.lru_cache(None)\ndef f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\n",
        490,
        490,
        5000,
    );
}

#[test]
fn lists_print_10_000_deep() {
    let code =
        "def f(n):\n    a = []\n    for _ in range(n):\n        a = [a]\n    return len(repr(a))\n";
    let execution = run(with_fuel(call_job(code, &["10_000"]), MUCH_FUEL));
    assert_eq!(returned(&only_case(execution)), json!(20_002));
}

#[test]
fn slices_print_300_deep() {
    let code = "def f(n):\n    a = 0\n    for _ in range(n):\n        a = slice(a)\n    return len(repr(a))\n";
    allows(code, 300, 5701, 400_000);
}

#[test]
fn objects_print_300_deep() {
    let code = r#"
class Node:
    def __init__(self, inner):
        self.inner = inner
    def __repr__(self):
        return f"<{self.inner!r}>"
def f(n):
    node = 0
    for _ in range(n):
        node = Node(node)
    return len(repr(node))
"#;
    allows(code, 300, 601, 3000);
}

#[test]
fn map_recurses_450_deep() {
    allows("def f(n):\n    return 0 if n == 0 else 1 + sum(map(f, [n - 1]))\n", 450, 450, 3000);
}

#[test]
fn sort_keys_recurse_300_deep() {
    allows("def f(n):\n    return n if n == 0 else len(sorted([n - 1], key=f))\n", 300, 1, 3000);
}

#[test]
fn comprehensions_and_generators_recurse_300_deep() {
    allows(
        "def f(n):\n    return 0 if n == 0 else 1 + sum([f(m) for m in [n - 1]])\n",
        300,
        300,
        3000,
    );
    allows(
        "def f(n):\n    return 0 if n == 0 else 1 + sum(f(m) for m in [n - 1])\n",
        300,
        300,
        3000,
    );
    let code = "def g(n):\n    if n:\n        yield n\n        yield from g(n - 1)\ndef f(n):\n    return len(list(g(n)))\n";
    allows(code, 300, 300, 3000);
}

#[test]
fn json_goes_400_deep_both_ways() {
    let code = "import json\ndef f(n):\n    a = []\n    for _ in range(n):\n        a = [a]\n    return len(json.dumps(json.loads(json.dumps(a))))\n";
    allows(code, 400, 802, 400_000);
}

#[test]
fn copies_go_200_deep() {
    let code = "import copy\ndef f(n):\n    a = []\n    for _ in range(n):\n        a = [a]\n    return len(repr(copy.deepcopy(a)))\n";
    allows(code, 200, 402, 3000);
}

#[test]
fn a_recursion_error_can_be_handled_and_recursion_begun_again() {
    let code = "def g(n):\n    return g(n + 1)\ndef f():\n    seen = []\n    for _ in range(3):\n        try:\n            g(0)\n        except RecursionError as error:\n            seen.append(str(error))\n    return seen\n";
    let case = only_case(run(call_job(code, &[""])));
    assert_eq!(returned(&case), json!(vec!["maximum recursion depth exceeded"; 3]));
}

#[test]
fn recursion_through_c_goes_as_deep_as_native_under_a_raised_limit() {
    let limit = "import sys, functools\nsys.setrecursionlimit(10**6)\n";
    for (definition, deep) in [
        ("@functools.lru_cache(None)\ndef f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\n", 3000),
        ("@functools.cache\ndef f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\n", 3000),
        ("def f(n):\n    return 0 if n == 0 else 1 + max(f(k) for k in [n - 1])\n", 3000),
        ("def f(n):\n    return 0 if n == 0 else 1 + max(map(f, [n - 1]))\n", 3000),
        ("def f(n):\n    return n if n == 0 else 1 + max([n - 1], key=f)\n", 1500),
        ("def f(n):\n    return 0 if n == 0 else 1 + sum([f(m) for m in [n - 1]])\n", 3000),
    ] {
        let code = format!("{limit}{definition}");
        let execution = run(with_fuel(call_job(&code, &[&deep.to_string(), "10**5"]), MUCH_FUEL));
        let [shallow, deeper] = &execution.cases[..] else { panic!("{execution:?}") };
        assert!(returned(shallow).is_i64(), "{definition}: {shallow:?}");
        let is_plain = definition.contains("[f(m)");
        if is_plain {
            // Its frames take no C stack: 10^5 is within the limit.
            assert!(returned(deeper).is_i64(), "{definition}: {deeper:?}");
        } else {
            assert_eq!(raised(deeper).0, "RecursionError", "{definition}");
        }
    }
}
