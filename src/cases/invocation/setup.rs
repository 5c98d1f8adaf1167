//! What comes before a call: `stack = Stack(); stack.push(4); ` for arguments in which that stack is one expression.
//!
//! Invariant: what is taken out of the arguments is put back as it was.

use std::ops::Range;

use ruff_python_ast::Expr;

use crate::python::prepared::{self, is_step, prepared};
use crate::python::syntax::{expression, span_of, with_replacements};

/// What separates statements that stand on one line.
const SEPARATOR: &str = "; ";
/// Statements of one setup that are read.
const MAX_STATEMENTS: usize = 64;
/// How often the end of one statement is looked for.
const MAX_TRIES: usize = 16;

/// Statements before a call, and its arguments with the names that they bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setup {
    pub objects: Vec<Object>,
    pub arguments: String,
}

/// An object that statements make ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub name: String,
    made: String,
    steps: Vec<String>,
}

impl Setup {
    /// The statements, each with what separates it from the next.
    pub(super) fn statements(&self) -> String {
        let mut text = String::new();
        for Object { name, made, steps } in &self.objects {
            text.push_str(&format!("{name} = {made}{SEPARATOR}"));
            steps.iter().for_each(|step| text.push_str(&format!("{step}{SEPARATOR}")));
        }
        text
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.objects.iter().map(|object| object.name.as_str()).collect()
    }
}

/// Takes the objects that are made ready out of a call's arguments; if two have one name, all stay.
pub(super) fn lifted(arguments: &str) -> Setup {
    let unchanged = || Setup { objects: Vec::new(), arguments: arguments.to_owned() };
    let source = format!("f({arguments}\n)");
    let Some(call) = expression(&source) else { return unchanged() };
    let mut places: Vec<(Range<usize>, Object)> = Vec::new();
    let text = |expr: &Expr| source.get(span_of(expr)).unwrap_or_default().to_owned();
    each_argument(&call, &mut |expr| {
        if let Some(object) = prepared(expr) {
            let (made, steps) = (text(object.made), object.steps.iter().map(text).collect());
            places.push((span_of(expr), Object { name: object.name.to_owned(), made, steps }));
        }
    });
    let names = || places.iter().map(|(_, object)| object.name.as_str());
    let is_twice = |name| names().filter(|other| *other == name).count() > 1;
    if places.is_empty() || names().any(is_twice) || names().any(|name| mentions(&call, name)) {
        return unchanged();
    }
    let edits = places.iter().map(|(span, object)| (span.clone(), object.name.clone())).collect();
    let replaced = with_replacements(&source, edits);
    let inner = replaced.strip_prefix("f(").and_then(|rest| rest.strip_suffix("\n)"));
    match inner {
        Some(inner) => Setup {
            arguments: inner.to_owned(),
            objects: places.into_iter().map(|(_, object)| object).collect(),
        },
        None => unchanged(),
    }
}

/// Puts the objects back in the places of their names; `None` if one of them is not an argument.
pub(super) fn lowered(objects: &[Object], arguments: &str) -> Option<String> {
    if objects.is_empty() {
        return Some(arguments.to_owned());
    }
    let source = format!("f({arguments}\n)");
    let call = expression(&source)?;
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for Object { name, made, steps } in objects {
        let mut place = None;
        each_argument(&call, &mut |expr| {
            if matches!(expr, Expr::Name(found) if found.id.as_str() == name) {
                place.get_or_insert(span_of(expr));
            }
        });
        edits.push((place?, prepared::write(name, made, steps)));
    }
    edits.sort_by_key(|(span, _)| span.start);
    let replaced = with_replacements(&source, edits);
    Some(replaced.strip_prefix("f(")?.strip_suffix("\n)")?.to_owned())
}

/// Reads the statements at the beginning of a text; gives them and what follows.
pub fn taken(text: &str) -> (Vec<Object>, &str) {
    let mut objects: Vec<Object> = Vec::new();
    let mut rest = text;
    for _ in 0..MAX_STATEMENTS {
        let ends = rest.match_indices(SEPARATOR).map(|(at, _)| at).take(MAX_TRIES);
        let read = ends.into_iter().find_map(|end| {
            let statement = &rest[..end];
            let after = &rest[end + SEPARATOR.len()..];
            if let Some(last) = objects.last()
                && expression_of(statement).is_some_and(|expr| is_step(&expr, &last.name))
            {
                return Some((None, statement, after));
            }
            let (name, made) = statement.split_once(" = ")?;
            let is_object = expression_of(name)?.is_name_expr() && expression_of(made).is_some();
            is_object.then_some((Some(name), made, after))
        });
        match (read, objects.last_mut()) {
            (Some((Some(name), made, after)), _) => {
                let (name, made) = (name.to_owned(), made.to_owned());
                objects.push(Object { name, made, steps: Vec::new() });
                rest = after;
            }
            (Some((None, step, after)), Some(object)) => {
                object.steps.push(step.to_owned());
                rest = after;
            }
            (Some((None, ..)) | None, _) => break,
        }
    }
    match objects.iter().all(|object| !object.steps.is_empty()) {
        true => (objects, rest),
        false => (Vec::new(), text),
    }
}

/// A text that is an expression from its first byte to its last, without a comment.
fn expression_of(text: &str) -> Option<Expr> {
    expression(text).filter(|expr| span_of(expr) == (0..text.len()))
}

/// Goes through the arguments of a call, those of the calls among them, and the members of lists and tuples.
fn each_argument(expr: &Expr, visit: &mut impl FnMut(&Expr)) {
    let parts: Vec<&Expr> = match expr {
        Expr::Call(call) => {
            let named = call.arguments.keywords.iter().map(|keyword| &keyword.value);
            call.arguments.args.iter().chain(named).collect()
        }
        Expr::List(list) => list.elts.iter().collect(),
        Expr::Tuple(tuple) => tuple.elts.iter().collect(),
        _ => Vec::new(),
    };
    for part in parts {
        visit(part);
        each_argument(part, visit);
    }
}

/// Whether a name is an argument by itself.
fn mentions(call: &Expr, name: &str) -> bool {
    let mut found = false;
    each_argument(call, &mut |expr| {
        found |= matches!(expr, Expr::Name(known) if known.id.as_str() == name);
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_taken_out_of_arguments_and_put_back() {
        for (arguments, statements, rest) in [
            ("1, b=2", "", "1, b=2"),
            (
                "(s := S(3), s.push('a; b'), s.pop())[0], 2",
                "s = S(3); s.push('a; b'); s.pop(); ",
                "s, 2",
            ),
            (
                "M((g := G(), g.add(1))[0], [(h := G(), h.add(2))[0]]), k=g2",
                "g = G(); g.add(1); h = G(); h.add(2); ",
                "M(g, [h]), k=g2",
            ),
            // One name for two objects.
            (
                "(g := G(), g.add(1))[0], (g := G(), g.add(2))[0]",
                "",
                "(g := G(), g.add(1))[0], (g := G(), g.add(2))[0]",
            ),
        ] {
            let setup = lifted(arguments);
            assert_eq!((setup.statements().as_str(), setup.arguments.as_str()), (statements, rest));
            let text = format!("{statements}f({rest}) -> 'x; y'  # prints 'a'; b");
            let (objects, after) = taken(&text);
            assert_eq!(objects, setup.objects);
            assert!(after.starts_with("f("), "{after}");
            assert_eq!(lowered(&objects, rest).as_deref(), Some(arguments));
        }
    }

    #[test]
    fn texts_that_only_look_like_statements_are_left() {
        for text in
            ["f(1)  # a = b; c.d(); e", "x = 1; f(x)", "a.b(); f(a)", "f('a = B(); a.c(); ')"]
        {
            assert_eq!(taken(text), (Vec::new(), text));
        }
        assert_eq!(lowered(&lifted("(s := S(), s.a())[0]").objects, "1"), None);
    }
}
