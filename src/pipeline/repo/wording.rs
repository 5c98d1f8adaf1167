//! How texts are worded: several ways to say a thing in each language, one of them drawn.
//!
//! Invariant: the draw depends on the seed and the sample alone.

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::sample::repository::TextLanguage;

/// The ways to ask a question in one language.
#[derive(Clone, Copy)]
pub(super) struct Ways {
    /// Questions that say what they are about.
    pub alone: &'static [&'static str],
    /// Sentences that say it before a question that does not.
    pub leads: &'static [&'static str],
    pub then: &'static [&'static str],
}

/// The ways to ask a question.
#[derive(Clone, Copy)]
pub(super) struct Asking {
    pub english: Ways,
    pub chinese: Ways,
}

impl Ways {
    /// All ways to ask it at the beginning of a conversation.
    pub fn all(&self) -> Vec<String> {
        let alone = self.alone.iter().map(|one| (*one).to_owned());
        // A full stop of Chinese brings its own space.
        let led = self.leads.iter().flat_map(|lead| {
            let space = if lead.is_ascii() { " " } else { "" };
            self.then.iter().map(move |then| format!("{lead}{space}{then}"))
        });
        alone.chain(led).collect()
    }
}

/// A language, and the draws of one sample.
pub(super) struct Voice {
    pub lang: TextLanguage,
    rng: ChaCha8Rng,
}

impl Voice {
    /// The voice of a sample: one of the languages, drawn.
    pub fn of(seed: u64, id: &str, languages: &[TextLanguage]) -> Self {
        let seed = blake3::hash(format!("repo|{seed}|{id}").as_bytes());
        let mut rng = ChaCha8Rng::from_seed(*seed.as_bytes());
        let lang = languages.choose(&mut rng).copied().unwrap_or(TextLanguage::English);
        Self { lang, rng }
    }

    /// Draws one of the wordings of a language and fills it in: `{f}` stands for the value named `f`.
    pub fn say(&mut self, english: &[&str], chinese: &[&str], values: &[(&str, &str)]) -> String {
        let wordings = match self.lang {
            TextLanguage::English => english,
            TextLanguage::Chinese => chinese,
        };
        let text = fill(wordings.choose(&mut self.rng).copied().unwrap_or_default(), values);
        match self.lang {
            TextLanguage::English => text,
            // A full-width bracket brings its own space.
            TextLanguage::Chinese => text.replace("） ", "）"),
        }
    }

    /// Draws a way to ask a question, and one to ask it after others about the same thing.
    pub fn ask(&mut self, asking: &Asking, values: &[(&str, &str)]) -> (String, String) {
        let (english, chinese) = (asking.english.all(), asking.chinese.all());
        let [english, chinese] =
            [&english, &chinese].map(|all| all.iter().map(String::as_str).collect::<Vec<_>>());
        let first = self.say(&english, &chinese, values);
        (first, self.say(asking.english.then, asking.chinese.then, values))
    }

    /// Draws whether this is one of the samples that make up this share of all.
    pub fn is_one_in(&mut self, of: u64) -> bool {
        self.rng.random_range(0..of) == 0
    }

    /// A list in words: `a, b and c`.
    pub fn list(&self, items: &[String]) -> String {
        let (comma, and) = match self.lang {
            TextLanguage::English => (", ", " and "),
            TextLanguage::Chinese => ("、", " 和 "),
        };
        match items {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => format!("{}{and}{last}", first.join(comma)).replace("） ", "）"),
        }
    }

    /// Something with its place in brackets.
    pub fn placed(&self, name: &str, place: &str) -> String {
        match self.lang {
            TextLanguage::English => format!("{name} ({place})"),
            TextLanguage::Chinese => format!("{name}（{place}）"),
        }
    }

    /// Sentences, one after the other.
    pub fn sentences(&self, sentences: &[String]) -> String {
        let space = match self.lang {
            TextLanguage::English => " ",
            TextLanguage::Chinese => "",
        };
        let all: Vec<&str> =
            sentences.iter().map(String::as_str).filter(|one| !one.is_empty()).collect();
        all.join(space)
    }
}

/// Puts values in the place of their names in braces; what is put in is not read again.
fn fill(wording: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::new();
    let mut rest = wording;
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        text.push_str(before);
        let close = after.find('}').unwrap_or(after.len() - 1);
        let name = &after[1..close];
        let value = values.iter().find(|(key, _)| *key == name);
        text.push_str(value.map_or("", |(_, value)| value));
        rest = &after[close + 1..];
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wordings_are_filled_once() {
        assert_eq!(fill("{a} and {b}{c}.", &[("a", "{b}"), ("b", "x")]), "{b} and x.");
        let voice = Voice::of(1, "a", &[TextLanguage::Chinese]);
        assert_eq!(voice.list(&["a".into(), "b".into(), "c".into()]), "a、b 和 c");
        assert_eq!(voice.list(&["a（b）".into(), "c".into()]), "a（b）和 c");
    }
}
