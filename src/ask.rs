//! One question to a model: its template, what comes of asking, and one more try for a reply that does not hold.
//!
//! Invariant: a request that the server refuses to answer rejects its record; any other failure is
//! an error.

pub mod leak;
pub mod prompt;
pub mod reading;
pub mod respondent;

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

/// A question; its reply is read, checked and, if it does not hold, repaired by the model itself, once unless the question
/// says otherwise.
pub trait Checked {
    /// What a reply says.
    type Draft;
    /// What shows that it holds.
    type Proof;
    /// What of it does not hold.
    type Fault;

    /// How often a reply that does not hold is repaired.
    fn repairs(&self) -> usize {
        1
    }

    /// Reads a reply.
    fn read(&self, reply: &Completion) -> Result<Self::Draft, Rejection>;

    /// The message that asks for a reply which could not be read once more; most are not worth it.
    fn ask_again(&self, _unread: &Completion) -> Result<Option<String>> {
        Ok(None)
    }

    /// Whether the cache gives up replies that could not be read in the end, so that another run asks anew. A reply that rejects
    /// its record stays, as that is what the record has come to.
    fn disowns_unread(&self) -> bool {
        false
    }

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

/// Asks, and asks once more if the reply cannot be read, and as often as the question says if it does not hold.
pub async fn ask_checked<Q: Checked>(
    model: &Model,
    request: Request,
    question: &Q,
) -> Result<Result<(Q::Draft, Q::Proof), Rejection>> {
    let mut request = request;
    let (mut has_asked_again, mut repairs_left) = (false, question.repairs());
    let mut unread_replies = Vec::new();
    loop {
        let reply = match ask(model, &request).await? {
            Ok(reply) => reply,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let message = match question.read(&reply) {
            Ok(draft) => match question.check(&draft).await? {
                Ok(proof) => return Ok(Ok((draft, proof))),
                Err(fault) if repairs_left == 0 => return Ok(Err(question.reject(&fault, &reply))),
                Err(fault) => {
                    repairs_left -= 1;
                    question.repair(&fault)?
                }
            },
            Err(unread) => {
                unread_replies.push((request.clone(), reply.clone()));
                match question.ask_again(&reply)?.filter(|_| !has_asked_again) {
                    Some(message) => {
                        has_asked_again = true;
                        message
                    }
                    None => {
                        if question.disowns_unread() {
                            unread_replies
                                .iter()
                                .for_each(|(asked, reply)| model.disown(asked, reply));
                        }
                        return Ok(Err(unread));
                    }
                }
            }
        };
        request.messages.push(Message { role: Role::Assistant, content: reply.text });
        request.messages.push(Message { role: Role::User, content: message });
    }
}
