//! PHP as a CGI program, the one way in which this build runs: a prelude gives programs what they know of the command line.
//!
//! Invariant: the script that PHP reads is the prelude alone; the program, its stdin and its arguments come in the environment.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::job::{End, Execution, Job};
use super::{Facts, Kind, Source, Start, with_compile_error};

const PRELUDE: &str = include_str!("../../../runtimes/php/prelude.php");
/// What the prelude exits with if the program does not compile; no program of a user ends so by chance.
const COMPILE_ERROR: i32 = 0x5e77a;
/// What PHP exits with after an error that ends a program.
const FATAL: i32 = 255;
/// What PHP says of an error that ends a program, at the beginning of a line.
const FATAL_ERROR: &str = "PHP Fatal error:  ";
/// Messages go to stderr; limits are the sandbox's.
const OPTIONS: [&str; 14] = [
    "php-cgi",
    "-q",
    "-n",
    "-d",
    "display_errors=0",
    "-d",
    "log_errors=1",
    "-d",
    "html_errors=0",
    "-d",
    "memory_limit=-1",
    "-d",
    "max_execution_time=0",
    "-dimplicit_flush=1",
];

pub const FACTS: Facts = Facts {
    name: "php",
    title: "PHP",
    names: &["php"],
    endings: &["php"],
    ended,
    folder: None,
    source: Source::Module,
    recipe: || format!("{OPTIONS:?} {COMPILE_ERROR} {PRELUDE}"),
    prepare: Ok,
    kind: Kind::Interpreter(start),
};

fn start(job: &Job) -> Start {
    let arguments: Vec<&str> =
        ["main.php"].into_iter().chain(job.argv.iter().map(String::as_str)).collect();
    Start {
        arguments: OPTIONS.map(str::to_owned).to_vec(),
        environment: vec![
            ("TGSAND_PROGRAM", job.code.clone()),
            ("TGSAND_STDIN", STANDARD.encode(&job.stdin)),
            ("TGSAND_ARGUMENTS", serde_json::Value::from(arguments).to_string()),
        ],
        stdin: Some(PRELUDE.as_bytes().to_vec()),
        ..Start::default()
    }
}

/// This build cannot leave a program after some errors, and traps where PHP exits.
fn ended(execution: Execution) -> Execution {
    let is_fatal = execution.stderr.lines().any(|line| line.starts_with(FATAL_ERROR));
    match execution.end {
        End::Trapped { .. } if is_fatal => {
            Execution { end: End::Exited { exit_code: FATAL }, ..execution }
        }
        _ => with_compile_error(execution, COMPILE_ERROR),
    }
}
