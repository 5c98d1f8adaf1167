//! The pipelines: plain functions that nest stages.
//!
//! Invariant: pipelines never import each other.

pub mod autocode;
pub mod case2code;
pub mod duel;
pub mod eval;
pub mod filter;
pub mod optimize;
pub mod repo;
pub mod sft;
pub mod stats;
pub mod translate;

use crate::ask::prompt::Prompt;

/// Every prompt of every pipeline, which a folder of prompts may override.
pub fn prompts() -> Vec<Prompt> {
    [
        autocode::PROMPTS,
        case2code::PROMPTS,
        duel::PROMPTS,
        eval::PROMPTS,
        optimize::PROMPTS,
        repo::PROMPTS,
        translate::PROMPTS,
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::ask::prompt::Prompts;

    #[test]
    fn every_built_in_prompt_is_rendered_and_has_a_path_of_its_own() {
        let mut paths = BTreeSet::new();
        for prompt in prompts() {
            let text = match prompt.by_line {
                true => Prompts::default().render_line(&prompt, |_| 0, (prompt.specimen)()),
                false => Prompts::default().render(&prompt, (prompt.specimen)()),
            };
            let text = text.unwrap();
            assert!(text.len() > 10 && !text.contains("{{") && !text.contains("{%"), "{text}");
            assert!(paths.insert(prompt.path), "{} is declared twice", prompt.path);
        }
    }

    #[test]
    fn every_file_of_prompts_is_declared() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/prompts");
        let known = prompts();
        Prompts::open(std::path::Path::new(folder), &known).unwrap();
        let files = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
        assert_eq!(files.filter(|file| file.file_type().is_file()).count(), known.len());
    }
}
