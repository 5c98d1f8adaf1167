//! C and C++, by clang.
//!
//! Invariant: both have one compiler, and differ in its options alone.

use super::super::engine;
use super::super::error::SandboxError;
use super::super::limits::Limits;
use super::clang::{self, C_DIALECT, Options, USR};
use super::{FILES, Facts, IMAGE, Kind, Material, Source, TABLE_ELEMENTS, builds, host};

const C_OPTIONS: Options = Options {
    file: "main.c",
    name: "c",
    dialect: C_DIALECT,
    header: None,
    libraries: "",
    ending: "const char tgsand_end[] = \"LINE\";",
};

const CPP_OPTIONS: Options = Options {
    file: "main.cpp",
    name: "c++",
    dialect: "-std=c++20 -fdeprecated-macro \
        -internal-isystem /usr/include/wasm32-wasip1/c++/v1 -internal-isystem /usr/include/c++/v1 \
        -internal-isystem /usr/include -internal-isystem /usr/include/wasm32-wasip1",
    header: Some("/usr/include/bits/stdc++.h"),
    libraries: "-lc++ -lc++abi",
    ending: "extern \"C\" { extern const char tgsand_end[]; const char tgsand_end[] = \"LINE\"; }",
};

/// The header that includes all others, which GCC has and programs for contests begin with.
const ALL_HEADERS: &str = include_str!("../../../runtimes/cpp/stdc++.h");

pub const C: Facts = Facts {
    name: "c",
    title: "C",
    names: &["c"],
    endings: &["c"],
    ended: |execution| execution,
    folder: Some((USR, |_| Ok(()))),
    source: Source::Module,
    recipe: || clang::recipe(&C_OPTIONS),
    prepare: Ok,
    kind: Kind::Clang(&C_OPTIONS),
};

pub const CPP: Facts = Facts {
    name: "cpp",
    title: "C++",
    names: &["cpp", "c++", "cc", "cxx"],
    endings: &["cpp", "cc", "cxx"],
    ended: |execution| execution,
    folder: Some((USR, |folder| {
        let bits = folder.join("include/bits");
        std::fs::create_dir_all(&bits)?;
        std::fs::write(bits.join("stdc++.h"), ALL_HEADERS)
    })),
    source: Source::Module,
    recipe: || clang::recipe(&CPP_OPTIONS) + ALL_HEADERS,
    prepare: Ok,
    kind: Kind::Clang(&CPP_OPTIONS),
};

/// Does something with the compiler of C, for a language that needs it to be built.
pub fn with_compiler<T>(
    material: &Material<'_>,
    work: impl FnOnce(&clang::Compiler<'_>) -> Result<T, SandboxError>,
) -> Result<T, SandboxError> {
    let folder = material.needed.ok_or_else(|| {
        SandboxError::Runtime("the compiler that it is built by is not there".into())
    })?;
    let engine = engine::pooled_engine(1, TABLE_ELEMENTS)?;
    let module = host::bind(&engine::deserialize(&engine, &folder.join(IMAGE))?)?;
    // What an interpreter takes is no measure of what a program may take.
    let limits = Limits { fuel: 100 * builds::LIMITS.fuel, ..builds::LIMITS };
    let files = folder.join(FILES);
    work(&clang::Compiler { module: &module, options: &C_OPTIONS, limits, files: &files })
}
