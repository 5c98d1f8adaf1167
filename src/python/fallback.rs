//! What a program does next with a setting that has its default: the branch that the value leads to.
//!
//! Invariant: only a test of the name alone is read, right after the statement that binds it.

use ruff_python_ast::visitor::{Visitor, walk_body, walk_expr};
use ruff_python_ast::{CmpOp, Expr, ExprIf, Stmt, UnaryOp};
use ruff_text_size::Ranged;

use super::syntax::{expression, module, position, text};

/// Where a default leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// The name that holds the setting.
    pub name: String,
    /// Whether the value counts as true.
    pub is_true: bool,
    pub line: u32,
    /// What is run or taken there.
    pub taken: String,
    /// What a conditional expression would have taken otherwise.
    pub instead_of: Option<String>,
}

/// What follows if the lookup on a line gives this default; none if it is not read.
pub fn next_after(source: &str, line: u32, default: &str) -> Option<Next> {
    let is_true = truth(default)?;
    let is_none = default == "None";
    let tree = module(source).ok()?;
    let mut search = Search { source, line, found: None };
    search.visit_body(&tree.body);
    let (name, next) = search.found?;
    let taken = |test: &Expr| decided(test, &name, is_true, is_none);
    let at = |node: &dyn Ranged| position(source, node.start().to_usize()).0 as u32;
    if let Stmt::If(branch) = next {
        let body = match (taken(&branch.test)?, branch.elif_else_clauses.as_slice()) {
            (true, _) => &branch.body,
            (false, [only]) if only.test.is_none() => &only.body,
            (false, _) => return None,
        };
        let first = body.first()?;
        let said = text(source, first);
        return Some(Next { line: at(first), taken: said, instead_of: None, is_true, name });
    }
    let mut choices = Choices(Vec::new());
    choices.visit_stmt(next);
    let [choice] = choices.0.as_slice() else { return None };
    let (chosen, other) = match taken(&choice.test)? {
        true => (&choice.body, &choice.orelse),
        false => (&choice.orelse, &choice.body),
    };
    Some(Next {
        line: at(&**chosen),
        taken: text(source, &**chosen),
        instead_of: Some(text(source, &**other)),
        is_true,
        name,
    })
}

/// Whether a literal counts as true.
fn truth(literal: &str) -> Option<bool> {
    match expression(literal)? {
        Expr::StringLiteral(one) => Some(!one.value.is_empty()),
        Expr::BooleanLiteral(one) => Some(one.value),
        Expr::NoneLiteral(_) => Some(false),
        Expr::NumberLiteral(_) => Some(literal != "0"),
        Expr::List(list) => Some(!list.elts.is_empty()),
        _ => None,
    }
}

/// Whether a test of a name holds.
fn decided(test: &Expr, name: &str, is_true: bool, is_none: bool) -> Option<bool> {
    let is_name = |expr: &Expr| matches!(expr, Expr::Name(one) if one.id.as_str() == name);
    match test {
        test if is_name(test) => Some(is_true),
        Expr::UnaryOp(unary) if unary.op == UnaryOp::Not && is_name(&unary.operand) => {
            Some(!is_true)
        }
        Expr::Compare(compare) if is_name(&compare.left) => {
            match (&*compare.ops, &*compare.comparators) {
                ([CmpOp::Is], [Expr::NoneLiteral(_)]) => Some(is_none),
                ([CmpOp::IsNot], [Expr::NoneLiteral(_)]) => Some(!is_none),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Finds the statement that binds the lookup on a line to a name, and the one after it.
struct Search<'a> {
    source: &'a str,
    line: u32,
    found: Option<(String, &'a Stmt)>,
}

impl<'a> Visitor<'a> for Search<'a> {
    fn visit_body(&mut self, body: &'a [Stmt]) {
        for pair in body.windows(2) {
            let [Stmt::Assign(assign), next] = pair else { continue };
            let line = position(self.source, assign.start().to_usize()).0 as u32;
            if let ([Expr::Name(name)], Expr::Call(call)) = (&*assign.targets, &*assign.value)
                && line == self.line
                && text(self.source, &*call.func).contains("get")
            {
                self.found = Some((name.id.to_string(), next));
            }
        }
        walk_body(self, body);
    }
}

struct Choices<'a>(Vec<&'a ExprIf>);

impl<'a> Visitor<'a> for Choices<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::If(choice) = expr {
            self.0.push(choice);
        }
        walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_leads_to_the_branch_that_its_truth_takes() {
        let chosen =
            "def f():\n    a = os.environ.get('A', '')\n    return g(Path(a) if a else None)\n";
        let next = next_after(chosen, 2, "''").unwrap();
        assert_eq!((next.taken.as_str(), next.line, next.is_true), ("None", 3, false));
        assert_eq!(next.instead_of.as_deref(), Some("Path(a)"));
        let branch = "a = os.getenv('A')\nif a is None:\n    raise KeyError('A')\n";
        let next = next_after(branch, 1, "None").unwrap();
        assert_eq!((next.taken.as_str(), next.line), ("raise KeyError('A')", 3));
        assert_eq!(next_after(branch, 1, "'x'"), None);
        assert_eq!(next_after("a = os.getenv('A')\nprint(a)\n", 1, "None"), None);
    }
}
