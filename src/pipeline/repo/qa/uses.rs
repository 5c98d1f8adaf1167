//! Who uses a function: callers, tests, the places that a new signature changes, the way from one function to another.
//!
//! Invariant: nothing is said to be all unless every place that has the name is accounted for.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::distractors::target;
use super::{Asked, distractors, questions};
use crate::error::Result;
use crate::index::{Call, FileId, Role, SymbolId};
use crate::pipeline::repo::code::{last_name, quotable};
use crate::pipeline::repo::context::Excerpt;
use crate::pipeline::repo::draft::{QaDraft, Turn};
use crate::pipeline::repo::wording::Voice;
use crate::sample::repository::RepoQuestion;

/// A list of more places is not read.
const MAX_PLACES: usize = 12;
/// Calls of a path from one function to another.
const MAX_STEPS: usize = 4;
/// Functions that the search for a path visits.
const MAX_VISITED: usize = 400;

/// The calls of a function in tests or outside of them, each line once.
fn calls_in(asked: &Asked<'_>, tests: bool) -> Vec<Call> {
    let index = asked.code.index;
    let is_wanted = |call: &&Call| (index.file(call.file).role == Role::Test) == tests;
    let mut calls: Vec<Call> = index.callers(asked.id).filter(is_wanted).cloned().collect();
    calls.sort_by_key(|call| (call.file, call.line));
    calls.dedup_by_key(|call| (call.file, call.line));
    calls
}

/// Each caller with its places: `a` (`p:1` and `p:3`).
fn by_caller(asked: &Asked<'_>, voice: &Voice, calls: &[Call]) -> Vec<String> {
    let mut callers: Vec<(SymbolId, Vec<String>)> = Vec::new();
    for call in calls {
        let Some(caller) = call.caller else { continue };
        let place = asked.code.at(call.file, call.line);
        match callers.iter_mut().find(|(known, _)| *known == caller) {
            Some((_, places)) => places.push(place),
            None => callers.push((caller, vec![place])),
        }
    }
    let said = |(caller, places): &(SymbolId, Vec<String>)| {
        voice.placed(&asked.code.name(*caller), &voice.list(places))
    };
    callers.iter().map(said).collect()
}

/// A step for each call that quotes its line.
fn steps(asked: &Asked<'_>, voice: &mut Voice, calls: &[Call]) -> Vec<String> {
    let name = asked.name();
    let mut steps = Vec::new();
    for call in calls {
        let place = asked.code.at(call.file, call.line);
        let caller = match call.caller {
            Some(caller) => asked.code.name(caller),
            None => format!("`{}`", asked.code.index.file(call.file).path),
        };
        steps.push(voice.say(
            &["{caller} calls {f} at {place}.", "At {place}, {caller} calls {f}."],
            &["{caller} 在 {place} 调用 {f}。"],
            &[("caller", &caller), ("f", &name), ("place", &place)],
        ));
    }
    steps
}

fn defined(asked: &Asked<'_>, voice: &mut Voice) -> String {
    let place = asked.code.place(asked.id);
    voice.say(
        &["{f} is defined at {place}."],
        &["{f} 定义在 {place}。"],
        &[("f", &asked.name()), ("place", &place)],
    )
}

/// Whether a call of a method that this one replaces may run this one.
fn is_reached_by_others(asked: &Asked<'_>) -> bool {
    let replaced = asked.code.replaced(asked.id);
    replaced.into_iter().any(|one| asked.code.index.callers(one).next().is_some())
}

/// Which functions outside of tests call it?
pub(super) fn callers(asked: &Asked<'_>) -> Result<Option<QaDraft>> {
    let kind = RepoQuestion::Callers;
    let calls = calls_in(asked, false);
    let own_name = &asked.code.index.symbol(asked.id).name;
    let is_complete = asked.code.is_accounted_for(own_name) && !is_reached_by_others(asked);
    let has_module_code = calls.iter().any(|call| call.caller.is_none());
    if !is_complete || calls.is_empty() || calls.len() > MAX_PLACES || has_module_code {
        return Ok(None);
    }
    let mut voice = asked.voice(kind, "");
    let (name, path) = (asked.name(), asked.path());
    let values = [("f", name.as_str()), ("path", &path)];
    let (question, follow_up) = voice.ask(&questions::CALLERS, &values);
    let said = by_caller(asked, &voice, &calls);
    let list = voice.list(&said);
    let answer = match said.len() {
        1 => voice.say(
            &[
                "Outside of tests, only {list} calls {f}.",
                "Apart from tests, {f} has one caller: {list} calls {f}.",
            ],
            &["除测试外，只有 {list} 调用 {f}。"],
            &[("list", &list), ("f", &name)],
        ),
        _ => voice.say(
            &["Outside of tests, {f} is called by {list}.", "Apart from tests, {list} call {f}."],
            &["除测试外，{f} 被 {list} 调用。", "不算测试，{list} 调用 {f}。"],
            &[("list", &list), ("f", &name)],
        ),
    };
    let mut trace = vec![defined(asked, &mut voice)];
    trace.extend(steps(asked, &mut voice, &calls));
    let Some(shown) = distractors::mentions(asked, own_name)? else { return Ok(None) };
    Ok(Some(asked.draft(kind, &voice, Turn { question, follow_up, answer }, trace, shown)))
}

/// What must change with its signature?
pub(super) fn signature_change(asked: &Asked<'_>) -> Result<Option<QaDraft>> {
    let kind = RepoQuestion::SignatureChange;
    let index = asked.code.index;
    let symbol = index.symbol(asked.id);
    let mut calls = calls_in(asked, false);
    calls.extend(calls_in(asked, true));
    let is_method = index.class_of(asked.id).is_some();
    let is_complete =
        asked.code.is_accounted_for(&symbol.name) && index.named(&symbol.name).len() == 1;
    if is_method || !is_complete {
        return Ok(None);
    }
    let (Some(in_doctests), Some(shown)) =
        (in_doctests(asked, &calls)?, distractors::mentions(asked, &symbol.name)?)
    else {
        return Ok(None);
    };
    let count = calls.len() + in_doctests.len();
    if count == 0 || count > MAX_PLACES {
        return Ok(None);
    }
    let mut voice = asked.voice(kind, "");
    let (name, path) = (asked.name(), asked.path());
    let values = [("f", name.as_str()), ("path", &path)];
    let (question, _) = voice.ask(&questions::SIGNATURE, &values);
    // After other questions, nothing has been said of a new parameter.
    let follow_up = voice.say(
        &[
            "Which lines of code, tests and doctests have to change if I give it another required parameter?",
            "If it gets a new mandatory argument, where does that have to be passed, tests and doctests included?",
        ],
        &[
            "如果给它再加一个必填参数，代码、测试和 doctest 的哪些行要改？",
            "如果它多了一个必填参数，哪些地方必须传入？测试和 doctest 也算。",
        ],
        &values,
    );
    let place = asked.code.at(symbol.file, symbol.lines.start);
    let of_calls = calls.iter().map(|call| (call.file, call.line));
    let places: Vec<String> = of_calls
        .chain(in_doctests.iter().copied())
        .map(|(file, line)| asked.code.at(file, line))
        .collect();
    let places = voice.list(&places);
    let answer = voice.say(
        &[
            "{f} is defined at {place}. Besides that line, the new argument has to be passed at {places}.",
            "Apart from the definition of {f} at {place}, the new argument has to be passed at {places}.",
        ],
        &[
            "{f} 定义在 {place}。除此之外，以下位置都要传入新参数：{places}。",
            "首先要改 {place}，即 {f} 的定义。其余要传入新参数的位置是 {places}。",
        ],
        &[("f", &name), ("place", &place), ("places", &places)],
    );
    let mut trace = vec![defined(asked, &mut voice)];
    trace.extend(steps(asked, &mut voice, &calls));
    for (file, line) in in_doctests {
        trace.push(voice.say(
            &["A doctest at {place} calls it."],
            &["{place} 的 doctest 调用了它。"],
            &[("place", &asked.code.at(file, line))],
        ));
    }
    let turn = Turn { question, follow_up, answer };
    Ok(Some(asked.draft(kind, &voice, turn, trace, shown)))
}

/// The lines of doctests that call a function; none at all if another text may hold a call of it.
fn in_doctests(asked: &Asked<'_>, calls: &[Call]) -> Result<Option<Vec<(FileId, u32)>>> {
    let name = &asked.code.index.symbol(asked.id).name;
    let Some(mentions) = asked.code.mentions(name) else { return Ok(None) };
    let mut found = Vec::new();
    for &(file, line) in mentions {
        let is_known = calls.iter().any(|call| (call.file, call.line) == (file, line));
        let text = asked.code.text(file)?;
        let written = text.lines().nth(line as usize - 1).unwrap_or_default().trim();
        let opening = format!("{name}(");
        let is_definition = written.contains(&format!("def {opening}"))
            || written.contains(&format!("fn {opening}"));
        if is_known || is_definition || !written.contains(&opening) {
            continue;
        }
        match written.starts_with(">>>") || written.starts_with("... ") {
            true => found.push((file, line)),
            false => return Ok(None),
        }
    }
    Ok(Some(found))
}

/// Which tests call it?
pub(super) fn tests(asked: &Asked<'_>) -> Result<Option<QaDraft>> {
    let kind = RepoQuestion::Tests;
    let index = asked.code.index;
    let tests = index.tests_of(asked.id);
    let own_name = &index.symbol(asked.id).name;
    let is_complete = asked.code.is_accounted_for(own_name) && !is_reached_by_others(asked);
    if !is_complete || tests.is_empty() || tests.len() > MAX_PLACES {
        return Ok(None);
    }
    let mut voice = asked.voice(kind, "");
    let (name, path) = (asked.name(), asked.path());
    let values = [("f", name.as_str()), ("path", &path)];
    let (question, follow_up) = voice.ask(&questions::TESTS, &values);
    // The first call in each test tells which one it is.
    let mut calls = calls_in(asked, true);
    calls.retain(|call| call.caller.is_some_and(|caller| tests.contains(&caller)));
    calls.sort_by_key(|call| (call.caller, call.line));
    calls.dedup_by_key(|call| call.caller);
    let list = voice.list(&by_caller(asked, &voice, &calls));
    let answer = match tests.len() {
        1 => voice.say(
            &["{list} calls {f}.", "One test does: {list} calls {f}."],
            &["{list} 直接调用 {f}。"],
            &[("list", &list), ("f", &name)],
        ),
        _ => voice.say(
            &["{f} is called by the tests {list}.", "The tests {list} call {f}."],
            &["测试 {list} 调用 {f}。"],
            &[("list", &list), ("f", &name)],
        ),
    };
    let mut trace = vec![defined(asked, &mut voice)];
    trace.extend(steps(asked, &mut voice, &calls));
    let Some(shown) = distractors::mentions(asked, own_name)? else { return Ok(None) };
    Ok(Some(asked.draft(kind, &voice, Turn { question, follow_up, answer }, trace, shown)))
}

/// How does a call of it reach another function?
pub(super) fn call_path(asked: &Asked<'_>) -> Result<Option<QaDraft>> {
    let kind = RepoQuestion::CallPath;
    let Some(path) = farthest(asked)? else { return Ok(None) };
    let Some(last) = path.last().and_then(target) else { return Ok(None) };
    let mut voice = asked.voice(kind, "");
    let code = asked.code;
    let (from, to) = (asked.name(), code.name(last));
    let (from_path, to_path) = (asked.path(), format!("`{}`", code.path(last)));
    let values = [("a", from.as_str()), ("b", &to), ("pa", &from_path), ("pb", &to_path)];
    let (question, follow_up) = voice.ask(&questions::CALL_PATH, &values);
    let (mut sentences, mut trace) = (Vec::new(), Vec::new());
    let mut caller = asked.id;
    let mut shown = Excerpt::symbol(code, asked.id);
    for call in &path {
        let Some(callee) = target(call) else { return Ok(None) };
        let place = code.at(call.file, call.line);
        let (a, b) = (code.name(caller), code.name(callee));
        let values = [("a", a.as_str()), ("b", &b), ("place", &place)];
        sentences.push(voice.say(
            &["{a} calls {b} at {place}."],
            &["{a} 在 {place} 调用 {b}。"],
            &values,
        ));
        let sites = code.sites(caller)?;
        let site =
            sites.calls.iter().find(|site| site.line == call.line && site.callee == call.callee);
        let written = site.and_then(|site| quotable(&site.text));
        let said =
            voice.say(&["At {place}, {a} calls {b}."], &["{a} 在 {place} 调用 {b}。"], &values);
        let quoted = written.map(|written| {
            voice.say(
                &["The code there is {written}."],
                &["那里的代码是 {written}。"],
                &[("written", &written)],
            )
        });
        trace.push(voice.sentences(&[said, quoted.unwrap_or_default()]));
        shown.whole(code, callee);
        caller = callee;
    }
    let answer = voice.sentences(&sentences);
    let last = path.last().map(|call| code.at(call.file, call.line)).unwrap_or_default();
    let turn = Turn { question, follow_up, answer };
    Ok(Some(QaDraft { chain: last, ..asked.draft(kind, &voice, turn, trace, shown) }))
}

/// The shortest chain of calls to one of the functions that are farthest away, but not too far.
fn farthest(asked: &Asked<'_>) -> Result<Option<Vec<Call>>> {
    let index = asked.code.index;
    let mut reached: HashMap<SymbolId, Option<Call>> = HashMap::from([(asked.id, None)]);
    let mut queue = VecDeque::from([(asked.id, 0)]);
    let mut last: Option<(usize, SymbolId)> = None;
    while let Some((id, steps)) = queue.pop_front() {
        if reached.len() > MAX_VISITED {
            break;
        }
        if steps >= 2 && last.is_none_or(|(best, _)| steps > best) {
            last = Some((steps, id));
        }
        if steps == MAX_STEPS {
            continue;
        }
        let mut seen = BTreeSet::new();
        for call in index.callees(id) {
            let Some(callee) = target(call) else { continue };
            let symbol = index.symbol(callee);
            // Under another name, a reader of the line does not see what it calls.
            let is_named = last_name(&call.callee) == symbol.name;
            // The body of a stub is not what runs.
            if symbol.kind.is_callable()
                && is_named
                && seen.insert(callee)
                && !reached.contains_key(&callee)
                && !asked.code.is_stub(callee)?
            {
                reached.insert(callee, Some(call.clone()));
                queue.push_back((callee, steps + 1));
            }
        }
    }
    let Some((_, mut at)) = last else { return Ok(None) };
    let mut path = Vec::new();
    while let Some(Some(call)) = reached.get(&at) {
        path.push(call.clone());
        let Some(caller) = call.caller else { return Ok(None) };
        at = caller;
    }
    path.reverse();
    Ok(Some(path))
}
