//! A new row in the fields of MBPP: a question, a solution, and tests as a list of assertions.
//!
//! Invariant: a row whose solution is a text has no tests and states its task.

use super::draft::Draft;
use super::task::Task;
use crate::json::{self, Json, Object, Text};
use crate::pipeline::optimize::sample::TASK_TYPE;

/// The field that later techniques give an id, unless it is a number.
const ID: &str = "id";

/// The row, as yet without an origin, and without an id unless the set has numbers for ids.
pub(super) fn row(task: Task, draft: &Draft, number: Option<u64>) -> Object {
    let text = |text: &str| Json::Text(text.to_owned().into());
    let mut fields: Vec<(Text, Json)> = Vec::new();
    let mut add = |name: &str, value: Json| fields.push((name.to_owned().into(), value));
    add("question", text(&draft.question(task)));
    add("solutions", text(&draft.solution));
    if task.has_tests() {
        add("test_list", Json::List(draft.tests.iter().map(|test| text(test)).collect()));
    }
    add("task_name", text(&draft.task_name));
    add("instruction", text(&draft.instruction));
    add("information", text(&draft.information));
    add(TASK_TYPE, text(task.name()));
    if let Some(number) = number {
        add(ID, Json::Int(number.to_string()));
    }
    Object::new(fields)
}

/// The number that a row of a set has for an id: a column of numbers and texts would not load.
pub(super) fn number_of(row: &str) -> Option<u64> {
    json::read(row).ok()?.get(ID)?.as_u64()
}
