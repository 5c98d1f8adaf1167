//! Proposes inputs: what the file shows, what its types allow, and what changes of these reach, kept by coverage.
//!
//! Invariant: proposals are literals; nothing a model or a file says is evaluated anywhere but in the sandbox.

mod by_model;
mod comparisons;
mod form;
mod kinds;
mod matching;
mod natural;
mod relations;
mod reply;
mod schema;
mod search;
mod select;
mod taste;
pub mod values;

use crate::ask::prompt::Prompts;
use crate::error::Result;
use crate::flow::Stage;
use crate::outcome::Outcome;
use crate::record::Record;
use crate::sandbox::{Limits, Sandbox};

use crate::cases::{Proposed, Target, invocation};
use search::Search;

pub use by_model::{ModelProposer, PROPOSE};

/// The stage that finds inputs, by itself or with a model's help.
pub struct Propose<'a> {
    pub sandbox: &'a Sandbox,
    /// What the model is asked with.
    pub prompts: &'a Prompts,
    /// Asked for inputs first; without one the built-in search does all.
    pub model: Option<&'a ModelProposer>,
    pub limits: Limits,
    pub seed: u64,
    /// How many inputs to keep for each function.
    pub inputs: usize,
}

impl Stage for Propose<'_> {
    type In = Target;
    type Out = Proposed;
    const NAME: &'static str = "propose";

    fn fingerprint(&self) -> String {
        let model = self.model.map(|model| model.fingerprint(self.prompts));
        format!(
            "builtin-5|{}|{:?}|{}|{}|{model:?}",
            self.sandbox.fingerprint(),
            self.limits,
            self.seed,
            self.inputs
        )
    }

    async fn apply(&self, input: &Record<Target>) -> Result<Outcome<Proposed>> {
        let target = &input.body;
        let (module, function) = match target.parse() {
            Ok(parsed) => parsed,
            Err(rejection) => return Ok(Outcome::Rejected(rejection)),
        };
        let mut search = Search::new(self, target, &module, &function, &input.id);
        let mut proposer = "builtin".to_owned();
        if let Some(model) = self.model {
            let calls =
                match model.ask(self.prompts, target, &module, &function, self.inputs).await? {
                    Ok(calls) => calls,
                    Err(rejection) if !model.top_up => return Ok(Outcome::Rejected(rejection)),
                    Err(_) => Vec::new(),
                };
            proposer =
                if model.top_up { format!("{}+builtin", model.name()) } else { model.name() };
            search.give(calls, model.top_up);
        }
        if let Some(rejection) = search.run().await? {
            return Ok(Outcome::Rejected(rejection));
        }
        let mut inputs = search.select(self.inputs);
        if !module.takes_object(&function) {
            // It would read as a call of a method on the object.
            inputs.retain(|arguments| !invocation::is_on_object(&target.entry, arguments));
        }
        Ok(Outcome::Accepted(vec![input.with_body(Proposed {
            target: target.clone(),
            inputs,
            proposer,
        })]))
    }
}
