//! Runs one job: as many fresh instances as its cases need, and their messages put together.
//!
//! Invariant: a case that dies costs only itself, and no instance serves two jobs.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wasmtime::{InstancePre, Store, Trap};

use super::error::SandboxError;
use super::job::{
    ArgumentKey, CallKind, Case, CaseResult, Coverable, Coverage, End, Execution, Isolation, Job,
    Observe, Raised, Step,
};
use super::limits::Limits;
use super::prefault::HotPages;
use super::rewrite::ENTRY_EXPORT;
use super::value::Value;
use super::wasi::{Guest, Message, NONCE_LEN, ReadOnlyFolder, Seeds, Stop};

/// A loaded snapshot: every run starts as a copy of it.
pub struct Image {
    pub instance: InstancePre<Guest>,
    pub entry_object: u32,
    /// Bytes of memory that every run begins with.
    pub memory: u64,
    /// Bytes by which that is more than in the first image.
    pub padding: u64,
    pub seeds: Seeds,
    pub folder: Arc<ReadOnlyFolder>,
    /// Absent where pages are faulted in as they come.
    pub hot_pages: Option<HotPages>,
}

/// The two snapshots of a runtime, which differ in their seeds.
pub struct Images {
    pub first: Image,
    pub other: Image,
}

/// What may still be kept of a job's output, so that a job of many loud cases takes no more memory than one of few.
struct Room {
    bytes: usize,
    /// Whether a case needed more.
    is_full: bool,
}

impl Room {
    fn of(job: &Job) -> Self {
        Self { bytes: job.limits.job_output(), is_full: false }
    }
}

/// Runs a job and tells what it did.
pub fn run(images: &Images, job: &Job) -> Result<Execution, SandboxError> {
    let order: Vec<usize> = (0..job.cases.len()).collect();
    let (mut execution, ran) = run_in_order(&images.first, job, &order, &mut Room::of(job))?;
    if job.isolation == Isolation::Program || ran == 0 {
        return Ok(execution);
    }
    // What the job has no room for is a matter of the order, and is not judged.
    let backwards: Vec<usize> = (0..ran).rev().collect();
    let (mut other, _) = run_in_order(&images.other, job, &backwards, &mut Room::of(job))?;
    other.cases.reverse();
    if other.cases.len() == ran {
        if execution.cases.iter().zip(&other.cases).all(|(a, b)| a.same_run(b)) {
            return Ok(execution);
        }
        // State may reach any case unseen, as when two orders happen to agree on one: run every case alone.
        let mut room = Room::of(job);
        for (index, (case, backwards)) in execution.cases.iter_mut().zip(&other.cases).enumerate() {
            let alone =
                if room.is_full { None } else { run_alone(&images.first, job, index, &mut room)? };
            if room.is_full {
                *case = without_room();
                execution.truncated = true;
                continue;
            }
            let elsewhere = run_alone(&images.other, job, index, &mut Room::of(job))?;
            let (Some(mut alone), Some(elsewhere)) = (alone, elsewhere) else { continue };
            alone.nondeterministic = !alone.same_run(&elsewhere);
            alone.prints_differ = alone.nondeterministic && alone.same_result(&elsewhere);
            alone.order_dependent = !alone.nondeterministic
                && (!alone.same_outcome(case) || !elsewhere.same_outcome(backwards));
            *case = alone;
        }
    } else {
        // The program loads under one seed and not under another.
        for case in &mut execution.cases {
            case.nondeterministic = true;
        }
    }
    Ok(execution)
}

fn run_alone(
    image: &Image,
    job: &Job,
    index: usize,
    room: &mut Room,
) -> Result<Option<CaseResult>, SandboxError> {
    Ok(run_in_order(image, job, &[index], room)?.0.cases.pop())
}

/// A case that is not run, or not kept: the cases before it have written all that a job may.
fn without_room() -> CaseResult {
    CaseResult::ended(End::OutputTooLarge, 0, String::new())
}

/// Runs cases in the given order, in one instance as long as none dies, and tells how many the job had room for; results stand
/// in that order.
fn run_in_order(
    image: &Image,
    job: &Job,
    order: &[usize],
    room: &mut Room,
) -> Result<(Execution, usize), SandboxError> {
    let mut execution = run_instance(image, job, order, room)?;
    while !room.is_full
        && let Some(rest) = order.get(execution.cases.len()..).filter(|rest| !rest.is_empty())
    {
        if execution.cases.is_empty() {
            break; // The program did not load.
        }
        let next = run_instance(image, job, rest, room)?;
        if next.cases.is_empty() && !room.is_full {
            // It loaded before: something else than the program decides, and these cases cannot be had.
            execution.cases.extend(rest.iter().map(|_| {
                let mut case = CaseResult::ended(next.end.clone(), 0, String::new());
                case.nondeterministic = true;
                case
            }));
            break;
        }
        execution.cases.extend(next.cases);
        execution.stdout.push_str(&next.stdout);
        execution.stderr.push_str(&next.stderr);
        execution.truncated |= next.truncated;
        execution.fuel = execution.fuel.saturating_add(next.fuel);
        execution.memory = execution.memory.max(next.memory);
    }
    if !room.is_full || execution.cases.is_empty() {
        let ran = execution.cases.len();
        return Ok((execution, ran));
    }
    // The case that needed more than there was is like those after it.
    execution.cases.pop_if(|case| case.end == End::OutputTooLarge);
    let ran = execution.cases.len();
    execution.cases.resize_with(order.len(), without_room);
    Ok((execution, ran))
}

#[derive(Serialize)]
struct Request<'a> {
    code: &'a str,
    entry: Option<&'a str>,
    cases: Vec<&'a Case>,
    argv: &'a [String],
    observe: &'a [Observe],
}

/// What the harness says: that the program loaded, how a case ended, or how the program ended.
#[derive(Deserialize)]
#[serde(untagged)]
enum Report {
    Case(Box<CaseReport>),
    Loaded {
        #[serde(rename = "loaded")]
        _loaded: bool,
        #[serde(default)]
        lines: Vec<u32>,
        #[serde(default)]
        branches: Vec<(u32, u32, u32)>,
    },
    Exit {
        exit: i32,
        #[serde(default)]
        error: Option<Raised>,
    },
}

#[derive(Deserialize)]
struct CaseReport {
    #[serde(flatten)]
    end: End,
    #[serde(default)]
    kind: Option<CallKind>,
    #[serde(default)]
    mutated: Vec<(ArgumentKey, Value)>,
    #[serde(default)]
    coverage: Option<Coverage>,
    #[serde(default)]
    steps: Vec<Step>,
    #[serde(default)]
    frames: u32,
    #[serde(default)]
    steps_cut: bool,
}

/// Runs cases in one fresh instance until they are done or one of them ends it; that one is the last in the result.
fn run_instance(
    image: &Image,
    job: &Job,
    order: &[usize],
    room: &mut Room,
) -> Result<Execution, SandboxError> {
    if job.limits.memory.saturating_add(image.padding) < image.memory {
        return Ok(Execution::ended(End::OutOfMemory, job.limits.memory));
    }
    let request = Request {
        code: &job.code,
        entry: job.entry.as_deref(),
        cases: order.iter().filter_map(|&index| job.cases.get(index)).collect(),
        argv: &job.argv,
        observe: &job.observe,
    };
    let body =
        serde_json::to_vec(&request).map_err(|error| SandboxError::Engine(error.to_string()))?;
    let nonce = nonce(&body);
    let message = [&nonce[..], &body].concat();
    // The padding that tells the second image's addresses from the first's is not the program's to pay for.
    let limits = Limits { memory: job.limits.memory.saturating_add(image.padding), ..job.limits };
    let guest = Guest::running(
        Arc::clone(&image.folder),
        &limits,
        image.seeds,
        nonce,
        message,
        job.stdin.clone(),
    )
    // That it has loaded, each case, and its end.
    .with_budget(order.len() + 2, room.bytes);
    let mut store = Store::new(image.instance.module().engine(), guest);
    store.limiter(|guest| &mut guest.limits);
    store.set_fuel(job.limits.fuel)?;
    let ended = call_entry(image, &mut store)?;

    let fuel_left = store.get_fuel()?;
    let memory = ended.memory;
    let guest = store.into_data();
    *room = Room { bytes: guest.room, is_full: guest.job_is_full };
    let unfinished = Unfinished {
        fuel: job.limits.fuel - fuel_left.min(job.limits.fuel),
        denied: guest.limits.denied,
    };
    let mut execution = assemble(
        guest,
        ended.outcome,
        &unfinished,
        memory,
        job.observe.contains(&Observe::Coverage),
    );
    execution.cases.truncate(order.len());
    Ok(execution)
}

/// What only a program that got at the harness can bring about.
const TAMPERED: &str = "the harness was tampered with";

struct Ended {
    outcome: Result<bool, wasmtime::Error>,
    memory: u64,
}

/// Calls the harness entry as CPython's vectorcall does: callable, arguments, count, keyword names; 0 is an exception.
fn call_entry(image: &Image, store: &mut Store<Guest>) -> Result<Ended, SandboxError> {
    let instance = image.instance.instantiate(&mut *store)?;
    let memory = instance
        .get_memory(&mut *store, "memory")
        .ok_or_else(|| SandboxError::Runtime("the image has no memory".into()))?;
    let entry = instance.get_typed_func::<(i32, i32, i32, i32), i32>(&mut *store, ENTRY_EXPORT)?;
    if let Some(hot_pages) = &image.hot_pages {
        hot_pages.touch(memory.data_mut(&mut *store));
    }
    let outcome =
        entry.call(&mut *store, (image.entry_object as i32, 0, 0, 0)).map(|returned| returned != 0);
    if let Some(hot_pages) = &image.hot_pages {
        hot_pages.learn(memory.data(&*store));
    }
    Ok(Ended { outcome, memory: memory.data_size(&*store) as u64 })
}

/// A secret that only the harness is told; it depends on the job alone, so that runs stay identical.
fn nonce(body: &[u8]) -> [u8; NONCE_LEN] {
    let hash = blake3::derive_key("tgsand 2026 sandbox channel nonce", body);
    let mut nonce = [0; NONCE_LEN];
    nonce.copy_from_slice(&hash[..NONCE_LEN]);
    nonce
}

/// What had been used when the instance stopped, since its last message.
struct Unfinished {
    fuel: u64,
    denied: bool,
}

fn assemble(
    guest: Guest,
    outcome: Result<bool, wasmtime::Error>,
    unfinished: &Unfinished,
    memory: u64,
    coverage: bool,
) -> Execution {
    let mut execution = Execution {
        stdout: String::from_utf8_lossy(&guest.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&guest.stderr).into_owned(),
        truncated: guest.truncated,
        ..Execution::ended(End::Exited { exit_code: 0 }, memory)
    };
    let mut loaded = false;
    let mut finished = false;
    let mut stdout_from = 0;
    for message in &guest.messages {
        execution.fuel += message.fuel_used;
        let printed = lossy_slice(&guest.stdout, stdout_from, message.stdout_len);
        stdout_from = message.stdout_len;
        match serde_json::from_slice(&message.body) {
            Ok(Report::Loaded { lines, branches, .. }) => {
                loaded = true;
                if coverage {
                    execution.coverable = Some(Coverable { lines, branches });
                }
            }
            Ok(Report::Case(report)) => {
                execution.cases.push(case_result(*report, message, printed))
            }
            Ok(Report::Exit { exit, error }) => {
                finished = true;
                if error.as_ref().is_some_and(|error| is_memory_error(&error.kind)) {
                    execution.end = End::OutOfMemory;
                } else {
                    execution.end = End::Exited { exit_code: exit };
                }
                execution.error = error;
            }
            // Only a program that got at the harness can send anything else; it harms its own result alone.
            Err(_) => {
                execution.cases.push(CaseResult::ended(
                    End::Trapped { trap: TAMPERED.into() },
                    message.fuel_used,
                    printed,
                ));
            }
        }
    }
    if finished {
        return execution;
    }
    execution.fuel += unfinished.fuel;
    let end = end_of(outcome, unfinished.denied);
    if loaded {
        let printed = lossy_slice(&guest.stdout, stdout_from, guest.stdout.len());
        execution.cases.push(CaseResult::ended(end, unfinished.fuel, printed));
    } else {
        execution.end = end;
    }
    execution
}

fn case_result(report: CaseReport, message: &Message, printed: String) -> CaseResult {
    let end = match report.end {
        End::Raised(raised) if is_memory_error(&raised.kind) => End::OutOfMemory,
        // The harness leaves out the `repr` of plain values, whose literal is the same.
        End::Returned { value, repr } if repr.is_empty() => {
            End::Returned { repr: value.to_string(), value }
        }
        end => end,
    };
    CaseResult {
        kind: report.kind,
        mutated: report.mutated,
        coverage: report.coverage,
        steps: report.steps,
        frames: report.frames,
        steps_cut: report.steps_cut,
        ..CaseResult::ended(end, message.fuel_used, printed)
    }
}

fn is_memory_error(kind: &str) -> bool {
    kind == "MemoryError"
}

/// Classifies how an instance stopped without saying so itself.
fn end_of(outcome: Result<bool, wasmtime::Error>, denied: bool) -> End {
    let error = match outcome {
        // The entry returned without its last message: it could not build one.
        Ok(_) if denied => return End::OutOfMemory,
        Ok(_) => return End::Trapped { trap: "the harness did not finish".into() },
        Err(error) => error,
    };
    match (error.downcast_ref::<Stop>(), error.downcast_ref::<Trap>()) {
        (Some(Stop::Exit(code)), _) => End::Exited { exit_code: *code },
        (Some(Stop::OutputTooLarge), _) => End::OutputTooLarge,
        (Some(Stop::TooManyMessages), _) => End::Trapped { trap: TAMPERED.into() },
        (_, Some(Trap::OutOfFuel)) => End::OutOfFuel,
        (_, Some(_)) if denied => End::OutOfMemory,
        (_, Some(trap)) => End::Trapped { trap: trap.to_string() },
        (Some(Stop::Snapshot) | None, None) => End::Trapped { trap: format!("{error:#}") },
    }
}

fn lossy_slice(bytes: &[u8], from: usize, to: usize) -> String {
    String::from_utf8_lossy(bytes.get(from..to).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_without_repr_is_read() {
        let report: CaseReport = serde_json::from_str(r#"{"end":"returned","value":3}"#).unwrap();
        assert_eq!(report.end, End::Returned { value: Value::int(3), repr: String::new() });
        assert!(matches!(
            serde_json::from_str::<Report>(r#"{"end":"returned","value":3}"#).unwrap(),
            Report::Case(_)
        ));
    }
}
