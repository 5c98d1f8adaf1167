//! The tests of a script that a test runner would collect.
//!
//! Invariant: what `pytest` or `unittest` collects by name or by class is found, wherever it stands at module level.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtClassDef, StmtFunctionDef, StmtIf};

use super::builtins::is_builtin;
use super::main_block::is_main;
use super::mentions::Called;

/// The base classes of test cases.
const TEST_CASES: [&str; 2] = ["TestCase", "IsolatedAsyncioTestCase"];

/// What a script defines at module level, also in branches.
pub(super) struct Collection<'a> {
    statements: Vec<&'a Stmt>,
    /// The first class of each name.
    classes: HashMap<&'a str, &'a StmtClassDef>,
    /// The first function of each name.
    defs: HashMap<&'a str, &'a StmtFunctionDef>,
    imported: HashSet<&'a str>,
}

/// Classes that one derives from, which are looked at.
const MAX_BASES: usize = 100;

impl<'a> Collection<'a> {
    pub(super) fn of(body: &'a [Stmt]) -> Self {
        let mut statements = Vec::new();
        flatten(body, &mut statements);
        let (mut classes, mut defs) = (HashMap::new(), HashMap::new());
        let mut imported = HashSet::new();
        for stmt in &statements {
            let aliases = match stmt {
                Stmt::ClassDef(class) => {
                    classes.entry(class.name.as_str()).or_insert(class);
                    continue;
                }
                Stmt::FunctionDef(def) => {
                    defs.entry(def.name.as_str()).or_insert(def);
                    continue;
                }
                Stmt::Import(import) => &import.names,
                Stmt::ImportFrom(import) => &import.names,
                _ => continue,
            };
            let first = |name: &'a str| name.split('.').next().unwrap_or(name);
            imported.extend(
                aliases.iter().map(|alias| alias.asname.as_deref().unwrap_or(first(&alias.name))),
            );
        }
        Self { statements, classes, defs, imported }
    }

    /// The functions that are tests, each name once.
    pub(super) fn functions(
        &self,
        is_test: fn(&StmtFunctionDef) -> bool,
    ) -> Vec<&'a StmtFunctionDef> {
        let mut known = HashSet::new();
        self.defs().filter(|def| is_test(def) && known.insert(def.name.as_str())).collect()
    }

    /// The names of the classes with tests that derive from `unittest.TestCase`, directly or by a class of the same text.
    pub(super) fn test_cases(&self) -> Vec<String> {
        let cases = self.case_names();
        let classes = self.classes().filter(|class| cases.contains(&class.name.as_str()));
        unique(classes.filter(|class| self.has_tests(class)).map(|class| class.name.to_string()))
    }

    /// All names of test cases of `unittest`, also of those without tests.
    fn case_names(&self) -> HashSet<&'a str> {
        let mut cases: HashSet<&str> = TEST_CASES.into();
        for stmt in &self.statements {
            match stmt {
                Stmt::ImportFrom(import)
                    if import
                        .module
                        .as_ref()
                        .is_some_and(|module| module.as_str() == "unittest") =>
                {
                    // `TestCase`, under the name it has here.
                    let aliases = import.names.iter();
                    let renamed = aliases.filter(|alias| TEST_CASES.contains(&alias.name.as_str()));
                    cases.extend(renamed.filter_map(|alias| alias.asname.as_deref()));
                }
                Stmt::Assign(assign)
                    if named(&assign.value).is_some_and(|name| cases.contains(&name)) =>
                {
                    cases.extend(assign.targets.iter().filter_map(named));
                }
                Stmt::ClassDef(class) if bases(class).any(|base| cases.contains(&base)) => {
                    cases.insert(&class.name);
                }
                _ => {}
            }
        }
        cases
    }

    /// The names of the classes that `pytest` finds tests in: named so, made without arguments, and not test cases of `unittest`.
    pub(super) fn plain_classes(&self) -> Vec<String> {
        let cases = self.case_names();
        let mut found = Vec::new();
        for class in self.classes().filter(|class| !cases.contains(&class.name.as_str())) {
            self.plain_class(class, "", &mut found);
        }
        unique(found.into_iter())
    }

    fn plain_class(&self, class: &'a StmtClassDef, outer: &str, found: &mut Vec<String>) {
        if !class.name.starts_with("Test")
            || self.any(class, &|class| has_method(class, |name| name == "__init__"))
        {
            return;
        }
        let name = format!("{outer}{}", class.name);
        if self.has_tests(class) {
            found.push(name.clone());
        }
        for stmt in &class.body {
            if let Stmt::ClassDef(inner) = stmt {
                self.plain_class(inner, &format!("{name}."), found);
            }
        }
    }

    /// Whether a class has tests, perhaps by a class that it derives from.
    fn has_tests(&self, class: &StmtClassDef) -> bool {
        self.any(class, &|class| {
            has_method(class, |name| name.starts_with("test") || name == "runTest")
        })
    }

    /// Whether this is so of a class or of one of this text that it derives from.
    fn any(&self, class: &StmtClassDef, is_so: &dyn Fn(&StmtClassDef) -> bool) -> bool {
        let mut seen: HashSet<&str> = [class.name.as_str()].into();
        let mut open = vec![class];
        while let Some(class) = open.pop() {
            if is_so(class) {
                return true;
            }
            for base in bases(class) {
                if let Some(found) = self.classes.get(base)
                    && seen.len() < MAX_BASES
                    && seen.insert(&found.name)
                {
                    open.push(found);
                }
            }
        }
        false
    }

    /// Whether a block for scripts calls a function of the script which is neither a test nor only calls tests in turn.
    pub(super) fn starts_more(&self, main: &StmtIf, tests: &[&StmtFunctionDef]) -> bool {
        let tests: HashSet<&str> = tests.iter().map(|test| test.name.as_str()).collect();
        let is_test = |name: &str| tests.contains(name);
        let mut called = Called::default();
        called.visit_body(&main.body);
        called.names().iter().any(|name| {
            let Some(def) = self.defs.get(name.as_str()) else { return false };
            let mut inner = Called::default();
            inner.visit_body(&def.body);
            !is_test(name) && !inner.names().iter().any(|name| is_test(name))
        })
    }

    /// Whether a statement asserts something, or uses a name that is neither a module's nor a builtin's.
    pub(super) fn runs_something(&self, stmt: &Stmt) -> bool {
        let mut uses = Uses { imported: &self.imported, runs: false };
        uses.visit_stmt(stmt);
        uses.runs
    }

    /// A line that calls a function which prepares tests, with what it is given if it takes something; none if there is no such function.
    pub(super) fn call_of(&self, name: &str, given: &str) -> Option<String> {
        let def = self.defs.get(name)?;
        let takes = def.parameters.iter_non_variadic_params().next().is_some();
        Some(format!("{name}({})\n", if takes { given } else { "" }))
    }

    fn defs(&self) -> impl Iterator<Item = &'a StmtFunctionDef> {
        self.statements.iter().filter_map(|stmt| stmt.as_function_def_stmt())
    }

    fn classes(&self) -> impl Iterator<Item = &'a StmtClassDef> {
        self.statements.iter().filter_map(|stmt| stmt.as_class_def_stmt())
    }
}

/// Whether `pytest` would call a function, or its name says that it checks, and it can be called.
pub(super) fn is_test(def: &StmtFunctionDef) -> bool {
    let name = def.name.as_str();
    let named = name.starts_with("test") || name == "check" || name.starts_with("check_");
    named && def.parameters.iter_non_variadic_params().all(|param| param.default.is_some())
}

fn flatten<'a>(body: &'a [Stmt], found: &mut Vec<&'a Stmt>) {
    for stmt in body {
        found.push(stmt);
        match stmt {
            Stmt::If(branch) if !is_main(branch) => {
                flatten(&branch.body, found);
                branch.elif_else_clauses.iter().for_each(|clause| flatten(&clause.body, found));
            }
            Stmt::Try(attempt) => {
                flatten(&attempt.body, found);
                for ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
                    flatten(&handler.body, found);
                }
                flatten(&attempt.orelse, found);
                flatten(&attempt.finalbody, found);
            }
            Stmt::With(block) => flatten(&block.body, found),
            _ => {}
        }
    }
}

fn named(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Name(name) => Some(&name.id),
        Expr::Attribute(attribute) => Some(&attribute.attr),
        _ => None,
    }
}

fn bases(class: &StmtClassDef) -> impl Iterator<Item = &str> {
    class.bases().iter().filter_map(named)
}

fn has_method(class: &StmtClassDef, is_so: impl Fn(&str) -> bool) -> bool {
    class.body.iter().any(|stmt| matches!(stmt, Stmt::FunctionDef(def) if is_so(&def.name)))
}

fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut known = HashSet::new();
    names.filter(|name| known.insert(name.clone())).collect()
}

struct Uses<'n> {
    imported: &'n HashSet<&'n str>,
    runs: bool,
}

impl<'a> Visitor<'a> for Uses<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.runs |= matches!(stmt, Stmt::Assert(_) | Stmt::Raise(_));
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            self.runs |= name.ctx.is_load()
                && !self.imported.contains(&name.id.as_str())
                && !is_builtin(&name.id)
                && !name.id.starts_with("__");
        }
        walk_expr(self, expr);
    }
}
