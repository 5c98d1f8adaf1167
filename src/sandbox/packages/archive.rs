//! Puts wheels into the one archive that guests import from: stored, with bytecode that a guest has compiled.
//!
//! Invariant: an archive depends on the wheels' digests and the runtime alone; a damaged one is made again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufReader, Cursor, Read, Write};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::super::cpython::{Archive, Cpython, Reset};
use super::super::error::SandboxError;
use super::super::job::{Isolation, Job};
use super::super::limits::Limits;
use super::super::runtime::Runtime;
use super::super::wasi::ReadOnlyFolder;
use super::{Wheel, fetch};

const BYTECODE: &str = include_str!("../../../runtimes/bytecode.py");
/// Bytes of a package with all that it needs, unpacked.
const MOST_BYTES: u64 = 256 << 20;
/// Bytes of source that one guest compiles.
const BATCH: usize = 512 << 10;
/// Counts up when archives are put together otherwise.
const VERSION: &str = "1";

/// The archive of these wheels, with the name that it is kept under.
pub fn get(
    runtime: &Runtime,
    wheels: &[(Wheel, PathBuf)],
) -> Result<(String, Archive), SandboxError> {
    let mut hasher = blake3::Hasher::new();
    for part in [VERSION, BYTECODE, &runtime.fingerprint()] {
        hasher.update(part.as_bytes()).update(&[0]);
    }
    for (wheel, _) in wheels {
        hasher.update(wheel.sha256.as_bytes());
    }
    let name = hasher.finalize().to_hex()[..32].to_owned();
    let path = fetch::folder().join(format!("archive-{name}.zip"));
    let digest_path = path.with_extension("blake3");
    let digest = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
    let kept = fs::read(&path).ok();
    let kept = kept.filter(|bytes| fs::read_to_string(&digest_path).ok() == Some(digest(bytes)));
    let bytes = match kept {
        Some(archive) => archive,
        None => {
            let archive = make(runtime, wheels)?;
            fetch::write(&path, &archive)?;
            fetch::write(&digest_path, digest(&archive).as_bytes())?;
            archive
        }
    };
    let modules = modules_of(&bytes).map_err(|error| unreadable(&path, &error))?;
    Ok((name, Archive { bytes, modules }))
}

fn make(runtime: &Runtime, wheels: &[(Wheel, PathBuf)]) -> Result<Vec<u8>, SandboxError> {
    let mut files = BTreeMap::new();
    let mut room = MOST_BYTES;
    for (_, path) in wheels {
        unpack(path, &mut room, &mut files)?;
    }
    add_bytecode(runtime, &mut files)?;
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in &files {
        let added = archive.start_file(name, options).map_err(|error| error.to_string());
        added.and_then(|()| archive.write_all(bytes).map_err(|error| error.to_string())).map_err(
            |error| SandboxError::Package(format!("{name} cannot be put into an archive: {error}")),
        )?;
    }
    let archive = archive.finish().map_err(|error| SandboxError::Package(error.to_string()))?;
    Ok(archive.into_inner())
}

/// Adds the files of a wheel by the paths that they are installed under; the first of two with the same path stays.
fn unpack(
    wheel: &Path,
    room: &mut u64,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), SandboxError> {
    if wheel.extension().is_some_and(|extension| extension == "py") {
        let name = wheel.file_name().map_or_else(String::new, |name| name.to_string_lossy().into());
        files.insert(name, fs::read(wheel).map_err(SandboxError::io(wheel))?);
        return Ok(());
    }
    let file = File::open(wheel).map_err(SandboxError::io(wheel))?;
    let mut archive =
        ZipArchive::new(BufReader::new(file)).map_err(|error| unreadable(wheel, &error))?;
    for index in 0..archive.len() {
        let member = archive.by_index(index).map_err(|error| unreadable(wheel, &error))?;
        let name = member.name().ok().and_then(|name| installed(&name));
        let Some(name) = name.filter(|_| member.is_file()) else { continue };
        let mut bytes = Vec::new();
        // What a wheel says of its sizes is not trusted.
        member.take(*room + 1).read_to_end(&mut bytes).map_err(SandboxError::io(wheel))?;
        *room = room.checked_sub(bytes.len() as u64).ok_or_else(|| {
            SandboxError::Package(format!("the packages have more than {} MiB", MOST_BYTES >> 20))
        })?;
        files.entry(name).or_insert(bytes);
    }
    Ok(())
}

/// The path of a wheel's member once installed; `None` for what no program imports or reads.
fn installed(name: &str) -> Option<String> {
    let name = match name.split_once('/') {
        Some((folder, rest)) if folder.ends_with(".data") => {
            rest.strip_prefix("purelib/").or_else(|| rest.strip_prefix("platlib/"))?
        }
        _ => name,
    };
    let is_inside = name.split('/').all(|part| !["", ".", ".."].contains(&part));
    let is_record = name.ends_with(".dist-info/RECORD");
    // Bytecode that a wheel brings is for another interpreter, or is not what its source says.
    (is_inside && !is_record && !name.contains('\\') && !name.ends_with(".pyc"))
        .then(|| name.to_owned())
}

/// Lets guests compile the modules, so that no program has to do it each time it runs.
fn add_bytecode(
    runtime: &Runtime,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), SandboxError> {
    let root =
        ReadOnlyFolder::packages_path(runtime.stdlib.as_ref().map_or("", |stdlib| &stdlib.folder));
    let cpython = Cpython::open(runtime, Reset::CopyBack, None, None)?;
    let sources: Vec<(&String, &Vec<u8>)> =
        files.iter().filter(|(name, _)| name.ends_with(".py")).collect();
    let mut compiled = Vec::new();
    let mut rest = &sources[..];
    while !rest.is_empty() {
        let mut bytes = 0;
        let is_in = |(_, source): &&(&String, &Vec<u8>)| {
            let had = bytes;
            bytes += source.len();
            had < BATCH
        };
        let (batch, after) = rest.split_at(rest.iter().take_while(is_in).count());
        compiled.extend(compile(&cpython, &root, batch)?);
        rest = after;
    }
    files.extend(compiled);
    Ok(())
}

/// The bytecode files of modules, in one guest; those that it does not compile have none.
fn compile(
    cpython: &Cpython,
    root: &str,
    modules: &[(&String, &Vec<u8>)],
) -> Result<Vec<(String, Vec<u8>)>, SandboxError> {
    let mut stdin = Vec::new();
    for (name, source) in modules {
        stdin.extend(format!("{root}/{name}\n{}\n", source.len()).into_bytes());
        stdin.extend_from_slice(source);
    }
    let bytes = stdin.len() as u64;
    let limits = Limits {
        fuel: 10_000_000_000 + 100_000 * bytes,
        memory: 1 << 30,
        output: (1 << 20) + 16 * bytes,
    };
    let job = Job {
        code: BYTECODE.into(),
        stdin,
        limits,
        isolation: Isolation::Program,
        ..Job::default()
    };
    let execution = cpython.run(&job)?;
    let mut output = execution.stdout_bytes();
    let mut found = Vec::new();
    for (name, _) in modules {
        // A guest that a limit has ended has said nothing of the modules that are left.
        let Some((code, rest)) = next_code(output) else { break };
        output = rest;
        if !code.is_empty() {
            found.push((format!("{name}c"), code.to_vec()));
        }
    }
    Ok(found)
}

/// The first of a guest's answers, and the others.
fn next_code(output: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = output.iter().position(|&byte| byte == b'\n')?;
    let length: usize = std::str::from_utf8(&output[..end]).ok()?.parse().ok()?;
    output[end + 1..].split_at_checked(length)
}

/// The names of the modules and packages at an archive's top.
fn modules_of(archive: &[u8]) -> Result<Vec<String>, zip::result::ZipError> {
    let archive = ZipArchive::new(Cursor::new(archive))?;
    let top = |name: &str| match name.split_once('/') {
        Some((folder, _)) => Some(folder).filter(|folder| !folder.contains('.')).map(str::to_owned),
        None => name.strip_suffix(".py").map(str::to_owned),
    };
    let tops: BTreeSet<String> =
        archive.file_names().flatten().filter_map(|name| top(&name)).collect();
    Ok(tops.into_iter().collect())
}

fn unreadable(path: &Path, error: &zip::result::ZipError) -> SandboxError {
    SandboxError::Package(format!("{} is not readable: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_where_it_would_be_installed() {
        let path = |name| installed(name);
        assert_eq!(path("toolz/utils.py").as_deref(), Some("toolz/utils.py"));
        assert_eq!(path("a-1.data/purelib/a/b.py").as_deref(), Some("a/b.py"));
        assert_eq!(path("a-1.dist-info/METADATA").as_deref(), Some("a-1.dist-info/METADATA"));
        for name in [
            "a-1.data/scripts/run",
            "a-1.dist-info/RECORD",
            "a/b.pyc",
            "../a.py",
            "/a.py",
            "a\\b.py",
            "a/./b.py",
        ] {
            assert_eq!(path(name), None, "{name}");
        }
    }
}
