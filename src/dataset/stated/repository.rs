//! Rows about a repository: a question with its answer, or a requirement with a design, of ours or of the reference.
//!
//! Invariant: all that a row says in words is in its text; nothing is looked up here.

use super::require;
use crate::dataset::rows::{self, field_names};
use crate::fences::fenced;
use crate::json::{Json, Object};
use crate::outcome::{Reason, Rejection};
use crate::sample::text::FAILED_REPLY;
use crate::sample::{SampleCase, Text, text};

/// What a row says of a repository.
#[derive(Debug, Clone, PartialEq)]
pub struct AboutRepository {
    /// Empty if the row names none.
    pub file: String,
    pub function: String,
    /// The function's code as the row has it.
    pub code: Option<String>,
    pub text: Text,
    /// Calls of functions, by dotted names, and what they gave.
    pub executions: Vec<(String, SampleCase)>,
    /// Files that the row says it is about.
    pub files: Vec<String>,
}

/// Reads a row about a repository.
pub fn about_repository(row: &Object) -> Result<AboutRepository, Rejection> {
    let unreadable = |message: String| Rejection::new(Reason::UnreadableRecord, message);
    let optional = |name: &str| match row.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(value) => {
            rows::text(value, name).map(|text| Some(text.to_owned())).map_err(unreadable)
        }
    };
    let names = [["question", "answer"], ["requirement", "design"]];
    let has = |names: &[&str; 2]| names.iter().all(|name| row.get(name).is_some());
    let Some(names) = names.into_iter().find(has) else {
        let fields = field_names(row);
        return Err(unreadable(format!(
            "the fields {fields} are not those of a row about a repository: question and answer, or requirement and design"
        )));
    };
    let [asked, answered] = names.map(|name| optional(name).map(Option::unwrap_or_default));
    let (asked, answered) = (asked?, answered?);
    let trace = texts(row, "trace")?;
    let mut parts =
        vec![(names[0].to_owned(), asked.clone()), (names[1].to_owned(), answered.clone())];
    let steps = trace.iter().enumerate();
    parts.extend(steps.map(|(at, step)| (format!("trace, step {}", at + 1), step.clone())));
    let code = optional("code")?;
    parts.extend(messages(row, code.as_deref(), &parts)?);
    if parts.iter().any(|(_, text)| text.trim_start().starts_with(FAILED_REPLY)) {
        let why = "a model's reply that failed is in place of a text";
        return Err(Rejection::new(Reason::MalformedReply, why));
    }
    if answered.trim().is_empty() {
        return Err(unreadable(format!("field {:?} is empty", names[1])));
    }
    let code_text = code.clone().unwrap_or_default();
    if let Some(prompt) = optional("prompt")? {
        let whole = text::prompt(&code_text, &asked);
        require(prompt == whole, "the prompt is not the program and the question")?;
    }
    if let Some(completion) = optional("completion")? {
        let whole = text::completion(&trace, &answered);
        require(completion == whole, "the completion is not the trace and the answer")?;
    }
    Ok(AboutRepository {
        file: optional("file")?.unwrap_or_default(),
        function: optional("function_name")?.unwrap_or_default(),
        code,
        text: Text { parts, adds: texts(row, "adds")? },
        executions: executions(row)?,
        files: texts(row, "files")?,
    })
}

/// The texts of a field that is a list, or one text.
fn texts(row: &Object, name: &str) -> Result<Vec<String>, Rejection> {
    let unreadable = |message: String| Rejection::new(Reason::UnreadableRecord, message);
    match row.get(name) {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::List(items)) => {
            let texts = items.iter().map(|item| rows::text(item, name).map(str::to_owned));
            texts.collect::<Result<_, _>>().map_err(unreadable)
        }
        Some(one) => rows::text(one, name).map(|text| vec![text.to_owned()]).map_err(unreadable),
    }
}

/// The turns of a dialogue that say more than the row's other texts; the code itself is left out.
fn messages(
    row: &Object,
    code: Option<&str>,
    parts: &[(String, String)],
) -> Result<Vec<(String, String)>, Rejection> {
    let Some(messages) = row.get("messages").and_then(Json::as_list) else { return Ok(Vec::new()) };
    let unreadable = |message: String| Rejection::new(Reason::UnreadableRecord, message);
    let mut found = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let content = message.get("content").unwrap_or(&Json::Null);
        let content = rows::text(content, "messages.content").map_err(unreadable)?;
        let block = code.map(fenced).unwrap_or_default();
        let words = if block.is_empty() { content.to_owned() } else { content.replace(&block, "") };
        if !parts.iter().any(|(_, text)| text.trim() == words.trim()) {
            found.push((format!("message {}", at + 1), words));
        }
    }
    Ok(found)
}

fn executions(row: &Object) -> Result<Vec<(String, SampleCase)>, Rejection> {
    let unreadable = |message: String| Rejection::new(Reason::UnreadableRecord, message);
    let Some(list) = row.get("executions").and_then(Json::as_list) else { return Ok(Vec::new()) };
    let read = |item: &Json| {
        let function = item.get("function").unwrap_or(&Json::Null);
        let function = rows::text(function, "executions.function")?.to_owned();
        Ok((function, item.typed::<SampleCase>()?))
    };
    list.iter().map(read).collect::<Result<_, String>>().map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(row: serde_json::Value) -> Result<AboutRepository, Rejection> {
        about_repository(Json::from(row).as_object().unwrap())
    }

    #[test]
    fn rows_of_the_reference_are_read() {
        let row = read(serde_json::json!({
            "file": "a.py", "function_name": "f", "code": "def f(): pass", "question": "q", "answer": "a", "trace": ["one", "two"],
        }))
        .unwrap();
        assert_eq!((row.file.as_str(), row.function.as_str()), ("a.py", "f"));
        let names: Vec<&str> = row.text.parts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["question", "answer", "trace, step 1", "trace, step 2"]);
        let row =
            read(serde_json::json!({"requirement": "r", "design": "d", "trace": []})).unwrap();
        assert_eq!((row.file.as_str(), row.code), ("", None));
    }

    #[test]
    fn a_reply_that_failed_is_no_answer() {
        let row = |answer: &str| {
            read(serde_json::json!({"question": "q", "answer": answer, "trace": []}))
        };
        assert_eq!(row("[ERROR] timed out").unwrap_err().reason, Reason::MalformedReply);
        assert_eq!(row(" ").unwrap_err().detail, "field \"answer\" is empty");
        let other = read(serde_json::json!({"text": "x"})).unwrap_err();
        assert!(other.detail.starts_with("the fields text are not those"), "{other:?}");
    }
}
