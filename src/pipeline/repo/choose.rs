//! Which functions of a repository are worth asking about.
//!
//! Invariant: every function is chosen or set aside with a reason, and the chosen ones come in an order in which any first
//! part of them is spread over folders, kinds and roles.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::dataset::dedupe::Seen;
use crate::error::Result;
use crate::index::{Index, Language, Role, Symbol, SymbolId};
use crate::named::named_enum;

named_enum! {
    /// Why a function is not asked about.
    pub enum Aside {
        /// A test, or a helper of tests.
        Test = "test",
        Fixture = "fixture",
        /// A signature for type checkers.
        Overload = "overload",
        /// Its body is left to others: `pass`, `...`, `raise NotImplementedError`, an abstract method.
        Stub = "stub",
        /// An accessor or another function of one short statement.
        Trivial = "trivial",
        TooLong = "too-long",
        /// Nearly the same as one before it.
        Duplicate = "duplicate",
    }
}

/// What decides which functions are chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    pub seed: u64,
    /// Lines of the longest function that is chosen.
    pub max_lines: u32,
    /// Lines beyond which a single statement is worth a question.
    pub max_trivial_lines: u32,
    /// Two functions are near duplicates from this Jaccard similarity.
    pub similarity: f64,
}

impl Default for Rules {
    fn default() -> Self {
        Self { seed: 0, max_lines: 120, max_trivial_lines: 4, similarity: 0.85 }
    }
}

/// The functions of a repository, sorted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choice {
    pub chosen: Vec<SymbolId>,
    /// With what was seen.
    pub aside: Vec<(SymbolId, Aside, String)>,
}

/// Sorts the functions of a repository.
pub fn choose(index: &Index, rules: &Rules) -> Result<Choice> {
    let mut choice = Choice::default();
    let mut seen = Seen::new(rules.similarity);
    let mut groups: BTreeMap<(String, &str, &str), Vec<SymbolId>> = BTreeMap::new();
    for file in index.file_ids() {
        let mut text = None;
        for (id, symbol) in index.symbols_of(file).filter(|(_, symbol)| symbol.kind.is_callable()) {
            if let Some((why, detail)) = aside(index, id, symbol, rules) {
                choice.aside.push((id, why, detail));
                continue;
            }
            let text = match &text {
                Some(text) => text,
                None => text.insert(index.text(file)?),
            };
            let code = index.code(id, text);
            // The tokens of other languages are not those of Python.
            let twin = (index.file(file).language == Language::Python)
                .then(|| seen.twin_or_remember(&index.full_name(id), &code))
                .flatten();
            match twin {
                Some(twin) => {
                    let detail = format!("nearly the same as {}", twin.id);
                    choice.aside.push((id, Aside::Duplicate, detail));
                }
                None => {
                    let path = &index.file(file).path;
                    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                    let group = (folder.to_owned(), symbol.kind.name(), part(index, id, symbol));
                    groups.entry(group).or_default().push(id);
                }
            }
        }
    }
    choice.chosen = spread(groups.into_values().collect(), rules.seed);
    Ok(choice)
}

/// Why a function is set aside, judged by itself.
fn aside(index: &Index, id: SymbolId, symbol: &Symbol, rules: &Rules) -> Option<(Aside, String)> {
    let has = |name: &str| symbol.decorators.iter().any(|decorator| is_named(decorator, name));
    if has("overload") {
        return Some((Aside::Overload, "it is decorated as an overload".into()));
    }
    if has("fixture") {
        return Some((Aside::Fixture, "it is decorated as a fixture".into()));
    }
    let file = index.file(symbol.file);
    if file.role == Role::Test {
        let what = if index.is_test(id) { "it is a test" } else { "it stands among tests" };
        return Some((Aside::Test, what.into()));
    }
    let lines = symbol.lines.end - symbol.lines.start + 1;
    if lines > rules.max_lines {
        return Some((Aside::TooLong, format!("{lines} lines")));
    }
    let raises_only = symbol.statements == 1
        && symbol.raises.iter().any(|raise| raise.exception.ends_with("NotImplementedError"));
    if has("abstractmethod") && symbol.statements <= 1 || raises_only || symbol.statements == 0 {
        return Some((Aside::Stub, "its body is left to others".into()));
    }
    let docstring = symbol.docstring.as_deref().map_or(0, |text| text.lines().count() as u32);
    let own = lines.saturating_sub(docstring);
    if symbol.statements == 1 && own <= rules.max_trivial_lines {
        return Some((Aside::Trivial, format!("one statement on {own} lines")));
    }
    None
}

/// Whether a decorator has this last name: `typing.overload` has `overload`.
fn is_named(decorator: &str, name: &str) -> bool {
    let head = decorator.split('(').next().unwrap_or_default().trim();
    head.rsplit('.').next() == Some(name)
}

/// The part that a function plays in its repository.
fn part(index: &Index, id: SymbolId, symbol: &Symbol) -> &'static str {
    if index.endpoints_of(symbol.file).iter().any(|endpoint| endpoint.handler == id) {
        "endpoint"
    } else if index.scripts.iter().any(|script| script.target == Some(id)) {
        "command"
    } else if symbol.name.starts_with("__") {
        "protocol"
    } else if symbol.is_async {
        "async"
    } else if symbol.is_generator {
        "generator"
    } else if !symbol.raises.is_empty() {
        "raises"
    } else if index.callers(id).next().is_some() {
        "called"
    } else {
        "uncalled"
    }
}

/// Shuffles each group, and takes one of each in turn.
fn spread(mut groups: Vec<Vec<SymbolId>>, seed: u64) -> Vec<SymbolId> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    groups.iter_mut().for_each(|group| group.shuffle(&mut rng));
    groups.shuffle(&mut rng);
    let longest = groups.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest)
        .flat_map(|round| groups.iter().filter_map(move |group| group.get(round).copied()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of the chosen functions of a file, and the reasons of the others.
    fn chosen(path: &str, source: &str) -> (Vec<String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, source).unwrap();
        let index = Index::open(folder.path(), 1).unwrap();
        let choice = choose(&index, &Rules::default()).unwrap();
        let name = |id: &SymbolId| index.symbol(*id).qualified_name.clone();
        let aside = choice.aside.iter().map(|(id, why, _)| format!("{} {}", name(id), why.name()));
        let mut names: Vec<String> = choice.chosen.iter().map(name).collect();
        names.sort();
        (names, aside.collect())
    }

    #[test]
    fn functions_that_teach_nothing_are_set_aside_with_a_reason() {
        let source = "import abc, pytest, typing\n\nclass A(abc.ABC):\n    @property\n    def x(self):\n        'The x.'\n        return self._x\n\n    @abc.abstractmethod\n    def f(self): ...\n\n    def g(self):\n        raise NotImplementedError\n\n@typing.overload\ndef h(a: int): ...\n\ndef h(a):\n    b = a + 1\n    return b * 2\n\ndef h2(c):\n    d = c + 1\n    return d * 2\n\n@pytest.fixture\ndef z():\n    a = 1\n    return a\n\ndef nothing():\n    pass\n";
        let (names, aside) = chosen("a.py", source);
        assert_eq!(names, ["h"]);
        assert_eq!(
            aside,
            [
                "A.x trivial",
                "A.f stub",
                "A.g stub",
                "h overload",
                "h2 duplicate",
                "z fixture",
                "nothing trivial"
            ]
        );
    }

    #[test]
    fn tests_and_long_functions_are_set_aside() {
        let long = format!("def f(a):\n{}    return a\n", "    a += 1\n".repeat(200));
        assert_eq!(chosen("a.py", &long), (vec![], vec!["f too-long".into()]));
        let test = "def test_f():\n    a = 1\n    assert a\n";
        assert_eq!(chosen("tests/test_a.py", test), (vec![], vec!["test_f test".into()]));
    }

    #[test]
    fn the_first_ones_are_of_different_groups() {
        let group = |at: u32| (at..at + 50).map(SymbolId).collect::<Vec<_>>();
        let first = spread(vec![group(0), group(100), group(200)], 7);
        let mut hundreds: Vec<u32> = first[..3].iter().map(|id| id.0 / 100).collect();
        hundreds.sort_unstable();
        assert_eq!((first.len(), hundreds), (150, vec![0, 1, 2]));
        assert_eq!(first, spread(vec![group(0), group(100), group(200)], 7));
        assert_ne!(first, spread(vec![group(0), group(100), group(200)], 8));
    }
}
