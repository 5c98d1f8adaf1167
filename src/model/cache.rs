//! Keeps replies in one SQLite file, so that what was asked once is neither paid nor waited for again.
//!
//! Invariant: a reply that was put is given back byte for byte until it is pruned, disowned or damaged; the first one that an identity gives to a
//! question stays, and is given back as another's only to whoever asks for any.
//!
//! Several processes of one machine share the file; SQLite's write-ahead log does not work over a network file system.
//! A put waits for no disk (`synchronous=NORMAL`): it survives the death of the process at once, and a power cut as of the
//! next checkpoint of the log, about every 4 MB. A power cut can cost the last puts, never the file.

mod file;
mod prune;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde::Serialize;

use super::identity::Identity;
use super::key::Key;
use super::reply::{Completion, Finish};
use super::store::StoreError;

pub use prune::{Prune, Pruned};

/// How exactly an entry's last use is known, in seconds: a use within a day of the last one writes nothing.
const USE_PRECISION: i64 = 24 * 60 * 60;
/// This many uses are buffered and written together; a killed process forgets them.
const USES_AT_ONCE: usize = 256;

/// A file of replies by request.
pub struct Cache {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    connection: Connection,
    /// The ids of used entries and when they were used, not yet written.
    uses: Vec<(i64, i64)>,
}

/// A reply from the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub completion: Completion,
    /// When it was put, in Unix seconds.
    pub since: u64,
}

/// What a cache holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CacheStats {
    /// Replies.
    pub entries: u64,
    /// Bytes on the disk, with the write-ahead log.
    pub bytes: u64,
    /// Each model's share, by name.
    pub models: Vec<CachedModel>,
}

/// What a cache holds of one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CachedModel {
    /// The model's name.
    pub model: String,
    /// Replies.
    pub entries: u64,
    /// Tokens of their prompts.
    pub prompt_tokens: u64,
    /// Tokens of the replies.
    pub completion_tokens: u64,
    /// When the oldest was put, in Unix seconds.
    pub oldest: u64,
    /// When the newest was put, in Unix seconds.
    pub newest: u64,
}

impl Cache {
    /// Opens a cache, and creates it with its folder if there is none.
    ///
    /// Fails on a file that is something else or damaged, and on a place that cannot be written.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = file::open(path)?;
        Ok(Self { path: path.into(), state: Mutex::new(State { connection, uses: Vec::new() }) })
    }

    /// Finds an identity's reply to a question; an entry that cannot be read or whose checksum does not match is removed and
    /// counts as missing.
    pub fn get(&self, key: &Key, identity: &Identity) -> Result<Option<Kept>, StoreError> {
        self.get_at(key, Some(identity), unix_seconds(SystemTime::now()))
    }

    /// Finds the newest reply to a question, whichever identity gave it.
    pub fn get_any(&self, key: &Key) -> Result<Option<Kept>, StoreError> {
        self.get_at(key, None, unix_seconds(SystemTime::now()))
    }

    /// Whether any identity has a reply to a question.
    pub fn has_any(&self, key: &Key) -> Result<bool, StoreError> {
        self.state()
            .connection
            .query_row(
                "SELECT EXISTS (SELECT 1 FROM replies WHERE key = ?1)",
                [key.as_bytes()],
                |row| row.get(0),
            )
            .map_err(file::explain(&self.path))
    }

    /// Stores an identity's reply to a question, and returns whether it is new here.
    ///
    /// A reply that was cut, filtered or is blank is not kept: asked again, the model may do better.
    pub fn put(
        &self,
        key: &Key,
        identity: &Identity,
        completion: &Completion,
    ) -> Result<bool, StoreError> {
        self.put_at(key, identity, completion, unix_seconds(SystemTime::now()))
    }

    /// Removes a reply to a question, whichever identity gave it; another one that has come in its place stays.
    pub fn disown(&self, key: &Key, completion: &Completion) -> Result<(), StoreError> {
        let mut state = self.state();
        (|| {
            let transaction =
                state.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let replies: Vec<(i64, String)> = transaction
                .prepare("SELECT id, completion FROM replies WHERE key = ?1")?
                .query_map([key.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            for (id, json) in replies {
                if serde_json::from_str::<Completion>(&json).is_ok_and(|kept| kept == *completion) {
                    transaction.execute("DELETE FROM replies WHERE id = ?1", [id])?;
                }
            }
            transaction.commit()
        })()
        .map_err(file::explain(&self.path))
    }

    /// The last known identity of a model on a server.
    pub fn last_known(&self, model: &str, server: &str) -> Result<Option<Identity>, StoreError> {
        let listing = self
            .state()
            .connection
            .query_row(
                "SELECT listing FROM models WHERE server = ?1 AND model = ?2",
                [server, model],
                |row| row.get(0),
            )
            .optional()
            .map_err(file::explain(&self.path))?;
        Ok(listing.map(|listing| Identity { model: model.into(), server: server.into(), listing }))
    }

    /// Stores the identity of a model on a server as the last known one.
    pub fn note(&self, identity: &Identity) -> Result<(), StoreError> {
        let Identity { model, server, listing } = identity;
        self.state()
            .connection
            .execute(
                "INSERT INTO models (server, model, listing) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (server, model) DO UPDATE SET listing = ?3",
                params![server, model, listing],
            )
            .map(|_| ())
            .map_err(file::explain(&self.path))
    }

    /// Returns what the cache contains.
    pub fn stats(&self) -> Result<CacheStats, StoreError> {
        let models = self.models(&self.state().connection).map_err(file::explain(&self.path))?;
        let entries = models.iter().map(|model| model.entries).sum();
        Ok(CacheStats { entries, bytes: file::bytes(&self.path)?, models })
    }

    /// Removes entries and gives their room back to the disk; `now` is what ages are counted from.
    pub fn prune(&self, prune: &Prune, now: SystemTime) -> Result<Pruned, StoreError> {
        let before = file::bytes(&self.path)?;
        let mut state = self.state();
        state.write_uses();
        let entries = prune
            .apply(&mut state.connection, unix_seconds(now))
            .map_err(file::explain(&self.path))?;
        drop(state);
        Ok(Pruned { entries, bytes: before.saturating_sub(file::bytes(&self.path)?) })
    }

    fn get_at(
        &self,
        key: &Key,
        identity: Option<&Identity>,
        now: i64,
    ) -> Result<Option<Kept>, StoreError> {
        let mut state = self.state();
        let found = state
            .connection
            .query_row(
                "SELECT id, used, created, completion, identity, checksum FROM replies \
                 WHERE key = ?1 AND (?2 IS NULL OR identity = ?2) ORDER BY created DESC, id DESC LIMIT 1",
                params![key.as_bytes(), identity.map(Identity::digest)],
                |row| {
                    let number = |column| row.get::<_, i64>(column);
                    let text = |column| row.get_ref(column).and_then(|cell| Ok(cell.as_str()?));
                    let created = number(2)?;
                    let is_whole = |json: &str| {
                        text(4).is_ok_and(|identity| {
                            let checksum = file::checksum(key.as_bytes(), identity, created, json);
                            text(5) == Ok(&checksum)
                        })
                    };
                    let json = text(3).ok().filter(|json| is_whole(json));
                    let completion = json.and_then(|json| serde_json::from_str(json).ok());
                    Ok((number(0)?, number(1)?, created, completion))
                },
            )
            .optional()
            .map_err(file::explain(&self.path))?;
        let Some((id, used, created, completion)) = found else { return Ok(None) };
        let Some(completion) = completion else {
            // It makes room for the reply that is asked for in its place.
            state
                .connection
                .execute("DELETE FROM replies WHERE id = ?1", [id])
                .map_err(file::explain(&self.path))?;
            return Ok(None);
        };
        if now.saturating_sub(used) >= USE_PRECISION {
            state.uses.push((id, now));
            if state.uses.len() >= USES_AT_ONCE {
                state.write_uses();
            }
        }
        Ok(Some(Kept { completion, since: u64::try_from(created).unwrap_or(0) }))
    }

    fn put_at(
        &self,
        key: &Key,
        identity: &Identity,
        completion: &Completion,
        now: i64,
    ) -> Result<bool, StoreError> {
        if !is_usable(completion) {
            return Ok(false);
        }
        let json = serde_json::to_string(completion).expect("texts and numbers always serialise");
        // What a server claims must not overflow the sums.
        let tokens = |count: u64| i64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let (usage, answerer) = (completion.usage, identity.digest());
        let state = self.state();
        let added = state
            .connection
            .execute(
                "INSERT INTO replies (key, identity, model, created, used, prompt_tokens, completion_tokens, completion, checksum) \
                 VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (key, identity) DO NOTHING",
                params![
                    key.as_bytes(),
                    answerer,
                    identity.model,
                    now,
                    tokens(usage.prompt_tokens),
                    tokens(usage.completion_tokens),
                    json,
                    file::checksum(key.as_bytes(), &answerer, now, &json)
                ],
            )
            .map_err(file::explain(&self.path))?;
        Ok(added > 0)
    }

    fn models(&self, connection: &Connection) -> rusqlite::Result<Vec<CachedModel>> {
        connection
            .prepare(
                "SELECT model, count(*), sum(prompt_tokens), sum(completion_tokens), min(created), max(created) \
                 FROM replies GROUP BY model ORDER BY model",
            )?
            .query_map([], |row| {
                let number = |column| row.get::<_, i64>(column).map(|number| u64::try_from(number).unwrap_or(0));
                Ok(CachedModel {
                    model: row.get(0)?,
                    entries: number(1)?,
                    prompt_tokens: number(2)?,
                    completion_tokens: number(3)?,
                    oldest: number(4)?,
                    newest: number(5)?,
                })
            })?
            .collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves nothing half done: every change is one transaction.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Writes down what was used. A failure costs nothing but an entry's age, so it stops nobody.
    fn write_uses(&mut self) {
        let uses = std::mem::take(&mut self.uses);
        if uses.is_empty() {
            return;
        }
        let _ = (|| {
            let transaction =
                self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            {
                let mut update =
                    transaction.prepare("UPDATE replies SET used = ?2 WHERE id = ?1")?;
                for (id, now) in &uses {
                    update.execute(params![id, now])?;
                }
            }
            transaction.commit()
        })();
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        self.state().write_uses();
    }
}

/// Whether a reply is whole and says anything.
fn is_usable(completion: &Completion) -> bool {
    match &completion.finish {
        Finish::Stop => !completion.text.trim().is_empty(),
        Finish::Length | Finish::Other(_) => false,
    }
}

fn unix_seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
