//! Whether a piece of a patch tells something where a turn has it: each kind of piece by its own rule.
//!
//! Invariant: a piece that the conversation has shown tells nothing.

use super::common::{is_common, is_of_library, is_plain_name};
use super::hidden::Role;
use super::turn_text::{Text, is_code_like, squashed, words};

/// Characters of a name that is telling; shorter ones are in any text.
const TELLING_NAME: usize = 4;
/// Characters of a name that is telling if the patch defines it, and the turn uses it as code.
const SHORT_NAME: usize = 3;
/// Characters of a string that is telling.
const TELLING_TEXT: usize = 6;
/// Characters of a line of code that is telling.
const TELLING_CODE: usize = 16;
/// Characters of a line of code that is telling even if all of its words are common.
const LONG_CODE: usize = 40;
/// Words in a row that two people do not write by chance.
const RUN: usize = 5;
/// Where a turn has a line of code.
pub(super) fn code(line: &str, turn: &Text, shown: &Text) -> Option<usize> {
    let folded = line.to_lowercase();
    let len = line.chars().count();
    let has_telling_word = words(line).any(|word| word.len() >= TELLING_NAME && !is_common(word));
    let is_telling = len >= TELLING_CODE
        && words(line).count() >= 3
        && line.contains(|c: char| "=()[]{}<>+-*/%".contains(c))
        && (has_telling_word || len >= LONG_CODE);
    let is_leak = is_telling && turn.spaced.contains(&folded) && !shown.spaced.contains(&folded);
    is_leak.then(|| turn.place_of(line))
}

/// Where a turn has a comment or a string, or many words of it in a row.
pub(super) fn phrase(phrase: &str, turn: &Text, shown: &Text) -> Option<usize> {
    let folded: Vec<String> = words(phrase).map(str::to_lowercase).collect();
    if let [word] = &folded[..]
        && phrase.chars().all(|c| c.is_alphanumeric() || c == '_')
    {
        // Names in strings are looked for as names.
        let is_telling = word.len() >= TELLING_TEXT && !is_common(word) && !is_code_like(phrase);
        return turn.find_as_code(phrase).filter(|_| is_telling && !is_known(word, shown));
    }
    let tells = |words: &[String]| {
        words.iter().filter(|word| word.len() >= TELLING_NAME && !is_common(word)).count()
    };
    let has_long_words = folded.iter().any(|word| word.len() >= TELLING_NAME);
    let is_telling = phrase.chars().count() >= TELLING_TEXT
        && if has_long_words {
            tells(&folded) > 0 || folded.len() >= RUN
        } else {
            phrase.chars().filter(char::is_ascii_punctuation).count() >= 4
        };
    let lower = phrase.to_lowercase();
    if is_telling && find_whole(&turn.spaced, &lower) && !find_whole(&shown.spaced, &lower) {
        return Some(turn.text.find(phrase).unwrap_or_else(|| turn.place_of(phrase)));
    }
    folded.windows(RUN).find_map(|run| {
        let text = format!(" {} ", run.join(" "));
        let is_leak =
            tells(run) > 0 && turn.running.contains(&text) && !shown.running.contains(&text);
        is_leak.then(|| turn.place_of(&run.join(" ")))
    })
}

fn find_whole(text: &str, piece: &str) -> bool {
    text.match_indices(piece).any(|(at, _)| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let goes_on_before = text[..at].ends_with(is_word) && piece.starts_with(is_word);
        let rest = &text[at + piece.len()..];
        !(goes_on_before || rest.starts_with(is_word) && piece.ends_with(is_word))
    })
}

/// Where a turn has a name.
pub(super) fn name(name: &str, role: Role, turn: &Text, shown: &Text) -> Option<usize> {
    let folded = name.to_lowercase();
    let len = name.chars().count();
    if len < SHORT_NAME || is_common(name) {
        return None;
    }
    if len < TELLING_NAME {
        let is_shown = shown.folded_words.contains(&folded);
        return turn.find_as_code(name).filter(|_| role == Role::Defined && !is_shown);
    }
    let is_library = |at: usize| is_of_library(&turn.text[..at]);
    if role == Role::Used && turn.find_whole(name).is_some_and(is_library) {
        return None;
    }
    if is_code_like(name) {
        // `file_path` is what anybody would call it, unless that is what the patch is about.
        let is_telling = !is_plain_name(name) || role == Role::Defined;
        let squashed = squashed(name);
        // `lookup_table` is as telling as `lookupTable` and `LookupTable`.
        let place = turn.find_whole(name).or_else(|| turn.place_of_squashed(&squashed));
        let is_shown =
            shown.folded_words.contains(&folded) || shown.place_of_squashed(&squashed).is_some();
        return place.filter(|_| is_telling && !is_shown);
    }
    if !turn.words.contains(name) || is_known(&folded, shown) {
        return None;
    }
    // A plain word tells something if it is used as a name, or written as one within a sentence.
    let as_code = turn.find_as_code(name);
    let is_capital = name.starts_with(char::is_uppercase);
    let within = |at: &usize| {
        let before = turn.text[..*at].strip_suffix(' ');
        is_capital && before.is_some_and(|before| before.ends_with(char::is_lowercase))
    };
    as_code.or_else(|| turn.find_whole(name).filter(|at| role == Role::Defined || within(at)))
}

/// Whether the conversation has shown a word in some form.
fn is_known(word: &str, shown: &Text) -> bool {
    let is_form = |known: &String| {
        known.len() >= TELLING_NAME && (known.starts_with(word) || word.starts_with(known.as_str()))
            || known.split('_').any(|part| part == word)
    };
    shown.folded_words.iter().any(is_form)
}
