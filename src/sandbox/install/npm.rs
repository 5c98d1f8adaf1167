//! Downloads packages with the user's npm, which knows their mirrors and proxies.
//!
//! Invariant: no script of a package runs here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Downloads a package into an empty folder; returns its tarball, or why npm did not do it.
pub fn pack(requirement: &str, folder: &Path) -> Result<PathBuf, String> {
    let output = Command::new("npm")
        .args(["pack", "--silent", "--ignore-scripts", "--pack-destination"])
        .arg(folder)
        .arg(requirement)
        .output()
        .map_err(|error| format!("npm: {error}"))?;
    if !output.status.success() {
        return Err(format!("npm: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
        .ok_or_else(|| "npm downloaded no package".into())
}
