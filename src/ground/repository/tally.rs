//! Counts what texts give numbers of: parameters, callers, subclasses, methods, definitions, lines.
//!
//! Invariant: each way in which something can be counted is given, and none if it cannot be counted at all.

use std::collections::BTreeSet;

use super::file::{Called, Symbol};
use super::items::Item;
use super::known::{FileId, SymbolId};
use super::resolve::Resolver;
use super::shape::Shape;
use crate::index::{Kind, Role};
use crate::python::{Param, ParamKind};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    Parameters,
    Required,
    Optional,
    KeywordOnly,
    PositionalOnly,
    Positional,
    Callers,
    CallSites,
    Subclasses,
    Bases,
    Methods,
    Properties,
    Decorators,
    Definitions,
    Lines,
    Functions,
    Classes,
}

impl Counted {
    pub fn shown(self) -> &'static str {
        match self {
            Self::Parameters => "parameters",
            Self::Required => "required parameters",
            Self::Optional => "parameters with defaults",
            Self::KeywordOnly => "keyword-only parameters",
            Self::PositionalOnly => "positional-only parameters",
            Self::Positional => "positional parameters",
            Self::Callers => "callers",
            Self::CallSites => "calls",
            Self::Subclasses => "subclasses",
            Self::Bases => "base classes",
            Self::Methods => "methods",
            Self::Properties => "properties",
            Self::Decorators => "decorators",
            Self::Definitions => "definitions",
            Self::Lines => "lines",
            Self::Functions => "functions",
            Self::Classes => "classes",
        }
    }
}

impl Resolver<'_> {
    /// How many of something a symbol has, in each way in which they can be counted; none if it cannot have any.
    pub fn count(
        &self,
        id: SymbolId,
        item: &Item,
        counted: Counted,
        file: Option<FileId>,
    ) -> Vec<usize> {
        let symbol = self.repository.symbol(id);
        let params = self.params_of(id);
        let own = params.iter().filter(|param| !["self", "cls"].contains(&param.name.as_str()));
        let own: Vec<&Param> = own.collect();
        let of =
            |test: &dyn Fn(&Param) -> bool| vec![own.iter().filter(|param| test(param)).count()];
        let is_variadic =
            |param: &Param| [ParamKind::VarPositional, ParamKind::VarKeyword].contains(&param.kind);
        // A class may get its constructor from elsewhere.
        let can_be_called = symbol.is_callable() || self.constructor(id).is_some();
        match counted {
            Counted::Parameters if can_be_called => {
                let plain =
                    |params: &[&Param]| params.iter().filter(|param| !is_variadic(param)).count();
                let all: Vec<&Param> = params.iter().collect();
                vec![own.len(), all.len(), plain(&own), plain(&all)]
            }
            Counted::Required if can_be_called => of(&Param::is_required),
            Counted::Optional if can_be_called => of(&|param| param.default.is_some()),
            Counted::KeywordOnly if can_be_called => {
                of(&|param| param.kind == ParamKind::KeywordOnly)
            }
            Counted::PositionalOnly if can_be_called => {
                of(&|param| param.kind == ParamKind::PositionalOnly)
            }
            Counted::Positional if can_be_called => of(&|param| {
                [ParamKind::PositionalOnly, ParamKind::PositionalOrKeyword].contains(&param.kind)
            }),
            Counted::Callers if !symbol.is_value() => self.caller_counts(id),
            Counted::CallSites if !symbol.is_value() => self.site_counts(id),
            Counted::Subclasses if symbol.is_class() => {
                let all = self.subclasses(id);
                let direct = all.iter().filter(|class| self.has_direct_base(**class, id)).count();
                vec![direct, all.len()]
            }
            Counted::Bases if symbol.is_class() => {
                vec![symbol.entity.bases.len(), self.lineage(id).len() - 1]
            }
            Counted::Methods if symbol.is_class() => {
                let members = self.own_members(id);
                let methods: Vec<&str> = members
                    .iter()
                    .map(|id| self.repository.symbol(*id))
                    .filter(|member| member.entity.kind == Kind::Method)
                    .map(Symbol::last_name)
                    .collect();
                let with = |test: fn(&str) -> bool| {
                    methods.iter().filter(|name| test(name)).collect::<BTreeSet<_>>().len()
                };
                vec![
                    methods.len(),
                    with(|_| true),
                    with(|name| !name.starts_with("__")),
                    with(|name| !name.starts_with('_')),
                ]
            }
            Counted::Properties if symbol.is_class() => {
                let members = self.own_members(id).into_iter().map(|id| self.repository.symbol(id));
                let has = |name: &String| name.to_lowercase().ends_with("property");
                vec![members.filter(|member| member.entity.decorators.iter().any(has)).count()]
            }
            Counted::Decorators if !symbol.is_value() => vec![symbol.entity.decorators.len()],
            Counted::Definitions => {
                let Shape::Name { name, .. } = &item.shape else { return Vec::new() };
                let same = self.symbols_anywhere(name).into_iter().filter(|id| {
                    !self.repository.symbol(*id).is_value()
                        && file.is_none_or(|file| id.file == file)
                });
                vec![same.count()]
            }
            Counted::Lines => {
                vec![symbol.last() + 1 - symbol.line(), symbol.last() + 1 - symbol.first()]
            }
            Counted::Parameters
            | Counted::Required
            | Counted::Optional
            | Counted::KeywordOnly
            | Counted::PositionalOnly
            | Counted::Positional
            | Counted::Callers
            | Counted::CallSites
            | Counted::Subclasses
            | Counted::Bases
            | Counted::Methods
            | Counted::Properties
            | Counted::Decorators
            | Counted::Functions
            | Counted::Classes => Vec::new(),
        }
    }

    /// How many functions, classes or lines a file has.
    pub fn count_in(&self, file: FileId, counted: Counted) -> Vec<usize> {
        let symbols: Vec<_> =
            self.repository.symbols_of(file).map(|id| self.repository.symbol(id)).collect();
        let of = |test: &dyn Fn(&&Symbol) -> bool| {
            let top = |symbol: &&Symbol| !symbol.name().contains('.');
            let all = symbols.iter().copied().filter(|symbol| test(symbol));
            vec![all.clone().filter(top).count(), all.count()]
        };
        match counted {
            Counted::Functions => {
                let mut counts = of(&|symbol| symbol.entity.kind == Kind::Function);
                counts.extend(of(&|symbol| symbol.is_callable()));
                counts
            }
            Counted::Classes => of(&|symbol| symbol.is_class()),
            Counted::Lines => vec![self.repository.line_count(file)],
            Counted::Parameters
            | Counted::Required
            | Counted::Optional
            | Counted::KeywordOnly
            | Counted::PositionalOnly
            | Counted::Positional
            | Counted::Callers
            | Counted::CallSites
            | Counted::Subclasses
            | Counted::Bases
            | Counted::Methods
            | Counted::Properties
            | Counted::Decorators
            | Counted::Definitions => Vec::new(),
        }
    }

    /// Callers with and without tests, with and without modules.
    fn caller_counts(&self, id: SymbolId) -> Vec<usize> {
        let callers = self.repository.callers(id);
        let modules = self.repository.module_callers(id).len();
        let plain = callers
            .iter()
            .filter(|id| self.repository.file(id.file).role != Some(Role::Test))
            .count();
        vec![callers.len(), callers.len() + modules, plain, plain + modules]
    }

    fn site_counts(&self, id: SymbolId) -> Vec<usize> {
        let name = self.repository.dotted_name(id);
        let is_it = |call: &&Called| call.target.as_deref() == Some(&*name);
        let of = |id: &SymbolId| self.repository.symbol(*id).calls.iter().filter(is_it).count();
        let within: usize = self.repository.callers(id).iter().map(of).sum();
        let of_file = |id: &FileId| self.repository.file(*id).calls.iter().filter(is_it).count();
        let outside: usize = self.repository.module_callers(id).iter().map(of_file).sum();
        let mut counts = self.caller_counts(id);
        counts.extend([within, within + outside]);
        counts
    }
}
