//! Runs jobs in a CPython for WASI, from snapshots of a started interpreter whose harness calls the program's functions.
//!
//! Invariant: nothing outside this room knows that there are snapshots, two of them, or a harness.

mod budget;
pub mod build;
mod chance;
mod disturb;
mod harness;
mod image;
mod prefault;
pub mod recipe;
mod rehashed;
mod report;
mod rewrite;
mod snapshot;
mod stack;
mod verified;

use std::sync::{Arc, OnceLock};

use super::error::SandboxError;
use super::job::{Execution, Job};
use super::runtime::{Manifest, Runtime};
use super::wasi::{ReadOnlyFolder, Seeds};
use super::{engine, install};
use budget::Budget;
use image::Image;
use recipe::{ImageFile, RehashedFile};
use rehashed::Pages;
use verified::Images;

/// An installed CPython, ready to run jobs on this many threads.
pub struct Cpython {
    images: Images,
    /// The rehashed snapshots, which few jobs need.
    rehashed: OnceLock<Vec<Image>>,
    runtime: Runtime,
    manifest: Manifest,
    folder: Arc<ReadOnlyFolder>,
    threads: u32,
}

impl Cpython {
    /// Loads both snapshots of a runtime.
    pub fn open(runtime: &Runtime, threads: u32, keep_pages: bool) -> Result<Self, SandboxError> {
        let manifest = runtime
            .manifest()
            .ok_or_else(|| SandboxError::Runtime(format!("{} is not installed", runtime.name)))?;
        let [first, other] = &manifest.images[..] else {
            return Err(SandboxError::Runtime(format!(
                "{} does not have two images; install it again",
                runtime.name
            )));
        };
        let engine = engine::pooled_engine(threads, manifest.table_elements, keep_pages)?;
        let folder = Arc::new(install::guest_folder(runtime)?);
        let load = |image: &ImageFile, seeds| {
            let path = runtime.folder().join(&image.file);
            Image::load(&engine, &path, image.entry_object, seeds, &folder, keep_pages)
        };
        let first = load(first, Seeds::FIRST)?;
        let mut other = load(other, Seeds::OTHER)?;
        other.padding = other.memory.saturating_sub(first.memory);
        let images = Images { first, other };
        let runtime = runtime.clone();
        Ok(Self { images, rehashed: OnceLock::new(), runtime, manifest, folder, threads })
    }

    /// Runs a job and returns what it did.
    pub fn run(&self, job: &Job) -> Result<Execution, SandboxError> {
        let mut budget = Budget::of(job);
        let execution = verified::run(&self.images, job, &mut budget)?;
        let mut execution = chance::settle(&self.images, job, execution, &mut budget)?;
        if job.hash_seeds {
            execution = verified::compare_with(self.rehashed()?, job, execution, &mut budget)?;
        }
        Ok(Execution { fuel_total: budget.fuel_used(), ..execution })
    }

    fn rehashed(&self) -> Result<&[Image], SandboxError> {
        if let Some(images) = self.rehashed.get() {
            return Ok(images);
        }
        // An engine of their own, which gives back the many pages that each of their runs writes: if they were kept, every
        // later run in their slot would copy them all back.
        let engine = engine::pooled_engine(self.threads, self.manifest.table_elements, false)?;
        let (folder, first) = (self.runtime.folder(), &self.manifest.images[0]);
        let (path, entry) = (folder.join(&first.file), first.entry_object);
        let first = Image::load(&engine, &path, entry, Seeds::FIRST, &self.folder, false)?;
        let load = |found: &RehashedFile| {
            Ok(first.rehashed(found.entry_object, Pages::read(&folder, found)?))
        };
        let files = self.manifest.rehashed.iter();
        let images = files.map(load).collect::<Result<_, SandboxError>>()?;
        Ok(self.rehashed.get_or_init(|| images))
    }
}
