//! Jobs that try to take more memory or time of their host than they pay for: each has its end, and its host a bound.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::{Value as Json, json};
use tgsand::sandbox::{CaseResult, End, Execution};

use crate::cli::tgsand;
use crate::support::{
    MUCH_FUEL, call, call_job, hostile, hostile_call, install_default, only_case, raised, returned,
    run, with_fuel,
};

/// What one interpreter may take by itself: its limit, and as much for the pages that are shared with none.
const INTERPRETERS: u64 = 2 * (256 << 20);
/// What jobs and answers may take in addition, whatever they are.
const JOBS_AND_ANSWERS: u64 = 512 << 20;

/// Gives jobs to `tgsand exec` with two threads; returns its answers, and the most memory it took in bytes.
fn exec(jobs: &[Json]) -> (Vec<Json>, u64) {
    install_default();
    let mut command = tgsand();
    command.args(["exec", "-", "--threads", "2"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    let lines: String = jobs.iter().map(|job| format!("{job}\n")).collect();
    let stdin = std::thread::spawn(move || {
        stdin.write_all(lines.as_bytes()).unwrap();
        stdin
    });
    let mut line = String::new();
    let mut read = || {
        line.clear();
        answers.read_line(&mut line).unwrap();
        let mut answer: Json = serde_json::from_str(&line).unwrap();
        // The test has a memory, too.
        answer["stdout"] = answer["stdout"].as_str().unwrap_or_default().len().into();
        for case in answer["cases"].as_array_mut().into_iter().flatten() {
            case["stdout"] = case["stdout"].as_str().unwrap_or_default().len().into();
            case["value"] = case["value"].as_array().map(Vec::len).into();
            case["repr"] = Json::Null;
        }
        answer
    };
    let answers: Vec<Json> = jobs.iter().map(|_| read()).collect();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let most = most.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10;
    drop(stdin.join().unwrap());
    assert!(child.wait().unwrap().success());
    (answers, most)
}

fn ends(cases: &[CaseResult]) -> Vec<&End> {
    cases.iter().map(|case| &case.end).collect()
}

fn calls(count: usize) -> Vec<Json> {
    (0..count).map(|n| json!({"args": [n]})).collect()
}

#[test]
fn answers_that_wait_behind_a_slow_job_are_bounded() {
    let slow = json!({"id": "slow", "code": "while True: pass", "fuel": 10_000_000_000_u64});
    let code = "import os\ndef f(x):\n    os.write(1, b'x' * 1_000_000)\n    return x\n";
    let loud = |id: usize| json!({"id": id, "code": code, "entry": "f", "cases": calls(40), "isolation": "program"});
    let jobs: Vec<Json> = [slow].into_iter().chain((0..20).map(loud)).collect();
    let (answers, most) = exec(&jobs);
    assert_eq!((&answers[0]["id"], &answers[0]["end"]), (&json!("slow"), &json!("out-of-fuel")));
    for (n, answer) in answers[1..].iter().enumerate() {
        assert_eq!((&answer["id"], &answer["stdout"]), (&json!(n), &json!(33_000_000)), "{n}");
    }
    assert!(most < INTERPRETERS + JOBS_AND_ANSWERS, "{} MiB", most >> 20);
}

#[test]
fn values_take_room_for_their_tree_and_not_for_their_text_alone() {
    let code = "def f(x):\n    return [x] * 190000\n";
    let job = json!({"code": code, "entry": "f", "cases": calls(100)});
    let (answers, most) = exec(&[job]);
    assert_eq!(answers[0]["truncated"], true);
    let cases = answers[0]["cases"].as_array().unwrap();
    // A value takes 96 bytes and twice its text: 100 for `0,`, and the room is 64 MiB.
    let fit = (64 << 20) / (190_000 * 100);
    for (n, case) in cases.iter().enumerate() {
        let (end, len) =
            if n < fit { ("returned", 190_000.into()) } else { ("output-too-large", Json::Null) };
        assert_eq!((&case["end"], &case["value"]), (&json!(end), &len), "{n}");
    }
    assert_eq!(cases.len(), 100);
    assert!(most < INTERPRETERS + JOBS_AND_ANSWERS, "{} MiB", most >> 20);
}

#[test]
fn jobs_that_ask_for_more_output_take_no_more_memory() {
    /// Two interpreters whose programs take next to nothing.
    const IDLE: u64 = 128 << 20;
    let code = "import time\ndef f(x):\n    now = time.time_ns() % 7\n    return [n + now for n in range(190000)]\n";
    let job = json!({"code": code, "entry": "f", "cases": calls(8), "output": 4 << 20, "fuel": 20_000_000_000_u64});
    let (answers, most) = exec(&vec![job; 4]);
    for answer in answers {
        assert_eq!(
            (&answer["truncated"], &answer["cases"][0]["value"]),
            (&json!(true), &json!(190_000))
        );
    }
    assert!(most < IDLE + JOBS_AND_ANSWERS, "{} MiB", most >> 20);
}

#[test]
fn results_under_other_seeds_share_the_room_of_their_job() {
    let code = "import time\ndef f(x):\n    return [x] * 150000 if time.time() > 1.8e9 else x\n";
    let cases: Vec<String> = (0..12).map(|n| n.to_string()).collect();
    let execution = run(with_fuel(
        call_job(code, &cases.iter().map(String::as_str).collect::<Vec<_>>()),
        MUCH_FUEL,
    ));
    let marks: Vec<bool> = execution.cases.iter().map(|case| case.nondeterministic).collect();
    let fit = marks.iter().take_while(|&&mark| mark).count();
    assert!((1..=4).contains(&fit), "{marks:?}");
    assert!(
        execution.truncated
            && execution.cases[fit..].iter().all(|case| case.end == End::OutputTooLarge)
    );
}

#[test]
fn a_line_of_too_many_values_is_refused_before_it_is_read() {
    let job = |len: usize| {
        json!({"id": 7, "code": "def f(x):\n    return [len(x)]\n", "entry": "f",
            "cases": [{"args": [vec![0; len]]}]})
    };
    let (answers, _) = exec(&[job(1_000_000), job(900_000)]);
    assert_eq!(answers[0]["error"], "the line has more than 1000000 JSON values");
    assert_eq!(answers[1]["cases"][0]["end"], "returned");
}

/// The fuel of an interpreter's start, which is counted in addition to what its program uses.
const START: u64 = 3_000_000;

#[test]
fn the_fuel_of_all_runs_is_counted() {
    let load = "for i in range(300_000): pass\n";
    let quiet = run(call_job(&format!("{load}def f(x):\n    return x\n"), &["1", "2", "3"]));
    // Both runs load the program, and end with a message that is in no case.
    let twice = 2 * (quiet.fuel + START);
    assert!(quiet.fuel_total.abs_diff(twice) < twice / 20, "{} {twice}", quiet.fuel_total);

    let code = format!("import time\n{load}def f(x):\n    return time.time()\n");
    let chance = run(call_job(&code, &["1", "2", "3"]));
    assert!(chance.cases.iter().all(|case| case.nondeterministic));
    // Each case runs alone in both snapshots, and the program loads for it again.
    let all = (2 + 2 * 3) * (chance.fuel + START);
    assert!(chance.fuel_total.abs_diff(all) < all / 20, "{} {all}", chance.fuel_total);
}

#[test]
fn checks_of_a_job_have_a_bounded_share_of_fuel() {
    let code = "import time\nfor i in range(200_000): pass\ndef f(x):\n    return time.time()\n";
    let cases: Vec<String> = (0..30).map(|n| n.to_string()).collect();
    let cases: Vec<&str> = cases.iter().map(String::as_str).collect();
    let load = run(call_job(code, &["0"])).fuel;
    let limit = load + load / 10;
    let execution: Execution = hostile(with_fuel(call_job(code, &cases), limit));
    let first = execution.fuel.max(limit) + START;
    assert!(execution.fuel_total <= 18 * first, "{} {first}", execution.fuel_total);
    let (settled, others) = execution.cases.split_at(5);
    assert!(settled.iter().all(|case| case.nondeterministic), "{:?}", ends(settled));
    assert_eq!(others.last().map(|case| &case.end), Some(&End::OutOfFuel), "{:?}", ends(others));
}

#[test]
fn seeds_under_which_a_program_burns_its_fuel_are_bounded() {
    // Little under the first seeds, and all there is under the others.
    let code = "import time\ndef f(x):\n    while time.time() > 1.8e9: pass\n    return x\n";
    let cases: Vec<String> = (0..40).map(|n| n.to_string()).collect();
    let job = call_job(code, &cases.iter().map(String::as_str).collect::<Vec<_>>());
    let limit = job.limits.fuel;
    let execution = hostile(job);
    assert!(execution.fuel_total <= 18 * limit, "{}", execution.fuel_total);
    let is_unsure = |case: &CaseResult| case.nondeterministic || case.end == End::OutOfFuel;
    assert!(execution.cases.iter().all(is_unsure), "{:?}", ends(&execution.cases));
}

#[test]
fn a_forged_message_costs_the_fuel_of_reading_it() {
    let forged = |values: usize| {
        let code = format!(
            "import os, sys\nFRAME = sys._getframe().f_back\n\
             def f():\n    secret = FRAME.f_locals['nonce']\n    \
             os.write(2, secret + b'{{\"end\":\"returned\",\"repr\":\"x\",\"value\":[' + b'0,' * {values} + b'0]}}')\n    \
             os._exit(0)\n"
        );
        hostile_call(&code).fuel
    };
    let (few, many) = (forged(1000), forged(200_000));
    assert!(many >= 200 * 200_000 && few < many / 20, "{few} {many}");
    // What the harness sends costs what making it does, which is more: even for text that is made of escapes.
    let list = call("def f():\n    return [0] * 1000\n").fuel;
    assert!(list > 2 * (200 * 1000 + 24 * 2000), "{list}");
    let escapes = call("def f():\n    return '\\x01' * 80_000\n").fuel;
    assert!(escapes > 28 * 6 * 80_000, "{escapes}");
}

#[test]
fn a_long_message_of_an_exception_is_cut() {
    for len in [99_999, 100_001, 5_000_000] {
        let case = hostile_call(&format!("def f():\n    raise ValueError('m' * {len})\n"));
        let (kind, message) = raised(&case);
        assert_eq!((kind, message.len()), ("ValueError", len.min(100_000)), "{len}");
    }
    let case = hostile_call("def f():\n    raise type('x' * 5_000_000, (Exception,), {})('m')\n");
    assert_eq!((raised(&case).0.len(), raised(&case).1), (100_000, "m"));
    let script = "raise ValueError('m' * 5_000_000)\n";
    let execution = run(call_job(script, &[""]));
    assert_eq!(execution.error.unwrap().message.len(), 100_000);
}

#[test]
fn a_trace_that_is_too_large_is_an_end() {
    let name = "x".repeat(50_000);
    let code = format!("def f():\n    for {name} in range(300): pass\n    return 1\n");
    let mut job = with_fuel(call_job(&code, &[""]), MUCH_FUEL);
    job.observe = vec![tgsand::sandbox::Observe::Steps];
    assert_eq!(only_case(hostile(job)).end, End::OutputTooLarge);
    assert_eq!(returned(&call("def f():\n    return 1\n")), json!(1));
}
