//! How fast the sandbox runs small functions and long programs, beside native Python in the same run.
//!
//! `cargo bench --bench sandbox`; `TGSAND_BENCH_JOBS` sets the executions of each row, `TGSAND_BENCH_RUNTIMES` names the
//! runtimes, such as `python-3.15,python-3.15-sci`; without it, all that are installed are measured. Prints one table; nothing
//! here passes or fails by its time.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tgsand::sandbox::runtime::Interpreter;
use tgsand::sandbox::{self, Case, End, Isolation, Job, Limits, Runtime, Sandbox};

const WORDS: [&str; 10] =
    ["", "a", "aa", "ab", "aabb", "abab", "hello", "mississippi", "bookkeeper", "zzzzzzzz"];
const PROGRAMS: [&str; 4] = ["nbody", "sieve", "strings", "dicts"];
const PROCESSES: usize = 20;

/// The rows of the one table.
struct Table(Vec<[String; 6]>);

impl Table {
    fn row(&mut self, what: &str, cells: [String; 5]) {
        let [a, b, c, d, e] = cells;
        self.0.push([what.to_owned(), a, b, c, d, e]);
    }

    fn heading(&mut self, cells: [&str; 6]) {
        self.0.push(std::array::from_fn(|_| String::new()));
        self.0.push(cells.map(str::to_owned));
    }

    fn print(&self) {
        let width =
            |column: usize| self.0.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 6] = std::array::from_fn(width);
        for row in &self.0 {
            let mut line = format!("{:1$}", row[0], widths[0]);
            for (cell, width) in row.iter().zip(widths).skip(1) {
                line += &format!("  {cell:>width$}");
            }
            println!("{}", line.trim_end());
        }
    }
}

/// Durations of single executions, and how long all of them took.
struct Timing {
    each: Vec<Duration>,
    all: Duration,
}

impl Timing {
    fn of(each: Vec<Duration>) -> Self {
        let all = each.iter().sum();
        Self { each, all }
    }

    fn cells(mut self) -> [String; 5] {
        self.each.sort();
        let at = |share: f64| self.each[((self.each.len() - 1) as f64 * share).round() as usize];
        let rate = self.each.len() as f64 / self.all.as_secs_f64();
        [
            self.each.len().to_string(),
            format!("{rate:.1}"),
            millis(at(0.5)),
            millis(at(0.99)),
            String::new(),
        ]
    }
}

fn millis(duration: Duration) -> String {
    format!("{:.2}", 1e3 * duration.as_secs_f64())
}

fn benches() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches")
}

fn program(name: &str) -> PathBuf {
    benches().join("programs").join(format!("{name}.py"))
}

fn source(name: &str) -> String {
    std::fs::read_to_string(program(name)).expect("the benchmark's programs lie beside it")
}

fn main() {
    let jobs =
        std::env::var("TGSAND_BENCH_JOBS").ok().and_then(|text| text.parse().ok()).unwrap_or(300);
    let mut table = Table(Vec::new());
    let installed = runtimes();
    table.0.push(
        ["one function, 10 inputs", "runs", "runs/s", "p50 ms", "p99 ms", ""].map(str::to_owned),
    );
    for runtime in &installed {
        for (isolation, name) in
            [(Isolation::Program, "program"), (Isolation::Case, "case (verified twice)")]
        {
            for threads in [1, 2] {
                let label = format!("{} {name}, {threads} thread(s)", runtime.name);
                let sandbox = Sandbox::open(runtime, threads).expect("an installed runtime opens");
                table.row(&label, small_function(&sandbox, isolation, threads, jobs).cells());
            }
        }
        for threads in [1, 2] {
            let label = format!("{} program, pages not kept, {threads} thread(s)", runtime.name);
            let sandbox =
                Sandbox::open_plain(runtime, threads).expect("an installed runtime opens");
            table.row(&label, small_function(&sandbox, Isolation::Program, threads, jobs).cells());
        }
    }
    native_snippets(&mut table, jobs);
    long_programs(&mut table, &installed);
    fuel_of_processes(&mut table, &installed);
    table.print();
}

/// The runtimes to measure: those that are named, installed where they are missing, else all that are installed.
fn runtimes() -> Vec<Runtime> {
    let Ok(names) = std::env::var("TGSAND_BENCH_RUNTIMES") else {
        return sandbox::runtime::all()
            .into_iter()
            .filter(|runtime| matches!(runtime.interpreter, Interpreter::Cpython(_)))
            .filter(|runtime| runtime.manifest().is_some())
            .collect();
    };
    let mut named = Vec::new();
    for name in names.split(',') {
        let runtime = sandbox::runtime::named(name.trim())
            .expect("TGSAND_BENCH_RUNTIMES names built-in runtimes");
        sandbox::install(&runtime, None, &|step| eprintln!("{name}: {}", step.describe()))
            .expect("it installs");
        named.push(runtime);
    }
    named
}

/// Runs the small function again and again, each thread of the sandbox kept busy by one caller.
fn small_function(sandbox: &Sandbox, isolation: Isolation, threads: usize, jobs: usize) -> Timing {
    let code = source("snippet");
    let (function, _) = code.split_once("\n\n\n").expect("the snippet is a function and a loop");
    let job = || Job {
        code: function.to_owned(),
        entry: Some("runs".into()),
        cases: WORDS
            .iter()
            .map(|word| Case::Arguments {
                args: serde_json::json!([word]),
                kwargs: serde_json::json!({}),
            })
            .collect(),
        isolation,
        ..Job::default()
    };
    let once = || {
        let start = Instant::now();
        let execution = sandbox.run(job()).expect("the sandbox works");
        assert_eq!(execution.cases.len(), WORDS.len());
        start.elapsed()
    };
    // Enough for the hot pages to be learnt and every slot to be warm.
    for _ in 0..40 {
        once();
    }
    let start = Instant::now();
    let each = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| (0..jobs / threads).map(|_| once()).collect::<Vec<_>>()))
            .collect();
        callers.into_iter().flat_map(|caller| caller.join().expect("a caller finishes")).collect()
    });
    Timing { each, all: start.elapsed() }
}

fn native_snippets(table: &mut Table, jobs: usize) {
    let code = source("snippet");
    for (label, flags) in
        [("native: python3 -c", &[][..]), ("native: python3 -I -S -c", &["-I", "-S"])]
    {
        let once = || {
            let start = Instant::now();
            let status = Command::new("python3")
                .args(flags)
                .arg("-c")
                .arg(&code)
                .stdout(Stdio::null())
                .status()
                .ok()?;
            status.success().then(|| start.elapsed())
        };
        match (0..jobs).map(|_| once()).collect::<Option<Vec<_>>>() {
            Some(each) => table.row(label, Timing::of(each).cells()),
            None => table.row(label, ["python3 not found", "", "", "", ""].map(str::to_owned)),
        }
    }
    let count = jobs.to_string();
    for (label, mode) in
        [("native: fork a snippet", "fork"), ("native: exec in one process", "exec")]
    {
        if let Some(each) = native(&[mode, &count], &program("snippet")) {
            table.row(label, Timing::of(each).cells());
        }
    }
}

/// The durations that the native helper prints.
fn native(args: &[&str], program: &Path) -> Option<Vec<Duration>> {
    let output = Command::new("python3")
        .arg(benches().join("native.py"))
        .args(args)
        .arg(program)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let each: Vec<Duration> = text
        .lines()
        .map(|line| Some(Duration::from_secs_f64(line.parse().ok()?)))
        .collect::<Option<_>>()?;
    (output.status.success() && !each.is_empty()).then_some(each)
}

fn native_output(program: &Path) -> Option<String> {
    String::from_utf8(Command::new("python3").arg(program).output().ok()?.stdout).ok()
}

fn long_programs(table: &mut Table, installed: &[Runtime]) {
    table.heading([
        "long programs, best of 3",
        "native s",
        "sandbox s",
        "times",
        "fuel",
        "same output",
    ]);
    for runtime in installed {
        let sandbox = Sandbox::open(runtime, 1).expect("an installed runtime opens");
        for name in PROGRAMS {
            let limits = Limits { fuel: 200_000_000_000, ..Limits::default() };
            let mut best = Duration::MAX;
            let mut last = None;
            for _ in 0..3 {
                let job = Job { code: source(name), limits, ..Job::default() };
                let start = Instant::now();
                last = Some(sandbox.run(job).expect("the sandbox works"));
                best = best.min(start.elapsed());
            }
            let Some(execution) = last else { continue };
            assert_eq!(execution.end, End::Exited { exit_code: 0 }, "{name}: {}", execution.stderr);
            let path = program(name);
            let native = (0..3).filter_map(|_| native(&["time"], &path)?.into_iter().next()).min();
            let (seconds, times) = match native {
                Some(native) => (
                    format!("{:.3}", native.as_secs_f64()),
                    format!("{:.1}", best.as_secs_f64() / native.as_secs_f64()),
                ),
                None => ("python3 not found".into(), String::new()),
            };
            let same = native_output(&path)
                .map_or("", |output| if output == execution.stdout { "yes" } else { "NO" });
            let sandboxed = format!("{:.3}", best.as_secs_f64());
            let label = format!("{} {name}", runtime.name);
            table.row(&label, [seconds, sandboxed, times, execution.fuel.to_string(), same.into()]);
        }
    }
}

/// Counts the different amounts of fuel that fresh processes use for one program.
fn fuel_of_processes(table: &mut Table, installed: &[Runtime]) {
    table.heading(["fuel of one program", "processes", "amounts", "fuel", "", ""]);
    for runtime in installed {
        let mut amounts = std::collections::BTreeSet::new();
        for _ in 0..PROCESSES {
            let output = Command::new(env!("CARGO_BIN_EXE_tgsand"))
                .args(["run", "--json", "--runtime", &runtime.name])
                .arg(program("snippet"))
                .output()
                .expect("tgsand starts");
            let execution: serde_json::Value =
                serde_json::from_slice(&output.stdout).expect("tgsand prints an execution");
            amounts.insert(execution["fuel"].as_u64().expect("an execution has fuel"));
        }
        let told: Vec<String> = amounts.iter().map(u64::to_string).collect();
        let cells = [
            PROCESSES.to_string(),
            amounts.len().to_string(),
            told.join(" "),
            String::new(),
            String::new(),
        ];
        table.row(&runtime.name, cells);
    }
}
