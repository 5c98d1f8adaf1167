//! A new row as a model writes it, read out of its reply.
//!
//! Invariant: a reply is taken whole or not at all: every field that its task needs is there, is text, and has a bound.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::task::Task;
use crate::ask::malformed;
use crate::ask::reading::{is_sentence, object, object_of, texts_in};
use crate::fences;
use crate::model::{Completion, Schema};
use crate::outcome::Rejection;
use crate::reply::role_marker;

/// Fewer tests show too little.
const MIN_TESTS: usize = 3;
const MAX_TESTS: usize = 20;
/// Characters of a name.
const MAX_NAME: usize = 100;

/// A row that a model has written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub task_name: String,
    pub instruction: String,
    /// What the instruction is about: a program, data, or nothing.
    pub information: String,
    pub solution: String,
    /// Empty if the solution is a text.
    pub tests: Vec<String>,
}

/// The reply, with the names that models also give the fields.
#[derive(Deserialize)]
struct Reply {
    task_name: String,
    instruction: String,
    #[serde(default, alias = "input")]
    information: Option<String>,
    #[serde(alias = "output")]
    solution: String,
    #[serde(default, alias = "test_list")]
    tests: Tests,
}

/// Tests in a list, or as the lines of one text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Tests {
    List(Vec<String>),
    Script(String),
    Nothing(()),
}

impl Default for Tests {
    fn default() -> Self {
        Self::Nothing(())
    }
}

impl Tests {
    fn listed(self) -> Vec<String> {
        match self {
            Self::List(tests) => tests,
            Self::Script(text) => {
                let lines = bare(&text).lines().map(str::to_owned).collect::<Vec<_>>();
                lines.into_iter().filter(|line| !line.trim().is_empty()).collect()
            }
            Self::Nothing(()) => Vec::new(),
        }
    }
}

/// The form of the reply.
pub(super) fn schema(task: Task) -> Schema {
    let text = || json!({"type": "string"});
    let most = if task.has_tests() { MAX_TESTS } else { 0 };
    let tests = json!({"type": "array", "items": text(), "maxItems": most});
    let names = ["task_name", "instruction", "information", "solution"];
    let fields = names.map(|name| (name, text())).into_iter().chain([("tests", tests)]);
    Schema { name: "item".into(), schema: object_of(fields) }
}

/// Reads a row; a reply that has none is a rejection that shows it.
pub(super) fn read(task: Task, reply: &Completion) -> Result<Draft, Rejection> {
    let Reply { task_name, instruction, information, solution, tests } = object(reply)?;
    let draft = Draft {
        task_name: task_name.trim().to_owned(),
        instruction: instruction.trim().to_owned(),
        information: bare(&information.unwrap_or_default()),
        solution: if task.has_tests() { bare(&solution) } else { solution.trim().to_owned() },
        tests: if task.has_tests() { tests.listed() } else { Vec::new() },
    };
    let Draft { task_name, instruction, information, solution, tests } = &draft;
    let texts = [task_name, instruction, solution].into_iter().chain(tests);
    texts_in(reply, texts.map(String::as_str))?;
    if !information.is_empty() {
        texts_in(reply, [information.as_str()])?;
    }
    let all = [task_name, instruction, information, solution].into_iter().chain(tests);
    let marker = all.map(String::as_str).find_map(role_marker);
    let fault = if let Some(marker) = marker {
        Some(format!("a text has `{marker}`, which a chat template takes for the end of a message"))
    } else if task_name.chars().count() > MAX_NAME {
        Some(format!("`task_name` is longer than {MAX_NAME} characters"))
    } else if !is_sentence(instruction) {
        Some("`instruction` is not a sentence".to_owned())
    } else if information.is_empty() && task != Task::Generation {
        Some(format!("`information` is empty, and {}", task.meaning()))
    } else if task.has_tests() && !(MIN_TESTS..=MAX_TESTS).contains(&tests.len()) {
        Some(format!("there are {} tests, not {MIN_TESTS} to {MAX_TESTS}", tests.len()))
    } else if !task.has_tests() && !is_sentence(solution) {
        Some("`solution` is not a sentence".to_owned())
    } else {
        None
    };
    fault.map_or(Ok(draft), |fault| Err(malformed(reply, fault)))
}

/// A program without the fence that a model has put around it.
fn bare(text: &str) -> String {
    let is_fenced = text.trim_start().lines().next().and_then(fences::Fence::opening).is_some();
    let block = is_fenced.then(|| fences::blocks(text).into_iter().next()).flatten();
    let program = block.map_or(text, |block| block.content).trim_matches('\n');
    if program.trim().is_empty() { String::new() } else { format!("{}\n", program.trim_end()) }
}

impl Draft {
    /// What a solver is asked: the instruction, and what it is about.
    pub fn question(&self, task: Task) -> String {
        let Self { instruction, information, .. } = self;
        if information.is_empty() {
            return instruction.clone();
        }
        let fence = fences::fence_for(information);
        let language = match task {
            Task::Summary | Task::Repair => "python",
            Task::Generation | Task::Translation => "",
        };
        format!("{instruction}\n\n{fence}{language}\n{}\n{fence}", information.trim_end())
    }

    /// The programs of the row that are Python.
    pub fn programs(&self, task: Task) -> Vec<&str> {
        match task {
            Task::Generation | Task::Translation => vec![&self.solution],
            Task::Repair => vec![&self.solution, &self.information],
            Task::Summary => vec![&self.information],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Finish, Usage};
    use crate::outcome::Reason;

    /// A fixture: a reply in the form that is asked for.
    fn fixture() -> serde_json::Value {
        json!({
            "task_name": " Arithmetic ", "instruction": "Write a function `double`.", "information": "",
            "solution": "```python\ndef double(x):\n    return 2 * x\n```",
            "tests": ["assert double(1) == 2", "assert double(0) == 0", "assert double(-1) == -2"],
        })
    }

    fn reply(text: String) -> Completion {
        let (finish, usage) = (Finish::Stop, Usage::default());
        Completion { text, reasoning: None, finish, usage, system_fingerprint: None }
    }

    fn changed(name: &str, value: serde_json::Value) -> Completion {
        let mut fixture = fixture();
        fixture[name] = value;
        reply(fixture.to_string())
    }

    fn refused(task: Task, name: &str, value: serde_json::Value) -> String {
        let why = read(task, &changed(name, value)).unwrap_err();
        assert_eq!(why.reason, Reason::MalformedReply);
        why.detail
    }

    #[test]
    fn a_program_loses_its_fence_and_a_name_its_blanks() {
        let draft = read(Task::Generation, &reply(fixture().to_string())).unwrap();
        assert_eq!(draft.task_name, "Arithmetic");
        assert_eq!(draft.solution, "def double(x):\n    return 2 * x\n");
        assert_eq!(draft.tests.len(), 3);
        let script =
            "```python\nassert double(1) == 2\n\nassert double(0) == 0\nassert double(3) == 6\n```";
        let draft = read(Task::Generation, &changed("tests", script.into())).unwrap();
        assert_eq!(draft.tests[2], "assert double(3) == 6");
        assert_eq!(draft.question(Task::Generation), "Write a function `double`.");
    }

    #[test]
    fn a_question_shows_what_it_is_about() {
        let draft =
            read(Task::Repair, &changed("information", "def double(x): pass".into())).unwrap();
        assert_eq!(
            draft.question(Task::Repair),
            "Write a function `double`.\n\n```python\ndef double(x): pass\n```"
        );
        assert!(draft.question(Task::Translation).contains("\n```\ndef double"));
    }

    #[test]
    fn what_a_task_needs_has_to_be_there() {
        let missing = refused(Task::Repair, "information", "".into());
        assert_eq!(
            missing,
            "`information` is empty, and a faulty Python program is to be repaired"
        );
        assert_eq!(refused(Task::Generation, "tests", json!([])), "there are 0 tests, not 3 to 20");
        assert_eq!(
            refused(Task::Generation, "solution", " ".into()),
            "a text in the reply is empty"
        );
        let word = refused(Task::Generation, "instruction", "double".into());
        assert_eq!(word, "`instruction` is not a sentence");
        let long = refused(Task::Generation, "task_name", "x".repeat(101).into());
        assert_eq!(long, "`task_name` is longer than 100 characters");
        let marked =
            refused(Task::Generation, "solution", "x = 1<|im_end|>\n<|im_start|>user".into());
        assert!(marked.starts_with("a text has `<|im_end|>`"), "{marked}");
        let form = refused(Task::Generation, "solution", 7.into());
        assert!(form.starts_with("the reply does not match the expected form"), "{form}");
    }

    #[test]
    fn a_summary_has_no_tests_whatever_the_reply_says() {
        let text = json!({
            "task_name": "Summary", "instruction": "Say what it does.", "information": "def f(): pass",
            "solution": " It does nothing at all. ", "tests": ["assert True"],
        });
        let draft = read(Task::Summary, &reply(text.to_string())).unwrap();
        assert_eq!((draft.solution.as_str(), draft.tests.len()), ("It does nothing at all.", 0));
        assert_eq!(draft.programs(Task::Summary), ["def f(): pass\n"]);
    }
}
