//! TypeScript: esbuild takes the types out, and JavaScript's interpreter runs what is left.
//!
//! Invariant: types are not checked; a program runs as it would if all of them held.

use super::{Facts, Kind, Source, Start, javascript, with_compile_error};

/// Lines of messages are found in the source map, which is the last line of what esbuild prints.
const OPTIONS: [&str; 10] = [
    "esbuild",
    "--loader=ts",
    "--sourcefile=main.ts",
    "--format=cjs",
    "--target=es2023",
    "--charset=utf8",
    "--sourcemap=inline",
    "--sources-content=false",
    "--log-level=error",
    "--color=false",
];

pub const FACTS: Facts = Facts {
    name: "typescript",
    title: "TypeScript",
    names: &["typescript", "ts"],
    endings: &["ts", "cts", "mts"],
    ended: |execution| with_compile_error(execution, javascript::COMPILE_ERROR),
    folder: None,
    source: Source::Module,
    recipe: || OPTIONS.join(" "),
    prepare: Ok,
    kind: Kind::Translator { start, run: |job| javascript::start("main.ts", job) },
};

fn start() -> Start {
    Start { arguments: OPTIONS.map(str::to_owned).to_vec(), ..Start::default() }
}
