//! Checks a text part by part: reads what it names, resolves that, and holds what it states of it against the repository.
//!
//! Invariant: everything is read before anything is checked, so that what a text marks as new is new in all of it.

use super::items::{Item, Parts};
use super::known::{FileId, Repository, SymbolId};
use super::near::{missing, near, with_misses};
use super::resolve::{Resolver, Thing, places};
use super::results::{self, Read};
use super::shape::Shape;
use super::statements::{Fault, Statement};
use super::{About, Checked, cue, relations, signature, values};
use crate::fences;
use crate::ground::claim::{Stated, stated};
use crate::ground::claims::is_mixed;
use crate::ground::evidence::{is_compound, is_trivial};
use crate::ground::spans::sentences;
use crate::ground::words::words;
use crate::ground::{Failed, MAX_TEXT, NO_CLAIMS};
use crate::python::fragment::{self, Word};
use crate::report::is_unseen;
use crate::sample::Text;
use crate::sandbox::value::Value;

/// The mark of a reply that failed, as some sets have it in place of an answer.
const FAILED_REPLY: &str = "[ERROR]";

impl Repository {
    /// Checks a text. A stated result has to be that of one of the executions; none is run.
    pub fn check(&self, about: &About<'_>, text: &Text) -> Checked {
        results::known(self.read(about, text), about)
    }

    /// Checks all of a text but the results of calls.
    pub fn read(&self, about: &About<'_>, text: &Text) -> Read {
        let mut read = Read { failed: Vec::new(), held: 0, calls: Vec::new() };
        if text.parts.iter().map(|(_, text)| text.len()).sum::<usize>() > MAX_TEXT {
            read.failed.push(Failed::new("text", "the whole text", "it is too long to be checked"));
            return read;
        }
        let mut resolver = Resolver::new(self, about);
        if !about.file.is_empty() && resolver.file.is_none() {
            read.failed.push(Failed::new("file", about.file, &self.no_path(about.file)));
        }
        let clean: Vec<(&str, String)> = text
            .parts
            .iter()
            .map(|(part, text)| {
                (part.as_str(), text.chars().filter(|c| !is_unseen(*c)).collect::<String>())
            })
            .collect();
        let is_known = |name: &str| {
            name.len() > 2 && !self.named(name.rsplit('.').next().unwrap_or(name)).is_empty()
        };
        let mut parts: Vec<(&str, Parts)> = Vec::new();
        for (part, text) in &clean {
            if text.trim_start().starts_with(FAILED_REPLY) {
                read.failed.push(Failed::new(
                    part,
                    FAILED_REPLY,
                    "it is a model's reply that failed",
                ));
            }
            if !fences::blocks(text).is_empty() {
                read.failed.push(Failed::new(
                    part,
                    "a block of code",
                    "only inline code can be checked",
                ));
            }
            for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| is_mixed(word)) {
                let why = "it mixes letters of two scripts that look alike";
                read.failed.push(Failed::new(part, word, why));
            }
            parts.extend(sentences(text).iter().map(|one| (*part, Parts::of(one, is_known))));
        }
        let is_missing = |name: &&String| resolver.name(name).is_err();
        let added: Vec<String> = text.adds.iter().filter(is_missing).cloned().collect();
        resolver.new.extend(added);
        for (part, parts) in &parts {
            for fault in resolver.take_new(parts) {
                read.failed.push(Failed::new(part, &fault.0, &fault.1));
            }
        }
        parts.iter().for_each(|(_, parts)| resolver.take_scope(parts));
        let is_design = clean.iter().any(|(part, _)| *part == "design" || *part == "requirement");
        let mut carried = (resolver.function.clone(), resolver.file);
        for (part, parts) in &parts {
            let mut faults = Vec::new();
            let statement =
                resolver.resolve(parts, carried, is_design, &mut faults, &mut read.held);
            if !parts.is_question {
                let checks = [relations::check, super::places::check, values::check];
                for check in checks {
                    read.held += check(&resolver, &statement, &mut faults);
                }
                results::read(&resolver, &statement, part, &mut read.calls, &mut faults);
            }
            carried = carry(&resolver, &statement);
            let failed = faults.into_iter().map(|(claim, why)| Failed::new(part, &claim, &why));
            read.failed.extend(failed);
        }
        if read.failed.is_empty() && read.held == 0 && read.calls.is_empty() {
            read.failed.push(Failed::new("text", "the whole text", NO_CLAIMS));
        }
        read.failed.dedup();
        read
    }

    /// Why there is no file of a path that is written in full, if there is none.
    pub fn missing_file(&self, path: &str) -> Option<String> {
        self.path(path).is_none().then(|| self.no_path(path))
    }

    /// The code of the functions of a name in a file, with and without decorators; none if the file defines none.
    pub fn codes(&self, path: &str, function: &str) -> Vec<String> {
        let about = About { file: path, function, executions: &[] };
        let ids = Resolver::new(self, &about).function;
        let code = |id: SymbolId| {
            let symbol = self.symbol(id);
            [symbol.first, symbol.line].map(|first| self.lines(id.file, first, symbol.last))
        };
        ids.into_iter().flat_map(code).collect()
    }

    /// Why a file does not define a function.
    pub fn missing_function(&self, path: &str, function: &str) -> String {
        let file = self.path(path);
        let ids = file.into_iter().flat_map(|file| self.symbols_of(file));
        let names: Vec<&str> = ids.map(|id| self.symbol(id).name.as_str()).collect();
        let why = format!("{path} does not define it");
        with_misses(why, &near(function, names.into_iter()))
    }

    /// Why there is no file of a path.
    fn no_path(&self, path: &str) -> String {
        let all: Vec<&str> = self.file_ids().map(|id| self.file(id).path.as_str()).collect();
        let name = path.rsplit('/').next().unwrap_or(path);
        let same = |other: &&&str| other.rsplit('/').next() == Some(name);
        let same: Vec<String> =
            all.iter().filter(same).take(2).map(|path| (*path).to_owned()).collect();
        if !same.is_empty() {
            return missing(path, &same);
        }
        let names: Vec<&str> =
            all.iter().map(|path| path.rsplit('/').next().unwrap_or(path)).collect();
        let close = near(name, names.iter().copied());
        let is_close =
            |path: &&&str| close.iter().any(|name| path.rsplit('/').next() == Some(name));
        let close: Vec<String> =
            all.iter().filter(is_close).take(2).map(|path| (*path).to_owned()).collect();
        missing(path, &close)
    }
}

/// What a sentence leaves for the next one to speak of.
fn carry(resolver: &Resolver<'_>, statement: &Statement<'_>) -> (Vec<SymbolId>, Option<FileId>) {
    let is_callable = |ids: &&[SymbolId]| {
        use super::SymbolKind::{Class, Function, Method};
        let kind = |id: &SymbolId| resolver.repository.symbol(*id).kind;
        ids.iter().any(|id| matches!(kind(id), Function | Method | Class))
    };
    let mut all = (0..statement.things.len()).map(|at| statement.symbols(at));
    let ids = all.find(is_callable).map_or_else(|| statement.carried.clone(), <[_]>::to_vec);
    let file = statement.things.iter().find_map(|thing| match thing {
        Some(Thing::Files(files)) => files.first().copied(),
        _ => None,
    });
    (ids, file.or(statement.carried_file))
}

impl Resolver<'_> {
    /// Takes in what a sentence marks as new; what is there already is a fault.
    fn take_new(&mut self, parts: &Parts) -> Vec<Fault> {
        let mut faults = Vec::new();
        let in_sentence: Vec<FileId> = parts
            .items
            .iter()
            .filter_map(|item| match &item.shape {
                Shape::Path { path, .. } => self.repository.paths_ending(path).first().copied(),
                _ => None,
            })
            .collect();
        for item in parts.items.iter().filter(|item| item.is_new) {
            let (name, there) = match &item.shape {
                Shape::Path { path, .. } => {
                    let there = self.repository.path(path).is_some();
                    (path.clone(), there.then(|| "it exists".to_owned()))
                }
                Shape::Endpoint { method, path } => {
                    let there = !self.endpoints(method, path).is_empty();
                    (item_endpoint(method, path), there.then(|| "it exists".to_owned()))
                }
                Shape::Name { name, .. }
                | Shape::Call { name, .. }
                | Shape::Binding { name, .. } => {
                    let is_top = |id: &SymbolId| {
                        let symbol = self.repository.symbol(*id);
                        name.contains('.') || !symbol.name.contains('.')
                    };
                    let is_here =
                        |id: &SymbolId| in_sentence.is_empty() || in_sentence.contains(&id.file);
                    let same: Vec<SymbolId> =
                        self.symbols(name).into_iter().filter(is_top).filter(is_here).collect();
                    let at = places(self.repository, &same);
                    (name.clone(), (!same.is_empty()).then(|| format!("it is in {at}")))
                }
                Shape::Lines(..) | Shape::Method(_) | Shape::Value(_) | Shape::Code => {
                    (item.text.clone(), None)
                }
            };
            match there {
                Some(there) => {
                    faults.push((format!("`{}` is marked as new", item.text), there));
                }
                None => {
                    self.new.insert(name);
                }
            }
        }
        faults
    }

    /// Takes in which parts of the repository a sentence is about.
    fn take_scope(&mut self, parts: &Parts) {
        for item in &parts.items {
            match &item.shape {
                Shape::Path { path, lines } => {
                    for file in self.repository.paths_ending(path) {
                        match lines {
                            None => self.scope.add_file(file),
                            Some((first, last)) => {
                                self.scope.files.insert(file);
                                let around = self.repository.symbols_of(file).filter(|id| {
                                    let symbol = self.repository.symbol(*id);
                                    symbol.first <= *last && *first <= symbol.last
                                });
                                around.for_each(|id| self.scope.add_symbol(id));
                            }
                        }
                    }
                }
                Shape::Name { name, .. } | Shape::Call { name, .. } => match self.name(name) {
                    Ok(Thing::Symbols(ids)) if ids.len() <= 8 => {
                        ids.into_iter().for_each(|id| self.scope.add_symbol(id));
                    }
                    Ok(Thing::Files(files)) => {
                        files.into_iter().for_each(|id| self.scope.add_file(id));
                    }
                    Ok(_) | Err(_) => {}
                },
                Shape::Endpoint { method, path } => {
                    let found: Vec<SymbolId> = self
                        .endpoints(method, path)
                        .into_iter()
                        .filter_map(|(file, endpoint)| self.handler(file, endpoint))
                        .collect();
                    found.into_iter().for_each(|id| self.scope.add_symbol(id));
                }
                Shape::Lines(..) | Shape::Method(_) | Shape::Binding { .. } => {}
                Shape::Value(_) | Shape::Code => {}
            }
        }
    }

    /// Says what the items of a sentence denote; those that denote nothing are faults.
    fn resolve<'s>(
        &self,
        parts: &'s Parts,
        (carried, carried_file): (Vec<SymbolId>, Option<FileId>),
        is_plan: bool,
        faults: &mut Vec<Fault>,
        held: &mut usize,
    ) -> Statement<'s> {
        let mut statement = Statement { parts, things: Vec::new(), carried, carried_file, is_plan };
        let has_new = parts.items.iter().any(|item| item.is_new || self.denotes_new(item));
        let has_call = results::has_call(parts);
        for (at, item) in parts.items.iter().enumerate() {
            let is_denied =
                cue::denies_after(&parts.gaps[at]) || cue::denies_before(&parts.gaps[at + 1]);
            let is_signature = parts.gaps.iter().any(|gap| {
                words(gap).iter().any(|word| word == "signature") || gap.contains("签名")
            });
            let found = self.item(item, is_signature, has_new && is_plan, has_call);
            match found {
                Ok(thing) => {
                    if cue::denies_before(&parts.gaps[at + 1]) && thing.is_some() {
                        faults.push((format!("`{}` does not exist", item.text), "it does".into()));
                    }
                    let is_of_repository =
                        matches!(thing, Some(Thing::Symbols(_) | Thing::Files(_)))
                            || self.is_known_value(item);
                    *held += usize::from(is_of_repository);
                    statement.things.push(thing);
                }
                Err(why) => {
                    if !is_denied {
                        faults.push((format!("`{}`", item.text), why));
                    }
                    statement.things.push(None);
                }
            }
        }
        statement
    }

    fn denotes_new(&self, item: &Item) -> bool {
        match &item.shape {
            Shape::Path { path, .. } => self.new.contains(path),
            Shape::Endpoint { method, path } => {
                self.new.contains(&item_endpoint(method, path))
                    || self.new.contains(path)
                    || method.is_empty()
                        && self.new.iter().any(|new| new.ends_with(&format!(" {path}")))
            }
            Shape::Name { name, .. } | Shape::Call { name, .. } | Shape::Binding { name, .. } => {
                self.is_new(name)
            }
            Shape::Value(_) | Shape::Code => self.new.contains(&item.text),
            Shape::Lines(..) | Shape::Method(_) => false,
        }
    }

    /// What an item denotes, or why it denotes nothing.
    fn item(
        &self,
        item: &Item,
        is_signature: bool,
        may_add: bool,
        has_call: bool,
    ) -> Result<Option<Thing>, String> {
        if item.is_new || self.denotes_new(item) {
            return Ok(Some(Thing::New));
        }
        match &item.shape {
            Shape::Path { path, .. } => self.path(path).map(Some),
            Shape::Endpoint { method, path } => self.endpoint(item, method, path),
            Shape::Name { name, .. } => self.name(name).map(Some),
            Shape::Call { name, arguments } => {
                self.call(item, name, arguments, is_signature, may_add)
            }
            Shape::Binding { name, .. } => {
                if may_add {
                    Ok(None)
                } else {
                    self.name(name).map(|_| None)
                }
            }
            // Held against the call that they are results of.
            Shape::Value(_) if has_call || !item.is_code || may_add => Ok(None),
            Shape::Value(stated) => self.value(stated, &item.text),
            // What a call raises is held against the call, too.
            Shape::Code if has_call && stated(&item.text).is_some() => Ok(None),
            Shape::Code => self.code(&item.text, may_add).map(|()| None),
            Shape::Lines(..) | Shape::Method(_) => Ok(None),
        }
    }

    fn path(&self, path: &str) -> Result<Thing, String> {
        let files = self.repository.paths_ending(path);
        if !files.is_empty() {
            return Ok(Thing::Files(files));
        }
        if self.repository.has_folder(path) {
            return Ok(Thing::Folder);
        }
        // A path that the code itself has, such as that of a file it writes.
        if self.scope.has_value(self.repository, &Value::str(path)) {
            return Ok(Thing::Local);
        }
        Err(self.repository.no_path(path))
    }

    fn endpoint(&self, item: &Item, method: &str, path: &str) -> Result<Option<Thing>, String> {
        let found = self.endpoints(method, path);
        if !found.is_empty() {
            let handlers =
                found.iter().filter_map(|(file, endpoint)| self.handler(*file, endpoint));
            let _ = handlers;
            return Ok(Some(Thing::Local));
        }
        let is_text = self.scope.has_value(self.repository, &Value::str(path));
        if method.is_empty() && is_text && item.is_code {
            return Ok(None);
        }
        Err(self.no_endpoint(method, path))
    }

    fn call(
        &self,
        item: &Item,
        name: &str,
        arguments: &str,
        is_signature: bool,
        may_add: bool,
    ) -> Result<Option<Thing>, String> {
        let thing = match self.name(name) {
            Ok(thing) => thing,
            Err(_) if self.scope.has_piece(self.repository, &item.text) => Thing::Local,
            Err(why) => return Err(why),
        };
        if thing == Thing::New {
            return Ok(Some(thing));
        }
        if let Thing::Symbols(ids) = &thing {
            let is_piece = !is_signature && self.scope.has_piece(self.repository, &item.text);
            return match signature::fault(self, ids, arguments, is_signature) {
                Some(why) if !is_piece && !may_add => Err(why),
                Some(_) | None => Ok(Some(thing)),
            };
        }
        // A function from elsewhere: the code has to call it like this, or at least to have all of its words.
        let has_applied = self.scope.has_piece(self.repository, &format!("{name}("));
        match self.code(&item.text, may_add) {
            Ok(()) => Ok(Some(thing)),
            Err(_) if has_applied && self.code(arguments, may_add).is_ok() => Ok(Some(thing)),
            Err(why) => Err(why),
        }
    }

    fn value(&self, stated: &Stated, shown: &str) -> Result<Option<Thing>, String> {
        let Stated::Value(value) = stated else { return Ok(None) };
        let is_known = is_trivial(value)
            || self.scope.has_value(self.repository, value)
            || self.scope.has_piece(self.repository, shown) && shown.len() > 6;
        if is_known {
            return Ok(None);
        }
        Err(format!("no such value occurs in what the text names of {}", self.shown_files()))
    }

    /// Whether an item is a value that the code has, and not one that any code may have.
    fn is_known_value(&self, item: &Item) -> bool {
        match &item.shape {
            Shape::Value(Stated::Value(value)) => {
                item.is_code && !is_trivial(value) && self.scope.has_value(self.repository, value)
            }
            Shape::Code => self.scope.has_piece(self.repository, &item.text),
            Shape::Value(Stated::Raises { .. }) | Shape::Path { .. } | Shape::Lines(..) => false,
            // A name may be a string of the code, such as that of a variable of the environment.
            Shape::Name { name, .. } => {
                let is_builtin = self.name(name) == Ok(Thing::Builtin);
                !is_builtin && self.scope.has_value(self.repository, &Value::str(name))
            }
            Shape::Endpoint { .. } | Shape::Method(_) => false,
            Shape::Call { .. } | Shape::Binding { .. } => false,
        }
    }

    /// Inline code that is no name: a piece of the code, a text in it, or words that are all known.
    fn code(&self, text: &str, may_add: bool) -> Result<(), String> {
        let is_text = || self.scope.has_value(self.repository, &Value::str(text));
        if may_add || self.scope.has_piece(self.repository, text) || is_text() {
            return Ok(());
        }
        let words = fragment::words(text);
        let is_new = |word: &Word| matches!(word, Word::Name(name) if self.is_new(name));
        if words.iter().any(is_new) {
            return Ok(());
        }
        if words.is_empty() || is_compound(text) {
            return Err(format!("this code does not occur in {}", self.shown_files()));
        }
        for word in words {
            match word {
                Word::Name(name) => {
                    self.name(&name)?;
                }
                Word::Literal(value, written) => {
                    self.value(&Stated::Value(value), &written)?;
                }
                Word::Unreadable(written) => {
                    return Err(format!("`{written}` is neither a name nor a literal"));
                }
            }
        }
        Ok(())
    }
}

fn item_endpoint(method: &str, path: &str) -> String {
    if method.is_empty() { path.to_owned() } else { format!("{method} {path}") }
}
