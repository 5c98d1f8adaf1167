//! Who takes part in a duel, and the settings of its steps as `run.json` states them.
//!
//! Invariant: a step keeps the settings of the steps before it and adds its own.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::prepare::Choice;
use crate::error::{Error, Result};
use crate::flow::settings;
use crate::measure::duel::gate::Gate;
use crate::measure::duel::reference::Thresholds;
use crate::sample::turn::DuelProvenance;

/// The name of the king whose turns are the dataset's own.
pub const DATASET: &str = "dataset";

/// Who takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    pub king: String,
    pub challenger: String,
    /// Seed for all random choices.
    pub seed: u64,
}

impl Default for Contest {
    fn default() -> Self {
        Self { king: "king".into(), challenger: "challenger".into(), seed: 0 }
    }
}

impl Contest {
    /// Those whom a row names.
    pub fn of(provenance: &DuelProvenance) -> Self {
        let DuelProvenance { king, challenger, seed, .. } = provenance;
        Self { king: king.clone(), challenger: challenger.clone(), seed: *seed }
    }

    /// What a report is called.
    pub fn title(&self) -> String {
        let king = if self.king == DATASET { "the dataset's turns" } else { &self.king };
        format!("{} against {king}", self.challenger)
    }
}

/// How a duel is decided.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Options {
    pub gate: Gate,
    /// Whether the duel ends as soon as it is decided.
    pub until_decided: bool,
    /// Decide as the reference does instead.
    pub reference: Option<Thresholds>,
    /// Write the reference's own files as well.
    pub reference_files: bool,
}

/// The settings of the steps so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Gate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_gate: Option<Thresholds>,
    #[serde(default)]
    pub until_decided: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub king: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenger: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judges: Vec<String>,
    /// Digests, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prompts: BTreeMap<String, String>,
}

/// What the steps before have left of themselves in a folder.
#[derive(Debug, Clone, Default)]
pub struct Earlier {
    /// The input of the first step.
    pub input: Option<String>,
    pub settings: Settings,
}

impl Earlier {
    /// Reads the `run.json` of a folder; settings of another pipeline count as none.
    pub fn of(folder: &Path) -> Result<Self> {
        let Some(mut report) = settings::report(folder)? else { return Ok(Self::default()) };
        let mut take = |name: &str| report.get_mut(name).map(Json::take).unwrap_or_default();
        let settings = take("settings");
        Ok(Self {
            input: take("input").as_str().map(str::to_owned),
            settings: serde_json::from_value(settings).unwrap_or_default(),
        })
    }
}

/// Refuses to replace the duel of others in a folder.
pub(super) fn refuse_other(folder: &Path, contest: &Contest) -> Result<()> {
    let Settings { king, challenger, .. } = Earlier::of(folder)?.settings;
    let (Some(king), Some(challenger)) = (king, challenger) else { return Ok(()) };
    let before = Contest { king, challenger, seed: contest.seed };
    if before == *contest {
        return Ok(());
    }
    let (folder, before, now) = (folder.display(), before.title(), contest.title());
    Err(Error::Usage(format!(
        "{folder} has the duel of {before}, which that of {now} would replace; name another --out, or remove the folder"
    )))
}

impl Settings {
    /// The settings with those of the choice.
    pub fn with_choice(self, choice: &Choice) -> Self {
        Self { choice: Some(choice.clone()), ..self }
    }

    /// The settings with the contestants and the digests of the prompts that they are asked with.
    pub fn with_contest(mut self, contest: &Contest, prompts: BTreeMap<String, String>) -> Self {
        self.prompts.extend(prompts);
        let (king, challenger) = (contest.king.clone(), contest.challenger.clone());
        Self { king: Some(king), challenger: Some(challenger), ..self }
    }

    /// The settings with the judges and the digests of the prompts that they are asked with.
    pub fn with_judges(mut self, judges: Vec<String>, prompts: BTreeMap<String, String>) -> Self {
        self.prompts.extend(prompts);
        Self { judges, ..self }
    }

    /// The settings with how the duel is decided.
    pub fn with_options(self, options: &Options) -> Self {
        Self {
            gate: Some(options.gate),
            reference_gate: options.reference,
            until_decided: options.until_decided,
            ..self
        }
    }
}
