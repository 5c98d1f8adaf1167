//! Rows about a repository: a question with its answer, or a requirement with a design, of ours or of the reference.
//!
//! Invariant: all that a row says in words is in its text, and no field that tells what is checked is empty; nothing is looked up here.

use super::require;
use crate::dataset::rows::{self, field_names};
use crate::json::{Json, Object};
use crate::outcome::{Reason, Rejection};
use crate::sample::repository::{RepoDesign, RepoExecution, RepoQa, RepoQuestion, first_message};
use crate::sample::text::FAILED_REPLY;
use crate::sample::turn::ChatMessage;
use crate::sample::{SampleCase, Text, text};
use crate::schema::{self, Row};

/// What a row says of a repository.
#[derive(Debug, Clone, PartialEq)]
pub struct AboutRepository {
    /// Empty if the row names none: a design.
    pub file: String,
    /// Empty in one of our rows about a whole file, as its code is.
    pub function: String,
    /// The function's code as the row has it.
    pub code: String,
    pub text: Text,
    /// What the first message shows of the repository before it asks.
    pub context: String,
    /// Calls of functions, by dotted names, and what they gave.
    pub executions: Vec<(String, SampleCase)>,
    /// Files that the row says it is about.
    pub files: Vec<String>,
}

/// What a row asks and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Qa,
    Dialogue,
    Design,
}

impl Form {
    /// The fields of what is asked and of what is answered.
    fn names(self) -> [&'static str; 2] {
        match self {
            Self::Qa | Self::Dialogue => ["question", "answer"],
            Self::Design => ["requirement", "design"],
        }
    }

    /// The form of a row, and what a row of ours has in addition.
    fn of(row: &Object) -> Result<(Self, Option<Own>), String> {
        let stated = row.get(schema::FIELD).and_then(Json::as_str);
        let own = schema::of(stated, &[RepoQa::SCHEMA, RepoDesign::SCHEMA])?;
        if own == Some(RepoQa::SCHEMA) {
            let row: RepoQa = row.typed()?;
            let is_dialogue = row.kind == RepoQuestion::Dialogue;
            let repeats = [row.requirement, row.design].iter().all(String::is_empty);
            let RepoQa { context, added, executions, .. } = row;
            let own = Own { context, added, executions, repeats };
            return Ok((if is_dialogue { Self::Dialogue } else { Self::Qa }, Some(own)));
        }
        if own == Some(RepoDesign::SCHEMA) {
            let row: RepoDesign = row.typed()?;
            let repeats = row.question == row.requirement && row.answer == row.design;
            let RepoDesign { context, added, executions, .. } = row;
            return Ok((Self::Design, Some(Own { context, added, executions, repeats })));
        }
        let has = |form: &Self| form.names().iter().all(|name| row.get(name).is_some());
        let form = [Self::Qa, Self::Design].into_iter().find(has).ok_or_else(|| {
            let fields = field_names(row);
            format!(
                "the fields {fields} are not those of a row about a repository: question and answer, or requirement and design"
            )
        })?;
        let is_long = row.get("messages").and_then(Json::as_list).is_some_and(|it| it.len() > 3);
        Ok((if is_long && form == Self::Qa { Self::Dialogue } else { form }, None))
    }
}

/// What only rows of ours have.
struct Own {
    context: String,
    added: Vec<String>,
    executions: Vec<RepoExecution>,
    /// Whether the columns of the other kind of row say nothing else.
    repeats: bool,
}

/// Reads a row about a repository.
pub fn about_repository(row: &Object) -> Result<AboutRepository, Rejection> {
    let unreadable = |message: String| Rejection::new(Reason::UnreadableRecord, message);
    let (form, own) = Form::of(row).map_err(unreadable)?;
    let is_own = own.is_some();
    let (context, adds, executions) = match own {
        Some(Own { context, added, executions, repeats }) => {
            require(repeats, "the row says something else in the fields of the other kind")?;
            let executions = executions.into_iter().map(|run| (run.function, run.case)).collect();
            (context, added, executions)
        }
        None => (String::new(), texts(row, "adds")?, executions(row)?),
    };
    let optional = |name: &str| match row.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(value) => {
            rows::text(value, name).map(|text| Some(text.to_owned())).map_err(unreadable)
        }
    };
    let or_empty = |name: &str| optional(name).map(Option::unwrap_or_default);
    // A field without a text would leave out what is checked of it.
    let required = |name: &str| match or_empty(name) {
        Ok(text) if text.trim().is_empty() => Err(unreadable(format!("field {name:?} is empty"))),
        other => other,
    };
    let is_empty = |name: &str| or_empty(name).is_ok_and(|text| text.is_empty());
    let names = form.names();
    let [asked, answered] = names.map(required);
    let (asked, answered) = (asked?, answered?);
    let trace = texts(row, "trace")?;
    let mut parts =
        vec![(names[0].to_owned(), asked.clone()), (names[1].to_owned(), answered.clone())];
    let steps = trace.iter().enumerate();
    parts.extend(steps.map(|(at, step)| (format!("trace, step {}", at + 1), step.clone())));
    let fields = ["file", "function_name", "code"];
    let is_of_repository = form == Form::Design && fields.iter().all(|name| is_empty(name));
    let is_of_file = is_own && fields[1..].iter().all(|name| is_empty(name));
    let about = |at: usize| match is_of_repository || is_of_file && at > 0 {
        true => or_empty(fields[at]),
        false => required(fields[at]),
    };
    let (file, function, code) = (about(0)?, about(1)?, about(2)?);
    let files = texts(row, "files")?;
    if is_own && (files.is_empty() || !file.is_empty() && !files.contains(&file)) {
        return Err(unreadable("field \"files\" lacks the file that the row is about".into()));
    }
    let whole = [text::prompt(&code, &asked), text::completion(&trace, &answered)];
    for (name, whole) in ["prompt", "completion"].iter().zip(&whole) {
        let why = match *name {
            "prompt" => "the prompt is not the program and the question",
            _ => "the completion is not the trace and the answer",
        };
        require(optional(name)?.is_none_or(|text| text == *whole), why)?;
    }
    let sides = [[&asked, &whole[0]], [&answered, &whole[1]]];
    parts.extend(messages(row, form, is_own.then_some(&context), sides)?);
    if parts.iter().any(|(_, text)| text.trim_start().starts_with(FAILED_REPLY)) {
        let why = "a model's reply that failed is in place of a text";
        return Err(Rejection::new(Reason::MalformedReply, why));
    }
    let text = Text { parts, adds };
    Ok(AboutRepository { file, function, code, text, context, executions, files })
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

/// The turns of a dialogue, to be checked as the row's other texts are; the messages of other rows only repeat those texts.
fn messages(
    row: &Object,
    form: Form,
    context: Option<&String>,
    [asked, answered]: [[&String; 2]; 2],
) -> Result<Vec<(String, String)>, Rejection> {
    let unreadable = |message: String| Rejection::new(Reason::UnreadableRecord, message);
    let messages: Vec<ChatMessage> = match row.get("messages") {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(messages) => {
            messages.typed().map_err(|error| unreadable(format!("field \"messages\": {error}")))?
        }
    };
    let mut turns = messages;
    let is_system = |message: &ChatMessage| context.is_none() && message.role == "system";
    let system = turns.first().is_some_and(is_system).then(|| turns.remove(0));
    let roles = ["user", "assistant"].into_iter().cycle();
    let alternate = turns.iter().zip(roles).all(|(turn, role)| turn.role == role);
    require(
        alternate && !turns.is_empty() && turns.len().is_multiple_of(2),
        "the messages are not turns of a user and an assistant",
    )?;
    if let Some(context) = context {
        let shown = first_message(context, "");
        let asks = turns[0].content.strip_prefix(&shown).map(str::to_owned);
        require(asks.is_some(), "the first message does not show the context")?;
        turns[0].content = asks.unwrap_or_default();
    }
    let is = |turn: &ChatMessage, texts: [&String; 2]| texts.contains(&&turn.content);
    let [.., question, last] = &turns[..] else { return Ok(Vec::new()) };
    require(is(last, answered), "the last message is not the answer")?;
    if context.is_some() {
        require(is(question, asked), "the last question is not the row's")?;
    }
    if form != Form::Dialogue {
        require(turns.len() == 2, "the row has one question and several turns")?;
        require(is(&turns[0], asked), "the first message is not the question")?;
    }
    let is_repeated = |message: &ChatMessage| is(message, asked) || is(message, answered);
    let all = system.into_iter().chain(turns).enumerate();
    let said = all.filter(|(_, message)| !is_repeated(message));
    Ok(said.map(|(at, message)| (format!("message {}", at + 1), message.content)).collect())
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
        assert_eq!((row.file.as_str(), row.code.as_str()), ("", ""));
    }

    fn qa(change: serde_json::Value) -> Result<AboutRepository, Rejection> {
        let mut row = serde_json::json!({
            "file": "a.py", "function_name": "f", "code": "def f(): pass", "question": "q", "answer": "a", "trace": ["t"],
        });
        let change = change.as_object().unwrap();
        row.as_object_mut().unwrap().extend(change.clone());
        read(row)
    }

    #[test]
    fn a_reply_that_failed_is_no_answer() {
        let row = |answer: &str| qa(serde_json::json!({"answer": answer}));
        assert_eq!(row("[ERROR] timed out").unwrap_err().reason, Reason::MalformedReply);
        assert_eq!(row(" ").unwrap_err().detail, "field \"answer\" is empty");
        let other = read(serde_json::json!({"text": "x"})).unwrap_err();
        assert!(other.detail.starts_with("the fields text are not those"), "{other:?}");
    }

    #[test]
    fn a_row_without_a_field_that_tells_what_is_checked_is_refused() {
        for name in ["file", "function_name", "code", "question"] {
            for nothing in [serde_json::json!(""), serde_json::Value::Null] {
                let detail = qa(serde_json::json!({name: nothing})).unwrap_err().detail;
                assert_eq!(detail, format!("field {name:?} is empty"));
            }
        }
    }

    #[test]
    fn messages_repeat_the_question_and_the_answer() {
        let turns = |texts: &[(&str, &str)]| {
            let turn = |(role, content): &(&str, &str)| serde_json::json!({"role": role, "content": content});
            let messages: Vec<serde_json::Value> = texts.iter().map(turn).collect();
            qa(serde_json::json!({"messages": messages})).map(|row| row.text.parts.len())
        };
        let why = |texts: &[(&str, &str)]| turns(texts).unwrap_err().detail;
        assert_eq!(turns(&[("user", "q"), ("assistant", "a")]), Ok(3));
        assert_eq!(turns(&[("system", "s"), ("user", "q"), ("assistant", "t\n\na\n")]), Ok(4));
        assert_eq!(
            turns(&[("user", "q1"), ("assistant", "a1"), ("user", "q"), ("assistant", "a")]),
            Ok(5)
        );
        let roles = "the messages are not turns of a user and an assistant";
        assert_eq!(why(&[("user", "q")]), roles);
        assert_eq!(why(&[]), roles);
        assert_eq!(why(&[("assistant", "a"), ("user", "q")]), roles);
        assert_eq!(
            why(&[("user", "other"), ("assistant", "a")]),
            "the first message is not the question"
        );
        assert_eq!(
            why(&[("user", "q"), ("assistant", "other")]),
            "the last message is not the answer"
        );
        let detail = qa(serde_json::json!({"messages": "q"})).unwrap_err().detail;
        assert!(detail.starts_with("field \"messages\": "), "{detail}");
    }
}
