//! The words after a name up to the next one, with the bare numbers among them, and the numbers that words are.
//!
//! Invariant: a phrase ends before the next thing that is named, and knows whether one follows at once.

use super::items::Parts;
use super::shape::Shape;
use crate::ground::claim::Stated;
use crate::ground::words::words;
use crate::sandbox::value::Value;

const NUMBERS: [&str; 21] = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];

/// Prose from one named thing to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    pub text: String,
    /// Whether something that is named follows.
    pub is_followed: bool,
}

impl Phrase {
    /// The prose behind an item, or at the beginning of a sentence.
    pub fn behind(parts: &Parts, at: Option<usize>) -> Self {
        let mut next = at.map_or(0, |at| at + 1);
        let mut text = parts.gaps[next].clone();
        while let Some(item) = parts.items.get(next) {
            if !is_number(&item.shape) {
                return Self { text, is_followed: true };
            }
            text.push_str(&item.text);
            next += 1;
            text.push_str(&parts.gaps[next]);
        }
        Self { text, is_followed: false }
    }

    /// The prose before an item, back to the last one that is named.
    pub fn before(parts: &Parts, at: usize) -> String {
        let mut text = parts.gaps[at].clone();
        let mut before = at;
        while before > 0 && is_number(&parts.items[before - 1].shape) {
            before -= 1;
            text = format!("{}{}{text}", parts.gaps[before], parts.items[before].text);
        }
        text
    }

    pub fn words(&self) -> Vec<String> {
        words(&self.text)
    }
}

fn is_number(shape: &Shape) -> bool {
    matches!(shape, Shape::Value(Stated::Value(Value::Int(_))))
}

/// The number that an English word is, in letters or digits.
pub fn number(word: &str) -> Option<usize> {
    NUMBERS.iter().position(|other| *other == word).or_else(|| match word {
        "a" | "an" | "single" | "once" => Some(1),
        "twice" => Some(2),
        word => word.parse().ok().filter(|_| word.len() < 6),
    })
}

/// The number that a Chinese text begins with, and the rest behind its measure word.
pub fn chinese_number(text: &str) -> Option<(usize, &str)> {
    let text = text.trim_start();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = if digits > 0 {
        (text[..digits].parse().ok()?, &text[digits..])
    } else {
        let first = text.chars().next()?;
        let number = "零一二三四五六七八九十".chars().position(|c| c == first);
        let number = number.or_else(|| (first == '两').then_some(2))?;
        (number, &text[first.len_utf8()..])
    };
    let rest = rest.trim_start();
    let measured = rest.strip_prefix(['个', '处', '种', '次', '行', '条', '位']);
    // 一次 and 三行 are their own nouns.
    let has_noun = rest.starts_with(['处', '次', '行']);
    Some((number, if has_noun { rest } else { measured?.trim_start() }))
}

/// Whether the prose before a name makes what follows a condition: if, unless, 如果.
pub fn is_conditional(before: &str) -> bool {
    const IF: [&str; 9] =
        ["if", "when", "unless", "whether", "once", "where", "whenever", "should", "suppose"];
    let clause = before.rsplit([',', ';', '，', '；', '：']).next().unwrap_or(before);
    words(clause).iter().any(|word| IF.contains(&word.as_str()))
        || ["如果", "若", "当", "倘若", "一旦", "要是", "是否", "假如"]
            .iter()
            .any(|word| clause.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_words_and_digits() {
        let read = ["two", "12", "no", "twelve", "single", "many", "1234567"].map(number);
        assert_eq!(read, [Some(2), Some(12), Some(0), Some(12), Some(1), None, None]);
        assert_eq!(chinese_number("两个参数"), Some((2, "参数")));
        assert_eq!(chinese_number(" 3 个函数"), Some((3, "函数")));
        assert_eq!(chinese_number("一处定义"), Some((1, "处定义")));
        assert_eq!(chinese_number("参数"), None);
    }

    #[test]
    fn a_condition_ends_at_a_comma() {
        assert!(is_conditional("If ") && is_conditional("然后，如果没有传入 "));
        assert!(!is_conditional("If it is there, ") && !is_conditional("The function "));
    }
}
