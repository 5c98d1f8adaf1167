//! The built-in runtimes, and the place of each once installed.
//!
//! Invariant: a runtime is named by the digests of its parts, so the same name and digest always behave the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::cpython::build::Built;
use super::cpython::recipe::Recipe;
use super::engine;
use super::error::SandboxError;
use super::languages::Language;
use super::wasi::{ReadOnlyFolder, Seeds};

/// Counts up when the host's side changes what guests see or pay: environment, streams, clock, randomness, fuel of host calls.
pub const HOST_VERSION: &str = "14";
const BUILT_IN: [&str; 13] = [
    include_str!("../../runtimes/python-3.15/runtime.toml"),
    include_str!("../../runtimes/python-3.15-sci/runtime.toml"),
    include_str!("../../runtimes/python-3.12/runtime.toml"),
    include_str!("../../runtimes/javascript/runtime.toml"),
    include_str!("../../runtimes/typescript/runtime.toml"),
    include_str!("../../runtimes/ruby/runtime.toml"),
    include_str!("../../runtimes/sql/runtime.toml"),
    include_str!("../../runtimes/php/runtime.toml"),
    include_str!("../../runtimes/perl/runtime.toml"),
    include_str!("../../runtimes/c/runtime.toml"),
    include_str!("../../runtimes/cpp/runtime.toml"),
    include_str!("../../runtimes/go/runtime.toml"),
    include_str!("../../runtimes/lua/runtime.toml"),
];

/// The runtime that is used if none is named.
pub const DEFAULT: &str = "python-3.15";

/// An interpreter for WebAssembly: which package it comes in, and how it is made ready. This is a `runtime.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    pub name: String,
    pub about: String,
    pub licence: String,
    /// The modules that programs may import besides the standard library's.
    #[serde(default)]
    pub libraries: Vec<String>,
    #[serde(default)]
    pub registry: Registry,
    /// The package in the registry, its exact version and the digest of its one file: a wheel, or a tarball.
    pub package: String,
    pub version: String,
    pub package_sha256: String,
    /// The digest on machines with ARM processors, if the package has a file for each kind of machine.
    pub package_sha256_arm: Option<String>,
    pub module: ModuleFile,
    /// A second module, for a language that has two.
    pub other_module: Option<ModuleFile>,
    pub stdlib: Option<StdlibFile>,
    /// A tar file in the package with what the module reads.
    pub archive: Option<ModuleFile>,
    /// Another package, with sources of what is compiled once for all programs.
    pub sources: Option<SourcePackage>,
    /// The runtime whose interpreter runs what this one translates, that has the same module, or whose compiler builds this one.
    pub needs: Option<String>,
    pub interpreter: Interpreter,
}

/// Where a package comes from, which is also the tool that fetches it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Registry {
    #[default]
    Pip,
    /// The sources of a package that pip has.
    PipSource,
    Npm,
}

/// What a runtime's module is, and so how it is made ready and run.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interpreter {
    Cpython(Recipe),
    Language(Language),
}

/// A file in the package, such as the WebAssembly module, or one that is built from the package.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleFile {
    pub path: String,
    pub sha256: String,
}

/// A wheel with sources, which are the same whatever machine the wheel is for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourcePackage {
    pub package: String,
    pub version: String,
    pub sha256: String,
    /// The machine whose wheel it is.
    pub platform: String,
    /// The folder in the wheel, and those in it that are needed.
    pub folder: String,
    pub parts: Vec<String>,
}

impl SourcePackage {
    /// The place of the wheel in the cache.
    pub fn file(&self) -> PathBuf {
        let Self { package, version, sha256, .. } = self;
        let digest: String = sha256.chars().take(16).collect();
        home().join("packages").join(format!("{package}-{version}-{digest}.whl"))
    }
}

/// The standard library in the package, and the one file of the guest's file system that it becomes.
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
    #[serde(flatten)]
    pub made: Made,
}

/// The compiled files of an installation.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Made {
    Cpython(Built),
    Language {
        /// The digest of the compiled module.
        image_blake3: String,
        /// That of the second one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        other_blake3: Option<String>,
    },
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

/// The name of the runtime for programs in a language, by a name that data sets use; for Python, that of the given one.
pub fn of_language(language: &str, python: &str) -> Option<String> {
    match Language::named(language) {
        Some(language) => Some(language.name().to_owned()),
        None => ["python", "python3", "py"]
            .contains(&language.trim().to_ascii_lowercase().as_str())
            .then(|| if Language::named(python).is_some() { DEFAULT } else { python }.to_owned()),
    }
}

impl Runtime {
    /// Names the runtime with a digest of all that decides how programs behave in it, such as `python-3.15@0123456789ab`.
    pub fn fingerprint(&self) -> String {
        let own = self.digest();
        let whole = match self.needed() {
            Some(needed) => blake3::hash(format!("{own} {}", needed.fingerprint()).as_bytes())
                .to_hex()
                .to_string(),
            None => own,
        };
        format!("{}@{}", self.name, &whole[..12])
    }

    /// The runtime that this one needs, if it needs one.
    pub fn needed(&self) -> Option<Self> {
        self.needs.as_deref().and_then(|name| named(name).ok())
    }

    fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let [recipe, details] = match &self.interpreter {
            Interpreter::Cpython(recipe) => {
                let harness = recipe.harness(Seeds::OTHER, &ReadOnlyFolder::default(), &[]);
                [harness, format!("{:?}{:?}", recipe.prune, recipe.stack)]
            }
            Interpreter::Language(language) => {
                let archive = self.archive.as_ref();
                let files = archive.into_iter().chain(&self.other_module);
                let digests = files.map(|file| file.sha256.as_str());
                let sources = self.sources.as_ref().map(|sources| sources.sha256.as_str());
                [language.recipe(), digests.chain(sources).collect()]
            }
        };
        for part in [
            self.name.as_str(),
            &self.package_sha256,
            &self.module.sha256,
            &recipe,
            &details,
            HOST_VERSION,
        ] {
            hasher.update(part.as_bytes()).update(&[0]);
        }
        hasher.finalize().to_hex().to_string()
    }

    /// The digest of the package's file for this machine.
    pub fn file_sha256(&self) -> &str {
        let arm = self.package_sha256_arm.as_ref().filter(|_| cfg!(target_arch = "aarch64"));
        arm.unwrap_or(&self.package_sha256)
    }

    /// The folder of the compiled images.
    pub fn folder(&self) -> PathBuf {
        home().join("runtimes").join(format!(
            "{}-{}-{}",
            self.name,
            &self.digest()[..16],
            engine::config_digest()
        ))
    }

    /// The place of the package's file in the cache.
    pub fn package_file(&self) -> PathBuf {
        home().join("packages").join(format!(
            "{}-{}-{}.{}",
            self.package.trim_start_matches('@').replace('/', "-"),
            self.version,
            &self.file_sha256()[..16],
            self.registry.ending()
        ))
    }

    /// The standard library's path in the cache, next to the compiled images.
    pub fn stdlib_file(&self) -> Option<PathBuf> {
        self.stdlib.as_ref().map(|_| self.folder().join("stdlib.zip"))
    }

    /// Reads what the installation noted, or `None` if the runtime, or one that it needs, is not installed.
    pub fn manifest(&self) -> Option<Manifest> {
        if self.needed().is_some_and(|needed| needed.manifest().is_none()) {
            return None;
        }
        let text = std::fs::read_to_string(self.folder().join("manifest.json")).ok()?;
        serde_json::from_str(&text).ok()
    }
}

impl Registry {
    /// The ending of a package's file.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Pip => "whl",
            Self::PipSource => "tar.gz",
            Self::Npm => "tgz",
        }
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
        assert_eq!(names[..3], ["python-3.15", "python-3.15-sci", "python-3.12"]);
        let languages = Language::ALL.map(Language::name);
        assert_eq!(names[3..], languages);
    }

    #[test]
    fn runtimes_have_different_fingerprints() {
        let fingerprints: std::collections::BTreeSet<String> =
            all().iter().map(Runtime::fingerprint).collect();
        assert_eq!(fingerprints.len(), all().len());
    }
}
