//! APPS, the sets in its format and CodeContests: programs that read stdin and write stdout, and functions whose results are stated in JSON.
//!
//! Invariant: every input has its output; a row with a different number of each is not a problem.

use std::borrow::Cow;

use minijinja::context;

use super::json_calls::{case, checked_name, compare, setup};
use super::{FUNCTION, Format, PROGRAM, Problem, Row};
use crate::cases::stated::StatedCase;
use crate::cases::test_cases::{StreamCase, Tests};
use crate::fences::fence_for;
use crate::json::{self, Json, Object};
use crate::python::Module;

/// CodeContests' number for Python 3 among the languages of its solutions.
const PYTHON3: u64 = 3;

/// An APPS row: `input_output` is a JSON text, or an object, of `inputs`, `outputs` and maybe `fn_name`.
pub(super) fn apps(row: Row<'_>, id: &str) -> Result<Problem, String> {
    let (question, starter) =
        (row.text("question")?, row.optional_text("starter_code")?.unwrap_or_default());
    let io = match row.fields.get("input_output") {
        Some(Json::Object(io)) => Cow::Borrowed(io),
        Some(Json::Text(text)) if !text.lossy().trim().is_empty() => {
            match json::read(&text.with_escapes()) {
                Ok(Json::Object(io)) => Cow::Owned(io),
                Ok(_) => return Err("field \"input_output\" is not an object".into()),
                Err(error) => return Err(format!("field \"input_output\" is not JSON: {error}")),
            }
        }
        _ => return Err("field \"input_output\" is empty: the row has no tests".into()),
    };
    let name = match io.get("fn_name") {
        None | Some(Json::Null) => None,
        Some(name) => Some(name.as_str().ok_or("fn_name is not text")?),
    };
    let (prompt, tests) = match name {
        Some(entry) => {
            let entry = checked_name(entry)?;
            let inputs = list(&io, "inputs")?;
            let cases = calls(inputs, list(&io, "outputs")?)?;
            let (setup, visible) = (Some(setup(entry)), Vec::new());
            let compare = compare(inputs.iter());
            let prompt = row.prompt(&FUNCTION, context! { task => question.trim(), starter => starter.trim_end(), entry => entry, fence => fence_for(starter) })?;
            (prompt, Tests::Calls { entry: entry.into(), setup, compare, visible, hidden: cases })
        }
        None => {
            let cases = streams(io.get("inputs"), io.get("outputs"), "input_output", false)?;
            if cases.is_empty() {
                return Err("field \"input_output\" has no cases".into());
            }
            (row.prompt(&PROGRAM, context! { task => question.trim() })?, Tests::streams(cases))
        }
    };
    let solutions = match row.fields.get("solutions") {
        // A list that is written as JSON, or one program.
        Some(text @ Json::Text(written)) => Cow::Owned(match json::read(written.lossy()) {
            Ok(list @ Json::List(_)) => list,
            Ok(_) | Err(_) => Json::List(vec![text.clone()]),
        }),
        Some(other) => Cow::Borrowed(other),
        None => Cow::Owned(Json::Null),
    };
    let solutions = solutions.as_list().unwrap_or_default();
    let reference = first_program(solutions.iter().filter_map(Json::as_str));
    Ok(Problem {
        id: id.into(),
        format: Format::Apps,
        prompt,
        prompt_code: None,
        reference,
        tests,
        time_limit: None,
        base_tests: None,
    })
}

/// A CodeContests row: public, private and generated tests, each with lists `input` and `output`.
pub(super) fn code_contests(row: Row<'_>, id: &str) -> Result<Problem, String> {
    for field in ["input_file", "output_file"] {
        if let Some(file) = row.optional_text(field)? {
            return Err(format!(
                "the program must use the file {file:?}; only stdin and stdout can be graded"
            ));
        }
    }
    let mut cases = Vec::new();
    for (field, visible) in
        [("public_tests", true), ("private_tests", false), ("generated_tests", false)]
    {
        let tests = match row.fields.get(field) {
            Some(Json::Text(text)) => {
                let tests = json::read(&text.with_escapes())
                    .map_err(|error| format!("field {field:?} is not JSON: {error}"))?;
                Some(Cow::Owned(tests))
            }
            other => other.map(Cow::Borrowed),
        };
        match tests.as_deref() {
            None | Some(Json::Null) => {}
            Some(Json::Object(tests)) => {
                cases.extend(streams(tests.get("input"), tests.get("output"), field, visible)?);
            }
            Some(Json::List(tests)) => {
                for test in tests {
                    let text = |name: &str| {
                        text_of(test.get(name))
                            .ok_or_else(|| format!("field {field:?} has a test without {name}"))
                    };
                    cases.push(StreamCase {
                        stdin: text("input")?,
                        stdout: text("output")?,
                        visible,
                    });
                }
            }
            Some(_) => return Err(format!("field {field:?} is neither an object nor a list")),
        }
    }
    if cases.is_empty() {
        return Err("the row has no tests".into());
    }
    Ok(Problem {
        id: id.into(),
        format: Format::CodeContests,
        prompt: row.prompt(&PROGRAM, context! { task => row.text("description")?.trim() })?,
        time_limit: None,
        base_tests: None,
        prompt_code: None,
        reference: row.fields.get("solutions").and_then(Json::as_object).and_then(python_solution),
        tests: Tests::streams(cases),
    })
}

fn python_solution(solutions: &Object) -> Option<String> {
    let languages = solutions.get("language")?.as_list()?;
    let programs = solutions.get("solution")?.as_list()?;
    let python =
        languages.iter().zip(programs).filter(|(language, _)| language.as_u64() == Some(PYTHON3));
    first_program(python.filter_map(|(_, program)| program.as_str()))
}

/// The first solution that is Python 3 as we read it.
fn first_program<'p>(mut programs: impl Iterator<Item = &'p str>) -> Option<String> {
    programs.find(|program| Module::parse(program).is_ok()).map(str::to_owned)
}

fn streams(
    inputs: Option<&Json>,
    outputs: Option<&Json>,
    field: &str,
    visible: bool,
) -> Result<Vec<StreamCase>, String> {
    let list = |json: Option<&Json>, name: &str| {
        let items = json
            .and_then(Json::as_list)
            .ok_or_else(|| format!("field {field:?} has no list of {name}"))?;
        let texts: Option<Vec<String>> = items.iter().map(|item| text_of(Some(item))).collect();
        texts.ok_or_else(|| format!("the {name} of field {field:?} are not all text"))
    };
    let (inputs, outputs) = (list(inputs, "inputs")?, list(outputs, "outputs")?);
    same_number(inputs.len(), outputs.len())?;
    let pairs = inputs.into_iter().zip(outputs);
    Ok(pairs.map(|(stdin, stdout)| StreamCase { stdin, stdout, visible }).collect())
}

/// A text, or a list of its lines.
pub(super) fn text_of(json: Option<&Json>) -> Option<String> {
    match json? {
        Json::Text(text) => text.as_str().map(str::to_owned),
        Json::List(lines) => {
            let lines: Option<Vec<&str>> = lines.iter().map(Json::as_str).collect();
            Some(lines?.join("\n"))
        }
        Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Object(_) => None,
    }
}

fn same_number(inputs: usize, outputs: usize) -> Result<(), String> {
    if inputs == outputs {
        Ok(())
    } else {
        Err(format!("there are {inputs} inputs and {outputs} outputs"))
    }
}

fn list<'j>(io: &'j Object, name: &str) -> Result<&'j [Json], String> {
    io.get(name)
        .and_then(Json::as_list)
        .ok_or_else(|| format!("field \"input_output\" has no list of {name}"))
}

fn calls(inputs: &[Json], outputs: &[Json]) -> Result<Vec<StatedCase>, String> {
    same_number(inputs.len(), outputs.len())?;
    let cases: Vec<StatedCase> = inputs
        .iter()
        .zip(outputs)
        .map(|(input, output)| case(input, output))
        .collect::<Result<_, _>>()?;
    if cases.is_empty() { Err("field \"input_output\" has no cases".into()) } else { Ok(cases) }
}
