//! The types of arguments, as far as text can tell them.
//!
//! Invariant: anything that is not understood becomes `Type::Any`; no type is guessed from an
//! unknown name.

use ruff_python_ast::{BoolOp, Expr, Operator};

use super::literal::Reader;
use super::syntax;
use crate::sandbox::value::Value;

/// Types of one union.
const MAX_UNION: usize = 64;

/// What values an argument takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    Any,
    None,
    Bool,
    Int,
    Float,
    Complex,
    Str,
    Bytes,
    List(Box<Type>),
    Set(Box<Type>),
    FrozenSet(Box<Type>),
    /// A tuple with one type for each place.
    Tuple(Vec<Type>),
    /// A tuple of any length.
    TupleOf(Box<Type>),
    Dict(Box<Type>, Box<Type>),
    /// A dictionary with these text keys.
    Record(Vec<(String, Type)>),
    Union(Vec<Type>),
    /// One of these values.
    Literal(Vec<Value>),
    Callable,
    /// Objects that only the source shows how to make.
    Shown,
    /// Instances of a class.
    Instance(Box<Instance>),
}

/// A class as the program names it, and how its instances are made.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    pub class: String,
    pub made: Made,
    /// How an instance is made ready before it is used, if its class has methods for that.
    pub preparation: Option<Preparation>,
}

impl Instance {
    /// A class whose instances are used as they are made.
    pub fn of(class: impl Into<String>, made: Made) -> Self {
        Self { class: class.into(), made, preparation: None }
    }
}

/// What people call on an object before they use it.
#[derive(Debug, Clone, PartialEq)]
pub struct Preparation {
    /// The variable that holds the object.
    pub name: String,
    /// Methods that change it, with their arguments.
    pub methods: Vec<(String, Vec<Field>)>,
}

/// How instances of a class are made.
#[derive(Debug, Clone, PartialEq)]
pub enum Made {
    /// By calling it.
    Call(Vec<Field>),
    /// They are there: the members of an enumeration.
    Members(Vec<String>),
    /// As those of a class of the standard library.
    Library(LibraryClass),
}

/// An argument that makes an instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub name: String,
    pub ty: Type,
    pub is_optional: bool,
    pub is_keyword: bool,
}

/// Classes of the standard library whose instances arguments often are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LibraryClass {
    Date,
    DateTime,
    Time,
    TimeDelta,
    Decimal,
    Fraction,
    Path,
    Pattern,
    TextFile,
    ByteFile,
    Deque,
    Counter,
}

/// Tells the types of names that are not builtin; the name may be dotted.
pub(super) type Names<'n> = &'n dyn Fn(&str) -> Option<Type>;

impl Type {
    /// Reads an annotation as written; iterables and sequences count as lists, unknown names as `Any`.
    pub fn from_annotation(text: &str) -> Self {
        Self::of_annotation(text, &|_| None)
    }

    /// The same where other names are known, too.
    pub(super) fn of_annotation(text: &str, names: Names<'_>) -> Self {
        let text = text.trim();
        syntax::expression(text).map_or(Self::Any, |expr| Self::of_expr(text, &expr, names))
    }

    /// Reads a type as docstrings describe one, such as `list of str, optional` or `int or None`.
    ///
    /// `None` unless the text begins with a word for a type, so that a plain description is not misread.
    pub fn from_prose(text: &str) -> Option<Self> {
        // A type takes few words; the bound also keeps hostile text from nesting.
        let text: String = text.trim().chars().take(200).collect();
        let lower = text.trim_matches(['`', '(', ')', '*', '"']).to_ascii_lowercase();
        let lower =
            lower.split(", optional").next().unwrap_or(&lower).replace("array-like", "list");
        if let Some(first) = lower.split_whitespace().next()
            && let Some(typed) = bracketed(&lower, first)
        {
            return Some(typed);
        }
        if let Some((one, other)) = lower.split_once(" or ")
            && let Some(one) = Self::from_words(one)
        {
            let other = Self::from_prose(other);
            return Some(Self::union([Some(one), other].into_iter().flatten().collect()));
        }
        Self::from_words(&lower)
    }

    /// The type of a value, with the types of elements merged.
    pub fn of_value(value: &Value) -> Self {
        let merged =
            |items: &[Value]| Box::new(Self::union(items.iter().map(Self::of_value).collect()));
        match value {
            Value::None => Self::None,
            Value::Bool(_) => Self::Bool,
            Value::Int(_) => Self::Int,
            Value::Float(_) => Self::Float,
            Value::Complex(..) => Self::Complex,
            Value::Str(_) | Value::EscapedStr(_) => Self::Str,
            Value::Bytes(_) | Value::ByteArray(_) => Self::Bytes,
            Value::List(items) => Self::List(merged(items)),
            Value::Tuple(items) => Self::Tuple(items.iter().map(Self::of_value).collect()),
            Value::Set(items) => Self::Set(merged(items)),
            Value::FrozenSet(items) => Self::FrozenSet(merged(items)),
            Value::Dict(entries) => {
                let types = |part: fn(&(Value, Value)) -> &Value| {
                    Box::new(Self::union(
                        entries.iter().map(|entry| Self::of_value(part(entry))).collect(),
                    ))
                };
                Self::Dict(types(|entry| &entry.0), types(|entry| &entry.1))
            }
            Value::Object(..) | Value::Derived(..) | Value::Opaque(..) | Value::Cycle(_) => {
                Self::Any
            }
        }
    }

    /// A list of one type.
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    /// A dictionary.
    pub fn dict(key: Self, value: Self) -> Self {
        Self::Dict(Box::new(key), Box::new(value))
    }

    /// Any of some types: flat, without repetitions, and no union at all for a single type. Too many are `Any`.
    pub fn union(types: Vec<Self>) -> Self {
        let mut distinct = Vec::new();
        for one in types {
            let parts = if let Self::Union(parts) = one { parts } else { vec![one] };
            for part in parts {
                if !distinct.contains(&part) {
                    distinct.push(part);
                }
                if distinct.len() > MAX_UNION {
                    return Self::Any;
                }
            }
        }
        if distinct.contains(&Self::Any) {
            return Self::Any;
        }
        match distinct.len() {
            0 => Self::Any,
            1 => distinct.remove(0),
            _ => Self::Union(distinct),
        }
    }

    /// The same type with `None` allowed.
    pub fn or_none(self) -> Self {
        if self == Self::Any { self } else { Self::union(vec![self, Self::None]) }
    }

    /// Whether values of the type have a length.
    pub fn is_container(&self) -> bool {
        !matches!(
            self,
            Self::Any
                | Self::None
                | Self::Bool
                | Self::Int
                | Self::Float
                | Self::Complex
                | Self::Callable
                | Self::Instance(_)
                | Self::Union(_)
        )
    }

    /// The more specific of a declared type and one seen in use, if the declaration leaves parts
    /// open.
    pub fn refined_by(self, used: Self) -> Self {
        let any = Self::Any;
        match (self, used) {
            (Self::Any, used) => used,
            (Self::List(element), Self::List(used)) => Self::list(element.refined_by(*used)),
            (Self::Set(element), Self::Set(used)) => Self::Set(Box::new(element.refined_by(*used))),
            (Self::TupleOf(element), used @ Self::Tuple(_)) if *element == any => used,
            (Self::Dict(key, value), used @ (Self::Dict(..) | Self::Record(_)))
                if *key == any && *value == any =>
            {
                used
            }
            (declared, _) => declared,
        }
    }

    pub(super) fn of_expr(source: &str, expr: &Expr, names: Names<'_>) -> Self {
        if let Some(known) = dotted(expr).and_then(|name| names(&name)) {
            return known;
        }
        match expr {
            Expr::Name(name) => Self::of_name(&name.id, &[]),
            Expr::Attribute(attribute) if is_typing_module(&attribute.value) => {
                Self::of_name(&attribute.attr, &[])
            }
            Expr::NoneLiteral(_) => Self::None,
            Expr::StringLiteral(string) => Self::of_annotation(string.value.to_str(), names),
            Expr::BinOp(union) if union.op == Operator::BitOr => Self::union(vec![
                Self::of_expr(source, &union.left, names),
                Self::of_expr(source, &union.right, names),
            ]),
            // `int or None` and `(int, str)` are not annotations, but people write them.
            Expr::BoolOp(union) if union.op == BoolOp::Or => Self::union(
                union.values.iter().map(|part| Self::of_expr(source, part, names)).collect(),
            ),
            Expr::Tuple(union) => Self::union(
                union.elts.iter().map(|part| Self::of_expr(source, part, names)).collect(),
            ),
            Expr::List(list) => match &*list.elts {
                [element] => Self::list(Self::of_expr(source, element, names)),
                _ => Self::list(Self::Any),
            },
            Expr::Subscript(generic) => {
                if let Some(known) = dotted(&generic.value).and_then(|name| names(&name)) {
                    return known;
                }
                let name = match &*generic.value {
                    Expr::Name(name) => name.id.as_str(),
                    Expr::Attribute(attribute) if is_typing_module(&attribute.value) => {
                        attribute.attr.as_str()
                    }
                    _ => return Self::Any,
                };
                let arguments = match &*generic.slice {
                    Expr::Tuple(tuple) => &*tuple.elts,
                    single => std::slice::from_ref(single),
                };
                if name == "Literal" {
                    let reader = Reader { source, json_names: false };
                    let values: Option<Vec<_>> =
                        arguments.iter().map(|argument| reader.value(argument)).collect();
                    return values.map_or(Self::Any, Self::Literal);
                }
                if let ("tuple" | "Tuple", [element, Expr::EllipsisLiteral(_)]) = (name, arguments)
                {
                    return Self::TupleOf(Box::new(Self::of_expr(source, element, names)));
                }
                let arguments: Vec<_> = arguments
                    .iter()
                    .map(|argument| Self::of_expr(source, argument, names))
                    .collect();
                Self::of_name(name, &arguments)
            }
            _ => Self::Any,
        }
    }

    fn of_name(name: &str, arguments: &[Self]) -> Self {
        let argument = |i: usize| Box::new(arguments.get(i).cloned().unwrap_or(Self::Any));
        match name {
            "None" | "NoneType" => Self::None,
            "bool" => Self::Bool,
            "int" | "Integral" | "SupportsInt" | "SupportsIndex" => Self::Int,
            "float" | "Number" | "Real" | "SupportsFloat" => Self::Float,
            "complex" | "Complex" => Self::Complex,
            "str" | "Text" | "AnyStr" | "LiteralString" => Self::Str,
            "bytes" | "bytearray" | "ByteString" => Self::Bytes,
            "list" | "List" | "Sequence" | "MutableSequence" | "Iterable" | "Iterator"
            | "Collection" | "Container" | "Generator" | "Reversible" | "deque" | "Deque" => {
                Self::List(argument(0))
            }
            "set" | "Set" | "AbstractSet" | "MutableSet" => Self::Set(argument(0)),
            "frozenset" | "FrozenSet" => Self::FrozenSet(argument(0)),
            "tuple" | "Tuple" if arguments.is_empty() => Self::TupleOf(Box::new(Self::Any)),
            "tuple" | "Tuple" => Self::Tuple(arguments.to_vec()),
            "Counter" => Self::Dict(argument(0), Box::new(Self::Int)),
            "dict" | "Dict" | "Mapping" | "MutableMapping" | "DefaultDict" | "defaultdict"
            | "OrderedDict" => Self::Dict(argument(0), argument(1)),
            "Callable" => Self::Callable,
            "Optional" => argument(0).or_none(),
            "Union" => Self::union(arguments.to_vec()),
            "Annotated" | "Final" | "ClassVar" | "Required" | "NotRequired" => *argument(0),
            _ => Self::Any,
        }
    }

    fn from_words(text: &str) -> Option<Self> {
        let mut words = text
            .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
            .filter(|word| !word.is_empty())
            .skip_while(|word| QUALIFIERS.contains(word));
        let head = words.next()?;
        let rest: Vec<&str> = words.collect();
        let element = match rest.as_slice() {
            ["of" | "containing", elements @ ..] => {
                Self::from_words(&elements.join(" ")).unwrap_or(Self::Any)
            }
            // A word before a container, such as in `integer list` or `string array`, is its element.
            [container, ..] if LISTS.contains(container) => {
                return Self::from_words(head).filter(|_| !LISTS.contains(&head)).map(Self::list);
            }
            _ => Self::Any,
        };
        Some(match head {
            "int" | "ints" | "integer" | "integers" | "int32" | "int64" | "long" => Self::Int,
            "float" | "floats" | "double" | "real" | "float64" | "decimal" => Self::Float,
            "number" | "numbers" | "numeric" | "scalar" => {
                Self::Union(vec![Self::Int, Self::Float])
            }
            "str" | "strs" | "string" | "strings" | "text" | "char" | "chars" | "character"
            | "characters" | "unicode" | "basestring" => Self::Str,
            "bool" | "bools" | "boolean" | "booleans" => Self::Bool,
            "bytes" | "bytearray" => Self::Bytes,
            "complex" => Self::Complex,
            "none" | "nonetype" => Self::None,
            "set" | "sets" => Self::Set(Box::new(element)),
            "frozenset" => Self::FrozenSet(Box::new(element)),
            "tuple" | "tuples" => Self::TupleOf(Box::new(element)),
            "dict" | "dicts" | "dictionary" | "dictionaries" | "mapping" => {
                Self::dict(Self::Any, Self::Any)
            }
            "callable" | "function" | "func" => Self::Callable,
            head if LISTS.contains(&head) => Self::list(element),
            _ => return None,
        })
    }
}

const LISTS: &[&str] = &[
    "list",
    "lists",
    "array",
    "arrays",
    "array_like",
    "ndarray",
    "sequence",
    "iterable",
    "vector",
    "deque",
];

/// Words before a type that do not change it.
const QUALIFIERS: &[&str] = &[
    "a",
    "an",
    "the",
    "any",
    "one",
    "single",
    "optional",
    "positive",
    "negative",
    "non-negative",
    "nonnegative",
    "natural",
    "input",
    "sorted",
    "unsorted",
    "python",
    "numpy",
    "np",
    "1d",
    "2d",
    "1-d",
    "2-d",
    "non-empty",
    "nonempty",
    "nested",
    "given",
];

/// A first word such as `list[int]` or `dict(str, int)` that is an annotation in itself.
fn bracketed(text: &str, first: &str) -> Option<Type> {
    if !first.contains('[') {
        return None;
    }
    let end = text.rfind(']')? + 1;
    Some(Type::from_annotation(&text[..end])).filter(|typed| *typed != Type::Any)
}

/// A name, or names joined by dots.
pub(super) fn dotted(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => {
            Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr))
        }
        _ => None,
    }
}

fn is_typing_module(expr: &Expr) -> bool {
    match expr {
        Expr::Name(name) => {
            matches!(
                name.id.as_str(),
                "typing"
                    | "typing_extensions"
                    | "t"
                    | "tp"
                    | "collections"
                    | "abc"
                    | "numbers"
                    | "builtins"
            )
        }
        Expr::Attribute(attribute) => attribute.attr.as_str() == "abc",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_of_every_style_are_read() {
        let int = || Type::Int;
        for (text, expected) in [
            ("int", int()),
            ("typing.List[int]", Type::list(int())),
            ("Optional[str]", Type::Union(vec![Type::Str, Type::None])),
            ("int | str | int", Type::Union(vec![Type::Int, Type::Str])),
            ("'Sequence[float]'", Type::list(Type::Float)),
            ("collections.abc.Mapping[str, list]", Type::dict(Type::Str, Type::list(Type::Any))),
            ("tuple[int, ...]", Type::TupleOf(Box::new(int()))),
            ("Tuple[int, str]", Type::Tuple(vec![Type::Int, Type::Str])),
            ("Literal['a', 1]", Type::Literal(vec![Value::str("a"), Value::int(1)])),
            ("Callable[[int], str]", Type::Callable),
            ("[int]", Type::list(int())),
            ("np.ndarray", Type::Any),
            ("Foo | int", Type::Any),
            ("1 +", Type::Any),
        ] {
            assert_eq!(Type::from_annotation(text), expected, "{text}");
        }
    }

    #[test]
    fn prose_that_names_a_type_is_read() {
        for (text, expected) in [
            ("int, optional", Some(Type::Int)),
            ("list of str", Some(Type::list(Type::Str))),
            ("a list of lists of integers", Some(Type::list(Type::list(Type::Int)))),
            ("str or None", Some(Type::Union(vec![Type::Str, Type::None]))),
            ("list[int]", Some(Type::list(Type::Int))),
            ("set of tuples", Some(Type::Set(Box::new(Type::TupleOf(Box::new(Type::Any)))))),
            ("integer quantum number", Some(Type::Int)),
            ("string list", Some(Type::list(Type::Str))),
            ("the opponent", None),
            ("", None),
        ] {
            assert_eq!(Type::from_prose(text), expected, "{text}");
        }
    }

    #[test]
    fn a_declaration_is_refined_only_where_it_is_open() {
        let open = Type::list(Type::Any);
        assert_eq!(open.refined_by(Type::list(Type::Str)), Type::list(Type::Str));
        assert_eq!(Type::Int.refined_by(Type::Str), Type::Int);
        let record = Type::Record(vec![("a".into(), Type::Int)]);
        assert_eq!(Type::dict(Type::Any, Type::Any).refined_by(record.clone()), record);
    }
}
