//! Lines that a text gives for calls and for the ends of definitions: `f` calls `g` at `a.py:12`, `f`（`a.py:12`）调用 `g`, `g` is called on line 12.
//!
//! Invariant: a line of a call has a call of the name on it; the name in a definition, an import or a text is none.

use super::cue::{Cue, Relation, is_list};
use super::known::{FileId, SymbolId};
use super::resolve::Resolver;
use super::shape::Shape;
use super::statements::Statement;
use crate::ground::words::words;

/// What a line is said to be the place of a call of, and where the line may be instead.
pub struct Site {
    /// The item that is called.
    pub object: usize,
    /// The items that call it.
    callers: Vec<usize>,
    /// Whether the line may also be that of the caller's definition: it stands in brackets.
    may_be_definition: bool,
}

/// Reads what a line, whose items begin and end at these, is the place of a call of.
pub fn site(statement: &Statement<'_>, start: usize, end: usize) -> Option<Site> {
    let gaps = &statement.parts.gaps;
    let opens = |gap: &str| gap.trim_end().ends_with(['(', '（']);
    let is_call = |gap: &str| {
        Cue::before(gap)
            .filter(|cue| cue.relation == Relation::Calls && !cue.is_denied && !cue.is_planned)
    };
    if opens(&gaps[start]) {
        let caller = start.checked_sub(1).filter(|at| is_name(statement, *at))?;
        // `b` is called by `a` (line).
        if let Some(cue) = is_call(&gaps[caller])
            && cue.is_passive
        {
            let object = caller.checked_sub(1).filter(|at| is_name(statement, *at))?;
            return Some(Site { object, callers: vec![caller], may_be_definition: true });
        }
        // The only caller of `b` is `a` (line); `b` 的调用者是 `a`（line）.
        let object =
            caller.checked_sub(1).filter(|at| is_name(statement, *at) && is_of_callers(gaps, *at));
        let object = object.or_else(|| verb_ahead(statement, end))?;
        return Some(Site { object, callers: vec![caller], may_be_definition: true });
    }
    // 在第 5 行调用 `b`.
    let after = gaps[end + 1].trim_start().trim_start_matches(['处', '中', '里']);
    if gaps[start].trim_end().ends_with(['在', '于']) || start == 0 {
        let is_name_ahead = is_name(statement, end + 1);
        if after.starts_with("调用") && is_name_ahead {
            let callers = start.checked_sub(1).filter(|at| is_name(statement, *at));
            return Some(Site {
                object: end + 1,
                callers: callers.into_iter().collect(),
                may_be_definition: false,
            });
        }
    }
    // `a` calls `b` at line, and line.
    let object = object_behind(statement, start)?;
    let cue = is_call(&gaps[object]);
    if let Some(cue) = cue
        && !cue.is_passive
        && !cue.is_no_statement
    {
        let callers = (0..object).rev().find(|at| is_name(statement, *at));
        return Some(Site {
            object,
            callers: callers.into_iter().collect(),
            may_be_definition: false,
        });
    }
    let said = gaps[object + 1].to_lowercase();
    let before = gaps[object].to_lowercase();
    let is_called =
        ["is called on", "is called at", "is called in line", "it calls on", "it calls at"]
            .iter()
            .any(|words| said.contains(words));
    let is_noun = before.trim_end().ends_with("call of") || before.trim_end().ends_with("call to");
    (is_called || is_noun).then(|| Site { object, callers: Vec::new(), may_be_definition: false })
}

/// Whether the prose around a name speaks of its callers, the next of which follows.
fn is_of_callers(gaps: &[String], at: usize) -> bool {
    let before = gaps[at].trim_end().to_lowercase();
    let after = gaps[at + 1].trim();
    let is_are = ["is", "are"].contains(&after);
    is_are && (before.ends_with("caller of") || before.ends_with("callers of"))
        || ["的调用者是", "的调用方是", "的唯一调用者是", "的调用者只有"].contains(&after)
}

fn is_name(statement: &Statement<'_>, at: usize) -> bool {
    let item = statement.parts.items.get(at);
    item.is_some_and(|item| matches!(item.shape, Shape::Name { .. } | Shape::Call { .. }))
}

fn is_place(statement: &Statement<'_>, at: usize) -> bool {
    let item = statement.parts.items.get(at);
    item.is_some_and(|item| matches!(item.shape, Shape::Lines(..) | Shape::Path { .. }))
}

/// The object of the verb behind a place in brackets, past others of a list.
fn verb_ahead(statement: &Statement<'_>, end: usize) -> Option<usize> {
    let gaps = &statement.parts.gaps;
    let mut at = end + 1;
    loop {
        let gap = gaps.get(at)?;
        let rest = gap.trim_start().strip_prefix([')', '）'])?;
        if let Some(cue) = Cue::before(rest) {
            let is_it = cue.relation == Relation::Calls
                && !cue.is_passive
                && !cue.is_denied
                && !cue.is_no_statement
                && is_name(statement, at);
            return is_it.then_some(at);
        }
        // `a` (line) and `c` (line) call `b`.
        let has_next = is_list(rest) && is_name(statement, at) && is_place(statement, at + 1);
        if !has_next {
            return None;
        }
        at += 2;
    }
}

/// The name before a place, past other places of a list.
fn object_behind(statement: &Statement<'_>, start: usize) -> Option<usize> {
    let gaps = &statement.parts.gaps;
    let mut at = start;
    loop {
        let gap = gaps[at].trim();
        let before = at.checked_sub(1)?;
        if is_name(statement, before) {
            let said = words(gap);
            let is_at = |word: &String| {
                const AT: [&str; 14] = [
                    "at", "on", "in", "is", "of", "the", "called", "line", "once", "both", "which",
                    "that", "it", "calls",
                ];
                AT.contains(&word.as_str())
            };
            let is_direct = said.iter().all(is_at) && gap.is_ascii();
            // The call of `b` in `a` is at line.
            let is_within =
                gaps[before].trim() == "in" && before > 0 && is_name(statement, before - 1);
            let before = if is_within { before - 1 } else { before };
            return is_direct.then_some(before);
        }
        if !is_place(statement, before)
            || !(is_list(&gaps[at]) || ["and at", "and on", "以及"].contains(&gap))
        {
            return None;
        }
        at = before;
    }
}

/// Which end of a definition a line is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    Start,
    End,
    Both,
}

/// What is said to begin, to end or to extend in a place: spans lines 3-9, ends at line 9, 从第 3 行开始.
pub fn edge(
    statement: &Statement<'_>,
    start: usize,
    end: usize,
    is_range: bool,
) -> Option<(usize, Edge)> {
    let (before, after) = (&statement.parts.gaps[start], &statement.parts.gaps[end + 1]);
    let said = words(before);
    let has = |verbs: &[&str]| said.iter().any(|word| verbs.contains(&word.as_str()));
    let after = after.trim_start();
    let edge = match () {
        () if is_range && has(&["spans", "covers", "occupies", "takes"]) => Edge::Both,
        () if is_range => return None,
        () if has(&["starts", "begins"]) || after.starts_with("开始") => Edge::Start,
        () if has(&["ends", "finishes"]) || after.starts_with("结束") => Edge::End,
        () => return None,
    };
    let mut at = start;
    while at > 0 && !statement.parts.items[at - 1].names_code() {
        at -= 1;
    }
    at.checked_sub(1).map(|at| (at, edge))
}

impl Resolver<'_> {
    /// Why a line is not the place of a call; nothing if it is.
    pub fn no_site(
        &self,
        statement: &Statement<'_>,
        site: &Site,
        file: FileId,
        line: usize,
    ) -> Option<String> {
        let object = &statement.parts.items[site.object];
        let (Shape::Name { name, .. } | Shape::Call { name, .. }) = &object.shape else {
            return None;
        };
        let symbols = statement.symbols(site.object);
        let callers: Vec<SymbolId> =
            site.callers.iter().flat_map(|at| statement.symbols(*at)).copied().collect();
        let of = |id: &SymbolId| self.repository.symbol(*id);
        let within =
            |id: &SymbolId| id.file == file && (of(id).first()..=of(id).last()).contains(&line);
        let is_definition =
            |id: &SymbolId| id.file == file && [of(id).first(), of(id).line()].contains(&line);
        if site.may_be_definition && callers.iter().any(is_definition) {
            return None;
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        let targets: Vec<String> =
            symbols.iter().map(|id| self.repository.dotted_name(*id)).collect();
        let is_it = |call: &super::file::Called| {
            let is_target = call.target.as_ref().is_some_and(|target| {
                targets.iter().any(|name| target == name || *target == format!("{name}.__init__"))
            });
            is_target || call.callee.rsplit('.').next() == Some(last)
        };
        let all = self.repository.calls_in(file).filter(|(_, call)| is_it(call));
        let all: Vec<(Option<SymbolId>, usize)> = all.map(|(id, call)| (id, call.line)).collect();
        let is_there = all.iter().any(|(_, called)| *called == line)
            || self.repository.is_applied(file, line, last);
        if is_there && (callers.is_empty() || callers.iter().any(within)) {
            return None;
        }
        let by = |id: &Option<SymbolId>| {
            callers.is_empty() || id.is_some_and(|id| callers.contains(&id))
        };
        let mut lines: Vec<usize> =
            all.iter().filter(|(id, _)| by(id)).map(|(_, line)| *line).collect();
        lines.dedup();
        let shown: Vec<String> = lines.iter().take(4).map(usize::to_string).collect();
        let path = &self.repository.file(file).path;
        Some(match shown[..] {
            [] => format!("`{name}` is not called there"),
            _ => format!("`{name}` is called on line {} of {path}", shown.join(", ")),
        })
    }
}
