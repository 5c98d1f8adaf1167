//! What a question shows of the repository, so that it can be answered from that: lines of its files with their numbers.
//!
//! Invariant: every line is the repository's own; a question that needs more lines than a message has room for is not asked.

use std::collections::{BTreeMap, BTreeSet};

use super::code::{Code, last_name};
use super::reach::reach;
use super::receivers;
use crate::error::Result;
use crate::fences::fence_for;
use crate::index::{FileId, SymbolId};
use crate::python::tokens::prose_lines;
use crate::sample::repository::TextLanguage;

/// Characters of what a question shows.
const MAX_SHOWN: usize = 12_000;
/// What stands between a call and its result in an example.
const EXAMPLES: [&str; 6] = [") -> ", ") --> ", ") => ", ") == ", ") # ", ") ≡ "];

/// What the lines of an excerpt are all of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum All {
    /// The lines that have one of these names, and whether lines that say what it is called on are among them.
    Mentions { names: Vec<String>, has_receivers: bool },
    /// Files of tests, none of which has a name.
    Untested { name: String, files: Vec<String> },
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
    /// Texts that comments and docstrings must not have.
    unsaid: Vec<String>,
    /// The lines that `all` is said of.
    listed: BTreeMap<FileId, BTreeSet<u32>>,
    /// Others.
    lines: BTreeMap<FileId, BTreeSet<u32>>,
}

impl Excerpt {
    /// Every line with one of these names; none if there are too many. For the calls of a method, it shows what it is called on.
    pub fn mentions(code: &Code<'_>, names: &[String]) -> Result<Option<Self>> {
        let (mut excerpt, mut has_receivers) = (Self::default(), false);
        for name in names {
            let Some(mentions) = code.mentions(name) else { return Ok(None) };
            for &(file, line) in mentions {
                excerpt.line(code, file, line);
                let calls = code.index.calls_of(file).iter().filter(|call| call.line == line);
                for call in calls.filter(|call| last_name(&call.callee) == name) {
                    for (file, line) in receivers::places(code, call)? {
                        excerpt.line(code, file, line);
                        has_receivers = true;
                    }
                }
            }
        }
        Ok(Some(excerpt.all_of(All::Mentions { names: names.to_owned(), has_receivers })))
    }

    /// Says of all lines so far what they are.
    fn all_of(mut self, all: All) -> Self {
        self.all.push(all);
        self.listed = std::mem::take(&mut self.lines);
        self
    }

    /// Says that none of these files has a name.
    pub fn untested(&mut self, name: &str, files: Vec<String>) {
        self.all.push(All::Untested { name: name.to_owned(), files });
    }

    /// The class statements at these places, which are all that name a class.
    pub fn classes(code: &Code<'_>, name: &str, classes: &[SymbolId]) -> Self {
        let mut excerpt = Self::default();
        classes.iter().for_each(|&class| excerpt.head(code, class));
        excerpt.all_of(All::Classes(name.to_owned()))
    }

    /// The imports at these places, which are all that name a module.
    pub fn imports(code: &Code<'_>, module: &str, places: &[(FileId, u32)]) -> Self {
        let mut excerpt = Self::default();
        places.iter().for_each(|&(file, line)| excerpt.line(code, file, line));
        excerpt.all_of(All::Imports(module.to_owned()))
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

    /// The same without the lines of comments and docstrings that have one of these texts.
    pub fn unsaid(mut self, texts: impl Iterator<Item = String>) -> Self {
        self.unsaid.extend(texts);
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
        self.unsaid.extend(other.unsaid.iter().cloned());
        for all in &other.all {
            if !self.all.contains(all) {
                self.all.push(all.clone());
            }
        }
        for (to, from) in [(&mut self.listed, &other.listed), (&mut self.lines, &other.lines)] {
            for (&file, lines) in from {
                to.entry(file).or_default().extend(lines);
            }
        }
    }

    /// Whether its heading says that it has all lines of a kind.
    pub fn is_complete_list(&self) -> bool {
        self.all.iter().any(|all| !matches!(all, All::Untested { .. }))
    }

    /// Whether lines may be missing because they say the answer.
    pub fn hides(&self) -> bool {
        self.hides_doctests || !self.hidden.is_empty()
    }

    /// Whether it has more lines than any message has room for.
    fn is_long(&self) -> bool {
        let all = self.lines.values().chain(self.listed.values());
        all.map(BTreeSet::len).sum::<usize>() > MAX_SHOWN / 8
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
        self.files(code, &self.listed, &mut text)?;
        let mut others = self.lines.clone();
        for (file, lines) in &mut others {
            let listed = self.listed.get(file);
            lines.retain(|line| listed.is_none_or(|listed| !listed.contains(line)));
        }
        others.retain(|_, lines| !lines.is_empty());
        if !self.listed.is_empty() && !others.is_empty() {
            text.push_str(match lang {
                TextLanguage::English => "Other lines of the repository:\n",
                TextLanguage::Chinese => "仓库中的其他行：\n",
            });
        }
        self.files(code, &others, &mut text)?;
        Ok((text.chars().count() <= MAX_SHOWN).then_some(text))
    }

    /// Adds lines with their numbers to a text, by files.
    fn files(
        &self,
        code: &Code<'_>,
        files: &BTreeMap<FileId, BTreeSet<u32>>,
        text: &mut String,
    ) -> Result<()> {
        for (&file, lines) in files {
            let source = code.text(file)?;
            let unsaid = if self.hides_doctests { self.telling(&source) } else { BTreeSet::new() };
            let source: Vec<&str> = source.lines().collect();
            let width = lines.last().map_or(1, |line| line.to_string().len());
            let (mut shown, mut before) = (String::new(), 0);
            for &line in lines.difference(&unsaid) {
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
        Ok(())
    }

    /// The lines of a file that may say what a call gives: doctests, and comments and docstrings with examples.
    fn telling(&self, source: &str) -> BTreeSet<u32> {
        let lines: Vec<&str> = source.lines().collect();
        let mut found = doctests(&lines);
        let is_example = |line: &str| {
            EXAMPLES.iter().any(|mark| line.contains(mark))
                || self.unsaid.iter().any(|text| line.contains(text))
        };
        let prose = prose_lines(source).into_iter();
        found.extend(
            prose.filter(|&line| lines.get(line as usize - 1).is_some_and(|line| is_example(line))),
        );
        found
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
            (TextLanguage::English, Self::Mentions { names, has_receivers }) => {
                let names = one_of(names, ", ", " or ");
                let around = match has_receivers {
                    true => ", with the definitions around it and of what it is called on:",
                    false => ", with the definitions around it:",
                };
                format!(
                    "Every line of the source files and tests that has the name {names}{around}"
                )
            }
            (TextLanguage::Chinese, Self::Mentions { names, has_receivers }) => {
                let names = one_of(names, "、", " 或 ");
                let around = match has_receivers {
                    true => "，以及它们所在的定义和调用对象的定义：",
                    false => "，以及它们所在的定义：",
                };
                format!("源文件和测试中出现名称 {names} 的所有行{around}")
            }
            (TextLanguage::English, Self::Untested { name, files }) => {
                let files = one_of(files, ", ", " and ");
                format!(
                    "The test files are {files}; none of them has the name `{name}`. Lines of the repository:"
                )
            }
            (TextLanguage::Chinese, Self::Untested { name, files }) => {
                let files = one_of(files, "、", " 和 ");
                format!("测试文件是 {files}，其中都没有出现名称 `{name}`。仓库中的相关行：")
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

/// Names in words.
fn one_of(names: &[String], comma: &str, last: &str) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., end] => format!("{}{last}{end}", first.join(comma)),
    }
}
