//! The functions in a piece of code, each with all that it needs to run.
//!
//! Invariant: code that gives no function is rejected as a whole, with the reason.

use super::{MAX_SOURCE, RawCode};
use crate::cases::Target;
use crate::error::Result;
use crate::flow::Fate;
use crate::outcome::{Reason, Rejection};
use crate::python::Module;
use crate::python::examples::examples;
use crate::record::Record;

/// Makes a row's functions out of its code; a row without any is rejected as a whole.
pub fn expand_row(row: Result<Fate<RawCode>>) -> Vec<Result<Fate<Target>>> {
    match row {
        Err(error) => vec![Err(error)],
        Ok(Fate::Live(record)) => expand(&record).into_iter().map(Ok).collect(),
        Ok(Fate::Rejected(dropped)) => vec![Ok(Fate::Rejected(dropped))],
        Ok(Fate::Deferred(dropped)) => vec![Ok(Fate::Deferred(dropped))],
    }
}

/// Finds the functions of a piece of code, each with all it needs.
pub fn expand(record: &Record<RawCode>) -> Vec<Fate<Target>> {
    let rejected = |reason, detail: String| {
        vec![Fate::rejected(&record.id, record.lineage.clone(), Rejection::new(reason, detail))]
    };
    if record.body.content.len() > MAX_SOURCE {
        return rejected(
            Reason::SizeOutOfRange,
            format!("the code is longer than {} MiB", MAX_SOURCE >> 20),
        );
    }
    let source = with_imports(&record.body);
    let module = match Module::parse(&source) {
        Ok(module) => module,
        Err(error) => return rejected(Reason::UnparsableSource, error.to_string()),
    };
    let candidates = module.candidates();
    if candidates.is_empty() {
        return rejected(
            Reason::NoTargetFunction,
            "the code defines no function at its top level to call".into(),
        );
    }
    let single = candidates.len() == 1;
    candidates
        .into_iter()
        .map(|function| {
            let target = Target {
                program: module.closure(&function.name),
                entry: function.name.clone(),
                examples: examples(&module, function)
                    .iter()
                    .filter_map(|example| example.call.to_source())
                    .collect(),
            };
            let mut fate = record.with_body(target);
            if !single {
                fate.id = format!("{}:{}", record.id, function.name);
            }
            if record.body.is_file {
                fate.lineage.line = function.line as u64;
            }
            Fate::Live(fate)
        })
        .collect()
}

/// Puts the import lines of a row above its code; `from __future__` lines must stay first.
fn with_imports(code: &RawCode) -> String {
    let content = code.content.replace("\r\n", "\n");
    let mut lines: Vec<&str> = Vec::new();
    for line in code.import_code.iter().flat_map(|text| text.lines()) {
        let line = line.trim();
        if !line.is_empty() && !content.contains(line) {
            lines.push(line);
        }
    }
    if lines.is_empty() {
        return content;
    }
    // A stable sort: the rest keeps its order.
    lines.sort_by_key(|line| !line.starts_with("from __future__"));
    format!("{}\n\n{content}", lines.join("\n"))
}
