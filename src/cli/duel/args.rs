//! The options that the steps of a duel share.
//!
//! Invariant: what the command line says comes before `chain.toml`, and that before what the folder says of its own gate.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::alpha::parse_alpha;
use super::chain::Chain;
use crate::cli::args::units::{parse_non_negative, parse_share};
use crate::error::{Error, Result};
use crate::measure::duel::Panel;
use crate::measure::duel::gate::Gate;
use crate::measure::duel::reference::Thresholds;
use crate::pipeline::duel::contest::Options;
use crate::pipeline::duel::prepare::Choice;

/// Which turns are chosen, and what they come from.
#[derive(Debug, Args)]
pub(super) struct ChoiceArgs {
    /// Pull requests with `instance_id` and `patch`, which only the challenger is shown; a file, or hf://owner/name[@revision][/file]
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
    #[arg(long, env = "TGSAND_ALPHA", value_name = "0…1", value_parser = parse_alpha)]
    alpha: Option<f64>,
    /// Decide by our own gate, or by that of the reference, which takes turns of one instance for independent [default: own]
    #[arg(long, env = "TGSAND_GATE", value_enum, value_name = "own|reference")]
    gate: Option<GateChoice>,
    #[command(flatten)]
    layout: LayoutArgs,
}

/// Which files are read and written.
#[derive(Debug, Args)]
pub(super) struct LayoutArgs {
    /// Read and write the reference's own files as well: answer/*.json, score/*.json and _duel.json
    #[arg(
        long,
        env = "TGSAND_LAYOUT",
        value_enum,
        default_value_t = LayoutChoice::Own,
        value_name = "own|reference"
    )]
    layout: LayoutChoice,
}

/// A `chain.toml`.
#[derive(Debug, Args)]
pub(super) struct ChainArgs {
    /// `chain.toml` of the reference, for the settings in [judge] and [duel] that no option states
    #[arg(long, env = "TGSAND_CHAIN", value_name = "FILE")]
    chain: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GateChoice {
    Own,
    Reference,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LayoutChoice {
    Own,
    Reference,
}

impl LayoutArgs {
    /// Whether the reference's own files are read and written.
    pub(super) fn is_reference(&self) -> bool {
        self.layout == LayoutChoice::Reference
    }
}

impl ChainArgs {
    /// Reads the file, if one is named.
    pub(super) fn read(&self) -> Result<Chain> {
        self.chain.as_deref().map_or_else(|| Ok(Chain::default()), Chain::read)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PanelChoice {
    Mean,
    Median,
}

impl ChoiceArgs {
    /// The choice that the options state.
    pub(super) fn choice(&self, chain: &Chain) -> Result<Choice> {
        let excluded = match &self.exclude {
            Some(path) => std::fs::read_to_string(path).map_err(Error::input(path))?,
            None => String::new(),
        };
        let ids = excluded.lines().map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned);
        Ok(Choice {
            seed: self.seed,
            turns: self.turns.or(chain.duel.n_samples).unwrap_or(100),
            per_instance: self.per_instance.or(chain.duel.max_turns_per_sample).unwrap_or(2).max(1),
            max_history: self.max_history,
            excluded: ids.collect::<BTreeSet<String>>(),
        })
    }
}

impl GateArgs {
    /// Whether the reference's own files are read and written.
    pub(super) fn is_reference_layout(&self) -> bool {
        self.layout.is_reference()
    }

    /// How the duel is decided; what the options and `chain.toml` leave open is taken from `base`.
    pub(super) fn options(&self, base: Options, chain: &Chain) -> Result<Options> {
        let panel = self.panel.map(|panel| match panel {
            PanelChoice::Mean => Panel::Mean,
            PanelChoice::Median => Panel::Median,
        });
        let gate = Gate {
            panel: panel.unwrap_or(base.gate.panel),
            alpha: self.alpha.or(chain.duel.gate_alpha).unwrap_or(base.gate.alpha),
            win_margin: self.win_margin.or(chain.duel.win_margin).unwrap_or(base.gate.win_margin),
            min_valid_fraction: self
                .min_valid
                .or(chain.duel.min_valid_turn_frac)
                .unwrap_or(base.gate.min_valid_fraction),
            ..base.gate
        };
        let of_reference = match self.gate {
            Some(GateChoice::Own) => None,
            Some(GateChoice::Reference) => Some(base.reference.unwrap_or_default()),
            None => base.reference,
        };
        let reference = of_reference.map(|thresholds| Thresholds {
            gate_alpha: gate.alpha,
            win_margin: gate.win_margin,
            min_valid_turn_frac: gate.min_valid_fraction,
            bootstrap_resamples: chain
                .duel
                .bootstrap_resamples
                .unwrap_or(thresholds.bootstrap_resamples),
        });
        if reference.is_some() && base.until_decided {
            let why =
                "--until-decided needs our own gate: that of the reference looks at all turns once";
            return Err(Error::Usage(why.into()));
        }
        Ok(Options { gate, reference, reference_files: self.is_reference_layout(), ..base })
    }
}
