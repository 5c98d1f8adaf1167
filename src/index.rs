//! A repository as its own text shows it: files, symbols, who calls whom, what is tested, read and reached from outside.
//!
//! Invariant: everything in the index follows from the files alone, so that the same tree gives the same index; what the
//! text does not tell is kept and said to be unresolved.

mod build;
mod encoding;
mod entities;
mod facts;
mod grammar;
mod literals;
mod members;
mod modules;
mod namespace;
mod places;
mod project;
mod python;
mod regular;
mod resolve;
#[cfg(test)]
mod tests;
mod text;
mod walk;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

pub use entities::{
    Base, Call, ConfigRead, ConfigSource, Endpoint, FileId, Import, Kind, Language, Lines, Param,
    ParamKind, Raise, Role, Script, Signature, SkipReason, Skipped, SourceFile, Span, Symbol,
    SymbolId, Target, Unresolved,
};
pub use literals::{Literals, Mention};
pub use project::Readme;

/// Bytes; syntax trees are walked by recursion, and those of long sums are deep.
const STACK: usize = 64 << 20;

/// Which state of a tree an index describes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Revision {
    /// The digest over the paths and contents of all indexed files (BLAKE3, hexadecimal).
    pub digest: String,
    /// The commit that is checked out, if the tree is a git checkout; files may differ from it.
    pub commit: Option<String>,
}

/// A repository.
#[derive(Debug)]
pub struct Index {
    root: PathBuf,
    pub revision: Revision,
    /// In the order of their paths.
    pub files: Vec<SourceFile>,
    /// File by file; within a file, in the order of the text.
    pub symbols: Vec<Symbol>,
    /// File by file, in the order of the text.
    pub imports: Vec<Import>,
    /// File by file, in the order of the text.
    pub calls: Vec<Call>,
    /// File by file.
    pub endpoints: Vec<Endpoint>,
    /// File by file.
    pub config: Vec<ConfigRead>,
    /// The commands that the project installs.
    pub scripts: Vec<Script>,
    pub readme: Option<Readme>,
    /// Files and folders that are not in the index.
    pub skipped: Vec<Skipped>,
    /// The paths of files that are in no language that is indexed.
    pub others: Vec<String>,
    literals: Vec<Literals>,
    /// The calls of each symbol that is called, as positions in `calls`.
    callers: HashMap<SymbolId, Vec<u32>>,
    /// The calls in each symbol.
    callees: HashMap<SymbolId, Vec<u32>>,
    /// The symbols inside each symbol.
    members: HashMap<SymbolId, Vec<SymbolId>>,
    /// The classes that name a class as their base.
    subclasses: HashMap<SymbolId, Vec<SymbolId>>,
    by_name: HashMap<String, Vec<SymbolId>>,
    by_path: HashMap<String, FileId>,
}

impl Index {
    /// Reads a tree with this many threads. A file that cannot be read costs only itself.
    pub fn open(root: &Path, threads: usize) -> Result<Self> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build();
        let pool = pool.map_err(|error| Error::io("the threads")(std::io::Error::other(error)))?;
        pool.install(|| build::index(root))
    }

    /// The folder that was read.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    pub fn symbol(&self, id: SymbolId) -> &Symbol {
        &self.symbols[id.0 as usize]
    }

    /// Every file with its id.
    pub fn all_files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0..).map(FileId).zip(&self.files)
    }

    /// Every file's id, in the order of the paths.
    pub fn file_ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..self.files.len() as u32).map(FileId)
    }

    /// Every symbol with its id.
    pub fn all_symbols(&self) -> impl Iterator<Item = (SymbolId, &Symbol)> {
        (0..).map(SymbolId).zip(&self.symbols)
    }

    /// The file at a path relative to the root.
    pub fn file_at(&self, path: &str) -> Option<FileId> {
        self.by_path.get(path).copied()
    }

    /// The symbols of a file, in the order of the text.
    pub fn symbols_of(&self, file: FileId) -> impl Iterator<Item = (SymbolId, &Symbol)> {
        let (first, end) = self.file(file).symbols;
        (first..end).map(|at| (SymbolId(at), &self.symbols[at as usize]))
    }

    /// The imports of a file, in the order of the text.
    pub fn imports_of(&self, file: FileId) -> &[Import] {
        of_file(&self.imports, file, |import| import.file)
    }

    /// The calls in a file.
    pub fn calls_of(&self, file: FileId) -> &[Call] {
        of_file(&self.calls, file, |call| call.file)
    }

    /// The endpoints of a file.
    pub fn endpoints_of(&self, file: FileId) -> &[Endpoint] {
        of_file(&self.endpoints, file, |endpoint| endpoint.file)
    }

    /// The settings that a file reads.
    pub fn config_of(&self, file: FileId) -> &[ConfigRead] {
        of_file(&self.config, file, |read| read.file)
    }

    /// Every symbol with this bare name.
    pub fn named(&self, name: &str) -> &[SymbolId] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// Every bare name of a symbol, for close misses; in no particular order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// The symbols that a name means: bare, qualified (`Class.method`), or with its module (`pkg.mod.Class.method`).
    pub fn find(&self, name: &str) -> Vec<SymbolId> {
        let bare = name.rsplit('.').next().unwrap_or(name);
        let is_meant = |id: &SymbolId| {
            let full = self.full_name(*id);
            full == name || full.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'))
        };
        self.named(bare).iter().copied().filter(is_meant).collect()
    }

    /// The name of a symbol with its module: `pkg.mod.Class.method`.
    pub fn full_name(&self, id: SymbolId) -> String {
        let symbol = self.symbol(id);
        format!("{}.{}", self.file(symbol.file).module, symbol.qualified_name)
    }

    /// The class, struct, … that a symbol is a direct member of.
    pub fn class_of(&self, id: SymbolId) -> Option<SymbolId> {
        self.symbol(id).parent.filter(|&parent| self.symbol(parent).kind.is_type())
    }

    /// The symbols directly inside a symbol.
    pub fn members(&self, id: SymbolId) -> &[SymbolId] {
        self.members.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The classes that name this one as a base.
    pub fn subclasses(&self, id: SymbolId) -> &[SymbolId] {
        self.subclasses.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The calls that resolve to a symbol.
    pub fn callers(&self, id: SymbolId) -> impl Iterator<Item = &Call> {
        self.callers.get(&id).into_iter().flatten().map(|&at| &self.calls[at as usize])
    }

    /// The calls in a symbol's own text, resolved or not; those in functions nested in it are theirs.
    pub fn callees(&self, id: SymbolId) -> impl Iterator<Item = &Call> {
        self.callees.get(&id).into_iter().flatten().map(|&at| &self.calls[at as usize])
    }

    /// Whether a symbol is a test: a function that test runners collect.
    pub fn is_test(&self, id: SymbolId) -> bool {
        let symbol = self.symbol(id);
        symbol.kind.is_callable()
            && self.file(symbol.file).role == Role::Test
            && symbol.name.starts_with("test")
    }

    /// The tests that call a symbol directly, each once, in the order of their files.
    pub fn tests_of(&self, id: SymbolId) -> Vec<SymbolId> {
        let callers = self.callers(id).filter_map(|call| call.caller);
        let mut tests: Vec<SymbolId> = callers.filter(|&caller| self.is_test(caller)).collect();
        tests.sort_unstable();
        tests.dedup();
        tests
    }

    /// What a file mentions: literals, names, attributes.
    pub fn literals(&self, file: FileId) -> &Literals {
        &self.literals[file.0 as usize]
    }

    /// Whether any file mentions it.
    pub fn mentions(&self, mention: Mention, text: &str) -> bool {
        self.literals.iter().any(|literals| literals.contains(mention, text))
    }

    /// The text of a file as it was indexed: `Span` counts its bytes and `Lines` its lines.
    ///
    /// It is read again; a file that has changed since is an error.
    pub fn text(&self, id: FileId) -> Result<String> {
        let file = self.file(id);
        let path = self.root.join(&file.path);
        let bytes = regular::read(&path).map_err(Error::io(&path))?;
        if blake3::hash(&bytes).to_hex().as_str() != file.digest {
            return Err(Error::Usage(format!(
                "{} has changed while the tree was read; run again",
                path.display()
            )));
        }
        text::decode(bytes, file.language == Language::Python)
            .map_err(|message| Error::Usage(format!("{}: {message}", path.display())))
    }

    /// The text of one of the other files; none if it is longer than this or is no text.
    pub fn other_text(&self, path: &str, most: u64) -> Option<String> {
        let path = self.root.join(path);
        let is_short = std::fs::symlink_metadata(&path).is_ok_and(|data| data.len() <= most);
        let bytes = if is_short { regular::read(&path).ok()? } else { return None };
        String::from_utf8(bytes).ok()
    }

    /// A symbol's source in its file's text, decorators included, from the start of its first line and without the margin
    /// that its lines share.
    pub fn code(&self, id: SymbolId, text: &str) -> String {
        let span = self.symbol(id).span;
        text::dedented(text, span)
    }
}

/// The part of a list that belongs to a file; the list is in the order of the files.
fn of_file<T>(all: &[T], file: FileId, file_of: impl Fn(&T) -> FileId) -> &[T] {
    let start = all.partition_point(|one| file_of(one) < file);
    let end = all.partition_point(|one| file_of(one) <= file);
    &all[start..end]
}
