//! Whether code breaks off: it is right as far as it goes, and something has to follow.
//!
//! Invariant: only an end that comes too early counts; code that is wrong before its end does not break off.

use super::Parser;
use super::quoted::{self, Quoted};

/// Whether code does not parse, and its first error is that it ends: within a bracket, a text or a statement, or before a block.
pub(super) fn breaks_off(code: &str, parser: &Parser) -> bool {
    let code = code.trim_end();
    let Some(closers) = closers(code) else { return false };
    // A line that goes on behind a backslash does so with what is put here.
    let code = code.strip_suffix('\\').unwrap_or(code);
    let closed = format!("{code}{closers}\n");
    // Comments at the end are not code: the error is before them.
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let last = code.lines().enumerate().filter(|(_, line)| is_code(line)).last();
    let end = last
        .map_or((1, 1), |(number, line)| (number + 1, without_promise(line).chars().count() + 1));
    match parser.fault(&closed) {
        Some(error) => (error.line, error.column) >= end,
        None => !closers.is_empty(),
    }
}

/// A line without the words at its end that are wrong only for want of what they promise: `not`, `,`, and `*,` of a head.
fn without_promise(line: &str) -> &str {
    let line = line.trim_end();
    match line.strip_suffix(',') {
        Some(before) => before.trim_end_matches('*'),
        None => line.strip_suffix(" not").unwrap_or(line),
    }
}

/// What closes the texts and brackets that are open at the end, the innermost first; `None` if they do not match.
fn closers(code: &str) -> Option<String> {
    let mut open: Vec<char> = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let mut len = first.len_utf8();
        match first {
            '#' => len = rest.find('\n').unwrap_or(rest.len()),
            '\'' | '"' => {
                let three = first.to_string().repeat(3);
                let quote = if rest.starts_with(&three) { three } else { first.to_string() };
                match quoted::read(rest, &quote) {
                    Quoted::Whole(end) => len = end,
                    Quoted::Open => {
                        let brackets = open.iter().rev().collect::<String>();
                        return Some(quote + &brackets);
                    }
                    Quoted::Broken => return None,
                }
            }
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            ')' | ']' | '}' if open.pop() != Some(first) => return None,
            _ => {}
        }
        rest = rest.get(len..)?;
    }
    // A comment may come before it.
    let brackets: String = open.iter().rev().collect();
    Some(if brackets.is_empty() { brackets } else { format!("\n{brackets}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_ends_within_something_breaks_off() {
        for code in [
            "def f(x):",
            "def f(x):\n    # To do.\n",
            "def f(x",
            "def f(x):\n    return (",
            "def f(x):\n    return x +",
            "def f(x):\n    return [x, {'a': 1, 'b",
            "def f(x):\n    \"\"\"Tells.\n\n    It's (so\n",
            "x = 'a\\",
            "x = 1 + \\\n",
            "x = [\n    1,\n    2,  # two\n",
            "x = {'a': (1), 'b'",
            "if x",
            "for i in",
            "from math import",
            "import",
            "class A",
            "@cached",
            "try:\n    f()\n",
            "if x:\n    pass\nelse:",
            "x = 1 if y else",
            "match x:\n    case 1:",
        ] {
            assert!(breaks_off(code, &Parser::new()), "{code}");
        }
        let long = format!("x = [\n{}    (1,", "    'a (text',\n".repeat(300));
        assert!(breaks_off(&long, &Parser::new()));
    }

    #[test]
    fn code_that_is_whole_or_wrong_before_its_end_does_not_break_off() {
        for code in [
            "",
            "x = 1\n",
            "def f(x):\n    return '(' # (\n",
            "def f(:\n    return 1\n",
            "def f(x):\n    return x x\n\ndef g(x):\n    return (x",
            "x = )\ny = (",
            "x = (1]\ny = (",
            "x = 'a\ny = (",
            "  x = 1\n y = (",
            "x = (1\ny = 2\nz = 3",
            "Here it is: (",
        ] {
            assert!(!breaks_off(code, &Parser::new()), "{code}");
        }
    }

    #[test]
    fn a_program_that_is_cut_between_words_parses_or_breaks_off_with_three_exceptions() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("dataset/test.jsonl");
        let (mut cuts, mut missed) = (0, Vec::new());
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let program = row["program"].as_str().unwrap();
            for (at, _) in program.match_indices([' ', '\n']) {
                let (cut, parser) = (&program[..at], Parser::new());
                cuts += 1;
                if !parser.parses(cut) && !breaks_off(cut, &parser) {
                    missed.push(cut.lines().last().unwrap_or_default().to_owned());
                }
            }
        }
        // A nested text with the outer one's quotes, and arguments that only lack their defaults.
        let known = [
            "    return f\"{spell(thousands)} thousand{'",
            "def histogram(data: list[float], bins: int = 5, bar: str",
            "def repeat_word(word: str, times: int = 2, sep: str",
        ];
        assert_eq!(missed, known, "of {cuts}");
    }
}
