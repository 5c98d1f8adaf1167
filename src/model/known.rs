//! Finds out who answers before the first request is looked up, and makes sure of it with the first reply.
//!
//! Invariant: a reply is kept as that of whoever gave it, and never counts as another's unless that was asked for.

use tokio::sync::OnceCell;

use super::error::{AskError, Failure};
use super::identity::Identity;
use super::server::Server;
use super::store::StoreError;
use super::{Setup, Source};

/// Who answers, as it was found out.
#[derive(Default)]
pub(super) struct WhoAnswers {
    before: OnceCell<Known>,
    /// Asked for only if the server could not tell before: one that has answered can.
    after: OnceCell<Identity>,
}

/// Who answers, and how that is known.
pub(super) struct Known {
    pub identity: Identity,
    /// Whose replies count as well: those of the server itself for a run that reads or writes a batch.
    pub beside: Option<Identity>,
    basis: Basis,
}

enum Basis {
    /// The server has told, or nobody is asked who could.
    Told,
    /// The server told it once, and cannot be reached now.
    Remembered,
    /// Nobody has ever told.
    Assumed,
}

impl WhoAnswers {
    /// Who answers, if that was found out.
    pub(super) fn before(&self) -> Option<&Known> {
        self.before.get()
    }

    /// Who answers; found out once. `noted` is who answered an earlier run, for when the server cannot be reached.
    pub(super) async fn known(
        &self,
        setup: &Setup,
        noted: Option<Identity>,
    ) -> Result<&Known, StoreError> {
        self.before.get_or_try_init(|| find_out(setup, noted)).await
    }

    /// Makes sure that who has just answered is who was taken for it, and gives the one who did.
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
                        // It answers, and cannot tell: nobody will know better.
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
        "{} does not tell which {} it has ({why}); it is taken for the one that it had last",
        server.base(),
        server.name()
    ));
}

impl Known {
    /// Fails if the run has taken replies of one for those of another; a rerun knows better.
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
