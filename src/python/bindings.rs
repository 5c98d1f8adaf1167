//! What the names and expressions of a function body refer to: parts of parameters, or local values
//! of known type.
//!
//! Invariant: a name refers to a parameter's part only while nothing else has been assigned to it.

use std::collections::HashMap;

use ruff_python_ast::{Expr, ExprCall, Number, UnaryOp};

use super::builtin_uses;
use super::literal::Reader;
use super::shapes::{Hint, MAX_LITERALS, ShapeId, Shapes};
use crate::sandbox::value::Value;

/// What a local name refers to.
#[derive(Debug, Clone)]
pub(super) enum Known {
    Shape(ShapeId),
    /// A local value of which only the type matters.
    Local(Hint),
    /// A local dictionary with these keys.
    Keys(Vec<Value>),
}

/// The meanings of names at one point of a walk.
pub(super) struct Bindings<'s> {
    pub reader: Reader<'s>,
    pub shapes: Shapes,
    pub names: Meanings,
}

/// What each name means at one point of a walk, and what the names of the scopes around it meant outside.
#[derive(Default)]
pub(super) struct Meanings {
    names: HashMap<String, Known>,
    /// What names meant before they were bound or forgotten in a scope, in that order.
    earlier: Vec<(String, Option<Known>)>,
    scopes: usize,
}

impl Meanings {
    pub(super) fn get(&self, name: &str) -> Option<&Known> {
        self.names.get(name)
    }

    /// Gives a name a meaning, or none.
    pub(super) fn set(&mut self, name: &str, known: Option<Known>) {
        let earlier = match known {
            Some(known) => self.names.insert(name.to_owned(), known),
            None => self.names.remove(name),
        };
        if self.scopes > 0 {
            self.earlier.push((name.to_owned(), earlier));
        }
    }

    /// Begins a scope; the result is for `leave`.
    pub(super) fn enter(&mut self) -> usize {
        self.scopes += 1;
        self.earlier.len()
    }

    /// Ends a scope: all names mean again what they meant when it began.
    pub(super) fn leave(&mut self, entered: usize) {
        self.scopes -= 1;
        for (name, known) in self.earlier.drain(entered..).rev() {
            match known {
                Some(known) => drop(self.names.insert(name, known)),
                None => drop(self.names.remove(&name)),
            }
        }
    }
}

impl Bindings<'_> {
    /// The shape that an expression refers to.
    pub(super) fn shape(&mut self, expr: &Expr) -> Option<ShapeId> {
        match expr {
            Expr::Name(name) => match self.names.get(name.id.as_str())? {
                Known::Shape(shape) => Some(*shape),
                Known::Local(_) | Known::Keys(_) => None,
            },
            Expr::Subscript(subscript) => {
                let of = self.shape(&subscript.value)?;
                match &*subscript.slice {
                    Expr::StringLiteral(key) => Some(self.shapes.field(of, key.value.to_str())),
                    Expr::Slice(_) => Some(of),
                    Expr::Tuple(_) => None,
                    _ => Some(self.shapes.element(of)),
                }
            }
            Expr::Call(call) => self.result(call),
            Expr::Named(named) => self.shape(&named.value),
            _ => None,
        }
    }

    /// The shape of what a call gives back, for methods that hand out parts of their object.
    fn result(&mut self, call: &ExprCall) -> Option<ShapeId> {
        let Expr::Attribute(method) = &*call.func else { return None };
        let of = self.shape(&method.value)?;
        match (method.attr.as_str(), &*call.arguments.args) {
            ("get" | "pop" | "setdefault", [Expr::StringLiteral(key), ..]) => {
                Some(self.shapes.field(of, key.value.to_str()))
            }
            ("get" | "setdefault", [_, ..]) | ("pop" | "popleft", []) => {
                Some(self.shapes.element(of))
            }
            (name, _) if name == "copy" || builtin_uses::gives_text(name) => Some(of),
            _ => None,
        }
    }

    /// The shape of what iterating over an expression yields.
    pub(super) fn iterated(&mut self, iterable: &Expr) -> Option<ShapeId> {
        if let Some(of) = self.shape(iterable) {
            self.shapes.hint(of, Hint::Sequence);
            return Some(self.shapes.element(of));
        }
        let Expr::Call(call) = iterable else { return None };
        match (&*call.func, &*call.arguments.args) {
            (Expr::Name(function), [inner, ..]) if builtin_uses::keeps_elements(&function.id) => {
                self.iterated(inner)
            }
            (Expr::Attribute(method), []) => {
                let of = self.shape(&method.value)?;
                match method.attr.as_str() {
                    "keys" => Some(self.shapes.key(of)),
                    "values" => Some(self.shapes.element(of)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Binds the target of a loop.
    pub(super) fn bind_iterated(&mut self, target: &Expr, iterable: &Expr) {
        if let Expr::Call(call) = iterable
            && let Expr::Tuple(parts) = target
        {
            match (&*call.func, &*call.arguments.args, &*parts.elts) {
                (Expr::Name(function), [inner, ..], [counter, element])
                    if function.id.as_str() == "enumerate" =>
                {
                    self.bind(counter, Some(Known::Local(Hint::Int)));
                    let element_shape = self.iterated(inner).map(Known::Shape);
                    return self.bind(element, element_shape);
                }
                (Expr::Name(function), iterables, targets) if function.id.as_str() == "zip" => {
                    for (target, iterable) in targets.iter().zip(iterables) {
                        self.bind_iterated(target, iterable);
                    }
                    return;
                }
                (Expr::Attribute(method), [], [key, value]) if method.attr.as_str() == "items" => {
                    if let Some(of) = self.shape(&method.value) {
                        let (key_shape, value_shape) =
                            (self.shapes.key(of), self.shapes.element(of));
                        self.bind(key, Some(Known::Shape(key_shape)));
                        return self.bind(value, Some(Known::Shape(value_shape)));
                    }
                }
                _ => {}
            }
        }
        let is_range = |call: &ExprCall| matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "range");
        let known = match iterable {
            Expr::Call(call) if is_range(call) => Some(Known::Local(Hint::Int)),
            _ => self.iterated(iterable).map(Known::Shape),
        };
        self.bind(target, known);
    }

    /// Makes a target refer to something known, or to something unknown.
    fn bind(&mut self, target: &Expr, known: Option<Known>) {
        match target {
            Expr::Name(name) => self.names.set(&name.id, known),
            Expr::Tuple(_) | Expr::List(_) => {
                let targets = if let Expr::Tuple(tuple) = target { &tuple.elts } else { return };
                // With a starred target the number of parts is open.
                let whole = match known {
                    Some(Known::Shape(shape)) if !targets.iter().any(Expr::is_starred_expr) => {
                        Some(shape)
                    }
                    Some(Known::Shape(_) | Known::Local(_) | Known::Keys(_)) | None => None,
                };
                for (i, target) in targets.iter().enumerate() {
                    let part = whole.map(|shape| Known::Shape(self.shapes.part(shape, i)));
                    self.bind(target, part);
                }
            }
            Expr::Starred(starred) => self.bind(&starred.value, None),
            _ => {}
        }
    }

    pub(super) fn assign(&mut self, target: &Expr, value: &Expr) {
        if let (Expr::Tuple(targets), Expr::Tuple(values)) = (target, value)
            && targets.elts.len() == values.elts.len()
        {
            // All values are read before any target is bound.
            let known: Vec<_> = values.elts.iter().map(|value| self.known(value)).collect();
            for (target, known) in targets.elts.iter().zip(known) {
                self.bind(target, known);
            }
            return;
        }
        let known = self.known(value);
        self.bind(target, known);
    }

    fn known(&mut self, value: &Expr) -> Option<Known> {
        if let Some(shape) = self.shape(value) {
            return Some(Known::Shape(shape));
        }
        if let Expr::Dict(dict) = value {
            let keys = dict
                .items
                .iter()
                .filter_map(|item| self.reader.value(item.key.as_ref()?))
                .take(MAX_LITERALS)
                .collect();
            return Some(Known::Keys(keys));
        }
        self.type_of(value).map(Known::Local)
    }

    /// The type of an expression that is not part of a parameter.
    pub(super) fn type_of(&self, expr: &Expr) -> Option<Hint> {
        Some(match expr {
            Expr::NumberLiteral(number) => match number.value {
                Number::Int(_) => Hint::Int,
                Number::Float(_) => Hint::Float,
                Number::Complex { .. } => Hint::Complex,
            },
            Expr::StringLiteral(_) | Expr::FString(_) => Hint::Str,
            Expr::BytesLiteral(_) => Hint::Bytes,
            Expr::BooleanLiteral(_) => Hint::Bool,
            Expr::NoneLiteral(_) => Hint::None,
            Expr::List(_) | Expr::ListComp(_) => Hint::List,
            Expr::Tuple(_) => Hint::Tuple,
            Expr::Set(_) | Expr::SetComp(_) => Hint::Set,
            Expr::Dict(_) | Expr::DictComp(_) => Hint::Dict,
            Expr::UnaryOp(unary) if unary.op != UnaryOp::Not => self.type_of(&unary.operand)?,
            Expr::BinOp(binary) => {
                match (self.type_of(&binary.left), self.type_of(&binary.right)) {
                    (Some(Hint::Float), _) | (_, Some(Hint::Float)) => Hint::Float,
                    (Some(one), _) | (None, Some(one)) => one,
                    (None, None) => return None,
                }
            }
            Expr::Name(name) => match self.names.get(name.id.as_str())? {
                Known::Local(hint) => *hint,
                Known::Keys(_) => Hint::Dict,
                Known::Shape(_) => return None,
            },
            Expr::Call(call) => match &*call.func {
                Expr::Name(function) => builtin_uses::result_type(&function.id)?,
                Expr::Attribute(method) if builtin_uses::gives_text(&method.attr) => Hint::Str,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// The keys of a dictionary written out in the function.
    pub(super) fn keys_of(&self, container: &Expr) -> Vec<Value> {
        if let Expr::Name(name) = container
            && let Some(Known::Keys(keys)) = self.names.get(name.id.as_str())
        {
            return keys.clone();
        }
        if let Some(Value::Dict(entries)) = self.reader.value(container) {
            entries.into_iter().map(|(key, _)| key).collect()
        } else {
            Vec::new()
        }
    }
}
