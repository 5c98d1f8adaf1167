//! Interpreters that have imported packages already, for packages whose import takes longer than most programs.
//!
//! Invariant: what is imported depends on the archive and the runtime alone, never on the programs that run later.

use std::fs::{self, File};
use std::path::Path;
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
    let machine = blake3::hash(engine::config_fingerprint().as_bytes()).to_hex();
    let folder = fetch::folder().join(format!("loaded-{name}-{}", &machine[..8]));
    let loaded = |Manifest { modules, built }| {
        built.map(|built| Loaded { modules, folder: folder.clone(), built })
    };
    if let Some(manifest) = read(&folder) {
        return Ok(loaded(manifest));
    }
    let lock_path = folder.with_extension("lock");
    let lock = File::create(&lock_path).map_err(SandboxError::io(&lock_path))?;
    lock.lock().map_err(SandboxError::io(&lock_path))?;
    // Another process may have finished while this one waited.
    if let Some(manifest) = read(&folder) {
        return Ok(loaded(manifest));
    }
    let staging = tempfile::tempdir_in(fetch::folder()).map_err(SandboxError::io(&folder))?;
    let modules = costly(runtime, archive)?;
    let built = if modules.is_empty() {
        None
    } else {
        on_import(&modules);
        let mut guests = install::guest_folder(runtime)?;
        guests.serve(archive.bytes.clone(), archive.modules.clone());
        let setup = Setup { recipe, folder: &Arc::new(guests), loaded: &modules };
        let wasm = install::module(runtime)?;
        match build::build(setup, wasm, staging.path(), &|_| {}) {
            Ok(built) => Some(built),
            // What cannot be imported everywhere is left to the programs.
            Err(SandboxError::Runtime(_)) => None,
            Err(error) => return Err(error),
        }
    };
    let manifest = Manifest { modules, built };
    let text = serde_json::to_string_pretty(&manifest).expect("a manifest is plain data");
    let path = staging.path().join("manifest.json");
    fs::write(&path, text).map_err(SandboxError::io(&path))?;
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(SandboxError::io(&folder))?;
    }
    fs::rename(staging.keep(), &folder).map_err(SandboxError::io(&folder))?;
    Ok(loaded(manifest))
}

fn read(folder: &Path) -> Option<Manifest> {
    serde_json::from_slice(&fs::read(folder.join("manifest.json")).ok()?).ok()
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
