//! Has a model make a problem of a snippet: a solution, and calls that show and try it.
//!
//! Invariant: a solution goes on only if it has been run on its calls and the rules hold for it; a reply that was cut off is never read.

mod reply;

use minijinja::context;
use serde::{Deserialize, Serialize};

use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::reading::whole;
use crate::ask::respondent::Respondent;
use crate::ask::{Checked, ask_checked, malformed};
use crate::cases::assertions::TEST_NAMES;
use crate::cases::execute::Execute;
use crate::cases::rules::Rules;
use crate::cases::{Proposed, Target};
use crate::dataset::RawCode;
use crate::dataset::functions::Finder;
use crate::dataset::language::is_python;
use crate::error::Result;
use crate::executor::{Executors, OtherLanguage};
use crate::fences::fence_for;
use crate::flow::{Fate, Stage};
use crate::model::{Completion, Finish};
use crate::outcome::{Outcome, Reason, Rejection};
use crate::record::Record;
use crate::sandbox::{Limits, Sandbox};

/// Asks for a solution and its calls.
pub const SOLVE: Prompt = Prompt {
    path: "autocode/solve.jinja",
    builtin: include_str!("../../../prompts/autocode/solve.jinja"),
    by_line: false,
    specimen: || context! { language => "Python", code => "def f(a): pass", fence => "```" },
};
/// Asks once more, for a reply that was cut off or a solution that does not run.
pub const SOLVE_AGAIN: Prompt = Prompt {
    path: "autocode/solve-again.jinja",
    builtin: include_str!("../../../prompts/autocode/solve-again.jinja"),
    by_line: false,
    specimen: || context! { cut => false, fault => "f(1) raises ValueError" },
};

/// Characters of a snippet that is shown to a model; longer code is no snippet.
const MAX_SNIPPET: usize = 20_000;

/// The language of snippets that the sandbox runs.
pub const PYTHON: &str = "python";

/// A piece of code to make a problem of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    pub code: String,
    pub language: String,
}

/// The snippets of a row: its functions, or the whole of it if it is a fragment that defines none.
///
/// In a language that an executor lists, it is the whole of it.
pub fn snippets(row: Fate<RawCode>, executors: &Executors) -> Vec<Fate<Snippet>> {
    let record = match row {
        Fate::Live(record) => record,
        Fate::Rejected(dropped) => return vec![Fate::Rejected(dropped)],
        Fate::Deferred(dropped) => return vec![Fate::Deferred(dropped)],
    };
    let language = record.body.language.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let other = language.filter(|name| !is_python(name)).map(OtherLanguage::named);
    if let Some(other) = other.filter(|other| executors.of(other).is_some())
        && !record.body.content.trim().is_empty()
    {
        let code = record.body.content.clone();
        let snippet = Snippet { code, language: other.name().to_owned() };
        return vec![bounded(Fate::Live(record.with_body(snippet)))];
    }
    let fates = Finder::default().expand(&record);
    let is_fragment = |fate: &Fate<Target>| {
        matches!(fate, Fate::Rejected(dropped)
            if matches!(dropped.why.reason, Reason::NoTargetFunction | Reason::UnparsableSource))
    };
    if let Some(language) =
        language.filter(|name| !is_python(name) && fates.iter().all(is_fragment))
    {
        let why = format!(
            "the code is in {language}; only Python can be run, and what an executor in tgsand.toml lists"
        );
        let rejection = Rejection::new(Reason::UnsupportedLanguage, why);
        return vec![Fate::rejected(&record.id, record.lineage, rejection)];
    }
    let snippet = |code: String| Snippet { code, language: PYTHON.into() };
    if fates.iter().all(is_fragment) && !record.body.content.trim().is_empty() {
        let code = record.body.content.clone();
        return vec![bounded(Fate::Live(record.with_body(snippet(code))))];
    }
    fates.into_iter().map(|fate| bounded(fate.map(|target| snippet(target.program)))).collect()
}

/// Rejects a row in a language that an executor lists: functions in Python alone are solutions as they are.
pub fn without_a_model(row: Fate<RawCode>, executors: &Executors, as_is: bool) -> Fate<RawCode> {
    let Fate::Live(record) = row else { return row };
    let language = record.body.language.as_deref().map(str::trim);
    let other =
        language.filter(|name| !name.is_empty() && !is_python(name)).map(OtherLanguage::named);
    let listed = other.as_ref().and_then(|other| Some((other, executors.of(other)?)));
    let Some((other, executor)) = listed else { return Fate::Live(record) };
    let (language, name) = (other.name(), executor.name());
    let needed = if as_is { "`--model` without `--as-is`" } else { "`--model`" };
    let why = format!(
        "the code is in {language}, which executor {name} runs; problems in it are made by a model: they need {needed}"
    );
    let rejection = Rejection::new(Reason::UnsupportedLanguage, why);
    Fate::rejected(&record.id, record.lineage, rejection)
}

fn bounded(fate: Fate<Snippet>) -> Fate<Snippet> {
    match fate {
        Fate::Live(record) if record.body.code.chars().count() > MAX_SNIPPET => {
            let why = format!("the code is longer than {MAX_SNIPPET} characters");
            let rejection = Rejection::new(Reason::SizeOutOfRange, why);
            Fate::rejected(&record.id, record.lineage, rejection)
        }
        fate => fate,
    }
}

/// The stage that has snippets made into solutions.
pub struct Solve<'a> {
    pub author: &'a Respondent,
    pub prompts: &'a Prompts,
    pub sandbox: &'a Sandbox,
    pub limits: Limits,
    pub rules: &'a Rules,
}

impl Stage for Solve<'_> {
    type In = Snippet;
    type Out = Target;
    const NAME: &'static str = "solve";

    fn fingerprint(&self) -> String {
        format!(
            "1|{:?}|{}|{}|{:?}|{:?}",
            self.prompts.digests([&SOLVE, &SOLVE_AGAIN]),
            self.author.fingerprint(),
            self.sandbox.fingerprint(),
            self.limits,
            self.rules,
        )
    }

    async fn apply(&self, input: &Record<Snippet>) -> Result<Outcome<Target>> {
        let Snippet { code, language } = &input.body;
        let prompt = self.prompts.render(
            &SOLVE,
            context! { language => language, code => code.trim_end(), fence => fence_for(code) },
        )?;
        let question = Question { solve: self, input };
        let asked = ask_checked(&self.author.model, self.author.request(prompt), &question).await?;
        Ok(match asked {
            Ok((target, ())) => Outcome::Accepted(vec![input.with_body(target)]),
            Err(rejection) => Outcome::Rejected(rejection),
        })
    }
}

struct Question<'a> {
    solve: &'a Solve<'a>,
    input: &'a Record<Snippet>,
}

impl Checked for Question<'_> {
    type Draft = Target;
    type Proof = ();
    type Fault = Rejection;

    fn read(&self, reply: &Completion) -> Result<Target, Rejection> {
        whole(reply)?;
        reply::read(&reply.text).map_err(|why| malformed(reply, why))
    }

    fn ask_again(&self, unread: &Completion) -> Result<Option<String>> {
        if unread.finish != Finish::Length && !reply::is_open(&unread.text) {
            return Ok(None);
        }
        let values = context! { cut => true, fault => "" };
        self.solve.prompts.render(&SOLVE_AGAIN, values).map(Some)
    }

    async fn check(&self, target: &Target) -> Result<Result<(), Rejection>> {
        let Solve { sandbox, limits, rules, .. } = *self.solve;
        if TEST_NAMES.contains(&target.entry.as_str()) {
            let why = format!("tests use the name {} themselves; choose another", target.entry);
            return Ok(Err(Rejection::new(Reason::TestFailed, why)));
        }
        let inputs = target.examples.clone();
        let proposed = Proposed { target: target.clone(), inputs, proposer: String::new() };
        let executed = Execute { sandbox, limits }.apply(&self.input.with_body(proposed)).await?;
        // The search adds inputs later; here it matters that there are any, and what they show.
        let rules = Rules { min_cases: 1, ..rules.clone() };
        Ok(match executed {
            Outcome::Accepted(executed) => {
                executed.iter().try_for_each(|executed| rules.check(&executed.body).map(drop))
            }
            Outcome::Rejected(rejection) => Err(rejection),
        })
    }

    fn repair(&self, fault: &Rejection) -> Result<String> {
        let fault = format!("{} ({})", fault.detail, fault.reason.name());
        self.solve.prompts.render(&SOLVE_AGAIN, context! { cut => false, fault => fault })
    }

    fn reject(&self, fault: &Rejection, _reply: &Completion) -> Rejection {
        fault.clone()
    }
}
