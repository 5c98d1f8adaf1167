//! `tgsand run`: one script in the sandbox, as `python FILE` or another language's interpreter would run it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::SandboxArgs;
use crate::error::{Error, Result};
use crate::executor::OtherLanguage;
use crate::report::stderr::tell;
use crate::sandbox::{End, Execution, Job, Language, runtime};

const EXAMPLES: &str = "Examples:
  tgsand run script.py --verbose
  tgsand run --stdin input.txt solution.js
  tgsand run --language ruby --fuel 8G solution.txt";

/// Arguments of `tgsand run`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RunArgs {
    /// The script; its ending chooses the language, and any unknown one is Python
    file: PathBuf,
    /// Arguments for the script: everything after FILE, including options; put tgsand's options
    /// before FILE
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
    /// Language of the script, whatever its file's ending: python, javascript, typescript, ruby, sql, php, perl, c, cpp, go or lua
    #[arg(long, value_name = "NAME", conflicts_with = "runtime")]
    language: Option<String>,
    /// File that the script reads from stdin, byte for byte [default: empty stdin]
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,
    /// Print the whole execution as one line of JSON instead of the script's own stdout and stderr
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sandbox: SandboxArgs,
}

/// The exit code of a script that a limit or a trap ended.
const LIMIT_EXIT: u8 = 124;

/// Runs `tgsand run`; the process ends with the script's exit code, or 124 if the sandbox ended it.
pub fn run(args: &RunArgs) -> Result<ExitCode> {
    let read = |path: &PathBuf| std::fs::read(path).map_err(Error::input(path));
    let code = String::from_utf8(read(&args.file)?)
        .map_err(|_| Error::Usage(format!("{} is not UTF-8 text", args.file.display())))?;
    let stdin = args.stdin.as_ref().map(read).transpose()?.unwrap_or_default();
    let job = Job {
        code,
        stdin,
        argv: args.args.clone(),
        limits: args.sandbox.limits(),
        ..Job::default()
    };
    let execution = args.sandbox.open_runtime(&runtime(args)?, 1)?.run(job)?;
    if args.json {
        super::say(&serde_json::to_string(&execution).expect("an execution is plain data"))?;
        return Ok(exit_code(&execution));
    }
    let stdout = Error::io("stdout");
    let mut out = std::io::stdout().lock();
    out.write_all(execution.stdout_bytes()).and_then(|()| out.flush()).map_err(stdout)?;
    // A closed stderr is not a failure of the script.
    let _ = std::io::stderr().write_all(execution.stderr_bytes());
    let why = match &execution.end {
        End::Exited { .. } | End::Returned { .. } | End::Raised(_) => None,
        End::CompileError { .. } => Some("the script does not compile".to_owned()),
        End::OutOfFuel => Some("the script ran out of fuel; --fuel raises the limit".to_owned()),
        End::OutOfMemory => {
            Some("the script ran out of memory; --memory raises the limit".to_owned())
        }
        End::OutputTooLarge => {
            Some("the script wrote too much; --output raises the limit".to_owned())
        }
        End::Trapped { trap } => Some(format!("the script trapped: {trap}")),
    };
    if let Some(why) = why {
        tell!("tgsand: {why}");
    }
    Ok(exit_code(&execution))
}

/// The runtime that is named, or else the one for the script's language.
fn runtime(args: &RunArgs) -> Result<String> {
    if let Some(language) = &args.language {
        return runtime::of_language(language, args.sandbox.runtime()).ok_or_else(|| {
            let names = Language::ALL.map(Language::name).join(", ");
            Error::Usage(format!("--language {language:?} is unknown, expected python, {names}"))
        });
    }
    let named = args.sandbox.runtime.is_some();
    if let Some(other) = foreign(&args.file).filter(|_| !named) {
        return Err(Error::Usage(format!(
            "{} is in {}, which the sandbox does not run; it runs python, {}, and --language says which of them a script is in",
            args.file.display(),
            other.title(),
            Language::listed()
        )));
    }
    Ok(match Language::of_file(&args.file) {
        Some(language) if args.sandbox.runtime.is_none() => language.name().to_owned(),
        Some(_) | None => args.sandbox.runtime().to_owned(),
    })
}

/// The language of a file by its ending, if it is known and the sandbox does not run it.
fn foreign(file: &Path) -> Option<OtherLanguage> {
    let ending = file.extension()?.to_str()?;
    let is_foreign = Language::of_file(file).is_none() && Language::named(ending).is_none();
    OtherLanguage::known_as(ending).filter(|_| is_foreign)
}

fn exit_code(execution: &Execution) -> ExitCode {
    match execution.end {
        End::Exited { exit_code } | End::CompileError { exit_code } => {
            ExitCode::from(exit_code as u8)
        }
        End::Returned { .. } => ExitCode::SUCCESS,
        End::Raised(_) => ExitCode::FAILURE,
        End::OutOfFuel | End::OutOfMemory | End::OutputTooLarge | End::Trapped { .. } => {
            ExitCode::from(LIMIT_EXIT)
        }
    }
}
