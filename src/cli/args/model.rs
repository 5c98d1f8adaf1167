//! The options that name a model and how it is asked.
//!
//! Invariant: what the command line says comes before what the endpoint in `tgsand.toml` says.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::Args;

use super::units::{parse_count, parse_non_negative, parse_object, parse_price, parse_share};
use crate::cli::cache::ReplyCacheArgs;
use crate::cli::config::{Config, Endpoint};
use crate::error::{Error, Result};
use crate::model::batch::BatchWriter;
use crate::model::budget::{BudgetError, Ledger};
use crate::model::replay::{Recorder, Replay};
use crate::model::{
    self, Budget, Cache, Model, ModelError, Protocol, Sampling, Secret, Server, Setup, Source,
};
use crate::report::stderr::tell;

/// The variable that holds a key if none is named.
const KEY_VARIABLE: &str = "TGSAND_API_KEY";
const BASE_URL: &str = "TGSAND_BASE_URL";
pub const DEFAULT_TEMPERATURE: f64 = 0.2;
const DEFAULT_REPLY_TOKENS: u32 = 1500;
const DEFAULT_TIMEOUT: u64 = 120;
const DEFAULT_RETRIES: u32 = 6;
const DEFAULT_PATIENCE: u64 = 300;
/// In seconds; nobody waits longer.
const YEAR: u64 = 366 * 24 * 60 * 60;
/// The most requests that a server is found to make use of by itself.
const WIDEST: usize = 256;

/// The options of every command that can ask a model.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Model")]
pub struct ModelArgs {
    /// Model to ask, or name of an endpoint in `tgsand.toml`
    #[arg(long, env = "TGSAND_MODEL", value_name = "NAME")]
    model: Option<String>,
    /// OpenAI-compatible server, up to and including `/v1`
    #[arg(long, env = BASE_URL, value_name = "URL")]
    base_url: Option<String>,
    /// Environment variable that holds the server's key [default: TGSAND_API_KEY]
    #[arg(long, env = "TGSAND_API_KEY_ENV", value_name = "NAME", conflicts_with = "api_key_file")]
    api_key_env: Option<String>,
    /// File that holds the server's key
    #[arg(long, env = "TGSAND_API_KEY_FILE", value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// Sampling temperature [default: 0.2]
    #[arg(long, env = "TGSAND_TEMPERATURE", value_parser = parse_non_negative)]
    temperature: Option<f64>,
    /// Probability mass to sample from
    #[arg(long, env = "TGSAND_TOP_P", value_parser = parse_share)]
    top_p: Option<f64>,
    /// Seed for sampling, if the server supports one
    #[arg(long, env = "TGSAND_SAMPLING_SEED", value_name = "N")]
    sampling_seed: Option<i64>,
    /// Text that ends a reply; can be given more than once
    #[arg(long, value_name = "TEXT")]
    stop: Vec<String>,
    /// How hard a reasoning model thinks: low, medium, high
    #[arg(long, env = "TGSAND_REASONING_EFFORT", value_name = "LEVEL")]
    reasoning_effort: Option<String>,
    /// Additional fields for the request body, as a JSON object
    #[arg(long, env = "TGSAND_EXTRA", value_name = "JSON", value_parser = parse_object)]
    extra: Option<serde_json::Map<String, serde_json::Value>>,
    /// Maximum tokens per reply [default: 1500]
    #[arg(long, env = "TGSAND_MAX_REPLY_TOKENS", value_name = "N")]
    max_reply_tokens: Option<u32>,
    /// Stream replies, so that only a pause counts against the time-out
    #[arg(long, env = "TGSAND_STREAM")]
    stream: bool,
    /// Maximum concurrent requests [default: adapts to the server]
    #[arg(long, env = "TGSAND_MAX_CONCURRENT", value_name = "N")]
    max_concurrent: Option<usize>,
    /// Maximum requests per minute
    #[arg(long, env = "TGSAND_REQUESTS_PER_MINUTE", value_name = "N")]
    requests_per_minute: Option<u32>,
    /// Maximum tokens per minute
    #[arg(long, env = "TGSAND_TOKENS_PER_MINUTE", value_name = "N")]
    tokens_per_minute: Option<u32>,
    /// Seconds to wait for a reply, or for more text of one that is streamed [default: 120]
    #[arg(long, env = "TGSAND_TIMEOUT", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=YEAR))]
    timeout: Option<u64>,
    /// Maximum retries after a transient failure [default: 6]
    #[arg(long, env = "TGSAND_MAX_RETRIES", value_name = "N")]
    max_retries: Option<u32>,
    /// Seconds to wait for a server that is down [default: 300]
    #[arg(long, env = "TGSAND_PATIENCE", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=YEAR))]
    patience: Option<u64>,
    /// Stop before the run costs more than this
    #[arg(long, env = "TGSAND_MAX_COST", value_name = "USD", allow_negative_numbers = true, value_parser = parse_non_negative)]
    max_cost: Option<f64>,
    /// Stop before the run uses more tokens than this, prompts and replies together
    #[arg(long, env = "TGSAND_MAX_TOKENS", value_name = "N", value_parser = parse_count)]
    max_tokens: Option<u64>,
    /// USD per million tokens of prompts and of replies
    #[arg(long, env = "TGSAND_PRICE", value_name = "PROMPT,REPLY", value_parser = parse_price)]
    price: Option<model::Price>,
    /// Dry run: count requests and estimate their cost without sending any
    #[arg(long, conflicts_with_all = ["batch", "replay"])]
    estimate: bool,
    /// `write DIR`: put requests into OpenAI batch files instead of sending them; `read DIR`: take
    /// the replies from there
    #[arg(long, num_args = 2, value_names = ["write|read", "DIR"], conflicts_with = "replay")]
    batch: Option<Vec<String>>,
    /// Write each request and its reply to DIR/replies.jsonl
    #[arg(long, env = "TGSAND_RECORD", value_name = "DIR")]
    record: Option<PathBuf>,
    /// Take replies only from DIR/replies.jsonl, and stop at a request that is not in it
    #[arg(long, env = "TGSAND_REPLAY", value_name = "DIR")]
    replay: Option<PathBuf>,
    #[command(flatten)]
    reply_cache: ReplyCacheArgs,
    /// Also use cached replies of this model's name from another server or an earlier checkpoint
    #[arg(long, env = "TGSAND_REUSE_REPLIES")]
    reuse_replies: bool,
    /// Do not read or write the reply cache
    #[arg(long, env = "TGSAND_NO_CACHE", conflicts_with = "batch")]
    no_cache: bool,
}

impl ModelArgs {
    /// Makes the model that the options and the endpoint they name describe, if they name one.
    ///
    /// It sends nothing once `stop` is set.
    pub fn open(
        &self,
        config: &Config,
        stop: &Arc<AtomicBool>,
    ) -> Result<Option<(Model, Sampling)>> {
        self.open_sharing(None, config, stop)
    }

    /// The same, sharing cache, recorder and budget with the first model, if there is one.
    pub fn open_sharing(
        &self,
        first: Option<&Model>,
        config: &Config,
        stop: &Arc<AtomicBool>,
    ) -> Result<Option<(Model, Sampling)>> {
        let Some(name) = &self.model else { return self.nothing_without_a_model().map(|()| None) };
        let asked = (Protocol::Chat, DEFAULT_TEMPERATURE);
        self.open_named(name, first, asked, config, stop).map(Some)
    }

    /// Whether requests are only counted.
    pub fn is_estimate(&self) -> bool {
        self.estimate
    }

    /// Whether the options name a model.
    pub fn is_named(&self) -> bool {
        self.model.is_some()
    }

    /// Makes another model, which shares cache, recorder and budget with the first one, if there is one. What an endpoint in
    /// `tgsand.toml` says of its own server comes before the command line, which speaks of the first model. If neither states
    /// a temperature, this one is used.
    pub fn open_beside(
        &self,
        name: &str,
        first: Option<&Model>,
        temperature: f64,
        config: &Config,
        stop: &Arc<AtomicBool>,
    ) -> Result<(Model, Sampling)> {
        if self.batch.is_some() {
            let why = "--batch takes the requests of one model; leave out the other models";
            return Err(Error::Usage(why.into()));
        }
        let own = self.for_another(name, config);
        own.open_named(name, first, (Protocol::Chat, temperature), config, stop)
    }

    /// Makes a model that gives the vectors of texts; otherwise the same.
    pub fn open_embeddings(
        &self,
        name: &str,
        first: Option<&Model>,
        config: &Config,
        stop: &Arc<AtomicBool>,
    ) -> Result<Model> {
        let files = [
            ("--batch", self.batch.is_some()),
            ("--record", self.record.is_some()),
            ("--replay", self.replay.is_some()),
        ];
        if let Some((option, _)) = files.into_iter().find(|(_, is_given)| *is_given) {
            let why = format!("{option} does not hold embeddings; use it without them");
            return Err(Error::Usage(why));
        }
        let asked = (Protocol::Embeddings, DEFAULT_TEMPERATURE);
        let opened = self.for_another(name, config).open_named(name, first, asked, config, stop);
        opened.map(|(model, _)| model)
    }

    /// The options as they are meant for another model than the first.
    fn for_another(&self, name: &str, config: &Config) -> Self {
        let endpoint = config.endpoints.get(name).cloned().unwrap_or_default();
        let has_key = endpoint.api_key_env.is_some() || endpoint.api_key_file.is_some();
        Self {
            base_url: self.base_url.clone().filter(|_| endpoint.base_url.is_none()),
            price: self.price.filter(|_| endpoint.price.is_none()),
            api_key_env: self.api_key_env.clone().filter(|_| !has_key),
            api_key_file: self.api_key_file.clone().filter(|_| !has_key),
            temperature: self.temperature.filter(|_| endpoint.temperature.is_none()),
            ..self.clone()
        }
    }

    fn open_named(
        &self,
        name: &str,
        first: Option<&Model>,
        (protocol, temperature): (Protocol, f64),
        config: &Config,
        stop: &Arc<AtomicBool>,
    ) -> Result<(Model, Sampling)> {
        let endpoint = config.endpoints.get(name).cloned().unwrap_or_default();
        let known_as = endpoint.model.as_deref().unwrap_or(name);
        let server_config = self.server_config(known_as, &endpoint, config)?;
        let stop = Some(Arc::clone(stop));
        let server = Server::new(model::Config { protocol, stop, ..server_config })?;
        let price = self.price.or(endpoint.price);
        let usage = |error: BudgetError| Error::Usage(error.to_string());
        let mut setup = match first {
            Some(first) => Setup::beside(first, server, price).map_err(usage)?,
            None => {
                let budget = Budget { max_cost: self.max_cost, max_tokens: self.max_tokens };
                let ledger = Ledger::new(known_as, budget, price).map_err(usage)?;
                let recorder = self.record.as_deref().map(Recorder::open).transpose()?;
                let recorder = recorder.map(Arc::new);
                Setup { ledger, recorder, cache: self.cache()?, ..Setup::of(server) }
            }
        };
        setup.reuse = self.reuse_replies;
        if let Some(folder) = self.replay.as_deref().filter(|folder| !folder.is_dir()) {
            let why =
                format!("--replay {} is not a folder that --record has written", folder.display());
            return Err(Error::Usage(why));
        }
        setup.source = match (&self.replay, &setup.cache) {
            (Some(folder), _) => Source::Replay(Replay::open(folder)?),
            (None, Some(cache)) => self.source(&setup.server, cache)?,
            (None, None) if self.estimate => Source::Estimate,
            (None, None) => Source::Server,
        };
        Ok((Model::new(setup), self.sampling(&endpoint, temperature)))
    }

    /// The cache of replies, unless nothing is looked up in one.
    fn cache(&self) -> Result<Option<Arc<Cache>>> {
        let is_without = self.replay.is_some()
            || self.no_cache
            || self.estimate && !self.reply_cache.path().exists();
        (!is_without).then(|| Ok(Arc::new(Cache::open(&self.reply_cache.path())?))).transpose()
    }

    /// An option that needs a model to mean anything is not passed over in silence.
    fn nothing_without_a_model(&self) -> Result<()> {
        let given = [
            // A variable is set for all commands, also for those that ask no model.
            (
                "--base-url",
                self.base_url.is_some() && self.base_url != std::env::var(BASE_URL).ok(),
            ),
            ("--estimate", self.estimate),
            ("--batch", self.batch.is_some()),
            ("--replay", self.replay.is_some()),
            ("--record", self.record.is_some()),
        ];
        match given.into_iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) => {
                Err(Error::Usage(format!("{option} needs --model, the model's name")))
            }
            None => Ok(()),
        }
    }

    fn server_config(
        &self,
        known_as: &str,
        endpoint: &Endpoint,
        config: &Config,
    ) -> Result<model::Config> {
        let base_url = self.base_url.clone().or_else(|| endpoint.base_url.clone());
        // Whoever asks nobody needs no address.
        let is_offline = self.estimate || self.batch.is_some() || self.replay.is_some();
        let base_url = base_url.or_else(|| is_offline.then(|| "http://localhost/v1".to_owned())).ok_or_else(|| {
            let names: Vec<&str> = config.endpoints.keys().map(String::as_str).collect();
            let known = if names.is_empty() { String::new() } else { format!("; endpoints: {}", names.join(", ")) };
            Error::Usage(format!("the model {known_as} needs --base-url, the server's address, or an endpoint of that name in tgsand.toml{known}"))
        })?;
        Ok(model::Config {
            model: known_as.to_owned(),
            base_url,
            api_key: if is_offline { None } else { self.key(endpoint)? },
            max_concurrent: self.max_concurrent.or(endpoint.max_concurrent),
            requests_per_minute: self.requests_per_minute.or(endpoint.requests_per_minute),
            tokens_per_minute: self.tokens_per_minute.or(endpoint.tokens_per_minute),
            timeout: Duration::from_secs(
                self.timeout.or(endpoint.timeout).unwrap_or(DEFAULT_TIMEOUT),
            ),
            max_retries: self.max_retries.or(endpoint.max_retries).unwrap_or(DEFAULT_RETRIES),
            patience: Duration::from_secs(
                self.patience.or(endpoint.patience).unwrap_or(DEFAULT_PATIENCE),
            ),
            longest_reply: None,
            protocol: Protocol::Chat,
            stream: self.stream || endpoint.stream.unwrap_or(false),
            notice: Some(Arc::new(|text: &str| tell!("tgsand: {text}"))),
            stop: None,
        })
    }

    /// The key: what the command line names, what the endpoint names, or the variable that is ours.
    fn key(&self, endpoint: &Endpoint) -> Result<Option<Secret>> {
        let named = match (&self.api_key_env, &self.api_key_file) {
            (None, None) => (&endpoint.api_key_env, &endpoint.api_key_file),
            named => named,
        };
        let key = match named {
            (Some(variable), _) => Some(Secret::from_env(variable)),
            (None, Some(file)) => Some(Secret::from_file(file)),
            (None, None) if std::env::var_os(KEY_VARIABLE).is_some() => {
                Some(Secret::from_env(KEY_VARIABLE))
            }
            (None, None) => None,
        };
        Ok(key.transpose().map_err(ModelError::from)?)
    }

    fn source(&self, server: &Server, cache: &Cache) -> Result<Source> {
        Ok(match self.batch.as_deref() {
            Some([action, folder]) if action == "write" => {
                Source::BatchWrite(BatchWriter::open(Path::new(folder))?)
            }
            Some([action, folder]) if action == "read" => {
                model::read_batch(Path::new(folder), server, cache, |text| {
                    tell!("tgsand: {text}");
                })?
            }
            Some(_) => return Err(Error::Usage("--batch takes `write DIR` or `read DIR`".into())),
            None if self.estimate => Source::Estimate,
            None => Source::Server,
        })
    }

    fn sampling(&self, endpoint: &Endpoint, temperature: f64) -> Sampling {
        let mut extra = endpoint.extra.clone();
        extra.extend(self.extra.clone().unwrap_or_default());
        Sampling {
            temperature: self.temperature.or(endpoint.temperature).or(Some(temperature)),
            top_p: self.top_p.or(endpoint.top_p),
            max_tokens: self
                .max_reply_tokens
                .or(endpoint.max_reply_tokens)
                .or(Some(DEFAULT_REPLY_TOKENS)),
            seed: self.sampling_seed.or(endpoint.sampling_seed),
            stop: if self.stop.is_empty() { endpoint.stop.clone() } else { self.stop.clone() },
            reasoning_effort: self
                .reasoning_effort
                .clone()
                .or_else(|| endpoint.reasoning_effort.clone()),
            extra,
        }
    }

    /// The same options for a trial: no second try unless one is asked for, and nothing kept.
    pub fn without_patience(self) -> Self {
        let (max_retries, timeout) = (self.max_retries.or(Some(0)), self.timeout.or(Some(30)));
        Self { max_retries, timeout, no_cache: true, ..self }
    }

    /// The file that replies are kept in.
    pub fn reply_cache_path(&self) -> PathBuf {
        self.reply_cache.path()
    }

    /// Explains what to do with a batch that was written.
    pub fn tell_batch(&self, model: &Model) {
        if let Some([action, folder]) = self.batch.as_deref()
            && action == "write"
        {
            match model.unasked().requests {
                0 => tell!("tgsand: no requests are left"),
                requests => tell!(
                    "tgsand: {requests} requests are in {folder}; submit them, put the result files there, and rerun with --batch read {folder}"
                ),
            }
        }
    }

    /// Records worth having in work at a time, so that requests can wait side by side; none without a model.
    pub fn window(&self) -> usize {
        if self.model.is_some() { 2 * self.max_concurrent.unwrap_or(WIDEST) } else { 0 }
    }
}
