//! The options that the steps of a duel share.
//!
//! Invariant: what the command line says comes before `chain.toml`, and that before what the folder says of its own gate.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::args::units::{parse_non_negative, parse_share};
use crate::error::{Error, Result};
use crate::measure::duel::Panel;
use crate::measure::duel::gate::Gate;
use crate::pipeline::duel::prepare::Choice;

/// Which turns are chosen, and what they come from.
#[derive(Debug, Args)]
pub(super) struct ChoiceArgs {
    /// Pull requests with `instance_id` and `patch`, which only the challenger is shown
    #[arg(long, env = "TGSAND_PULL_REQUESTS", value_name = "FILE")]
    pub pull_requests: Option<PathBuf>,
    /// Seed for all random choices
    #[arg(long, env = "TGSAND_SEED", default_value_t = 0)]
    seed: u64,
    /// Turns to choose [default: 100]
    #[arg(long, env = "TGSAND_TURNS", value_name = "N")]
    turns: Option<usize>,
    /// Turns of one instance at most [default: 2]
    #[arg(long, env = "TGSAND_PER_INSTANCE", value_name = "N")]
    per_instance: Option<usize>,
    /// Characters of a conversation at most
    #[arg(long, env = "TGSAND_MAX_HISTORY", default_value_t = 60_000, value_name = "N")]
    max_history: usize,
    /// File with instance ids that are left out, one a line
    #[arg(long, env = "TGSAND_EXCLUDE", value_name = "FILE")]
    exclude: Option<PathBuf>,
}

/// How a duel is decided.
#[derive(Debug, Args)]
pub(super) struct GateArgs {
    /// How the verdicts of the panel become one [default: mean]
    #[arg(long, env = "TGSAND_PANEL", value_enum)]
    panel: Option<PanelChoice>,
    /// Least lead of the challenger, in points of 100 [default: 2]
    #[arg(long, env = "TGSAND_WIN_MARGIN", value_name = "POINTS", value_parser = parse_non_negative)]
    win_margin: Option<f64>,
    /// Least share of turns that most of the panel judged [default: 0.5]
    #[arg(long, env = "TGSAND_MIN_VALID", value_name = "0…1", value_parser = parse_share)]
    min_valid: Option<f64>,
    /// Chance to accept a challenger that is no better [default: 0.05]
    #[arg(long, env = "TGSAND_ALPHA", value_name = "0…1", value_parser = parse_share)]
    alpha: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PanelChoice {
    Mean,
    Median,
}

impl ChoiceArgs {
    /// The choice that the options state.
    pub(super) fn choice(&self) -> Result<Choice> {
        let excluded = match &self.exclude {
            Some(path) => std::fs::read_to_string(path).map_err(Error::input(path))?,
            None => String::new(),
        };
        let ids = excluded.lines().map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned);
        Ok(Choice {
            seed: self.seed,
            turns: self.turns.unwrap_or(100),
            per_instance: self.per_instance.unwrap_or(2).max(1),
            max_history: self.max_history,
            excluded: ids.collect::<BTreeSet<String>>(),
        })
    }
}

impl GateArgs {
    /// The gate, with what the options leave open taken from this one.
    pub(super) fn gate(&self, base: Gate) -> Gate {
        let panel = self.panel.map(|panel| match panel {
            PanelChoice::Mean => Panel::Mean,
            PanelChoice::Median => Panel::Median,
        });
        Gate {
            panel: panel.unwrap_or(base.panel),
            alpha: self.alpha.unwrap_or(base.alpha),
            win_margin: self.win_margin.unwrap_or(base.win_margin),
            min_valid_fraction: self.min_valid.unwrap_or(base.min_valid_fraction),
            ..base
        }
    }
}
