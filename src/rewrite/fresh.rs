//! Names for what a rewrite introduces.
//!
//! Invariant: a new name is ASCII, and the program uses it for nothing: no variable, attribute, keyword or builtin.

use super::program::Program;

/// New names of one rewrite.
#[derive(Default)]
pub(super) struct Fresh {
    given: Vec<String>,
}

impl Fresh {
    /// The first of the names that is free, or the last with a number.
    pub(super) fn name(&mut self, program: &Program<'_>, wanted: &[&str]) -> String {
        let is_free = |name: &str, given: &[String]| {
            !program.is_taken(name) && !given.iter().any(|other| other == name)
        };
        let plain = wanted.iter().copied().find(|name| is_free(name, &self.given));
        let name = plain.map(str::to_owned).unwrap_or_else(|| {
            let stem = wanted.last().copied().unwrap_or("value");
            (2..)
                .map(|number| format!("{stem}{number}"))
                .find(|name| is_free(name, &self.given))
                .unwrap_or_default()
        });
        self.given.push(name.clone());
        name
    }
}

/// One free name.
pub(super) fn name(program: &Program<'_>, wanted: &[&str]) -> String {
    Fresh::default().name(program, wanted)
}
