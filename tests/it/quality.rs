//! Compares our measures of code with the tools that they are modelled on, program by program.
//!
//! The tools come with the user's pip into the cache; they read the programs and never run them.

mod odd;
mod pylint;
mod radon;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value as Json;
use tgsand::sandbox::runtime;

/// A program and where it comes from.
struct Program {
    name: String,
    source: String,
}

/// Our raw functions, every program of the repository, odd ones, and the shared test set where it is there.
fn programs() -> Vec<Program> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut programs = Vec::new();
    for row in rows(&root.join("dataset/raw_data.jsonl")) {
        let imports = row["import_code"].as_array().into_iter().flatten().filter_map(Json::as_str);
        let source = imports.chain(row["content"].as_str()).collect::<Vec<_>>().join("\n");
        programs.push(Program { name: row["id"].to_string(), source });
    }
    for folder in
        ["tests/specimens", "tests/specimens/rejections", "benches", "benches/programs", "runtimes"]
    {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "py") {
                programs.push(Program {
                    name: path.display().to_string(),
                    source: std::fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    programs.extend(odd::PROGRAMS.iter().enumerate().map(|(i, source)| Program {
        name: format!(
            "odd {i}: {}",
            source.lines().find(|line| !line.is_empty()).unwrap_or_default()
        ),
        source: (*source).to_owned(),
    }));
    let shared = root.join("../shared/data/case2code/test_300.jsonl");
    if shared.exists() {
        programs.extend(rows(&shared).into_iter().enumerate().map(|(i, row)| Program {
            name: format!("test_300 {i}"),
            source: row["code"].as_str().expect("a row has code").to_owned(),
        }));
    }
    programs.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(programs.len() >= 200, "only {} programs", programs.len());
    programs
}

fn rows(path: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The folder with a Python package and what it needs; installs them when they are not there yet.
pub fn installed(requirement: &str) -> PathBuf {
    let folder = runtime::home().join("test-tools");
    let place = folder.join(requirement);
    if place.exists() {
        return place;
    }
    std::fs::create_dir_all(&folder).unwrap();
    let staging = tempfile::tempdir_in(&folder).unwrap();
    let output = Command::new("python3")
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"])
        .arg(staging.path())
        .arg(requirement)
        .output()
        .unwrap_or_else(|error| {
            panic!("python3 with pip is needed to compare with {requirement}: {error}")
        });
    assert!(
        output.status.success(),
        "{requirement} cannot be installed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    // Another process may have been faster; what it put there is the same.
    if std::fs::rename(staging.keep(), &place).is_err() {
        assert!(place.exists(), "{requirement} cannot be moved to {}", place.display());
    }
    place
}

/// Has a Python script with the packages of `folder` read the programs' sources as JSON and answer in JSON.
fn ask(folder: &Path, script: &str, programs: &[Program]) -> Json {
    let sources: Vec<&str> = programs.iter().map(|program| program.source.as_str()).collect();
    let mut child = Command::new("python3")
        .args(["-W", "ignore", "-c", script])
        .env("PYTHONPATH", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(serde_json::to_string(&sources).unwrap().as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the script failed: {}", output.status);
    // The tools may print of their own before.
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(text.trim_end().lines().last().unwrap_or_default()).unwrap()
}
