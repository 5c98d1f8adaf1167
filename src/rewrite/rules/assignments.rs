//! Adjacent assignments of local names, for the rules that reorder, merge or split them.
//!
//! Invariant: nothing but the function's own statements can see in which order the names get their values.

use std::ops::Range;

use ruff_python_ast::{Expr, ExprName, Stmt};

use crate::python::syntax::span_of;
use crate::rewrite::program::Program;
use crate::rewrite::references::{Does, Place, ScopeId};

/// `name = value` on a line of its own.
pub(super) struct Assignment<'m> {
    pub name: &'m ExprName,
    pub value: &'m Expr,
    pub span: Range<usize>,
    of: ScopeId,
}

impl<'m> Assignment<'m> {
    /// Reads one; `None` if a handler or another scope could see when its name is bound, or the value yields.
    pub(super) fn read(program: &Program<'m>, place: Place) -> Option<Self> {
        let stmt = program.block(place).body.get(place.1)?;
        let Stmt::Assign(node) = stmt else { return None };
        let [Expr::Name(name)] = &*node.targets else { return None };
        let of = program.is_unseen(place, name.id.as_str())?;
        let binds = program.references.within(&span_of(&*node.value)).iter().any(|reference| {
            !matches!(reference.does, Does::Load | Does::Element) || reference.shown
        });
        if binds || program.references.scopes[of].suspends {
            return None;
        }
        Some(Self { name, value: &node.value, span: span_of(stmt), of })
    }

    /// Whether another assignment reads or binds the name.
    pub(super) fn is_mentioned_in(&self, program: &Program<'_>, other: &Self) -> bool {
        program.mentions(&other.span, self.of, self.name.id.as_str())
    }
}

/// A statement and the next one, if both are such assignments on adjacent lines of their own without comments.
pub(super) fn pair<'m>(
    program: &Program<'m>,
    place: Place,
) -> Option<(Assignment<'m>, Assignment<'m>)> {
    let next = (place.0, place.1 + 1);
    let body = program.block(place).body;
    let (one, two) = (body.get(place.1)?, body.get(next.1)?);
    let is_apart = program.alone_on_a_line(one)? == program.alone_on_a_line(two)?
        && program.are_adjacent(one, two);
    if !is_apart {
        return None;
    }
    Some((Assignment::read(program, place)?, Assignment::read(program, next)?))
}
