//! What the host keeps for one instance: its streams, its files, its clock, and the harness's messages.
//!
//! Invariant: a guest's state is born with its job and dies with it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use wasmtime::{Error, Global, Result, StoreLimits};

use super::{FIRST_FILE, NONCE_LEN, ROOT, output};
use crate::sandbox::limits::Limits;

/// Why a guest stopped before its entry returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    #[error("the guest exited with code {0}")]
    Exit(i32),
    #[error("the guest wrote more than its output limit")]
    OutputTooLarge,
    #[error("the guest sent more messages than it has cases")]
    TooManyMessages,
    #[error("the guest reached the point of the snapshot")]
    Snapshot,
}

/// A read-only file that guests see.
pub struct ReadOnlyFile {
    pub name: String,
    pub content: Content,
}

/// What a read-only file holds.
pub enum Content {
    InMemory(Vec<u8>),
    /// A file of the host's that nobody changes, read as far as guests do, and its length.
    OnDisk(File, u64),
}

impl Content {
    /// Opens a file of the host's.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        Ok(Self::OnDisk(file, len))
    }

    pub fn len(&self) -> u64 {
        match self {
            Self::InMemory(bytes) => bytes.len() as u64,
            Self::OnDisk(_, len) => *len,
        }
    }

    /// Fills the beginning of a buffer with what stands at a position, as far as there is anything, and says how many bytes these are.
    pub(super) fn read(&self, position: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        let rest = self.len().saturating_sub(position);
        let len = buffer.len().min(usize::try_from(rest).unwrap_or(usize::MAX));
        let buffer = &mut buffer[..len];
        match self {
            Self::InMemory(bytes) => {
                let start = usize::try_from(position).unwrap_or(usize::MAX);
                buffer.copy_from_slice(
                    bytes.get(start..).and_then(|rest| rest.get(..len)).unwrap_or_default(),
                );
            }
            Self::OnDisk(file, _) => file.read_exact_at(buffer, position)?,
        }
        Ok(len)
    }
}

/// The folder of read-only files that guests see, or nothing.
#[derive(Default)]
pub struct ReadOnlyFolder {
    pub path: String,
    pub files: Vec<ReadOnlyFile>,
    /// The modules at the top of the archive of packages.
    pub modules: Vec<String>,
}

/// The archive of packages in the folder.
const PACKAGES: &str = "site-packages.zip";

impl ReadOnlyFolder {
    /// The path of the archive of packages in a folder.
    pub fn packages_path(folder: &str) -> String {
        format!("{folder}/{PACKAGES}")
    }

    /// Adds the archive of packages, which has these modules at its top.
    pub fn serve(&mut self, archive: Vec<u8>, modules: Vec<String>) {
        self.files
            .push(ReadOnlyFile { name: PACKAGES.into(), content: Content::InMemory(archive) });
        self.modules = modules;
    }
}

/// Where a run's clock and randomness begin; two snapshots with different seeds show what depends
/// on them.
#[derive(Debug, Clone, Copy)]
pub struct Seeds {
    /// Nanoseconds since 1970.
    pub clock: u64,
    /// Nanoseconds that each look at the clock takes.
    pub tick: u64,
    pub random: u64,
    /// Bytes in memory before the interpreter's heap, so that every address differs.
    pub padding: usize,
    /// Whether everything else that a program may see of its machine differs as well.
    pub is_elsewhere: bool,
    /// Whether of two objects the one at the lower address has the higher identity.
    pub reverses_ids: bool,
    /// What hashes are masked with that the language does not define.
    pub hash_mask: i32,
}

impl Seeds {
    /// The seeds of further runs that differ from the first in hashes and the order of identities alone, by number.
    pub fn rehashed(number: u64) -> Self {
        let random = Self::FIRST.varied(number).random;
        let hash_mask = (random & 0x3fff_ffff) as i32;
        Self { random, reverses_ids: number % 2 == 1, hash_mask, ..Self::FIRST }
    }

    /// The same with another clock and other randomness, by number.
    pub fn varied(self, number: u64) -> Self {
        // 401 days, 5 hours, 43 minutes and 17.351418753 s: every part of a date changes with it.
        let step = 34_667_397_351_418_753 * (1 + number % 16);
        let random = self.random ^ (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self { clock: self.clock.saturating_add(step), random, ..self }
    }

    /// The seeds of the runs that results come from.
    pub const FIRST: Self = Self {
        clock: 1_767_225_600_000_000_000,
        tick: 1_000,
        random: 0x7467_7361_6e64,
        padding: 0,
        is_elsewhere: false,
        reverses_ids: false,
        hash_mask: 0,
    };
    /// The seeds of the runs that results are checked against: another pace, hash seed and heap. The clock is at
    /// 2037-10-24 19:47:33.643, which differs from 2026-01-01 00:00 in each part, in what is odd, in the half of the day and in being a
    /// Saturday.
    pub const OTHER: Self = Self {
        clock: 2_140_026_453_643_219_377,
        tick: 1_700,
        random: 0x6f74_6865_7231,
        padding: 3 << 20,
        is_elsewhere: true,
        reverses_ids: true,
        hash_mask: 0x2d5a_c635,
    };
}

/// What a guest asked its host for that no program foresees.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    pub clock: bool,
    pub entropy: bool,
}

/// One message from the harness, with what the guest had written and burnt by then, and asked for since the one before.
pub struct Message {
    pub asked: Asked,
    pub body: Vec<u8>,
    pub stdout_len: usize,
    pub fuel_used: u64,
}

/// Everything the host keeps for one instance.
pub struct Guest {
    pub folder: Arc<ReadOnlyFolder>,
    pub limits: StoreLimitsCounter,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub truncated: bool,
    pub messages: Vec<Message>,
    pub armed: Option<Vec<u8>>,
    /// Since the last message.
    pub asked: Asked,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<String>,
    pub(super) request: Vec<u8>,
    pub(super) request_read: usize,
    pub(super) request_ended: bool,
    /// The secret that makes a write to stderr a message; absent for a guest without a harness, which sends none.
    pub(super) nonce: Option<[u8; NONCE_LEN]>,
    pub(super) stdin: Vec<u8>,
    pub(super) stdin_read: usize,
    pub(super) open_files: Vec<Option<OpenFile>>,
    pub(super) output_limit: usize,
    /// Bytes that may still be kept of all that the job writes and reports.
    pub room: usize,
    /// Whether there was no such room left.
    pub job_is_full: bool,
    /// How much of stdout and stderr belongs to cases that have ended; the limit is each case's own.
    pub(super) stdout_told: usize,
    pub(super) stderr_told: usize,
    pub(super) messages_left: usize,
    pub fuel: Fuel,
    /// The global that has its fuel, if its module counts fuel in one; wasmtime does otherwise.
    pub(super) meter: Option<Global>,
    /// The global that says whether it was refused memory, if its module counts memory in globals.
    pub(super) refusals: Option<Global>,
    pub(super) seeds: Seeds,
    pub(super) snapshotting: bool,
}

/// The fuel of one instance: for loading, and again for each case, as long as the job has any left.
#[derive(Debug, Clone, Copy)]
pub struct Fuel {
    limit: u64,
    /// What it was given since the last message.
    pub given: u64,
    /// What it had burnt by the last message.
    pub spent: u64,
    /// What it may burn in all.
    total: u64,
}

impl Fuel {
    fn of(limits: &Limits) -> Self {
        // A meter is a signed number.
        let limit = limits.fuel.min(i64::MAX.cast_unsigned());
        Self { limit, given: limit, spent: 0, total: u64::MAX }
    }

    /// Books what was burnt up to a message, and returns what there is for the next case.
    pub(super) fn next(&mut self, used: u64) -> u64 {
        self.spent = self.spent.saturating_add(used);
        self.given = self.limit.min(self.total.saturating_sub(self.spent));
        self.given
    }
}

/// Denies memory beyond the limit and remembers that it did.
pub struct StoreLimitsCounter {
    inner: StoreLimits,
    pub denied: bool,
}

impl StoreLimitsCounter {
    /// The limits of a job's guest.
    pub fn new(limits: &Limits) -> Self {
        let inner = wasmtime::StoreLimitsBuilder::new().memory_size(limits.memory as usize).build();
        Self { inner, denied: false }
    }
}

impl wasmtime::ResourceLimiter for StoreLimitsCounter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let allowed = self.inner.memory_growing(current, desired, maximum)?;
        self.denied |= !allowed;
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        self.inner.table_growing(current, desired, maximum)
    }
}

/// A file that the guest has open.
#[derive(Clone, Copy)]
pub(super) struct OpenFile {
    pub index: usize,
    pub position: u64,
}

impl Guest {
    /// Bytes of memory that a guest may have until its snapshot is taken.
    pub const SNAPSHOT_MEMORY: u64 = 1 << 31;

    /// A guest that is about to run one job: without arguments, environment and stdin, and with no way to send messages.
    pub fn running(folder: Arc<ReadOnlyFolder>, limits: &Limits, seeds: Seeds) -> Self {
        Self {
            folder,
            limits: StoreLimitsCounter::new(limits),
            stdout: Vec::new(),
            stderr: Vec::new(),
            truncated: false,
            messages: Vec::new(),
            armed: None,
            asked: Asked::default(),
            arguments: Vec::new(),
            environment: Vec::new(),
            request: Vec::new(),
            request_read: 0,
            request_ended: true,
            nonce: None,
            stdin: Vec::new(),
            stdin_read: 0,
            open_files: Vec::new(),
            output_limit: limits.output as usize,
            room: limits.job_room(),
            job_is_full: false,
            stdout_told: 0,
            stderr_told: 0,
            messages_left: 0,
            fuel: Fuel::of(limits),
            meter: None,
            refusals: None,
            seeds,
            snapshotting: false,
        }
    }

    /// A guest that starts up to the point where its snapshot is taken, with the secret that its harness knows from the start.
    pub fn snapshotting(folder: Arc<ReadOnlyFolder>, seeds: Seeds) -> Self {
        let limits = Limits { memory: Self::SNAPSHOT_MEMORY, output: 1 << 24, fuel: u64::MAX / 2 };
        let guest = Self::running(folder, &limits, seeds);
        Self { snapshotting: true, ..guest }.with_channel([0; NONCE_LEN], Vec::new(), 1)
    }

    /// A guest that never runs.
    pub fn idle() -> Self {
        let seeds = Seeds {
            clock: 0,
            tick: 0,
            random: 0,
            padding: 0,
            is_elsewhere: false,
            reverses_ids: false,
            hash_mask: 0,
        };
        Self::running(Arc::default(), &Limits::default(), seeds)
    }

    /// Gives the guest its program arguments, the program's name first.
    pub fn with_arguments(self, arguments: Vec<String>) -> Self {
        Self { arguments, ..self }
    }

    /// Gives the guest environment variables, each as `NAME=value`.
    pub fn with_environment(self, environment: Vec<String>) -> Self {
        Self { environment, ..self }
    }

    /// Gives the guest's program its stdin.
    pub fn with_stdin(self, stdin: Vec<u8>) -> Self {
        Self { stdin, ..self }
    }

    /// Lets a harness read a request before stdin, and send this many messages after the secret.
    pub fn with_channel(self, nonce: [u8; NONCE_LEN], request: Vec<u8>, messages: usize) -> Self {
        Self { nonce: Some(nonce), request, request_ended: false, messages_left: messages, ..self }
    }

    /// Tells the guest's host the globals that have its fuel and say whether it was refused memory.
    pub fn counts_in(&mut self, meter: Global, refusals: Global) {
        (self.meter, self.refusals) = (Some(meter), Some(refusals));
    }

    /// Allows the job this many bytes of output.
    pub fn with_room(self, room: usize) -> Self {
        Self { room, ..self }
    }

    /// Allows the instance this much fuel in all.
    pub fn with_total_fuel(mut self, total: u64) -> Self {
        self.fuel = Fuel { total, given: self.fuel.limit.min(total), ..self.fuel };
        self
    }

    /// Stops the guest if the job has no room for this much more output.
    pub(super) fn ask_room(&mut self, bytes: usize) -> Result<()> {
        if bytes <= self.room {
            return Ok(());
        }
        self.job_is_full = true;
        self.truncated = true;
        Err(Error::new(Stop::OutputTooLarge))
    }

    /// Takes room of the job for output that is kept.
    pub(super) fn take_room(&mut self, bytes: usize) -> Result<()> {
        self.ask_room(bytes)?;
        self.room -= bytes;
        Ok(())
    }

    pub(super) fn file(&self, descriptor: i32) -> Option<OpenFile> {
        *self.open_files.get(usize::try_from(descriptor.checked_sub(FIRST_FILE)?).ok()?)?
    }

    pub(super) fn set_file(&mut self, descriptor: i32, file: Option<OpenFile>) {
        if let Some(slot) = usize::try_from(descriptor - FIRST_FILE)
            .ok()
            .and_then(|slot| self.open_files.get_mut(slot))
        {
            *slot = file;
        }
    }

    pub(super) fn file_len(&self, file: OpenFile) -> u64 {
        self.folder.files.get(file.index).map_or(0, |file| file.content.len())
    }

    pub(super) fn is_root(&self, descriptor: i32) -> bool {
        descriptor == ROOT && !self.folder.files.is_empty()
    }

    /// Takes what was written to stdout or stderr, up to the limits.
    pub(super) fn write_output(&mut self, descriptor: i32, bytes: &[u8]) -> Result<()> {
        let (written, told) = match descriptor {
            1 => (self.stdout.len(), self.stdout_told),
            _ => (self.stderr.len(), self.stderr_told),
        };
        let left = told.saturating_add(self.output_limit).saturating_sub(written);
        let kept = bytes.get(..left).unwrap_or(bytes);
        self.ask_room(kept.len())?;
        let is_of_a_case = descriptor == 1 && !self.messages.is_empty();
        let output = if descriptor == 1 { &mut self.stdout } else { &mut self.stderr };
        let begun = output::begun_character(output);
        output.extend_from_slice(kept);
        let memory = output::memory(&output[written - begun..], kept.len(), is_of_a_case);
        if let Err(full) = self.take_room(memory) {
            let output = if descriptor == 1 { &mut self.stdout } else { &mut self.stderr };
            output.truncate(written);
            return Err(full);
        }
        if kept.len() < bytes.len() {
            self.truncated = true;
            return Err(Error::new(Stop::OutputTooLarge));
        }
        Ok(())
    }
}

#[cfg(test)]
mod content_tests {
    use std::io::Write;

    use super::Content;

    #[test]
    fn a_file_on_disk_reads_like_one_in_memory() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"0123456789").unwrap();
        let on_disk = Content::open(file.path()).unwrap();
        let in_memory = Content::InMemory(b"0123456789".to_vec());
        for content in [&on_disk, &in_memory] {
            assert_eq!(content.len(), 10);
            for (position, len, found) in [
                (0, 4, &b"0123"[..]),
                (7, 9, b"789"),
                (10, 1, b""),
                (u64::MAX, 3, b""),
                (3, 0, b""),
            ] {
                let mut buffer = vec![b'?'; len];
                assert_eq!(content.read(position, &mut buffer).unwrap(), found.len());
                assert_eq!(&buffer[..found.len()], found);
                assert!(buffer[found.len()..].iter().all(|&byte| byte == b'?'));
            }
        }
    }
}
