//! Takes the replies of a batch into the cache.
//!
//! Invariant: a reply that the cache does not keep (cut, or a failure) stays in the source that is made here.

use std::collections::HashMap;
use std::path::Path;

use super::Source;
use super::batch;
use super::cache::Cache;
use super::identity::Identity;
use super::server::Server;
use super::store::StoreError;

/// Takes a batch's replies into a cache; `tell` hears of lines that are passed over.
pub fn read_batch(
    folder: &Path,
    server: &Server,
    cache: &Cache,
    tell: impl Fn(&str),
) -> Result<Source, StoreError> {
    let identity = Identity::of_batches(server.name(), server.base());
    let mut replies = batch::read(folder)?;
    let mut rest = HashMap::new();
    for reply in replies.by_ref() {
        let (key, reply) = reply?;
        if let Ok(completion) = &reply {
            cache.put(&key, &identity, completion)?;
        }
        if cache.get(&key, &identity)?.is_none() {
            rest.insert(key, reply);
        }
    }
    let skipped = replies.skipped();
    skipped.named.iter().for_each(|named| tell(named));
    if skipped.total() > skipped.named.len() as u64 {
        tell(&format!("skipped {} lines in {}", skipped.total(), folder.display()));
    }
    Ok(Source::BatchRead(rest))
}
