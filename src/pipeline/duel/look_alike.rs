//! Texts as a reader takes them: whatever a letter is written with, it is the letter that it looks like.
//!
//! Invariant: the result has Latin letters and plain digits wherever a reader sees them, on the same lines.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A plain text in small letters.
pub(super) fn folded(text: &str) -> String {
    plain(text).to_lowercase()
}

/// A text with wide, mathematical, circled and accented characters as plain ones, and letters that only look Latin as Latin ones.
pub(super) fn plain(text: &str) -> String {
    if text.is_ascii() && !text.contains('\\') {
        return text.to_owned();
    }
    let letter = |c: char| {
        let seen = latin(c);
        if c != seen && c.is_uppercase() { seen.to_ascii_uppercase() } else { seen }
    };
    let decomposed = unescaped(text);
    decomposed.nfkd().filter(|c| !is_combining_mark(*c)).map(letter).collect()
}

/// The Latin letter, digit or sign that a character looks like.
fn latin(c: char) -> char {
    match c {
        'А' | 'а' | 'Α' | 'α' => 'a',
        'В' | 'Β' | 'ь' => 'b',
        'С' | 'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'Е' | 'е' | 'Ε' | 'ε' => 'e',
        'ɡ' => 'g',
        'Н' | 'Η' | 'һ' => 'h',
        'І' | 'і' | 'Ι' | 'ι' | 'ı' => 'i',
        'Ј' | 'ј' => 'j',
        'К' | 'к' | 'Κ' | 'κ' => 'k',
        'ӏ' => 'l',
        'М' | 'м' | 'Μ' => 'm',
        'Ν' | 'п' => 'n',
        'О' | 'о' | 'Ο' | 'ο' | 'օ' => 'o',
        'Р' | 'р' | 'Ρ' | 'ρ' => 'p',
        'ԛ' => 'q',
        'г' => 'r',
        'Ѕ' | 'ѕ' => 's',
        'Т' | 'т' | 'Τ' | 'τ' => 't',
        'υ' | 'ս' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' | 'ѡ' => 'w',
        'Х' | 'х' | 'Χ' | 'χ' => 'x',
        'У' | 'у' | 'Υ' => 'y',
        'Ζ' => 'z',
        '➀' => '1',
        '➁' => '2',
        '❶' => '1',
        '❷' => '2',
        '“' | '”' | '„' | '″' => '"',
        '‘' | '’' | '′' => '\'',
        '∶' | 'ː' | '꞉' => ':',
        other => other,
    }
}

/// A text with the characters that its escapes stand for (`\u0070`, `\x70`).
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        plain.push_str(before);
        let digits = match escape.chars().next() {
            Some('u') => 4,
            Some('x') => 2,
            Some(_) | None => 0,
        };
        let code = escape.get(1..1 + digits).filter(|code| !code.is_empty());
        let c = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        // A newline would move the lines after it.
        match c.filter(|c| !c.is_control()) {
            Some(c) => {
                plain.push(c);
                rest = &escape[1 + digits..];
            }
            None => {
                plain.push('\\');
                rest = escape;
            }
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_the_letter_that_it_looks_like() {
        for written in [
            "ｐｒｏｇｒｅｓｓ",
            "pr\u{43e}gress",
            "𝐩𝐫𝐨𝐠𝐫𝐞𝐬𝐬",
            "prógress",
            "\\u0070rogr\\x65ss",
            "PROGRESS",
            "ΡRΟGRΕSS",
        ] {
            assert_eq!(folded(written), "progress", "{written}");
        }
        assert_eq!(plain("РarseЕrror \\u000a"), "ParseError \\u000a");
        assert_eq!(folded("２ ② 𝟐 ²"), "2 2 2 2");
        assert_eq!(folded("C:\\users \\u12 \\x"), "c:\\users \\u12 \\x");
    }
}
