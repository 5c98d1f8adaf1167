//! How much memory the host needs to keep the output of a guest.
//!
//! Invariant: an output is never kept in more bytes than are counted here, but for the few of a character that is cut.

/// Bytes of a character that the end of an output has begun and not finished.
pub fn begun_character(output: &[u8]) -> usize {
    for (before, &byte) in output.iter().rev().take(3).enumerate() {
        let wanted = match byte {
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0.. => 4,
            0x80..=0xbf => continue,
            _ => return 0,
        };
        return if before + 1 < wanted { before + 1 } else { 0 };
    }
    0
}

/// Bytes of memory that the last `len` bytes of `output` take in an execution: as they are, again in the result of a case, and each
/// again as text if they are not UTF-8, since three bytes stand for each of them then.
pub fn memory(output: &[u8], len: usize, is_of_a_case: bool) -> usize {
    const REPLACED: usize = char::REPLACEMENT_CHARACTER.len_utf8();
    let texts = 1 + usize::from(is_of_a_case);
    let is_text = match std::str::from_utf8(output) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    len * if is_text { texts } else { 1 + REPLACED * texts }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_two_writes_is_text() {
        let text = "aä€😀".as_bytes();
        for split in 0..text.len() {
            let (first, second) = text.split_at(split);
            let begun = begun_character(first);
            assert_eq!(memory(first, first.len(), false), first.len());
            assert_eq!(memory(&text[split - begun..], second.len(), true), 2 * second.len());
        }
    }

    #[test]
    fn bytes_that_are_not_text_take_three_each_as_text() {
        assert_eq!(memory(b"ab\xff", 3, false), 4 * 3);
        assert_eq!(memory(b"ab\xff", 3, true), 7 * 3);
        assert_eq!(begun_character(b"\x80\x80\x80\x80"), 0);
        let begun = begun_character(b"a\xe4");
        assert_eq!(memory(b"\xe4a", begun, false), 4);
    }
}
