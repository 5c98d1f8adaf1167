//! Runs the `case2code` pipeline over a few functions, as a library: `cargo run --release --example pipeline`.

use std::sync::atomic::AtomicBool;

use tgsand::ask::prompt::Prompts;
use tgsand::cases::rules::Rules;
use tgsand::dataset::{self, Fields};
use tgsand::executor::Executors;
use tgsand::flow::frame::Run;
use tgsand::flow::run_folder::RunFolder;
use tgsand::pipeline::case2code::{self, Options, Task};
use tgsand::python::prose::Docstrings;
use tgsand::sandbox::{self, Limits, Sandbox};

const FUNCTIONS: &str = "def double(n: int) -> int:\n    return n * 2\n\n\n\
    def lines(text: str) -> list:\n    return text.splitlines()\n\n\n\
    def endless(n: int) -> int:\n    while True:\n        n += 1\n";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let place = tempfile::tempdir()?;
    let input = place.path().join("functions.py");
    std::fs::write(&input, FUNCTIONS)?;
    let runtime = sandbox::runtime::named(sandbox::runtime::DEFAULT)?;
    sandbox::install(&runtime, None, &|step| eprintln!("{}", step.describe()))?;
    let sandbox = Sandbox::open(&runtime, 1)?;
    let folder = RunFolder::open(&place.path().join("run"), "example")?;
    let run = Run {
        input: input.display().to_string(),
        sandbox: &sandbox,
        executors: &Executors::default(),
        limits: Limits { fuel: 50_000_000, ..Limits::default() },
        folder: &folder,
        window: 8,
        max_deferred: 100,
        stop: &AtomicBool::new(false),
        watch: &|tally| eprintln!("{} functions are decided", tally.total()),
    };
    let options = Options {
        seed: 0,
        inputs: 5,
        rules: Rules::default(),
        dedupe: Some(0.85),
        private: false,
        frames: 12,
        max_program: 8000,
        docstrings: Docstrings::Summary,
    };
    let task = Task { prompts: &Prompts::default(), model: None, text: None, options: &options };
    let fields = Fields::default();
    let summary = case2code::run(dataset::open(&[input], &[], &fields)?.rows, &run, &task).await?;
    println!("accepted {}", summary.ending.tally.accepted);
    for (reason, count) in &summary.ending.tally.rejected {
        println!("rejected {count}: {}", reason.name());
    }
    print!("{}", std::fs::read_to_string(folder.path().join("samples/case2code.jsonl"))?);
    Ok(())
}
