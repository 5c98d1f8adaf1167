//! Finds functions, or texts in plain words, that came before, exactly or nearly.
//!
//! Invariant: the first of a kind is always kept, two functions repeat each other only if their names can be exchanged consistently,
//! and memory is a kilobyte for each and eight bytes for each of their tokens.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::num::NonZeroU32;

use gaoya::minhash::{MinHashIndex, MinHasher, MinHasher32, SmallVecContainer};

use crate::flow::Fate;
use crate::outcome::{Reason, Rejection};
use crate::python::tokens::{TokenName, named_tokens};
use crate::record::Record;

/// Tokens in a shingle of a program.
const SHINGLE: usize = 4;
/// Words in a shingle of a text: most are a sentence or two.
const WORDS: usize = 2;
/// Bands and hashes a band of the locality-sensitive index: pairs of the threshold's similarity are found with
/// probability 1 - (1 - s^r)^b, 0.99 at s = 0.85 (Broder 1997; Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4).
const BANDS: usize = 13;
const BAND_WIDTH: usize = 8;
/// Earlier functions of nearly the same tokens whose names are compared.
const MAX_CANDIDATES: usize = 32;
/// Longer programs are not laid side by side.
const MAX_TOKENS: usize = 20_000;
/// One in this many names may be out of step: less is a slip in a long function, more another function.
const OUT_OF_STEP: usize = 20;

/// The functions seen so far.
pub struct Seen {
    hasher: MinHasher32<BuildHasherDefault<DefaultHasher>>,
    index: MinHashIndex<u32, u32, SmallVecContainer<u32, 1>>,
    known: Vec<(Box<str>, Names)>,
    of: Of,
}

/// The hash of a name, and in its last bit whether the program gives it its meaning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Name(NonZeroU32);

impl Name {
    fn new(name: &str, is_own: bool) -> Self {
        let bits = hash(name) << 2 | 2 | u32::from(is_own);
        Self(NonZeroU32::new(bits).expect("a bit of it is always set"))
    }

    fn is_own(self) -> bool {
        self.0.get() & 1 == 1
    }
}

/// The tokens of a program, and the names among them.
#[derive(Default)]
struct Names {
    tokens: Box<[u32]>,
    /// For each token the name that it is, if it is one.
    names: Box<[Option<Name>]>,
}

/// What is compared.
#[derive(Clone, Copy)]
enum Of {
    Programs,
    Texts,
}

/// A function that came before.
#[derive(Debug, Clone, PartialEq)]
pub struct Twin {
    pub id: String,
    /// Estimated Jaccard similarity of the two programs' shingles, 1 for the same tokens.
    pub similarity: f64,
}

impl Twin {
    /// The rejection of what repeats this; the sentence gets how near it is, in words.
    pub fn rejection(&self, reason: Reason, sentence: impl FnOnce(&str) -> String) -> Rejection {
        let how = if self.similarity >= 1.0 { "the same as" } else { "nearly the same as" };
        Rejection::new(reason, sentence(how))
            .with_evidence(serde_json::json!({"of": self.id, "similarity": self.similarity}))
    }

    /// The fate of a record that repeats this one.
    pub fn reject<T>(&self, record: &Record<T>) -> Fate<T> {
        let why = self.rejection(Reason::Duplicate, |how| format!("{how} {}", self.id));
        Fate::rejected(&record.id, record.lineage.clone(), why)
    }
}

impl Seen {
    /// Remembers functions from now on; two are near duplicates from this Jaccard similarity.
    pub fn new(threshold: f64) -> Self {
        Self::of(Of::Programs, threshold)
    }

    /// The same for texts, whose words count and nothing else.
    pub fn of_texts(threshold: f64) -> Self {
        Self::of(Of::Texts, threshold)
    }

    fn of(of: Of, threshold: f64) -> Self {
        Self {
            hasher: MinHasher32::new_with_hasher(BANDS * BAND_WIDTH, BuildHasherDefault::default()),
            index: MinHashIndex::new_index(BANDS, BAND_WIDTH, threshold),
            known: Vec::new(),
            of,
        }
    }

    /// Returns the earlier function or text that this one repeats; one without any token or word repeats none.
    pub fn twin(&self, text: &str) -> Option<Twin> {
        let (tokens, names) = self.tokens(text);
        (!tokens.is_empty()).then(|| self.nearest(&self.signature(&tokens), &names)).flatten()
    }

    /// Returns the earlier function that this one repeats; a new one is remembered, unless it has no token.
    pub fn twin_or_remember(&mut self, id: &str, program: &str) -> Option<Twin> {
        let (tokens, names) = self.tokens(program);
        let signature = self.signature(&tokens);
        // What has no tokens is like nothing.
        let twin = (!tokens.is_empty()).then(|| self.nearest(&signature, &names)).flatten();
        if twin.is_none() && !tokens.is_empty() {
            self.index.insert(self.known.len() as u32, signature);
            self.known.push((id.into(), names));
        }
        twin
    }

    fn tokens(&self, text: &str) -> (Vec<String>, Names) {
        match self.of {
            Of::Programs => {
                let tokens = named_tokens(text);
                let name = |name: &TokenName| match name {
                    TokenName::Own(name) => Name::new(name, true),
                    TokenName::Foreign(name) => Name::new(name, false),
                };
                let names = Names {
                    tokens: tokens.iter().map(|token| hash(&token.shape)).collect(),
                    names: tokens.iter().map(|token| token.name.as_ref().map(name)).collect(),
                };
                (tokens.into_iter().map(|token| token.shape).collect(), names)
            }
            Of::Texts => {
                let words = text.split(|c: char| !c.is_alphanumeric());
                let words = words.filter(|word| !word.is_empty()).map(str::to_lowercase);
                (words.collect(), Names::default())
            }
        }
    }

    fn signature(&self, tokens: &[String]) -> Vec<u32> {
        let width = match self.of {
            Of::Programs => SHINGLE,
            Of::Texts => WORDS,
        };
        // Hashing is what takes time, and most shingles of a long program repeat.
        let shingles: HashSet<&[String]> = tokens.windows(width.min(tokens.len()).max(1)).collect();
        self.hasher.create_signature(shingles.into_iter().map(<[String]>::to_vec))
    }

    fn nearest(&self, signature: &[u32], names: &Names) -> Option<Twin> {
        let mut similar = self.index.query_owned_return_similarity(signature);
        // The most similar, and among equals the first: the index itself has no order.
        similar.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
        similar.into_iter().take(MAX_CANDIDATES).find_map(|(number, similarity)| {
            let (id, known) = &self.known[number as usize];
            let in_step = known.in_step(names)?;
            Some(Twin { id: id.to_string(), similarity: similarity.min(in_step) })
        })
    }
}

fn hash(text: &str) -> u32 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(text) as u32
}

impl Names {
    /// The share of names that one renaming turns into those of the other program; `None` if too few.
    fn in_step(&self, other: &Self) -> Option<f64> {
        if self.tokens.len().max(other.tokens.len()) > MAX_TOKENS {
            return Some(1.0);
        }
        let mut pairs: HashMap<(Name, Name), usize> = HashMap::new();
        let mut all = 0;
        for (from, to, len) in side_by_side(&self.tokens, &other.tokens) {
            let both = self.names[from..from + len].iter().zip(&other.names[to..to + len]);
            for (one, two) in both.filter_map(|(one, two)| one.zip(*two)) {
                *pairs.entry((one, two)).or_default() += 1;
                all += 1;
            }
        }
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_by_key(|&(pair, count)| (std::cmp::Reverse(count), pair));
        let (mut from, mut to) = (HashSet::new(), HashSet::new());
        let mut agreed = 0;
        for ((one, two), count) in pairs {
            let may_stand = if one.is_own() && two.is_own() {
                from.insert(one) & to.insert(two)
            } else {
                one == two
            };
            agreed += if may_stand { count } else { 0 };
        }
        let is_twin = (all - agreed) * OUT_OF_STEP <= all;
        is_twin.then(|| if all == 0 { 1.0 } else { agreed as f64 / all as f64 })
    }
}

/// The stretches that two lists of tokens have in common: where they begin in each, and how long they are.
fn side_by_side(one: &[u32], two: &[u32]) -> Vec<(usize, usize, usize)> {
    if one == two {
        return vec![(0, 0, one.len())];
    }
    let operations = similar::capture_diff_slices(similar::Algorithm::Myers, one, two);
    operations
        .into_iter()
        .filter_map(|operation| match operation {
            similar::DiffOp::Equal { old_index, new_index, len } => {
                Some((old_index, new_index, len))
            }
            similar::DiffOp::Delete { .. }
            | similar::DiffOp::Insert { .. }
            | similar::DiffOp::Replace { .. } => None,
        })
        .collect()
}

/// Rejects a function that repeats an earlier one; without a memory all are kept.
pub fn without_twins<T>(
    fate: Fate<T>,
    seen: Option<&mut Seen>,
    program: impl FnOnce(&T) -> String,
) -> Fate<T> {
    let (Fate::Live(record), Some(seen)) = (&fate, seen) else { return fate };
    match seen.twin_or_remember(&record.id, &program(&record.body)) {
        None => fate,
        Some(twin) => twin.reject(record),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = "def clamp(value, low, high):\n    if value < low:\n        return low\n    if value > high:\n        return high\n    return value\n";

    #[test]
    fn a_renamed_function_is_a_twin() {
        let mut seen = Seen::new(0.85);
        assert_eq!(seen.twin_or_remember("a", PROGRAM), None);
        let renamed = PROGRAM.replace("value", "x").replace("clamp", "limit");
        let twin = seen.twin_or_remember("b", &renamed).unwrap();
        assert_eq!((twin.id.as_str(), twin.similarity), ("a", 1.0));
    }

    #[test]
    fn names_that_change_places_make_another_function() {
        let mut seen = Seen::new(0.85);
        for (id, program) in [
            ("a", "def f(a, b):\n    return a - b\n"),
            ("b", "def g(a, b):\n    return b - a\n"),
            ("c", "def precision(all, found):\n    return len(all & found) / len(found)\n"),
            ("d", "def recall(all, found):\n    return len(all & found) / len(all)\n"),
            ("e", "def f(xs):\n    lo = xs[0]\n    hi = xs[1]\n    return hi - lo\n"),
            ("f", "def g(ys):\n    a = ys[0]\n    b = ys[1]\n    return a - b\n"),
            ("g", "def f(x):\n    return clean(x)\n"),
            ("h", "def f(x):\n    return parse(x)\n"),
        ] {
            assert_eq!(seen.twin_or_remember(id, program), None, "{id}");
        }
        let again = seen.twin_or_remember("i", "def h(y, x):\n    return x - y\n").unwrap();
        assert_eq!((again.id.as_str(), again.similarity), ("b", 1.0));
    }

    #[test]
    fn parts_that_repeat_count_once() {
        let mut seen = Seen::new(0.85);
        let program = |times| format!("def f(a):\n{}    return a\n", "    a += 1\n".repeat(times));
        assert_eq!(seen.twin_or_remember("a", &program(3)), None);
        let twin = seen.twin_or_remember("b", &program(3000)).unwrap();
        assert_eq!((twin.id.as_str(), twin.similarity), ("a", 1.0));
    }

    #[test]
    fn a_text_with_other_marks_and_capitals_is_a_twin_and_one_about_another_thing_is_none() {
        let mut seen = Seen::of_texts(0.85);
        let text = "Write a function `volume` that gives the volume of a cylinder.";
        assert_eq!(seen.twin_or_remember("a", text), None);
        let twin = seen.twin("write a function volume, that gives the volume of a Cylinder!");
        assert_eq!(twin, Some(Twin { id: "a".into(), similarity: 1.0 }));
        assert_eq!(seen.twin("Write a function `area` that gives the area of a square."), None);
        assert_eq!(seen.twin("..."), None);
    }

    #[test]
    fn a_different_function_is_none() {
        let mut seen = Seen::new(0.85);
        seen.twin_or_remember("a", PROGRAM);
        assert_eq!(seen.twin_or_remember("b", "def add(a, b):\n    return a + b\n"), None);
        assert_eq!(seen.twin_or_remember("c", "def sub(a, b):\n    return a - b\n"), None);
    }
}
