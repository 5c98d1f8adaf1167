//! Problems for a model to solve, in the formats of the common test sets.
//!
//! Invariant: what judges an answer is kept apart from what the model is shown; a row that cannot judge an answer is no problem.

mod auto_code_bench;
mod case2code_reference;
mod human_eval;
mod mbpp;
mod own;
mod streams;

use std::path::Path;

use minijinja::context;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::jsonl::JsonLines;
use super::{Rows, UniqueIds, unreadable};
use crate::ask::prompt::{Prompt, Prompts};
use crate::cases::stated::{Expected, StatedCase};
use crate::cases::test_cases::Tests;
use crate::error::Result;
use crate::flow::Fate;
use crate::named::named_enum;
use crate::python::asserts::StatedCall;
use crate::record::{Lineage, Record};
use crate::sandbox::Case;

/// Asks to complete a function that has been begun.
const COMPLETE: Prompt = Prompt {
    path: "problems/complete.jinja",
    builtin: include_str!("../../prompts/problems/complete.jinja"),
    by_line: false,
    specimen: || context! { entry => "f", code => "def f(a):", fence => "```" },
};
/// Asks for a function that does a task.
const FUNCTION: Prompt = Prompt {
    path: "problems/function.jinja",
    builtin: include_str!("../../prompts/problems/function.jinja"),
    by_line: false,
    specimen: || context! { task => "Add.", starter => "def f(a):", entry => "f", fence => "```" },
};
/// Asks for a program that reads standard input.
const PROGRAM: Prompt = Prompt {
    path: "problems/program.jinja",
    builtin: include_str!("../../prompts/problems/program.jinja"),
    by_line: false,
    specimen: || context! { task => "Add." },
};
/// Asks for code that passes tests.
const TASK: Prompt = Prompt {
    path: "problems/task.jinja",
    builtin: include_str!("../../prompts/problems/task.jinja"),
    by_line: false,
    specimen: || context! { task => "Add.", tests => "assert f(1) == 1", fence => "```" },
};
/// The prompts of all formats whose rows have none of their own.
pub const PROMPTS: [Prompt; 4] = [COMPLETE, FUNCTION, PROGRAM, TASK];

/// One problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    pub id: String,
    pub format: Format,
    /// What a model is asked.
    pub prompt: String,
    /// Code in the prompt that an answer may continue: it ends with the head of the entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_code: Option<String>,
    /// A program that is known to be right, if the row has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    pub tests: Tests,
}

named_enum! {
    /// Where a row's fields come from.
    pub enum Format {
        /// Our own `case2code.jsonl`.
        Case2Code = "case2-code",
        /// The test set of the Case2Code paper.
        Case2CodeReference = "case2-code-reference",
        HumanEval = "human-eval",
        Mbpp = "mbpp",
        Apps = "apps",
        CodeContests = "code-contests",
        AutoCodeBench = "auto-code-bench",
    }
}

/// Makes a problem of a row, choosing the format by its fields; an error says which formats are known.
pub fn problem(row: &Map<String, Json>, id: &str, prompts: &Prompts) -> Result<Problem, String> {
    let has = |names: &[&str]| {
        names.iter().all(|name| row.get(*name).is_some_and(|value| !value.is_null()))
    };
    let has_any = |names: &[&str]| names.iter().any(|name| has(&[name]));
    let row = Row { fields: row, prompts };
    if has(&["program", "entry", "visible_cases", "hidden_cases"]) {
        return own::problem(row, id);
    }
    if has(&["func_name", "example_str", "example_outputs", "choosed_example_idx"]) {
        return case2code_reference::problem(row, id);
    }
    if has(&["prompt", "entry_point", "test"]) {
        return human_eval::problem(row, id);
    }
    if has(&["test_list"]) && has_any(&["text", "prompt"]) {
        return mbpp::problem(row, id);
    }
    if has(&["question", "input_output"]) {
        return streams::apps(row, id);
    }
    if has(&["description"]) && has_any(&["public_tests", "private_tests", "generated_tests"]) {
        return streams::code_contests(row, id);
    }
    if has(&["question", "full_test_func"]) {
        return auto_code_bench::problem(row, id);
    }
    Err("the row is none of the known problems: case2code (program, entry, visible_cases, hidden_cases), reference case2code \
         (func_name, example_str, example_outputs, choosed_example_idx), HumanEval (prompt, entry_point, test), MBPP (text or prompt, \
         test_list), APPS (question, input_output), CodeContests (description, public_tests, private_tests, generated_tests), \
         AutoCodeBench (question, full_test_func)"
        .into())
}

/// Reads the problems of a JSONL file (also `.gz` and `.zst`, `-` for stdin); a bad row is rejected with its file and line.
///
/// An id is the row's `id`, `task_id`, `problem_id`, `question_id` or `name`, else its line; a second one gets a number.
pub fn open(path: &Path, prompts: Prompts) -> Result<Rows<Problem>> {
    let lines = JsonLines::open(path)?;
    let (bytes, bytes_read, hang_up) = (lines.bytes(), lines.bytes_read(), lines.hang_up());
    let file = path.display().to_string();
    let mut ids = UniqueIds::default();
    let rows = lines.map(move |line| {
        let line = line?;
        let lineage = Lineage { file: file.clone(), line: line.number };
        let read = line.json.and_then(|row| {
            let id = id_of(&row).unwrap_or_else(|| format!("line-{}", lineage.line));
            problem(&row, &id, &prompts)
        });
        Ok(match read {
            Ok(problem) => {
                let id = ids.unique(problem.id.clone());
                Fate::Live(Record { id: id.clone(), lineage, body: Problem { id, ..problem } })
            }
            Err(message) => unreadable(lineage, &message),
        })
    });
    Ok(Rows { rows: Box::new(rows), bytes, bytes_read, hang_up })
}

fn id_of(row: &Map<String, Json>) -> Option<String> {
    ["id", "task_id", "problem_id", "question_id", "name"].iter().find_map(|name| {
        match row.get(*name)? {
            Json::String(id) if !id.is_empty() => Some(id.clone()),
            Json::Number(id) => Some(id.to_string()),
            Json::String(_) | Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
        }
    })
}

/// A row, asked for fields of a type, and the prompts that its problem may be asked with.
#[derive(Clone, Copy)]
struct Row<'r> {
    fields: &'r Map<String, Json>,
    prompts: &'r Prompts,
}

impl<'r> Row<'r> {
    /// Fills in the prompt that the problem is asked with.
    fn prompt(self, prompt: &Prompt, values: minijinja::Value) -> Result<String, String> {
        self.prompts.render(prompt, values).map_err(|error| error.to_string())
    }

    fn text(self, name: &str) -> Result<&'r str, String> {
        self.fields
            .get(name)
            .and_then(Json::as_str)
            .ok_or_else(|| format!("field {name:?} is not text"))
    }

    /// A text that may be absent; an empty one is.
    fn optional_text(self, name: &str) -> Result<Option<&'r str>, String> {
        match self.fields.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => {
                Ok(Some(text.as_str()).filter(|text| !text.trim().is_empty()))
            }
            Some(_) => Err(format!("field {name:?} is not text")),
        }
    }

    /// A list of texts that may be absent.
    fn texts(self, name: &str) -> Result<Vec<&'r str>, String> {
        match self.fields.get(name) {
            None | Some(Json::Null) => Ok(Vec::new()),
            Some(Json::Array(items)) => items
                .iter()
                .map(|item| {
                    item.as_str()
                        .ok_or_else(|| format!("field {name:?} holds something else than text"))
                })
                .collect(),
            Some(_) => Err(format!("field {name:?} is not a list")),
        }
    }
}

/// The case that an assertion states; `None` where a value has no literal.
fn stated_case(stated: &StatedCall) -> Option<StatedCase> {
    let arguments = stated.call.to_source()?;
    let expected = Expected::Repr(stated.expected.to_literal()?);
    Some(StatedCase { case: Case::call(&arguments), shown: arguments, expected })
}

#[cfg(test)]
mod tests;
