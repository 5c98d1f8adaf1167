//! Requirements that the repository itself has, with designs that meet them: what is missing, and where it would go.
//!
//! Invariant: a design names the files and symbols that it changes as they are, and marks what it adds as new.

mod missing_tests;
mod upkeep;

use super::calls::Called;
use super::code::Code;
use super::context::Excerpt;
use super::draft::{DesignDraft, Topic};
use super::manner::{self, Manner};
use super::routes::Route;
use super::wording::Voice;
use crate::error::Result;
use crate::index::{Call, ConfigSource, FileId, Kind, SymbolId, Target};
use crate::python::sites::Sites;
use crate::sample::repository::{RepoRequirement, TextLanguage};

/// Lines that a design changes.
const MAX_PLACES: usize = 8;
/// Lines that are shown before and after one that a design changes.
const AROUND: u32 = 4;

/// The id of a design.
pub(super) fn id(code: &Code<'_>, kind: RepoRequirement, topic: Topic, key: &str) -> String {
    manner::id(code, kind.name(), topic, key)
}

/// What is missing around one function.
pub(super) fn of_function(
    code: &Code<'_>,
    manner: &Manner,
    id: SymbolId,
    called: &Called,
) -> Result<Vec<DesignDraft>> {
    let mut found: Vec<DesignDraft> = Vec::new();
    found.extend(missing_tests::design(code, manner, id, called)?);
    found.extend(mocked_input(code, manner, id));
    found.extend(upkeep::unused(code, manner, id)?);
    found.extend(upkeep::shared_default(code, manner, id)?);
    found.extend(upkeep::deprecation(code, manner, id)?);
    in_context(code, found)
}

/// What is missing in one file.
pub(super) fn of_file(code: &Code<'_>, manner: &Manner, file: FileId) -> Result<Vec<DesignDraft>> {
    let mut found: Vec<DesignDraft> = Vec::new();
    found.extend(health_check(code, manner, file)?);
    found.extend(required_settings(code, manner, file)?);
    found.extend(upkeep::import_cycle(code, manner, file)?);
    in_context(code, found)
}

/// The drafts that a message has room for.
fn in_context(code: &Code<'_>, drafts: Vec<DesignDraft>) -> Result<Vec<DesignDraft>> {
    drafts.into_iter().filter_map(|draft| draft.in_context(code).transpose()).collect()
}

/// A design before it has its texts.
fn draft(kind: RepoRequirement, topic: Topic, voice: &Voice) -> DesignDraft {
    DesignDraft {
        kind,
        topic,
        lang: voice.lang,
        key: String::new(),
        requirement: String::new(),
        design: String::new(),
        trace: Vec::new(),
        files: Vec::new(),
        adds: Vec::new(),
        executions: Vec::new(),
        shown: Excerpt::default(),
        context: String::new(),
    }
}

/// The mark of what is new.
fn new(voice: &Voice, name: &str) -> String {
    match voice.lang {
        TextLanguage::English => format!("`{name}` (new)"),
        TextLanguage::Chinese => format!("`{name}`（新增）"),
    }
}

fn mocked_input(code: &Code<'_>, manner: &Manner, id: SymbolId) -> Option<DesignDraft> {
    let index = code.index;
    let symbol = index.symbol(id);
    let is_input = |call: &&Call| matches!(&call.target, Target::Builtin(name) if name == "input");
    let calls: Vec<&Call> = index.callees(id).filter(is_input).collect();
    let first = calls.first()?;
    let has_parameter =
        symbol.signature.iter().flat_map(|one| &one.params).any(|param| param.name == "read_line");
    if calls.len() > MAX_PLACES || has_parameter {
        return None;
    }
    let kind = RepoRequirement::MockedInput;
    let topic = Topic { file: symbol.file, symbol: Some(id) };
    let mut voice = manner.voice(code, kind.name(), topic, "");
    let (name, path) = (code.name(id), format!("`{}`", code.path(id)));
    let places: Vec<String> = calls.iter().map(|call| code.at(call.file, call.line)).collect();
    let (places, first) = (voice.list(&places), code.at(first.file, first.line));
    let read = new(&voice, "read_line");
    let values = [
        ("f", name.as_str()),
        ("path", &path),
        ("places", &places),
        ("first", &first),
        ("read", &read),
    ];
    let requirement = voice.say(
        &["Tests of {f} in {path} must not wait for the keyboard. Make its input replaceable."],
        &["{path} 中 {f} 的测试不应等待键盘输入。请让它的输入可以替换。"],
        &values,
    );
    let design = voice.say(
        &["Give {f} in {path} the keyword parameter {read}, whose default is `input`. The code at {places} then asks `read_line` instead of `input`. A test passes a function that gives prepared lines, and callers stay as they are."],
        &["给 {path} 中的 {f} 增加关键字参数 {read}，默认值为 `input`。{places} 处的代码改用 `read_line`，不再直接使用 `input`。测试传入一个返回预设内容的函数，调用方无需改动。"],
        &values,
    );
    let trace = vec![voice.say(
        &["{f} calls `input` at {places}."],
        &["{f} 在 {places} 调用 `input`。"],
        &values,
    )];
    Some(DesignDraft {
        requirement,
        design,
        trace,
        files: vec![code.path(id).to_owned()],
        adds: vec!["read_line".into()],
        shown: Excerpt::symbol(code, id),
        ..draft(kind, topic, &voice)
    })
}

fn health_check(code: &Code<'_>, manner: &Manner, file: FileId) -> Result<Option<DesignDraft>> {
    let index = code.index;
    let is_health =
        |path: &str| path.contains("health") || path.contains("ready") || path.contains("ping");
    let is_first = index.endpoints.first().is_some_and(|first| first.file == file);
    let has_one = index.endpoints.iter().any(|endpoint| is_health(&endpoint.path));
    if !is_first || has_one || !index.named("health").is_empty() {
        return Ok(None);
    }
    let Some(endpoint) = index.endpoints_of(file).first() else {
        return Ok(None);
    };
    let (Some(route), Some(method)) = (Route::of(code, endpoint)?, endpoint.methods.first()) else {
        return Ok(None);
    };
    let kind = RepoRequirement::HealthCheck;
    let topic = Topic { file, symbol: Some(endpoint.handler) };
    let mut voice = manner.voice(code, kind.name(), topic, "");
    let path = format!("`{}`", index.file(file).path);
    let (handler, place) = (code.name(endpoint.handler), code.place(endpoint.handler));
    let known = format!("`{method} {}`", endpoint.path);
    let request = format!("GET {}/health", route.prefix);
    let (new_route, health) = (new(&voice, &request), new(&voice, "health"));
    let receiver = format!("`{}`", route.receiver);
    let values = [
        ("path", path.as_str()),
        ("h", &handler),
        ("place", &place),
        ("known", &known),
        ("route", &new_route),
        ("health", &health),
        ("receiver", &receiver),
    ];
    let requirement = voice.say(
        &["The web application in {path} has no health check. Add one that a load balancer can poll."],
        &["{path} 中的 Web 应用没有健康检查。请增加一个可供负载均衡器轮询的接口。"],
        &values,
    );
    let design = voice.say(
        &["Add the endpoint {route} to {path}, with the handler {health} beside {h} ({place}), and register it with {receiver}. It takes no parameters, touches no stored data, and answers with the status 200 and a small JSON object. The existing endpoints stay as they are."],
        &["在 {path} 中增加接口 {route}，处理函数 {health} 放在 {h}（{place}）旁边，并注册到 {receiver}。它不带参数，也不访问任何存储的数据，直接以状态码 200 和一个简单的 JSON 对象应答。现有接口保持不变。"],
        &values,
    );
    let trace = vec![
        voice.say(
            &["{known} is handled by {h} at {place}."],
            &["{known} 由 {h} 处理，见 {place}。"],
            &values,
        ),
        voice.say(
            &["None of the endpoints in {path} reports the state of the application, so {route} is free."],
            &["{path} 中没有接口报告应用的状态，因此可以使用 {route}。"],
            &values,
        ),
    ];
    Ok(Some(DesignDraft {
        requirement,
        design,
        trace,
        files: vec![index.file(file).path.clone()],
        adds: vec!["health".into(), request],
        shown: route.shown(code),
        ..draft(kind, topic, &voice)
    }))
}

fn required_settings(
    code: &Code<'_>,
    manner: &Manner,
    file: FileId,
) -> Result<Option<DesignDraft>> {
    let index = code.index;
    let sites = |file| Ok::<_, crate::error::Error>(Sites::of_file(&code.text(file)?));
    let reads: Vec<_> = index
        .config
        .iter()
        .filter(|read| read.file == file && read.is_required)
        .filter(|read| read.source == ConfigSource::Environment)
        .collect();
    if reads.is_empty() || reads.len() > MAX_PLACES || !index.named("require_setting").is_empty() {
        return Ok(None);
    }
    let guards = sites(file)?;
    if reads.iter().any(|read| guards.is_guarded(read.line)) {
        return Ok(None);
    }
    let kind = RepoRequirement::RequiredSetting;
    let readers = reads.iter().filter_map(|read| read.reader);
    let symbol = readers.into_iter().find(|&id| index.symbol(id).kind != Kind::Class);
    let topic = Topic { file, symbol };
    let mut voice = manner.voice(code, kind.name(), topic, "");
    let path = format!("`{}`", index.file(file).path);
    let shown: Vec<String> = reads
        .iter()
        .map(|read| voice.placed(&format!("`{}`", read.key), &code.at(file, read.line)))
        .collect();
    let keys = voice.list(&shown);
    let helper = new(&voice, "require_setting");
    let values = [("path", path.as_str()), ("keys", &keys), ("helper", &helper)];
    let requirement = voice.say(
        &["A missing setting in {path} ends with a bare `KeyError`. Say which setting is missing and how to provide it."],
        &["{path} 中缺少配置时只会得到一个 `KeyError`。请明确指出缺少哪一项配置以及如何提供。"],
        &values,
    );
    let design = voice.say(
        &["Add the function {helper} to {path}, which looks a key up and, if it is missing, raises an exception that names the key and where to set it. Use it for {keys} instead of the subscripts. Settings that are there keep their values."],
        &["在 {path} 中增加函数 {helper}：它按键查找配置，缺失时抛出异常，指出键名和设置位置。用它代替 {keys} 的下标访问。已有的配置值不变。"],
        &values,
    );
    let (mut trace, mut shown) = (Vec::new(), Excerpt::default());
    for read in reads {
        shown.around(code, file, read.line, AROUND);
        trace.push(voice.say(
            &["The lookup of {key} at {place} is a subscript without a default."],
            &["{place} 对 {key} 的读取是没有默认值的下标访问。"],
            &[("key", &format!("`{}`", read.key)), ("place", &code.at(file, read.line))],
        ));
    }
    Ok(Some(DesignDraft {
        requirement,
        design,
        trace,
        files: vec![index.file(file).path.clone()],
        adds: vec!["require_setting".into()],
        shown,
        ..draft(kind, topic, &voice)
    }))
}
