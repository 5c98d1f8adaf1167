//! SandboxFusion's own client against this server, and verl's if it is there.

use std::process::Command;

/// The Python that has the client: `pip install sandbox-fusion==0.3.7`.
const PYTHON: &str = "TGSAND_SANDBOX_FUSION_PYTHON";

#[test]
#[ignore = "needs the package sandbox-fusion; run by hand: TGSAND_SANDBOX_FUSION_PYTHON=venv/bin/python cargo test --test it -- --ignored --nocapture fusion_client"]
fn the_protocols_own_client_reads_every_answer() {
    let python = std::env::var(PYTHON).unwrap_or_else(|_| panic!("{PYTHON} names no Python"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/serve_clients.py");
    let tgsand = env!("CARGO_BIN_EXE_tgsand");
    let output =
        Command::new(python).args([script, "--tgsand", tgsand, "fusion"]).output().unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
