//! Asks for several replies to one question.
//!
//! Invariant: every sample has one result at its place, whether the server gives several at once or not.

use futures_util::future::join_all;

use super::error::{Failure, ModelError, Setback};
use super::lock;
use super::refusal::Refusal;
use super::reply::Completion;
use super::request::Request;
use super::server::{Answer, Server};

/// The field that asks for several choices.
const FIELD: &str = "n";

impl Server {
    /// Asks for `n` samples of a request, from its own on: at once where the server gives several, else one by one.
    pub async fn ask_many(&self, request: &Request, n: u32) -> Vec<Result<Completion, ModelError>> {
        let requests: Vec<Request> =
            (0..n).map(|sample| request.clone().with_sample(request.sample.saturating_add(sample))).collect();
        if n <= 1 || lock(&self.quirks).drops(FIELD) {
            return join_all(requests.iter().map(|request| self.ask(request))).await;
        }
        let (answer, rejection) = match self.send(request, n).await {
            Ok(answer) => (answer, None),
            // It may be the number that the server rejects.
            Err(error) if error.is_about_the_request() => (Answer::default(), Some(error)),
            Err(error) => {
                self.counters.add_requests(n);
                return requests.iter().map(|_| Err(error.clone())).collect();
            }
        };
        let Answer { completions, is_held } = answer;
        let given = completions.len();
        if rejection.is_none() && given < requests.len() {
            self.give_up_several(&format!("choices: {given}, asked for: {n}"));
        }
        let mut completions = completions.into_iter();
        let results = join_all(requests.iter().map(|request| {
            let completion = completions.next();
            async move {
                let Some(completion) = completion else { return self.ask(request).await };
                self.counters.add_requests(1);
                self.see_to(request, completion, is_held).await
            }
        }))
        .await;
        if let Some(rejection) = rejection.filter(|_| results.iter().any(Result::is_ok)) {
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
