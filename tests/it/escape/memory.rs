//! Taking everything: memory, fuel, output, randomness.

use serde_json::json;
use tgsand::sandbox::{CaseResult, End, Job};

use crate::support::{
    FUEL, MUCH_FUEL, call_job, hostile, hostile_call, hostile_script, only_case, raised, returned,
    script_job, with_fuel,
};

/// Calls `f()` with enough fuel to reach a memory limit that lies just above the interpreter's own.
fn small_memory_call(code: &str) -> CaseResult {
    let mut job = with_fuel(call_job(code, &[""]), MUCH_FUEL);
    job.limits.memory = 80 << 20;
    only_case(hostile(job))
}

fn script_with(code: &str, change: impl FnOnce(&mut Job)) -> End {
    let mut job = script_job(code);
    change(&mut job);
    hostile(job).end
}

#[test]
fn a_gibibyte_at_once_ends_out_of_memory() {
    assert_eq!(hostile_script("bytearray(1 << 30)\n").end, End::OutOfMemory);
    assert_eq!(hostile_call("def f():\n    return len(bytes(1 << 30))\n").end, End::OutOfMemory);
    assert_eq!(
        hostile_call("import os\ndef f():\n    return len(os.urandom(1 << 30))\n").end,
        End::OutOfMemory
    );
    assert_eq!(hostile_call("def f():\n    return [0] * (1 << 28)\n").end, End::OutOfMemory);
}

#[test]
fn a_caught_memory_error_is_no_end() {
    let code = "def f():\n    try:\n        bytearray(1 << 30)\n    except MemoryError:\n        return 'caught'\n";
    assert_eq!(returned(&hostile_call(code)), json!("caught"));
}

#[test]
fn doubling_a_list_ends_out_of_memory() {
    let code = "def f():\n    a = [1]\n    while True:\n        a += a\n";
    assert_eq!(small_memory_call(code).end, End::OutOfMemory);
}

#[test]
fn tiny_objects_until_the_end_end_out_of_memory() {
    for grow in [
        "a.append(len(a) + 10**6)",
        "a = (a,)",
        "a.append([])",
        "a.append(str(len(a)))",
        "a = {0: a}",
    ] {
        let code = format!("def f():\n    a = []\n    while True:\n        {grow}\n");
        assert_eq!(small_memory_call(&code).end, End::OutOfMemory, "{grow}");
    }
}

#[test]
fn holding_on_after_memory_errors_ends_out_of_fuel() {
    let code = "def f():\n    a = []\n    while True:\n        try:\n            a.append(bytearray(1 << 20))\n        except MemoryError:\n            pass\n";
    assert_eq!(hostile_call(code).end, End::OutOfFuel);
}

#[test]
fn a_memory_limit_just_above_the_interpreter_is_enough_for_a_small_program() {
    let mut job = call_job("def f(n):\n    return n + 1\n", &["1"]);
    job.limits.memory = 60 << 20;
    assert_eq!(returned(&only_case(hostile(job))), json!(2));
}

#[test]
fn endless_loops_end_out_of_fuel() {
    assert_eq!(hostile_script("while True:\n    pass\n").end, End::OutOfFuel);
    let bodies = [
        "sum(itertools.count())",
        "list(iter(int, 1))",
        "'a' in itertools.repeat('b')",
        "max(itertools.cycle([1]))",
        "collections.deque(itertools.count(), maxlen=0)",
        "''.join(itertools.repeat(''))",
        "all(itertools.repeat(True))",
        "re.match(r'(a+)+$', 'a' * 40 + 'b')",
        "re.match(r'(a|aa)+$', 'a' * 60 + 'b')",
    ];
    for body in bodies {
        let case = hostile_call(&format!(
            "import collections, itertools, re\ndef f():\n    return {body}\n"
        ));
        assert_eq!((case.end, case.fuel), (End::OutOfFuel, FUEL), "{body}");
    }
}

#[test]
fn running_out_of_fuel_cannot_be_caught() {
    let code = "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass\n    finally:\n        pass\n";
    assert_eq!(hostile_script(code).end, End::OutOfFuel);
}

#[test]
fn huge_integers_end_out_of_fuel_or_are_refused() {
    assert_eq!(hostile_call("def f():\n    return 10 ** 10 ** 8\n").end, End::OutOfFuel);
    assert_eq!(raised(&hostile_call("def f():\n    return 1 << (1 << 40)\n")).0, "OverflowError");
    assert_eq!(raised(&hostile_call("def f():\n    return str(10 ** 5000)\n")).0, "ValueError");
    let unlimited = "import sys\ndef f():\n    sys.set_int_max_str_digits(0)\n    return len(str(1 << 3_000_000))\n";
    assert_eq!(hostile_call(unlimited).end, End::OutOfFuel);
    assert_eq!(hostile_call("def f():\n    return 1 << (1 << 24)\n").end, End::OutputTooLarge);
}

#[test]
fn endless_work_of_few_instructions_is_paid_for() {
    let bodies = [
        "b[:] = b",
        "b[:15 << 20] = memoryview(b)[15 << 20:]",
        "bytes(30 << 20)",
        "b == c",
        "b.find(b'x')",
        "b.count(b'\\0\\0')",
        "bytes(b)",
        "os.urandom(1 << 24)",
        "b.translate(None)",
    ];
    for body in bodies {
        let code = format!(
            "import os\ndef f():\n    b, c = bytearray(30 << 20), bytearray(30 << 20)\n    while True:\n        {body}\n"
        );
        assert_eq!(hostile_call(&code).end, End::OutOfFuel, "{body}");
    }
}

#[test]
fn copying_a_hundred_megabytes_again_and_again_ends_out_of_memory() {
    assert_eq!(
        hostile_script("b = bytes(100 << 20)\nwhile True:\n    c = bytearray(b)\n").end,
        End::OutOfMemory
    );
}

#[test]
fn output_floods_end_at_the_limit() {
    for flood in [
        "print('x' * 999)",
        "sys.stdout.write('x' * 999)",
        "sys.stderr.write('x' * 999)",
        "os.write(1, b'x' * 99999)",
        "os.write(2, b'x' * 99999)",
        "sys.__stdout__.buffer.write(b'x' * 9999)",
    ] {
        let mut job = script_job(&format!("import os, sys\nwhile True:\n    {flood}\n"));
        job.limits.output = 200_000;
        let execution = hostile(job);
        assert_eq!((execution.end, execution.truncated), (End::OutputTooLarge, true), "{flood}");
        assert_eq!(execution.stdout.len().max(execution.stderr.len()), 200_000, "{flood}");
    }
}

#[test]
fn an_output_flood_cannot_be_caught() {
    let code = "def f():\n    while True:\n        try:\n            print('x' * 999)\n        except BaseException:\n            pass\n";
    let case = hostile_call(code);
    assert_eq!((case.end, case.stdout.len()), (End::OutputTooLarge, 1 << 20));
}

#[test]
fn one_print_far_beyond_the_limit_ends_there() {
    let flood = "import os\nos.write(1, bytes(20 << 20))\n";
    assert_eq!(hostile_script(flood).end, End::OutputTooLarge);
}

#[test]
fn a_flood_of_warnings_ends_at_a_limit() {
    let code = "import warnings\ni = 0\nwhile True:\n    i += 1\n    warnings.warn('w%d' % i)\n";
    assert_eq!(script_with(code, |job| job.limits.output = 10_000), End::OutputTooLarge);
    assert_eq!(hostile_script(code).end, End::OutOfFuel);
}

#[test]
fn results_too_large_to_pass_on_are_told_so() {
    for value in [
        "[0] * 300_000",
        "'x' * (5 << 20)",
        "{i: i for i in range(150_000)}",
        "[[0] * 1000] * 300",
        "(i for i in itertools.count())",
    ] {
        let job = with_fuel(
            call_job(&format!("import itertools\ndef f():\n    return {value}\n"), &[""]),
            MUCH_FUEL,
        );
        assert_eq!(only_case(hostile(job)).end, End::OutputTooLarge, "{value}");
    }
}

#[test]
fn ten_million_elements_are_too_large() {
    let few_bytes = with_fuel(call_job("def f():\n    return [0] * 10**7\n", &[""]), MUCH_FUEL);
    assert_eq!(only_case(hostile(few_bytes)).end, End::OutputTooLarge);
    let many_bytes =
        with_fuel(call_job("def f():\n    return list(range(10**7))\n", &[""]), MUCH_FUEL);
    assert_eq!(only_case(hostile(many_bytes)).end, End::OutOfMemory);
}

#[test]
fn a_result_that_shares_its_parts_without_end_is_too_large() {
    let code = "def f():\n    a = []\n    for _ in range(40):\n        a = [a, a]\n    return a\n";
    let end = only_case(hostile(with_fuel(call_job(code, &[""]), MUCH_FUEL))).end;
    assert_eq!(end, End::OutputTooLarge);
}

#[test]
fn generators_that_never_end_are_too_large_or_out_of_fuel() {
    let endless = "def f():\n    while True:\n        yield 1\n";
    assert_eq!(hostile_call(endless).end, End::OutputTooLarge);
    let silent = "def f():\n    while True:\n        pass\n    yield 1\n";
    assert_eq!(hostile_call(silent).end, End::OutOfFuel);
    let asynchronous =
        with_fuel(call_job("async def f():\n    while True:\n        yield 1\n", &[""]), MUCH_FUEL);
    assert_eq!(only_case(hostile(asynchronous)).end, End::OutputTooLarge);
}

#[test]
fn coroutines_that_never_end_are_out_of_fuel() {
    for body in ["await asyncio.Future()", "while True:\n        await asyncio.sleep(1)"] {
        let case = hostile_call(&format!("import asyncio\nasync def f():\n    {body}\n"));
        assert_eq!(case.end, End::OutOfFuel, "{body}");
    }
}

#[test]
fn no_fuel_and_no_output_are_limits_too() {
    assert_eq!(script_with("print(1)\n", |job| job.limits.fuel = 0), End::OutOfFuel);
    assert_eq!(script_with("print(1)\n", |job| job.limits.fuel = 100_000), End::OutOfFuel);
    assert_eq!(script_with("print(1)\n", |job| job.limits.output = 0), End::OutputTooLarge);
}

#[test]
fn a_memory_limit_below_the_interpreter_ends_out_of_memory() {
    assert_eq!(script_with("print(1)\n", |job| job.limits.memory = 10 << 20), End::OutOfMemory);
}

/// Cases that are louder together than a job may be, each within its own limit.
fn loud(text: &str) -> tgsand::sandbox::Execution {
    let code = format!("def f(n):\n    print({text} * 1_000_000)\n    return n\n");
    let cases: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    let mut job = call_job(&code, &cases.iter().map(String::as_str).collect::<Vec<_>>());
    job.limits.output = (1 << 20) + 1;
    hostile(job)
}

/// The room of a job is 64 MiB: so many of the loud cases fit, each of which is also in the program's output.
const LOUD_CASES: usize = 33;
/// Half as many fit if their other run is kept as well.
const LOUD_CASES_BY_CHANCE: usize = 16;

#[test]
fn cases_that_are_too_loud_together_end_where_the_job_has_no_room_for_them() {
    let execution = loud("'x'");
    assert!(execution.truncated);
    assert!(execution.stdout.len() <= 64 << 20, "{}", execution.stdout.len());
    assert_eq!(execution.cases.len(), 100);
    for (n, case) in execution.cases.iter().enumerate() {
        assert!(!case.nondeterministic && !case.order_dependent, "{n}");
        if n < LOUD_CASES {
            assert_eq!((returned(case), case.stdout.len()), (json!(n), 1_000_001), "{n}");
        } else {
            assert_eq!((&case.end, case.stdout.as_str()), (&End::OutputTooLarge, ""), "{n}");
        }
    }
}

#[test]
fn loud_cases_that_run_alone_share_the_room_of_their_job() {
    let execution = loud("str(int(__import__('time').time()))[1]");
    assert!(execution.truncated);
    for (n, case) in execution.cases.iter().enumerate() {
        match &case.end {
            End::Returned { .. } => {
                assert!(
                    n < LOUD_CASES_BY_CHANCE
                        && case.nondeterministic
                        && case.stdout.len() == 1_000_001,
                    "{n}"
                );
            }
            other => assert!(
                n >= LOUD_CASES_BY_CHANCE
                    && *other == End::OutputTooLarge
                    && case.stdout.is_empty(),
                "{n}"
            ),
        }
    }
}
