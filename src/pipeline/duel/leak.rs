//! What a turn knows of the hidden solution that the conversation has not shown.
//!
//! Invariant: what the conversation shows, common words and the languages' own names are no leak.

mod common;
mod hidden;
mod line_numbers;
mod telling;
mod turn_text;

use serde::Serialize;

use self::hidden::Hidden;
use self::turn_text::Text;
use crate::dataset::pull_requests::PullRequest;
use crate::model::Message;

/// A piece of the hidden solution in a turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leak {
    pub kind: &'static str,
    pub text: String,
    /// The line of the turn that has it first, from 1.
    pub line: usize,
}

/// What of the hidden solution a turn has, and the conversation does not: the most telling pieces, each once.
pub fn leaks(turn: &str, history: &[Message], reference: &PullRequest) -> Vec<Leak> {
    let shown: Vec<&str> = history.iter().map(|message| message.content.as_str()).collect();
    let (turn, shown) = (Text::of(turn), Text::of(&shown.join("\n")));
    let hidden = Hidden::of(reference);
    let mut found: Vec<Leak> = Vec::new();
    let mut add = |kind: &'static str, text: &str, at: usize| {
        let is_told =
            found.iter().any(|leak| leak.text.contains(text) || text.contains(&leak.text));
        if !is_told {
            found.push(Leak { kind, text: text.to_owned(), line: turn.line_of(at) });
        }
    };
    for path in &hidden.paths {
        if let Some(at) = telling::path(path, &turn, &shown) {
            add("path", path, at);
        }
    }
    for (kind, phrases) in
        [("code", &hidden.code), ("comment", &hidden.comments), ("literal", &hidden.texts)]
    {
        for phrase in phrases {
            let found = match kind {
                "code" => telling::code(phrase, &turn, &shown),
                _ => telling::phrase(phrase, &turn, &shown),
            };
            if let Some(at) = found {
                add(kind, phrase, at);
            }
        }
    }
    for (name, role) in &hidden.names {
        if let Some(at) = telling::name(name, *role, &turn, &shown) {
            add("identifier", name, at);
        }
    }
    for number in &hidden.numbers {
        if let Some(at) = telling::number(number, &turn, &shown) {
            add("literal", number, at);
        }
    }
    for (at, lines) in line_numbers::told(&turn, &shown, &hidden.hunks) {
        add("line number", &lines, at);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Role;

    const PATCH: &str = "--- a/src/pkg/resolver.py\n+++ b/src/pkg/resolver.py\n@@ -41,4 +41,6 @@ def resolve(name):\n     parts = name.split('.')\n-    return lookup_table[parts[0]]\n+    if parts[0] not in lookup_table:\n+        raise UnknownPrefixError(\"prefix is not registered anywhere\", 4096)\n+    return lookup_table[parts[0]]\n";

    fn found(turn: &str, shown: &str) -> Vec<(&'static str, String)> {
        let history = [Message { role: Role::User, content: shown.into() }];
        let reference = PullRequest { patch: PATCH.into(), description: String::new() };
        leaks(turn, &history, &reference).into_iter().map(|leak| (leak.kind, leak.text)).collect()
    }

    #[test]
    fn what_only_the_patch_shows_is_a_leak() {
        for (turn, kind, text) in [
            ("Open src/pkg/resolver.py.", "path", "src/pkg/resolver.py"),
            ("It is in resolver.py, I guess.", "path", "resolver.py"),
            ("Raise UnknownPrefixError.", "identifier", "UnknownPrefixError"),
            ("Raise Unknown\u{200b}PrefixError.", "identifier", "UnknownPrefixError"),
            ("lookup_table lacks the key.", "identifier", "lookup_table"),
            (
                "Say that the prefix is not registered anywhere.",
                "literal",
                "prefix is not registered anywhere",
            ),
            ("Use 4096 as the code.", "literal", "4096"),
            ("Look at line 42 of the file.", "line number", "42"),
            ("sed -n '42,50p' the file", "line number", "42"),
        ] {
            assert_eq!(found(turn, "Fix it."), [(kind, text.to_owned())], "{turn}");
        }
    }

    #[test]
    fn a_leak_is_told_with_the_line_of_the_turn() {
        let reference = PullRequest { patch: PATCH.into(), description: String::new() };
        let leaks = leaks("THOUGHT: a\n\n```bash\ngrep lookup_table\n```", &[], &reference);
        assert_eq!(leaks, [Leak { kind: "identifier", text: "lookup_table".into(), line: 4 }]);
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
