//! A text in sentences, and the inline code in each.
//!
//! Invariant: spans are found as Markdown has them, and no sentence ends inside of one.

/// A piece of inline code; `start` and `end` are bytes of its sentence, backticks included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span<'t> {
    pub text: &'t str,
    pub start: usize,
    pub end: usize,
}

/// A sentence with its inline code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence<'t> {
    pub text: &'t str,
    pub spans: Vec<Span<'t>>,
}

impl<'t> Sentence<'t> {
    /// The sentence as a reader is shown it: its beginning, without backticks.
    pub fn shown(&self) -> String {
        const MOST: usize = 120;
        self.text.trim().replace('`', "").chars().take(MOST).collect()
    }

    /// The prose before a span, back to the span before it; before no span it is what ends the sentence.
    pub fn prose_before(&self, span: usize) -> &'t str {
        let start = span
            .checked_sub(1)
            .and_then(|before| self.spans.get(before))
            .map_or(0, |before| before.end);
        let end = self.spans.get(span).map_or(self.text.len(), |span| span.start);
        self.text.get(start..end).unwrap_or_default()
    }

    /// The pieces of prose with the bytes at which they begin.
    pub fn prose(&self) -> Vec<(usize, &'t str)> {
        let starts = std::iter::once(0).chain(self.spans.iter().map(|span| span.end));
        starts.enumerate().map(|(i, start)| (start, self.prose_before(i))).collect()
    }
}

/// Marks a span as read, so that nothing else is made of it.
pub fn take(is_taken: &mut [bool], at: usize) {
    if let Some(flag) = is_taken.get_mut(at) {
        *flag = true;
    }
}

/// Splits a text into sentences.
pub fn sentences(text: &str) -> Vec<Sentence<'_>> {
    let mut found = Vec::new();
    let mut spans = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = &text[at..];
        if c == '`' {
            let ticks = rest.bytes().take_while(|&byte| byte == b'`').count();
            match closing(rest, ticks) {
                Some(close) => {
                    let inner = &rest[ticks..close];
                    spans.push(Span {
                        text: unpadded(inner),
                        start: at - start,
                        end: at + close + ticks - start,
                    });
                    at += close + ticks;
                }
                None => at += ticks,
            }
            continue;
        }
        at += c.len_utf8();
        let next = text[at..].chars().next();
        let ends = match c {
            '\n' => next_line_is_new(&text[at..]),
            '。' | '！' | '？' | '；' => true,
            '.' | '!' | '?' | ';' => next.is_none_or(char::is_whitespace),
            _ => false,
        };
        if ends {
            found.push(Sentence { text: &text[start..at], spans: std::mem::take(&mut spans) });
            start = at;
        }
    }
    if start < text.len() {
        found.push(Sentence { text: &text[start..], spans });
    }
    found
}

/// Whether a line begins something new: an item, a row, a heading, or what follows an empty line.
fn next_line_is_new(rest: &str) -> bool {
    let line = rest.lines().next().unwrap_or_default().trim_start();
    let after_digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_number = after_digits.len() < line.len() && after_digits.starts_with(['.', ')']);
    line.is_empty() || line.starts_with(['-', '*', '+', '|', '#', '>']) || is_number
}

/// The place of the run of backticks that closes the one a text begins with.
fn closing(text: &str, ticks: usize) -> Option<usize> {
    let mut at = ticks;
    loop {
        at += text.get(at..)?.find('`')?;
        let run = text[at..].bytes().take_while(|&byte| byte == b'`').count();
        if run == ticks {
            return Some(at);
        }
        at += run;
    }
}

/// Inline code without the one blank on each side that lets it begin or end with a backtick.
fn unpadded(text: &str) -> &str {
    text.strip_prefix(' ')
        .and_then(|text| text.strip_suffix(' '))
        .filter(|text| !text.trim().is_empty())
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(String, Vec<String>)> {
        let texts = |spans: &[Span<'_>]| spans.iter().map(|span| span.text.to_owned()).collect();
        sentences(text).iter().map(|one| (one.text.trim().to_owned(), texts(&one.spans))).collect()
    }

    #[test]
    fn a_sentence_ends_outside_of_code_only() {
        assert_eq!(
            shown("Use `a. b` at 1.5. Then `` c`d ``! 见`x`。`y`"),
            [
                ("Use `a. b` at 1.5.".into(), vec!["a. b".into()]),
                ("Then `` c`d ``!".into(), vec!["c`d".into()]),
                ("见`x`。".into(), vec!["x".into()]),
                ("`y`".into(), vec!["y".into()]),
            ]
        );
    }

    #[test]
    fn a_backtick_without_its_pair_is_prose() {
        assert_eq!(shown("a ` b"), [("a ` b".into(), vec![])]);
        assert_eq!(shown("`` a ` b"), [("`` a ` b".into(), vec![])]);
    }

    #[test]
    fn prose_stands_between_the_spans() {
        let text = "On `a` and `b` end";
        let sentence = &sentences(text)[0];
        assert_eq!(sentence.prose(), [(0, "On "), (6, " and "), (14, " end")]);
        assert_eq!(sentence.prose_before(1), " and ");
    }
}
