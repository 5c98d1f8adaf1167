//! Describes a problem: what the function has to do, its signature, and the cases of its demo test as examples.
//!
//! Invariant: a description states nothing that the program does not bear out, and does not give the solution away.

mod by_model;
mod docstring;
mod leak;

use minijinja::context;
use serde::{Deserialize, Serialize};

pub use self::by_model::{DESCRIBE, DESCRIBE_AGAIN};
pub use self::docstring::describable;

use self::docstring::{Documented, stated_results};
use super::teeth::Tested;
use crate::ask::prompt::{Prompt, Prompts};
use crate::ask::respondent::Respondent;
use crate::cases::assertions::shown;
use crate::error;
use crate::fences::fence_for;
use crate::flow::Stage;
use crate::ground::{Failed, Ground, Grounding, Subject, ungrounded};
use crate::outcome::{Outcome, Rejection};
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

/// The stage that writes the question.
pub struct Describe<'a> {
    pub sandbox: &'a Sandbox,
    pub prompts: &'a Prompts,
    pub limits: Limits,
    /// Writes what the function has to do; without one its docstring says so.
    pub author: Option<&'a Respondent>,
    /// The language that the author writes in.
    pub lang: &'a str,
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
        let own = format!(
            "2|{:?}|{}|{:?}",
            self.prompts.digests([&QUESTION]),
            self.sandbox.fingerprint(),
            self.limits
        );
        match self.author {
            None => own,
            Some(author) => {
                let prompts = self.prompts.digests([&DESCRIBE, &DESCRIBE_AGAIN]);
                format!("{own}|{prompts:?}|{}|{}", author.fingerprint(), self.lang)
            }
        }
    }

    async fn apply(&self, input: &Record<Tested>) -> error::Result<Outcome<Described>> {
        let description = match self.author {
            Some(author) => self.by_model(author, &input.body).await?,
            None => self.by_docstring(&input.body).await?,
        };
        let description = match description {
            Ok(description) => description,
            Err(rejection) => return Ok(Outcome::Rejected(rejection)),
        };
        let Tested { executed, demo, .. } = &input.body;
        let (module, function) = match executed.target.parse() {
            Ok(parsed) => parsed,
            Err(rejection) => return Ok(Outcome::Rejected(rejection)),
        };
        let entry = &executed.target.entry;
        let examples = shown(entry, demo);
        let question = self.prompts.render(
            &QUESTION,
            context! {
                entry => entry, description => description, signature => module.head_of(&function),
                fence => fence_for(&examples), examples => examples,
            },
        )?;
        Ok(Outcome::Accepted(vec![
            input.with_body(Described { tested: input.body.clone(), question }),
        ]))
    }
}

impl Describe<'_> {
    /// The words of the docstring, if what they state holds.
    async fn by_docstring(&self, tested: &Tested) -> error::Result<Result<String, Rejection>> {
        let target = &tested.executed.target;
        let Documented { module, function, description } = match Documented::of(target) {
            Ok(documented) => documented,
            Err(rejection) => return Ok(Err(rejection)),
        };
        // Its prose may use words of its subject that are no names of the code; the results that it states are run.
        let stated = stated_results(&module, &function);
        if stated.is_empty() {
            return Ok(Ok(description));
        }
        let failed = self.unfounded(tested, vec![("examples".into(), stated)]).await?;
        Ok(if failed.is_empty() { Ok(description) } else { Err(ungrounded(&failed)) })
    }

    /// What a text states about the solution that does not hold.
    async fn unfounded(
        &self,
        tested: &Tested,
        parts: Vec<(String, String)>,
    ) -> error::Result<Vec<Failed>> {
        let Tested { executed, full, .. } = tested;
        let target = &executed.target;
        let ground = Ground { sandbox: self.sandbox, limits: self.limits };
        let subject = Subject { program: &target.program, entry: &target.entry, cases: full };
        Ok(match ground.check(&subject, &Text { parts, adds: Vec::new() }).await? {
            Grounding::Holds(_) => Vec::new(),
            Grounding::Fails(failed) => failed,
        })
    }
}
