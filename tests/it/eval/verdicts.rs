//! Answers and the verdicts that the published tests would give them natively.

use serde_json::{Value as Json, json};

use super::{results, scores, write_rows};

/// Code of an answer, and the result that it gets.
type Verdict<'a> = (&'a str, &'a str);

fn mbpp(reference: &str, tests: &[&str]) -> Json {
    json!({"task_id": "p", "text": "Do it.", "code": reference, "test_list": tests})
}

/// A HumanEval problem for `f(x)`; the body is indented.
fn human_eval(body: &str, test: &str) -> Json {
    json!({
        "task_id": "p", "entry_point": "f", "prompt": "def f(x, y=None):\n    \"\"\"Do it.\"\"\"\n", "canonical_solution": body,
        "test": test,
    })
}

fn script(reference: &str, test: &str) -> Json {
    json!({"id": "p", "question": "Do it.", "language": "python", "canonical_solution": reference, "full_test_func": test})
}

/// A problem that reads a number and prints its double.
fn streams() -> Json {
    json!({
        "id": "p", "description": "Double.",
        "public_tests": {"input": ["2\n"], "output": ["4\n"]}, "private_tests": {"input": ["5\n"], "output": ["10\n"]},
    })
}

/// Checks the result of each answer; gives the scores and the samples.
#[track_caller]
fn check(problem: &Json, answers: &[Verdict<'_>]) -> (Json, Vec<Json>) {
    let folder = tempfile::tempdir().unwrap();
    write_rows(&folder.path().join("test.jsonl"), std::slice::from_ref(problem));
    let fenced: Vec<String> =
        answers.iter().map(|(code, _)| format!("```python\n{code}```\n")).collect();
    write_rows(&folder.path().join("answers.jsonl"), &[json!({"id": "p", "completions": fenced})]);
    let found =
        scores(folder.path(), &["test.jsonl", "--completions", "answers.jsonl", "--out", "run"], 0);
    assert_eq!(found["failing_references"], json!([]), "{problem}");
    let samples =
        results(&folder.path().join("run")).remove(0)["samples"].as_array().unwrap().clone();
    let wrong: Vec<String> = answers
        .iter()
        .zip(&samples)
        .filter(|((_, result), sample)| sample["result"] != *result)
        .map(|((code, result), sample)| {
            format!("{code}-> {}, not {result}: {}", sample["result"], sample["failing"])
        })
        .collect();
    assert!(wrong.is_empty(), "{problem}\n{}", wrong.join("\n"));
    (found, samples)
}

const COLLECT: &str = "def f(x):\n    return [x]\n";
/// Answers to [`COLLECT`]: those that keep what they should not, and one that only remembers.
const STATEFUL: [Verdict<'static>; 5] = [
    ("def f(x, acc=[]):\n    acc.append(x)\n    return acc\n", "wrong-answer"),
    ("res = []\ndef f(x):\n    res.append(x)\n    return res\n", "wrong-answer"),
    (
        "used = []\ndef f(x):\n    if used: return [0]\n    used.append(1)\n    return [x]\n",
        "wrong-answer",
    ),
    ("memo = {}\ndef f(x):\n    if x not in memo: memo[x] = [x]\n    return memo[x]\n", "passed"),
    (COLLECT, "passed"),
];

#[test]
fn state_between_calls_counts_as_in_the_published_process() {
    let problems = [
        mbpp(COLLECT, &["assert f(1) == [1]", "assert f(2) == [2]"]),
        mbpp(COLLECT, &["assert f(1) == [1]", "assert list(f(2)) == [2]"]),
        mbpp(COLLECT, &["assert tuple(f(1)) == (1,)", "assert f(1) == [1] and f(2) == [2]"]),
        human_eval(
            "    return [x]\n",
            "def check(candidate):\n    assert candidate(1) == [1]\n    assert candidate(2) == [2]\n",
        ),
        human_eval(
            "    return [x]\n",
            "def check(candidate):\n    for x in (1, 1, 2):\n        assert candidate(x) == [x]\n",
        ),
        script(
            COLLECT,
            "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        for x in range(3): self.assertEqual(f(x), [x])\n",
        ),
    ];
    for problem in &problems {
        let (found, samples) = check(problem, &STATEFUL);
        assert_eq!(found["order_dependent"], 3, "{problem}");
        let flagged: Vec<bool> =
            samples.iter().map(|sample| sample["order_dependent"] == true).collect();
        assert_eq!(flagged, [true, true, true, false, false], "{problem}");
    }
}

#[test]
fn state_that_the_test_asks_for_is_right() {
    let counter = "n = 0\ndef f():\n    global n\n    n += 1\n    return n\n";
    let problem = mbpp(counter, &["assert f() == 1", "assert f() == 2", "assert f() + f() == 7"]);
    check(&problem, &[(counter, "passed"), ("def f(): return 1\n", "wrong-answer")]);
}

#[test]
fn a_skipped_test_has_not_passed() {
    let reference = "def f(x):\n    return x * 2\n";
    let test = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(f(2), 4)\n    @unittest.skip('later')\n    def test_b(self):\n        self.fail()\n";
    let skips = "import unittest\ndef f(x): raise unittest.SkipTest('no')\n";
    let derived =
        "import unittest\nclass Skip(unittest.SkipTest): pass\ndef f(x): raise Skip('no')\n";
    let stops = "import unittest.case\ndef f(x): raise unittest.case._ShouldStop\n";
    let answers =
        [(skips, "raised"), (derived, "raised"), (stops, "raised"), (reference, "passed")];
    check(&script(reference, test), &answers);
    let handing = test.replace("f(2), 4", "f(lambda: 2)(), 4");
    let reference = "def f(x):\n    return lambda: x() * 2\n";
    let together = [(skips, "wrong-answer"), (derived, "wrong-answer"), (reference, "passed")];
    check(&script(reference, &handing), &together);
    let guarded = test.replace("f(2), 4", "f(lambda: 2), 4");
    let reference = "def f(x):\n    return x() * 2\n";
    check(
        &script(reference, &guarded),
        &[(skips, "raised"), (stops, "raised"), (reference, "passed")],
    );
}

#[test]
fn test_classes_run_beside_test_functions() {
    let reference = "def f(x):\n    return x * 2\n";
    let test = "def test_a():\n    assert f(1) == 2\nclass TestMore:\n    def setup_method(self):\n        self.given = 7\n    def test_b(self):\n        assert f(self.given) == 14\n    def helper(self): pass\nclass Helper:\n    def test_c(self): assert False\n";
    let problem = script(reference, test);
    check(&problem, &[("def f(x): return 2\n", "wrong-answer"), (reference, "passed")]);
    let only = script(
        reference,
        test.split_once("class")
            .map(|(_, rest)| rest)
            .map(|rest| format!("class{rest}"))
            .unwrap()
            .as_str(),
    );
    check(&only, &[("def f(x): return 2\n", "wrong-answer"), (reference, "passed")]);
}

#[test]
fn what_an_answer_is_given_does_not_lead_to_the_test() {
    let right = "def f(x, y=None): return x() * 2\n";
    let test = "import math\ndef check(candidate):\n    assert candidate(lambda: 30.5) == 61.0\n    assert math.isclose(candidate(lambda: 0.5), 1.0)\n    assert abs(candidate(lambda: 3) - 6) < 1e-6\n";
    let fake = "fake = type('M', (), {'isclose': staticmethod(lambda *a: True)})\n";
    let by_globals = format!(
        "{fake}def f(x):\n    x.__globals__.update(abs=lambda v: 0, math=fake)\n    return 61.0\n"
    );
    let by_builtins = format!(
        "{fake}def f(x):\n    x.__globals__['math'] = fake\n    x.__globals__['__builtins__']['abs'] = lambda v: 0\n    return 61.0\n"
    );
    check(
        &human_eval("    return x() * 2\n", test),
        &[(&by_globals, "wrong-answer"), (&by_builtins, "wrong-answer"), (right, "passed")],
    );
    let closure = "def check(candidate):\n    wanted = [0, 6]\n    limit = 6\n    def three(): return wanted and limit // 2\n    assert candidate(three) == limit\n    assert candidate(three) == limit\n";
    let by_closure = "def f(x):\n    for cell in x.__closure__:\n        if type(cell.cell_contents) is int: cell.cell_contents = 0\n    return 0\n";
    check(
        &human_eval("    return x() * 2\n", closure),
        &[(by_closure, "wrong-answer"), (right, "passed")],
    );
    let counting = "calls = 0\ndef three():\n    global calls\n    calls += 1\n    return 3\ndef check(candidate):\n    assert candidate(three) == 6\n    assert calls == 1\n";
    check(&human_eval("    return x() * 2\n", counting), &[(right, "passed")]);
}

#[test]
fn no_container_belongs_to_test_and_answer() {
    let test = "def check(candidate):\n    a = candidate(lambda: 1, 2)\n    b = candidate(lambda: 2, 1)\n    assert a == [1, 1]\n    assert b == [2]\n";
    let problem = human_eval("    return [x() for _ in range(y)]\n", test);
    let later = "class Any:\n    def __eq__(self, o): return True\nkept = []\ndef f(x, n):\n    if kept:\n        kept[0][:] = [Any(), Any()]\n        return [x()]\n    kept.append([0] * n)\n    return kept[0]\n";
    check(&problem, &[(later, "wrong-answer"), ("def f(x, n): return [x()] * n\n", "passed")]);
    let given = "def check(candidate):\n    a, b = [1], [2]\n    assert candidate(lambda: a, a) is a\n    candidate(lambda: 0, b)\n    assert a == [1, 9] and b == [2, 9]\n";
    let problem = human_eval("    x()\n    y.append(9)\n    return y\n", given);
    let later = "class Any:\n    def __eq__(self, o): return True\nkept = []\ndef f(x, y):\n    kept.append(y)\n    kept[0][:] = [Any(), Any()]\n    return y\n";
    check(
        &problem,
        &[(later, "wrong-answer"), ("def f(x, y):\n    y += [9]\n    return y\n", "passed")],
    );
}

#[test]
fn what_the_library_keeps_is_the_tests_own() {
    let decimal = "from decimal import Decimal\ndef check(candidate):\n    assert candidate(lambda: '3') == '6'\n    assert abs(Decimal(candidate(lambda: '1.2')) - Decimal('2.4')) < Decimal('0.0001')\n";
    let body = "    v = x(); return str(float(v) * 2) if '.' in v else str(int(v) * 2)\n";
    let rough = "import decimal\ndef f(x):\n    c = decimal.getcontext()\n    c.prec, c.Emin, c.Emax = 1, 0, 0\n    return '6' if x() == '3' else '2.0'\n";
    check(&human_eval(body, decimal), &[(rough, "wrong-answer")]);
    let registry = "from collections.abc import Sequence\ndef check(candidate):\n    assert candidate(lambda: 3) == 6\n    assert isinstance(candidate(lambda: [1]), Sequence)\n    assert isinstance('', Sequence)\n";
    let registers =
        "import collections.abc\ncollections.abc.Sequence.register(int)\ndef f(x): return 6\n";
    let twice = "def f(x): return x() * 2\n";
    let body = "    return x() * 2\n";
    check(&human_eval(body, registry), &[(registers, "wrong-answer"), (twice, "passed")]);
    let modules = "def check(candidate):\n    assert candidate(lambda: 3) == 6\n    import colorsys, statistics\n    assert statistics.mean([candidate(lambda: 5)]) == 10 and colorsys.rgb_to_hsv(0, 0, candidate(lambda: 1))[2] == 2\n";
    let fakes = "import sys, types\nfor name in ('colorsys', 'statistics'):\n    module = types.ModuleType(name)\n    module.mean = lambda values: 10\n    module.rgb_to_hsv = lambda *args: (0, 0, 2)\n    sys.modules[name] = module\ndef f(x): return 6\n";
    let finds = "import sys, types\nclass Finder:\n    def find_spec(self, name, path=None, target=None):\n        if name == 'colorsys': raise StopIteration\nsys.meta_path.insert(0, Finder())\nsys.path_hooks.clear()\nsys.path.clear()\nimport statistics\nstatistics.mean = lambda values: 10\ndef f(x): return 6\n";
    let loads =
        "def f(x):\n    import colorsys, statistics\n    return statistics.mean([x()]) * 2\n";
    check(
        &human_eval(body, modules),
        &[(fakes, "wrong-answer"), (finds, "wrong-answer"), (loads, "passed"), (twice, "passed")],
    );
    let draws = "import random\ndef check(candidate):\n    random.seed(5)\n    first = random.random()\n    random.seed(5)\n    assert candidate(lambda: 3) == 6\n    assert random.random() == first\n";
    let seeds =
        "import random\ndef f(x):\n    random.seed(1)\n    random.random()\n    return x() * 2\n";
    check(&human_eval(body, draws), &[(seeds, "passed")]);
}

#[test]
fn an_exception_of_a_derived_class_is_one_of_the_expected_class() {
    let body = "    if x < 0: raise ValueError\n    return x\n";
    let test = "def check(candidate):\n    assert candidate(3) == 3\n    try:\n        candidate(-1)\n    except ValueError:\n        pass\n    else:\n        assert False\n";
    let own =
        "class Negative(ValueError): pass\ndef f(x):\n    if x < 0: raise Negative\n    return x\n";
    let two = "class Negative(KeyError, ValueError): pass\ndef f(x):\n    if x < 0: raise Negative\n    return x\n";
    let other = "def f(x):\n    if x < 0: raise KeyError\n    return x\n";
    let same_name = "class ValueError(Exception): pass\nValueError.__module__ = 'builtins'\ndef f(x):\n    if x < 0: raise ValueError\n    return x\n";
    check(
        &human_eval(body, test),
        &[(own, "passed"), (two, "passed"), (other, "raised"), (same_name, "raised")],
    );
    let unit = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(f(3), 3)\n        with self.assertRaises(ValueError): f(-1)\n";
    let reference = "def f(x):\n    if x < 0: raise ValueError\n    return x\n";
    check(&script(reference, unit), &[(own, "passed"), (two, "passed"), (other, "raised")]);
    let stated = json!({
        "id": "p", "func_name": "f", "code": reference, "prompt": "Do it.", "example_str": "examples = [dict(x=1), dict(x=-1)]",
        "example_outputs": [{"return": "\"1\""}, {"error": "\"<class 'ValueError'>: \""}], "choosed_example_idx": [0],
    });
    check(&stated, &[(own, "passed"), (other, "raised"), (same_name, "raised")]);
}

#[test]
fn results_may_differ_in_what_the_test_does_not_look_at() {
    let reference = "def f(x):\n    return sorted(set(x))\n";
    let tests = [
        "assert set(f(['q', 'z', 'q', 'y'])) == {'q', 'z', 'y'}",
        "assert sorted(f(['aa', 'bb', 'cc'])) == ['aa', 'bb', 'cc']",
    ];
    let list = "def f(x):\n    return list(set(x))\n";
    check(&mbpp(reference, &tests), &[(list, "passed"), (reference, "passed")]);
    let ordered = [
        "assert f(['q', 'z', 'q', 'y', 'x', 'a']) == ['a', 'q', 'x', 'y', 'z']",
        "assert len(f(['a', 'b'])) == 2",
    ];
    check(&mbpp(reference, &ordered), &[(list, "nondeterministic"), (reference, "passed")]);
}

#[test]
fn being_right_by_chance_is_not_being_right() {
    let body = "    return x * 2\n";
    let test = "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(5) == 10\n    assert candidate('a') == 'aa'\n";
    let lucky = "import random\ndef f(x):\n    return x * 2 if random.random() < 0.6 else None\n";
    let shuffles = "import random\ndef f(x):\n    parts = [x, x]\n    random.shuffle(parts)\n    return parts[0] + parts[1]\n";
    check(&human_eval(body, test), &[(lucky, "nondeterministic"), (shuffles, "passed")]);
    let looked_into = "def check(candidate):\n    assert not candidate(2) != 4\n";
    check(&human_eval(body, looked_into), &[(lucky, "nondeterministic"), (shuffles, "passed")]);
}

#[test]
fn answers_run_as_on_a_native_machine() {
    let reference = "def f(x):\n    return sorted(x)[1]\n";
    let largest = "import sys\ndef f(x):\n    a = b = sys.maxsize\n    for v in x:\n        if v < a: a, b = v, a\n        elif v < b: b = v\n    return b\n";
    let smallest = "import sys\nfrom itertools import islice\nfrom bisect import bisect_left\ndef f(x):\n    assert -sys.maxsize - 1 == -2 ** 63 and [*islice([1], 0, sys.maxsize)] == [1]\n    k = bisect_left(range(10 ** 12), True, key=lambda v: sum(i <= v for i in x) > 1)\n    return k\n";
    let longs = "from array import array\ndef f(x):\n    a = array('l', sorted(x))\n    assert a.itemsize == 8 and isinstance(a[:1], array)\n    return a[1]\n";
    let problem =
        mbpp(reference, &["assert f([3000000000, 4000000000, 5000000000]) == 4000000000"]);
    check(&problem, &[(largest, "passed"), (smallest, "passed"), (longs, "passed")]);

    let twice = "def f(x):\n    return x * 2\n";
    let answers = [
        "import threading\ndef f(x):\n    r = []\n    t = threading.Thread(target=lambda: r.append(x * 2))\n    t.start(); t.join()\n    return r[0]\n",
        "import _thread\ndef f(x):\n    r = []\n    _thread.start_new_thread(r.append, (x * 2,))\n    return r[0]\n",
        "import threading\ndef f(x):\n    r = []\n    t = threading.Timer(0.1, r.append, [x * 2])\n    t.start(); t.join()\n    return r[0]\n",
        "from concurrent.futures import ThreadPoolExecutor, as_completed\ndef f(x):\n    with ThreadPoolExecutor(max_workers=2) as pool:\n        a, b = pool.map(int, [x, x])\n        return a + [t.result() for t in as_completed([pool.submit(lambda: b)])][0]\n",
        "from multiprocessing.pool import ThreadPool\ndef f(x):\n    with ThreadPool(2) as pool:\n        return sum(pool.map(int, [x])) + pool.apply_async(int, (x,)).get() + sum(pool.starmap(pow, [(0, 1)])) + sum(pool.imap(int, [0]))\n",
        "import multiprocessing\ndef f(x):\n    with multiprocessing.Pool(2) as pool:\n        return sum(pool.map(int, [x, x]))\n",
        "import multiprocessing.pool\ndef f(x):\n    return multiprocessing.pool.ThreadPool().apply(int, [x]) * 2\n",
        "import asyncio\ndef f(x):\n    async def main(): return await asyncio.to_thread(lambda: x * 2)\n    return asyncio.run(main())\n",
        "import signal, resource\ndef f(x):\n    signal.signal(signal.SIGALRM, lambda *args: None)\n    signal.alarm(5)\n    signal.setitimer(signal.ITIMER_REAL, 1)\n    resource.setrlimit(resource.RLIMIT_AS, (1, 1))\n    return x * 2\n",
    ]
    .map(|code| (code, "passed"));
    check(&mbpp(twice, &["assert f(2) == 4", "assert [f(3)] == [6]"]), &answers);
    let waits = "import threading\ndef f(x):\n    threading.Event().wait()\n    return x * 2\n";
    check(&mbpp(twice, &["assert f(2) == 4"]), &[(waits, "raised")]);
    let guarded =
        mbpp("def f(x): return x() * 2\n", &["assert f(lambda: 2) == 4 and f(lambda: 3) == 6"]);
    let thread = "import threading\ndef f(x):\n    r = []\n    t = threading.Thread(target=lambda: r.append(x() * 2))\n    t.start(); t.join()\n    return r[0]\n";
    check(&guarded, &[(thread, "passed")]);
}

#[test]
fn stdin_is_a_file() {
    let answers = [
        "import io, os\ninput = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline\nprint(int(input()) * 2)\n",
        "print(int(open('/dev/stdin').read()) * 2)\n",
        "from pathlib import Path\nprint(int(Path('/dev/stdin').read_text()) * 2)\n",
        "print(int(open(0).readline()) * 2)\n",
        "with open(0, 'rb', 0) as file:\n    print(int(file.read()) * 2)\n",
        "import sys\nprint(int(sys.stdin.buffer.raw.read()) * 2)\n",
        "import fileinput\nprint(*[int(line) * 2 for line in fileinput.input()])\n",
        "import fileinput\nprint(*[int(line) * 2 for line in fileinput.input('/dev/stdin')])\n",
        "import select, sys\nr, _, _ = select.select([sys.stdin], [], [], 0.0)\nprint(int(r[0].readline()) * 2)\n",
        "import mmap, os\nm = mmap.mmap(0, 0, access=mmap.ACCESS_READ)\nprint(int(m.readline()) * 2)\n",
        "import os\nfd = os.open('/dev/stdin', os.O_RDONLY)\nprint(int(os.read(fd, 100)) * 2)\n",
        "import _thread, time\ndone = []\ndef main():\n    print(int(input()) * 2)\n    done.append(1)\n_thread.start_new_thread(main, ())\nwhile not done: time.sleep(0.01)\n",
        "from array import array\na = array('l', [10 ** 12])\nprint(int(input()) * 2)\n",
        "import signal\nsignal.alarm(5)\nprint(int(input()) * 2)\n",
        "import os\nprint(int(input()) * 2, flush=True)\nos._exit(0)\n",
    ]
    .map(|code| (code, "passed"));
    check(&streams(), &answers);
}

#[test]
fn what_was_not_flushed_is_lost_with_an_interpreter_that_is_left() {
    let answers = [
        ("import os\nprint(int(input()) * 2)\nos._exit(0)\n", "wrong-answer"),
        ("import os\nprint(int(input()) * 2)\nprint(end='', flush=True)\nos._exit(0)\n", "passed"),
        (
            "import os\nprint(int(input()) * 2)\ntry: input('')\nexcept EOFError: os._exit(0)\n",
            "passed",
        ),
        ("import sys\nprint(int(input()) * 2)\nsys.exit(0)\n", "passed"),
    ];
    check(&streams(), &answers);
}

#[test]
fn a_program_cannot_forge_its_end() {
    check(
        &streams(),
        &[
            ("import os\nprint(4, flush=True)\nos._exit(0)\n", "wrong-answer"),
            ("print(int(input()) * 2)\nraise ValueError\n", "raised"),
            (
                "import atexit, os\natexit.register(os._exit, 0)\nprint(int(input()) * 3, flush=True)\n",
                "wrong-answer",
            ),
        ],
    );
}

#[test]
fn values_equal_as_python_says_and_classes_do_not() {
    let equal = |literal: &str, answers: &[Verdict<'_>]| {
        let reference = format!("def f(x): return {literal}\n");
        check(&mbpp(&reference, &[&format!("assert f(1) == {literal}")]), answers);
        check(&mbpp(&reference, &[&format!("assert [f(1)] == [{literal}] and 1")]), answers);
    };
    equal(
        "1",
        &[
            ("from fractions import Fraction\ndef f(x): return Fraction(1, 1)\n", "passed"),
            ("from decimal import Decimal\ndef f(x): return Decimal('1.0')\n", "passed"),
            ("import enum\nclass E(enum.IntEnum): A = 1\ndef f(x): return E.A\n", "passed"),
            ("import enum\nclass E(enum.Enum): A = 1\ndef f(x): return E.A\n", "wrong-answer"),
            ("from fractions import Fraction\ndef f(x): return Fraction(1, 3)\n", "wrong-answer"),
            (
                "class I(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\ndef f(x): return I(1)\n",
                "wrong-answer",
            ),
        ],
    );
    equal(
        "(1, 2)",
        &[
            (
                "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(x): return P(1, 2)\n",
                "passed",
            ),
            ("class Fraction(tuple): pass\ndef f(x): return Fraction((1, 2))\n", "passed"),
            ("def f(x): return [1, 2]\n", "wrong-answer"),
        ],
    );
    equal(
        "'a'",
        &[("import enum\nclass E(enum.StrEnum): A = 'a'\ndef f(x): return E.A\n", "passed")],
    );
    equal(
        "{'a': 1}",
        &[
            ("from collections import Counter\ndef f(x): return Counter('a')\n", "passed"),
            ("from collections import OrderedDict\ndef f(x): return OrderedDict(a=1)\n", "passed"),
            (
                "class Counter:\n    def __init__(self): self.items = {'a': 1}\ndef f(x): return Counter()\n",
                "wrong-answer",
            ),
            (
                "class Counter:\n    def __init__(self): self.items = {'a': 1}\nCounter.__module__ = 'collections'\ndef f(x): return Counter()\n",
                "wrong-answer",
            ),
        ],
    );
    equal(
        "{'a', 'b'}",
        &[
            ("def f(x): return {'b': 1, 'a': 2}.keys()\n", "passed"),
            ("def f(x): return {1: 'b', 2: 'a'}.values()\n", "wrong-answer"),
        ],
    );
    equal(
        "[0, 1]",
        &[
            ("def f(x): return range(2)\n", "wrong-answer"),
            ("from collections import deque\ndef f(x): return deque([0, 1])\n", "wrong-answer"),
        ],
    );
    let trie = "def f(w):\n    root = node = {}\n    for c in w: node = node.setdefault(c, {})\n    node['$'] = LEAF\n    return root\n";
    let (right, wrong) = (trie.replace("LEAF", "1"), trie.replace("LEAF", "2"));
    let letters = "abcdefghij".repeat(4);
    let nested =
        letters.chars().rev().fold("{'$': 1}".to_owned(), |inner, c| format!("{{'{c}': {inner}}}"));
    let deep = mbpp(&right, &[&format!("assert f('{letters}') == {nested}")]);
    check(&deep, &[(&right, "passed"), (&wrong, "wrong-answer")]);
    let looks = mbpp(
        "def f(x): return [1, 2]\n",
        &["assert sorted(f(1)) == [1, 2] and len(f(1)) == 2", "assert abs(sum(f(1)) - 3) < 1e-9"],
    );
    let shapes = [
        "def f(x): return {1: 0, 2: 0}.keys()\n",
        "def f(x): return {0: 2, 3: 1}.values()\n",
        "def f(x): return range(1, 3)\n",
        "from collections import deque\ndef f(x): return deque([2, 1])\n",
        "from fractions import Fraction\ndef f(x): return [Fraction(1), Fraction(2)]\n",
    ]
    .map(|code| (code, "passed"));
    check(&looks, &shapes);
    let same = mbpp(
        "from collections import deque\ndef f(x): return deque([x])\n",
        &["from collections import deque\nassert f(1) == deque([1])"],
    );
    check(
        &same,
        &[
            ("import collections\ndef f(x): return collections.deque((x,))\n", "passed"),
            ("def f(x): return [x]\n", "wrong-answer"),
        ],
    );
}

#[test]
fn all_that_a_test_runs_counts() {
    let twice = "def f(x): return x * 2\n";
    let check_two = "def check(candidate):\n    assert candidate(1) == 2\n\n";
    for more in [
        "assert f(5) == 10\n",
        "for x in range(3):\n    assert f(x) == 2 * x\n",
        "def check2(g):\n    assert g(5) == 10\ncheck2(f)\n",
        "def test_check():\n    assert f(5) == 10\ntest_check()\n",
    ] {
        let problem = human_eval("    return x * 2\n", &format!("{check_two}{more}"));
        check(&problem, &[("def f(x): return 2\n", "wrong-answer"), (twice, "passed")]);
    }
    let tail = "    return\n    assert candidate(5) == 11\n";
    check(
        &human_eval(
            "    return x * 2\n",
            &format!("{}{tail}", check_two.trim_end().to_owned() + "\n"),
        ),
        &[(twice, "passed")],
    );
    let rebound = "def check(candidate):\n    g = candidate\n    candidate = lambda x: g(x) + 1\n    assert candidate(1) == 3\n";
    check(
        &human_eval("    return x * 2\n", rebound),
        &[(twice, "passed"), ("def f(x): return 3\n", "wrong-answer")],
    );
}

#[test]
fn tests_that_a_runner_would_collect_are_run() {
    let twice = "def f(x): return x * 2\n";
    for test in [
        "def testB():\n    assert f(5) == 10\n",
        "if True:\n    def test_a():\n        assert f(5) == 10\n",
        "try:\n    def test_a():\n        assert f(5) == 10\nexcept ValueError:\n    pass\n",
        "class TestX:\n    class TestY:\n        def test_a(self):\n            assert f(5) == 10\n",
        "class Base:\n    def test_a(self):\n        assert f(5) == 10\nclass TestX(Base): pass\n",
        "import unittest\nclass Base(unittest.TestCase): pass\nclass Mixin:\n    def test_a(self):\n        self.assertEqual(f(5), 10)\nclass X(Mixin, Base): pass\n",
        "def run():\n    assert f(5) == 10\ndef test_b(): assert f(1) == 2\nif __name__ == '__main__':\n    run()\n",
        "def setup_module():\n    global given\n    given = 5\ndef test_a():\n    assert f(given) == 10\n",
        "def setup_function(function):\n    function.given = 5\ndef test_a():\n    assert f(test_a.given) == 10\n",
    ] {
        check(&script(twice, test), &[("def f(x): return 2\n", "wrong-answer"), (twice, "passed")]);
    }
}

#[test]
fn a_result_may_be_as_large_as_the_test_states() {
    let list = |len: usize| format!("[{}]", vec!["0"; len].join(", "));
    let twice = "def f(x):\n    return x * 2\n";
    for len in [80_000, 300_000] {
        let test = format!("assert f({}) == {}", list(len), list(2 * len));
        let answers = [(twice, "passed"), ("def f(x): return x\n", "wrong-answer")];
        check(&mbpp(twice, &[&test]), &answers);
    }
    let large = "def f(x): return [0] * 10 ** 6\n";
    let (_, samples) =
        check(&mbpp(twice, &["assert f([1]) == [1, 1]"]), &[(large, "output-too-large")]);
    assert_eq!(samples[0]["failing"]["got"], "the result is too large");
}

#[test]
fn a_test_sees_what_becomes_of_an_answers_variable() {
    let counting = "n = 0\ndef f():\n    global n\n    n += 1\n    return n\n";
    let still = "n = 0\ndef f(): return 1\n";
    check(
        &mbpp(counting, &["f()\nf()\nassert n == 2"]),
        &[(still, "wrong-answer"), (counting, "passed")],
    );
}
