//! The options of `tgsand optimize --tech sel`.

use std::path::PathBuf;

use clap::Args;

use super::effect::Given;
use super::named;
use crate::ask::prompt::Prompts;
use crate::cli::args::models::Models;
use crate::cli::args::units::{parse_finite, parse_part, parse_positive, parse_share};
use crate::cli::config::Config;
use crate::error::{Error, Result};
use crate::pipeline::optimize::sample::Technique;
use crate::pipeline::optimize::select::{By, Keep, Points, References, Selecting};

/// The share that is selected if nothing else is said.
const RATIO: f64 = 0.2;

/// What is kept.
#[derive(Debug, Args)]
pub struct SelectArgs {
    /// sel: what to select by; more is better: diversity, maintainability, smells (a score, 10 for
    /// none), length, likeness (to `--like`), coverage (of branches, by the row's tests; runs them
    /// twice) or mutation-score (share of faulty variants that the row's tests reject; runs them on
    /// up to 20)
    #[arg(long, env = "TGSAND_BY", default_value = "diversity", value_name = "NAME", value_parser = parse_by)]
    by: By,
    /// sel: rows that programs should be like, for `--by likeness`
    #[arg(long, value_name = "FILE")]
    like: Option<PathBuf>,
    /// sel: model whose embeddings tell how far programs are from each other; a name, or an endpoint
    /// in `tgsand.toml` [default: none, pairs of tokens are compared]
    #[arg(long, env = "TGSAND_EMBEDDINGS_MODEL", value_name = "NAME")]
    embeddings_model: Option<String>,
    /// sel: keep this many rows
    #[arg(long, env = "TGSAND_TOPK", value_name = "N", group = "keep", value_parser = parse_positive)]
    topk: Option<usize>,
    /// sel: keep rows with at least this score
    #[arg(long, env = "TGSAND_THRESHOLD", value_name = "X", group = "keep", allow_negative_numbers = true, value_parser = parse_finite)]
    threshold: Option<f64>,
    /// sel: keep this share of the rows, rounded up [default: 0.2]
    #[arg(long, env = "TGSAND_RATIO", value_name = "0…1", group = "keep", value_parser = parse_part)]
    ratio: Option<f64>,
    /// sel: reject a program whose similarity to an earlier row's is at least this
    #[arg(long, env = "TGSAND_DEDUPE", default_value_t = 0.85, value_name = "0…1", value_parser = parse_share)]
    dedupe: f64,
    /// sel: keep near duplicates
    #[arg(long, env = "TGSAND_KEEP_DUPLICATES")]
    keep_duplicates: bool,
}

impl SelectArgs {
    pub(super) fn selecting(&self) -> Selecting {
        let keep = match (self.topk, self.threshold, self.ratio) {
            (Some(count), _, _) => Keep::TopK(count),
            (None, Some(least), _) => Keep::Threshold(least),
            (None, None, share) => Keep::Ratio(share.unwrap_or(RATIO)),
        };
        let dedupe = (!self.keep_duplicates).then_some(self.dedupe);
        Selecting { by: self.by, keep, dedupe }
    }

    /// Whether a model is asked for embeddings.
    pub(super) fn asks_a_model(&self, chosen: &[Technique]) -> bool {
        let selects = chosen.contains(&Technique::Select);
        selects && self.by.compares_programs() && self.embeddings_model.is_some()
    }

    /// Refuses options of `sel` that do not go together.
    pub(super) fn check(&self, chosen: &[Technique], given: &Given, config: &Config) -> Result<()> {
        if !chosen.contains(&Technique::Select) {
            return Ok(());
        }
        let why = match (self.by, &self.like) {
            (By::Likeness, None) => {
                "--by likeness compares with the rows of a file; name it with --like".to_owned()
            }
            (by, Some(_)) if by != By::Likeness => {
                format!("--like has no effect with --by {}; use --by likeness", by.name())
            }
            (by, _) if given.has("embeddings_model", config) && !by.compares_programs() => {
                let by = by.name();
                format!(
                    "--embeddings-model has no effect with --by {by}; use diversity or likeness"
                )
            }
            _ => return Ok(()),
        };
        Err(Error::Usage(why))
    }

    /// Opens the model of embeddings and reads the rows to be like.
    pub(super) fn open(&self, models: &mut Models<'_>, prompts: &Prompts) -> Result<Points> {
        if !self.by.compares_programs() {
            return Ok(Points::default());
        }
        let model = self.embeddings_model.as_deref().map(|name| models.embeddings(name));
        let like = self.like.as_deref().map(|file| References::read(file, prompts));
        Ok(Points { model: model.transpose()?, like: like.transpose()? })
    }
}

fn parse_by(name: &str) -> std::result::Result<By, String> {
    let known: Vec<&str> = By::ALL.iter().map(|it| it.name()).collect();
    named(name, By::from_name(name), &known)
}
