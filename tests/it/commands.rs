//! The command reference: docs/commands.md is what every `--help` prints.
//!
//! After a change of the command line, `just accept` or `TGSAND_ACCEPT=1 cargo test --test it -- commands` writes the page anew.

use std::path::Path;
use std::process::Command;

const COMMANDS: [&[&str]; 29] = [
    &[],
    &["synth"],
    &["autocode"],
    &["duel"],
    &["duel", "run"],
    &["duel", "prepare"],
    &["duel", "answer"],
    &["duel", "judge"],
    &["duel", "report"],
    &["duel", "rank"],
    &["duel", "programs"],
    &["filter"],
    &["translate"],
    &["optimize"],
    &["sft"],
    &["stats"],
    &["repo"],
    &["eval"],
    &["eval", "compare"],
    &["run"],
    &["exec"],
    &["serve"],
    &["runtime"],
    &["runtime", "list"],
    &["runtime", "install"],
    &["runtime", "verify"],
    &["runtime", "remove"],
    &["doctor"],
    &["cache"],
];

fn help(command: &[&str]) -> String {
    // Without the environment: help shows the values of variables.
    let output = Command::new(env!("CARGO_BIN_EXE_tgsand"))
        .args(command)
        .arg("--help")
        .env_clear()
        .output()
        .unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = "[env: TGSAND_THREADS=] [default: ";
    text.replace(&format!("{threads}{cores}]"), &format!("{threads}number of cores]"))
}

#[test]
fn the_command_reference_is_what_help_prints() {
    let mut page = String::from(
        "# Command reference\n\nThe output of `--help`, command by command. This page is generated; CONTRIBUTING.md says how.\n",
    );
    for command in COMMANDS {
        let name = ["tgsand"].iter().chain(command).copied().collect::<Vec<_>>().join(" ");
        page.push_str(&format!("\n## `{name}`\n\n```text\n{}\n```\n", help(command).trim_end()));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md");
    if std::env::var_os("TGSAND_ACCEPT").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/commands.md is stale; `just accept` writes it anew (CONTRIBUTING.md)"
    );
}

/// Every command that `tgsand --help` lists has a section of its own.
#[test]
fn every_command_has_a_section() {
    let top = help(&[]);
    let listed = top.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    let listed: Vec<&str> = listed
        .take_while(|line| !line.trim().is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(listed.contains(&"synth"), "{listed:?}");
    for name in listed {
        assert!(COMMANDS.iter().any(|command| command.first() == Some(&name)), "{name}");
    }
}
