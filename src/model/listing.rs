//! Requests the model's entry in the server's list of models.
//!
//! Invariant: these requests are free and not counted; a server that cannot be reached is distinguished from one without a list.

use std::time::Duration;

use super::error::Setback;
use super::identity::{Identity, Listed};
use super::server::Server;
use crate::remote::{Failure, retry};

/// A time of creation, in seconds, that is the same after this is not the time of the request.
const NEXT_SECOND: Duration = Duration::from_millis(1100);

impl Server {
    /// The identity of the model that the server has now; `known` is the last known one. Fails if the server cannot be reached.
    pub(super) async fn identify(&self, known: Option<&Identity>) -> Result<Identity, Failure> {
        let unlisted = Identity::unlisted(self.name(), self.base());
        let Some(listed) = self.listed().await? else { return Ok(unlisted) };
        let identity =
            |listed: &Listed| Identity { listing: Some(listed.digest()), ..unlisted.clone() };
        let (with_time, without) = (identity(&listed), identity(&listed.without_time()));
        if !listed.has_time() || known == Some(&with_time) {
            return Ok(with_time);
        }
        if known == Some(&without) {
            return Ok(without);
        }
        tokio::time::sleep(NEXT_SECOND).await;
        Ok(if self.listed().await?.as_ref() == Some(&listed) { with_time } else { without })
    }

    /// The model's entry in the server's list; `None` without an entry or a list.
    async fn listed(&self) -> Result<Option<Listed>, Failure> {
        let mut attempts = 0;
        loop {
            let setback = match self.client.models().await {
                Ok(rows) => return Ok(Listed::find(&rows, self.name())),
                Err(setback) if has_no_list(&setback) => return Ok(None),
                Err(setback) => setback,
            };
            // A server that is down is not waited for here: the requests do that, if there are any.
            let is_there = matches!(setback.failure, Failure::Status { .. });
            let may_retry = is_there && setback.may_pass() && attempts < self.max_retries;
            let pause = match may_retry && !self.is_stopped() {
                true => retry::pause(self.base_delay, attempts, b"", setback.retry_after),
                false => None,
            };
            let Some(pause) = pause else { return Err(setback.failure) };
            attempts += 1;
            tokio::time::sleep(pause).await;
        }
    }
}

/// Whether the server answers, but without a readable list of models.
fn has_no_list(setback: &Setback) -> bool {
    match &setback.failure {
        // A denied key says nothing about the list.
        Failure::Status { status, .. } => !matches!(status, 401 | 403) && !retry::may_pass(*status),
        Failure::Reply(_) => true,
        Failure::Timeout(_) | Failure::Connection(_) => false,
    }
}
