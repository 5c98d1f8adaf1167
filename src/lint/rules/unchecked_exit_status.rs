//! A command whose exit status nobody looks at.
//!
//! Invariant: a call whose result is used in any way is left alone; `subprocess.run` is ruff's (PLW1510).

use ruff_python_ast::Stmt;

use super::Found;
use super::imported::Imported;
use super::scopes;

const COMMANDS: [&str; 2] = ["subprocess.call", "os.system"];

pub(super) fn check(body: &[Stmt], found: &mut Found) {
    let imported = Imported::of(body);
    let statements = scopes::bodies(body).into_iter().flat_map(scopes::own_statements);
    for call in statements.filter_map(|stmt| stmt.as_expr_stmt()?.value.as_call_expr()) {
        if imported.is_any(&call.func, &COMMANDS) {
            found.on(call, "the exit status of the command is not looked at");
        }
    }
}
