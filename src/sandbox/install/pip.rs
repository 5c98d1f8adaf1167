//! Downloads packages with the user's pip, which knows their mirrors and proxies.
//!
//! Invariant: nothing is built, so that no code of a package runs here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Has pip unpack a source distribution and ends it there: what would run code of the distribution is another Python, which is not
/// found.
const SOURCE: &str = "\
import os, sys, tempfile
folder, requirement = sys.argv[1:]
tempfile.tempdir = os.environ['TMPDIR'] = folder
from pip._internal.cli.main import main
sys.executable = os.path.join(folder, 'no-python')
options = ['--quiet', '--no-clean', '--no-deps', '--no-binary', ':all:', '--use-pep517', '--dest', os.path.join(folder, 'dest')]
sys.exit(main(['download', *options, requirement]))
";

/// The same, but ends pip before it removes what it has downloaded.
const SDIST: &str = "\
import os, subprocess, sys, tempfile
folder, requirement, digest = sys.argv[1:]
tempfile.tempdir = os.environ['TMPDIR'] = folder
pinned = os.path.join(folder, 'requirements.txt')
with open(pinned, 'w') as file:
    file.write(requirement + ' --hash=sha256:' + digest + '\\n')
from pip._internal.cli.main import main
python, start = sys.executable, subprocess.Popen.__init__
def refuse(self, args, *rest, **named):
    if list(args)[:1] == [python]:
        os._exit(0)
    start(self, args, *rest, **named)
subprocess.Popen.__init__ = refuse
options = ['--quiet', '--no-clean', '--no-deps', '--no-binary', ':all:', '--use-pep517', '--require-hashes', '--dest', os.path.join(folder, 'dest')]
sys.exit(main(['download', *options, '-r', pinned]))
";

const COMMANDS: [&[&str]; 4] =
    [&["python3", "-m", "pip"], &["pip3"], &["pip"], &["python", "-m", "pip"]];

/// What pip says before the requirement that it found nothing for.
pub const NOT_FOUND: &str = "No matching distribution found for ";

/// Downloads wheels into an empty folder, with more arguments for pip; returns their paths in order, or why no pip did it.
pub fn download(arguments: &[&str], folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut complaints = Vec::new();
    for command in COMMANDS {
        let output = Command::new(command[0])
            .args(&command[1..])
            .args(["download", "--quiet", "--only-binary", ":all:", "--dest"])
            .arg(folder)
            .args(arguments)
            .output();
        match output {
            Ok(output) if output.status.success() => return wheels_in(folder),
            Ok(output) => {
                let stderr = String::from_utf8_lossy(&output.stderr);
                if let Some(answer) = stderr.find(NOT_FOUND) {
                    // Another pip would ask the same index.
                    return Err(stderr[answer..].trim().to_owned());
                }
                complaints.push(format!("{}: {}", command.join(" "), stderr.trim()));
            }
            Err(error) => complaints.push(format!("{}: {error}", command.join(" "))),
        }
    }
    Err(complaints.join("\n"))
}

/// Downloads a source distribution into an empty folder, and finds a file of it there; nothing of the distribution runs.
pub fn source(requirement: &str, file: &str, folder: &Path) -> Result<PathBuf, String> {
    by_python(SOURCE, &[requirement], folder, |name| name == file)
}

/// Downloads a source distribution with this digest into an empty folder, and gives the path of its one file; nothing of it runs.
pub fn sdist(requirement: &str, sha256: &str, folder: &Path) -> Result<PathBuf, String> {
    by_python(SDIST, &[requirement, sha256], folder, |name| name.ends_with(".tar.gz"))
}

/// Runs a program that has pip put files into a folder, and finds one of them.
fn by_python(
    program: &str,
    arguments: &[&str],
    folder: &Path,
    is_it: impl Fn(&str) -> bool,
) -> Result<PathBuf, String> {
    let mut complaints = Vec::new();
    for python in ["python3", "python"] {
        match Command::new(python).args(["-c", program]).arg(folder).args(arguments).output() {
            Ok(output) => {
                let files = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
                let mut files =
                    files.filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
                let is_found = |name: &std::ffi::OsStr| name.to_str().is_some_and(&is_it);
                if let Some(found) = files.find(|entry| is_found(entry.file_name())) {
                    return Ok(found.into_path());
                }
                let stderr = String::from_utf8_lossy(&output.stderr);
                complaints.push(format!("{python} -m pip: {}", stderr.trim()));
            }
            Err(error) => complaints.push(format!("{python}: {error}")),
        }
    }
    Err(complaints.join("\n"))
}

fn wheels_in(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut wheels: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "whl")).collect();
    wheels.sort();
    Ok(wheels)
}
