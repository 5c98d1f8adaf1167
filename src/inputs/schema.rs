//! The JSON Schema that a model's example inputs have to fit, made from what is known of the parameters.
//!
//! Invariant: every part is bounded, so that the longest reply fits in the token limit, and `reply`
//! reads back everything that fits.
//!
//! Only keywords that llama.cpp, xgrammar (vLLM, SGLang), llguidance and OpenAI's strict mode share are used:
//! - Strict mode wants an object at the root, every property required and no others, and knows no `prefixItems` and no map:
//!   a parameter that may be left out is `null`, a tuple of several types is an object by place, a dictionary is a list of pairs.
//! - llama.cpp takes a `pattern` for the raw text between the quotes and then ignores `maxLength`:
//!   the bound is in the pattern, which is anchored and has neither quotes nor backslashes.
//!   `maxLength` is used alone if text needs escapes; strict mode does not document it.
//! - llama.cpp ignores the bounds of `number`, and all but llguidance ignore `uniqueItems`: the
//!   reader does not trust any bound.

mod part;

use serde_json::{Map, Value as Json, json};

use part::{
    ITEM_TOKENS, Part, any_of, array, boolean, choice, integer, list, null, number, object,
    properties, tagged, text,
};

use super::values::fits;
use crate::python::infer::ParamHints;
use crate::python::types::Type;
use crate::python::{Function, Param, ParamKind};
use crate::sandbox::value::Value;

/// The properties of a reply, each a list of calls.
pub(super) const GROUPS: [&str; 3] = ["small", "large", "edge"];
/// Deeper types are not asked for: strict mode takes ten levels of objects, and such values make poor examples.
const MAX_DEPTH: usize = 5;
/// More choices of known values would only repeat what the others show.
const MAX_LITERALS: usize = 16;
/// Longer known texts make poor arguments.
const MAX_LITERAL: usize = 60;
/// What a server may put around the calls: the outer braces, the groups' names, blanks.
const OVERHEAD_TOKENS: usize = 32;
/// The name of a keyword argument.
const KEYWORD: &str = "^[a-z][a-z0-9_]{0,9}$";

/// How large the values of a group are.
#[derive(Clone, Copy)]
struct Size {
    /// Fewest and most items of a container that is an argument itself.
    items: (usize, usize),
    /// Fewest and most characters.
    text: (usize, usize),
    int: (i64, i64),
    float: (f64, f64),
    /// Whether the values are those that the function compares with, if it does.
    known: bool,
    /// Whether `null` may represent a parameter that can be left out.
    absent: bool,
}

/// One for each group: asked for a list of calls, small models repeat one call; sizes that exclude each other hold them apart.
const SIZES: [Size; 3] = [
    Size {
        items: (1, 3),
        text: (0, 10),
        int: (-20, 100),
        float: (-20.0, 100.0),
        known: false,
        absent: true,
    },
    Size {
        items: (3, 8),
        text: (1, 40),
        int: (-1_000_000, 1_000_000),
        float: (-1e6, 1e6),
        known: false,
        absent: false,
    },
    Size {
        items: (0, 2),
        text: (0, 4),
        int: (-2, 2),
        float: (-1.0, 1.0),
        known: true,
        absent: true,
    },
];

/// What the schemas of one function's values depend on besides the types.
struct Outline<'a> {
    size: Size,
    /// Halvings of the containers and texts, so that the reply fits.
    shrink: u32,
    literals: &'a [Value],
    /// Whether the function looks for characters that the plain pattern leaves out.
    escapes: bool,
    /// Whether the function knows of NaN or the infinities.
    non_finite: bool,
}

/// Makes the schema for about `count` calls whose longest reply has at most `max_tokens` tokens, as far as one call leaves room.
///
/// `None` for types that are nested too deep to be asked for.
pub(super) fn calls_schema(
    program: &str,
    function: &Function,
    hints: &[ParamHints],
    count: usize,
    max_tokens: usize,
) -> Option<Json> {
    if hints.iter().any(|hint| depth(&hint.ty) > MAX_DEPTH) {
        return None;
    }
    let budget = max_tokens.saturating_sub(OVERHEAD_TOKENS);
    let non_finite = mentions_non_finite(program);
    let mut groups = Vec::new();
    for shrink in 0..3 {
        groups =
            SIZES.iter().map(|&size| call(function, hints, size, shrink, non_finite)).collect();
        if tokens(&groups, count) <= budget {
            break;
        }
    }
    let count = (1..=count).rev().find(|&count| tokens(&groups, count) <= budget).unwrap_or(1);
    let mut calls = Map::new();
    for (i, (name, Part { schema, .. })) in GROUPS.iter().zip(groups).enumerate() {
        let share = share(count, i);
        if share > 0 {
            calls.insert((*name).to_owned(), array(schema, (share, share)));
        }
    }
    Some(object(calls))
}

/// The calls that the i-th group gets of all; the first ones get what is left over.
fn share(count: usize, i: usize) -> usize {
    (count + GROUPS.len() - 1 - i) / GROUPS.len()
}

fn tokens(groups: &[Part], count: usize) -> usize {
    groups.iter().enumerate().map(|(i, part)| share(count, i) * (part.tokens + ITEM_TOKENS)).sum()
}

/// Whether the program's words tell of NaN or the infinities.
fn mentions_non_finite(program: &str) -> bool {
    program.split(|c: char| !c.is_alphanumeric()).any(|word| {
        matches!(word.to_ascii_lowercase().as_str(), "nan" | "inf" | "isnan" | "isinf" | "isfinite")
    })
}

/// The schema of one call: a property for each parameter.
fn call(
    function: &Function,
    hints: &[ParamHints],
    size: Size,
    shrink: u32,
    non_finite: bool,
) -> Part {
    let mut parts = Vec::new();
    for (param, hint) in function.params.iter().zip(hints) {
        let escapes = hint
            .literals
            .iter()
            .any(|value| matches!(value, Value::Str(text) if !text.chars().all(is_plain)));
        let outline = Outline { size, shrink, literals: &hint.literals, escapes, non_finite };
        parts.push((param.name.clone(), outline.argument(param, &hint.ty)));
    }
    properties(parts)
}

impl Outline<'_> {
    fn argument(&self, param: &Param, ty: &Type) -> Part {
        match (param.kind, ty) {
            (ParamKind::VarKeyword, Type::Dict(_, value)) => {
                self.pairs(text(KEYWORD, 10), self.part(value, 1), 0)
            }
            // Grammars handle required properties best, and strict mode takes no others.
            _ if !param.is_required()
                && param.default.is_some()
                && self.size.absent
                && !takes_none(ty) =>
            {
                any_of(vec![self.part(ty, 0), null()])
            }
            _ => self.part(ty, 0),
        }
    }

    /// The schema of a type at this depth of containers.
    fn part(&self, ty: &Type, depth: usize) -> Part {
        match ty {
            Type::Any => self.anything(depth),
            // A function has no literal.
            Type::None | Type::Callable | Type::Shown | Type::Instance(_) => null(),
            Type::Bool => boolean(),
            Type::Int => self.or_known(ty, integer(self.size.int)),
            Type::Float => self.float(),
            Type::Complex => tagged("complex", list(number(self.size.float), (2, 2))),
            Type::Str => self.or_known(ty, self.text()),
            Type::Bytes => tagged("bytes", self.bytes()),
            Type::List(element)
            | Type::Set(element)
            | Type::FrozenSet(element)
            | Type::TupleOf(element) => list(self.part(element, depth + 1), self.items(depth)),
            Type::Tuple(elements) => self.tuple(elements, depth),
            Type::Dict(key, value) => {
                self.pairs(self.part(key, depth + 1), self.part(value, depth + 1), depth)
            }
            Type::Record(fields) => properties(
                fields.iter().map(|(name, ty)| (name.clone(), self.part(ty, depth + 1))).collect(),
            ),
            Type::Union(members) => {
                let some =
                    members.iter().filter(|member| self.size.absent || **member != Type::None);
                any_of(some.map(|member| self.part(member, depth)).collect())
            }
            Type::Literal(values) => {
                let values: Vec<Json> =
                    values.iter().filter_map(|value| serde_json::to_value(value).ok()).collect();
                choice(values)
            }
        }
    }

    /// In the group that asks for them the values that the function compares with, else the ordinary ones.
    fn or_known(&self, ty: &Type, ordinary: Part) -> Part {
        let short =
            |value: &&Value| value.to_literal().is_some_and(|source| source.len() <= MAX_LITERAL);
        let fitting =
            self.literals.iter().filter(|value| self.size.known && fits(ty, value)).filter(short);
        // Older llama.cpp mistakes the escapes in choices; `text` lets what needs them through.
        let values = fitting
            .filter_map(Value::to_plain_json)
            .filter(|json| !json.to_string().contains('\\'));
        let values: Vec<Json> = values.take(MAX_LITERALS).collect();
        match values.len() {
            0 => ordinary,
            // One value alone would make all calls of the group alike.
            1 => any_of(vec![choice(values), ordinary]),
            _ => choice(values),
        }
    }

    /// A value of unknown type: one of those that arguments most often have.
    fn anything(&self, depth: usize) -> Part {
        let mut choices = vec![number(self.size.float), self.text()];
        if depth == 0 {
            let items = self.items(depth);
            choices.push(list(number(self.size.float), items));
            choices.push(list(self.text(), items));
            choices.push(tagged("dict", self.pairs(self.text(), number(self.size.float), depth)));
            choices.push(boolean());
        }
        self.or_known(&Type::Any, any_of(choices))
    }

    fn float(&self) -> Part {
        let finite = self.or_known(&Type::Float, number(self.size.float));
        if !(self.non_finite && self.size.known) {
            return finite;
        }
        let names = ["nan", "inf", "-inf"].into_iter().map(Json::from).collect();
        any_of(vec![finite, tagged("float", choice(names))])
    }

    fn text(&self) -> Part {
        let (least, most) = self.size.text;
        let most = (most >> self.shrink).max(4);
        match self.escapes {
            // An escape takes two characters or more of the reply.
            true => {
                let schema = json!({"type": "string", "minLength": least, "maxLength": most});
                Part { schema, tokens: 2 * most + 2 }
            }
            // All printable ASCII but the quote and the backslash.
            false => text(&format!("^[ !#-Z^-~\\[\\]]{{{least},{most}}}$"), most),
        }
    }

    fn bytes(&self) -> Part {
        let most = (self.size.text.1 >> self.shrink).clamp(2, 8);
        text(&format!("^([0-9a-f][0-9a-f]){{0,{most}}}$"), 2 * most)
    }

    fn items(&self, depth: usize) -> (usize, usize) {
        let (least, most) = self.size.items;
        let most = (most >> self.shrink).max(2);
        match depth {
            0 => (least.min(most), most),
            // A container of empty containers shows little.
            _ => (least.min(1), (most >> depth).max(2)),
        }
    }

    /// A tuple by its places: an array if they are of one kind, otherwise an object with their
    /// positions as keys.
    fn tuple(&self, elements: &[Type], depth: usize) -> Part {
        let len = elements.len();
        match elements.split_first() {
            None => list(null(), (0, 0)),
            Some((first, others)) if others.iter().all(|other| other == first) => {
                list(self.part(first, depth + 1), (len, len))
            }
            Some(_) => properties(
                elements
                    .iter()
                    .enumerate()
                    .map(|(i, ty)| (i.to_string(), self.part(ty, depth + 1)))
                    .collect(),
            ),
        }
    }

    fn pairs(&self, key: Part, value: Part, depth: usize) -> Part {
        list(
            properties(vec![("key".to_owned(), key), ("value".to_owned(), value)]),
            self.items(depth),
        )
    }
}

/// Whether a character represents itself in the pattern of text.
fn is_plain(c: char) -> bool {
    matches!(c, ' '..='~') && !matches!(c, '"' | '\\')
}

/// Whether `null` is a value of the type.
pub(super) fn takes_none(ty: &Type) -> bool {
    match ty {
        Type::Any | Type::None | Type::Callable | Type::Shown | Type::Instance(_) => true,
        Type::Union(members) => members.iter().any(takes_none),
        Type::Literal(values) => values.contains(&Value::None),
        Type::Bool
        | Type::Int
        | Type::Float
        | Type::Complex
        | Type::Str
        | Type::Bytes
        | Type::List(_)
        | Type::Set(_)
        | Type::FrozenSet(_)
        | Type::Tuple(_)
        | Type::TupleOf(_)
        | Type::Dict(..)
        | Type::Record(_) => false,
    }
}

fn depth(ty: &Type) -> usize {
    match ty {
        Type::Any
        | Type::None
        | Type::Bool
        | Type::Int
        | Type::Float
        | Type::Complex
        | Type::Str
        | Type::Bytes
        | Type::Callable
        | Type::Shown
        | Type::Instance(_)
        | Type::Literal(_) => 0,
        Type::List(element)
        | Type::Set(element)
        | Type::FrozenSet(element)
        | Type::TupleOf(element) => 1 + depth(element),
        Type::Dict(key, value) => 1 + depth(key).max(depth(value)),
        Type::Tuple(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Type::Record(fields) => 1 + fields.iter().map(|(_, ty)| depth(ty)).max().unwrap_or(0),
        Type::Union(members) => members.iter().map(depth).max().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests;
