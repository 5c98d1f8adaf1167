//! Turns `if x == 1:`, `elif x == 2:` and so on into `match x:`.
//!
//! Preconditions: at least two conditions, each comparing the same local name, which no other scope sees, with a number or a text by
//! `==`; comparisons follow the data model; branches have lines of their own.

use ruff_python_ast::{CmpOp, Expr, Stmt};
use ruff_text_size::Ranged;

use super::Found;
use crate::rewrite::layout::Change;
use crate::rewrite::program::Program;

pub(super) fn find(program: &Program<'_>, found: &mut Found<'_>) {
    found.each_stmt(|place, stmt| {
        let Stmt::If(node) = stmt else { return None };
        let (name, first) = compared(program, &node.test)?;
        let scope = program.scope_at(place);
        let is_plain = program.is_tame && program.private_local(scope, name) == Some(scope);
        let tests = node.elif_else_clauses.iter().filter(|clause| clause.test.is_some()).count();
        if !is_plain || tests == 0 {
            return None;
        }
        let margin = program.margin(stmt)?;
        let mut change = Change::default();
        let colon = program.after_colon(node.test.end().to_usize())?;
        let lines = program.lines_of(colon, &node.body)?;
        let step = program.step(margin, lines.margin)?;
        let newline = program.newline;
        let head = format!("match {name}:{newline}{margin}{step}case {first}:");
        change.replace(stmt.start().to_usize()..colon, head);
        program.indent(&mut change, &lines.span, margin, step);
        for clause in &node.elif_else_clauses {
            let start = clause.start().to_usize();
            let (end, case) = match &clause.test {
                Some(test) => {
                    let (other, literal) = compared(program, test)?;
                    if other != name {
                        return None;
                    }
                    (test.end().to_usize(), literal)
                }
                None => (start + "else".len(), "_"),
            };
            let colon = program.after_colon(end)?;
            let lines = program.lines_of(colon, &clause.body)?;
            change.replace(start..colon, format!("{step}case {case}:"));
            program.indent(&mut change, &lines.span, margin, step);
        }
        Some(change)
    });
}

/// The name and the literal of `name == literal`.
fn compared<'m>(program: &Program<'m>, test: &'m Expr) -> Option<(&'m str, &'m str)> {
    let Expr::Compare(node) = test else { return None };
    let ([CmpOp::Eq], [literal], Expr::Name(name)) = (&*node.ops, &*node.comparators, &*node.left)
    else {
        return None;
    };
    let is_pattern = match literal {
        Expr::NumberLiteral(_) => true,
        Expr::StringLiteral(string) => !string.value.is_implicit_concatenated(),
        Expr::UnaryOp(_) => program.is_literal(literal),
        _ => false,
    };
    let text = program.text_of(literal);
    (is_pattern && !text.contains('\n')).then_some((name.id.as_str(), text))
}
