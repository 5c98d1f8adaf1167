//! Questions about code that was cut out of somewhere: a reply, a prompt, a page.
//!
//! Invariant: nothing is guessed from the text's looks; every answer comes from its syntax tree.

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use super::module::Module;

impl Module {
    /// Whether the module itself defines a name at its top level: a function, a class, an assignment, or a method of one of its
    /// classes. What it only imports counts not.
    pub fn defines(&self, name: &str) -> bool {
        is_defined(self.body(), name)
    }

    /// Whether every top-level statement can be meant as code: a line of prose may parse as a name, a tuple or an annotation.
    pub fn is_code(&self) -> bool {
        !self.body().is_empty() && self.body().iter().all(is_code)
    }

    /// Whether a `return` is outside every function, as in a function's body without its header.
    pub fn has_loose_return(&self) -> bool {
        let mut search = LooseReturn(false);
        search.visit_body(self.body());
        search.0
    }

    /// The text before the last definition of a function, decorators excluded; `None` without such
    /// a function.
    pub fn before(&self, name: &str) -> Option<&str> {
        let function = self.function(name)?;
        self.source().get(..function.span.start)
    }

    /// The white space before the first statement of a function's body; `None` if the body is on
    /// the header's line.
    pub fn body_indent(&self, name: &str) -> Option<&str> {
        let first = self.def(self.function(name)?)?.body.first()?;
        let before = self.source().get(..first.start().to_usize())?;
        let line = before.get(before.rfind('\n')? + 1..)?;
        (!line.is_empty() && line.trim().is_empty()).then_some(line)
    }

    /// The function that ends the module, if it ends with one.
    pub fn last_function(&self) -> Option<&str> {
        match self.body().last()? {
            Stmt::FunctionDef(def) => Some(def.name.as_str()),
            _ => None,
        }
    }
}

fn is_defined(body: &[Stmt], name: &str) -> bool {
    let is_name = |target: &Expr| matches!(target, Expr::Name(found) if found.id.as_str() == name);
    let has_method = |body: &[Stmt]| {
        body.iter()
            .any(|stmt| matches!(stmt, Stmt::FunctionDef(method) if method.name.as_str() == name))
    };
    body.iter().any(|stmt| match stmt {
        Stmt::FunctionDef(def) => def.name.as_str() == name,
        Stmt::ClassDef(class) => class.name.as_str() == name || has_method(&class.body),
        Stmt::Assign(assign) => assign.targets.iter().any(is_name),
        Stmt::AnnAssign(assign) => assign.value.is_some() && is_name(&assign.target),
        Stmt::If(branch) => {
            is_defined(&branch.body, name)
                || branch.elif_else_clauses.iter().any(|clause| is_defined(&clause.body, name))
        }
        Stmt::Try(attempt) => is_defined(&attempt.body, name) || is_defined(&attempt.orelse, name),
        _ => false,
    })
}

fn is_code(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Expr(statement) => matches!(
            &*statement.value,
            Expr::Call(_)
                | Expr::StringLiteral(_)
                | Expr::Await(_)
                | Expr::EllipsisLiteral(_)
                | Expr::ListComp(_)
        ),
        // `Note: important` is an annotation for the parser.
        Stmt::AnnAssign(assign) => assign.value.is_some(),
        _ => true,
    }
}

struct LooseReturn(bool);

impl<'a> Visitor<'a> for LooseReturn {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Return(_) => self.0 = true,
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            other => walk_stmt(self, other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(source: &str) -> Module {
        Module::parse(source).unwrap()
    }

    #[test]
    fn what_a_module_defines_is_told_from_what_it_imports() {
        let found = module(
            "from a import f\ndef g(): pass\nclass C:\n    def m(self): pass\ntry:\n    h = 1\nexcept E:\n    h = 2\nk: int\n",
        );
        let defined: Vec<&str> =
            ["f", "g", "C", "m", "h", "k"].into_iter().filter(|name| found.defines(name)).collect();
        assert_eq!(defined, ["g", "C", "m", "h"]);
    }

    #[test]
    fn prose_that_parses_is_no_code() {
        for prose in ["Sure", "Note: important", "a, b", "x == 1", "42", ""] {
            assert!(!module(prose).is_code(), "{prose}");
        }
        for code in ["f(1)", "x = 1", "'text'", "def f(): pass", "x: int = 1"] {
            assert!(module(code).is_code(), "{code}");
        }
    }

    #[test]
    fn a_body_without_its_head_has_a_loose_return() {
        assert!(module("for x in y:\n    if x:\n        return 1\n").has_loose_return());
        assert!(!module("def f():\n    return 1\n").has_loose_return());
    }

    #[test]
    fn a_function_tells_its_place_and_indentation() {
        let found = module("import math\n\n@d\ndef f():\n  x = 1\n");
        assert_eq!(
            (found.before("f"), found.body_indent("f")),
            (Some("import math\n\n"), Some("  "))
        );
        assert_eq!(module("def f(): pass\n").body_indent("f"), None);
        assert_eq!(
            (found.last_function(), module("def f(): pass\nf()\n").last_function()),
            (Some("f"), None)
        );
    }
}
