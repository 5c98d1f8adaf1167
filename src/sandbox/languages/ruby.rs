//! Ruby: a prelude compiles the program first, so that one that does not compile is told from one that fails.

use super::super::job::Job;
use super::{Facts, Kind, Source, Start, with_compile_error};

const PRELUDE: &str = include_str!("../../../runtimes/ruby/prelude.rb");
/// What the prelude exits with if the program does not compile; no program of a user ends so by chance.
const COMPILE_ERROR: i32 = 0x5e77a;
/// Bytes of the stack for Ruby's own frames: the default of 1 MB ends a recursion at ten thousand calls.
const STACK: (&str, &str) = ("RUBY_THREAD_VM_STACK_SIZE", "8000000");
/// Gems take ten times as long to load as everything else, and there are none.
const OPTIONS: [&str; 3] = ["ruby", "--disable-gems", "-e"];

pub const FACTS: Facts = Facts {
    name: "ruby",
    title: "Ruby",
    names: &["ruby", "rb"],
    endings: &["rb"],
    ended: |execution| with_compile_error(execution, COMPILE_ERROR),
    folder: None,
    source: Source::Module,
    recipe,
    prepare: Ok,
    kind: Kind::Interpreter(start),
};

fn recipe() -> String {
    format!("{OPTIONS:?} {STACK:?} {COMPILE_ERROR} {PRELUDE}")
}

fn start(job: &Job) -> Start {
    let arguments = OPTIONS
        .into_iter()
        .chain([PRELUDE, &job.code])
        .map(str::to_owned)
        .chain(job.argv.iter().cloned())
        .collect();
    let (name, size) = STACK;
    Start { arguments, environment: vec![(name, size.to_owned())], ..Start::default() }
}
