//! What functions and classes are, as their decorators, bases and bodies show.
//!
//! Invariant: what a decorator or a base from elsewhere may make of something is unknown.

use super::file::Symbol;
use super::known::SymbolId;
use super::resolve::Resolver;
use crate::index::Kind;
use crate::python::builtins::is_builtin;

/// What something can be said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noun {
    Property,
    ClassMethod,
    StaticMethod,
    InstanceMethod,
    Method,
    AbstractMethod,
    ModuleFunction,
    NestedFunction,
    Function,
    Coroutine,
    Asynchronous,
    Synchronous,
    Generator,
    AsyncGenerator,
    ContextManager,
    Class,
    Dataclass,
    Enum,
    NamedTuple,
    TypedDict,
    Protocol,
    Exception,
    AbstractClass,
    Constant,
}

impl Noun {
    pub fn shown(self) -> &'static str {
        match self {
            Self::Property => "a property",
            Self::ClassMethod => "a class method",
            Self::StaticMethod => "a static method",
            Self::InstanceMethod => "an instance method",
            Self::Method => "a method",
            Self::AbstractMethod => "an abstract method",
            Self::ModuleFunction => "a function of the module",
            Self::NestedFunction => "a nested function",
            Self::Function => "a function",
            Self::Coroutine => "a coroutine",
            Self::Asynchronous => "asynchronous",
            Self::Synchronous => "synchronous",
            Self::Generator => "a generator",
            Self::AsyncGenerator => "an asynchronous generator",
            Self::ContextManager => "a context manager",
            Self::Class => "a class",
            Self::Dataclass => "a dataclass",
            Self::Enum => "an enumeration",
            Self::NamedTuple => "a named tuple",
            Self::TypedDict => "a TypedDict",
            Self::Protocol => "a protocol",
            Self::Exception => "an exception",
            Self::AbstractClass => "an abstract class",
            Self::Constant => "a constant",
        }
    }
}

impl Resolver<'_> {
    /// Whether a symbol is what a noun says, if the code tells.
    pub fn is(&self, id: SymbolId, noun: Noun) -> Option<bool> {
        let symbol = self.repository.symbol(id);
        let entity = &symbol.entity;
        let has = |name: &str| symbol.is_decorated(name);
        let is_function = symbol.is_callable();
        let is_static = has("staticmethod") || entity.name == "__new__";
        let is_of_class = has("classmethod")
            || ["__init_subclass__", "__class_getitem__"].contains(&&*entity.name);
        let is_method = entity.kind == Kind::Method;
        match noun {
            // An attribute is called a property, too.
            Noun::Property if !is_function => symbol.is_class().then_some(false),
            Noun::Property => {
                Some(entity.decorators.iter().any(|one| one.to_lowercase().contains("property")))
            }
            Noun::ClassMethod => Some(is_of_class),
            Noun::StaticMethod => Some(is_static),
            Noun::InstanceMethod => Some(is_method && !is_static && !is_of_class),
            Noun::Method => Some(is_method),
            Noun::AbstractMethod => Some(has("abstractmethod")),
            Noun::ModuleFunction => Some(is_function && !symbol.name().contains('.')),
            Noun::NestedFunction => Some(is_function && symbol.name().contains("<locals>")),
            Noun::Function => Some(is_function),
            Noun::Coroutine => Some(is_function && entity.is_async && !entity.is_generator),
            Noun::Asynchronous => is_function.then_some(entity.is_async),
            Noun::Synchronous => is_function.then_some(!entity.is_async),
            Noun::Generator => Some(is_function && entity.is_generator),
            Noun::AsyncGenerator => Some(is_function && entity.is_generator && entity.is_async),
            Noun::ContextManager => self.is_context_manager(id),
            Noun::Class => Some(symbol.is_class()),
            Noun::Dataclass if symbol.is_class() => Some(has("dataclass")),
            Noun::Enum => self.has_base(id, &["Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"]),
            Noun::NamedTuple => self.has_base(id, &["NamedTuple", "namedtuple"]),
            Noun::TypedDict => self.has_base(id, &["TypedDict"]),
            Noun::Protocol => self.has_base(id, &["Protocol"]),
            Noun::Exception => self.is_exception(id),
            Noun::AbstractClass if symbol.is_class() => self.is_abstract(id),
            Noun::Dataclass | Noun::AbstractClass => Some(false),
            Noun::Constant => Some(symbol.is_value()),
        }
    }

    fn is_context_manager(&self, id: SymbolId) -> Option<bool> {
        let symbol = self.repository.symbol(id);
        if symbol.is_callable() {
            let is_it =
                symbol.is_decorated("contextmanager") || symbol.is_decorated("asynccontextmanager");
            // It may return one.
            return is_it.then_some(true).or((symbol.entity.is_generator).then_some(false));
        }
        let enters = |id: &SymbolId| {
            ["__enter__", "__aenter__"].contains(&self.repository.symbol(*id).last_name())
        };
        let holds = self.members(id).iter().any(enters);
        if holds || self.has_foreign_base(id) { holds.then_some(true) } else { Some(false) }
    }

    /// The bases of a class and of those that it inherits from, as they are written.
    fn bases(&self, id: SymbolId) -> Vec<&str> {
        let classes = self.lineage(id).into_iter();
        let bases = classes.flat_map(|id| &self.repository.symbol(id).entity.bases);
        bases.map(|base| base.text.as_str()).collect()
    }

    /// Whether a class has a base that the repository does not define, other than those of the language.
    fn has_foreign_base(&self, id: SymbolId) -> bool {
        const PLAIN: [&str; 10] = [
            "Generic",
            "Protocol",
            "ABC",
            "NamedTuple",
            "TypedDict",
            "Enum",
            "IntEnum",
            "StrEnum",
            "Flag",
            "IntFlag",
        ];
        self.bases(id).into_iter().any(|base| {
            let last = last_of(base);
            !(PLAIN.contains(&last)
                || is_builtin(last)
                || self.repository.named(last).iter().any(|id| self.is_class(*id)))
        })
    }

    fn has_base(&self, id: SymbolId, names: &[&str]) -> Option<bool> {
        let symbol = self.repository.symbol(id);
        if symbol.is_value() {
            // It may be made by a call.
            return None;
        }
        let holds = self.bases(id).into_iter().any(|base| names.contains(&last_of(base)));
        if holds { Some(true) } else { (!self.has_foreign_base(id)).then_some(false) }
    }

    fn is_exception(&self, id: SymbolId) -> Option<bool> {
        let is_known = |base: &str| {
            let last = last_of(base);
            is_builtin(last)
                && (last.ends_with("Error")
                    || last.ends_with("Warning")
                    || last.ends_with("Exception")
                    || ["StopIteration", "SystemExit", "KeyboardInterrupt"].contains(&last))
        };
        let symbol = self.repository.symbol(id);
        match () {
            () if symbol.is_value() => None,
            () if self.bases(id).into_iter().any(is_known) => Some(true),
            () => (!self.has_foreign_base(id)).then_some(false),
        }
    }

    fn is_abstract(&self, id: SymbolId) -> Option<bool> {
        let symbol = self.repository.symbol(id);
        let head = self.repository.lines(id.file, symbol.first(), symbol.line());
        let members = self.members(id);
        let is = |test: &dyn Fn(&Symbol) -> bool| {
            members.iter().any(|id| test(self.repository.symbol(*id)))
        };
        let raises = |member: &Symbol| {
            member.entity.raises.iter().any(|raise| raise.exception == "NotImplementedError")
        };
        match () {
            () if is(&|member| member.is_decorated("abstractmethod")) => Some(true),
            () if self.bases(id).into_iter().any(|base| last_of(base) == "ABC") => Some(true),
            () if head.contains("ABCMeta") => Some(true),
            // It is meant to be one.
            () if is(&raises) || self.has_foreign_base(id) => None,
            () => Some(false),
        }
    }
}

/// The last name of a base as it is written: `Generic` of `typing.Generic[T]`.
fn last_of(base: &str) -> &str {
    let plain = base.split(['[', '(']).next().unwrap_or(base);
    plain.rsplit('.').next().unwrap_or(plain).trim()
}
