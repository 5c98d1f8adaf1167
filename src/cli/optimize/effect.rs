//! Options that the chosen techniques have no use for.
//!
//! Invariant: an option on the command line has an effect or is an error; variables and `tgsand.toml` speak for all commands, so that
//! they are passed over.

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::cli::config::Config;
use crate::error::{Error, Result};
use crate::pipeline::optimize::sample::Technique;

use Technique::{Augment, Clean, Refactor, Select, Synthesize};

/// Options by their ids, and the techniques that look at them.
const OPTIONS: [(&str, &[Technique]); 23] = [
    ("inputs", &[Augment, Refactor]),
    ("variants", &[Augment]),
    ("max_depth", &[Augment]),
    ("select", &[Clean]),
    ("ignore", &[Clean]),
    ("drop", &[Clean]),
    ("annotate", &[Clean]),
    ("noqa", &[Clean]),
    ("steps", &[Refactor]),
    ("tool", &[Refactor]),
    ("by", &[Select]),
    ("like", &[Select]),
    ("embeddings_model", &[Select]),
    ("topk", &[Select]),
    ("threshold", &[Select]),
    ("ratio", &[Select]),
    ("dedupe", &[Select]),
    ("keep_duplicates", &[Select]),
    ("generate", &[Synthesize]),
    ("tasks", &[Synthesize]),
    ("tries", &[Synthesize]),
    ("critic_model", &[Synthesize]),
    ("eval_set", &[Synthesize]),
];

/// The options of the command line, by their ids.
#[derive(Debug, Default)]
pub struct Given(Vec<String>);

impl Given {
    /// Refuses an option that does nothing.
    pub(super) fn check(&self, chosen: &[Technique], config: &Config) -> Result<()> {
        let idle = OPTIONS
            .iter()
            .find(|(id, of)| self.has(id, config) && !of.iter().any(|it| chosen.contains(it)));
        let Some((id, of)) = idle else { return Ok(()) };
        let of: Vec<&str> = of.iter().map(|technique| technique.name()).collect();
        let (option, of) = (id.replace('_', "-"), of.join(" or "));
        Err(Error::Usage(format!("--{option} has no effect without {of}; add it to --tech")))
    }

    /// Whether the command line itself has an option.
    pub(super) fn has(&self, id: &str, config: &Config) -> bool {
        self.0.iter().any(|given| given == id) && !config.sets("optimize", id)
    }
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let ids = matches.ids().map(clap::Id::as_str);
        let is_given = |id: &&str| matches.value_source(id) == Some(ValueSource::CommandLine);
        Ok(Self(ids.filter(is_given).map(str::to_owned).collect()))
    }

    fn update_from_arg_matches(
        &mut self,
        matches: &ArgMatches,
    ) -> std::result::Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Given {
    fn augment_args(command: Command) -> Command {
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        command
    }
}
