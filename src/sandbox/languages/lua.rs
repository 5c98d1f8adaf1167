//! Lua: its sources are compiled in the sandbox, by the compiler of C, when the language is installed.
//!
//! Invariant: what is compiled is Lua as its authors publish it, but for what a guest cannot have: commands and temporary files.

use super::super::error::SandboxError;
use super::super::job::Job;
use super::{Facts, Kind, Material, Modules, Source, Start, c, with_compile_error};

/// In place of Lua's own command line.
const START_SOURCE: &str = include_str!("../../../runtimes/lua/start.c");
/// Where its package has Lua's own sources.
const SOURCES: &str = "lupa-2.8/third-party/lua54";
/// What it exits with if a script does not compile.
const COMPILE_ERROR: i32 = 0x5e77a;
/// Without warnings about what is Lua's own.
const OPTIONS: &str = "-w";

pub const FACTS: Facts = Facts {
    name: "lua",
    title: "Lua",
    names: &["lua"],
    endings: &["lua"],
    ended: |execution| with_compile_error(execution, COMPILE_ERROR),
    folder: None,
    source: Source::Built(make),
    recipe: || format!("{OPTIONS} {START_SOURCE}"),
    prepare: Ok,
    kind: Kind::Interpreter(start),
};

fn start(job: &Job) -> Start {
    let arguments =
        ["lua", &job.code].into_iter().map(str::to_owned).chain(job.argv.iter().cloned()).collect();
    Start { arguments, ..Start::default() }
}

fn make(material: &Material<'_>) -> Result<Modules, SandboxError> {
    let own = c::with_compiler(material, |compiler| {
        compiler.module_of(OPTIONS, START_SOURCE, &material.package.join(SOURCES))
    })?;
    let own =
        own.map_err(|messages| SandboxError::Runtime(format!("Lua does not compile: {messages}")))?;
    Ok(Modules { own, other: None })
}
