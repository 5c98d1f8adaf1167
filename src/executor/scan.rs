//! Reads a program of a language with braces as tokens, so that no text within a string or a comment is taken for code.
//!
//! Invariant: the tokens follow each other without a gap, and make up the program.

use super::OtherLanguage;

/// A part of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    /// Where it begins, in bytes.
    pub start: usize,
    /// How many braces, brackets and parentheses are open before it; those that close are outside themselves.
    pub depth: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, a keyword or a number.
    Word,
    /// One other character.
    Mark,
    /// A string or a character.
    Literal,
    Comment,
    /// A line for the preprocessor.
    Directive,
    Blank,
}

impl Token<'_> {
    /// Where it ends, in bytes.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is neither a comment nor blank.
    pub fn is_code(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Mark | Kind::Literal)
    }
}

/// What differs among languages.
struct Rules {
    comments_nest: bool,
    has_directives: bool,
    /// Strings that begin and end with three quotes, and have line ends in them.
    has_text_blocks: bool,
    /// Whether `'` begins strings of any length.
    has_single_quotes: bool,
    /// Whether `${` begins code in a string.
    has_interpolation: bool,
    /// Whether a backquote begins a string without escapes.
    has_backquotes: bool,
    has_raw: Raw,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Raw {
    None,
    /// `R"x(…)x"`.
    Cpp,
    /// `r#"…"#`.
    Rust,
    /// `r'…'`.
    Dart,
}

impl Rules {
    fn of(language: &OtherLanguage) -> Self {
        let is = |names: &[&str]| names.contains(&language.name());
        Self {
            comments_nest: is(&["kotlin", "rust", "dart"]),
            has_directives: is(&["c", "cpp"]),
            has_text_blocks: is(&["java", "kotlin", "dart"]),
            has_single_quotes: is(&["dart"]),
            has_interpolation: is(&["kotlin", "dart"]),
            has_backquotes: is(&["go"]),
            has_raw: match language.name() {
                "cpp" => Raw::Cpp,
                "rust" => Raw::Rust,
                "dart" => Raw::Dart,
                _ => Raw::None,
            },
        }
    }
}

/// Reads a program.
pub(super) fn tokens<'a>(language: &OtherLanguage, program: &'a str) -> Vec<Token<'a>> {
    let rules = Rules::of(language);
    let (mut tokens, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    let mut begins_a_line = true;
    while let Some(rest) = program.get(start..).filter(|rest| !rest.is_empty()) {
        let (kind, len) = rules.next(rest, begins_a_line);
        let text = rest.get(..len.max(1)).unwrap_or(rest);
        if kind == Kind::Mark && matches!(text, "}" | ")" | "]") {
            depth = depth.saturating_sub(1);
        }
        tokens.push(Token { kind, text, start, depth });
        if kind == Kind::Mark && matches!(text, "{" | "(" | "[") {
            depth += 1;
        }
        begins_a_line = match kind {
            Kind::Blank => begins_a_line || text.contains('\n'),
            Kind::Comment => begins_a_line,
            Kind::Word | Kind::Mark | Kind::Literal | Kind::Directive => false,
        };
        start += text.len();
    }
    tokens
}

impl Rules {
    /// The kind of a program's first token, and its length.
    fn next(&self, program: &str, begins_a_line: bool) -> (Kind, usize) {
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let len_while =
            |is: &dyn Fn(char) -> bool| program.find(|c| !is(c)).unwrap_or(program.len());
        let Some(first) = program.chars().next() else { return (Kind::Blank, 0) };
        if first.is_whitespace() {
            return (Kind::Blank, len_while(&char::is_whitespace));
        }
        if self.has_directives && first == '#' && begins_a_line {
            return (Kind::Directive, directive_len(program));
        }
        if program.starts_with("//") {
            return (Kind::Comment, program.find('\n').unwrap_or(program.len()));
        }
        if program.starts_with("/*") {
            return (Kind::Comment, comment_len(program, self.comments_nest));
        }
        if let Some(len) = self.raw_len(program) {
            return (Kind::Literal, len);
        }
        if is_word(first) {
            let len = len_while(&is_word);
            // A digit may be followed by a separator, as in 1'000.
            let is_number = first.is_ascii_digit() && self.has_raw == Raw::Cpp;
            let separated = |c: char| is_word(c) || c == '\'';
            return (Kind::Word, if is_number { len_while(&separated) } else { len });
        }
        match first {
            '"' => (Kind::Literal, self.string_len(program, '"')),
            '`' if self.has_backquotes => (
                Kind::Literal,
                program.get(1..).and_then(|rest| rest.find('`')).map_or(program.len(), |at| at + 2),
            ),
            '\'' if self.has_single_quotes => (Kind::Literal, self.string_len(program, '\'')),
            '\'' => match character_len(program) {
                Some(len) => (Kind::Literal, len),
                // A lifetime.
                None => (Kind::Mark, 1),
            },
            other => (Kind::Mark, other.len_utf8()),
        }
    }

    /// The length of a string without escapes that a program begins with.
    fn raw_len(&self, program: &str) -> Option<usize> {
        let until = |opening: usize, closing: &str| {
            let found = program.get(opening..)?.find(closing);
            Some(found.map_or(program.len(), |at| opening + at + closing.len()))
        };
        match self.has_raw {
            Raw::None => None,
            Raw::Cpp => {
                let prefix = ["R\"", "u8R\"", "uR\"", "UR\"", "LR\""];
                let prefix = prefix.into_iter().find(|prefix| program.starts_with(prefix))?;
                let rest = program.get(prefix.len()..)?;
                let delimiter = rest.get(..rest.find('(')?)?;
                until(prefix.len() + delimiter.len() + 1, &format!("){delimiter}\""))
            }
            Raw::Rust => {
                let prefix = ["r", "br", "cr"].into_iter().find(|prefix| {
                    let rest = program.strip_prefix(prefix);
                    rest.is_some_and(|rest| rest.trim_start_matches('#').starts_with('"'))
                })?;
                let rest = program.get(prefix.len()..)?;
                let hashes = rest.len() - rest.trim_start_matches('#').len();
                until(prefix.len() + hashes + 1, &format!("\"{}", "#".repeat(hashes)))
            }
            Raw::Dart => {
                let quotes = ["'''", "\"\"\"", "'", "\""];
                let rest = program.strip_prefix('r')?;
                let quote = quotes.into_iter().find(|quote| rest.starts_with(quote))?;
                until(1 + quote.len(), quote)
            }
        }
    }

    /// The length of a string that a program begins with; one that does not end, ends with its line.
    fn string_len(&self, program: &str, quote: char) -> usize {
        let three: String = std::iter::repeat_n(quote, 3).collect();
        let is_block = self.has_text_blocks && program.starts_with(&three);
        let one = quote.to_string();
        let closing = if is_block { three.as_str() } else { one.as_str() };
        let mut at = closing.len();
        while let Some(rest) = program.get(at..).filter(|rest| !rest.is_empty()) {
            if rest.starts_with(closing) {
                return at + closing.len();
            }
            let Some(next) = rest.chars().next() else { break };
            at += match next {
                '\\' => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
                '\n' if !is_block => return at,
                '$' if self.has_interpolation && rest.starts_with("${") => {
                    2 + self.code_len(rest.get(2..).unwrap_or_default())
                }
                other => other.len_utf8(),
            };
        }
        program.len()
    }

    /// The length of code in a string, with the brace that closes it.
    fn code_len(&self, code: &str) -> usize {
        let (mut at, mut open) = (0, 1_usize);
        while let Some(rest) = code.get(at..).filter(|rest| !rest.is_empty()) {
            let (kind, len) = self.next(rest, false);
            at += len.max(1);
            match (kind, rest.get(..1)) {
                (Kind::Mark, Some("{")) => open += 1,
                (Kind::Mark, Some("}")) => open -= 1,
                _ => {}
            }
            if open == 0 {
                break;
            }
        }
        at
    }
}

/// The length of a character literal that a program begins with.
fn character_len(program: &str) -> Option<usize> {
    let rest = program.get(1..)?;
    let mut chars = rest.char_indices();
    let content = match chars.next()? {
        (_, '\\') => {
            // The escaped character may be a quote.
            let after = 1 + rest.chars().nth(1)?.len_utf8();
            after + rest.get(after..)?.find('\'')?
        }
        (_, '\'' | '\n') => return None,
        (_, first) => {
            let len = first.len_utf8();
            rest.get(len..)?.starts_with('\'').then_some(len)?
        }
    };
    (!rest.get(..content)?.contains('\n')).then_some(content + 2)
}

fn directive_len(program: &str) -> usize {
    let mut len = 0;
    for line in program.split_inclusive('\n') {
        let text = line.trim_end_matches(['\n', '\r']);
        if !text.ends_with('\\') {
            return len + text.len();
        }
        len += line.len();
    }
    len
}

fn comment_len(program: &str, nest: bool) -> usize {
    let (mut at, mut open) = (2, 1_usize);
    while let Some(rest) = program.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("*/") {
            (at, open) = (at + 2, open - 1);
            if open == 0 {
                return at;
            }
        } else if nest && rest.starts_with("/*") {
            (at, open) = (at + 2, open + 1);
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    program.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The literals and comments of a program.
    fn texts<'a>(language: &str, program: &'a str) -> Vec<&'a str> {
        let tokens = tokens(&OtherLanguage::named(language), program);
        let whole: String = tokens.iter().map(|token| token.text).collect();
        assert_eq!(whole, program);
        let is_text = |token: &&Token<'_>| matches!(token.kind, Kind::Literal | Kind::Comment);
        tokens.iter().filter(is_text).map(|token| token.text).collect()
    }

    #[test]
    fn strings_characters_and_comments_end_where_their_language_says() {
        for (language, program, found) in [
            ("java", "a(\"\\\"}\", '\\'', '}'); // {", vec!["\"\\\"}\"", "'\\''", "'}'", "// {"]),
            (
                "java",
                "\"\"\"\n \"}\" \"\"\" + 1 /* /* */ 2",
                vec!["\"\"\"\n \"}\" \"\"\"", "/* /* */"],
            ),
            ("cpp", "R\"x(})\")x\" 1'000'000 '{' L'a'", vec!["R\"x(})\")x\"", "'{'", "'a'"]),
            (
                "rust",
                "f::<'a>(r#\"\"}\"#, '{', b\"}\") /* /* */ */",
                vec!["r#\"\"}\"#", "'{'", "\"}\"", "/* /* */ */"],
            ),
            ("kotlin", "\"${f(\"}\")} }\" '}'", vec!["\"${f(\"}\")} }\"", "'}'"]),
            ("dart", "r'\\' '\\'}' '''\n'}'''", vec!["r'\\'", "'\\'}'", "'''\n'}'''"]),
            ("go", "`\\` \"`\"", vec!["`\\`", "\"`\""]),
            ("java", "\"open\n\"b\"", vec!["\"open", "\"b\""]),
            ("java", "/* open", vec!["/* open"]),
            ("java", "'é' 'ab", vec!["'é'"]),
        ] {
            assert_eq!(texts(language, program), found, "{program}");
        }
    }

    #[test]
    fn a_directive_ends_with_its_line_unless_that_goes_on() {
        let program = "#define A {\\\n {\nint a; # b\n";
        let tokens = tokens(&OtherLanguage::named("cpp"), program);
        assert_eq!((tokens[0].kind, tokens[0].text), (Kind::Directive, "#define A {\\\n {"));
        assert!(tokens.iter().all(|token| token.depth == 0));
    }
}
