//! What a row asks and answers, as a conversation.
//!
//! Invariant: the last message is the assistant's, and it is the only one to learn: nobody has judged what came before it.

use crate::ask::prompt::Prompts;
use crate::dataset::programs::ProgramRow;
use crate::fences::fenced;
use crate::json::{Json, Object, Text};
use crate::outcome::{Reason, Rejection};
use crate::reply::role_marker;

/// The rows that are taken, as a message lists them.
pub const TAKEN: &str = "`messages` that end with the assistant's, `prompt` with `completion` or `chosen`, a problem \
     with its program, or `instruction`, `question`, `prompt` or `text` with a program in `solution`, `solutions`, `code`, \
     `completion`, `content` or `output`";

/// Characters of a token, for an estimate: code in English has 3 to 4.
const CHARACTERS_PER_TOKEN: u64 = 4;

/// Messages with their roles.
pub(super) struct Conversation {
    messages: Vec<(String, String)>,
    /// Whether the answer is the better reply of a preference.
    pub is_preferred: bool,
}

impl Conversation {
    /// Reads a row: its own messages, its prompt and completion or better reply, or its problem and the program that solves it.
    pub(super) fn of(row: &Object, prompts: &Prompts) -> Result<Self, Rejection> {
        let unusable = |why: &str| Rejection::new(Reason::UnreadableRecord, why);
        if let Some(Json::Bool(false)) = row.get("label") {
            return Err(unusable(
                "the row's \"label\" says that its completion is not to be learned",
            ));
        }
        if let Some(chosen) = row.get("chosen") {
            let before = row.get("prompt").or_else(|| row.get("messages"));
            let before = before.map_or(Ok(Vec::new()), |before| messages(before, "prompt", "user"));
            let chosen = messages(chosen, "chosen", "assistant")?;
            return Self::ending([before?, chosen].concat(), true);
        }
        if let Some(own) = row.get("messages") {
            return Self::ending(messages(own, "messages", "user")?, false);
        }
        if let (Some(prompt), Some(completion)) = (row.get("prompt"), row.get("completion")) {
            let prompt = messages(prompt, "prompt", "user")?;
            let completion = messages(completion, "completion", "assistant")?;
            return Self::ending([prompt, completion].concat(), false);
        }
        let text = |name: &str| row.get(name).and_then(Json::as_str);
        let found = ProgramRow::read(row.clone(), prompts).map_err(|why| match why.reason {
            Reason::NoReference => {
                Rejection { detail: format!("{}; a row needs {TAKEN}", why.detail), ..why }
            }
            _ => why,
        })?;
        let question = match &found.problem {
            Some(_) => found.question(prompts)?,
            None => {
                let asked =
                    ["instruction", "question", "prompt", "text"].into_iter().find_map(text);
                let asked = asked.ok_or_else(|| {
                    unusable("the row has a program and nothing that asks for it")
                })?;
                let input = text("input").filter(|input| !input.trim().is_empty());
                input.map_or(asked.to_owned(), |input| format!("{asked}\n\n{input}"))
            }
        };
        let answer = fenced(&found.runnable(&found.program));
        Self::ending(vec![("user".into(), question), ("assistant".into(), answer)], false)
    }

    /// Messages that end with an answer to a question.
    fn ending(messages: Vec<(String, String)>, is_preferred: bool) -> Result<Self, Rejection> {
        let texts = messages.iter().flat_map(|(role, content)| [role.as_str(), content.as_str()]);
        if let Some(marker) = texts.into_iter().find_map(role_marker) {
            let why = format!(
                "a message has `{marker}`, which a chat template takes for the end of a message or the start of another"
            );
            return Err(Rejection::new(Reason::UnreadableRecord, why));
        }
        let why = match messages.as_slice() {
            [.., (role, _)] if role != "assistant" => "the last message is not the assistant's",
            [] => "the row has no messages",
            [_] => "the row has an answer and nothing that asks for it",
            [..] => return Ok(Self { messages, is_preferred }),
        };
        Err(Rejection::new(Reason::UnreadableRecord, why))
    }

    /// The row of the file of conversations: each message says whether it is learned.
    pub(super) fn line(&self) -> String {
        let last = self.messages.len() - 1;
        let messages = self.messages.iter().enumerate().map(|(at, message)| {
            let mut fields = fields(message);
            fields.push((name("train"), Json::Bool(at == last)));
            Json::Object(Object::new(fields))
        });
        let messages = Json::List(messages.collect());
        Json::Object(Object::new(vec![(name("messages"), messages)])).to_string()
    }

    /// The row of the file of pairs: all but the answer, and the answer.
    pub(super) fn pair(&self) -> String {
        let (prompt, completion) = self.messages.split_at(self.messages.len() - 1);
        let list = |messages: &[(String, String)]| {
            let messages =
                messages.iter().map(|message| Json::Object(Object::new(fields(message))));
            Json::List(messages.collect())
        };
        let fields = vec![(name("prompt"), list(prompt)), (name("completion"), list(completion))];
        Json::Object(Object::new(fields)).to_string()
    }

    /// Bytes of all messages.
    pub(super) fn bytes(&self) -> u64 {
        self.messages.iter().map(|(_, content)| content.len() as u64).sum()
    }

    /// How many tokens all messages have, by their characters.
    pub(super) fn estimated_tokens(&self) -> u64 {
        let characters = self.messages.iter().map(|(_, content)| content.chars().count() as u64);
        characters.sum::<u64>().div_ceil(CHARACTERS_PER_TOKEN)
    }
}

fn name(name: &str) -> Text {
    Text::from(name.to_owned())
}

fn fields((role, content): &(String, String)) -> Vec<(Text, Json)> {
    let text = |text: &str| Json::Text(text.to_owned().into());
    vec![(name("role"), text(role)), (name("content"), text(content))]
}

/// The messages of a field: a list of them, one of them, or a text that is said in a role.
fn messages(value: &Json, field: &str, role: &str) -> Result<Vec<(String, String)>, Rejection> {
    let unusable = |why: String| Rejection::new(Reason::UnreadableRecord, why);
    let read: Option<Vec<_>> = match value {
        Json::Text(_) if field != "messages" => {
            value.as_str().map(|text| vec![(role.to_owned(), text.to_owned())])
        }
        Json::List(list) => list.iter().map(message).collect(),
        Json::Object(_) => message(value).map(|message| vec![message]),
        _ => return Err(unusable(format!("field {field:?} is not a list"))),
    };
    read.ok_or_else(|| unusable("a message has no text in \"role\" or \"content\"".to_owned()))
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
        json!({"messages": [
            {"role": "user", "content": question, "train": false},
            {"role": "assistant", "content": answer, "train": true}
        ]})
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
    fn only_the_last_turn_is_learned() {
        let turns = [("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")];
        let turns = turns.iter().map(|(role, content)| json!({"role": role, "content": content}));
        let row = json!({"messages": turns.collect::<Vec<_>>()});
        let found = line(row.clone()).unwrap();
        let flags = found["messages"].as_array().unwrap().iter().map(|it| it["train"].clone());
        assert_eq!(flags.collect::<Vec<_>>(), [false, false, false, true]);
        let Json::Object(read) = Json::from(row.clone()) else { panic!("a row is an object") };
        let found = Conversation::of(&read, &Prompts::default()).ok().unwrap();
        let pair: serde_json::Value = serde_json::from_str(&found.pair()).unwrap();
        let all = row["messages"].as_array().unwrap();
        assert_eq!(pair, json!({"prompt": all[..3], "completion": all[3..]}));
    }

    #[test]
    fn the_better_reply_of_a_preference_is_learned_and_a_bad_one_is_not() {
        let user = json!([{"role": "user", "content": "a"}]);
        let reply = |text: &str| json!([{"role": "assistant", "content": text}]);
        let row = json!({"prompt": user, "chosen": reply("b"), "rejected": reply("c")});
        assert_eq!(line(row), Ok(asked("a", "b")));
        assert_eq!(
            line(json!({"prompt": "a", "chosen": "b", "rejected": "c"})),
            Ok(asked("a", "b"))
        );
        let labelled = json!({"prompt": "a", "completion": "b", "label": false});
        assert!(line(labelled).unwrap_err().contains("not to be learned"));
    }

    #[test]
    fn a_head_that_the_program_does_not_begin_with_is_not_asked_for() {
        let row = |program: &str| {
            json!({
                "question": "Sort.", "starter_code": "def sorter(textbooks: List[str]) -> List[str]:",
                "solutions": [program], "input_output": {"fn_name": "sorter", "inputs": [[[]]], "outputs": [[]]}
            })
        };
        let question = |program: &str| {
            line(row(program)).unwrap()["messages"][0]["content"].as_str().unwrap().to_owned()
        };
        let other = question("def sorter(textbooks):\n    return sorted(textbooks)\n");
        assert!(!other.contains("Begin with") && other.contains("`sorter`"), "{other}");
        let same = "def sorter(textbooks: List[str]) -> List[str]:\n    return sorted(textbooks)\n";
        assert!(question(same).contains("Begin with this code"));
    }

    #[test]
    fn rows_that_answer_nothing_say_why() {
        let why = |row| line(row).unwrap_err();
        assert_eq!(
            why(json!({"code": "x = 1\n"})),
            "the row has a program and nothing that asks for it"
        );
        for marker in
            ["<|im_start|>", "<|eot_id|>", "<end_of_turn>", "[/INST]", "<\u{ff5c}User\u{ff5c}>"]
        {
            let row = json!({"prompt": "a", "completion": format!("x = 1{marker}system\nb")});
            assert!(why(row).starts_with(&format!("a message has `{marker}`")), "{marker}");
        }
        assert!(line(json!({"prompt": "a", "completion": "a <| b; c |> d; x[INST]"})).is_ok());
        let question = json!({"messages": [{"role": "user", "content": "a"}]});
        assert_eq!(why(question), "the last message is not the assistant's");
        assert_eq!(
            why(json!({"messages": [{"role": "user"}]})),
            "a message has no text in \"role\" or \"content\""
        );
    }
}
