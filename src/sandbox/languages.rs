//! The languages other than Python: interpreters that are one WebAssembly module, run from `_start` with the job's program among their
//! arguments.
//!
//! Invariant: a run starts from the bare module and sees its job alone; what is special about a language is in its own file.

mod host;
mod javascript;
mod ruby;
mod shadow_stack;
mod sql;

use std::path::Path;

use serde::{Deserialize, Serialize};
use wasmtime::InstancePre;

use super::engine;
use super::error::SandboxError;
use super::job::{End, Execution, Job};
use host::Host;

/// The file in an installation that holds the compiled interpreter.
pub const IMAGE: &str = "image.cwasm";
/// Elements of the largest table that an interpreter may have: there is one for each function whose address is taken.
const TABLE_ELEMENTS: usize = 1 << 16;

/// A language whose interpreter is built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    Javascript,
    Ruby,
    Sql,
}

/// How an interpreter is started for a job.
pub struct Start {
    pub arguments: Vec<String>,
    pub environment: Vec<(&'static str, &'static str)>,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 3] = [Self::Javascript, Self::Ruby, Self::Sql];

    /// The name of the language, which is also that of its runtime.
    pub fn name(self) -> &'static str {
        match self {
            Self::Javascript => "javascript",
            Self::Ruby => "ruby",
            Self::Sql => "sql",
        }
    }

    /// The names of all languages, as a message lists them.
    pub fn listed() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// The name of the language as texts write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Javascript => "JavaScript",
            Self::Ruby => "Ruby",
            Self::Sql => "SQL",
        }
    }

    /// Finds a language by a name that data sets use.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        Self::ALL.into_iter().find(|language| language.names().contains(&name.as_str()))
    }

    /// Finds the language of a file by its ending.
    pub fn of_file(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|language| language.endings().contains(&ending.as_str()))
    }

    /// The names that data sets use for the language.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Javascript => &["javascript", "js", "node", "nodejs"],
            Self::Ruby => &["ruby", "rb"],
            Self::Sql => &["sql", "sqlite", "sqlite3"],
        }
    }

    /// A statement that prints a text of letters and digits as a line.
    pub fn print(self, text: &str) -> String {
        match self {
            Self::Javascript => format!("console.log('{text}');"),
            Self::Ruby => format!("puts '{text}'"),
            Self::Sql => format!("SELECT '{text}';"),
        }
    }

    /// What divides two parts of a program that were written apart.
    pub fn divider(self) -> &'static str {
        match self {
            Self::Javascript | Self::Ruby => "\n",
            // The last statement of a part may lack its end.
            Self::Sql => "\n;\n",
        }
    }

    fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Javascript => &["js", "cjs", "mjs"],
            Self::Ruby => &["rb"],
            Self::Sql => &["sql"],
        }
    }

    /// All that decides how programs behave besides the module and the host.
    pub fn recipe(self) -> String {
        match self {
            Self::Javascript => javascript::recipe(),
            Self::Ruby => ruby::recipe(),
            Self::Sql => sql::recipe(),
        }
    }

    /// Makes the package's module fit to be compiled.
    pub fn prepare(self, wasm: Vec<u8>) -> Result<Vec<u8>, SandboxError> {
        match self {
            Self::Javascript => javascript::prepare(&wasm),
            Self::Ruby | Self::Sql => Ok(wasm),
        }
    }

    fn start(self, job: &Job) -> Start {
        match self {
            Self::Javascript => javascript::start(job),
            Self::Ruby => ruby::start(job),
            Self::Sql => sql::start(job),
        }
    }

    /// The exit code with which the interpreter says that a program does not compile, if it can say so.
    fn compile_error(self) -> Option<i32> {
        match self {
            Self::Javascript => Some(javascript::COMPILE_ERROR),
            Self::Ruby => Some(ruby::COMPILE_ERROR),
            Self::Sql => None,
        }
    }
}

/// Compiles an interpreter's module to store.
pub fn compile(language: Language, wasm: Vec<u8>) -> Result<Vec<u8>, SandboxError> {
    let engine = engine::pooled_engine(1, TABLE_ELEMENTS)?;
    Ok(engine.precompile_module(&language.prepare(wasm)?)?)
}

/// Refuses a job that asks for more than a whole program's run.
pub fn check(job: &Job) -> Result<(), SandboxError> {
    if job.entry.is_some() || !job.cases.is_empty() || !job.observe.is_empty() {
        return Err(SandboxError::WholeProgramsOnly);
    }
    Ok(())
}

/// An installed interpreter, ready to run jobs.
pub struct Interpreter {
    language: Language,
    module: InstancePre<Host>,
}

impl Interpreter {
    /// Loads a language's compiled interpreter to run on this many threads.
    pub fn open(language: Language, image: &Path, threads: u32) -> Result<Self, SandboxError> {
        let engine = engine::pooled_engine(threads, TABLE_ELEMENTS)?;
        let module = engine::deserialize(&engine, image)?;
        Ok(Self { language, module: host::bind(&module)? })
    }

    /// Runs a job and returns what it did.
    pub fn run(&self, job: &Job) -> Result<Execution, SandboxError> {
        check(job)?;
        // An interpreter reads its arguments as C strings, and would run no more than what comes before a NUL.
        if job.code.contains('\0') || job.argv.iter().any(|argument| argument.contains('\0')) {
            let why = b"the program or one of its arguments contains a NUL character\n".to_vec();
            let end = End::CompileError { exit_code: 1 };
            return Ok(Execution::ended(end, 0).with_output(Vec::new(), why));
        }
        let execution = host::run(&self.module, self.language.start(job), job)?;
        Ok(match execution.end {
            End::Exited { exit_code } if self.language.compile_error() == Some(exit_code) => {
                Execution { end: End::CompileError { exit_code: 1 }, ..execution }
            }
            _ => execution,
        })
    }
}
