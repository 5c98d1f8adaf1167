//! The built-in runtimes, and the place of each once installed.
//!
//! Invariant: a runtime is named by the digests of its parts, so the same name and digest always behave the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::cpython::recipe::{Growth, ImageFile, Recipe, RehashedFile};
use super::engine;
use super::error::SandboxError;
use super::wasi::Seeds;

/// Counts up when the host's side changes what guests see or pay: environment, streams, clock, randomness, fuel of host calls.
pub const HOST_VERSION: &str = "12";
const BUILT_IN: [&str; 3] = [
    include_str!("../../runtimes/python-3.15/runtime.toml"),
    include_str!("../../runtimes/python-3.15-sci/runtime.toml"),
    include_str!("../../runtimes/python-3.12/runtime.toml"),
];

/// The runtime that is used if none is named.
pub const DEFAULT: &str = "python-3.15";

/// A Python for WebAssembly: which package it comes in, and how it is made ready. This is a `runtime.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    pub name: String,
    pub about: String,
    pub licence: String,
    /// The modules that programs may import besides the standard library's.
    #[serde(default)]
    pub libraries: Vec<String>,
    /// The package on the Python package index, its exact version and the digest of its wheel.
    pub package: String,
    pub version: String,
    pub wheel_sha256: String,
    pub module: ModuleFile,
    pub stdlib: Option<StdlibFile>,
    pub cpython: Recipe,
}

/// The WebAssembly module in the wheel.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleFile {
    pub path: String,
    pub sha256: String,
}

/// The standard library in the wheel, and the one file of the guest's file system that it becomes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StdlibFile {
    pub path: String,
    pub sha256: String,
    pub folder: String,
    pub name: String,
}

/// What an installation notes about its compiled images.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    pub runtime: String,
    pub growth: Growth,
    pub images: Vec<ImageFile>,
    pub rehashed: Vec<RehashedFile>,
}

/// Lists every built-in runtime, the default first.
pub fn all() -> Vec<Runtime> {
    BUILT_IN
        .iter()
        .map(|text| {
            toml::from_str(text).expect("a built-in runtime.toml is valid: a test reads each")
        })
        .collect()
}

/// The libraries of all runtimes, each with the name of the first runtime that has it.
pub fn libraries() -> BTreeMap<String, String> {
    let named = |Runtime { name, libraries, .. }: Runtime| {
        libraries.into_iter().map(move |library| (library, name.clone()))
    };
    // Of entries with the same key, the last is kept.
    all().into_iter().rev().flat_map(named).collect()
}

/// Finds a built-in runtime by name.
pub fn named(name: &str) -> Result<Runtime, SandboxError> {
    all()
        .into_iter()
        .find(|runtime| runtime.name == name)
        .ok_or_else(|| SandboxError::UnknownRuntime(name.into()))
}

impl Runtime {
    /// Names the runtime with a digest of all that decides how programs behave in it, such as `python-3.15@0123456789ab`.
    pub fn fingerprint(&self) -> String {
        format!("{}@{}", self.name, &self.digest()[..12])
    }

    fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let prune = format!("{:?}{:?}", self.cpython.prune, self.cpython.stack);
        for part in [
            self.name.as_str(),
            &self.wheel_sha256,
            &self.module.sha256,
            &self.cpython.harness(Seeds::OTHER),
            &prune,
            HOST_VERSION,
        ] {
            hasher.update(part.as_bytes()).update(&[0]);
        }
        hasher.finalize().to_hex().to_string()
    }

    /// The folder of the compiled images.
    pub fn folder(&self) -> PathBuf {
        let machine = blake3::hash(engine::config_fingerprint().as_bytes()).to_hex();
        home().join("runtimes").join(format!(
            "{}-{}-{}",
            self.name,
            &self.digest()[..16],
            &machine[..8]
        ))
    }

    /// The wheel's place in the cache.
    pub fn wheel(&self) -> PathBuf {
        home().join("packages").join(format!(
            "{}-{}-{}.whl",
            self.package,
            self.version,
            &self.wheel_sha256[..16]
        ))
    }

    /// The standard library's path in the cache, next to the compiled images.
    pub fn stdlib_file(&self) -> Option<PathBuf> {
        self.stdlib.as_ref().map(|_| self.folder().join("stdlib.zip"))
    }

    /// Reads what the installation noted, or `None` if the runtime is not installed.
    pub fn manifest(&self) -> Option<Manifest> {
        let text = std::fs::read_to_string(self.folder().join("manifest.json")).ok()?;
        serde_json::from_str(&text).ok()
    }
}

/// The folder of everything that is kept between runs: `TGSAND_CACHE`, else `tgsand` in the user's cache folder.
pub fn home() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("TGSAND_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("tgsand")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/tgsand")))
        .unwrap_or_else(|| Path::new(".tgsand-cache").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_runtime_is_valid() {
        let names: Vec<String> = all().into_iter().map(|runtime| runtime.name).collect();
        assert_eq!(names, ["python-3.15", "python-3.15-sci", "python-3.12"]);
    }

    #[test]
    fn runtimes_have_different_fingerprints() {
        let fingerprints: std::collections::BTreeSet<String> =
            all().iter().map(Runtime::fingerprint).collect();
        assert_eq!(fingerprints.len(), 3);
    }
}
