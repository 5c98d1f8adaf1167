//! Leaves out imports and variables that nothing uses.
//!
//! Invariant: nothing that runs is left out: an import goes only if loading its module is known to do nothing else, the value of a variable goes only if evaluating it can neither do anything nor fail, and
//! a binding goes only if no other use of its name could tell: `except X as e` also unbinds an `e` from before.

use std::sync::LazyLock;

use ruff_db::diagnostic::Diagnostic;
use ruff_linter::registry::Rule;
use ruff_linter::settings::LinterSettings;
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::{Visitor, walk_except_handler, walk_expr, walk_stmt};
use ruff_python_ast::{ExceptHandler, Expr, ModModule, Stmt};
use ruff_python_stdlib::sys::is_known_standard_library;
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::fix;
use crate::lint::selection;
use crate::python::{is_identifier, mentions, syntax};

/// Modules of the standard library that do something when they are loaded: they print, open a browser, or change the prompt or the path.
const DOERS: [&str; 10] = [
    "__hello__",
    "__phello__",
    "antigravity",
    "idlelib",
    "readline",
    "rlcompleter",
    "site",
    "this",
    "tkinter",
    "turtle",
];
/// Modules from elsewhere that do nothing when they are loaded.
const IDLERS: [&str; 8] = [
    "dateutil",
    "networkx",
    "numpy",
    "pandas",
    "scipy",
    "sortedcontainers",
    "sympy",
    "typing_extensions",
];
/// The minor version of Python whose standard library counts.
const MINOR: u8 = 15;

/// What may use names that only strings contain.
const REFLECTION: [&str; 6] = ["eval", "exec", "globals", "locals", "vars", "dir"];

static UNUSED: LazyLock<LinterSettings> =
    LazyLock::new(|| selection::settings([Rule::UnusedImport, Rule::UnusedVariable]));

/// A program without what it does not use; names that others use of it stay.
pub(super) fn left_out(source: &str, keep: &[&str]) -> Result<String, String> {
    let mentioned = mentions::mentioned_names(source);
    if mentioned.iter().any(|name| REFLECTION.contains(&name.as_str())) {
        return Ok(source.to_owned());
    }
    let examples: String = source
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix(">>> "))
        .map(|line| format!("{line}\n"))
        .collect();
    let words = examples.split(|c: char| !c.is_alphanumeric() && c != '_');
    let kept: Vec<&str> =
        keep.iter().copied().chain(words).filter(|name| is_identifier(name)).collect();
    if kept.is_empty() {
        return fix::fixed(source, &UNUSED, is_harmless);
    }
    // A use of the names behind the program, for the linter's eyes only.
    let uses = format!("\n\n({},)\n", kept.join(","));
    let fixed = fix::fixed(&format!("{source}{uses}"), &UNUSED, is_harmless)?;
    fixed.strip_suffix(&uses).map(str::to_owned).ok_or_else(|| "the text was cut off".to_owned())
}

/// Whether a fix leaves out nothing that runs, and no other use of the name could tell.
fn is_harmless(found: &Diagnostic, tree: &ModModule, source: &str) -> bool {
    let (Some(fix), Some(place)) = (found.fix(), found.range()) else { return false };
    let mut search = Search {
        place,
        value: None,
        imported: Vec::new(),
        handlers: Vec::new(),
        functions: Vec::new(),
    };
    search.visit_body(&tree.body);
    if !search.imported.iter().all(|module| loads_idly(module)) {
        return false;
    }
    if let Some(handler) = search.handlers.iter().find(|handler| handler.name == place) {
        return search.binds_for_nobody(handler, source);
    }
    match search.value {
        Some(value)
            if fix.edits().iter().any(|edit| edit.range().contains_range(value.range())) =>
        {
            cannot_fail(value) && !search.is_read(tree, source)
        }
        Some(_) | None => true,
    }
}

/// Finds the value that is assigned to the variable at a place, and what decides who else uses its name.
struct Search<'a> {
    place: TextRange,
    value: Option<&'a Expr>,
    /// The modules that the import around the place loads, as one fix leaves out all that is unused of it; a relative one has no name.
    imported: Vec<&'a str>,
    /// All `except X as e` of the program.
    handlers: Vec<Handler>,
    /// All `def` and `lambda` of the program.
    functions: Vec<TextRange>,
}

/// A handler that binds a name.
struct Handler {
    name: TextRange,
    whole: TextRange,
}

impl<'a> Visitor<'a> for Search<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Assign(assign)
                if assign.targets.iter().any(|target| target.range() == self.place) =>
            {
                self.value = Some(&*assign.value);
            }
            Stmt::AnnAssign(assign) if assign.target.range() == self.place => {
                self.value = assign.value.as_deref();
            }
            Stmt::FunctionDef(def) => self.functions.push(def.range()),
            Stmt::Import(import) if import.range().contains_range(self.place) => {
                self.imported = import.names.iter().map(|alias| alias.name.as_str()).collect();
            }
            Stmt::ImportFrom(import) if import.range().contains_range(self.place) => {
                let module = import.module.as_deref().filter(|_| import.level == 0);
                self.imported = vec![module.unwrap_or_default()];
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Lambda(lambda) = expr {
            self.functions.push(lambda.range());
        }
        walk_expr(self, expr);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(node) = handler;
        if let Some(name) = &node.name {
            self.handlers.push(Handler { name: name.range(), whole: node.range() });
        }
        walk_except_handler(self, handler);
    }
}

impl Search<'_> {
    /// Whether nothing but other handlers of the same name, each within itself, uses the name that a handler binds: the end of a handler
    /// unbinds it, so that whatever had it before no longer has it.
    fn binds_for_nobody(&self, handler: &Handler, source: &str) -> bool {
        let is_named = |other: &&Handler| source[other.name] == source[handler.name];
        let others: Vec<&Handler> = self
            .handlers
            .iter()
            .filter(|other| other.name != handler.name)
            .filter(is_named)
            .collect();
        if others.iter().any(|other| other.whole.contains_range(handler.whole)) {
            return false;
        }
        self.mentions(source).into_iter().all(|mention| {
            others.iter().any(|other| {
                let is_inside = other.whole.contains_range(mention);
                // A function may be called later, when another handler has bound the name.
                let is_kept = self.functions.iter().any(|function| {
                    other.whole.contains_range(*function) && function.contains_range(mention)
                });
                is_inside && !is_kept
            })
        })
    }

    /// Whether the function around the place uses the variable elsewhere, if only where it is not bound yet.
    fn is_read(&self, tree: &ModModule, source: &str) -> bool {
        let around = self.functions.iter().filter(|function| function.contains_range(self.place));
        let around = around.min_by_key(|function| function.len());
        let mut reads = Reads { name: &source[self.place], found: Vec::new() };
        reads.visit_body(&tree.body);
        reads.found.iter().any(|&at| around.is_none_or(|around| around.contains_range(at)))
    }

    /// Where else the name at the place stands.
    fn mentions(&self, source: &str) -> Vec<TextRange> {
        let name = &source[self.place];
        let named = syntax::tokens(source).into_iter().filter(|(kind, range)| {
            *kind == TokenKind::Name && source.get(range.clone()) == Some(name)
        });
        let at = |offset: usize| TextSize::try_from(offset).unwrap_or_default();
        let ranges = named.map(|(_, range)| TextRange::new(at(range.start), at(range.end)));
        ranges.filter(|range| *range != self.place).collect()
    }
}

/// Finds where a name is read or deleted.
struct Reads<'s> {
    name: &'s str,
    found: Vec<TextRange>,
}

impl<'a> Visitor<'a> for Reads<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr
            && name.id.as_str() == self.name
            && !name.ctx.is_store()
        {
            self.found.push(name.range());
        }
        walk_expr(self, expr);
    }
}

/// Whether loading a module is known to do nothing that a program could notice.
fn loads_idly(module: &str) -> bool {
    let root = module.split('.').next().unwrap_or_default();
    IDLERS.contains(&root) || is_known_standard_library(MINOR, root) && !DOERS.contains(&root)
}

/// Whether evaluating an expression always succeeds and does nothing else.
fn cannot_fail(value: &Expr) -> bool {
    match value {
        Expr::Name(_) | Expr::Lambda(_) => true,
        Expr::List(list) => list.elts.iter().all(cannot_fail),
        Expr::Tuple(tuple) => tuple.elts.iter().all(cannot_fail),
        Expr::Dict(dict) => dict.items.iter().all(|item| {
            item.key.as_ref().is_some_and(Expr::is_literal_expr) && cannot_fail(&item.value)
        }),
        Expr::UnaryOp(unary) => unary.operand.is_number_literal_expr(),
        Expr::Call(call) => {
            let is_empty = call.arguments.is_empty();
            is_empty && matches!(&*call.func, Expr::Name(name) if EMPTY.contains(&name.id.as_str()))
        }
        _ => value.is_literal_expr(),
    }
}

/// What makes an empty value; ruff leaves out calls of these only if they are the builtins.
const EMPTY: [&str; 5] = ["list", "dict", "set", "tuple", "frozenset"];
