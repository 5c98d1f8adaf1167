//! What a turn knows of the hidden solution that the conversation has not shown.
//!
//! Invariant: what the conversation shows, common words and the languages' own names are no leak.

mod common;
mod hidden;
mod line_numbers;
mod numbers;
mod paths;
mod pieces;
mod telling;
mod turn_text;

use serde::Serialize;

use self::hidden::Hidden;
use self::turn_text::{Text, squashed};
use super::look_alike::plain;
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
    let (turn, shown) = (plain(turn), plain(&shown.join("\n")));
    let hidden = Hidden::of(&PullRequest {
        patch: plain(&reference.patch),
        description: plain(&reference.description),
    });
    let mut found = Vec::new();
    let shown_text = Text::of(&shown);
    look(&Text::of(&turn), &shown_text, &hidden, &mut found);
    // What is put together from pieces is looked for as it is once it is whole.
    if let Some(whole) = pieces::joined(&turn) {
        look(&Text::of(&whole), &shown_text, &hidden, &mut found);
    }
    found
}

/// Adds what a text has of the hidden solution to what was found so far.
fn look(turn: &Text, shown: &Text, hidden: &Hidden, found: &mut Vec<Leak>) {
    let mut add = |kind: &'static str, text: &str, at: usize| {
        let own = squashed(text);
        let is_told = found.iter().any(|leak| {
            let told = squashed(&leak.text);
            told.contains(&own) || own.contains(&told)
        });
        if !is_told {
            found.push(Leak { kind, text: text.to_owned(), line: turn.line_of(at) });
        }
    };
    for path in &hidden.paths {
        if let Some(at) = paths::told(path, turn, shown) {
            add("path", path, at);
        }
    }
    for (at, glob) in paths::globs(turn, shown, &hidden.paths) {
        add("path", &glob, at);
    }
    for (kind, phrases) in
        [("code", &hidden.code), ("comment", &hidden.comments), ("literal", &hidden.texts)]
    {
        for phrase in phrases {
            let found = match kind {
                "code" => telling::code(phrase, turn, shown),
                _ => telling::phrase(phrase, turn, shown),
            };
            if let Some(at) = found {
                add(kind, phrase, at);
            }
        }
    }
    for (name, role) in &hidden.names {
        if let Some(at) = telling::name(name, *role, turn, shown) {
            add("identifier", name, at);
        }
    }
    for number in &hidden.numbers {
        if let Some(at) = numbers::told(number, turn, shown) {
            add("literal", number, at);
        }
    }
    for (at, lines) in line_numbers::told(turn, shown, &hidden.hunks) {
        add("line number", &lines, at);
    }
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
    fn a_leak_is_found_however_it_is_written() {
        for (turn, kind, text) in [
            ("from src.pkg import resolver", "path", "src/pkg/resolver.py"),
            ("from pkg import (helpers,\n    resolver)", "path", "src/pkg/resolver.py"),
            ("from .resolver import resolve", "path", "src/pkg/resolver.py"),
            ("import pkg.resolver as r", "path", "src/pkg/resolver.py"),
            ("Look into pkg/resolver.", "path", "src/pkg/resolver.py"),
            ("```bash\nfind . -name 'resol*'\n```", "path", "resol*"),
            ("```bash\ncat src/*/reso?ver.py\n```", "path", "src/*/reso?ver.py"),
            ("getattr(m, \"look\" + \"up_table\")", "identifier", "lookup_table"),
            ("```bash\ngrep look''up_table\n```", "identifier", "lookup_table"),
            ("```bash\ngrep lookup_ta\\ble\n```", "identifier", "lookup_table"),
            ("grep lооkup_table", "identifier", "lookup_table"),
            ("Ｕse ｌｏｏｋｕｐ_table.", "identifier", "lookup_table"),
            ("What about lookupTable?", "identifier", "lookup_table"),
            ("Raise unknown_prefix_error.", "identifier", "UnknownPrefixError"),
            ("Use 0x1000 as the code.", "literal", "4096"),
            ("Use 4,096 as the code.", "literal", "4096"),
            ("Use 4_096 as the code.", "literal", "4096"),
            ("sed '42!d' the file", "line number", "42"),
            ("sed -n 42p the file", "line number", "42"),
            ("sed '42q;d' the file", "line number", "42"),
            ("sed -n '40,+5p' the file", "line number", "40"),
            ("awk NR==42 the file", "line number", "42"),
            ("head -42 f | tail -1", "line number", "42"),
            ("head -n 42 f | tail -n 1", "line number", "42"),
            ("tail -n +42 f | head -3", "line number", "42"),
            ("vim +42 f", "line number", "42"),
            ("git blame -L 42,44 f", "line number", "42"),
            ("print(open(f).readlines()[41])", "line number", "42"),
            ("linecache.getline(f, 42)", "line number", "42"),
        ] {
            assert_eq!(found(turn, "Fix it."), [(kind, text.to_owned())], "{turn}");
        }
    }

    #[test]
    fn what_anybody_would_write_is_no_leak_in_any_notation() {
        for turn in [
            "Read chunks: f.read(4096)",
            "A buffer of 4096 bytes is enough.",
            "bufsize = 0x1000",
            "```bash\ndd if=f bs=4096 count=1\n```",
            "data = sock.recv(4_096)",
            "```bash\nfind . -name '*.py'\nls src/*/test_*.py\n```",
            "from . import utils",
            "It's \"a\" + \"b\" and don't look",
            "head -42 f",
            "tail -n 42 f",
            "1080p is 42p",
        ] {
            assert_eq!(found(turn, "Fix it."), [], "{turn}");
        }
    }

    #[test]
    fn renamed_and_binary_files_of_a_patch_are_hidden_and_so_are_short_names_that_it_defines() {
        let patch = "diff --git a/src/old_gate.py b/src/new_gate.py\nsimilarity index 100%\nrename from src/old_gate.py\n\
            rename to src/new_gate.py\ndiff --git a/img/logotype.png b/img/logotype.png\nindex 1..2 100644\n\
            Binary files a/img/logotype.png and b/img/logotype.png differ\n--- a/src/q.py\n+++ b/src/q.py\n@@ -1,2 +1,2 @@\n\
            --- sql comment_marker\n+def zap(x):\n     pass\n";
        let reference = PullRequest { patch: patch.into(), description: String::new() };
        let of = |turn: &str| {
            let found = leaks(turn, &[], &reference);
            found.into_iter().map(|leak| (leak.kind, leak.text)).collect::<Vec<_>>()
        };
        for path in ["src/old_gate.py", "src/new_gate.py", "img/logotype.png"] {
            assert_eq!(of(&format!("Open {path}.")), [("path", path.to_owned())]);
        }
        assert_eq!(of("Call zap(1)."), [("identifier", "zap".to_owned())]);
        assert_eq!(of("It was a zap of the bug."), []);
        // A line of a hunk is no header, whatever it looks like.
        assert_eq!(of("The sql comment."), []);
        assert_eq!(of("Use comment_marker."), [("identifier", "comment_marker".to_owned())]);
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
