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
    /// The first of the names that is free, if one is; a number behind a name says nothing.
    pub(super) fn name(
        &mut self,
        program: &Program<'_>,
        wanted: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Option<String> {
        let is_free =
            |name: &str| !program.is_taken(name) && !self.given.iter().any(|other| other == name);
        let mut names = wanted.into_iter().map(|name| name.as_ref().to_owned());
        let name = names.find(|name| is_free(name))?;
        self.given.push(name.clone());
        Some(name)
    }
}

/// One free name.
pub(super) fn name(
    program: &Program<'_>,
    wanted: impl IntoIterator<Item = impl AsRef<str>>,
) -> Option<String> {
    Fresh::default().name(program, wanted)
}
