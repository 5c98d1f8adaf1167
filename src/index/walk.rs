//! Which files of a tree are read, and why the others are not.
//!
//! Invariant: files come in the order of their paths, links are not followed, and only the tree's own `.gitignore` files decide what is ignored.

use std::fs;
use std::path::Path;

use ignore::{DirEntry, WalkBuilder};

use super::entities::{Language, Role, SkipReason, Skipped};
use super::text;
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
    /// Other files at the root that say something about the project.
    pub about: Vec<String>,
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
    let mut tree = Tree::default();
    let mut builder = WalkBuilder::new(root);
    builder
        .parents(false)
        .ignore(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .follow_links(false)
        .sort_by_file_name(Ord::cmp);
    let base = root.to_owned();
    let (sender, skipped) = std::sync::mpsc::channel();
    builder.filter_entry(move |entry| match skipped_folder(&base, entry) {
        None => true,
        Some(skipped) => {
            // The receiver lives as long as the walk.
            let _ = sender.send(skipped);
            false
        }
    });
    for entry in builder.build() {
        let entry = entry.map_err(|error| match error.io_error() {
            Some(io) => Error::input(root)(std::io::Error::new(io.kind(), error.to_string())),
            None => Error::Usage(format!("{}: {error}", root.display())),
        })?;
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            continue;
        }
        let path = relative(root, entry.path());
        match language(&path) {
            Some(language) => tree.files.push(Found { path, language }),
            None if !path.contains('/') => tree.about.push(path),
            None => {}
        }
    }
    drop(builder);
    tree.skipped.extend(skipped.try_iter());
    // The walk goes folder by folder; the order of the whole paths is the one that readers can rely on.
    tree.files.sort_by(|a, b| a.path.cmp(&b.path));
    tree.about.sort();
    Ok(tree)
}

/// The path within the tree, with `/`.
fn relative(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

fn skipped_folder(root: &Path, entry: &DirEntry) -> Option<Skipped> {
    if entry.depth() == 0 || !entry.file_type().is_some_and(|kind| kind.is_dir()) {
        return None;
    }
    let name = entry.file_name().to_string_lossy();
    let (reason, detail) = if VENDORED.contains(&&*name) || is_environment(entry.path()) {
        (SkipReason::Vendored, "a folder of packages of others")
    } else if entry.depth() == 1 && BUILT.contains(&&*name) {
        (SkipReason::Generated, "a folder that a build writes")
    } else {
        return None;
    };
    let path = relative(root, entry.path()) + "/";
    Some(Skipped { path, reason, detail: detail.into() })
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
    if fs::metadata(&path).map_err(unreadable)?.len() > MAX_SOURCE {
        let detail = format!("larger than {} MiB", MAX_SOURCE >> 20);
        return Err(skip(SkipReason::TooLarge, detail));
    }
    let bytes = fs::read(&path).map_err(unreadable)?;
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
