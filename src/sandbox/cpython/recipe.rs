//! What a runtime.toml says of a CPython, and what its installation notes about the snapshots.
//!
//! Invariant: all that is said here is part of the runtime's digest, or shows in the module's.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::super::value::Value;
use super::super::wasi::{ReadOnlyFolder, Seeds};

const HARNESS: &str = include_str!("../../../runtimes/harness.py");
const ELSEWHERE: &str = include_str!("../../../runtimes/elsewhere.py");
const IMPORTED: &str = include_str!("../../../runtimes/imported.py");
const LOOKS: &str = include_str!("../../../runtimes/looks.py");
const NATIVE: &str = include_str!("../../../runtimes/native.py");
const SYSTEM: &str = include_str!("../../../runtimes/system.py");
const UNSEEDED: &str = include_str!("../../../runtimes/unseeded.py");

/// How a CPython's snapshots are made of its module.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    pub start: Start,
    pub prune: Option<Prune>,
    pub stack: Stack,
}

/// How the interpreter is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// `_start` with the script as an argument.
    Command,
    /// `_initialize`, then `turn` with the script in memory.
    Reactor,
}

/// The range of functions to take out before compiling, and the runtime that keeps them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prune {
    pub first: String,
    pub last: String,
    pub full_runtime: String,
}

/// The C stack that a snapshot gets in place of the interpreter's own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// Its bytes, at the end of memory.
    pub size: u32,
    /// Bytes below the stack's top at which the interpreter raises `RecursionError`, if it keeps limits.
    pub soft_limit: Option<u32>,
}

/// One compiled snapshot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImageFile {
    pub file: String,
    pub entry_object: u32,
    pub blake3: String,
}

/// A snapshot with another hash seed, as the parts of memory in which it differs from the first one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RehashedFile {
    pub file: String,
    pub entry_object: u32,
    /// Bytes of memory.
    pub memory: usize,
    /// The globals that differ, by their index.
    pub globals: Vec<(u32, i32)>,
    /// The bytes of memory that differ; they follow each other in the file.
    pub ranges: Vec<Range<usize>>,
    pub blake3: String,
}

/// The globals that stand for what a program may use, by their indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gauges {
    pub memory: Growth,
    /// The fuel that is left; below zero it has run out.
    pub fuel: u32,
}

/// The globals that stand for the size of memory, by their indices; all count pages of 64 KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Growth {
    /// How much memory the program has.
    pub size: u32,
    /// The most that it may have.
    pub limit: u32,
    /// Whether it was refused more: 0 or 1.
    pub refused: u32,
}

impl Recipe {
    /// The Python program that becomes the harness under these seeds.
    ///
    /// It has imported these modules of the folder's packages.
    pub fn harness(&self, seeds: Seeds, folder: &ReadOnlyFolder, loaded: &[String]) -> String {
        let Seeds { is_elsewhere, reverses_ids, .. } = seeds;
        let moves_ids = seeds.hash_mask != 0;
        let python = |flag: bool| if flag { "True" } else { "False" };
        let full_runtime =
            self.prune.as_ref().map_or("None".into(), |prune| format!("{:?}", prune.full_runtime));
        let texts = |texts: &[String]| {
            Value::List(texts.iter().map(|text| Value::str(text.as_str())).collect())
        };
        let archive = Value::str(ReadOnlyFolder::packages_path(&folder.path));
        let loaded = Value::Tuple(vec![archive, texts(&folder.modules), texts(loaded)]);
        // The harness has other lines in tracebacks there.
        let mut harness = if is_elsewhere { "\n".repeat(100) } else { String::new() };
        for (name, value) in [
            ("FULL_RUNTIME", full_runtime),
            ("NATIVE", Value::str(NATIVE).to_string()),
            ("ELSEWHERE", Value::str(ELSEWHERE).to_string()),
            ("IMPORTED", Value::str(IMPORTED).to_string()),
            ("LOOKS", Value::str(LOOKS).to_string()),
            ("SYSTEM", Value::str(SYSTEM).to_string()),
            ("UNSEEDED", Value::str(UNSEEDED).to_string()),
            ("LOADED", loaded.to_string()),
            ("IS_ELSEWHERE", python(is_elsewhere).into()),
            ("MOVES_IDS", python(moves_ids).into()),
            ("REVERSES_IDS", python(reverses_ids).into()),
        ] {
            harness.push_str(&format!("{name} = {value}\n"));
        }
        harness + HARNESS
    }
}
