//! Designs that keep code in order: functions that nothing uses, defaults that all calls share, functions that are deprecated in
//! words only, and modules that import each other.
//!
//! Invariant: what is said to be used nowhere has its name on no other line, and what moves takes nothing of its module with it.

use std::collections::HashSet;

use super::{draft, new};
use crate::error::Result;
use crate::index::{Call, FileId, Import, Index, Kind, Language, Role, SymbolId, Target};
use crate::pipeline::repo::code::Code;
use crate::pipeline::repo::context::Excerpt;
use crate::pipeline::repo::draft::{DesignDraft, Topic};
use crate::pipeline::repo::manner::Manner;
use crate::python::tokens::mentioned_names;
use crate::sample::repository::RepoRequirement;

/// Callers that a design lists.
const MAX_CALLERS: usize = 8;
/// Defaults that make one object for all calls.
const SHARED: [&str; 5] = ["[]", "{}", "list()", "dict()", "set()"];
/// Names of parameters that are meant to keep something from call to call.
const KEEPERS: [&str; 4] = ["cache", "memo", "known", "seen"];

/// A private function whose name stands on the line of its definition alone.
pub(super) fn unused(
    code: &Code<'_>,
    manner: &Manner,
    id: SymbolId,
) -> Result<Option<DesignDraft>> {
    let index = code.index;
    let symbol = index.symbol(id);
    let is_private = symbol.name.starts_with('_') && !symbol.name.starts_with("__");
    let is_plain = symbol.kind == Kind::Function
        && symbol.parent.is_none()
        && symbol.decorators.is_empty()
        && index.file(symbol.file).role == Role::Source;
    let is_only = code.mentions(&symbol.name) == Some(&[(symbol.file, symbol.lines.start)]);
    let is_command = index.scripts.iter().any(|script| script.target == Some(id));
    if !is_private || !is_plain || !is_only || is_command {
        return Ok(None);
    }
    let kind = RepoRequirement::UnusedFunction;
    let topic = Topic { file: symbol.file, symbol: Some(id) };
    let mut voice = manner.voice(code, kind.name(), topic, "");
    let (name, path, place) = (code.name(id), format!("`{}`", code.path(id)), code.place(id));
    let values = [("f", name.as_str()), ("path", &path), ("place", &place)];
    let requirement = voice.say(
        &[
            "Nothing in the repository uses {f} in {path}. Clean this up.",
            "{f} in {path} looks like dead code. Decide what becomes of it.",
        ],
        &[
            "仓库中没有任何代码使用 {path} 里的 {f}。请清理。",
            "{path} 中的 {f} 像是死代码。请决定如何处理。",
        ],
        &values,
    );
    let design = voice.say(
        &["Remove {f}, which is defined at {place}. Its name stands on no other line of the source files and tests, and the underscore says that it is not meant for others, so nothing else has to change."],
        &["删除 {f}，它定义在 {place}。源文件和测试的其他行都没有出现这个名称，下划线也表明它不供外部使用，因此其余代码无需改动。"],
        &values,
    );
    let trace =
        vec![voice.say(&["{f} is defined at {place}."], &["{f} 定义在 {place}。"], &values)];
    let name = std::slice::from_ref(&symbol.name);
    let Some(mut shown) = Excerpt::mentions(code, name)? else { return Ok(None) };
    shown.whole(code, id);
    Ok(Some(DesignDraft {
        requirement,
        design,
        trace,
        files: vec![code.path(id).to_owned()],
        shown,
        ..draft(kind, topic, &voice)
    }))
}

/// A parameter whose default is one list, dictionary or set for all calls.
pub(super) fn shared_default(
    code: &Code<'_>,
    manner: &Manner,
    id: SymbolId,
) -> Result<Option<DesignDraft>> {
    let index = code.index;
    let symbol = index.symbol(id);
    let is_python = index.file(symbol.file).language == Language::Python;
    let Some(signature) = &symbol.signature else { return Ok(None) };
    let params = &signature.params;
    let is_shared = |default: &str| SHARED.contains(&default);
    let is_kept =
        |name: &str| name.starts_with('_') || KEEPERS.iter().any(|one| name.contains(one));
    let mut found = params.iter().filter_map(|param| {
        let default = param.default.as_deref().filter(|default| is_shared(default))?;
        (!is_kept(&param.name)).then_some((param.name.as_str(), default))
    });
    let Some((param, default)) = found.next().filter(|_| is_python && found.next().is_none())
    else {
        return Ok(None);
    };
    let Some(line) = line_of(code, id, param, default)? else { return Ok(None) };
    let kind = RepoRequirement::SharedDefault;
    let topic = Topic { file: symbol.file, symbol: Some(id) };
    let mut voice = manner.voice(code, kind.name(), topic, "");
    let (name, path, place) = (code.name(id), format!("`{}`", code.path(id)), code.place(id));
    let (param, default) = (format!("`{param}`"), format!("`{default}`"));
    let line = code.at(symbol.file, line);
    let values = [
        ("line", line.as_str()),
        ("f", name.as_str()),
        ("path", &path),
        ("place", &place),
        ("param", &param),
        ("default", &default),
    ];
    let requirement = voice.say(
        &["All calls of {f} in {path} that leave out {param} share one object. Make sure that no call can see what another one has put into it."],
        &["{path} 中 {f} 的调用如果省略 {param}，就会共用同一个对象。请确保一次调用看不到另一次调用放入的内容。"],
        &values,
    );
    let design = voice.say(
        &["Change the default of {param} at {line} from {default} to `None`, and begin the body of {f} with a statement that sets {param} to a new {default} if it is `None`. Calls that pass {param} behave as before, and no caller has to change."],
        &["把 {line} 处 {param} 的默认值从 {default} 改为 `None`，并在 {f} 的函数体开头加一条语句：如果 {param} 是 `None`，就把它设为新的 {default}。传入 {param} 的调用行为不变，调用方都无需修改。"],
        &values,
    );
    let trace = vec![voice.say(
        &["{f} is defined at {place}, and the default of {param} at {line} is {default}."],
        &["{f} 定义在 {place}，{line} 处 {param} 的默认值是 {default}。"],
        &values,
    )];
    Ok(Some(DesignDraft {
        requirement,
        design,
        trace,
        files: vec![code.path(id).to_owned()],
        shown: Excerpt::symbol(code, id),
        ..draft(kind, topic, &voice)
    }))
}

/// The line of a definition that gives a parameter its default; none if they are on different lines.
fn line_of(code: &Code<'_>, id: SymbolId, param: &str, default: &str) -> Result<Option<u32>> {
    let symbol = code.index.symbol(id);
    let text = code.text(symbol.file)?;
    let lines = (1..).zip(text.lines());
    let own = lines.skip_while(|(line, _)| *line < symbol.lines.start);
    let mut own = own.take_while(|(line, _)| *line <= symbol.lines.end);
    let gives = |line: &str| {
        let squeezed: String = line.chars().filter(|c| !c.is_whitespace()).collect();
        line.contains(param) && squeezed.contains(&format!("={default}"))
    };
    Ok(own.find(|(_, line)| gives(line)).map(|(line, _)| line))
}

/// A function that its docstring calls deprecated and that warns of nothing.
pub(super) fn deprecation(
    code: &Code<'_>,
    manner: &Manner,
    id: SymbolId,
) -> Result<Option<DesignDraft>> {
    let index = code.index;
    let symbol = index.symbol(id);
    let doc = symbol.docstring.as_deref().unwrap_or_default();
    let is_deprecated = doc
        .lines()
        .map(|line| line.trim().to_lowercase())
        .any(|line| line.starts_with(".. deprecated::") || line.starts_with("deprecated"));
    let source = code.source(id)?;
    let warns = source.contains("warn(") || source.contains("DeprecationWarning");
    let is_python = index.file(symbol.file).language == Language::Python;
    if !is_deprecated || warns || !is_python || !code.is_accounted_for(&symbol.name) {
        return Ok(None);
    }
    let mut calls: Vec<&Call> =
        index.callers(id).filter(|call| index.file(call.file).role == Role::Source).collect();
    calls.dedup_by_key(|call| (call.file, call.line));
    let Some(mut shown) = Excerpt::mentions(code, std::slice::from_ref(&symbol.name))?
        .filter(|_| calls.len() <= MAX_CALLERS)
    else {
        return Ok(None);
    };
    shown.whole(code, id);
    let kind = RepoRequirement::Deprecation;
    let topic = Topic { file: symbol.file, symbol: Some(id) };
    let mut voice = manner.voice(code, kind.name(), topic, "");
    let (name, path, place) = (code.name(id), format!("`{}`", code.path(id)), code.place(id));
    let places: Vec<String> = calls.iter().map(|call| code.at(call.file, call.line)).collect();
    let places = voice.list(&places);
    let values = [("f", name.as_str()), ("path", &path), ("place", &place), ("places", &places)];
    let requirement = voice.say(
        &["The docstring of {f} in {path} says that it is deprecated, but callers are not told when they run. Warn them."],
        &["{path} 中 {f} 的文档字符串说它已弃用，但运行时没有任何提示。请给调用方发出警告。"],
        &values,
    );
    let instead = replacement(index, id, doc);
    let shown_instead = instead.map(|one| code.name(one)).unwrap_or_default();
    let values = [values[0], values[1], values[2], values[3], ("instead", &shown_instead)];
    let (message, zh_message) = match instead {
        Some(_) => ("that names {instead} as what to use instead", "消息指出应改用 {instead}"),
        None => ("that says so", "消息说明它已弃用"),
    };
    let english = format!(
        "Let the body of {{f}}, which is defined at {{place}}, begin with a call of `warnings.warn` with a message {message}, the category `DeprecationWarning` and `stacklevel=2`, so that the warning shows the caller's line. Results stay as they are."
    );
    let chinese = format!(
        "让定义在 {{place}} 的 {{f}} 在函数体开头调用 `warnings.warn`：{zh_message}，类别为 `DeprecationWarning`，并设 `stacklevel=2`，使警告指向调用方所在的行。返回值保持不变。"
    );
    let warn = voice.say(&[&english], &[&chinese], &values);
    if let Some(instead) = instead {
        shown.head(code, instead);
    }
    let move_on = match calls.is_empty() {
        true => String::new(),
        false if instead.is_some() => voice.say(
            &["The calls of {f} at {places} have to move to {instead} first, or the repository warns about itself."],
            &["{places} 处对 {f} 的调用要先改用 {instead}，否则仓库自身会触发警告。"],
            &values,
        ),
        false => voice.say(
            &["The calls of {f} at {places} have to go first, or the repository warns about itself."],
            &["{places} 处对 {f} 的调用要先去掉，否则仓库自身会触发警告。"],
            &values,
        ),
    };
    let trace =
        vec![voice.say(&["{f} is defined at {place}."], &["{f} 定义在 {place}。"], &values)];
    let adds = ["warnings", "warnings.warn", "DeprecationWarning", "stacklevel=2"];
    Ok(Some(DesignDraft {
        requirement,
        design: voice.sentences(&[warn, move_on]),
        trace,
        files: vec![code.path(id).to_owned()],
        adds: adds.map(str::to_owned).to_vec(),
        shown,
        ..draft(kind, topic, &voice)
    }))
}

/// The function or class of the same module that a docstring names where it says that something is deprecated.
fn replacement(index: &Index, id: SymbolId, doc: &str) -> Option<SymbolId> {
    let symbol = index.symbol(id);
    let is_mark = |line: &&str| line.to_lowercase().contains("deprecated");
    let lines = doc.lines().skip_while(|line| !is_mark(line));
    let named: Vec<&str> = lines
        .take_while(|line| !line.trim().is_empty())
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .collect();
    let found = index.symbols_of(symbol.file).find(|(other, one)| {
        *other != id
            && (one.kind.is_callable() || one.kind.is_type())
            && one.name != symbol.name
            && one.parent == symbol.parent
            && named.contains(&one.name.as_str())
    });
    found.map(|(id, _)| id)
}

/// A module that imports one name from a module which imports it in turn.
pub(super) fn import_cycle(
    code: &Code<'_>,
    manner: &Manner,
    file: FileId,
) -> Result<Option<DesignDraft>> {
    let index = code.index;
    let Some((import, id, back)) = cycle(index, file) else { return Ok(None) };
    let symbol = index.symbol(id);
    let (own, other) = (index.file(file), index.file(symbol.file));
    let folder = other.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let stem = symbol.name.trim_start_matches('_').to_lowercase();
    let target = match folder {
        "" => format!("{stem}.py"),
        folder => format!("{folder}/{stem}.py"),
    };
    let are_run = is_run(code, file, import.line)? && is_run(code, symbol.file, back.line)?;
    if !are_run || !is_alone(code, id)? || index.file_at(&target).is_some() {
        return Ok(None);
    }
    let kind = RepoRequirement::ImportCycle;
    let topic = Topic { file, symbol: None };
    let mut voice = manner.voice(code, kind.name(), topic, "");
    let (here, there) = (format!("`{}`", own.path), format!("`{}`", other.path));
    let (to, from) = (code.at(file, import.line), code.at(symbol.file, back.line));
    let (name, place, module) = (code.name(id), code.place(id), new(&voice, &target));
    let values = [
        ("a", here.as_str()),
        ("b", &there),
        ("to", &to),
        ("from", &from),
        ("f", &name),
        ("place", &place),
        ("module", &module),
    ];
    let requirement = voice.say(
        &["{a} and {b} import each other. Break the circle without a change for their users."],
        &["{a} 和 {b} 互相导入。请在不影响使用者的前提下打破这个循环。"],
        &values,
    );
    let design = voice.say(
        &["{a} needs only {f} from {b}, which is defined at {place}. Move it into {module}, and import it from there at {to} and in {b}, so that its old name still works. Of the two imports, only the one at {from} is left, so the circle is gone."],
        &["{a} 只需要 {b} 中的 {f}，它定义在 {place}。把它移到 {module}，并在 {to} 以及 {b} 中改为从那里导入，原来的名称因此仍然可用。两处导入只剩 {from} 的一处，循环随之消失。"],
        &values,
    );
    let trace = vec![
        voice.say(&["{a} imports {f} at {to}."], &["{a} 在 {to} 导入 {f}。"], &values),
        voice.say(&["{b} imports {a} at {from}."], &["{b} 在 {from} 导入 {a}。"], &values),
    ];
    let places = [(file, import.line), (symbol.file, back.line)];
    let mut shown = Excerpt::default();
    for (file, line) in places {
        shown.line(code, file, line);
    }
    shown.whole(code, id);
    Ok(Some(DesignDraft {
        requirement,
        design,
        trace,
        files: vec![other.path.clone(), target.clone(), own.path.clone()],
        adds: vec![target],
        shown,
        ..draft(kind, topic, &voice)
    }))
}

/// Whether an import is run whenever its module is: it stands under no condition.
fn is_run(code: &Code<'_>, file: FileId, line: u32) -> Result<bool> {
    let text = code.text(file)?;
    Ok(text.lines().nth(line as usize - 1).is_some_and(|line| line.starts_with(['f', 'i'])))
}

/// Whether a function or constant needs nothing else of the repository, so that it can move by itself.
fn is_alone(code: &Code<'_>, id: SymbolId) -> Result<bool> {
    let index = code.index;
    let symbol = index.symbol(id);
    let can_move = matches!(symbol.kind, Kind::Function | Kind::Constant);
    let source = code.source(id)?;
    let names: HashSet<&str> = mentioned_names(&source).into_iter().map(|(name, _)| name).collect();
    let mut neighbours = index
        .symbols_of(symbol.file)
        .filter(|(other, one)| *other != id && one.parent.is_none())
        .map(|(_, one)| one.name.as_str());
    let mut imported = index
        .imports_of(symbol.file)
        .iter()
        .filter(|import| !matches!(import.target, Target::External(_) | Target::Builtin(_)));
    let is_imported = |import: &Import| {
        let name = import.alias.as_ref().or(import.name.as_ref()).unwrap_or(&import.module);
        names.contains(name.split('.').next().unwrap_or_default())
    };
    Ok(can_move && !neighbours.any(|name| names.contains(name)) && !imported.any(is_imported))
}

/// The only import of a module from another one, what it takes, and the import on the way back.
fn cycle(index: &Index, file: FileId) -> Option<(&Import, SymbolId, &Import)> {
    let of_module = |import: &&Import| import.scope.is_none();
    let source = |import: &Import| match import.target {
        Target::Symbol(id) => Some(index.symbol(id).file),
        Target::Module(file) => Some(file),
        Target::Namespace(_) | Target::External(_) | Target::Builtin(_) | Target::Unresolved(_) => {
            None
        }
    };
    let is_source = |file: FileId| {
        let file = index.file(file);
        file.role == Role::Source
            && file.language == Language::Python
            && !file.path.ends_with("__init__.py")
    };
    if !is_source(file) {
        return None;
    }
    index.imports_of(file).iter().filter(of_module).find_map(|import| {
        let Target::Symbol(id) = import.target else { return None };
        let other = index.symbol(id).file;
        let back = index
            .imports_of(other)
            .iter()
            .filter(of_module)
            .find(|one| source(one) == Some(file))?;
        let is_only =
            index.imports_of(file).iter().filter(|one| source(one) == Some(other)).count() == 1;
        (is_source(other) && is_only && other != file).then_some((import, id, back))
    })
}
