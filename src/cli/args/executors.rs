//! The executors that `tgsand.toml` lists.
//!
//! Invariant: a command that runs programs in languages of executors opens all of them, so that a mistake in one shows at once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::cli::config::{Config, ExecutorTable};
use crate::error::{Error, Result};
use crate::executor::{self, Executor, Executors, OtherLanguage};
use crate::remote::Secret;
use crate::report::stderr::tell;

/// Programs that run at a time at most if the file does not say: a server that is overloaded lets programs time out.
const DEFAULT_CONCURRENT: usize = 4;
const DEFAULT_TIMEOUT: u64 = 120;
const DEFAULT_RUN_TIMEOUT: u64 = 30;
const DEFAULT_RETRIES: u32 = 6;
const DEFAULT_PATIENCE: u64 = 300;

/// Makes clients of the executors in `tgsand.toml`; they send nothing once `stop` is set.
pub fn open(config: &Config, stop: &Arc<AtomicBool>) -> Result<Executors> {
    let in_file = |why: String| Error::Usage(format!("{}: {why}", config.path().display()));
    let executors = config.executors.iter().map(|(name, table)| {
        let key = key(table).map_err(|why| in_file(format!("executor {name}: {why}")))?;
        let opened = Executor::new(settings(name, table, key, stop));
        opened.map_err(|error| in_file(error.to_string()))
    });
    let executors = executors.collect::<Result<Vec<_>>>()?;
    Executors::new(executors).map_err(|error| in_file(error.to_string()))
}

fn settings(
    name: &str,
    table: &ExecutorTable,
    api_key: Option<Secret>,
    stop: &Arc<AtomicBool>,
) -> executor::Config {
    let seconds = |given: Option<u64>, default| Duration::from_secs(given.unwrap_or(default));
    executor::Config {
        name: name.to_owned(),
        url: table.url.clone(),
        protocol: table.protocol,
        languages: table.languages.iter().map(|name| OtherLanguage::named(name)).collect(),
        api_key,
        max_concurrent: table.max_concurrent.unwrap_or(DEFAULT_CONCURRENT),
        timeout: seconds(table.timeout, DEFAULT_TIMEOUT),
        run_timeout: table.run_timeout.unwrap_or(DEFAULT_RUN_TIMEOUT),
        max_retries: table.max_retries.unwrap_or(DEFAULT_RETRIES),
        patience: seconds(table.patience, DEFAULT_PATIENCE),
        notice: Some(Arc::new(|text: &str| tell!("tgsand: {text}"))),
        stop: Some(Arc::clone(stop)),
    }
}

fn key(table: &ExecutorTable) -> std::result::Result<Option<Secret>, String> {
    let key = match (&table.api_key_env, &table.api_key_file) {
        (Some(_), Some(_)) => {
            return Err("set `api_key_env` or `api_key_file`, not both".to_owned());
        }
        (Some(variable), None) => Secret::from_env(variable).map(Some),
        (None, Some(file)) => Secret::from_file(file).map(Some),
        (None, None) => Ok(None),
    };
    key.map_err(|why| why.to_string())
}
