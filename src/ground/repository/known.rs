//! A repository as it is looked up in: files by path and module, symbols by name, and the words of any part of a file.
//!
//! Invariant: the tables are made once; what is read on demand is a function of the files alone.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;

use super::file::{Called, Endpoint, File, Symbol};
use super::words::{Words, is_applied};
use crate::python::bundle::Modules;

/// How many parts of files are kept read.
const KEPT: usize = 512;

/// A file: its place among the repository's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub usize);

/// A symbol: its file, and its place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SymbolId {
    pub file: FileId,
    pub at: usize,
}

/// A repository, ready for texts to be held against it.
pub struct Repository {
    files: Vec<File>,
    paths: HashMap<String, FileId>,
    /// By the last parts of their paths and of their modules' names.
    file_names: HashMap<String, Vec<FileId>>,
    module_names: HashMap<String, Vec<FileId>>,
    folders: HashSet<String>,
    imported: HashSet<String>,
    /// By the last part of their names.
    symbols: HashMap<String, Vec<SymbolId>>,
    /// By dotted name, from the module on.
    dotted: HashMap<String, Vec<SymbolId>>,
    /// Who calls a dotted name.
    callers: HashMap<String, Vec<SymbolId>>,
    /// The files that call a dotted name outside of their functions.
    module_callers: HashMap<String, Vec<FileId>>,
    /// Names anywhere in the code, and pairs of them with a dot between.
    names: HashSet<String>,
    pairs: HashSet<String>,
    words: Mutex<HashMap<(FileId, usize, usize), Arc<Words>>>,
    /// Made when the first function is run.
    bundle: OnceLock<Modules>,
}

impl Repository {
    /// Prepares the files of a repository.
    pub fn new(files: Vec<File>) -> Self {
        let mut found = Self {
            files,
            paths: HashMap::new(),
            file_names: HashMap::new(),
            module_names: HashMap::new(),
            folders: HashSet::new(),
            imported: HashSet::new(),
            symbols: HashMap::new(),
            dotted: HashMap::new(),
            callers: HashMap::new(),
            module_callers: HashMap::new(),
            names: HashSet::new(),
            pairs: HashSet::new(),
            words: Mutex::default(),
            bundle: OnceLock::new(),
        };
        for (at, file) in found.files.iter().enumerate() {
            let id = FileId(at);
            found.paths.insert(file.path.clone(), id);
            found.file_names.entry(last(&file.path, '/').to_owned()).or_default().push(id);
            found.module_names.entry(last(&file.module, '.').to_owned()).or_default().push(id);
            found
                .folders
                .extend(file.path.match_indices('/').map(|(at, _)| file.path[..at].to_owned()));
            found.imported.extend(file.imports.iter().map(|import| import.target.clone()));
            for callee in file.calls.iter().filter_map(|call| call.target.as_ref()) {
                let callers = found.module_callers.entry(callee.clone()).or_default();
                if callers.last() != Some(&id) {
                    callers.push(id);
                }
            }
            for (at, symbol) in file.symbols.iter().enumerate() {
                let symbol_id = SymbolId { file: id, at };
                found.symbols.entry(symbol.last_name().to_owned()).or_default().push(symbol_id);
                found.dotted.entry(dotted(file, symbol)).or_default().push(symbol_id);
                for callee in symbol.callees() {
                    found.callers.entry(callee.to_owned()).or_default().push(symbol_id);
                }
            }
        }
        let words = |file: &File| {
            let words = Words::of(&file.text, is_python(file));
            (words.names(), words.pairs())
        };
        let per_file: Vec<_> = found.files.par_iter().map(words).collect();
        for (names, pairs) in per_file {
            found.names.extend(names);
            found.pairs.extend(pairs);
        }
        found
    }

    pub fn file(&self, id: FileId) -> &File {
        &self.files[id.0]
    }

    pub fn symbol(&self, id: SymbolId) -> &Symbol {
        &self.files[id.file.0].symbols[id.at]
    }

    pub fn file_ids(&self) -> impl Iterator<Item = FileId> {
        (0..self.files.len()).map(FileId)
    }

    /// The symbols of a file.
    pub fn symbols_of(&self, file: FileId) -> impl Iterator<Item = SymbolId> {
        (0..self.file(file).symbols.len()).map(move |at| SymbolId { file, at })
    }

    /// All names of symbols, without what they are in.
    pub fn symbol_names(&self) -> impl Iterator<Item = &str> {
        self.symbols.keys().map(String::as_str)
    }

    /// The symbols whose last name is this one.
    pub fn named(&self, last_name: &str) -> &[SymbolId] {
        self.symbols.get(last_name).map_or(&[], Vec::as_slice)
    }

    /// The symbols of a dotted name, from the module on.
    pub fn dotted(&self, name: &str) -> &[SymbolId] {
        self.dotted.get(name).map_or(&[], Vec::as_slice)
    }

    /// A symbol's dotted name, from the module on.
    pub fn dotted_name(&self, id: SymbolId) -> String {
        dotted(self.file(id.file), self.symbol(id))
    }

    /// The file of a path that is written in full.
    pub fn path(&self, path: &str) -> Option<FileId> {
        self.paths.get(path).copied()
    }

    /// The files that a path means, in full or by its end.
    pub fn paths_ending(&self, path: &str) -> Vec<FileId> {
        let path = path.trim_start_matches("./");
        if let Some(file) = self.path(path) {
            return vec![file];
        }
        let ends = |id: &FileId| {
            self.file(*id).path.strip_suffix(path).is_some_and(|rest| rest.ends_with('/'))
        };
        let same = self.file_names.get(last(path, '/')).map_or(&[][..], Vec::as_slice);
        same.iter().copied().filter(ends).collect()
    }

    /// Whether a path is that of a folder with files.
    pub fn has_folder(&self, path: &str) -> bool {
        let path = path.trim_start_matches("./").trim_end_matches('/');
        let ends = |folder: &String| {
            folder.strip_suffix(path).is_some_and(|rest| rest.ends_with('/')) && !path.is_empty()
        };
        self.folders.contains(path) || self.folders.iter().any(ends)
    }

    /// The file of a module, by its dotted name or the end of one.
    pub fn module(&self, name: &str) -> Option<FileId> {
        let same = self.module_names.get(last(name, '.'))?;
        let end = format!(".{name}");
        let is_it = |id: &&FileId| self.file(**id).module == name;
        let ends = |id: &&FileId| self.file(**id).module.ends_with(&end);
        same.iter().find(is_it).or_else(|| same.iter().find(ends)).copied()
    }

    /// The symbols that call one.
    pub fn callers(&self, id: SymbolId) -> &[SymbolId] {
        self.callers.get(&self.dotted_name(id)).map_or(&[], Vec::as_slice)
    }

    /// The files that call a symbol outside of their functions.
    pub fn module_callers(&self, id: SymbolId) -> &[FileId] {
        self.module_callers.get(&self.dotted_name(id)).map_or(&[], Vec::as_slice)
    }

    /// The calls of a file, each with the function or class around it.
    pub fn calls_in(&self, file: FileId) -> impl Iterator<Item = (Option<SymbolId>, &Called)> {
        let outside = self.file(file).calls.iter().map(|call| (None, call));
        let within = self.symbols_of(file);
        outside.chain(
            within.flat_map(|id| self.symbol(id).calls.iter().map(move |call| (Some(id), call))),
        )
    }

    /// The last part of a name of a file's code, as it is called where it is defined: `E` for `F` after `from m import E as F`.
    pub fn unaliased(&self, file: FileId, name: &str) -> String {
        let own = last(name, '.');
        let import = self.file(file).imports.iter().find(|import| import.name == name);
        import.and_then(|import| import.original.as_deref()).unwrap_or(own).to_owned()
    }

    /// The names of a class's bases, as they are called where they are defined.
    pub fn base_names(&self, class: SymbolId) -> Vec<String> {
        let bases = self.symbol(class).entity.bases.iter();
        let plain = |text: &str| text.split(['[', '(']).next().unwrap_or(text).trim().to_owned();
        bases.map(|base| self.unaliased(class.file, &plain(&base.text))).collect()
    }

    /// The symbols of the repository that a file imports under a name.
    pub fn imported_as(&self, file: FileId, name: &str) -> &[SymbolId] {
        let import = self.file(file).imports.iter().find(|import| import.name == name);
        import.map_or(&[], |import| self.dotted(&import.target))
    }

    /// Whether a line of a file calls something of a name.
    pub fn is_applied(&self, file: FileId, line: usize, name: &str) -> bool {
        is_applied(&self.lines(file, line, line), name)
    }

    /// Whether a name is anywhere in the code.
    pub fn has_name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether two names are anywhere in the code with a dot between.
    pub fn has_pair(&self, pair: &str) -> bool {
        self.pairs.contains(pair)
    }

    /// The endpoints with the files that have them.
    pub fn endpoints(&self) -> impl Iterator<Item = (FileId, &Endpoint)> {
        self.file_ids().flat_map(|id| self.file(id).endpoints.iter().map(move |one| (id, one)))
    }

    /// Whether a file imports this dotted name.
    pub fn is_imported(&self, name: &str) -> bool {
        self.imported.contains(name)
    }

    /// How many lines a file has.
    pub fn line_count(&self, file: FileId) -> usize {
        self.file(file).text.lines().count()
    }

    /// Lines of a file, from 1, both ends included.
    pub fn lines(&self, file: FileId, first: usize, last: usize) -> String {
        let lines = self.file(file).text.lines();
        let count = (last + 1).saturating_sub(first.max(1));
        lines.skip(first.saturating_sub(1)).take(count).map(|line| format!("{line}\n")).collect()
    }

    /// The digest over the paths and texts of all files (BLAKE3, hexadecimal).
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for file in &self.files {
            for text in [&*file.path, &*file.text] {
                hasher.update(&text.len().to_le_bytes());
                hasher.update(text.as_bytes());
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    /// The modules of the repository, to be run.
    pub fn modules(&self) -> &Modules {
        self.bundle.get_or_init(|| {
            let mut modules = Modules::default();
            for file in self.files.iter().filter(|file| is_python(file) && !file.module.is_empty())
            {
                let path = file.module.replace('.', "/");
                let is_package = file.path.ends_with("__init__.py");
                let ending = if is_package { "/__init__.py" } else { ".py" };
                modules.add(&format!("{path}{ending}"), &file.text);
            }
            modules
        })
    }

    /// The words of a whole file.
    pub fn words_of_file(&self, file: FileId) -> Arc<Words> {
        self.words(file, 1, usize::MAX - 1)
    }

    /// The words of a symbol's lines.
    pub fn words_of(&self, id: SymbolId) -> Arc<Words> {
        let symbol = self.symbol(id);
        self.words(id.file, symbol.first(), symbol.last())
    }

    /// The words of what a file has outside of its functions and classes.
    pub fn words_of_module(&self, file: FileId) -> Arc<Words> {
        self.cached((file, 0, 0), || {
            let is_inside = |line: usize| {
                let mut symbols = self.file(file).symbols.iter();
                symbols.any(|symbol| {
                    !symbol.is_value() && (symbol.first()..=symbol.last()).contains(&line)
                })
            };
            let lines = self.file(file).text.lines().enumerate();
            let kept = lines.filter(|(at, _)| !is_inside(at + 1));
            kept.map(|(_, line)| format!("{line}\n")).collect()
        })
    }

    fn words(&self, file: FileId, first: usize, last: usize) -> Arc<Words> {
        self.cached((file, first, last), || self.lines(file, first, last))
    }

    fn cached(&self, key: (FileId, usize, usize), text: impl Fn() -> String) -> Arc<Words> {
        let kept = || self.words.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(words) = kept().get(&key) {
            return words.clone();
        }
        let words = Arc::new(Words::of(&text(), is_python(self.file(key.0))));
        let mut kept = kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, words.clone());
        words
    }
}

fn dotted(file: &File, symbol: &Symbol) -> String {
    format!("{}.{}", file.module, symbol.name().replace("<locals>.", ""))
}

fn last(name: &str, mark: char) -> &str {
    name.rsplit(mark).next().unwrap_or(name)
}

fn is_python(file: &File) -> bool {
    file.path.ends_with(".py")
}
