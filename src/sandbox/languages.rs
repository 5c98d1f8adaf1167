//! The languages other than Python: interpreters that are one WebAssembly module, run from `_start` with the job's program among their
//! arguments, and compilers whose programs are such modules.
//!
//! Invariant: a run starts from the bare module and sees its job alone; what is special about a language is in its own file.

mod builds;
mod c;
mod clang;
mod go;
mod host;
mod javascript;
mod lua;
mod perl;
mod php;
mod ruby;
mod shadow_stack;
mod sql;
mod translator;
mod typescript;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wasmtime::{Instance, InstancePre, Result as WasmResult, Store};
use wasmtime_wasi::FsPerms;

use super::engine;
use super::error::SandboxError;
use super::job::{End, Execution, Job};
use super::limits::Limits;
use host::Host;

/// The file in an installation that holds the compiled interpreter.
pub const IMAGE: &str = "image.cwasm";
/// The file with its second module, for those that have two.
pub const OTHER_IMAGE: &str = "other.cwasm";
/// The folder in an installation with the files that an interpreter needs.
const FILES: &str = "files";
/// Elements of the largest table that an interpreter may have: there is one for each function whose address is taken.
const TABLE_ELEMENTS: usize = 1 << 18;

/// A language whose interpreter is built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    Javascript,
    Typescript,
    Ruby,
    Sql,
    Php,
    Perl,
    C,
    Cpp,
    Go,
    Lua,
}

/// What is special about a language; each is a constant in its own file.
struct Facts {
    /// The name of the language, which is also that of its runtime.
    name: &'static str,
    /// The name as texts write it.
    title: &'static str,
    /// The names that data sets use.
    names: &'static [&'static str],
    /// The endings of its files.
    endings: &'static [&'static str],
    /// The end of a program, from that of its interpreter.
    ended: fn(Execution) -> Execution,
    /// Where the module finds the folder with the files of the installation, and what puts files there besides the package's.
    folder: Option<(&'static str, Fill)>,
    source: Source,
    /// All that decides how programs behave besides the module and the host.
    recipe: fn() -> String,
    /// Makes the package's module fit to be compiled.
    prepare: fn(Vec<u8>) -> Result<Vec<u8>, SandboxError>,
    kind: Kind,
}

/// Puts files into a folder.
type Fill = fn(&Path) -> std::io::Result<()>;

/// What the module of a language is.
#[derive(Clone, Copy)]
enum Kind {
    /// It runs a job's program.
    Interpreter(fn(&Job) -> Start),
    /// It runs a job's program when functions of it are called.
    Library { start: fn() -> Start, enter: fn(&Instance, &mut Store<Host>, &Job) -> WasmResult<()> },
    /// It compiles and links programs, which then run by themselves.
    Clang(&'static clang::Options),
    /// The same in two modules.
    Go,
    /// It translates a program, which the interpreter of another language then runs.
    Translator {
        /// How it is started, with the program on stdin.
        start: fn() -> Start,
        /// How the other interpreter is started with what it printed.
        run: fn(&Job) -> Start,
    },
}

/// What a language's package has of its module.
#[derive(Clone, Copy)]
enum Source {
    /// The module itself.
    Module,
    /// The sources that it is built from when it is installed.
    Built(fn(&Material<'_>) -> Result<Modules, SandboxError>),
}

/// What a language is built from.
pub struct Material<'a> {
    /// The folder with the files of its package.
    pub package: &'a Path,
    /// The folder of the installation that it needs.
    pub needed: Option<&'a Path>,
    /// A folder for whatever is left over.
    pub scratch: &'a Path,
    /// The folder of its own installation for files that it needs.
    pub files: &'a Path,
}

/// The modules of a language.
pub struct Modules {
    pub own: Vec<u8>,
    pub other: Option<Vec<u8>>,
}

/// How an interpreter is started for a job.
#[derive(Default)]
pub struct Start {
    pub arguments: Vec<String>,
    pub environment: Vec<(&'static str, String)>,
    /// What it reads as its stdin, if that is not the job's.
    pub stdin: Option<Vec<u8>>,
    pub folders: Vec<Folder>,
    /// Bytes that are kept of its output, if they are not those of the job.
    pub room: Option<usize>,
    /// Whether it may know which file is which, and when it was written: no program may, since that depends on the machine.
    pub tells_files_apart: bool,
}

/// A folder that a guest reads.
pub struct Folder {
    pub here: PathBuf,
    pub there: String,
    /// Programs write nowhere.
    pub permissions: FsPerms,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 10] = [
        Self::Javascript,
        Self::Typescript,
        Self::Ruby,
        Self::Sql,
        Self::Php,
        Self::Perl,
        Self::C,
        Self::Cpp,
        Self::Go,
        Self::Lua,
    ];

    fn facts(self) -> &'static Facts {
        match self {
            Self::Javascript => &javascript::FACTS,
            Self::Typescript => &typescript::FACTS,
            Self::Ruby => &ruby::FACTS,
            Self::Sql => &sql::FACTS,
            Self::Php => &php::FACTS,
            Self::Perl => &perl::FACTS,
            Self::C => &c::C,
            Self::Cpp => &c::CPP,
            Self::Go => &go::FACTS,
            Self::Lua => &lua::FACTS,
        }
    }

    /// The name of the language, which is also that of its runtime.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The names of all languages, as a message lists them.
    pub fn listed() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// The name of the language as texts write it.
    pub fn title(self) -> &'static str {
        self.facts().title
    }

    /// Finds a language by a name that data sets use.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        Self::ALL.into_iter().find(|language| language.names().contains(&name.as_str()))
    }

    /// Finds the language of a file by its ending.
    pub fn of_file(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|language| language.facts().endings.contains(&ending.as_str()))
    }

    /// The names that data sets use for the language.
    pub fn names(self) -> &'static [&'static str] {
        self.facts().names
    }

    /// Whether a program is compiled as a whole, so that a solution without a `main` is none.
    pub fn is_compiled(self) -> bool {
        matches!(self.facts().kind, Kind::Clang(_) | Kind::Go)
    }

    /// Whether the language's module is built from sources when it is installed.
    pub fn is_built(self) -> bool {
        matches!(self.facts().source, Source::Built(_))
    }

    /// A declaration by which a program prints a line of letters and digits when it comes to its end, if the language has one.
    pub fn ending(self, line: &str) -> Option<String> {
        match self.facts().kind {
            Kind::Clang(options) => Some(options.ending.replace("LINE", line)),
            Kind::Go => Some(go::ending(line)),
            Kind::Interpreter(_) | Kind::Library { .. } | Kind::Translator { .. } => None,
        }
    }

    /// All that decides how programs behave besides the module and the host.
    pub fn recipe(self) -> String {
        format!("{} {}", host::VERSION, (self.facts().recipe)())
    }
}

/// What a package has for a language.
pub struct Parts {
    pub modules: Modules,
    /// A tar file with what the module reads.
    pub archive: Option<Vec<u8>>,
    /// The folder of an installation with the same module, compiled.
    pub twin: Option<PathBuf>,
    /// The folder with the sources of what is compiled once for all programs.
    pub sources: Option<PathBuf>,
}

/// Builds the modules of a language from the sources in its package, and puts files into the folder of its installation.
pub fn build(
    language: Language,
    package: &Path,
    needed: Option<&Path>,
    folder: &Path,
) -> Result<Modules, SandboxError> {
    let Source::Built(build) = language.facts().source else {
        return Err(SandboxError::Runtime("there is nothing to build".into()));
    };
    let (scratch, files) = (tempfile::tempdir_in(folder), folder.join(FILES));
    let scratch = scratch.map_err(SandboxError::io(folder))?;
    build(&Material { package, needed, scratch: scratch.path(), files: &files })
}

/// Puts a language's compiled modules, and the files that they need, into the folder of an installation; gives the modules' digests.
pub fn install(
    language: Language,
    parts: Parts,
    folder: &Path,
) -> Result<(String, Option<String>), SandboxError> {
    let facts = language.facts();
    let files = folder.join(FILES);
    if let Some((_, fill)) = facts.folder {
        let unpack = |archive: Vec<u8>| tar::Archive::new(&archive[..]).unpack(&files);
        std::fs::create_dir_all(&files)
            .and_then(|()| parts.archive.map_or(Ok(()), unpack))
            .and_then(|()| fill(&files))
            .map_err(SandboxError::io(&files))?;
    }
    let engine = engine::pooled_engine(1, TABLE_ELEMENTS)?;
    let path = folder.join(IMAGE);
    let other_path = folder.join(OTHER_IMAGE);
    let compile = |module: Vec<u8>, path: &Path| {
        let compiled = engine.precompile_module(&module)?;
        std::fs::write(path, &compiled).map_err(SandboxError::io(path))
    };
    match parts.twin {
        Some(twin) => {
            std::fs::hard_link(twin.join(IMAGE), &path).map_err(SandboxError::io(&path))?;
        }
        None => compile((facts.prepare)(parts.modules.own)?, &path)?,
    }
    let has_other = parts.modules.other.is_some();
    if let Some(other) = parts.modules.other {
        compile(other, &other_path)?;
    }
    if let Kind::Clang(options) = facts.kind {
        let compiled = host::bind(&engine::deserialize(&engine, &path)?)?;
        let compiler =
            clang::Compiler { module: &compiled, options, limits: builds::LIMITS, files: &files };
        compiler.make_ready(parts.sources.as_deref())?;
    }
    let digest = |path: &Path| -> Result<String, SandboxError> {
        let image = std::fs::read(path).map_err(SandboxError::io(path))?;
        Ok(blake3::hash(&image).to_hex().to_string())
    };
    let other = has_other.then(|| digest(&other_path)).transpose()?;
    Ok((digest(&path)?, other))
}

/// What a job is answered whose program does not compile, with as much of the messages as it has room for.
fn failed(messages: &str, limits: &Limits) -> Execution {
    let room = usize::try_from(limits.output).unwrap_or(usize::MAX);
    let said = messages.as_bytes()[..messages.floor_char_boundary(room)].to_vec();
    Execution {
        truncated: said.len() < messages.len(),
        ..Execution::ended(End::CompileError { exit_code: 1 }, 0).with_output(Vec::new(), said)
    }
}

/// What a compiler or translator said that did not do its work.
fn messages(build: &Execution) -> String {
    match &build.end {
        End::Exited { .. } => build.stderr.clone(),
        end => format!("{}the compiler ended: {}\n", build.stderr, end.name()),
    }
}

/// A program's end by itself that its interpreter tells by an exit code that no program has by chance.
fn with_compile_error(execution: Execution, code: i32) -> Execution {
    match execution.end {
        End::Exited { exit_code } if exit_code == code => {
            Execution { end: End::CompileError { exit_code: 1 }, ..execution }
        }
        _ => execution,
    }
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
    /// The language's own module.
    own: InstancePre<Host>,
    /// The language's second module, or the interpreter that runs what a translator makes.
    other: Option<InstancePre<Host>>,
    /// The folder of the installation with what the language needs.
    files: PathBuf,
    builds: builds::Builds,
}

impl Interpreter {
    /// Loads a language's compiled module from the folder of its installation, and that of the language it is translated to, to run on
    /// this many threads.
    pub fn open(
        language: Language,
        own: &Path,
        other: Option<&Path>,
        threads: u32,
    ) -> Result<Self, SandboxError> {
        let engine = engine::pooled_engine(threads, TABLE_ELEMENTS)?;
        let load = |path: PathBuf| host::bind(&engine::deserialize(&engine, &path)?);
        let other = match language.facts().kind {
            Kind::Translator { .. } => other.map(|folder| folder.join(IMAGE)),
            Kind::Go => Some(own.join(OTHER_IMAGE)),
            Kind::Interpreter(_) | Kind::Library { .. } | Kind::Clang(_) => None,
        };
        let other = other.map(load).transpose()?;
        let (own, files) = (load(own.join(IMAGE))?, own.join(FILES));
        Ok(Self { language, own, other, files, builds: builds::Builds::default() })
    }

    /// Gives back the memory of the programs that are kept compiled; instances are not kept.
    pub fn release(&self) {
        self.builds.release();
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
        let facts = self.language.facts();
        let execution = match (facts.kind, &self.other) {
            (Kind::Translator { start, run }, Some(other)) => {
                let translated = translator::translate(&self.own, start(), job)?;
                translated.run(|job| host::run(other, run(job), job))?
            }
            (Kind::Translator { .. } | Kind::Go, None) => {
                let why = "one of the two modules that run programs is not there";
                return Err(SandboxError::Runtime(why.into()));
            }
            (Kind::Interpreter(start), _) => host::run(&self.own, self.started(start(job)), job)?,
            (Kind::Clang(options), _) => {
                let module = &self.own;
                let (limits, files) = (builds::LIMITS, &self.files);
                self.built(&clang::Compiler { module, options, limits, files }, job)?
            }
            (Kind::Go, Some(link)) => {
                let compile = &self.own;
                self.built(&go::Compiler { compile, link, library: &self.files }, job)?
            }
            (Kind::Library { start, enter }, _) => {
                let enter =
                    |instance: &Instance, store: &mut Store<Host>| enter(instance, store, job);
                host::run_from(&self.own, self.started(start()), job, enter)?
            }
        };
        Ok((facts.ended)(execution))
    }

    /// Builds a program and runs it.
    fn built(&self, compiler: &dyn builds::Compiler, job: &Job) -> Result<Execution, SandboxError> {
        match self.builds.of(compiler, &job.code)? {
            Ok(program) => host::run(&program, builds::start(job), job),
            Err(messages) => Ok(failed(&messages, &job.limits)),
        }
    }

    /// The start of the language's own module, with its folder.
    fn started(&self, mut start: Start) -> Start {
        if let Some((there, _)) = self.language.facts().folder {
            start.folders.push(Folder {
                here: self.files.clone(),
                there: there.to_owned(),
                permissions: FsPerms::ReadOnly,
            });
        }
        start
    }
}
