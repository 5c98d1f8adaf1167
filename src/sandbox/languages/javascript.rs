//! JavaScript in QuickJS: a prelude gives programs what they know of Node.
//!
//! Invariant: a program is given nothing of QuickJS's own modules; one that imports them by name finds no files and no processes, since its
//! host has none.

use super::super::job::Job;
use super::{Facts, Kind, Source, Start, shadow_stack, with_compile_error};

const PRELUDE: &str = include_str!("../../../runtimes/javascript/prelude.js");
/// What the prelude exits with if the program does not compile; no program of a user ends so by chance.
pub const COMPILE_ERROR: i32 = 0x5e77a;
/// Pages of the shadow stack in place of the module's single one, which a hundred nested calls use up.
const STACK_PAGES: u64 = 512;
/// What QuickJS takes for the end of its stack, in KiB: below the shadow stack's, so that deep recursion is a `RangeError`.
const STACK_LIMIT: &str = "30000";

pub const FACTS: Facts = Facts {
    name: "javascript",
    title: "JavaScript",
    names: &["javascript", "js", "node", "nodejs"],
    endings: &["js", "cjs", "mjs"],
    ended: |execution| with_compile_error(execution, COMPILE_ERROR),
    folder: None,
    source: Source::Module,
    recipe,
    prepare: |wasm| shadow_stack::deepen(&wasm, STACK_PAGES),
    kind: Kind::Interpreter(|job| start("main.js", job)),
};

fn recipe() -> String {
    format!("{STACK_PAGES} checked {STACK_LIMIT} {COMPILE_ERROR} {PRELUDE}")
}

/// How a program is started whose messages call its file by this name.
pub fn start(file: &str, job: &Job) -> Start {
    let fixed = ["qjs", "--std", "--stack-size", STACK_LIMIT, "-e", PRELUDE, file, &job.code];
    let arguments = fixed.into_iter().map(str::to_owned).chain(job.argv.iter().cloned()).collect();
    Start { arguments, ..Start::default() }
}
