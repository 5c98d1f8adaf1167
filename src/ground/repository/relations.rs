//! The relations that a sentence states, and whether the repository has them.
//!
//! Invariant: what a question asks and what a plan says shall be is not taken for a statement of what is.

use super::cue::{Cue, Relation, is_list};
use super::edges::{Object, Subject};
use super::known::SymbolId;
use super::phrase::is_conditional;
use super::resolve::{Resolver, Thing};
use super::shape::Shape;
use super::statements::{Fault, Statement};
use super::truth::Truth;
use crate::ground::words::words;

/// Items without the places between them, with the prose before each.
pub struct Chain {
    pub at: Vec<usize>,
    pub gaps: Vec<String>,
}

impl Chain {
    pub fn of(statement: &Statement<'_>) -> Self {
        let parts = statement.parts;
        let (mut at, mut gaps) = (Vec::new(), Vec::new());
        let mut gap = String::new();
        for (i, item) in parts.items.iter().enumerate() {
            gap.push_str(&parts.gaps[i]);
            let is_lines = matches!(item.shape, Shape::Lines(..))
                || matches!(item.shape, Shape::Path { lines: Some(_), .. });
            let is_place =
                matches!(item.shape, Shape::Path { lines: None, .. }) && is_at(&parts.gaps[i]);
            if is_lines || is_place && i > 0 {
                gap.push(' ');
                continue;
            }
            at.push(i);
            gaps.push(std::mem::take(&mut gap));
        }
        gap.push_str(parts.gaps.last().map_or("", String::as_str));
        gaps.push(gap);
        Self { at, gaps }
    }

    /// The last place of the list that begins at one.
    fn list_from(&self, start: usize) -> usize {
        let mut last = start;
        // What goes on with a verb of its own begins another clause.
        let is_subject = |gap: &str| Cue::before(gap).is_some_and(|cue| !cue.goes_on);
        while last + 1 < self.at.len()
            && is_list(&self.gaps[last + 1])
            && !is_subject(&self.gaps[last + 2])
        {
            last += 1;
        }
        last
    }

    /// Whether the comma before a place ends a condition: if it is given `a`, `f` raises.
    fn ends_condition(&self, at: usize) -> bool {
        let mut head = at - 1;
        while head > 0 && is_list(&self.gaps[head]) {
            head -= 1;
        }
        self.gaps[at].contains([',', '，']) && is_conditional(&self.gaps[head])
    }

    /// Whether a list that begins at a place is of what does not do something: neither `a` nor `b`.
    fn is_neither(&self, first: usize) -> bool {
        words(&self.gaps[first]).last().is_some_and(|word| word == "neither")
    }

    /// The first place of the list that ends at one.
    fn list_to(&self, end: usize) -> usize {
        let mut first = end;
        while first > 0 && is_list(&self.gaps[first]) && !self.ends_condition(first) {
            first -= 1;
        }
        // What a verb stands before is its object, and no part of a list that acts.
        if Cue::before(&self.gaps[first]).is_some() { end } else { first }
    }
}

/// Whether prose says that something is in the file after it.
fn is_at(prose: &str) -> bool {
    let text = prose.trim_end();
    let last = words(text).pop().unwrap_or_default();
    ["in", "at", "of", "from", "inside", "within", "on", "under"].contains(&last.as_str())
        || text.ends_with(['(', '（', '在', '于'])
}

/// Checks the relations of a sentence; what is related as stated is counted.
pub fn check(resolver: &Resolver<'_>, statement: &Statement<'_>, faults: &mut Vec<Fault>) -> usize {
    let chain = Chain::of(statement);
    let mut state = State { resolver, statement, chain: &chain, previous: None, faults, held: 0 };
    state.callers_by_noun();
    for at in 0..chain.at.len() {
        if let Some(cue) = Cue::around(&chain.gaps[at], &chain.gaps[chain.list_from(at) + 1]) {
            match cue.is_passive {
                true => state.passive(at, &cue),
                false => state.active(at, &cue),
            }
        } else if let Some(cue) = Cue::before(&chain.gaps[at]) {
            if cue.is_passive {
                state.passive(at, &cue);
            } else {
                state.active(at, &cue);
            }
        }
    }
    state.held
}

pub struct State<'s, 'r> {
    pub resolver: &'s Resolver<'r>,
    statement: &'s Statement<'s>,
    chain: &'s Chain,
    /// The subject of the relation before.
    previous: Option<(String, Subject)>,
    pub faults: &'s mut Vec<Fault>,
    pub held: usize,
}

impl<'s> State<'s, '_> {
    pub fn object(&self, at: usize) -> Object<'s> {
        let i = self.chain.at[at];
        Object { item: &self.statement.parts.items[i], thing: self.statement.things[i].as_ref() }
    }

    fn subject(&self, at: usize) -> Option<(String, Subject)> {
        let object = self.object(at);
        let subject = Subject::of(object.thing?)?;
        let can_act = match &subject {
            Subject::Symbols(ids) => ids.iter().any(|id| self.can_act(*id)),
            Subject::Files(_) => true,
        };
        can_act.then(|| (object.name().to_owned(), subject))
    }

    fn can_act(&self, id: SymbolId) -> bool {
        !self.resolver.repository.symbol(id).is_value()
    }

    /// What a verb before a place is said of.
    fn subject_before(&self, at: usize, cue: &Cue) -> Option<(String, Subject)> {
        let is_call = |at: usize| {
            let item = self.object(at).item;
            item.shape.is_literal_call() || self.resolver.method_call(&item.text).is_some()
        };
        let is_result = [Relation::Returns, Relation::Raises].contains(&cue.relation);
        // What a single call gives is run.
        if is_result && (0..at).any(is_call) {
            return None;
        }
        let verb = &self.chain.gaps[at];
        // 从 `b` 导入: a module that something is imported from; 在缺少 `x` 时: what a condition names.
        let is_apart = |place: &usize| {
            let gap = self.chain.gaps[*place].trim_end();
            gap.ends_with('从') && cue.relation == Relation::Imports
                || is_conditional(gap)
                || gap.contains('在') && verb.contains('时')
        };
        let places = || (0..at).rev();
        let nearest = || {
            let plain = places().filter(|place| !is_apart(place)).find_map(|at| self.subject(at));
            plain.or_else(|| places().find_map(|at| self.subject(at)))
        };
        let carried = || {
            let ids = &self.statement.carried;
            let name =
                ids.first().map(|id| self.resolver.repository.symbol(*id).name().to_owned())?;
            Some((name, Subject::Symbols(ids.clone())))
        };
        if cue.goes_on && self.previous.is_some() {
            return self.previous.clone();
        }
        if cue.has_pronoun {
            return self.previous.clone().or_else(carried).or_else(nearest);
        }
        let is_new = (0..at).rev().find(|at| matches!(self.object(*at).thing, Some(Thing::New)));
        if is_new.is_some() {
            return None;
        }
        nearest().or_else(carried)
    }

    /// The same, with all that a list before the verb names.
    fn subjects_before(&self, at: usize, cue: &Cue) -> Vec<(String, Subject)> {
        let Some(subject) = self.subject_before(at, cue) else { return Vec::new() };
        let listed = at.checked_sub(1).filter(|end| self.subject(*end).as_ref() == Some(&subject));
        match listed {
            Some(end) => {
                (self.chain.list_to(end)..=end).rev().filter_map(|at| self.subject(at)).collect()
            }
            None => vec![subject],
        }
    }

    fn active(&mut self, at: usize, cue: &Cue) {
        if self.statement.is_plan && (cue.is_planned || at == 0) {
            return;
        }
        if cue.is_no_statement
            || cue.is_imperative && at == 0
            || !self.object(at).fits(cue.relation)
        {
            return;
        }
        let subjects = self.subjects_before(at, cue);
        let Some(subject) = subjects.first().cloned() else { return };
        let is_neither =
            subjects.len() > 1 && at > 0 && self.chain.is_neither(self.chain.list_to(at - 1));
        let cue = &Cue { is_denied: cue.is_denied || is_neither, ..cue.clone() };
        let last = self.chain.list_from(at);
        for place in at..=last {
            let object = self.object(place);
            if object.fits(cue.relation) {
                subjects.iter().for_each(|subject| self.state(subject, &object, cue));
                if cue.relation == Relation::Calls && self.begins_with_only() && at == 1 {
                    self.exhaust_callers(&object, &subjects);
                }
            }
        }
        if cue.is_only && cue.relation == Relation::Raises {
            self.exhaust_raises(&subject, at..=last);
        }
        if cue.is_only && cue.relation == Relation::Calls && !self.begins_with_only() {
            self.exhaust_callees(&subject, at..=last);
        }
        self.previous = Some(subject);
    }

    /// The subject stands at a place, and what is before it is the object.
    fn passive(&mut self, at: usize, cue: &Cue) {
        let Some(end) = at.checked_sub(1) else { return };
        if self.statement.is_plan && cue.is_planned {
            return;
        }
        let last = self.chain.list_from(at);
        let subjects: Vec<(String, Subject)> =
            (at..=last).filter_map(|place| self.subject(place)).collect();
        let is_neither = self.chain.is_neither(self.chain.list_to(end));
        let cue = &Cue { is_denied: cue.is_denied || is_neither, ..cue.clone() };
        // A subject that is a name of the code without a definition can be looked up nowhere.
        for place in self.chain.list_to(end)..=end {
            let object = self.object(place);
            if object.fits(cue.relation) {
                subjects.iter().for_each(|subject| self.state(subject, &object, cue));
                if cue.is_only && cue.relation == Relation::Calls {
                    self.exhaust_callers(&object, &subjects);
                }
            }
        }
    }

    /// States a relation, and holds it against the repository.
    fn state(&mut self, (name, subject): &(String, Subject), object: &Object<'_>, cue: &Cue) {
        // What the file calls something is its name.
        if object.thing.and_then(Subject::of).as_ref() == Some(subject)
            && object.last_name() != name.rsplit('.').next().unwrap_or(name)
        {
            return;
        }
        let truth = self.resolver.holds(cue.relation, subject, object);
        let shown =
            format!("`{name}` {} `{}`", verb(cue.relation, cue.is_denied), object.item.text);
        match truth {
            Truth::Holds | Truth::Not if (truth == Truth::Holds) != cue.is_denied => {
                self.held += 1;
                return;
            }
            Truth::Holds | Truth::Not => {}
            Truth::Unknown => return,
        }
        let why = if cue.is_denied {
            "it does".to_owned()
        } else {
            let instead = self.resolver.instead(cue.relation, subject);
            format!("`{name}` {} `{}`{instead}", verb(cue.relation, true), object.item.text)
        };
        self.faults.push((shown, why));
    }

    /// The callers of `b` are `a` and `c`; `b` 的调用者是 `a`; `a` is the only caller of `b`; `b` has no callers.
    fn callers_by_noun(&mut self) {
        for at in 0..self.chain.at.len() {
            let (before, after) = (self.chain.gaps[at].clone(), self.chain.gaps[at + 1].clone());
            let object = self.object(at);
            if !object.fits(Relation::Calls) {
                continue;
            }
            let lower = (before.to_lowercase(), after.to_lowercase());
            let is_of = lower.0.trim_end().ends_with("caller of")
                || lower.0.trim_end().ends_with("callers of")
                || after.trim_start().starts_with("的调用者")
                || after.trim_start().starts_with("的调用方")
                || lower.1.trim_start().starts_with("'s caller")
                || lower.1.trim_start().starts_with("’s caller");
            let says_none = [
                "has no callers",
                "has no caller",
                "is not called by any",
                "is never called",
                "没有调用者",
                "没有被任何",
            ]
            .iter()
            .any(|none| lower.1.contains(none))
                || [
                    "nothing calls",
                    "no function calls",
                    "nobody calls",
                    "no test calls",
                    "no test function calls",
                    "没有任何函数调用",
                    "没有测试函数调用",
                    "没有测试调用",
                ]
                .iter()
                .any(|none| lower.0.contains(none));
            let cue = Cue {
                relation: Relation::Calls,
                is_passive: true,
                is_denied: false,
                is_only: lower.0.contains("only")
                    || after.contains("只有")
                    || after.contains("唯一")
                    || before.contains("唯一"),
                is_planned: false,
                goes_on: false,
                is_no_statement: false,
                is_imperative: false,
                has_pronoun: false,
            };
            let is_of_tests = [&lower.0, &lower.1].iter().any(|said| {
                said.contains("测试") || words(said).iter().any(|word| word.starts_with("test"))
            });
            if says_none && is_of_tests {
                self.exhaust_tests(&object);
            } else if says_none {
                self.exhaust_callers(&object, &[]);
            } else if is_of {
                let is_listed = at + 1 < self.chain.at.len() && !after.contains(['.', ';', '。']);
                let subjects: Vec<(String, Subject)> = if is_listed {
                    let last = self.chain.list_from(at + 1);
                    (at + 1..=last).filter_map(|place| self.subject(place)).collect()
                } else {
                    at.checked_sub(1).and_then(|before| self.subject(before)).into_iter().collect()
                };
                subjects.iter().for_each(|subject| self.state(subject, &object, &cue));
                if cue.is_only {
                    self.exhaust_callers(&object, &subjects);
                }
            }
        }
    }

    fn begins_with_only(&self) -> bool {
        let start = &self.chain.gaps[0];
        words(start).first().is_some_and(|word| word == "only")
            || ["只有", "仅有", "只由", "仅由"]
                .iter()
                .any(|only| start.trim_start().starts_with(only))
    }
}

fn verb(relation: Relation, is_denied: bool) -> &'static str {
    match (relation, is_denied) {
        (Relation::Calls, false) => "calls",
        (Relation::Calls, true) => "does not call",
        (Relation::Uses, false) => "uses",
        (Relation::Uses, true) => "does not use",
        (Relation::Raises, false) => "raises",
        (Relation::Raises, true) => "does not raise",
        (Relation::Catches, false) => "catches",
        (Relation::Catches, true) => "does not catch",
        (Relation::Imports, false) => "imports",
        (Relation::Imports, true) => "does not import",
        (Relation::Inherits, false) => "inherits from",
        (Relation::Inherits, true) => "does not inherit from",
        (Relation::Takes, false) => "takes",
        (Relation::Takes, true) => "does not take",
        (Relation::Returns, false) => "returns",
        (Relation::Returns, true) => "does not return",
        (Relation::Defines, false) => "defines",
        (Relation::Defines, true) => "does not define",
        (Relation::Handles, false) => "handles",
        (Relation::Handles, true) => "does not handle",
    }
}
