//! Runs a test script after a program, as a user would: one file, from top to bottom.
//!
//! Invariant: a test passes if the script comes to its end; in a language other than Python it shows that by a line that it is not shown.

use serde_json::json;

use crate::error::Result;
use crate::executor::{OtherLanguage, Program};
use crate::outcome::{Reason, Rejection};
use crate::report::excerpt;
use crate::sandbox::{Case, End, Execution, Isolation, Job, Language, Limits, Sandbox};

/// Runs each program that it is given as a script.
const RUNNER: &str = "def run(program):\n    exec(compile(program, 'solution.py', 'exec'), {'__name__': '__main__'})\n";

/// A solution whose tests are to be tried.
pub struct Solution<'a> {
    pub sandbox: &'a Sandbox,
    pub limits: Limits,
    pub program: &'a str,
    /// The function that the tests call. If it is empty, no stubs are tried: they need the name.
    pub entry: &'a str,
    /// The language, if it is not Python.
    pub language: Option<Language>,
}

impl Solution<'_> {
    /// What is wrong with a test: it fails on the solution, or passes on a program that does nothing.
    pub async fn fault_of(&self, test: &str) -> Result<Option<Rejection>> {
        if let Some(why) = self.failure(self.program, test).await? {
            let why = format!("the test fails on the solution itself: {why}");
            return Ok(Some(Rejection::new(Reason::TestFailed, why)));
        }
        let Self { program, entry, language, .. } = self;
        if language.is_some() && self.failure("", test).await?.is_none() {
            let why = "the test passes without the solution";
            return Ok(Some(Rejection::new(Reason::ToothlessTests, why)));
        }
        if entry.is_empty() {
            return Ok(None);
        }
        for body in ["return None", "raise NotImplementedError"] {
            let stub = format!("{program}\n\n\ndef {entry}(*args, **kwargs):\n    {body}\n");
            if self.failure(&stub, test).await?.is_none() {
                let why = format!("the test passes if the function is only `{body}`");
                return Ok(Some(Rejection::new(Reason::ToothlessTests, why)));
            }
        }
        Ok(None)
    }

    /// Why a program fails a test, if it does.
    async fn failure(&self, program: &str, test: &str) -> Result<Option<String>> {
        if let Some(language) = self.language {
            // What has no `main` is nothing by itself.
            let alone = (!language.is_compiled()).then_some(None);
            for test in alone.into_iter().chain([Some(test)]) {
                let whole = run_whole(self.sandbox, self.limits, language, program, test).await?;
                if !whole.is_whole {
                    return Ok(Some(excerpt(&whole.said()).to_owned()));
                }
            }
            return Ok(None);
        }
        let job = Job { code: joined(program, test), limits: self.limits, ..Job::default() };
        let execution = self.sandbox.submit(job).await?;
        Ok(match (&execution.end, &execution.error) {
            (End::Exited { exit_code: 0 }, None) => None,
            (_, Some(error)) => Some(format!("{}: {}", error.kind, error.message)),
            (end, None) => Some(super::notation::result_text(end)),
        })
    }
}

/// What a program in a language other than Python did.
pub struct Whole {
    pub execution: Execution,
    /// Whether it exited with code 0 after its last statement.
    pub is_whole: bool,
    /// What it printed itself.
    stdout: String,
}

impl Whole {
    /// What the program printed itself.
    pub fn printed(&self) -> &str {
        &self.stdout
    }

    /// What the program said: its messages, if it has any.
    pub fn said(&self) -> String {
        match self.execution.stderr.trim() {
            "" => format!("{}\n{}", super::notation::result_text(&self.execution.end), self.stdout),
            stderr => stderr.to_owned(),
        }
    }
}

/// Runs a program, with a test after it if there is one, and a statement at its end that prints a line of our own.
///
/// The line follows from the program, so that the same program does the same in every run.
pub async fn run_whole(
    sandbox: &Sandbox,
    limits: Limits,
    language: Language,
    solution: &str,
    test: Option<&str>,
) -> Result<Whole> {
    let other = OtherLanguage::named(language.name());
    let sent = Program { language: &other, solution, test }.sent();
    let mut code = sent.whole(&other);
    let line = sent.line.unwrap_or_else(|| blake3::hash(code.as_bytes()).to_hex()[..32].to_owned());
    if let Some(ending) = language.ending(&line) {
        code.push_str(&format!("\n{ending}\n"));
    }
    let limits = Limits { output: limits.output + line.len() as u64 + 1, ..limits };
    let job = Job { code, limits, isolation: Isolation::Program, ..Job::default() };
    let execution = sandbox.speaking(language)?.submit(job).await?;
    let is_printed = execution.stdout.lines().any(|printed| printed == line);
    let is_whole = is_printed && execution.end == End::Exited { exit_code: 0 };
    let printed = execution.stdout.lines().filter(|printed| *printed != line);
    let stdout = printed.map(|printed| format!("{printed}\n")).collect();
    Ok(Whole { execution, is_whole, stdout })
}

/// A program with a test after it.
fn joined(program: &str, test: &str) -> String {
    format!("{}\n\n\n{test}", program.trim_end())
}

/// The programs that pass a test, by their places. All run in one interpreter, each in a namespace of its own, as long as a program that
/// is known to pass still does afterwards; if not, one of them has changed the interpreter, and each gets its own.
pub async fn passing(
    sandbox: &Sandbox,
    limits: Limits,
    programs: &[&str],
    known_to_pass: &str,
    test: &str,
) -> Result<Vec<usize>> {
    let with_control: Vec<&str> = programs.iter().copied().chain([known_to_pass]).collect();
    let results = run(sandbox, limits, &with_control, test).await?;
    if results.last() == Some(&true) {
        return Ok((0..programs.len()).filter(|&index| results[index]).collect());
    }
    let mut passed = Vec::new();
    for (index, program) in programs.iter().enumerate() {
        if run(sandbox, limits, &[program], test).await? == [true] {
            passed.push(index);
        }
    }
    Ok(passed)
}

async fn run(
    sandbox: &Sandbox,
    limits: Limits,
    programs: &[&str],
    test: &str,
) -> Result<Vec<bool>> {
    let job = Job {
        code: RUNNER.to_owned(),
        entry: Some("run".to_owned()),
        cases: programs
            .iter()
            .map(|program| Case::Arguments {
                args: json!([joined(program, test)]),
                kwargs: json!({}),
            })
            .collect(),
        limits,
        isolation: Isolation::Program,
        ..Job::default()
    };
    let execution = sandbox.submit(job).await?;
    Ok(execution.cases.iter().map(|case| matches!(case.end, End::Returned { .. })).collect())
}
