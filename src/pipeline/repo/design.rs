//! Requirements that the repository itself has, with designs that meet them: what is missing, and where it would go.
//!
//! Invariant: a design names the files and symbols that it changes as they are, and marks what it adds as new.

use super::calls::Called;
use super::code::{Code, last_name};
use super::draft::{DesignDraft, Topic};
use super::manner::{self, Manner};
use super::wording::Voice;
use crate::cases::executions::telling;
use crate::cases::notation::{call_text, result_text};
use crate::error::Result;
use crate::ground::repository::Execution;
use crate::index::{Call, ConfigSource, FileId, Kind, Role, SymbolId, Target};
use crate::python::sites::Sites;
use crate::sample::SampleCase;
use crate::sample::repository::{RepoRequirement, TextLanguage};
use crate::sandbox::End;

/// Calls that a design for tests asserts.
const MAX_CASES: usize = 3;
/// Lines that a design changes.
const MAX_PLACES: usize = 8;

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
    let mut found = Vec::new();
    found.extend(missing_tests(code, manner, id, called));
    found.extend(mocked_input(code, manner, id));
    Ok(found)
}

/// What is missing in one file.
pub(super) fn of_file(code: &Code<'_>, manner: &Manner, file: FileId) -> Result<Vec<DesignDraft>> {
    let mut found = Vec::new();
    found.extend(health_check(code, manner, file));
    found.extend(printed_output(code, manner, file));
    found.extend(required_settings(code, manner, file)?);
    Ok(found)
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
    }
}

/// The mark of what is new.
fn new(voice: &Voice, name: &str) -> String {
    match voice.lang {
        TextLanguage::English => format!("`{name}` (new)"),
        TextLanguage::Chinese => format!("`{name}`（新增）"),
    }
}

fn missing_tests(
    code: &Code<'_>,
    manner: &Manner,
    id: SymbolId,
    called: &Called,
) -> Option<DesignDraft> {
    let index = code.index;
    let symbol = index.symbol(id);
    let entry = &symbol.name;
    let is_tested = index.callers(id).any(|call| index.file(call.file).role == Role::Test);
    let is_public = !entry.starts_with('_');
    if is_tested || !is_public || !code.is_accounted_for(entry) {
        return None;
    }
    let is_plain = |case: &&SampleCase| {
        case.kind.is_none()
            && case.mutated.is_empty()
            && case.stdout.is_empty()
            && matches!(&case.end, End::Returned { value, .. } if value.to_literal().is_some())
    };
    let mut cases = telling(entry, called.cases.iter().map(|case| &case.case).filter(is_plain));
    cases.truncate(MAX_CASES);
    if cases.len() < 2 {
        return None;
    }
    let kind = RepoRequirement::MissingTests;
    let topic = Topic { file: symbol.file, symbol: Some(id) };
    let mut voice = manner.voice(code, kind.name(), topic, "");
    let file = index.file(symbol.file);
    let test_file = format!("tests/test_{}.py", last_name(&file.module).trim_start_matches('_'));
    let test = format!("test_{entry}");
    if !index.named(&test).is_empty() {
        return None;
    }
    let has_file = index.file_at(&test_file).is_some();
    let (name, path, place) = (code.name(id), format!("`{}`", file.path), code.place(id));
    let shown_file = if has_file { format!("`{test_file}`") } else { new(&voice, &test_file) };
    let shown_test = new(&voice, &test);
    let values = [
        ("f", name.as_str()),
        ("path", &path),
        ("place", &place),
        ("file", &shown_file),
        ("test", &shown_test),
    ];
    let requirement = voice.say(
        &[
            "No test calls {f} in {path}. Add unit tests that pin down what it returns.",
            "No test function calls {f} in {path}. Write tests for its present behaviour before it is changed.",
        ],
        &[
            "没有测试函数调用 {path} 中的 {f}。请补充单元测试，固定它目前的返回值。",
            "{path} 中的 {f} 还没有被任何测试函数调用。在修改它之前，请先为现有行为编写测试。",
        ],
        &values,
    );
    let begin = voice.say(
        &["Put {test} into {file}. It should cover these calls."],
        &["在 {file} 中添加 {test}。它应覆盖以下调用。"],
        &values,
    );
    let mut sentences = vec![begin];
    sentences.extend(cases.iter().map(|case| told(&mut voice, entry, case)));
    sentences.push(voice.say(&["{f} itself stays as it is."], &["{f} 本身保持不变。"], &values));
    let mut trace =
        vec![voice.say(&["{f} is defined at {place}."], &["{f} 定义在 {place}。"], &values)];
    trace.extend(cases.iter().map(|case| {
        let told = told(&mut voice, entry, case);
        match voice.lang {
            TextLanguage::English => format!("Executed in the sandbox: {told}"),
            TextLanguage::Chinese => format!("在沙箱中执行：{told}"),
        }
    }));
    let function = format!("{}.{entry}", file.module);
    let executions =
        cases.into_iter().map(|case| Execution { function: function.clone(), case }).collect();
    let mut adds = vec![test];
    if !has_file {
        adds.push(test_file.clone());
    }
    Some(DesignDraft {
        requirement,
        design: voice.sentences(&sentences),
        trace,
        files: vec![test_file],
        adds,
        executions,
        ..draft(kind, topic, &voice)
    })
}

fn told(voice: &mut Voice, entry: &str, case: &SampleCase) -> String {
    let (call, result) = (call_text(entry, case), result_text(&case.end));
    voice.say(
        &["`{call}` returns `{result}`."],
        &["`{call}` 返回 `{result}`。"],
        &[("call", &call), ("result", &result)],
    )
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
        ..draft(kind, topic, &voice)
    })
}

fn health_check(code: &Code<'_>, manner: &Manner, file: FileId) -> Option<DesignDraft> {
    let index = code.index;
    let is_health =
        |path: &str| path.contains("health") || path.contains("ready") || path.contains("ping");
    let endpoint = index.endpoints.iter().find(|endpoint| endpoint.file == file)?;
    let is_first = index.endpoints.first().is_some_and(|first| first.file == file);
    let has_one = index.endpoints.iter().any(|endpoint| is_health(&endpoint.path));
    if !is_first || has_one || !index.named("health").is_empty() {
        return None;
    }
    let kind = RepoRequirement::HealthCheck;
    let topic = Topic { file, symbol: Some(endpoint.handler) };
    let mut voice = manner.voice(code, kind.name(), topic, "");
    let path = format!("`{}`", index.file(file).path);
    let (handler, place) = (code.name(endpoint.handler), code.place(endpoint.handler));
    let known = format!("`{} {}`", endpoint.methods.first()?, endpoint.path);
    let (route, health) = (new(&voice, "GET /health"), new(&voice, "health"));
    let values = [
        ("path", path.as_str()),
        ("h", &handler),
        ("place", &place),
        ("known", &known),
        ("route", &route),
        ("health", &health),
    ];
    let requirement = voice.say(
        &["The web application in {path} has no health check. Add one that a load balancer can poll."],
        &["{path} 中的 Web 应用没有健康检查。请增加一个可供负载均衡器轮询的接口。"],
        &values,
    );
    let design = voice.say(
        &["Add the endpoint {route} to {path}, with the handler {health} beside {h} ({place}). It takes no parameters, touches no stored data, and answers with the status 200 and a small JSON object. The existing endpoints stay as they are."],
        &["在 {path} 中增加接口 {route}，处理函数 {health} 放在 {h}（{place}）旁边。它不带参数，也不访问任何存储的数据，直接以状态码 200 和一个简单的 JSON 对象应答。现有接口保持不变。"],
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
    Some(DesignDraft {
        requirement,
        design,
        trace,
        files: vec![index.file(file).path.clone()],
        adds: vec!["health".into(), "GET /health".into()],
        ..draft(kind, topic, &voice)
    })
}

fn printed_output(code: &Code<'_>, manner: &Manner, file: FileId) -> Option<DesignDraft> {
    let index = code.index;
    let own = index.file(file);
    let is_print = |call: &&Call| {
        matches!(&call.target, Target::Builtin(name) if name == "print") && call.caller.is_some()
    };
    let mut calls: Vec<&Call> = code.calls_of(file).iter().filter(is_print).collect();
    calls.dedup_by_key(|call| call.line);
    let has_logger = index.symbols_of(file).any(|(_, symbol)| symbol.name == "logger");
    if own.is_script || has_logger || calls.is_empty() || calls.len() > MAX_PLACES {
        return None;
    }
    let kind = RepoRequirement::PrintedOutput;
    let topic = Topic { file, symbol: None };
    let mut voice = manner.voice(code, kind.name(), topic, "");
    let path = format!("`{}`", own.path);
    let places: Vec<String> = calls.iter().map(|call| code.at(file, call.line)).collect();
    let places = voice.list(&places);
    let logger = new(&voice, "logger");
    let values = [("path", path.as_str()), ("places", &places), ("logger", &logger)];
    let requirement = voice.say(
        &["{path} prints from library code. Let applications decide where its messages go."],
        &["{path} 作为库代码直接打印输出。请让应用来决定这些消息的去向。"],
        &values,
    );
    let design = voice.say(
        &["Import the standard module `logging` in {path}, and add the module-level name {logger}, made by `logging.getLogger(__name__)`. Replace `print` at {places} by a call of a method of `logger`, with a level that fits the message. Signatures and results stay as they are; the application configures handlers."],
        &["在 {path} 中引入标准模块 `logging`，并用 `logging.getLogger(__name__)` 创建模块级名称 {logger}。把 {places} 处的 `print` 换成 `logger` 的方法，级别与消息相称。签名和返回值保持不变，处理器由应用配置。"],
        &values,
    );
    let mut trace = Vec::new();
    for call in calls {
        let Some(caller) = call.caller else { continue };
        trace.push(voice.say(
            &["{f} calls `print` at {place}."],
            &["{f} 在 {place} 调用 `print`。"],
            &[("f", &code.name(caller)), ("place", &code.at(file, call.line))],
        ));
    }
    Some(DesignDraft {
        requirement,
        design,
        trace,
        files: vec![own.path.clone()],
        adds: vec!["logger".into(), "logging".into(), "logging.getLogger".into()],
        ..draft(kind, topic, &voice)
    })
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
    let mut trace = Vec::new();
    for read in reads {
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
        ..draft(kind, topic, &voice)
    }))
}
