//! Finds out who answers before the first request is looked up, and makes sure of it with the first reply.
//!
//! Invariant: a reply is kept as that of whoever gave it, and never counts as another's unless that was asked for.

use tokio::sync::OnceCell;

use super::Source;
use super::error::{AskError, Failure};
use super::identity::Identity;
use super::inner::Inner;
use super::store::StoreError;

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
}

impl Inner {
    /// Who answers; found out once. `noted` is who answered an earlier run, for when the server cannot be reached.
    pub(super) async fn known(&self, noted: Option<Identity>) -> Result<&Known, StoreError> {
        self.who.before.get_or_try_init(|| self.find_out(noted)).await
    }

    /// What is known of the model without asking its server.
    pub(super) fn unlisted(&self) -> Identity {
        let server = &self.setup.server;
        Identity::unlisted(server.name(), server.base())
    }

    async fn find_out(&self, noted: Option<Identity>) -> Result<Known, StoreError> {
        let server = &self.setup.server;
        let last = match &self.setup.cache {
            Some(cache) => cache.last_known(server.name(), server.base())?,
            None => None,
        };
        let last = last.or(noted.filter(|noted| noted.server == server.base()));
        let known = |identity, basis| Known { identity, beside: None, basis };
        Ok(match self.setup.source {
            Source::Server => match server.identify(last.as_ref()).await {
                Ok(identity) => {
                    self.note(&identity)?;
                    known(identity, Basis::Told)
                }
                Err(why) => match last {
                    Some(last) => {
                        self.tell_remembered(&why);
                        known(last, Basis::Remembered)
                    }
                    None => known(self.unlisted(), Basis::Assumed),
                },
            },
            Source::BatchWrite(_) | Source::BatchRead(_) => {
                let identity = Identity::of_batches(server.name(), server.base());
                Known {
                    beside: Some(last.unwrap_or_else(|| self.unlisted())),
                    ..known(identity, Basis::Told)
                }
            }
            Source::Replay(_) | Source::Estimate => {
                known(last.unwrap_or_else(|| self.unlisted()), Basis::Told)
            }
        })
    }

    /// Makes sure that who has just answered is who was taken for it, and gives the one who did.
    pub(super) async fn who_answered<'a>(
        &'a self,
        known: &'a Known,
    ) -> Result<&'a Identity, StoreError> {
        match known.basis {
            Basis::Told => Ok(&known.identity),
            Basis::Remembered | Basis::Assumed => {
                let ask = || async {
                    match self.setup.server.identify(Some(&known.identity)).await {
                        Ok(identity) => self.note(&identity).map(|()| identity),
                        // It answers, and cannot tell: nobody will know better.
                        Err(_) => Ok(known.identity.clone()),
                    }
                };
                self.who.after.get_or_try_init(ask).await
            }
        }
    }

    fn note(&self, identity: &Identity) -> Result<(), StoreError> {
        self.setup.cache.as_ref().map_or(Ok(()), |cache| cache.note(identity))
    }

    fn tell_remembered(&self, why: &Failure) {
        let server = &self.setup.server;
        server.tell(&format!(
            "{} does not tell which {} it has ({why}); it is taken for the one that it had last",
            server.base(),
            server.name()
        ));
    }
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
