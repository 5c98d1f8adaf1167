//! Layout by ruff's formatter, and imports, comparisons and escapes as PEP 8 wants them.
//!
//! Invariant: quotes stay as they are, since a step of its own is about them.

use std::sync::LazyLock;

use ruff_db::diagnostic::Diagnostic;
use ruff_formatter::LineWidth;
use ruff_linter::registry::Rule;
use ruff_linter::settings::LinterSettings;
use ruff_python_ast::{ModModule, PythonVersion};
use ruff_python_formatter::{PyFormatOptions, QuoteStyle, format_module_source};

use super::{fix, types};
use crate::lint::{linter, selection};
use crate::python::shows_name_of;

/// PEP 8's limit.
const WIDTH: u16 = 79;

/// What the formatter leaves as it is.
static COMPARISONS: LazyLock<LinterSettings> = LazyLock::new(|| {
    selection::settings([
        Rule::NoneComparison,
        Rule::TrueFalseComparison,
        Rule::NotInTest,
        Rule::NotIsTest,
        Rule::LambdaAssignment,
        Rule::InvalidEscapeSequence,
        Rule::MultipleImportsOnOneLine,
    ])
});

/// A program in the formatter's layout.
pub(super) fn formatted(source: &str) -> Result<String, String> {
    let source = types::compared(&fix::fixed(source, &COMPARISONS, keeps_names)?)?;
    let options = PyFormatOptions::default()
        .with_target_version(PythonVersion::PY314)
        .with_line_width(LineWidth::try_from(WIDTH).map_err(|error| error.to_string())?)
        .with_quote_style(QuoteStyle::Preserve);
    let printed = linter::caught(|| format_module_source(&source, options))?;
    Ok(printed.map_err(|error| error.to_string())?.into_code())
}

/// Whether a fix gives no function a name that the program can show: a `lambda` becomes a `def` (E731).
fn keeps_names(found: &Diagnostic, _: &ModModule, source: &str) -> bool {
    if found.secondary_code().is_none_or(|code| code.as_str() != "E731") {
        return true;
    }
    let text = found.range().and_then(|range| source.get(range.to_std_range())).unwrap_or_default();
    let name = text.split(['=', ':']).next().unwrap_or_default().trim();
    !shows_name_of(source, name)
}
