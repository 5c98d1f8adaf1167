//! A repository's files as texts are held against them: the entities of the index, put together by file.
//!
//! Invariant: lines count from 1, paths are relative to the repository with `/` between their parts, and dotted names are absolute.

use std::sync::Arc;

use crate::index::{self, Role};
use crate::python::Param;

/// One file of a repository.
#[derive(Debug, Clone, Default)]
pub struct File {
    pub path: String,
    /// What it is for; none if it is no source.
    pub role: Option<Role>,
    /// The dotted name that imports use; empty if the file cannot be imported.
    pub module: String,
    pub text: Arc<str>,
    pub imports: Vec<Import>,
    pub symbols: Vec<Symbol>,
    pub endpoints: Vec<Endpoint>,
    /// What it calls outside of its functions and classes.
    pub calls: Vec<Called>,
}

/// A name that an import binds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    pub name: String,
    /// The name in the module that it is taken from; none if it is a module itself.
    pub original: Option<String>,
    /// The module that the statement names, in full.
    pub module: String,
    /// The line of the statement.
    pub line: usize,
    /// What the name stands for: `pkg.config.load` for `from .config import load`.
    pub target: String,
}

/// A call in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// The dotted name of what is called, if the text tells.
    pub target: Option<String>,
    /// What is called, as the code writes it.
    pub callee: String,
    pub line: usize,
}

/// Something that a file defines: the entity of the index, with what it calls.
#[derive(Debug, Clone)]
pub struct Symbol {
    pub entity: index::Symbol,
    pub calls: Vec<Called>,
}

impl Symbol {
    /// The name within the file: `Store.load`, `outer.<locals>.inner`.
    #[expect(clippy::misnamed_getters, reason = "its name in the file is what it goes by")]
    pub fn name(&self) -> &str {
        &self.entity.qualified_name
    }

    /// The name without what it is in.
    pub fn last_name(&self) -> &str {
        &self.entity.name
    }

    /// The first line, decorators included.
    pub fn first(&self) -> usize {
        self.entity.first_line as usize
    }

    /// The line of the definition itself, after its decorators.
    pub fn line(&self) -> usize {
        self.entity.lines.start as usize
    }

    pub fn last(&self) -> usize {
        self.entity.lines.end as usize
    }

    pub fn is_callable(&self) -> bool {
        self.entity.kind.is_callable()
    }

    /// Whether it is a class, or what other languages have instead.
    pub fn is_class(&self) -> bool {
        self.entity.kind.is_type()
    }

    /// Whether it is a constant or an attribute.
    pub fn is_value(&self) -> bool {
        !self.is_callable() && !self.is_class()
    }

    /// Whether one of its decorators has a name, wherever it comes from.
    pub fn is_decorated(&self, name: &str) -> bool {
        self.entity.decorators.iter().any(|decorator| {
            let head = decorator.split('(').next().unwrap_or_default().trim();
            head.rsplit('.').next() == Some(name)
        })
    }

    /// The parameters of a function or method, `self` included.
    pub fn params(&self) -> &[Param] {
        self.entity.signature.as_ref().map_or(&[], |signature| &signature.params)
    }

    /// The dotted names of what it calls, each once.
    pub fn callees(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for target in self.calls.iter().filter_map(|call| call.target.as_deref()) {
            if !found.contains(&target) {
                found.push(target);
            }
        }
        found
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
