//! Interpreters that have imported packages already, for packages whose import takes longer than most programs.
//!
//! Invariant: what is imported depends on the archive and the runtime alone, never on the programs that run later.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::cpython::build::{self, Built, Setup};
use super::super::cpython::{Archive, Cpython, Loaded, Reset};
use super::super::engine;
use super::super::error::SandboxError;
use super::super::install;
use super::super::job::{End, Isolation, Job};
use super::super::limits::Limits;
use super::super::runtime::{Interpreter, Runtime};
use super::fetch;

/// Fuel of an import from which on it is done before programs run.
const COSTLY: u64 = 200_000_000;
/// What an import may take; a module that takes more is left to the programs.
const LIMITS: Limits = Limits { fuel: 40_000_000_000, memory: 1 << 30, output: 1 << 20 };

/// What was found out about an archive.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    /// The modules that are imported.
    modules: Vec<String>,
    built: Option<Built>,
}

/// The interpreter for an archive, made if it is not there yet; `None` if all its modules are imported quickly.
pub fn get(
    runtime: &Runtime,
    name: &str,
    archive: &Archive,
    on_import: &dyn Fn(&[String]),
) -> Result<Option<Loaded>, SandboxError> {
    let Interpreter::Cpython(recipe) = &runtime.interpreter else { return Ok(None) };
    let folder = fetch::folder().join(format!("loaded-{name}-{}", engine::config_digest()));
    let lock_name = format!("loaded-{name}.lock");
    let Manifest { modules, built } = install::once(&folder, &lock_name, |staging| {
        let modules = costly(runtime, archive)?;
        if modules.is_empty() {
            return Ok(Manifest { modules, built: None });
        }
        on_import(&modules);
        let mut guests = install::guest_folder(runtime)?;
        guests.serve(archive.bytes.clone(), archive.modules.clone());
        let setup = Setup { recipe, folder: &Arc::new(guests), loaded: &modules };
        let wasm = install::module(runtime)?;
        let built = match build::build(setup, wasm, staging, &|_| {}) {
            Ok(built) => Some(built),
            // What cannot be imported everywhere is left to the programs.
            Err(SandboxError::Runtime(_)) => None,
            Err(error) => return Err(error),
        };
        Ok(Manifest { modules, built })
    })?;
    Ok(built.map(|built| Loaded { modules, folder, built }))
}

/// The modules at an archive's top that take much fuel to import.
fn costly(runtime: &Runtime, archive: &Archive) -> Result<Vec<String>, SandboxError> {
    let cpython = Cpython::open(runtime, Reset::CopyBack, Some(archive.clone()), None)?;
    let mut found = Vec::new();
    for module in &archive.modules {
        let job = Job {
            code: format!("import {module}\n"),
            limits: LIMITS,
            isolation: Isolation::Program,
            ..Job::default()
        };
        let execution = cpython.run(&job)?;
        if execution.fuel > COSTLY && execution.end == (End::Exited { exit_code: 0 }) {
            found.push(module.clone());
        }
    }
    Ok(found)
}
