//! What a function's own text says: where it is, what it calls, what it raises and when.
//!
//! Invariant: a condition is quoted as the code has it.

use super::Asked;
use crate::error::Result;
use crate::index::{Call, Kind, Role, SymbolId, Target};
use crate::pipeline::repo::code::{last_name, quotable};
use crate::pipeline::repo::draft::{QaDraft, Turn};
use crate::pipeline::repo::wording::Voice;
use crate::python::is_dotted_identifier;
use crate::python::sites::{Condition, RaiseSite};
use crate::sample::repository::{RepoQuestion, TextLanguage};

const MAX_LISTED: usize = 8;
/// Conditions of one `raise` that an answer tells.
const MAX_CONDITIONS: usize = 2;

/// Where is it defined?
pub(super) fn definition(asked: &Asked<'_>) -> Option<QaDraft> {
    let kind = RepoQuestion::Definition;
    let index = asked.code.index;
    let symbol = index.symbol(asked.id);
    if index.named(&symbol.name).len() != 1 {
        return None;
    }
    let mut voice = asked.voice(kind, "");
    let name = asked.name();
    let values = [("f", name.as_str())];
    let question = voice.say(
        &[
            "Where is {f} defined?",
            "In which file, and on which lines, is {f} implemented?",
            "I need to change {f}; where do I find it?",
        ],
        &["{f} 定义在哪里？", "{f} 是在哪个文件的哪几行实现的？", "我要修改 {f}，应该去哪里找？"],
        &values,
    );
    let place = asked.code.place(asked.id);
    let class = index.class_of(asked.id).map(|class| asked.code.name(class));
    let answer = match &class {
        Some(class) => voice.say(
            &["{f} is defined at {place}. It is a method of {class}."],
            &["{f} 定义在 {place}。它是 {class} 的方法。"],
            &[("f", &name), ("class", class), ("place", &place)],
        ),
        None => voice.say(
            &["{f} is defined at {place}."],
            &["{f} 定义在 {place}。"],
            &[("f", &name), ("place", &place)],
        ),
    };
    let module = format!("`{}`", index.file(symbol.file).module);
    let mut trace = vec![voice.say(
        &["The only definition of {f} is at {place}."],
        &["{f} 唯一的定义在 {place}。"],
        &[("f", &name), ("place", &place)],
    )];
    if symbol.parent.is_none() && index.file(symbol.file).role == Role::Source {
        trace.push(voice.say(
            &["The file is the module {module}."],
            &["该文件是模块 {module}。"],
            &[("module", &module)],
        ));
    }
    Some(asked.draft(kind, &voice, Turn { follow_up: question.clone(), question, answer }, trace))
}

/// What does it call?
pub(super) fn callees(asked: &Asked<'_>) -> Result<Option<QaDraft>> {
    let kind = RepoQuestion::Callees;
    let index = asked.code.index;
    let mut listed: Vec<(SymbolId, &Call)> = Vec::new();
    for call in index.callees(asked.id) {
        match &call.target {
            Target::Symbol(id)
                if *id != asked.id && !listed.iter().any(|(known, _)| known == id) =>
            {
                listed.push((*id, call));
            }
            // It may be one of the repository's functions, which an answer would leave out.
            Target::Unresolved(_)
                if index
                    .named(last_name(&call.callee))
                    .iter()
                    .any(|&id| index.symbol(id).kind.is_callable())
                    || !is_dotted_identifier(&call.callee) =>
            {
                return Ok(None);
            }
            Target::Symbol(_) | Target::Module(_) | Target::Namespace(_) => {}
            Target::External(_) | Target::Builtin(_) | Target::Unresolved(_) => {}
        }
    }
    listed.sort_by_key(|(_, call)| call.line);
    if listed.len() < 2 || listed.len() > MAX_LISTED {
        return Ok(None);
    }
    let mut voice = asked.voice(kind, "");
    let (name, path) = (asked.name(), asked.path());
    let values = [("f", name.as_str()), ("path", &path)];
    let question = voice.say(
        &[
            "Which functions and classes of this repository does {f} in {path} call, and where are they defined?",
            "What does {f} in {path} depend on within the repository?",
            "What else in the repository does {f} call, in case it moves out of {path}?",
        ],
        &[
            "{path} 中的 {f} 调用了本仓库里的哪些函数和类？它们定义在哪里？",
            "{path} 中的 {f} 在仓库内依赖哪些代码？",
            "如果要把 {f} 从 {path} 中移走，它还调用了仓库里的哪些东西？",
        ],
        &values,
    );
    let follow_up = voice.say(
        &["What does it call within the repository?"],
        &["它调用了仓库里的哪些东西？"],
        &values,
    );
    let said: Vec<String> = listed
        .iter()
        .map(|(id, _)| voice.placed(&asked.code.name(*id), &asked.code.place(*id)))
        .collect();
    let list = voice.list(&said);
    let answer =
        voice.say(&["{f} calls {list}."], &["{f} 调用 {list}。"], &[("f", &name), ("list", &list)]);
    let mut trace = Vec::new();
    for (id, call) in &listed {
        let (callee, place) = (asked.code.name(*id), asked.code.at(call.file, call.line));
        let made = index.symbol(*id).kind == Kind::Class;
        let values = [("f", name.as_str()), ("g", callee.as_str()), ("place", &place)];
        trace.push(match made {
            true => voice.say(
                &["At {place}, {f} calls the class {g}."],
                &["{f} 在 {place} 调用类 {g}。"],
                &values,
            ),
            false => voice.say(
                &["At {place}, {f} calls {g}.", "{f} calls {g} at {place}."],
                &["{f} 在 {place} 调用 {g}。"],
                &values,
            ),
        });
    }
    Ok(Some(asked.draft(kind, &voice, Turn { question, follow_up, answer }, trace)))
}

/// Which exceptions does its own text raise, and when?
pub(super) fn exceptions(asked: &Asked<'_>) -> Result<Option<QaDraft>> {
    let kind = RepoQuestion::Exceptions;
    let sites = asked.code.sites(asked.id)?;
    let is_named = |site: &RaiseSite| {
        is_dotted_identifier(&site.exception)
            && last_name(&site.exception).starts_with(char::is_uppercase)
    };
    let is_plain = sites.raises.iter().all(is_named);
    if sites.raises.is_empty() || sites.raises.len() > MAX_LISTED || !is_plain {
        return Ok(None);
    }
    let has_condition = sites.raises.iter().any(|site| !site.conditions.is_empty());
    if !has_condition {
        return Ok(None);
    }
    let mut voice = asked.voice(kind, "");
    let (name, path) = (asked.name(), asked.path());
    let values = [("f", name.as_str()), ("path", &path)];
    let question = voice.say(
        &[
            "Which exceptions does {f} in {path} raise itself, and under which conditions?",
            "When does {f} in {path} raise, and what?",
            "Which `raise` statements of its own can a call of {f} from {path} run into?",
        ],
        &[
            "{path} 中的 {f} 自身会抛出哪些异常？分别在什么条件下？",
            "{path} 里的 {f} 在什么情况下会主动抛出异常？",
            "调用 {path} 中的 {f} 时，可能遇到它自己的哪些 `raise` 语句？",
        ],
        &values,
    );
    let follow_up = voice.say(
        &["When does it raise an exception of its own?"],
        &["它自身在什么情况下会抛出异常？"],
        &values,
    );
    let file = asked.code.index.symbol(asked.id).file;
    let (mut sentences, mut trace) = (Vec::new(), Vec::new());
    for site in &sites.raises {
        let place = asked.code.at(file, site.line);
        let exception = format!("`{}`", site.exception);
        let said: Option<Vec<String>> =
            site.conditions.iter().map(|condition| said(&mut voice, condition)).collect();
        // What cannot be quoted, or has to be read in the code itself, is not told.
        let Some(said) = said.filter(|said| said.len() <= MAX_CONDITIONS) else { return Ok(None) };
        let condition = match voice.lang {
            TextLanguage::English => said.join(" and"),
            TextLanguage::Chinese => said.concat(),
        };
        sentences.push(voice.say(
            &["{f} raises {e} at {place}{condition}."],
            &["{f} 在 {place} 抛出 {e}{condition}。"],
            &[("f", &name), ("e", &exception), ("place", &place), ("condition", &condition)],
        ));
        let message = site.message.as_deref().and_then(quotable);
        let message = message.filter(|text| text.trim_matches('`').trim().len() > 1);
        for condition in &site.conditions {
            trace.extend(tested(&mut voice, condition, |line| asked.code.at(file, line)));
        }
        let values = [("e", exception.as_str()), ("place", &place), ("f", &name)];
        trace.push(match &message {
            Some(message) => voice.say(
                &["{f} raises {e} at {place} with the message {message}."],
                &["{f} 在 {place} 抛出 {e}，消息是 {message}。"],
                &[values[0], values[1], values[2], ("message", message)],
            ),
            None => {
                voice.say(&["{f} raises {e} at {place}."], &["{f} 在 {place} 抛出 {e}。"], &values)
            }
        });
    }
    let answer = voice.sentences(&sentences);
    Ok(Some(asked.draft(kind, &voice, Turn { question, follow_up, answer }, trace)))
}

/// A step that says where a condition stands.
fn tested(voice: &mut Voice, condition: &Condition, at: impl Fn(u32) -> String) -> Option<String> {
    match condition {
        Condition::If { test, line } | Condition::Else { test, line } => {
            let (test, place) = (quotable(test)?, at(*line));
            Some(voice.say(
                &["The test {test} stands at {place}.", "At {place}, the code tests {test}."],
                &["判断 {test} 位于 {place}。"],
                &[("test", &test), ("place", &place)],
            ))
        }
        Condition::Except { types, line } => {
            let types = Some(types).filter(|types| !types.is_empty());
            let (types, place) = (quotable(types?)?, at(*line));
            Some(voice.say(
                &["The handler of {types} stands at {place}."],
                &["处理 {types} 的分支位于 {place}。"],
                &[("types", &types), ("place", &place)],
            ))
        }
    }
}

/// A condition in words; none if it is too long to be quoted.
fn said(voice: &mut Voice, condition: &Condition) -> Option<String> {
    Some(match condition {
        Condition::If { test, .. } => {
            let test = quotable(test)?;
            voice.say(
                &[" if {test} is true", " when {test} holds"],
                &["，条件是 {test}", "，当 {test} 成立时"],
                &[("test", &test)],
            )
        }
        Condition::Else { test, .. } => {
            let test = quotable(test)?;
            voice.say(
                &[" in the `else` branch of the test {test}"],
                &["，位于判断 {test} 的 `else` 分支"],
                &[("test", &test)],
            )
        }
        Condition::Except { types, .. } if types.is_empty() => {
            voice.say(&[" in a handler for any exception"], &["，位于捕获任意异常的处理分支"], &[])
        }
        Condition::Except { types, .. } => {
            let types = quotable(types)?;
            voice.say(
                &[" in the handler of {types}"],
                &["，位于处理 {types} 的分支"],
                &[("types", &types)],
            )
        }
    })
}
