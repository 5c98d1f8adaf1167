//! How two texts differ, for a page.
//!
//! Invariant: the content of the texts is shown as text, and every character of both is shown.

use similar::{ChangeTag, TextDiff};

use super::escape;

/// Shorter texts of one line are compared at a glance.
const SHORT: usize = 40;
/// Characters of two texts that are compared for two columns.
const COMPARED: usize = 5_000;

/// Draws how a text differs from the expected one, in HTML: what is missing is deleted, what is too much is inserted.
///
/// Texts over several lines are compared by lines, others by words. `None` if there is nothing to see: equal or short texts.
pub fn difference(expected: &str, got: &str) -> Option<String> {
    let is_over_lines = expected.contains('\n') || got.contains('\n');
    let is_short = |text: &str| text.chars().count() <= SHORT;
    if expected == got || !is_over_lines && is_short(expected) && is_short(got) {
        return None;
    }
    let diff = if is_over_lines {
        TextDiff::from_lines(expected, got)
    } else {
        TextDiff::from_words(expected, got)
    };
    let mut html = String::new();
    for change in diff.iter_all_changes() {
        let text = escape(change.value());
        // A break inside of the mark would look like an empty line.
        let (text, end) = text.strip_suffix('\n').map_or((text.as_str(), ""), |text| (text, "\n"));
        let end = if is_over_lines { "\n" } else { end };
        match (change.tag(), is_over_lines) {
            (ChangeTag::Equal, true) => html.push_str(&format!("  {text}{end}")),
            (ChangeTag::Delete, true) => html.push_str(&format!("<del>- {text}</del>{end}")),
            (ChangeTag::Insert, true) => html.push_str(&format!("<ins>+ {text}</ins>{end}")),
            (ChangeTag::Equal, false) => html.push_str(text),
            (ChangeTag::Delete, false) => html.push_str(&format!("<del>{text}</del>")),
            (ChangeTag::Insert, false) => html.push_str(&format!("<ins>{text}</ins>")),
        }
    }
    Some(html)
}

/// Draws two texts for two columns, in HTML: lines that only the first has are deleted, those that only the second has are
/// inserted. A text of one line is compared by words. Comparing takes time in proportion to the product of lengths, so that what
/// follows after many characters is shown without marks.
pub fn side_by_side(first: &str, second: &str) -> [String; 2] {
    let split = |text: &str| {
        let end = text.char_indices().nth(COMPARED).map_or(text.len(), |(end, _)| end);
        let (compared, rest) = text.split_at(end);
        (compared.to_owned(), escape(rest))
    };
    let ((first, first_rest), (second, second_rest)) = (split(first), split(second));
    let [first, second] = marked_sides(&first, &second);
    [first + &first_rest, second + &second_rest]
}

fn marked_sides(first: &str, second: &str) -> [String; 2] {
    let is_over_lines = first.contains('\n') || second.contains('\n');
    let diff = match is_over_lines {
        true => TextDiff::from_lines(first, second),
        false => TextDiff::from_words(first, second),
    };
    let mut sides = [String::new(), String::new()];
    for change in diff.iter_all_changes() {
        let text = escape(change.value());
        // A break inside of the mark would look like an empty line.
        let (text, end) = text.strip_suffix('\n').map_or((text.as_str(), ""), |text| (text, "\n"));
        match change.tag() {
            ChangeTag::Equal => sides.iter_mut().for_each(|side| *side += &format!("{text}{end}")),
            ChangeTag::Delete => sides[0] += &format!("<del>{text}</del>{end}"),
            ChangeTag::Insert => sides[1] += &format!("<ins>{text}</ins>{end}"),
        }
    }
    sides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_columns_mark_what_only_one_of_them_has() {
        assert_eq!(
            side_by_side("1\n<2>\n3\n", "1\n2\n3\n"),
            ["1\n<del>&lt;2&gt;</del>\n3\n", "1\n<ins>2</ins>\n3\n"]
        );
        assert_eq!(side_by_side("a b", "a c"), ["a <del>b</del>", "a <ins>c</ins>"]);
    }

    #[test]
    fn texts_over_lines_are_compared_line_by_line() {
        assert_eq!(
            difference("1\n<2>\n3\n", "1\n2\n3").unwrap(),
            "  1\n<del>- &lt;2&gt;</del>\n<del>- 3</del>\n<ins>+ 2</ins>\n<ins>+ 3</ins>\n"
        );
        assert_eq!(
            difference("1\n2\n", "1\n3\n").unwrap(),
            "  1\n<del>- 2</del>\n<ins>+ 3</ins>\n"
        );
    }

    #[test]
    fn long_lines_are_compared_word_by_word() {
        let numbers: Vec<String> = (100..120).map(|n| n.to_string()).collect();
        let expected = numbers.join(", ");
        let got = expected.replace("105, ", "");
        let shown = difference(&expected, &got).unwrap();
        assert_eq!(shown, expected.replace("105, ", "<del>105,</del><del> </del>"));
    }

    #[test]
    fn short_and_equal_texts_need_no_drawing() {
        assert_eq!(difference("1", "2"), None);
        assert_eq!(difference("1\n2", "1\n2"), None);
    }
}
