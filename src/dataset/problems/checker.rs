//! How a row says that it has several right answers.
//!
//! Invariant: a checker is a Python program that takes its files as arguments; a row that needs any other is not graded.

use super::without_fence;
use crate::json::{Json, Object};
use crate::python::Module;

/// The fields that hold a checker, or say that a problem has one.
const FIELDS: [&str; 5] =
    ["checker", "generated_checker", "special_judge", "is_special_judge", "spj"];

/// What tells right answers from wrong ones, if it is not the stated output alone.
pub(super) enum Checker {
    /// The source of a program.
    Program(String),
    /// Something that cannot be run, named by this field.
    Unknown(&'static str),
}

impl Checker {
    pub(super) fn of(row: &Object) -> Option<Self> {
        let fields: Vec<_> = FIELDS
            .into_iter()
            .filter_map(|name| Some((name, row.get(name).filter(|it| states_one(it))?)))
            .collect();
        let program = fields.iter().find_map(|(_, field)| program(field));
        program.map(Self::Program).or_else(|| Some(Self::Unknown(fields.first()?.0)))
    }
}

/// Whether the field says that there is a checker.
fn states_one(field: &Json) -> bool {
    const NONE: [&str; 6] = ["", "false", "no", "none", "null", "0"];
    match field {
        Json::Null | Json::Bool(false) => false,
        Json::Text(text) => !NONE.contains(&text.lossy().trim().to_lowercase().as_str()),
        Json::Int(number) => number != "0",
        Json::Float(number) => *number != 0.0,
        Json::List(items) => !items.is_empty(),
        Json::Object(parts) => !parts.is_empty(),
        Json::Bool(true) => true,
    }
}

/// The field's program. The name of a testlib checker, such as `wcmp`, parses too, but reads no files.
fn program(field: &Json) -> Option<String> {
    let code = without_fence(field.as_str()?);
    let takes_files = code.contains("argv") || code.contains("argparse");
    (takes_files && Module::parse(&code).is_ok()).then_some(code)
}
