//! What hostile programs cost their host: CPU time for the fuel they use, and the most memory that they make the host take.
//!
//! `cargo bench --bench hostile`; `TGSAND_BENCH_ONLY` selects programs by a part of their name. Each program is given to a
//! `tgsand exec` of its own, with one thread and after a small job, whose CPU time is not counted: it opens the runtime. Everything after
//! that counts: reading the job, all runs of it with the start of each instance, comparing them, and writing the answer. Fuel is
//! `fuel_total`, in which the start of an instance has a fixed amount. Prints one table; nothing here passes or fails by its time.

mod corpus;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use corpus::Program;

/// What one program has cost.
struct Cost {
    name: &'static str,
    fuel: f64,
    cpu: f64,
    wall: f64,
    /// The most memory of the process, and that of one that has run nothing but the small job, in MiB.
    peak: f64,
    idle: f64,
    ends: String,
}

impl Cost {
    fn cpu_for_1g(&self) -> f64 {
        1e9 * self.cpu / self.fuel
    }

    fn print(&self) {
        println!(
            "{:44} {:>8.2} {:>7.2} {:>7.2} {:>9.2} {:>9.0} {:>9.0}  {}",
            self.name,
            self.fuel / 1e9,
            self.cpu,
            self.wall,
            self.cpu_for_1g(),
            self.peak,
            self.idle,
            self.ends
        );
    }
}

fn main() {
    let only = std::env::var("TGSAND_BENCH_ONLY").unwrap_or_default();
    println!(
        "{:44} {:>8} {:>7} {:>7} {:>9} {:>9} {:>9}  ends",
        "program", "fuel, G", "CPU, s", "wall, s", "CPU s/1G", "peak MiB", "idle MiB"
    );
    let programs = corpus::programs().into_iter().filter(|program| program.name.contains(&only));
    let costs: Vec<Cost> = programs.map(|program| cost(&program)).inspect(Cost::print).collect();
    let Some(slowest) = costs.iter().max_by(|a, b| a.cpu_for_1g().total_cmp(&b.cpu_for_1g()))
    else {
        return;
    };
    let largest = costs.iter().map(|cost| cost.peak - cost.idle).fold(0.0, f64::max);
    println!(
        "\nworst: {:.2} s of CPU for 1G of fuel ({}); {largest:.0} MiB more than when idle",
        slowest.cpu_for_1g(),
        slowest.name
    );
}

fn cost(program: &Program) -> Cost {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tgsand"))
        .args(["exec", "-", "--threads", "1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("tgsand starts");
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    let mut answers = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
    let mut ask = |jobs: &[Value]| {
        let lines: String = jobs.iter().map(|job| format!("{job}\n")).collect();
        let (stdin, answers) = (&mut stdin, &mut answers);
        std::thread::scope(|scope| {
            scope.spawn(move || stdin.write_all(lines.as_bytes()).expect("tgsand reads its jobs"));
            jobs.iter().map(|_| Answer::read(answers)).collect::<Vec<Answer>>()
        })
    };
    ask(&[json!({"code": "def f(x):\n    return x\n", "entry": "f", "cases": [{"args": [1]}]})]);
    let (idle, cpu_before, start) = (peak(&child), cpu(&child), Instant::now());
    let told = ask(&program.jobs);
    let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu(&child) - cpu_before);
    let peak = peak(&child);
    drop(stdin);
    child.wait().expect("tgsand ends");
    let mut ends: Vec<(String, usize)> = Vec::new();
    for end in told.iter().flat_map(|answer| &answer.ends) {
        match ends.iter_mut().find(|(known, _)| known == end) {
            Some((_, count)) => *count += 1,
            None => ends.push((end.clone(), 1)),
        }
    }
    let ends = ends.iter().map(|(end, count)| format!("{count} {end}")).collect::<Vec<_>>();
    Cost {
        name: program.name,
        fuel: told.iter().map(|answer| answer.fuel).sum(),
        cpu,
        wall,
        peak,
        idle,
        ends: ends.join(", "),
    }
}

/// The parts of an answer that the table shows.
struct Answer {
    fuel: f64,
    ends: Vec<String>,
}

impl Answer {
    fn read(answers: &mut impl BufRead) -> Self {
        let mut line = Vec::new();
        answers.read_until(b'\n', &mut line).expect("tgsand answers");
        let answer: Value = serde_json::from_slice(&line).expect("an answer is JSON");
        let end = |of: &Value| {
            let mark =
                ["nondeterministic", "order_dependent"].into_iter().find(|m| of.get(m).is_some());
            let end = of["end"].as_str().or(of["error"].as_str()).unwrap_or("no end");
            format!("{end}{}", mark.map(|mark| format!(" ({mark})")).unwrap_or_default())
        };
        let ends = match answer["cases"].as_array() {
            Some(cases) => cases.iter().map(end).collect(),
            None => vec![end(&answer)],
        };
        Self { fuel: answer["fuel_total"].as_f64().unwrap_or(0.0), ends }
    }
}

/// CPU seconds of all threads of a process that runs.
fn cpu(child: &Child) -> f64 {
    let tasks = format!("/proc/{}/task", child.id());
    let tasks = std::fs::read_dir(tasks).expect("the process runs, on Linux");
    let nanoseconds = tasks.filter_map(|task| {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

/// The most memory that a process has had so far, in MiB.
fn peak(child: &Child) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
    let status = status.expect("the process runs, on Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.expect("a process has a most memory") / 1024.0
}
