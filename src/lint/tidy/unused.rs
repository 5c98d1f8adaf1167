//! Leaves out imports and variables that nothing uses.
//!
//! Invariant: nothing that runs is left out: the value of a variable goes only if evaluating it can neither do anything nor fail.

use std::sync::LazyLock;

use ruff_db::diagnostic::Diagnostic;
use ruff_linter::registry::Rule;
use ruff_linter::settings::LinterSettings;
use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Expr, ModModule, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::fix;
use crate::lint::selection;
use crate::python::{is_identifier, mentions};

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

/// Whether a fix leaves out nothing that runs.
fn is_harmless(found: &Diagnostic, tree: &ModModule) -> bool {
    let (Some(fix), Some(place)) = (found.fix(), found.range()) else { return false };
    let mut search = Search { place, value: None };
    search.visit_body(&tree.body);
    match search.value {
        Some(value)
            if fix.edits().iter().any(|edit| edit.range().contains_range(value.range())) =>
        {
            cannot_fail(value)
        }
        Some(_) | None => true,
    }
}

/// Finds the value that is assigned to the variable at a place.
struct Search<'a> {
    place: TextRange,
    value: Option<&'a Expr>,
}

impl<'a> Visitor<'a> for Search<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if !stmt.range().contains_range(self.place) {
            return;
        }
        match stmt {
            Stmt::Assign(assign) => {
                let is_there = assign.targets.iter().any(|target| target.range() == self.place);
                self.value = is_there.then_some(&*assign.value);
            }
            Stmt::AnnAssign(assign) => self.value = assign.value.as_deref(),
            _ => walk_stmt(self, stmt),
        }
    }
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
