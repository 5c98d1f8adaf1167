//! Questions about what surrounds the code: requests that it answers and settings that it reads.
//!
//! Invariant: a route is asked about only if all of its path is known, and a setting only if no condition decides whether it is read.

use super::larger_questions as questions;
use crate::error::Result;
use crate::index::{ConfigRead, ConfigSource, Endpoint, FileId};
use crate::pipeline::repo::code::{Code, quotable};
use crate::pipeline::repo::context::Excerpt;
use crate::pipeline::repo::draft::{QaDraft, Topic};
use crate::pipeline::repo::manner::Manner;
use crate::pipeline::repo::routes::Route;
use crate::pipeline::repo::wording::Voice;
use crate::python::fallback::{Next, next_after};
use crate::python::sites::Sites;
use crate::sample::repository::{RepoQuestion, TextLanguage};

/// Lines before and after one that is read outside of functions.
const AROUND: u32 = 4;

/// The questions about a file's routes and settings.
pub(super) fn of_file(code: &Code<'_>, manner: &Manner, file: FileId) -> Result<Vec<QaDraft>> {
    let index = code.index;
    let mut found = Vec::new();
    for endpoint in index.endpoints_of(file) {
        found.extend(handler(code, manner, endpoint)?);
    }
    let mut sites: Option<Sites> = None;
    for read in index.config_of(file) {
        if sites.is_none() {
            sites = Some(Sites::of_file(&code.text(file)?));
        }
        // What a condition or a handler around it makes of it is not read.
        let is_guarded = sites.as_ref().is_some_and(|sites| sites.is_guarded(read.line));
        // A key of a configuration may be set by the application itself.
        if !is_guarded && (read.source == ConfigSource::Environment || !read.is_required) {
            found.extend(setting(code, manner, read)?);
        }
    }
    Ok(found)
}

fn handler(code: &Code<'_>, manner: &Manner, endpoint: &Endpoint) -> Result<Option<QaDraft>> {
    let kind = RepoQuestion::Endpoint;
    let (Some(method), Some(route)) = (endpoint.methods.first(), Route::of(code, endpoint)?) else {
        return Ok(None);
    };
    let topic = Topic { file: endpoint.file, symbol: Some(endpoint.handler) };
    let key = format!("{method} {}", endpoint.path);
    let mut voice = manner.voice(code, kind.name(), topic, &key);
    let request = format!("`{method} {}`", endpoint.path);
    let values = [("r", request.as_str())];
    let (question, _) = voice.ask(&questions::ENDPOINT, &values);
    let (handler, place) = (code.name(endpoint.handler), code.place(endpoint.handler));
    let answer = voice.say(
        &["{r} is handled by {h}, which is defined at {place}."],
        &["{r} 由 {h} 处理，它定义在 {place}。"],
        &[("r", &request), ("h", &handler), ("place", &place)],
    );
    let trace = vec![voice.say(
        &["The decorator at {at} registers {r} for {h}."],
        &["{at} 的装饰器把 {r} 注册到 {h}。"],
        &[("at", &code.at(endpoint.file, endpoint.line)), ("r", &request), ("h", &handler)],
    )];
    let shown = route.shown(code);
    Ok(Some(QaDraft::of(kind, topic, &key, voice.lang, (question, answer), trace, shown)))
}

fn setting(code: &Code<'_>, manner: &Manner, read: &ConfigRead) -> Result<Option<QaDraft>> {
    let kind = RepoQuestion::MissingSetting;
    let topic = Topic { file: read.file, symbol: read.reader };
    let key_id = format!("{}:{}", read.key, read.line);
    let mut voice = manner.voice(code, kind.name(), topic, &key_id);
    let (key, place) = (format!("`{}`", read.key), code.at(read.file, read.line));
    let path = format!("`{}`", code.index.file(read.file).path);
    let reader = match read.reader {
        Some(reader) => code.name(reader),
        None => path.clone(),
    };
    let default = match &read.default {
        Some(default) => match quotable(default) {
            Some(default) => Some(default),
            None => return Ok(None),
        },
        None => None,
    };
    let values = [("key", key.as_str()), ("path", &path), ("reader", &reader)];
    let asking = match read.source {
        ConfigSource::Environment => &questions::ENVIRONMENT,
        ConfigSource::Config => &questions::CONFIG,
    };
    let (question, _) = voice.ask(asking, &values);
    let default = default.unwrap_or_else(|| "`None`".to_owned());
    let values = [
        ("key", key.as_str()),
        ("place", &place),
        ("reader", &reader),
        ("default", &default),
        ("path", &path),
    ];
    let answer = match (read.is_required, &read.default) {
        (true, _) => voice.say(
            &["The lookup of {key} at {place} has no default, so it ends with a `KeyError`."],
            &["{place} 对 {key} 的下标访问没有默认值，因此会以 `KeyError` 结束。"],
            &values,
        ),
        (false, Some(_)) => voice.say(
            &["Then the lookup of {key} at {place} falls back to {default}."],
            &["此时 {place} 对 {key} 的读取会退回到 {default}。"],
            &values,
        ),
        (false, None) => voice.say(
            &["Then the lookup of {key} at {place} gives `None`, as no default is passed."],
            &["此时 {place} 对 {key} 的读取得到 `None`，因为没有传入默认值。"],
            &values,
        ),
    };
    let next = match read.is_required {
        true => None,
        false => next_after(&code.text(read.file)?, read.line, default.trim_matches('`')),
    };
    let next_line = next.as_ref().map(|next| next.line);
    let next = next.and_then(|next| follows(code, &mut voice, read.file, &next));
    let answer = voice.sentences(&[answer, next.unwrap_or_default()]);
    let trace = vec![match read.reader {
        Some(_) => voice.say(
            &["{reader} reads {key} at {place}."],
            &["{reader} 在 {place} 读取 {key}。"],
            &values,
        ),
        None => voice.say(
            &["{key} is read at {place}, outside of all functions."],
            &["{place} 在所有函数之外读取 {key}。"],
            &values,
        ),
    }];
    let mut shown = Excerpt::default();
    match read.reader.filter(|&id| code.index.symbol(id).kind.is_callable()) {
        Some(reader) => shown.whole(code, reader),
        None => shown.around(code, read.file, read.line, AROUND),
    }
    if let Some(line) = next_line {
        shown.line(code, read.file, line);
    }
    Ok(Some(QaDraft::of(kind, topic, &key_id, voice.lang, (question, answer), trace, shown)))
}

/// What the default leads to.
fn follows(code: &Code<'_>, voice: &mut Voice, file: FileId, next: &Next) -> Option<String> {
    let (name, place) = (format!("`{}`", next.name), code.at(file, next.line));
    let taken = quotable(&next.taken)?;
    let other = next.instead_of.as_deref().map(quotable);
    let truth = match (voice.lang, next.is_true) {
        (TextLanguage::English, true) => "true",
        (TextLanguage::English, false) => "false",
        (TextLanguage::Chinese, true) => "真",
        (TextLanguage::Chinese, false) => "假",
    };
    let values = [("name", name.as_str()), ("place", &place), ("taken", &taken), ("truth", truth)];
    Some(match other {
        None => voice.say(
            &["{name} counts as {truth}, so the code goes on at {place} with {taken}."],
            &["{name} 此时为{truth}，因此代码接着执行 {place} 的 {taken}。"],
            &values,
        ),
        Some(other) => voice.say(
            &["{name} counts as {truth}, so the code at {place} takes {taken} instead of {other}."],
            &["{name} 此时为{truth}，因此 {place} 的代码取 {taken}，而不是 {other}。"],
            &[values[0], values[1], values[2], values[3], ("other", &other?)],
        ),
    })
}
