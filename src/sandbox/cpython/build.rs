//! Compiles a CPython and takes its two snapshots.
//!
//! Invariant: what it writes depends on the module, the recipe and the machine's instruction set alone.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::super::engine::{Compiler, THREAD_STACK};
use super::super::error::SandboxError;
use super::super::install::step::Step;
use super::super::wasi::{ReadOnlyFolder, Seeds};
use super::recipe::{ImageFile, Recipe};
use super::{rewrite, snapshot};

/// The compiled snapshots that a build has written.
pub struct Built {
    /// Elements of the largest table of their module.
    pub table_elements: usize,
    pub images: Vec<ImageFile>,
}

/// Builds the snapshots of a module into a folder.
pub fn build(
    recipe: &Recipe,
    wasm: Vec<u8>,
    folder: &Arc<ReadOnlyFolder>,
    staging: &Path,
    on_step: &dyn Fn(Step),
) -> Result<Built, SandboxError> {
    let wasm = match &recipe.prune {
        Some(prune) => rewrite::prune(&wasm, &prune.first, &prune.last)?,
        None => wasm,
    };
    let instrumented = rewrite::instrument(&wasm)?;
    drop(wasm);

    on_step(Step::Compile);
    let compiler = Compiler::new()?;
    let module = compiler.module(&instrumented)?;
    let mut images = Vec::new();
    for (step, seeds, file) in [
        (Step::Snapshot, Seeds::FIRST, "image.cwasm"),
        (Step::SecondSnapshot, Seeds::OTHER, "other-image.cwasm"),
    ] {
        on_step(step);
        let saved = on_deep_stack(|| {
            snapshot::take(&compiler, recipe, &instrumented, &module, folder, seeds)
        })?;
        let compiled = compiler.precompile(&saved.wasm)?;
        let path = staging.join(file);
        fs::write(&path, &compiled).map_err(SandboxError::io(&path))?;
        images.push(ImageFile {
            file: file.into(),
            entry_object: saved.entry_object,
            blake3: blake3::hash(&compiled).to_hex().to_string(),
        });
    }
    let table_elements =
        usize::try_from(rewrite::table_elements(&instrumented)?).unwrap_or(usize::MAX);
    Ok(Built { table_elements, images })
}

/// Calls `work` on a thread whose stack has room for a guest's.
fn on_deep_stack<T: Send>(
    work: impl FnOnce() -> Result<T, SandboxError> + Send,
) -> Result<T, SandboxError> {
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(THREAD_STACK)
            .spawn_scoped(scope, work)
            .map_err(SandboxError::io("a thread"))?
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
