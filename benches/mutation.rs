//! The share of faulty variants that the tests of a published set reject, beside that of the tests which `tgsand autocode` writes, and
//! where the time of writing them goes.
//!
//! `TGSAND_BENCH_INPUT=mbpp.jsonl cargo bench --bench mutation`, where a row has `code`, `test_list` and perhaps `test_imports`, as MBPP's
//! have; `TGSAND_BENCH_ROWS` (100) bounds them. Ours sees the code alone. Both tests run on all variants of `python::mutate`; nothing here
//! passes or fails by its time.

use std::time::{Duration, Instant};

use tgsand::ask::prompt::Prompts;
use tgsand::cases::Target;
use tgsand::cases::execute::Execute;
use tgsand::cases::rules::Rules;
use tgsand::cases::script::passing;
use tgsand::dataset::RawCode;
use tgsand::dataset::functions::Finder;
use tgsand::error::Result;
use tgsand::flow::{Fate, Stage};
use tgsand::inputs::Propose;
use tgsand::outcome::Outcome;
use tgsand::pipeline::autocode::teeth::Teeth;
use tgsand::python::mutate::{Faults, mutants};
use tgsand::python::{Module, mentions};
use tgsand::record::{Lineage, Record};
use tgsand::sandbox::{self, Limits, Sandbox};

/// A published problem: its function, and a script that asserts its tests.
struct Published {
    target: Record<Target>,
    test: String,
}

/// What the steps took.
#[derive(Default)]
struct Times {
    inputs: Duration,
    runs: Duration,
    teeth: Duration,
}

fn main() -> Result<()> {
    let Ok(path) = std::env::var("TGSAND_BENCH_INPUT") else {
        println!("set TGSAND_BENCH_INPUT to a JSONL file with `code` and `test_list`");
        return Ok(());
    };
    let most = std::env::var("TGSAND_BENCH_ROWS").ok().and_then(|text| text.parse().ok());
    let text = std::fs::read_to_string(&path).map_err(tgsand::error::Error::io(&path))?;
    let problems: Vec<Published> =
        text.lines().filter_map(published).take(most.unwrap_or(100)).collect();
    let runtime = sandbox::runtime::named(sandbox::runtime::DEFAULT)?;
    let sandbox = Sandbox::open(&runtime, 2)?;
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let tokio = tokio.map_err(tgsand::error::Error::io("the async runtime"))?;
    tokio.block_on(compare(&sandbox, &problems))
}

/// Reads a row; one without a function that its tests call is left out.
fn published(line: &str) -> Option<Published> {
    let row: serde_json::Value = serde_json::from_str(line).ok()?;
    let texts = |name: &str| -> Vec<String> {
        let list = row[name].as_array().into_iter().flatten();
        list.filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let test = [texts("test_imports"), texts("test_list")].concat().join("\n") + "\n";
    let called = mentions::called_names(&test);
    let body = RawCode {
        content: row["code"].as_str()?.to_owned(),
        import_code: Vec::new(),
        language: None,
        file: None,
    };
    let lineage = Lineage { file: String::new(), line: 0 };
    let record = Record { id: row["task_id"].to_string(), lineage, body };
    let target = Finder::default().expand(&record).into_iter().find_map(|fate| match fate {
        Fate::Live(record) => Some(record).filter(|it| called.contains(&it.body.entry)),
        Fate::Rejected(_) | Fate::Deferred(_) => None,
    })?;
    Some(Published { target, test })
}

async fn compare(sandbox: &Sandbox, problems: &[Published]) -> Result<()> {
    let limits = Limits { fuel: 200_000_000, output: 256 << 10, ..Limits::default() };
    let (mut times, mut left_out, mut scores) = (Times::default(), Vec::new(), Vec::new());
    for Published { target, test } in problems {
        let ours = match written(sandbox, limits, target, &mut times).await? {
            Ok(test) => test,
            Err(reason) => {
                left_out.push(reason);
                continue;
            }
        };
        let Target { program, entry, .. } = &target.body;
        let Ok(module) = Module::parse(program) else { continue };
        let variants = mutants(&module, entry, Faults::All);
        let programs: Vec<&str> = variants.iter().map(|variant| variant.source.as_str()).collect();
        let mut killed = [0; 2];
        for (killed, test) in killed.iter_mut().zip([test, &ours]) {
            let passed = passing(sandbox, limits, &programs, program, test).await?;
            *killed = variants.len() - passed.len();
        }
        scores.push((killed, variants.len()));
    }
    report(problems.len(), &left_out, &scores, &times);
    Ok(())
}

/// The full test that `autocode` writes, or the reason for which it writes none.
async fn written(
    sandbox: &Sandbox,
    limits: Limits,
    target: &Record<Target>,
    times: &mut Times,
) -> Result<std::result::Result<String, &'static str>> {
    let (prompts, rules) = (Prompts::default(), Rules::default());
    let propose = Propose { sandbox, prompts: &prompts, model: None, limits, seed: 0, inputs: 60 };
    let execute = Execute { sandbox, limits };
    let teeth = Teeth {
        sandbox,
        prompts: &prompts,
        limits,
        seed: 0,
        rules: &rules,
        pool: 60,
        min_cases: 7,
        min_mutation: 0.0,
    };
    let proposed = match timed(&mut times.inputs, propose.apply(target)).await? {
        Ok(proposed) => proposed,
        Err(reason) => return Ok(Err(reason)),
    };
    let executed = match timed(&mut times.runs, execute.apply(&proposed)).await? {
        Ok(executed) => executed,
        Err(reason) => return Ok(Err(reason)),
    };
    let kept = match rules.check(&executed.body) {
        Ok(kept) => executed.with_body(kept),
        Err(rejection) => return Ok(Err(rejection.reason.name())),
    };
    let tested = timed(&mut times.teeth, teeth.apply(&kept)).await?;
    Ok(tested.map(|tested| tested.body.full_test))
}

/// The record that a stage makes, or the reason for which it makes none; adds what it took.
async fn timed<T>(
    took: &mut Duration,
    work: impl Future<Output = Result<Outcome<T>>>,
) -> Result<std::result::Result<Record<T>, &'static str>> {
    let started = Instant::now();
    let outcome = work.await?;
    *took += started.elapsed();
    Ok(match outcome {
        Outcome::Accepted(mut records) => Ok(records.pop().expect("an outcome is never empty")),
        Outcome::Rejected(rejection) => Err(rejection.reason.name()),
    })
}

fn report(all: usize, left_out: &[&str], scores: &[([usize; 2], usize)], times: &Times) {
    println!("{all} functions; tests were written for {}, left out: {left_out:?}", scores.len());
    println!(
        "{:<12} {:>8} {:>8} {:>8} {:>8} {:>12}",
        "tests", "variants", "killed", "share", "median", "all killed"
    );
    for (place, name) in ["published", "ours"].into_iter().enumerate() {
        let variants: usize = scores.iter().map(|(_, count)| count).sum();
        let killed: usize = scores.iter().map(|(killed, _)| killed[place]).sum();
        let mut shares: Vec<f64> = scores
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(killed, count)| killed[place] as f64 / *count as f64)
            .collect();
        shares.sort_by(f64::total_cmp);
        let median = shares.get(shares.len() / 2).copied().unwrap_or_default();
        let whole = scores.iter().filter(|(killed, count)| killed[place] == *count).count();
        let share = killed as f64 / variants.max(1) as f64;
        println!("{name:<12} {variants:>8} {killed:>8} {share:>8.3} {median:>8.3} {whole:>12}");
    }
    let Times { inputs, runs, teeth } = times;
    let [inputs, runs, teeth] = [inputs, runs, teeth].map(Duration::as_secs_f64);
    let rate = scores.len() as f64 / (inputs + runs + teeth).max(f64::MIN_POSITIVE);
    println!("{rate:.2} problems/s; inputs {inputs:.1} s, runs {runs:.1} s, teeth {teeth:.1} s");
}
