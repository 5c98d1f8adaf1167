//! Finds what chat templates mark the ends of messages with: in the text of a message it would begin another one, in a role of its choice.
//!
//! Invariant: a text that is shown in a template of a known family begins and ends no message if nothing is found in it.

/// The longest name of a marker such as `<|start_header_id|>`.
const MAX_NAME: usize = 40;
/// Markers that are not of the form `<|name|>`.
const WORDS: [&str; 7] = [
    "<start_of_turn>",
    "<end_of_turn>",
    "[/INST]",
    "<<SYS>>",
    "<</SYS>>",
    "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]",
];
/// The brackets of markers: those of most families, and the wide ones of DeepSeek's.
const BRACKETS: [(&str, &str); 2] = [("<|", "|>"), ("<\u{ff5c}", "\u{ff5c}>")];

/// The first marker in a text, if there is one.
pub fn role_marker(text: &str) -> Option<&str> {
    let named = BRACKETS.iter().flat_map(|&(open, close)| {
        text.match_indices(open).filter_map(move |(at, _)| {
            let rest = &text[at + open.len()..];
            let end = rest.find(close)?;
            let name = &rest[..end];
            let is_name = !name.is_empty()
                && name.chars().count() <= MAX_NAME
                && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '\u{2581}'));
            is_name.then(|| (at, &text[at..at + open.len() + end + close.len()]))
        })
    });
    let words = WORDS.iter().filter_map(|word| text.match_indices(word).next());
    named.chain(words).min_by_key(|(at, _)| *at).map(|(_, marker)| marker)
}
