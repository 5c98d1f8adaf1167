//! Settings that the code reads: environment variables and keys of a configuration.
//!
//! Invariant: only keys that stand in the text are given.

use ruff_python_ast::{Expr, ExprCall, ExprContext, ExprSubscript};

use super::Source;
use super::syntax::{argument, dotted, string};
use crate::index::entities::ConfigSource;
use crate::index::facts::LocalConfig;

/// The setting that a call reads: `os.environ.get(…)`, `os.getenv(…)`, `app.config.get(…)`.
pub(super) fn call(
    source: &Source<'_>,
    call: &ExprCall,
    reader: Option<u32>,
) -> Option<LocalConfig> {
    let name = dotted(&call.func)?;
    let from = match name.strip_suffix(".get") {
        Some(holder) => source_of(holder)?,
        None if name == "getenv" || name.ends_with(".getenv") => ConfigSource::Environment,
        None => return None,
    };
    let key = string(argument(call, 0, "key")?)?.to_owned();
    let default = argument(call, 1, "default").map(|default| source.text_of(default));
    let line = source.lines_of(&*call.func).end;
    Some(LocalConfig { reader, line, key, source: from, default, is_required: false })
}

/// The setting that a subscript reads: `os.environ[…]`, `app.config[…]`.
pub(super) fn subscript(
    source: &Source<'_>,
    subscript: &ExprSubscript,
    reader: Option<u32>,
) -> Option<LocalConfig> {
    if subscript.ctx != ExprContext::Load {
        return None;
    }
    let from = source_of(&dotted(&subscript.value)?)?;
    let Expr::StringLiteral(key) = &*subscript.slice else { return None };
    Some(LocalConfig {
        reader,
        line: source.line_of(&*subscript.slice),
        key: key.value.to_str().to_owned(),
        source: from,
        default: None,
        is_required: true,
    })
}

fn source_of(holder: &str) -> Option<ConfigSource> {
    match holder.rsplit('.').next()? {
        "environ" => Some(ConfigSource::Environment),
        "config" => Some(ConfigSource::Config),
        _ => None,
    }
}
