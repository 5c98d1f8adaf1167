//! `tgsand exec`: the sandbox as a filter for other programs, one JSON job a line in, one JSON execution a line out.

mod room;

use std::collections::HashMap;
use std::io::{BufRead, ErrorKind, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use serde::Serialize;

use super::SandboxArgs;
use super::args::units::parse_threads;
use crate::dataset::jsonl::{RawLine, read_line};
use crate::error::{Error, Exit, Result};
use crate::json;
use crate::sandbox::{Execution, Job, Sandbox, SandboxError};
use crate::serve::job::{self, ErrorLine, Id, Line, MAX_VALUES};
use room::Room;

const EXAMPLES: &str = r#"Examples:
  tgsand exec jobs.jsonl > executions.jsonl
  echo '{"language": "javascript", "code": "console.log(6 * 7)"}' | tgsand exec -"#;

/// Arguments of `tgsand exec`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
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
/// Bytes of memory that a value of a job takes in addition to its text.
const VALUE_MEMORY: usize = 96;
/// Lines for each thread that are read before their answers are written.
const LINES_AHEAD: usize = 16;

/// A line's answer, ready or on its way.
enum Answer {
    Error(String),
    Pending { finished: Receiver<Finished>, runtime: Arc<str> },
}

/// What became of a job, and its bytes of memory.
struct Finished {
    execution: std::result::Result<Execution, SandboxError>,
    bytes: usize,
}

/// A job that waits for a thread.
struct Task {
    /// The number of its line.
    number: u64,
    job: Job,
    /// Bytes of memory that it takes.
    bytes: usize,
    sandbox: Arc<Sandbox>,
    finished: SyncSender<Finished>,
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
    let sandbox = Arc::new(args.sandbox.open(args.threads)?);
    sandboxes.open.insert(args.sandbox.runtime().to_owned(), sandbox);
    let room = &Room::default();
    let (tasks, queue) = channel();
    let queue = &Mutex::new(queue);
    let (answers, written) = sync_channel(LINES_AHEAD * args.threads);
    std::thread::scope(|scope| {
        for _ in 0..args.threads {
            scope.spawn(|| run_tasks(queue, room));
        }
        let writer = scope.spawn(move || {
            let result = write_answers(&written, room);
            room.close();
            result
        });
        let read = read_jobs(input, &mut sandboxes, &Reader { args, room, tasks, answers });
        let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        written.and(read)
    })
    .map_err(|error| if is_broken_pipe(&error) { stdout_is_closed() } else { error })?;
    Ok(Exit::Done)
}

/// Runs jobs in the order of their lines until there are no more, or until nobody takes answers any more.
fn run_tasks(queue: &Mutex<Receiver<Task>>, room: &Room) {
    loop {
        // A thread that panicked while it waited leaves the queue as it was.
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Task { number, job, bytes, sandbox, finished }) = next else { return };
        if !room.start(number) {
            return;
        }
        let execution = sandbox.run(job);
        let size = execution.as_ref().map_or(0, Execution::size);
        room.finish(bytes, size);
        // If nobody waits for it any more, the command has failed, and says why.
        let _ = finished.send(Finished { execution, bytes: size });
    }
}

/// The error for a stdout that was closed: some jobs have no answer, so it is reported even if the reader went away.
pub fn stdout_is_closed() -> Error {
    Error::io("stdout")(std::io::Error::other("it was closed before all jobs were answered"))
}

fn is_broken_pipe(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.kind() == ErrorKind::BrokenPipe)
}

/// Where the lines that are read go.
struct Reader<'a> {
    args: &'a ExecArgs,
    room: &'a Room,
    tasks: Sender<Task>,
    answers: SyncSender<(Id, Answer)>,
}

fn read_jobs(
    mut input: Box<dyn BufRead>,
    sandboxes: &mut Sandboxes<'_>,
    reader: &Reader<'_>,
) -> Result<()> {
    let mut number = 0;
    // The newline counts as part of the line here.
    while let Some(line) =
        read_line(&mut *input, MAX_LINE - 1).map_err(Error::io(&reader.args.jobs))?
    {
        let answer = match line {
            RawLine::TooLong => {
                let error = format!("the line is longer than {} MiB", MAX_LINE >> 20);
                (job::no_id(), Answer::Error(error))
            }
            RawLine::Whole(line) if line.iter().all(u8::is_ascii_whitespace) => continue,
            RawLine::Whole(line) => match start(number, line, reader, sandboxes) {
                Some(answer) => answer,
                None => return Ok(()),
            },
        };
        if reader.answers.send(answer).is_err() {
            return Ok(()); // The writer has failed, and reports why.
        }
        number += 1;
    }
    Ok(())
}

/// Hands a line's job to the threads; what cannot be run is answered with an error. `None` if nobody takes answers any more.
fn start(
    number: u64,
    line: Vec<u8>,
    reader: &Reader<'_>,
    sandboxes: &mut Sandboxes<'_>,
) -> Option<(Id, Answer)> {
    let values = json::values_at_most(&line);
    if values > MAX_VALUES {
        let error = format!("the line has more than {MAX_VALUES} JSON values");
        return Some((job::no_id(), Answer::Error(error)));
    }
    let bytes = line.len() + VALUE_MEMORY * values;
    if !reader.room.admit(bytes) {
        return None;
    }
    let (id, job) = read_job(&line, reader.args, sandboxes);
    let answer = match job {
        Ok((job, sandbox)) => {
            let (finished, result) = sync_channel(1);
            let runtime = sandbox.fingerprint().into();
            let task = Task { number, job, bytes, sandbox, finished };
            // The threads end before this one only if nobody takes answers any more.
            reader.tasks.send(task).ok()?;
            Answer::Pending { finished: result, runtime }
        }
        Err(error) => {
            reader.room.finish(bytes, 0);
            Answer::Error(error)
        }
    };
    Some((id, answer))
}

/// Reads a line's id, and its job with the sandbox to run it in.
fn read_job(
    line: &[u8],
    args: &ExecArgs,
    sandboxes: &mut Sandboxes<'_>,
) -> (Id, std::result::Result<(Job, Arc<Sandbox>), String>) {
    let (id, job) = job::read(line, args.sandbox.limits(), args.sandbox.runtime());
    let job = job.and_then(|(job, runtime)| {
        let sandbox = sandboxes.get(&runtime).map_err(|error| error.to_string())?;
        Ok((job, sandbox))
    });
    (id, job)
}

fn write_answers(answers: &Receiver<(Id, Answer)>, room: &Room) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    while let Ok((id, answer)) = next(answers, &mut out)? {
        let mut size = 0;
        let written = match answer {
            Answer::Error(error) => write_line(&mut out, &ErrorLine { id: &id, error: &error }),
            Answer::Pending { finished, runtime } => {
                // A job is lost only with the thread that ran it.
                let Ok(Finished { execution, bytes }) = next(&finished, &mut out)? else { break };
                size = bytes;
                match execution {
                    Ok(execution) => {
                        let line = Line { id: &id, execution: &execution, runtime: &runtime };
                        write_line(&mut out, &line)
                    }
                    Err(error) => {
                        write_line(&mut out, &ErrorLine { id: &id, error: &error.to_string() })
                    }
                }
            }
        };
        written.map_err(Error::io("stdout"))?;
        room.leave(size);
    }
    out.flush().map_err(Error::io("stdout"))
}

/// Writes a line piece by piece: as one text, a large answer would take its memory once more.
fn write_line(out: &mut impl Write, line: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

type Next<T> = std::result::Result<T, RecvError>;

/// Takes the next one; what is written goes out before waiting for more, so that a program at the other end never waits.
fn next<T>(receiver: &Receiver<T>, out: &mut impl Write) -> Result<Next<T>> {
    if let Ok(received) = receiver.try_recv() {
        return Ok(Ok(received));
    }
    out.flush().map_err(Error::io("stdout"))?;
    Ok(receiver.recv())
}

/// The sandboxes that the jobs name, opened when first named.
struct Sandboxes<'a> {
    args: &'a ExecArgs,
    open: HashMap<String, Arc<Sandbox>>,
}

impl Sandboxes<'_> {
    fn get(&mut self, name: &str) -> Result<Arc<Sandbox>> {
        if let Some(sandbox) = self.open.get(name) {
            return Ok(Arc::clone(sandbox));
        }
        let sandbox = Arc::new(self.args.sandbox.open_named(name, self.args.threads)?);
        self.open.insert(name.to_owned(), Arc::clone(&sandbox));
        Ok(sandbox)
    }
}
