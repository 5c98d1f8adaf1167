//! What a model is asked to write: a question about a function, or a design for a requirement, with what it is shown.
//!
//! Invariant: an order is made of the index alone, so that the same tree gives the same prompts.

use minijinja::context;

use super::{DESIGN, Order, QA, Wanted};
use crate::ask::prompt::Prompts;
use crate::error::Result;
use crate::fences::fence_for;
use crate::index::{Index, Kind, Role, SymbolId, Target};
use crate::pipeline::repo::code::Code;
use crate::pipeline::repo::context::Excerpt;
use crate::sample::repository::TextLanguage;

/// Questions that a function may be asked in different ways.
pub const INTENTS: usize = 12;
/// Requirements that a repository has if its user names none.
pub const TOPICS: usize = 5;
/// Facts about a function that a prompt tells.
const MAX_FACTS: usize = 20;
/// Characters of the outline of a repository.
const MAX_OUTLINE: usize = 16_000;

pub(super) fn language(lang: TextLanguage) -> &'static str {
    match lang {
        TextLanguage::English => "English",
        TextLanguage::Chinese => "Simplified Chinese",
    }
}

/// Orders a question about a function.
pub fn question(
    code: &Code<'_>,
    prompts: &Prompts,
    id: SymbolId,
    (lang, intent): (TextLanguage, usize),
) -> Result<Order> {
    let index = code.index;
    let symbol = index.symbol(id);
    let file = index.file(symbol.file);
    let source = code.source(id)?;
    let numbered: Vec<String> = source
        .lines()
        .zip(symbol.first_line..)
        .map(|(line, number)| format!("{number:>5} | {line}"))
        .collect();
    let name = code.name(id);
    let mut facts = Vec::new();
    let mut shown = Excerpt::symbol(code, id);
    for call in index.callers(id).take(MAX_FACTS) {
        if let Some(caller) = call.caller {
            shown.line(code, call.file, call.line);
            let place = code.at(call.file, call.line);
            facts.push(format!("{} calls {name} at {place}.", code.name(caller)));
        }
    }
    for call in index.callees(id) {
        if let Target::Symbol(callee) = &call.target {
            shown.head(code, *callee);
            let place = code.place(*callee);
            facts
                .push(format!("{name} calls {}, which is defined at {place}.", code.name(*callee)));
        }
    }
    facts.dedup();
    facts.truncate(MAX_FACTS);
    let prompt = prompts.render(
        &QA,
        context! {
            name => &symbol.qualified_name, path => &file.path, line => symbol.lines.start,
            fence => fence_for(&source), numbered => numbered.join("\n"), facts => facts,
            intent => intent, lang => language(lang),
        },
    )?;
    Ok(Order {
        wanted: Wanted::Qa,
        lang,
        file: file.path.clone(),
        function: symbol.qualified_name.clone(),
        requirement: String::new(),
        context: shown.text(code, lang)?.unwrap_or_default(),
        prompt,
    })
}

/// Orders a design for a requirement.
pub fn design(
    code: &Code<'_>,
    prompts: &Prompts,
    lang: TextLanguage,
    requirement: &str,
) -> Result<Order> {
    let index = code.index;
    let (mut outline, mut length) = (Vec::new(), 0);
    for (id, file) in index.all_files().filter(|(_, file)| file.role != Role::Example) {
        let symbols: Vec<String> = index
            .symbols_of(id)
            .filter(|(_, symbol)| symbol.kind.is_callable() || symbol.kind == Kind::Class)
            .map(|(_, symbol)| {
                let signature = symbol.signature.as_ref().map_or("", |one| one.text.as_str());
                format!("`{}{signature}`", symbol.qualified_name)
            })
            .collect();
        let line = format!("`{}`: {}", file.path, symbols.join(", "));
        length += line.chars().count();
        if length > MAX_OUTLINE {
            break;
        }
        outline.push(line);
    }
    let mut facts: Vec<String> = index
        .endpoints
        .iter()
        .filter_map(|one| {
            let handler = code.name(one.handler);
            let place = code.at(one.file, one.line);
            Some(format!(
                "`{} {}` is handled by {handler} at {place}.",
                one.methods.first()?,
                one.path
            ))
        })
        .collect();
    facts.extend(index.config.iter().map(|read| {
        format!("The setting `{}` is read at {}.", read.key, code.at(read.file, read.line))
    }));
    facts.truncate(MAX_FACTS);
    let context = format!("{}\n\n{}\n", outline.join("\n"), facts.join("\n"));
    let mark = match lang {
        TextLanguage::English => "(new)",
        TextLanguage::Chinese => "（新增）",
    };
    let prompt = prompts.render(
        &DESIGN,
        context! {
            outline => outline, facts => facts, requirement => requirement, mark => mark,
            lang => language(lang),
        },
    )?;
    Ok(Order {
        wanted: Wanted::Design,
        lang,
        file: String::new(),
        function: String::new(),
        requirement: requirement.to_owned(),
        context,
        prompt,
    })
}

/// What a web or command-line project is asked for if its user has no requirements of their own.
pub fn topics(lang: TextLanguage) -> [&'static str; TOPICS] {
    match lang {
        TextLanguage::English => [
            "Offer one of the numbers that this code computes to other programs over HTTP, with checked parameters.",
            "Let an operator find out over HTTP whether the application is alive, without touching its data.",
            "Record what the code does and what goes wrong with structured log messages instead of printed text.",
            "Make everything that the code reads from its surroundings replaceable, so that tests need neither a user nor a clock.",
            "Collect the settings of the code in one place, with defaults, and report a missing or invalid one clearly.",
        ],
        TextLanguage::Chinese => [
            "把这份代码计算的某个数值通过 HTTP 提供给其他程序，并校验参数。",
            "让运维人员可以通过 HTTP 得知应用是否存活，且不触碰业务数据。",
            "用结构化日志记录代码的行为和错误，而不是直接打印文本。",
            "让代码从外界读取的一切都可以替换，使测试既不需要用户输入也不依赖时钟。",
            "把代码的配置集中到一处并给出默认值，缺失或无效的配置要明确报告。",
        ],
    }
}

/// The files that a design names, and those of the functions and classes that it names.
pub fn files_of(index: &Index, design: &str, adds: &[String]) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for name in design.split('`').skip(1).step_by(2) {
        let path = name.split(':').next().unwrap_or_default();
        let symbols = index.find(name.split('(').next().unwrap_or_default());
        let is_new = adds.iter().any(|one| one == name) && name.contains('/');
        let of_symbols = symbols.iter().map(|&id| index.file(index.symbol(id).file).path.clone());
        if index.file_at(path).is_some() || is_new {
            files.push(path.to_owned());
        } else if symbols.len() == 1 {
            files.extend(of_symbols);
        }
    }
    files.sort();
    files.dedup();
    files
}
