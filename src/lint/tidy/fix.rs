//! Applies ruff's fixes until there are none left.
//!
//! Invariant: fixes that overlap, or that must not be applied together, wait for the next round; the rounds end.

use std::collections::BTreeSet;

use ruff_db::diagnostic::Diagnostic;
use ruff_diagnostics::{Applicability, Fix, IsolationLevel};
use ruff_linter::settings::LinterSettings;
use ruff_linter::settings::flags::Noqa;
use ruff_python_ast::ModModule;
use ruff_text_size::{Ranged, TextSize};

use crate::lint::linter;
use crate::python::syntax;

/// More than any honest program needs: a round applies all fixes that do not touch each other.
const ROUNDS: usize = 100;

/// A program with the fixes of some rules, as far as they are allowed; fails if they never come to an end.
///
/// ruff's own loop reports its faults on stderr and decides nothing about single fixes.
pub(super) fn fixed(
    source: &str,
    settings: &LinterSettings,
    allows: impl Fn(&Diagnostic, &ModModule, &str) -> bool,
) -> Result<String, String> {
    let mut text = source.to_owned();
    for _ in 0..ROUNDS {
        let program = syntax::module_with_tokens(&text).map_err(|error| error.to_string())?;
        let tree = program.syntax().clone();
        let found = linter::diagnostics(&text, program, settings, Noqa::Disabled)?;
        let allowed = found.iter().filter(|found| allows(found, &tree, &text));
        let fixes = allowed.filter_map(Diagnostic::fix);
        let next = applied(&text, fixes.filter(|fix| fix.applies(Applicability::Unsafe)));
        if next == text {
            return Ok(text);
        }
        text = next;
    }
    Err("the fixes undo each other".to_owned())
}

fn applied<'f>(source: &str, fixes: impl Iterator<Item = &'f Fix>) -> String {
    let mut fixes: Vec<&Fix> = fixes.collect();
    fixes.sort_by_key(|fix| fix.min_start());
    let mut text = String::with_capacity(source.len());
    let mut at = TextSize::default();
    let mut groups = BTreeSet::new();
    for fix in fixes {
        let Some(start) = fix.min_start() else { continue };
        // A fix that begins where another ended may be about the same: it waits.
        if start < at || (start == at && !text.is_empty()) {
            continue;
        }
        if let IsolationLevel::Group(group) = fix.isolation()
            && !groups.insert(group)
        {
            continue;
        }
        for edit in fix.edits() {
            text.push_str(&source[at.to_usize()..edit.start().to_usize()]);
            text.push_str(edit.content().unwrap_or_default());
            at = edit.end();
        }
    }
    text.push_str(&source[at.to_usize()..]);
    text
}
