//! The libraries that tests, reference programs and replies import, and the runtime that has them.
//!
//! Invariant: nothing runs before the runtime is known that can judge it.

use std::collections::{BTreeMap, BTreeSet};

use crate::cases::test_cases::{Check, Tests};
use crate::cli;
use crate::dataset::Rows;
use crate::dataset::completions::Completions;
use crate::dataset::problems::Problem;
use crate::error::Result;
use crate::python::imported_modules;
use crate::report::stderr::tell;
use crate::sandbox::runtime;

/// The runtime that a test set and its replies need.
#[derive(Debug, PartialEq)]
pub(super) struct Needed {
    pub runtime: String,
    /// The libraries that only this runtime has.
    pub libraries: BTreeSet<String>,
}

impl Needed {
    /// Installs the runtime if it is not there yet, and says that it is used.
    pub fn install(&self) -> Result<()> {
        tell!("tgsand: {self}, which is used; --runtime names another");
        cli::runtime::ensure(&self.runtime)
    }
}

impl std::fmt::Display for Needed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let libraries: Vec<&str> = self.libraries.iter().map(String::as_str).collect();
        write!(
            f,
            "the tests or answers import {}: they need {}",
            libraries.join(", "),
            self.runtime
        )
    }
}

/// Looks at the problems of a test set and the replies to it for imports, and gives the problems again; without a runtime if the
/// default one will do.
pub(super) fn needed(
    problems: Rows<Problem>,
    limit: usize,
    completions: Option<&Completions>,
) -> Result<(Option<Needed>, Rows<Problem>)> {
    let known = runtime::libraries();
    let mut found = BTreeMap::new();
    let mut add = |text: &str| {
        found.extend(imported_modules(text).filter_map(|module| known.get_key_value(module)));
    };
    let problems = problems.looked_at(limit, |problem| texts(problem).for_each(&mut add))?;
    completions.into_iter().flat_map(Completions::texts).for_each(add);
    let needed = found.values().next().map(|runtime| (*runtime).clone());
    let libraries = found.into_keys().cloned().collect();
    Ok((needed.map(|runtime| Needed { runtime, libraries }), problems))
}

/// The code of a problem.
fn texts(problem: &Problem) -> impl Iterator<Item = &str> {
    let tests: Vec<&str> = match &problem.tests {
        Tests::Calls { setup, .. } => setup.iter().map(String::as_str).collect(),
        Tests::Code { setup, parts, .. } => {
            let checks = parts.iter().flat_map(|part| match &part.check {
                Check::Code { definitions, call } => vec![definitions.as_str(), call],
                Check::Call(_) => Vec::new(),
            });
            setup.iter().map(String::as_str).chain(checks).collect()
        }
        Tests::Script { .. } | Tests::Streams { .. } => Vec::new(),
    };
    let code = [&problem.prompt_code, &problem.reference].into_iter().flatten();
    tests.into_iter().chain(code.map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::prompt::Prompts;
    use crate::dataset::problems;

    #[test]
    fn a_test_that_imports_numpy_needs_the_runtime_that_has_it() {
        let file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
        let row = |test: &str| {
            serde_json::json!({"task_id": "t", "prompt": "def f(a):\n    \"\"\"Half.\"\"\"\n", "entry_point": "f", "test": test}).to_string()
        };
        let plain = row("def check(candidate):\n    assert candidate(2) == 1\n");
        let close = row(
            "import numpy as np\ndef check(candidate):\n    assert np.isclose(candidate(1), 0.5)\n",
        );
        std::fs::write(file.path(), format!("{plain}\n{close}\n")).unwrap();
        let found = |limit| {
            let rows = problems::open(file.path(), Prompts::default()).unwrap();
            let (needed, rows) = needed(rows, limit, None).unwrap();
            (needed, rows.rows.count())
        };
        let (needed, rows) = found(usize::MAX);
        let needed = needed.unwrap();
        assert_eq!(rows, 2);
        assert_eq!(needed.runtime, "python-3.15-sci");
        assert_eq!(needed.libraries, BTreeSet::from(["numpy".to_owned()]));
        assert_eq!(found(1), (None, 1));
    }
}
