//! Describes a problem: what the function has to do, its signature, and the cases of its demo test as examples.
//!
//! Invariant: a description states nothing that the program does not bear out, and does not give the solution away.

use std::collections::BTreeSet;

use minijinja::context;
use serde::{Deserialize, Serialize};

use super::teeth::Tested;
use crate::ask::prompt::{Prompt, Prompts};
use crate::cases::Target;
use crate::cases::assertions::shown;
use crate::error;
use crate::fences::fence_for;
use crate::flow::{Fate, Stage};
use crate::ground::{Failed, Ground, Grounding, Subject, ungrounded};
use crate::outcome::{Outcome, Reason, Rejection};
use crate::python::examples::examples;
use crate::python::{Function, Module, literal};
use crate::record::Record;
use crate::sample::Text;
use crate::sandbox::{Limits, Sandbox};

/// The text of a problem.
pub const QUESTION: Prompt = Prompt {
    path: "autocode/question.jinja",
    builtin: include_str!("../../../prompts/autocode/question.jinja"),
    by_line: false,
    specimen: || {
        context! {
            entry => "f", description => "Add.", signature => "def f(a, b):", examples => "assert f(1, 2) == 3",
            fence => "```"
        }
    },
};

/// Characters of a line of code that is long enough to give something away.
const TELLING_LINE: usize = 12;
/// Characters of a local name that no English word is likely to be.
const TELLING_NAME: usize = 4;

/// The stage that writes the question.
pub struct Describe<'a> {
    pub sandbox: &'a Sandbox,
    pub prompts: &'a Prompts,
    pub limits: Limits,
}

/// A problem with its question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Described {
    pub tested: Tested,
    pub question: String,
}

impl Stage for Describe<'_> {
    type In = Tested;
    type Out = Described;
    const NAME: &'static str = "describe";

    fn fingerprint(&self) -> String {
        format!(
            "1|{:?}|{}|{:?}",
            self.prompts.digests([&QUESTION]),
            self.sandbox.fingerprint(),
            self.limits
        )
    }

    async fn apply(&self, input: &Record<Tested>) -> error::Result<Outcome<Described>> {
        let Tested { executed, demo, full, .. } = &input.body;
        let target = &executed.target;
        let Documented { module, function, description } = match Documented::of(target) {
            Ok(documented) => documented,
            Err(rejection) => return Ok(Outcome::Rejected(rejection)),
        };
        let ground = Ground { sandbox: self.sandbox, limits: self.limits };
        let subject = Subject { program: &target.program, entry: &target.entry, cases: full };
        let stated = stated_results(&module, &function);
        let parts = vec![("description".into(), description.clone()), ("examples".into(), stated)];
        let text = Text { parts, adds: Vec::new() };
        // Prose that claims nothing about the code describes it all the same: its examples have been run.
        if let Grounding::Fails(failed) = ground.check(&subject, &text).await?
            && !failed.iter().all(Failed::is_for_lack_of_claims)
        {
            return Ok(Outcome::Rejected(ungrounded(&failed)));
        }
        let examples = shown(&target.entry, demo);
        let question = self.prompts.render(
            &QUESTION,
            context! {
                entry => &target.entry, description => description, signature => signature(&module, &function),
                fence => fence_for(&examples), examples => examples,
            },
        )?;
        Ok(Outcome::Accepted(vec![
            input.with_body(Described { tested: input.body.clone(), question }),
        ]))
    }
}

/// A function with the words that describe it.
struct Documented {
    module: Module,
    function: Function,
    description: String,
}

impl Documented {
    /// Reads the docstring; a rejection says that there is none, or that it gives the solution away.
    fn of(target: &Target) -> Result<Self, Rejection> {
        let (module, function) = target.parse()?;
        let description = function.docstring.as_deref().map(prose).unwrap_or_default();
        if description.is_empty() {
            let why = format!("{} has no docstring that says what it does", target.entry);
            return Err(Rejection::new(Reason::Undocumented, why));
        }
        if let Some(leak) = leak(&module, &function, &description) {
            let why = format!("the description has {leak:?} of the solution");
            return Err(Rejection::new(Reason::LeakedSolution, why));
        }
        Ok(Self { module, function, description })
    }
}

/// Rejects a function that cannot be described, before anything is spent on it.
pub fn describable(fate: Fate<Target>) -> Fate<Target> {
    match &fate {
        Fate::Live(record) => match Documented::of(&record.body) {
            Ok(_) => fate,
            Err(rejection) => Fate::rejected(&record.id, record.lineage.clone(), rejection),
        },
        Fate::Rejected(_) | Fate::Deferred(_) => fate,
    }
}

/// The results that the docstring's examples state, in sentences that can be checked.
fn stated_results(module: &Module, function: &Function) -> String {
    let stated = examples(module, function).into_iter().filter_map(|example| {
        let expected = example.expected.filter(|expected| literal::parse(expected).is_some())?;
        Some(format!("`{}({})` returns `{expected}`.", function.name, example.call.to_source()?))
    });
    stated.collect::<Vec<_>>().join("\n")
}

/// A docstring without its examples, which the demo test replaces.
fn prose(docstring: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut in_example = false;
    for line in docstring.lines() {
        let text = line.trim();
        in_example = text.starts_with(">>>") || in_example && !text.is_empty();
        if !in_example {
            lines.push(line);
        }
    }
    let mut text = lines.join("\n");
    // What introduced the examples introduces nothing now.
    loop {
        let trimmed = text.trim_end();
        let last = trimmed.lines().next_back().unwrap_or_default().trim();
        let is_heading = last.chars().all(|c| c == '-')
            || [
                "example:",
                "examples:",
                "example",
                "examples",
                "usage:",
                "doctest:",
                "doctests:",
                "for example:",
            ]
            .contains(&last.to_lowercase().as_str());
        if trimmed.is_empty() || !is_heading {
            return trimmed.trim_start_matches('\n').to_owned();
        }
        text = trimmed.strip_suffix(last).unwrap_or_default().to_owned();
    }
}

/// The head of a function, without its decorators and its docstring.
fn signature(module: &Module, function: &Function) -> String {
    let text = module.text_of(function);
    let start = if function.is_async { "async def " } else { "def " };
    let head: Vec<&str> = text.lines().skip_while(|line| !line.starts_with(start)).collect();
    // The head ends with the first line that closes it: a colon outside of brackets.
    let mut depth = 0_usize;
    let mut lines = Vec::new();
    for line in head {
        lines.push(line);
        let code = line.split(" #").next().unwrap_or(line);
        depth += code.matches(['(', '[', '{']).count();
        depth = depth.saturating_sub(code.matches([')', ']', '}']).count());
        if depth == 0 {
            break;
        }
    }
    lines.join("\n")
}

/// What a description has of the solution: a line of its code, or a name that only its body knows.
fn leak(module: &Module, function: &Function, description: &str) -> Option<String> {
    let code = module.body_of(function).lines().map(str::trim);
    let mut lines = code.filter(|line| line.len() >= TELLING_LINE);
    if let Some(line) = lines.find(|line| description.contains(line)) {
        return Some(line.to_owned());
    }
    let words: BTreeSet<&str> = description
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| word.len() >= TELLING_NAME)
        .collect();
    let is_name = |name: &&String| name.contains('_') && words.contains(name.as_str());
    module.local_names(function).iter().find(is_name).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_has_no_examples_and_nothing_that_introduces_them() {
        let doc = "Add two numbers.\n\nExamples\n--------\n>>> f(1, 2)\n3\n\n>>> f(0, 0)\n0\n";
        assert_eq!(prose(doc), "Add two numbers.");
        assert_eq!(
            prose("Add.\n\n>>> f(1)\n2\n\nNegative numbers are refused."),
            "Add.\n\n\nNegative numbers are refused."
        );
        assert_eq!(prose(">>> f(1)\n2"), "");
    }

    #[test]
    fn a_signature_ends_where_the_body_begins() {
        let module = Module::parse("@d\ndef f(\n    a: dict[str, int],  # first\n    b=(1, 2),\n) -> int:\n    '''Doc: (.'''\n    return a\n").unwrap();
        let function = module.function("f").unwrap();
        assert_eq!(
            signature(&module, function),
            "def f(\n    a: dict[str, int],  # first\n    b=(1, 2),\n) -> int:"
        );
    }

    #[test]
    fn lines_and_local_names_of_the_solution_are_found() {
        let module = Module::parse(
            "def f(xs):\n    running_total = sum(xs)\n    return running_total * 2\n",
        )
        .unwrap();
        let function = module.function("f").unwrap();
        let leak = |text: &str| leak(&module, function, text);
        assert_eq!(leak("Double the sum."), None);
        assert_eq!(leak("Keep a `running_total`."), Some("running_total".into()));
        assert_eq!(
            leak("Do running_total = sum(xs) first."),
            Some("running_total = sum(xs)".into())
        );
    }
}
