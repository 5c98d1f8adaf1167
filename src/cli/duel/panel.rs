//! The models of a duel: contestants and judges.
//!
//! Invariant: no judge is of a contestant's family unless it is allowed, and no two judges have the same name.

use clap::Args;

use super::chain::Chain;
use crate::ask::respondent::Respondent;
use crate::cli::args::models::Models;
use crate::error::{Error, Result};

/// Who judges.
#[derive(Debug, Args)]
pub(super) struct PanelArgs {
    /// Models that judge (comma-separated); names, or endpoints in `tgsand.toml` [default: those of `chain.toml`]
    #[arg(long, env = "TGSAND_JUDGE", value_delimiter = ',', value_name = "NAME,…")]
    judge: Vec<String>,
    /// Let models of a contestant's family judge
    #[arg(long, env = "TGSAND_ALLOW_FAMILY")]
    allow_family: bool,
}

impl PanelArgs {
    /// Opens the judges, who judge what these contestants wrote.
    pub(super) fn open(
        &self,
        models: &mut Models<'_>,
        chain: &Chain,
        contestants: &[&str],
    ) -> Result<Vec<Respondent>> {
        let named = if self.judge.is_empty() { &chain.judge.models } else { &self.judge };
        if named.is_empty() {
            let why =
                "name the models that judge with --judge, or a chain.toml that does with --chain";
            return Err(Error::Usage(why.into()));
        }
        // Judges are asked what they think likeliest.
        let judges = named.iter().map(|name| models.beside(name, 0.0));
        let judges = judges.collect::<Result<Vec<_>>>()?;
        for (place, judge) in judges.iter().enumerate() {
            let name = judge.name();
            if judges.iter().take(place).any(|other| other.name() == name) {
                let why = format!("the panel has {name} twice; its verdicts would count twice");
                return Err(Error::Usage(why));
            }
            if !self.allow_family {
                refuse_family(name, contestants)?;
            }
        }
        Ok(judges)
    }
}

/// Judges prefer what models of their own family write (Panickssery, Bowman and Feng 2024).
fn refuse_family(judge: &str, contestants: &[&str]) -> Result<()> {
    match contestants.iter().find(|name| family(name) == family(judge)) {
        Some(kin) => Err(Error::Usage(format!(
            "{judge} is of the same family as {kin}, whose turns it would judge; name another judge, or allow it with --allow-family"
        ))),
        None => Ok(()),
    }
}

/// The name of a model's family: its first word, without the maker before it and the version after it.
fn family(name: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    name.chars().take_while(|c| c.is_alphabetic()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_the_first_word_of_a_name() {
        for name in ["Qwen/Qwen2.5-Coder-7B", "qwen3", "qwen-max"] {
            assert_eq!(family(name), "qwen");
        }
        assert_eq!(family("meta-llama/Llama-3.1-8B"), "llama");
    }
}
