//! The study's own tools, which run in the sandbox from their packages: autoflake, autopep8, docformatter and unify.
//!
//! Invariant: a tool is a program like any other: what it gives is proven, and nothing if it fails or exceeds a limit.

use serde::Deserialize;

use crate::error::Result;
use crate::lint::Step;
use crate::named::named_enum;
use crate::sandbox::packages::{Packages, Pin};
use crate::sandbox::{End, Isolation, Job, Limits, Runtime, Sandbox};

const PROGRAM: &str = include_str!("../../../runtimes/tools.py");
const PACKAGES: &str = include_str!("../../../runtimes/tools.toml");
/// Loading the largest of the tools takes 0.3G.
const LIMITS: Limits = Limits { fuel: 20_000_000_000, memory: 512 << 20, output: 8 << 20 };

named_enum! {
    /// What takes the steps that tidy programs.
    pub enum Tool {
        /// Ruff's fixes and its formatter.
        Ruff = "ruff",
        /// The study's four tools.
        Reference = "reference",
    }
}

/// The study's tools, ready to run.
pub struct Tools {
    sandbox: Sandbox,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    package: Vec<Pin>,
}

/// The packages of the tools.
fn packages() -> Vec<Pin> {
    let manifest: Manifest =
        toml::from_str(PACKAGES).expect("the list of tools is valid: a test reads it");
    manifest.package
}

impl Tools {
    /// Opens the tools in an installed runtime; their packages are fetched if they are not there yet.
    pub fn open(runtime: &Runtime, threads: usize) -> Result<Self> {
        let packages = Packages::pinned(runtime, &packages())?;
        Ok(Self { sandbox: Sandbox::open_serving(runtime, threads, packages)? })
    }

    /// Names the tools with the digests of all that decides what they do.
    pub fn fingerprint(&self) -> String {
        let program = blake3::hash(PROGRAM.as_bytes()).to_hex();
        format!("{} {}", self.sandbox.fingerprint(), &program[..12])
    }

    /// A program after a step; as it was if the tool fails.
    pub async fn taken(&self, step: Step, program: &str) -> Result<String> {
        let job = Job {
            code: PROGRAM.into(),
            stdin: program.into(),
            argv: vec![step.name().to_owned()],
            limits: LIMITS,
            isolation: Isolation::Program,
            ..Job::default()
        };
        let execution = self.sandbox.submit(job).await?;
        let is_done = execution.end == End::Exited { exit_code: 0 } && !execution.truncated;
        let changed = String::from_utf8(execution.stdout_bytes().to_vec()).ok();
        Ok(changed.filter(|_| is_done).unwrap_or_else(|| program.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_tools_is_valid() {
        let names: Vec<String> = packages().into_iter().map(|pin| pin.name).collect();
        assert_eq!(names.len(), 8);
        for tool in ["autoflake", "autopep8", "docformatter", "unify"] {
            assert!(names.iter().any(|name| name == tool), "{tool}");
        }
    }
}
