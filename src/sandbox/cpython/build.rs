//! Compiles a CPython and takes its snapshots.
//!
//! Invariant: what it writes depends on the module, the recipe and the machine's instruction set alone.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::engine::{Compiler, Fuel, THREAD_STACK};
use super::super::error::SandboxError;
use super::super::install::step::Step;
use super::super::wasi::Seeds;
use super::disturb::Disturbed;
use super::recipe::{Gauges, ImageFile, RehashedFile};
use super::rewrite::{self, meter};
pub use super::snapshot::Setup;
use super::snapshot::{self, Saved};
use super::{growth, rehashed};

/// The compiled snapshots that a build has written.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Built {
    /// The globals of their module that stand for what a program may use.
    pub gauges: Gauges,
    pub images: Vec<ImageFile>,
    pub rehashed: Vec<RehashedFile>,
}

/// Builds the snapshots of a module into a folder.
pub fn build(
    setup: Setup<'_>,
    wasm: Vec<u8>,
    staging: &Path,
    on_step: &dyn Fn(Step),
) -> Result<Built, SandboxError> {
    let disturbed = Disturbed::find(&wasm)?;
    let wasm = match &setup.recipe.prune {
        Some(prune) => rewrite::prune(&wasm, &prune.first, &prune.last)?,
        None => wasm,
    };
    let (wasm, dials) = disturbed.disturb(&wasm)?;
    let (wasm, memory) = growth::redirect(&wasm)?;
    let (wasm, fuel) = meter::meter(&wasm)?;
    let gauges = Gauges { memory, fuel };
    let instrumented = rewrite::instrument(&wasm)?;
    drop(wasm);

    on_step(Step::Compile);
    let compiler = Compiler::new(Fuel::InGlobal)?;
    let module = compiler.module(&instrumented)?;
    let take = |seeds: Seeds| {
        on_deep_stack(|| snapshot::take(&compiler, &module, (dials, gauges), setup, seeds))
    };
    on_step(Step::Snapshot);
    let first = take(Seeds::FIRST)?;
    let mut rehashed = Vec::new();
    for number in 0..rehashed::COUNT {
        let other = take(Seeds::rehashed(number))?;
        rehashed.push(rehashed::write(&first.snapshot, &other, staging, number)?);
    }
    let save = |saved: Saved, file: &str| {
        let compiled = compiler.precompile(&rewrite::bake(&instrumented, &saved.snapshot)?)?;
        let path = staging.join(file);
        fs::write(&path, &compiled).map_err(SandboxError::io(&path))?;
        Ok::<_, SandboxError>(ImageFile {
            file: file.into(),
            entry_object: saved.entry_object,
            blake3: blake3::hash(&compiled).to_hex().to_string(),
        })
    };
    let first = save(first, "image.cwasm")?;
    on_step(Step::SecondSnapshot);
    let images = vec![first, save(take(Seeds::OTHER)?, "other-image.cwasm")?];
    Ok(Built { gauges, images, rehashed })
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
