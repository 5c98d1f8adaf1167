//! Stdin as an input that can be ended from elsewhere while it is waited for.
//!
//! Invariant: bytes come as they were read; what ends the input early ends it between two reads.

use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

const CHUNK: usize = 1 << 16;
/// Chunks that are read ahead.
const AHEAD: usize = 4;

/// What the reading thread sends; an empty chunk is the end.
type Chunk = std::io::Result<Vec<u8>>;

/// Reads stdin in a thread of its own: a read of a terminal or a pipe cannot be called off, waiting for the thread can.
pub struct Stdin {
    chunks: Receiver<Chunk>,
    chunk: Vec<u8>,
    read: usize,
    has_ended: bool,
}

/// Ends the input for whoever waits for it.
#[derive(Debug, Clone)]
pub struct HangUp(SyncSender<Chunk>);

impl HangUp {
    /// Ends the input; if chunks are still queued, nobody is waiting for more.
    pub fn now(&self) {
        match self.0.try_send(Ok(Vec::new())) {
            Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        }
    }
}

/// Begins to read a stream, such as stdin.
pub fn read_ahead(mut stream: impl Read + Send + 'static) -> (Stdin, HangUp) {
    let (send, chunks) = sync_channel(AHEAD);
    let hang_up = HangUp(send.clone());
    std::thread::spawn(move || {
        loop {
            let mut chunk = vec![0; CHUNK];
            let read = stream.read(&mut chunk).map(|len| {
                chunk.truncate(len);
                chunk
            });
            let is_last = read.as_ref().map_or(true, Vec::is_empty);
            if send.send(read).is_err() || is_last {
                return;
            }
        }
    });
    (Stdin { chunks, chunk: Vec::new(), read: 0, has_ended: false }, hang_up)
}

impl Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.read == self.chunk.len() && !self.has_ended {
            self.chunk = self.chunks.recv().unwrap_or_else(|_| Ok(Vec::new()))?;
            self.read = 0;
            self.has_ended = self.chunk.is_empty();
        }
        let len = self.chunk.get(self.read..).unwrap_or_default().read(buffer)?;
        self.read += len;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_read_in_order() {
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|i| (i % 251) as u8).collect();
        let (mut stdin, _hang_up) = read_ahead(std::io::Cursor::new(bytes.clone()));
        let mut found = Vec::new();
        stdin.read_to_end(&mut found).unwrap();
        assert!(found == bytes);
    }

    #[test]
    fn hanging_up_ends_an_input_that_is_waited_for() {
        let (silent, _writer) = std::io::pipe().unwrap();
        let (mut stdin, hang_up) = read_ahead(silent);
        let waiting = std::thread::spawn(move || stdin.read(&mut [0; 8]).unwrap());
        hang_up.now();
        assert_eq!(waiting.join().unwrap(), 0);
    }
}
