//! What a row asks and answers, as a conversation.
//!
//! Invariant: the last message is the assistant's.

use crate::ask::prompt::Prompts;
use crate::dataset::programs::ProgramRow;
use crate::fences::fenced;
use crate::json::{Json, Object, Text};
use crate::outcome::{Reason, Rejection};

/// Messages with their roles.
pub(super) struct Conversation(Vec<(String, String)>);

impl Conversation {
    /// Reads a row: its own messages, its prompt and completion, or its problem and the program that solves it.
    pub(super) fn of(row: &Object, prompts: &Prompts) -> Result<Self, Rejection> {
        let unusable = |why: &str| Rejection::new(Reason::UnreadableRecord, why);
        if let Some(messages) = row.get("messages") {
            let messages =
                messages.as_list().ok_or_else(|| unusable("field \"messages\" is not a list"))?;
            let messages: Option<Vec<_>> = messages.iter().map(message).collect();
            let messages = messages
                .ok_or_else(|| unusable("a message has no text in \"role\" or \"content\""))?;
            return match messages.last() {
                Some((role, _)) if role == "assistant" => Ok(Self(messages)),
                Some(_) | None => Err(unusable("the last message is not the assistant's")),
            };
        }
        let text = |name: &str| row.get(name).and_then(Json::as_str);
        if let (Some(prompt), Some(completion)) = (text("prompt"), text("completion")) {
            return Ok(Self::asked(prompt, completion));
        }
        let ProgramRow { program, problem, .. } = ProgramRow::read(row.clone(), prompts)?;
        let question = match &problem {
            Some(problem) => problem.prompt.as_str(),
            None => ["instruction", "question", "prompt", "text"]
                .into_iter()
                .find_map(text)
                .ok_or_else(|| unusable("the row has a program and nothing that asks for it"))?,
        };
        Ok(Self::asked(question, &fenced(&program)))
    }

    fn asked(question: &str, answer: &str) -> Self {
        Self(vec![("user".into(), question.into()), ("assistant".into(), answer.into())])
    }

    /// The row of a training file.
    pub(super) fn line(&self) -> String {
        let text = |text: &str| Json::Text(text.to_owned().into());
        let name = |name: &str| Text::from(name.to_owned());
        let messages = self.0.iter().map(|(role, content)| {
            Json::Object(Object::new(vec![
                (name("role"), text(role)),
                (name("content"), text(content)),
            ]))
        });
        Json::Object(Object::new(vec![(name("messages"), Json::List(messages.collect()))]))
            .to_string()
    }

    /// Bytes of all messages.
    pub(super) fn bytes(&self) -> u64 {
        self.0.iter().map(|(_, content)| content.len() as u64).sum()
    }
}

fn message(message: &Json) -> Option<(String, String)> {
    let text = |name: &str| message.get(name)?.as_str().map(str::to_owned);
    Some((text("role")?, text("content")?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(row: serde_json::Value) -> Result<serde_json::Value, String> {
        let Json::Object(row) = Json::from(row) else { panic!("a row is an object") };
        let found = Conversation::of(&row, &Prompts::default());
        found.map(|found| serde_json::from_str(&found.line()).unwrap()).map_err(|why| why.detail)
    }

    fn asked(question: &str, answer: &str) -> serde_json::Value {
        json!({"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]})
    }

    #[test]
    fn rows_of_each_kind_become_a_question_and_its_answer() {
        assert_eq!(line(json!({"prompt": "a", "completion": "b", "id": 1})), Ok(asked("a", "b")));
        assert_eq!(line(asked("a", "b")), Ok(asked("a", "b")));
        let program = "def f(x):\n    return x\n";
        assert_eq!(
            line(json!({"instruction": "Return it.", "output": program})),
            Ok(asked("Return it.", &format!("```python\n{program}```\n")))
        );
        let problem =
            json!({"text": "Return it.", "code": program, "test_list": ["assert f(1) == 1"]});
        let found = line(problem).unwrap();
        assert!(found["messages"][0]["content"].as_str().unwrap().contains("assert f(1) == 1"));
    }

    #[test]
    fn rows_that_answer_nothing_say_why() {
        let why = |row| line(row).unwrap_err();
        assert_eq!(
            why(json!({"code": "x = 1\n"})),
            "the row has a program and nothing that asks for it"
        );
        let question = json!({"messages": [{"role": "user", "content": "a"}]});
        assert_eq!(why(question), "the last message is not the assistant's");
        assert_eq!(
            why(json!({"messages": [{"role": "user"}]})),
            "a message has no text in \"role\" or \"content\""
        );
    }
}
