//! What calls of a function give: executions, told as they were.
//!
//! Invariant: a stated result is one that the sandbox gave in two different surroundings.

use std::cmp::Reverse;

use super::{Asked, questions};
use crate::cases::executions::execution;
use crate::cases::notation::{call_text, result_text};
use crate::error::Result;
use crate::ground::repository::Execution;
use crate::pipeline::repo::calls::{Called, CalledCase};
use crate::pipeline::repo::code::last_name;
use crate::pipeline::repo::context::Excerpt;
use crate::pipeline::repo::draft::{QaDraft, Turn};
use crate::sample::SampleCase;
use crate::sample::repository::{RepoQuestion, TextLanguage};
use crate::sandbox::End;
use crate::sandbox::value::Value;

/// Characters of a call with its result.
const MAX_SHOWN: usize = 240;
/// The questions about values.
const VALUES: [&str; 3] = ["value", "value-2", "value-3"];
/// One in so many functions whose results tell little is asked about.
const TRIVIAL: u64 = 3;

/// Questions about values that differ, and at most one about an exception.
pub(super) fn questions(asked: &Asked<'_>, called: &Called) -> Result<Vec<QaDraft>> {
    let entry = &asked.code.index.symbol(asked.id).name;
    // Without arguments, only what surrounds the program can differ.
    let fits = |case: &&CalledCase| {
        case.is_natural && !case.case.arguments.is_empty() && is_readable(entry, &case.case)
    };
    let cases: Vec<&CalledCase> = called.cases.iter().filter(fits).collect();
    let mut values: Vec<&&CalledCase> =
        cases.iter().filter(|case| gives_value(&case.case)).collect();
    // What people have called it with tells more than what a search has found.
    if values.iter().any(|case| case.is_shown && !is_trivial(&case.case)) {
        values.retain(|case| case.is_shown);
    }
    values.sort_by_cached_key(|case| {
        let alike = cases.iter().filter(|other| other.case.end.is_same(&case.case.end)).count();
        let is_alone = alike == 1;
        let tells = !is_trivial(&case.case);
        let size = case.case.arguments.len();
        Reverse((tells, case.is_shown, is_alone, weight(&case.case), Reverse(size)))
    });
    let mut told: Vec<&&CalledCase> = Vec::new();
    for case in values {
        let is_new = told.iter().all(|known| !known.case.end.is_same(&case.case.end));
        // One of the calls that tell little, or that nobody has written, is enough.
        let is_another = case.is_shown && !is_trivial(&case.case) && told.len() < VALUES.len();
        if is_new && (told.is_empty() || is_another) {
            told.push(case);
        }
    }
    if told.iter().all(|case| is_trivial(&case.case)) {
        let mut voice = asked.voice(RepoQuestion::CallResult, "trivial");
        told.retain(|_| voice.is_one_in(TRIVIAL));
    }
    let raises = &asked.code.index.symbol(asked.id).raises;
    let raised = cases.iter().filter(|case| {
        let is_own =
            |kind: &str| raises.iter().any(|one| last_name(&one.exception) == last_name(kind));
        matches!(&case.case.end, End::Raised(raised) if !raised.in_arguments && is_own(&raised.kind))
    });
    let raised = raised.min_by_key(|case| (!case.is_shown, case.case.arguments.len()));
    if told.is_empty() && raised.is_none() {
        return Ok(Vec::new());
    }
    let shown = Excerpt::behaviour(asked.code, asked.id)?;
    let of_values = VALUES.into_iter().zip(told);
    let of_raised = raised.map(|case| ("exception", case));
    let found = of_values.chain(of_raised).map(|(key, case)| {
        let case = &case.case;
        // A line that has the call may say what it gives.
        let shown =
            shown.clone().without(&call_text(entry, case).to_string()).unsaid(telling(case));
        QaDraft { shown, ..question(asked, key, case) }
    });
    Ok(found.collect())
}

/// The texts of a call and its result that comments and docstrings must not have.
fn telling(case: &SampleCase) -> impl Iterator<Item = String> {
    let result = match &case.end {
        End::Returned { repr, .. } => repr.clone(),
        _ => String::new(),
    };
    let texts = [case.arguments.clone(), result].into_iter();
    texts.filter(|text| text.len() > 3 && !text.chars().all(char::is_alphanumeric))
}

/// Whether a result tells little of what was done: a truth, nothing, or what was passed.
fn is_trivial(case: &SampleCase) -> bool {
    match &case.end {
        End::Returned { value, repr, .. } => {
            let is_small = matches!(value, Value::None | Value::Bool(_));
            let is_echo = case.arguments.split(", ").any(|argument| argument == repr);
            is_small && case.stdout.is_empty() || is_echo
        }
        _ => false,
    }
}

/// How much a reader has to follow, up to a measure.
fn weight(case: &SampleCase) -> usize {
    let result = if let End::Returned { repr, .. } = &case.end { repr.len() } else { 0 };
    (case.arguments.len() + result).min(30)
}

fn is_readable(entry: &str, case: &SampleCase) -> bool {
    let text = execution(entry, case);
    case.kind.is_none()
        && case.mutated.is_empty()
        && text.chars().count() <= MAX_SHOWN
        && text.matches('`').count() == 4
        && !text.contains('\n')
        && !case.stdout.trim_end().contains('\n')
}

fn gives_value(case: &SampleCase) -> bool {
    let End::Returned { value, .. } = &case.end else { return false };
    match value {
        Value::None => !case.stdout.trim().is_empty(),
        value => value.to_literal().is_some(),
    }
}

fn question(asked: &Asked<'_>, key: &str, case: &SampleCase) -> QaDraft {
    let symbol = asked.code.index.symbol(asked.id);
    let entry = &symbol.name;
    let kind = RepoQuestion::CallResult;
    let mut voice = asked.voice(kind, key);
    let call = format!("`{}`", call_text(entry, case));
    let (name, path) = (asked.name(), asked.path());
    let values = [("call", call.as_str()), ("f", &name), ("path", &path)];
    let is_raised = matches!(case.end, End::Raised(_));
    let asking = if is_raised { &questions::RAISED } else { &questions::VALUE };
    let (question, follow_up) = voice.ask(asking, &values);
    let answer = told(voice.lang, entry, case);
    let place = asked.code.place(asked.id);
    let signature =
        symbol.signature.as_ref().map(|signature| format!("`{entry}{}`", signature.text));
    let signature =
        signature.filter(|text| text.len() <= MAX_SHOWN && text.matches('`').count() == 2);
    let mut trace = vec![match &signature {
        Some(signature) => voice.say(
            &["{f} is defined at {place} with the signature {signature}."],
            &["{f} 定义在 {place}，签名为 {signature}。"],
            &[("f", &name), ("place", &place), ("signature", signature)],
        ),
        None => voice.say(
            &["{f} is defined at {place}."],
            &["{f} 定义在 {place}。"],
            &[("f", &name), ("place", &place)],
        ),
    }];
    trace.push(voice.say(
        &["Executed in the sandbox: {answer}"],
        &["在沙箱中执行：{answer}"],
        &[("answer", &answer)],
    ));
    let turn = Turn { question, follow_up, answer };
    QaDraft {
        key: key.to_owned(),
        executions: vec![Execution {
            function: format!("{}.{entry}", asked.code.index.file(symbol.file).module),
            case: case.clone(),
        }],
        ..asked.draft(kind, &voice, turn, trace, Excerpt::default())
    }
}

/// An execution in words.
fn told(lang: TextLanguage, entry: &str, case: &SampleCase) -> String {
    match lang {
        TextLanguage::English => format!("{}.", execution(entry, case)),
        TextLanguage::Chinese => {
            let call = call_text(entry, case);
            let result = result_text(&case.end);
            let has_raised = matches!(case.end, End::Raised(_));
            let told = match result.strip_prefix("raises ").filter(|_| has_raised) {
                Some(raised) => format!("`{call}` 抛出 `{raised}`"),
                None => format!("`{call}` 返回 `{result}`"),
            };
            match case.stdout.is_empty() {
                true => format!("{told}。"),
                false => format!("{told}，并打印 {}。", Value::str(&case.stdout)),
            }
        }
    }
}
