//! Writes verified functions up as samples: cases to code, questions with traces, duels with evidence.
//!
//! Invariant: a sample states nothing that execution has not shown.

mod balance;
mod case2code;
mod mutant;
mod qa;
mod trivial;
mod visible;

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::ask::prompt::Prompts;
use crate::cases::Executed;
use crate::error::Result;
use crate::flow::Stage;
use crate::outcome::Outcome;
use crate::python::prose::Docstrings;
use crate::record::{Lineage, Record};
use crate::sample::{Case2Code, Provenance, Qa};
use crate::sandbox::{Limits, Sandbox};

pub use balance::Balance;
pub use case2code::INSTRUCTIONS;
pub use mutant::Variant;

/// The stage that makes samples.
pub struct Emit<'a> {
    pub sandbox: &'a Sandbox,
    pub prompts: &'a Prompts,
    pub limits: Limits,
    pub seed: u64,
    /// How much the programs say about themselves, as far as the setting says.
    pub docstrings: Docstrings,
    /// How many calls of the program's functions a trace follows.
    pub frames: usize,
    /// The digests of the prompts that inputs were asked for with, by name.
    pub asked_with: BTreeMap<String, String>,
}

/// The samples of one function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Samples {
    pub case2code: Case2Code,
    pub qa: Vec<Qa>,
    /// The faulty variants that a duel is chosen from.
    pub variants: Vec<Variant>,
}

impl Samples {
    /// The samples as they come from another place: a journal may know them from where their row stood before.
    pub fn with_source(mut self, source: &Lineage) -> Self {
        self.case2code.provenance.source = source.clone();
        for qa in &mut self.qa {
            qa.provenance.source = source.clone();
            qa.file.clone_from(&source.file);
        }
        self
    }
}

impl Stage for Emit<'_> {
    type In = Executed;
    type Out = Samples;
    const NAME: &'static str = "emit";

    fn fingerprint(&self) -> String {
        let instructions = blake3::hash(self.prompts.text(&INSTRUCTIONS).as_bytes()).to_hex();
        format!(
            "9|{instructions}|{}|{}|{:?}|{}|{:?}|{}",
            self.docstrings.name(),
            self.frames,
            self.asked_with,
            self.sandbox.fingerprint(),
            self.limits,
            self.seed
        )
    }

    async fn apply(&self, input: &Record<Executed>) -> Result<Outcome<Samples>> {
        let provenance = Provenance {
            tgsand: env!("CARGO_PKG_VERSION").into(),
            source: input.lineage.clone(),
            runtime: input.body.runtime.clone(),
            seed: self.seed,
            limits: self.limits,
            fuel: input.body.fuel,
            proposer: input.body.proposer.clone(),
            model: None,
            prompts: self.asked_with.clone(),
            docstrings: self.docstrings.of(&input.body.target.program).name().into(),
            branch_coverage: input.body.branch_coverage(),
        };
        let seed = blake3::hash(
            format!("emit|{}|{}|{}", self.seed, input.id, input.body.target.entry).as_bytes(),
        );
        let mut rng = ChaCha8Rng::from_seed(*seed.as_bytes());
        let case2code =
            case2code::sample(&input.id, &input.body, &provenance, self.prompts, &mut rng)?;
        let qa = qa::samples(self, input, &provenance, &mut rng).await?;
        let variants = mutant::variants(self, input, &case2code, &mut rng).await?;
        Ok(Outcome::Accepted(vec![input.with_body(Samples { case2code, qa, variants })]))
    }
}
