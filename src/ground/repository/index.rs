//! An index's facts as texts are held against them.
//!
//! Invariant: nothing is added to what the index says but the text of files that are no source, such as a README.

use std::sync::Arc;

use rayon::prelude::*;

use super::file::{Called, Endpoint, File, Import, Symbol};
use super::known::Repository;
use crate::error::Result;
use crate::index::{self, FileId, Index, Target};

/// Endings of files that are no source and that texts speak of all the same.
const OTHERS: [&str; 14] = [
    "md", "rst", "txt", "toml", "yaml", "yml", "json", "cfg", "ini", "env", "html", "sql", "sh",
    "css",
];
/// Bytes; a longer one of them is data.
const MAX_OTHER: u64 = 256 << 10;

impl Repository {
    /// Prepares the tree of an index.
    pub fn of(index: &Index) -> Result<Self> {
        let ids: Vec<FileId> = (0..index.files.len()).map(file_id).collect();
        let texts: Vec<Result<String>> = ids.par_iter().map(|id| index.text(*id)).collect();
        let mut files = Vec::new();
        for (file, text) in index.files.iter().zip(texts) {
            files.push(File {
                path: file.path.clone(),
                role: Some(file.role),
                module: file.module.clone(),
                text: Arc::from(text?),
                ..File::default()
            });
        }
        for (id, symbol) in index.all_symbols() {
            let calls = index.callees(id).map(|call| called(index, call)).collect();
            let entity = symbol.clone();
            files[symbol.file.0 as usize].symbols.push(Symbol { entity, calls });
        }
        for import in &index.imports {
            let file = index.file(import.file);
            let module = absolute(&import.module, file);
            let written = [Some(module.as_str()), import.name.as_deref()];
            let written: Vec<&str> = written.into_iter().flatten().collect();
            let bound = import.alias.as_deref().or(import.name.as_deref());
            files[import.file.0 as usize].imports.push(Import {
                name: bound.unwrap_or(&import.module).to_owned(),
                original: import.name.clone(),
                line: import.line as usize,
                target: target(index, &import.target).unwrap_or_else(|| written.join(".")),
                module,
            });
        }
        for call in index.calls.iter().filter(|call| call.caller.is_none()) {
            files[call.file.0 as usize].calls.push(called(index, call));
        }
        for endpoint in &index.endpoints {
            files[endpoint.file.0 as usize].endpoints.push(Endpoint {
                methods: endpoint.methods.clone(),
                path: endpoint.path.clone(),
                handler: index.symbol(endpoint.handler).qualified_name.clone(),
            });
        }
        files.extend(others(index));
        Ok(Self::new(files))
    }
}

fn file_id(at: usize) -> FileId {
    FileId(u32::try_from(at).unwrap_or(u32::MAX))
}

/// The full name of a module that a file imports, as `import` of Python works it out.
fn absolute(module: &str, file: &index::SourceFile) -> String {
    let rest = module.trim_start_matches('.');
    let level = module.len() - rest.len();
    if level == 0 || !file.path.ends_with(".py") {
        return module.to_owned();
    }
    let is_package = file.path.ends_with("__init__.py");
    let parts: Vec<&str> = file.module.split('.').collect();
    let kept = parts.len().saturating_sub(level - usize::from(is_package));
    let base = parts[..kept].iter().copied();
    base.chain([rest].into_iter().filter(|rest| !rest.is_empty())).collect::<Vec<_>>().join(".")
}

/// The dotted name of what a reference resolves to.
fn target(index: &Index, target: &Target) -> Option<String> {
    match target {
        Target::Symbol(id) => Some(index.full_name(*id).replace("<locals>.", "")),
        Target::Module(id) => Some(index.file(*id).module.clone()),
        Target::Namespace(name) | Target::External(name) => Some(name.clone()),
        Target::Builtin(_) | Target::Unresolved(_) => None,
    }
}

fn called(index: &Index, call: &index::Call) -> Called {
    Called {
        target: target(index, &call.target),
        callee: call.callee.clone(),
        line: call.line as usize,
    }
}

/// The small files of text that are no source.
fn others(index: &Index) -> Vec<File> {
    let is_other = |path: &&String| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
        ending.is_some_and(|ending| OTHERS.contains(&ending.as_str()))
            || ["Dockerfile", "Makefile", "LICENSE"].contains(&name)
    };
    let read = |path: &String| {
        let text = index.other_text(path, MAX_OTHER)?;
        Some(File { path: path.clone(), text: Arc::from(text), ..File::default() })
    };
    index.others.iter().filter(is_other).filter_map(read).collect()
}
