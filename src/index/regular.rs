//! Reads files of a tree that others have made.
//!
//! Invariant: only regular files are opened, since opening a pipe or a device may wait for ever.

use std::fs;
use std::io;
use std::path::Path;

/// The bytes of a regular file; links are not followed.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    if fs::symlink_metadata(path)?.is_file() {
        fs::read(path)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
    }
}

/// The text of a regular file, with a mark for what is not UTF-8.
pub(super) fn text(path: &Path) -> io::Result<String> {
    read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
