//! Whether two programs differ in their layout alone.
//!
//! Invariant: programs with the same tree do the same, but for what looks at source, lines or comments.

use std::hash::{DefaultHasher, Hash, Hasher};

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

/// A digest of a text's syntax tree: equal for texts that differ only in layout and comments. None if it does not parse.
pub fn tree_digest(source: &str) -> Option<u64> {
    let module = syntax::module(source).ok()?;
    let mut hasher = DefaultHasher::new();
    for stmt in &module.body {
        ComparableStmt::from(stmt).hash(&mut hasher);
    }
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_layout_may_differ() {
        let source = "def f(a):\n    return (a['x'] + 1)  # more\n";
        assert!(same_tree(source, "def f( a ):\n  return a[\"x\"]+1"));
        assert_eq!(tree_digest(source), tree_digest("def f( a ):\n  return a[\"x\"]+1"));
        assert_ne!(tree_digest(source), tree_digest("def f(a):\n    return a['y'] + 1\n"));
        assert!(!same_tree(source, "def f(a):\n    return a['y'] + 1\n"));
        assert!(!same_tree(source, "def f(a:\n"));
        assert!(!same_tree(source, "\n"));
        assert!(!same_tree("x = 1\n", "x = 1.0\n"));
        assert!(!same_tree("def f():\n  'a b'\n", "def f():\n  'a  b'\n"));
    }
}
