//! What an index tells of a repository's files: plain data, so that any index can tell it.
//!
//! Invariant: lines count from 1, paths are relative to the repository with `/` between their parts, and dotted names are absolute.

use std::sync::Arc;

use crate::named::named_enum;
use crate::python::Param;

/// One file of a repository.
#[derive(Debug, Clone, Default)]
pub struct File {
    pub path: String,
    /// The dotted name that imports use; empty if the file cannot be imported.
    pub module: String,
    pub text: Arc<str>,
    pub imports: Vec<Import>,
    pub symbols: Vec<Symbol>,
    pub endpoints: Vec<Endpoint>,
    /// What it calls outside of its functions and classes, by dotted names.
    pub calls: Vec<String>,
}

/// A name that an import binds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    pub name: String,
    /// What it stands for: `pkg.config.load` for `from .config import load`.
    pub target: String,
}

named_enum! {
    /// What a symbol is.
    pub enum SymbolKind {
        Function = "function",
        Method = "method",
        Class = "class",
        Constant = "constant",
        Attribute = "attribute",
    }
}

/// Something that a file defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// The name within the file: `Store.load`, `outer.inner`.
    pub name: String,
    pub kind: SymbolKind,
    /// The first line, decorators included, and the last one.
    pub first: usize,
    pub last: usize,
    /// The line of the definition itself, after its decorators.
    pub line: usize,
    /// The parameters of a function or method, `self` included.
    pub params: Vec<Param>,
    /// The bases of a class, as it writes them.
    pub bases: Vec<String>,
    /// What a constant or an attribute is set to, as the code writes it.
    pub value: Option<String>,
    /// The exceptions that the body raises, by the names it gives them.
    pub raises: Vec<String>,
    /// What it calls in this repository: dotted names from the module on, such as `pkg.store.Store.load`.
    pub calls: Vec<String>,
}

impl Symbol {
    /// A symbol on these lines of which nothing else is known.
    pub fn new(name: &str, kind: SymbolKind, first: usize, last: usize) -> Self {
        Self {
            name: name.into(),
            kind,
            first,
            last,
            line: first,
            params: Vec::new(),
            bases: Vec::new(),
            value: None,
            raises: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// The name without what it is in.
    pub fn last_name(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }
}

/// A route of a web application, and the function behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// In capitals; empty if the code does not say.
    pub methods: Vec<String>,
    pub path: String,
    /// The function's name within its file.
    pub handler: String,
}
