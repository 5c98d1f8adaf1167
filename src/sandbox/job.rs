//! What goes into the sandbox and what comes out: plain data, the schema of `tgsand exec`.
//!
//! Invariant: anything a guest does is described by an [`Execution`]; errors are only the host's.

mod size;
pub mod steps;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use self::steps::Step;
use super::limits::Limits;
use super::value::Value;

/// A program to run: as a script, or to call one of its functions once for each case.
#[derive(Debug, Clone, Default)]
pub struct Job {
    pub code: String,
    /// The function to call, dotted for a method of a module-level name; without it the program runs as a script.
    pub entry: Option<String>,
    pub cases: Vec<Case>,
    pub stdin: Vec<u8>,
    /// The program's arguments after its name: `sys.argv[1:]`.
    pub argv: Vec<String>,
    pub limits: Limits,
    pub isolation: Isolation,
    pub observe: Vec<Observe>,
    /// Whether the program is given what native machines have and this one lacks, as far as it can be stood in for: threads that only
    /// compute, 64-bit sizes, alarms, and stdin under its names.
    pub native: bool,
    /// Whether the results may depend on the order of hashes; more hash seeds decide then.
    pub hash_seeds: bool,
    /// Whether the program takes a clock's time apart, so that looking at one is drawing on chance.
    pub takes_time_apart: bool,
    /// Whether the results may depend on how the program is started; the runs that they are checked against then import it from another
    /// program, with other arguments, at a terminal, and with no module loaded that it has not imported.
    pub varies_start: bool,
    /// Begins `random` with this seed, instead of one of the snapshot's.
    pub random_seed: Option<u64>,
    /// The length of the longest literal that a result is expected to equal; the bounds on the parts and the text of a result are
    /// raised by it.
    pub expected: usize,
}

/// The arguments of one call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Case {
    /// The text between a call's parentheses, evaluated by the guest: `1, b=[2]`.
    Call { call: String },
    /// Positional and keyword arguments, each as JSON or as a Python expression in a string.
    Arguments {
        #[serde(default = "no_arguments")]
        args: Json,
        #[serde(default = "no_keywords")]
        kwargs: Json,
    },
}

fn no_arguments() -> Json {
    Json::Array(Vec::new())
}

fn no_keywords() -> Json {
    Json::Object(serde_json::Map::new())
}

impl Case {
    /// Makes a case from argument text.
    pub fn call(arguments: impl Into<String>) -> Self {
        Self::Call { call: arguments.into() }
    }
}

/// What one case may see of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// Results are as if every case had fresh memory, and are checked under another hash seed, clock and order.
    #[default]
    Case,
    /// All cases run in order in one interpreter, once.
    Program,
    /// All cases run in order in one interpreter, and again under another hash seed and clock.
    InOrder,
}

/// What to record in addition to results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observe {
    /// Lines and branch sides that each case runs.
    Coverage,
    /// Arguments that the call changed.
    Mutations,
    /// The line trace, with the variables that each line changed.
    Steps,
    /// For a value of a class that is not builtin, the builtin value that decides what it equals, unless the class has an `==` of its
    /// own.
    ValueBases,
    /// The builtin classes that the class of an exception derives from.
    ErrorBases,
}

/// How a program or a case ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "kebab-case")]
pub enum End {
    /// The function returned.
    Returned {
        value: Value,
        /// What `repr` gives, with sets in sorted order.
        #[serde(default)]
        repr: String,
    },
    /// The function raised, or its arguments did when they were evaluated.
    Raised(Raised),
    /// The program ran to its end (code 0) or exited.
    Exited {
        exit_code: i32,
    },
    /// The program was not built: its compiler exited with this code, and its output is the execution's. No case ends so, and no
    /// Python.
    CompileError {
        exit_code: i32,
    },
    OutOfFuel,
    OutOfMemory,
    OutputTooLarge,
    /// WebAssembly itself stopped: the host's stack was used up, or the interpreter aborted.
    Trapped {
        trap: String,
    },
}

impl End {
    /// The end's name, as it is written.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Returned { .. } => "returned",
            Self::Raised(_) => "raised",
            Self::Exited { .. } => "exited",
            Self::CompileError { .. } => "compile-error",
            Self::OutOfFuel => "out-of-fuel",
            Self::OutOfMemory => "out-of-memory",
            Self::OutputTooLarge => "output-too-large",
            Self::Trapped { .. } => "trapped",
        }
    }

    /// Whether two ends are the same for a reader: the order in which a set prints is not a result,
    /// so values are compared, and a value without a canonical form contains its `repr`.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Returned { value: a, .. }, Self::Returned { value: b, .. }) => a == b,
            (Self::Raised(a), Self::Raised(b)) => a.told() == b.told(),
            (a, b) => a == b,
        }
    }
}

/// An exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// The class, with its module unless that is `builtins` or the program's own.
    #[serde(rename = "type")]
    pub kind: String,
    pub message: String,
    /// The innermost line of the program on the traceback, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Whether evaluating the arguments raised, not the call.
    #[serde(default, skip_serializing_if = "is_false")]
    pub in_arguments: bool,
    /// The builtin classes that its class is or derives from, the nearest first; only if asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bases: Vec<String>,
}

impl Raised {
    /// All but where it was raised, which is no part of what a program does: the same program, formatted otherwise, raises on another
    /// line.
    pub fn told(&self) -> (&str, &str, bool, &[String]) {
        (&self.kind, &self.message, self.in_arguments, &self.bases)
    }
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// What a job did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    #[serde(flatten)]
    pub end: End,
    /// Why the program did not load, or the exception that ended a script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Raised>,
    /// One result a case, in the job's order; empty if the program did not load.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<CaseResult>,
    /// With U+FFFD where it is not UTF-8; [`Execution::stdout_bytes`] has it as it was written.
    pub stdout: String,
    /// With U+FFFD where it is not UTF-8.
    pub stderr: String,
    /// What was written, where that is not UTF-8.
    #[serde(skip)]
    pub raw: RawOutput,
    /// Whether stdout, stderr or the results were cut at the output limit.
    pub truncated: bool,
    /// Fuel used for loading and all cases of the first pass.
    pub fuel: u64,
    /// Fuel used in all: also for checks in another order and under other seeds, for loading again, and for the host's own work, which
    /// is to start each instance and to keep what it gives.
    #[serde(default)]
    pub fuel_total: u64,
    /// Bytes of linear memory at the end.
    pub memory: u64,
    /// What the sandbox has noticed of chance.
    #[serde(skip)]
    pub chance: Chance,
    /// What can be covered, when coverage was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverable: Option<Coverable>,
}

/// What a job owes to chance, as far as the host can tell. It is kept beside the execution: not compared, and not written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chance {
    /// Whether it looked at a clock or asked for entropy.
    pub asked: bool,
    /// Whether a case asked for entropy; a library may do so when it is loaded, and use none of it.
    pub entropy_in_case: bool,
    /// Whether a case looked at a clock.
    pub clock_in_case: bool,
    /// The state of the generator of `random` before and after, if the program may use it.
    pub random: Option<(u32, u32)>,
}

impl PartialEq for Chance {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Chance {
    /// Adds what another instance owes to it.
    pub fn add(&mut self, other: Self) {
        self.asked |= other.asked;
        self.entropy_in_case |= other.entropy_in_case;
        self.clock_in_case |= other.clock_in_case;
        self.random = self.random.or(other.random);
    }

    /// Whether chance can have a part in what it did.
    pub fn is_possible(self) -> bool {
        self.asked || self.draws()
    }

    /// Whether the generator of `random` has moved.
    pub fn draws(self) -> bool {
        self.random.is_some_and(|(before, after)| before != after)
    }
}

/// The bytes of an output that is not UTF-8; they are kept beside the text and are not written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawOutput {
    stdout: Option<Vec<u8>>,
    stderr: Option<Vec<u8>>,
}

/// What one case did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseResult {
    #[serde(flatten)]
    pub end: End,
    pub fuel: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stdout: String,
    /// What the function began, when it was not a plain call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<CallKind>,
    /// Whether two runs from fresh memory under different seeds differ.
    #[serde(default, skip_serializing_if = "is_false")]
    pub nondeterministic: bool,
    /// Whether they differ in nothing but what they print.
    #[serde(default, skip_serializing_if = "is_false")]
    pub prints_differ: bool,
    /// Whether the program draws on chance that it has not seeded, even if no run showed a difference.
    #[serde(default, skip_serializing_if = "is_false")]
    pub uses_entropy: bool,
    /// If so, the run under the other seeds.
    #[serde(skip)]
    pub elsewhere: Elsewhere,
    /// Whether the case comes out otherwise after other cases; the result is the one from fresh memory.
    #[serde(default, skip_serializing_if = "is_false")]
    pub order_dependent: bool,
    /// Arguments that the call changed: position or name, and the new value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mutated: Vec<(ArgumentKey, Value)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// How many calls the trace goes through; from two on, their lines are interleaved.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub frames: u32,
    /// Whether the trace went on beyond what is recorded.
    #[serde(default, skip_serializing_if = "is_false")]
    pub steps_cut: bool,
}

/// The run of a case under other seeds. It is kept beside the result and is no part of it: not compared, and not written.
#[derive(Debug, Clone, Default)]
pub struct Elsewhere(pub Option<Box<CaseResult>>);

impl PartialEq for Elsewhere {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Which argument: its position, or its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ArgumentKey {
    Position(u32),
    Name(String),
}

/// What a call gave, when that was not yet its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallKind {
    /// A coroutine; the value is what `asyncio.run` gave.
    Coroutine,
    /// A generator; the value is the list of what it yields.
    Generator,
    /// An asynchronous generator; the value is the list of what it yields.
    AsyncGenerator,
    /// Another iterator, or a view of a dictionary; the value is the list of its items.
    Iterator,
    /// A list, a tuple or an iterator of nothing but iterators; the value is the list of their lists.
    Iterators,
    /// Something with iterators in it; the value has a list for each of them.
    NestedIterators,
    /// An object of one of the program's classes that has no `repr` of its own; the value is the dictionary of its attributes.
    Attributes,
    /// A property, which is read and not called; the value is what it gives.
    Property,
}

/// The lines and branches in a program's functions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverable {
    pub lines: Vec<u32>,
    /// For each two-way branch, its line and the lines its two sides lead to; side `k` of branch `i` is number `2 i + k`.
    pub branches: Vec<(u32, u32, u32)>,
}

/// The lines and branch sides that a case ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    pub lines: Vec<u32>,
    pub branches: Vec<u32>,
}

impl Execution {
    /// A program of which nothing is known but its end.
    pub fn ended(end: End, memory: u64) -> Self {
        Self {
            end,
            error: None,
            cases: Vec::new(),
            stdout: String::new(),
            stderr: String::new(),
            raw: RawOutput::default(),
            truncated: false,
            fuel: 0,
            fuel_total: 0,
            memory,
            chance: Chance::default(),
            coverable: None,
        }
    }

    /// The execution with the output of its program.
    pub fn with_output(self, stdout: Vec<u8>, stderr: Vec<u8>) -> Self {
        let text = |bytes: Vec<u8>| match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                (text, Some(error.into_bytes()))
            }
        };
        let ((stdout, raw_stdout), (stderr, raw_stderr)) = (text(stdout), text(stderr));
        Self { stdout, stderr, raw: RawOutput { stdout: raw_stdout, stderr: raw_stderr }, ..self }
    }

    /// Adds the output of another run of the same program.
    pub fn push_output(&mut self, next: &Self) {
        if self.raw.stdout.is_some() || next.raw.stdout.is_some() {
            let stdout = self.raw.stdout.get_or_insert_with(|| self.stdout.clone().into_bytes());
            stdout.extend_from_slice(next.stdout_bytes());
        }
        if self.raw.stderr.is_some() || next.raw.stderr.is_some() {
            let stderr = self.raw.stderr.get_or_insert_with(|| self.stderr.clone().into_bytes());
            stderr.extend_from_slice(next.stderr_bytes());
        }
        self.stdout.push_str(&next.stdout);
        self.stderr.push_str(&next.stderr);
    }

    /// What the program wrote to stdout, byte for byte.
    pub fn stdout_bytes(&self) -> &[u8] {
        self.raw.stdout.as_deref().unwrap_or(self.stdout.as_bytes())
    }

    /// What the program wrote to stderr, byte for byte.
    pub fn stderr_bytes(&self) -> &[u8] {
        self.raw.stderr.as_deref().unwrap_or(self.stderr.as_bytes())
    }
}

impl CaseResult {
    /// A case of which nothing is known but its end.
    pub fn ended(end: End, fuel: u64, stdout: String) -> Self {
        Self {
            end,
            fuel,
            stdout,
            kind: None,
            nondeterministic: false,
            prints_differ: false,
            uses_entropy: false,
            elsewhere: Elsewhere::default(),
            order_dependent: false,
            mutated: Vec::new(),
            coverage: None,
            steps: Vec::new(),
            frames: 0,
            steps_cut: false,
        }
    }

    /// Whether two runs of a case came out the same for a reader: end, value, printed text and changed arguments.
    pub fn same_outcome(&self, other: &Self) -> bool {
        self.same_result(other) && self.stdout == other.stdout
    }

    /// Whether two runs of a case are the same except for their output.
    pub fn same_result(&self, other: &Self) -> bool {
        self.end.is_same(&other.end) && self.mutated == other.mutated
    }

    /// Whether two runs of a case also went the same way, as far as their traces tell.
    pub fn same_run(&self, other: &Self) -> bool {
        self.same_outcome(other) && self.steps == other.steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_program_raises_is_no_part_of_what_it_does() {
        let raised = |message: &str, line| {
            End::Raised(Raised {
                kind: "ValueError".into(),
                message: message.into(),
                line: Some(line),
                in_arguments: false,
                bases: Vec::new(),
            })
        };
        assert!(raised("no", 1).is_same(&raised("no", 2)));
        assert!(!raised("no", 1).is_same(&raised("yes", 1)));
    }
}
