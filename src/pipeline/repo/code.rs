//! The text of an indexed repository as questions quote it, and which names the index accounts for.
//!
//! Invariant: a name is accounted for only if every place in the code that has it is a definition, an import or a resolved call;
//! its mentions are all lines that have it, comments and strings included, or it has none.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use crate::error::Result;
use crate::index::{Call, FileId, Index, Kind, Language, SymbolId, Target};
use crate::python::sites::Sites;
use crate::python::tokens::mentioned_names;

/// Files whose text is kept.
const KEPT: usize = 16;
/// Characters of a call or condition that a text quotes.
const MAX_QUOTE: usize = 90;
/// Lines with one name; more are not kept, as no question shows them.
const MAX_MENTIONS: usize = 60;

/// Files that are read at the same time.
const BATCH: usize = 64;

/// What one file has of names.
#[derive(Default)]
struct InFile {
    unexplained: Vec<String>,
    mentions: Vec<(String, u32)>,
}

/// An index with the text of its files.
pub(super) struct Code<'a> {
    pub index: &'a Index,
    texts: Mutex<VecDeque<(FileId, Arc<str>)>>,
    /// Names that the code has in places which the index does not explain.
    unexplained: HashSet<String>,
    /// The lines that have the name of a function, method or class; a name with more than are kept has none.
    mentions: HashMap<String, Vec<(FileId, u32)>>,
    /// The calls of each file, as a range of the index's list.
    calls: HashMap<FileId, (usize, usize)>,
}

impl<'a> Code<'a> {
    /// Reads every Python file once.
    pub fn new(index: &'a Index) -> Result<Self> {
        let mut calls: HashMap<FileId, (usize, usize)> = HashMap::new();
        for (at, call) in index.calls.iter().enumerate() {
            calls.entry(call.file).or_insert((at, at)).1 = at + 1;
        }
        let (texts, mentions) = (Mutex::default(), HashMap::new());
        let mut code = Self { index, texts, unexplained: HashSet::new(), mentions, calls };
        let files: Vec<FileId> = (0..index.files.len() as u32).map(FileId).collect();
        for batch in files.chunks(BATCH) {
            let found: Vec<InFile> =
                batch.par_iter().map(|&file| code.read(file)).collect::<Result<_>>()?;
            for (&file, InFile { unexplained, mentions }) in batch.iter().zip(found) {
                code.unexplained.extend(unexplained);
                for (name, line) in mentions {
                    let lines = code.mentions.entry(name).or_default();
                    if lines.len() <= MAX_MENTIONS {
                        lines.push((file, line));
                    }
                }
            }
        }
        code.mentions.retain(|_, lines| lines.len() <= MAX_MENTIONS);
        Ok(code)
    }

    /// The callable names that a file has in places which the index does not explain, and where it has the names of the index.
    fn read(&self, file: FileId) -> Result<InFile> {
        let text = self.index.text(file)?;
        let kinds =
            |name: &str| self.index.named(name).iter().map(|&id| self.index.symbol(id).kind);
        let mut mentions = Vec::new();
        for (line, number) in text.lines().zip(1..) {
            let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            let known: BTreeSet<&str> = words
                .filter(|word| kinds(word).any(|kind| kind.is_callable() || kind.is_type()))
                .collect();
            mentions.extend(known.into_iter().map(|word| (word.to_owned(), number)));
        }
        let mut explained: HashSet<(u32, &str)> = self
            .calls_of(file)
            .iter()
            .filter(|call| !matches!(call.target, Target::Unresolved(_)))
            .map(|call| (call.line, last_name(&call.callee)))
            .collect();
        let in_code: Vec<(&str, u32)> = match self.index.file(file).language {
            Language::Python => mentioned_names(&text),
            Language::JavaScript
            | Language::TypeScript
            | Language::Go
            | Language::Rust
            | Language::Java => {
                // Their tokens are not read: a comment that has the name leaves it open, too.
                for (_, symbol) in self.index.symbols_of(file) {
                    explained.insert((symbol.lines.start, &symbol.name));
                }
                for import in self.index.imports_of(file) {
                    explained.extend(import.name.iter().map(|name| (import.line, name.as_str())));
                }
                mentions.iter().map(|(name, line)| (name.as_str(), *line)).collect()
            }
        };
        let is_open = |(name, line): &(&str, u32)| {
            kinds(name).any(Kind::is_callable) && !explained.contains(&(*line, *name))
        };
        let unexplained =
            in_code.into_iter().filter(is_open).map(|(name, _)| name.to_owned()).collect();
        Ok(InFile { unexplained, mentions })
    }

    /// The lines that have this name of a function, method or class; none if they are many.
    pub fn mentions(&self, name: &str) -> Option<&[(FileId, u32)]> {
        self.mentions.get(name).map(Vec::as_slice)
    }

    /// The calls in a file, in the order of the text.
    pub fn calls_of(&self, file: FileId) -> &[Call] {
        self.calls.get(&file).map_or(&[], |&(first, end)| &self.index.calls[first..end])
    }

    /// Whether every place that has this name is a definition, an import or a resolved call.
    pub fn is_accounted_for(&self, name: &str) -> bool {
        !self.unexplained.contains(name)
    }

    pub fn text(&self, file: FileId) -> Result<Arc<str>> {
        let texts = || self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, text)) = texts().iter().find(|(id, _)| *id == file) {
            return Ok(text.clone());
        }
        let text: Arc<str> = self.index.text(file)?.into();
        let mut texts = texts();
        if texts.len() == KEPT {
            texts.pop_front();
        }
        texts.push_back((file, text.clone()));
        Ok(text)
    }

    /// A symbol's source.
    pub fn source(&self, id: SymbolId) -> Result<String> {
        let text = self.text(self.index.symbol(id).file)?;
        Ok(self.index.code(id, &text))
    }

    /// Whether a function's own body is not what runs: it is abstract, of a protocol, or for type checkers.
    pub fn is_stub(&self, id: SymbolId) -> Result<bool> {
        let symbol = self.index.symbol(id);
        let is_marked = symbol.decorators.iter().any(|one| {
            let name = last_name(one.split('(').next().unwrap_or_default().trim());
            name == "overload" || name.starts_with("abstract")
        });
        let class = self.index.class_of(id).map(|class| self.index.symbol(class));
        let is_of_protocol = class.is_some_and(|class| {
            class.bases.iter().any(|base| {
                last_name(base.text.split('[').next().unwrap_or_default()) == "Protocol"
            })
        });
        if is_marked || is_of_protocol || symbol.statements == 0 {
            return Ok(true);
        }
        if symbol.statements > 1 {
            return Ok(false);
        }
        let raises = symbol.raises.iter();
        let is_left_out =
            raises.into_iter().any(|one| last_name(&one.exception) == "NotImplementedError");
        let source = self.source(id)?;
        let last = source.trim_end().rsplit('\n').next().unwrap_or_default().trim();
        Ok(is_left_out || last == "pass" || last == "..." || last.ends_with(": ..."))
    }

    /// The methods that a method replaces: those of its name in the classes that its class derives from.
    pub fn replaced(&self, id: SymbolId) -> Vec<SymbolId> {
        let index = self.index;
        let name = &index.symbol(id).name;
        let (mut found, mut at) = (Vec::new(), 0);
        let mut classes: Vec<SymbolId> = index.class_of(id).into_iter().collect();
        while let Some(&class) = classes.get(at) {
            at += 1;
            for base in &index.symbol(class).bases {
                if let Target::Symbol(base) = base.target
                    && !classes.contains(&base)
                {
                    classes.push(base);
                    let members = index.members(base).iter().copied();
                    found.extend(members.filter(|&one| index.symbol(one).name == *name));
                }
            }
        }
        found
    }

    /// Where a function raises and what it calls, as written.
    pub fn sites(&self, id: SymbolId) -> Result<Sites> {
        Ok(Sites::of_function(&self.source(id)?, self.index.symbol(id).first_line))
    }

    /// `path:line` in backticks.
    pub fn at(&self, file: FileId, line: u32) -> String {
        format!("`{}:{line}`", self.index.file(file).path)
    }

    /// Where a symbol is defined: `path:line` in backticks.
    pub fn place(&self, id: SymbolId) -> String {
        let symbol = self.index.symbol(id);
        self.at(symbol.file, symbol.lines.start)
    }

    pub fn path(&self, id: SymbolId) -> &str {
        &self.index.file(self.index.symbol(id).file).path
    }

    /// The name of a symbol within its file, in backticks.
    pub fn name(&self, id: SymbolId) -> String {
        format!("`{}`", self.index.symbol(id).qualified_name.replace(".<locals>", ""))
    }
}

/// The part of a dotted name after its last dot.
pub(super) fn last_name(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// A piece of code if it can be quoted inline.
pub(super) fn quotable(text: &str) -> Option<String> {
    let is_short = text.chars().count() <= MAX_QUOTE;
    (is_short && !text.contains(['\n', '`'])).then(|| format!("`{text}`"))
}
