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
    objects: None,
    ending: "const char tgsand_end[] = \"LINE\";",
};

const CPP_OPTIONS: Options = Options {
    file: "main.cpp",
    name: "c++",
    dialect: "-std=c++20 -fdeprecated-macro -fcxx-exceptions -fexceptions -mllvm -wasm-enable-eh \
        -internal-isystem /usr/include/wasm32-wasip1/c++/v1 -internal-isystem /usr/include/c++/v1 \
        -internal-isystem /usr/include -internal-isystem /usr/include/wasm32-wasip1",
    header: Some("/usr/include/bits/stdc++.h"),
    libraries: "/usr/Unwind-wasm.o /usr/cxa_aux_runtime.o /usr/cxa_default_handlers.o /usr/cxa_exception.o \
        /usr/cxa_exception_storage.o /usr/cxa_handlers.o /usr/cxa_personality.o /usr/exception.o /usr/ios.o /usr/system_error.o /usr/stdexcept.o \
        /usr/stdlib_new_delete.o /usr/string.o /usr/tag.o /usr/guard.o --wrap=__main_void -lc++ -lc++abi",
    objects: Some((EXCEPTIONS, &EXCEPTION_OBJECTS)),
    ending: "extern \"C\" { extern const char tgsand_end[]; const char tgsand_end[] = \"LINE\"; }",
};

/// How what throws and catches is compiled: the package's libraries were built without it.
const EXCEPTIONS: &str = "-fexceptions -mllvm -wasm-enable-eh -D__WASM_EXCEPTIONS__ -DNDEBUG -D_LIBCXXABI_BUILDING_LIBRARY \
    -DLIBCXX_BUILDING_LIBCXXABI -D_LIBCPP_BUILDING_LIBRARY -D_LIBCXXABI_HAS_NO_THREADS \
    -D_LIBCXXABI_DISABLE_VISIBILITY_ANNOTATIONS -D_LIBUNWIND_HIDE_SYMBOLS -D_LIBUNWIND_HAS_NO_THREADS \
    -D_LIBUNWIND_DISABLE_VISIBILITY_ANNOTATIONS -I/work/libcxxabi/include -I/work/libcxxabi/src \
    -I/work/libunwind/include -I/work/libcxx/src -I/work/libcxx";
/// Objects with that, and their sources.
const EXCEPTION_OBJECTS: [(&str, &str); 15] = [
    ("Unwind-wasm.o", "libunwind/src/Unwind-wasm.c"),
    ("cxa_aux_runtime.o", "libcxxabi/src/cxa_aux_runtime.cpp"),
    ("cxa_default_handlers.o", "libcxxabi/src/cxa_default_handlers.cpp"),
    ("cxa_exception.o", "libcxxabi/src/cxa_exception.cpp"),
    ("cxa_exception_storage.o", "libcxxabi/src/cxa_exception_storage.cpp"),
    ("cxa_handlers.o", "libcxxabi/src/cxa_handlers.cpp"),
    ("cxa_personality.o", "libcxxabi/src/cxa_personality.cpp"),
    ("exception.o", "libcxx/src/exception.cpp"),
    ("ios.o", "libcxx/src/ios.cpp"),
    ("system_error.o", "libcxx/src/system_error.cpp"),
    ("stdexcept.o", "libcxx/src/stdexcept.cpp"),
    ("stdlib_new_delete.o", "libcxxabi/src/stdlib_new_delete.cpp"),
    ("string.o", "libcxx/src/string.cpp"),
    ("tag.o", TAG),
    ("guard.o", GUARD),
];
/// What catches the exceptions that a program does not catch.
const GUARD: &str = include_str!("../../../runtimes/cpp/guard.cpp");
/// The tag of all exceptions of C++, which no other object defines.
const TAG: &str =
    "__asm__(\".globl __cpp_exception\\n.tagtype __cpp_exception i32\\n__cpp_exception:\\n\");\n";

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
