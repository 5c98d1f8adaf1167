//! Makes argument values of a type: what people would write first, edge cases among them.
//!
//! Invariant: the same seed gives the same values, and every value can be written as Python.

mod mutate;
mod objects;

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

pub use self::mutate::{in_form, mutate};
use self::objects::object;
use super::matching::Matching;
use super::natural::{self, TextKind};
use crate::python::prepared;
use crate::python::types::Type;
use crate::sandbox::value::{Value, distinct};

const MAX_DEPTH: u32 = 4;
/// Lengths of lists: as people write them first, with an empty and a single one among them.
const LENGTHS: [usize; 10] = [4, 3, 5, 2, 6, 0, 3, 1, 4, 5];
/// Characters of a text that parsers look for; longer ones put together read as noise.
const MAX_PIECE: usize = 4;
/// Distinct keys and members of what has them.
const NODES: [&str; 6] = ["A", "B", "C", "D", "E", "F"];
/// The types that an argument of unknown type most often has. What takes a number takes True as well, which shows less of it.
pub const GUESSES: [fn() -> Type; 8] = [
    || Type::Int,
    || Type::Str,
    || Type::List(Box::new(Type::Int)),
    || Type::List(Box::new(Type::Str)),
    || Type::Dict(Box::new(Type::Str), Box::new(Type::Int)),
    || Type::List(Box::new(Type::List(Box::new(Type::Int)))),
    || Type::Float,
    || Type::List(Box::new(Type::Tuple(vec![Type::Int, Type::Int]))),
];

/// What is known of one parameter beyond its type.
#[derive(Debug, Clone)]
pub struct Taste {
    pub name: String,
    /// What the parameter is compared with, the functions that it may be, and arguments that are shown for it.
    pub literals: Vec<Value>,
    /// What else the program mentions.
    pub others: Vec<Value>,
    pub texts: TextKind,
    pub matching: Vec<Matching>,
    /// Whether the function reads numbers from texts.
    pub reads_numbers: bool,
    /// Whether lists come in order.
    pub is_sorted: bool,
    /// Whether dictionaries are graphs.
    pub is_graph: bool,
}

impl Taste {
    /// The taste of a parameter of which nothing is known but its name.
    #[cfg(test)]
    fn plain(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            literals: Vec::new(),
            others: Vec::new(),
            texts: natural::text_kind(name, "", &[]),
            matching: Vec::new(),
            reads_numbers: false,
            is_sorted: false,
            is_graph: false,
        }
    }

    /// The taste of a part with a name of its own.
    fn of_part(&self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            texts: natural::text_kind(name, "", &[]),
            is_sorted: false,
            is_graph: false,
            ..self.clone()
        }
    }
}

/// Makes the `index`-th value of a type.
pub fn value(ty: &Type, taste: &Taste, index: usize, rng: &mut ChaCha8Rng) -> Value {
    let fitting: Vec<Value> = taste.literals.iter().filter_map(|value| fitted(ty, value)).collect();
    if !fitting.is_empty() && index % 2 == 1 {
        return fitting[(index / 2) % fitting.len()].clone();
    }
    make(ty, taste, index, 0, rng)
}

fn make(ty: &Type, taste: &Taste, index: usize, depth: u32, rng: &mut ChaCha8Rng) -> Value {
    match ty {
        Type::Any => Value::int(natural::int(&taste.name, index, rng)),
        Type::None => Value::None,
        Type::Bool => Value::Bool(index.is_multiple_of(2)),
        Type::Int => Value::int(match depth {
            0 => natural::int(&taste.name, index, rng),
            _ => rng.random_range(if index.is_multiple_of(4) { -9..=9 } else { 1..=30 }),
        }),
        Type::Float => Value::Float(match depth {
            0 => natural::float(&taste.name, index, rng),
            // Two decimals read well and add up to the usual rounding.
            _ => f64::from(rng.random_range(-200..=2_000)) / 10.0,
        }),
        Type::Complex => {
            Value::Complex(f64::from(rng.random_range(-5..=5)), f64::from(rng.random_range(-5..=5)))
        }
        Type::Str => Value::Str(text(taste, index, depth, rng)),
        Type::Bytes => Value::Bytes(text(taste, index, depth, rng).into_bytes()),
        Type::List(element) => Value::List(items(element, taste, index, depth, rng)),
        Type::TupleOf(element) => Value::Tuple(items(element, taste, index, depth, rng)),
        Type::Set(element) => Value::Set(set_items(items(element, taste, index, depth, rng))),
        Type::FrozenSet(element) => {
            Value::FrozenSet(set_items(items(element, taste, index, depth, rng)))
        }
        Type::Tuple(elements) => Value::Tuple(
            elements.iter().map(|element| make(element, taste, index, depth + 1, rng)).collect(),
        ),
        Type::Dict(_, element) if taste.is_graph && depth == 0 => graph(element, index, rng),
        Type::Dict(key, element) => {
            let key = if **key == Type::Any { &Type::Str } else { &**key };
            let keys = set_items(items(key, &taste.of_part("dict_key"), index, depth, rng));
            Value::Dict(
                keys.into_iter()
                    .map(|key| (key, part(element, taste, rng.random_range(0..20), depth, rng)))
                    .collect(),
            )
        }
        Type::Record(fields) => Value::Dict(
            fields
                .iter()
                .map(|(name, ty)| {
                    (Value::str(name), part(ty, &taste.of_part(name), index, depth, rng))
                })
                .collect(),
        ),
        Type::Union(members) => {
            let some: Vec<&Type> = members.iter().filter(|member| **member != Type::None).collect();
            match some.get(index % some.len().max(1)) {
                // Nothing at all is rarely what people pass.
                Some(_) if some.len() < members.len() && index % 6 == 5 => Value::None,
                Some(member) => make(member, taste, index / some.len(), depth, rng),
                None => Value::None,
            }
        }
        Type::Literal(values) => {
            values.get(index % values.len().max(1)).cloned().unwrap_or(Value::None)
        }
        Type::Callable | Type::Shown => {
            let known: Vec<&Value> =
                taste.literals.iter().filter(|value| value.as_expression().is_some()).collect();
            known.get(index % known.len().max(1)).map_or(Value::None, |value| (*value).clone())
        }
        Type::Instance(instance) => object(instance, taste, index, depth, rng),
    }
}

/// A value inside another: a known literal now and then, else as at the top. A container that is known for the whole does not stand
/// within itself.
fn part(ty: &Type, taste: &Taste, index: usize, depth: u32, rng: &mut ChaCha8Rng) -> Value {
    let is_single = |value: &&Value| value.children().next().is_none();
    let known = taste.literals.iter().filter(is_single);
    let fitting: Vec<Value> = known.filter_map(|value| fitted(ty, value)).collect();
    match fitting.choose(rng) {
        Some(value) if *ty != Type::Any && rng.random_bool(0.4) => value.clone(),
        _ => make(ty, taste, index + rng.random_range(0..8), depth + 1, rng),
    }
}

fn items(
    element: &Type,
    taste: &Taste,
    index: usize,
    depth: u32,
    rng: &mut ChaCha8Rng,
) -> Vec<Value> {
    if depth >= MAX_DEPTH {
        return Vec::new();
    }
    let len = match (depth, LENGTHS.get(index)) {
        (0, Some(&len)) => len,
        (0, None) => rng.random_range(2..=6),
        (_, _) => rng.random_range(2..=3),
    };
    let mut made: Vec<Value> =
        (0..len).map(|_| part(element, taste, rng.random_range(0..24), depth, rng)).collect();
    if let Type::List(_) = element {
        level(&mut made);
    }
    if taste.is_sorted && depth == 0 {
        sort(&mut made);
    }
    made
}

/// Makes the rows of a table of one length.
fn level(rows: &mut [Value]) {
    let least = rows.iter().map(row_len).min().unwrap_or_default();
    for row in rows {
        if let Value::List(cells) = row {
            cells.truncate(least.max(1));
        }
    }
}

fn row_len(row: &Value) -> usize {
    if let Value::List(cells) = row { cells.len() } else { 0 }
}

fn sort(items: &mut [Value]) {
    let number = |value: &Value| match value {
        Value::Int(digits) => digits.parse::<f64>().unwrap_or_default(),
        Value::Float(x) => *x,
        _ => 0.0,
    };
    items.sort_by(|a, b| match (a, b) {
        (Value::Str(a), Value::Str(b)) => a.cmp(b),
        (a, b) => number(a).total_cmp(&number(b)),
    });
}

/// The items that a set of these keeps.
fn set_items(mut items: Vec<Value>) -> Vec<Value> {
    if items.iter().any(|item| item.as_expression().is_some()) {
        let mut kept: Vec<Value> = Vec::new();
        for item in items {
            if !kept.contains(&item) {
                kept.push(item);
            }
        }
        return kept;
    }
    items.retain(Value::is_hashable);
    distinct(items).unwrap_or_default()
}

/// A small graph: a dictionary from each node to its neighbours, or to their distances.
fn graph(neighbours: &Type, index: usize, rng: &mut ChaCha8Rng) -> Value {
    let count = [4, 3, 5, 4, 6, 2, 1][index % 7];
    let nodes = &NODES[..count];
    let edges = nodes.iter().enumerate().map(|(i, node)| {
        let targets: Vec<Value> = nodes
            .iter()
            .enumerate()
            .filter(|&(j, _)| j != i && (j == i + 1 || rng.random_bool(0.25)))
            .map(|(_, target)| Value::str(*target))
            .collect();
        let targets = match neighbours {
            Type::Dict(..) | Type::Record(_) => Value::Dict(
                targets
                    .into_iter()
                    .map(|target| (target, Value::int(rng.random_range(1..=9))))
                    .collect(),
            ),
            Type::Set(_) => Value::Set(targets),
            Type::List(pair) if matches!(**pair, Type::Tuple(_)) => Value::List(
                targets
                    .into_iter()
                    .map(|target| Value::Tuple(vec![target, Value::int(rng.random_range(1..=9))]))
                    .collect(),
            ),
            _ => Value::List(targets),
        };
        (Value::str(*node), targets)
    });
    Value::Dict(edges.collect())
}

fn text(taste: &Taste, index: usize, depth: u32, rng: &mut ChaCha8Rng) -> String {
    if let Some(matching) = taste.matching.choose(rng)
        && index % 4 != 3
    {
        return matching.draw(rng);
    }
    if depth == 0 && index == 8 {
        return String::new();
    }
    // Text made of the function's own literals gets further into parsers than noise does.
    let pieces: Vec<&str> = taste
        .literals
        .iter()
        .chain(&taste.others)
        .filter_map(|value| match value {
            Value::Str(text) if text.chars().count() <= MAX_PIECE => Some(text.as_str()),
            _ => None,
        })
        .collect();
    if taste.reads_numbers
        && index % 3 != 2
        && matches!(taste.texts, TextKind::Sentence | TextKind::Word)
    {
        return natural::text(&natural::text_kind("digits", "", &[]), rng.random_range(0..9), rng);
    }
    let index = if depth > 0 { rng.random_range(0..24) } else { index };
    let text = natural::text(&taste.texts, index, rng);
    match pieces.choose(rng) {
        Some(_) if index % 5 == 4 && taste.texts == TextKind::Sentence => {
            let count = rng.random_range(2..=5);
            let chosen: Vec<&str> =
                (0..count).filter_map(|_| pieces.choose(rng).copied()).collect();
            chosen.iter().fold(String::new(), |text, piece| beside(&text, piece))
        }
        Some(piece) if index % 5 == 2 && taste.texts == TextKind::Sentence => {
            let half = text.floor_char_boundary(text.len() / 2);
            match piece.chars().all(char::is_alphanumeric) {
                true => beside(&text, piece),
                false => format!("{}{piece}{}", &text[..half], &text[half..]),
            }
        }
        Some(_) | None => text,
    }
}

/// A text with a piece after it, with a space between words.
fn beside(text: &str, piece: &str) -> String {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let gap = if is_word(text.chars().last()) && is_word(piece.chars().next()) { " " } else { "" };
    format!("{text}{gap}{piece}")
}

/// A value as one of a type, if it is one as far as its outermost parts tell.
pub fn fitted(ty: &Type, value: &Value) -> Option<Value> {
    match (ty, value) {
        // One type an argument: a whole number among floats is written as one.
        (Type::Float, Value::Int(digits)) => digits.parse().ok().map(Value::Float),
        (Type::Any, _) => None,
        (ty, value) => fits(ty, value).then(|| value.clone()),
    }
}

/// Whether a value is of a type, as far as its outermost parts tell.
pub fn fits(ty: &Type, value: &Value) -> bool {
    match (ty, value) {
        (Type::Any, _)
        | (Type::None, Value::None)
        | (Type::Bool, Value::Bool(_))
        | (Type::Int, Value::Int(_))
        | (Type::Float, Value::Float(_) | Value::Int(_))
        | (Type::Str, Value::Str(_))
        | (Type::Bytes, Value::Bytes(_)) => true,
        (Type::Callable, value) => value.as_expression().is_some_and(is_callable),
        (Type::Shown, value) => value.as_expression().is_some(),
        (Type::Instance(instance), value) => value
            .as_expression()
            .and_then(|text| prepared::made_of(text).strip_prefix(instance.class.as_str()))
            .is_some_and(|rest| rest.starts_with(['(', '.'])),
        (Type::List(element), Value::List(items)) | (Type::Set(element), Value::Set(items)) => {
            items.iter().all(|item| fits(element, item))
        }
        (Type::Union(members), value) => members.iter().any(|member| fits(member, value)),
        _ => false,
    }
}

/// Whether an expression is a function by its looks: a name or a lambda.
pub fn is_callable(text: &str) -> bool {
    text.starts_with("lambda") || text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn values_are_of_their_type_and_have_literals() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let ty = Type::Dict(Box::new(Type::Str), Box::new(Type::List(Box::new(Type::Int))));
        for index in 0..50 {
            let made = value(&ty, &Taste::plain("x"), index, &mut rng);
            assert_eq!(made.type_name(), "dict");
            assert!(made.to_literal().is_some());
        }
    }

    #[test]
    fn what_people_write_comes_first_and_an_empty_list_later() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut len =
            |index| match value(&Type::list(Type::Int), &Taste::plain("xs"), index, &mut rng) {
                Value::List(items) => items.len(),
                _ => unreachable!("a list is asked for"),
            };
        assert_eq!((len(0), len(1), len(5)), (4, 3, 0));
    }

    #[test]
    fn words_stay_words_and_marks_are_put_together() {
        assert_eq!(beside("tea", "sky"), "tea sky");
        assert_eq!(beside("1", "+"), "1+");
    }

    #[test]
    fn a_set_is_made_of_the_items_that_python_keeps_in_one() {
        let items = vec![Value::int(1), Value::List(vec![]), Value::Float(1.0), Value::Bool(true)];
        assert_eq!(set_items(items), [Value::int(1)]);
    }
}
