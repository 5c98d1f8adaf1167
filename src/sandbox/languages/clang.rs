//! Compiles and links programs with LLVM, which runs as a guest as any other.
//!
//! Invariant: a compiler reads its folder, the program and nothing else, and writes to its stdout alone; what it makes is a guest again.

use std::fs;
use std::path::Path;

use wasmtime::InstancePre;
use wasmtime_wasi::FsPerms;

use super::super::error::SandboxError;
use super::super::job::{End, Execution, Job};
use super::super::limits::Limits;
use super::builds::{self, Built};
use super::host::{self, Host};
use super::{Folder, Start, messages};

/// Bytes that a program compiles to before it is linked, with all of its arrays.
const LARGEST_OBJECT: usize = 160 << 20;
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
    /// Objects that are compiled once: how, and each with its source, or the name of that in a package of sources.
    pub objects: Option<(&'static str, &'static [(&'static str, &'static str)])>,
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
    let Options { file, name, dialect, header, libraries, objects, ending } = options;
    format!(
        "int main {COMPILE} {LINK} {LIBRARIES} {file} {name} {dialect} {header:?} {libraries} {objects:?} {ending} {START_SOURCE}"
    )
}

/// A compiler for one language.
pub struct Compiler<'a> {
    pub module: &'a InstancePre<Host>,
    pub options: &'a Options,
    /// Limits of one compilation.
    pub limits: Limits,
    /// The compiler's own folder.
    pub files: &'a Path,
}

impl Compiler<'_> {
    /// Compiles what all programs share, in the folder of an installation; `sources` is the folder with the sources of objects.
    pub fn make_ready(&self, sources: Option<&Path>) -> Result<(), SandboxError> {
        let cannot = |messages: &str| {
            SandboxError::Runtime(format!("its compiler does not compile: {messages}"))
        };
        let start = self.object(&format!("{C_DIALECT} -x c"), START_SOURCE, None)?;
        let start = start.map_err(|messages| cannot(&messages))?;
        let path = self.files.join(START);
        fs::write(&path, start).map_err(SandboxError::io(&path))?;
        if let (Some((how, objects)), Some(sources)) = (self.options.objects, sources) {
            for (object, source) in objects {
                let work = Folder {
                    here: sources.to_owned(),
                    there: WORK.to_owned(),
                    permissions: FsPerms::ReadOnly,
                };
                let language = if source.ends_with(".c") { "c" } else { "c++" };
                let dialect = match language {
                    "c" => C_DIALECT.to_owned(),
                    // Repeating an option of LLVM is an error.
                    _ => self.options.dialect.replace("-mllvm -wasm-enable-eh", "-std=c++23"),
                };
                let options = format!("{dialect} {how} -x {language}");
                let source = if source.ends_with(".cpp") || source.ends_with(".c") {
                    format!("#include \"{WORK}/{source}\"\n")
                } else {
                    (*source).to_owned()
                };
                let made = self.object(&options, &source, Some(work))?;
                let path = self.files.join(object);
                fs::write(&path, made.map_err(|messages| cannot(&messages))?)
                    .map_err(SandboxError::io(&path))?;
            }
        }
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

    /// The module of a program in C whose source includes others of a folder.
    pub fn module_of(
        &self,
        options: &str,
        source: &str,
        folder: &Path,
    ) -> Result<Result<Vec<u8>, String>, SandboxError> {
        let work = Folder {
            here: folder.to_owned(),
            there: WORK.to_owned(),
            permissions: FsPerms::ReadOnly,
        };
        let options = format!("{C_DIALECT} {options} -I{WORK} -x c");
        match self.object(&options, source, Some(work))? {
            Ok(object) => self.linked(&object),
            Err(messages) => Ok(Err(messages)),
        }
    }

    /// What a program is linked to, or why it is not.
    fn linked(&self, object: &[u8]) -> Result<Result<Vec<u8>, String>, SandboxError> {
        let folder = tempfile::tempdir().map_err(SandboxError::io("a temporary folder"))?;
        let path = folder.path().join("main.o");
        fs::write(&path, object).map_err(SandboxError::io(&path))?;
        let work = Folder {
            here: folder.path().to_owned(),
            there: WORK.to_owned(),
            permissions: FsPerms::ReadOnly,
        };
        let libraries = self.options.libraries;
        let linked =
            self.run(&format!("{LINK} {libraries} {LIBRARIES}"), String::new(), Some(work), None)?;
        let is_done = linked.end == (End::Exited { exit_code: 0 });
        Ok(if is_done { Ok(linked.stdout_bytes().to_vec()) } else { Err(messages(&linked)) })
    }

    /// What a source compiles to, or why it does not.
    fn object(
        &self,
        options: &str,
        source: &str,
        work: Option<Folder>,
    ) -> Result<Result<Vec<u8>, String>, SandboxError> {
        let arguments = format!("{COMPILE} -emit-obj {options} -o - -");
        let done = self.run(&arguments, source.to_owned(), work, Some(LARGEST_OBJECT))?;
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
        let job = Job { stdin: stdin.into_bytes(), limits: self.limits, ..Job::default() };
        host::run(self.module, start, &job)
    }
}

impl builds::Compiler for Compiler<'_> {
    fn build(&self, code: &str) -> Result<Built, SandboxError> {
        let Options { file, name, dialect, header, .. } = self.options;
        let header = header.map_or_else(String::new, |_| format!("-include-pch {USR}/{HEADERS}"));
        let source = format!("# 1 \"{file}\"\n{code}\n");
        let linked = match self.object(&format!("{dialect} {header} -x {name}"), &source, None)? {
            Ok(object) if !has_main(&object) => {
                Err(format!("{file}: error: the program has no `int main`\n"))
            }
            Ok(object) => self.linked(&object)?,
            Err(messages) => Err(messages),
        };
        Ok(linked.and_then(|program| builds::ready(self.module.module().engine(), &program)))
    }
}

/// Whether an object defines a function that programs begin with; one that lacks it would link, and trap.
fn has_main(object: &[u8]) -> bool {
    let has = |name: &[u8]| object.windows(name.len()).any(|bytes| bytes == name);
    has(b"__main_void") || has(b"__main_argc_argv")
}
