//! The contents of `tgsand.toml`: options, the endpoints of models, and executors.
//!
//! Invariant: the command line takes precedence over the environment, the environment over the
//! file; an unknown key is an error.

pub mod fault;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Command};
use serde::Deserialize;
use toml::{Table, Value};

use crate::error::{Error, Result};
use crate::executor::Protocol;
use crate::model::Price;

/// The file that is read if the command line names none.
const FILE: &str = "tgsand.toml";

/// The settings of a file.
#[derive(Debug, Clone, Default)]
pub struct Config {
    path: PathBuf,
    /// Options by name, for every command that has them.
    shared: Table,
    /// Options of one command.
    commands: BTreeMap<String, Table>,
    /// Where models are, by the names that `--model` takes.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Servers that run programs, by the names that results have for them.
    pub executors: BTreeMap<String, ExecutorTable>,
}

/// A server that runs programs in languages that the sandbox lacks.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecutorTable {
    /// The URL that the protocol's path is appended to.
    pub url: String,
    pub protocol: Protocol,
    /// The languages of the programs that it runs, by any of their names.
    pub languages: Vec<String>,
    /// The environment variable that holds the key.
    pub api_key_env: Option<String>,
    pub api_key_file: Option<PathBuf>,
    /// Programs that run at a time at most.
    pub max_concurrent: Option<usize>,
    /// Seconds to wait for a reply.
    pub timeout: Option<u64>,
    /// Seconds that the server is to give a program.
    pub run_timeout: Option<u64>,
    pub max_retries: Option<u32>,
    /// Seconds to wait for a server that is down.
    pub patience: Option<u64>,
}

/// A model on a server, with its limits; settings that are absent are left to the command line and
/// its defaults.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Endpoint {
    /// The model's name, as the server knows it; the endpoint's own name if there is none.
    pub model: Option<String>,
    pub base_url: Option<String>,
    /// The environment variable that holds the key.
    pub api_key_env: Option<String>,
    pub api_key_file: Option<PathBuf>,
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
    pub sampling_seed: Option<i64>,
    pub stop: Vec<String>,
    pub reasoning_effort: Option<String>,
    pub max_reply_tokens: Option<u32>,
    /// More fields of the request's body.
    pub extra: serde_json::Map<String, serde_json::Value>,
    pub stream: Option<bool>,
    pub max_concurrent: Option<usize>,
    pub requests_per_minute: Option<u32>,
    pub tokens_per_minute: Option<u32>,
    /// Seconds.
    pub timeout: Option<u64>,
    pub max_retries: Option<u32>,
    /// Seconds to wait for a server that is down.
    pub patience: Option<u64>,
    /// USD per million tokens.
    pub price: Option<Price>,
}

impl Config {
    /// Reads a file; without a name, the one in the current folder if there is one.
    pub fn read(named: Option<&Path>, cli: &Command) -> Result<Self> {
        let path = named.unwrap_or(Path::new(FILE));
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, path, cli),
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(error) => Err(Error::Usage(format!("failed to read {}: {error}", path.display()))),
        }
    }

    /// The file that was read, or would have been.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn parse(text: &str, path: &Path, cli: &Command) -> Result<Self> {
        let wrong = |problem: String| Error::Usage(format!("{}: {problem}", path.display()));
        #[derive(Deserialize)]
        struct File {
            #[serde(default)]
            endpoints: BTreeMap<String, Endpoint>,
            #[serde(default)]
            executors: BTreeMap<String, ExecutorTable>,
            #[serde(flatten)]
            options: Table,
        }
        let File { endpoints, executors, options } =
            toml::from_str(text).map_err(|error| wrong(fault::in_words(text, &error)))?;
        let mut config = Self { path: path.into(), endpoints, executors, ..Self::default() };
        for (key, value) in options {
            match value {
                Value::Table(_) if matches!(key.as_str(), "endpoint" | "executor") => {
                    return Err(wrong(format!("no section [{key}]; write [{key}s.NAME]")));
                }
                Value::Table(table) => {
                    let command = cli
                        .find_subcommand(&key)
                        .ok_or_else(|| wrong(format!("no command `{key}`")))?;
                    let has = |name: &str| steps(command).iter().any(|step| has_option(step, name));
                    if let Some(unknown) = table.keys().find(|name| !has(name)) {
                        return Err(wrong(format!("`tgsand {key}` has no option `{unknown}`")));
                    }
                    config.commands.insert(key, table);
                }
                value => {
                    let mut commands = cli.get_subcommands().flat_map(steps);
                    if !commands.any(|command| has_option(command, &key)) {
                        return Err(wrong(format!("no command has an option `{key}`")));
                    }
                    config.shared.insert(key, value);
                }
            }
        }
        Ok(config)
    }

    /// Whether the file sets an option, for this command or for all.
    pub fn sets(&self, command: &str, option: &str) -> bool {
        let mut tables = [Some(&self.shared), self.commands.get(command)].into_iter().flatten();
        tables.any(|table| table.keys().any(|key| long(key) == long(option)))
    }

    /// Adds the file's options to a command line, after its command; what was given there or in the environment stays.
    pub fn complete(
        &self,
        line: &[OsString],
        matches: &ArgMatches,
        cli: &Command,
    ) -> Result<Vec<OsString>> {
        let Some((name, mut given)) = matches.subcommand() else { return Ok(line.to_vec()) };
        let Some(mut command) = cli.find_subcommand(name) else { return Ok(line.to_vec()) };
        let mut names = vec![name];
        if let Some((step, given_to_step)) = given.subcommand() {
            let found = command.find_subcommand(step).filter(|_| is_of_steps(command));
            // The options are those of the command itself.
            let Some(found) = found else { return Ok(line.to_vec()) };
            (command, given) = (found, given_to_step);
            names.push(step);
        }
        let mut options = self.shared.clone();
        options.extend(self.commands.get(name).cloned().unwrap_or_default());
        let mut added = Vec::new();
        for (key, value) in options {
            let Some(arg) = command.get_arguments().find(|arg| arg.get_long() == Some(&long(&key)))
            else {
                continue;
            };
            let source = given.value_source(arg.get_id().as_str());
            if matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable)) {
                continue;
            }
            let flag = matches!(arg.get_action(), ArgAction::SetTrue);
            match &value {
                // An option that takes no list is given once for each item.
                Value::Array(items) if arg.get_value_delimiter().is_none() => {
                    for item in items {
                        added.extend(self.argument(&key, item, flag)?);
                    }
                }
                _ => added.extend(self.argument(&key, &value, flag)?),
            }
        }
        let mut place = 1;
        for name in names {
            let after = line.iter().skip(place).position(|part| part == name);
            place = after.map_or(line.len(), |index| place + index + 1);
        }
        let (before, after) = line.split_at(place.min(line.len()));
        Ok([before, &added, after].concat())
    }

    /// Writes an option as the command line has it.
    fn argument(&self, key: &str, value: &Value, flag: bool) -> Result<Option<OsString>> {
        let name = long(key);
        let wrong =
            |expected| Error::Usage(format!("{}: `{key}` must be {expected}", self.path.display()));
        if flag {
            return match value {
                Value::Boolean(set) => Ok(set.then(|| format!("--{name}").into())),
                _ => Err(wrong("true or false")),
            };
        }
        Ok(Some(
            format!(
                "--{name}={}",
                text(value).ok_or_else(|| wrong("a string, a number or a list of them"))?
            )
            .into(),
        ))
    }
}

/// Whether a command has only steps, each with options of its own, such as `duel`.
fn is_of_steps(command: &Command) -> bool {
    command.has_subcommands()
        && command.is_subcommand_required_set()
        && command.get_arguments().all(|arg| arg.get_long() == Some("config"))
}

/// The steps of a command that has only steps, else the command itself.
fn steps(command: &Command) -> Vec<&Command> {
    if is_of_steps(command) { command.get_subcommands().collect() } else { vec![command] }
}

fn has_option(command: &Command, key: &str) -> bool {
    command.get_arguments().any(|arg| arg.get_long() == Some(&long(key)))
}

/// A key may be written with `_` or `-`.
fn long(key: &str) -> String {
    key.replace('_', "-")
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(value) => Some(value.to_string()),
        Value::Array(items) => {
            items.iter().map(text).collect::<Option<Vec<_>>>().map(|texts| texts.join(","))
        }
        Value::Table(_) | Value::Datetime(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::Arg;

    use super::*;

    fn cli() -> Command {
        Command::new("tgsand").subcommand(
            Command::new("synth")
                .arg(Arg::new("input").required(true))
                .arg(Arg::new("max_cost").long("max-cost"))
                .arg(Arg::new("strict").long("strict").action(ArgAction::SetTrue))
                .arg(Arg::new("rules").long("rules").value_delimiter(','))
                .arg(Arg::new("stop").long("stop").action(ArgAction::Append)),
        )
    }

    /// The same with a command of steps.
    fn cli_of_steps() -> Command {
        let step = |name: &'static str| {
            Command::new(name).arg(Arg::new("input")).arg(Arg::new("max_cost").long("max-cost"))
        };
        let duel = Command::new("duel").subcommand_required(true);
        cli().subcommand(duel.subcommand(step("run")).subcommand(Command::new("prepare")))
    }

    #[test]
    fn options_reach_the_steps_of_a_command_that_have_them() {
        let completed = |text: &str, line: &[&str]| {
            let line: Vec<OsString> = line.iter().map(Into::into).collect();
            let config = Config::parse(text, Path::new("tgsand.toml"), &cli_of_steps()).unwrap();
            let matches = cli_of_steps().try_get_matches_from(&line).unwrap();
            let line = config.complete(&line, &matches, &cli_of_steps()).unwrap();
            line.into_iter().map(|part| part.into_string().unwrap()).collect::<Vec<_>>()
        };
        for text in ["max_cost = 2.5\n", "[duel]\nmax_cost = 2.5\n"] {
            let line = completed(text, &["tgsand", "duel", "run", "run"]);
            assert_eq!(line, ["tgsand", "duel", "run", "--max-cost=2.5", "run"]);
            assert_eq!(
                completed(text, &["tgsand", "duel", "prepare"]),
                ["tgsand", "duel", "prepare"]
            );
        }
        let wrong = Config::parse("[duel]\ncases = 1\n", Path::new(FILE), &cli_of_steps());
        assert_eq!(
            wrong.unwrap_err().to_string(),
            "tgsand.toml: `tgsand duel` has no option `cases`"
        );
    }

    fn completed(text: &str, line: &[&str]) -> Vec<String> {
        let line: Vec<OsString> = line.iter().map(Into::into).collect();
        let config = Config::parse(text, Path::new("tgsand.toml"), &cli()).unwrap();
        let matches = cli().try_get_matches_from(&line).unwrap();
        let line = config.complete(&line, &matches, &cli()).unwrap();
        line.into_iter().map(|part| part.into_string().unwrap()).collect()
    }

    fn problem(text: &str) -> String {
        Config::parse(text, Path::new("tgsand.toml"), &cli()).unwrap_err().to_string()
    }

    #[test]
    fn options_of_the_file_are_added_after_the_command() {
        let line = completed(
            "max_cost = 2.5\n[synth]\nstrict = true\nrules = ['a', 'b']\n",
            &["tgsand", "synth", "in"],
        );
        assert_eq!(line, ["tgsand", "synth", "--max-cost=2.5", "--rules=a,b", "--strict", "in"]);
    }

    #[test]
    fn the_command_line_comes_before_the_file_and_a_command_before_what_is_shared() {
        let line = completed("max-cost = 1\n", &["tgsand", "synth", "in", "--max-cost", "3"]);
        assert_eq!(line, ["tgsand", "synth", "in", "--max-cost", "3"]);
        let line = completed("max-cost = 1\n[synth]\nmax-cost = 2\n", &["tgsand", "synth", "in"]);
        assert_eq!(line, ["tgsand", "synth", "--max-cost=2", "in"]);
    }

    #[test]
    fn a_list_for_an_option_that_takes_none_gives_it_several_times() {
        let line = completed("stop = ['a,b', 'c']\n", &["tgsand", "synth", "in"]);
        assert_eq!(line, ["tgsand", "synth", "--stop=a,b", "--stop=c", "in"]);
    }

    #[test]
    fn a_key_that_means_nothing_is_an_error() {
        assert_eq!(problem("casess = 1"), "tgsand.toml: no command has an option `casess`");
        assert_eq!(problem("[synt]\na = 1"), "tgsand.toml: no command `synt`");
        assert_eq!(
            problem("[executor.mine]\nurl = 'x'"),
            "tgsand.toml: no section [executor]; write [executors.NAME]"
        );
        assert_eq!(problem("[synth]\na = 1"), "tgsand.toml: `tgsand synth` has no option `a`");
        assert!(problem("[endpoints.a]\nmodle = 'x'\n").contains("unknown field `modle`"));
    }

    #[test]
    fn an_integer_of_an_endpoints_fields_is_exact_or_an_error() {
        let text =
            |digits| format!("[endpoints.a]\nextra = {{seed = {digits}, more = [{digits}]}}\n");
        let config = Config::parse(&text("18446744073709551615"), Path::new(FILE), &cli()).unwrap();
        let extra = &config.endpoints["a"].extra;
        assert_eq!((&extra["seed"], &extra["more"][0]), (&u64::MAX.into(), &u64::MAX.into()));
        assert!(problem(&text("18446744073709551616")).contains("out of range"));
    }

    #[test]
    fn endpoints_are_read_with_their_limits() {
        let text = "[endpoints.judge]\nmodel = 'm'\nbase_url = 'http://h/v1'\nrequests_per_minute = 5\nextra = {top_k = 3}\nprice = {prompt = 0.1, completion = 1}\n";
        let config = Config::parse(text, Path::new("tgsand.toml"), &cli()).unwrap();
        let endpoint = &config.endpoints["judge"];
        assert_eq!(endpoint.requests_per_minute, Some(5));
        assert_eq!(endpoint.extra["top_k"], 3);
        assert_eq!(endpoint.price, Some(Price { prompt: 0.1, completion: 1.0 }));
    }
}
