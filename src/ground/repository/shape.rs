//! What a piece of inline code looks like: a path, a place, a name, a call, a value, an endpoint.
//!
//! Invariant: only the text decides; whether there is such a thing is looked up elsewhere.

use crate::ground::claim::{Stated, stated};
use crate::python::fragment::{Fragment, read};
use crate::python::is_dotted_identifier;

/// Endings of files that a text may name without a folder.
const ENDINGS: [&str; 33] = [
    "py", "pyi", "js", "jsx", "mjs", "ts", "tsx", "go", "rs", "java", "toml", "yaml", "yml",
    "json", "cfg", "ini", "md", "rst", "txt", "html", "css", "sql", "sh", "env", "lock", "xml",
    "csv", "jinja", "j2", "proto", "ipynb", "conf", "in",
];
pub const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];

/// A piece of inline code by its form.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A path, with the lines that follow it: `app.py:12-20`.
    Path {
        path: String,
        lines: Option<(usize, usize)>,
    },
    /// Lines without a path: line 12.
    Lines(usize, usize),
    /// A method, if one is named, and a route: `GET /health`.
    Endpoint {
        method: String,
        path: String,
    },
    Method(String),
    /// A name, with or without `()` after it.
    Name {
        name: String,
        is_call: bool,
    },
    /// A name with something in its brackets.
    Call {
        name: String,
        arguments: String,
    },
    /// A name and what it is set to: `timeout=30`.
    Binding {
        name: String,
        value: String,
    },
    Value(Stated),
    /// Anything else.
    Code,
}

impl Shape {
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        if let Some(endpoint) = endpoint(text) {
            return endpoint;
        }
        if METHODS.contains(&text) {
            return Self::Method(text.to_owned());
        }
        if let Some(path) = path(text) {
            return path;
        }
        let name = text.strip_suffix("()").unwrap_or(text);
        if is_dotted_identifier(name) && !["None", "True", "False"].contains(&name) {
            return Self::Name { name: name.to_owned(), is_call: name.len() < text.len() };
        }
        if let Some(stated @ Stated::Value(_)) = stated(text) {
            return Self::Value(stated);
        }
        if let Some(call) = call(text) {
            return call;
        }
        if let Some((name, value)) = text.split_once('=')
            && is_dotted_identifier(name.split(':').next().unwrap_or(name).trim())
            // `>=` compares.
            && !name.ends_with(['<', '>', '!', '+', '-', '*', '/', '%', '&', '|', '^', '@', ':'])
            && !value.starts_with('=')
            && !value.trim().is_empty()
        {
            let name = name.split(':').next().unwrap_or(name).trim();
            return Self::Binding { name: name.to_owned(), value: value.trim().to_owned() };
        }
        Self::Code
    }
}

impl Shape {
    /// Whether it is a call with arguments, all of them literals.
    pub fn is_literal_call(&self) -> bool {
        match self {
            Self::Call { arguments, .. } => {
                matches!(read(&format!("f({arguments})")), Fragment::Call { .. })
            }
            Self::Path { .. } | Self::Lines(..) | Self::Endpoint { .. } | Self::Method(_) => false,
            Self::Name { .. } | Self::Binding { .. } | Self::Value(_) | Self::Code => false,
        }
    }
}

fn endpoint(text: &str) -> Option<Shape> {
    let (method, path) = match text.split_once(' ') {
        Some((method, path)) if METHODS.contains(&method) => (method, path.trim()),
        _ => ("", text),
    };
    let is_route = path.starts_with('/')
        && !path.starts_with("//")
        && path.chars().all(|c| c.is_alphanumeric() || "/_-<>:{}.?=&*~".contains(c));
    is_route.then(|| Shape::Endpoint { method: method.into(), path: path.into() })
}

/// Reads `app.py`, `src/app.py:12-20`, `app.py#L12-L20`.
fn path(text: &str) -> Option<Shape> {
    let is_part = |c: char| c.is_alphanumeric() || "/_-.".contains(c);
    let len = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let (path, rest) = text.split_at(len);
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let has_ending = ENDINGS.contains(&ending) && !path.ends_with('/');
    let is_name = |name: &str| ["Dockerfile", "Makefile", "LICENSE", "README"].contains(&name);
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let is_folder = path.contains('/')
        && rest.is_empty()
        && !path.starts_with(|c: char| c.is_ascii_digit() || c == '/')
        && last.chars().any(char::is_alphabetic);
    if !(has_ending || is_folder || is_name(last)) {
        return None;
    }
    let lines = match rest {
        "" => None,
        rest => {
            let rest = rest.strip_prefix(':').or_else(|| rest.strip_prefix('#'))?;
            Some(line_range(rest)?)
        }
    };
    Some(Shape::Path { path: path.to_owned(), lines })
}

fn line_range(text: &str) -> Option<(usize, usize)> {
    let number = |text: &str| text.trim().trim_start_matches(['L', 'l']).parse().ok();
    let (first, last) = match text.split_once(['-', '–', '~']) {
        Some((first, last)) => (number(first)?, number(last)?),
        None => {
            let line = number(text.split(':').next()?)?;
            (line, line)
        }
    };
    Some((first, last))
}

/// Reads `f(a, b=1)`, with or without `def` and what it returns.
fn call(text: &str) -> Option<Shape> {
    let text = text.trim_end_matches(':').trim();
    let is_def = text.starts_with("def ") || text.starts_with("async def ");
    let text = text.strip_prefix("async ").unwrap_or(text);
    let text = text.strip_prefix("def ").unwrap_or(text);
    let text = text.split_once(" -> ").filter(|_| !text.ends_with(')')).map_or(text, |it| it.0);
    let (name, rest) = text.split_once('(')?;
    let arguments = rest.trim_end().strip_suffix(')')?;
    let name = name.trim();
    let is_one = is_dotted_identifier(name) && closes_once(arguments);
    let arguments = if is_def && arguments.is_empty() { " " } else { arguments };
    is_one.then(|| Shape::Call { name: name.into(), arguments: arguments.into() })
}

/// Whether the brackets within a text are closed within it.
fn closes_once(text: &str) -> bool {
    let (mut depth, mut quote) = (0_i32, None);
    for c in text.chars() {
        match (quote, c) {
            (Some(mark), _) if c == mark => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, _) => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && quote.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_code_is_told_by_its_form() {
        let path = |path: &str, lines| Shape::Path { path: path.into(), lines };
        let name = |name: &str, is_call| Shape::Name { name: name.into(), is_call };
        let call = |name: &str, arguments: &str| Shape::Call {
            name: name.into(),
            arguments: arguments.into(),
        };
        let endpoint =
            |method: &str, path: &str| Shape::Endpoint { method: method.into(), path: path.into() };
        for (text, shape) in [
            ("app.py", path("app.py", None)),
            ("src/app.py:12", path("src/app.py", Some((12, 12)))),
            ("app.py#L3-L7", path("app.py", Some((3, 7)))),
            ("src/", path("src/", None)),
            ("GET /health", endpoint("GET", "/health")),
            ("/items/<int:id>", endpoint("", "/items/<int:id>")),
            ("pkg.mod.f", name("pkg.mod.f", false)),
            ("f()", name("f", true)),
            ("def f(a, b=(1, 2)) -> int:", call("f", "a, b=(1, 2)")),
            ("Store.load(1)", call("Store.load", "1")),
            ("f(1) + f(2)", Shape::Code),
            ("timeout=30", Shape::Binding { name: "timeout".into(), value: "30".into() }),
            ("x == 3", Shape::Code),
            ("x >= 3", Shape::Code),
            ("ValueError: expected low (3) >= high (4)", Shape::Code),
            ("if x:", Shape::Code),
        ] {
            assert_eq!(Shape::of(text), shape, "{text}");
        }
        assert!(matches!(Shape::of("'latin-1'"), Shape::Value(_)));
        assert!(matches!(Shape::of("1.5"), Shape::Value(_)));
    }
}
