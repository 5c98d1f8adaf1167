//! Runs jobs in a CPython for WASI, from snapshots of a started interpreter whose harness calls the program's functions.
//!
//! Invariant: nothing outside this room knows that there are snapshots, two of them, or a harness.

mod budget;
pub mod build;
mod chance;
mod compiled;
mod disturb;
mod growth;
mod harness;
mod image;
mod kept;
mod marshal;
mod pages;
mod program;
pub mod recipe;
mod rehashed;
mod report;
mod rewrite;
mod shape;
mod snapshot;
mod stack;
mod verified;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::error::SandboxError;
use super::job::{Execution, Job};
use super::runtime::{Made, Runtime};
use super::wasi::Seeds;
use super::{engine, install};
use budget::Budget;
use build::Built;
use compiled::Programs;
use image::{Common, Image};
pub use kept::Reset;
use recipe::{ImageFile, RehashedFile};
use verified::Images;

/// An installed CPython, ready to run jobs on any number of threads.
pub struct Cpython {
    images: Images,
    programs: Programs,
    /// The rehashed snapshots, which few jobs need.
    rehashed: OnceLock<Vec<Image>>,
    common: Common,
    /// The folder of the snapshots' files.
    snapshots: PathBuf,
    built: Built,
}

/// The archive of packages that guests import from, and the modules at its top.
#[derive(Debug, Clone, Default)]
pub struct Archive {
    pub bytes: Vec<u8>,
    pub modules: Vec<String>,
}

/// Snapshots of an interpreter that has imported modules of packages.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub modules: Vec<String>,
    pub folder: PathBuf,
    pub built: Built,
}

impl Cpython {
    /// Loads both snapshots of a runtime.
    ///
    /// With packages, its guests can import from them, and may have imported some of them before they begin.
    pub fn open(
        runtime: &Runtime,
        reset: Reset,
        packages: Option<Archive>,
        loaded: Option<Loaded>,
    ) -> Result<Self, SandboxError> {
        let Made::Cpython(built) = install::installed(runtime)?.made else {
            return Err(SandboxError::Runtime(format!("{} has no snapshots", runtime.name)));
        };
        let (snapshots, built) = match loaded {
            Some(loaded) => (loaded.folder, loaded.built),
            None => (runtime.folder(), built),
        };
        let [first, other] = &built.images[..] else {
            return Err(SandboxError::Runtime(format!(
                "{} does not have two images; install it again",
                runtime.name
            )));
        };
        let mut folder = install::guest_folder(runtime)?;
        if let Some(Archive { bytes, modules }) = packages {
            folder.serve(bytes, modules);
        }
        let folder = Arc::new(folder);
        let common = Common { engine: engine::engine()?, gauges: built.gauges, folder, reset };
        let load = |image: &ImageFile, seeds| {
            let path = snapshots.join(&image.file);
            Image::load(&common, &path, image.entry_object, seeds)
        };
        let first = load(first, Seeds::FIRST)?;
        let mut other = load(other, Seeds::OTHER)?;
        other.padding = other.memory().saturating_sub(first.memory());
        let images = Images { first, other };
        Ok(Self {
            images,
            programs: Programs::default(),
            rehashed: OnceLock::new(),
            common,
            snapshots,
            built,
        })
    }

    /// Runs a job and returns what it did.
    pub fn run(&self, job: &Job) -> Result<Execution, SandboxError> {
        let mut budget = Budget::of(job);
        let (prepared, compiled) = self.programs.prepare(&self.images.first, job, &mut budget)?;
        let execution = verified::run(&self.images, &prepared, &mut budget)?;
        let mut execution = chance::settle(&self.images, &prepared, execution, &mut budget)?;
        if job.hash_seeds {
            let images = self.rehashed()?;
            execution = verified::compare_with(images, &prepared, execution, &mut budget)?;
        }
        if let Some(compiled) = compiled {
            execution = compiled.counted_in(execution);
        }
        Ok(Execution { fuel_total: budget.fuel_used(), ..execution })
    }

    /// Lets go of the instances and the programs that are kept.
    pub fn release(&self) {
        let rehashed = self.rehashed.get().into_iter().flatten();
        for image in [&self.images.first, &self.images.other].into_iter().chain(rehashed) {
            image.release();
        }
        self.programs.forget();
    }

    fn rehashed(&self) -> Result<&[Image], SandboxError> {
        if let Some(images) = self.rehashed.get() {
            return Ok(images);
        }
        let load = |found: &RehashedFile| {
            let changes = rehashed::open(&self.snapshots, found)?;
            self.images.first.rehashed(&self.common, found.entry_object, found.memory, changes)
        };
        let images = self.built.rehashed.iter().map(load).collect::<Result<_, SandboxError>>()?;
        Ok(self.rehashed.get_or_init(|| images))
    }
}
