//! How many functions a second `tgsand synth` gets through, and the memory it takes, as the input grows.
//!
//! `cargo bench --bench synth`; `TGSAND_BENCH_ROWS` lists the sizes, such as `1000,10000,100000`. Works in a temporary folder
//! and prints one table; nothing here passes or fails by its time.

use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a generated function is put together from; `#` is a small number, `@` an operator.
const STATEMENTS: [&str; 14] = [
    "total = total @ #",
    "if total % # == #:\n        total = total @ #",
    "for step in range(#):\n        total = total @ step",
    "items.append(total @ #)",
    "items = [item @ # for item in items if item > #]",
    "if len(items) > #:\n        return total @ len(items)",
    "while total > #:\n        total = total // (# + 2)",
    "text = text + str(total @ #)",
    "text = text.upper() if total < # else text[::-1]",
    "total = sum(items) @ #",
    "items = sorted(items, key=lambda item: item @ #)",
    "seen = {item: item @ # for item in items}\n    total = total @ len(seen)",
    "total = abs(total) @ len(text)",
    "items, total = items[#:], total @ #",
];
const RESULTS: [&str; 4] =
    ["total", "(total, items)", "text + str(total)", "{'total': total, 'items': items[:5]}"];

/// A function that no other number gives.
fn function(number: u64) -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(number);
    let mut code = format!("def made_{number}(total: int, items: list[int], text: str):\n");
    for _ in 0..rng.random_range(4..10) {
        let Some(statement) = STATEMENTS.choose(&mut rng) else { continue };
        code.push_str("    ");
        for c in statement.chars() {
            match c {
                '#' => drop(write!(code, "{}", rng.random_range(0..100))),
                '@' => code.push_str(
                    ["+", "-", "*", "^", "|", "&"].choose(&mut rng).copied().unwrap_or("+"),
                ),
                other => code.push(other),
            }
        }
        code.push('\n');
    }
    let result = RESULTS.choose(&mut rng).copied().unwrap_or("total");
    code + &format!("    return {result}\n")
}

fn write_rows(path: &Path, rows: u64) -> std::io::Result<()> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    for number in 0..rows {
        let row = serde_json::json!({"id": format!("made-{number}"), "content": function(number)});
        writeln!(file, "{row}")?;
    }
    file.flush()
}

/// The most memory that a process has had so far, in MiB, from `/proc`.
fn peak_memory(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}

fn main() -> std::io::Result<()> {
    let sizes = std::env::var("TGSAND_BENCH_ROWS").unwrap_or_else(|_| "1000".into());
    let threads = std::thread::available_parallelism()?;
    let folder = tempfile::tempdir()?;
    println!(
        "{:>9}  {:>7}  {:>9}  {:>8}  {:>11}  {:>9}  {:>8}  {:>10}",
        "functions",
        "threads",
        "seconds",
        "per s",
        "peak MiB",
        "accepted",
        "rejected",
        "duplicates"
    );
    for rows in sizes.split(',').filter_map(|size| size.trim().replace('_', "").parse::<u64>().ok())
    {
        let input = folder.path().join(format!("{rows}.jsonl"));
        let out = folder.path().join(format!("{rows}"));
        write_rows(&input, rows)?;
        let start = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tgsand"))
            .arg("synth")
            .arg(&input)
            .arg("--out")
            .arg(&out)
            .stderr(Stdio::null())
            .spawn()?;
        let mut peak: f64 = 0.0;
        let status = loop {
            peak = peak_memory(child.id()).unwrap_or(0.0).max(peak);
            match child.try_wait()? {
                Some(status) => break status,
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        assert!(status.success(), "tgsand ended with {status}");
        let seconds = start.elapsed().as_secs_f64();
        let report: serde_json::Value =
            serde_json::from_slice(&std::fs::read(out.join("run.json"))?)?;
        let rejected: u64 = report["rejected"]
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(_, count)| count.as_u64())
            .sum();
        println!(
            "{rows:>9}  {threads:>7}  {seconds:>9.1}  {:>8.1}  {peak:>11.0}  {:>9}  {rejected:>8}  {:>10}",
            rows as f64 / seconds,
            report["accepted"],
            report["rejected"]["duplicate"].as_u64().unwrap_or(0),
        );
    }
    Ok(())
}
