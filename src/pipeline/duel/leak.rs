//! What a turn knows of the hidden solution that the conversation has not shown.
//!
//! Invariant: what the conversation shows, common words and the languages' own names are no leak.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::dataset::pull_requests::PullRequest;
use crate::model::Message;

/// Characters of a name that is telling; shorter ones are in any text.
const TELLING_NAME: usize = 4;
/// Characters of a piece of text that is telling.
const TELLING_TEXT: usize = 6;
/// The first line whose number is telling.
const TELLING_LINE: usize = 10;
/// Digits of a number that is telling, unless it is the number of a line.
const TELLING_DIGITS: usize = 3;

/// A piece of the hidden solution in a turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leak {
    pub kind: &'static str,
    pub text: String,
}

/// Names that any program has: keywords, builtins and the everyday words of code.
const COMMON: &str = "\
abstract append args array assert async await base bool boolean break bytes call case catch char class clear close code config \
const continue copy count create data debug default define delete dict diff double else elif empty enum error errors event except \
exception exists exit export extend extends false field fields file files filter final finally find first float format from func \
function global group handle hash head header help host html http https impl import include index info init input insert instance int \
interface into item items iter join json keys kwargs label lambda last left length level line lines link list load local lock log logger \
long lower main make match message method methods mode model module name names namespace next node none null number object open option \
options output package param params parent parse parser pass path patch port prefix print private process property protected public push \
python query raise range read record region remove replace request reset resource response result results return returns right root \
route self server session setup shape show size skip sort source split start state static status step stop store string strip struct \
style subprocess suffix super switch table target task temp test tests text then this throw throws time title token tokens trace true tuple type \
types undefined union unit update upper user using utils value values variable version view void warn warning while width with within without \
word words work wrap write yield zero sys argv pytest unittest bash grep cat echo sed head tail find ls cd";

/// What of the hidden solution a turn has, and the conversation does not.
pub fn leaks(turn: &str, history: &[Message], reference: &PullRequest) -> Vec<Leak> {
    let shown: String =
        history.iter().map(|message| message.content.as_str()).collect::<Vec<_>>().join("\n");
    let shown_words: BTreeSet<&str> = words(&shown).collect();
    let turn_words: BTreeSet<&str> = words(turn).collect();
    let hidden = Hidden::of(reference);
    let common: BTreeSet<&str> = COMMON.split_whitespace().collect();
    let is_leak = |word: &str| turn_words.contains(word) && !shown_words.contains(word);
    let mut found: Vec<Leak> = Vec::new();
    let mut add = |kind: &'static str, text: &str| {
        if !found.iter().any(|leak| leak.text.contains(text) || text.contains(&leak.text)) {
            found.push(Leak { kind, text: text.to_owned() });
        }
    };
    for path in &hidden.paths {
        if turn.contains(path.as_str()) && !shown.contains(path.as_str()) {
            add("path", path);
        }
    }
    for text in &hidden.texts {
        if turn.contains(text.as_str()) && !shown.contains(text.as_str()) {
            add("literal", text);
        }
    }
    for name in &hidden.names {
        let is_common = common.contains(name.to_lowercase().as_str());
        if name.chars().count() >= TELLING_NAME && !is_common && is_leak(name) {
            add("identifier", name);
        }
    }
    for number in &hidden.numbers {
        if number.len() >= TELLING_DIGITS && is_leak(number) {
            add("literal", number);
        }
    }
    for line in &hidden.lines {
        let is_named = line_references(turn).any(|named| named == *line);
        if is_named
            && !line_references(&shown).any(|named| named == *line)
            && !shown_words.contains(line.to_string().as_str())
        {
            add("line", &line.to_string());
        }
    }
    found
}

/// What a patch has that can be told.
struct Hidden {
    paths: BTreeSet<String>,
    names: BTreeSet<String>,
    /// Strings in quotes.
    texts: BTreeSet<String>,
    numbers: BTreeSet<String>,
    /// The numbers of changed lines.
    lines: BTreeSet<usize>,
}

impl Hidden {
    fn of(reference: &PullRequest) -> Self {
        let mut hidden = Self {
            paths: BTreeSet::new(),
            names: BTreeSet::new(),
            texts: BTreeSet::new(),
            numbers: BTreeSet::new(),
            lines: BTreeSet::new(),
        };
        let mut at = 0_usize;
        for line in reference.patch.lines() {
            if let Some(header) = ["--- ", "+++ "].iter().find_map(|mark| line.strip_prefix(mark)) {
                let path = header.split('\t').next().unwrap_or_default();
                let path =
                    path.strip_prefix("a/").or_else(|| path.strip_prefix("b/")).unwrap_or(path);
                if path != "/dev/null" {
                    hidden.paths.insert(path.to_owned());
                    let name = path.rsplit('/').next().unwrap_or(path);
                    if name.chars().count() >= TELLING_TEXT {
                        hidden.paths.insert(name.to_owned());
                    }
                }
            } else if let Some(range) = line.strip_prefix("@@ -") {
                at = range
                    .split([',', ' '])
                    .next()
                    .and_then(|it| it.parse().ok())
                    .unwrap_or_default();
            } else if line.starts_with(['+', '-']) {
                hidden.code(&line[1..]);
                if line.starts_with('-') {
                    hidden.lines.insert(at);
                    at += 1;
                }
            } else {
                // A line of context is of the old file, whose other lines a change may be next to.
                hidden.code(line.get(1..).unwrap_or_default());
                at += 1;
            }
        }
        hidden
    }

    fn code(&mut self, line: &str) {
        for word in words(line) {
            if word.chars().all(|c| c.is_ascii_digit()) {
                self.numbers.insert(word.to_owned());
            } else {
                self.names.insert(word.to_owned());
            }
        }
        for quote in ['"', '\''] {
            let quoted = line.split(quote).skip(1).step_by(2);
            let is_telling = |text: &&str| text.trim().chars().count() >= TELLING_TEXT;
            self.texts.extend(quoted.filter(is_telling).map(|text| text.trim().to_owned()));
        }
    }
}

/// Names and numbers of a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The lines that a text names: `line 42`, `lines 42-50`, `file.py:42`, `sed -n '42,50p'`. Those of the first few are in any text.
fn line_references(text: &str) -> impl Iterator<Item = usize> {
    let starts = text.char_indices().filter(|(at, c)| {
        c.is_ascii_digit()
            && !text[..*at].ends_with(|c: char| c.is_alphanumeric() || "_.".contains(c))
    });
    starts.filter_map(|(at, _)| {
        let (before, after) = text.split_at(at);
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = after.split_at(digits);
        let word = before.trim_end_matches([' ', '`', '#']).to_lowercase();
        let is_after_path =
            before.strip_suffix(':').is_some_and(|path| path.ends_with(char::is_alphanumeric));
        let range_end = after
            .strip_prefix(',')
            .map_or(after, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        let is_line = word.ends_with("line")
            || word.ends_with("lines")
            || is_after_path
            || range_end.starts_with("p'");
        number.parse().ok().filter(|line| is_line && *line >= TELLING_LINE)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Role;

    const PATCH: &str = "--- a/src/pkg/resolver.py\n+++ b/src/pkg/resolver.py\n@@ -41,4 +41,6 @@ def resolve(name):\n     parts = name.split('.')\n-    return lookup_table[parts[0]]\n+    if parts[0] not in lookup_table:\n+        raise UnknownPrefixError(\"prefix is not registered\", 4096)\n+    return lookup_table[parts[0]]\n";

    fn found(turn: &str, shown: &str) -> Vec<(&'static str, String)> {
        let history = [Message { role: Role::User, content: shown.into() }];
        let reference = PullRequest { patch: PATCH.into(), description: String::new() };
        leaks(turn, &history, &reference).into_iter().map(|leak| (leak.kind, leak.text)).collect()
    }

    #[test]
    fn what_only_the_patch_shows_is_a_leak() {
        for (turn, kind, text) in [
            ("Open src/pkg/resolver.py.", "path", "resolver.py"),
            ("It is in resolver.py, I guess.", "path", "resolver.py"),
            ("Raise UnknownPrefixError.", "identifier", "UnknownPrefixError"),
            ("lookup_table lacks the key.", "identifier", "lookup_table"),
            ("Say that the prefix is not registered.", "literal", "prefix is not registered"),
            ("Use 4096 as the code.", "literal", "4096"),
            ("Look at line 42 of the file.", "line", "42"),
            ("sed -n '42,50p' the file", "line", "42"),
        ] {
            assert_eq!(found(turn, "Fix it."), [(kind, text.to_owned())], "{turn}");
        }
    }

    #[test]
    fn what_the_conversation_shows_and_common_words_are_none() {
        for turn in [
            "Find the function that splits the name and returns the parts.",
            "Run the tests: pytest -x tests, then raise the error.",
            "There are 42 files, 12 of them tests.",
            "grep -rn \"class\" . | head -40",
        ] {
            assert_eq!(found(turn, "Fix the parts of a name."), [], "{turn}");
        }
        let shown = "src/pkg/resolver.py:42 uses lookup_table; UnknownPrefixError 4096";
        assert_eq!(
            found("lookup_table in resolver.py at line 42: UnknownPrefixError 4096", shown),
            []
        );
    }
}
