//! Evidence about values and what they contain: the notes from which types are concluded.
//!
//! Invariant: shapes form trees rooted at parameters, at most `MAX_DEPTH` deep (what is deeper falls into one sink that
//! has no children), so that concluding a type terminates.

use std::collections::{BTreeMap, BTreeSet};

use super::naming::by_name;
use super::types::Type;
use crate::sandbox::value::Value;

/// Levels of containers inside a parameter that are distinguished.
const MAX_DEPTH: usize = 4;
/// Literals that are kept of one parameter; a search tries fewer.
pub(super) const MAX_LITERALS: usize = 200;
/// Keys or parts of one value that are distinguished.
const MAX_PARTS: usize = 256;

/// One thing that a use says about a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hint {
    None,
    Bool,
    Int,
    Float,
    Complex,
    /// Takes part in arithmetic; an integer unless something says float.
    Number,
    Str,
    Bytes,
    List,
    Tuple,
    Set,
    Dict,
    Callable,
    /// Has attributes that no built-in type has.
    Object,
    /// Is indexed by position, iterated or measured: a list unless its elements look like characters.
    Sequence,
}

/// A place in the tree of shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ShapeId(usize);

/// What is known of one value.
#[derive(Debug, Clone, Default)]
struct Shape {
    depth: usize,
    hints: BTreeMap<Hint, usize>,
    literals: Vec<Value>,
    element: Option<ShapeId>,
    key: Option<ShapeId>,
    /// Values under known text keys.
    fields: Vec<(String, ShapeId)>,
    /// Parts that the value is unpacked into.
    parts: Vec<ShapeId>,
    /// Attributes and methods that no builtin type has.
    attributes: BTreeSet<String>,
    /// How it is called first.
    called: Option<Called>,
    /// Whether the program asks for its type, and so takes several.
    is_checked: bool,
}

/// What a value that is called is given.
#[derive(Debug, Clone)]
pub(super) struct Called {
    pub args: Vec<Given>,
    /// Whether only the truth of the result counts.
    pub is_condition: bool,
}

/// One argument of such a call.
#[derive(Debug, Clone, Copy)]
pub(super) enum Given {
    Shape(ShapeId),
    Local(Hint),
    Unknown,
}

/// Tells the class whose instances have some attributes.
pub(super) type Objects<'o> = &'o dyn Fn(&BTreeSet<String>) -> Option<Type>;

/// The shapes of all parameters of a function.
#[derive(Debug, Clone)]
pub(super) struct Shapes(Vec<Shape>);

/// Takes every hint about what is too deep to matter.
const SINK: ShapeId = ShapeId(0);

impl Shapes {
    /// No parameters yet.
    pub(super) fn new() -> Self {
        Self(vec![Shape { depth: MAX_DEPTH, ..Shape::default() }])
    }

    /// Makes the root shape of a parameter.
    pub(super) fn root(&mut self) -> ShapeId {
        self.make(0)
    }

    /// Notes a hint.
    pub(super) fn hint(&mut self, at: ShapeId, hint: Hint) {
        *self.0[at.0].hints.entry(hint).or_default() += 1;
    }

    /// Notes that the program asks for the type of a value.
    pub(super) fn checked(&mut self, at: ShapeId) {
        self.0[at.0].is_checked = at != SINK;
    }

    /// Notes an attribute that the program asks for.
    pub(super) fn attribute(&mut self, at: ShapeId, name: &str) {
        let attributes = &mut self.0[at.0].attributes;
        if attributes.len() < MAX_PARTS {
            attributes.insert(name.to_owned());
        }
    }

    /// Notes how a value is called.
    pub(super) fn called(&mut self, at: ShapeId, called: Called) {
        self.0[at.0].called.get_or_insert(called);
    }

    /// The types of what a value is called with, and whether only the truth of the result counts.
    pub(super) fn call_of(&self, at: ShapeId, objects: Objects<'_>) -> Option<(Vec<Type>, bool)> {
        let called = self.0[at.0].called.as_ref()?;
        let of_hint = |hint: Hint| match hint {
            Hint::Int | Hint::Number => Type::Int,
            Hint::Float => Type::Float,
            Hint::Str => Type::Str,
            Hint::List | Hint::Sequence => Type::list(Type::Any),
            _ => Type::Any,
        };
        let given = called.args.iter().map(|given| match given {
            Given::Shape(shape) => self.conclude(*shape, None, objects),
            Given::Local(hint) => of_hint(*hint),
            Given::Unknown => Type::Any,
        });
        Some((given.collect(), called.is_condition))
    }

    /// Notes a value that the program compares with; a literal also shows the type.
    pub(super) fn literal(&mut self, at: ShapeId, value: Value) {
        let shape = &mut self.0[at.0];
        if shape.literals.len() < MAX_LITERALS && !shape.literals.contains(&value) {
            shape.literals.push(value);
        }
    }

    /// The shape of the elements (of a dictionary: of the values).
    pub(super) fn element(&mut self, of: ShapeId) -> ShapeId {
        match self.0[of.0].element {
            Some(element) => element,
            None => {
                let element = self.child(of);
                self.0[of.0].element = (of != SINK).then_some(element);
                element
            }
        }
    }

    /// The shape of a dictionary's keys.
    pub(super) fn key(&mut self, of: ShapeId) -> ShapeId {
        match self.0[of.0].key {
            Some(key) => key,
            None => {
                let key = self.child(of);
                self.0[of.0].key = (of != SINK).then_some(key);
                key
            }
        }
    }

    /// The shape of the value under a text key.
    pub(super) fn field(&mut self, of: ShapeId, name: &str) -> ShapeId {
        if let Some((_, field)) = self.0[of.0].fields.iter().find(|(known, _)| known == name) {
            return *field;
        }
        if of == SINK || self.0[of.0].fields.len() == MAX_PARTS {
            return SINK;
        }
        let field = self.child(of);
        self.0[of.0].fields.push((name.to_owned(), field));
        field
    }

    /// The shape of one of the parts that a value is unpacked into.
    pub(super) fn part(&mut self, of: ShapeId, index: usize) -> ShapeId {
        if of == SINK || index >= MAX_PARTS {
            return SINK;
        }
        while self.0[of.0].parts.len() <= index {
            let part = self.child(of);
            self.0[of.0].parts.push(part);
        }
        self.0[of.0].parts[index]
    }

    /// Every literal noted in a tree of shapes, outermost first.
    pub(super) fn literals(&self, root: ShapeId) -> Vec<Value> {
        let mut found: Vec<Value> = Vec::new();
        let mut open = vec![root];
        let mut seen = vec![false; self.0.len()];
        while let Some(id) = open.pop() {
            if std::mem::replace(&mut seen[id.0], true) {
                continue;
            }
            let shape = &self.0[id.0];
            for value in &shape.literals {
                if found.len() == MAX_LITERALS {
                    return found;
                }
                if !found.contains(value) {
                    found.push(value.clone());
                }
            }
            open.extend(shape.parts.iter().rev());
            open.extend(shape.fields.iter().rev().map(|(_, field)| field));
            open.extend(shape.element.iter().chain(&shape.key));
        }
        found
    }

    /// Concludes a type; `named` is the type that the name suggests, used if the uses leave a
    /// choice.
    pub(super) fn conclude(&self, id: ShapeId, named: Option<Type>, objects: Objects<'_>) -> Type {
        if id == SINK {
            return Type::Any;
        }
        let shape = &self.0[id.0];
        let seen = |hint| shape.hints.contains_key(&hint);
        let known = self
            .certain(shape, objects)
            .or_else(|| self.sequence(shape, named.as_ref(), objects))
            .or(named);
        let known = known.map(|known| match known {
            known @ (Type::Any | Type::Union(_)) => known,
            // What else there is gets the other way.
            known if shape.is_checked => {
                let other =
                    if matches!(known, Type::Int | Type::Float) { Type::Str } else { Type::Int };
                Type::union(vec![known, other])
            }
            known => known,
        });
        match known {
            Some(known) if seen(Hint::None) => known.or_none(),
            Some(known) => known,
            None if seen(Hint::None) => Type::None,
            None => Type::Any,
        }
    }

    /// The type that definite uses tell.
    fn certain(&self, shape: &Shape, objects: Objects<'_>) -> Option<Type> {
        if !shape.attributes.is_empty()
            && let Some(found) = objects(&shape.attributes)
        {
            return Some(found);
        }
        let count = |hint: Hint| shape.hints.get(&hint).copied().unwrap_or(0);
        let inner =
            |id: Option<ShapeId>| id.map_or(Type::Any, |id| self.conclude(id, None, objects));
        let keyed = count(Hint::Dict);
        if keyed > 0 && keyed >= count(Hint::List).max(count(Hint::Str)) || !shape.fields.is_empty()
        {
            if !shape.fields.is_empty() {
                let field = |(name, id): &(String, ShapeId)| {
                    (name.clone(), self.conclude(*id, by_name(name), objects))
                };
                return Some(Type::Record(shape.fields.iter().map(field).collect()));
            }
            return Some(Type::dict(inner(shape.key), inner(shape.element)));
        }
        let (list, text) = (count(Hint::List), count(Hint::Str));
        if list > 0 && list >= text {
            return Some(Type::list(self.element_type(shape, objects)));
        }
        if count(Hint::Set) > 0 {
            return Some(Type::Set(Box::new(inner(shape.element))));
        }
        let mut scalars = Vec::new();
        if text > 0 {
            scalars.push(Type::Str);
        }
        if count(Hint::Complex) > 0 {
            scalars.push(Type::Complex);
        } else if count(Hint::Float) > 0 {
            scalars.push(Type::Float);
        } else if count(Hint::Int) + count(Hint::Number) > 0 {
            scalars.push(Type::Int);
        }
        if !scalars.is_empty() && shape.parts.is_empty() {
            return Some(Type::union(scalars));
        }
        if !shape.parts.is_empty() {
            return Some(Type::Tuple(
                shape.parts.iter().map(|part| self.conclude(*part, None, objects)).collect(),
            ));
        }
        let rest = [
            (Hint::Tuple, Type::TupleOf(Box::new(inner(shape.element)))),
            (Hint::Bytes, Type::Bytes),
            (Hint::Callable, Type::Callable),
            (Hint::Object, Type::Any),
            (Hint::Bool, Type::Bool),
        ];
        rest.into_iter().find(|(hint, _)| count(*hint) > 0).map(|(_, found)| found)
    }

    /// The type of something indexed, iterated or measured.
    fn sequence(&self, shape: &Shape, named: Option<&Type>, objects: Objects<'_>) -> Option<Type> {
        if !shape.hints.contains_key(&Hint::Sequence) && shape.element.is_none() {
            return None;
        }
        let element = self.element_type(shape, objects);
        let single = |value: &Value| matches!(value, Value::Str(text) if text.chars().count() == 1);
        let characters = shape.element.is_some_and(|id| self.0[id.0].literals.iter().any(single));
        Some(match (element, named) {
            (Type::List(inner), Some(Type::List(words)))
                if *inner == Type::Any && **words == Type::Str =>
            {
                Type::list(Type::Str)
            }
            (Type::Str, Some(Type::List(_))) => Type::list(Type::Str),
            (Type::Str, Some(Type::Str)) => Type::Str,
            (Type::Str, _) if characters => Type::Str,
            (Type::Any, Some(named)) if named.is_container() => named.clone(),
            (element, _) => Type::list(element),
        })
    }

    fn element_type(&self, shape: &Shape, objects: Objects<'_>) -> Type {
        shape.element.map_or(Type::Any, |id| self.conclude(id, None, objects))
    }

    fn child(&mut self, of: ShapeId) -> ShapeId {
        let depth = self.0[of.0].depth + 1;
        if depth > MAX_DEPTH { SINK } else { self.make(depth) }
    }

    fn make(&mut self, depth: usize) -> ShapeId {
        self.0.push(Shape { depth, ..Shape::default() });
        ShapeId(self.0.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_deep_falls_into_the_sink() {
        let mut shapes = Shapes::new();
        let root = shapes.root();
        let mut deep = root;
        for _ in 0..100_000 {
            deep = shapes.element(deep);
            shapes.hint(deep, Hint::Sequence);
        }
        assert_eq!((deep, shapes.part(deep, 3), shapes.field(deep, "a")), (SINK, SINK, SINK));
        let mut concluded = shapes.conclude(root, None, &|_| None);
        let mut levels = 0;
        while let Type::List(element) = concluded {
            concluded = *element;
            levels += 1;
        }
        assert_eq!((levels, concluded), (MAX_DEPTH + 1, Type::Any));
    }

    #[test]
    fn known_keys_make_a_record() {
        let mut shapes = Shapes::new();
        let root = shapes.root();
        let rank = shapes.field(root, "rank");
        shapes.hint(rank, Hint::Str);
        shapes.hint(rank, Hint::Number);
        let either = Type::Union(vec![Type::Str, Type::Int]);
        assert_eq!(
            shapes.conclude(root, None, &|_| None),
            Type::Record(vec![("rank".into(), either)])
        );
    }
}
