//! Whether two programs differ in their layout alone.
//!
//! Invariant: programs with the same tree do the same, but for what looks at source, lines or comments.

use ruff_python_ast::comparable::ComparableStmt;

use super::syntax;

/// Whether two programs have the same syntax tree; `false` if one does not parse.
pub fn same_tree(one: &str, two: &str) -> bool {
    let (Ok(one), Ok(two)) = (syntax::module(one), syntax::module(two)) else { return false };
    one.body.len() == two.body.len()
        && one
            .body
            .iter()
            .zip(&two.body)
            .all(|(one, two)| ComparableStmt::from(one) == ComparableStmt::from(two))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_layout_may_differ() {
        let source = "def f(a):\n    return (a['x'] + 1)  # more\n";
        assert!(same_tree(source, "def f( a ):\n  return a[\"x\"]+1"));
        assert!(!same_tree(source, "def f(a):\n    return a['y'] + 1\n"));
        assert!(!same_tree(source, "def f(a:\n"));
        assert!(!same_tree(source, "\n"));
        assert!(!same_tree("x = 1\n", "x = 1.0\n"));
        assert!(!same_tree("def f():\n  'a b'\n", "def f():\n  'a  b'\n"));
    }
}
