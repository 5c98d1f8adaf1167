//! Gives the vectors of texts: out of the cache, else from the server, many texts at a time.
//!
//! Invariant: a vector is in the cache before it is used, and all vectors of a model have as many numbers.

use std::collections::HashMap;

use futures_util::future::join_all;

use super::budget::estimate_tokens;
use super::error::{AskError, ModelError};
use super::inner::{Inner, ONLY_COUNTED, book};
use super::key::Key;
use super::reply::{Completion, Usage};
use super::{Model, Setup, Source, vectors};
use crate::remote::{Failure, lock};

/// Texts of one request: the most that servers take by default.
pub const AT_ONCE: usize = 32;

/// The vector of each text, or why it has none.
pub type Vectors = Vec<Result<Vec<f32>, AskError>>;

impl Model {
    /// Gives the vector of each text, as long as the server made it; equal texts are asked for once.
    ///
    /// An error of one text is about this text, or passes; the error of all does not, or is about the cache.
    pub async fn embed(&self, texts: Vec<String>) -> Result<Vectors, AskError> {
        self.as_task(|inner| async move { inner.embed(&texts).await }).await
    }
}

/// A text, and what names its vector.
type Asked<'t> = (Key, &'t str);

/// What one text came to; an error that several texts share can be given to each.
type Given = Result<Vec<f32>, Shared>;

/// An error that several texts share.
#[derive(Clone)]
enum Shared {
    Server(ModelError),
    Unasked(&'static str),
    Exhausted(super::budget::Exhausted),
}

impl From<Shared> for AskError {
    fn from(shared: Shared) -> Self {
        match shared {
            Shared::Server(error) => error.into(),
            Shared::Unasked(why) => Self::Unasked(why.to_owned()),
            Shared::Exhausted(exhausted) => exhausted.into(),
        }
    }
}

impl Inner {
    async fn embed(&self, texts: &[String]) -> Result<Vectors, AskError> {
        let name = self.setup.server.name();
        let keys: Vec<Key> = texts.iter().map(|text| Key::of_vector(name, text)).collect();
        let mut given: HashMap<Key, Given> = HashMap::new();
        let mut new: Vec<Asked<'_>> = Vec::new();
        for (key, text) in keys.iter().zip(texts) {
            if given.contains_key(key) || new.iter().any(|(known, _)| known == key) {
                continue;
            }
            match self.cached(key).await?.and_then(|kept| vectors::read(&kept.text)) {
                Some(vector) => drop(given.insert(*key, self.fitting(vector))),
                None => new.push((*key, text)),
            }
        }
        for asked in join_all(new.chunks(AT_ONCE).map(|asked| self.vectors_of(asked))).await {
            given.extend(asked?);
        }
        let of = |key| given.get(key).expect("a text is given a vector or an error").clone();
        Ok(keys.iter().map(|key| of(key).map_err(Into::into)).collect())
    }

    /// Asks for the vectors of texts that no cache has; if the server takes offence at one of them, for each by itself.
    async fn vectors_of(&self, asked: &[Asked<'_>]) -> Result<Vec<(Key, Given)>, AskError> {
        let given = self.fetch_vectors(asked).await?;
        let is_refused = |(_, given): &(Key, Given)| match given {
            Err(Shared::Server(error)) => error.is_about_the_request(),
            Ok(_) | Err(Shared::Unasked(_) | Shared::Exhausted(_)) => false,
        };
        if asked.len() > 1 && given.first().is_some_and(is_refused) {
            let mut alone = Vec::new();
            for text in asked.chunks(1) {
                alone.extend(self.fetch_vectors(text).await?);
            }
            return Ok(alone);
        }
        Ok(given)
    }

    async fn fetch_vectors(&self, asked: &[Asked<'_>]) -> Result<Vec<(Key, Given)>, AskError> {
        let Setup { server, ledger, source, .. } = &self.setup;
        let all =
            |shared: Shared| asked.iter().map(|(key, _)| (*key, Err(shared.clone()))).collect();
        let texts: Vec<&str> = asked.iter().map(|(_, text)| *text).collect();
        let prompt = estimate_tokens(texts.iter().map(|text| text.len()).sum());
        match source {
            Source::Server => {}
            Source::Estimate => {
                let mut unasked = lock(&self.unasked);
                unasked.requests += 1;
                unasked.prompt_tokens += prompt;
                return Ok(all(Shared::Unasked(ONLY_COUNTED)));
            }
            Source::Replay(_) | Source::BatchWrite(_) | Source::BatchRead(_) => {
                return Ok(all(Shared::Unasked("only a server is asked for embeddings")));
            }
        }
        let room = match ledger.reserve(prompt, 0).await {
            Ok(room) => room,
            Err(exhausted) => return Ok(all(Shared::Exhausted(exhausted))),
        };
        let answered = server.embed(&texts).await;
        let usages = answered.iter().flatten().map(|completion| completion.usage);
        book(room, usages.fold(Usage::default(), Usage::plus), answered.is_ok());
        let completions: Vec<Completion> = match answered {
            Ok(completions) => completions,
            Err(error) if asked.len() > 1 => return Ok(all(Shared::Server(error))),
            Err(error) => return Ok(all(Shared::Server(server.judged(error)))),
        };
        let mut given = Vec::new();
        for ((key, _), completion) in asked.iter().zip(completions) {
            let vector = vectors::read(&completion.text).expect("it was written by the same room");
            let fitting = self.fitting(vector);
            if fitting.is_ok() {
                self.keep(key, &completion).await?;
            }
            given.push((*key, fitting));
        }
        Ok(given)
    }

    /// A vector, if it has as many numbers as the others.
    fn fitting(&self, vector: Vec<f32>) -> Given {
        let expected = *self.dimensions.get_or_init(|| vector.len());
        if vector.len() == expected {
            return Ok(vector);
        }
        let why = format!("an embedding has {} numbers, earlier ones {expected}", vector.len());
        let endpoint = self.setup.server.endpoint().to_owned();
        let last = Failure::Reply(why);
        Err(Shared::Server(ModelError::Unavailable { endpoint, attempts: 1, last }))
    }
}
