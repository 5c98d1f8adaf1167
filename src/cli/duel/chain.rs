//! The reference's `chain.toml`: its judges and the settings of its duels.
//!
//! Invariant: a key of [judge] or [duel] that is not used is named.

use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use super::alpha::is_alpha;
use crate::cli::config::{Config, Endpoint, fault};
use crate::error::{Error, Result};
use crate::pipeline::duel::judge::Metric;
use crate::report::stderr::tell;

/// The settings of a file; what it does not state is left to the command line and its defaults.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Chain {
    pub judge: JudgeTable,
    pub duel: DuelTable,
}

/// `[judge]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct JudgeTable {
    pub models: Vec<String>,
    base_url_env: Option<String>,
    api_key_env: Option<String>,
    temperature: Option<f64>,
    metric_keys: Option<Vec<String>>,
    score_max_tokens: Option<u32>,
    thinking_max_tokens: Option<u32>,
    thinking_models: Vec<String>,
    retry_max: Option<u32>,
    call_timeout_s: Option<f64>,
    #[serde(flatten)]
    unused: Table,
}

/// `[duel]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DuelTable {
    pub n_samples: Option<usize>,
    pub max_turns_per_sample: Option<usize>,
    pub gate_alpha: Option<f64>,
    pub bootstrap_resamples: Option<usize>,
    pub win_margin: Option<f64>,
    pub min_valid_turn_frac: Option<f64>,
    #[serde(flatten)]
    unused: Table,
}

impl Chain {
    /// Reads a file. Its tables beside [judge] and [duel] are not for duels.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(Error::input(path))?;
        let wrong = |why: String| Error::Usage(format!("{}: {why}", path.display()));
        let chain: Self =
            toml::from_str(&text).map_err(|error| wrong(fault::in_words(&text, &error)))?;
        chain.check().map_err(wrong)?;
        let tables = [("judge", &chain.judge.unused), ("duel", &chain.duel.unused)];
        let unused = tables.iter().flat_map(|(table, keys)| {
            keys.iter()
                .filter(|(_, value)| !matches!(value, Value::Table(_)))
                .map(move |(key, _)| format!("{table}.{key}"))
        });
        let unused: Vec<String> = unused.collect();
        if !unused.is_empty() {
            tell!("tgsand: {}: not used: {}", path.display(), unused.join(", "));
        }
        Ok(chain)
    }

    fn check(&self) -> Result<(), String> {
        let keys = self.judge.metric_keys.iter().flatten();
        if let Some(other) = keys.into_iter().find(|key| Metric::from_name(key).is_none()) {
            let known: Vec<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
            return Err(format!(
                "judge.metric_keys has {other:?}; judges compare {}",
                known.join(", ")
            ));
        }
        if self.duel.gate_alpha.is_some_and(|alpha| !is_alpha(alpha)) {
            return Err("duel.gate_alpha is not a number above 0 and below 1".into());
        }
        if self.duel.min_valid_turn_frac.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err("duel.min_valid_turn_frac is not a number from 0 to 1".into());
        }
        let numbers = [
            ("temperature", self.judge.temperature),
            ("call_timeout_s", self.judge.call_timeout_s),
        ];
        for (key, number) in numbers {
            if number.is_some_and(|number| !(number.is_finite() && number >= 0.0)) {
                return Err(format!("judge.{key} is not a non-negative number"));
            }
        }
        if self.duel.win_margin.is_some_and(|margin| !(margin.is_finite() && margin >= 0.0)) {
            return Err("duel.win_margin is not a non-negative number".into());
        }
        if self.duel.bootstrap_resamples.is_some_and(|count| !(1..=1_000_000).contains(&count)) {
            return Err("duel.bootstrap_resamples is not a number from 1 to 1,000,000".into());
        }
        Ok(())
    }

    /// The configuration with an endpoint for each judge that `tgsand.toml` has none of. The variables that the file names count
    /// if they are set.
    pub(super) fn complete(&self, config: &Config) -> Config {
        let mut config = config.clone();
        let set = |name: &Option<String>| name.as_ref().and_then(|name| std::env::var(name).ok());
        for name in &self.judge.models {
            let thinks = self.judge.thinking_models.contains(name);
            let tokens =
                if thinks { self.judge.thinking_max_tokens } else { self.judge.score_max_tokens };
            let endpoint = Endpoint {
                base_url: set(&self.judge.base_url_env),
                api_key_env: self
                    .judge
                    .api_key_env
                    .clone()
                    .filter(|_| set(&self.judge.api_key_env).is_some()),
                temperature: self.judge.temperature,
                max_reply_tokens: tokens,
                max_retries: self.judge.retry_max,
                timeout: self.judge.call_timeout_s.map(|seconds| seconds.ceil().max(1.0) as u64),
                ..Endpoint::default()
            };
            config.endpoints.entry(name.clone()).or_insert(endpoint);
        }
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[chain]\nname = 'x'\n[judge]\nmodels = ['a/b', 'c']\nthinking_models = ['c']\nscore_max_tokens = 768\n\
        thinking_max_tokens = 4096\ntemperature = 0.0\nretry_max = 3\ncall_timeout_s = 300\nretry_initial_backoff_s = 1.5\n\
        metric_keys = ['correctness', 'grounding', 'progress', 'protocol', 'efficiency']\n\
        [duel]\nn_samples = 64\nmax_turns_per_sample = 10\ngate_alpha = 0.01\nwin_margin = 1.0\nmin_valid_turn_frac = 0.8\n";

    fn read(text: &str) -> Result<Chain> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chain.toml");
        std::fs::write(&path, text).unwrap();
        Chain::read(&path)
    }

    #[test]
    fn judges_become_endpoints_and_thinking_ones_may_write_more() {
        let chain = read(TEXT).unwrap();
        let config = chain.complete(&Config::default());
        let tokens = |name: &str| config.endpoints[name].max_reply_tokens;
        assert_eq!((tokens("a/b"), tokens("c")), (Some(768), Some(4096)));
        let endpoint = &config.endpoints["c"];
        assert_eq!(
            (endpoint.max_retries, endpoint.timeout, &endpoint.base_url),
            (Some(3), Some(300), &None)
        );
        assert_eq!((chain.duel.n_samples, chain.duel.win_margin), (Some(64), Some(1.0)));
    }

    #[test]
    fn a_value_that_means_nothing_is_an_error_that_names_it() {
        for (text, why) in [
            ("[judge]\nmodels = 'a'\n", "models"),
            ("[judge]\nmetric_keys = ['style']\n", "judge.metric_keys has \"style\""),
            ("[duel]\ngate_alpha = 2.0\n", "duel.gate_alpha is not a number above 0 and below 1"),
            ("[duel]\ngate_alpha = 0\n", "duel.gate_alpha is not a number above 0 and below 1"),
            ("[duel]\ngate_alpha = nan\n", "duel.gate_alpha is not a number above 0 and below 1"),
            ("[duel]\nmin_valid_turn_frac = nan\n", "duel.min_valid_turn_frac is not a number"),
            ("[judge]\ntemperature = nan\n", "judge.temperature is not a non-negative number"),
            (
                "[judge]\ncall_timeout_s = -inf\n",
                "judge.call_timeout_s is not a non-negative number",
            ),
            ("[duel]\nwin_margin = nan\n", "duel.win_margin is not a non-negative number"),
            ("[duel]\nbootstrap_resamples = 0\n", "duel.bootstrap_resamples"),
            ("[duel\n", "chain.toml"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
