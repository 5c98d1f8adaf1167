//! A program made of several modules of one tree: those that a module imports travel with it, and import each other as natively.
//!
//! Invariant: only modules that imports may reach are in the program, in the order of their names, each as its file has it.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt, StmtIf};
use ruff_python_parser::parse_module;

use crate::sandbox::value::Value;

/// The importer of the modules that a program brings along.
const IMPORTER: &str = include_str!("bundle.py");

/// The modules of a tree, by their dotted names.
#[derive(Debug, Clone, Default)]
pub struct Modules(BTreeMap<String, SourceModule>);

/// One module.
#[derive(Debug, Clone)]
struct SourceModule {
    path: String,
    source: String,
    is_package: bool,
    /// Dotted names that it imports, or that may be attributes of what it imports.
    imports: BTreeSet<String>,
    /// Those of them without which it cannot be imported.
    needs: BTreeSet<String>,
}

impl Modules {
    /// Adds a module; `path` is relative to the folder that imports start from, with `/` between its parts.
    pub fn add(&mut self, path: &str, source: &str) {
        let Some(stem) = path.strip_suffix(".py") else { return };
        let package = stem.strip_suffix("/__init__");
        let name = package.unwrap_or(stem).replace('/', ".");
        let (imports, needs) = imports(source, &name, package.is_some());
        let module = SourceModule {
            path: path.into(),
            source: source.into(),
            is_package: package.is_some(),
            imports,
            needs,
        };
        self.0.insert(name, module);
    }

    /// Whether there is a module of this name.
    pub fn contains(&self, module: &str) -> bool {
        self.0.contains_key(module)
    }

    /// Names the module itself, the packages that it is in, and what any of them imports, as far as the tree has it.
    pub fn reached_from(&self, module: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut left = vec![module];
        while let Some(name) = left.pop() {
            let Some((name, module)) = self.0.get_key_value(name) else {
                // `from a import b` may mean the module `a.b` or something in `a`, which is named, too.
                continue;
            };
            if reached.insert(name.as_str()) {
                left.extend(module.imports.iter().flat_map(|import| with_parents(import)));
                left.extend(with_parents(name));
            }
        }
        reached
    }

    /// The modules from outside of the tree without which a module cannot be imported, by the first parts of their names.
    fn needed_by<'m>(&'m self, module: &'m str) -> BTreeSet<&'m str> {
        let (mut needed, mut seen, mut left) = (BTreeSet::new(), BTreeSet::new(), vec![module]);
        while let Some(name) = left.pop() {
            if !seen.insert(name) {
                continue;
            }
            match self.0.get(name) {
                Some(module) => {
                    left.extend(module.needs.iter().flat_map(|name| with_parents(name)));
                }
                None => {
                    let top = name.split('.').next().unwrap_or(name);
                    // `from a import b` names `a.b`, too.
                    if !self.contains(top) {
                        needed.insert(top);
                    }
                }
            }
        }
        needed
    }

    /// A program that has these names of a module, or all of them if none is given, and brings along all that the module imports; `None` if there is no such
    /// module. A package that needs a module which is not installed is empty but for its own modules.
    pub fn program(&self, module: &str, names: &[&str]) -> Option<String> {
        let sources: String = self
            .reached_from(module)
            .into_iter()
            .map(|name| {
                let SourceModule { path, source, is_package, .. } = &self.0[name];
                let needs: String = match is_package {
                    true => self
                        .needed_by(name)
                        .into_iter()
                        .map(|name| text_literal(name) + ", ")
                        .collect(),
                    false => String::new(),
                };
                let is_package = if *is_package { "True" } else { "False" };
                let [name, path, source] = [name, path, source].map(text_literal);
                format!("    {name}: ({path}, {is_package}, {source}, ({needs})),\n")
            })
            .collect();
        (!sources.is_empty() && self.contains(module)).then(|| {
            let names = match names {
                // All of them, private ones included.
                [] => format!(
                    "import {module}\nimport sys\nglobals().update(vars(sys.modules[{}]))",
                    text_literal(module)
                ),
                names => format!("from {module} import {}", names.join(", ")),
            };
            format!("{IMPORTER}\n_SOURCES.update({{\n{sources}}})\n{names}\n")
        })
    }
}

/// A dotted name and the packages that it is in.
fn with_parents(name: &str) -> impl Iterator<Item = &str> {
    let dots = name.match_indices('.').map(|(at, _)| &name[..at]);
    dots.chain([name])
}

/// What a module imports, and what of that it cannot do without; nothing if it does not parse.
fn imports(source: &str, name: &str, is_package: bool) -> (BTreeSet<String>, BTreeSet<String>) {
    let Ok(parsed) = parse_module(source) else { return Default::default() };
    let package = if is_package { name } else { package_of(name) };
    let body = &parsed.syntax().body;
    let mut all = Imports { package, found: BTreeSet::new() };
    all.visit_body(body);
    let mut needed = Imports { package, found: BTreeSet::new() };
    let is_import = |stmt: &&Stmt| matches!(stmt, Stmt::Import(_) | Stmt::ImportFrom(_));
    body.iter().filter(is_import).for_each(|stmt| needed.visit_stmt(stmt));
    (all.found, needed.found)
}

/// The package of a module, by their names; empty at the top.
fn package_of(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(package, _)| package)
}

/// A text as Python writes it.
fn text_literal(text: &str) -> String {
    Value::str(text).to_literal().unwrap_or_default()
}

struct Imports<'n> {
    /// The package that relative imports start from.
    package: &'n str,
    found: BTreeSet<String>,
}

impl Imports<'_> {
    /// The absolute name of what `from` names; `None` if it lies above the tree.
    fn base(&self, level: u32, module: Option<&str>) -> Option<String> {
        if level == 0 {
            return module.map(str::to_owned);
        }
        let mut base = self.package;
        for _ in 1..level {
            if base.is_empty() {
                return None;
            }
            base = package_of(base);
        }
        let parts = [base, module.unwrap_or_default()];
        Some(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("."))
    }
}

impl<'a> Visitor<'a> for Imports<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(import) => {
                self.found.extend(import.names.iter().map(|alias| alias.name.to_string()));
            }
            Stmt::ImportFrom(import) => {
                let Some(base) = self.base(import.level, import.module.as_deref()) else { return };
                let prefix = if base.is_empty() { base.clone() } else { format!("{base}.") };
                self.found
                    .extend(import.names.iter().map(|alias| format!("{prefix}{}", alias.name)));
                self.found.insert(base);
            }
            Stmt::If(branch) if is_for_type_checkers(branch) => {
                branch.elif_else_clauses.iter().for_each(|clause| self.visit_body(&clause.body));
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

/// Whether a branch is for type checkers alone and never runs.
fn is_for_type_checkers(branch: &StmtIf) -> bool {
    match &*branch.test {
        Expr::Name(name) => name.id == "TYPE_CHECKING",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Modules {
        let mut modules = Modules::default();
        files.iter().for_each(|(path, source)| modules.add(path, source));
        modules
    }

    #[test]
    fn what_is_imported_is_reached_with_its_packages() {
        let modules = tree(&[
            ("pkg/__init__.py", "from .api import run\n"),
            ("pkg/api.py", "def run():\n    from . import late\n"),
            ("pkg/late.py", "import os.path\n"),
            ("pkg/sub/__init__.py", "from .. import shared as s\nfrom ..other import *\n"),
            (
                "pkg/sub/deep.py",
                "from ....above import x\nif TYPE_CHECKING:\n    import tools\nelse:\n    import alone\n",
            ),
            ("pkg/shared.py", "x: 'int'\n"),
            ("pkg/other.py", "import pkg.sub.deep as d\n"),
            ("tools.py", ""),
            ("alone.py", "this does not parse"),
            ("notes.txt", "import pkg"),
        ]);
        let reached = |name| modules.reached_from(name).into_iter().collect::<Vec<_>>();
        assert_eq!(reached("pkg.late"), ["pkg", "pkg.api", "pkg.late"]);
        assert_eq!(reached("pkg.shared"), ["pkg", "pkg.api", "pkg.late", "pkg.shared"]);
        assert_eq!(
            reached("pkg.other"),
            [
                "alone",
                "pkg",
                "pkg.api",
                "pkg.late",
                "pkg.other",
                "pkg.shared",
                "pkg.sub",
                "pkg.sub.deep"
            ]
        );
        assert_eq!(reached("tools"), ["tools"]);
        assert_eq!(reached("pkg.none"), Vec::<&str>::new());
        assert_eq!(modules.program("pkg.none", &["x"]), None);
        assert!(modules.contains("pkg.sub") && !modules.contains("notes"));
        let needed = |name| modules.needed_by(name).into_iter().collect::<Vec<_>>();
        // Neither an import within a function nor one for type checkers has to succeed.
        assert_eq!(needed("pkg"), Vec::<&str>::new());
        assert_eq!(needed("pkg.late"), ["os"]);
    }
}
