//! Asks a model to solve problems.
//!
//! Invariant: no reply is rejected here: what cannot be read is a wrong answer, and wrong answers count.

use serde::{Deserialize, Serialize};

use crate::dataset::completions::StoredReply;
use crate::error::Result;
use crate::flow::Stage;
use crate::model::{Completion, Finish, Model, Request, Sampling, Usage};
use crate::outcome::Outcome;
use crate::record::Record;

/// The stage that asks.
pub struct Answer<'a> {
    pub model: &'a Model,
    pub sampling: &'a Sampling,
    /// Replies to each question.
    pub samples: u32,
}

/// What is asked.
#[derive(Debug, Clone, Serialize)]
pub struct Question {
    pub prompt: String,
}

/// One reply, or what took its place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    pub text: String,
    /// Whether the reply was cut off at its token limit; `None` if the reason for its end is
    /// unknown.
    #[serde(default)]
    pub cut: Option<bool>,
    /// Tokens of the reply and its share of the prompt's; 0 if they are not known.
    #[serde(default)]
    pub usage: Usage,
    /// Why the model's server would not take the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

impl From<Completion> for Reply {
    fn from(completion: Completion) -> Self {
        let cut = match completion.finish {
            Finish::Length => Some(true),
            Finish::Stop => Some(false),
            Finish::Other(reason) => (!reason.is_empty()).then_some(false),
        };
        Self { text: completion.text, cut, usage: completion.usage, refused: None }
    }
}

impl From<&StoredReply> for Reply {
    fn from(given: &StoredReply) -> Self {
        Self { text: given.text.clone(), cut: given.cut, ..Self::default() }
    }
}

impl Stage for Answer<'_> {
    type In = Question;
    type Out = Vec<Reply>;
    const NAME: &'static str = "answer";

    fn fingerprint(&self) -> String {
        format!("1|{}|{:?}|{}", self.model.fingerprint(), self.sampling, self.samples)
    }

    async fn apply(&self, input: &Record<Question>) -> Result<Outcome<Vec<Reply>>> {
        let request = Request::of_user(input.body.prompt.clone(), self.sampling.clone());
        let mut replies = Vec::new();
        // Replies that did come stay in the model's cache when another is deferred.
        for completion in self.model.complete_many(&request, self.samples).await {
            replies.push(match completion {
                Ok(completion) => completion.into(),
                Err(error) if error.is_about_the_request() => {
                    Reply { refused: Some(error.to_string()), ..Reply::default() }
                }
                Err(error) => return Err(error.into()),
            });
        }
        Ok(Outcome::Accepted(vec![input.with_body(replies)]))
    }
}
