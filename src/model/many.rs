//! Asks for several replies to one question.
//!
//! Invariant: every sample has one result at its place, whether the server gives several at once or not.

use futures_util::future::join_all;

use super::error::{ModelError, Setback};
use super::refusal::Refusal;
use super::reply::{Completion, Usage};
use super::request::Request;
use super::server::{Answer, Server};
use crate::remote::{Failure, lock};

/// The field that asks for several choices.
const FIELD: &str = "n";

impl Server {
    /// Asks for these samples of one request: at once if the server supports several, otherwise one
    /// by one.
    ///
    /// What all replies took is added to `spent`.
    pub(super) async fn ask_many(
        &self,
        samples: &[Request],
        spent: &mut Usage,
    ) -> Vec<Result<Completion, ModelError>> {
        let (several, rejection) = match samples {
            [first, _, ..] if !lock(&self.quirks).drops(FIELD) => {
                match self.send(first, samples.len() as u32).await {
                    Ok(answer) => (Some(answer), None),
                    // It may be the number that the server rejects.
                    Err(error) if error.is_about_the_request() => (None, Some(error)),
                    Err(error) => {
                        self.counters.add_requests(samples.len() as u32);
                        return samples.iter().map(|_| Err(error.clone())).collect();
                    }
                }
            }
            _ => (None, None),
        };
        if let Some(given) =
            several.as_ref().map(|answer| answer.completions.len()).filter(|n| *n < samples.len())
        {
            self.give_up_several(&format!("choices: {given}, asked for: {}", samples.len()));
        }
        let Answer { completions, is_held } = several.unwrap_or_default();
        let mut completions = completions.into_iter();
        let asked = join_all(samples.iter().map(|request| {
            let completion = completions.next();
            async move {
                let mut spent = Usage::default();
                let result = match completion {
                    Some(completion) => {
                        self.counters.add_requests(1);
                        self.see_to_and_book(request, completion, is_held, &mut spent).await
                    }
                    None => self.ask_and_book(request, &mut spent).await,
                };
                (result, spent)
            }
        }))
        .await;
        *spent = asked.iter().fold(*spent, |sum, (_, spent)| sum.plus(*spent));
        let results: Vec<_> = asked.into_iter().map(|(result, _)| result).collect();
        if let Some(rejection) = rejection
            && results.iter().any(Result::is_ok)
        {
            self.give_up_several(&rejection.to_string());
        }
        results
    }

    /// Remembers that the server gives one choice at a time.
    fn give_up_several(&self, why: &str) {
        let failure = Failure::Reply(why.to_owned());
        self.learn(&Setback { refusal: Some(Refusal::Field(FIELD.into())), ..failure.into() });
    }
}
