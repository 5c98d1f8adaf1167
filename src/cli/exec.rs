//! `tgsand exec`: the sandbox as a filter for other programs, one JSON job a line in, one JSON execution a line out.

mod fields;

use std::collections::HashMap;
use std::io::{BufRead, ErrorKind, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;

use super::SandboxArgs;
use super::args::units::parse_threads;
use crate::dataset::jsonl::{RawLine, read_line};
use crate::error::{Error, Exit, Result};
use crate::json::{self, Json, Object};
use crate::sandbox::{Execution, Pending, Sandbox};

/// Arguments of `tgsand exec`.
#[derive(Debug, Args)]
pub struct ExecArgs {
    /// JSONL file of jobs, or `-` for stdin
    jobs: PathBuf,
    /// Threads that run programs
    #[arg(long, env = "TGSAND_THREADS", default_value_t = super::default_threads(), value_name = "N", value_parser = parse_threads)]
    threads: usize,
    #[command(flatten)]
    sandbox: SandboxArgs,
}

/// The longest line that is read; a longer one is skipped with an error.
const MAX_LINE: usize = 64 << 20;

/// The id of a job as it is written back.
type Id = Box<RawValue>;

/// A line's answer, ready or on its way.
enum Answer {
    Error(String),
    Pending { pending: Pending, runtime: Arc<str> },
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a RawValue,
    #[serde(flatten)]
    execution: &'a Execution,
    runtime: &'a str,
}

/// Runs `tgsand exec`.
pub fn run(args: &ExecArgs) -> Result<Exit> {
    let input: Box<dyn BufRead> = if args.jobs.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::io::BufReader::new(
            std::fs::File::open(&args.jobs).map_err(Error::input(&args.jobs))?,
        ))
    };
    let mut sandboxes = Sandboxes { args, open: HashMap::new() };
    sandboxes.open.insert(args.sandbox.runtime().to_owned(), args.sandbox.open(args.threads)?);
    // The bound is what keeps a fast reader from holding the whole input in memory.
    let (send, receive) = sync_channel(16 * args.threads);
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || write_answers(&receive));
        let read = read_jobs(input, args, &mut sandboxes, &send);
        drop(send);
        let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        written.and(read)
    })
    .map_err(|error| if is_broken_pipe(&error) { stdout_is_closed() } else { error })?;
    Ok(Exit::Done)
}

/// The error for a stdout that was closed: some jobs have no answer, so it is reported even if the reader went away.
pub fn stdout_is_closed() -> Error {
    Error::io("stdout")(std::io::Error::other("it was closed before all jobs were answered"))
}

fn is_broken_pipe(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.kind() == ErrorKind::BrokenPipe)
}

fn read_jobs(
    mut input: Box<dyn BufRead>,
    args: &ExecArgs,
    sandboxes: &mut Sandboxes<'_>,
    send: &SyncSender<(Id, Answer)>,
) -> Result<()> {
    // The newline counts as part of the line here.
    while let Some(line) = read_line(&mut *input, MAX_LINE - 1).map_err(Error::io(&args.jobs))? {
        let answer = match line {
            RawLine::TooLong => (
                RawValue::NULL.to_owned(),
                Answer::Error(format!("the line is longer than {} MiB", MAX_LINE >> 20)),
            ),
            RawLine::Whole(line) if line.iter().all(u8::is_ascii_whitespace) => continue,
            RawLine::Whole(line) => start(&line, args, sandboxes),
        };
        if send.send(answer).is_err() {
            return Ok(()); // The writer has failed, and reports why.
        }
    }
    Ok(())
}

/// Hands a line's job to the sandbox; what cannot be run is answered with an error.
fn start(line: &[u8], args: &ExecArgs, sandboxes: &mut Sandboxes<'_>) -> (Id, Answer) {
    let fields = match object(line) {
        Ok(fields) => fields,
        Err(why) => {
            let answer = Answer::Error(format!("not a JSON object: {why}"));
            return (RawValue::NULL.to_owned(), answer);
        }
    };
    let id = fields.get("id").map(Json::to_string).unwrap_or_default();
    // An id that other readers of JSON would refuse, such as NaN, is not written back.
    let id = RawValue::from_string(id).unwrap_or_else(|_| RawValue::NULL.to_owned());
    let started = fields::read(fields, args.sandbox.limits(), args.sandbox.runtime()).and_then(
        |(job, runtime)| {
            let sandbox = sandboxes.get(&runtime).map_err(|error| error.to_string())?;
            let pending = sandbox.start(job).map_err(|error| error.to_string())?;
            Ok(Answer::Pending { pending, runtime: sandbox.fingerprint().into() })
        },
    );
    (id, started.unwrap_or_else(Answer::Error))
}

fn object(line: &[u8]) -> std::result::Result<Object, String> {
    let text = std::str::from_utf8(line).map_err(|error| error.to_string())?;
    match json::read(text).map_err(|error| error.to_string())? {
        Json::Object(object) => Ok(object),
        other => Err(format!("found {}", fields::shown(&other))),
    }
}

fn write_answers(answers: &Receiver<(Id, Answer)>) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    while let Ok((id, answer)) = next_answer(answers, &mut out)? {
        let text = match answer {
            Answer::Error(error) => serde_json::json!({"id": id, "error": error}).to_string(),
            Answer::Pending { pending, runtime } => match pending.wait() {
                Ok(execution) => serde_json::to_string(&Line {
                    id: &id,
                    execution: &execution,
                    runtime: &runtime,
                })
                .expect("an execution is plain data"),
                Err(error) => serde_json::json!({"id": id, "error": error.to_string()}).to_string(),
            },
        };
        writeln!(out, "{text}").map_err(Error::io("stdout"))?;
    }
    out.flush().map_err(Error::io("stdout"))
}

type Next = std::result::Result<(Id, Answer), std::sync::mpsc::RecvError>;

/// Takes the next answer; what is written goes out before waiting for more, so that a program at the other end never waits.
fn next_answer(answers: &Receiver<(Id, Answer)>, out: &mut impl Write) -> Result<Next> {
    if let Ok(answer) = answers.try_recv() {
        return Ok(Ok(answer));
    }
    out.flush().map_err(Error::io("stdout"))?;
    Ok(answers.recv())
}

/// The sandboxes that the jobs name, opened when first named.
struct Sandboxes<'a> {
    args: &'a ExecArgs,
    open: HashMap<String, Sandbox>,
}

impl Sandboxes<'_> {
    fn get(&mut self, name: &str) -> Result<&Sandbox> {
        if !self.open.contains_key(name) {
            self.open.insert(name.to_owned(), super::runtime::open(name, self.args.threads)?);
        }
        Ok(&self.open[name])
    }
}
