//! Turns `a, b = 1, 2` into `a = 1` and `b = 2` on two lines.
//!
//! Preconditions: as many different local names as values, none of them starred; no value mentions a name that is bound before it
//! (so no swap), and no handler, inner function or generator can see when a name is bound.

use ruff_python_ast::{Expr, Stmt};

use super::Found;
use crate::python::syntax::span_of;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;
use crate::rewrite::references::Does;
use crate::rewrite::walk::elements;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::Assign(node) = stmt else { return None };
        let [Expr::Tuple(targets)] = &*node.targets else { return None };
        let Expr::Tuple(_) = &*node.value else { return None };
        let (targets, values) = (targets.elts.as_slice(), elements(&node.value));
        if targets.len() != values.len() || values.iter().any(Expr::is_starred_expr) {
            return None;
        }
        let margin = program.alone(stmt)?;
        let scope = program.scope_at(place);
        let span = span_of(&*node.value);
        let binds = program.references.within(&span).iter().any(|reference| {
            !matches!(reference.does, Does::Load | Does::Element) || reference.shown
        });
        if binds || program.references.scopes[scope].suspends {
            return None;
        }
        let mut lines = Vec::new();
        for (i, (target, value)) in targets.iter().zip(values).enumerate() {
            let Expr::Name(name) = target else { return None };
            let of = program.is_unseen(place, name.id.as_str())?;
            let is_repeated = targets[..i]
                .iter()
                .any(|other| other.as_name_expr().is_none_or(|other| other.id == name.id));
            let is_read_later = values[i + 1..]
                .iter()
                .any(|value| program.mentions(&span_of(value), of, name.id.as_str()));
            if is_repeated || is_read_later {
                return None;
            }
            lines.push(format!("{} = {}", program.text_of(name), program.within(value, 1)));
        }
        let text = lines.join(&format!("{}{margin}", program.newline));
        let mut change = Change::default();
        change.replace(span_of(stmt), text);
        Some(change)
    });
}
