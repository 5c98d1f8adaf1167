//! Defaults, values of constants, and what belongs to what: parameters, attributes, handlers of endpoints.
//!
//! Invariant: a value that is stated of a name is the one that the code gives it.

use super::cue::{Cue, Relation, is_list};
use super::edges::Subject;
use super::file::SymbolKind;
use super::items::Item;
use super::known::SymbolId;
use super::near::{near, with_misses};
use super::relations::Chain;
use super::resolve::{Resolver, Thing};
use super::shape::Shape;
use super::statements::{Fault, Statement};
use crate::ground::words::words;
use crate::python::literal;
use crate::python::vocabulary::squeezed;

/// Checks the values and owners that a sentence states; those that hold are counted.
pub fn check(resolver: &Resolver<'_>, statement: &Statement<'_>, faults: &mut Vec<Fault>) -> usize {
    let mut state = State { resolver, statement, faults, held: 0 };
    for at in 0..statement.parts.items.len() {
        let item = &statement.parts.items[at];
        match &item.shape {
            Shape::Value(_) => state.value(at),
            // A default may be a constant.
            Shape::Name { name, .. } if name.chars().all(|c| !c.is_lowercase()) => state.value(at),
            Shape::Name { .. } => state.owned(at),
            Shape::Binding { name, value } => state.binding(item, name, value),
            Shape::Path { .. } | Shape::Lines(..) | Shape::Endpoint { .. } | Shape::Method(_) => {}
            Shape::Call { .. } | Shape::Code => {}
        }
    }
    state.handlers();
    state.held
}

struct State<'s, 'r> {
    resolver: &'s Resolver<'r>,
    statement: &'s Statement<'s>,
    faults: &'s mut Vec<Fault>,
    held: usize,
}

/// What comes of holding a value against the code: the value that is there instead, if any is.
type Found = Result<(), Option<String>>;

impl<'s> State<'s, '_> {
    fn item(&self, at: usize) -> &'s Item {
        &self.statement.parts.items[at]
    }

    fn gap(&self, at: usize) -> &'s str {
        &self.statement.parts.gaps[at]
    }

    fn count(&mut self, found: Found, claim: String, otherwise: impl Fn(Option<String>) -> String) {
        match found {
            Ok(()) => self.held += 1,
            Err(instead) => self.faults.push((claim, otherwise(instead))),
        }
    }

    /// A value that the words around it make a default or the value of the name before it.
    fn value(&mut self, at: usize) {
        let value = self.item(at).text.clone();
        let Some(before) = at.checked_sub(1) else {
            if says_default(self.gap(at)) && !self.statement.is_plan {
                self.default_of_any(&value);
            }
            return;
        };
        let (gap, after) = (self.gap(at), self.gap(at + 1));
        let is_named_before = says_default(self.gap(before)) && is_context(gap);
        if says_default(gap) || is_default_after(after) && is_context(gap) || is_named_before {
            self.default(at, &value);
        } else if is_context(gap) && !gap.trim().is_empty() {
            self.constant(before, &value);
        }
    }

    /// The functions that the sentence names, or that the text is about.
    fn owners(&self, except: &[usize]) -> (Vec<SymbolId>, bool) {
        let is_owner =
            |id: &SymbolId| self.resolver.repository.symbol(*id).kind != SymbolKind::Constant;
        let named: Vec<SymbolId> = (0..self.statement.things.len())
            .filter(|at| !except.contains(at))
            .flat_map(|at| self.statement.symbols(at).iter().copied())
            .filter(is_owner)
            .filter(|id| self.resolver.repository.symbol(*id).kind != SymbolKind::Attribute)
            .collect();
        if named.is_empty() { (self.statement.carried.clone(), false) } else { (named, true) }
    }

    fn default(&mut self, at: usize, value: &str) {
        let is_name = |at: &usize| matches!(self.item(*at).shape, Shape::Name { .. });
        let callable = |at: &usize| {
            let ids = self.statement.symbols(*at);
            ids.iter().any(|id| !self.resolver.repository.symbol(*id).params.is_empty())
        };
        let Some(of) = (0..at).rev().find(|at| is_name(at) && !callable(at)) else {
            return self.default_of_any(value);
        };
        if matches!(self.statement.things[of], Some(Thing::New) | None) {
            return;
        }
        let name = self.item(of).text.clone();
        let last = name.rsplit('.').next().unwrap_or(&name).to_owned();
        let (owners, are_named) = self.owners(&[of, at]);
        let mut instead = None;
        let mut is_param = false;
        let scope: Vec<SymbolId> = self.resolver.scope.symbols.iter().copied().collect();
        let wider = if are_named { Vec::new() } else { scope };
        for id in owners.iter().chain(&wider) {
            for param in self.params(*id).into_iter().filter(|param| param.name == last) {
                is_param = true;
                match &param.default {
                    Some(default) if is_same(default, value) => {
                        self.held += 1;
                        return;
                    }
                    Some(default) => instead = Some(default.clone()),
                    None => {}
                }
            }
        }
        let found = match is_param {
            true => Err(instead),
            false => self.is_set(of, &last, value),
        };
        let claim = format!("the default of `{name}` is `{value}`");
        self.count(found, claim, |instead| match (instead, is_param) {
            (Some(instead), _) => format!("it is `{instead}`"),
            (None, true) => "it has no default".into(),
            (None, false) => format!("nothing gives `{name}` this default"),
        });
    }

    /// A default of which the sentence does not say what it is the default of.
    fn default_of_any(&mut self, value: &str) {
        let (owners, _) = self.owners(&[]);
        let has = |id: &SymbolId| {
            let params = self.params(*id);
            params.iter().any(|param| {
                param.default.as_deref().is_some_and(|default| is_same(default, value))
            })
        };
        let is_one = owners.iter().any(has) || self.is_in_scope(value);
        let found = if is_one { Ok(()) } else { Err(None) };
        self.count(found, format!("the default is `{value}`"), |_| {
            "no parameter has this default".into()
        });
    }

    fn is_in_scope(&self, value: &str) -> bool {
        let value = literal::parse(value);
        value.is_some_and(|value| self.resolver.scope.has_value(self.resolver.repository, &value))
    }

    fn params(&self, id: SymbolId) -> Vec<crate::python::Param> {
        let symbol = self.resolver.repository.symbol(id);
        if symbol.kind != SymbolKind::Class {
            return symbol.params.clone();
        }
        let members = self.resolver.members(id);
        let init = members
            .into_iter()
            .find(|id| self.resolver.repository.symbol(*id).last_name() == "__init__");
        init.map_or_else(Vec::new, |id| self.resolver.repository.symbol(id).params.clone())
    }

    fn constant(&mut self, of: usize, value: &str) {
        let item = self.item(of);
        let Shape::Name { name, is_call: false } = &item.shape else { return };
        let ids = self.statement.symbols(of);
        let is_value = |id: &SymbolId| {
            matches!(
                self.resolver.repository.symbol(*id).kind,
                SymbolKind::Constant | SymbolKind::Attribute
            )
        };
        let is_local = self.statement.things[of] == Some(Thing::Local);
        if !(is_local || !ids.is_empty() && ids.iter().all(is_value)) {
            return;
        }
        // That a variable is `None` or empty is a condition more often than an assignment.
        if is_local && ["None", "True", "False", "0", "''", "\"\"", "[]", "{}"].contains(&value) {
            return;
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        let found = self.is_set(of, last, value);
        self.count(found, format!("`{name}` is `{value}`"), |instead| match instead {
            Some(instead) => format!("it is `{instead}`"),
            None => format!("nothing sets `{name}` to `{value}`"),
        });
    }

    /// Whether a constant, an attribute or a variable has a value.
    fn is_set(&self, at: usize, name: &str, value: &str) -> Found {
        let ids = self.statement.symbols(at);
        let values: Vec<&String> = ids
            .iter()
            .filter_map(|id| self.resolver.repository.symbol(*id).value.as_ref())
            .collect();
        if values.iter().any(|set| is_same(set, value)) {
            return Ok(());
        }
        let ways = [
            format!("{name}={value}"),
            format!("'{name}',{value}"),
            format!("\"{name}\",{value}"),
            format!("'{name}':{value}"),
            format!("\"{name}\":{value}"),
            format!("'{name}']={value}"),
            format!("\"{name}\"]={value}"),
            format!("{name}={}", other_quotes(value)),
        ];
        let has = |text: &String| self.resolver.scope.has_piece(self.resolver.repository, text);
        if ways.iter().any(has) {
            return Ok(());
        }
        let param = |id: &SymbolId| self.params(*id).into_iter().find(|param| param.name == name);
        let defaults =
            self.resolver.scope.symbols.iter().filter_map(param).filter_map(|param| param.default);
        let mut defaults = defaults.peekable();
        let instead =
            values.first().map(|value| (*value).clone()).or_else(|| defaults.peek().cloned());
        if defaults.any(|default| is_same(&default, value)) { Ok(()) } else { Err(instead) }
    }

    /// `timeout=30` in backticks: in the code as it is, or a default.
    fn binding(&mut self, item: &Item, name: &str, value: &str) {
        if self.resolver.is_new(name) || self.statement.is_plan && self.statement.has_new() {
            return;
        }
        let repository = self.resolver.repository;
        let is_piece = self.resolver.scope.has_piece(repository, &item.text);
        let is_default = |id: &SymbolId| {
            let params = self.params(*id);
            params.iter().any(|param| {
                param.name == name
                    && param.default.as_deref().is_some_and(|default| is_same(default, value))
            })
        };
        let is_constant = |id: &SymbolId| {
            let set = repository.symbol(*id).value.as_deref();
            set.is_some_and(|set| is_same(set, value))
        };
        let (owners, _) = self.owners(&[]);
        let scope = self.resolver.scope.symbols.iter();
        let holds = is_piece
            || owners.iter().chain(scope).any(is_default)
            || self.resolver.symbols(name).iter().any(is_constant);
        let found = if holds { Ok(()) } else { Err(None) };
        let files = self.resolver.shown_files();
        self.count(found, format!("`{}`", item.text), |_| {
            format!("this does not occur in {files}")
        });
    }

    /// A parameter or attribute that the words beside it call one, of what the sentence names.
    fn owned(&mut self, at: usize) {
        let item = self.item(at);
        let Shape::Name { name, .. } = &item.shape else { return };
        if matches!(self.statement.things[at], Some(Thing::New) | None) {
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
                let can = |id: &SymbolId| {
                    !self.resolver.repository.symbol(*id).params.is_empty()
                        || self.resolver.repository.symbol(*id).kind != SymbolKind::Attribute
                            && self.resolver.repository.symbol(*id).kind != SymbolKind::Constant
                };
                let owners: Vec<SymbolId> = owners.into_iter().filter(can).collect();
                if owners.is_empty() {
                    return;
                }
                let holds = owners.iter().any(|id| self.resolver.takes(*id, last));
                let all: Vec<String> =
                    owners.iter().flat_map(|id| self.params(*id)).map(|param| param.name).collect();
                let of = self.resolver.repository.symbol(owners[0]).name.clone();
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
                let of = self.resolver.repository.symbol(first).name.clone();
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
                && self.statement.symbols(*other).iter().any(|id| {
                    !matches!(
                        self.resolver.repository.symbol(*id).kind,
                        SymbolKind::Attribute | SymbolKind::Constant
                    )
                })
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
            .flat_map(|(file, endpoint)| self.resolver.handler(*file, endpoint))
            .collect();
        let holds = ids.iter().any(|id| handlers.contains(id)) != is_denied;
        let name = &self.item(function).text;
        let claim = format!("`{name}` handles `{}`", self.item(endpoint).text);
        let instead = handlers.first().map(|id| self.resolver.repository.symbol(*id).name.clone());
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

fn says_default(prose: &str) -> bool {
    let has = |word: &String| word.starts_with("default");
    words(prose).iter().any(has) || prose.contains("默认") || prose.contains("缺省")
}

fn is_default_after(prose: &str) -> bool {
    let words = words(prose);
    let start: Vec<&str> = words.iter().take(4).map(String::as_str).collect();
    matches!(start[..], ["by" | "as", "default", ..] | ["as", "the" | "its" | "a", "default", ..])
}

/// Whether prose between a name and a value makes it the name's value.
fn is_context(prose: &str) -> bool {
    const CONTEXT: [&str; 21] = [
        "is",
        "are",
        "equals",
        "=",
        "set",
        "to",
        "has",
        "the",
        "value",
        "of",
        "being",
        "holds",
        "as",
        "parameter",
        "constant",
        "argument",
        "was",
        "an",
        "a",
        "default",
        "number",
    ];
    let zh = prose.trim().trim_matches(['，', ' ']);
    let is_zh =
        !zh.is_ascii() && zh.chars().all(|c| "的值是为等于被设置常量参数默认数".contains(c));
    let words = words(prose);
    is_zh || !words.is_empty() && words.iter().all(|word| CONTEXT.contains(&word.as_str()))
}

/// Whether two pieces of code denote the same value, as far as that can be told.
pub fn is_same(code: &str, other: &str) -> bool {
    match (literal::parse(code), literal::parse(other)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => squeezed(code) == squeezed(other),
        // A text may name a string without its quotes.
        (Some(_), None) => code.trim_matches(['\'', '"']) == other && code != other,
        (None, Some(_)) => false,
    }
}

fn other_quotes(value: &str) -> String {
    if value.contains('\'') { value.replace('\'', "\"") } else { value.replace('"', "'") }
}
