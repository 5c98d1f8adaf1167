//! The classes that a module defines or imports, as types of arguments: what makes their instances.
//!
//! Invariant: a class is known only if the module's text tells how an instance is made; depth is bounded, since classes hold each other.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprContext, Stmt, StmtClassDef, StmtFunctionDef};

use super::builtins::is_builtin;
use super::changers::changers;
use super::function::{Function, ParamKind};
use super::identifier::is_identifier;
use super::literal;
use super::module::Module;
use super::naming::by_name;
use super::syntax::text;
use super::types::{Field, Instance, LibraryClass, Made, Preparation, Type, dotted};
use crate::sandbox::value::Value;

/// Instances within instances.
const MAX_DEPTH: usize = 3;
/// Arguments of a class; what takes more is not made.
const MAX_FIELDS: usize = 12;

/// Tells the types of a definition's parameters.
pub(super) type Infer = fn(&Classes<'_>, &Module, &Function, &StmtFunctionDef) -> Vec<Type>;

/// The classes of one module.
pub(super) struct Classes<'m> {
    module: &'m Module,
    infer: Infer,
    defined: HashMap<&'m str, &'m StmtClassDef>,
    /// Other names of the module with the expressions that they stand for.
    aliases: HashMap<&'m str, &'m Expr>,
    /// Imported names with what they are called at home.
    imported: HashMap<String, String>,
    depth: Cell<usize>,
}

impl<'m> Classes<'m> {
    /// Looks through a module's top-level statements; `infer` tells the types of a definition's parameters.
    pub(super) fn of(module: &'m Module, infer: Infer) -> Self {
        let mut found = Self {
            module,
            infer,
            defined: HashMap::new(),
            aliases: HashMap::new(),
            imported: HashMap::new(),
            depth: Cell::new(0),
        };
        module.body().iter().for_each(|stmt| found.note(stmt));
        found
    }

    fn note(&mut self, stmt: &'m Stmt) {
        match stmt {
            Stmt::ClassDef(def) => _ = self.defined.insert(&def.name, def),
            Stmt::Assign(assign) => {
                if let [Expr::Name(name)] = &*assign.targets {
                    self.aliases.insert(name.id.as_str(), &assign.value);
                }
            }
            Stmt::TypeAlias(alias) => {
                if let Expr::Name(name) = &*alias.name {
                    self.aliases.insert(name.id.as_str(), &alias.value);
                }
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.imported.insert(name.to_string(), alias.name.to_string());
                }
            }
            Stmt::ImportFrom(import) => {
                let Some(module) = &import.module else { return };
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.imported.insert(name.to_string(), format!("{module}.{}", alias.name));
                }
            }
            Stmt::If(branch) => branch.body.iter().for_each(|stmt| self.note(stmt)),
            Stmt::Try(tried) => tried.body.iter().for_each(|stmt| self.note(stmt)),
            _ => {}
        }
    }

    /// The type that a name stands for.
    pub(super) fn resolve(&self, name: &str) -> Option<Type> {
        if let Some(def) = self.defined.get(name) {
            return self.within(|| self.class(def));
        }
        if let Some(value) = self.aliases.get(name) {
            return self.within(|| self.alias(name, value));
        }
        let (first, rest) = name.split_once('.').map_or((name, ""), |(first, rest)| (first, rest));
        let home = self.imported.get(first)?;
        let home = if rest.is_empty() { home.clone() } else { format!("{home}.{rest}") };
        let made = Made::Library(library_class(&home)?);
        Some(Type::Instance(Box::new(Instance::of(name, made))))
    }

    /// Asks about something that may ask again; what is too deep is left out.
    fn within(&self, ask: impl FnOnce() -> Option<Type>) -> Option<Type> {
        if self.depth.get() == MAX_DEPTH {
            return Some(Type::None);
        }
        self.depth.set(self.depth.get() + 1);
        let found = ask();
        self.depth.set(self.depth.get() - 1);
        found
    }

    /// The class whose instances have all of some attributes; the one with the fewest others.
    pub(super) fn with_attributes(&self, wanted: &BTreeSet<String>) -> Option<Type> {
        let mut fitting: Vec<(usize, u32, &StmtClassDef)> = self
            .defined
            .values()
            .filter(|def| !self.derives_from(def, &ENUMS))
            .map(|def| (self.attributes(def), *def))
            .filter(|(has, _)| wanted.is_subset(has))
            .map(|(has, def)| (has.len(), def.range.start().to_u32(), def))
            .collect();
        fitting.sort_by_key(|&(len, start, _)| (len, start));
        match fitting.first() {
            Some((.., def)) => self.resolve(&def.name),
            None => self.library_with(wanted),
        }
    }

    /// A class of the standard library that the module imports and whose instances have some attributes.
    fn library_with(&self, wanted: &BTreeSet<String>) -> Option<Type> {
        let mut named: Vec<(String, LibraryClass)> = Vec::new();
        for (local, home) in &self.imported {
            if let Some(class) = library_class(home) {
                named.push((local.clone(), class));
            }
            for member in
                ["date", "datetime", "timedelta", "Decimal", "Fraction", "Path", "StringIO"]
            {
                if let Some(class) = library_class(&format!("{home}.{member}")) {
                    named.push((format!("{local}.{member}"), class));
                }
            }
        }
        named.sort_by(|a, b| a.0.cmp(&b.0));
        let has = |class: LibraryClass| {
            let known = attributes_of(class);
            wanted.iter().all(|name| known.contains(&name.as_str()))
        };
        let (class, made) = named.into_iter().find(|(_, class)| has(*class))?;
        Some(Type::Instance(Box::new(Instance::of(class, Made::Library(made)))))
    }

    /// The classes and other names of the module that stand in a type.
    pub(super) fn names_in(&self, ty: &Type, names: &mut BTreeSet<String>) {
        match ty {
            Type::List(element)
            | Type::Set(element)
            | Type::FrozenSet(element)
            | Type::TupleOf(element) => self.names_in(element, names),
            Type::Dict(key, value) => {
                self.names_in(key, names);
                self.names_in(value, names);
            }
            Type::Tuple(parts) | Type::Union(parts) => {
                parts.iter().for_each(|part| self.names_in(part, names));
            }
            Type::Record(fields) => fields.iter().for_each(|(_, ty)| self.names_in(ty, names)),
            Type::Instance(instance) => {
                names.extend(instance.class.split('.').next().map(str::to_owned));
                if let Made::Call(fields) = &instance.made {
                    fields.iter().for_each(|field| self.names_in(&field.ty, names));
                }
            }
            Type::Any
            | Type::None
            | Type::Bool
            | Type::Int
            | Type::Float
            | Type::Complex
            | Type::Str
            | Type::Bytes
            | Type::Literal(_)
            | Type::Callable
            | Type::Shown => {}
        }
    }

    fn alias(&self, name: &str, value: &Expr) -> Option<Type> {
        let source = self.module.source();
        if let Expr::Call(call) = value {
            let function = dotted(&call.func)?;
            let args = &*call.arguments.args;
            return match (function.rsplit('.').next()?, args) {
                ("namedtuple", [_, fields, ..]) => {
                    let names: Vec<String> = match fields {
                        Expr::StringLiteral(names) => {
                            let names = names.value.to_str().replace(',', " ");
                            names.split_whitespace().map(str::to_owned).collect()
                        }
                        other => match literal::parse(&text(source, other))? {
                            Value::List(names) | Value::Tuple(names) => names
                                .into_iter()
                                .filter_map(|name| match name {
                                    Value::Str(name) => Some(name),
                                    _ => None,
                                })
                                .collect(),
                            _ => return None,
                        },
                    };
                    let field = |name: String| Field {
                        ty: by_name(&name).unwrap_or(Type::Int),
                        name,
                        is_optional: false,
                        is_keyword: false,
                    };
                    instance(name, names.into_iter().map(field).collect())
                }
                ("NewType", [_, of]) => Some(Type::of_expr(source, of, &|name| self.resolve(name))),
                ("TypeVar", [_, first, ..]) => {
                    Some(Type::of_expr(source, first, &|name| self.resolve(name)))
                }
                ("TypeVar", _) => Some(Type::Any),
                _ => None,
            };
        }
        let is_type = matches!(
            value,
            Expr::Subscript(_) | Expr::BinOp(_) | Expr::Name(_) | Expr::Attribute(_)
        );
        let found = is_type.then(|| Type::of_expr(source, value, &|name| self.resolve(name)))?;
        Some(found).filter(|found| *found != Type::Any)
    }

    fn class(&self, def: &StmtClassDef) -> Option<Type> {
        if self.derives_from(def, &ENUMS) {
            let members = class_names(def).filter(|name| !name.starts_with('_'));
            let members: Vec<String> = members.map(|name| format!("{}.{name}", def.name)).collect();
            let made = Made::Members(members.clone());
            let class = def.name.to_string();
            return (!members.is_empty())
                .then(|| Type::Instance(Box::new(Instance::of(class, made))));
        }
        if self.derives_from(def, &["TypedDict"]) {
            let fields = self.annotated(def).into_iter().map(|field| (field.name, field.ty));
            return Some(Type::Record(fields.collect()));
        }
        if self.derives_from(def, &["Protocol", "ABC"]) {
            // An instance can only be one of a class that derives from it.
            let derived = self.defined.values().filter(|other| self.has_base(other, &def.name));
            let first = derived.min_by_key(|other| other.range.start())?;
            return self.class(first);
        }
        let is_dataclass = def.decorator_list.iter().any(|decorator| {
            let name = match &decorator.expression {
                Expr::Call(call) => dotted(&call.func),
                other => dotted(other),
            };
            name.is_some_and(|name| name.ends_with("dataclass") || name.ends_with("attrs.define"))
        });
        if is_dataclass || self.derives_from(def, &["NamedTuple"]) {
            return instance(&def.name, self.annotated(def));
        }
        let made = instance(&def.name, self.constructed(def)?)?;
        Some(match made {
            Type::Instance(instance) => {
                let preparation = self.preparation(def);
                Type::Instance(Box::new(Instance { preparation, ..*instance }))
            }
            other => other,
        })
    }

    /// The methods that make an instance ready. What an instance is made with is taken as it is made.
    fn preparation(&self, def: &StmtClassDef) -> Option<Preparation> {
        if self.depth.get() > 1 {
            return None;
        }
        let bases: Vec<&StmtClassDef> = self.bases(def).collect();
        let mut methods: Vec<(String, Vec<Field>)> = Vec::new();
        for method in std::iter::once(def).chain(bases).flat_map(changers) {
            if methods.iter().all(|(known, _)| *known != method.name.as_str()) {
                let fields = self.fields(def, method);
                methods.extend(
                    (fields.len() <= MAX_FIELDS).then(|| (method.name.to_string(), fields)),
                );
            }
        }
        let name = variable(&def.name);
        let name =
            if is_builtin(&name) || !is_identifier(&name) { format!("my_{name}") } else { name };
        let is_free = !self.module.ordinary_names().contains(&name);
        (is_free && !methods.is_empty()).then_some(Preparation { name, methods })
    }

    /// The arguments of a class with an `__init__`, its own or that of a base in the module.
    fn constructed(&self, def: &StmtClassDef) -> Option<Vec<Field>> {
        let init = def.body.iter().find_map(|stmt| match stmt {
            Stmt::FunctionDef(method) if method.name.as_str() == "__init__" => Some(method),
            _ => None,
        });
        let Some(init) = init else {
            return match self.bases(def).next() {
                Some(base) => self.constructed(base),
                // An exception or the like is made by something unknown.
                None if def.bases().iter().any(|base| !matches!(base, Expr::Subscript(_))) => {
                    let is_object = |base: &Expr| dotted(base).as_deref() == Some("object");
                    def.bases().iter().all(is_object).then(Vec::new)
                }
                None => Some(Vec::new()),
            };
        };
        Some(self.fields(def, init))
    }

    /// What a method of a class takes beside its object.
    fn fields(&self, def: &StmtClassDef, method: &StmtFunctionDef) -> Vec<Field> {
        let function = Function::new(method, self.module.source(), 1);
        let found = (self.infer)(self, self.module, &function, method);
        let fields = function.params.iter().zip(found).skip(1).filter(|(param, _)| {
            !matches!(param.kind, ParamKind::VarPositional | ParamKind::VarKeyword)
        });
        let fields = fields.map(|(param, ty)| {
            // `next=None` of a `Node` is another node more often than not.
            let is_link = param.annotation.is_none()
                && LINKS.contains(&param.name.as_str())
                && param.default.as_deref() == Some("None");
            let linked = is_link.then(|| self.resolve(&def.name).map(Type::or_none));
            Field {
                name: param.name.clone(),
                ty: linked.flatten().unwrap_or(ty),
                is_optional: !param.is_required(),
                is_keyword: param.kind == ParamKind::KeywordOnly,
            }
        });
        fields.collect()
    }

    /// The annotated names of a class and its bases, in the order of a dataclass's arguments.
    fn annotated(&self, def: &StmtClassDef) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        for base in self.bases(def) {
            fields.extend(self.annotated(base));
        }
        let source = self.module.source();
        for stmt in &def.body {
            let Stmt::AnnAssign(assign) = stmt else { continue };
            let Expr::Name(name) = &*assign.target else { continue };
            let annotation = text(source, &*assign.annotation);
            let default = assign.value.as_deref().map(|value| text(source, value));
            let is_made = default.as_deref().is_some_and(|default| default.contains("init=False"));
            if annotation.contains("ClassVar") || is_made {
                continue;
            }
            let declared = Type::of_annotation(&annotation, &|name| self.resolve(name));
            let ty = if declared == Type::Any {
                by_name(&name.id).unwrap_or(Type::Int)
            } else {
                declared
            };
            fields.retain(|field| field.name != name.id.as_str());
            fields.push(Field {
                name: name.id.to_string(),
                ty,
                is_optional: default.is_some(),
                is_keyword: false,
            });
        }
        fields
    }

    /// The attributes of a class's instances.
    fn attributes(&self, def: &StmtClassDef) -> BTreeSet<String> {
        let mut found = Attributes(class_names(def).map(str::to_owned).collect());
        found.visit_body(&def.body);
        for base in self.bases(def) {
            found.0.extend(self.attributes(base));
        }
        found.0
    }

    /// The bases that the module defines, other than the class itself.
    fn bases(&self, def: &StmtClassDef) -> impl Iterator<Item = &'m StmtClassDef> {
        let start = def.range.start();
        let names = def.bases().iter().filter_map(dotted);
        let known = names.filter_map(|name| self.defined.get(name.as_str()).copied());
        // A base stands before what derives from it, so that there is no circle.
        known.filter(move |base| base.range.start() < start).collect::<Vec<_>>().into_iter()
    }

    fn has_base(&self, def: &StmtClassDef, name: &str) -> bool {
        def.bases().iter().any(|base| dotted(base).as_deref() == Some(name))
    }

    fn derives_from(&self, def: &StmtClassDef, names: &[&str]) -> bool {
        let is_named = |base: &Expr| {
            let base = if let Expr::Subscript(generic) = base { &generic.value } else { base };
            let last = dotted(base).and_then(|name| name.rsplit('.').next().map(str::to_owned));
            last.is_some_and(|name| names.contains(&name.as_str()))
        };
        def.bases().iter().any(is_named)
            || self.bases(def).any(|base| self.derives_from(base, names))
    }
}

const ENUMS: [&str; 5] = ["Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"];
/// Parameters that hold another object of the same class.
const LINKS: [&str; 7] = ["next", "prev", "left", "right", "child", "next_node", "tail"];

fn instance(class: &str, fields: Vec<Field>) -> Option<Type> {
    let made = Made::Call(fields);
    let is_small = matches!(&made, Made::Call(fields) if fields.len() <= MAX_FIELDS);
    is_small.then(|| Type::Instance(Box::new(Instance::of(class, made))))
}

/// The name that people give an instance of a class: the last word of the class's name.
fn variable(class: &str) -> String {
    let is_start = |(at, c): &(usize, char)| {
        let before = class[..*at].chars().next_back();
        let after = class[at + c.len_utf8()..].chars().next();
        c.is_uppercase()
            && (before.is_some_and(char::is_lowercase) || after.is_some_and(char::is_lowercase))
    };
    let start = class.char_indices().rfind(is_start).map_or(0, |(at, _)| at);
    class[start..].trim_matches('_').to_lowercase()
}

/// Names that a class body binds.
fn class_names(def: &StmtClassDef) -> impl Iterator<Item = &str> {
    def.body.iter().flat_map(|stmt| match stmt {
        Stmt::Assign(assign) => assign
            .targets
            .iter()
            .filter_map(|target| Some(target.as_name_expr()?.id.as_str()))
            .collect(),
        Stmt::AnnAssign(assign) => {
            assign.target.as_name_expr().map(|name| name.id.as_str()).into_iter().collect()
        }
        Stmt::FunctionDef(method) => vec![method.name.as_str()],
        _ => Vec::new(),
    })
}

/// The attributes that methods store into `self`.
struct Attributes(BTreeSet<String>);

impl<'a> Visitor<'a> for Attributes {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Attribute(attribute) = expr
            && attribute.ctx == ExprContext::Store
            && matches!(&*attribute.value, Expr::Name(name) if name.id.as_str() == "self")
        {
            self.0.insert(attribute.attr.to_string());
        }
        visitor::walk_expr(self, expr);
    }
}

fn library_class(home: &str) -> Option<LibraryClass> {
    Some(match home {
        "datetime.date" => LibraryClass::Date,
        "datetime.datetime" => LibraryClass::DateTime,
        "datetime.time" => LibraryClass::Time,
        "datetime.timedelta" => LibraryClass::TimeDelta,
        "decimal.Decimal" => LibraryClass::Decimal,
        "fractions.Fraction" => LibraryClass::Fraction,
        "pathlib.Path" | "pathlib.PurePath" | "pathlib.PurePosixPath" | "pathlib.PosixPath" => {
            LibraryClass::Path
        }
        "re.Pattern" => LibraryClass::Pattern,
        "io.StringIO" => LibraryClass::TextFile,
        "io.BytesIO" => LibraryClass::ByteFile,
        "collections.deque" => LibraryClass::Deque,
        "collections.Counter" => LibraryClass::Counter,
        _ => return None,
    })
}

/// Attributes by which an instance is known.
fn attributes_of(class: LibraryClass) -> &'static [&'static str] {
    match class {
        LibraryClass::Date => &[
            "year",
            "month",
            "day",
            "weekday",
            "isoweekday",
            "isoformat",
            "strftime",
            "toordinal",
            "isocalendar",
            "timetuple",
        ],
        LibraryClass::DateTime => &[
            "year",
            "month",
            "day",
            "hour",
            "minute",
            "second",
            "microsecond",
            "weekday",
            "date",
            "time",
            "isoformat",
            "strftime",
            "timestamp",
            "tzinfo",
            "isoweekday",
        ],
        LibraryClass::TimeDelta => &["days", "seconds", "microseconds", "total_seconds"],
        LibraryClass::Decimal => &["quantize", "as_tuple", "normalize", "sqrt", "is_nan"],
        LibraryClass::Fraction => &["numerator", "denominator", "limit_denominator"],
        LibraryClass::Path => &[
            "name",
            "stem",
            "suffix",
            "suffixes",
            "parent",
            "parts",
            "with_suffix",
            "with_name",
            "joinpath",
            "as_posix",
            "is_absolute",
        ],
        LibraryClass::TextFile | LibraryClass::ByteFile => {
            &["read", "readline", "readlines", "seek", "getvalue", "write"]
        }
        LibraryClass::Pattern
        | LibraryClass::Time
        | LibraryClass::Deque
        | LibraryClass::Counter => &[],
    }
}
