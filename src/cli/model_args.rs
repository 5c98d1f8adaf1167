//! The options that name a model and how it is asked.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::error::{Error, Result};
use crate::model::{Config, Model, Sampling, Secret};
use crate::prompt::Prompts;
use crate::stage::propose::ModelProposer;

/// The options of every command that can ask a model.
#[derive(Debug, Clone, Args)]
pub struct ModelArgs {
    /// Ask this model for inputs and for text; without one the built-in proposer finds inputs
    #[arg(long, env = "TGSAND_MODEL", requires = "base_url", value_name = "NAME")]
    model: Option<String>,
    /// OpenAI-compatible server, up to and including `/v1`
    #[arg(long, env = "TGSAND_BASE_URL", value_name = "URL")]
    base_url: Option<String>,
    /// Environment variable that holds the server's key; servers of your own mostly need none
    #[arg(long, env = "TGSAND_API_KEY_ENV", value_name = "NAME")]
    api_key_env: Option<String>,
    /// Let the built-in proposer add what the model has not thought of
    #[arg(long, env = "TGSAND_TOP_UP")]
    top_up: bool,
    /// Folder of prompts that take the place of the built-in ones of the same relative paths
    #[arg(long, env = "TGSAND_PROMPTS", value_name = "DIR")]
    prompts: Option<PathBuf>,
    #[arg(long, env = "TGSAND_TEMPERATURE", default_value_t = 0.2)]
    temperature: f64,
    /// Longest reply
    #[arg(long, env = "TGSAND_MAX_TOKENS", default_value_t = 1500, value_name = "N")]
    max_tokens: u32,
    /// Requests in flight at a time
    #[arg(long, env = "TGSAND_MAX_CONCURRENT", default_value_t = 16, value_name = "N")]
    max_concurrent: usize,
    /// Seconds to wait for a reply
    #[arg(long, env = "TGSAND_TIMEOUT", default_value_t = 120, value_name = "SECONDS")]
    timeout: u64,
    /// Times to ask again after a failure that may pass
    #[arg(long, env = "TGSAND_MAX_RETRIES", default_value_t = 6, value_name = "N")]
    max_retries: u32,
}

impl ModelArgs {
    /// Makes the proposer that the options name, if they name one.
    pub fn proposer(&self) -> Result<Option<ModelProposer>> {
        // A broken prompt is told even where no model would read it.
        let prompts = self.prompts.as_deref().map_or_else(|| Ok(Prompts::builtin()), Prompts::open)?;
        let Some(name) = &self.model else { return Ok(None) };
        let base_url = self
            .base_url
            .clone()
            .ok_or_else(|| Error::Usage("--model needs --base-url, the server's address".into()))?;
        let api_key = self.api_key_env.as_deref().map(Secret::from_env).transpose()?;
        let model = Model::new(Config {
            model: name.clone(),
            base_url,
            api_key,
            max_concurrent: self.max_concurrent,
            timeout: Duration::from_secs(self.timeout),
            max_retries: self.max_retries,
        })?;
        let sampling =
            Sampling { temperature: Some(self.temperature), max_tokens: Some(self.max_tokens), ..Sampling::default() };
        Ok(Some(ModelProposer { model, sampling, prompts, top_up: self.top_up }))
    }

    /// Requests that may be in flight at a time; none without a model.
    pub fn concurrency(&self) -> usize {
        if self.model.is_some() { self.max_concurrent } else { 0 }
    }
}
