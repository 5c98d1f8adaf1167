//! Whether a piece of a patch tells something where a turn has it: each kind of piece by its own rule.
//!
//! Invariant: a piece that the conversation has shown tells nothing.

use super::common::{is_common, is_common_file, is_of_library, is_plain_name};
use super::hidden::Role;
use super::line_numbers;
use super::turn_text::{Text, is_code_like, numbers, words};

/// Characters of a name that is telling; shorter ones are in any text.
const TELLING_NAME: usize = 4;
/// Characters of a string that is telling.
const TELLING_TEXT: usize = 6;
/// Characters of a line of code that is telling.
const TELLING_CODE: usize = 16;
/// Characters of a line of code that is telling even if all of its words are common.
const LONG_CODE: usize = 40;
/// Words in a row that two people do not write by chance.
const RUN: usize = 5;
/// Digits of a number that is telling.
const TELLING_DIGITS: usize = 3;
/// Numbers of any program: sizes of bytes and statuses of HTTP.
const KNOWN_NUMBERS: [&str; 20] = [
    "127", "128", "255", "256", "512", "1024", "8080", "8443", "201", "204", "301", "302", "304",
    "401", "403", "404", "422", "429", "502", "503",
];
/// What stands before a number of lines to show.
const LIMITS: [&str; 9] = ["head -", "tail -", "-n ", "-n", "-A ", "-B ", "-C ", "-c ", "timeout "];

/// Where a turn has a path or the name of a file that the conversation has not shown.
pub(super) fn path(path: &str, turn: &Text, shown: &Text) -> Option<usize> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.split('.').next().unwrap_or(file);
    let is_shown = |part: &str| shown.find_whole(part).is_some();
    // An agent that has seen a folder and a file in it can put them together.
    let is_known = folder.split('/').chain([file]).all(|part| part.is_empty() || is_shown(part));
    if is_shown(path) || is_known {
        return None;
    }
    if let Some(at) = turn.find_whole(path) {
        let tells = if folder.is_empty() {
            stem.len() >= TELLING_NAME && !is_common_file(stem)
        } else {
            !is_shown(file) && !is_common_file(stem)
                || !folder.split('/').all(|part| is_shown(part) || is_common(part))
        };
        return tells.then_some(at);
    }
    // As a module that is imported.
    let module = path.strip_suffix(".py")?.replace('/', ".");
    let module = module.strip_prefix("src.").unwrap_or(&module).trim_end_matches(".__init__");
    let tells = !folder.is_empty() && !is_common_file(stem) && !is_shown(stem);
    turn.find_whole(module).filter(|_| tells)
}

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
    if name.chars().count() < TELLING_NAME || is_common(name) {
        return None;
    }
    let is_library = |at: usize| is_of_library(&turn.text[..at]);
    if role == Role::Used && turn.find_whole(name).is_some_and(is_library) {
        return None;
    }
    if is_code_like(name) {
        // `file_path` is what anybody would call it, unless that is what the patch is about.
        let is_leak = (!is_plain_name(name) || role == Role::Defined)
            && turn.folded_words.contains(&folded)
            && !shown.folded_words.contains(&folded);
        return is_leak.then(|| turn.find_whole(name).unwrap_or_else(|| turn.place_of(name)));
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

/// Where a turn has a number.
pub(super) fn number(number: &str, turn: &Text, shown: &Text) -> Option<usize> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = number.trim_matches(['0', '.']);
    let is_version = matches!(whole, "2" | "3") && !fraction.is_empty();
    let is_year = number.len() == 4 && (number.starts_with("19") || number.starts_with("20"));
    let is_telling = match fraction.is_empty() {
        true => number.len() >= TELLING_DIGITS && digits.len() > 1,
        false => fraction.len() > 1 && digits.len() > 1 && !is_version,
    };
    if !is_telling || is_year || KNOWN_NUMBERS.contains(&number) {
        return None;
    }
    let is_shown = numbers(&shown.text).any(|(_, shown)| shown == number);
    let mut places = numbers(&turn.text).filter(|(at, found)| {
        let before = &turn.text[..*at];
        found == number
            && !LIMITS.iter().any(|limit| before.ends_with(limit))
            && !line_numbers::is_line_number(&turn.text, *at)
    });
    places.next().map(|(at, _)| at).filter(|_| !is_shown)
}
