//! Takes code that is not Python out of a reply: only fences tell where it is.
//!
//! Invariant: nothing is parsed, so what a fence holds is returned as it stands.

use super::{Extracted, How, Pick, text};
use crate::fences;

/// Takes the picked block of a language out of a reply: one that has a name of the language at its fence, or else one without any name.
///
/// Without fences, the reply as a whole is the code.
pub fn extract_other(reply: &str, names: &[&str], pick: Pick) -> Extracted {
    let text::Said { text, is_cut } = text::without_thoughts(&text::with_plain_newlines(reply));
    let blocks = fences::blocks(&text);
    let named =
        |info: &str| info.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    let of_language = |block: &&fences::Block<'_>| names.contains(&named(block.info).as_str());
    let without_name = |block: &&fences::Block<'_>| block.info.is_empty();
    let has_code = |block: &&fences::Block<'_>| !block.content.trim().is_empty();
    let picked = |is_wanted: &dyn Fn(&&fences::Block<'_>) -> bool| {
        let mut wanted = blocks.iter().filter(has_code).filter(|block| is_wanted(block));
        match pick {
            Pick::First => wanted.next(),
            Pick::Last => wanted.next_back(),
        }
    };
    match picked(&of_language).or_else(|| picked(&without_name)) {
        Some(block) => Extracted::new(block.content, How::Fenced, text.ends_with(block.content)),
        None if blocks.is_empty() && !text.trim().is_empty() => {
            Extracted::new(text.as_str(), How::Unfenced, is_cut)
        }
        None => Extracted::new("", How::Nothing, is_cut),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["javascript", "js"];

    fn code(reply: &str) -> String {
        extract_other(reply, NAMES, Pick::Last).code
    }

    #[test]
    fn a_block_of_the_language_comes_before_one_without_a_name() {
        let reply = "So:\n```js\nf();\n```\nRun it:\n```\nnode f.js\n```\n```sh\nls\n```\n";
        assert_eq!(code(reply), "f();\n");
        assert_eq!(code("```\ng();\n```\n```sh\nls\n```\n"), "g();\n");
        assert_eq!(code("```sh\nls\n```\n"), "");
    }

    #[test]
    fn the_pick_decides_among_several() {
        let reply = "```JavaScript\n1;\n```\n```js\n2;\n```\n";
        assert_eq!(code(reply), "2;\n");
        assert_eq!(extract_other(reply, NAMES, Pick::First).code, "1;\n");
    }

    #[test]
    fn a_reply_that_breaks_off_says_so_and_one_without_fences_is_code() {
        let broken = extract_other("```js\nf(", NAMES, Pick::Last);
        assert_eq!((broken.code.as_str(), broken.truncated), ("f(", true));
        let plain = extract_other("f();\n", NAMES, Pick::Last);
        assert_eq!((plain.code.as_str(), plain.how), ("f();\n", How::Unfenced));
        assert_eq!(extract_other(" \n", NAMES, Pick::Last).how, How::Nothing);
    }
}
