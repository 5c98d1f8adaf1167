//! What a function's own text says: what it calls, what it raises and under which conditions.
//!
//! Invariant: a condition is quoted as the code has it.

use super::{Asked, conditions, questions};
use crate::error::Result;
use crate::index::{Call, Kind, SymbolId, Target};
use crate::pipeline::repo::code::{last_name, quotable};
use crate::pipeline::repo::context::Excerpt;
use crate::pipeline::repo::draft::{QaDraft, Turn};
use crate::python::is_dotted_identifier;
use crate::python::sites::RaiseSite;
use crate::sample::repository::RepoQuestion;

const MAX_LISTED: usize = 8;
/// Definitions of one name that a question shows.
const MAX_NAMESAKES: usize = 6;
/// Conditions that an answer tells.
const MAX_CONDITIONS: usize = 14;

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
    let (question, follow_up) = voice.ask(&questions::CALLEES, &values);
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
    // Among the definitions that have the names it calls, a reader has to find the right ones.
    let mut shown = Excerpt::symbol(asked.code, asked.id);
    for (id, _) in &listed {
        let namesakes = index.named(&index.symbol(*id).name).iter();
        let are_like = |other: &&SymbolId| is_called(index.symbol(**other).kind);
        namesakes.filter(are_like).take(MAX_NAMESAKES).for_each(|&one| shown.head(asked.code, one));
        shown.head(asked.code, *id);
    }
    Ok(Some(asked.draft(kind, &voice, Turn { question, follow_up, answer }, trace, shown)))
}

fn is_called(kind: Kind) -> bool {
    kind.is_callable() || kind.is_type()
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
    // A `raise` without one is all that a stub does.
    let have_conditions = sites.raises.iter().all(|site| !site.conditions.is_empty());
    let count: usize = sites.raises.iter().map(|site| site.conditions.len()).sum();
    if !have_conditions || count > MAX_CONDITIONS {
        return Ok(None);
    }
    let mut voice = asked.voice(kind, "");
    let (name, path) = (asked.name(), asked.path());
    let values = [("f", name.as_str()), ("path", &path)];
    let (question, follow_up) = voice.ask(&questions::EXCEPTIONS, &values);
    let file = asked.code.index.symbol(asked.id).file;
    let (mut sentences, mut trace) = (Vec::new(), Vec::new());
    for site in &sites.raises {
        let place = asked.code.at(file, site.line);
        let exception = format!("`{}`", site.exception);
        let at = |line| asked.code.at(file, line);
        // What cannot be quoted, or has to be read in the code itself, is not told.
        let Some(condition) = conditions::said(&mut voice, &site.conditions, at) else {
            return Ok(None);
        };
        sentences.push(voice.say(
            &["{f} raises {e} at {place}{condition}."],
            &["{f} 在 {place} 抛出 {e}{condition}。"],
            &[("f", &name), ("e", &exception), ("place", &place), ("condition", &condition)],
        ));
        let message = site.message.as_deref().and_then(quotable);
        let message = message.filter(|text| text.trim_matches('`').trim().len() > 1);
        for condition in &site.conditions {
            let step = conditions::tested(&mut voice, condition, at);
            trace.extend(step.filter(|step| !trace.contains(step)));
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
    let shown = Excerpt::symbol(asked.code, asked.id);
    Ok(Some(asked.draft(kind, &voice, Turn { question, follow_up, answer }, trace, shown)))
}
