//! The conditions of a `raise` in words: the whole chain of tests that lead to it.
//!
//! Invariant: a condition is quoted as the code has it, and nothing that decides is left out; what is too long is not told.

use crate::pipeline::repo::code::quotable;
use crate::pipeline::repo::wording::Voice;
use crate::python::sites::Condition;
use crate::sample::repository::TextLanguage;

/// Conditions of one `raise` that an answer tells.
const MAX_CONDITIONS: usize = 5;

/// A step that says where a condition stands.
pub(super) fn tested(
    voice: &mut Voice,
    condition: &Condition,
    at: impl Fn(u32) -> String,
) -> Option<String> {
    match condition {
        Condition::Test { test, line, .. } => {
            let (test, place) = (quotable(test)?, at(*line));
            Some(voice.say(
                &["At {place}, the code tests {test}."],
                &["{place} 的代码判断 {test}。"],
                &[("test", &test), ("place", &place)],
            ))
        }
        Condition::Except { types, line } | Condition::NotCaught { types, line } => {
            let types = Some(types).filter(|types| !types.is_empty());
            let (types, place) = (quotable(types?)?, at(*line));
            Some(voice.say(
                &["The handler of {types} stands at {place}."],
                &["{place} 是处理 {types} 的分支。"],
                &[("types", &types), ("place", &place)],
            ))
        }
        Condition::Loop { .. } | Condition::Unbroken { .. } => None,
        Condition::Passed { .. } | Condition::Open => None,
    }
}

/// The conditions of one `raise` in words, to follow the statement that it raises; none if they cannot be told.
pub(super) fn said(
    voice: &mut Voice,
    conditions: &[Condition],
    at: impl Fn(u32) -> String,
) -> Option<String> {
    if conditions.len() > MAX_CONDITIONS {
        return None;
    }
    let (mut where_, mut clauses) = (String::new(), Vec::new());
    let (mut failed, mut held) = (Vec::new(), Vec::new());
    for condition in conditions {
        match condition {
            Condition::Open => return None,
            Condition::Test { test, line, holds, is_earlier: true } => {
                let values = [("test", &*quotable(test)?), ("place", &*at(*line))];
                clauses.push(match holds {
                    true => voice.say(
                        &["{test} held at {place}"],
                        &["在 {place} 判断时 {test} 成立"],
                        &values,
                    ),
                    false => voice.say(
                        &["{test} did not hold at {place}"],
                        &["在 {place} 判断时 {test} 不成立"],
                        &values,
                    ),
                });
            }
            Condition::Test { test, holds: true, .. } => held.push(quotable(test)?),
            Condition::Test { test, .. } => failed.push(quotable(test)?),
            Condition::Except { types, line } => {
                where_.push_str(&handler(voice, types, &at(*line))?);
            }
            Condition::Loop { line } => where_.push_str(&voice.say(
                &[" in the loop at {place}"],
                &["，发生在 {place} 的循环中"],
                &[("place", &at(*line))],
            )),
            Condition::NotCaught { line, .. } => clauses.push(voice.say(
                &["the handler at {place} has not run"],
                &["{place} 的异常处理分支没有执行"],
                &[("place", &at(*line))],
            )),
            Condition::Unbroken { line } => clauses.push(voice.say(
                &["the loop at {place} has ended without `break`"],
                &["{place} 的循环没有经 `break` 结束"],
                &[("place", &at(*line))],
            )),
            Condition::Passed { keyword, line } => clauses.push(voice.say(
                &["the `{keyword}` statement at {place} has neither returned nor raised"],
                &["{place} 的 `{keyword}` 语句既没有返回也没有抛出异常"],
                &[("keyword", keyword), ("place", &at(*line))],
            )),
        }
    }
    clauses.extend(fails(voice, &failed));
    clauses.extend(holds(voice, &held));
    let clauses = match (voice.lang, clauses.as_slice()) {
        (_, []) => return Some(where_),
        (TextLanguage::English, [one, other]) => format!("{one} and {other}"),
        (TextLanguage::English, [first @ .., last]) if !first.is_empty() => {
            format!("{}, and {last}", first.join(", "))
        }
        (TextLanguage::English, [one, ..]) => one.clone(),
        (TextLanguage::Chinese, all) => {
            let spaced = |one: &String| match one.starts_with('`') {
                true => format!(" {one}"),
                false => one.clone(),
            };
            all.iter().map(spaced).collect::<Vec<_>>().join("，并且")
        }
    };
    let told = voice.say(
        &[" if {clauses}", " when {clauses}"],
        &["，条件是{clauses}", "，前提是{clauses}"],
        &[("clauses", &clauses)],
    );
    Some(where_ + &told)
}

fn handler(voice: &mut Voice, types: &str, place: &str) -> Option<String> {
    if types.is_empty() {
        let (english, chinese) = (
            [" in the handler for any exception at {place}"],
            ["，位于 {place} 捕获任意异常的分支"],
        );
        return Some(voice.say(&english, &chinese, &[("place", place)]));
    }
    let types = quotable(types)?;
    let (english, chinese) = ([" in the handler of {types}"], ["，位于处理 {types} 的分支"]);
    Some(voice.say(&english, &chinese, &[("types", &types)]))
}

fn fails(voice: &mut Voice, tests: &[String]) -> Option<String> {
    let all = voice.list(tests);
    let values = [("all", all.as_str()), ("a", tests.first()?), ("b", tests.last()?)];
    Some(match tests.len() {
        1 => voice.say(&["{a} is false", "{a} does not hold"], &["{a} 不成立"], &values),
        2 => voice.say(
            &["neither {a} nor {b} holds", "both {a} and {b} are false"],
            &["{a} 和 {b} 都不成立"],
            &values,
        ),
        _ => voice.say(&["none of {all} holds"], &["{all} 都不成立"], &values),
    })
}

fn holds(voice: &mut Voice, tests: &[String]) -> Option<String> {
    let all = voice.list(tests);
    let values = [("all", all.as_str()), ("a", tests.first()?)];
    Some(match tests.len() {
        1 => voice.say(&["{a} is true", "{a} holds"], &["{a} 成立"], &values),
        _ => voice.say(&["{all} hold", "{all} are true"], &["{all} 都成立"], &values),
    })
}
