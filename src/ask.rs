//! One question to a model: its template, and what comes of asking.
//!
//! Invariant: a request that a server will not answer rejects its record; whatever else goes wrong is an error.

pub mod prompt;

use serde_json::json;

use crate::error::Result;
use crate::model::{Completion, Model, Request};
use crate::outcome::{Reason, Rejection};
use crate::report::excerpt;

/// The rejection of a reply that cannot be read; its evidence is how the reply begins.
pub fn malformed(completion: &Completion, detail: &str) -> Rejection {
    let reply = excerpt(&completion.text);
    Rejection::new(Reason::MalformedReply, detail).with_evidence(json!({"reply": reply}))
}

/// Asks a model; a request that its server will not answer is a rejection, whatever else goes wrong is an error.
pub async fn ask(
    model: &Model,
    request: &Request,
) -> Result<std::result::Result<Completion, Rejection>> {
    match model.complete(request).await {
        Ok(completion) => Ok(Ok(completion)),
        Err(error) if error.is_about_the_request() => {
            Ok(Err(Rejection::new(Reason::RequestRefused, error.to_string())))
        }
        Err(error) => Err(error.into()),
    }
}
