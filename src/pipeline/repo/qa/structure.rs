//! Questions about what is larger than a function: classes, modules, endpoints and settings.
//!
//! Invariant: what derives from a class or imports a module is told only if no unresolved name could be one more.

use crate::error::Result;
use crate::index::{
    ConfigRead, ConfigSource, FileId, Index, Kind, Role, SymbolId, Target, Unresolved,
};
use crate::pipeline::repo::code::{Code, last_name, quotable};
use crate::pipeline::repo::draft::{QaDraft, Topic, Turn};
use crate::pipeline::repo::manner::Manner;
use crate::pipeline::repo::wording::Voice;
use crate::python::sites::Sites;
use crate::sample::repository::RepoQuestion;

const MAX_LISTED: usize = 10;

/// All questions about a file that are not about one of its functions.
pub(in crate::pipeline::repo) fn of_file(
    code: &Code<'_>,
    manner: &Manner,
    file: FileId,
) -> Result<Vec<QaDraft>> {
    let index = code.index;
    let mut found: Vec<QaDraft> = dependents(code, manner, file).into_iter().collect();
    for (id, symbol) in index.symbols_of(file) {
        match symbol.kind {
            Kind::Class => found.extend(hierarchy(code, manner, id)),
            Kind::Method => found.extend(overrides(code, manner, id)),
            Kind::Function | Kind::Struct | Kind::Interface | Kind::Trait => {}
            Kind::Enum | Kind::Constant | Kind::Attribute => {}
        }
    }
    for endpoint in index.endpoints.iter().filter(|endpoint| endpoint.file == file) {
        found.extend(endpoints(code, manner, endpoint));
    }
    let mut sites: Option<Sites> = None;
    for read in index.config.iter().filter(|read| read.file == file) {
        if sites.is_none() {
            sites = Some(Sites::of_file(&code.text(file)?));
        }
        // What a condition or a handler around it makes of it is not read.
        let is_guarded = sites.as_ref().is_some_and(|sites| sites.is_guarded(read.line));
        // A key of a configuration may be set by the application itself.
        if !is_guarded && (read.source == ConfigSource::Environment || !read.is_required) {
            found.extend(setting(code, manner, read));
        }
    }
    Ok(found)
}

fn draft(
    kind: RepoQuestion,
    topic: Topic,
    key: &str,
    voice: &Voice,
    (question, answer): (String, String),
    trace: Vec<String>,
) -> QaDraft {
    QaDraft {
        kind,
        topic,
        lang: voice.lang,
        key: key.to_owned(),
        turns: vec![Turn { follow_up: question.clone(), question, answer }],
        trace,
        executions: Vec::new(),
    }
}

/// Whether a class may have a subclass that the index does not know to be one.
fn may_have_more(index: &Index, name: &str) -> bool {
    index.symbols.iter().flat_map(|symbol| &symbol.bases).any(|base| {
        matches!(&base.target, Target::Unresolved(why) if last_name(&base.text) == name || *why == Unresolved::Expression)
    })
}

fn hierarchy(code: &Code<'_>, manner: &Manner, id: SymbolId) -> Option<QaDraft> {
    let index = code.index;
    let subclasses = index.subclasses(id);
    let name = &index.symbol(id).name;
    if subclasses.is_empty() || subclasses.len() > MAX_LISTED || may_have_more(index, name) {
        return None;
    }
    let kind = RepoQuestion::Hierarchy;
    let topic = Topic { file: index.symbol(id).file, symbol: Some(id) };
    let mut voice = manner.voice(code, kind.name(), topic, "");
    let (class, path) = (code.name(id), format!("`{}`", code.path(id)));
    let values = [("c", class.as_str()), ("path", &path)];
    let question = voice.say(
        &[
            "Which classes inherit directly from {c} in {path}?",
            "If I change {c} in {path}, which subclasses in this repository are affected first?",
            "What are the direct subclasses of {c} in {path}?",
        ],
        &[
            "哪些类直接继承自 {path} 中的 {c}？",
            "修改 {path} 里的 {c} 会首先影响仓库中的哪些子类？",
            "{c}（{path}）有哪些直接子类？",
        ],
        &values,
    );
    let said: Vec<String> =
        subclasses.iter().map(|&one| voice.placed(&code.name(one), &code.place(one))).collect();
    let list = voice.list(&said);
    let (singular, plural) = ("{list} inherits from {c}.", "{list} inherit from {c}.");
    let english = if said.len() == 1 { singular } else { plural };
    let answer = voice.say(&[english], &["{list} 继承自 {c}。"], &[("c", &class), ("list", &list)]);
    let mut trace = vec![voice.say(
        &["{c} is defined at {place}."],
        &["{c} 定义在 {place}。"],
        &[("c", &class), ("place", &code.place(id))],
    )];
    for &one in subclasses {
        let symbol = index.symbol(one);
        trace.push(voice.say(
            &["The class statement at {place} makes {d} inherit from {c}."],
            &["{place} 的类定义使 {d} 继承 {c}。"],
            &[
                ("place", &code.at(symbol.file, symbol.lines.start)),
                ("d", &code.name(one)),
                ("c", &class),
            ],
        ));
    }
    Some(draft(kind, topic, "", &voice, (question, answer), trace))
}

fn overrides(code: &Code<'_>, manner: &Manner, id: SymbolId) -> Option<QaDraft> {
    let index = code.index;
    let class = index.class_of(id)?;
    let name = &index.symbol(id).name;
    if name.starts_with("__") || may_have_more(index, &index.symbol(class).name) {
        return None;
    }
    let found: Vec<SymbolId> = index
        .subclasses(class)
        .iter()
        .flat_map(|&one| index.members(one))
        .copied()
        .filter(|&one| index.symbol(one).name == *name && index.symbol(one).kind == Kind::Method)
        .collect();
    if found.is_empty() || found.len() > MAX_LISTED {
        return None;
    }
    let kind = RepoQuestion::Overrides;
    let topic = Topic { file: index.symbol(id).file, symbol: Some(id) };
    let mut voice = manner.voice(code, kind.name(), topic, "");
    let (method, path) = (code.name(id), format!("`{}`", code.path(id)));
    let values = [("m", method.as_str()), ("path", &path)];
    let question = voice.say(
        &[
            "Which direct subclasses override {m} from {path}?",
            "If I change what {m} in {path} does, which overriding methods of direct subclasses should I read as well?",
        ],
        &[
            "哪些直接子类重写了 {path} 中的 {m}？",
            "如果要改变 {path} 中 {m} 的行为，还应该查看直接子类中的哪些重写方法？",
        ],
        &values,
    );
    let said: Vec<String> =
        found.iter().map(|&one| voice.placed(&code.name(one), &code.place(one))).collect();
    let list = voice.list(&said);
    let answer = voice.say(
        &["{m} is overridden by {list}.", "These methods override {m}: {list}."],
        &["{list} 重写了 {m}。"],
        &[("m", &method), ("list", &list)],
    );
    let mut trace = vec![voice.say(
        &["{m} is defined at {place}."],
        &["{m} 定义在 {place}。"],
        &[("m", &method), ("place", &code.place(id))],
    )];
    for &one in &found {
        let place = code.at(index.symbol(one).file, index.symbol(one).lines.start);
        trace.push(voice.say(
            &["{n} at {place} has the same name in a direct subclass."],
            &["{place} 的 {n} 是直接子类中的同名方法。"],
            &[("n", &code.name(one)), ("place", &place)],
        ));
    }
    Some(draft(kind, topic, "", &voice, (question, answer), trace))
}

fn dependents(code: &Code<'_>, manner: &Manner, file: FileId) -> Option<QaDraft> {
    let index = code.index;
    let own = index.file(file);
    let own_name = last_name(&own.module);
    let is_of = |target: &Target, module: &str| match target {
        Target::Module(other) => *other == file,
        // A name may come by way of a package that passes it on.
        Target::Symbol(id) => {
            index.symbol(*id).file == file && last_name(module.trim_start_matches('.')) == own_name
        }
        Target::Namespace(_) | Target::External(_) | Target::Builtin(_) | Target::Unresolved(_) => {
            false
        }
    };
    let mut found: Vec<(FileId, u32)> = index
        .imports
        .iter()
        .filter(|import| import.file != file && is_of(&import.target, &import.module))
        .filter(|import| index.file(import.file).role == Role::Source)
        .map(|import| (import.file, import.line))
        .collect();
    found.sort_unstable();
    found.dedup();
    found.dedup_by_key(|(importer, _)| *importer);
    if found.is_empty() || found.len() > MAX_LISTED || own.module.is_empty() {
        return None;
    }
    let kind = RepoQuestion::Dependents;
    let topic = Topic { file, symbol: None };
    let mut voice = manner.voice(code, kind.name(), topic, "");
    let path = format!("`{}`", own.path);
    let values = [("path", path.as_str())];
    let question = voice.say(
        &[
            "Which source files import from {path}?",
            "I want to rename {path}. Which source files import it?",
            "Which modules depend directly on {path}, leaving tests aside?",
        ],
        &[
            "哪些源文件从 {path} 导入？",
            "我想重命名 {path}，哪些源文件导入了它？",
            "除测试外，哪些模块直接依赖 {path}？",
        ],
        &values,
    );
    let places: Vec<String> = found.iter().map(|&(file, line)| code.at(file, line)).collect();
    let list = voice.list(&places);
    let answer = voice.say(
        &["{path} is imported at {list}."],
        &["以下位置导入了 {path}：{list}。"],
        &[("path", &path), ("list", &list)],
    );
    let mut trace = vec![voice.say(
        &["{path} is the module {module}."],
        &["{path} 是模块 {module}。"],
        &[("path", &path), ("module", &format!("`{}`", own.module))],
    )];
    for &(importer, line) in &found {
        trace.push(voice.say(
            &["{importer} imports from it at {place}."],
            &["{importer} 在 {place} 导入它。"],
            &[
                ("importer", &format!("`{}`", index.file(importer).path)),
                ("place", &code.at(importer, line)),
            ],
        ));
    }
    Some(draft(kind, topic, "", &voice, (question, answer), trace))
}

fn endpoints(
    code: &Code<'_>,
    manner: &Manner,
    endpoint: &crate::index::Endpoint,
) -> Option<QaDraft> {
    let kind = RepoQuestion::Endpoint;
    let method = endpoint.methods.first()?;
    let topic = Topic { file: endpoint.file, symbol: Some(endpoint.handler) };
    let key = format!("{method} {}", endpoint.path);
    let mut voice = manner.voice(code, kind.name(), topic, &key);
    let request = format!("`{method} {}`", endpoint.path);
    let values = [("r", request.as_str())];
    let question = voice.say(
        &[
            "Which function handles {r}?",
            "A request to {r} misbehaves. Which function do I have to look at?",
            "Where is the handler of {r} implemented?",
        ],
        &[
            "{r} 由哪个函数处理？",
            "请求 {r} 出了问题，应该先看哪个函数？",
            "{r} 的处理函数在哪里实现？",
        ],
        &values,
    );
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
    Some(draft(kind, topic, &key, &voice, (question, answer), trace))
}

fn setting(code: &Code<'_>, manner: &Manner, read: &ConfigRead) -> Option<QaDraft> {
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
        Some(default) => Some(quotable(default)?),
        None => None,
    };
    let values = [("key", key.as_str()), ("path", &path), ("reader", &reader)];
    let question = match read.source {
        ConfigSource::Environment => voice.say(
            &[
                "What happens in {path} if the environment variable {key} is not set?",
                "What does {path} do without the environment variable {key}?",
            ],
            &[
                "如果没有设置环境变量 {key}，{path} 会怎样？",
                "缺少环境变量 {key} 时，{path} 会发生什么？",
            ],
            &values,
        ),
        ConfigSource::Config => voice.say(
            &[
                "What happens in {path} if the configuration key {key} is missing?",
                "What does {path} do if nothing sets the configuration key {key}?",
            ],
            &[
                "如果配置中没有 {key}，{path} 会怎样？",
                "没有设置配置项 {key} 时，{path} 会发生什么？",
            ],
            &values,
        ),
    };
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
    Some(draft(kind, topic, &key_id, &voice, (question, answer), trace))
}
