//! `tgsand sft`: samples in, a training file and ready configurations out; and the trainer that is installed, if it is asked for.

use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use super::args::units::parse_positive;
use super::args::work::open_folder;
use crate::dataset::jsonl::JsonLines;
use crate::error::{Error, Exit, Result};
use crate::flow::tally::Words;
use crate::pipeline::sft::{self, CHECKPOINT, PAIRS, TAKEN, TRAIN, Trainer, Training};
use crate::report::stderr::tell;

const WORDS: Words = Words::of("rows");

const EXAMPLES: &str = "Examples:
  tgsand sft runs/problems-optimized/samples/optimized.jsonl --base-model NAME
  tgsand sft data.jsonl --base-model ./tiny --cpu --trainer trl --launch";

/// Arguments of `tgsand sft`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SftArgs {
    /// Samples, JSONL, one JSON list or Parquet: rows with messages, with a prompt and a completion,
    /// preferences, or problems with programs (also .gz, .zst, `-`)
    input: PathBuf,
    /// Model to train: its name on the hub, or its folder
    #[arg(long, env = "TGSAND_BASE_MODEL", value_name = "NAME")]
    base_model: String,
    /// Output folder [default: runs/<input name>-sft]
    #[arg(long, env = "TGSAND_OUT", value_name = "DIR")]
    out: Option<PathBuf>,
    /// Trainer to start: trl, axolotl or llama-factory [default: the first that is installed]
    #[arg(long, env = "TGSAND_TRAINER", value_name = "NAME", value_parser = parse_trainer)]
    trainer: Option<Trainer>,
    /// Start the trainer, outside of any sandbox and with its output on this terminal
    #[arg(long, env = "TGSAND_LAUNCH")]
    launch: bool,
    /// Times that every conversation is seen
    #[arg(long, env = "TGSAND_EPOCHS", default_value_t = 3.0, value_name = "X", value_parser = parse_number)]
    epochs: f64,
    /// Learning rate at the start
    #[arg(long, env = "TGSAND_LEARNING_RATE", default_value_t = 1e-5, value_name = "X", value_parser = parse_number)]
    learning_rate: f64,
    /// Tokens of a conversation; longer ones are cut or dropped by the trainer
    #[arg(long, env = "TGSAND_MAX_LENGTH", default_value = "4096", value_name = "N", value_parser = parse_positive)]
    max_length: usize,
    /// Conversations in one step on one device
    #[arg(long, env = "TGSAND_BATCH_SIZE", default_value = "4", value_name = "N", value_parser = parse_positive)]
    batch_size: usize,
    /// Train adapters of low rank instead of all weights
    #[arg(long, env = "TGSAND_LORA")]
    lora: bool,
    /// Train without a GPU
    #[arg(long, env = "TGSAND_CPU")]
    cpu: bool,
    /// Seed for all random choices
    #[arg(long, env = "TGSAND_SEED", default_value_t = 0)]
    seed: u64,
}

/// Runs `tgsand sft`.
pub fn run(args: &SftArgs) -> Result<Exit> {
    // Looked for first: nobody wants to learn at the end that there is nothing to start.
    let trainer = args.trainer.or_else(installed);
    let launched = match (args.launch, trainer) {
        (true, None) => {
            return Err(Error::Usage(
                "no trainer is installed; install one, such as `pip install trl`, or leave out --launch".into(),
            ));
        }
        (launch, trainer) => trainer.filter(|_| launch),
    };
    // A relative folder would be looked for in the run's folder.
    let base_model = match PathBuf::from(&args.base_model).canonicalize() {
        Ok(folder) => folder.display().to_string(),
        Err(_) => args.base_model.clone(),
    };
    let training = Training {
        base_model,
        epochs: args.epochs,
        learning_rate: args.learning_rate,
        max_length: u32::try_from(args.max_length).unwrap_or(u32::MAX),
        batch_size: u32::try_from(args.batch_size).unwrap_or(u32::MAX),
        lora: args.lora,
        seed: args.seed,
        cpu: args.cpu,
    };
    let lines = JsonLines::open(&args.input)?;
    let reading = lines.reading();
    let folder = open_folder(args.out.as_deref(), &args.input, "-sft", false)?;
    let (tally, counts) = sft::run(lines, &args.input, &folder, &training)?;
    let rows = [("conversations".to_owned(), counts.conversations.to_string())];
    tell!(
        "{}",
        crate::report::table(
            None,
            tally.rows(WORDS).into_iter().chain(rows).map(<[String; 2]>::from)
        )
    );
    let path = folder.path().display();
    if counts.from_preferences > 0 {
        let count = counts.from_preferences;
        tell!(
            "{count} of the conversations end with the better reply of a preference; `rejected` is not used"
        );
    }
    if counts.too_long > 0 {
        tell!(
            "{} of {} conversations have more than {} tokens, the longest about {}, at 4 characters a token: trainers cut their \
             answers or drop them; raise --max-length, or leave them out",
            counts.too_long,
            counts.conversations,
            args.max_length,
            counts.longest
        );
    }
    if let Some(damage) = reading.damage() {
        tell!("tgsand: {damage}; the rows before it are written");
        return Ok(Exit::Incomplete);
    }
    if counts.conversations == 0 {
        tell!(
            "tgsand: no row is a conversation; `rejected.jsonl` in {path} says why of each. A row needs {TAKEN}"
        );
        return Ok(Exit::Failed);
    }
    tell!("{TRAIN}, {PAIRS} and a configuration for each trainer are in {path}");
    for trainer in Trainer::ALL {
        tell!("  cd {path} && {}", trainer.command().join(" "));
    }
    tell!("serve the trained model with any OpenAI-compatible server, and score it:");
    tell!("  cd {path} && transformers serve {CHECKPOINT}");
    tell!("  tgsand eval TEST.jsonl --model {CHECKPOINT} --base-url http://127.0.0.1:8000/v1");
    match launched {
        Some(trainer) => launch(trainer, folder.path()),
        None => Ok(tally.exit(None)),
    }
}

/// The first trainer that is installed.
fn installed() -> Option<Trainer> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let is_installed = |trainer: &Trainer| {
        trainer
            .command()
            .first()
            .is_some_and(|name| folders.iter().any(|folder| folder.join(name).is_file()))
    };
    Trainer::ALL.iter().copied().find(is_installed)
}

/// Starts a trainer in the run's folder, and waits for it.
fn launch(trainer: Trainer, folder: &std::path::Path) -> Result<Exit> {
    let [program, arguments @ ..] = trainer.command() else { return Ok(Exit::Done) };
    let status = Command::new(program).args(arguments).current_dir(folder).status();
    let status = status.map_err(Error::io(program))?;
    match status.success() {
        true => Ok(Exit::Done),
        false => {
            tell!("tgsand: {program} has failed: {status}");
            Ok(Exit::Failed)
        }
    }
}

fn parse_trainer(name: &str) -> std::result::Result<Trainer, String> {
    let known: Vec<&str> = Trainer::ALL.iter().map(|trainer| trainer.name()).collect();
    Trainer::from_name(name)
        .ok_or_else(|| format!("there is no trainer {name:?}; choose from {}", known.join(", ")))
}

fn parse_number(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(x) if x.is_finite() && x > 0.0 => Ok(x),
        Ok(_) | Err(_) => Err("not a number above 0".into()),
    }
}
