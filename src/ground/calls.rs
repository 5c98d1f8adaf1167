//! Runs calls of a program's functions.
//!
//! Invariant: a program that does not load gives the reason, and nothing is known of its calls.

use super::Ground;
use super::facts::CallResults;
use crate::cases::run::{case, not_loaded};
use crate::error::Result;
use crate::sandbox::{Job, Observe};

impl Ground<'_> {
    /// Calls a function of a program, each time as if in fresh memory. Errors are the host's alone.
    pub(super) async fn run(
        &self,
        code: String,
        function: &str,
        arguments: &[String],
    ) -> Result<CallResults> {
        let job = Job {
            code,
            entry: Some(function.to_owned()),
            cases: arguments.iter().map(|text| case(text)).collect(),
            limits: self.limits,
            observe: vec![Observe::Mutations],
            ..Job::default()
        };
        let execution = self.sandbox.submit(job).await?;
        Ok(match not_loaded(&execution) {
            Some(rejection) => Err(rejection.detail),
            None => Ok(execution.cases),
        })
    }
}
