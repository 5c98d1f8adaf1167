//! The names that a published grader gives to answers which do not import them.
//!
//! Invariant: only what an answer uses and does not bind is imported, so that the grader's star imports shadow nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::named::named_enum;
use crate::python::Module;

const APPS: &str = include_str!("prelude/apps.txt");
const LIVE_CODE_BENCH: &str = include_str!("prelude/live-code-bench.txt");

named_enum! {
    /// Whose imports go before an answer.
    pub enum Prelude {
        Nothing = "none",
        Apps = "apps",
        LiveCodeBench = "live-code-bench",
    }
}

/// How a name comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// It is the module itself.
    Module(&'static str),
    /// The module has it.
    Member(&'static str),
}

/// Where each name comes from.
type Sources = BTreeMap<&'static str, Source>;

impl Prelude {
    /// An answer with the imports of the grader's that it needs before it.
    pub fn before(self, code: &str) -> String {
        let with =
            self.read(code).and_then(|module| Some(module.with_line(&self.for_module(&module)?)));
        with.unwrap_or_else(|| code.to_owned())
    }

    /// The line of imports that an answer needs of the grader's; `None` if it needs nothing, or is not Python.
    pub fn for_answer(self, code: &str) -> Option<String> {
        self.for_module(&self.read(code)?)
    }

    /// Parses an answer, if it may need anything.
    fn read(self, code: &str) -> Option<Module> {
        if self == Self::Nothing { None } else { Module::parse(code).ok() }
    }

    fn for_module(self, module: &Module) -> Option<String> {
        let sources = self.sources();
        let mut modules = BTreeSet::new();
        let mut members: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for name in module.unbound_names() {
            match sources.get(name.as_str()) {
                Some(Source::Module(module)) if *module == name => {
                    modules.insert(format!("import {module}"));
                }
                Some(Source::Module(module)) => {
                    modules.insert(format!("import {module} as {name}"));
                }
                Some(Source::Member(module)) => members.entry(*module).or_default().push(name),
                None => {}
            }
        }
        let members = members
            .into_iter()
            .map(|(module, names)| format!("from {module} import {}", names.join(", ")));
        let mut statements: Vec<String> = modules.into_iter().chain(members).collect();
        statements.extend(self.limits().map(str::to_owned));
        (!statements.is_empty()).then(|| statements.join("; "))
    }

    /// The limits of the interpreter that the grader sets.
    fn limits(self) -> Option<&'static str> {
        match self {
            Self::LiveCodeBench => Some(
                "__import__('sys').setrecursionlimit(50000); __import__('sys').set_int_max_str_digits(50000)",
            ),
            Self::Nothing | Self::Apps => None,
        }
    }

    fn sources(self) -> &'static Sources {
        static NOTHING: Sources = BTreeMap::new();
        static APPS_SOURCES: LazyLock<Sources> = LazyLock::new(|| sources_in(APPS));
        static LIVE_CODE_BENCH_SOURCES: LazyLock<Sources> =
            LazyLock::new(|| sources_in(LIVE_CODE_BENCH));
        match self {
            Self::Nothing => &NOTHING,
            Self::Apps => &APPS_SOURCES,
            Self::LiveCodeBench => &LIVE_CODE_BENCH_SOURCES,
        }
    }
}

/// Reads the names that a grader gives and where they come from.
fn sources_in(text: &'static str) -> Sources {
    let lines = || {
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(' ').or(Some((line, ""))))
    };
    let members = lines().flat_map(|(module, names)| {
        names.split_whitespace().map(move |name| (name, Source::Member(module)))
    });
    let modules = lines().map(|(module, _)| match module.split_once('=') {
        Some((module, name)) => (name, Source::Module(module)),
        None => (module, Source::Module(module)),
    });
    members.chain(modules).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_answer_uses_and_lacks_is_imported() {
        let needs = |prelude: Prelude, code: &str| prelude.for_answer(code).unwrap_or_default();
        let code = "def f(xs: List[int]):\n    d = defaultdict(int)\n    h = []\n    heappush(h, 1)\n    return collections.Counter(xs), sum(xs)\n";
        assert_eq!(
            needs(Prelude::Apps, code),
            "import collections; from collections import defaultdict; from heapq import heappush; from typing import List"
        );
        assert_eq!(needs(Prelude::Nothing, code), "");
        assert_eq!(
            needs(Prelude::Apps, "from collections import *\nd = deque()\n"),
            "from collections import deque"
        );
        assert_eq!(
            needs(Prelude::Apps, "def sqrt(x): return x\nprint(sqrt(np.int64(4)))\n"),
            "import numpy as np"
        );
        assert_eq!(needs(Prelude::Apps, "def f(:"), "");
    }

    #[test]
    fn a_module_comes_before_a_member_of_its_name_and_the_last_star_import_counts() {
        let needs =
            Prelude::LiveCodeBench.for_answer("datetime.date(1, 1, 1); reduce; pow; log(1)");
        assert_eq!(
            needs.unwrap(),
            "import datetime; from functools import reduce; from math import log; __import__('sys').setrecursionlimit(50000); __import__('sys').set_int_max_str_digits(50000)"
        );
    }
}
