//! Figures about functions with their cases: what a prompt shows, what calls give, and what they are given.
//!
//! Invariant: a share is of what it names; a call whose arguments cannot be read counts nowhere as one whose kinds change.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Serialize;

use super::spread::Spread;
use crate::cases::notation::effects;
use crate::python::argument_kinds::argument_kinds;
use crate::python::special::is_special;
use crate::sample::{Case2Code, SampleCase};
use crate::sandbox::End;

/// What results show nothing of what a function does.
const TRIVIAL: [&str; 8] = ["None", "[]", "{}", "()", "''", "0", "set()", "0.0"];

/// Exceptions that arguments of a wrong type raise.
const TYPE_ERRORS: [&str; 2] = ["TypeError", "AttributeError"];

/// Figures of case2code samples.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Functions {
    pub samples: u64,
    /// Samples whose program is the same as that of an earlier one.
    pub repeated_programs: u64,
    /// By what is called: a function, a method, or one whose name begins with an underscore.
    pub units: BTreeMap<&'static str, u64>,
    pub visible_cases: u64,
    pub hidden_cases: u64,
    /// Samples whose visible cases return two different results or more.
    pub with_two_results_visible: u64,
    /// Cases that raise, and those that raise a TypeError or an AttributeError.
    pub raising_cases: u64,
    pub type_error_cases: u64,
    /// Cases that return None, an empty container or zero.
    pub trivial_cases: u64,
    /// Samples with an argument that has values of more than one kind.
    pub with_changing_kinds: u64,
    /// Lines of each program.
    pub lines: Spread,
    /// Characters of each prompt.
    pub prompt_lengths: Spread,
    #[serde(skip)]
    programs: HashSet<blake3::Hash>,
}

impl Functions {
    /// Counts a sample.
    pub fn add(&mut self, sample: &Case2Code) {
        self.samples += 1;
        let program = blake3::hash(sample.program.as_bytes());
        self.repeated_programs += u64::from(!self.programs.insert(program));
        *self.units.entry(unit(&sample.entry)).or_default() += 1;
        self.visible_cases += sample.visible_cases.len() as u64;
        self.hidden_cases += sample.hidden_cases.len() as u64;
        // What a call prints and changes is a result, too.
        let given = |case: &SampleCase| {
            Some(format!("{}|{}", returned(case)?, effects(&sample.entry, case)))
        };
        let visible: BTreeSet<String> = sample.visible_cases.iter().filter_map(given).collect();
        self.with_two_results_visible += u64::from(visible.len() > 1);
        for case in sample.cases() {
            let raised = match &case.end {
                End::Raised(raised) => Some(raised.kind.as_str()),
                _ => None,
            };
            self.raising_cases += u64::from(raised.is_some());
            self.type_error_cases +=
                u64::from(raised.is_some_and(|kind| TYPE_ERRORS.contains(&kind)));
            self.trivial_cases +=
                u64::from(returned(case).is_some_and(|text| TRIVIAL.contains(&text)));
        }
        self.with_changing_kinds += u64::from(changes_kinds(sample));
        self.lines.add(sample.program.lines().count());
        self.prompt_lengths.add(sample.prompt.chars().count());
    }

    /// Visible and hidden cases.
    pub fn cases(&self) -> u64 {
        self.visible_cases + self.hidden_cases
    }
}

fn returned(case: &SampleCase) -> Option<&str> {
    match &case.end {
        End::Returned { repr, .. } => Some(repr),
        _ => None,
    }
}

fn unit(entry: &str) -> &'static str {
    let name = entry.rsplit('.').next().unwrap_or(entry);
    match (name.starts_with('_'), entry.contains('.')) {
        (true, true) if is_special(name) => "special method",
        (true, _) => "private",
        (false, true) => "method",
        (false, false) => "function",
    }
}

/// Whether an argument of the function is given values of more than one kind.
fn changes_kinds(sample: &Case2Code) -> bool {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let kinds = sample.cases().filter_map(|case| argument_kinds(&case.arguments)).flatten();
    let mut given = kinds.filter_map(|(argument, kind)| Some((argument, kind?)));
    given.any(|(argument, kind)| {
        let first = seen.entry(argument).or_insert_with(|| kind.clone());
        *first != kind
    })
}
