//! What a mix of different programs costs in the sandbox, beside native Python in the same run.
//!
//! `cargo bench --bench mix`. The mix is the programs of dataset/test.jsonl, each with ten of its calls, in turn. CPU is user and system
//! time of the whole process, which other load changes little; `TGSAND_BENCH_JOBS` sets the jobs of each row. Nothing here passes or
//! fails by its time.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value as Json, json};
use tgsand::sandbox::{self, Case, Isolation, Job, Sandbox};

const CALLS: usize = 10;

fn main() {
    let jobs =
        std::env::var("TGSAND_BENCH_JOBS").ok().and_then(|text| text.parse().ok()).unwrap_or(3000);
    let programs = programs();
    let runtime = sandbox::runtime::named(sandbox::runtime::DEFAULT).expect("it is built in");
    sandbox::install(&runtime, None, &|step| eprintln!("{}", step.describe()))
        .expect("it installs");
    println!("{} programs, {CALLS} calls each", programs.len());
    println!(
        "{:40}  {:>8}  {:>9}  {:>10}  {:>10}",
        "", "jobs", "jobs/s", "CPU ms/job", "faults/job"
    );
    for (isolation, name) in
        [(Isolation::Program, "program"), (Isolation::Case, "case (verified twice)")]
    {
        for threads in [1, 2] {
            let label = format!("{} {name}, {threads} thread(s)", runtime.name);
            let sandbox = Sandbox::open(&runtime, threads).expect("an installed runtime opens");
            // Each program has run once on each thread before the first job that counts.
            measure(&sandbox, &programs, isolation, 2 * threads * programs.len());
            row(&label, jobs, measure(&sandbox, &programs, isolation, jobs));
        }
    }
    for (mode, label) in [
        ("exec", "native: exec in one process"),
        ("fork", "native: fork a job"),
        ("isolated", "native: python3 -I -S -c"),
        ("python", "native: python3 -c"),
    ] {
        let jobs = if mode == "exec" || mode == "fork" { jobs } else { jobs / 10 };
        match native(mode, &programs, jobs) {
            Some((cpu, wall)) => row(label, jobs, Spent { cpu, wall, faults: None }),
            None => println!("{label:40}  python3 not found"),
        }
    }
}

/// A program, the function that is called, and the arguments of its calls.
struct Program {
    code: String,
    entry: String,
    calls: Vec<String>,
}

fn programs() -> Vec<Program> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("dataset/test.jsonl");
    let text = std::fs::read_to_string(path).expect("the test set lies in the repository");
    let rows = text.lines().map(|line| serde_json::from_str(line).expect("a row is JSON"));
    rows.map(|row: Json| {
        let text = |field: &str| row[field].as_str().expect("it is a text").to_owned();
        let cases =
            ["visible_cases", "hidden_cases"].iter().filter_map(|field| row[field].as_array());
        let calls = cases.flatten().map(|case| case["arguments"].as_str().expect("it is a text"));
        let calls = calls.cycle().take(CALLS).map(str::to_owned).collect();
        Program { code: text("program"), entry: text("entry"), calls }
    })
    .collect()
}

/// What a number of jobs has taken, in seconds.
struct Spent {
    cpu: f64,
    wall: f64,
    faults: Option<f64>,
}

fn row(label: &str, jobs: usize, spent: Spent) {
    let Spent { cpu, wall, faults } = spent;
    let rate = jobs as f64 / wall;
    let cpu = 1e3 * cpu / jobs as f64;
    let faults = faults.map_or(String::new(), |faults| format!("{:.1}", faults / jobs as f64));
    println!("{label:40}  {jobs:>8}  {rate:>9.1}  {cpu:>10.3}  {faults:>10}");
}

/// Runs so many jobs of the mix, with enough of them in the sandbox's queue.
fn measure(sandbox: &Sandbox, programs: &[Program], isolation: Isolation, jobs: usize) -> Spent {
    const AHEAD: usize = 64;
    let job = |program: &Program| Job {
        code: program.code.clone(),
        entry: Some(program.entry.clone()),
        cases: program.calls.iter().map(|call| Case::Call { call: call.clone() }).collect(),
        isolation,
        ..Job::default()
    };
    let mut begun = programs.iter().cycle().take(jobs);
    let mut waiting = std::collections::VecDeque::new();
    let (used, start) = (used(), Instant::now());
    loop {
        while waiting.len() < AHEAD
            && let Some(program) = begun.next()
        {
            waiting.push_back(sandbox.start(job(program)).expect("the sandbox is open"));
        }
        let Some(next) = waiting.pop_front() else { break };
        let execution = next.wait().expect("the sandbox works");
        assert_eq!(execution.cases.len(), CALLS);
    }
    let (cpu, faults) = self::used();
    let wall = start.elapsed().as_secs_f64();
    Spent { cpu: cpu - used.0, wall, faults: Some(faults - used.1) }
}

/// CPU seconds and page faults of this process so far, from `/proc/self/stat`.
fn used() -> (f64, f64) {
    const TICKS: f64 = 100.0;
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let (_, fields) = text.rsplit_once(')').unwrap_or_default();
    let fields: Vec<f64> =
        fields.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    let field = |number: usize| fields.get(number - 4).copied().unwrap_or_default();
    ((field(14) + field(15)) / TICKS, field(10) + field(12))
}

/// The CPU and wall seconds of so many jobs in native Python.
fn native(mode: &str, programs: &[Program], jobs: usize) -> Option<(f64, f64)> {
    let helper = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/mix.py");
    let mut child = Command::new("python3")
        .arg(helper)
        .args([mode, &jobs.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take()?;
    for Program { code, entry, calls } in programs {
        let calls: Vec<String> = calls.iter().map(|call| format!("{entry}({call})")).collect();
        writeln!(stdin, "{}", json!({"code": code, "calls": calls})).ok()?;
    }
    drop(stdin);
    let output = child.wait_with_output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (cpu, wall) = text.trim().split_once(' ')?;
    Some((cpu.parse().ok()?, wall.parse().ok()?))
}
