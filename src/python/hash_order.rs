//! Whether a program may show the order of hashes.
//!
//! Invariant: this only says where to look closer; running under several hash seeds decides.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, Operator};

use super::syntax;

/// Names of what makes sets, or shows a hash or an identity.
const NAMES: [&str; 4] = ["set", "frozenset", "hash", "id"];
/// Methods that make sets, or show a hash.
const METHODS: [&str; 5] =
    ["union", "intersection", "difference", "symmetric_difference", "__hash__"];
/// Views of dictionaries, of which operators make sets.
const VIEWS: [&str; 2] = ["keys", "items"];

/// Whether a text has sets or hashes in it.
pub fn may_show_hash_order(source: &str) -> bool {
    let mut found = Found(false);
    if let Ok(module) = syntax::module(source) {
        found.visit_body(&module.body);
    }
    found.0
}

struct Found(bool);

impl<'a> Visitor<'a> for Found {
    fn visit_expr(&mut self, expr: &'a Expr) {
        self.0 = self.0
            || match expr {
                Expr::Set(_) | Expr::SetComp(_) => true,
                Expr::Name(name) => NAMES.contains(&name.id.as_str()),
                Expr::Attribute(attribute) => METHODS.contains(&attribute.attr.as_str()),
                Expr::BinOp(operation) => {
                    let is_of_sets = matches!(
                        operation.op,
                        Operator::BitAnd | Operator::BitOr | Operator::BitXor | Operator::Sub
                    );
                    is_of_sets && (is_view(&operation.left) || is_view(&operation.right))
                }
                _ => false,
            };
        if !self.0 {
            walk_expr(self, expr);
        }
    }
}

fn is_view(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(call)
        if matches!(&*call.func, Expr::Attribute(method) if VIEWS.contains(&method.attr.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_and_hashes_are_found_however_they_come_about() {
        for source in [
            "def f(s):\n    return ''.join({c for c in s})\n",
            "x = {1, 'a'}",
            "def f(s: set[str]):\n    return list(s)\n",
            "frozenset('ab')",
            "hash('a')",
            "id(a) < id(b)",
            "a.keys() & b",
            "a - b.items()",
            "a.union(b)",
        ] {
            assert!(may_show_hash_order(source), "{source}");
        }
        for source in ["x = {}", "x = {'a': 1}", "a.keys()", "a & b", "settings.offset"] {
            assert!(!may_show_hash_order(source), "{source}");
        }
    }
}
