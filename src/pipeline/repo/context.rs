//! What a question shows of the repository, so that it can be answered from that: lines of its files with their numbers.
//!
//! Invariant: every line is the repository's own; a question that needs more lines than a message has room for is not asked.

use std::collections::{BTreeMap, BTreeSet};

use super::code::Code;
use super::reach::reach;
use crate::error::Result;
use crate::fences::fence_for;
use crate::index::{FileId, SymbolId};
use crate::sample::repository::TextLanguage;

/// Characters of what a question shows.
const MAX_SHOWN: usize = 12_000;

/// What the lines of an excerpt are all of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum All {
    /// The lines that have a name.
    Mentions(String),
    /// The class statements that name a class.
    Classes(String),
    /// The imports that name a module.
    Imports(String),
}

/// Lines of files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Excerpt {
    all: Vec<All>,
    hides_doctests: bool,
    /// Texts whose lines are not shown, as they may say the answer.
    hidden: Vec<String>,
    lines: BTreeMap<FileId, BTreeSet<u32>>,
}

impl Excerpt {
    /// Every line with a name; none if there are too many.
    pub fn mentions(code: &Code<'_>, name: &str) -> Option<Self> {
        let mut excerpt = Self { all: vec![All::Mentions(name.to_owned())], ..Self::default() };
        for &(file, line) in code.mentions(name)? {
            excerpt.line(code, file, line);
        }
        Some(excerpt)
    }

    /// The class statements at these places, which are all that name a class.
    pub fn classes(code: &Code<'_>, name: &str, classes: &[SymbolId]) -> Self {
        let all = vec![All::Classes(name.to_owned())];
        let mut excerpt = Self { all, ..Self::default() };
        classes.iter().for_each(|&class| excerpt.head(code, class));
        excerpt
    }

    /// The imports at these places, which are all that name a module.
    pub fn imports(code: &Code<'_>, module: &str, places: &[(FileId, u32)]) -> Self {
        let all = vec![All::Imports(module.to_owned())];
        let mut excerpt = Self { all, ..Self::default() };
        places.iter().for_each(|&(file, line)| excerpt.line(code, file, line));
        excerpt
    }

    /// A symbol as a whole.
    pub fn symbol(code: &Code<'_>, id: SymbolId) -> Self {
        let mut excerpt = Self::default();
        excerpt.whole(code, id);
        excerpt
    }

    /// A function with all of the repository that decides what its calls give, but for doctests, which say it.
    pub fn behaviour(code: &Code<'_>, id: SymbolId) -> Result<Self> {
        let mut excerpt = Self { hides_doctests: true, ..Self::default() };
        for id in reach(code, id)? {
            excerpt.whole(code, id);
            if excerpt.is_long() {
                break;
            }
        }
        Ok(excerpt)
    }

    /// The same without the lines that have this text.
    pub fn without(mut self, text: &str) -> Self {
        self.hidden.push(text.to_owned());
        self
    }

    /// Adds a line, with the heads of the definitions around it.
    pub fn line(&mut self, code: &Code<'_>, file: FileId, line: u32) {
        self.lines.entry(file).or_default().insert(line);
        self.heads(code, file, line);
    }

    /// Adds the first line of a symbol's definition, with the heads of those around it.
    pub fn head(&mut self, code: &Code<'_>, id: SymbolId) {
        let symbol = code.index.symbol(id);
        self.line(code, symbol.file, symbol.lines.start);
    }

    /// Adds all lines of a symbol, with the heads of the definitions around it.
    pub fn whole(&mut self, code: &Code<'_>, id: SymbolId) {
        let symbol = code.index.symbol(id);
        self.lines.entry(symbol.file).or_default().extend(symbol.first_line..=symbol.lines.end);
        self.heads(code, symbol.file, symbol.lines.start);
    }

    /// Adds the lines around one.
    pub fn around(&mut self, code: &Code<'_>, file: FileId, line: u32, distance: u32) {
        let last = code.index.file(file).lines;
        let near = line.saturating_sub(distance).max(1)..=(line + distance).min(last);
        self.lines.entry(file).or_default().extend(near);
        self.heads(code, file, line);
    }

    fn heads(&mut self, code: &Code<'_>, file: FileId, line: u32) {
        let lines = self.lines.entry(file).or_default();
        for (_, symbol) in code.index.symbols_of(file) {
            let is_around = symbol.lines.start < line && line <= symbol.lines.end;
            if is_around && (symbol.kind.is_callable() || symbol.kind.is_type()) {
                lines.insert(symbol.lines.start);
            }
        }
    }

    /// Adds what another excerpt has.
    pub fn add(&mut self, other: &Self) {
        self.hides_doctests |= other.hides_doctests;
        self.hidden.extend(other.hidden.iter().cloned());
        for all in &other.all {
            if !self.all.contains(all) {
                self.all.push(all.clone());
            }
        }
        for (&file, lines) in &other.lines {
            self.lines.entry(file).or_default().extend(lines);
        }
    }

    /// Whether it has more lines than any message has room for.
    fn is_long(&self) -> bool {
        self.lines.values().map(BTreeSet::len).sum::<usize>() > MAX_SHOWN / 8
    }

    /// The lines with their numbers, by files; none if they are too long.
    pub fn text(&self, code: &Code<'_>, lang: TextLanguage) -> Result<Option<String>> {
        if self.is_long() {
            return Ok(None);
        }
        let mut text = String::new();
        for all in &self.all {
            text.push_str(&all.said(lang));
            text.push('\n');
        }
        for (&file, lines) in &self.lines {
            let source = code.text(file)?;
            let source: Vec<&str> = source.lines().collect();
            let width = lines.last().map_or(1, |line| line.to_string().len());
            let hidden = if self.hides_doctests { doctests(&source) } else { BTreeSet::new() };
            let (mut shown, mut before) = (String::new(), 0);
            for &line in lines.difference(&hidden) {
                let written = source.get(line as usize - 1).copied().unwrap_or_default();
                if self.hidden.iter().any(|text| written.contains(text)) {
                    continue;
                }
                if before > 0 && line > before + 1 {
                    shown.push_str("...\n");
                }
                shown.push_str(format!("{line:>width$} | {written}").trim_end());
                shown.push('\n');
                before = line;
            }
            let (file, fence) = (code.index.file(file), fence_for(&shown));
            let language = file.language.name();
            text.push_str(&format!("`{}`:\n{fence}{language}\n{shown}{fence}\n", file.path));
        }
        Ok((text.chars().count() <= MAX_SHOWN).then_some(text))
    }
}

/// The lines of doctests, with what they print.
fn doctests(source: &[&str]) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut is_inside = false;
    for (line, number) in source.iter().map(|line| line.trim()).zip(1..) {
        let ends = line.is_empty() || line.contains("\"\"\"") || line.contains("'''");
        is_inside = line.starts_with(">>>") || is_inside && !ends;
        if is_inside {
            found.insert(number);
        }
    }
    found
}

impl All {
    fn said(&self, lang: TextLanguage) -> String {
        match (lang, self) {
            (TextLanguage::English, Self::Mentions(name)) => {
                format!(
                    "Every line of the source files and tests that has the name `{name}`, with the definitions around it:"
                )
            }
            (TextLanguage::Chinese, Self::Mentions(name)) => {
                format!("源文件和测试中出现名称 `{name}` 的所有行，以及它们所在的定义：")
            }
            (TextLanguage::English, Self::Classes(name)) => {
                format!("Every class statement of the repository that names `{name}`:")
            }
            (TextLanguage::Chinese, Self::Classes(name)) => {
                format!("仓库中所有提到 `{name}` 的类定义语句：")
            }
            (TextLanguage::English, Self::Imports(name)) => {
                format!("Every import outside of tests that names `{name}`:")
            }
            (TextLanguage::Chinese, Self::Imports(name)) => {
                format!("测试以外所有提到 `{name}` 的导入语句：")
            }
        }
    }
}
