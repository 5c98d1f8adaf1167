//! The items of a file that is one JSON list, one by one.
//!
//! Invariant: memory stays bounded by the longest item that is accepted; what an item holds is not read here.

use std::io::{BufRead, Result};

/// Where a reader stands in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before an item.
    Item,
    /// After an item.
    Between,
    /// After the list.
    Behind,
    /// Where nothing more can be told apart.
    Lost,
}

/// An item of a list.
#[derive(Debug, PartialEq)]
pub struct Item {
    /// The line that it starts on, from 1.
    pub line: u64,
    /// From 1.
    pub position: u64,
    /// As it is written, or why it is none.
    pub written: std::result::Result<Vec<u8>, String>,
}

/// Reads a list from behind its opening bracket.
#[derive(Debug)]
pub struct JsonList {
    line: u64,
    position: u64,
    place: Place,
    is_cut: bool,
}

/// How far a value has been read.
#[derive(Default)]
struct Scan {
    depth: usize,
    in_text: bool,
    is_escaped: bool,
}

impl Scan {
    /// Whether the value ends before this byte.
    fn ends_before(&mut self, byte: u8) -> bool {
        if self.in_text {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => self.in_text = true,
            b'[' | b'{' => self.depth += 1,
            b']' | b'}' | b',' if self.depth == 0 => return true,
            b']' | b'}' => self.depth -= 1,
            _ => {}
        }
        false
    }
}

impl JsonList {
    /// A list whose opening bracket is on this line.
    pub fn on_line(line: u64) -> Self {
        Self { line, position: 0, place: Place::Item, is_cut: false }
    }

    /// The line that was read last.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Whether the file ends before the list does.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Reads the next item, of at most `max` bytes; `None` at the end.
    pub fn next(&mut self, reader: &mut dyn BufRead, max: usize) -> Result<Option<Item>> {
        if self.place == Place::Lost {
            return Ok(None);
        }
        if self.place == Place::Between {
            match self.next_byte(reader)? {
                Some(b',') => {
                    self.place = Place::Item;
                    reader.consume(1);
                }
                Some(b']') => {
                    self.place = Place::Behind;
                    reader.consume(1);
                }
                found => return self.stop(found),
            }
        }
        let first = self.next_byte(reader)?;
        match (self.place, first) {
            (Place::Item, Some(b']')) if self.position == 0 => {
                self.place = Place::Behind;
                reader.consume(1);
                let first = self.next_byte(reader)?;
                self.stop(first)
            }
            (Place::Item, Some(first)) if !matches!(first, b',' | b']' | b'}') => {
                self.item(reader, max).map(Some)
            }
            _ => self.stop(first),
        }
    }

    /// Ends a list where no item can follow: with its last bracket, or with an error.
    fn stop(&mut self, found: Option<u8>) -> Result<Option<Item>> {
        let why = match (self.place, found) {
            (Place::Behind, None) | (Place::Lost, _) => return Ok(None),
            (Place::Behind, Some(_)) => "the file goes on after its JSON list",
            (Place::Item | Place::Between, None) => "the file ends before its JSON list does",
            (Place::Item | Place::Between, Some(_)) => "expected another item of the JSON list",
        };
        self.is_cut = found.is_none() && self.place != Place::Behind;
        let item = Item { line: self.line, position: self.position + 1, written: Err(why.into()) };
        self.place = Place::Lost;
        Ok(Some(item))
    }

    /// The next byte that is not blank, which is not taken.
    fn next_byte(&mut self, reader: &mut dyn BufRead) -> Result<Option<u8>> {
        loop {
            let buffer = reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let blank = buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let found = buffer.get(blank).copied();
            self.line += newlines(&buffer[..blank]);
            reader.consume(blank);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    fn item(&mut self, reader: &mut dyn BufRead, max: usize) -> Result<Item> {
        let line = self.line;
        self.position += 1;
        self.place = Place::Between;
        let (mut scan, mut written, mut is_too_long) = (Scan::default(), Vec::new(), false);
        loop {
            let buffer = reader.fill_buf()?;
            let end = buffer.iter().position(|&byte| scan.ends_before(byte));
            let len = end.unwrap_or(buffer.len());
            let is_last = end.is_some() || len == 0;
            is_too_long |= written.len() + len > max;
            if !is_too_long {
                written.extend_from_slice(&buffer[..len]);
            }
            self.line += newlines(&buffer[..len]);
            reader.consume(len);
            if is_last {
                break;
            }
        }
        let written = if is_too_long {
            Err(format!("the item is longer than {} MiB", max >> 20))
        } else {
            Ok(written)
        };
        Ok(Item { line, position: self.position, written })
    }
}

/// Counts the newlines of a text.
pub fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().map(|&byte| u64::from(byte == b'\n')).sum()
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// The items of what follows an opening bracket, read in pieces of a few bytes.
    fn items(text: &str, max: usize) -> Vec<(u64, String)> {
        let mut reader = BufReader::with_capacity(3, text.as_bytes());
        let mut list = JsonList::on_line(1);
        let mut found = Vec::new();
        while let Some(item) = list.next(&mut reader, max).unwrap() {
            let text = item.written.map(|bytes| String::from_utf8(bytes).unwrap());
            assert_eq!(item.position, found.len() as u64 + 1);
            found.push((item.line, text.unwrap_or_else(|why| format!("! {why}"))));
        }
        found
    }

    #[test]
    fn items_are_told_apart_by_commas_outside_of_texts_and_brackets() {
        let found = items("{\"a\": \"],\\\"}\"}, \n {\"b\":\n[1, 2]}\n,3 ]\n", 100);
        let expected = [(1, "{\"a\": \"],\\\"}\"}"), (2, "{\"b\":\n[1, 2]}\n"), (4, "3 ")];
        assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned())));
        assert_eq!(items(" ]\n", 100), []);
    }

    #[test]
    fn an_item_that_is_too_long_is_skipped() {
        let found = items("[1, 2, 3, 4], 5]", 4);
        assert_eq!(found, [(1, "! the item is longer than 0 MiB".into()), (1, "5".into())]);
    }

    #[test]
    fn a_list_that_is_none_ends_with_an_error() {
        for (text, error) in [
            ("1", "the file ends before its JSON list does"),
            ("1,", "the file ends before its JSON list does"),
            ("1,]", "expected another item of the JSON list"),
            ("1}", "expected another item of the JSON list"),
            ("1]\n2]", "the file goes on after its JSON list"),
        ] {
            let found = items(text, 100);
            assert_eq!(found.len(), 2, "{text}");
            assert_eq!(found[1].1, format!("! {error}"), "{text}");
        }
        assert_eq!(items("", 100), [(1, "! the file ends before its JSON list does".into())]);
        assert_eq!(items("\"\\", 100).len(), 2);
    }
}
