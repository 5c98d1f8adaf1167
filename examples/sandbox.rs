//! Runs a function in the sandbox, as a library: `cargo run --release --example sandbox`.

use tgsand::sandbox::{self, Case, End, Job, Sandbox};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = sandbox::runtime::named(sandbox::runtime::DEFAULT)?;
    // Installs the runtime with pip if it is missing, and compiles it once.
    sandbox::install(&runtime, None, &|step| eprintln!("{}", step.describe()))?;
    let sandbox = Sandbox::open(&runtime, 1)?;
    let execution = sandbox.run(Job {
        code: "def f(n):\n    return [i * i for i in range(n)] if n < 9 else 1 // 0\n".into(),
        entry: Some("f".into()),
        cases: vec![Case::call("3"), Case::call("n=5"), Case::call("10")],
        ..Job::default()
    })?;
    for case in &execution.cases {
        match &case.end {
            End::Returned { repr, .. } => println!("returned {repr} with {} fuel", case.fuel),
            End::Raised(raised) => println!("raised {}: {}", raised.kind, raised.message),
            end => println!("{end:?}"),
        }
    }
    Ok(())
}
