//! What a sentence names, in the order of its text: inline code, and words of the prose that look like code.
//!
//! Invariant: items do not overlap, and the prose between two of them names nothing.

use super::shape::{METHODS, Shape};
use crate::ground::claim::stated;
use crate::ground::claims::PROPER;
use crate::ground::lines::line_references;
use crate::ground::spans::Sentence;
use crate::python::is_dotted_identifier;

/// Products that look like names in code.
const PRODUCTS: [&str; 6] = ["FastAPI", "PostgreSQL", "MySQL", "MongoDB", "RabbitMQ", "OpenAPI"];

/// Something that a sentence names.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub start: usize,
    pub end: usize,
    pub text: String,
    pub shape: Shape,
    /// Whether it stands in backticks.
    pub is_code: bool,
    /// Whether the text marks it as new.
    pub is_new: bool,
}

impl Item {
    /// Whether an item is code of which a place can have something.
    pub fn names_code(&self) -> bool {
        match &self.shape {
            Shape::Name { .. } | Shape::Call { .. } | Shape::Binding { .. } | Shape::Code => true,
            Shape::Endpoint { .. } => true,
            Shape::Value(_) => self.is_code,
            Shape::Path { .. } | Shape::Lines(..) | Shape::Method(_) => false,
        }
    }
}

/// A sentence taken apart: one piece of prose more than there are items.
#[derive(Debug)]
pub struct Parts {
    pub items: Vec<Item>,
    pub gaps: Vec<String>,
    pub is_question: bool,
}

impl Parts {
    /// Takes a sentence apart; `is_known` tells names that need not look like code to be read as such.
    pub fn of(sentence: &Sentence<'_>, is_known: impl Fn(&str) -> bool) -> Self {
        let mut items: Vec<Item> = Vec::new();
        for span in &sentence.spans {
            let shape = Shape::of(span.text);
            let text = span.text.trim().to_owned();
            items.push(Item {
                start: span.start,
                end: span.end,
                text,
                shape,
                is_code: true,
                is_new: false,
            });
        }
        for (start, prose) in sentence.prose() {
            bare(prose, start, &is_known, &mut items);
        }
        items.sort_by_key(|item| item.start);
        join_methods(&mut items, sentence.text);
        let mut gaps = Vec::new();
        let mut at = 0;
        for item in &mut items {
            gaps.push(sentence.text.get(at..item.start).unwrap_or_default().to_owned());
            let after = sentence.text.get(item.end..).unwrap_or_default();
            if let Some(len) = new_marker(after) {
                item.is_new = true;
                item.end += len;
            }
            at = item.end;
        }
        gaps.push(sentence.text.get(at..).unwrap_or_default().to_owned());
        let text = sentence.text.trim_end();
        let is_question =
            text.ends_with(['?', '？']) || text.trim_end_matches('。').ends_with('吗');
        Self { items, gaps, is_question }
    }
}

/// The bytes of a mark that says that what stands before it is new.
fn new_marker(after: &str) -> Option<usize> {
    let rest = after.trim_start();
    let inner = rest.strip_prefix(['(', '（'])?;
    let is_new = inner.starts_with("new)") || inner.starts_with("new ") || inner.starts_with('新');
    let end = inner.find([')', '）'])?;
    let close = inner[end..].chars().next().map_or(0, char::len_utf8);
    let len = after.len() - rest.len() + (rest.len() - inner.len()) + end + close;
    (is_new && end <= 30).then_some(len)
}

/// `GET` and the route after it are one item, with or without backticks.
fn join_methods(items: &mut Vec<Item>, text: &str) {
    let mut at = 0;
    while at + 1 < items.len() {
        let (method, path) = (&items[at], &items[at + 1]);
        let between = text.get(method.end..path.start).unwrap_or_default();
        if let (Shape::Method(name), Shape::Endpoint { method: of_path, path: route }) =
            (&method.shape, &path.shape)
            && of_path.is_empty()
            && between.chars().count() <= 24
            && !between.contains([',', '，', '、'])
        {
            let shape = Shape::Endpoint { method: name.clone(), path: route.clone() };
            let text = format!("{name} {route}");
            items[at] = Item { end: path.end, text, shape, ..items[at].clone() };
            items.remove(at + 1);
        }
        at += 1;
    }
}

/// Finds what looks like code in prose.
fn bare(prose: &str, start: usize, is_known: &impl Fn(&str) -> bool, items: &mut Vec<Item>) {
    let mut push = |from: usize, to: usize, shape: Shape| {
        let text = prose.get(from..to).unwrap_or_default().to_owned();
        let (start, end) = (start + from, start + to);
        items.push(Item { start, end, text, shape, is_code: false, is_new: false });
    };
    let lines = line_references(prose);
    for line in &lines {
        push(line.start, line.end, Shape::Lines(line.first, line.last));
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_./:-<>".contains(c);
    let mut at = 0;
    while let Some(found) = prose.get(at..).and_then(|rest| rest.find(is_part)) {
        let from = at + found;
        let rest = &prose[from..];
        let len = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        at = from + len;
        if lines.iter().any(|line| line.start < at && from < line.end) {
            continue;
        }
        let token = rest[..len].trim_end_matches(['.', ':', '-', '/', '<']);
        let token = if token.contains('<') && token.ends_with('>') {
            token
        } else {
            token.trim_end_matches('>')
        };
        let skipped = token.len() - token.trim_start_matches(['-', ':', '<', '>', '.']).len();
        let (from, token) = (from + skipped, &token[skipped..]);
        let to = from + token.len();
        let after = &prose[to..];
        if METHODS.contains(&token) && after.trim_start().starts_with(['/', '`']) {
            push(from, to, Shape::Method(token.to_owned()));
        } else if let Some(arguments) = brackets(after)
            && is_dotted_identifier(token)
            && (arguments.is_empty() || is_known(token) || looks_like_code(token))
        {
            let to = to + arguments.len() + 2;
            push(from, to, Shape::of(&prose[from..to]));
            at = at.max(to);
        } else if let Some(shape) = bare_shape(token, is_known) {
            push(from, to, shape);
        }
    }
}

/// What is between the brackets that a text begins with.
fn brackets(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('(')?;
    let end = inner.find(')')?;
    (end <= 120).then(|| &inner[..end])
}

fn bare_shape(token: &str, is_known: &impl Fn(&str) -> bool) -> Option<Shape> {
    let shape = Shape::of(token);
    let is_code = match &shape {
        // `and/or` is none; a folder needs its backticks.
        Shape::Path { path, .. } => {
            path.rsplit('/').next().is_some_and(|last| last.contains('.'))
                && !["Node.js", "Next.js", "Vue.js"].contains(&path.as_str())
        }
        Shape::Endpoint { path, .. } => path.contains(char::is_alphabetic),
        Shape::Name { name, .. } => looks_like_code(name) || name.contains('.') && is_known(name),
        Shape::Value(_) => stated(token).is_some(),
        Shape::Lines(..) | Shape::Method(_) | Shape::Call { .. } => false,
        Shape::Binding { .. } | Shape::Code => false,
    };
    is_code.then_some(shape)
}

fn looks_like_code(name: &str) -> bool {
    let is_snake = name.trim_matches('_').contains('_') || name.starts_with("__");
    let bytes = name.as_bytes();
    let is_camel =
        bytes.windows(2).any(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase());
    let is_exception = ["Error", "Exception"].iter().any(|end| {
        name.len() > end.len() && name.ends_with(end) && name.starts_with(char::is_uppercase)
    });
    (is_snake || is_camel || is_exception) && !PROPER.contains(&name) && !PRODUCTS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::spans::sentences;

    fn read(text: &str) -> Vec<String> {
        let sentences = sentences(text);
        let parts = Parts::of(&sentences[0], |name| name == "load");
        parts
            .items
            .iter()
            .map(|item| format!("{}{}", item.text, if item.is_new { "+" } else { "" }))
            .collect()
    }

    #[test]
    fn code_is_named_with_and_without_backticks() {
        for (text, items) in [
            (
                "`parse` raises ValueError on line 12 of src/app.py.",
                vec!["parse", "ValueError", "line 12", "src/app.py"],
            ),
            ("Add `health` (new) and `pkg/ping.py`（新增）.", vec!["health+", "pkg/ping.py+"]),
            (
                "函数parse_config在app.py:12-20中调用load()。",
                vec!["parse_config", "app.py:12-20", "load()"],
            ),
            (
                "A `POST` request to `/items` or GET /health, and/or e.g. this.",
                vec!["POST /items", "GET /health"],
            ),
            ("The default is 30, load(1) returns 2.5.", vec!["30", "load(1)", "2.5"]),
            ("默认值为30。", vec!["30"]),
            ("The function(s) of GitHub end.", vec![]),
        ] {
            assert_eq!(read(text), items, "{text}");
        }
    }
}
