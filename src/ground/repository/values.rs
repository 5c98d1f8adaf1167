//! Defaults and values of constants.
//!
//! Invariant: a value that is stated of a name is the one that the code gives it.

use super::items::Item;
use super::known::SymbolId;
use super::resolve::{Resolver, Thing};
use super::shape::Shape;
use super::state::{Found, State};
use super::statements::{Fault, Statement};
use crate::ground::words::words;
use crate::python::literal;
use crate::python::vocabulary::squeezed;

/// Checks the values that a sentence states; those that hold are counted.
pub fn check(resolver: &Resolver<'_>, statement: &Statement<'_>, faults: &mut Vec<Fault>) -> usize {
    let mut state = State { resolver, statement, faults, held: 0 };
    for at in 0..statement.parts.items.len() {
        let item = &statement.parts.items[at];
        match &item.shape {
            Shape::Value(_) => state.value(at),
            // A default may be a constant.
            Shape::Name { name, .. } if name.chars().all(|c| !c.is_lowercase()) => state.value(at),
            Shape::Binding { name, value } => state.binding(item, name, value),
            Shape::Path { .. } | Shape::Lines(..) | Shape::Endpoint { .. } | Shape::Method(_) => {}
            Shape::Name { .. } | Shape::Call { .. } | Shape::Code => {}
        }
    }
    state.held
}

impl State<'_, '_> {
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
        let is_owner = |id: &SymbolId| !self.resolver.repository.symbol(*id).is_value();
        let named: Vec<SymbolId> = (0..self.statement.things.len())
            .filter(|at| !except.contains(at))
            .flat_map(|at| self.statement.symbols(at).iter().copied())
            .filter(is_owner)
            .collect();
        if named.is_empty() { (self.statement.carried.clone(), false) } else { (named, true) }
    }

    fn default(&mut self, at: usize, value: &str) {
        let is_name = |at: &usize| matches!(self.item(*at).shape, Shape::Name { .. });
        let callable = |at: &usize| {
            let ids = self.statement.symbols(*at);
            ids.iter().any(|id| {
                let symbol = self.resolver.repository.symbol(*id);
                symbol.is_class() || !symbol.params().is_empty()
            })
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

    fn constant(&mut self, of: usize, value: &str) {
        let item = self.item(of);
        let Shape::Name { name, is_call: false } = &item.shape else { return };
        let ids = self.statement.symbols(of);
        let is_value = |id: &SymbolId| self.resolver.repository.symbol(*id).is_value();
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
            .filter_map(|id| self.resolver.repository.symbol(*id).entity.value.as_ref())
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
            let set = repository.symbol(*id).entity.value.as_deref();
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
