//! Objects that statements make ready, as one expression: `(stack := Stack(), stack.push(4))[0]` is a stack with a number on it.
//!
//! Invariant: each step calls a method of the object itself, in the order in which statements would.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Number};

use super::is_identifier;
use super::literal;
use super::syntax::{expression, span_of};
use crate::sandbox::value::Value;

/// What takes the object out of what it and the steps give.
const END: &str = ")[0]";

/// An object and what was called on it.
#[derive(Debug, Clone, Copy)]
pub struct Prepared<'e> {
    pub name: &'e str,
    /// What makes the object.
    pub made: &'e Expr,
    /// The calls of its methods.
    pub steps: &'e [Expr],
}

/// Reads an expression as an object that is made ready.
pub fn prepared(expr: &Expr) -> Option<Prepared<'_>> {
    let Expr::Subscript(first) = expr else { return None };
    let Expr::Tuple(parts) = &*first.value else { return None };
    let [Expr::Named(object), steps @ ..] = &*parts.elts else { return None };
    let name = object.target.as_name_expr()?.id.as_str();
    let is_first = matches!(&*first.slice, Expr::NumberLiteral(number)
        if matches!(&number.value, Number::Int(int) if *int == 0));
    let all_steps = !steps.is_empty() && steps.iter().all(|step| is_step(step, name));
    (is_first && all_steps).then_some(Prepared { name, made: &object.value, steps })
}

/// Whether an expression calls a method of what has a name.
pub fn is_step(expr: &Expr, name: &str) -> bool {
    let Expr::Call(call) = expr else { return false };
    let Expr::Attribute(method) = &*call.func else { return false };
    matches!(&*method.value, Expr::Name(object) if object.id.as_str() == name)
}

/// What makes the object of an expression's text, if the text is one of an object that is made ready; else the text.
pub fn made_of(text: &str) -> &str {
    let made = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(END)?.split_once(" := "));
    made.filter(|(name, _)| is_identifier(name)).map_or(text, |(_, made)| made)
}

/// What an object was given when it was made ready: the literal arguments of its steps; empty if the text is not such an object.
pub fn given_to(text: &str) -> Vec<Value> {
    let Some(expr) = parsed(text) else { return Vec::new() };
    let steps = prepared(&expr).map_or(&[][..], |object| object.steps);
    let arguments =
        steps.iter().filter_map(Expr::as_call_expr).flat_map(|step| &*step.arguments.args);
    arguments.filter_map(|argument| literal::parse(text.get(span_of(argument))?)).collect()
}

/// The methods that make objects in a call's arguments ready, each after its class: `Stack.push`.
pub fn methods_in(arguments: &str) -> BTreeSet<String> {
    struct Found(BTreeSet<String>);
    impl<'a> Visitor<'a> for Found {
        fn visit_expr(&mut self, expr: &'a Expr) {
            if let Some(object) = prepared(expr)
                && let Expr::Call(made) = object.made
                && let Expr::Name(class) = &*made.func
            {
                let calls = object.steps.iter().filter_map(Expr::as_call_expr);
                let methods = calls.filter_map(|call| call.func.as_attribute_expr());
                self.0.extend(methods.map(|method| format!("{}.{}", class.id, method.attr)));
            }
            visitor::walk_expr(self, expr);
        }
    }
    let mut found = Found(BTreeSet::new());
    if let Some(call) = expression(&format!("f({arguments}\n)")) {
        found.visit_expr(&call);
    }
    found.0
}

/// How many steps make an object ready; 0 for another text.
pub fn steps_of(text: &str) -> usize {
    parsed(text).as_ref().and_then(prepared).map_or(0, |object| object.steps.len())
}

/// The tree of a text that may be such an object: most are not, and are not parsed.
fn parsed(text: &str) -> Option<Expr> {
    if text.ends_with(END) { expression(text) } else { None }
}

/// Writes an object that is made ready.
pub fn write(name: &str, made: &str, steps: &[String]) -> String {
    format!("({name} := {made}, {}{END}", steps.join(", "))
}

/// The object after one more step; `None` if it is neither made by a call nor made ready under this name.
pub fn also(object: &str, name: &str, step: &str) -> Option<String> {
    let expr = expression(object)?;
    match (prepared(&expr), &expr) {
        (Some(known), _) if known.name == name => {
            Some(format!("{}, {step}{END}", object.strip_suffix(END)?))
        }
        (None, Expr::Call(_)) => Some(write(name, object, &[step.to_owned()])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_goes_on() {
        let once = also("Stack(3)", "stack", "stack.push(4)").unwrap();
        assert_eq!(once, "(stack := Stack(3), stack.push(4))[0]");
        let twice = also(&once, "stack", "stack.pop()").unwrap();
        assert_eq!(twice, "(stack := Stack(3), stack.push(4), stack.pop())[0]");
        let expr = expression(&twice).unwrap();
        let read = prepared(&expr).unwrap();
        assert_eq!((read.name, read.steps.len()), ("stack", 2));
        let arguments = format!("[{twice}], k=1");
        assert!(methods_in(&arguments).iter().eq(["Stack.pop", "Stack.push"]));
        assert!(methods_in("Stack(3), 1").is_empty());
        assert_eq!(made_of(&once), "Stack(3), stack.push(4)");
        assert_eq!(given_to(&twice), [Value::int(4)]);
        assert_eq!((steps_of(&twice), steps_of("Stack(3)")), (2, 0));
        for other in ["Stack((s := S(), s.a())[0])", "été((s := S()))[0]", ")[0]"] {
            assert_eq!(made_of(other), other);
        }
        assert_eq!(also(&once, "other", "other.pop()"), None);
        assert_eq!(also("[1]", "xs", "xs.append(2)"), None);
    }

    #[test]
    fn other_expressions_are_not_objects_made_ready() {
        for text in [
            "(s := S())[0]",
            "(s := S(), s.push(1))[1]",
            "(s := S(), t.push(1))[0]",
            "(s := S(), s.items.append(1))[0]",
            "(S(), s.push(1))[0]",
            "(s := S(), 1)[0]",
        ] {
            assert!(prepared(&expression(text).unwrap()).is_none(), "{text}");
        }
    }
}
