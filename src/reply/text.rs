//! What surrounds an answer: line ends and thoughts.
//!
//! Invariant: what is taken out leaves the rest as it was.

/// A reply without its thoughts.
pub(super) struct Said {
    pub text: String,
    /// Whether the reply breaks off within a thought.
    pub is_cut: bool,
}

const TAGS: [(&str, &str); 2] = [("<think>", "</think>"), ("<thinking>", "</thinking>")];

/// Makes every line end a newline, as Python reads a file.
pub(super) fn with_plain_newlines(text: &str) -> String {
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n")
}

/// Takes thoughts out: closed ones, the text before a lone end, and the text after a lone beginning.
pub(super) fn without_thoughts(text: &str) -> Said {
    let mut said = Said { text: text.to_owned(), is_cut: false };
    for (open, close) in TAGS {
        let mut kept = String::new();
        let mut rest = said.text.as_str();
        while let Some((before, inside)) = split_at_tag(rest, open) {
            // An end without a beginning ends thoughts that began in the prompt.
            let before = after_last(before, close);
            if before.len() < rest.len()
                && split_at_tag(&rest[..rest.len() - inside.len()], close).is_some()
            {
                kept.clear();
            }
            kept.push_str(before);
            match inside.split_once(close) {
                Some((_, after)) => rest = after,
                None => {
                    said.is_cut = true;
                    rest = "";
                }
            }
        }
        let end = after_last(rest, close);
        if end.len() < rest.len() {
            kept.clear();
        }
        kept.push_str(end);
        said.text = kept;
    }
    said
}

/// What follows the last tag, or all.
fn after_last<'t>(text: &'t str, tag: &str) -> &'t str {
    let mut rest = text;
    while let Some((_, after)) = split_at_tag(rest, tag) {
        rest = after;
    }
    rest
}

/// Splits at the first tag that begins or ends a line; one between quotes is a program's own text.
fn split_at_tag<'t>(text: &'t str, tag: &str) -> Option<(&'t str, &'t str)> {
    text.match_indices(tag).find_map(|(at, _)| {
        let (before, after) = (text.get(..at)?, text.get(at + tag.len()..)?);
        // From the tag outwards: a line may hold as many tags as it has words.
        let begins =
            before.trim_end_matches([' ', '\t']).chars().next_back().is_none_or(|c| c == '\n');
        let ends = after.trim_start_matches([' ', '\t']).chars().next().is_none_or(|c| c == '\n');
        (begins || ends).then_some((before, after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> (String, bool) {
        let said = without_thoughts(text);
        (said.text, said.is_cut)
    }

    #[test]
    fn thoughts_are_taken_out_wherever_they_stand() {
        assert_eq!(said("<think>a</think>b"), ("b".into(), false));
        assert_eq!(
            said("a\n<think>\nb\n</think>\nc\n<thinking>d\n</thinking>\ne"),
            ("a\n\nc\n\ne".into(), false)
        );
    }

    #[test]
    fn a_lone_end_ends_thoughts_that_began_before_the_reply() {
        assert_eq!(said("a\nb\n</think>\nc"), ("\nc".into(), false));
        assert_eq!(said("a\n</think>\nb\n<think>\nc\n</think>\nd"), ("\nb\n\nd".into(), false));
    }

    #[test]
    fn a_lone_beginning_hides_the_rest() {
        assert_eq!(said("a\n<think>\nb"), ("a\n".into(), true));
    }

    #[test]
    fn a_tag_between_quotes_is_no_thought() {
        let text = "x = '<think>' + y + '</think>'\n";
        assert_eq!(said(text), (text.into(), false));
    }
}
