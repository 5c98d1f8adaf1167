//! Which files of a tree are read, and why the others are not.
//!
//! Invariant: files come in the order of their paths, links are not followed, and only the tree's own `.gitignore` files decide what is ignored.

use std::fs::{self, FileType};
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::entities::{Language, Role, SkipReason, Skipped};
use super::{regular, text};
use crate::error::{Error, Result};

/// Bytes; a longer file is data, and its syntax tree takes a hundred times its size.
const MAX_SOURCE: u64 = 1 << 20;
/// A script whose lines have more bytes than this on average was not written by hand.
const MAX_MEAN_LINE: usize = 400;
/// Bytes; a short file may be one long line.
const MIN_MINIFIED: usize = 4096;
/// Lines that may say that a file is generated.
const HEAD: usize = 12;

const VENDORED: [&str; 10] = [
    "node_modules",
    "site-packages",
    "vendor",
    "vendored",
    "_vendor",
    "third_party",
    "bower_components",
    "venv",
    "virtualenv",
    "__pypackages__",
];
/// Folders at the root that builds write to.
const BUILT: [&str; 3] = ["build", "dist", "target"];

/// What a tree contains.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Files in a language that is indexed.
    pub files: Vec<Found>,
    /// The paths of all others.
    pub others: Vec<String>,
    pub skipped: Vec<Skipped>,
}

/// A file that may be indexed.
#[derive(Debug)]
pub(super) struct Found {
    pub path: String,
    pub language: Language,
}

/// Lists the files of a tree.
pub(super) fn walk(root: &Path) -> Result<Tree> {
    let entries = listed(root).map_err(Error::input(root))?;
    let mut walk = Walk { root, ignored: Vec::new(), tree: Tree::default() };
    walk.enter("", entries);
    let mut tree = walk.tree;
    // The walk goes folder by folder; the order of the whole paths is the one that readers can rely on.
    tree.files.sort_by(|a, b| a.path.cmp(&b.path));
    tree.others.sort();
    Ok(tree)
}

/// A walk through a tree.
struct Walk<'r> {
    root: &'r Path,
    /// What the `.gitignore` files of the folders around say, the outermost first.
    ignored: Vec<Gitignore>,
    tree: Tree,
}

impl Walk<'_> {
    fn enter(&mut self, folder: &str, entries: Vec<Entry>) {
        self.ignored.push(ignored_in(&self.root.join(folder)));
        for Entry { name, kind } in entries {
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            if name.starts_with('.') || self.is_ignored(&path, kind.is_dir()) {
                continue;
            }
            if kind.is_dir() {
                self.folder(&path, &name);
            } else if kind.is_file() {
                match language(&path) {
                    Some(language) => self.tree.files.push(Found { path, language }),
                    None => self.tree.others.push(path),
                }
            } else if kind.is_symlink() {
                self.skip(
                    path,
                    SkipReason::Unreadable,
                    "a link; only what it leads to within the tree is read",
                );
            } else if language(&path).is_some() {
                self.skip(path, SkipReason::Unreadable, "not a regular file");
            }
        }
        self.ignored.pop();
    }

    fn skip(&mut self, path: String, reason: SkipReason, detail: impl Into<String>) {
        self.tree.skipped.push(Skipped { path, reason, detail: detail.into() });
    }

    fn folder(&mut self, path: &str, name: &str) {
        let inside = self.root.join(path);
        let (reason, detail) = if VENDORED.contains(&name) || is_environment(&inside) {
            (SkipReason::Vendored, "a folder of packages of others".to_owned())
        } else if !path.contains('/') && BUILT.contains(&name) {
            (SkipReason::Generated, "a folder that a build writes".to_owned())
        } else {
            match listed(&inside) {
                Ok(entries) => return self.enter(path, entries),
                Err(error) => (SkipReason::Unreadable, error.to_string()),
            }
        };
        self.skip(format!("{path}/"), reason, detail);
    }

    fn is_ignored(&self, path: &str, is_dir: bool) -> bool {
        let path = self.root.join(path);
        // The innermost file that says something decides.
        let said = self.ignored.iter().rev().map(|ignored| ignored.matched(&path, is_dir));
        said.into_iter().find(|said| !said.is_none()).is_some_and(|said| said.is_ignore())
    }
}

/// An entry of a folder.
struct Entry {
    name: String,
    kind: FileType,
}

/// The entries of a folder, in the order of their names.
fn listed(folder: &Path) -> std::io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // What is gone since the folder was opened is not there.
        if let Ok(kind) = entry.file_type() {
            let name = entry.file_name().to_string_lossy().into_owned();
            entries.push(Entry { name, kind });
        }
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// What a folder's own `.gitignore` says; a line that cannot be read says nothing.
fn ignored_in(folder: &Path) -> Gitignore {
    let Ok(text) = regular::text(&folder.join(".gitignore")) else { return Gitignore::empty() };
    let mut builder = GitignoreBuilder::new(folder);
    for line in text.trim_start_matches('\u{feff}').lines() {
        let _ = builder.add_line(None, line);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

fn is_environment(folder: &Path) -> bool {
    folder.join("pyvenv.cfg").exists()
}

fn language(path: &str) -> Option<Language> {
    let (_, extension) = path.rsplit('/').next()?.rsplit_once('.')?;
    match extension {
        "py" => Some(Language::Python),
        "js" | "mjs" | "cjs" | "jsx" => Some(Language::JavaScript),
        // Declarations only, as a stub is.
        "ts" | "mts" | "cts" if path.ends_with(".d.ts") => None,
        "ts" | "mts" | "cts" | "tsx" => Some(Language::TypeScript),
        "go" => Some(Language::Go),
        "rs" => Some(Language::Rust),
        "java" => Some(Language::Java),
        _ => None,
    }
}

/// What a file is for.
pub(super) fn role(path: &str) -> Role {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or(name);
    let is_test_name = name == "conftest.py"
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem == "tests"
        || name.contains(".test.")
        || name.contains(".spec.")
        || (name.ends_with(".java") && (stem.ends_with("Test") || stem.ends_with("Tests")));
    let within = |names: &[&str]| folders.split('/').any(|folder| names.contains(&folder));
    if is_test_name || within(&["tests", "test", "testing", "__tests__", "testdata"]) {
        Role::Test
    } else if within(&["docs", "doc", "examples", "example", "benchmarks", "benches", "samples"]) {
        Role::Example
    } else {
        Role::Source
    }
}

/// A file as it was read.
pub(super) struct Content {
    pub text: String,
    pub digest: blake3::Hash,
}

/// Reads a file, unless something about it says that nobody wrote it.
pub(super) fn content(root: &Path, found: &Found) -> Result<Content, Skipped> {
    let skip = |reason, detail: String| Skipped { path: found.path.clone(), reason, detail };
    let path = root.join(&found.path);
    let unreadable = |error: std::io::Error| skip(SkipReason::Unreadable, error.to_string());
    let name = found.path.rsplit('/').next().unwrap_or(&found.path);
    if name.contains(".min.") {
        return Err(skip(SkipReason::Minified, "the name says so".into()));
    }
    if ["_pb2.py", "_pb2_grpc.py", ".pb.go", ".g.dart"].iter().any(|end| name.ends_with(end)) {
        return Err(skip(SkipReason::Generated, "the name says so".into()));
    }
    if fs::symlink_metadata(&path).map_err(unreadable)?.len() > MAX_SOURCE {
        let detail = format!("larger than {} MiB", MAX_SOURCE >> 20);
        return Err(skip(SkipReason::TooLarge, detail));
    }
    let bytes = regular::read(&path).map_err(unreadable)?;
    let digest = blake3::hash(&bytes);
    if bytes.contains(&0) {
        return Err(skip(SkipReason::Binary, "it has a zero byte".into()));
    }
    let text = text::decode(bytes, found.language == Language::Python)
        .map_err(|message| skip(SkipReason::NotText, message))?;
    if let Some((line, mark)) = generated(&text) {
        return Err(skip(SkipReason::Generated, format!("line {line} says {mark:?}")));
    }
    let lines = text.bytes().filter(|&byte| byte == b'\n').count() + 1;
    let is_script = matches!(found.language, Language::JavaScript | Language::TypeScript);
    if is_script && text.len() >= MIN_MINIFIED && text.len() / lines > MAX_MEAN_LINE {
        let detail = format!("{} bytes a line", text.len() / lines);
        return Err(skip(SkipReason::Minified, detail));
    }
    Ok(Content { text, digest })
}

/// The line that says that no hand wrote the file, and its words.
fn generated(text: &str) -> Option<(usize, &'static str)> {
    let is_head = |line: &&str| {
        let line = line.trim_start();
        line.is_empty() || ["#", "//", "/*", "*"].iter().any(|mark| line.starts_with(mark))
    };
    text.lines().take(HEAD).take_while(is_head).enumerate().find_map(|(i, line)| {
        let lower = line.to_lowercase();
        let mark = match () {
            () if lower.contains("@generated") => "@generated",
            () if lower.contains("do not edit") && lower.contains("generated") => {
                "generated, do not edit"
            }
            () if lower.contains("code generated by") => "code generated by",
            () => return None,
        };
        Some((i + 1, mark))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_listed_costs_itself() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a.py"), "").unwrap();
        let mut walk = Walk { root: root.path(), ignored: Vec::new(), tree: Tree::default() };
        walk.enter("", listed(root.path()).unwrap());
        walk.folder("gone", "gone");
        let Tree { files, skipped, .. } = walk.tree;
        assert_eq!(files.len(), 1);
        assert_eq!(
            (skipped[0].path.as_str(), skipped[0].reason),
            ("gone/", SkipReason::Unreadable)
        );
    }

    #[test]
    fn the_innermost_gitignore_decides() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("a/b")).unwrap();
        let files = [
            (".gitignore", "*.py\n!kept.py\nb/\n"),
            ("x.py", ""),
            ("kept.py", ""),
            ("a/.gitignore", "!x.py\n"),
            ("a/x.py", ""),
            ("a/y.py", ""),
            ("a/b/kept.py", ""),
        ];
        for (path, text) in files {
            fs::write(root.path().join(path), text).unwrap();
        }
        let tree = walk(root.path()).unwrap();
        let paths: Vec<&str> = tree.files.iter().map(|found| found.path.as_str()).collect();
        assert_eq!(paths, ["a/x.py", "kept.py"]);
    }

    #[test]
    fn a_role_is_told_by_the_path() {
        for (path, expected) in [
            ("app/models.py", Role::Source),
            ("tests/helpers.py", Role::Test),
            ("app/test_models.py", Role::Test),
            ("app/contest.py", Role::Source),
            ("conftest.py", Role::Test),
            ("pkg/store_test.go", Role::Test),
            ("web/store.spec.ts", Role::Test),
            ("examples/app.py", Role::Example),
        ] {
            assert_eq!(role(path), expected, "{path}");
        }
    }

    #[test]
    fn generated_files_say_so_in_a_comment_near_the_top() {
        assert_eq!(
            generated("# Generated by x. DO NOT EDIT.\n"),
            Some((1, "generated, do not edit"))
        );
        assert_eq!(generated("\n// Code generated by y\n"), Some((2, "code generated by")));
        assert_eq!(generated("x = '@generated'\n"), None);
        assert_eq!(generated(&("\n".repeat(HEAD) + "# @generated\n")), None);
    }
}
