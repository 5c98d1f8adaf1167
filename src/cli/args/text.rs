//! The options that say what a model writes about each accepted function.
//!
//! Invariant: nothing is asked of a model that the options do not name.

use clap::{Args, ValueEnum};

use crate::error::{Error, Result};
use crate::pipeline::case2code::texts::{TextKind, TextOptions};

/// The options of free text.
#[derive(Debug, Clone, Args)]
pub struct TextArgs {
    /// Texts for the model to write about each accepted function [default with a model: qa,design]
    #[arg(long, env = "TGSAND_TEXT", value_delimiter = ',', value_name = "KIND,…")]
    text: Option<Vec<TextChoice>>,
    /// Language of these texts
    #[arg(long, env = "TGSAND_LANG", default_value = "English", value_name = "NAME")]
    lang: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TextChoice {
    /// A question about the function, with its answer
    Qa,
    /// A requirement that the code does not meet yet, with a design
    Design,
    /// No texts
    None,
}

impl TextArgs {
    /// What is to be written, if anything is; asking for text without a model is an error.
    pub fn options(&self, has_model: bool) -> Result<Option<TextOptions>> {
        let choices = match &self.text {
            Some(choices) => choices.as_slice(),
            None if has_model => &[TextChoice::Qa, TextChoice::Design],
            None => &[],
        };
        let mut kinds = Vec::new();
        for choice in choices {
            let kind = match choice {
                TextChoice::Qa => TextKind::Qa,
                TextChoice::Design => TextKind::Design,
                TextChoice::None if choices.len() == 1 => return Ok(None),
                TextChoice::None => {
                    return Err(Error::Usage(
                        "--text none cannot be combined with other kinds".into(),
                    ));
                }
            };
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        if !kinds.is_empty() && !has_model {
            return Err(Error::Usage("--text needs --model: only a model writes free text".into()));
        }
        if self.lang.trim().is_empty() {
            return Err(Error::Usage("--lang is empty; name a language, such as English".into()));
        }
        kinds.sort_unstable();
        Ok((!kinds.is_empty()).then(|| TextOptions { kinds, lang: self.lang.trim().to_owned() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: Option<Vec<TextChoice>>, has_model: bool) -> Result<Vec<TextKind>> {
        let options = TextArgs { text, lang: "English".into() }.options(has_model)?;
        Ok(options.map_or_else(Vec::new, |options| options.kinds))
    }

    #[test]
    fn a_model_writes_all_kinds_unless_it_is_told_otherwise() {
        use TextChoice::{Design, None as Nothing, Qa};
        assert_eq!(kinds(None, true).unwrap(), [TextKind::Qa, TextKind::Design]);
        assert_eq!(kinds(None, false).unwrap(), []);
        assert_eq!(
            kinds(Some(vec![Design, Qa, Design]), true).unwrap(),
            [TextKind::Qa, TextKind::Design]
        );
        assert_eq!(kinds(Some(vec![Nothing]), true).unwrap(), []);
        assert!(matches!(kinds(Some(vec![Nothing, Qa]), true), Err(Error::Usage(_))));
        assert!(matches!(kinds(Some(vec![Qa]), false), Err(Error::Usage(_))));
    }
}
