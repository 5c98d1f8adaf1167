//! Chooses which entries of a cache go.
//!
//! Invariant: an entry that stays was used no longer ago than one of the same model that went.

use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use serde::Serialize;

/// Which entries go; where neither age nor size is said, all of the model's, or all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prune {
    /// Only entries of this model go.
    pub model: Option<String>,
    /// Those go that have not been put or used for so long; a use is known to the day.
    pub unused_for: Option<Duration>,
    /// Then those go that were used longest ago, until the file has no more bytes than this.
    pub down_to: Option<u64>,
}

/// What went out of a cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// Replies.
    pub entries: u64,
    /// Bytes that the disk got back.
    pub bytes: u64,
}

/// An entry's share of the file, in units that only compare: its texts and about what the row and the index add.
const COST: &str = "(octet_length(completion) + octet_length(model) + 128)";

impl Prune {
    /// Removes the entries, and tells how many.
    pub(super) fn apply(&self, connection: &mut Connection, now: i64) -> rusqlite::Result<u64> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut removed = 0;
        if self.unused_for.is_some() || self.down_to.is_none() {
            let before = |age: Duration| {
                now.saturating_sub(i64::try_from(age.as_secs()).unwrap_or(i64::MAX))
            };
            let last = self.unused_for.map_or(i64::MAX, before);
            removed += transaction.execute(
                "DELETE FROM replies WHERE used <= ?1 AND (?2 IS NULL OR model = ?2)",
                params![last, self.model],
            )?;
        }
        if let Some(limit) = self.down_to {
            removed += self.shrink(&transaction, limit)?;
        }
        transaction.commit()?;
        if removed > 0 {
            connection.execute("VACUUM", [])?;
        }
        // Another process that reads keeps the log from being cut; it is cut later, then.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(removed as u64)
    }

    fn shrink(&self, transaction: &Transaction<'_>, limit: u64) -> rusqlite::Result<usize> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut removed = 0;
        loop {
            let bytes = used_bytes(transaction)?;
            if bytes <= limit {
                return Ok(removed);
            }
            let cost: f64 = transaction.query_row(
                &format!("SELECT total({COST}) FROM replies"),
                [],
                |row| row.get(0),
            )?;
            let excess = cost * ((bytes - limit) as f64 / bytes as f64);
            // Whoever has less than the excess before it goes, so at least the first.
            let gone = transaction.execute(
                &format!(
                    "DELETE FROM replies WHERE id IN (SELECT id FROM (\
                         SELECT id, sum({COST}) OVER (ORDER BY used, id) - {COST} AS before FROM replies \
                         WHERE ?2 IS NULL OR model = ?2\
                     ) WHERE before < max(?1, 1))"
                ),
                params![excess, self.model],
            )?;
            if gone == 0 {
                return Ok(removed);
            }
            removed += gone;
        }
    }
}

/// Bytes of the file's pages that hold something.
fn used_bytes(transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
    let number = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    Ok((number("page_count")? - number("freelist_count")?) * number("page_size")?)
}
