//! What a function that checks a candidate states of it.
//!
//! Invariant: a stated call is one that every run of the check makes, of the candidate itself; everything else is left to be run.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};

use super::asserts::{StatedCall, of_statement};
use super::main_block::is_main;
use super::syntax;

/// What a function that checks a candidate states.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Checked {
    pub calls: Vec<StatedCall>,
    /// Whether the calls are all that it checks, so that nothing is left to be run.
    pub is_whole: bool,
    /// Whether nothing that it does could fail.
    pub tests_nothing: bool,
}

/// Reads what the function `check` of a test states about its first parameter; `None` if there is
/// no such function.
pub fn checked(test: &str, check: &str) -> Option<Checked> {
    let module = syntax::module(test).ok()?;
    let def = module.body.iter().rev().find_map(|stmt| match stmt {
        Stmt::FunctionDef(def) if def.name.as_str() == check => Some(def),
        _ => None,
    })?;
    let candidate = def.parameters.iter_non_variadic_params().next()?.parameter.name.as_str();
    let is_alone =
        def.decorator_list.is_empty() && !module.body.iter().any(|stmt| runs(stmt, check));
    let mut flow = Flow { candidate, ..Flow::default() };
    flow.visit_body(&def.body);
    // Nobody awaits a coroutine or asks a generator for anything.
    let never_runs = def.is_async || flow.yields;
    let mut found = Checked { calls: Vec::new(), is_whole: true, tests_nothing: true };
    for stmt in def.body.iter().take_while(|_| !never_runs) {
        match of_statement(test, stmt, candidate).filter(|_| !flow.rebinds) {
            Some(stated) => found.calls.push(stated),
            None => {
                found.is_whole &= states_nothing(stmt);
                found.tests_nothing &= states_nothing(stmt);
            }
        }
        if may_return(stmt) {
            break;
        }
    }
    found.tests_nothing &= found.calls.is_empty() && is_alone;
    found.is_whole &= !found.calls.is_empty() && is_alone;
    Some(found)
}

/// Whether a statement of a test's module does more than to define.
fn runs(stmt: &Stmt, check: &str) -> bool {
    let calls = |value: &Expr| {
        let mut flow = Flow::default();
        flow.visit_expr(value);
        flow.calls
    };
    let is_check = |target: &Expr| matches!(target, Expr::Name(name) if name.id.as_str() == check);
    match stmt {
        Stmt::FunctionDef(_) | Stmt::ClassDef(_) | Stmt::Import(_) | Stmt::ImportFrom(_) => false,
        Stmt::Assign(assign) => calls(&assign.value) || assign.targets.iter().any(is_check),
        Stmt::AnnAssign(assign) => assign.value.as_deref().is_some_and(calls),
        Stmt::If(branch) => !is_main(branch),
        _ => !states_nothing(stmt),
    }
}

/// Whether a check may end with a statement, so that what follows need not run.
fn may_return(stmt: &Stmt) -> bool {
    let mut flow = Flow::default();
    flow.visit_stmt(stmt);
    flow.returns || matches!(stmt, Stmt::Raise(_))
}

/// Whether a statement of a check can never fail it.
fn states_nothing(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Assert(assert) => {
            matches!(&*assert.test, Expr::BooleanLiteral(literal) if literal.value)
        }
        Stmt::Expr(statement) => statement.value.is_literal_expr(),
        Stmt::Return(statement) => {
            statement.value.as_ref().is_none_or(|value| value.is_literal_expr())
        }
        Stmt::Pass(_) => true,
        _ => false,
    }
}

/// What statements do, without the functions that they define.
#[derive(Default)]
struct Flow<'n> {
    candidate: &'n str,
    returns: bool,
    yields: bool,
    calls: bool,
    /// Whether the candidate's name may get another value.
    rebinds: bool,
}

impl Flow<'_> {
    fn rebinds(&mut self, name: &str) {
        self.rebinds |= name == self.candidate;
    }
}

impl<'a> Visitor<'a> for Flow<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(StmtFunctionDef { name, body, .. }) => {
                self.rebinds(name);
                // An inner function may assign the candidate as `nonlocal`.
                let mut inner = Flow { candidate: self.candidate, ..Flow::default() };
                inner.visit_body(body);
                self.rebinds |= inner.rebinds;
                return;
            }
            Stmt::ClassDef(class) => self.rebinds(&class.name),
            Stmt::Return(_) => self.returns = true,
            Stmt::Import(import) => {
                for alias in &import.names {
                    self.rebinds(alias.asname.as_ref().unwrap_or(&alias.name));
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    self.rebinds(alias.asname.as_ref().unwrap_or(&alias.name));
                }
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Yield(_) | Expr::YieldFrom(_) => self.yields = true,
            Expr::Call(_) => self.calls = true,
            Expr::Name(name) if !name.ctx.is_load() => self.rebinds(&name.id),
            Expr::Lambda(_) => return,
            _ => {}
        }
        walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(test: &str) -> (usize, bool, bool) {
        let found = checked(test, "check").unwrap();
        (found.calls.len(), found.is_whole, found.tests_nothing)
    }

    #[test]
    fn a_check_of_stated_calls_alone_is_whole() {
        let test = "M = {}\n\ndef check(candidate):\n    '''It.'''\n    assert True, 'x'\n    assert candidate(1) == 2\n";
        assert_eq!(read(test), (1, true, false));
        assert_eq!(
            read(&format!("{test}    assert abs(candidate(2) - 3) < 1e-6\n")),
            (1, false, false)
        );
        assert_eq!(checked("def test(c):\n    pass\n", "check"), None);
    }

    #[test]
    fn a_test_that_runs_more_than_its_check_is_not_whole() {
        let check = "def check(c):\n    assert c(1) == 2\n";
        for more in [
            "assert f(5) == 10\n",
            "for x in range(3):\n    assert f(x) == x\n",
            "check2(f)\n",
            "def test_check():\n    check(f)\ntest_check()\n",
            "x = f(3)\n",
            "check = other\n",
        ] {
            assert_eq!(read(&format!("{check}{more}")), (1, false, false), "{more}");
        }
        let main = "if __name__ == '__main__':\n    check(f)\n";
        assert_eq!(read(&format!("M = [1]\n{check}{main}")), (1, true, false));
    }

    #[test]
    fn calls_that_need_not_run_or_are_of_something_else_are_not_stated() {
        let check = |body: &str| read(&format!("def check(c):\n{body}    assert c(3) == 4\n"));
        assert_eq!(check("    assert c(1) == 2\n    return\n"), (1, true, false));
        assert_eq!(check("    for x in y:\n        return\n"), (0, false, false));
        assert_eq!(check("    g = c\n    c = lambda x: g(x) + 1\n"), (0, false, false));
        assert_eq!(
            check("    def g():\n        nonlocal c\n        c = 1\n    g()\n"),
            (0, false, false)
        );
    }

    #[test]
    fn a_check_that_cannot_fail_tests_nothing() {
        for test in [
            "def check(c):\n    pass\n",
            "def check(c):\n    return\n    assert c(1) == 2\n",
            "async def check(c):\n    assert c(1) == 2\n",
            "def check(c):\n    assert c(1) == 2\n    yield\n",
        ] {
            assert_eq!(read(test), (0, false, true), "{test}");
        }
        assert_eq!(read("def check(c):\n    pass\nassert f(1)\n"), (0, false, false));
    }
}
