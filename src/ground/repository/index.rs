//! An index's facts as texts are held against them.
//!
//! Invariant: nothing is added to what the index says but the text of files that are no source, such as a README.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::file::{Endpoint, File, Import, Symbol, SymbolKind};
use super::known::Repository;
use crate::error::Result;
use crate::index::{self, FileId, Index, Kind, SymbolId, Target};
use crate::python::{Param, ParamKind};

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
                module: file.module.clone(),
                text: Arc::from(text?),
                ..File::default()
            });
        }
        let mut places: HashMap<SymbolId, (usize, usize)> = HashMap::new();
        for (id, symbol) in index.all_symbols() {
            let at = symbol.file.0 as usize;
            places.insert(id, (at, files[at].symbols.len()));
            files[at]
                .symbols
                .push(Symbol { calls: targets(index, index.callees(id)), ..symbol_of(symbol) });
        }
        for import in &index.imports {
            let module = target(index, &import.target);
            let written = [Some(import.module.as_str()), import.name.as_deref()];
            let written: Vec<&str> = written.into_iter().flatten().collect();
            let bound = import.alias.as_deref().or(import.name.as_deref());
            files[import.file.0 as usize].imports.push(Import {
                name: bound.unwrap_or(&import.module).to_owned(),
                target: module.unwrap_or_else(|| written.join(".")),
            });
        }
        for call in index.calls.iter().filter(|call| call.caller.is_none()) {
            files[call.file.0 as usize].calls.extend(target(index, &call.target));
        }
        for endpoint in &index.endpoints {
            files[endpoint.file.0 as usize].endpoints.push(Endpoint {
                methods: endpoint.methods.clone(),
                path: endpoint.path.clone(),
                handler: index.symbol(endpoint.handler).qualified_name.clone(),
            });
        }
        files.extend(others(index.root(), index));
        Ok(Self::new(files))
    }
}

fn file_id(at: usize) -> FileId {
    FileId(u32::try_from(at).unwrap_or(u32::MAX))
}

fn symbol_of(symbol: &index::Symbol) -> Symbol {
    let kind = match symbol.kind {
        Kind::Function => SymbolKind::Function,
        Kind::Method => SymbolKind::Method,
        Kind::Class | Kind::Struct | Kind::Interface | Kind::Trait | Kind::Enum => {
            SymbolKind::Class
        }
        Kind::Constant => SymbolKind::Constant,
        Kind::Attribute => SymbolKind::Attribute,
    };
    let params = symbol.signature.iter().flat_map(|signature| &signature.params);
    Symbol {
        line: symbol.lines.start as usize,
        params: params.map(param).collect(),
        bases: symbol.bases.iter().map(|base| base.text.clone()).collect(),
        value: symbol.value.clone(),
        raises: symbol.raises.iter().map(|raise| raise.exception.clone()).collect(),
        ..Symbol::new(
            &symbol.qualified_name,
            kind,
            symbol.first_line as usize,
            symbol.lines.end as usize,
        )
    }
}

fn param(param: &index::Param) -> Param {
    let kind = match param.kind {
        index::ParamKind::PositionalOnly => ParamKind::PositionalOnly,
        index::ParamKind::PositionalOrKeyword => ParamKind::PositionalOrKeyword,
        index::ParamKind::VarPositional => ParamKind::VarPositional,
        index::ParamKind::KeywordOnly => ParamKind::KeywordOnly,
        index::ParamKind::VarKeyword => ParamKind::VarKeyword,
    };
    Param {
        name: param.name.clone(),
        kind,
        annotation: param.annotation.clone(),
        default: param.default.clone(),
    }
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

/// The calls that resolve, each once.
fn targets<'i>(index: &Index, calls: impl Iterator<Item = &'i index::Call>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in calls.filter_map(|call| target(index, &call.target)) {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// The small files of text that are no source.
fn others(root: &Path, index: &Index) -> Vec<File> {
    let is_other = |path: &Path| {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        ending.is_some_and(|ending| OTHERS.contains(&ending.as_str()))
            || name
                .is_some_and(|name| ["Dockerfile", "Makefile", "LICENSE"].contains(&name.as_str()))
    };
    let mut found = Vec::new();
    for entry in ignore::WalkBuilder::new(root).require_git(false).build().flatten() {
        let is_small = entry.metadata().is_ok_and(|data| data.is_file() && data.len() <= MAX_OTHER);
        if !is_small || !is_other(entry.path()) {
            continue;
        }
        let Ok(relative) = entry.path().strip_prefix(root) else { continue };
        let path = relative.to_string_lossy().replace('\\', "/");
        let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
        if index.file_at(&path).is_none() {
            found.push(File { path, text: Arc::from(text), ..File::default() });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}
