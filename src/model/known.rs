//! Determines the model's identity before the first lookup, and verifies it with the first reply.
//!
//! Invariant: a reply is kept under the identity that gave it, and is used for no other unless the user asks for it.

use tokio::sync::OnceCell;

use super::error::AskError;
use super::identity::Identity;
use super::server::Server;
use super::store::StoreError;
use super::{Setup, Source};
use crate::remote::Failure;

/// The identity that was determined.
#[derive(Default)]
pub(super) struct WhoAnswers {
    before: OnceCell<Known>,
    /// Determined only if the server could not be reached before: it can be, once it has answered.
    after: OnceCell<Identity>,
}

/// An identity, and how it is known.
pub(super) struct Known {
    pub identity: Identity,
    /// Another identity whose replies count: the server's own, for a run that reads or writes a batch.
    pub beside: Option<Identity>,
    basis: Basis,
}

enum Basis {
    /// The server reported it, or the run sends no requests.
    Told,
    /// The server reported it earlier, and cannot be reached now.
    Remembered,
    /// No server has reported it yet.
    Assumed,
}

impl WhoAnswers {
    /// The identity, if it was determined.
    pub(super) fn before(&self) -> Option<&Known> {
        self.before.get()
    }

    /// The identity, determined once; `noted` is that of an earlier run, in case the server cannot be reached.
    pub(super) async fn known(
        &self,
        setup: &Setup,
        noted: Option<Identity>,
    ) -> Result<&Known, StoreError> {
        self.before.get_or_try_init(|| find_out(setup, noted)).await
    }

    /// The identity that has just answered, which may not be the one that was assumed.
    pub(super) async fn answered<'a>(
        &'a self,
        setup: &Setup,
        known: &'a Known,
    ) -> Result<&'a Identity, StoreError> {
        match known.basis {
            Basis::Told => Ok(&known.identity),
            Basis::Remembered | Basis::Assumed => {
                let ask = || async {
                    match setup.server.identify(Some(&known.identity)).await {
                        Ok(identity) => note(setup, &identity).map(|()| identity),
                        // It answers without a list: the assumption stands.
                        Err(_) => Ok(known.identity.clone()),
                    }
                };
                self.after.get_or_try_init(ask).await
            }
        }
    }
}

async fn find_out(setup: &Setup, noted: Option<Identity>) -> Result<Known, StoreError> {
    let server = &setup.server;
    let unlisted = || Identity::unlisted(server.name(), server.base());
    let last = match &setup.cache {
        Some(cache) => cache.last_known(server.name(), server.base())?,
        None => None,
    };
    let last = last.or(noted.filter(|noted| noted.server == server.base()));
    let known = |identity, basis| Known { identity, beside: None, basis };
    Ok(match setup.source {
        Source::Server => match (server.identify(last.as_ref()).await, last) {
            (Ok(identity), _) => {
                note(setup, &identity)?;
                known(identity, Basis::Told)
            }
            (Err(why), Some(last)) => {
                tell_remembered(server, &why);
                known(last, Basis::Remembered)
            }
            (Err(_), None) => known(unlisted(), Basis::Assumed),
        },
        Source::BatchWrite(_) | Source::BatchRead(_) => {
            let identity = Identity::of_batches(server.name(), server.base());
            let beside = Some(last.unwrap_or_else(unlisted));
            Known { beside, ..known(identity, Basis::Told) }
        }
        Source::Replay(_) | Source::Estimate => known(last.unwrap_or_else(unlisted), Basis::Told),
    })
}

fn note(setup: &Setup, identity: &Identity) -> Result<(), StoreError> {
    setup.cache.as_ref().map_or(Ok(()), |cache| cache.note(identity))
}

fn tell_remembered(server: &Server, why: &Failure) {
    server.tell(&format!(
        "{} does not say which {} it serves ({why}); assuming the last known one",
        server.base(),
        server.name()
    ));
}

impl Known {
    /// Fails if the run has used replies of a model that this server no longer has; a rerun asks the new one.
    pub(super) fn check(&self, answered: &Identity) -> Result<(), AskError> {
        match self.basis {
            Basis::Remembered if *answered != self.identity => Err(AskError::OtherModel {
                server: answered.server.clone(),
                model: answered.model.clone(),
            }),
            Basis::Told | Basis::Remembered | Basis::Assumed => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
