//! Asks a server what it lists of its model.
//!
//! Invariant: the list is no paid request and is counted nowhere; a server that does not let itself be reached is told from one that
//! lists nothing.

use std::time::Duration;

use super::error::{Failure, Setback};
use super::identity::{Identity, Listed};
use super::retry;
use super::server::Server;

/// A time of creation that has not moved on by then is the model's own: servers tell it in seconds.
const NEXT_SECOND: Duration = Duration::from_millis(1100);

impl Server {
    /// Who answers here, as the server itself tells it; `known` is who answered last. Fails if the server cannot tell now.
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

    /// What the server lists of the model; `None` if it lists nothing of it, or has no list.
    async fn listed(&self) -> Result<Option<Listed>, Failure> {
        let mut attempts = 0;
        loop {
            let setback = match self.client.models().await {
                Ok(rows) => return Ok(Listed::find(&rows, self.name())),
                Err(setback) if has_no_list(&setback) => return Ok(None),
                Err(setback) => setback,
            };
            // Whoever is not there is not waited for: the requests themselves do that, if there are any.
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

/// Whether the server is there and has no list of models that we can read.
fn has_no_list(setback: &Setback) -> bool {
    match &setback.failure {
        // A key that is not let in says nothing about the list.
        Failure::Status { status, .. } => !matches!(status, 401 | 403) && !retry::may_pass(*status),
        Failure::Reply(_) => true,
        Failure::Timeout(_) | Failure::Connection(_) => false,
    }
}
