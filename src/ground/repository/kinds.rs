//! What a function or class is said to be: a property, a coroutine, a generator, a dataclass.
//!
//! Invariant: a kind is denied only if the code shows that it is another one; what decorators and bases from elsewhere may make of
//! it is unknown.

use super::cue::is_list;
use super::known::SymbolId;
use super::nature::Noun;
use super::phrase::{Phrase, is_conditional};
use super::resolve::{Resolver, Thing};
use super::state::State;
use super::statements::{Fault, Statement};
use crate::ground::words::words;

/// The longer ones first.
const ENGLISH: [(&str, Noun); 45] = [
    ("asynchronous generator function", Noun::AsyncGenerator),
    ("asynchronous generator", Noun::AsyncGenerator),
    ("async generator function", Noun::AsyncGenerator),
    ("async generator", Noun::AsyncGenerator),
    ("asynchronous context manager", Noun::ContextManager),
    ("async context manager", Noun::ContextManager),
    ("context manager", Noun::ContextManager),
    ("coroutine function", Noun::Coroutine),
    ("coroutine method", Noun::Coroutine),
    ("coroutine", Noun::Coroutine),
    ("async function", Noun::Asynchronous),
    ("async method", Noun::Asynchronous),
    ("asynchronous function", Noun::Asynchronous),
    ("asynchronous method", Noun::Asynchronous),
    ("asynchronous", Noun::Asynchronous),
    ("async", Noun::Asynchronous),
    ("synchronous", Noun::Synchronous),
    ("generator function", Noun::Generator),
    ("generator method", Noun::Generator),
    ("generator", Noun::Generator),
    ("class method", Noun::ClassMethod),
    ("classmethod", Noun::ClassMethod),
    ("static method", Noun::StaticMethod),
    ("staticmethod", Noun::StaticMethod),
    ("instance method", Noun::InstanceMethod),
    ("abstract method", Noun::AbstractMethod),
    ("read-only property", Noun::Property),
    ("cached property", Noun::Property),
    ("property", Noun::Property),
    ("method", Noun::Method),
    ("module-level function", Noun::ModuleFunction),
    ("top-level function", Noun::ModuleFunction),
    ("function of the module", Noun::ModuleFunction),
    ("nested function", Noun::NestedFunction),
    ("function", Noun::Function),
    ("data class", Noun::Dataclass),
    ("dataclass", Noun::Dataclass),
    ("enumeration", Noun::Enum),
    ("enum", Noun::Enum),
    ("named tuple", Noun::NamedTuple),
    ("namedtuple", Noun::NamedTuple),
    ("typeddict", Noun::TypedDict),
    ("protocol", Noun::Protocol),
    ("abstract base class", Noun::AbstractClass),
    ("abstract class", Noun::AbstractClass),
];
/// These begin other nouns: an exception handler, a class of its own.
const SINGLE: [(&str, Noun); 4] = [
    ("exception", Noun::Exception),
    ("exception class", Noun::Exception),
    ("class", Noun::Class),
    ("constant", Noun::Constant),
];
const CHINESE: [(&str, Noun); 28] = [
    ("异步生成器", Noun::AsyncGenerator),
    ("协程", Noun::Coroutine),
    ("异步函数", Noun::Asynchronous),
    ("异步方法", Noun::Asynchronous),
    ("异步的", Noun::Asynchronous),
    ("同步函数", Noun::Synchronous),
    ("同步方法", Noun::Synchronous),
    ("同步的", Noun::Synchronous),
    ("生成器", Noun::Generator),
    ("上下文管理器", Noun::ContextManager),
    ("类方法", Noun::ClassMethod),
    ("静态方法", Noun::StaticMethod),
    ("实例方法", Noun::InstanceMethod),
    ("抽象方法", Noun::AbstractMethod),
    ("只读属性", Noun::Property),
    ("属性", Noun::Property),
    ("模块级函数", Noun::ModuleFunction),
    ("模块级别的函数", Noun::ModuleFunction),
    ("嵌套函数", Noun::NestedFunction),
    ("函数", Noun::Function),
    ("方法", Noun::Method),
    ("数据类", Noun::Dataclass),
    ("枚举", Noun::Enum),
    ("命名元组", Noun::NamedTuple),
    ("抽象基类", Noun::AbstractClass),
    ("抽象类", Noun::AbstractClass),
    ("异常", Noun::Exception),
    ("常量", Noun::Constant),
];

/// Checks what a sentence says that functions and classes are; what holds is counted.
pub fn check(resolver: &Resolver<'_>, statement: &Statement<'_>, faults: &mut Vec<Fault>) -> usize {
    let mut state = State { resolver, statement, faults, held: 0 };
    let mut last = None;
    state.pronoun(&mut last);
    for at in 0..statement.parts.items.len() {
        state.predicated(at, &mut last);
        state.attributed(at);
    }
    state.held
}

/// A noun that something is said to be, or not to be.
type Said = (Noun, bool);

impl State<'_, '_> {
    /// It is a generator.
    fn pronoun(&mut self, last: &mut Option<Said>) {
        let phrase = Phrase::behind(self.statement.parts, None);
        let text = phrase.text.trim_start().to_lowercase();
        const IT: [&str; 9] = [
            "it is",
            "it's",
            "this is",
            "the function is",
            "the method is",
            "the class is",
            "它是",
            "该函数是",
            "该方法是",
        ];
        let Some(start) = IT.iter().find(|start| text.starts_with(**start)) else { return };
        let said = match (text.find('是'), start.is_ascii()) {
            (Some(at), false) => chinese(&text[at..]),
            (_, _) => english(&format!("is{}", &text[start.len()..]), phrase.is_followed),
        };
        if let Some(said) = said {
            let ids = self.statement.carried.clone();
            self.hold(&ids, said);
            *last = Some(said);
        }
    }

    /// What the words behind a name say that it is, with all that a list before it names.
    fn predicated(&mut self, at: usize, last: &mut Option<Said>) {
        if is_conditional(self.gap(at)) {
            return;
        }
        let phrase = Phrase::behind(self.statement.parts, Some(at));
        let said = match elliptic(&phrase.text).then_some(*last).flatten() {
            Some((noun, _)) => Some((noun, true)),
            None => english(&phrase.text, phrase.is_followed).or_else(|| chinese(&phrase.text)),
        };
        let Some(said) = said else { return };
        let at = self.spoken_of(at);
        let mut first = at;
        while first > 0 && is_list(self.gap(first)) {
            first -= 1;
        }
        for place in first..=at {
            let ids = self.statement.symbols(place).to_vec();
            self.hold(&ids, said);
        }
        *last = Some(said);
    }

    /// The coroutine `f`; 协程函数 `f`.
    fn attributed(&mut self, at: usize) {
        let before = self.gap(at);
        let text = before.trim_end();
        let is_apart = text.len() == before.len() && !before.is_empty() && text.is_ascii()
            || text.ends_with([',', ':', '(', '.', ';']);
        if is_apart || matches!(self.statement.things[at], Some(Thing::New) | None) {
            return;
        }
        let lower = text.to_lowercase();
        let is_end = |noun: &&(&str, Noun)| {
            let start = lower.strip_suffix(noun.0);
            start.is_some_and(|start| {
                start.ends_with(" the ") || start == "the " || start.ends_with(" its ")
            })
        };
        // A property may be an attribute, and a method is called a function.
        let is_exact = |noun: &Noun| {
            !matches!(
                noun,
                Noun::Property | Noun::Function | Noun::Class | Noun::Method | Noun::Exception
            )
        };
        if let Some((_, noun)) = ENGLISH.iter().find(is_end)
            && is_exact(noun)
        {
            let ids = self.statement.symbols(at).to_vec();
            self.hold(&ids, (*noun, false));
        }
    }

    fn hold(&mut self, ids: &[SymbolId], (noun, is_denied): Said) {
        let Some(first) = ids.first() else { return };
        if self.statement.is_plan && self.statement.has_new() {
            return;
        }
        let truths: Vec<Option<bool>> = ids.iter().map(|id| self.resolver.is(*id, noun)).collect();
        let holds = match () {
            () if truths.contains(&Some(true)) => Some(true),
            () if truths.iter().all(|truth| *truth == Some(false)) => Some(false),
            () => None,
        };
        let Some(holds) = holds else { return };
        let name = self.resolver.repository.symbol(*first).name().to_owned();
        let verb = if is_denied { "is not" } else { "is" };
        let claim = format!("`{name}` {verb} {}", noun.shown());
        self.count(if holds == is_denied { Err(None) } else { Ok(()) }, claim, |_| {
            if is_denied { "it is".into() } else { format!("`{name}` is not {}", noun.shown()) }
        });
    }
}

/// Whether prose repeats what was said before of something else, and denies it: is not.
fn elliptic(text: &str) -> bool {
    let said = words(text);
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    matches!(said[..], ["is" | "are", "not"] | ["isn't" | "aren't" | "isn’t"])
        || ["不是", "并不是", "则不是", "却不是"].contains(&text.trim().trim_end_matches('。'))
}

/// What English prose behind a name says that it is.
fn english(text: &str, is_followed: bool) -> Option<Said> {
    const BEFORE: [&str; 6] = ["which", "that", "both", "itself", "also", "it"];
    const WITHIN: [&str; 27] = [
        "a",
        "an",
        "the",
        "not",
        "never",
        "also",
        "itself",
        "implemented",
        "defined",
        "declared",
        "written",
        "as",
        "plain",
        "simple",
        "regular",
        "ordinary",
        "normal",
        "only",
        "just",
        "both",
        "small",
        "public",
        "private",
        "standard",
        "therefore",
        "thus",
        "no",
    ];
    let clause = text.split([';', ',']).next().unwrap_or(text);
    let said = words(clause);
    let is_copula =
        |word: &str| ["is", "are", "was", "isn't", "aren't", "it's", "remains"].contains(&word);
    let at = said.iter().position(|word| is_copula(word))?;
    let (before, rest) = (&said[..at], &said[at + 1..]);
    if !before.iter().all(|word| BEFORE.contains(&word.as_str())) {
        return None;
    }
    let skipped = rest.iter().take_while(|word| WITHIN.contains(&word.as_str())).count();
    let denied = ["not", "never", "no"];
    let is_denied = said[at].ends_with("n't")
        || rest[..skipped].iter().any(|word| denied.contains(&word.as_str()));
    let is_alone = is_followed && clause.len() == text.len();
    let noun = singular(&rest[skipped..].join(" "));
    let is_it = |phrase: &str| {
        noun.strip_prefix(phrase).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let found = ENGLISH.iter().find(|(phrase, _)| is_it(phrase)).copied();
    // A frozen dataclass: what is said of it beside is not read.
    let found = found.or_else(|| {
        let (_, rest) = noun.split_once(' ')?;
        let is_loose = |noun: Noun| {
            matches!(noun, Noun::Method | Noun::Function | Noun::Asynchronous | Noun::Synchronous)
        };
        let is_it = |phrase: &str| {
            rest.strip_prefix(phrase).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        ENGLISH.iter().find(|(phrase, noun)| is_it(phrase) && !is_loose(*noun)).copied()
    });
    // `X` is the class of `Y`, `X` is the function `Y`.
    let found = found.or_else(|| {
        let is_single = |(phrase, _): &&(&str, Noun)| noun == **phrase;
        SINGLE.iter().find(is_single).filter(|_| !is_alone).copied()
    });
    let (phrase, noun_of) = found?;
    let is_attribute = is_alone && noun == phrase;
    (!is_attribute).then_some((noun_of, is_denied))
}

/// What Chinese prose behind a name says that it is.
fn chinese(text: &str) -> Option<Said> {
    let clause = text.trim_start().split(['，', '。', '；', '、']).next()?;
    let clause = clause.trim_start_matches(['它', '也', '都', '则', '本', '身', '并', '却']);
    let (is_denied, rest) = match clause.strip_prefix('不') {
        Some(rest) => (true, rest),
        None => (false, clause),
    };
    let starts = ["是一个", "是个", "是一种", "是", "被实现为", "被定义为", "实现为"];
    let rest = starts.iter().find_map(|start| rest.strip_prefix(start))?.trim_start();
    let rest = rest.trim_start_matches(['普', '通', '的', '简', '单']);
    let (noun, kind) = CHINESE.iter().find(|(noun, _)| rest.starts_with(noun))?;
    let rest = &rest[noun.len()..];
    let is_whole = ["", "函数", "方法", "类", "类型", "对象", "的"].contains(&rest.trim());
    is_whole.then_some((*kind, is_denied))
}

fn singular(text: &str) -> String {
    text.replace("properties", "property")
        .replace("classes", "class")
        .split(' ')
        .map(|word| match word.strip_suffix('s') {
            Some(stem) if !word.ends_with("ss") && word.len() > 4 && !word.ends_with("ous") => stem,
            Some(_) | None => word,
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_read_behind_its_verb() {
        for (text, said) in [
            (" is a property.", Some((Noun::Property, false))),
            (" is not a coroutine.", Some((Noun::Coroutine, true))),
            (" are plain generator functions", Some((Noun::Generator, false))),
            (" is implemented as a class method of the base", Some((Noun::ClassMethod, false))),
            (" is an asynchronous method", Some((Noun::Asynchronous, false))),
            (" is the class of what it returns", None),
            (" is called as a method", None),
            (" returns what is a generator", None),
        ] {
            assert_eq!(english(text, false), said, "{text}");
        }
        assert_eq!(english(" is the property ", true), None);
        for (text, said) in [
            (" 是一个生成器。", Some((Noun::Generator, false))),
            ("是协程函数。", Some((Noun::Coroutine, false))),
            (" 不是类方法，", Some((Noun::ClassMethod, true))),
            (" 是函数调用的结果", None),
        ] {
            assert_eq!(chinese(text), said, "{text}");
        }
    }
}
