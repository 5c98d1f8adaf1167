//! Python files: one, or all below a folder.
//!
//! Invariant: files come in the order of their paths, and nothing outside the folder is followed.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use walkdir::{DirEntry, WalkDir};

use super::jsonl::Reading;
use super::packages::SourceFile;
use super::rows::unreadable;
use super::{MAX_SOURCE, RawCode, RawRows};
use crate::error::{Error, Result};
use crate::flow::Fate;
use crate::record::{Lineage, Record};

const SKIPPED: [&str; 5] = ["__pycache__", "node_modules", "site-packages", "venv", "build"];

/// Lists the Python files of a folder, or the one file, as raw code whose id is the path within the folder.
/// Files and folders that the patterns `exclude` name are left out; their modules can still be imported.
pub fn python_files(root: &Path, exclude: &[String]) -> Result<RawRows> {
    let root = root.to_owned();
    let excluded = excluded(&root, exclude)?;
    let is_wanted = |entry: &DirEntry| {
        is_code(entry) && !excluded.matched(entry.path(), entry.file_type().is_dir()).is_ignore()
    };
    let mut paths: Vec<(PathBuf, u64)> = Vec::new();
    for entry in WalkDir::new(&root).sort_by_file_name().into_iter().filter_entry(is_wanted) {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(&root).to_owned();
            let is_input = error.depth() == 0;
            let source = error
                .into_io_error()
                .unwrap_or_else(|| std::io::Error::other("the folders form a loop"));
            if is_input { Error::input(path)(source) } else { Error::io(path)(source) }
        })?;
        if entry.file_type().is_file()
            && entry.path().extension().is_some_and(|extension| extension == "py")
        {
            // A file that cannot be looked at has 0 bytes here; reading it reports why.
            let bytes = entry.metadata().map_or(0, |metadata| metadata.len());
            paths.push((entry.into_path(), bytes));
        }
    }
    let reading = Reading::of_bytes(paths.iter().map(|(_, bytes)| bytes).sum());
    let read_so_far = reading.clone();
    let rows = paths.into_iter().map(move |(path, bytes)| {
        read_so_far.note_read(bytes);
        let lineage = Lineage { file: path.display().to_string(), line: 1 };
        Ok(match read(&path) {
            Ok(content) => {
                let id = match path.strip_prefix(&root) {
                    Ok(inside) if !inside.as_os_str().is_empty() => inside.display().to_string(),
                    _ => path
                        .file_name()
                        .map_or(String::new(), |name| name.to_string_lossy().into_owned()),
                };
                Fate::Live(Record {
                    id,
                    lineage,
                    body: RawCode {
                        content,
                        import_code: Vec::new(),
                        language: None,
                        file: Some(SourceFile { path, root: root.clone() }),
                    },
                })
            }
            Err(message) => unreadable(lineage, &message),
        })
    });
    Ok(RawRows { rows: Box::new(rows), reading })
}

/// The matcher of patterns, which are relative to the folder.
fn excluded(root: &Path, patterns: &[String]) -> Result<Gitignore> {
    let mut builder = GitignoreBuilder::new(root);
    let wrong = |pattern: &str, error| {
        Error::Usage(format!("--exclude {pattern:?} is not a pattern: {error}"))
    };
    for pattern in patterns {
        builder.add_line(None, pattern).map_err(|error| wrong(pattern, error))?;
    }
    builder.build().map_err(|error| wrong(&patterns.join(" "), error))
}

fn is_code(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    entry.depth() == 0 || !(name.starts_with('.') || SKIPPED.contains(&name.as_ref()))
}

fn read(path: &Path) -> Result<String, String> {
    let len = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if len > MAX_SOURCE as u64 {
        return Err(format!("the file is larger than {} MiB", MAX_SOURCE >> 20));
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| format!("not UTF-8 text: {error}"))
}
