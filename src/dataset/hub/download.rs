//! Downloads a file, and goes on with one that broke off.
//!
//! Invariant: what takes the file's name has the size and the digest that the hub states.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use reqwest::header::RANGE;
use reqwest::{Client, StatusCode};
use sha2::{Digest, Sha256};

use crate::report::with_causes;

/// What the hub states of a file.
pub(super) struct Expected {
    pub size: Option<u64>,
    /// In hexadecimal digits.
    pub sha256: Option<String>,
}

/// Downloads a file to a path; another process that does the same is waited for.
pub(super) async fn download(
    client: &Client,
    url: &str,
    path: &Path,
    expected: &Expected,
) -> Result<(), String> {
    let partial = path.with_file_name(format!(
        "{}.partial",
        path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into())
    ));
    let failed = |error: std::io::Error| format!("{}: {error}", partial.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut options = OpenOptions::new();
    let mut file = options.append(true).create(true).open(&partial).map_err(failed)?;
    file.lock().map_err(failed)?;
    if path.is_file() {
        return Ok(());
    }
    let mut len = file.metadata().map_err(failed)?.len();
    if expected.size.is_none_or(|size| len != size || size == 0) {
        let request = client.get(url);
        let request =
            if len > 0 { request.header(RANGE, format!("bytes={len}-")) } else { request };
        let mut reply = request.send().await.map_err(|error| with_causes(&error))?;
        match reply.status() {
            StatusCode::PARTIAL_CONTENT if len > 0 => {}
            StatusCode::OK => {
                file.set_len(0).map_err(failed)?;
                len = 0;
            }
            status => {
                // What is there is of no use for this file.
                file.set_len(0).map_err(failed)?;
                return Err(format!("{url} answers with status {}", status.as_u16()));
            }
        }
        loop {
            match reply.chunk().await {
                Ok(Some(chunk)) => {
                    file.write_all(&chunk).map_err(failed)?;
                    len += chunk.len() as u64;
                }
                Ok(None) => break,
                Err(error) => {
                    let why = with_causes(&error);
                    return Err(format!(
                        "{url} broke off after {len} bytes: {why}; run the same command again to go on"
                    ));
                }
            }
        }
    }
    file.sync_all().map_err(failed)?;
    if let Some(wrong) = fault(&partial, len, expected).map_err(failed)? {
        file.set_len(0).map_err(failed)?;
        return Err(format!("{url} {wrong}; run the same command again"));
    }
    fs::rename(&partial, path).map_err(failed)
}

/// How a file differs from what the hub states.
fn fault(path: &Path, len: u64, expected: &Expected) -> std::io::Result<Option<String>> {
    if let Some(size) = expected.size.filter(|size| *size != len) {
        return Ok(Some(format!("gave {len} of {size} bytes")));
    }
    let Some(stated) = &expected.sha256 else { return Ok(None) };
    let mut file = File::open(path)?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => hasher.update(&buffer[..count]),
        }
    }
    let found: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((!found.eq_ignore_ascii_case(stated)).then(|| "gave other bytes than the hub states".into()))
}

/// Writes a small file at once.
pub(super) fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map(drop).map_err(|error| error.error)
}
