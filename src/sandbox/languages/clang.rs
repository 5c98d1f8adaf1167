//! Compiles and links programs with LLVM, which runs as a guest as any other.
//!
//! Invariant: a compiler reads its folder, the program and nothing else, and writes to its stdout alone; what it makes is a guest again.

use std::collections::VecDeque;
use std::fmt::Display;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use wasmtime::{InstancePre, Module};
use wasmtime_wasi::FsPerms;

use super::super::error::SandboxError;
use super::super::job::{End, Execution, Job};
use super::super::limits::Limits;
use super::host::{self, Host};
use super::{Folder, Start, TABLE_ELEMENTS, messages};

/// Limits of one compilation; a program has its own. Compiling the result to machine code takes no fuel, so its size bounds that.
const LIMITS: Limits = Limits { fuel: 40_000_000_000, memory: 1 << 30, output: 16 << 20 };
/// Bytes that a program compiles to before it is linked, with all of its arrays.
const LARGEST_OBJECT: usize = 160 << 20;
/// Programs that are kept compiled: the same one often runs again, with other input.
const KEPT: usize = 32;
/// Bytes of machine code of the largest program that is kept.
const LARGEST_KEPT: usize = 8 << 20;
/// How a program begins and ends, as its source and as what is compiled from it once.
const START_SOURCE: &str = include_str!("../../../runtimes/c/start.c");
const START: &str = "start.o";
/// Headers that are read once and kept as the compiler has them in memory.
const HEADERS: &str = "headers.pch";
/// Where the compiler finds its files, and the linker the program.
pub const USR: &str = "/usr";
const WORK: &str = "/work";

/// What is special about a language.
pub struct Options {
    /// The name of a program's file in messages.
    pub file: &'static str,
    /// The language as the compiler calls it.
    pub name: &'static str,
    /// How the compiler reads it.
    pub dialect: &'static str,
    /// The path of a header that every program includes.
    pub header: Option<&'static str>,
    pub libraries: &'static str,
    /// A declaration of `LINE`, which a program prints when it comes to its end.
    pub ending: &'static str,
}

const COMPILE: &str = "clang -cc1 -triple wasm32-unknown-wasip1 -O2 -disable-free -mrelocation-model static \
    -mframe-pointer=none -ffp-contract=on -fno-rounding-math -target-cpu generic -resource-dir /usr -isysroot /usr \
    -fgnuc-version=4.2.1 -vectorize-loops -vectorize-slp -ferror-limit 19 -D_WASI_EMULATED_SIGNAL \
    -D_WASI_EMULATED_PROCESS_CLOCKS -D_WASI_EMULATED_GETPID -target-feature +exception-handling -exception-model=wasm \
    -mllvm -wasm-enable-sjlj -mllvm -wasm-use-legacy-eh=false -fno-pch-timestamp";
const LINK: &str = "wasm-ld -m wasm32 --stack-first -z stack-size=8388608 -L/usr/lib/wasm32-wasip1 /usr/start.o /work/main.o";
const LIBRARIES: &str = "-lsetjmp -lwasi-emulated-signal -lwasi-emulated-process-clocks -lwasi-emulated-getpid -lm -lc \
    /usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a -s -o -";
/// How C is read, in which it is written how programs begin and end.
pub const C_DIALECT: &str =
    "-std=gnu17 -internal-isystem /usr/include -internal-isystem /usr/include/wasm32-wasip1";

/// All that decides what programs are built besides the module.
pub fn recipe(options: &Options) -> String {
    let Options { file, name, dialect, header, libraries, ending } = options;
    format!(
        "{COMPILE} {LINK} {LIBRARIES} {file} {name} {dialect} {header:?} {libraries} {ending} {START_SOURCE}"
    )
}

/// How a built program is started.
pub fn start(job: &Job) -> Start {
    let arguments = ["main".to_owned()].into_iter().chain(job.argv.iter().cloned()).collect();
    Start { arguments, ..Start::default() }
}

/// A program that is ready to run, or the messages of the compiler.
type Built = Result<InstancePre<Host>, String>;

/// A compiler for one language.
pub struct Compiler<'a> {
    pub module: &'a InstancePre<Host>,
    pub options: &'a Options,
    /// The compiler's own folder.
    pub files: &'a Path,
}

impl Compiler<'_> {
    /// Compiles what all programs share, in the folder of an installation.
    pub fn make_ready(&self) -> Result<(), SandboxError> {
        let cannot = |messages: &str| {
            SandboxError::Runtime(format!("its compiler does not compile: {messages}"))
        };
        let start = self.object(&format!("{C_DIALECT} -x c"), START_SOURCE)?;
        let start = start.map_err(|messages| cannot(&messages))?;
        let path = self.files.join(START);
        fs::write(&path, start).map_err(SandboxError::io(&path))?;
        let Some(header) = self.options.header else { return Ok(()) };
        let Options { name, dialect, .. } = self.options;
        let arguments =
            format!("{COMPILE} {dialect} -emit-pch -o {WORK}/{HEADERS} -x {name}-header {header}");
        let work = Folder {
            here: self.files.to_owned(),
            there: WORK.to_owned(),
            permissions: FsPerms::ReadWrite,
        };
        let made = self.run(&arguments, String::new(), Some(work), None)?;
        if made.end == (End::Exited { exit_code: 0 }) {
            Ok(())
        } else {
            Err(cannot(&messages(&made)))
        }
    }

    fn build(&self, code: &str) -> Result<Built, SandboxError> {
        let Options { file, name, dialect, header, libraries, .. } = self.options;
        let header = header.map_or_else(String::new, |_| format!("-include-pch {USR}/{HEADERS}"));
        let source = format!("# 1 \"{file}\"\n{code}\n");
        let object = match self.object(&format!("{dialect} {header} -x {name}"), &source)? {
            Ok(object) => object,
            Err(messages) => return Ok(Err(messages)),
        };
        let folder = tempfile::tempdir().map_err(SandboxError::io("a temporary folder"))?;
        let path = folder.path().join("main.o");
        fs::write(&path, object).map_err(SandboxError::io(&path))?;
        let work = Folder {
            here: folder.path().to_owned(),
            there: WORK.to_owned(),
            permissions: FsPerms::ReadOnly,
        };
        let linked =
            self.run(&format!("{LINK} {libraries} {LIBRARIES}"), String::new(), Some(work), None)?;
        if linked.end != (End::Exited { exit_code: 0 }) {
            return Ok(Err(messages(&linked)));
        }
        let cannot_run = |why: &dyn Display| format!("the program cannot be run: {why}\n");
        let engine = self.module.module().engine();
        let program = match Module::from_binary(engine, linked.stdout_bytes()) {
            Ok(program) => program,
            Err(error) => return Ok(Err(cannot_run(&error))),
        };
        let functions = program.resources_required().max_initial_table_size.unwrap_or(0);
        if functions > TABLE_ELEMENTS as u64 {
            return Ok(Err(cannot_run(&"it has too many functions")));
        }
        // It may ask its host for functions that there are not.
        Ok(host::bind(&program).map_err(|error| cannot_run(&error)))
    }

    /// What a source compiles to, or why it does not.
    fn object(&self, options: &str, source: &str) -> Result<Result<Vec<u8>, String>, SandboxError> {
        let arguments = format!("{COMPILE} -emit-obj {options} -o - -");
        let done = self.run(&arguments, source.to_owned(), None, Some(LARGEST_OBJECT))?;
        let is_done = done.end == (End::Exited { exit_code: 0 });
        Ok(if is_done { Ok(done.stdout_bytes().to_vec()) } else { Err(messages(&done)) })
    }

    /// Runs a tool with arguments that have no spaces in them.
    fn run(
        &self,
        arguments: &str,
        stdin: String,
        work: Option<Folder>,
        room: Option<usize>,
    ) -> Result<Execution, SandboxError> {
        let usr = Folder {
            here: self.files.to_owned(),
            there: USR.to_owned(),
            permissions: FsPerms::ReadOnly,
        };
        let start = Start {
            arguments: arguments.split_whitespace().map(str::to_owned).collect(),
            folders: [usr].into_iter().chain(work).collect(),
            // It would take all headers for one.
            tells_files_apart: true,
            room,
            ..Start::default()
        };
        let job = Job { stdin: stdin.into_bytes(), limits: LIMITS, ..Job::default() };
        host::run(self.module, start, &job)
    }
}

/// The programs that were built last.
#[derive(Default)]
pub struct Builds(Mutex<VecDeque<(blake3::Hash, Built)>>);

impl Builds {
    /// A program, built unless it is kept.
    pub fn of(&self, compiler: &Compiler<'_>, code: &str) -> Result<Built, SandboxError> {
        let key = blake3::hash(code.as_bytes());
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, built)) = kept().iter().find(|(other, _)| *other == key) {
            return Ok(built.clone());
        }
        let built = compiler.build(code)?;
        if built.as_ref().is_ok_and(|program| machine_code(program) > LARGEST_KEPT) {
            return Ok(built);
        }
        let mut kept = kept();
        kept.push_back((key, built.clone()));
        if kept.len() > KEPT {
            kept.pop_front();
        }
        Ok(built)
    }
}

/// Bytes of a program's machine code.
fn machine_code(program: &InstancePre<Host>) -> usize {
    let Range { start, end } = program.module().image_range();
    end.addr() - start.addr()
}
