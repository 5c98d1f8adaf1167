//! The option of commands that ask a model with prompts of a user's own.

use std::path::PathBuf;

use clap::Args;

use crate::ask::prompt::Prompts;
use crate::error::Result;
use crate::pipeline;

/// Where prompts come from.
#[derive(Debug, Clone, Args)]
pub struct PromptArgs {
    /// Folder of prompts that override the built-in ones with the same relative paths
    #[arg(long, env = "TGSAND_PROMPTS", value_name = "DIR")]
    prompts: Option<PathBuf>,
}

impl PromptArgs {
    /// The prompts of a run; each file of the folder has been rendered once.
    pub fn open(&self) -> Result<Prompts> {
        match &self.prompts {
            Some(folder) => Prompts::open(folder, &pipeline::prompts()),
            None => Ok(Prompts::default()),
        }
    }
}
