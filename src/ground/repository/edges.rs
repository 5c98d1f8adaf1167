//! Whether the repository shows a relation between two things.
//!
//! Invariant: a relation holds if the index has it or the code of the subject's own lines shows it, and else it does not.

use std::collections::BTreeSet;

use super::cue::Relation;
use super::file::{Import, Symbol};
use super::items::Item;
use super::known::{FileId, SymbolId};
use super::resolve::{Resolver, Thing};
use super::shape::Shape;
use super::truth::Truth;
use super::words::is_applied;
use crate::ground::claim::Stated;
use crate::sandbox::value::Value;

/// What a relation is stated of.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    Symbols(Vec<SymbolId>),
    Files(Vec<FileId>),
}

impl Subject {
    /// The subject that a thing can be.
    pub fn of(thing: &Thing) -> Option<Self> {
        match thing {
            Thing::Symbols(ids) => Some(Self::Symbols(ids.clone())),
            Thing::Files(ids) => Some(Self::Files(ids.clone())),
            Thing::Folder | Thing::Local | Thing::Builtin | Thing::New => None,
        }
    }
}

/// A thing that a relation is stated of, as the text has it.
pub struct Object<'a> {
    pub item: &'a Item,
    pub thing: Option<&'a Thing>,
}

impl Object<'_> {
    /// The name without brackets.
    pub fn name(&self) -> &str {
        match &self.item.shape {
            Shape::Name { name, .. } | Shape::Call { name, .. } | Shape::Binding { name, .. } => {
                name
            }
            Shape::Path { path, .. } | Shape::Endpoint { path, .. } => path,
            Shape::Lines(..) | Shape::Method(_) | Shape::Value(_) | Shape::Code => &self.item.text,
        }
    }

    pub fn last_name(&self) -> &str {
        self.name().rsplit('.').next().unwrap_or_default()
    }

    pub fn symbols(&self) -> &[SymbolId] {
        match self.thing {
            Some(Thing::Symbols(ids)) => ids,
            Some(Thing::Files(_) | Thing::Folder | Thing::Local | Thing::Builtin | Thing::New)
            | None => &[],
        }
    }

    /// Whether it is a name that can be the object of a relation.
    pub fn fits(&self, relation: Relation) -> bool {
        let is_name = matches!(self.item.shape, Shape::Name { .. } | Shape::Call { .. });
        let is_known = !matches!(self.thing, None | Some(Thing::New));
        let is_exception = ["Error", "Exception", "Exit", "Interrupt", "Warning", "Iteration"]
            .iter()
            .any(|end| self.last_name().ends_with(end))
            || self.last_name().starts_with(char::is_uppercase);
        match relation {
            Relation::Raises | Relation::Catches => is_name && is_known && is_exception,
            Relation::Calls => is_name && is_known && !matches!(self.thing, Some(Thing::Files(_))),
            Relation::Uses => is_name && is_known,
            Relation::Imports => {
                is_known && (is_name || matches!(self.item.shape, Shape::Path { .. }))
            }
            Relation::Inherits => is_name && is_known,
            Relation::Takes => {
                matches!(self.item.shape, Shape::Name { .. } | Shape::Binding { .. })
            }
            Relation::Returns => match self.item.shape {
                Shape::Name { .. } | Shape::Call { .. } | Shape::Binding { .. } => is_known,
                Shape::Value(_) | Shape::Code => !matches!(self.thing, Some(Thing::New)),
                Shape::Path { .. } | Shape::Lines(..) => false,
                Shape::Endpoint { .. } | Shape::Method(_) => false,
            },
            Relation::Defines | Relation::Handles => false,
        }
    }
}

impl Resolver<'_> {
    /// Whether a relation holds between a subject and an object.
    pub fn holds(&self, relation: Relation, subject: &Subject, object: &Object<'_>) -> Truth {
        match relation {
            Relation::Calls => {
                let is_edge = self.calls_itself(subject, object)
                    || self.each(subject, |id| self.calls(id, object));
                // What the index cannot resolve, the text of the call shows.
                let may = || self.each(subject, |id| self.may_call(id, object));
                if is_edge {
                    Truth::Holds
                } else if may() {
                    Truth::Unknown
                } else {
                    Truth::Not
                }
            }
            Relation::Uses => Truth::of(self.each(subject, |id| {
                self.calls(id, object) || self.may_call(id, object) || self.mentions(id, object)
            })),
            Relation::Raises => {
                let truth = |truth| self.each(subject, |id| self.raises(id, object) == truth);
                match () {
                    () if truth(Truth::Holds) => Truth::Holds,
                    () if truth(Truth::Unknown) => Truth::Unknown,
                    () => Truth::Not,
                }
            }
            Relation::Catches => Truth::of(self.each(subject, |id| {
                let words = self.repository.words_of(id);
                let name = object.last_name();
                words.has_name("except") && words.has_name(name)
            })),
            Relation::Imports => Truth::of(self.imports(subject, object)),
            Relation::Inherits => Truth::of(self.each(subject, |id| self.inherits(id, object))),
            Relation::Takes => Truth::of(self.each(subject, |id| self.takes(id, object.name()))),
            Relation::Returns => Truth::of(self.each(subject, |id| self.returns(id, object))),
            Relation::Defines | Relation::Handles => Truth::Holds,
        }
    }

    /// Whether something holds of one of the symbols that a subject may mean; for a file, of what it defines.
    fn each(&self, subject: &Subject, holds: impl Fn(SymbolId) -> bool) -> bool {
        match subject {
            Subject::Symbols(ids) => ids.iter().any(|id| {
                holds(*id) || self.is_class(*id) && self.members(*id).into_iter().any(&holds)
            }),
            Subject::Files(ids) => {
                ids.iter().flat_map(|id| self.repository.symbols_of(*id)).any(holds)
            }
        }
    }

    /// Whether a file calls an object outside of its functions.
    fn calls_itself(&self, subject: &Subject, object: &Object<'_>) -> bool {
        let Subject::Files(files) = subject else { return false };
        let callers = object.symbols().iter().flat_map(|id| self.repository.module_callers(*id));
        callers.into_iter().any(|file| files.contains(file))
    }

    fn calls(&self, id: SymbolId, object: &Object<'_>) -> bool {
        let is_plain = object.symbols().is_empty() && self.is_called(id, object.name());
        let callees = self.repository.symbol(id).callees();
        is_plain
            || object.symbols().iter().any(|object| {
                let name = self.repository.dotted_name(*object);
                // A call of a class is one of its constructor.
                let constructor = format!("{name}.__init__");
                callees.iter().any(|callee| *callee == name || *callee == constructor)
            })
    }

    /// Whether a symbol has a call that is written like this.
    fn is_called(&self, id: SymbolId, name: &str) -> bool {
        self.repository.symbol(id).calls.iter().any(|call| call.callee == name)
    }

    /// Whether a symbol's lines call something of this name of which the index does not tell what it is.
    fn may_call(&self, id: SymbolId, object: &Object<'_>) -> bool {
        let (name, last) = (object.name(), object.last_name());
        if name.contains('.') && object.symbols().is_empty() && self.is_applied(id, name) {
            return true;
        }
        let callees = self.repository.symbol(id).callees();
        !is_resolved_elsewhere(&callees, last) && self.is_applied(id, last)
    }

    /// Whether a symbol's lines have a name with an opening bracket after it, other than in its definition.
    fn is_applied(&self, id: SymbolId, name: &str) -> bool {
        let symbol = self.repository.symbol(id);
        let body = self.repository.lines(id.file, symbol.line() + 1, symbol.last());
        let head = self.repository.lines(id.file, symbol.first(), symbol.line());
        let one_line = head.rsplit_once(':').map_or("", |(_, rest)| rest).to_owned();
        is_applied(&body, name) || is_applied(&one_line, name)
    }

    fn mentions(&self, id: SymbolId, object: &Object<'_>) -> bool {
        let words = self.repository.words_of(id);
        words.has_name(object.last_name()) || words.has_value(&Value::str(object.name()))
    }

    fn imports(&self, subject: &Subject, object: &Object<'_>) -> bool {
        let files: BTreeSet<FileId> = match subject {
            Subject::Symbols(ids) => ids.iter().map(|id| id.file).collect(),
            Subject::Files(ids) => ids.iter().copied().collect(),
        };
        let name = object.name();
        let mut targets: Vec<String> = vec![name.to_owned()];
        match object.thing {
            Some(Thing::Symbols(ids)) => {
                targets.extend(ids.iter().map(|id| self.repository.dotted_name(*id)));
            }
            Some(Thing::Files(ids)) => {
                targets.extend(ids.iter().map(|id| self.repository.file(*id).module.clone()));
            }
            Some(Thing::Folder | Thing::Local | Thing::Builtin | Thing::New) | None => {}
        }
        let is_it = |import: &Import| {
            import.name == name
                || import.original.as_deref() == Some(name)
                || targets.iter().any(|target| {
                    let rest = import.target.strip_prefix(target.as_str());
                    !target.is_empty()
                        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                })
        };
        files.iter().any(|file| self.repository.file(*file).imports.iter().any(is_it))
    }

    fn inherits(&self, id: SymbolId, object: &Object<'_>) -> bool {
        self.lineage(id).into_iter().any(|class| {
            self.repository.base_names(class).iter().any(|base| base == object.last_name())
        })
    }

    pub fn takes(&self, id: SymbolId, name: &str) -> bool {
        let has = |id: SymbolId| {
            self.repository.symbol(id).params().iter().any(|param| param.name == name)
        };
        let symbol = self.repository.symbol(id);
        if !symbol.is_class() {
            return symbol.is_callable() && has(id);
        }
        let is_member = |id: &SymbolId| self.repository.symbol(*id).last_name() == name;
        self.constructor(id).map_or_else(|| self.members(id).iter().any(is_member), has)
    }

    fn returns(&self, id: SymbolId, object: &Object<'_>) -> bool {
        let symbol = self.repository.symbol(id);
        let words = self.repository.words_of(id);
        match &object.item.shape {
            Shape::Value(Stated::Value(value)) => {
                let is_plain = matches!(value, Value::None | Value::Bool(_));
                is_plain
                    || words.has_value(value)
                    || self.repository.words_of_module(id.file).has_value(value)
            }
            Shape::Name { .. } | Shape::Call { .. } => {
                let name = object.last_name();
                let is_type =
                    self.repository.lines(id.file, symbol.line(), symbol.line()).contains(name);
                words.has_name(name)
                    || is_type
                    || matches!(object.thing, Some(Thing::Builtin))
                    || !object.symbols().is_empty()
            }
            Shape::Code | Shape::Binding { .. } => true,
            Shape::Value(Stated::Raises { .. }) | Shape::Path { .. } | Shape::Lines(..) => true,
            Shape::Endpoint { .. } | Shape::Method(_) => true,
        }
    }

    /// The callees, exceptions, imports or bases that a subject does have, as a reader is told.
    pub fn instead(&self, relation: Relation, subject: &Subject) -> String {
        let symbols: Vec<SymbolId> = match subject {
            Subject::Symbols(ids) => ids.clone(),
            Subject::Files(_) => Vec::new(),
        };
        let of = |read: fn(&Symbol) -> Vec<String>| -> Vec<String> {
            symbols.iter().flat_map(|id| read(self.repository.symbol(*id))).collect()
        };
        let last = |name: &String| name.rsplit('.').next().unwrap_or(name).to_owned();
        let (verb, mut names) = match relation {
            Relation::Calls | Relation::Uses => (
                "calls",
                of(|symbol| owned(symbol.callees().into_iter())).iter().map(last).collect(),
            ),
            Relation::Raises => (
                "raises",
                of(|symbol| {
                    owned(
                        symbol
                            .entity
                            .raises
                            .iter()
                            .map(|raise| raise.exception.as_str())
                            .filter(|name| !name.is_empty()),
                    )
                }),
            ),
            Relation::Inherits => (
                "inherits from",
                of(|symbol| owned(symbol.entity.bases.iter().map(|base| base.text.as_str()))),
            ),
            Relation::Takes => (
                "takes",
                of(|symbol| owned(symbol.params().iter().map(|param| param.name.as_str()))),
            ),
            Relation::Catches
            | Relation::Imports
            | Relation::Returns
            | Relation::Defines
            | Relation::Handles => {
                return String::new();
            }
        };
        names.dedup();
        names.truncate(6);
        if names.is_empty() {
            let nothing = if relation == Relation::Raises { "nothing" } else { "none" };
            return format!("; it {verb} {nothing}");
        }
        format!("; it {verb} `{}`", names.join("`, `"))
    }
}

/// Whether the index knows a call of this name, which then is of something else.
fn is_resolved_elsewhere(calls: &[&str], name: &str) -> bool {
    calls.iter().any(|callee| callee.rsplit('.').next() == Some(name))
}

fn owned<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    names.map(str::to_owned).collect()
}
