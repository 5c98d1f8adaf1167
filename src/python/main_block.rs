//! What a program does only when it is run as a script.
//!
//! Invariant: all other lines keep their numbers and their text.

use ruff_python_ast::{CmpOp, Expr, Stmt, StmtIf};

use super::syntax::{self, span_of, with_replacements};

/// Removes the bodies of top-level `if __name__ == "__main__":` blocks from a program, so that its
/// functions can be called from outside.
pub fn without_main_block(source: &str) -> String {
    let Ok(module) = syntax::module(source) else { return source.to_owned() };
    let mut found = Vec::new();
    for stmt in &module.body {
        let Stmt::If(branch) = stmt else { continue };
        // The `else` branch is for importers of the program.
        if !is_main(branch) || !branch.elif_else_clauses.is_empty() {
            continue;
        }
        let span = span_of(stmt);
        let lines = source.get(span.clone()).map_or(0, |text| text.matches('\n').count());
        found.push((span, format!("pass{}", "\n".repeat(lines))));
    }
    with_replacements(source, found)
}

/// Whether a branch is taken only if the program is run as a script.
pub(crate) fn is_main(branch: &StmtIf) -> bool {
    let Expr::Compare(compare) = &*branch.test else { return false };
    let ([CmpOp::Eq], [right]) = (&*compare.ops, &*compare.comparators) else { return false };
    let is_name = |expr: &Expr| matches!(expr, Expr::Name(name) if name.id.as_str() == "__name__");
    let is_main = |expr: &Expr| matches!(expr, Expr::StringLiteral(text) if text.value.to_str() == "__main__");
    is_name(&compare.left) && is_main(right) || is_main(&compare.left) && is_name(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_main_block_is_taken_away_and_later_lines_keep_their_numbers() {
        let source = "def f():\n    return 1\n\nif __name__ == \"__main__\":\n    # é\n    print(f(int(input())))\n\nx = 1\n";
        assert_eq!(without_main_block(source), "def f():\n    return 1\n\npass\n\n\n\nx = 1\n");
        let one_line = "if '__main__' == __name__: f()\n";
        assert_eq!(without_main_block(one_line), "pass\n");
    }

    #[test]
    fn other_branches_stay() {
        for source in [
            "if __name__ != '__main__':\n    x = 1\n",
            "if __name__ == '__main__':\n    x = 1\nelse:\n    x = 2\n",
            "def f():\n    if __name__ == '__main__':\n        return 1\n",
            "if __name__ == '__main__'\n",
        ] {
            assert_eq!(without_main_block(source), source);
        }
    }
}
