//! Refuses new rows that nearly repeat a row of the set, an earlier new row, or a problem that models are scored on.
//!
//! Invariant: programs are compared without names, layout and comments, instructions by their words; the order of rows decides which is first.

use std::path::{Path, PathBuf};

use super::generate::Item;
use super::task::Task;
use crate::ask::prompt::Prompts;
use crate::dataset::dedupe::{Seen, Twin};
use crate::dataset::jsonl::JsonLines;
use crate::dataset::problems::ID_FIELDS;
use crate::dataset::programs::ProgramRow;
use crate::dataset::rows::id_of;
use crate::error::{Error, Result};
use crate::json::{self, Json, Object};
use crate::outcome::{Reason, Rejection};
use crate::pipeline::optimize::sample::Sample;
use crate::python::Module;

/// From this similarity on, programs or instructions are nearly the same.
const NEAR: f64 = 0.85;
/// The fields that may say what a row asks for, in the order in which they are looked at.
const QUESTIONS: [&str; 7] =
    ["instruction", "question", "text", "description", "question_content", "requirement", "prompt"];

/// Programs and instructions.
struct Memory {
    programs: Seen,
    instructions: Seen,
}

impl Memory {
    fn new() -> Self {
        Self { programs: Seen::new(NEAR), instructions: Seen::of_texts(NEAR) }
    }

    fn remember(&mut self, id: &str, program: Option<&str>, instruction: Option<&str>) {
        if let Some(program) = program {
            self.programs.twin_or_remember(id, program);
        }
        if let Some(instruction) = instruction {
            self.instructions.twin_or_remember(id, instruction);
        }
    }
}

/// The problems that models are scored on.
pub struct EvalSets {
    memory: Memory,
    /// Their files.
    pub files: Vec<PathBuf>,
    /// Rows that something is known of.
    pub problems: u64,
}

impl EvalSets {
    /// Reads test sets. A file of which nothing can be compared, or that is damaged, is an error: it would protect nothing.
    pub fn read(files: &[PathBuf], prompts: &Prompts) -> Result<Self> {
        let mut sets = Self { memory: Memory::new(), files: files.to_vec(), problems: 0 };
        for path in files {
            let before = sets.problems;
            sets.add(path, prompts)?;
            if sets.problems == before {
                let path = path.display();
                let why = "no row has a program, or a question in a field such as";
                return Err(Error::Usage(format!("{path}: {why} {}", QUESTIONS.join(", "))));
            }
        }
        Ok(sets)
    }

    fn add(&mut self, path: &Path, prompts: &Prompts) -> Result<()> {
        let lines = JsonLines::open(path)?;
        let reading = lines.reading();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for line in lines {
            let line = line?;
            let number = line.number;
            let row = line
                .json
                .map_err(|why| Error::Usage(format!("{}:{number}: {why}", path.display())))?;
            let id = id_of(&row, &ID_FIELDS).unwrap_or_else(|| format!("line {number}"));
            let question = question_of(&row);
            let program = ProgramRow::read(row, prompts).ok().map(|row| row.program);
            self.problems += u64::from(question.is_some() || program.is_some());
            self.memory.remember(
                &format!("{id} of {name}"),
                program.as_deref(),
                question.as_deref(),
            );
        }
        match reading.damage() {
            Some(damage) => Err(Error::Usage(format!("{}: {damage}", path.display()))),
            None => Ok(()),
        }
    }
}

/// What new rows are compared with.
pub(super) struct Near<'a> {
    eval_sets: &'a EvalSets,
    own: Memory,
}

impl<'a> Near<'a> {
    pub fn new(eval_sets: &'a EvalSets) -> Self {
        Self { eval_sets, own: Memory::new() }
    }

    /// Remembers a row of the set.
    pub fn remember_row(&mut self, id: &str, sample: &Sample) {
        let question = match json::read(&sample.row) {
            Ok(Json::Object(row)) => question_of(&row),
            Ok(_) | Err(_) => None,
        };
        let program = (!sample.is_text).then_some(sample.program.as_str());
        self.own.remember(id, program, question.as_deref());
    }

    /// Remembers a new row.
    pub fn remember(&mut self, id: &str, item: &Item) {
        let program = item.task.has_tests().then_some(item.draft.solution.as_str());
        self.own.remember(id, program, Some(&asked_by(item)));
    }

    /// Why a new row must not be added, if it nearly repeats something.
    pub fn refusal(&self, item: &Item) -> Option<Rejection> {
        let Item { task, draft, .. } = item;
        let of_eval = &self.eval_sets.memory;
        let mut programs = draft.programs(*task).into_iter();
        let program = programs.find_map(|program| of_eval.programs.twin(program));
        if let Some(twin) = program {
            return Some(refused(Reason::Contaminated, "the program", &twin));
        }
        if let Some(twin) = of_eval.instructions.twin(&draft.instruction) {
            return Some(refused(Reason::Contaminated, "the instruction", &twin));
        }
        let own = match task {
            Task::Generation | Task::Translation | Task::Repair => {
                self.own.programs.twin(&draft.solution)
            }
            // The program that a text is about may be the one of the set.
            Task::Summary => None,
        };
        if let Some(twin) = own {
            return Some(refused(Reason::Duplicate, "the program", &twin));
        }
        let twin = self.own.instructions.twin(&asked_by(item))?;
        Some(refused(Reason::Duplicate, "the instruction", &twin))
    }
}

/// The words that tell a row from others.
fn asked_by(Item { task, draft, .. }: &Item) -> String {
    match task {
        Task::Generation | Task::Translation | Task::Repair => draft.instruction.clone(),
        // All summaries are asked for in much the same words.
        Task::Summary => format!("{} {}", draft.instruction, draft.solution),
    }
}

fn refused(reason: Reason, what: &str, twin: &Twin) -> Rejection {
    twin.rejection(reason, |how| format!("{what} is {how} that of {}", twin.id))
}

/// What a row asks for, in words.
fn question_of(row: &Object) -> Option<String> {
    let mut texts = QUESTIONS.iter().filter_map(|name| row.get(name)?.as_str());
    let text = texts.find(|text| !text.trim().is_empty())?;
    // A prompt may be code to complete, whose docstring is the question.
    let body = format!("{text}\n    pass\n");
    let docstring = Module::parse(text).or_else(|_| Module::parse(&body)).ok().and_then(|module| {
        module.functions().iter().rev().find_map(|function| function.docstring.clone())
    });
    Some(docstring.unwrap_or_else(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(row: serde_json::Value) -> Option<String> {
        let Json::Object(row) = Json::from(row) else { panic!("a row is an object") };
        question_of(&row)
    }

    #[test]
    fn a_question_is_the_first_text_that_may_be_one_or_a_docstring() {
        use serde_json::json;
        let found = question(json!({"text": " ", "question": "Sort it.", "prompt": "x"}));
        assert_eq!(found.as_deref(), Some("Sort it."));
        let head = "import math\n\ndef f(x):\n    \"\"\"Round it up.\"\"\"\n";
        assert_eq!(question(json!({"prompt": head})).as_deref(), Some("Round it up."));
        let open = "def f(x):\n    # Round it up.\n";
        assert_eq!(question(json!({"prompt": open})).as_deref(), Some(open));
        assert_eq!(question(json!({"code": "x = 1"})), None);
    }
}
