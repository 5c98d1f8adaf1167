//! Text that LiveCodeBench packs: base64 of zlib of a pickle of one text.
//!
//! Invariant: no pickle is executed: one that is anything but a text is refused; what is unpacked has a limit.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;

/// The largest text that is unpacked.
const MAX_UNPACKED: u64 = 256 << 20;

/// Unpacks a text.
pub(super) fn unpack(packed: &str) -> Result<String, String> {
    let compressed =
        STANDARD.decode(packed.trim()).map_err(|error| format!("not base64: {error}"))?;
    let mut pickle = Vec::new();
    ZlibDecoder::new(compressed.as_slice())
        .take(MAX_UNPACKED + 1)
        .read_to_end(&mut pickle)
        .map_err(|error| format!("not compressed by zlib: {error}"))?;
    if pickle.len() as u64 > MAX_UNPACKED {
        return Err(format!("more than {} MiB when unpacked", MAX_UNPACKED >> 20));
    }
    let text = pickled_text(&pickle).ok_or("not a pickle of one text")?;
    String::from_utf8(text.to_vec()).map_err(|error| format!("not UTF-8 text: {error}"))
}

/// The text in a pickle of protocol 1 to 5 that holds nothing else.
fn pickled_text(pickle: &[u8]) -> Option<&[u8]> {
    let mut rest = pickle;
    let mut text = None;
    loop {
        let (&opcode, after) = rest.split_first()?;
        rest = match (opcode, text) {
            // PROTO, FRAME
            (0x80, None) => after.get(1..)?,
            (0x95, _) => after.get(8..)?,
            // BINUNICODE, SHORT_BINUNICODE, BINUNICODE8
            (b'X' | 0x8c | 0x8d, None) => {
                let width = match opcode {
                    b'X' => 4,
                    0x8c => 1,
                    _ => 8,
                };
                let (len, after) = after.split_at_checked(width)?;
                let len = len.iter().rev().try_fold(0_usize, |len, &byte| {
                    Some(len.checked_mul(256)? + usize::from(byte))
                })?;
                let (found, after) = after.split_at_checked(len)?;
                text = Some(found);
                after
            }
            // BINPUT, LONG_BINPUT, MEMOIZE
            (b'q', Some(_)) => after.get(1..)?,
            (b'r', Some(_)) => after.get(4..)?,
            (0x94, Some(_)) => after,
            // STOP
            (b'.', Some(_)) => return text.filter(|_| after.is_empty()),
            _ => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    fn pack(pickle: &[u8]) -> String {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(pickle).unwrap();
        STANDARD.encode(zlib.finish().unwrap())
    }

    #[test]
    fn texts_of_all_protocols_are_unpacked() {
        let framed = b"\x80\x04\x95\x06\0\0\0\0\0\0\0\x8c\x02hi\x94.";
        let long = b"\x80\x04\x95\x0b\0\0\0\0\0\0\0\x8d\x02\0\0\0\0\0\0\0hi\x94.";
        for pickle in [&b"X\x02\0\0\0hiq\0."[..], framed, long, b"\x80\x02X\x02\0\0\0hir\0\0\0\0."]
        {
            assert_eq!(unpack(&pack(pickle)).as_deref(), Ok("hi"));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let system = b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x94\x93.";
        for pickle in [
            &system[..],
            b"\x80\x04K\x01.",
            b"X\xff\xff\xff\xffhi.",
            b"\x80\x04\x8c\x02hi\x94.x",
            b"",
        ] {
            assert_eq!(unpack(&pack(pickle)), Err("not a pickle of one text".into()));
        }
        assert!(unpack(&pack(b"\x8c\x01\xff.")).unwrap_err().starts_with("not UTF-8 text: "));
        assert!(unpack("?").unwrap_err().starts_with("not base64: "));
        assert!(unpack("aGk=").unwrap_err().starts_with("not compressed by zlib: "));
    }
}
