//! SandboxFusion's own client against this server.

use std::process::Command;

use super::Server;

/// The Python that has the client: `pip install sandbox-fusion==0.3.7`.
const PYTHON: &str = "TGSAND_SANDBOX_FUSION_PYTHON";

#[test]
#[ignore = "needs the package sandbox-fusion; run by hand: TGSAND_SANDBOX_FUSION_PYTHON=venv/bin/python cargo test --test it -- --ignored --nocapture fusion_client"]
fn the_protocols_own_client_reads_every_answer() {
    let python = std::env::var(PYTHON).unwrap_or_else(|_| panic!("{PYTHON} names no Python"));
    let server = Server::start(&["--fuel-per-second", "1G"]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/serve/sandbox_fusion_client.py");
    let output = Command::new(python)
        .args([script, &format!("http://{}", server.address)])
        .output()
        .unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
