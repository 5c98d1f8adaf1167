//! Tokens that are for the machine: the end of a text or of a turn, and the parts of a text to fill in.
//!
//! Invariant: a token within a Python string, or between backticks in prose, is the author's own text.

use std::ops::Range;

use super::quoted;

/// Tokens without bars, as models that are widely used write them.
const TOKENS: [&str; 15] = [
    "</s>",
    "<end_of_turn>",
    "<start_of_turn>",
    "<eos>",
    "<EOT>",
    "<PRE>",
    "<SUF>",
    "<MID>",
    "<file_sep>",
    "<fim_prefix>",
    "<fim_suffix>",
    "<fim_middle>",
    "<fim_pad>",
    "<s>",
    "<bos>",
];
/// These begin a text; nowhere else do they mean anything.
const BEGINNINGS: [&str; 2] = ["<s>", "<bos>"];
/// What a reply of several channels has before the one that is for its reader.
const FINAL: &str = "<|channel|>final<|message|>";
const BEGIN: &str = "[BEGIN]";
const DONE: &str = "[DONE]";
/// Characters within a token with bars, at most.
const MAX_NAME: usize = 40;

/// Where a text begins behind its first tokens, and the tokens that may end it.
#[derive(Debug, PartialEq)]
pub(super) struct Marked {
    pub start: usize,
    pub ends: Vec<Range<usize>>,
}

/// Finds a text's tokens.
pub(super) fn marked(text: &str) -> Marked {
    if !text.contains(['<', '[']) {
        return Marked { start: 0, ends: Vec::new() };
    }
    let strings = quoted::strings(text);
    let is_code = |at: usize| !quoted::is_within(&strings, at);
    let mut start = text
        .match_indices(FINAL)
        .filter(|(at, _)| is_code(*at))
        .last()
        .map_or(0, |(at, _)| at + FINAL.len());
    while let Some(end) = leading(text, start) {
        start = end;
    }
    let done = done_is_marker(text);
    let mut ends: Vec<Range<usize>> = Vec::new();
    let mut line = Line::default();
    for (at, _) in text.match_indices(['<', '[']).filter(|(at, _)| *at >= start && is_code(*at)) {
        line.read_to(text, at);
        let token = match text.get(at..) {
            Some(rest) if rest.starts_with('[') => {
                Some(DONE.len()).filter(|_| done && is_done(text, at))
            }
            Some(rest) => token_len(rest).filter(|&len| is_end(text, at..at + len, &line)),
            None => None,
        };
        ends.extend(token.map(|len| at..at + len));
    }
    let first = ends.first().map_or(text.len(), |first| first.start);
    // Few-shot prompts mark the code of each answer; where the prompt has the mark itself, the reply lacks it.
    let begin = text
        .match_indices(BEGIN)
        .map(|(at, _)| at)
        .find(|&at| (start..first).contains(&at) && is_code(at) && begins_line(text, at));
    if let Some(at) = begin {
        start = at + BEGIN.len();
    }
    Marked { start, ends }
}

/// The line of a token, as far as it has been read.
#[derive(Default)]
struct Line {
    read: usize,
    /// Whether it has an `<s>`.
    has_begun: bool,
}

impl Line {
    /// Reads on to the beginning of a token.
    fn read_to(&mut self, text: &str, at: usize) {
        let piece = text.get(self.read..at).unwrap_or_default();
        let line = piece.rsplit('\n').next().unwrap_or_default();
        self.has_begun = line.contains("<s>") || self.has_begun && line.len() == piece.len();
        self.read = at;
    }
}

/// The end of a token, and of the role that it names, that only blanks separate from here.
fn leading(text: &str, from: usize) -> Option<usize> {
    const ROLE: &str = "assistant";
    let rest = text.get(from..)?;
    let token = rest.trim_start();
    let end = from + rest.len() - token.len() + token_len(token)?;
    let after = text.get(end..)?;
    let role = after.strip_prefix(ROLE).filter(|rest| rest.starts_with(['\n', '<']));
    Some(if role.is_some() { end + ROLE.len() } else { end })
}

/// The length of the token at the beginning of a text.
fn token_len(text: &str) -> Option<usize> {
    if let Some(token) = TOKENS.iter().find(|token| text.starts_with(**token)) {
        return Some(token.len());
    }
    let bar = text.strip_prefix('<')?.chars().next().filter(|bar| ['|', '｜'].contains(bar))?;
    let begin = 1 + bar.len_utf8();
    let is_name = |c: char| c.is_alphanumeric() || ['_', '-', '.', '/', '▁'].contains(&c);
    let name = text.get(begin..)?;
    let len: usize =
        name.chars().take(MAX_NAME).take_while(|&c| is_name(c)).map(char::len_utf8).sum();
    let after = name.get(len..)?.strip_prefix(bar)?;
    (len > 0 && after.starts_with('>')).then_some(begin + len + bar.len_utf8() + 1)
}

/// Whether a token ends what is before it, rather than being quoted, HTML, or two comparisons.
fn is_end(text: &str, token: Range<usize>, line: &Line) -> bool {
    let (Some(before), Some(name), Some(after)) =
        (text.get(..token.start), text.get(token.clone()), text.get(token.end..))
    else {
        return false;
    };
    if BEGINNINGS.contains(&name) || (before.ends_with('`') && after.starts_with('`')) {
        return false;
    }
    if name == "</s>" {
        return !line.has_begun;
    }
    // `a <eos> b` is Python.
    name.contains(['|', '｜'])
        || name.starts_with("<fim_")
        || after.trim_start_matches([' ', '\t']).chars().next().is_none_or(|c| "\n<`".contains(c))
}

/// Whether `[DONE]` can only be the mark: `DONE` is a name like any other.
fn done_is_marker(text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.contains(DONE)
        && text.match_indices("DONE").all(|(at, name)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let after = text.get(at + name.len()..).and_then(|after| after.chars().next());
            (before, after) == (Some('['), Some(']'))
                || before.is_some_and(is_word)
                || after.is_some_and(is_word)
        })
}

/// Whether `[DONE]` is here, and ends a line.
fn is_done(text: &str, at: usize) -> bool {
    let after = text.get(at..).and_then(|rest| rest.strip_prefix(DONE));
    after.is_some_and(|after| {
        after.trim_start_matches([' ', '\t']).chars().next().is_none_or(|c| c == '\n')
    })
}

fn begins_line(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default().trim_end_matches([' ', '\t']);
    before.is_empty() || before.ends_with('\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> (&str, Option<&str>) {
        let Marked { start, ends } = marked(text);
        match ends.first() {
            Some(end) => (&text[start..end.start], Some(&text[end.clone()])),
            None => (&text[start..], None),
        }
    }

    #[test]
    fn tokens_of_any_family_end_a_text() {
        for token in [
            "<|endoftext|>",
            "<|im_end|>",
            "<|eot_id|>",
            "</s>",
            "<end_of_turn>",
            "<eos>",
            "<｜end▁of▁sentence｜>",
            "<|fim_middle|>",
            "<fim_prefix>",
            "<fim_middle>",
            "[DONE]",
        ] {
            assert_eq!(cut(&format!("    return n{token}\n")), ("    return n", Some(token)));
            assert_eq!(cut(&format!("x = 1\n{token}\ny")), ("x = 1\n", Some(token)));
        }
    }

    #[test]
    fn a_token_in_a_string_or_in_backticks_is_text() {
        for text in [
            "x = '<|endoftext|>'\n",
            "x = '''\n</s>\n'''\n",
            "The token `<|im_end|>` ends it.\n",
            "<b><s>old</s>\n",
            "x = a <eos> b\n",
            "DONE = 1\nx = states[DONE]\n",
            "x = y[DONE] + 1\n",
            "x = a < s | b\n",
        ] {
            assert_eq!(cut(text), (text, None));
        }
    }

    #[test]
    fn tokens_before_the_text_are_skipped() {
        assert_eq!(
            cut("<s> <|im_start|>assistant\n    x<|im_end|>"),
            ("\n    x", Some("<|im_end|>"))
        );
        assert_eq!(cut("[BEGIN]\nx = 1\n[DONE]\n[BEGIN]"), ("\nx = 1\n", Some("[DONE]")));
        let reply = "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>x<|return|>";
        assert_eq!(cut(reply), ("x", Some("<|return|>")));
    }
}
