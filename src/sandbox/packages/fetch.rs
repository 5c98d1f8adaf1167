//! Has pip resolve and download packages once, and keeps the wheels and what was resolved.
//!
//! Invariant: what is kept is found again without a network, and each wheel by its digest.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::super::error::SandboxError;
use super::super::install::{check_sha256, pip, sha256_of};
use super::super::runtime::{self, Runtime};
use super::{Pin, Requirement, Wheel, distributions};

/// The wheels of these packages and of all that they need, by name, each with its file.
pub fn get(
    runtime: &Runtime,
    requirements: &[Requirement],
) -> Result<Vec<(Wheel, PathBuf)>, SandboxError> {
    let mut wanted: Vec<String> = requirements.iter().map(Requirement::to_string).collect();
    wanted.sort();
    wanted.dedup();
    let python = python_version(runtime);
    let key = blake3::hash(format!("{python}|{}", wanted.join("|")).as_bytes()).to_hex();
    let folder = folder();
    let resolved = folder.join(format!("resolved-{}.json", &key[..32]));
    fs::create_dir_all(&folder).map_err(SandboxError::io(&folder))?;
    let _lock = lock(&folder)?;
    if let Some(wheels) = read(&resolved) {
        let with_file = |wheel: Wheel| (file(&wheel), wheel);
        let found: Vec<_> =
            wheels.into_iter().map(with_file).map(|(file, wheel)| (wheel, file)).collect();
        if found.iter().all(|(_, file)| file.exists()) {
            for (wheel, file) in &found {
                check_sha256(file, &wheel.sha256)?;
            }
            return Ok(found);
        }
    }
    let found = download(&python, &wanted, &folder)?;
    let wheels: Vec<&Wheel> = found.iter().map(|(wheel, _)| wheel).collect();
    let text = serde_json::to_string_pretty(&wheels).expect("wheels are plain data");
    write(&resolved, text.as_bytes())?;
    Ok(found)
}

/// The files of these packages, each with the digest that it is known by.
pub fn pinned(runtime: &Runtime, pins: &[Pin]) -> Result<Vec<(Wheel, PathBuf)>, SandboxError> {
    let folder = folder();
    fs::create_dir_all(&folder).map_err(SandboxError::io(&folder))?;
    let _lock = lock(&folder)?;
    let python = python_version(runtime);
    let mut found = Vec::new();
    for pin in pins {
        let Pin { name, version, sha256, module } = pin.clone();
        let wheel = Wheel { name, version, sha256 };
        let kept = match &module {
            // A module is found by its file's name.
            Some(module) => folder.join(&wheel.sha256[..16]).join(module),
            None => file(&wheel),
        };
        if !kept.exists() {
            fetch_pinned(&wheel, module.as_deref(), &python, &folder, &kept)?;
        }
        check_sha256(&kept, &wheel.sha256)?;
        found.push((wheel, kept));
    }
    Ok(found)
}

fn fetch_pinned(
    wheel: &Wheel,
    module: Option<&str>,
    python: &str,
    folder: &Path,
    kept: &Path,
) -> Result<(), SandboxError> {
    let staging = tempfile::tempdir_in(folder).map_err(SandboxError::io(folder))?;
    let requirement = format!("{}=={}", wheel.name, wheel.version);
    let downloaded = match module {
        Some(module) => pip::source(&requirement, module, staging.path()),
        None => {
            let options = ["--no-deps", "--platform", "any", "--python-version", python];
            let arguments = [&options[..], &[&requirement]].concat();
            pip::download(&arguments, staging.path())
                .and_then(|found| found.into_iter().next().ok_or_else(|| "no wheel".to_owned()))
        }
    };
    let path = downloaded
        .map_err(|detail| SandboxError::Fetch { package: requirement.clone(), detail })?;
    check_sha256(&path, &wheel.sha256)?;
    let place = kept.parent().expect("a kept file lies in the cache");
    fs::create_dir_all(place).map_err(SandboxError::io(place))?;
    fs::rename(&path, kept).map_err(SandboxError::io(kept))
}

/// Waits until no other process fetches packages.
fn lock(folder: &Path) -> Result<File, SandboxError> {
    let path = folder.join("fetch.lock");
    let lock = File::create(&path).map_err(SandboxError::io(&path))?;
    lock.lock().map_err(SandboxError::io(&path))?;
    Ok(lock)
}

/// The folder of served packages in the cache.
pub fn folder() -> PathBuf {
    runtime::home().join("packages").join("served")
}

/// Writes a file whole or not at all.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), SandboxError> {
    let folder = path.parent().expect("a kept file lies in the cache");
    let staged = tempfile::NamedTempFile::new_in(folder).map_err(SandboxError::io(folder))?;
    fs::write(staged.path(), bytes).map_err(SandboxError::io(staged.path()))?;
    staged.persist(path).map_err(|error| SandboxError::io(path)(error.error))?;
    Ok(())
}

fn read(resolved: &Path) -> Option<Vec<Wheel>> {
    serde_json::from_slice(&fs::read(resolved).ok()?).ok()
}

fn file(wheel: &Wheel) -> PathBuf {
    folder().join(format!("{}-{}-{}.whl", wheel.name, wheel.version, &wheel.sha256[..16]))
}

/// The version of Python in a runtime, such as `3.15`.
fn python_version(runtime: &Runtime) -> String {
    runtime.name.split('-').nth(1).unwrap_or_default().to_owned()
}

fn download(
    python: &str,
    wanted: &[String],
    folder: &Path,
) -> Result<Vec<(Wheel, PathBuf)>, SandboxError> {
    let staging = tempfile::tempdir_in(folder).map_err(SandboxError::io(folder))?;
    let mut arguments = vec!["--platform", "any", "--python-version", python];
    arguments.extend(wanted.iter().map(String::as_str));
    let wheels = pip::download(&arguments, staging.path())
        .map_err(|complaint| not_found(wanted, &complaint))?;
    let mut found = Vec::new();
    for path in wheels {
        let name =
            path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let (name, version) = pure(&name).map_err(SandboxError::Package)?;
        let wheel = Wheel { name, version, sha256: sha256_of(&path)? };
        let kept = file(&wheel);
        fs::rename(&path, &kept).map_err(SandboxError::io(&kept))?;
        found.push((wheel, kept));
    }
    found.sort();
    Ok(found)
}

/// The name and version in a wheel's file name; an error unless it is pure Python.
fn pure(file: &str) -> Result<(String, String), String> {
    let parts: Vec<&str> = file.trim_end_matches(".whl").split('-').collect();
    let [name, version, .., python, abi, platform] = parts[..] else {
        return Err(format!("{file} is not the name of a wheel"));
    };
    let is_python_3 = python.split('.').any(|tag| tag.starts_with("py3"));
    if !is_python_3 || abi != "none" || platform != "any" {
        return Err(format!("{file} is not pure Python 3{}", instead(name, version)));
    }
    Ok((name.to_owned(), version.to_owned()))
}

/// What to do about a package that is not pure Python.
fn instead(name: &str, version: &str) -> String {
    match distributions::runtime_with(name) {
        Some(runtime) => format!(
            "; {runtime} has {name} built in: use --runtime {runtime} without --with {name}{}{version}{}",
            if version.is_empty() { "" } else { "==" },
            distributions::import_cost(&name.to_lowercase()),
        ),
        None => "; only packages of pure Python can be served".to_owned(),
    }
}

/// Why pip found no wheels, with the package that lacks one.
fn not_found(wanted: &[String], complaint: &str) -> SandboxError {
    let missing = complaint
        .lines()
        .find_map(|line| line.split_once(pip::NOT_FOUND))
        .map(|(_, rest)| rest.trim());
    let Some(missing) = missing else {
        return SandboxError::Fetch { package: wanted.join(", "), detail: complaint.to_owned() };
    };
    let end = missing.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    let name = &missing[..end.unwrap_or(missing.len())];
    let version = missing.split_once("==").map_or("", |(_, version)| version);
    let what = if wanted.iter().any(|wanted| wanted == missing) {
        format!("pip finds no wheel of pure Python for {missing}")
    } else {
        format!(
            "{} needs {missing}, for which pip finds no wheel of pure Python",
            wanted.join(", ")
        )
    };
    let known = distributions::runtime_with(name);
    let advice = known.map_or_else(
        || "; check the name and the version, and that it has no compiled parts".to_owned(),
        |_| instead(name, version),
    );
    SandboxError::Package(what + &advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_wheels_of_pure_python_3_are_taken() {
        let pair = |name: &str, version: &str| Ok((name.to_owned(), version.to_owned()));
        assert_eq!(pure("toolz-1.0.0-py3-none-any.whl"), pair("toolz", "1.0.0"));
        assert_eq!(pure("six-1.16.0-py2.py3-none-any.whl"), pair("six", "1.16.0"));
        assert_eq!(pure("a-1-2-py3-none-any.whl"), pair("a", "1"));
        assert!(pure("old-1.0-py2-none-any.whl").unwrap_err().contains("not pure Python 3"));
        let numpy = pure("numpy-2.0.0-cp312-cp312-manylinux_2_17_x86_64.whl").unwrap_err();
        assert!(numpy.contains("python-3.15-sci has numpy built in"), "{numpy}");
    }

    #[test]
    fn what_a_package_needs_in_vain_is_named() {
        let complaint = "pip: ERROR: Could not find a version\nERROR: No matching distribution found for numpy>=1.2; x";
        let SandboxError::Package(text) = not_found(&["pandas==2.0".to_owned()], complaint) else {
            panic!("another error")
        };
        assert!(text.starts_with("pandas==2.0 needs numpy>=1.2; x, for which"), "{text}");
        assert!(
            text.ends_with("without --with numpy; importing numpy takes 0.6G of --fuel"),
            "{text}"
        );
    }
}
