//! Questions about what is larger than a function: classes and modules.
//!
//! Invariant: what derives from a class or imports a module is told only if no unresolved name could be one more.

use super::larger_questions as questions;
use crate::index::{FileId, Import, Index, Kind, Role, Symbol, SymbolId, Target, Unresolved};
use crate::pipeline::repo::code::{Code, last_name};
use crate::pipeline::repo::context::Excerpt;
use crate::pipeline::repo::draft::{QaDraft, Topic};
use crate::pipeline::repo::manner::Manner;
use crate::sample::repository::RepoQuestion;

const MAX_LISTED: usize = 10;
/// Methods of one class whose overriding methods are asked about.
const MAX_OVERRIDES: usize = 2;

/// The questions about a module and its classes.
pub(super) fn of_file(code: &Code<'_>, manner: &Manner, file: FileId) -> Vec<QaDraft> {
    let mut found: Vec<QaDraft> = dependents(code, manner, file).into_iter().collect();
    for (id, symbol) in code.index.symbols_of(file) {
        match symbol.kind {
            Kind::Class => {
                found.extend(hierarchy(code, manner, id));
                let members = code.index.members(id).iter();
                let methods = members.filter(|&&one| code.index.symbol(one).kind == Kind::Method);
                let mut of_class: Vec<QaDraft> =
                    methods.filter_map(|&one| overrides(code, manner, one)).collect();
                // They all show the same lines.
                of_class.sort_by_cached_key(|draft| manner.draw(code, draft.topic));
                of_class.truncate(MAX_OVERRIDES);
                found.extend(of_class);
            }
            Kind::Function | Kind::Method | Kind::Struct | Kind::Interface | Kind::Trait => {}
            Kind::Enum | Kind::Constant | Kind::Attribute => {}
        }
    }
    found
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
    let (question, _) = voice.ask(&questions::HIERARCHY, &values);
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
    let names_it = |one: &Symbol| one.bases.iter().any(|base| last_name(&base.text) == name);
    let mut classes: Vec<SymbolId> =
        index.all_symbols().filter(|(_, one)| names_it(one)).map(|(id, _)| id).collect();
    classes.extend(subclasses.iter().chain([&id]));
    let shown = Excerpt::classes(code, name, &classes);
    Some(QaDraft::of(kind, topic, "", voice.lang, (question, answer), trace, shown))
}

/// Whether a method is one of its own: neither a signature for type checkers nor a part of a property beside its getter.
fn is_definition(symbol: &Symbol) -> bool {
    !symbol.decorators.iter().any(|one| matches!(last_name(one), "overload" | "setter" | "deleter"))
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
        .filter(|&one| is_definition(index.symbol(one)))
        .collect();
    if !is_definition(index.symbol(id)) {
        return None;
    }
    if found.is_empty() || found.len() > MAX_LISTED {
        return None;
    }
    let kind = RepoQuestion::Overrides;
    let topic = Topic { file: index.symbol(id).file, symbol: Some(id) };
    let mut voice = manner.voice(code, kind.name(), topic, "");
    let (method, path) = (code.name(id), format!("`{}`", code.path(id)));
    let values = [("m", method.as_str()), ("path", &path)];
    let (question, _) = voice.ask(&questions::OVERRIDES, &values);
    let said: Vec<String> =
        found.iter().map(|&one| voice.placed(&code.name(one), &code.place(one))).collect();
    let list = voice.list(&said);
    let verb = if said.len() == 1 { "overrides" } else { "override" };
    let answer = voice.say(
        &["{m} is overridden by {list}.", "{list} {override} {m}."],
        &["{list} 重写了 {m}。"],
        &[("m", &method), ("list", &list), ("override", verb)],
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
    let mut shown = Excerpt::default();
    for class in index.subclasses(class).iter().chain([&class]) {
        shown.head(code, *class);
        let methods = index.members(*class).iter();
        let methods = methods.filter(|&&one| index.symbol(one).kind == Kind::Method);
        methods.for_each(|&one| shown.head(code, one));
    }
    Some(QaDraft::of(kind, topic, "", voice.lang, (question, answer), trace, shown))
}

fn dependents(code: &Code<'_>, manner: &Manner, file: FileId) -> Option<QaDraft> {
    let index = code.index;
    let own = index.file(file);
    let own_name = last_name(&own.module);
    // A name that the module defines twice comes from it as well, whichever definition it has.
    let is_of =
        |import: &Import| import.target == Target::Module(file) || import.from == Some(file);
    let outside_of_tests = || {
        let imports = index.imports.iter();
        imports.filter(|import| index.file(import.file).role != Role::Test && import.file != file)
    };
    let place = |import: &Import| (import.file, import.line);
    let of_it = outside_of_tests().filter(|import| is_of(import));
    let mut found: Vec<(FileId, u32)> = of_it.map(place).collect();
    found.sort_unstable();
    found.dedup();
    // What a package passes on is imported under its own name, from any of its modules.
    let is_package = own.path.ends_with("__init__.py");
    if found.is_empty() || found.len() > MAX_LISTED || own.module.is_empty() || is_package {
        return None;
    }
    let names_it = |import: &Import| {
        let module = last_name(&import.module) == own_name;
        module || import.name.as_deref() == Some(own_name)
    };
    let mut places: Vec<(FileId, u32)> =
        outside_of_tests().filter(|import| names_it(import)).map(place).collect();
    places.extend(&found);
    let shown = Excerpt::imports(code, own_name, &places);
    let kind = RepoQuestion::Dependents;
    let topic = Topic { file, symbol: None };
    let mut voice = manner.voice(code, kind.name(), topic, "");
    let path = format!("`{}`", own.path);
    let values = [("path", path.as_str())];
    let (question, _) = voice.ask(&questions::DEPENDENTS, &values);
    let places: Vec<String> = found.iter().map(|&(file, line)| code.at(file, line)).collect();
    let list = voice.list(&places);
    let answer = voice.say(
        &[
            "Outside of tests, {path} is imported at {list}.",
            "Apart from tests, {path} is imported at {list}.",
        ],
        &["除测试外，以下位置导入了 {path}：{list}。"],
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
    Some(QaDraft::of(kind, topic, "", voice.lang, (question, answer), trace, shown))
}
