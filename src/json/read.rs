//! Reads JSON texts.
//!
//! Invariant: a text is read once from begin to end, in a stack of bounded depth, and what Python's `json` refuses is refused.

use std::fmt;

use super::{Json, Object, Text};

/// Lists and objects within each other; more would exhaust the stack of whoever walks them.
pub const MAX_DEPTH: usize = 128;
/// Digits of the longest integer that Python reads.
const MAX_INT_DIGITS: usize = 4300;

/// Why a text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    pub why: &'static str,
    /// Bytes before the place.
    pub at: usize,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.why, self.at + 1)
    }
}

/// Reads a text that is one value.
pub fn read(text: &str) -> Result<Json, Error> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(MAX_DEPTH)?;
    reader.end()?;
    Ok(value)
}

/// Reads the value at the begin of a text; also gives how many bytes were read, up to the error if there is one.
pub fn prefix(text: &str) -> (Result<Json, Error>, usize) {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(MAX_DEPTH);
    (value, reader.at)
}

/// The fields of a text that is an object, each value as it is written: none is read, so that none spoils the others.
pub fn fields(text: &str) -> Result<Vec<(Text, &str)>, Error> {
    let mut reader = Reader { text, at: 0 };
    let mut fields = Vec::new();
    reader.blanks();
    reader.expect(b'{', "expected an object")?;
    reader.items(b'}', |reader| {
        let name = reader.name()?;
        fields.push((name, reader.written()?));
        Ok(())
    })?;
    reader.end()?;
    Ok(fields)
}

/// The items of a text that is a list, each as it is written.
pub fn elements(text: &str) -> Result<Vec<&str>, Error> {
    let mut reader = Reader { text, at: 0 };
    let mut elements = Vec::new();
    reader.blanks();
    reader.expect(b'[', "expected a list")?;
    reader.items(b']', |reader| {
        elements.push(reader.written()?);
        Ok(())
    })?;
    reader.end()?;
    Ok(elements)
}

struct Reader<'t> {
    text: &'t str,
    /// Bytes read so far.
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn error<T>(&self, why: &'static str) -> Result<T, Error> {
        let why = if self.peek().is_none() { "the text ends too early" } else { why };
        Err(Error { why, at: self.at })
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word.as_bytes());
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn expect(&mut self, byte: u8, why: &'static str) -> Result<(), Error> {
        if self.peek() != Some(byte) {
            return self.error(why);
        }
        self.at += 1;
        Ok(())
    }

    fn end(&mut self) -> Result<(), Error> {
        self.blanks();
        if self.peek().is_some() { self.error("the text goes on after its value") } else { Ok(()) }
    }

    fn value(&mut self, depth: usize) -> Result<Json, Error> {
        self.blanks();
        Ok(match (self.peek(), depth.checked_sub(1)) {
            (Some(b'"'), _) => Json::Text(self.quoted()?),
            (Some(b'[' | b'{'), None) => return self.error("nested too deeply"),
            (Some(b'['), Some(inner)) => {
                self.at += 1;
                let mut items = Vec::new();
                self.items(b']', |reader| {
                    items.push(reader.value(inner)?);
                    Ok(())
                })?;
                Json::List(items)
            }
            (Some(b'{'), Some(inner)) => {
                self.at += 1;
                let mut fields = Vec::new();
                self.items(b'}', |reader| {
                    let name = reader.name()?;
                    fields.push((name, reader.value(inner)?));
                    Ok(())
                })?;
                Json::Object(Object::new(fields))
            }
            _ if self.takes("null") => Json::Null,
            _ if self.takes("true") => Json::Bool(true),
            _ if self.takes("false") => Json::Bool(false),
            _ if self.takes("NaN") => Json::Float(f64::NAN),
            _ if self.takes("Infinity") => Json::Float(f64::INFINITY),
            _ if self.takes("-Infinity") => Json::Float(f64::NEG_INFINITY),
            _ => self.number()?,
        })
    }

    /// Reads what stands between commas up to the closing bracket; the opening one is behind.
    fn items(
        &mut self,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.blanks();
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(());
        }
        loop {
            item(self)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == close => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.error("expected a comma or a closing bracket"),
            }
        }
    }

    /// Reads the name of a field and the colon.
    fn name(&mut self) -> Result<Text, Error> {
        self.blanks();
        let name = self.quoted()?;
        self.blanks();
        self.expect(b':', "expected a colon")?;
        Ok(name)
    }

    /// Passes over a value of any depth; what stands in it is not looked at beyond its brackets.
    fn written(&mut self) -> Result<&'t str, Error> {
        self.blanks();
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.quoted()?;
                }
                Some(b'[' | b'{') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b']' | b'}') if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                Some(b']' | b'}' | b',') if depth == 0 => break,
                Some(_) => self.at += 1,
                None => return self.error("expected a value"),
            }
        }
        Ok(self.text.get(start..self.at).unwrap_or_default().trim_end())
    }

    /// Reads a text in quotes.
    fn quoted(&mut self) -> Result<Text, Error> {
        self.expect(b'"', "expected a text in quotes")?;
        let mut text = Text::default();
        loop {
            let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | 0..=0x1f);
            let len = self.rest().iter().take_while(|byte| is_plain(byte)).count();
            text.push_str(self.text.get(self.at..self.at + len).unwrap_or_default());
            self.at += len;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => self.escape(&mut text)?,
                _ => return self.error("a control character in a text"),
            }
        }
    }

    fn escape(&mut self, text: &mut Text) -> Result<(), Error> {
        self.at += 1;
        let c = match self.peek() {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unit(text),
            _ => return self.error("an escape that JSON does not have"),
        };
        self.at += 1;
        text.push(c);
        Ok(())
    }

    /// Reads `uXXXX`, and the other half of a pair of surrogates if there is one.
    fn unit(&mut self, text: &mut Text) -> Result<(), Error> {
        let Some(first) = four_digits(self.rest()) else {
            return self.error("\\u without four hexadecimal digits");
        };
        self.at += 5;
        let second = self.rest().strip_prefix(b"\\").and_then(four_digits);
        if let Some(second) = second
            && let Some(Ok(c)) = char::decode_utf16([first, second]).next()
            && c > '\u{ffff}'
        {
            self.at += 6;
            text.push(c);
            return Ok(());
        }
        match char::from_u32(first.into()) {
            Some(c) => text.push(c),
            None => text.push_lone(first),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Json, Error> {
        let start = self.at;
        self.takes("-");
        match self.digits() {
            0 => return self.error("expected a value"),
            // The zeros of `007` are numbers of their own.
            digits if digits > 1 && self.text.as_bytes().get(self.at - digits) == Some(&b'0') => {
                self.at -= digits - 1;
            }
            _ => {}
        }
        let whole = self.at;
        if let [b'.', b'0'..=b'9', ..] = self.rest() {
            self.at += 1;
            self.digits();
        }
        if let [b'e' | b'E', b'+' | b'-', b'0'..=b'9', ..] | [b'e' | b'E', b'0'..=b'9', ..] =
            self.rest()
        {
            self.at += 2;
            self.digits();
        }
        let written = self.text.get(start..self.at).unwrap_or_default();
        if self.at > whole {
            // Beyond the largest float it is an infinity, as in Python.
            return written.parse().map(Json::Float).or(self.error("expected a number"));
        }
        if written.trim_start_matches('-').len() > MAX_INT_DIGITS {
            self.at = start;
            return self.error("an integer of more than 4300 digits");
        }
        Ok(Json::Int(if written == "-0" { "0".into() } else { written.into() }))
    }

    fn digits(&mut self) -> usize {
        let len = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += len;
        len
    }
}

/// The number in `uXXXX` at the start of a text.
fn four_digits(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"u")?.get(..4)?;
    let digits = digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests;
