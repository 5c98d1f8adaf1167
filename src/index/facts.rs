//! What one file says on its own, before the names in it are resolved across files.
//!
//! Invariant: positions are those of the file's own lists; nothing here depends on another file.

use super::entities::{
    ConfigSource, FileId, Kind, Lines, Raise, Signature, Span, Symbol, SymbolId, Unresolved,
};
use super::literals::Literals;

/// A file's own facts.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub docstring: Option<String>,
    pub is_script: bool,
    /// In the order of the text; `Symbol::parent` and `file` are set when the files come together.
    pub symbols: Vec<LocalSymbol>,
    pub imports: Vec<LocalImport>,
    pub calls: Vec<LocalCall>,
    /// What names mean in the module and in each class body.
    pub bindings: Vec<Binding>,
    pub endpoints: Vec<LocalEndpoint>,
    pub config: Vec<LocalConfig>,
    pub literals: Literals,
    /// The names that an import of all names takes, if the file lists them.
    pub exports: Option<Vec<String>>,
}

/// A symbol whose relations are positions in the file.
#[derive(Debug)]
pub(super) struct LocalSymbol {
    pub kind: Kind,
    pub name: String,
    pub qualified_name: String,
    pub parent: Option<u32>,
    pub lines: Lines,
    pub first_line: u32,
    pub span: Span,
    pub decorators: Vec<String>,
    pub signature: Option<Signature>,
    pub docstring: Option<String>,
    pub is_async: bool,
    pub is_generator: bool,
    /// As written, and what it refers to.
    pub bases: Vec<(String, Reference)>,
    pub value: Option<String>,
    pub annotation: Option<String>,
    pub raises: Vec<Raise>,
    pub statements: u32,
    /// What a call of it gives, or what the attribute or constant holds, if the text tells.
    pub gives: Option<Reference>,
}

impl LocalSymbol {
    /// A symbol on these lines of which nothing else is known.
    pub fn new(kind: Kind, name: String, lines: Lines, span: Span) -> Self {
        Self {
            kind,
            qualified_name: name.clone(),
            name,
            parent: None,
            lines,
            first_line: lines.start,
            span,
            decorators: Vec::new(),
            signature: None,
            docstring: None,
            is_async: false,
            is_generator: false,
            bases: Vec::new(),
            value: None,
            annotation: None,
            raises: Vec::new(),
            statements: 0,
            gives: None,
        }
    }
}

/// What a name is bound to in a module or a class body.
#[derive(Debug)]
pub(super) struct Binding {
    /// The class; none for the module.
    pub scope: Option<u32>,
    pub name: String,
    pub to: Bound,
    /// Whether it happens in a branch, so that an earlier binding may still count.
    pub is_conditional: bool,
}

/// What a name may be bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    Symbol(u32),
    Import(u32),
    /// A loop variable, a parameter, something that another function assigns.
    Unknown,
}

/// An import as written.
#[derive(Debug)]
pub(super) struct LocalImport {
    pub line: u32,
    /// The dots of a relative import.
    pub level: u32,
    pub module: String,
    pub name: Option<String>,
    pub alias: Option<String>,
    pub scope: Option<u32>,
}

/// A call as written.
#[derive(Debug)]
pub(super) struct LocalCall {
    pub caller: Option<u32>,
    pub line: u32,
    pub callee: String,
    pub to: Reference,
}

/// A route as written.
#[derive(Debug)]
pub(super) struct LocalEndpoint {
    pub handler: u32,
    pub methods: Vec<String>,
    pub path: String,
    pub line: u32,
}

/// A setting that is read.
#[derive(Debug)]
pub(super) struct LocalConfig {
    pub reader: Option<u32>,
    pub line: u32,
    pub key: String,
    pub source: ConfigSource,
    pub default: Option<String>,
    pub is_required: bool,
}

/// An expression that refers to something, as far as the file alone tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reference {
    /// A name of the module, or a builtin.
    Name(String),
    /// A symbol of this file.
    Symbol(u32),
    /// What a local import binds.
    Import(u32),
    /// The receiver of a method of this class: an instance.
    Own(u32),
    /// The receiver of a class method of this class.
    OwnClass(u32),
    /// `super()` in a method of this class.
    Super(u32),
    Attribute(Box<Reference>, String),
    /// What a call gives.
    Call(Box<Reference>),
    /// An instance of a class: an annotation.
    Instance(Box<Reference>),
    /// A value of the language itself, by its type: `str`, `list`.
    Builtin(&'static str),
    Unknown(Unresolved),
}

impl Reference {
    pub fn unknown() -> Self {
        Self::Unknown(Unresolved::UnknownReceiver)
    }

    pub fn attribute(self, name: &str) -> Self {
        match self {
            Self::Unknown(why) => Self::Unknown(why),
            known @ (Self::Name(_)
            | Self::Symbol(_)
            | Self::Import(_)
            | Self::Own(_)
            | Self::OwnClass(_)
            | Self::Super(_)
            | Self::Attribute(..)
            | Self::Call(_)
            | Self::Instance(_)
            | Self::Builtin(_)) => Self::Attribute(Box::new(known), name.to_owned()),
        }
    }
}

impl LocalSymbol {
    /// The symbol of a whole tree; its bases are resolved later.
    pub fn placed(self, file: FileId, first: u32) -> Symbol {
        Symbol {
            file,
            kind: self.kind,
            name: self.name,
            qualified_name: self.qualified_name,
            parent: self.parent.map(|parent| SymbolId(first + parent)),
            lines: self.lines,
            first_line: self.first_line,
            span: self.span,
            decorators: self.decorators,
            signature: self.signature,
            docstring: self.docstring,
            is_async: self.is_async,
            is_generator: self.is_generator,
            bases: Vec::new(),
            value: self.value,
            annotation: self.annotation,
            raises: self.raises,
            statements: self.statements,
        }
    }
}
