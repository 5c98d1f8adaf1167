//! Downloads wheels with the user's pip, which knows their mirrors and proxies.
//!
//! Invariant: pip downloads and unpacks nothing else; no wheel is built, so that no code of a package runs here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const COMMANDS: [&[&str]; 4] =
    [&["python3", "-m", "pip"], &["pip3"], &["pip"], &["python", "-m", "pip"]];

/// What pip says before the requirement that it found nothing for.
pub const NOT_FOUND: &str = "No matching distribution found for ";

/// Downloads wheels into an empty folder, with more arguments for pip; returns their paths in order, or why no pip did it.
pub fn download(arguments: &[&str], folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut complaints = Vec::new();
    for command in COMMANDS {
        let output = Command::new(command[0])
            .args(&command[1..])
            .args(["download", "--quiet", "--only-binary", ":all:", "--dest"])
            .arg(folder)
            .args(arguments)
            .output();
        match output {
            Ok(output) if output.status.success() => return wheels_in(folder),
            Ok(output) => {
                let stderr = String::from_utf8_lossy(&output.stderr);
                if let Some(answer) = stderr.find(NOT_FOUND) {
                    // Another pip would ask the same index.
                    return Err(stderr[answer..].trim().to_owned());
                }
                complaints.push(format!("{}: {}", command.join(" "), stderr.trim()));
            }
            Err(error) => complaints.push(format!("{}: {error}", command.join(" "))),
        }
    }
    Err(complaints.join("\n"))
}

fn wheels_in(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut wheels: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "whl")).collect();
    wheels.sort();
    Ok(wheels)
}
