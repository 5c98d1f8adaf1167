//! Faulty variants of a program in any language, and tests with other numbers, as edits of its text.
//!
//! Invariant: an edit is in code, not in a text or a comment, as far as quotes and comment marks tell.

use std::ops::Range;

/// An operator between blanks, and what takes its place.
const OPERATORS: [(&str, &str); 18] = [
    (" + ", " - "),
    (" - ", " + "),
    (" * ", " + "),
    (" / ", " * "),
    (" % ", " + "),
    (" // ", " * "),
    (" < ", " >= "),
    (" > ", " <= "),
    (" <= ", " > "),
    (" >= ", " < "),
    (" == ", " != "),
    (" != ", " == "),
    (" === ", " !== "),
    (" !== ", " === "),
    (" && ", " || "),
    (" || ", " && "),
    (" and ", " or "),
    (" or ", " and "),
];
/// Quotes that may have line ends between them.
const LONG_QUOTES: [&str; 3] = ["\"\"\"", "'''", "`"];

/// Variants of a program, at most so many, from all of its parts.
pub fn faulty(language: &str, program: &str, most: usize) -> Vec<String> {
    let code = code_of(language, program);
    let mut edits = numbers(program, &code);
    for (operator, other) in OPERATORS {
        for (at, _) in program.match_indices(operator) {
            let range = at..at + operator.len();
            if is_code(&code, &range) {
                edits.push((range, other.to_owned()));
            }
        }
    }
    edits.sort_by_key(|(range, _)| range.start);
    edited(program, &edits, most)
}

/// The same with other numbers alone: a test that checks something fails with some of them.
pub fn with_other_numbers(language: &str, program: &str, most: usize) -> Vec<String> {
    edited(program, &numbers(program, &code_of(language, program)), most)
}

fn edited(program: &str, edits: &[(Range<usize>, String)], most: usize) -> Vec<String> {
    let taken = most.min(edits.len());
    let edit = |at: usize| edits.get(at * edits.len() / taken.max(1));
    let text = |(range, text): &(Range<usize>, String)| {
        let (before, after) = (program.get(..range.start), program.get(range.end..));
        [before.unwrap_or_default(), text, after.unwrap_or_default()].concat()
    };
    (0..taken).filter_map(edit).map(text).collect()
}

/// Whole numbers, each with the next one.
fn numbers(program: &str, code: &[bool]) -> Vec<(Range<usize>, String)> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '@');
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = program.get(at..).filter(|rest| !rest.is_empty()) {
        let len = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let range = at..at + len;
        let word = rest.get(..len).unwrap_or_default();
        let next = word.parse::<u64>().ok().and_then(|number| number.checked_add(1));
        if let Some(next) = next.filter(|_| is_code(code, &range)) {
            found.push((range, next.to_string()));
        }
        at += len + rest.get(len..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    found
}

fn is_code(code: &[bool], range: &Range<usize>) -> bool {
    code.get(range.clone()).is_some_and(|bytes| bytes.iter().all(|is_code| *is_code))
}

/// For each byte of a program, whether it is code.
fn code_of(language: &str, program: &str) -> Vec<bool> {
    let comments: &[&str] = match language {
        "python" | "ruby" | "perl" | "shell" | "r" | "julia" | "elixir" => &["#"],
        // Lines of the preprocessor name files.
        "php" | "c" | "cpp" => &["//", "#"],
        "lua" | "sql" | "haskell" => &["--"],
        "racket" => &[";"],
        _ => &["//"],
    };
    let mut code = vec![true; program.len()];
    let mut at = 0;
    while let Some(rest) = program.get(at..).filter(|rest| !rest.is_empty()) {
        let line = rest.get(..rest.find('\n').unwrap_or(rest.len())).unwrap_or_default();
        let up_to = |end: &str, after: usize| {
            let found = rest.get(after..).and_then(|rest| rest.find(end));
            found.map_or(rest.len(), |found| after + found + end.len())
        };
        let hidden = if rest.starts_with("/*") {
            up_to("*/", 2)
        } else if comments.iter().any(|mark| rest.starts_with(mark)) {
            line.len()
        } else if let Some(quote) = LONG_QUOTES.into_iter().find(|quote| rest.starts_with(quote)) {
            up_to(quote, quote.len())
        } else if rest.starts_with(['"', '\'']) {
            // A quote that nothing closes on its line is none, such as that of a lifetime.
            closing(line).map_or(0, |end| end + 1)
        } else {
            0
        };
        if let Some(bytes) = code.get_mut(at..at + hidden) {
            bytes.fill(false);
        }
        at += hidden.max(rest.chars().next().map_or(1, char::len_utf8));
    }
    code
}

/// Where the text ends that a line begins with.
fn closing(line: &str) -> Option<usize> {
    let quote = line.chars().next()?;
    let mut is_escaped = false;
    for (at, c) in line.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_in_code_alone() {
        let program =
            "// 1 + 1\nint f(int x1) { return x1 + 2; /* 3 - 3 */ }\nconst char *s = \"4 * 4\";\n";
        let found = faulty("cpp", program, 9);
        let expected = ["x1 - 2;", "x1 + 3;"];
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (variant, part) in found.iter().zip(expected) {
            assert!(variant.contains(part), "{variant}");
        }
        assert_eq!(faulty("python", "x = 1  # 2 + 2\n", 9), ["x = 2  # 2 + 2\n"]);
        assert_eq!(faulty("lua", "x = #t -- 3\n", 9), Vec::<String>::new());
        assert_eq!(faulty("rust", "fn f<'a>(x: &'a u8) -> u8 { x - 1 }", 9).len(), 2);
        assert_eq!(faulty("go", "s := `1 + 1`; t := '1'", 9), Vec::<String>::new());
    }

    #[test]
    fn variants_come_from_all_of_a_program() {
        let program = "a = 1\nb = 2\nc = 3\nd = 4\n";
        assert_eq!(
            faulty("ruby", program, 2),
            ["a = 2\nb = 2\nc = 3\nd = 4\n", "a = 1\nb = 2\nc = 4\nd = 4\n"]
        );
        assert_eq!(
            with_other_numbers("ruby", "f(1 + x2) 3.5 0x10 ä9", 9),
            ["f(2 + x2) 3.5 0x10 ä9"]
        );
        assert!(faulty("ruby", "", 3).is_empty());
    }
}
