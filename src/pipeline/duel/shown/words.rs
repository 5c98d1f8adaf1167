//! The words of a line, and whether a line is code.
//!
//! Invariant: lines are given as a reader takes them, in small letters.

/// What a line calls one of two turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// `2`, `2.0`, `2e0`.
    Number,
    /// `first`, `one`, `2nd`.
    Ordinal,
    Letter,
    Neither,
}

/// What stands for a turn.
const NOUNS: [&str; 15] = [
    "turn",
    "reply",
    "response",
    "candidate",
    "answer",
    "option",
    "program",
    "side",
    "agent",
    "assistant",
    "submission",
    "contestant",
    "solution",
    "message",
    "model",
];

impl Side {
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "first" | "second" | "one" | "two" | "1st" | "2nd" | "former" | "latter" => {
                Some(Self::Ordinal)
            }
            "a" | "b" => Some(Self::Letter),
            "tie" | "draw" | "neither" | "zero" => Some(Self::Neither),
            number => {
                let value: f64 = number.parse().ok().filter(|_| is_digit_first(number))?;
                [0.0, 1.0, 2.0].contains(&value).then_some(Self::Number)
            }
        }
    }
}

/// Whether a word is one for a turn and hardly for anything else that an agent compares.
pub(super) fn is_turn(word: &str) -> bool {
    matches!(
        word,
        "turn" | "reply" | "response" | "candidate" | "program" | "submission" | "contestant"
    )
}

pub(super) fn is_noun(word: &str) -> bool {
    NOUNS.contains(&word)
}

pub(super) fn is_plural(word: &str) -> bool {
    word.strip_suffix('s').is_some_and(|word| is_noun(word) || matches!(word, "score" | "metric"))
}

fn is_digit_first(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// The words and numbers of a line.
pub(super) fn words(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find(char::is_alphanumeric) {
        rest = &rest[at..];
        let len = if is_digit_first(rest) { len_of_number(rest) } else { len_of_name(rest) };
        let (word, after) = rest.split_at(len);
        found.push(word);
        rest = after;
    }
    found
}

fn len_of_name(text: &str) -> usize {
    text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len()).max(first_len(text))
}

fn first_len(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// The length of `2`, `2.0`, `2e0` or `2nd`.
fn len_of_number(text: &str) -> usize {
    let digits =
        |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut len = digits(text);
    if let Some(fraction) = text[len..].strip_prefix('.').filter(|rest| is_digit_first(rest)) {
        len += 1 + digits(fraction);
    }
    if let Some(exponent) = text[len..].strip_prefix('e') {
        let unsigned = exponent.trim_start_matches(['+', '-']);
        if is_digit_first(unsigned) {
            len += 1 + exponent.len() - unsigned.len() + digits(unsigned);
        }
    }
    len + text[len..].find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len() - len)
}

/// Whether a line, or a part of one, is code rather than something that is said: an assignment, a comparison, a call, an object.
pub(super) fn is_code(part: &str) -> bool {
    let part = part.trim().trim_start_matches(['>', '#', '*', '-']).trim_start();
    let bare = without_strings(part);
    let bare = ["-->", "==>", "->", "=>"].iter().fold(bare, |bare, arrow| bare.replace(arrow, " "));
    let chars: Vec<char> = bare.chars().collect();
    let is_call = chars.windows(2).any(|pair| {
        matches!(pair, [before, '(' | '['] if before.is_alphanumeric() || matches!(before, '_' | ')' | ']'))
    });
    is_head(&bare)
        || is_call
        || bare.contains(['=', '<', '>', '{', '}', '%', '\\'])
        || is_sum(&bare)
        || !is_balanced(&bare)
}

/// Whether a line begins a block of code with words that sentences have, too.
fn is_head(line: &str) -> bool {
    matches!(words(line).first(), Some(&("for" | "with"))) && line.trim_end().ends_with(':')
}

/// Whether something is added to or taken from a name: `score + 1`.
fn is_sum(bare: &str) -> bool {
    [" + ", " * ", " / ", " // "].iter().any(|sign| {
        bare.split_once(sign).is_some_and(|(before, after)| {
            before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
                && after.starts_with(|c: char| c.is_alphanumeric())
                && words(after).len() == 1
        })
    })
}

/// A line without the tags of pages, which a reader does not see: `<b>winner</b>`.
pub(super) fn without_tags(line: &str) -> String {
    const LONGEST: usize = 10;
    let mut bare = String::new();
    let mut rest = line;
    while let Some((before, tag)) = rest.split_once('<') {
        bare.push_str(before);
        let name = tag.strip_prefix('/').unwrap_or(tag);
        let len = name.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(name.len());
        let after = name[len..].trim_start_matches([' ', '/']);
        match after.strip_prefix('>').filter(|_| (1..=LONGEST).contains(&len)) {
            Some(after) => {
                bare.push(' ');
                rest = after;
            }
            None => {
                bare.push('<');
                rest = tag;
            }
        }
    }
    bare + rest
}

/// A line without what stands in its quotes.
fn without_strings(line: &str) -> String {
    let mut bare = String::new();
    let mut quote: Option<char> = None;
    let mut before = ' ';
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            // An apostrophe within a word is none.
            None if c == '"' || c == '\'' && !before.is_alphanumeric() => quote = Some(c),
            None => bare.push(c),
        }
        before = c;
    }
    bare
}

/// Whether brackets are closed; the number of an item in a list, as in `1)`, needs none.
fn is_balanced(bare: &str) -> bool {
    let item = bare.trim_start();
    let item = item.trim_start_matches(|c: char| c.is_ascii_digit());
    let item = item.strip_prefix(')').unwrap_or(item);
    let count = |c: char| item.matches(c).count();
    count('(') == count(')') && count('[') == count(']')
}

/// The sentences of a line, and their parts between commas; brackets and the heads of blocks keep together what is in them.
pub(super) fn parts(line: &str) -> Vec<&str> {
    if is_head(line) || words(line).contains(&"lambda") {
        return vec![line];
    }
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let is_last = chars.peek().is_none_or(|(_, next)| next.is_whitespace());
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' | ';' | '!' | '?' if depth == 0 => {
                parts.push(&line[start..at]);
                start = at + 1;
            }
            '.' if depth == 0 && is_last => {
                parts.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&line[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_words_with_all_of_their_signs() {
        assert_eq!(
            words("progress: 2e0, 2.0; turn2 is 2nd. 0x1"),
            ["progress", "2e0", "2.0", "turn", "2", "is", "2nd", "0x1"]
        );
        assert_eq!(["2e0", "02", "2.0", "0.2e1"].map(Side::of), [Some(Side::Number); 4]);
        assert_eq!(["3", "0.95", "0x1", "2x"].map(Side::of), [None; 4]);
    }

    #[test]
    fn code_is_told_from_what_is_said() {
        for code in [
            "score = 0",
            "if score > 1:",
            "scores[1]",
            "play(name, score)",
            "{a: 1}",
            "score + 1",
            "score, 1)",
        ] {
            assert!(is_code(code), "{code}");
        }
        for said in [
            "winner: 2",
            "progress -> 2",
            "> the winner is 2",
            "1) winner: 2",
            "(score: 1)",
            "for progress it is 2",
            "it's 2",
        ] {
            assert!(!is_code(said), "{said}");
        }
    }
}
