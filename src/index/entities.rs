//! What an index is made of, the same for every language: files, symbols, imports, calls.
//!
//! Invariant: an id is a position in the index's list of its kind, and lines are counted from 1 as CPython's `ast` counts them.

use serde::Serialize;

use crate::named::named_enum;
pub use crate::python::{Param, ParamKind};

/// A file of the index: a position in `Index::files`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FileId(pub u32);

/// A symbol of the index: a position in `Index::symbols`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SymbolId(pub u32);

named_enum! {
    /// The languages that are indexed.
    pub enum Language {
        Python = "python",
        JavaScript = "javascript",
        TypeScript = "typescript",
        Go = "go",
        Rust = "rust",
        Java = "java",
    }
}

named_enum! {
    /// What a file is for, judged by its path.
    pub enum Role {
        Source = "source",
        /// Test modules and what only they use: `tests/`, `test_*.py`, `conftest.py`, `*_test.go`, `*.spec.ts`.
        Test = "test",
        /// Documentation, examples, benchmarks.
        Example = "example",
    }
}

named_enum! {
    /// What a symbol is.
    pub enum Kind {
        Function = "function",
        /// A function of a class, static ones and class methods included.
        Method = "method",
        Class = "class",
        Struct = "struct",
        Interface = "interface",
        Trait = "trait",
        Enum = "enum",
        /// A name that a module or a class body assigns.
        Constant = "constant",
        /// A declared field, or an attribute that a method assigns through its receiver (`self.x = …`).
        Attribute = "attribute",
    }
}

impl Kind {
    /// Whether the symbol is a function or a method.
    pub fn is_callable(self) -> bool {
        match self {
            Self::Function | Self::Method => true,
            Self::Class
            | Self::Struct
            | Self::Interface
            | Self::Trait
            | Self::Enum
            | Self::Constant
            | Self::Attribute => false,
        }
    }

    /// Whether the symbol is a type with members.
    pub fn is_type(self) -> bool {
        match self {
            Self::Class | Self::Struct | Self::Interface | Self::Trait | Self::Enum => true,
            Self::Function | Self::Method | Self::Constant | Self::Attribute => false,
        }
    }
}

/// A range of lines, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Lines {
    /// The line of `def` or `class`, as `lineno` of CPython's `ast`: decorators stand before it.
    pub start: u32,
    pub end: u32,
}

/// A range of bytes of a file's text as the index reads it: decoded, and with `\n` for every end of line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// The bytes as a range.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// What a function takes and returns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// The text between the name and the body, on one line: `(path, mode='r') -> str`.
    pub text: String,
    pub params: Vec<Param>,
    pub returns: Option<String>,
}

/// A class that another one names as its base, or an interface that it implements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Base {
    /// As written.
    pub text: String,
    pub target: Target,
}

/// An exception that a function raises by a statement of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Raise {
    /// The exception as written, without its arguments: `errors.NotFound`; empty for a bare `raise`.
    pub exception: String,
    pub line: u32,
}

/// A named part of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Symbol {
    pub file: FileId,
    pub kind: Kind,
    pub name: String,
    /// The path within the file, as `__qualname__` of Python: `Class.method`, `outer.<locals>.inner`.
    pub qualified_name: String,
    /// The symbol that contains this one.
    pub parent: Option<SymbolId>,
    pub lines: Lines,
    /// The line where its first decorator stands, or `lines.start`.
    pub first_line: u32,
    /// Its text, decorators included.
    pub span: Span,
    /// Without the `@`.
    pub decorators: Vec<String>,
    /// Of functions and methods.
    pub signature: Option<Signature>,
    /// As `ast.get_docstring(clean=True)` gives it; the comment before it for other languages.
    pub docstring: Option<String>,
    pub is_async: bool,
    /// Whether it yields.
    pub is_generator: bool,
    /// Of types.
    pub bases: Vec<Base>,
    /// The source text that a constant or attribute is given first, and its annotation.
    pub value: Option<String>,
    pub annotation: Option<String>,
    /// What its own statements raise, in the order of the text.
    pub raises: Vec<Raise>,
    /// How many statements its body has, nested ones counted and the docstring not.
    pub statements: u32,
}

/// A file that was indexed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceFile {
    /// Relative to the root, with `/`.
    pub path: String,
    pub language: Language,
    pub role: Role,
    /// The dotted name under which the tree imports it; the path without extension for other languages than Python.
    pub module: String,
    /// The digest of its bytes (BLAKE3, hexadecimal).
    pub digest: String,
    pub lines: u32,
    pub docstring: Option<String>,
    /// Its symbols are `Index::symbols[first..end]`, in the order of the text.
    pub symbols: (u32, u32),
    /// Whether it does something when it is run as a script.
    pub is_script: bool,
}

/// A file that was not indexed, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    pub path: String,
    pub reason: SkipReason,
    /// What was seen, with the line of a syntax error.
    pub detail: String,
}

named_enum! {
    /// Why a file is not in the index.
    pub enum SkipReason {
        Vendored = "vendored",
        Generated = "generated",
        Minified = "minified",
        Binary = "binary",
        TooLarge = "too-large",
        SyntaxError = "syntax-error",
        NotText = "not-text",
        Unreadable = "unreadable",
    }
}

/// One import of one name or module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Import {
    pub file: FileId,
    pub line: u32,
    /// The module as written, with the dots of a relative import.
    pub module: String,
    /// The name that is taken from the module (`*` for all), if the module itself is not what is imported.
    pub name: Option<String>,
    pub alias: Option<String>,
    /// The function or class that contains the import.
    pub scope: Option<SymbolId>,
    pub target: Target,
    /// The file that a name is taken from, or that is imported itself; none if the tree has no such file.
    #[serde(skip)]
    pub from: Option<FileId>,
}

/// One call in the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    pub file: FileId,
    /// The innermost function, method or class around the call; none for code of the module.
    pub caller: Option<SymbolId>,
    pub line: u32,
    /// What is called, as written and on one line: `self.store.save`.
    pub callee: String,
    pub target: Target,
}

/// What a name in the text refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// A symbol of the tree; a call of a class is a call of its constructor.
    Symbol(SymbolId),
    /// A module of the tree.
    Module(FileId),
    /// A folder of modules without a file of its own.
    Namespace(String),
    /// Something outside the tree, by its dotted name: `os.path.join`.
    External(String),
    /// A name that the language provides.
    Builtin(String),
    /// The text alone does not tell.
    Unresolved(Unresolved),
}

named_enum! {
    /// Why the text does not tell what a name refers to.
    pub enum Unresolved {
        /// A parameter, a loop variable, an element: any object may be behind it.
        UnknownReceiver = "unknown-receiver",
        /// It has several definitions, and which one counts is decided when the program runs.
        Ambiguous = "ambiguous",
        /// The name is not defined in any place that the tree shows.
        Undefined = "undefined",
        /// The class does not define it, and has a base outside the tree that may.
        Inherited = "inherited",
        /// What is called is not a name: the result of an expression.
        Expression = "expression",
    }
}

/// What a request can reach from outside: a route of a web application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    pub file: FileId,
    /// The function that answers.
    pub handler: SymbolId,
    /// In capitals; `GET` if the route names none.
    pub methods: Vec<String>,
    /// With the prefix of its blueprint or router where the text tells it.
    pub path: String,
    pub line: u32,
}

named_enum! {
    /// Where a setting comes from.
    pub enum ConfigSource {
        Environment = "environment",
        Config = "config",
    }
}

/// A setting that the code reads by its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigRead {
    pub file: FileId,
    /// The function, method or class that reads it.
    pub reader: Option<SymbolId>,
    pub line: u32,
    pub key: String,
    pub source: ConfigSource,
    /// The source text of the value that is taken if the key is missing.
    pub default: Option<String>,
    /// Whether a missing key raises: it is read by a subscript.
    pub is_required: bool,
}

/// A command that the project installs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Script {
    pub name: String,
    /// As the project states it: `package.module:function`.
    pub entry: String,
    pub target: Option<SymbolId>,
}
