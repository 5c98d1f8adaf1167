//! What the names of a text denote in the repository.
//!
//! Invariant: a name that is resolved is shown by the index or by the code of the files that the text is about; nothing is guessed.

use std::collections::{BTreeMap, BTreeSet};

use super::About;
use super::known::{FileId, Repository, SymbolId};
use super::near::{does_not_exist, near, with_misses};
use super::scope::Scope;
use crate::python::builtins::is_builtin;
use crate::sandbox::End;
use crate::sandbox::value::Value;

/// What a name denotes.
#[derive(Debug, Clone, PartialEq)]
pub enum Thing {
    /// What the repository defines; several if the name alone does not tell which.
    Symbols(Vec<SymbolId>),
    /// A module, or files of a path.
    Files(Vec<FileId>),
    Folder,
    /// A name of the code that is no definition: a parameter, a variable, something imported from elsewhere.
    Local,
    /// A name that any Python program may use.
    Builtin,
    /// The text says that it is still to be written.
    New,
}

impl Thing {
    /// What the repository defines; nothing if it is something else.
    pub fn symbols(&self) -> &[SymbolId] {
        match self {
            Self::Symbols(ids) => ids,
            Self::Files(_) | Self::Folder | Self::Local | Self::Builtin | Self::New => &[],
        }
    }

    /// The files that it is; none if it is something else.
    pub fn files(&self) -> &[FileId] {
        match self {
            Self::Files(ids) => ids,
            Self::Symbols(_) | Self::Folder | Self::Local | Self::Builtin | Self::New => &[],
        }
    }
}

/// The names of one text, with what they denote.
pub struct Resolver<'r> {
    pub repository: &'r Repository,
    pub scope: Scope,
    /// The file and function that the text is about.
    pub file: Option<FileId>,
    pub function: Vec<SymbolId>,
    /// What the text marks as new: names, paths and endpoints.
    pub new: BTreeSet<String>,
}

impl<'r> Resolver<'r> {
    /// Begins with what a text is said to be about.
    pub fn new(repository: &'r Repository, about: &About<'_>) -> Self {
        let file = repository.path(about.file);
        let named = repository.named(about.function.rsplit('.').next().unwrap_or_default());
        let is_it = |id: &&SymbolId| {
            let name = repository.symbol(**id).name();
            file.is_none_or(|file| id.file == file)
                && (name == about.function || name.ends_with(&format!(".{}", about.function)))
        };
        let function: Vec<SymbolId> = named.iter().filter(is_it).copied().collect();
        let mut scope = Scope::default();
        scope.files.extend(file);
        function.iter().for_each(|id| scope.add_symbol(*id));
        let ends = about.executions.iter().map(|execution| &execution.case.end);
        scope.messages.extend(ends.filter_map(|end| match end {
            End::Raised(raised) => Some(raised.message.clone()),
            End::Returned { .. }
            | End::Exited { .. }
            | End::CompileError { .. }
            | End::OutOfFuel
            | End::OutOfMemory
            | End::OutputTooLarge
            | End::Trapped { .. } => None,
        }));
        Self { repository, scope, file, function, new: BTreeSet::new() }
    }

    /// Whether the text marks a name, or what it is in, as new.
    pub fn is_new(&self, name: &str) -> bool {
        let prefixes = name.match_indices('.').map(|(at, _)| &name[..at]);
        let last = name.rsplit('.').next().unwrap_or(name);
        prefixes.chain([name, last]).any(|name| self.new.contains(name))
    }

    /// The definitions that a name denotes, those in the files that the text is about before others.
    pub fn symbols(&self, name: &str) -> Vec<SymbolId> {
        let last = name.rsplit('.').next().unwrap_or(name);
        let end = format!(".{name}");
        let fits = |id: &&SymbolId| {
            !name.contains('.')
                || self.repository.dotted_name(**id).ends_with(&end)
                || self.repository.dotted_name(**id) == name
        };
        let all: Vec<SymbolId> = self.repository.named(last).iter().filter(fits).copied().collect();
        if name.contains('.') {
            return all;
        }
        // What an attribute of some class is called may be anything in another file.
        let is_own =
            |id: &SymbolId| self.scope.whole.contains(&id.file) || self.file == Some(id.file);
        let own: Vec<SymbolId> = all.iter().filter(|id| is_own(id)).copied().collect();
        if own.is_empty() { all } else { own }
    }

    /// The definitions of a name in the whole repository.
    pub fn symbols_anywhere(&self, name: &str) -> Vec<SymbolId> {
        match name.contains('.') {
            true => self.symbols(name),
            false => self.repository.named(name).to_vec(),
        }
    }

    /// What the files that the text is about import under another name than that of the definition.
    fn aliased(&self, name: &str) -> impl Iterator<Item = SymbolId> {
        let files = self.scope.files.iter();
        let ids = files.flat_map(move |file| self.repository.imported_as(*file, name));
        ids.copied().filter(move |id| self.last_name(*id) != name)
    }

    /// What a name denotes, or why it denotes nothing.
    pub fn name(&self, name: &str) -> Result<Thing, String> {
        if self.is_new(name) {
            return Ok(Thing::New);
        }
        let mut symbols = self.symbols(name);
        symbols.extend(self.aliased(name).filter(|id| !symbols.contains(id)).collect::<Vec<_>>());
        if !symbols.is_empty() {
            return Ok(Thing::Symbols(symbols));
        }
        if let Some(module) = self.repository.module(name) {
            return Ok(Thing::Files(vec![module]));
        }
        match name.rsplit_once('.') {
            None => self.single(name),
            Some((owner, last)) => self.member(name, owner, last),
        }
    }

    fn single(&self, name: &str) -> Result<Thing, String> {
        if is_builtin(name) {
            return Ok(Thing::Builtin);
        }
        let is_there = if self.file.is_none() {
            self.repository.has_name(name)
        } else {
            self.scope.has_name(self.repository, name)
        };
        if is_there || self.scope.has_value(self.repository, &Value::str(name)) {
            return Ok(Thing::Local);
        }
        if self.repository.has_name(name) {
            return Err(format!("`{name}` does not occur in {}", self.shown_files()));
        }
        // The names of the files at hand come before those of all definitions.
        let words: Vec<_> =
            self.scope.files.iter().map(|file| self.repository.words_of_file(*file)).collect();
        let local: Vec<String> = words.iter().flat_map(|words| words.names()).collect();
        let known = self.repository.symbol_names().chain(local.iter().map(String::as_str));
        Err(does_not_exist(name, known))
    }

    fn member(&self, name: &str, owner: &str, last: &str) -> Result<Thing, String> {
        match self.name(owner) {
            Ok(Thing::New) => Ok(Thing::New),
            Ok(Thing::Symbols(owners)) if owners.iter().all(|id| self.is_class(*id)) => {
                let found: Vec<SymbolId> =
                    owners.iter().filter_map(|id| self.find_member(*id, last)).collect();
                if !found.is_empty() {
                    return Ok(Thing::Symbols(found));
                }
                if self.repository.has_pair(&format!("{owner}.{last}")) {
                    return Ok(Thing::Local);
                }
                let members = owners.iter().flat_map(|id| self.members(*id));
                let members: Vec<&str> = members.map(|id| self.last_name(id)).collect();
                let misses = near(last, members.into_iter());
                Err(with_misses(format!("`{owner}` has no `{last}`"), &misses))
            }
            Ok(Thing::Files(files)) => {
                let imports = files.iter().flat_map(|id| &self.repository.file(*id).imports);
                if let Some(import) = imports.clone().find(|import| import.name == last) {
                    return Ok(self.name(&import.target).unwrap_or(Thing::Local));
                }
                let defined: Vec<&str> = files
                    .iter()
                    .flat_map(|id| self.repository.symbols_of(*id))
                    .map(|id| self.last_name(id))
                    .collect();
                // A variable may have the name of a module.
                if let Ok(thing) = self.attribute(name, owner, last) {
                    return Ok(thing);
                }
                let misses = near(last, defined.into_iter());
                Err(with_misses(format!("`{owner}` does not define `{last}`"), &misses))
            }
            // A variable, a parameter or something from elsewhere: the code itself has to name its attribute.
            Ok(Thing::Symbols(_) | Thing::Local | Thing::Builtin | Thing::Folder) | Err(_) => {
                self.attribute(name, owner, last)
            }
        }
    }

    fn attribute(&self, name: &str, owner: &str, last: &str) -> Result<Thing, String> {
        let pair = format!("{}.{last}", owner.rsplit('.').next().unwrap_or(owner));
        let is_self = ["self", "cls"].contains(&owner);
        if is_self && !self.function.is_empty() {
            let class = self.function.iter().filter_map(|id| self.class_of(*id));
            let found: Vec<SymbolId> = class.filter_map(|id| self.find_member(id, last)).collect();
            if !found.is_empty() {
                return Ok(Thing::Symbols(found));
            }
        }
        let is_there = if self.file.is_none() {
            self.repository.has_pair(&pair)
        } else {
            self.scope.has_piece(self.repository, &pair)
        };
        // An exception of a module from elsewhere is not known, and may be there.
        let is_exception = ["Error", "Exception", "Warning"].iter().any(|end| last.ends_with(end));
        let is_foreign = || {
            let mut imports =
                self.scope.files.iter().flat_map(|file| &self.repository.file(*file).imports);
            imports.any(|import| import.name == owner && import.original.is_none())
        };
        if is_there || self.repository.is_imported(name) || is_exception && is_foreign() {
            return Ok(Thing::Local);
        }
        // `config.timeout` for an instance of `Config`.
        let key = |name: &str| name.to_lowercase().replace('_', "");
        let head = key(owner.rsplit('.').next().unwrap_or(owner));
        let candidates = self.repository.named(last).iter().copied();
        let of_class = |id: &SymbolId| {
            self.class_of(*id).is_some_and(|class| key(self.last_name(class)) == head)
        };
        let found: Vec<SymbolId> = candidates.filter(of_class).collect();
        if !found.is_empty() {
            return Ok(Thing::Symbols(found));
        }
        let known = self.repository.symbol_names();
        Err(with_misses(
            format!("`{name}` does not occur in {}", self.shown_files()),
            &near(last, known),
        ))
    }

    fn last_name(&self, id: SymbolId) -> &'r str {
        self.repository.symbol(id).last_name()
    }

    pub fn is_class(&self, id: SymbolId) -> bool {
        self.repository.symbol(id).is_class()
    }

    /// The class that a method or attribute belongs to.
    pub fn class_of(&self, id: SymbolId) -> Option<SymbolId> {
        let (class, _) = self.repository.symbol(id).name().rsplit_once('.')?;
        let is_it = |other: &SymbolId| {
            self.repository.symbol(*other).name() == class && self.is_class(*other)
        };
        self.repository.symbols_of(id.file).find(is_it)
    }

    /// The files that the text is about, as a reader is told.
    pub fn shown_files(&self) -> String {
        let mut paths: Vec<&str> =
            self.scope.files.iter().map(|id| self.repository.file(*id).path.as_str()).collect();
        if self.file.is_none() || paths.is_empty() {
            return "the repository".into();
        }
        let more = paths.len().saturating_sub(3);
        paths.truncate(3);
        let listed = paths.join(", ");
        if more == 0 { listed } else { format!("{listed} and {more} more") }
    }
}

/// The places of some symbols, as a reader is told: `app.py:12`.
pub fn places(repository: &Repository, symbols: &[SymbolId]) -> String {
    let place = |id: &SymbolId| {
        let symbol = repository.symbol(*id);
        (repository.file(id.file).path.clone(), symbol.line())
    };
    let places: BTreeMap<(String, usize), ()> = symbols.iter().map(|id| (place(id), ())).collect();
    let places = places.keys().take(3).map(|(path, line)| format!("{path}:{line}"));
    places.collect::<Vec<_>>().join(", ")
}
