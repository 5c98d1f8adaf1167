//! Checks a text part by part: reads what it names, resolves that, and holds what it states of it against the repository.
//!
//! Invariant: everything is read before anything is checked, so that what a text marks as new is new in all of it.

use super::denote::item_endpoint;
use super::items::{Item, Parts};
use super::known::{FileId, Repository, SymbolId};
use super::phrase::is_conditional;
use super::resolve::{Resolver, Thing, places};
use super::results::{self, Read};
use super::shape::Shape;
use super::statements::{Fault, Statement};
use super::{
    About, Checked, counts, cue, kinds, owners, places as lines, relations, sources, tested, values,
};
use crate::fences;
use crate::ground::claims::is_mixed;
use crate::ground::spans::sentences;
use crate::ground::words::words;
use crate::ground::{Failed, MAX_TEXT, NO_CLAIMS};
use crate::python::is_dotted_identifier;
use crate::report::is_unseen;
use crate::sample::Text;
use crate::sample::text::FAILED_REPLY;

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
                let seen: String = text.chars().filter(|c| !is_unseen(*c)).collect();
                let is_design = ["design", "answer"].contains(&part.as_str());
                (part.as_str(), if is_design { tested::in_words(&seen) } else { seen })
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
        for (_, parts) in &mut parts {
            resolver.reshape(parts);
        }
        for add in &text.adds {
            if !clean.iter().any(|(_, text)| text.contains(add.as_str())) {
                let why = "it is listed as new, and no text names it";
                read.failed.push(Failed::new("adds", &format!("`{add}`"), why));
            }
            if let Some(there) = resolver.take_added(add) {
                let claim = format!("`{add}` is listed as new");
                read.failed.push(Failed::new("adds", &claim, &there));
            }
        }
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
                let checks = [
                    relations::check,
                    lines::check,
                    values::check,
                    owners::check,
                    kinds::check,
                    counts::check,
                    sources::check,
                ];
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
}

/// What a sentence leaves for the next one to speak of.
fn carry(resolver: &Resolver<'_>, statement: &Statement<'_>) -> (Vec<SymbolId>, Option<FileId>) {
    let is_callable =
        |ids: &&[SymbolId]| ids.iter().any(|id| !resolver.repository.symbol(*id).is_value());
    let mut all = (0..statement.things.len()).map(|at| statement.symbols(at));
    let ids = all.find(is_callable).map_or_else(|| statement.carried.clone(), <[_]>::to_vec);
    let file = statement.things.iter().flatten().find_map(|thing| thing.files().first().copied());
    (ids, file.or(statement.carried_file))
}

impl Resolver<'_> {
    /// Reads `Response.json` as a name if no file is called so and something is.
    fn reshape(&self, parts: &mut Parts) {
        for item in &mut parts.items {
            let Shape::Path { path, lines: None } = &item.shape else { continue };
            let is_name = is_dotted_identifier(path)
                && self.repository.paths_ending(path).is_empty()
                && self.name(path).is_ok();
            if is_name {
                item.shape = Shape::Name { name: path.clone(), is_call: false };
            }
        }
    }

    /// Takes in what the text's list says to be new; a path or an endpoint that is there already is a fault.
    fn take_added(&mut self, add: &str) -> Option<String> {
        let (name, is_there) = match Shape::of(add) {
            Shape::Path { path, .. } => {
                let is_there = self.repository.path(&path).is_some();
                (path, is_there)
            }
            Shape::Endpoint { method, path } => {
                let is_there = !self.endpoints(&method, &path).is_empty();
                (item_endpoint(&method, &path), is_there)
            }
            Shape::Name { .. } | Shape::Call { .. } | Shape::Binding { .. } => {
                // The same name may be new in one file and old in another; what is defined nowhere is new to the one at hand.
                let is_defined = matches!(self.name(add), Ok(Thing::Symbols(_) | Thing::Files(_)));
                if !is_defined {
                    self.new.insert(add.to_owned());
                }
                return None;
            }
            Shape::Lines(..) | Shape::Method(_) | Shape::Value(_) | Shape::Code => {
                (add.to_owned(), false)
            }
        };
        match is_there {
            true => Some("it exists".into()),
            false => {
                self.new.insert(name);
                None
            }
        }
    }

    /// Takes in what a sentence marks as new; what is there already is a fault.
    fn take_new(&mut self, parts: &Parts) -> Vec<Fault> {
        let mut faults = Vec::new();
        let in_sentence: Vec<FileId> = parts
            .items
            .iter()
            .filter_map(|item| {
                let Shape::Path { path, .. } = &item.shape else { return None };
                self.repository.paths_ending(path).first().copied()
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
                        name.contains('.') || !symbol.name().contains('.')
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
                                    symbol.first() <= *last && *first <= symbol.last()
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
        let is_run = |item: &Item| self.method_call(&item.text).is_some();
        let has_call = results::has_call(parts) || parts.items.iter().any(is_run);
        for (at, item) in parts.items.iter().enumerate() {
            // If it is missing: that it can be passed is not denied.
            let is_absent =
                cue::denies_before(&parts.gaps[at + 1]) && !is_conditional(&parts.gaps[at]);
            let is_denied = cue::denies_after(&parts.gaps[at]) || is_absent;
            let is_signature = parts.gaps.iter().any(|gap| {
                words(gap).iter().any(|word| word == "signature") || gap.contains("签名")
            });
            let found = self.item(item, is_signature, has_new && is_plan, has_call);
            match found {
                Ok(thing) => {
                    if is_absent && thing.is_some() {
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
}
