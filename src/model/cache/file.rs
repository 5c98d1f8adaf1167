//! Opens the cache's file, and tells what is wrong with one that cannot be used.
//!
//! Invariant: a file that is not ours is left as it is.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior, params};

use super::StoreError;
use crate::model::identity::digest;

/// Marks the file as a cache of replies, in SQLite's `application_id`: "tgsr".
const APPLICATION: i64 = 0x7467_7372;
/// The format that this release writes and reads.
const FORMAT: i64 = 3;
/// The format whose replies had no checksums.
const UNCHECKED: i64 = 2;
/// The format that had one reply for a model's name, whoever gave it, and no checksums.
const NAMES_ONLY: i64 = 1;
/// How long one process waits for another: pruning a large file takes a while.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long it waits between attempts where SQLite does not wait by itself.
const PAUSE: Duration = Duration::from_millis(20);

/// The identity is the digest of one, or empty where the reply is of the first format. The completion comes last, so that a scan
/// of the other columns skips it.
const REPLIES: &str = "CREATE TABLE replies (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    identity TEXT NOT NULL,
    model TEXT NOT NULL,
    created INTEGER NOT NULL,
    used INTEGER NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    checksum TEXT NOT NULL,
    completion TEXT NOT NULL,
    UNIQUE (key, identity)
) STRICT";
/// Of every model on a server, what was last listed.
const MODELS: &str = "CREATE TABLE IF NOT EXISTS models (
    server TEXT NOT NULL,
    model TEXT NOT NULL,
    listing TEXT,
    PRIMARY KEY (server, model)
) STRICT";

/// What a file is.
enum Kind {
    Empty,
    Ours,
    /// Ours, in an earlier format; with the expression for the identity of its replies.
    Earlier {
        identity: &'static str,
    },
    Foreign(String),
}

/// Opens or makes the file.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let folder = folder(path);
    std::fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
    // Our mutex does what SQLite's own would do again.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(explain(path))?;
    connection.busy_timeout(PATIENCE).map_err(explain(path))?;
    if let Kind::Foreign(detail) = make(&mut connection).map_err(explain(path))? {
        return Err(StoreError::Foreign { path: path.into(), detail });
    }
    use_log(&connection).map_err(explain(path))?;
    Ok(connection)
}

/// Makes the tables where the file is empty or of an earlier format, and tells what the file was.
fn make(connection: &mut Connection) -> rusqlite::Result<Kind> {
    let kind = kind(connection)?;
    if matches!(kind, Kind::Ours | Kind::Foreign(_)) {
        return Ok(kind);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have made it while this one waited.
    let kind = self::kind(&transaction)?;
    match kind {
        Kind::Ours | Kind::Foreign(_) => return Ok(kind),
        Kind::Empty => transaction.execute(REPLIES, []).map(|_| ())?,
        Kind::Earlier { identity } => take_over(&transaction, identity)?,
    }
    transaction.execute(MODELS, [])?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()?;
    Ok(kind)
}

/// Takes the replies of an earlier format over and gives them checksums; one that is not a text stays behind.
fn take_over(transaction: &Transaction<'_>, identity: &str) -> rusqlite::Result<()> {
    transaction.execute("ALTER TABLE replies RENAME TO earlier", [])?;
    transaction.execute(REPLIES, [])?;
    {
        let columns = "id, key, model, created, used, prompt_tokens, completion_tokens, completion";
        let mut select =
            transaction.prepare(&format!("SELECT {columns}, {identity} FROM earlier"))?;
        let mut insert = transaction.prepare(&format!(
            "INSERT INTO replies ({columns}, identity, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
        ))?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let number = |column| row.get::<_, i64>(column);
            let text = |column| row.get_ref(column).and_then(|cell| Ok(cell.as_str()?));
            let key: Vec<u8> = row.get(1)?;
            let (Ok(model), Ok(completion), Ok(identity)) = (text(2), text(7), text(8)) else {
                continue;
            };
            let checksum = checksum(&key, identity, number(3)?, completion);
            insert.execute(params![
                number(0)?,
                key,
                model,
                number(3)?,
                number(4)?,
                number(5)?,
                number(6)?,
                completion,
                identity,
                checksum
            ])?;
        }
    }
    transaction.execute("DROP TABLE earlier", []).map(|_| ())
}

/// Shows damage: a checksum of everything about an entry that a run's results depend on.
pub(super) fn checksum(key: &[u8], identity: &str, created: i64, completion: &str) -> String {
    let entry = serde_json::to_vec(&(key, identity, created, completion));
    digest(&entry.expect("texts and numbers always serialise"))
}

fn kind(connection: &Connection) -> rusqlite::Result<Kind> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (number("application_id")?, number("user_version")?, tables) {
        (APPLICATION, FORMAT, _) => Kind::Ours,
        (APPLICATION, UNCHECKED, _) => Kind::Earlier { identity: "identity" },
        (APPLICATION, NAMES_ONLY, _) => Kind::Earlier { identity: "''" },
        (APPLICATION, format, _) => {
            Kind::Foreign(format!("its format is {format}, ours is {FORMAT}"))
        }
        (0, 0, 0) => Kind::Empty,
        _ => Kind::Foreign("it is another program's SQLite file".into()),
    })
}

/// Has SQLite write ahead to a log, so that readers and a writer do not wait for each other.
fn use_log(connection: &Connection) -> rusqlite::Result<()> {
    let started = Instant::now();
    // While a file changes over, SQLite refuses others at once, whatever the timeout.
    while let Err(error) =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))
    {
        let is_busy = error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
        if !is_busy || started.elapsed() > PATIENCE {
            return Err(error);
        }
        std::thread::sleep(PAUSE);
    }
    connection.pragma_update(None, "synchronous", "NORMAL")
}

/// Bytes that the cache takes on the disk.
pub(super) fn bytes(path: &Path) -> Result<u64, StoreError> {
    let file = path.metadata().map_err(StoreError::io(path))?.len();
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    // Whoever closes the file last removes the log.
    Ok(file + PathBuf::from(log).metadata().map_or(0, |log| log.len()))
}

/// Makes our error out of SQLite's.
pub(super) fn explain(path: &Path) -> impl FnOnce(rusqlite::Error) -> StoreError {
    move |error| {
        let path_buf = path.to_owned();
        let kind = match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => {
                return StoreError::Foreign {
                    path: path_buf,
                    detail: "it is no SQLite file".into(),
                };
            }
            // Our statements are fixed and fit our table: one that fails, or a value of another type, is not our table.
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) | None => {
                return StoreError::Damaged { path: path_buf, detail: error.to_string() };
            }
            Some(ErrorCode::CannotOpen) => {
                return StoreError::Io { path: path_buf, source: why_closed(path, error) };
            }
            Some(ErrorCode::DiskFull) => ErrorKind::StorageFull,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => ErrorKind::PermissionDenied,
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::FileLockingProtocolFailed,
            ) => ErrorKind::ResourceBusy,
            Some(ErrorCode::OutOfMemory) => ErrorKind::OutOfMemory,
            Some(_) => ErrorKind::Other,
        };
        StoreError::Io { path: path_buf, source: io::Error::new(kind, error) }
    }
}

/// Asks the system why a file cannot be opened, as SQLite does not tell.
fn why_closed(path: &Path, error: rusqlite::Error) -> io::Error {
    // The file itself stays closed: closing it would take the locks of this process's other connections along.
    if path.is_dir() {
        return ErrorKind::IsADirectory.into();
    }
    tempfile::tempfile_in(folder(path)).err().unwrap_or_else(|| io::Error::other(error))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
