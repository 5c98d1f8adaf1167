//! Designs of tests for functions that no test calls: what they pin down, and into which file they belong.
//!
//! Invariant: every call that a test shall make has been executed, and its result differs from that of another one.

use std::cmp::Reverse;

use super::{draft, new};
use crate::cases::executions::{execution, telling};
use crate::cases::notation::{call_text, result_text};
use crate::error::Result;
use crate::ground::repository::Execution;
use crate::index::{Index, Role, SourceFile, SymbolId};
use crate::pipeline::repo::calls::{Called, CalledCase};
use crate::pipeline::repo::code::{Code, last_name};
use crate::pipeline::repo::context::Excerpt;
use crate::pipeline::repo::draft::{DesignDraft, Topic};
use crate::pipeline::repo::manner::Manner;
use crate::pipeline::repo::wording::Voice;
use crate::sample::SampleCase;
use crate::sample::repository::{RepoRequirement, TextLanguage};
use crate::sandbox::End;
use crate::sandbox::value::Value;

/// Calls that a design asserts.
const MAX_CASES: usize = 3;
const MIN_CASES: usize = 2;
/// Tests of a file whose names are shown.
const MAX_HEADS: usize = 12;
/// Files with tests that a requirement lists.
const MAX_FILES: usize = 60;

/// Tests for a function that no test calls.
pub(super) fn design(
    code: &Code<'_>,
    manner: &Manner,
    id: SymbolId,
    called: &Called,
) -> Result<Option<DesignDraft>> {
    let index = code.index;
    let symbol = index.symbol(id);
    let entry = &symbol.name;
    let is_tested = index.callers(id).any(|call| index.file(call.file).role == Role::Test);
    let is_public = !entry.starts_with('_');
    if is_tested || !is_public || !code.is_accounted_for(entry) {
        return Ok(None);
    }
    let is_plain = |case: &SampleCase| {
        case.kind.is_none()
            && case.mutated.is_empty()
            && case.stdout.is_empty()
            && !execution(entry, case).contains("``")
            && !call_text(entry, case).to_string().contains('`')
            && match &case.end {
                // That nothing comes back pins nothing down.
                End::Returned { value: Value::None, .. } => false,
                End::Returned { value, .. } => value.to_literal().is_some(),
                _ => false,
            }
    };
    let mut known: Vec<&CalledCase> = called.cases.iter().collect();
    known.retain(|case| case.is_natural && is_plain(&case.case));
    // Found calls stand in only if the repository itself has too few.
    if known.iter().filter(|case| case.is_shown).count() >= MIN_CASES {
        known.retain(|case| case.is_shown);
    }
    known.sort_by_key(|case| !case.is_shown);
    let mut cases = telling(entry, known.iter().map(|case| &case.case));
    cases.truncate(MAX_CASES);
    let differ = |a: &SampleCase, b: &SampleCase| !a.end.is_same(&b.end);
    if cases.len() < MIN_CASES || !cases.iter().any(|case| differ(case, &cases[0])) {
        return Ok(None);
    }
    let kind = RepoRequirement::MissingTests;
    let topic = Topic { file: symbol.file, symbol: Some(id) };
    let mut voice = manner.voice(code, kind.name(), topic, "");
    let file = index.file(symbol.file);
    let test_file = test_file(index, file);
    let test = format!("test_{entry}");
    if !index.named(&test).is_empty() {
        return Ok(None);
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
        &[
            "Put {test} into {file}. The values are what the calls return today.",
            "Add {test} to {file}. It asserts what the calls return now.",
            "The new test {test} belongs into {file}. What it expects has been executed.",
        ],
        &[
            "在 {file} 中添加 {test}，其中的值是这些调用目前的返回值。",
            "把 {test} 写入 {file}，断言这些调用现在的返回值。",
            "新的测试 {test} 放在 {file} 中，期望值来自实际执行。",
        ],
        &values,
    );
    let end = voice.say(&["{f} itself stays as it is."], &["{f} 本身保持不变。"], &values);
    let written = written(&file.module, &test, entry, &cases);
    let design = format!("{begin}\n\n```python\n{written}```\n\n{end}");
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
    let executions: Vec<Execution> =
        cases.into_iter().map(|case| Execution { function: function.clone(), case }).collect();
    let mut adds = vec![test];
    if !has_file {
        adds.push(test_file.clone());
    }
    let texts: Vec<String> =
        executions.iter().map(|one| call_text(entry, &one.case).to_string()).collect();
    let mut shown =
        texts.iter().fold(Excerpt::behaviour(code, id)?, |shown, text| shown.without(text));
    let files: Vec<String> = index
        .files
        .iter()
        .filter(|one| one.role == Role::Test)
        .map(|one| one.path.clone())
        .collect();
    // The name may stand in a text or a comment of a test.
    let is_named = code.mentions(entry).is_none_or(|mentions| {
        mentions.iter().any(|(file, _)| index.file(*file).role == Role::Test)
    });
    if is_named || files.len() > MAX_FILES {
        return Ok(None);
    }
    if !files.is_empty() {
        shown.untested(entry, files);
    }
    if let Some(tests) = index.file_at(&test_file) {
        // How the tests that are there look.
        for one in index.symbols_of(tests).filter(|(id, _)| index.is_test(*id)).take(MAX_HEADS) {
            shown.head(code, one.0);
        }
    }
    Ok(Some(DesignDraft {
        requirement,
        design,
        trace,
        files: vec![file.path.clone(), test_file],
        adds,
        executions,
        shown,
        ..draft(kind, topic, &voice)
    }))
}

/// The file that tests of a module belong into: the one that is there for it, or one in the folder of the nearest tests.
fn test_file(index: &Index, file: &SourceFile) -> String {
    let name = format!("test_{}.py", last_name(&file.module).trim_start_matches('_'));
    let shared = |path: &str| {
        let same = path.split('/').zip(file.path.split('/')).take_while(|(a, b)| a == b);
        same.count()
    };
    let is_test = |one: &&SourceFile| {
        let own = one.path.rsplit('/').next().unwrap_or_default();
        one.role == Role::Test
            && (own.starts_with("test_") || own.ends_with("_test.py"))
            && own.ends_with(".py")
    };
    let tests = || index.files.iter().filter(is_test).map(|one| one.path.as_str());
    let is_own = |path: &&str| path.rsplit('/').next() == Some(name.as_str());
    if let Some(own) = tests().filter(is_own).max_by_key(|path| (shared(path), Reverse(path.len())))
    {
        return own.to_owned();
    }
    let nearest = tests()
        .max_by_key(|path| (shared(path), Reverse(path.matches('/').count()), Reverse(*path)));
    let folder =
        nearest.map_or("tests", |path| path.rsplit_once('/').map_or("", |(folder, _)| folder));
    if folder.is_empty() { name } else { format!("{folder}/{name}") }
}

/// The test as code, with its import: no file of tests has the name.
fn written(module: &str, test: &str, entry: &str, cases: &[SampleCase]) -> String {
    let mut code = format!("from {module} import {entry}\n\n\n");
    code.push_str(&format!("def {test}():\n"));
    for case in cases {
        let is_truth = matches!(&case.end, End::Returned { value: Value::Bool(_), .. });
        let compared = if is_truth { "is" } else { "==" };
        let (call, result) = (call_text(entry, case).to_string(), result_text(&case.end));
        code.push_str(&format!("    assert {call} {compared} {result}\n"));
    }
    code
}

fn told(voice: &mut Voice, entry: &str, case: &SampleCase) -> String {
    let (call, result) = (call_text(entry, case).to_string(), result_text(&case.end));
    voice.say(
        &["`{call}` returns `{result}`."],
        &["`{call}` 返回 `{result}`。"],
        &[("call", &call), ("result", &result)],
    )
}
