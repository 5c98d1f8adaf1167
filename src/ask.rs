//! One question to a model: its template, what comes of asking, and one more try for a reply that does not hold.
//!
//! Invariant: a request that the server refuses to answer rejects its record; any other failure is
//! an error.

pub mod prompt;

use serde_json::json;

use crate::error::Result;
use crate::model::{Completion, Message, Model, Request, Role};
use crate::outcome::{Reason, Rejection};
use crate::report::excerpt;

/// The rejection of a reply that cannot be read; its evidence is how the reply begins.
pub fn malformed(completion: &Completion, detail: impl Into<String>) -> Rejection {
    let reply = excerpt(&completion.text);
    Rejection::new(Reason::MalformedReply, detail).with_evidence(json!({"reply": reply}))
}

/// Asks a model; a request that the server refuses to answer is a rejection; any other failure is
/// an error.
pub async fn ask(model: &Model, request: &Request) -> Result<Result<Completion, Rejection>> {
    match model.complete(request).await {
        Ok(completion) => Ok(Ok(completion)),
        Err(error) if error.is_about_the_request() => {
            Ok(Err(Rejection::new(Reason::RequestRefused, error.to_string())))
        }
        Err(error) => Err(error.into()),
    }
}

/// A question; its reply is read, checked and, if it does not hold, repaired once by the model
/// itself.
pub trait Checked {
    /// What a reply says.
    type Draft;
    /// What shows that it holds.
    type Proof;
    /// What of it does not hold.
    type Fault;

    /// Reads a reply; one that cannot be read is not worth a repair.
    fn read(&self, reply: &Completion) -> Result<Self::Draft, Rejection>;

    /// Checks what a reply says.
    fn check(
        &self,
        draft: &Self::Draft,
    ) -> impl Future<Output = Result<Result<Self::Proof, Self::Fault>>> + Send;

    /// The message that shows the model what does not hold.
    fn repair(&self, fault: &Self::Fault) -> Result<String>;

    /// The rejection of a repaired reply that does not hold either.
    fn reject(&self, fault: &Self::Fault, reply: &Completion) -> Rejection;
}

/// Asks, and asks once more if the reply does not hold.
pub async fn ask_checked<Q: Checked>(
    model: &Model,
    request: Request,
    question: &Q,
) -> Result<Result<(Q::Draft, Q::Proof), Rejection>> {
    let mut request = request;
    let first = match ask(model, &request).await? {
        Ok(reply) => reply,
        Err(rejection) => return Ok(Err(rejection)),
    };
    let fault = match read_and_check(question, &first).await? {
        Ok(Err(fault)) => fault,
        Ok(Ok(held)) => return Ok(Ok(held)),
        Err(rejection) => return Ok(Err(rejection)),
    };
    request.messages.push(Message { role: Role::Assistant, content: first.text });
    request.messages.push(Message { role: Role::User, content: question.repair(&fault)? });
    let second = match ask(model, &request).await? {
        Ok(reply) => reply,
        Err(rejection) => return Ok(Err(rejection)),
    };
    let checked = read_and_check(question, &second).await?;
    Ok(checked.and_then(|held| held.map_err(|fault| question.reject(&fault, &second))))
}

/// A reply that holds, with its proof, or what of it does not.
type Held<Q> = Result<(<Q as Checked>::Draft, <Q as Checked>::Proof), <Q as Checked>::Fault>;

async fn read_and_check<Q: Checked>(
    question: &Q,
    reply: &Completion,
) -> Result<Result<Held<Q>, Rejection>> {
    let draft = match question.read(reply) {
        Ok(draft) => draft,
        Err(rejection) => return Ok(Err(rejection)),
    };
    Ok(Ok(question.check(&draft).await?.map(|proof| (draft, proof))))
}
