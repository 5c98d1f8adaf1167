//! Finds functions, or texts in plain words, that came before, exactly or nearly.
//!
//! Invariant: the first of a kind is always kept; memory is a few hundred bytes per function.

use std::collections::HashSet;

use gaoya::minhash::{MinHashIndex, MinHasher, MinHasher32, SmallVecContainer};

use crate::flow::Fate;
use crate::outcome::{Reason, Rejection};
use crate::python::tokens::anonymous_tokens;

/// Tokens in a shingle of a program.
const SHINGLE: usize = 4;
/// Words in a shingle of a text: most are a sentence or two.
const WORDS: usize = 2;
/// Bands and hashes a band of the locality-sensitive index: pairs of the threshold's similarity are found with
/// probability 1 - (1 - s^r)^b, 0.99 at s = 0.85 (Broder 1997; Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4).
const BANDS: usize = 13;
const BAND_WIDTH: usize = 8;

/// The functions seen so far.
pub struct Seen {
    hasher: MinHasher32<std::hash::BuildHasherDefault<std::hash::DefaultHasher>>,
    index: MinHashIndex<u32, u32, SmallVecContainer<u32, 1>>,
    ids: Vec<Box<str>>,
    of: Of,
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
            hasher: MinHasher32::new_with_hasher(
                BANDS * BAND_WIDTH,
                std::hash::BuildHasherDefault::default(),
            ),
            index: MinHashIndex::new_index(BANDS, BAND_WIDTH, threshold),
            ids: Vec::new(),
            of,
        }
    }

    /// Returns the earlier function or text that this one repeats; one without any token or word repeats none.
    pub fn twin(&self, text: &str) -> Option<Twin> {
        let tokens = self.tokens(text);
        (!tokens.is_empty()).then(|| self.nearest(&self.signature(&tokens))).flatten()
    }

    /// Returns the earlier function that this one repeats; a new one is remembered.
    pub fn twin_or_remember(&mut self, id: &str, program: &str) -> Option<Twin> {
        let signature = self.signature(&self.tokens(program));
        let twin = self.nearest(&signature);
        if twin.is_none() {
            self.index.insert(self.ids.len() as u32, signature);
            self.ids.push(id.into());
        }
        twin
    }

    fn tokens(&self, text: &str) -> Vec<String> {
        match self.of {
            Of::Programs => anonymous_tokens(text),
            Of::Texts => {
                let words = text.split(|c: char| !c.is_alphanumeric());
                words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
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

    fn nearest(&self, signature: &[u32]) -> Option<Twin> {
        let similar = self.index.query_owned_return_similarity(signature);
        // The most similar, and among equals the first: the index itself has no order.
        let (number, similarity) =
            similar.into_iter().max_by(|(a, x), (b, y)| x.total_cmp(y).then(b.cmp(a)))?;
        Some(Twin { id: self.ids[number as usize].to_string(), similarity })
    }
}

/// Rejects a function that repeats an earlier one; without a memory all are kept.
pub fn without_twins<T>(
    fate: Fate<T>,
    seen: Option<&mut Seen>,
    program: impl FnOnce(&T) -> &str,
) -> Fate<T> {
    let (Fate::Live(record), Some(seen)) = (&fate, seen) else { return fate };
    match seen.twin_or_remember(&record.id, program(&record.body)) {
        None => fate,
        Some(twin) => {
            let why = twin.rejection(Reason::Duplicate, |how| format!("{how} {}", twin.id));
            Fate::rejected(&record.id, record.lineage.clone(), why)
        }
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
