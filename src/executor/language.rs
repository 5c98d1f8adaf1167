//! Languages other than Python, by the names that AutoCodeBench has for them.
//!
//! Invariant: one language has one name here, whichever of its names a row or a file uses.

use serde::{Deserialize, Serialize};

/// A language other than Python.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct OtherLanguage(String);

/// What is known of a language.
struct Known {
    name: &'static str,
    title: &'static str,
    /// Other names in data sets and at fences.
    aliases: &'static [&'static str],
    /// The name in SandboxFusion's protocol, if it has one of its own.
    run_code: &'static str,
    /// Statements that print a line in place of `LINE` and keep the exit code, if a program can end with such.
    ending: Option<&'static str>,
}

const fn known(
    name: &'static str,
    title: &'static str,
    aliases: &'static [&'static str],
    run_code: &'static str,
) -> Known {
    Known { name, title, aliases, run_code, ending: None }
}

/// The languages of AutoCodeBench besides Python, and those that the sandbox has.
const KNOWN: [Known; 22] = [
    known("c", "C", &[], "c"),
    known("cpp", "C++", &["c++", "cc", "cxx"], "cpp"),
    known("csharp", "C#", &["c#", "cs", "c_sharp"], "csharp"),
    known("dart", "Dart", &[], "dart"),
    known("elixir", "Elixir", &["ex", "exs"], "elixir"),
    known("go", "Go", &["golang"], "go"),
    known("haskell", "Haskell", &["hs"], "haskell"),
    known("java", "Java", &[], "java"),
    Known {
        ending: Some("console.log('LINE');"),
        ..known("javascript", "JavaScript", &["js", "node", "nodejs"], "nodejs")
    },
    known("julia", "Julia", &["jl"], "julia"),
    known("kotlin", "Kotlin", &["kt", "kts"], "kotlin_script"),
    Known { ending: Some("print('LINE')"), ..known("lua", "Lua", &[], "lua") },
    Known { ending: Some("print 'LINE', \"\\n\";"), ..known("perl", "Perl", &["pl"], "perl") },
    Known { ending: Some("echo \"LINE\\n\";"), ..known("php", "PHP", &[], "php") },
    known("r", "R", &["rscript"], "R"),
    known("racket", "Racket", &["rkt"], "racket"),
    Known { ending: Some("puts 'LINE'"), ..known("ruby", "Ruby", &["rb"], "ruby") },
    known("rust", "Rust", &["rs"], "rust"),
    known("scala", "Scala", &[], "scala"),
    Known {
        // The last command's exit code is that of the script.
        ending: Some("{ tgsand_status=$?; echo 'LINE'; exit \"$tgsand_status\"; }"),
        ..known("shell", "Bash", &["bash", "sh"], "bash")
    },
    known("swift", "Swift", &[], "swift"),
    Known {
        ending: Some("console.log('LINE');"),
        ..known("typescript", "TypeScript", &["ts"], "typescript")
    },
];

/// SQL, which AutoCodeBench does not have.
const SQL: Known = Known {
    ending: Some(";\nSELECT 'LINE';"),
    ..known("sql", "SQL", &["sqlite", "sqlite3"], "sql")
};

impl OtherLanguage {
    /// The language with this name; one that is not known keeps the name in lower case.
    pub fn named(name: &str) -> Self {
        let name = name.trim().to_lowercase();
        let known = all().find(|known| known.name == name || known.aliases.contains(&&*name));
        Self(known.map_or(name, |known| known.name.to_owned()))
    }

    /// The language with this name, if it is known.
    pub fn known_as(name: &str) -> Option<Self> {
        Some(Self::named(name)).filter(|language| language.known().is_some())
    }

    /// The name in rows and results.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The name as texts write it.
    pub fn title(&self) -> &str {
        self.known().map_or(&self.0, |known| known.title)
    }

    /// The names that data sets and fences have for the language.
    pub fn names(&self) -> Vec<&str> {
        let aliases = self.known().map_or(&[][..], |known| known.aliases);
        [self.name()].into_iter().chain(aliases.iter().copied()).collect()
    }

    /// The name in SandboxFusion's protocol for a program that begins or ends as this one: there, tests of some frameworks are languages of
    /// their own.
    pub(super) fn run_code_name(&self, program: &str) -> &str {
        let has = |text: &str| program.contains(text);
        match self.name() {
            "java" if has("org.junit.") => "junit",
            "go" if has("\nfunc Test") => "go_test",
            "cpp" if has("gtest/gtest.h") => "gtest",
            name => self.known().map_or(name, |known| known.run_code),
        }
    }

    /// Statements that print a line of letters and digits at the end of a program and keep its exit code; `None` if the language has no place
    /// for them.
    pub(super) fn ending(&self, line: &str) -> Option<String> {
        Some(self.known()?.ending?.replace("LINE", line))
    }

    /// Statements before a test that give it back what its language has.
    pub(super) fn before_a_test(&self) -> Option<&'static str> {
        match self.name() {
            // `NDEBUG` would take away the assertions of the test.
            "cpp" => Some("#undef NDEBUG\n#include <cassert>"),
            "shell" => Some("unset -f exit test [ printf echo 2>/dev/null || :"),
            _ => None,
        }
    }

    /// Whether a program can show that it came to its end.
    pub fn shows_its_end(&self) -> bool {
        self.known().is_some_and(|known| known.ending.is_some())
    }

    fn known(&self) -> Option<&'static Known> {
        all().find(|known| known.name == self.0)
    }
}

fn all() -> impl Iterator<Item = &'static Known> {
    KNOWN.iter().chain([&SQL])
}

impl From<String> for OtherLanguage {
    fn from(name: String) -> Self {
        Self::named(&name)
    }
}

impl From<OtherLanguage> for String {
    fn from(OtherLanguage(name): OtherLanguage) -> Self {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_has_one_name_whichever_a_row_uses() {
        for (given, name) in [
            (" Bash ", "shell"),
            ("C++", "cpp"),
            ("golang", "go"),
            ("COBOL", "cobol"),
            ("JS", "javascript"),
        ] {
            assert_eq!(OtherLanguage::named(given).name(), name, "{given}");
        }
        assert_eq!(OtherLanguage::named("c#").title(), "C#");
        assert_eq!(OtherLanguage::named("bash").names(), ["shell", "bash", "sh"]);
        assert_eq!(OtherLanguage::named("cobol").names(), ["cobol"]);
    }

    #[test]
    fn no_two_languages_share_a_name() {
        let mut names: Vec<&str> =
            all().flat_map(|known| known.aliases.iter().chain([&known.name])).copied().collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn a_test_of_a_framework_is_a_language_of_its_own_in_one_protocol() {
        let java = OtherLanguage::named("java");
        assert_eq!(java.run_code_name("class Main {}"), "java");
        assert_eq!(java.run_code_name("import org.junit.jupiter.api.Test;"), "junit");
        let go = OtherLanguage::named("go");
        assert_eq!(go.run_code_name("package main\n\nfunc TestAdd(t *testing.T) {}"), "go_test");
        assert_eq!(OtherLanguage::named("kotlin").run_code_name(""), "kotlin_script");
        assert_eq!(OtherLanguage::named("cobol").run_code_name(""), "cobol");
    }
}
