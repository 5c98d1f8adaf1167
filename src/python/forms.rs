//! Forms of syntax that walkers of names take apart alike.
//!
//! Invariant: the parts come in the order in which Python evaluates them.

use ruff_python_ast::{Comprehension, Expr, Identifier, Pattern};

/// The clauses of a comprehension or generator, and what each turn gives: a dictionary's key before its value.
pub(crate) fn comprehension(expr: &Expr) -> Option<(&[Comprehension], Vec<&Expr>)> {
    match expr {
        Expr::ListComp(of) => Some((&of.generators, vec![&of.elt])),
        Expr::SetComp(of) => Some((&of.generators, vec![&of.elt])),
        Expr::Generator(of) => Some((&of.generators, vec![&of.elt])),
        Expr::DictComp(of) => {
            let given = of.key.as_deref().into_iter().chain([&*of.value]);
            Some((&of.generators, given.collect()))
        }
        _ => None,
    }
}

/// The name that a pattern itself binds, apart from those of the patterns within it.
pub(crate) fn captured(pattern: &Pattern) -> Option<&Identifier> {
    match pattern {
        Pattern::MatchAs(of) => of.name.as_ref(),
        Pattern::MatchStar(of) => of.name.as_ref(),
        Pattern::MatchMapping(of) => of.rest.as_ref(),
        Pattern::MatchValue(_)
        | Pattern::MatchSingleton(_)
        | Pattern::MatchSequence(_)
        | Pattern::MatchClass(_)
        | Pattern::MatchOr(_) => None,
    }
}
