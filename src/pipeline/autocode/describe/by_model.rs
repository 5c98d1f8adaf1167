//! Has a model write what a function has to do, and holds the text against the function.
//!
//! Invariant: a text that states what does not hold, or gives the solution away, is written once more and then rejected.

use minijinja::context;
use serde::Deserialize;
use serde_json::json;

use super::Describe;
use super::leak::leak;
use crate::ask::prompt::Prompt;
use crate::ask::reading::{is_sentence, object, object_of, texts_in};
use crate::ask::respondent::Respondent;
use crate::ask::{Checked, ask_checked, malformed};
use crate::cases::executions::{execution, numbered, telling};
use crate::error::Result;
use crate::fences::fence_for;
use crate::ground::{Failed, ungrounded};
use crate::model::{Completion, Schema};
use crate::outcome::{Reason, Rejection};
use crate::pipeline::autocode::teeth::Tested;
use crate::report::plain;

/// Asks for the text of a problem.
pub const DESCRIBE: Prompt = Prompt {
    path: "autocode/describe.jinja",
    builtin: include_str!("../../../../prompts/autocode/describe.jinja"),
    by_line: false,
    specimen: || {
        context! {
            numbered => "1 | def f(a): pass", entry => "f", fence => "```",
            executions => ["`f(1)` returns `None`"], lang => "English",
        }
    },
};
/// Asks for the same text once more, without what makes it unusable.
pub const DESCRIBE_AGAIN: Prompt = Prompt {
    path: "autocode/describe-again.jinja",
    builtin: include_str!("../../../../prompts/autocode/describe-again.jinja"),
    by_line: false,
    specimen: || context! { faults => ["`g`: no such name"], lang => "English" },
};

/// The parts of a task, in the order in which a reader gets them.
const PARTS: [&str; 4] = ["purpose", "arguments", "result", "edges"];

/// The texts of those parts.
type Parts = [String; 4];

/// The form of the reply.
#[derive(Deserialize)]
struct Reply {
    purpose: String,
    arguments: String,
    result: String,
    edges: String,
}

/// What makes a text unusable.
struct Faults {
    leak: Option<String>,
    failed: Vec<Failed>,
}

impl Describe<'_> {
    /// The words of a model, once they hold.
    pub(super) async fn by_model(
        &self,
        author: &Respondent,
        tested: &Tested,
    ) -> Result<std::result::Result<String, Rejection>> {
        let target = &tested.executed.target;
        let shown = telling(&target.entry, tested.full.iter());
        let executions: Vec<String> =
            shown.iter().map(|case| execution(&target.entry, case)).collect();
        let prompt = self.prompts.render(
            &DESCRIBE,
            context! {
                entry => &target.entry, numbered => numbered(&target.program),
                fence => fence_for(&target.program), executions => executions, lang => self.lang,
            },
        )?;
        let schema = object_of(PARTS.map(|part| (part, json!({"type": "string"}))));
        let request = author.request(prompt).with_schema(Schema { name: "task".into(), schema });
        let question = Question { describe: self, tested };
        Ok(ask_checked(&author.model, request, &question)
            .await?
            .map(|(task, ())| task.join("\n\n")))
    }
}

struct Question<'a> {
    describe: &'a Describe<'a>,
    tested: &'a Tested,
}

impl Checked for Question<'_> {
    type Draft = Parts;
    type Proof = ();
    type Fault = Faults;

    fn read(&self, reply: &Completion) -> std::result::Result<Parts, Rejection> {
        let Reply { purpose, arguments, result, edges } = object(reply)?;
        let parts = [purpose, arguments, result, edges].map(|part| plain(&part));
        texts_in(reply, parts.iter().map(String::as_str))?;
        // At the edges there may be nothing to say.
        let sentences = PARTS.iter().zip(&parts).filter(|(name, _)| **name != "edges");
        match { sentences }.find(|(_, part)| !is_sentence(part)) {
            Some((name, part)) => {
                Err(malformed(reply, format!("`{name}` is not a sentence: {part}")))
            }
            None => Ok(parts),
        }
    }

    async fn check(&self, task: &Parts) -> Result<std::result::Result<(), Faults>> {
        let target = &self.tested.executed.target;
        let leak = match target.parse() {
            Ok((module, function)) => leak(&module, &function, &task.join("\n\n")),
            Err(_) => None,
        };
        // Each part is read by itself, so that no result of one is taken for that of a call in another.
        let parts = PARTS.iter().zip(task).map(|(name, part)| ((*name).to_owned(), part.clone()));
        let parts = parts.collect();
        let failed = self.describe.unfounded(self.tested, parts).await?;
        Ok(if leak.is_none() && failed.is_empty() { Ok(()) } else { Err(Faults { leak, failed }) })
    }

    fn repair(&self, Faults { leak, failed }: &Faults) -> Result<String> {
        let leak = leak.iter().map(|leak| format!("`{leak}`: it gives the solution away"));
        let faults: Vec<String> = leak.chain(failed.iter().map(Failed::to_string)).collect();
        let values = context! { faults => faults, lang => self.describe.lang };
        self.describe.prompts.render(&DESCRIBE_AGAIN, values)
    }

    fn reject(&self, Faults { leak, failed }: &Faults, reply: &Completion) -> Rejection {
        match leak {
            Some(leak) => {
                let why = format!("the task has {leak:?} of the solution");
                let evidence = json!({"reply": reply.text, "claims": failed});
                Rejection::new(Reason::LeakedSolution, why).with_evidence(evidence)
            }
            None => {
                let evidence = json!({"reply": reply.text, "claims": failed});
                ungrounded(failed).with_evidence(evidence)
            }
        }
    }
}
