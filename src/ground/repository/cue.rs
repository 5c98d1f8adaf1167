//! The words between two names that say how the second relates to the first, in English and Chinese.
//!
//! Invariant: only the prose decides; a cue holds for the name after it, or for the one before it if it is passive in Chinese.

use crate::ground::words::words;

/// How one thing relates to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Calls,
    /// Has its name in its code.
    Uses,
    Raises,
    Catches,
    Imports,
    Inherits,
    Takes,
    Returns,
    /// Has it as its definition.
    Defines,
    /// Answers requests to it.
    Handles,
}

/// A relation as the words have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    pub relation: Relation,
    /// Said of what comes after: is called by.
    pub is_passive: bool,
    pub is_denied: bool,
    /// Nothing else is so related.
    pub is_only: bool,
    /// What shall be, not what is.
    pub is_planned: bool,
    /// The words go on about the subject before: and raises, before raising.
    pub goes_on: bool,
    /// The words say that nothing does it, or only look like the verb.
    pub is_no_statement: bool,
    /// The words begin with the verb, and may tell the reader to do it.
    pub is_imperative: bool,
    /// The words speak of something that was named before: it raises.
    pub has_pronoun: bool,
}

const VERBS: [(Relation, &[&str]); 10] = [
    (
        Relation::Calls,
        &[
            "call",
            "calls",
            "called",
            "calling",
            "invoke",
            "invokes",
            "invoked",
            "invoking",
            "delegates",
            "delegate",
            "delegating",
        ],
    ),
    (
        Relation::Uses,
        &["use", "uses", "used", "using", "reads", "consults", "relies", "references", "depends"],
    ),
    (
        Relation::Raises,
        &["raise", "raises", "raised", "raising", "throw", "throws", "thrown", "throwing"],
    ),
    (
        Relation::Catches,
        &["catch", "catches", "caught", "catching", "swallows", "swallowed", "intercepts"],
    ),
    (Relation::Imports, &["import", "imports", "imported", "importing"]),
    (
        Relation::Inherits,
        &[
            "inherits",
            "inherit",
            "extends",
            "extend",
            "subclasses",
            "subclass",
            "derives",
            "derived",
            "subclassing",
            "inheriting",
        ],
    ),
    (Relation::Takes, &["takes", "take", "accepts", "accept", "taking", "accepting", "receives"]),
    (Relation::Returns, &["return", "returns", "returned", "returning", "yields"]),
    (
        Relation::Defines,
        &[
            "defines",
            "define",
            "declares",
            "contains",
            "holds",
            "defined",
            "declared",
            "located",
            "lives",
            "implemented",
            "found",
            "sits",
            "resides",
        ],
    ),
    (
        Relation::Handles,
        &[
            "handles",
            "handle",
            "handled",
            "serves",
            "served",
            "routes",
            "routed",
            "mapped",
            "maps",
            "answers",
            "answered",
            "exposes",
            "bound",
            "responds",
            "implements",
            "backs",
            "registered",
            "registers",
        ],
    ),
];
const CHINESE: [(Relation, &[&str]); 10] = [
    (Relation::Calls, &["调用"]),
    (Relation::Uses, &["使用", "用到", "读取", "依赖", "引用"]),
    (Relation::Raises, &["抛出", "引发", "触发"]),
    (Relation::Catches, &["捕获"]),
    (Relation::Imports, &["导入", "引入"]),
    (Relation::Inherits, &["继承"]),
    (Relation::Takes, &["接受", "接收"]),
    (Relation::Returns, &["返回"]),
    (Relation::Defines, &["定义", "位于", "声明", "包含"]),
    (Relation::Handles, &["处理", "映射", "对应", "响应", "注册"]),
];
const NEGATIONS: [&str; 8] = ["not", "never", "cannot", "neither", "nor", "no", "without", "n't"];
/// Forms in which a sentence that begins with them tells the reader what to do.
const BASE: [&str; 12] = [
    "call", "use", "import", "invoke", "raise", "catch", "return", "take", "define", "extend",
    "throw", "accept",
];
/// Words after a verb that begin something else than its object.
const APART: [&str; 16] = [
    "in", "for", "with", "when", "if", "off", "on", "unless", "because", "after", "before",
    "where", "while", "it", "them", "as",
];
/// Words after which `calls` is what something makes, and not what it does.
const AFTER_NOUN: [&str; 5] = ["that", "which", "made", "of", "from"];
const PLANNED: [&str; 11] =
    ["should", "will", "must", "shall", "would", "needs", "need", "then", "could", "to", "let"];

impl Cue {
    /// Reads the last relation that the words before a name state.
    pub fn before(prose: &str) -> Option<Self> {
        let words = words(prose);
        let english = words.iter().enumerate().rev().find_map(|(at, word)| {
            let verb = VERBS.iter().find(|(_, forms)| forms.contains(&word.as_str()))?;
            Some((at, verb.0))
        });
        match english {
            Some((at, relation)) => Some(Self::english(&words, at, relation, prose)),
            None => Self::chinese(prose),
        }
    }

    fn english(words: &[String], at: usize, relation: Relation, prose: &str) -> Self {
        let has = |word: &str| words.iter().any(|other| other == word);
        let before = &words[..at];
        let after = words[at + 1..].iter().map(String::as_str);
        let is_state = |word: &String| {
            ["is", "are", "was", "be", "gets", "being", "been", "were", "only"]
                .contains(&word.as_str())
        };
        let verb = words[at].as_str();
        let is_participle = verb.ends_with("ed") || ["thrown", "caught"].contains(&verb);
        let mut after =
            after.skip_while(|word| ["only", "directly", "also", "both"].contains(word));
        let is_by = match after.next() {
            Some("by") => true,
            // What is imported from somewhere is not imported by it.
            Some("from") => {
                matches!(relation, Relation::Calls | Relation::Raises)
                    && before.iter().any(is_state)
            }
            Some("in" | "inside" | "within") => {
                matches!(relation, Relation::Calls | Relation::Raises | Relation::Imports)
                    && before.iter().any(is_state)
            }
            Some(_) | None => false,
        };
        let start = before.iter().rev().take(5);
        let is_negation = |word: &String| {
            NEGATIONS.contains(&word.as_str()) || word.ends_with("n't") || word.ends_with("n’t")
        };
        // It calls neither of them.
        let is_denied = start.clone().any(is_negation)
            || words[at + 1..]
                .first()
                .is_some_and(|word| ["neither", "no"].contains(&word.as_str()));
        let first = words.first().map_or("", String::as_str);
        let is_imperative = BASE.contains(&verb) && at == 0;
        // What something is called is its name.
        let is_name = verb == "called" && !is_by && before.iter().any(is_state)
            // The calls that something makes.
            || verb == "calls" && words.get(at + 1).is_some_and(|word| AFTER_NOUN.contains(&word.as_str()))
            // Where something is imported from is read elsewhere.
            || verb == "imported" && words.get(at + 1).is_some_and(|word| word == "from");
        let is_apart =
            !is_participle && words[at + 1..].iter().any(|word| APART.contains(&word.as_str()));
        let is_nothing =
            before.iter().any(|word| ["nothing", "nobody", "none"].contains(&word.as_str()));
        let goes_on =
            ["and", "then", "but", "or", "before", "after", "while", "instead", "by", "also"]
                .contains(&first)
                || prose.trim_start().starts_with(',') && before.is_empty()
                || verb.ends_with("ing");
        Self {
            relation,
            is_passive: is_participle && is_by || relation == Relation::Inherits && first == "base",
            is_denied,
            is_only: has("only") || has("sole") || has("exclusively"),
            is_planned: before.iter().rev().take(4).any(|word| PLANNED.contains(&word.as_str())),
            goes_on,
            is_no_statement: is_apart || is_nothing || is_name,
            is_imperative,
            has_pronoun: before
                .iter()
                .any(|word| ["it", "they", "he", "this"].contains(&word.as_str())),
        }
    }

    fn chinese(prose: &str) -> Option<Self> {
        let (at, relation) = last_verb(prose)?;
        let before = &prose[..at];
        // What is denied before is a condition: 找不到商品时引发.
        let clause = before.rsplit(['时', '，', '后', '到', '若']).next().unwrap_or(before);
        let has = |text: &str, parts: &[&str]| parts.iter().any(|part| text.contains(part));
        Some(Self {
            relation,
            is_passive: false,
            is_denied: has(clause, &["不", "没有", "未", "并非"]),
            is_only: has(before, &["只", "仅", "唯一"]),
            is_planned: has(clause, &["应", "需", "将", "要"]),
            goes_on: prose.trim_start().starts_with(['并', '且', '然', '再', '，', '或', '而']),
            is_no_statement: has(before, &["没有任何"]),
            is_imperative: false,
            has_pronoun: has(before, &["它", "该函数", "其"]),
        })
    }

    /// Reads a Chinese relation whose verb stands after the one that does it: `b` 被 `a` 调用.
    pub fn around(before: &str, after: &str) -> Option<Self> {
        let marker = before.trim_end();
        let is_passive =
            ["被", "由", "在", "只被", "仅被"].iter().any(|mark| marker.ends_with(mark));
        let after = after.trim_start();
        // `a` 是 `b` 的子类: the class stands before.
        if ["的子类", "的直接子类", "的派生类"].iter().any(|of| after.starts_with(of)) {
            let said = marker.trim_start();
            let is_it = ["是", "不是", "也是", "并不是", "都是"].contains(&said);
            return is_it.then(|| Self {
                relation: Relation::Inherits,
                is_passive: false,
                is_denied: said.contains('不'),
                is_only: false,
                is_planned: false,
                goes_on: false,
                is_no_statement: false,
                is_imperative: false,
                has_pronoun: false,
            });
        }
        let start = after.trim_start_matches([
            '会', '所', '直', '接', '来', '中', '里', '内', '负', '责', '函', '数', '等', '方',
            '法',
        ]);
        let verb =
            CHINESE.iter().find(|(_, forms)| forms.iter().any(|form| start.starts_with(form)));
        let (relation, _) = verb.filter(|_| is_passive)?;
        // What is done in a place is done by it only if it is done to what was named before.
        let is_place = marker.ends_with('在') && !after.starts_with(['中', '里', '内']);
        (!is_place).then(|| Self {
            relation: *relation,
            is_passive: true,
            is_denied: before.contains('不') || before.contains("没有") || before.contains('未'),
            is_only: before.contains('只') || before.contains('仅'),
            is_planned: before.contains('应') || before.contains('将') || before.contains('需'),
            goes_on: false,
            is_no_statement: false,
            is_imperative: false,
            has_pronoun: false,
        })
    }
}

fn last_verb(prose: &str) -> Option<(usize, Relation)> {
    let places = CHINESE.iter().flat_map(|(relation, forms)| {
        forms.iter().filter_map(|form| Some((prose.rfind(form)?, *relation)))
    });
    places.max_by_key(|(at, _)| *at)
}

/// Whether prose only lists what is around it.
pub fn is_list(prose: &str) -> bool {
    const LIST: [&str; 15] = [
        "and",
        "or",
        "nor",
        "as",
        "well",
        "then",
        "also",
        "both",
        "finally",
        "plus",
        "the",
        "functions",
        "with",
        "methods",
        "&",
    ];
    let latin: String =
        prose.chars().map(|c| if "、，和与及以或并、".contains(c) { ',' } else { c }).collect();
    let words = words(&latin);
    let is_listed = words.iter().all(|word| LIST.contains(&word.as_str()));
    is_listed && (!words.is_empty() || latin.contains([',', '/', ')', '(']))
}

/// Whether prose says that what stands after it is not there.
pub fn denies_after(prose: &str) -> bool {
    let words = words(prose);
    let last: Vec<&str> = words.iter().rev().take(3).map(String::as_str).collect();
    let is_missing = |word: &&str| ["no", "lacks", "lack", "missing", "absent"].contains(word);
    last.iter().take(2).any(is_missing)
        || ["没有", "缺少", "尚无", "缺乏", "无"]
            .iter()
            .any(|text| prose.trim_end().ends_with(text))
}

/// Whether prose says that what stands before it is not there.
pub fn denies_before(prose: &str) -> bool {
    let text = prose.trim_start().to_lowercase();
    [
        "does not exist",
        "doesn't exist",
        "is missing",
        "is not defined",
        "不存在",
        "尚不存在",
        "do not exist",
    ]
    .iter()
    .any(|start| text.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_between_two_names_state_a_relation() {
        let read = |prose: &str| {
            Cue::before(prose).map(|cue| (cue.relation, cue.is_passive, cue.is_denied))
        };
        for (prose, expected) in [
            (" calls ", Some((Relation::Calls, false, false))),
            (" is called by ", Some((Relation::Calls, true, false))),
            (" does not call ", Some((Relation::Calls, false, true))),
            (" never raises ", Some((Relation::Raises, false, true))),
            (" is raised in ", Some((Relation::Raises, true, false))),
            (" 会抛出 ", Some((Relation::Raises, false, false))),
            (" 在找不到商品时引发 ", Some((Relation::Raises, false, false))),
            (" 不调用 ", Some((Relation::Calls, false, true))),
            (" and ", None),
        ] {
            assert_eq!(read(prose), expected, "{prose}");
        }
        assert_eq!(Cue::around(" 被 ", " 调用。").map(|cue| cue.relation), Some(Relation::Calls));
        assert_eq!(Cue::around(" 在 ", " 行调用"), None);
        assert!(is_list(" and ") && is_list("、") && is_list(", ") && is_list(" 和 "));
        assert!(!is_list(" calls ") && !is_list(" "));
    }
}
