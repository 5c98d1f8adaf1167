//! Who uses a function: callers, tests, the places that a new signature changes, the way from one function to another.
//!
//! Invariant: nothing is said to be all unless every place that has the name is accounted for.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::Asked;
use crate::error::Result;
use crate::index::{Call, Role, SymbolId, Target};
use crate::pipeline::repo::code::quotable;
use crate::pipeline::repo::draft::{QaDraft, Turn};
use crate::pipeline::repo::wording::Voice;
use crate::sample::repository::RepoQuestion;

/// A list of more places is not read.
const MAX_PLACES: usize = 12;
/// Calls of a path from one function to another.
const MAX_STEPS: usize = 4;
/// Functions that the search for a path visits.
const MAX_VISITED: usize = 400;

/// The calls of a function in files of a role, each line once.
fn calls_in(asked: &Asked<'_>, is_source: bool) -> Vec<Call> {
    let index = asked.code.index;
    let is_wanted = |call: &&Call| (index.file(call.file).role == Role::Source) == is_source;
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

/// Which functions call it?
pub(super) fn callers(asked: &Asked<'_>) -> Option<QaDraft> {
    let kind = RepoQuestion::Callers;
    let calls = calls_in(asked, true);
    let is_complete = asked.code.is_accounted_for(&asked.code.index.symbol(asked.id).name);
    let has_module_code = calls.iter().any(|call| call.caller.is_none());
    if !is_complete || calls.is_empty() || calls.len() > MAX_PLACES || has_module_code {
        return None;
    }
    let mut voice = asked.voice(kind, "");
    let (name, path) = (asked.name(), asked.path());
    let values = [("f", name.as_str()), ("path", &path)];
    let question = voice.say(
        &[
            "Which functions call {f} from {path}?",
            "Where is {f} (defined in {path}) used outside of tests?",
            "Who calls {f} in {path}, and on which lines?",
            "How is {f} in {path} reached, that is, what are its callers?",
        ],
        &[
            "{path} 中的 {f} 被哪些函数调用？",
            "除测试以外，哪些地方用到了 {path} 里的 {f}？",
            "{path} 中 {f} 的调用方有哪些？分别在哪一行？",
        ],
        &values,
    );
    let follow_up = voice.say(
        &["Who calls it?", "Which functions call {f}?"],
        &["它被哪些函数调用？", "哪些函数调用了 {f}？"],
        &values,
    );
    let said = by_caller(asked, &voice, &calls);
    let list = voice.list(&said);
    let answer = match said.len() {
        1 => voice.say(
            &["Only {list} calls {f}.", "{f} has one caller: {list} calls {f}."],
            &["只有 {list} 调用 {f}。"],
            &[("list", &list), ("f", &name)],
        ),
        _ => voice.say(
            &["{f} is called by {list}.", "{list} call {f}."],
            &["{f} 被 {list} 调用。", "{list} 调用 {f}。"],
            &[("list", &list), ("f", &name)],
        ),
    };
    let mut trace = vec![defined(asked, &mut voice)];
    trace.extend(steps(asked, &mut voice, &calls));
    Some(asked.draft(kind, &voice, Turn { question, follow_up, answer }, trace))
}

/// What must change with its signature?
pub(super) fn signature_change(asked: &Asked<'_>) -> Option<QaDraft> {
    let kind = RepoQuestion::SignatureChange;
    let index = asked.code.index;
    let symbol = index.symbol(asked.id);
    let mut calls = calls_in(asked, true);
    calls.extend(calls_in(asked, false));
    let is_method = index.class_of(asked.id).is_some();
    let is_complete =
        asked.code.is_accounted_for(&symbol.name) && index.named(&symbol.name).len() == 1;
    if is_method || !is_complete || calls.is_empty() || calls.len() > MAX_PLACES {
        return None;
    }
    let mut voice = asked.voice(kind, "");
    let (name, path) = (asked.name(), asked.path());
    let values = [("f", name.as_str()), ("path", &path)];
    let question = voice.say(
        &[
            "Which places have to change if {f} in {path} gets another required parameter?",
            "If the signature of {f} in {path} changes, what else has to be updated?",
            "Which lines have to be adapted once {f} in {path} takes a new mandatory argument?",
        ],
        &[
            "我想给 {path} 中的 {f} 增加一个必填参数，需要修改哪些地方？",
            "如果 {path} 中 {f} 的签名变了，还有哪些代码必须同步修改？",
            "{path} 里的 {f} 要新增一个必填参数，哪些行需要改动？",
        ],
        &values,
    );
    let follow_up = voice.say(
        &["What has to change if I give it another required parameter?"],
        &["如果给它再加一个必填参数，哪些地方要改？"],
        &values,
    );
    let place = asked.code.at(symbol.file, symbol.lines.start);
    let places: Vec<String> =
        calls.iter().map(|call| asked.code.at(call.file, call.line)).collect();
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
    Some(asked.draft(kind, &voice, Turn { question, follow_up, answer }, trace))
}

/// Which tests call it?
pub(super) fn tests(asked: &Asked<'_>) -> Option<QaDraft> {
    let kind = RepoQuestion::Tests;
    let index = asked.code.index;
    let tests = index.tests_of(asked.id);
    let is_complete = asked.code.is_accounted_for(&index.symbol(asked.id).name);
    if !is_complete || tests.is_empty() || tests.len() > MAX_PLACES {
        return None;
    }
    let mut voice = asked.voice(kind, "");
    let (name, path) = (asked.name(), asked.path());
    let values = [("f", name.as_str()), ("path", &path)];
    let question = voice.say(
        &[
            "Which tests call {f} from {path} directly?",
            "Which tests exercise {f} in {path} directly, and would notice a change of it?",
            "Which test functions should I run first after editing {f} in {path}?",
        ],
        &[
            "哪些测试直接调用了 {path} 中的 {f}？",
            "我准备修改 {path} 里的 {f}，哪些测试会直接用到它？",
            "改完 {path} 中的 {f} 之后，应该先跑哪些测试函数？",
        ],
        &values,
    );
    let follow_up = voice.say(
        &["And which tests call it?", "Is it tested directly?"],
        &["哪些测试会直接调用它？", "有测试直接覆盖它吗？"],
        &values,
    );
    // The first call in each test tells which one it is.
    let mut calls = calls_in(asked, false);
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
    Some(asked.draft(kind, &voice, Turn { question, follow_up, answer }, trace))
}

/// How does a call of it reach another function?
pub(super) fn call_path(asked: &Asked<'_>) -> Result<Option<QaDraft>> {
    let kind = RepoQuestion::CallPath;
    let Some(path) = farthest(asked) else { return Ok(None) };
    let Some(last) = path.last().and_then(target) else { return Ok(None) };
    let mut voice = asked.voice(kind, "");
    let code = asked.code;
    let (from, to) = (asked.name(), code.name(last));
    let (from_path, to_path) = (asked.path(), format!("`{}`", code.path(last)));
    let values = [("a", from.as_str()), ("b", &to), ("pa", &from_path), ("pb", &to_path)];
    let question = voice.say(
        &[
            "How does a call of {a} ({pa}) reach {b} ({pb})?",
            "What is the call chain from {a} in {pa} to {b} in {pb}?",
            "Through which functions does {a} in {pa} get to {b} in {pb}?",
        ],
        &[
            "{pa} 中的 {a} 是怎样一步步调用到 {pb} 中的 {b} 的？",
            "从 {a}（{pa}）到 {b}（{pb}）的调用链是怎样的？",
        ],
        &values,
    );
    let follow_up = voice.say(&["How does it reach {b}?"], &["它是怎样调用到 {b} 的？"], &values);
    let (mut sentences, mut trace) = (Vec::new(), Vec::new());
    let mut caller = asked.id;
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
        let written = site.and_then(|site| site.text.as_deref()).and_then(quotable);
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
        caller = callee;
    }
    let answer = voice.sentences(&sentences);
    Ok(Some(asked.draft(kind, &voice, Turn { question, follow_up, answer }, trace)))
}

fn target(call: &Call) -> Option<SymbolId> {
    match call.target {
        Target::Symbol(id) => Some(id),
        Target::Module(_)
        | Target::Namespace(_)
        | Target::External(_)
        | Target::Builtin(_)
        | Target::Unresolved(_) => None,
    }
}

/// The shortest chain of calls to one of the functions that are farthest away, but not too far.
fn farthest(asked: &Asked<'_>) -> Option<Vec<Call>> {
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
            let is_function = index.symbol(callee).kind.is_callable();
            if is_function && seen.insert(callee) && !reached.contains_key(&callee) {
                reached.insert(callee, Some(call.clone()));
                queue.push_back((callee, steps + 1));
            }
        }
    }
    let (_, mut at) = last?;
    let mut path = Vec::new();
    while let Some(Some(call)) = reached.get(&at) {
        path.push(call.clone());
        at = call.caller?;
    }
    path.reverse();
    Some(path)
}
