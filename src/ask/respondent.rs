//! A model with the way it is asked.
//!
//! Invariant: the fingerprint names everything about the asking, besides the prompt, that may change a reply.

use crate::model::{Model, Request, Sampling};

/// A model, and how its replies are sampled.
#[derive(Clone)]
pub struct Respondent {
    pub model: Model,
    pub sampling: Sampling,
}

impl Respondent {
    /// The model's name.
    pub fn name(&self) -> &str {
        self.model.server().name()
    }

    /// Everything about the asking that may change a reply.
    pub fn fingerprint(&self) -> String {
        format!("{}|{:?}", self.model.fingerprint(), self.sampling)
    }

    /// A request of one message.
    pub fn request(&self, content: String) -> Request {
        Request::of_user(content, self.sampling.clone())
    }
}
