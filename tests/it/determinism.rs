//! The same job comes out the same everywhere and every time; what depends on chance, time, addresses or order is told so.

use serde_json::json;
use tgsand::sandbox::{CaseResult, End, Execution, Isolation, Job, Limits};

use crate::support::{
    call, call_job, exited, open, open_plain, returned, run, sandbox, script_job, with_fuel,
};

fn jobs() -> Vec<Job> {
    let cases: Vec<String> = (0..5).map(|i| format!("{i}, {{'k': [{i}]}}")).collect();
    let cases: Vec<&str> = cases.iter().map(String::as_str).collect();
    let mut small =
        call_job("def f():\n    a = []\n    while True:\n        a.append([])\n", &[""]);
    small.limits = Limits { fuel: 6_000_000_000, memory: 64 << 20, ..small.limits };
    vec![
        call_job(
            "import random\ndef f(a, b):\n    print(a, random.random(), {'x', 'y', 'z'})\n    return a, b, object(), id(b)\n",
            &cases,
        ),
        call_job(
            "n = 0\ndef f(a, b):\n    global n\n    n += 1\n    if a == 2:\n        raise ValueError(n)\n    return n\n",
            &cases,
        ),
        call_job(
            "import os\ndef f(a, b):\n    if a == 1:\n        os._exit(3)\n    if a == 3:\n        while True:\n            pass\n    return a\n",
            &cases,
        ),
        script_job(
            "import time, uuid\nprint(time.time(), uuid.uuid4(), hash('a'))\nraise KeyError('x')\n",
        ),
        with_fuel(script_job("while True:\n    pass\n"), 20_000_000),
        small,
    ]
}

#[test]
fn runs_are_identical_in_any_sandbox_whether_its_instances_keep_pages_or_not() {
    let (other, plain) = (open(), open_plain());
    for job in jobs() {
        let expected = run(job.clone());
        assert_eq!(plain.run(job.clone()).expect("the host works"), expected);
        for round in 0..10 {
            for sandbox in [sandbox(), &other] {
                let again = sandbox
                    .run(job.clone())
                    .unwrap_or_else(|error| panic!("the host failed: {error}"));
                assert_eq!(again, expected, "round {round}");
            }
        }
    }
}

#[test]
fn sandboxes_of_one_runtime_have_one_fingerprint() {
    assert_eq!(open().fingerprint(), sandbox().fingerprint());
}

#[test]
fn an_execution_survives_json() {
    for job in jobs() {
        let execution = run(job);
        let text = serde_json::to_string(&execution).expect("an execution is plain data");
        let back: Execution =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(back, execution);
    }
}

const NOTHING: [&str; 0] = [];

/// Which of the expressions are flagged nondeterministic, or are not.
fn of_which<'a>(expressions: &[&'a str], flagged: bool) -> Vec<&'a str> {
    let imports = "import datetime, os, random, secrets, time, uuid\nclass A:\n    pass\n";
    let flag = |expression: &str| {
        call(&format!("{imports}def f():\n    return {expression}\n")).nondeterministic
    };
    expressions.iter().copied().filter(|expression| flag(expression) == flagged).collect()
}

#[test]
fn what_depends_on_chance_is_nondeterministic() {
    assert_eq!(
        of_which(
            &[
                "random.random()",
                "random.choice('abcdefghijklmnopqrstuvwxyz')",
                "os.urandom(8)",
                "secrets.token_hex(4)",
                "uuid.uuid4().hex",
                "uuid.uuid1().hex",
            ],
            false
        ),
        NOTHING
    );
}

#[test]
fn what_is_printed_by_chance_is_told_apart_from_a_result_by_chance() {
    for (result, prints_differ) in [("1", true), ("random.random()", false)] {
        let code =
            format!("import random\ndef f():\n    print(random.random())\n    return {result}\n");
        let case = call(&code);
        assert_eq!((case.nondeterministic, case.prints_differ), (true, prints_differ), "{result}");
    }
}

#[test]
fn what_depends_on_the_time_is_nondeterministic() {
    assert_eq!(
        of_which(
            &[
                "time.time()",
                "datetime.datetime.now()",
                "datetime.date.today()",
                "time.perf_counter()",
                "time.strftime('%Y')",
            ],
            false
        ),
        NOTHING
    );
}

#[test]
fn what_depends_on_the_hash_seed_is_nondeterministic() {
    let expressions = [
        "str({'alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta'})",
        "list({'alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta'})",
        "print({'alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta'})",
        "hash('a')",
        "hash(b'abc')",
        "hash(('a', 1))",
    ];
    assert_eq!(of_which(&expressions, false), NOTHING);
}

#[test]
fn what_depends_on_the_size_of_a_word_is_nondeterministic() {
    let expressions = [
        "hash((1, 2))",
        "hash(2.5)",
        "hash(2**40)",
        "list({0.1, 0.5, 2.5, 0.25, 7.75})",
        "list({(1, 2), (2, 3), (3, 4), (4, 5)})",
        "__import__('sys').maxsize",
        "__import__('struct').pack('l', 1)",
        "__import__('array').array('l').itemsize",
        "random.seed(0.5) or random.random()",
    ];
    assert_eq!(of_which(&expressions, false), NOTHING);
}

#[test]
fn what_depends_on_the_surroundings_is_nondeterministic() {
    let expressions = [
        "len(os.environ)",
        "os.path.expanduser('~')",
        "os.getcwd()",
        "os.path.isdir('/tmp')",
        "__import__('sys').platform",
        "__import__('sys').argv[0]",
        "__import__('sys')._getframe(1).f_code.co_name",
        "__import__('traceback').format_stack()[0][:30]",
        "len(__import__('inspect').stack())",
        "__file__",
        "time.localtime(0).tm_hour",
        "datetime.datetime.fromtimestamp(0).hour",
        "datetime.datetime.now().hour < 12",
        "datetime.date.today().year % 2",
        "datetime.date.today().weekday() < 5",
    ];
    assert_eq!(of_which(&expressions, false), NOTHING);
}

#[test]
fn chance_that_two_seeds_do_not_show_is_told() {
    let code = |expression: &str| {
        format!(
            "import datetime, os, random, secrets, time, uuid\ndef f():\n    return {expression}\n"
        )
    };
    for expression in [
        "random.random() < 0.01",
        "os.urandom(1)[0] < 2",
        "uuid.uuid4().int % 100 == 0",
        "secrets.randbelow(100) == 0",
        "random.Random().random() < 0.01",
    ] {
        let case = call(&code(expression));
        assert!(case.nondeterministic || case.uses_entropy, "{expression}");
    }
    for expression in
        ["random.seed(3) or random.random()", "random.Random(3).random()", "time.time() > 0"]
    {
        let case = call(&code(expression));
        assert!(!case.nondeterministic && !case.uses_entropy, "{expression}");
    }
}

#[test]
fn what_shows_an_address_is_nondeterministic() {
    assert_eq!(
        of_which(
            &[
                "id(f)",
                "id([])",
                "id(object())",
                "id(A())",
                "id('x' * 50)",
                "id(1.5 * len('ab'))",
                "id((len('a'), 2))",
                "hash(object())",
                "str(A())",
                "repr(object())",
                "str(A)[:0] + repr(A().__init__)",
                "lambda: 1",
                "object()",
                "{iter([])}",
                "[f]",
                "(i for i in [lambda: 1])",
            ],
            false
        ),
        NOTHING
    );
}

#[test]
fn what_depends_on_nothing_is_not_flagged() {
    assert_eq!(
        of_which(
            &[
                "{'alpha', 'beta', 'gamma'}",
                "{'alpha': {1, 2}, 'beta': frozenset('abc')}",
                "sorted({'alpha', 'beta', 'gamma'})",
                "random.Random(1).random()",
                "random.seed(5) or random.sample(range(100), 5)",
                "hash(12345), hash(3.0), hash(float('inf')), hash(None)",
                "hash((1, 2.5)) == hash((1.0, 2.5))",
                "list({3, 1, 2})",
                "A()",
                "len(repr(A())) > 0",
                "float('nan')",
                "int, len, random",
                "__import__('urllib.request').request.quote('a b')",
            ],
            true
        ),
        NOTHING
    );
}

#[test]
fn exceptions_that_show_an_address_are_nondeterministic() {
    for (message, expected) in [("f", true), ("object()", true), ("[1]", false)] {
        let case = call(&format!("def f():\n    raise ValueError({message})\n"));
        assert_eq!(case.nondeterministic, expected, "{message}");
    }
}

fn values(cases: &[CaseResult]) -> Vec<serde_json::Value> {
    cases.iter().map(returned).collect()
}

fn order_dependence(cases: &[CaseResult]) -> Vec<bool> {
    cases.iter().map(|case| case.order_dependent && !case.nondeterministic).collect()
}

#[test]
fn a_global_counter_is_order_dependent_with_results_from_fresh_memory() {
    let code = "n = 0\ndef f():\n    global n\n    n += 1\n    return n\n";
    let cases = run(call_job(code, &["", "", ""])).cases;
    assert_eq!(values(&cases), [json!(1), json!(1), json!(1)]);
    assert!(cases.iter().any(|case| case.order_dependent), "{cases:?}");
    assert!(cases.iter().all(|case| !case.nondeterministic), "{cases:?}");
}

#[test]
fn a_mutable_default_is_order_dependent_with_results_from_fresh_memory() {
    let code = "def f(x, seen=[]):\n    seen.append(x)\n    return seen\n";
    let cases = run(call_job(code, &["1", "2"])).cases;
    assert_eq!(values(&cases), [json!([1]), json!([2])]);
    assert_eq!(order_dependence(&cases), [true, true]);
}

#[test]
fn a_cache_that_changes_no_result_is_not_order_dependent() {
    let code = "import functools\n@functools.cache\ndef f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\n";
    let cases = run(call_job(code, &["10", "20", "10"])).cases;
    assert_eq!(values(&cases), [json!(55), json!(6765), json!(55)]);
    assert_eq!(order_dependence(&cases), [false; 3]);
}

#[test]
fn the_program_as_one_isolation_keeps_state_between_cases() {
    let code = "n = 0\ndef f():\n    global n\n    n += 1\n    return n\n";
    let cases = run(Job { isolation: Isolation::Program, ..call_job(code, &["", "", ""]) }).cases;
    assert_eq!(values(&cases), [json!(1), json!(2), json!(3)]);
    assert_eq!(order_dependence(&cases), [false; 3]);
}

/// A program whose cases end in every way, each told by its argument.
const EVERY_END: &str = r#"
import os
def f(how):
    print(how)
    if how == "loop":
        while True:
            pass
    if how == "exit":
        os._exit(7)
    if how == "abort":
        os.abort()
    if how == "memory":
        bytearray(1 << 30)
    if how == "flood":
        while True:
            print("x" * 999)
    if how == "raise":
        raise ValueError(how)
    return how
"#;

#[test]
fn a_case_that_dies_costs_only_itself() {
    let hows = [
        "'a'", "'loop'", "'b'", "'exit'", "'abort'", "'c'", "'memory'", "'raise'", "'flood'", "'d'",
    ];
    for isolation in [Isolation::Case, Isolation::Program] {
        let mut job = with_fuel(call_job(EVERY_END, &hows), 50_000_000);
        job.isolation = isolation;
        let execution = run(job);
        assert_eq!(execution.end, exited(0), "{isolation:?}");
        let told: Vec<String> = execution
            .cases
            .iter()
            .map(|case| match &case.end {
                End::Returned { repr, .. } => repr.clone(),
                other => {
                    serde_json::to_value(other).expect("an end is plain data")["end"].to_string()
                }
            })
            .collect();
        let expected = [
            "'a'",
            "\"out-of-fuel\"",
            "'b'",
            "\"exited\"",
            "\"trapped\"",
            "'c'",
            "\"out-of-memory\"",
            "\"raised\"",
            "\"output-too-large\"",
            "'d'",
        ];
        assert_eq!(told, expected, "{isolation:?}");
        for (case, how) in execution.cases.iter().zip(hows) {
            assert!(
                case.stdout.starts_with(how.trim_matches('\'')),
                "{isolation:?}: {how} printed {:?}",
                case.stdout
            );
            assert!(!case.nondeterministic && !case.order_dependent, "{isolation:?}: {how}");
        }
    }
}

#[test]
fn every_case_has_its_own_fuel() {
    let code = "def f():\n    return sum(range(50_000))\n";
    let execution = run(with_fuel(call_job(code, &[""; 6]), 40_000_000));
    assert_eq!(values(&execution.cases), vec![json!(1_249_975_000); 6]);
    assert!(
        execution.fuel > 40_000_000,
        "all cases together used {}, which proves nothing",
        execution.fuel
    );
}

#[test]
fn every_case_has_its_own_output_limit() {
    let mut job =
        call_job("def f(n):\n    print('x' * 600)\n    return 'y' * 600\n", &["0", "1", "2", "3"]);
    job.limits.output = 2000;
    for isolation in [Isolation::Case, Isolation::Program] {
        let cases = run(Job { isolation, ..job.clone() }).cases;
        assert_eq!(values(&cases), vec![json!("y".repeat(600)); 4], "{isolation:?}");
        assert!(cases.iter().all(|case| case.stdout.len() == 601), "{isolation:?}");
        assert_eq!(order_dependence(&cases), [false; 4], "{isolation:?}");
    }
}

#[test]
fn a_program_that_loads_only_sometimes_is_nondeterministic() {
    let code =
        "import time\nif time.time() > 1.8e9:\n    raise ValueError\ndef f():\n    return 1\n";
    let execution = run(call_job(code, &["", ""]));
    assert_eq!(
        execution.cases.iter().map(|case| case.nondeterministic).collect::<Vec<_>>(),
        [true, true]
    );
}

#[test]
fn a_program_says_the_same_whether_it_is_compiled_for_the_job_or_was_compiled_before() {
    let warns = "def f(a):\n    return a is 'x'\n";
    let shares = "K = {3, 1, 2}\nBIG = 123456789\ndef f(a):\n    return [BIG is 123456789, a in {1, 2, 3}, K, f.__code__.co_filename, f.__code__.co_firstlineno]\n";
    let raises = "def f(a):\n    '''Doc.'''\n    def g():\n        return a // 0\n    return g()\n";
    let sandbox = open();
    for code in [
        warns,
        shares,
        raises,
        "def f(a:\n",
        "def f(a):\n    return '\u{e9}\\ud800'\n",
        "raise KeyError(1)\n",
    ] {
        let job = call_job(code, &["1", "'x'"]);
        let first = sandbox.run(job.clone()).expect("the host works");
        let again = sandbox.run(job.clone()).expect("the host works");
        assert_eq!(first, again, "{code}");
        // Cases that share one interpreter, once, compile as they go.
        let plain = Job { isolation: Isolation::Program, ..job.clone() };
        let plain = sandbox.run(plain).expect("the host works");
        let ends = |execution: &Execution| {
            let cases = execution.cases.iter().map(|case| case.end.clone());
            (
                execution.end.clone(),
                execution.error.clone(),
                execution.stderr.clone(),
                cases.collect::<Vec<_>>(),
            )
        };
        assert_eq!(ends(&first), ends(&plain), "{code}");
        // Neither do limits that compiling exceeds.
        let little = Job { limits: Limits { fuel: 150_000, ..job.limits }, ..job };
        let known = sandbox.run(little.clone()).expect("the host works");
        assert_eq!(open().run(little).expect("the host works"), known, "{code}");
    }
    let warned = sandbox.run(call_job(warns, &["1"])).expect("the host works");
    assert!(warned.stderr.contains("SyntaxWarning"), "{}", warned.stderr);
}

#[test]
fn a_program_with_many_objects_looks_at_no_clock() {
    let code = |more: &str| {
        format!("import time\ndef f(n):\n    kept = [(i,) for i in range(n)]\n    return {more}\n")
    };
    let run =
        |more: &str| sandbox().run(call_job(&code(more), &["20_000"])).expect("the host works");
    // Two runs decide; looking at a clock takes eight more.
    let plain = run("len(kept)");
    assert!(plain.fuel_total < 3 * plain.fuel, "{} of {}", plain.fuel_total, plain.fuel);
    let looks = run("time.perf_counter() < time.perf_counter()");
    assert!(looks.fuel_total > 6 * looks.fuel, "{} of {}", looks.fuel_total, looks.fuel);
    assert!(format!("{:?}", looks.cases[0].end).contains("Bool(true)"), "{:?}", looks.cases[0].end);
}
