//! The names, values and pieces of a part of a file.
//!
//! Invariant: a part of a Python file is read as Python, without its comments and docstrings; other text is read word by word.

use std::collections::HashSet;

use crate::python::Module;
use crate::python::fragment::{self, Word};
use crate::python::vocabulary::{Vocabulary, has_piece, squeezed};
use crate::sandbox::value::Value;

/// The words of a text.
pub enum Words {
    Python(Box<Vocabulary>),
    Plain { names: HashSet<String>, values: Vec<Value>, code: String },
}

impl Words {
    /// Reads a text; Python that does not parse is read as other text is.
    pub fn of(text: &str, is_python: bool) -> Self {
        if is_python {
            // The lines of a method are Python only in a block.
            let is_inner = text.starts_with([' ', '\t']);
            let block = if is_inner { format!("if 1:\n{text}") } else { text.to_owned() };
            if let Ok(module) = Module::parse(&block) {
                return Self::Python(Box::new(Vocabulary::of(&module)));
            }
        }
        let (mut names, mut values) = (HashSet::new(), Vec::new());
        for word in text.lines().flat_map(fragment::words) {
            match word {
                Word::Name(name) => {
                    names.insert(name);
                }
                Word::Literal(value, _) => values.push(value),
                Word::Unreadable(_) => {}
            }
        }
        Self::Plain { names, values, code: squeezed(text) }
    }

    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Python(words) => words.names().map(str::to_owned).collect(),
            Self::Plain { names, .. } => names.iter().cloned().collect(),
        }
    }

    /// Two names with a dot between, wherever they are.
    pub fn pairs(&self) -> HashSet<String> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let code = self.code();
        let pair = |at: usize| {
            let start = code[..at].rfind(|c| !is_part(c)).map_or(0, |before| {
                before + code[before..].chars().next().map_or(1, char::len_utf8)
            });
            let rest = &code[at + 1..];
            let len = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            (start < at && len > 0).then(|| code[start..at + 1 + len].to_owned())
        };
        code.match_indices('.').filter_map(|(at, _)| pair(at)).collect()
    }

    pub fn has_name(&self, name: &str) -> bool {
        match self {
            Self::Python(words) => words.has_name(name),
            Self::Plain { names, .. } => names.contains(name),
        }
    }

    /// Whether a text is a piece of the code, white space and the kind of quotes aside.
    pub fn has_piece(&self, text: &str) -> bool {
        let text = squeezed(text);
        has_piece(self.code(), &text)
            || has_piece(self.code(), &text.replace('\'', "\""))
            || has_piece(self.code(), &text.replace('"', "'"))
    }

    pub fn has_value(&self, value: &Value) -> bool {
        self.values().contains(value)
    }

    /// Whether a text is a string of the code, or a part of one.
    pub fn has_text(&self, text: &str) -> bool {
        let is_in = |value: &Value| matches!(value, Value::Str(whole) if has_piece(whole, text));
        self.values().iter().any(is_in)
    }

    fn values(&self) -> &[Value] {
        match self {
            Self::Python(words) => words.values(),
            Self::Plain { values, .. } => values,
        }
    }

    /// The code without white space that says nothing, without comments and docstrings.
    pub fn code(&self) -> &str {
        match self {
            Self::Python(words) => words.code(),
            Self::Plain { code, .. } => code,
        }
    }
}

/// Whether code has a name with an opening bracket after it, other than in a definition.
pub fn is_applied(code: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        let line = code[..at].rsplit('\n').next().unwrap_or_default();
        let is_comment = line.trim_start().starts_with('#');
        let is_def = line.trim_end().ends_with("def") || line.trim_end().ends_with("class");
        code[at + name.len()..].trim_start_matches(' ').starts_with('(')
            && !code[..at].chars().next_back().is_some_and(is_part)
            && !is_comment
            && !is_def
    })
}
