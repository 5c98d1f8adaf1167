//! The read-only files that guests see.
//!
//! Invariant: nothing here writes, and a path names a file of the folder or nothing.

use wasmtime::{Caller, Linker, Result};

use super::memory::{Checked, MAX_PATH, Memory};
use super::{
    EBADF, EINVAL, ENOENT, Guest, OpenFile, ROOT, ReadOnlyFolder, SUCCESS, WASI, charge,
    charge_list, errno, parts,
};

const MAX_OPEN_FILES: usize = 64;
const EEXIST: i32 = 20;
const EMFILE: i32 = 33;
const ENOTDIR: i32 = 54;
const EROFS: i32 = 69;
const ESPIPE: i32 = 70;

const DIRECTORY: u8 = 3;
const REGULAR_FILE: u8 = 4;
/// Streams are of unknown type: a character device would be taken for a terminal.
const STREAM: u8 = 0;

/// Adds the functions on descriptors and paths.
pub fn add(linker: &mut Linker<Guest>) -> Result<()> {
    linker.func_wrap(
        WASI,
        "fd_fdstat_get",
        |mut caller: Caller<'_, Guest>, descriptor: i32, out: i32| {
            charge(&mut caller, 0)?;
            let (mut memory, guest) = parts(&mut caller)?;
            Ok(errno(descriptor_stat(&mut memory, guest, descriptor, out)))
        },
    )?;
    linker.func_wrap(
        WASI,
        "fd_filestat_get",
        |mut caller: Caller<'_, Guest>, descriptor: i32, out: i32| {
            charge(&mut caller, 0)?;
            let (mut memory, guest) = parts(&mut caller)?;
            let (kind, inode, size) = match guest.file(descriptor) {
                Some(file) => (REGULAR_FILE, file.index as u64 + 2, guest.file_len(file)),
                None if guest.is_root(descriptor) => (DIRECTORY, 1, 0),
                // Programs that read stdin at once ask for its size.
                None if descriptor == 0 => (STREAM, 0, guest.stdin.len() as u64),
                None if (1..=2).contains(&descriptor) => (STREAM, 0, 0),
                None => return Ok(EBADF),
            };
            Ok(errno(memory.write_stat(out, kind, inode, size)))
        },
    )?;
    linker.func_wrap(
        WASI,
        "fd_seek",
        |mut caller: Caller<'_, Guest>, descriptor: i32, offset: i64, whence: i32, out: i32| {
            charge(&mut caller, 0)?;
            let (mut memory, guest) = parts(&mut caller)?;
            Ok(errno(seek(&mut memory, guest, descriptor, offset, whence, out)))
        },
    )?;
    linker.func_wrap(
        WASI,
        "fd_tell",
        |mut caller: Caller<'_, Guest>, descriptor: i32, out: i32| {
            charge(&mut caller, 0)?;
            let (mut memory, guest) = parts(&mut caller)?;
            let Some(file) = guest.file(descriptor) else { return Ok(EBADF) };
            Ok(errno(memory.write_u64(out, file.position)))
        },
    )?;
    linker.func_wrap(WASI, "fd_close", |mut caller: Caller<'_, Guest>, descriptor: i32| {
        charge(&mut caller, 0)?;
        let guest = caller.data_mut();
        if (0..=2).contains(&descriptor) {
            return Ok(SUCCESS);
        }
        if guest.file(descriptor).is_none() {
            return Ok(EBADF);
        }
        guest.set_file(descriptor, None);
        Ok(SUCCESS)
    })?;
    linker.func_wrap(
        WASI,
        "fd_prestat_get",
        |mut caller: Caller<'_, Guest>, descriptor: i32, out: i32| {
            charge(&mut caller, 0)?;
            let (mut memory, guest) = parts(&mut caller)?;
            if !guest.is_root(descriptor) {
                return Ok(EBADF);
            }
            let len = guest.folder.path.len() as u32;
            Ok(errno(
                memory.write_u32(out, 0).and_then(|()| memory.write_u32(out.wrapping_add(4), len)),
            ))
        },
    )?;
    linker.func_wrap(
        WASI,
        "fd_prestat_dir_name",
        |mut caller: Caller<'_, Guest>, descriptor: i32, out: i32, len: i32| {
            charge(&mut caller, 0)?;
            let (mut memory, guest) = parts(&mut caller)?;
            if !guest.is_root(descriptor) {
                return Ok(EBADF);
            }
            let path = guest.folder.path.as_bytes();
            Ok(errno(memory.write(out, &path[..path.len().min(len as u32 as usize)])))
        },
    )?;
    linker.func_wrap(
        WASI,
        "path_filestat_get",
        |mut caller: Caller<'_, Guest>,
         descriptor: i32,
         _flags: i32,
         path: i32,
         len: i32,
         out: i32| {
            charge_list(&mut caller, len, MAX_PATH, 1)?;
            let (mut memory, guest) = parts(&mut caller)?;
            if !guest.is_root(descriptor) {
                return Ok(if descriptor == ROOT { ENOENT } else { EBADF });
            }
            Ok(errno(memory.path(path, len).and_then(|path| match path.as_str() {
                "" | "." => memory.write_stat(out, DIRECTORY, 1, 0),
                path => {
                    let index = find(&guest.folder, path)?;
                    memory.write_stat(
                        out,
                        REGULAR_FILE,
                        index as u64 + 2,
                        guest.folder.files[index].content.len(),
                    )
                }
            })))
        },
    )?;
    linker.func_wrap(
        WASI,
        "path_open",
        |mut caller: Caller<'_, Guest>,
         descriptor: i32,
         _lookup: i32,
         path: i32,
         len: i32,
         flags: i32,
         _rights: i64,
         _inherited: i64,
         _fd_flags: i32,
         out: i32| {
            charge_list(&mut caller, len, MAX_PATH, 1)?;
            let (mut memory, guest) = parts(&mut caller)?;
            if !guest.is_root(descriptor) {
                return Ok(if descriptor == ROOT { ENOENT } else { EBADF });
            }
            Ok(errno(open(&mut memory, guest, path, len, flags, out)))
        },
    )?;
    Ok(())
}

fn descriptor_stat(
    memory: &mut Memory<'_>,
    guest: &Guest,
    descriptor: i32,
    out: i32,
) -> Checked<()> {
    const READ: u64 = 1 << 1;
    const SEEK: u64 = 1 << 2;
    const TELL: u64 = 1 << 5;
    const WRITE: u64 = 1 << 6;
    const OPEN: u64 = 1 << 13;
    const READ_FOLDER: u64 = 1 << 14;
    const STAT_PATH: u64 = 1 << 18;
    const STAT: u64 = 1 << 21;
    let file_rights = READ | SEEK | TELL | STAT;
    let (kind, rights, inherited) = match descriptor {
        0 => (STREAM, READ | STAT, 0),
        1 | 2 => (STREAM, WRITE | STAT, 0),
        _ if guest.file(descriptor).is_some() => (REGULAR_FILE, file_rights, 0),
        _ if guest.is_root(descriptor) => {
            (DIRECTORY, OPEN | READ_FOLDER | STAT_PATH | STAT, file_rights)
        }
        _ => return Err(EBADF),
    };
    let stat = memory.bytes_mut(out, 24)?;
    stat.fill(0);
    stat[0] = kind;
    stat[8..16].copy_from_slice(&rights.to_le_bytes());
    stat[16..24].copy_from_slice(&inherited.to_le_bytes());
    Ok(())
}

fn seek(
    memory: &mut Memory<'_>,
    guest: &mut Guest,
    descriptor: i32,
    offset: i64,
    whence: i32,
    out: i32,
) -> Checked<()> {
    if (0..=2).contains(&descriptor) {
        return Err(ESPIPE);
    }
    let file = guest.file(descriptor).ok_or(EBADF)?;
    let base = match whence {
        0 => 0,
        1 => file.position,
        2 => guest.file_len(file),
        _ => return Err(EINVAL),
    };
    let position = base.checked_add_signed(offset).ok_or(EINVAL)?;
    guest.set_file(descriptor, Some(OpenFile { position, ..file }));
    memory.write_u64(out, position)
}

fn find(folder: &ReadOnlyFolder, path: &str) -> Checked<usize> {
    folder.files.iter().position(|file| file.name == path).ok_or(ENOENT)
}

fn open(
    memory: &mut Memory<'_>,
    guest: &mut Guest,
    path: i32,
    len: i32,
    flags: i32,
    out: i32,
) -> Checked<()> {
    const CREATE: i32 = 1;
    const FOLDER: i32 = 2;
    const EXCLUSIVE: i32 = 4;
    const TRUNCATE: i32 = 8;
    let path = memory.path(path, len)?;
    let index = match find(&guest.folder, &path) {
        Ok(_) if flags & (CREATE | EXCLUSIVE) == CREATE | EXCLUSIVE => return Err(EEXIST),
        Ok(_) if flags & TRUNCATE != 0 => return Err(EROFS),
        Ok(_) if flags & FOLDER != 0 => return Err(ENOTDIR),
        Err(_) if flags & CREATE != 0 => return Err(EROFS),
        found => found?,
    };
    let slot = match guest.open_files.iter().position(Option::is_none) {
        Some(slot) => slot,
        None if guest.open_files.len() < MAX_OPEN_FILES => {
            guest.open_files.push(None);
            guest.open_files.len() - 1
        }
        None => return Err(EMFILE),
    };
    guest.open_files[slot] = Some(OpenFile { index, position: 0 });
    memory.write_u32(out, slot as u32 + super::FIRST_FILE as u32)
}
