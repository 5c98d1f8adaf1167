//! Rows with a program that may be replaced: where it is, and the row with another one in its place.
//!
//! Invariant: nothing else of a row changes but what repeats the program: a text that is the program itself or its fenced block.

use std::collections::HashSet;

use super::problems::{self, Problem, without_fence};
use crate::ask::prompt::Prompts;
use crate::fences::fenced;
use crate::json::{self, Json, Object, Text};
use crate::outcome::{Reason, Rejection};
use crate::python::Module;

/// The fields that hold a program, in the order in which they are looked at.
const FIELDS: [&str; 9] = [
    "program",
    "canonical_solution",
    "gold_standard_solution",
    "solution",
    "solutions",
    "code",
    "content",
    "completion",
    "output",
];
/// The field that may go on with what the prompt begins.
const COMPLETED: &str = "canonical_solution";
/// The field of import lines that some rows have beside their program.
const IMPORTS: &str = "import_code";
/// The field with the head of the answer.
const STARTER: &str = "starter_code";
/// The fields of rows whose texts speak of the program beside them: answers with their traces, and designs.
const ABOUT_A_PROGRAM: [&[&str]; 2] =
    [&["question", "answer", "trace"], &["requirement", "design"]];
/// The list of programs in CodeContests' `solutions`.
const PROGRAMS: &str = "solution";

/// A row, the program in it, and the problem that it solves.
pub struct ProgramRow {
    pub row: Object,
    /// The whole program: what the row has before it, such as the head of a function to complete, included.
    pub program: String,
    /// The lines that the row has beside its program and that go before it; empty, or whole lines.
    pub imports: String,
    /// Absent if the row has no tests.
    pub problem: Option<Problem>,
    place: Place,
}

/// Where a program is in a row.
struct Place {
    field: &'static str,
    holder: Holder,
    /// What the row has before the program.
    head: String,
    is_fenced: bool,
}

/// What holds a program.
#[derive(Clone, Copy)]
enum Holder {
    Text,
    /// An item of a list.
    Item(usize),
    /// An item of a list that is written as JSON in a text.
    WrittenItem(usize),
    /// An item of the list of programs beside the list of their languages.
    Solution(usize),
}

/// A row of tests without a task, with an empty one: its tests decide about programs, though nobody can be asked for them.
fn with_task(row: &Object) -> Option<Object> {
    const TASKS: [&str; 3] = ["text", "prompt", "question"];
    let has = |field: &str| row.get(field).is_some();
    let lacks_one = has("test_list") && !TASKS.into_iter().any(has);
    let task = (TASKS[0].to_owned().into(), Json::Text(String::new().into()));
    lacks_one.then(|| Object::new(row.clone().into_iter().chain([task]).collect()))
}

impl ProgramRow {
    /// Finds the program of a row; a problem's is the one that its tests are known to pass.
    pub fn read(row: Object, prompts: &Prompts) -> Result<Self, Rejection> {
        let says = |field: &&str| row.get(field).is_some_and(|value| !value.is_null());
        if ABOUT_A_PROGRAM.iter().any(|fields| fields.iter().all(says)) {
            let why = "the row is about its program; what it says would not hold of another";
            return Err(Rejection::new(Reason::NoReference, why));
        }
        let with_task = with_task(&row);
        let asked = with_task.as_ref().unwrap_or(&row);
        let mut problem = match problems::is_problem(asked) {
            true => Some(problems::of_row(asked, prompts)?),
            false => None,
        };
        if let Some(language) = problem.as_ref().and_then(|problem| problem.tests.language()) {
            let why =
                format!("the program is in {}; only Python can be rewritten", language.title());
            return Err(Rejection::new(Reason::UnsupportedLanguage, why));
        }
        let found = match &problem {
            Some(Problem { reference: Some(reference), .. }) => {
                place_of(&row, |program| program == reference)
            }
            Some(_) => None,
            None => place_of(&row, |program| !program.trim().is_empty()),
        };
        let Some((place, program)) = found else {
            let why = match problem {
                Some(_) => "the problem has no program of its own".to_owned(),
                None => {
                    format!("the row has no program; the fields {} may hold one", FIELDS.join(", "))
                }
            };
            return Err(Rejection::new(Reason::NoReference, why));
        };
        let imports = imports_of(&row, &program);
        if let Some(problem) = problem.as_mut()
            && !imports.is_empty()
        {
            problem.reference = Some(format!("{imports}{program}"));
        }
        Ok(Self { row, program, imports, problem, place })
    }

    /// What a model is asked whose answer is the row's program; the rejection says why the row is not a problem.
    ///
    /// `eval` asks for an answer that begins with the row's head of it; a program that begins otherwise is no answer to that.
    pub fn question(&self, prompts: &Prompts) -> Result<String, Rejection> {
        let starter = self.row.get(STARTER).and_then(Json::as_str).unwrap_or_default().trim();
        if starter.is_empty() || self.program.trim_start().starts_with(starter) {
            return Ok(problems::of_row(&self.row, prompts)?.prompt);
        }
        let fields = self.row.clone().into_iter();
        let fields = fields.filter(|(name, _)| name.as_str() != Some(STARTER));
        Ok(problems::of_row(&Object::new(fields.collect()), prompts)?.prompt)
    }

    /// A program for this row as it runs: with the row's import lines before it.
    pub fn runnable(&self, program: &str) -> String {
        format!("{}{program}", self.imports)
    }

    /// The row with another program in the place of its own; `None` if the new one does not begin with what the row has before it.
    pub fn with_program(&self, program: &str) -> Option<Object> {
        let Place { field, holder, head, is_fenced } = &self.place;
        let own = program.strip_prefix(head.as_str())?;
        let own = if *is_fenced { fenced(own) } else { own.to_owned() };
        let changed = |(name, value): (Text, Json)| {
            let value = match name.as_str() == Some(field) {
                true => holder.with(value, &own),
                false => self.repeated(value, program),
            };
            (name, value)
        };
        Some(Object::new(self.row.clone().into_iter().map(changed).collect()))
    }

    /// A value with the new program in the place of each text that is the old one.
    fn repeated(&self, value: Json, program: &str) -> Json {
        match value {
            Json::Text(text) if text.as_str() == Some(&self.program) => written(program.to_owned()),
            Json::Text(text) if text.as_str() == Some(&fenced(&self.program)) => {
                written(fenced(program))
            }
            Json::List(items) => {
                Json::List(items.into_iter().map(|item| self.repeated(item, program)).collect())
            }
            Json::Object(object) => {
                let fields = object.into_iter();
                let fields = fields.map(|(name, value)| (name, self.repeated(value, program)));
                Json::Object(Object::new(fields.collect()))
            }
            Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Text(_) => value,
        }
    }
}

fn written(text: String) -> Json {
    Json::Text(text.into())
}

impl Holder {
    /// The value with a text in this place.
    fn with(self, value: Json, text: &str) -> Json {
        let in_list = |list: Json, at: usize| match list {
            Json::List(mut items) => {
                if let Some(item) = items.get_mut(at) {
                    *item = written(text.to_owned());
                }
                Json::List(items)
            }
            other => other,
        };
        match (self, value) {
            (Self::Text, _) => written(text.to_owned()),
            (Self::Item(at), list) => in_list(list, at),
            (Self::WrittenItem(at), value) => {
                let list = value.as_str().and_then(|text| json::read(text).ok());
                list.map_or(value, |list| written(in_list(list, at).to_string()))
            }
            (Self::Solution(at), Json::Object(solutions)) => {
                let programs = |(name, value): (Text, Json)| match name.as_str() {
                    Some(PROGRAMS) => (name, in_list(value, at)),
                    Some(_) | None => (name, value),
                };
                Json::Object(Object::new(solutions.into_iter().map(programs).collect()))
            }
            (Self::Solution(_), value) => value,
        }
    }
}

/// The import lines of a row that its program lacks, each with its end; those from `__future__` come first.
fn imports_of(row: &Object, program: &str) -> String {
    let texts: Vec<&str> = match row.get(IMPORTS) {
        Some(Json::List(lines)) => lines.iter().filter_map(Json::as_str).collect(),
        Some(text) => text.as_str().into_iter().collect(),
        None => Vec::new(),
    };
    let known: HashSet<&str> = program.lines().map(str::trim).collect();
    let lines = texts.into_iter().flat_map(str::lines).map(str::trim);
    let mut lines: Vec<&str> =
        lines.filter(|line| !line.is_empty() && !known.contains(line)).collect();
    // A stable sort: the rest keeps its order.
    lines.sort_by_key(|line| !line.starts_with("from __future__"));
    let imports: String = lines.iter().map(|line| format!("{line}\n")).collect();
    match Module::parse(&imports) {
        Ok(_) => imports,
        // What is not Python would make a defect of a program that has none.
        Err(_) => String::new(),
    }
}

/// The first place of a row with a program that is wanted, and that program.
fn place_of(row: &Object, is_wanted: impl Fn(&str) -> bool) -> Option<(Place, String)> {
    let prompt = row.get("prompt").and_then(Json::as_str);
    for field in FIELDS {
        let head = prompt.filter(|_| field == COMPLETED);
        for (holder, text) in row.get(field).map(texts).unwrap_or_default() {
            let bare = without_fence(&text);
            // A field with a whole program repeats the prompt if it needs it.
            for head in [head.unwrap_or_default(), ""] {
                let program = format!("{head}{bare}");
                if is_wanted(&program) {
                    let head = head.to_owned();
                    let place = Place { field, holder, head, is_fenced: bare != text };
                    return Some((place, program));
                }
            }
        }
    }
    None
}

/// The texts of a field that may be programs.
fn texts(value: &Json) -> Vec<(Holder, String)> {
    let of_list = |list: &[Json], holder: fn(usize) -> Holder| {
        let texts = list.iter().enumerate();
        texts.filter_map(|(at, item)| Some((holder(at), item.as_str()?.to_owned()))).collect()
    };
    match value {
        Json::Text(text) => {
            let list = text.as_str().filter(|text| text.trim_start().starts_with('['));
            match list.map(json::read) {
                Some(Ok(Json::List(items))) => of_list(&items, Holder::WrittenItem),
                Some(_) | None => {
                    text.as_str().map(|text| (Holder::Text, text.to_owned())).into_iter().collect()
                }
            }
        }
        Json::List(items) => of_list(items, Holder::Item),
        Json::Object(solutions) => {
            let programs = solutions.get(PROGRAMS).and_then(Json::as_list);
            programs.map(|programs| of_list(programs, Holder::Solution)).unwrap_or_default()
        }
        Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
