//! What references refer to across the files of a tree.
//!
//! Invariant: an answer follows from the text; where the text leaves a choice, the answer is that it is unresolved.

use std::collections::{HashMap, HashSet};

use super::entities::{FileId, Kind, Symbol, SymbolId, Target, Unresolved};
use super::facts::{Bound, LocalImport, Reference};
use super::modules::Modules;
use super::namespace::{Meaning, Namespace};
use super::places::Module;
use crate::python::builtins::is_builtin;

/// References that are followed one after the other.
pub(super) const MAX_STEPS: u8 = 24;

/// A file's own facts that references lead to.
pub(super) struct FileScope {
    /// Position of its first symbol.
    pub first: u32,
    pub is_python: bool,
    pub namespace: Namespace,
    pub imports: Vec<LocalImport>,
    /// The imports of all names of a module.
    pub stars: Vec<u32>,
    /// What an import of all names takes; none for every public name.
    pub exports: Option<HashSet<String>>,
}

/// Everything that references are resolved by.
pub(super) struct Resolver<'i> {
    pub files: &'i [FileScope],
    pub symbols: &'i [Symbol],
    /// What a call of each symbol gives, or what it holds.
    pub gives: &'i [Option<Reference>],
    /// The bases of each class; empty while they are being resolved.
    pub bases: &'i HashMap<SymbolId, Vec<Target>>,
    pub modules: &'i Modules,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Module(Module),
    Symbol(SymbolId),
    /// An object of a class of the tree.
    Instance(SymbolId),
    /// `super()` in a class.
    Super(SymbolId),
    External(String),
    Builtin(String),
    Unknown(Unresolved),
}

pub(super) const UNKNOWN: Value = Value::Unknown(Unresolved::UnknownReceiver);

/// Types of the language whose methods are builtins, too.
pub(super) const BUILTIN_TYPES: [&str; 12] = [
    "str",
    "bytes",
    "bytearray",
    "list",
    "dict",
    "set",
    "frozenset",
    "tuple",
    "int",
    "float",
    "complex",
    "bool",
];
impl Resolver<'_> {
    /// What a callee refers to.
    pub fn callee(&self, file: FileId, reference: &Reference) -> Target {
        match self.value(file, reference, MAX_STEPS) {
            Value::Symbol(id) => match self.symbol(id).kind {
                // A class that is made by a call: `Point = namedtuple(…)`.
                Kind::Constant | Kind::Attribute => match self.held(id, MAX_STEPS) {
                    Value::Symbol(other) if other != id && self.is_called(other) => {
                        Target::Symbol(other)
                    }
                    Value::External(name) => Target::External(name),
                    Value::Builtin(name) => Target::Builtin(name),
                    Value::Symbol(_)
                    | Value::Module(_)
                    | Value::Instance(_)
                    | Value::Super(_)
                    | Value::Unknown(_) => Target::Unresolved(Unresolved::UnknownReceiver),
                },
                Kind::Function
                | Kind::Method
                | Kind::Class
                | Kind::Struct
                | Kind::Interface
                | Kind::Trait
                | Kind::Enum => Target::Symbol(id),
            },
            Value::Instance(class) => match self.member(class, "__call__", false) {
                Value::Symbol(method) if self.symbol(method).kind == Kind::Method => {
                    Target::Symbol(method)
                }
                _ => Target::Unresolved(Unresolved::UnknownReceiver),
            },
            Value::Super(_) => Target::Builtin("super".into()),
            other => self.target(other),
        }
    }

    /// What a base class or another plain name refers to.
    pub fn named(&self, file: FileId, reference: &Reference) -> Target {
        let value = self.value(file, reference, MAX_STEPS);
        self.target(value)
    }

    /// What a base of a class refers to. A class that replaces an import of the same name has that for its base, since it does not
    /// exist yet when its bases are read.
    pub fn base(&self, class: SymbolId, file: FileId, reference: &Reference) -> Target {
        let target = self.named(file, reference);
        if target != Target::Symbol(class) {
            return target;
        }
        let imports = &self.files[file.0 as usize].imports;
        let name = &self.symbol(class).name;
        let mut earlier = (0..).zip(imports).filter(|(_, import)| {
            let bound = import.alias.as_ref().or(import.name.as_ref());
            bound == Some(name) && import.scope.is_none()
        });
        match (earlier.next(), earlier.next()) {
            (Some((import, _)), None) => self.import(file, import),
            (_, _) => Target::Unresolved(Unresolved::Ambiguous),
        }
    }

    /// The file that the module of an import is.
    pub fn imported_file(&self, file: FileId, written: &LocalImport) -> Option<FileId> {
        match self.modules.resolve(file, written.level, &written.module)? {
            Module::File(file) => Some(file),
            Module::Folder(_) => None,
        }
    }

    /// What an import takes.
    pub fn import(&self, file: FileId, import: u32) -> Target {
        let written = &self.files[file.0 as usize].imports[import as usize];
        if written.name.is_none() && written.alias.is_none() {
            return match self.modules.resolve(file, written.level, &written.module) {
                Some(module) => self.target(Value::Module(module)),
                None => self.target(self.outside(file, written)),
            };
        }
        let value = self.imported(file, import, MAX_STEPS);
        self.target(value)
    }

    fn target(&self, value: Value) -> Target {
        match value {
            Value::Module(Module::File(file)) => Target::Module(file),
            Value::Module(Module::Folder(folder)) => Target::Namespace(folder),
            Value::Symbol(id) => Target::Symbol(id),
            Value::External(name) => Target::External(name),
            Value::Builtin(name) => Target::Builtin(name),
            Value::Instance(_) | Value::Super(_) => Target::Unresolved(Unresolved::Expression),
            Value::Unknown(why) => Target::Unresolved(why),
        }
    }

    pub(super) fn symbol(&self, id: SymbolId) -> &Symbol {
        &self.symbols[id.0 as usize]
    }

    pub(super) fn is_called(&self, id: SymbolId) -> bool {
        let kind = self.symbol(id).kind;
        kind.is_callable() || kind.is_type()
    }

    pub(super) fn value(&self, file: FileId, reference: &Reference, steps: u8) -> Value {
        let Some(steps) = steps.checked_sub(1) else { return UNKNOWN };
        let global = |at: &u32| SymbolId(self.files[file.0 as usize].first + at);
        match reference {
            Reference::Name(name) => self.name(file, name, steps),
            Reference::Symbol(at) | Reference::OwnClass(at) => Value::Symbol(global(at)),
            Reference::Import(at) => self.imported(file, *at, steps),
            Reference::Own(at) => Value::Instance(global(at)),
            Reference::Super(at) => Value::Super(global(at)),
            Reference::Attribute(holder, name) => {
                let holder = self.value(file, holder, steps);
                self.attribute(holder, name, steps)
            }
            Reference::Call(called) => {
                let called = self.value(file, called, steps);
                self.result(called, steps)
            }
            Reference::Instance(class) => match self.value(file, class, steps) {
                Value::Symbol(id) if self.symbol(id).kind.is_type() => Value::Instance(id),
                Value::External(name) => Value::External(name),
                Value::Builtin(name) if BUILTIN_TYPES.contains(&&*name) => Value::Builtin(name),
                _ => UNKNOWN,
            },
            Reference::Builtin(name) => Value::Builtin((*name).to_owned()),
            Reference::Unknown(why) => Value::Unknown(*why),
        }
    }

    /// A name in a module.
    fn name(&self, file: FileId, name: &str, steps: u8) -> Value {
        let is_python = self.files[file.0 as usize].is_python;
        let neighbours = self.modules.neighbours(file).iter();
        let found = self
            .in_module(file, name, steps)
            .or_else(|| neighbours.copied().find_map(|other| self.own(other, name, steps)));
        match found {
            Some(value) => value,
            None if is_python && is_builtin(name) => Value::Builtin(name.to_owned()),
            None => Value::Unknown(Unresolved::Undefined),
        }
    }

    /// A symbol that a file itself defines.
    fn own(&self, file: FileId, name: &str, steps: u8) -> Option<Value> {
        match self.files[file.0 as usize].namespace.find(None, name)? {
            meaning @ (Meaning::One(Bound::Symbol(_)) | Meaning::Several) => {
                Some(self.meaning(file, meaning, steps))
            }
            Meaning::One(Bound::Import(_) | Bound::Unknown) => None,
        }
    }

    fn in_module(&self, file: FileId, name: &str, steps: u8) -> Option<Value> {
        let steps = steps.checked_sub(1)?;
        let scope = &self.files[file.0 as usize];
        match scope.namespace.find(None, name) {
            Some(meaning) => Some(self.meaning(file, meaning, steps)),
            None => scope.stars.iter().find_map(|&star| {
                let written = &scope.imports[star as usize];
                match self.modules.resolve(file, written.level, &written.module) {
                    Some(Module::File(from)) if from != file && self.exports(from, name) => {
                        self.in_module(from, name, steps)
                    }
                    Some(Module::File(_) | Module::Folder(_)) => None,
                    // Anything may come from there, but it does not hide the language's own names.
                    None if is_builtin(name) => None,
                    None => Some(Value::Unknown(Unresolved::Ambiguous)),
                }
            }),
        }
    }

    /// Whether an import of all names of a module takes this one.
    fn exports(&self, file: FileId, name: &str) -> bool {
        match &self.files[file.0 as usize].exports {
            Some(names) => names.contains(name),
            None => !name.starts_with('_'),
        }
    }

    pub(super) fn meaning(&self, file: FileId, meaning: Meaning, steps: u8) -> Value {
        match meaning {
            Meaning::One(Bound::Symbol(at)) => {
                Value::Symbol(SymbolId(self.files[file.0 as usize].first + at))
            }
            Meaning::One(Bound::Import(at)) => self.bound_by(file, at, steps),
            Meaning::One(Bound::Unknown) => UNKNOWN,
            Meaning::Several => Value::Unknown(Unresolved::Ambiguous),
        }
    }

    /// What the name that an import binds refers to: `import a.b` binds `a`.
    fn bound_by(&self, file: FileId, import: u32, steps: u8) -> Value {
        let written = &self.files[file.0 as usize].imports[import as usize];
        if written.name.is_some() || written.alias.is_some() {
            return self.imported(file, import, steps);
        }
        let top = written.module.split('.').next().unwrap_or(&written.module);
        match self.modules.resolve(file, 0, top) {
            Some(module) => Value::Module(module),
            None => Value::External(top.to_owned()),
        }
    }

    fn imported(&self, file: FileId, import: u32, steps: u8) -> Value {
        let Some(steps) = steps.checked_sub(1) else { return UNKNOWN };
        let written = &self.files[file.0 as usize].imports[import as usize];
        if written.name.is_none() && written.alias.is_none() {
            return self.bound_by(file, import, steps);
        }
        let Some(module) = self.modules.resolve(file, written.level, &written.module) else {
            return self.outside(file, written);
        };
        match written.name.as_deref() {
            None | Some("*") => Value::Module(module),
            Some(name) => self.member_of_module(&module, name, steps),
        }
    }

    /// What an import takes from outside the tree.
    fn outside(&self, file: FileId, written: &LocalImport) -> Value {
        if written.level > 0 || self.modules.has_top(file, &written.module) {
            return Value::Unknown(Unresolved::Undefined);
        }
        Value::External(match written.name.as_deref() {
            None | Some("*") => written.module.clone(),
            Some(name) => format!("{}.{name}", written.module),
        })
    }

    pub(super) fn member_of_module(&self, module: &Module, name: &str, steps: u8) -> Value {
        let own = match module {
            Module::File(file) => self.in_module(*file, name, steps),
            Module::Folder(folder) => {
                let files = self.modules.package(folder).iter();
                files.copied().find_map(|file| self.own(file, name, steps))
            }
        };
        match (own, self.modules.member(module, name)) {
            (Some(value), _) => value,
            (None, Some(module)) => Value::Module(module),
            (None, None) => Value::Unknown(Unresolved::Undefined),
        }
    }
}
