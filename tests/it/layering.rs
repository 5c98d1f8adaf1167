//! Holds the crate's import order by reading its sources.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The crate's modules from the ground up; a module imports from lower rows only.
const LAYERS: [&[&str]; 12] = [
    &["fences", "json", "named", "report", "schema"],
    &["remote"],
    &["sandbox", "model", "executor"],
    &["record", "outcome", "error"],
    &["flow"],
    &["python", "sample"],
    &["ask", "reply", "measure", "index", "lint", "rewrite"],
    &["cases"],
    &["dataset", "inputs", "ground", "grade"],
    &["marking"],
    &["pipeline", "serve"],
    &["cli"],
];
/// The modules whose neighbours in the same row may import them: they are one vocabulary.
const VOCABULARY: [&str; 3] = ["record", "outcome", "error"];

struct SourceFile {
    path: PathBuf,
    /// The module's path in the crate: `src/flow/tally.rs` is `["flow", "tally"]`.
    module: Vec<String>,
    text: String,
}

impl SourceFile {
    fn top(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }
}

/// Every source file, with its place in the crate; `lib.rs` and `main.rs` have an empty one.
fn sources() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap().with_extension("");
                let mut module: Vec<String> = inside
                    .iter()
                    .map(|part| part.to_str().expect("source names are text").to_owned())
                    .collect();
                if module.last().is_some_and(|last| last == "mod") {
                    module.pop();
                }
                if module.len() == 1 && ["lib", "main"].contains(&module[0].as_str()) {
                    module.clear();
                }
                let text = std::fs::read_to_string(&path).unwrap();
                files.push(SourceFile { path, module, text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 20, "the sources were not found");
    files
}

/// The paths that a file names from the crate's root: `["flow", "tally"]` for `crate::flow::tally::Tally`.
fn crate_paths(file: &SourceFile) -> BTreeSet<Vec<String>> {
    let mut paths = BTreeSet::new();
    let code = without_comments(&file.text);
    for (at, found) in code.match_indices("crate::") {
        let is_whole_word =
            !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
        if is_whole_word {
            expand(&code[at + found.len()..], Vec::new(), &mut paths);
        }
    }
    // `super::` at the left margin: within a nested module it may lead back into the same file.
    for line in code
        .lines()
        .filter(|line| line.starts_with("use super::") || line.starts_with("pub use super::"))
    {
        expand_relative(line.split_once("use ").map_or("", |(_, rest)| rest), file, &mut paths);
    }
    paths
}

fn without_comments(text: &str) -> String {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.map(|line| format!("{line}\n")).collect()
}

/// Reads a path that leads up from a file: `super::a::b`.
fn expand_relative(text: &str, file: &SourceFile, paths: &mut BTreeSet<Vec<String>>) {
    let (mut rest, mut base) = (text, file.module.clone());
    while let Some(above) = rest.strip_prefix("super::") {
        base.pop();
        rest = above;
    }
    expand(rest, base, paths);
}

/// Reads a path and the groups in it: `a::{b, c::d}` gives `a::b` and `a::c::d`.
fn expand(text: &str, mut base: Vec<String>, paths: &mut BTreeSet<Vec<String>>) {
    let mut rest = text.trim_start();
    loop {
        let len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        if len > 0 {
            base.push(rest[..len].to_owned());
        }
        match rest[len..].strip_prefix("::") {
            Some(after) => rest = after,
            None => {
                rest = &rest[len..];
                break;
            }
        }
    }
    let Some(group) = rest.strip_prefix('{') else {
        paths.insert(base);
        return;
    };
    let (mut depth, mut start) = (0usize, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                if !group[start..at].trim().is_empty() {
                    expand(&group[start..at], base.clone(), paths);
                }
                if c == '}' {
                    return;
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// Every import that the order forbids, each as a sentence.
fn violations(files: &[SourceFile]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| !file.module.is_empty()) {
        for path in crate_paths(file) {
            let target = path.first().map_or("", String::as_str);
            if let Some(why) = forbidden(file, target, &path) {
                found.push(format!(
                    "{} names crate::{}: {why}",
                    file.module.join("/"),
                    path.join("::")
                ));
            }
        }
    }
    found
}

fn forbidden(file: &SourceFile, target: &str, path: &[String]) -> Option<String> {
    let own = file.top();
    if own == "pipeline" && target == "pipeline" {
        let (this, other) = (file.module.get(1), path.get(1));
        let is_other = this.is_some() && other.is_some() && this != other;
        return is_other.then(|| "pipelines never import each other".into());
    }
    if own == target {
        return None;
    }
    let (Some(from), Some(to)) = (layer(own), layer(target)) else {
        return Some(format!("{own} or {target} has no place in the order of layers"));
    };
    let is_value = target == "sandbox" && path.get(1).is_some_and(|name| name == "value");
    if own == "python" && to > 0 && !is_value {
        return Some("python knows sandbox::value alone".into());
    }
    let is_vocabulary = VOCABULARY.contains(&own) && VOCABULARY.contains(&target);
    (to >= from && !is_vocabulary).then(|| format!("{target} is not below {own}"))
}

#[test]
fn every_module_imports_from_lower_layers_only() {
    let found = violations(&sources());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_module_has_a_place_in_the_order() {
    let tops: BTreeSet<String> = sources()
        .iter()
        .filter_map(|file| file.module.first().cloned())
        .filter(|top| layer(top).is_none())
        .collect();
    assert_eq!(tops, BTreeSet::new());
}

#[test]
fn the_reader_of_imports_sees_groups_and_relative_paths() {
    let file = SourceFile {
        path: "src/flow/x.rs".into(),
        module: vec!["flow".into(), "x".into()],
        text: "use crate::{error::{Error, Result}, cli};\nuse super::super::cases::Target;\nuse super::run;\n\
               // crate::comment\nfn f() { crate::dataset::open(); }\n"
            .into(),
    };
    let tops: Vec<String> = crate_paths(&file).into_iter().map(|path| path.join("::")).collect();
    assert_eq!(
        tops,
        ["cases::Target", "cli", "dataset::open", "error::Error", "error::Result", "flow::run"]
    );
    let sentences = violations(&[file]);
    assert_eq!(
        sentences,
        [
            "flow/x names crate::cases::Target: cases is not below flow",
            "flow/x names crate::cli: cli is not below flow",
            "flow/x names crate::dataset::open: dataset is not below flow",
        ]
    );
}

/// The paths that a file names relative to itself, anywhere but in its unit tests.
fn relative_paths(file: &SourceFile) -> BTreeSet<Vec<String>> {
    let mut paths = BTreeSet::new();
    for (at, _) in file.text.match_indices("super::") {
        if file.text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        expand_relative(&file.text[at..], file, &mut paths);
    }
    paths
}

/// The file without its unit tests, which may use what stands above it.
fn without_tests(file: &SourceFile) -> SourceFile {
    let end = ["#[cfg(test)]\nmod tests {", "#[cfg(test)]\npub mod tests {"]
        .iter()
        .filter_map(|start| file.text.find(start))
        .min();
    let text = &file.text[..end.unwrap_or(file.text.len())];
    SourceFile {
        path: file.path.clone(),
        module: file.module.clone(),
        text: without_comments(text),
    }
}

/// The files that a file imports, those that contain it or that it contains left out.
fn imported<'f>(file: &SourceFile, files: &'f [SourceFile]) -> Vec<&'f SourceFile> {
    let is_prefix = |short: &[String], long: &[String]| long.starts_with(short);
    let mut found = Vec::new();
    let paths = crate_paths(file).into_iter().chain(relative_paths(file));
    for path in paths {
        let target = files
            .iter()
            .filter(|other| !other.module.is_empty() && is_prefix(&other.module, &path))
            .max_by_key(|other| other.module.len());
        found.extend(target.filter(|other| {
            !is_prefix(&other.module, &file.module) && !is_prefix(&file.module, &other.module)
        }));
    }
    found
}

/// Groups of files that import each other, directly or by way of others.
fn circles(files: &[SourceFile]) -> Vec<String> {
    let files: &[SourceFile] = &files.iter().map(without_tests).collect::<Vec<_>>();
    let reached = |from: &SourceFile| {
        let mut reached: BTreeSet<String> = BTreeSet::new();
        let mut open = imported(from, files);
        while let Some(file) = open.pop() {
            if reached.insert(file.module.join("/")) {
                open.extend(imported(file, files));
            }
        }
        reached
    };
    let all: Vec<(String, BTreeSet<String>)> =
        files.iter().map(|file| (file.module.join("/"), reached(file))).collect();
    let in_circles = all.iter().filter(|(name, reached)| reached.contains(name));
    let groups: BTreeSet<String> = in_circles
        .map(|(name, reached)| {
            let back =
                all.iter().filter(|(other, from)| reached.contains(other) && from.contains(name));
            back.map(|(other, _)| other.as_str()).collect::<Vec<_>>().join(", ")
        })
        .collect();
    groups.into_iter().collect()
}

#[test]
fn no_files_import_each_other() {
    assert_eq!(circles(&sources()), Vec::<String>::new());
}

#[test]
fn a_planted_upward_import_and_a_planted_circle_are_found() {
    let file = |name: &str, text: &str| SourceFile {
        path: format!("src/flow/{name}.rs").into(),
        module: vec!["flow".into(), name.into()],
        text: text.into(),
    };
    let planted = [
        file("a", "use super::b::B;\n"),
        file("b", "use super::c::C;\n"),
        file("c", "use super::a::A;\nuse crate::grade::Grade;\n"),
        file("d", "use super::a::A;\n"),
    ];
    assert_eq!(circles(&planted), ["flow/a, flow/b, flow/c"]);
    assert_eq!(violations(&planted), ["flow/c names crate::grade::Grade: grade is not below flow"]);
}

#[test]
fn every_source_file_begins_with_its_purpose() {
    let bare: Vec<PathBuf> = sources()
        .into_iter()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| file.path)
        .collect();
    assert_eq!(bare, Vec::<PathBuf>::new());
}

#[test]
fn no_source_file_silences_a_lint() {
    let silent: Vec<PathBuf> = sources()
        .into_iter()
        .filter(|file| {
            let text: String = file.text.split_whitespace().collect();
            text.contains("#[allow(") || text.contains("#![allow(")
        })
        .map(|file| file.path)
        .collect();
    assert_eq!(silent, Vec::<PathBuf>::new());
}
