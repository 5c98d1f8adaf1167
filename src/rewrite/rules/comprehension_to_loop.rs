//! Turns a comprehension that is assigned or returned into a loop that adds to an empty list, set or dictionary.
//!
//! Preconditions: the statement is in a function and, for an assignment, nothing but the function sees when its local name is bound
//! and the comprehension does not mention it; the loop's variables are used nowhere else in the function, as they outlive a loop; no
//! lambda, generator, `:=`, `await` or `yield` within; a dictionary's keys or values do nothing when evaluated, as a loop
//! evaluates them the other way round.

use ruff_python_ast::{Comprehension, Expr, Stmt};

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::fresh;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::references::{Does, ScopeKind};
use crate::rewrite::spelling::OR;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let (value, target) = match stmt {
            Stmt::Return(node) => (node.value.as_deref()?, None),
            Stmt::Assign(node) => match &*node.targets {
                [Expr::Name(name)] => (&*node.value, Some(name)),
                _ => return None,
            },
            _ => return None,
        };
        let parts = Parts::of(program, value)?;
        let margin = program.alone_on_a_line(stmt)?;
        let scope = program.scope_at(place);
        if program.references.scopes[scope].kind != ScopeKind::Function
            || program.references.scopes[scope].suspends
            || !parts.keeps_to_itself(program, scope)
        {
            return None;
        }
        let name = match target {
            Some(name) => {
                let of = program.is_unseen(place, name.id.as_str())?;
                if program.mentions(&span_of(value), of, name.id.as_str()) {
                    return None;
                }
                program.text_of(name).to_owned()
            }
            None => fresh::name(program, ["result", "output", "collected", "values"])?,
        };
        let (step, newline) = (program.step_near(place.0), program.newline);
        let mut text = format!("{name} = {}{newline}", parts.empty);
        let mut inner = margin.to_owned();
        for generator in parts.generators {
            let target = program.text_of(&generator.target);
            let target = match &generator.target {
                Expr::Tuple(_) => target.trim_start_matches('(').trim_end_matches(')'),
                _ => target,
            };
            let iter = program.within(&generator.iter, 1);
            text.push_str(&format!("{inner}for {target} in {iter}:{newline}"));
            inner.push_str(step);
            for test in &generator.ifs {
                text.push_str(&format!("{inner}if {}:{newline}", program.within(test, OR - 1)));
                inner.push_str(step);
            }
        }
        text.push_str(&format!("{inner}{}", parts.add(&name)));
        if target.is_none() {
            text.push_str(&format!("{newline}{margin}return {name}"));
        }
        let mut change = Change::default();
        change.replace(span_of(stmt), text);
        Some(change)
    });
}

struct Parts<'m> {
    empty: &'static str,
    elements: Vec<&'m str>,
    generators: &'m [Comprehension],
    span: std::ops::Range<usize>,
}

impl<'m> Parts<'m> {
    fn of(program: &Program<'m>, value: &'m Expr) -> Option<Self> {
        let (empty, elements, generators) = match value {
            Expr::ListComp(node) => ("[]", vec![&*node.elt], &node.generators),
            Expr::SetComp(node) if program.is_builtin("set") => {
                ("set()", vec![&*node.elt], &node.generators)
            }
            Expr::DictComp(node) => {
                let key = node.key.as_deref()?;
                // What is called by the other part cannot change the comprehension's own variables.
                let own: Vec<&str> = program
                    .references
                    .within(&span_of(value))
                    .iter()
                    .filter(|reference| reference.does == Does::Element)
                    .map(|reference| reference.name)
                    .collect();
                let is_quiet = |expr: &Expr| match expr {
                    Expr::Name(name) => own.contains(&name.id.as_str()),
                    expr => program.is_literal(expr),
                };
                if !is_quiet(key) && !is_quiet(&node.value) {
                    return None;
                }
                ("{}", vec![key, &*node.value], &node.generators)
            }
            _ => return None,
        };
        let is_plain = generators.len() <= 2 && generators.iter().all(|one| !one.is_async);
        let is_written = !elements
            .iter()
            .any(|one| matches!(one, Expr::Named(_) | Expr::Starred(_) | Expr::Yield(_)));
        let span = span_of(value);
        let elements = elements.into_iter().map(|one| program.text_of(one)).collect();
        (is_plain && is_written).then_some(Self { empty, elements, generators, span })
    }

    fn add(&self, name: &str) -> String {
        match self.elements.as_slice() {
            [key, value] => format!("{name}[{key}] = {value}"),
            [element] if self.empty == "[]" => format!("{name}.append({element})"),
            elements => format!("{name}.add({})", elements.join(", ")),
        }
    }

    /// Whether the comprehension's own variables can become the function's.
    fn keeps_to_itself(&self, program: &Program<'_>, scope: usize) -> bool {
        let references = program.references.within(&self.span);
        let own = references.iter().filter(|reference| reference.does == Does::Element);
        let names: Vec<&str> = own.map(|reference| reference.name).collect();
        let inner = references.iter().map(|reference| reference.scope).max().unwrap_or(scope);
        // All references stand in the function or in this one comprehension.
        let comprehensions = references.iter().filter(|reference| reference.scope != scope);
        let first = comprehensions.clone().map(|reference| reference.scope).min().unwrap_or(inner);
        let is_flat = comprehensions.clone().all(|reference| reference.scope == first)
            && program.references.scopes[first].parent == Some(scope);
        let is_named =
            references.iter().any(|reference| reference.shown) || program.defers_within(&self.span);
        let is_plain = self.generators.iter().all(|generator| {
            generator.target.is_name_expr()
                || crate::rewrite::walk::elements(&generator.target).iter().all(Expr::is_name_expr)
        });
        is_flat
            && !is_named
            && is_plain
            && !names.is_empty()
            && names.iter().all(|name| {
                !program.references.is_declared(name)
                    && program.references.named(name).iter().all(|reference| {
                        self.span.contains(&reference.span.start)
                            || is_apart(program, scope, reference.of, reference.scope)
                    })
            })
    }
}

/// Whether a name elsewhere belongs to a scope of its own, whatever the function binds.
fn is_apart(program: &Program<'_>, scope: usize, of: Option<usize>, from: usize) -> bool {
    let Some(of) = of else { return false };
    // A comprehension's own variable, or one of a function that is not within this one.
    if of == scope {
        return false;
    }
    let is_within = |inner: usize, outer: usize| {
        let mut at = Some(inner);
        while let Some(scope) = at {
            if scope == outer {
                return true;
            }
            at = program.references.scopes[scope].parent;
        }
        false
    };
    is_within(of, scope) && of == from || !is_within(from, scope)
}
