//! The options of `tgsand optimize --tech syn`.

use std::path::PathBuf;

use clap::Args;

use super::named;
use crate::ask::prompt::Prompts;
use crate::ask::respondent::Respondent;
use crate::cli::args::models::Models;
use crate::error::Result;
use crate::pipeline::optimize::synthesize::{EvalSets, Synthesis, Task};

/// How rows are added.
#[derive(Debug, Args)]
pub struct SynthesizeArgs {
    /// syn: new rows to ask the model for [default: one after each program]
    #[arg(long, env = "TGSAND_GENERATE", value_name = "N")]
    generate: Option<usize>,
    /// syn: tasks of the new rows: generation, summary, translation, repair
    #[arg(long, env = "TGSAND_TASKS", value_delimiter = ',', default_value = "generation,summary,translation,repair", value_name = "NAMES", value_parser = parse_task)]
    tasks: Vec<Task>,
    /// syn: attempts at a row whose tests fail
    #[arg(long, env = "TGSAND_TRIES", default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    tries: u32,
    /// syn: model that decides about new rows; a name, or an endpoint in `tgsand.toml` [default:
    /// the model that writes them]
    #[arg(long, env = "TGSAND_CRITIC_MODEL", value_name = "NAME")]
    critic_model: Option<String>,
    /// syn: test set that new rows must not nearly repeat; can be given more than once
    #[arg(long, value_name = "FILE")]
    eval_set: Vec<PathBuf>,
}

impl SynthesizeArgs {
    /// Opens the critic and reads the test sets.
    pub(super) fn open(
        &self,
        author: Respondent,
        models: &mut Models<'_>,
        prompts: &Prompts,
    ) -> Result<Synthesis> {
        let critic = match &self.critic_model {
            Some(name) => models.beside(name, author.sampling.temperature.unwrap_or_default())?,
            None => author.clone(),
        };
        let mut tasks = self.tasks.clone();
        tasks.sort_unstable();
        tasks.dedup();
        Ok(Synthesis {
            author,
            critic,
            prompts: prompts.clone(),
            generate: self.generate,
            tasks,
            tries: self.tries as usize,
            eval_sets: EvalSets::read(&self.eval_set, prompts)?,
        })
    }
}

fn parse_task(name: &str) -> std::result::Result<Task, String> {
    let known: Vec<&str> = Task::ALL.iter().map(|it| it.name()).collect();
    named(name, Task::from_name(name), &known)
}
