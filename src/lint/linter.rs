//! Asks ruff: the only place that calls its linter.
//!
//! Invariant: what ruff cannot deal with becomes an error about this one text, never a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use ruff_db::diagnostic::Diagnostic;
use ruff_linter::linter::{ParseSource, lint_only};
use ruff_linter::settings::LinterSettings;
use ruff_linter::settings::flags::Noqa;
use ruff_linter::source_kind::SourceKind;
use ruff_python_ast::{ModModule, PySourceType};
use ruff_python_parser::Parsed;

/// Rules about names of modules want a name; nothing is read there.
const PATH: &str = "program.py";

/// What ruff says about a program; fails if CPython would not compile it.
pub(super) fn diagnostics(
    source: &str,
    program: Parsed<ModModule>,
    settings: &LinterSettings,
    noqa: Noqa,
) -> Result<Vec<Diagnostic>, String> {
    let text = SourceKind::Python { code: source.to_owned(), is_stub: false };
    let lint = || {
        let (path, parsed) = (Path::new(PATH), ParseSource::Precomputed(program));
        lint_only(path, None, settings, noqa, &text, PySourceType::Python, parsed).diagnostics
    };
    let found = caught(lint)?;
    match found.iter().find(|found| found.is_invalid_syntax()) {
        Some(error) => {
            let line = error.ruff_start_location().map(|at| format!("line {}: ", at.line));
            Err(line.unwrap_or_default() + error.headline_message())
        }
        None => Ok(found),
    }
}

/// Runs a part of ruff on a text that may be hostile, as ruff's own command does: a fault in one rule must not cost other records.
pub(super) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| "the linter failed on this text".to_owned())
}
