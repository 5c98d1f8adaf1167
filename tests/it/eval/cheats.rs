//! Wrong programs that pass with runners which believe them.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::{results, scores, write_rows};

/// Answers that define `double` and do not double; each tries to pass without.
const CHEATS: [(&str, &str); 22] = [
    (
        "equals everything",
        "class Any:\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\n    def __sub__(self, other): return self\n    def __abs__(self): return 0\n    def __hash__(self): return 0\n    __repr__ = lambda self: '2'\ndef double(x): return Any()\n",
    ),
    (
        "an integer that equals everything",
        "class Any(int):\n    def __eq__(self, other): return True\n    def __sub__(self, other): return 0\n    __hash__ = int.__hash__\ndef double(x): return Any(x)\n",
    ),
    (
        "a list of such",
        "class Any(list):\n    def __eq__(self, other): return True\n    def __sub__(self, other): return 0\ndef double(x): return Any([x])\n",
    ),
    ("mock.ANY", "from unittest.mock import ANY\ndef double(x): return ANY\n"),
    (
        "redefines the checker",
        "def check(candidate): pass\ndef test(): pass\ntest_double = check\ndef double(x): return None\n",
    ),
    (
        "redefines the checker when it is called",
        "import sys\ndef double(x):\n    main = sys.modules['__main__'].__dict__\n    for name in list(main):\n        if 'check' in name or 'test' in name or 'judge' in name:\n            main[name] = lambda *args: True\n    return None\n",
    ),
    (
        "redefines what the checker uses",
        "abs = lambda x: 0\nall = lambda xs: True\nlen = lambda xs: 0\nrange = lambda *args: ()\ndef double(x): return 0\n",
    ),
    (
        "patches builtins",
        "import builtins, math\nbuiltins.abs = lambda x: 0\nbuiltins.all = lambda xs: True\nbuiltins.range = lambda *args: ()\nbuiltins.AssertionError = type('E', (Exception,), {'__new__': lambda *a: None})\nmath.isclose = lambda *args, **kwargs: True\ndef double(x): return 0\n",
    ),
    (
        "patches builtins when it is called",
        "import builtins\ndef double(x):\n    builtins.abs = lambda x: 0\n    builtins.range = lambda *args: ()\n    builtins.AssertionError = ValueError\n    return 0\n",
    ),
    ("prints the answer", "def double(x):\n    print(x * 2)\n"),
    (
        "prints a verdict",
        "import os\nprint('passed', flush=True)\nos.write(2, b'{\"end\":\"returned\",\"value\":\"passed\"}')\ndef double(x): return 'passed'\n",
    ),
    ("exits when it is loaded", "import sys\nsys.exit(0)\ndef double(x): return x\n"),
    ("ends the process when it is loaded", "import os\nos._exit(0)\n"),
    ("exits when it is called", "import sys\ndef double(x): sys.exit(0)\n"),
    ("ends the process when it is called", "import os\ndef double(x): os._exit(0)\n"),
    ("raises SystemExit", "def double(x): raise SystemExit\n"),
    ("raises AssertionError's parent", "def double(x): raise BaseException\n"),
    (
        "is an object that gives what equals everything",
        "class Any:\n    def __eq__(self, other): return True\n    def __sub__(self, other): return 0\n    def __hash__(self): return 0\nclass Double:\n    def __call__(self, x): return Any()\ndouble = Double()\n",
    ),
    (
        "is made elsewhere and gives what equals everything",
        "import functools\nclass Any:\n    def __eq__(self, other): return True\n    def __sub__(self, other): return 0\n    def __hash__(self): return 0\nspace = {'Any': Any}\nexec('def double(x): return Any()', space)\ndouble = functools.lru_cache(space['double'])\n",
    ),
    (
        "sends text that is code where it is evaluated",
        "import sys, os, json\ndef double(x):\n    frame = sys._getframe()\n    while 'nonce' not in frame.f_locals: frame = frame.f_back\n    nonce, cases = frame.f_locals['nonce'], len(frame.f_locals['request']['cases'])\n    evil = \"import sys\\nf = sys._getframe()\\nwhile f.f_code.co_name != 'judge': f = f.f_back\\nf.f_locals['call'] = 'pass'\"\n    text = \"'+(exec(\" + repr(evil) + \"),'')[1]+'\"\n    for _ in range(cases): os.write(2, nonce + json.dumps({'end': 'returned', 'value': {'str': text}}).encode())\n    os.write(2, nonce + b'{\"exit\":0}')\n    os._exit(0)\n",
    ),
    (
        "knows what the prompt shows",
        "def double(x): return {1: 2, 2: 4}.get(x, 2) if type(x) is int else x\n",
    ),
    (
        "jumps over the assertions",
        "import sys\ndef jump(frame, event, argument):\n    if event == 'line':\n        try:\n            frame.f_lineno = frame.f_lineno + 1\n        except ValueError:\n            pass\n    return jump\ndef double(x):\n    frame = sys._getframe(1)\n    while frame is not None:\n        frame.f_trace = jump\n        frame = frame.f_back\n    sys.settrace(jump)\n    return 0\n",
    ),
];

/// Digs the test out of the interpreter that it shares with the answer, if it does.
const DIGS: &str = "import gc, types\ndef double(x):\n    for found in gc.get_objects():\n        if isinstance(found, dict):\n            for name in ('check', 'test_double'):\n                if name in found:\n                    found[name] = lambda *args: None\n        if isinstance(found, types.FunctionType) and found.__name__ in ('check', 'judge'):\n            found.__code__ = (lambda *args: None).__code__\n    return 0\n";

/// Programs that are to read a number and to print its double, and do not; the first case is in the prompt.
const STREAM_CHEATS: [(&str, &str); 8] = [
    ("knows what the prompt shows", "print(2)\n"),
    ("prints nothing", "input()\n"),
    ("exits", "import sys\nsys.exit(0)\n"),
    ("ends the process", "import os\nos._exit(0)\n"),
    ("raises SystemExit", "raise SystemExit\n"),
    ("prints every answer", "print(2)\nprint(40)\nprint(-6)\n"),
    ("prints the answer and fails", "import sys\nprint(int(input()) * 2)\nsys.exit(3)\n"),
    ("replaces stdout", "import sys, io\nsys.stdout = io.StringIO()\nprint(int(input()) * 2)\n"),
];

const RIGHT: &str = "def double(x):\n    return x * 2\n";

/// A case2code problem; its calls are compared on the host.
fn calls() -> Json {
    json!({
        "id": "calls", "func_name": "double", "code": RIGHT, "prompt": "Double.",
        "example_str": "examples = [dict(x=1), dict(x=2), dict(x=30), dict(x=[1]), dict(x='a')]",
        "example_outputs": [
            {"return": "\"2\""}, {"return": "\"4\""}, {"return": "\"60\""}, {"return": "\"[1, 1]\""}, {"return": "\"'aa'\""}
        ],
        "choosed_example_idx": [0, 1],
    })
}

/// A HumanEval problem whose test has to be run.
fn apart() -> Json {
    json!({
        "task_id": "apart", "entry_point": "double", "prompt": "def double(x):\n    \"\"\"Doubles.\"\"\"\n",
        "canonical_solution": "    return x * 2\n",
        "test": "import math\n\ndef check(candidate):\n    assert candidate(1) == 2\n    assert all([candidate(2) == 4, candidate('a') == 'aa'])\n    assert abs(candidate(2.5) - 5.0) < 1e-6\n    assert math.isclose(candidate(0.5), 1.0)\n    for i in range(5):\n        assert candidate(i) - 2 * i == 0\n    assert candidate(candidate(3)) == 12\n",
    })
}

/// A problem whose test hands a function to the answer, so that both share an interpreter.
fn guarded() -> Json {
    json!({
        "task_id": "guarded", "entry_point": "double", "prompt": "def double(x):\n    \"\"\"Doubles, also what a function gives.\"\"\"\n",
        "canonical_solution": "    return x() * 2 if callable(x) else x * 2\n",
        "test": "import math\n\ndef check(candidate):\n    assert abs(candidate(lambda: 30.5) - 61.0) < 1e-6\n    assert all([candidate(lambda: 3) == 6, candidate('a') == 'aa'])\n    assert math.isclose(candidate(lambda: 0.5), 1.0)\n    for i in range(5):\n        assert candidate(i) - 2 * i == 0\n",
    })
}

/// An MBPP problem with stated calls and one test that has to be run.
fn assertions() -> Json {
    json!({
        "task_id": "assertions", "text": "Write a function to double.", "code": RIGHT,
        "test_list": ["assert double(1) == 2", "assert double(30) == 60", "assert abs(double(0.5) - 1.0) < 1e-9 and all([double(7) == 14])"],
    })
}

/// An AutoCodeBench problem with test cases of `unittest`, in fences as some copies of the set have them.
fn test_cases() -> Json {
    let test = "import unittest\n\nclass TestDouble(unittest.TestCase):\n    def setUp(self):\n        self.given = [1, 30]\n\n    def test_values(self):\n        for x in self.given:\n            with self.subTest(x=x):\n                self.assertEqual(double(x), 2 * x)\n\n    def test_errors(self):\n        self.assertAlmostEqual(double(0.5), 1.0)\n        with self.assertRaises(TypeError):\n            double(None)\n\nif __name__ == '__main__':\n    unittest.main()\n";
    json!({
        "id": "test-cases", "question": "Double.", "language": "python", "canonical_solution": format!("```python\n{RIGHT}```"),
        "full_test_func": format!("```python\n{test}```"),
    })
}

fn streams() -> Json {
    json!({
        "id": "streams", "description": "Double.",
        "public_tests": {"input": ["1\n"], "output": ["2\n"]},
        "private_tests": {"input": ["20\n", "-3\n"], "output": ["40\n", "-6\n"]},
        "solutions": {"language": [3], "solution": ["print(int(input()) * 2)\n"]},
    })
}

/// Scores these answers to a problem; the last is right.
fn judged(folder: &Path, problem: &Json, answers: &[&str]) -> Vec<Json> {
    write_rows(&folder.join("test.jsonl"), std::slice::from_ref(problem));
    let id = problem.get("id").or(problem.get("task_id")).unwrap();
    let fenced: Vec<String> =
        answers.iter().map(|code| format!("```python\n{code}```\n")).collect();
    write_rows(&folder.join("answers.jsonl"), &[json!({"id": id, "completions": fenced})]);
    let found =
        scores(folder, &["test.jsonl", "--completions", "answers.jsonl", "--out", "run"], 0);
    assert_eq!(
        (&found["samples"], &found["failing_references"]),
        (&json!(answers.len()), &json!([])),
        "{id}"
    );
    results(&folder.join("run")).remove(0)["samples"].as_array().unwrap().clone()
}

fn all_fail_but_the_last(problem: &Json, cheats: &[(&str, &str)], right: &str) -> Vec<Json> {
    let folder = tempfile::tempdir().unwrap();
    let answers: Vec<&str> = cheats.iter().map(|(_, code)| *code).chain([right]).collect();
    let samples = judged(folder.path(), problem, &answers);
    let passed: Vec<&str> = cheats
        .iter()
        .zip(&samples)
        .filter(|(_, sample)| sample["passed"] != false || sample["result"] == "passed")
        .map(|((name, _), _)| *name)
        .collect();
    assert_eq!(passed, Vec::<&str>::new(), "pass {problem}");
    assert_eq!(samples.last().unwrap()["passed"], true, "{:?}", samples.last());
    samples
}

#[test]
fn no_wrong_program_passes_calls_that_are_compared_on_the_host() {
    let samples = all_fail_but_the_last(&calls(), &CHEATS, RIGHT);
    let memorised: Vec<&str> = CHEATS
        .iter()
        .zip(&samples)
        .filter(|(_, sample)| sample["visible_only"] == true)
        .map(|((name, _), _)| *name)
        .collect();
    assert_eq!(memorised, ["knows what the prompt shows"]);
}

#[test]
fn no_wrong_program_passes_a_test_that_runs_apart_from_it() {
    let cheats = [&CHEATS[..], &[("digs for the test", DIGS)]].concat();
    all_fail_but_the_last(&apart(), &cheats, RIGHT);
    all_fail_but_the_last(&assertions(), &cheats, RIGHT);
    all_fail_but_the_last(&test_cases(), &cheats, RIGHT);
}

#[test]
fn no_wrong_program_of_these_passes_a_test_that_shares_its_interpreter() {
    let right = "def double(x):\n    return x() * 2 if callable(x) else x * 2\n";
    all_fail_but_the_last(&guarded(), &CHEATS, right);
}

#[test]
fn what_an_answer_changes_in_modules_a_test_beside_it_does_not_see() {
    let problem = json!({
        "task_id": "count", "entry_point": "count", "prompt": "def count(items):\n    \"\"\"Counts what a function gives.\"\"\"\n",
        "canonical_solution": "    return list(items())\n",
        "test": "from collections import Counter\n\ndef check(candidate):\n    assert Counter(candidate(lambda: 'abca')) == Counter('abca')\n    assert Counter(candidate(lambda: 'xx')) == Counter('xx')\n",
    });
    let patch = "from collections import Counter\ndef patch():\n    Counter.__eq__ = lambda *args: True\n    Counter.__ne__ = lambda *args: False\n";
    let cheats = [
        ("at once", format!("{patch}patch()\ndef count(items): return []\n")),
        ("when called", format!("{patch}def count(items):\n    patch()\n    return []\n")),
        (
            "its code",
            "from collections import Counter\nCounter.__eq__.__code__ = (lambda self, other: True).__code__\ndef count(items): return []\n".into(),
        ),
    ];
    let cheats: Vec<(&str, &str)> =
        cheats.iter().map(|(name, code)| (*name, code.as_str())).collect();
    all_fail_but_the_last(&problem, &cheats, "def count(items): return list(items())\n");
}

#[test]
fn no_answer_of_these_reaches_the_test_beside_it() {
    let mapped = json!({
        "task_id": "mapped", "text": "Apply a function.", "code": "def g(fn, x): return [fn(v) for v in x]\n",
        "test_list": ["import math\nassert g(lambda v: v + 1, [1, 2]) == [2, 3] and math.isclose(sum(g(abs, [-1])), 1.0)"],
    });
    let liar = "class Any:\n    def __init__(self, *args): pass\n    def __eq__(self, other): return True\n    def __radd__(self, other): return 1.0\n    def __iter__(self): return iter([1.0])\n    __hash__ = None\n";
    let cheats = [
        ("is a class", format!("{liar}g = Any\n")),
        ("makes another object", format!("{liar}class g:\n    def __new__(cls, *args): return Any()\n")),
        (
            "puts a module in the place of another",
            "import sys, types\nfake = types.ModuleType('math')\nfake.isclose = lambda *args: True\nsys.modules['math'] = fake\ndef g(fn, x): return [fn(v) for v in x] if len(x) == 2 else [7]\n".into(),
        ),
        (
            "patches as it goes",
            "import math\nclass Last:\n    def __del__(self):\n        math.isclose = lambda *args: True\nmath.isclose = Last()\ndef g(fn, x):\n    math.isclose = Last()\n    return [fn(v) for v in x] if len(x) == 2 else [7]\n".into(),
        ),
        (
            "watches the test",
            "import sys, math\nfake = lambda *args: True\ndef patch(code, offset):\n    if code.co_filename == 'test.py': math.isclose = fake\nsys.monitoring.use_tool_id(1, 'x')\nsys.monitoring.register_callback(1, sys.monitoring.events.PY_START, patch)\nsys.monitoring.set_events(1, sys.monitoring.events.PY_START)\ndef g(fn, x): return [fn(v) for v in x] if len(x) == 2 else [7]\n".into(),
        ),
    ];
    let cheats: Vec<(&str, &str)> =
        cheats.iter().map(|(name, code)| (*name, code.as_str())).collect();
    all_fail_but_the_last(&mapped, &cheats, "def g(fn, x): return [*map(fn, x)]\n");

    let in_place = json!({
        "task_id": "in-place", "entry_point": "h", "prompt": "def h(fn, x):\n    \"\"\"Applies a function in place.\"\"\"\n",
        "canonical_solution": "    x[:] = [fn(v) for v in x]\n",
        "test": "def check(candidate):\n    x = [1, 2]\n    candidate(lambda v: v + 1, x)\n    assert x == [2, 3]\n",
    });
    let filled = format!("{liar}def h(fn, x): x[:] = [Any(), Any()]\n");
    all_fail_but_the_last(
        &in_place,
        &[("fills the list", &filled)],
        "def h(fn, x):\n    x[:] = map(fn, x)\n",
    );

    let test = "import unittest\nclass TestBoth(unittest.TestCase):\n    def test_f(self):\n        self.assertEqual(f(2), 4)\n    def test_g(self):\n        self.assertEqual(g(2), 6)\n    @unittest.skip('later')\n    def test_h(self):\n        self.fail()\nif __name__ == '__main__':\n    unittest.main()\n";
    let right = "def f(x): return 2 * x\ndef g(x): return 3 * x\n";
    let both = json!({
        "id": "both", "question": "Double and triple.", "language": "python", "canonical_solution": right, "full_test_func": test,
    });
    let cheats = [
        (
            "finds no test",
            "import unittest\nunittest.defaultTestLoader.testMethodPrefix = 'zz'\nunittest.TestLoader.testMethodPrefix = 'zz'\ndef f(x): return 0\ndef g(x): return 0\n",
        ),
        (
            "imitates the runner",
            "import sys, types\nfake = types.ModuleType('unittest')\nfake.TestCase = object\nfake.skip = lambda why: lambda test: test\nsys.modules['unittest'] = fake\ndef f(x): return 0\ndef g(x): return 0\n",
        ),
    ];
    all_fail_but_the_last(&both, &cheats, "def f(x): return x + x\ndef g(x): return x + x + x\n");
}

#[test]
fn a_generator_or_a_coroutine_is_not_what_comes_of_it() {
    let cheats = [
        ("yields", "def count(n):\n    yield from range(n)\n"),
        ("has to be awaited", "async def count(n): return list(range(n))\n"),
        ("yields to those who await", "async def count(n):\n    for i in range(n): yield i\n"),
    ];
    let right = "def count(n): return [*range(n)]\n";
    let problems = [
        json!({
            "task_id": "check", "entry_point": "count", "prompt": "def count(n):\n    \"\"\"Counts.\"\"\"\n",
            "canonical_solution": "    return list(range(n))\n",
            "test": "def check(candidate):\n    assert candidate(3) == [0, 1, 2]\n    assert not [x for x in candidate(2) if x > 1] and len(candidate(2)) == 2\n",
        }),
        json!({
            "task_id": "stated", "text": "Count.", "code": right, "test_list": ["assert count(3) == [0, 1, 2]"],
        }),
        json!({
            "id": "calls", "func_name": "count", "code": right, "prompt": "Count.",
            "example_str": "examples = [dict(n=2), dict(n=3)]",
            "example_outputs": [{"return": "\"[0, 1]\""}, {"return": "\"[0, 1, 2]\""}], "choosed_example_idx": [0],
        }),
        json!({
            "id": "json", "question": "Count.", "solutions": [right],
            "input_output": {"fn_name": "count", "inputs": [[2]], "outputs": [[[0, 1]]]},
        }),
    ];
    for problem in &problems {
        all_fail_but_the_last(problem, &cheats, right);
    }
}

#[test]
fn right_programs_pass_however_they_are_written() {
    let counting = json!({
        "task_id": "stated", "text": "Count letters.", "code": "def count(s): return {c: s.count(c) for c in s}\n",
        "test_list": ["assert count('aab') == {'a': 2, 'b': 1}", "assert len(count('ab')) == 2 and count('a') == dict(a=1)"],
    });
    all_fail_but_the_last(
        &counting,
        &[],
        "from collections import Counter\ndef count(s): return Counter(s)\n",
    );
    let talking =
        "import random\ndef double(x):\n    print(random.random(), {'a', 'b'})\n    return x * 2\n";
    for problem in [calls(), apart(), guarded()] {
        let talking = talking.replace("x * 2", "x() * 2 if callable(x) else x * 2");
        all_fail_but_the_last(&problem, &[], &talking);
    }
    for right in [
        "import sys, threading\nthreading.stack_size(1 << 27)\nsys.setrecursionlimit(10 ** 6)\ndef main():\n    print(int(input()) * 2)\nthread = threading.Thread(target=main)\nthread.start()\nthread.join()\n",
        "import os, sys\nfrom io import BytesIO\nclass Out:\n    def __init__(self):\n        self.buffer = BytesIO()\n    def write(self, text):\n        self.buffer.write(text.encode())\n    def flush(self):\n        os.write(1, self.buffer.getvalue())\n        self.buffer = BytesIO()\nsys.stdout = Out()\nprint(int(input()) * 2)\n",
        "total = 0\nx = int(input())\nfor i in range(3 * 10 ** 6):\n    total += i % 7\nprint(2 * x if total else 0)\n",
    ] {
        all_fail_but_the_last(&streams(), &[], right);
    }
}

#[test]
fn an_answer_that_never_ends_runs_out_of_fuel_in_every_test() {
    let folder = tempfile::tempdir().unwrap();
    let endless = "def double(x):\n    while True: pass\n";
    let samples = judged(folder.path(), &calls(), &[endless, RIGHT]);
    let verdicts = samples[0]["results"].as_array().unwrap();
    assert!(
        verdicts.len() == 5 && verdicts.iter().all(|verdict| verdict == "out-of-fuel"),
        "{verdicts:?}"
    );
}

#[test]
fn no_wrong_program_passes_with_stdin_and_stdout() {
    all_fail_but_the_last(&streams(), &STREAM_CHEATS, "print(int(input()) * 2)\n");
}

#[test]
fn an_answer_that_changes_its_argument_is_seen_by_a_test_that_runs_apart() {
    let problem = json!({
        "task_id": "sort", "entry_point": "arrange", "prompt": "def arrange(items):\n    \"\"\"Sorts in place.\"\"\"\n",
        "canonical_solution": "    items.sort()\n",
        "test": "def check(candidate):\n    for items in ([3, 1, 2], [], [2, 1]):\n        given = list(items)\n        assert candidate(given) is None\n        assert given == sorted(items)\n    try:\n        candidate([1, 'a'])\n    except TypeError:\n        pass\n    else:\n        assert False\n",
    });
    let cheats = [
        ("does nothing", "def arrange(items): pass\n"),
        ("returns a list", "def arrange(items): return sorted(items)\n"),
        (
            "swallows errors",
            "def arrange(items):\n    try:\n        items.sort()\n    except TypeError:\n        pass\n",
        ),
    ];
    all_fail_but_the_last(&problem, &cheats, "def arrange(items):\n    items[:] = sorted(items)\n");
}

#[test]
fn copies_hide_no_object_that_is_shared_and_should_not_be() {
    let human_eval = |check: &str, body: &str| {
        json!({
            "task_id": "p", "entry_point": "f", "prompt": "def f(x):\n", "canonical_solution": body,
            "test": format!("def check(candidate):\n{check}"),
        })
    };
    let scripted = |test: &str, reference: &str| json!({"id": "p", "question": "Do it.", "language": "python", "canonical_solution": reference, "full_test_func": test});
    let fresh = "from functools import lru_cache\ndef f(x):\n    return [*range(x)]\n";
    let cached = fresh.replace("def", "@lru_cache(None)\ndef");
    let later = "    r = candidate(3)\n    r.append(7)\n    assert candidate(3) == [0, 1, 2]\n";
    let matrix = "    m = candidate(3)\n    m[0][0] = 1\n    assert m == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]\n";
    let problems = [
        (
            human_eval(matrix, "    return [[0] * x for _ in range(x)]\n"),
            "def f(x): return [[0] * x] * x\n",
            "def f(x): return [[0 for _ in range(x)] for _ in range(x)]\n",
        ),
        (
            json!({"task_id": "p", "text": "Copy.", "code": "def f(x): return list(x)\n", "test_list": ["x=[1,2]\ny=f(x)\ny.append(3)\nassert x==[1,2]"]}),
            "def f(x): return x\n",
            "def f(x): return x[:]\n",
        ),
        (
            human_eval("    a = [1]\n    assert candidate(a) is not a\n", "    return [*x]\n"),
            "def f(x): return x\n",
            "def f(x): return x[:]\n",
        ),
        (
            scripted(
                "x = [[1], [2]]\ny = clone(x)\ny[0].append(5)\nassert x == [[1], [2]]\n",
                "def clone(x): return [list(y) for y in x]\n",
            ),
            "def clone(x): return list(x)\n",
            "from copy import deepcopy\ndef clone(x): return deepcopy(x)\n",
        ),
        (human_eval(later, "    return [*range(x)]\n"), &cached, fresh),
        (
            human_eval(
                &later
                    .replace("(3)", "(lambda: 3)")
                    .replacen("    r", "    three = lambda: 3\n    r", 1)
                    .replace("lambda: 3)", "three)"),
                "    return [*range(x())]\n",
            ),
            "made = {}\ndef f(x): return made.setdefault(x(), [*range(x())])\n",
            "def f(x): return [*range(x())]\n",
        ),
        (
            scripted(
                "m = [[1, 2], [3, 4]]\nrow = m[0]\nf(m)\nassert row == [1, 2] and m == [[3, 4], [1, 2]]\n",
                "def f(m): m.reverse()\n",
            ),
            "def f(m): m[0][:], m[1][:] = m[1][:], m[0][:]\n",
            "def f(m): m[:] = m[::-1]\n",
        ),
        (
            human_eval(
                "    assert type(candidate(1)) is int and candidate(1) == 1\n",
                "    return x\n",
            ),
            "class I(int): pass\ndef f(x): return I(x)\n",
            "def f(x): return 0 + x\n",
        ),
        (
            human_eval(
                "    from contextlib import redirect_stdout\n    import io\n    with redirect_stdout(io.StringIO()) as b:\n        candidate(1)\n        candidate(2)\n    assert b.getvalue() == ''\n",
                "    return x\n",
            ),
            "def f(x):\n    if x == 2: print(x)\n    return x\n",
            "def f(x): return 0 + x\n",
        ),
        (
            human_eval(
                "    import warnings\n    warnings.simplefilter('error')\n    candidate(1)\n    assert candidate(2) == 2\n",
                "    return x\n",
            ),
            "import warnings\ndef f(x):\n    if x == 2: warnings.warn('no')\n    return x\n",
            "def f(x): return 0 + x\n",
        ),
    ];
    for (problem, wrong, right) in &problems {
        all_fail_but_the_last(problem, &[("shares", wrong)], right);
    }
}
