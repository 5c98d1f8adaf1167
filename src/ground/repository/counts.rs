//! Numbers that a text gives of what the index can count: parameters, callers, subclasses, methods, definitions, lines.
//!
//! Invariant: a number that can be counted in several ways holds if it is right in one of them.

use std::collections::BTreeSet;

use super::cue::is_list;
use super::known::FileId;
use super::phrase::{Phrase, chinese_number, is_conditional, number};
use super::resolve::{Resolver, Thing};
use super::state::State;
use super::statements::{Fault, Statement};
use super::tally::Counted;
use crate::ground::words::words;

const MOST_ADJECTIVES: usize = 3;

/// Checks the numbers of a sentence; those that hold are counted.
pub fn check(resolver: &Resolver<'_>, statement: &Statement<'_>, faults: &mut Vec<Fault>) -> usize {
    let mut state = State { resolver, statement, faults, held: 0 };
    if state.statement.is_plan && state.statement.has_new() {
        return 0;
    }
    for at in 0..statement.parts.items.len() {
        state.counted(at);
        state.defined_once(at);
    }
    state.held
}

impl State<'_, '_> {
    fn counted(&mut self, at: usize) {
        if is_conditional(self.gap(at)) || !self.can_count(at) {
            return;
        }
        let phrase = Phrase::behind(self.statement.parts, Some(at));
        let mut found = english(&phrase);
        found.extend(chinese(&phrase.text));
        found.extend(ahead(&Phrase::before(self.statement.parts, at), &phrase));
        // Two subjects with one number between them are counted neither alone nor together.
        let is_listed = at > 0 && is_list(self.gap(at)) && self.can_count(at - 1);
        if is_listed {
            return;
        }
        let at = self.spoken_of(at);
        for (number, counted) in found {
            self.hold_number(at, number, counted, None);
        }
    }

    fn can_count(&self, at: usize) -> bool {
        let symbols = self.statement.symbols(at);
        let files = self.statement.things[at].as_ref().map_or(&[][..], Thing::files);
        !symbols.is_empty() || !files.is_empty()
    }

    /// The only definition of a name, in a file or in the repository.
    fn defined_once(&mut self, at: usize) {
        let (before, after) = (self.gap(at).to_lowercase(), self.gap(at + 1).to_lowercase());
        let says = [
            "only definition of",
            "sole definition of",
            "only place that defines",
            "只有一处定义了",
            "唯一定义了",
        ]
        .iter()
        .any(|words| before.trim_end().ends_with(words))
            || ["只有一处定义", "只定义了一次", "的唯一定义", "仅有一处定义"]
                .iter()
                .any(|words| after.trim_start().starts_with(words))
            || after.contains("defined only once")
            || after.contains("defined exactly once");
        if !says || is_conditional(self.gap(at)) || self.statement.symbols(at).is_empty() {
            return;
        }
        let words = words(&after);
        let is_in = words.last().is_some_and(|word| word == "in")
            || words.is_empty() && after.trim() == "在";
        let file = match self.statement.things.get(at + 1) {
            Some(Some(thing)) if is_in && !says_place(&after) => thing.files().first().copied(),
            Some(Some(_) | None) | None => None,
        };
        self.hold_number(at, Amount::exactly(1), Counted::Definitions, file);
    }

    fn hold_number(&mut self, at: usize, number: Amount, counted: Counted, file: Option<FileId>) {
        let item = self.item(at);
        let mut counts: BTreeSet<usize> = BTreeSet::new();
        for id in self.statement.symbols(at) {
            counts.extend(self.resolver.count(*id, item, counted, file));
        }
        let files = self.statement.things[at].as_ref().map_or(&[][..], Thing::files);
        for id in files {
            counts.extend(self.resolver.count_in(*id, counted));
        }
        let Some(one) = counts.iter().next() else { return };
        let claim = format!("`{}` has {} {}", item.text, number.shown(), counted.shown());
        let found = if counts.iter().any(|count| number.fits(*count)) { Ok(()) } else { Err(None) };
        let one = *one;
        self.count(found, claim, |_| format!("it has {one}"));
    }
}

fn says_place(after: &str) -> bool {
    words(after).iter().any(|word| ["is", "at", "on"].contains(&word.as_str()))
        && !words(after).iter().any(|word| word == "in")
}

/// How many are said to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Amount {
    number: usize,
    at_least: bool,
    at_most: bool,
}

impl Amount {
    fn exactly(number: usize) -> Self {
        Self { number, at_least: true, at_most: true }
    }

    fn fits(self, count: usize) -> bool {
        (!self.at_least || count >= self.number) && (!self.at_most || count <= self.number)
    }

    fn shown(self) -> String {
        match (self.at_least, self.at_most) {
            (true, false) => format!("at least {}", self.number),
            (false, true) => format!("at most {}", self.number),
            (true, true) | (false, false) => self.number.to_string(),
        }
    }
}

/// The numbers behind an English name: takes two parameters, one of them optional; is called by three functions.
fn english(phrase: &Phrase) -> Vec<(Amount, Counted)> {
    const HAS: [&str; 26] = [
        "takes", "take", "has", "have", "accepts", "accept", "expects", "expect", "needs", "needs",
        "requires", "declares", "defines", "with", "receives", "wants", "contains", "spans", "is",
        "uses", "gets", "by", "from", "carries", "and", "of",
    ];
    let said = phrase.words();
    let mut found = Vec::new();
    let mut before = None;
    for (at, word) in said.iter().enumerate() {
        let Some(number) = number(word).filter(|_| word != "a" && word != "an") else { continue };
        let head: Vec<&str> = said[..at].iter().map(String::as_str).collect();
        let amount = match head[..] {
            [.., "at", "least"] => Amount { number, at_least: true, at_most: false },
            [.., "at", "most"] => Amount { number, at_least: false, at_most: true },
            [.., "than" | "about" | "to" | "first" | "or"] => continue,
            _ => Amount::exactly(number),
        };
        let rest: Vec<&str> = said[at + 1..].iter().map(String::as_str).collect();
        // Two of them with defaults.
        if let ["of", "them" | "which" | "these", more @ ..] = &rest[..] {
            let counted = part(&more[..more.len().min(4)]);
            found.extend(before.and(counted).map(|counted| (amount, counted)));
            continue;
        }
        let is_stated = at == 0
            || head.iter().any(|word| HAS.contains(word))
            || head.iter().any(|word| ["exactly", "only", "just"].contains(word));
        let is_passive =
            head.contains(&"called") || head.contains(&"used") || head.contains(&"invoked");
        let Some((counted, len)) = noun(&rest, is_passive) else { continue };
        // No parameter `x` says nothing of others.
        let names_one = phrase.is_followed && len == rest.len() && number <= 1;
        if is_stated && !names_one {
            before = Some(counted);
            found.push((amount, counted));
        }
    }
    found
}

/// The number before a name: all three parameters of `f` have defaults, the two callers of `f`.
fn ahead(before: &str, behind: &Phrase) -> Option<(Amount, Counted)> {
    let said = words(before);
    let (last, said) = said.split_last()?;
    let at = said.iter().rposition(|word| number(word).is_some())?;
    let rest: Vec<&str> = said[at + 1..].iter().map(String::as_str).collect();
    let (counted, len) = noun(&rest, false)?;
    let is_whole = last == "of"
        && len == rest.len()
        && (at == 0 || ["all", "the"].contains(&said[at - 1].as_str()));
    let number =
        number(&said[at]).filter(|_| is_whole && !["a", "an"].contains(&said[at].as_str()))?;
    let behind = behind.words();
    let behind: Vec<&str> = behind.iter().take(3).map(String::as_str).collect();
    let counted =
        if counted == Counted::Parameters { part(&behind).unwrap_or(counted) } else { counted };
    let is_all = at > 0 && said[at - 1] == "all" || at == 0;
    is_all.then(|| (Amount::exactly(number), counted))
}

/// What words say of some of the parameters.
fn part(words: &[&str]) -> Option<Counted> {
    let has =
        |stems: &[&str]| words.iter().any(|word| stems.iter().any(|stem| word.starts_with(stem)));
    match () {
        () if has(&["default", "optional"]) => Some(Counted::Optional),
        () if has(&["required", "mandatory"]) => Some(Counted::Required),
        () if has(&["keyword-only"]) => Some(Counted::KeywordOnly),
        () => None,
    }
}

/// The noun that words begin with, after adjectives, and how many words it takes.
fn noun(words: &[&str], is_passive: bool) -> Option<(Counted, usize)> {
    const ADJECTIVES: [&str; 14] = [
        "required",
        "mandatory",
        "optional",
        "keyword-only",
        "positional-only",
        "positional",
        "keyword",
        "direct",
        "different",
        "other",
        "parameters",
        "base",
        "own",
        "further",
    ];
    let adjectives: Vec<&str> = words
        .iter()
        .copied()
        .take(MOST_ADJECTIVES)
        .take_while(|word| ADJECTIVES.contains(word))
        .collect();
    let is_base = adjectives.contains(&"base");
    let (taken, word) = match (words.get(adjectives.len()), adjectives.last()) {
        (_, Some(&"parameters")) => (adjectives.len(), "parameters"),
        (Some(word), _) => (adjectives.len() + 1, *word),
        (None, _) => return None,
    };
    let rest = &words[taken..];
    let has = |word: &str| adjectives.contains(&word);
    let counted = match word {
        "parameter" | "parameters" | "argument" | "arguments" => match () {
            () if has("required") || has("mandatory") => Counted::Required,
            () if has("optional") => Counted::Optional,
            () if has("keyword-only") => Counted::KeywordOnly,
            () if has("positional-only") => Counted::PositionalOnly,
            () if has("positional") => Counted::Positional,
            () if has("keyword") || has("different") || has("other") || has("further") => {
                return None;
            }
            () if matches!(rest, ["with", "a" | "default" | "defaults", ..]) => Counted::Optional,
            () if matches!(rest, ["without", ..]) => Counted::Required,
            () => Counted::Parameters,
        },
        "caller" | "callers" => Counted::Callers,
        "function" | "functions" | "method" | "methods" | "tests" if is_passive => Counted::Callers,
        "place" | "places" | "times" | "time" | "spots" if is_passive => Counted::CallSites,
        "subclass" | "subclasses" => Counted::Subclasses,
        "class" | "classes" if is_base => Counted::Bases,
        "bases" => Counted::Bases,
        "method" | "methods" => Counted::Methods,
        "property" | "properties" => Counted::Properties,
        "decorator" | "decorators" => Counted::Decorators,
        "definition" | "definitions" => Counted::Definitions,
        "line" | "lines" if rest.is_empty() || ["long", "of"].contains(&rest[0]) => Counted::Lines,
        "function" | "functions" => Counted::Functions,
        "class" | "classes" => Counted::Classes,
        _ => return None,
    };
    let may_stand = has("other") || has("different");
    (!may_stand).then_some((counted, taken))
}

/// The numbers behind a Chinese name: 有两个参数, 被 3 个函数调用, 没有子类.
fn chinese(text: &str) -> Vec<(Amount, Counted)> {
    const NOUNS: [(&str, Counted); 15] = [
        ("必需参数", Counted::Required),
        ("必填参数", Counted::Required),
        ("必选参数", Counted::Required),
        ("可选参数", Counted::Optional),
        ("带默认值的参数", Counted::Optional),
        ("仅限关键字参数", Counted::KeywordOnly),
        ("位置参数", Counted::Positional),
        ("参数", Counted::Parameters),
        ("调用者", Counted::Callers),
        ("调用方", Counted::Callers),
        ("直接子类", Counted::Subclasses),
        ("子类", Counted::Subclasses),
        ("基类", Counted::Bases),
        ("方法", Counted::Methods),
        ("装饰器", Counted::Decorators),
    ];
    let clause = text.split(['。', '；', '，']).next().unwrap_or(text);
    let mut found = Vec::new();
    let noun = |rest: &str| NOUNS.iter().find(|(noun, _)| rest.starts_with(noun)).map(|it| it.1);
    for start in ["没有", "不接受", "无"] {
        if let Some(rest) = clause.trim_start().strip_prefix(start)
            && let Some(counted) = noun(rest.trim_start_matches("任何"))
        {
            found.push((Amount::exactly(0), counted));
        }
    }
    for verb in ["有", "接受", "接收", "需要", "定义了", "共有", "包含", "被", "由"]
    {
        let Some((before, rest)) = clause.split_once(verb) else { continue };
        if !before.chars().all(|c| " 只仅恰好一共总也会直接".contains(c)) {
            continue;
        }
        let rest = rest.trim_start_matches([' ', '了', '共', '且', '仅', '只']);
        let Some((number, rest)) = chinese_number(rest) else { continue };
        let is_passive = ["被", "由"].contains(&verb);
        let counted = match () {
            () if is_passive && rest.starts_with("函数") && rest.contains("调用") => {
                Some(Counted::Callers)
            }
            () if is_passive && rest.starts_with('处') && rest.contains("调用") => {
                Some(Counted::CallSites)
            }
            () if is_passive => None,
            () if rest.starts_with("处定义") => Some(Counted::Definitions),
            () if rest.starts_with("处调用") => Some(Counted::CallSites),
            () => noun(rest),
        };
        if let Some(counted) = counted {
            found.push((Amount::exactly(number), counted));
            break;
        }
    }
    found
}
