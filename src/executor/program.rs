//! A program for an executor, and what it did there.
//!
//! Invariant: a program passes only if it exits with code 0, and, if its language has a place for that, after its last statement.

use super::join::joined;
use super::{OtherLanguage, tail};

/// Bytes of output that every executor keeps: AutoCodeBench's own server may lose what comes after its first KiB.
const CUT: usize = 1000;

/// A solution, and the test that follows it.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    pub language: &'a OtherLanguage,
    pub solution: &'a str,
    pub test: Option<&'a str>,
}

/// A program as it is sent, which prints a line of ours after its last statement if its language has a place for that.
pub struct Sent {
    pub(super) solution: String,
    pub(super) test: Option<String>,
    /// The line that it prints at its end.
    pub line: Option<String>,
}

/// How a program ended, as its executor has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Exited(i64),
    /// It does not compile.
    CompileError,
    /// It took longer than the executor gives it.
    TimedOut,
    /// The executor says that its answer is wrong.
    WrongAnswer,
}

/// What a program did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    pub end: End,
    /// Whether it came to its last statement; `None` if its language has no place to show that.
    pub is_finished: Option<bool>,
    /// What it printed itself.
    pub stdout: String,
    pub stderr: String,
}

/// What a program did in two runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Twice {
    Same(Ran),
    /// The second run ended otherwise, or printed something else.
    Differs {
        first: Ran,
        second: Ran,
    },
}

/// What a good reply says.
pub(super) enum Reading {
    Ran(Ran),
    /// The server does not take the program.
    Refused(String),
}

impl Program<'_> {
    /// The program with what shows that it came to its end.
    pub fn sent(&self) -> Sent {
        let Self { language, solution, test } = *self;
        let text = [language.name(), solution, test.unwrap_or_default()].join("\0");
        // It follows from the program, so that the same program is the same in every run.
        let line = blake3::hash(text.as_bytes()).to_hex()[..32].to_owned();
        let ending = language.ending(&line);
        let with_ending = |part: &str| match &ending {
            Some(ending) => format!("{part}\n{ending}\n"),
            None => part.to_owned(),
        };
        let line = ending.is_some().then_some(line);
        let (solution, data) = tail::split(language, solution);
        let Some(test) = test else {
            return Sent { solution: with_ending(&solution) + &data, test: None, line };
        };
        let (test, test_data) = tail::split(language, test);
        let test = match language.before_a_test() {
            Some(before) => format!("{before}\n{test}"),
            None => test,
        };
        // A program has one place for data: the solution's, if it has any.
        let data = if data.is_empty() { test_data } else { data };
        let test = with_ending(&test);
        let gap = if data.is_empty() || test.ends_with('\n') { "" } else { "\n" };
        Sent { solution, test: Some(format!("{test}{gap}{data}")), line }
    }
}

impl Sent {
    /// The program as one text.
    pub fn whole(&self, language: &OtherLanguage) -> String {
        match &self.test {
            Some(test) => joined(language, &self.solution, test),
            // It may lack its opening tag.
            None if language.name() == "php" => joined(language, &self.solution, ""),
            None => self.solution.clone(),
        }
    }

    /// The same from an executor that may have cut the output: if it is long, the line may have been lost.
    pub fn ran_cut(&self, end: End, stdout: &str, stderr: &str) -> Ran {
        let ran = self.ran(end, stdout, stderr);
        let is_lost = ran.is_finished == Some(false) && stdout.len() >= CUT;
        Ran { is_finished: ran.is_finished.filter(|_| !is_lost), ..ran }
    }

    /// What the program did, from what its executor says.
    pub fn ran(&self, end: End, stdout: &str, stderr: &str) -> Ran {
        let stderr = stderr.to_owned();
        let Some(ours) = self.line.as_deref() else {
            return Ran { end, is_finished: None, stdout: stdout.to_owned(), stderr };
        };
        // What the program printed last may lack the end of its line.
        let (mut is_finished, mut own) = (false, String::new());
        for line in stdout.split_inclusive('\n') {
            match line.trim_end_matches(['\n', '\r']).strip_suffix(ours) {
                Some(before) => {
                    is_finished = true;
                    own.push_str(before);
                }
                None => own.push_str(line),
            }
        }
        Ran { end, is_finished: Some(is_finished), stdout: own, stderr }
    }
}

impl Ran {
    /// Whether the program came to its end, whatever its exit code: that of a solution by itself is the status of its last command.
    pub fn came_to_its_end(&self) -> bool {
        match self.is_finished {
            Some(is_finished) => is_finished && matches!(self.end, End::Exited(_)),
            None => self.end == End::Exited(0),
        }
    }

    /// Whether the program exited with code 0 after its last statement, as far as its language shows that.
    pub fn is_whole(&self) -> bool {
        self.end == End::Exited(0) && self.is_finished != Some(false)
    }

    /// What the program said: its messages, if it has any.
    pub fn said(&self) -> String {
        let end = match self.end {
            End::Exited(code) => format!("the program exited with code {code}"),
            End::CompileError => "the program does not compile".to_owned(),
            End::TimedOut => "the program took longer than the executor gives it".to_owned(),
            End::WrongAnswer => "the executor says that the answer is wrong".to_owned(),
        };
        match (self.end, self.stderr.trim()) {
            (_, "") => format!("{end}\n{}", self.stdout),
            (End::TimedOut | End::WrongAnswer, stderr) => format!("{end}\n{stderr}"),
            (End::Exited(_) | End::CompileError, stderr) => stderr.to_owned(),
        }
    }

    /// Whether another run did the same; messages on stderr may name processes, folders and times, and frameworks print on stdout how long
    /// tests took.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (self.end, self.is_finished) == (other.end, other.is_finished)
            && timeless(&self.stdout) == timeless(&other.stdout)
    }
}

/// A text as far as no executor cuts it, with every number before a unit of time left out.
fn timeless(text: &str) -> String {
    const UNITS: [&str; 9] = ["ms", "s", "sec", "seconds", "second", "us", "µs", "ns", "m"];
    let end = (0..=CUT.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let mut rest = text.get(..end.unwrap_or_default()).unwrap_or_default();
    let mut kept = String::new();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let after = number.trim_start_matches(is_part);
        let spaced = after.strip_prefix(' ').unwrap_or(after);
        let unit = spaced.len() - spaced.trim_start_matches(char::is_alphabetic).len();
        kept.push_str(before);
        if !UNITS.contains(&&spaced[..unit]) {
            kept.push_str(&number[..number.len() - after.len()]);
        }
        rest = after;
    }
    kept + rest
}

impl Twice {
    /// Why two runs are not the same, in a sentence.
    pub fn difference(first: &Ran, second: &Ran) -> String {
        let end = |ran: &Ran| match ran.end {
            End::Exited(code) => format!("exits with code {code}"),
            End::CompileError => "does not compile".to_owned(),
            End::TimedOut => "times out".to_owned(),
            End::WrongAnswer => "gives a wrong answer".to_owned(),
        };
        if first.end != second.end {
            return format!("the first run {}, the second {}", end(first), end(second));
        }
        let lines = first.stdout.lines().zip(second.stdout.lines());
        match lines.into_iter().find(|(one, other)| timeless(one) != timeless(other)) {
            Some((one, other)) => {
                format!("the first run prints {one:?}, the second {other:?}")
            }
            None => "one run prints more than the other".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(language: &str) -> (Sent, String) {
        let language = OtherLanguage::named(language);
        let program = Program { language: &language, solution: "f() { :; }", test: Some("f") };
        let sent = program.sent();
        let line = sent.line.clone().unwrap_or_default();
        (sent, line)
    }

    #[test]
    fn a_program_is_whole_if_it_shows_its_last_statement() {
        let (sent, line) = sent("shell");
        assert!(sent.whole(&OtherLanguage::named("bash")).contains(&format!("echo '{line}'")));
        let ran = sent.ran(End::Exited(0), &format!("a\nb{line}\n"), "");
        assert_eq!((ran.is_whole(), ran.stdout.as_str()), (true, "a\nb"));
        assert!(!sent.ran(End::Exited(0), "a\n", "").is_whole());
        // The statement itself, swallowed by a text that does not end.
        assert!(!sent.ran(End::Exited(0), &sent.test.clone().unwrap(), "").is_whole());
        assert!(!sent.ran(End::Exited(1), &line, "").is_whole());
    }

    #[test]
    fn a_language_without_a_place_for_a_last_statement_is_whole_by_its_exit_code() {
        let (sent, line) = sent("java");
        assert_eq!(line, "");
        let ran = sent.ran(End::Exited(0), "8", "");
        assert_eq!((ran.is_whole(), ran.is_finished, ran.stdout.as_str()), (true, None, "8"));
        assert!(!sent.ran(End::WrongAnswer, "", "").is_whole());
    }

    #[test]
    fn a_solution_by_itself_may_end_with_any_status() {
        let (sent, line) = sent("shell");
        let came = |end, stdout: &str| sent.ran(end, stdout, "").came_to_its_end();
        assert!(came(End::Exited(1), &line) && came(End::Exited(0), &line));
        assert!(!came(End::Exited(0), "") && !came(End::TimedOut, &line));
    }

    #[test]
    fn a_shell_test_has_the_shells_own_commands() {
        let (sent, _) = sent("shell");
        let test = sent.test.unwrap();
        assert!(test.starts_with("unset -f exit test [ printf echo 2>/dev/null"), "{test}");
    }

    #[test]
    fn a_test_comes_before_the_data_of_its_solution() {
        let perl = OtherLanguage::named("perl");
        let program = |solution, test| Program { language: &perl, solution, test }.sent();
        let sent = program("f();\n__END__\ndata\n", Some("g();\n__END__\nnot this\n"));
        let whole = sent.whole(&perl);
        let (head, data) = whole.split_once("__END__").unwrap();
        assert!(head.contains("g();\n\nprint '") && data == "\ndata\n", "{whole}");
        let alone = program("f();\n__END__\ndata\n", None).whole(&perl);
        assert!(alone.contains(", \"\\n\";\n__END__\ndata\n"), "{alone}");
    }

    #[test]
    fn how_long_tests_took_makes_no_difference() {
        let (sent, _) = sent("java");
        let ran = |stdout: &str| sent.ran(End::Exited(0), stdout, "");
        for (one, other) in [
            ("Test run finished after 64 ms\n", "Test run finished after 101 ms\n"),
            ("ok  \tcommand-line-arguments\t0.003s\n", "ok  \tcommand-line-arguments\t0.012s\n"),
        ] {
            assert!(ran(one).is_like(&ran(other)), "{one}");
        }
        for (one, other) in [("8\n", "9\n"), ("1 more\n", "2 more\n"), ("3 sums\n", "4 sums\n")] {
            assert!(!ran(one).is_like(&ran(other)), "{one}");
        }
    }

    #[test]
    fn an_output_that_may_have_been_cut_says_nothing_about_its_end() {
        let (sent, line) = sent("shell");
        let long = "x".repeat(CUT);
        assert_eq!(sent.ran_cut(End::Exited(0), &long, "").is_finished, None);
        assert_eq!(sent.ran_cut(End::Exited(0), "x", "").is_finished, Some(false));
        assert_eq!(sent.ran_cut(End::Exited(0), &line, "").is_finished, Some(true));
        let first = sent.ran_cut(End::Exited(0), &format!("{long}y"), "");
        assert!(first.is_like(&sent.ran_cut(End::Exited(0), &long, "")));
    }

    #[test]
    fn two_runs_that_differ_say_how() {
        let (sent, _) = sent("java");
        let ran = |end, stdout: &str, stderr: &str| sent.ran(end, stdout, stderr);
        let first = ran(End::Exited(0), "a\nb\n", "process 1");
        assert!(first.is_like(&ran(End::Exited(0), "a\nb\n", "process 2")));
        for (second, why) in [
            (
                ran(End::Exited(3), "a\nb\n", ""),
                "the first run exits with code 0, the second exits with code 3",
            ),
            (ran(End::TimedOut, "", ""), "the first run exits with code 0, the second times out"),
            (ran(End::Exited(0), "a\nc\n", ""), "the first run prints \"b\", the second \"c\""),
            (ran(End::Exited(0), "a\nb\nc\n", ""), "one run prints more than the other"),
            (ran(End::Exited(0), "a\n", ""), "one run prints more than the other"),
        ] {
            assert!(!first.is_like(&second));
            assert_eq!(Twice::difference(&first, &second), why);
        }
    }
}
