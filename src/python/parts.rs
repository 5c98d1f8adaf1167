//! Questions about programs that come in parts: what a part needs and gives, what it reads and prints when it runs.
//!
//! Invariant: only what runs when the module is loaded counts as read or printed, as far as names tell.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Number, Stmt};
use ruff_text_size::Ranged;

use super::builtins::is_builtin;
use super::module::Module;

impl Module {
    /// The names that the module binds at its top level, imports among them.
    pub fn bound_names(&self) -> BTreeSet<String> {
        self.units().names().flat_map(|names| names.binds.iter().cloned()).collect()
    }

    /// The names that the module uses and neither binds nor finds among the builtins; none if a star import may bind them.
    pub fn missing_names(&self) -> BTreeSet<String> {
        match self.units().names().any(|names| names.star) {
            true => BTreeSet::new(),
            false => self.unbound_names(),
        }
    }

    /// The names that the module uses and neither binds by name nor finds among the builtins; a star import may bind some.
    pub fn unbound_names(&self) -> BTreeSet<String> {
        let names = || self.units().names();
        let bound: BTreeSet<&String> =
            names().flat_map(|names| names.binds.iter().chain(&names.global_writes)).collect();
        let used = names().flat_map(|names| names.uses.keys());
        used.filter(|name| !bound.contains(name) && !is_builtin(name)).cloned().collect()
    }

    /// Whether the module reads standard input when it runs, and not a replacement that it installs
    /// itself.
    pub fn reads_stdin(&self) -> bool {
        let streams = Streams::of(self.running());
        streams.reads && !streams.replaces
    }

    /// Whether the module writes to standard output when it runs.
    pub fn prints(&self) -> bool {
        Streams::of(self.running()).prints
    }

    /// Whether anything in the module reads standard input, called or not.
    pub fn mentions_stdin(&self) -> bool {
        let streams = Streams::of(self.body());
        streams.reads && !streams.replaces
    }

    /// The program with a line of statements before its first one, apart from its docstring and future imports.
    pub fn with_line(&self, line: &str) -> String {
        let is_head = |(at, stmt): (usize, &Stmt)| match stmt {
            Stmt::Expr(text) => at == 0 && text.value.is_string_literal_expr(),
            Stmt::ImportFrom(import) => {
                import.module.as_ref().is_some_and(|module| module.as_str() == "__future__")
            }
            _ => false,
        };
        let first = self.body().iter().enumerate().find(|&(at, stmt)| !is_head((at, stmt)));
        let Some((_, first)) = first else { return self.source().to_owned() };
        let (before, after) = self.source().split_at(first.start().to_usize());
        let separator = if before.is_empty() || before.ends_with('\n') { "\n" } else { "; " };
        format!("{before}{line}{separator}{after}")
    }

    /// The statements that run, with the definitions that they use.
    fn running(&self) -> Vec<&Stmt> {
        let waits = |stmt: &Stmt| match stmt {
            Stmt::FunctionDef(def) => def.decorator_list.is_empty(),
            Stmt::ClassDef(class) => class.decorator_list.is_empty(),
            _ => false,
        };
        let body = self.body();
        let runs = self.units().running(|place| body.get(place).is_some_and(waits));
        runs.into_iter().filter_map(|place| body.get(place)).collect()
    }
}

/// What statements do with the standard streams.
#[derive(Default)]
struct Streams {
    reads: bool,
    prints: bool,
    /// Whether a text takes the place of stdin, as a test has it.
    replaces: bool,
}

impl Streams {
    fn of<'s>(stmts: impl IntoIterator<Item = &'s Stmt>) -> Self {
        let mut streams = Self::default();
        for stmt in stmts {
            streams.visit_stmt(stmt);
        }
        streams
    }

    fn visit_call(&mut self, call: &ExprCall) {
        let function = match &*call.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return,
        };
        let is_stdin = match call.arguments.args.first() {
            Some(Expr::NumberLiteral(number)) => {
                matches!(&number.value, Number::Int(int) if int.as_u8() == Some(0))
            }
            Some(Expr::StringLiteral(text)) => text.value.to_str() == "/dev/stdin",
            _ => false,
        };
        self.reads |= is_stdin && ["open", "fdopen", "read", "FileIO"].contains(&function);
    }

    fn visit_name(&mut self, name: &str) {
        self.reads |= ["input", "stdin", "fileinput"].contains(&name);
        self.prints |= ["print", "stdout"].contains(&name);
    }
}

impl<'a> Visitor<'a> for Streams {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::Assign(assign) = stmt {
            let is_stdin = |target: &Expr| matches!(target, Expr::Attribute(attribute) if attribute.attr.as_str() == "stdin");
            let is_text = matches!(&*assign.value, Expr::Call(call) if match &*call.func {
                Expr::Name(name) => name.id.as_str() == "StringIO",
                Expr::Attribute(attribute) => attribute.attr.as_str() == "StringIO",
                _ => false,
            });
            self.replaces |= is_text && assign.targets.iter().any(is_stdin);
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx.is_load() => self.visit_name(name.id.as_str()),
            Expr::Attribute(attribute)
                if ["stdin", "stdout"].contains(&attribute.attr.as_str()) =>
            {
                self.visit_name(attribute.attr.as_str());
            }
            Expr::Call(call) => self.visit_call(call),
            _ => {}
        }
        walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(source: &str) -> Module {
        Module::parse(source).unwrap()
    }

    #[test]
    fn a_module_reads_stdin_when_what_runs_does() {
        for source in [
            "n = int(input())\n",
            "import sys\nfor line in sys.stdin: pass\n",
            "from sys import stdin\nread = stdin.readline\n",
            "def a(): return input()\ndef b(): return a()\nif __name__ == '__main__':\n    b()\n",
            "data = open(0).read()\n",
            "import os\ndata = os.read(0, 9)\n",
        ] {
            assert!(module(source).reads_stdin(), "{source}");
        }
        for source in [
            "def main():\n    print(input())\n",
            "def main(): return input()\nprint(dbl(3))\n",
            "import io, sys\nsys.stdin = io.StringIO('3')\nprint(input())\n",
            "x.input = 1\ninput = 2\n",
        ] {
            assert!(!module(source).reads_stdin(), "{source}");
        }
        assert!(module("def main():\n    print(input())\n").mentions_stdin());
    }

    #[test]
    fn a_module_names_what_it_lacks() {
        let missing = |source| Vec::from_iter(module(source).missing_names());
        assert_eq!(missing("def f(x: List) -> int:\n    return g(x) + len(x)\n"), ["List", "g"]);
        assert_eq!(missing("from a import *\ng()\n"), [""; 0]);
    }

    #[test]
    fn a_line_goes_before_the_first_statement_that_may_follow_it() {
        let future = "from __future__ import annotations\n";
        for (source, with) in [
            ("x = 1\n".to_owned(), "y\nx = 1\n".to_owned()),
            (
                format!("# a\n'd'\n{future}@g\ndef f(): pass\n"),
                format!("# a\n'd'\n{future}y\n@g\ndef f(): pass\n"),
            ),
            ("'d'; x = 1".to_owned(), "'d'; y; x = 1".to_owned()),
            (future.to_owned(), future.to_owned()),
        ] {
            assert_eq!(module(&source).with_line("y"), with);
        }
    }
}
