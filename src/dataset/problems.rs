//! Problems for a model to solve, in the formats of the common test sets.
//!
//! Invariant: the tests that grade an answer are kept apart from what the model is shown; a row
//! that cannot grade an answer is not a problem.

mod auto_code_bench;
mod case2code_reference;
mod checker;
mod codeforces;
mod eval_plus;
mod human_eval;
mod json_calls;
mod kod_code;
mod live_code_bench;
mod mbpp;
mod own;
mod packed;
mod streams;
mod time_limit;
mod verification_info;

use std::path::Path;

use checker::Checker;
pub use json_calls::{checked_name, setup};
use minijinja::context;
use serde::{Deserialize, Serialize};

use super::Rows;
use super::format::RowFormat;
use super::jsonl::JsonLines;
use super::language::is_python;
use super::rows::{self, UniqueIds};
use crate::ask::prompt::{Prompt, Prompts};
use crate::cases::stated::{Expected, StatedCase};
use crate::cases::test_cases::{Check, Tests};
use crate::error::Result;
use crate::executor::OtherLanguage;
use crate::fences::Fence;
use crate::flow::Fate;
use crate::json::{Json, Object};
use crate::named::named_enum;
use crate::outcome::{Reason, Rejection};
use crate::python::asserts::StatedCall;
use crate::record::Record;
use crate::reply::{self, Ask, Pick};
use crate::report::stderr::tell;
use crate::sandbox::Case;
use crate::sandbox::value::Value;

/// The language of problems that name none, as prompts say it.
pub const PYTHON: &str = "Python";

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
pub const TASK: Prompt = Prompt {
    path: "problems/task.jinja",
    builtin: include_str!("../../prompts/problems/task.jinja"),
    by_line: false,
    specimen: || {
        context! { task => "Add.", tests => "assert f(1) == 1", fence => "```", language => PYTHON }
    },
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
    /// The seconds that the problem gives a program for each test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_limit: Option<f64>,
    /// How many tests, from the first, are those of the set that this one extends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_tests: Option<usize>,
}

impl Problem {
    /// Adds the row's checker; the error names the field of one that cannot grade these tests.
    fn checked_by(mut self, program: String) -> Result<Self, &'static str> {
        let Tests::Streams { checker, .. } = &mut self.tests else { return Err("checker") };
        *checker = Some(program);
        Ok(self)
    }
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
        Codeforces = "codeforces",
        CodeContests = "code-contests",
        AutoCodeBench = "auto-code-bench",
        EvalPlus = "eval-plus",
        LiveCodeBench = "live-code-bench",
        VerificationInfo = "verification-info",
        KodCode = "kod-code",
    }
}

/// The formats that are problems.
const PROBLEMS: [RowFormat; 12] = [
    RowFormat::Case2Code,
    RowFormat::Reference,
    RowFormat::HumanEval,
    RowFormat::Mbpp,
    RowFormat::Apps,
    // Before CodeContests: its rows have a field `generated_tests`, too.
    RowFormat::Codeforces,
    RowFormat::CodeContests,
    RowFormat::AutoCodeBench,
    RowFormat::EvalPlus,
    RowFormat::LiveCodeBench,
    RowFormat::VerificationInfo,
    RowFormat::KodCode,
];
/// The fields that hold a problem's id.
pub const ID_FIELDS: [&str; 5] = ["id", "task_id", "problem_id", "question_id", "name"];

/// Time limits that are ignored and reported; a set may have thousands.
const TOLD: u64 = 3;

/// The formats of problems with their fields, as a message lists them.
pub fn known_formats() -> String {
    RowFormat::listed(&PROBLEMS)
}

/// Makes a problem of a row.
pub fn problem(row: &Object, id: &str, prompts: &Prompts) -> Result<Problem, String> {
    if let Ok(Some(_)) = RowFormat::of(row, &RowFormat::DUEL) {
        return Err(
            "the row is a sample of a duel, not a problem; `tgsand filter` checks it".into()
        );
    }
    let format = RowFormat::of(row, &PROBLEMS)?;
    let time_limit = row.get(time_limit::FIELD).and_then(|limit| time_limit::seconds(limit).ok());
    let row = Row { fields: row, prompts };
    let problem = match format {
        Some(RowFormat::Case2Code) => own::problem(row, id),
        Some(RowFormat::Reference) => case2code_reference::problem(row, id),
        Some(RowFormat::HumanEval) => human_eval::problem(row, id),
        Some(RowFormat::Mbpp) => mbpp::problem(row, id),
        Some(RowFormat::Apps) => streams::apps(row, id),
        Some(RowFormat::Codeforces) => codeforces::problem(row, id),
        Some(RowFormat::CodeContests) => streams::code_contests(row, id),
        Some(RowFormat::AutoCodeBench) => auto_code_bench::problem(row, id),
        Some(RowFormat::EvalPlus) => eval_plus::problem(row, id),
        Some(RowFormat::LiveCodeBench) => live_code_bench::problem(row, id),
        Some(RowFormat::VerificationInfo) => verification_info::problem(row, id),
        Some(RowFormat::KodCode) => kod_code::problem(row, id),
        Some(
            RowFormat::MutantPair
            | RowFormat::Qa
            | RowFormat::Design
            | RowFormat::Turn
            | RowFormat::TurnPair
            | RowFormat::Conversation
            | RowFormat::Programs
            | RowFormat::ProgramPair,
        )
        | None => Err(RowFormat::unknown(row.fields, "problem")),
    }?;
    Ok(Problem { time_limit, ..problem })
}

/// Whether a row has the fields of a problem.
pub fn is_problem(row: &Object) -> bool {
    matches!(RowFormat::of(row, &PROBLEMS), Ok(Some(_)))
}

/// Makes a problem of a row, with the row's own checker if it has one; the rejection says why it cannot grade an answer.
pub fn of_row(row: &Object, prompts: &Prompts) -> Result<Problem, Rejection> {
    let problem = match Checker::of(row) {
        Some(Checker::Unknown(field)) => {
            return Err(Rejection::new(Reason::NeedsChecker, needs_checker(field)));
        }
        Some(Checker::Program(checker)) => {
            problem(row, "", prompts).map(|problem| problem.checked_by(checker))
        }
        None => problem(row, "", prompts).map(Ok),
    };
    match problem {
        Ok(Ok(problem)) => Ok(problem),
        Ok(Err(field)) => Err(Rejection::new(Reason::NeedsChecker, needs_checker(field))),
        Err(why) => Err(Rejection::new(Reason::UnreadableRecord, why)),
    }
}

fn needs_checker(field: &str) -> String {
    format!(
        "field {field:?} says that a checker tells right answers from wrong ones, and it is not a Python program that can be run here"
    )
}

/// Reads the problems of a file, JSONL or one JSON list (also `.gz` and `.zst`, `-` for stdin); a bad row is rejected with its file and line.
///
/// An id is the row's `id`, `task_id`, `problem_id`, `question_id` or `name`, else its line; a second one gets a number.
pub fn open(path: &Path, prompts: Prompts) -> Result<Rows<Problem>> {
    let lines = JsonLines::open(path)?;
    let reading = lines.reading();
    let mut ids = UniqueIds::default();
    let mut ignored_limits = 0;
    let read = move |row: Object, _| {
        let ignored = row.get(time_limit::FIELD).and_then(|limit| time_limit::seconds(limit).err());
        let problem = match of_row(&row, &prompts) {
            Ok(problem) => Ok(Ok((problem, ignored))),
            Err(why) if why.reason == Reason::UnreadableRecord => Err(why.detail),
            Err(why) => Ok(Err(why)),
        };
        (rows::id_of(&row, &ID_FIELDS), problem)
    };
    let rows = rows::records(lines, path.display().to_string(), read).map(move |fate| {
        Ok(match ids.apply(fate?) {
            Fate::Live(Record { id, lineage, body: Ok((problem, ignored)) }) => {
                ignored_limits += u64::from(ignored.is_some());
                match ignored {
                    Some(why) if ignored_limits <= TOLD => tell!("tgsand: {lineage}: {why}"),
                    Some(_) if ignored_limits == TOLD + 1 => {
                        tell!("tgsand: {lineage}: another time limit is ignored; further ones are not reported");
                    }
                    Some(_) | None => {}
                }
                let body = Problem { id: id.clone(), ..problem };
                Fate::Live(Record { id, lineage, body })
            }
            Fate::Live(Record { id, lineage, body: Err(why) }) => {
                let detail = format!("{lineage}: {}", why.detail);
                Fate::rejected(id, lineage, Rejection { detail, ..why })
            }
            Fate::Rejected(dropped) => Fate::Rejected(dropped),
            Fate::Deferred(dropped) => Fate::Deferred(dropped),
        })
    });
    Ok(Rows { rows: Box::new(rows), reading })
}

/// What a model is asked so that it solves a problem whose question says all there is to say; in Python, if no language is given.
pub fn task_prompt(
    prompts: &Prompts,
    question: &str,
    language: Option<&OtherLanguage>,
) -> Result<String> {
    let language = language.map_or(PYTHON, OtherLanguage::title);
    // The question shows the demo test's examples itself.
    let values = context! { task => question.trim(), fence => "", tests => "", language };
    prompts.render(&TASK, values)
}

/// A row, asked for fields of a type, and the prompts that its problem may be asked with.
#[derive(Clone, Copy)]
struct Row<'r> {
    fields: &'r Object,
    prompts: &'r Prompts,
}

impl<'r> Row<'r> {
    /// Fills in the prompt that the problem is asked with.
    fn prompt(self, prompt: &Prompt, values: minijinja::Value) -> Result<String, String> {
        self.prompts.render(prompt, values).map_err(|error| error.to_string())
    }

    fn text(self, name: &str) -> Result<&'r str, String> {
        rows::text(self.fields.get(name).unwrap_or(&Json::Null), name)
    }

    /// A text that may be absent; an empty one is.
    fn optional_text(self, name: &str) -> Result<Option<&'r str>, String> {
        match self.fields.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(text) => {
                let text = rows::text(text, name)?;
                Ok(Some(text).filter(|text| !text.trim().is_empty()))
            }
        }
    }

    /// A list of texts that may be absent.
    fn texts(self, name: &str) -> Result<Vec<&'r str>, String> {
        match self.fields.get(name) {
            None | Some(Json::Null) => Ok(Vec::new()),
            Some(Json::List(items)) => items
                .iter()
                .map(|item| {
                    item.as_str()
                        .ok_or_else(|| format!("field {name:?} holds something other than text"))
                })
                .collect(),
            Some(_) => Err(format!("field {name:?} is not a list")),
        }
    }
}

/// The language of a problem, if it is not Python. Whether anything runs it is decided when its answers are marked.
pub(super) fn other_language(name: Option<&str>) -> Option<OtherLanguage> {
    let name = name.map(str::trim).filter(|name| !name.is_empty() && !is_python(name))?;
    Some(OtherLanguage::named(name))
}

/// Refuses a problem that asks for another language.
fn python_only(language: Option<&str>) -> Result<(), String> {
    match language.map(str::trim).filter(|language| !language.is_empty()) {
        Some(language) if !is_python(language) => {
            Err(format!("the problem is in {language}; only Python can be graded"))
        }
        Some(_) | None => Ok(()),
    }
}

/// The code of a field in a language, if it is not Python; some sets keep it as a model wrote it, in a fence.
pub(super) fn unfenced(text: &str, language: Option<&OtherLanguage>) -> String {
    match language {
        Some(language) if text.trim_start().lines().next().and_then(Fence::opening).is_some() => {
            reply::extract_other(text, &language.names(), Pick::Last).code
        }
        Some(_) => text.to_owned(),
        None => without_fence(text),
    }
}

/// The Python code of a field; some sets keep it as a model wrote it, in a fence.
pub(super) fn without_fence(text: &str) -> String {
    match text.trim_start().lines().next().and_then(Fence::opening).is_some() {
        true => reply::extract(text, &Ask::default()).code,
        false => text.to_owned(),
    }
}

/// Bytes of the longest literal of a result that is compared on the host; a longer one needs less memory as data in the guest.
const MAX_STATED: usize = 512 << 10;

/// The case that an assertion states; `None` if a value has no literal, or one that is too long.
fn stated_case(stated: &StatedCall) -> Option<StatedCase> {
    let arguments = stated.call.to_source()?;
    let expected = stated.expected.to_literal().filter(|literal| literal.len() <= MAX_STATED)?;
    let expected = Expected::Repr(expected);
    Some(StatedCase { case: Case::call(&arguments), shown: arguments, expected })
}

/// The same as code, if a value is too long: what is written as data needs less memory than a literal that is compiled.
fn large_case(stated: &StatedCall, entry: &str) -> Option<Check> {
    let loaded = |json: serde_json::Value| {
        Some(format!("__import__('json').loads({})", Value::str(json.to_string()).to_literal()?))
    };
    let args: Option<Vec<_>> = stated.call.args.iter().map(Value::to_plain_json).collect();
    let args = args.filter(|_| stated.call.kwargs.is_empty())?;
    let (args, expected) = (loaded(args.into())?, loaded(stated.expected.to_plain_json()?)?);
    let call = format!("assert {entry}(*{args}) == {expected}\n");
    Some(Check::Code { definitions: String::new(), call })
}

#[cfg(test)]
mod tests;
