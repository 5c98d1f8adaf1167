//! Runs functions of a repository, with the modules that theirs imports.
//!
//! Invariant: a function that cannot be loaded gives the reason, and nothing is known of its calls.

use super::results::{self, Runner};
use super::{About, Checked, Repository};
use crate::error::Result;
use crate::ground::Ground;
use crate::ground::expression::{EVALUATOR, Expression};
use crate::ground::facts::CallResults;
use crate::sample::Text;
use crate::sandbox::{CaseResult, Limits};

/// How much more a call may take than one of a single program: the modules that its own imports are loaded before it.
const LOADING: u64 = 10;

/// Functions of a repository in the sandbox.
struct Calls<'a> {
    ground: &'a Ground<'a>,
    repository: &'a Repository,
}

impl Runner for Calls<'_> {
    async fn run(&self, module: &str, function: &str, arguments: &[String]) -> Result<CallResults> {
        // A method is called by an expression over the names of its module.
        let names: Vec<&str> = if function == EVALUATOR { Vec::new() } else { vec![function] };
        let Some(code) = self.repository.modules().program(module, &names) else {
            return Ok(Err(format!("`{module}` is not a module that can be run")));
        };
        let code = if names.is_empty() { Expression::program(&code) } else { code };
        let Limits { fuel, .. } = self.ground.limits;
        let limits = Limits { fuel: fuel.saturating_mul(LOADING), ..self.ground.limits };
        let got = Ground { limits, ..*self.ground }.run(code, function, arguments).await?;
        Ok(got.map_err(|why| format!("it cannot be run: {why}")))
    }
}

impl Ground<'_> {
    /// Calls a function, by its dotted name, with arguments as between a call's brackets; or why it cannot be run. Errors are
    /// the host's alone.
    pub async fn call(
        &self,
        repository: &Repository,
        function: &str,
        arguments: &str,
    ) -> Result<std::result::Result<CaseResult, String>> {
        let calls = Calls { ground: self, repository };
        let (module, name) = function.rsplit_once('.').unwrap_or(("", function));
        let results = calls.run(module, name, &[arguments.to_owned()]).await?;
        Ok(results.and_then(|results| {
            results.into_iter().next().ok_or_else(|| "the call was not run".to_owned())
        }))
    }

    /// Checks a text against a repository, and runs the calls whose results it states; errors are the host's alone.
    pub async fn check_repository(
        &self,
        repository: &Repository,
        about: &About<'_>,
        text: &Text,
    ) -> Result<Checked> {
        let calls = Calls { ground: self, repository };
        results::run(repository.read(about, text), about, &calls).await
    }
}
