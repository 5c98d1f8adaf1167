//! What a program says about itself: its docstrings and comments, and whether the program reads its docstrings.
//!
//! Invariant: the program with less prose has the same statements, but for a `pass` in a body that has nothing else.

mod read;

use std::ops::Range;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Stmt, StringFlags, StringLiteral};

use self::read::Read;
use super::mentions;
use super::syntax::{self, span_of, with_replacements};
use crate::named::named_enum;

named_enum! {
    /// How much a program says about itself.
    pub enum Docstrings {
        /// All that it says.
        Keep = "keep",
        /// The first paragraphs of its docstrings, without what only its authors need.
        Summary = "summary",
        /// No docstrings.
        Strip = "strip",
    }
}

/// The attribute, also as a text that `getattr` takes.
const ATTRIBUTE: &str = "__doc__";
/// Names, also of attributes and modules, that read docstrings.
const READERS: [&str; 5] = ["getdoc", "doctest", "pydoc", "inspect", "getsource"];
/// Those that read them all, or the program's text.
const READERS_OF_ALL: [&str; 6] =
    ["getdoc", "doctest", "pydoc", "getsource", "getsourcelines", "getcomments"];
/// A function that prints them, and a word that people give their own things.
const HELP: &str = "help";

/// Words that begin a note of the authors to themselves.
const NOTES: [&str; 3] = ["TODO", "FIXME", "XXX"];
/// What begins a sentence about the examples that follow it.
const ANNOUNCEMENTS: [&str; 6] = ["for example", "for instance", "example", "usage", "e.g.", "see"];
/// Headings of the sections of a docstring.
const HEADINGS: [&str; 12] = [
    "args",
    "arguments",
    "parameters",
    "params",
    "returns",
    "return",
    "yields",
    "raises",
    "example",
    "examples",
    "usage",
    "notes",
];

/// Whether a program may read its own docstrings.
pub fn reads_docstrings(source: &str) -> bool {
    let is_reader = |(kind, range): (TokenKind, Range<usize>)| {
        kind == TokenKind::Name && READERS.contains(&source.get(range).unwrap_or_default())
    };
    source.contains(ATTRIBUTE)
        || syntax::tokens(source).into_iter().any(is_reader)
        || mentions::mentioned_names(source).iter().any(|name| name == HELP)
}

/// Whether a program may read all of its docstrings, or its text.
fn reads_all(source: &str) -> bool {
    let is_reader = |(kind, range): (TokenKind, Range<usize>)| {
        kind == TokenKind::Name && READERS_OF_ALL.contains(&source.get(range).unwrap_or_default())
    };
    syntax::tokens(source).into_iter().any(is_reader)
        || mentions::mentioned_names(source).iter().any(|name| name == HELP)
}

impl Docstrings {
    /// How much is left of what this program says: all of it if the program may read all of its docstrings.
    pub fn of(self, program: &str) -> Self {
        if reads_all(program) { Self::Keep } else { self }
    }

    /// The program with as much prose as this; docstrings that it reads stay as they are.
    pub fn apply(self, program: &str) -> String {
        let is_short = match self.of(program) {
            Self::Keep => return program.to_owned(),
            Self::Summary => true,
            Self::Strip => false,
        };
        let Ok(module) = syntax::module(program) else { return program.to_owned() };
        let read = if program.contains(ATTRIBUTE) { Read::by(&module) } else { Read::default() };
        let mut docs = Docs { source: program, is_short, edits: Vec::new(), read };
        if !docs.read.own {
            docs.body(&module.body);
        }
        docs.visit_body(&module.body);
        let mut edits = docs.edits;
        edits.extend(comments(program));
        edits.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
        let mut end = 0;
        edits.retain(|(span, _)| {
            let is_apart = span.start >= end;
            end = end.max(span.end);
            is_apart
        });
        let shorter = with_replacements(program, edits);
        // A text that cannot be cut is better whole than broken.
        if syntax::module(&shorter).is_ok() { shorter } else { program.to_owned() }
    }
}

type Edit = (Range<usize>, String);

/// Shortens the docstrings of a tree.
struct Docs<'s> {
    source: &'s str,
    /// Whether the first paragraph stays.
    is_short: bool,
    edits: Vec<Edit>,
    read: Read,
}

impl Docs<'_> {
    fn body<'a>(&mut self, body: &'a [Stmt]) {
        let text_of = |stmt: &'a Stmt| stmt.as_expr_stmt()?.value.as_string_literal_expr();
        let mut texts = body.iter().map_while(text_of);
        let Some(text) = texts.next() else { return };
        if self.is_short {
            // Several literals side by side are no docstring that people write.
            let [literal] = text.value.as_slice() else { return };
            if let Some(summary) = self.summary(literal) {
                let span = span_of(literal);
                if self.source.get(span.clone()) != Some(summary.as_str()) {
                    self.edits.push((span, summary));
                }
                return;
            }
        }
        // A text that follows it would become the docstring.
        let count = 1 + texts.count();
        let span = span_of(&body[0]).start..span_of(&body[count - 1]).end;
        let edit = match body.get(count) {
            None => (span, "pass".to_owned()),
            Some(next) => self.without(&span, span_of(next).start),
        };
        self.edits.push(edit);
    }

    /// Leaves out a statement that another one follows.
    fn without(&self, span: &Range<usize>, next: usize) -> Edit {
        let line_start = self.source[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
        let is_first = self.source[line_start..span.start].trim().is_empty();
        let between = &self.source[span.end..next];
        match between.find('\n') {
            Some(line_end) if is_first && !between[..line_end].contains(';') => {
                let rest = &between[line_end + 1..];
                let blank = rest
                    .split_inclusive('\n')
                    .take_while(|line| line.trim().is_empty() && line.ends_with('\n'));
                let blank: usize = blank.map(str::len).sum();
                (line_start..span.end + line_end + 1 + blank, String::new())
            }
            Some(_) => (span.clone(), "pass".to_owned()),
            None => (span.start..next, String::new()),
        }
    }

    /// The literal with the first paragraph of its text; none if that says nothing.
    fn summary(&self, literal: &StringLiteral) -> Option<String> {
        let span = span_of(literal);
        let text = self.source.get(span.clone())?;
        let open = text.find(['"', '\''])?;
        let width = usize::from(literal.flags.is_triple_quoted()) * 2 + 1;
        let (prefix, quotes) = (&text[..open], &text[open..open + width]);
        let inside = text.get(open + width..text.len().checked_sub(width)?)?;
        let lines = paragraph(inside);
        let last = lines.len().checked_sub(1)?;
        let line_start = self.source[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
        let margin = &self.source[line_start..span.start];
        let margin = &margin[..margin.len() - margin.trim_start().len()];
        let ends_in_quotes = lines[last].ends_with(['\\', '"', '\'']);
        let is_own_line = width == 3 && (last > 0 || ends_in_quotes);
        let end = if is_own_line { format!("\n{margin}") } else { String::new() };
        Some(format!("{prefix}{quotes}{}{end}{quotes}", lines.join("\n")))
    }
}

impl<'a> Visitor<'a> for Docs<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) if !self.read.has(&def.name, !def.decorator_list.is_empty()) => {
                self.body(&def.body);
            }
            Stmt::ClassDef(class)
                if !self.read.own
                    && !self.read.has(&class.name, !class.decorator_list.is_empty()) =>
            {
                self.body(&class.body);
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }
}

/// The lines of the first paragraph of a docstring, roles as plain text, without what announces an example.
fn paragraph(inside: &str) -> Vec<String> {
    let lines = inside.lines().skip_while(|line| line.trim().is_empty());
    let all: Vec<&str> = lines.take_while(|line| !line.trim().is_empty()).collect();
    let is_over = |(place, line): (usize, &&str)| {
        let text = line.trim();
        let field = text.strip_prefix([':', '@']).and_then(|text| text.split([' ', ':']).next());
        let fields =
            ["param", "type", "return", "returns", "rtype", "raise", "raises", "yield", "yields"];
        let is_field = field.is_some_and(|field| fields.contains(&field));
        let heading = text.trim_end_matches(':').to_lowercase();
        let is_ruled = all.get(place + 1).is_some_and(|next| is_rule(next.trim()));
        let is_heading = (text.ends_with(':') || is_ruled) && HEADINGS.contains(&heading.as_str());
        text.starts_with(">>>")
            || text.starts_with(".. ")
            || is_field
            || is_heading
            || is_note(text)
    };
    let end = all.iter().enumerate().position(is_over).unwrap_or(all.len());
    let text = all[..end].join("\n");
    let text = without_roles(text.trim());
    let text = without_announcement(&text);
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// Whether a line underlines a heading.
fn is_rule(line: &str) -> bool {
    line.len() >= 3 && line.chars().all(|c| matches!(c, '-' | '=' | '~'))
}

/// A paragraph without a last sentence that only announces an example, and with a full stop for a colon before one.
fn without_announcement(text: &str) -> String {
    let Some(before) = text.strip_suffix(':') else { return text.to_owned() };
    let before = before.trim_end_matches(':').trim_end();
    let start = before.rfind(". ").or_else(|| before.rfind(".\n")).map_or(0, |stop| stop + 2);
    let last = before[start..].trim_start().to_lowercase();
    if ANNOUNCEMENTS.iter().any(|words| last.starts_with(words)) {
        return before[..start].trim_end().to_owned();
    }
    if before.is_empty() { String::new() } else { format!("{before}.") }
}

/// A text with roles such as :func:`map` as plain text.
fn without_roles(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, role, after)) = next_role(rest) {
        plain.push_str(before);
        let shown = match role.split_once(" <") {
            Some((title, _)) => title,
            None => match role.strip_prefix('~') {
                Some(path) => path.rsplit('.').next().unwrap_or(path),
                None => role.trim_start_matches(['!', '.']),
            },
        };
        plain.push_str(shown);
        rest = after;
    }
    plain.push_str(rest);
    plain
}

/// The first role of a text: what stands before it, its content, and what stands after it.
fn next_role(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices(":`").find_map(|(colon, _)| {
        let is_part = |c: char| c.is_ascii_lowercase() || matches!(c, ':' | '-' | '+');
        let name = text[..colon]
            .rfind(|c| !is_part(c))
            .map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
        let role = &text[name..colon];
        let content = &text[colon + 2..];
        let end = content.find('`')?;
        let is_role = role.len() > 1 && role.starts_with(':') && end > 0;
        is_role.then(|| (&text[..name], &content[..end], &content[end + 1..]))
    })
}

/// Whether a text has a note of the authors to themselves.
fn is_note(text: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| NOTES.contains(&word))
}

/// Leaves out comments with notes, with the lines of comment that go on with them, and makes roles in the others plain text.
fn comments(source: &str) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    // The end of a note that takes whole lines, and its column: a comment there goes on with it.
    let mut note: Option<(usize, usize)> = None;
    for (kind, span) in syntax::tokens(source) {
        if kind != TokenKind::Comment {
            continue;
        }
        let text = &source[span.clone()];
        let line_start = source[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
        let before = &source[line_start..span.start];
        let is_alone = before.trim().is_empty();
        let goes_on = is_alone && note == Some((line_start, before.len()));
        if !goes_on && !is_note(text) {
            note = None;
            let plain = without_roles(text);
            if plain != text {
                edits.push((span, plain));
            }
            continue;
        }
        if is_alone {
            let end = source[span.end..].find('\n').map_or(source.len(), |at| span.end + at + 1);
            note = Some((end, before.len()));
            edits.push((line_start..end, String::new()));
        } else {
            note = None;
            edits.push((line_start + before.trim_end().len()..span.end, String::new()));
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::tokens::bare_tokens;

    fn summary(program: &str) -> String {
        Docstrings::Summary.apply(program)
    }

    #[test]
    fn a_docstring_keeps_its_first_paragraph() {
        for (doc, left) in [
            ("\"\"\"One.\"\"\"", Some("\"\"\"One.\"\"\"")),
            (
                "\"\"\"\n    Gives :func:`~a.b.c` of :py:class:`D`.\n\n    >>> f(1)\n    2\n    \"\"\"",
                Some("\"\"\"Gives c of D.\"\"\""),
            ),
            (
                "r'''One,\n    two.\n\n    :param x: an x\n    '''",
                Some("r'''One,\n    two.\n    '''"),
            ),
            (
                "\"\"\"Takes n. For example::\n\n        f(1)\n    \"\"\"",
                Some("\"\"\"Takes n.\"\"\""),
            ),
            ("\"\"\"Takes pairs::\n\n        f(1)\n    \"\"\"", Some("\"\"\"Takes pairs.\"\"\"")),
            ("\"\"\"Says \"no\"\n\n    More.\n    \"\"\"", Some("\"\"\"Says \"no\"\n    \"\"\"")),
            ("\"\"\"One.\n    :param x: an x\n    \"\"\"", Some("\"\"\"One.\"\"\"")),
            ("\"\"\"One.\n    Parameters\n    ----------\n    \"\"\"", Some("\"\"\"One.\"\"\"")),
            ("\"\"\">>> f(1)\n    2\n    \"\"\"", None),
            ("'See :ref:`the guide <guide>`.'", Some("'See the guide.'")),
        ] {
            let body = "return x\n";
            let expected = match left {
                Some(left) => format!("def f(x):\n    {left}\n    {body}"),
                None => format!("def f(x):\n    {body}"),
            };
            assert_eq!(summary(&format!("def f(x):\n    {doc}\n    {body}")), expected, "{doc}");
        }
    }

    #[test]
    fn a_body_of_nothing_but_a_docstring_passes() {
        let program = "'''Module.'''\n\nclass A(Exception):\n    '''An error.'''\n\nclass B:\n    '''B.'''\n\n    def f(self): 'F.'; return 1\n\n    def g(self): 'G.'\n\nx = 1\n";
        let stripped = "class A(Exception):\n    pass\n\nclass B:\n    def f(self): return 1\n\n    def g(self): pass\n\nx = 1\n";
        assert_eq!(Docstrings::Strip.apply(program), stripped);
        assert_eq!(Docstrings::Keep.apply(program), program);
        let two = "def f(): 'A'; 'B'; return 1\ndef g():\n    'A'\n    'B'\n";
        let parts = "def f():\n    'A' 'B'\n    return 1\n";
        assert_eq!(Docstrings::Strip.apply(parts), "def f():\n    return 1\n");
        assert_eq!(Docstrings::Summary.apply(parts), parts);
        let none = "def f(): return 1\ndef g():\n    pass\n";
        assert_eq!(Docstrings::Strip.apply(two), none);
    }

    #[test]
    fn notes_of_the_authors_are_left_out() {
        let program = "def f(x):\n    # Twice.\n    # TODO: faster,\n    # much faster\n    y = x * 2  # FIXME later\n    s = '# TODO'\n    # Like :func:`g`.\n    return y  # fine\n";
        let left = "def f(x):\n    # Twice.\n    y = x * 2\n    s = '# TODO'\n    # Like g.\n    return y  # fine\n";
        assert_eq!(summary(program), left);
        assert_eq!(Docstrings::Strip.apply(program), left);
    }

    #[test]
    fn a_program_that_reads_all_of_its_docstrings_stays_as_it_is() {
        for reader in
            ["import inspect; inspect.getdoc(f)", "help(f)", "from doctest import testmod"]
        {
            let program =
                format!("def f():\n    '''One.\n\n    TODO: two\n    '''\n    {reader}\n");
            for docstrings in Docstrings::ALL {
                assert_eq!(docstrings.apply(&program), program);
                assert_eq!(docstrings.of(&program), Docstrings::Keep);
            }
        }
    }

    #[test]
    fn a_docstring_that_is_read_stays_and_the_others_are_shortened() {
        let long = |name: &str, body: &str| {
            format!("def {name}():\n    '''One.\n\n    Two.\n    '''\n    {body}\n")
        };
        let short = |name: &str, body: &str| format!("def {name}():\n    '''One.'''\n    {body}\n");
        for (reader, stays) in [
            ("return g.__doc__", true),
            ("return [h.__doc__ for h in (g,)]", true),
            ("return getattr(g, '__doc__')", true),
            ("return h.__doc__", false),
            ("h.__doc__ = g.__doc__", false),
            ("import inspect; return g()", false),
        ] {
            let program = long("f", reader) + &long("g", "pass");
            let g = if stays { long("g", "pass") } else { short("g", "pass") };
            assert_eq!(summary(&program), short("f", reader) + &g, "{reader}");
        }
    }

    #[test]
    fn what_a_program_does_is_the_same_with_less_prose() {
        for program in [
            "def f():\n    '''A.'''  # TODO\n    return 'a'\n",
            "def f(): 'A'; return 1\n",
            "def f():\n    '''A.\\\n    B \\''' c\\\n\n    D.'''\n    return 1\n",
            "def f():\n    \"\"\"É :é:`x` :a:`\n    b\"\"\"\n    # XXX :`a`\n    return 1\n",
            "# TODO",
            "class A:\n    '''A.'''; x = 1\n    # TODO\n",
        ] {
            for docstrings in Docstrings::ALL {
                let less = docstrings.apply(program);
                // The end of a line that had a docstring alone counts for nothing.
                let tokens = |text: &str| -> Vec<String> {
                    bare_tokens(text).into_iter().filter(|token| token != "\n").collect()
                };
                assert_eq!(tokens(&less), tokens(program), "{less}");
            }
        }
    }
}
