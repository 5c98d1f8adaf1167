//! What belongs to what: parameters to functions, attributes to classes, endpoints to the functions that answer them.
//!
//! Invariant: only what the words beside a name call a parameter, an attribute or a handler is held to be one.

use super::cue::{Cue, Relation, is_list};
use super::edges::Subject;
use super::known::SymbolId;
use super::near::{near, with_misses};
use super::relations::Chain;
use super::resolve::{Resolver, Thing};
use super::shape::Shape;
use super::state::State;
use super::statements::{Fault, Statement};
use crate::ground::words::words;

/// Checks what a sentence says to belong to what; what holds is counted.
pub fn check(resolver: &Resolver<'_>, statement: &Statement<'_>, faults: &mut Vec<Fault>) -> usize {
    let mut state = State { resolver, statement, faults, held: 0 };
    (0..statement.parts.items.len()).for_each(|at| state.owned(at));
    state.handlers();
    state.held
}

impl<'s> State<'s, '_> {
    /// A parameter or attribute that the words beside it call one, of what the sentence names.
    fn owned(&mut self, at: usize) {
        let item = self.item(at);
        let Shape::Name { name, .. } = &item.shape else { return };
        let is_constant = name.chars().all(|c| !c.is_lowercase());
        if is_constant || matches!(self.statement.things[at], Some(Thing::New) | None) {
            return;
        }
        let (before, after) = (self.list_head(at), self.gap(at + 1));
        let is_planned =
            self.statement.is_plan && Cue::before(before).is_none_or(|cue| cue.is_planned);
        if is_planned || words(before).iter().any(|word| word.starts_with("pass")) {
            return;
        }
        let noun = noun(before, after);
        let Some(noun) = noun else { return };
        let owners = self.owner_beside(at);
        let last = name.rsplit('.').next().unwrap_or(name);
        match noun {
            Noun::Parameter => {
                let can = |id: &SymbolId| !self.resolver.repository.symbol(*id).is_value();
                let owners: Vec<SymbolId> = owners.into_iter().filter(can).collect();
                if owners.is_empty() {
                    return;
                }
                let holds = owners.iter().any(|id| self.resolver.takes(*id, last));
                let all: Vec<String> =
                    owners.iter().flat_map(|id| self.params(*id)).map(|param| param.name).collect();
                let of = self.resolver.repository.symbol(owners[0]).name().to_owned();
                let found = if holds { Ok(()) } else { Err(None) };
                self.count(found, format!("`{name}` is a parameter of `{of}`"), |_| {
                    let misses = near(last, all.iter().map(String::as_str));
                    with_misses(format!("`{of}` has no parameter `{name}`"), &misses)
                });
            }
            Noun::Member => {
                let class = |id: SymbolId| {
                    if self.resolver.is_class(id) { Some(id) } else { self.resolver.class_of(id) }
                };
                let classes: Vec<SymbolId> = owners.into_iter().filter_map(class).collect();
                let Some(&first) = classes.first() else { return };
                let members: Vec<SymbolId> =
                    classes.iter().flat_map(|id| self.resolver.members(*id)).collect();
                let names: Vec<&str> = members
                    .iter()
                    .map(|id| self.resolver.repository.symbol(*id).last_name())
                    .collect();
                let of = self.resolver.repository.symbol(first).name().to_owned();
                let found = if names.contains(&last) { Ok(()) } else { Err(None) };
                let misses = near(last, names.iter().copied());
                self.count(found, format!("`{of}` has `{name}`"), |_| {
                    with_misses(format!("`{of}` has no `{name}`"), &misses)
                });
            }
        }
    }

    /// The prose before the list that an item is in.
    fn list_head(&self, at: usize) -> &'s str {
        let mut first = at;
        // What has a verb of its own begins another clause.
        let is_subject = Cue::before(self.gap(at + 1)).is_some_and(|cue| !cue.goes_on);
        while first > 0 && !is_subject && is_list(self.gap(first)) {
            first -= 1;
        }
        self.gap(first)
    }

    /// What a parameter or attribute is said to be of: the nearest function or class, or what the text is about.
    fn owner_beside(&self, at: usize) -> Vec<SymbolId> {
        let count = self.statement.things.len();
        let is_owner = |other: &usize| {
            *other != at
                && self
                    .statement
                    .symbols(*other)
                    .iter()
                    .any(|id| !self.resolver.repository.symbol(*id).is_value())
        };
        let after = (at + 1..count).find(is_owner).filter(|next| {
            let gap = self.gap(*next);
            words(gap).iter().any(|word| ["of", "in", "to"].contains(&word.as_str()))
                && *next == at + 1
        });
        let before = (0..at).rev().find(is_owner);
        match after.or(before) {
            Some(other) => self.statement.symbols(other).to_vec(),
            None => self.statement.carried.clone(),
        }
    }

    /// The functions that are said to answer requests.
    fn handlers(&mut self) {
        let chain = Chain::of(self.statement);
        for place in 1..chain.at.len() {
            let gap = &chain.gaps[place];
            let after = &chain.gaps[place + 1];
            let cue = Cue::around(gap, after).or_else(|| Cue::before(gap));
            let noun = gap.to_lowercase().contains("handler") || gap.contains("处理函数");
            let Some(cue) = cue.filter(|cue| cue.relation == Relation::Handles || noun) else {
                continue;
            };
            if self.statement.is_plan && cue.is_planned {
                continue;
            }
            let (a, b) = (chain.at[place - 1], chain.at[place]);
            for (endpoint, function) in [(a, b), (b, a)] {
                self.handler(endpoint, function, cue.is_denied);
            }
        }
    }

    fn handler(&mut self, endpoint: usize, function: usize, is_denied: bool) {
        let Shape::Endpoint { method, path } = &self.item(endpoint).shape else { return };
        let Some(Subject::Symbols(ids)) =
            self.statement.things[function].as_ref().and_then(Subject::of)
        else {
            return;
        };
        let found = self.resolver.endpoints(method, path);
        if found.is_empty() {
            return;
        }
        let handlers: Vec<SymbolId> = found
            .iter()
            .filter_map(|(file, endpoint)| self.resolver.handler(*file, endpoint))
            .collect();
        let holds = ids.iter().any(|id| handlers.contains(id)) != is_denied;
        let name = &self.item(function).text;
        let claim = format!("`{name}` handles `{}`", self.item(endpoint).text);
        let instead =
            handlers.first().map(|id| self.resolver.repository.symbol(*id).name().to_owned());
        self.count(if holds { Ok(()) } else { Err(instead) }, claim, |instead| match instead {
            Some(instead) => format!("`{instead}` does"),
            None => "it does not".into(),
        });
    }
}

enum Noun {
    Parameter,
    Member,
}

fn noun(before: &str, after: &str) -> Option<Noun> {
    const PARAMETER: [&str; 8] =
        ["parameter", "parameters", "argument", "arguments", "keyword", "option", "flag", "参数"];
    const MEMBER: [&str; 8] =
        ["attribute", "attributes", "field", "fields", "property", "properties", "属性", "字段"];
    let last = words(before).pop().unwrap_or_default();
    let first = words(after).into_iter().next().unwrap_or_default();
    let is = |nouns: &[&str]| {
        nouns.iter().any(|noun| {
            last == *noun
                || first == *noun
                || !noun.is_ascii()
                    && (before.trim_end().ends_with(noun) || after.trim_start().starts_with(noun))
        })
    };
    if is(&PARAMETER) {
        return Some(Noun::Parameter);
    }
    is(&MEMBER).then_some(Noun::Member)
}
