//! Where programs in a language other than Python run: in the sandbox, or on an executor.
//!
//! Invariant: a language that an executor lists runs there, and any other in the sandbox or nowhere.

use crate::executor::{Executor, Executors, OtherLanguage};
use crate::outcome::{Reason, Rejection};
use crate::sandbox::{Language, runtime};

/// Where programs run.
#[derive(Clone, Copy)]
pub enum Place<'a> {
    Sandbox(Language),
    Executor(&'a Executor),
}

impl<'a> Place<'a> {
    /// Finds the place of a language; the rejection says what the user can do if there is none.
    pub fn of(
        language: &OtherLanguage,
        executors: Option<&'a Executors>,
    ) -> Result<Self, Rejection> {
        if let Some(executor) = executors.and_then(|executors| executors.of(language)) {
            return Ok(Self::Executor(executor));
        }
        let name = language.name();
        let nowhere = |why: String| {
            let why = format!("the problem is in {name}{why}");
            Rejection::new(Reason::UnsupportedLanguage, why)
        };
        let Some(sandboxed) = Language::named(name) else {
            let why = ", which the sandbox does not run; list it in `languages` of an executor in tgsand.toml, under [executors.NAME]";
            return Err(nowhere(why.to_owned()));
        };
        let is_installed = runtime::named(name).is_ok_and(|runtime| runtime.manifest().is_some());
        if is_installed {
            return Ok(Self::Sandbox(sandboxed));
        }
        Err(nowhere(format!("; install it with `tgsand runtime install {name}`")))
    }

    /// Names all that decides there how programs behave; `None` if the language's runtime is not known.
    pub fn identity(self) -> Option<String> {
        match self {
            Self::Sandbox(language) => {
                runtime::named(language.name()).ok().map(|runtime| runtime.fingerprint())
            }
            Self::Executor(executor) => Some(executor.identity()),
        }
    }

    /// The executor, if programs run on one.
    pub fn executor(self) -> Option<&'a Executor> {
        match self {
            Self::Sandbox(_) => None,
            Self::Executor(executor) => Some(executor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_of_the_sandbox_has_the_same_names_on_executors() {
        for language in Language::ALL {
            let other = OtherLanguage::named(language.name());
            assert_eq!((other.name(), other.title()), (language.name(), language.title()));
            assert_eq!(other.names(), language.names());
        }
    }

    #[test]
    fn a_language_that_nothing_runs_names_the_section_that_is_missing() {
        let why = Place::of(&OtherLanguage::named("Kotlin"), None).err().unwrap();
        assert_eq!(why.reason, Reason::UnsupportedLanguage);
        assert_eq!(
            why.detail,
            "the problem is in kotlin, which the sandbox does not run; list it in `languages` of an executor in tgsand.toml, under [executors.NAME]"
        );
    }
}
