//! Tokens of chat templates, which some servers take for the end of a message wherever they stand.
//!
//! Invariant: what is left has no such token.

/// What stands where such a token stood.
pub(super) const MARKER: &str = "[role marker]";

/// Tokens in brackets of their own kind, in small letters.
const TOKENS: [&str; 24] = [
    "[inst]",
    "[/inst]",
    "<<sys>>",
    "<</sys>>",
    "[system_prompt]",
    "[/system_prompt]",
    "[available_tools]",
    "[/available_tools]",
    "[tool_results]",
    "[/tool_results]",
    "<start_of_turn>",
    "<end_of_turn>",
    "<start_of_image>",
    "<s>",
    "</s>",
    "<bos>",
    "<eos>",
    "<pad>",
    "<unk>",
    "[bos]",
    "[eos]",
    "[gmask]",
    "<extra_id_0>",
    "<extra_id_1>",
];
/// Characters of a token between bars at most.
const LONGEST: usize = 40;

/// A text with a mark in the place of each token.
pub(super) fn without_markers(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['<', '[']) {
        let (before, token) = rest.split_at(at);
        plain.push_str(before);
        match len_of_token(token) {
            Some(len) => {
                plain.push_str(MARKER);
                rest = &token[len..];
            }
            None => {
                plain.push_str(&token[..1]);
                rest = &token[1..];
            }
        }
    }
    plain + rest
}

/// The length of the token that a text begins with.
fn len_of_token(text: &str) -> Option<usize> {
    let known = TOKENS.iter().find(|token| {
        text.get(..token.len()).is_some_and(|start| start.eq_ignore_ascii_case(token))
    });
    known.map(|token| token.len()).or_else(|| len_between_bars(text))
}

/// The length of `<|anything|>`, as most templates write their tokens, also with the wide bars of some.
fn len_between_bars(text: &str) -> Option<usize> {
    let bar = text.strip_prefix('<')?.chars().next().filter(|c| matches!(c, '|' | '｜'))?;
    let inner = &text[1 + bar.len_utf8()..];
    let end = inner.find(bar)?;
    let name = &inner[..end];
    let is_name = !name.is_empty()
        && name.chars().count() <= LONGEST
        && !name.contains(|c: char| c.is_whitespace() || "<>".contains(c));
    let rest = &inner[end + bar.len_utf8()..];
    (is_name && rest.starts_with('>')).then(|| text.len() - rest.len() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_templates_are_found_and_code_is_not() {
        for token in [
            "<|user|>",
            "<|assistant|>",
            "<|system|>",
            "</s>",
            "[INST]",
            "[/inst]",
            "<start_of_turn>",
            "<|im_start|>",
            "<|start_header_id|>",
            "<|endoftext|>",
            "<｜User｜>",
            "<｜begin▁of▁sentence｜>",
            "<|channel|>",
        ] {
            assert_eq!(without_markers(&format!("a{token}b")), format!("a{MARKER}b"), "{token}");
        }
        for code in [
            "a <| b |> c",
            "x < y || z > 1",
            "if [[ -s f ]]; then",
            "vec![<T>::new()]",
            "<|>",
            "<s",
        ] {
            assert_eq!(without_markers(code), code);
        }
    }
}
