//! What an expression refers to, as far as its own file tells.
//!
//! Invariant: following assignments ends, however they refer to each other.

use ruff_python_ast::{Expr, ExprCall, Operator};

use super::scopes::{Local, Scopes};
use crate::index::entities::Unresolved;
use crate::index::facts::Reference;

/// Assignments that are followed one after the other.
const MAX_STEPS: usize = 8;

impl Scopes<'_> {
    /// What an expression at this place refers to.
    pub fn reference(&self, expr: &Expr) -> Reference {
        self.reference_at(expr, self.frames.len(), MAX_STEPS)
    }

    /// An instance of what an annotation at this place names.
    pub fn annotated(&self, annotation: &Expr) -> Reference {
        self.annotated_at(annotation, self.frames.len())
    }

    fn reference_at(&self, expr: &Expr, depth: usize, steps: usize) -> Reference {
        let Some(steps) = steps.checked_sub(1) else { return Reference::unknown() };
        match expr {
            Expr::Name(name) => self.name(&name.id, depth, steps),
            Expr::Attribute(attribute) => {
                // A chain of attributes is one step.
                self.reference_at(&attribute.value, depth, steps + 1).attribute(&attribute.attr)
            }
            Expr::Call(call) => self.call(call, depth, steps),
            Expr::Await(awaited) => self.reference_at(&awaited.value, depth, steps),
            Expr::Named(named) => self.reference_at(&named.value, depth, steps),
            Expr::StringLiteral(_) | Expr::FString(_) => Reference::Builtin("str"),
            Expr::BytesLiteral(_) => Reference::Builtin("bytes"),
            Expr::List(_) | Expr::ListComp(_) => Reference::Builtin("list"),
            Expr::Dict(_) | Expr::DictComp(_) => Reference::Builtin("dict"),
            Expr::Set(_) | Expr::SetComp(_) => Reference::Builtin("set"),
            Expr::Tuple(_) => Reference::Builtin("tuple"),
            _ => Reference::Unknown(Unresolved::Expression),
        }
    }

    fn call(&self, call: &ExprCall, depth: usize, steps: usize) -> Reference {
        if let Expr::Name(name) = &*call.func
            && self.find(&name.id, depth).is_none()
        {
            match (name.id.as_str(), &*call.arguments.args, self.class()) {
                ("super", [], Some(class)) => return Reference::Super(class),
                // The class that is named is nearly always the own one.
                ("super", [Expr::Name(_), _], Some(class)) => return Reference::Super(class),
                ("type", [Expr::Name(object)], Some(class))
                    if self.name(&object.id, depth, steps) == Reference::Own(class) =>
                {
                    return Reference::OwnClass(class);
                }
                _ => {}
            }
        }
        match self.reference_at(&call.func, depth, steps) {
            Reference::Unknown(why) => Reference::Unknown(why),
            known => Reference::Call(Box::new(known)),
        }
    }

    fn name(&self, name: &str, depth: usize, steps: usize) -> Reference {
        let Some((local, seen_by)) = self.find(name, depth) else {
            return match self.class_that_binds(name, depth) {
                Some(class) => Reference::Symbol(class).attribute(name),
                None => Reference::Name(name.to_owned()),
            };
        };
        match local {
            Local::Known(reference) => reference.clone(),
            Local::Value(value) => self.reference_at(value, seen_by, steps),
            Local::Annotated(annotation) => self.annotated_at(annotation, seen_by),
            Local::Unknown => Reference::unknown(),
            Local::Global => Reference::Name(name.to_owned()),
        }
    }

    fn annotated_at(&self, annotation: &Expr, depth: usize) -> Reference {
        match annotation {
            Expr::Name(name) if name.id.as_str() == "Self" => {
                self.class().map_or(Reference::unknown(), Reference::Own)
            }
            Expr::Name(_) | Expr::Attribute(_) => {
                match self.reference_at(annotation, depth, MAX_STEPS) {
                    Reference::Unknown(why) => Reference::Unknown(why),
                    known => Reference::Instance(Box::new(known)),
                }
            }
            // A quoted annotation.
            Expr::StringLiteral(text) => quoted(text.value.to_str()),
            Expr::BinOp(union) if union.op == Operator::BitOr => {
                match (&*union.left, &*union.right) {
                    (one, Expr::NoneLiteral(_)) | (Expr::NoneLiteral(_), one) => {
                        self.annotated_at(one, depth)
                    }
                    _ => Reference::unknown(),
                }
            }
            Expr::Subscript(generic) => {
                let head = match &*generic.value {
                    Expr::Name(name) => name.id.as_str(),
                    Expr::Attribute(attribute) => attribute.attr.as_str(),
                    _ => "",
                };
                match head {
                    "Optional" | "Annotated" | "Final" | "ClassVar" => match &*generic.slice {
                        Expr::Tuple(tuple) => tuple
                            .iter()
                            .next()
                            .map_or(Reference::unknown(), |first| self.annotated_at(first, depth)),
                        one => self.annotated_at(one, depth),
                    },
                    "type" | "Type" => match &*generic.slice {
                        named @ (Expr::Name(_) | Expr::Attribute(_)) => {
                            self.reference_at(named, depth, MAX_STEPS)
                        }
                        _ => Reference::unknown(),
                    },
                    "Union" | "Callable" | "Literal" => Reference::unknown(),
                    _ => self.annotated_at(&generic.value, depth),
                }
            }
            _ => Reference::unknown(),
        }
    }
}

/// An instance of the class that a quoted annotation names.
fn quoted(text: &str) -> Reference {
    let text = text.trim();
    let text = text.strip_suffix("| None").map_or(text, str::trim_end);
    let mut parts = text.split('.');
    let is_name = |part: &str| crate::python::is_identifier(part);
    match parts.next() {
        Some(first) if is_name(first) => {
            let mut reference = Reference::Name(first.to_owned());
            for part in parts {
                if !is_name(part) {
                    return Reference::unknown();
                }
                reference = reference.attribute(part);
            }
            Reference::Instance(Box::new(reference))
        }
        Some(_) | None => Reference::unknown(),
    }
}
