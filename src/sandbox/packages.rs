//! Packages that programs may import besides what their runtime has: pure Python, served from one archive that nobody can write to.
//!
//! Invariant: nothing of a package is executed here; only guests import it, and what they see is decided by the wheels' digests.

mod archive;
pub mod distributions;
mod fetch;
mod loaded;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::cpython::{Archive, Loaded};
use super::error::SandboxError;
use super::runtime::Runtime;

/// A package in the version that the user wants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Requirement {
    pub name: String,
    pub version: String,
}

/// A wheel that is served.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Wheel {
    pub name: String,
    pub version: String,
    pub sha256: String,
}

/// A package that is known by its digest.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    pub name: String,
    pub version: String,
    /// Of its wheel, or of its module.
    pub sha256: String,
    /// The one module of a package that has no wheel.
    pub module: Option<String>,
}

/// The packages that a sandbox serves.
#[derive(Debug, Clone, Default)]
pub struct Packages {
    /// The wheels, by name: those that were asked for, and what they need.
    pub wheels: Vec<Wheel>,
    /// What guests see.
    pub(super) archive: Archive,
    /// The interpreter that has imported what takes long to import.
    pub(super) loaded: Option<Loaded>,
}

impl Requirement {
    /// Reads `NAME==VERSION`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let is_word = |word: &str, others: &str| {
            word.starts_with(|c: char| c.is_ascii_alphanumeric())
                && word.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
        };
        let (name, version) = text.split_once("==").unwrap_or((text, ""));
        let (name, version) = (name.trim(), version.trim());
        if !is_word(name, "-_.") {
            return Err("use NAME==VERSION, such as toolz==1.0.0".into());
        }
        if version.is_empty() {
            return Err(format!("give the version as well: {name}==VERSION"));
        }
        if !is_word(version, ".+!_-") {
            return Err(format!("use one exact version: {name}==VERSION"));
        }
        Ok(Self { name: name.into(), version: version.into() })
    }
}

impl std::fmt::Display for Requirement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}=={}", self.name, self.version)
    }
}

impl std::fmt::Display for Wheel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}=={}#sha256={}", self.name, self.version, self.sha256)
    }
}

impl Packages {
    /// Gets packages for a runtime: from the cache, or else by pip, with all that they need.
    ///
    /// `on_import` is told which modules an interpreter is about to import, which takes a minute and is done once.
    pub fn get(
        runtime: &Runtime,
        requirements: &[Requirement],
        on_import: &dyn Fn(&[String]),
    ) -> Result<Self, SandboxError> {
        if requirements.is_empty() {
            return Ok(Self::default());
        }
        if runtime.stdlib.is_none() {
            return Err(SandboxError::Package(format!(
                "{} has no room for packages: use another --runtime",
                runtime.name
            )));
        }
        let (name, packages) = Self::of(runtime, fetch::get(runtime, requirements)?)?;
        let loaded = loaded::get(runtime, &name, &packages.archive, on_import)?;
        Ok(Self { loaded, ..packages })
    }

    /// Gets these packages for a runtime that serves packages, and nothing that they need: from the cache, or else by pip.
    pub fn pinned(runtime: &Runtime, pins: &[Pin]) -> Result<Self, SandboxError> {
        Ok(Self::of(runtime, fetch::pinned(runtime, pins)?)?.1)
    }

    /// The packages of these wheels, with the name of their archive.
    fn of(
        runtime: &Runtime,
        fetched: Vec<(Wheel, PathBuf)>,
    ) -> Result<(String, Self), SandboxError> {
        let (name, archive) = archive::get(runtime, &fetched)?;
        let wheels = fetched.into_iter().map(|(wheel, _)| wheel).collect();
        Ok((name, Self { wheels, archive, loaded: None }))
    }

    /// Whether nothing is served.
    pub fn is_empty(&self) -> bool {
        self.wheels.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_has_a_name_and_one_exact_version() {
        let parsed = Requirement::parse("more-itertools == 10.1.0").unwrap();
        assert_eq!(parsed.to_string(), "more-itertools==10.1.0");
        let why = |text| Requirement::parse(text).unwrap_err();
        assert_eq!(why("toolz"), "give the version as well: toolz==VERSION");
        assert_eq!(why("toolz=="), "give the version as well: toolz==VERSION");
        assert_eq!(why("toolz==1.*"), "use one exact version: toolz==VERSION");
        assert_eq!(why("toolz==1 --index=x"), "use one exact version: toolz==VERSION");
        for text in ["", "==1", "--no-deps", "-e .==1", "./folder==1", "a b==1", "toolz>=1==2"] {
            assert_eq!(why(text), "use NAME==VERSION, such as toolz==1.0.0", "{text}");
        }
    }
}
