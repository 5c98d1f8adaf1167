//! The models of a duel: contestants and judges.
//!
//! Invariant: no judge is of a contestant's family unless it is allowed, and no two judges have the same name.

use std::collections::BTreeSet;

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
        let judges = open_judges(named, models)?;
        if !self.allow_family {
            judges.iter().try_for_each(|judge| refuse_family(judge.name(), contestants))?;
        }
        Ok(judges)
    }
}

/// Opens judges, each once. They are asked what they think likeliest.
pub(super) fn open_judges(names: &[String], models: &mut Models<'_>) -> Result<Vec<Respondent>> {
    const TEMPERATURE: f64 = 0.0;
    let judges = names.iter().map(|name| models.beside(name, TEMPERATURE));
    let judges = judges.collect::<Result<Vec<_>>>()?;
    let mut seen = BTreeSet::new();
    match judges.iter().find(|judge| !seen.insert(judge.name())) {
        Some(twice) => {
            let name = twice.name();
            let why = format!("the panel has {name} twice; its verdicts would count twice");
            Err(Error::Usage(why))
        }
        None => Ok(judges),
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

/// Models of one maker that have other names than their family.
const KIN: [(&str, &[&str]); 5] = [
    ("gpt", &["o", "chatgpt", "codex", "davinci"]),
    ("mistral", &["mixtral", "codestral", "ministral", "devstral", "magistral", "pixtral"]),
    ("llama", &["codellama"]),
    ("qwen", &["qwq", "qvq"]),
    ("gemini", &["gemma", "codegemma", "palm"]),
];

/// The name of a model's family: its first word, without the maker before it and the version after it.
fn family(name: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let word: String = name.chars().take_while(|c| c.is_alphabetic()).collect();
    let kin = KIN.iter().find(|(_, others)| others.contains(&word.as_str()));
    kin.map_or(word, |(family, _)| (*family).to_owned())
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
        for name in
            ["openai/o1", "o3-mini", "o4-mini-high", "gpt-4o", "chatgpt-4o-latest", "gpt-oss-120b"]
        {
            assert_eq!(family(name), "gpt", "{name}");
        }
        assert_eq!(family("mistralai/Mixtral-8x7B"), family("codestral-latest"));
        assert_ne!(family("olmo-2"), family("o3"));
    }
}
