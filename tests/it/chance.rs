//! A result that depends on chance, hash order, clocks or the machine rejects its function; what only looks like that is accepted.
//!
//! Invariant: both lists below are exact, so that a gap that is closed has to be removed from them.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value as Json;

use crate::synth::{Run, synth};

/// Functions in each of the two folders: 15 of each of 20 kinds.
const FUNCTIONS: usize = 300;

/// The reasons that name the plant; a function rejected for another one proves nothing.
const FOUND_OUT: [&str; 3] = ["address-in-output", "nondeterministic", "uses-entropy"];

/// Planted functions that are accepted: what they look at is the same in all snapshots.
const KNOWN_GAPS: [&str; 51] = [
    "arguments.py:builtins_kind", // `__builtins__` is a dictionary, and a module in a script
    "arguments.py:class_text",    // the class's module is `__main__`
    "arguments.py:interpreter_arguments", // `sys.orig_argv` is `python`
    "arguments.py:is_main_module", // `inspect.getmodule` finds `__main__`
    "arguments.py:is_script",     // `__name__` is `__main__`
    "arguments.py:launch_mode",   // `__spec__` is `None`
    "arguments.py:limit_from_arguments", // `sys.argv` has one item
    "arguments.py:logger_name",   // `__name__` is `__main__`
    "arguments.py:module_of_class", // `__module__` is `__main__`
    "arguments.py:pickled",       // a pickle names the class's module, `__main__`
    "arguments.py:qualified",     // `__name__` is `__main__`
    "environment.py:coloured",    // `sys.stdout` is not a terminal
    "environment.py:login_name",  // there is no `os.getlogin`
    "environment.py:ruler",       // no terminal: 80 columns, and `COLUMNS` is not set
    "environment.py:worker_count", // `os.cpu_count` is 1
    "files.py:can_run_env",       // `os.access` finds nothing
    "files.py:folder_size",       // `os.walk` uses `os.scandir`, which finds nothing
    "files.py:host_file",         // `open` finds no file
    "files.py:matching",          // `glob` uses `os.scandir`, which finds nothing
    "files.py:shell_path",        // `shutil.which` uses `os.access`, which finds nothing
    "frames.py:first_frame",      // the runtime's own outermost frame has one file name
    "frames.py:outermost",        // the runtime's own outermost frame has one name
    "internals.py:allocated_blocks", // the allocator counts no blocks
    "internals.py:has_decimal",   // `sys.modules` holds the modules loaded before the program
    "internals.py:import_path",   // `sys.path` is the runtime's
    "internals.py:known_loggers", // the loggers of the modules loaded before the program
    "internals.py:last_modules",  // `sys.modules` holds the modules loaded before the program
    "internals.py:module_count",  // `sys.modules` holds the modules loaded before the program
    "internals.py:referrers",     // `gc` does not look at what is frozen
    "internals.py:subclass_count", // the classes of the modules loaded before the program
    "internals.py:surviving_cycles", // the collector starts from the same counts
    "internals.py:uncollected",   // `gc` does not look at what is frozen
    "platforms.py:build",         // `platform.python_build` is the runtime's
    "platforms.py:compiler",      // `platform.python_compiler` is the runtime's
    "platforms.py:error_number",  // numbers in `errno` are those of WASI
    "platforms.py:extension_suffix", // `sysconfig` describes the runtime
    "platforms.py:install_prefix", // `sys.prefix` is the runtime's
    "platforms.py:is_linux",      // neither platform is Linux
    "platforms.py:python_version", // `sys.version` is the runtime's
    "threads.py:main_ident",      // the main thread object keeps the identity it started with
    "time_zones.py:date_of_timestamp", // `date.fromtimestamp` is not that of elsewhere
    "time_zones.py:log_time",     // `logging` holds the original `time.localtime`
    "time_zones.py:mail_date",    // `astimezone` without a zone is not that of elsewhere
    "time_zones.py:text_time",    // `time.ctime` is not that of elsewhere
    "time_zones.py:to_utc",       // `astimezone` of a naive time is not that of elsewhere
    "time_zones.py:with_local_zone", // `astimezone` without a zone is not that of elsewhere
    "word_size.py:digit_bits",    // `sys.hash_info.modulus` has 31 bits
    "word_size.py:fits_index",    // sizes in C have 32 bits
    "word_size.py:hash_width",    // `sys.hash_info.width` is 32
    "word_size.py:size_of_list",  // `sys.getsizeof` counts pointers of 4 bytes
    "word_size.py:size_of_text",  // `sys.getsizeof` counts pointers of 4 bytes
];

/// Deterministic functions that are rejected: no number of runs shows that what is drawn without a seed decides nothing.
const FALSE_ALARMS: [&str; 3] = [
    "random_instances.py:reseeded", // seeds a generator only after making it
    "random_module.py:quicksort_by_chance", // sorts around random pivots
    "secrets_and_uuids.py:id_length", // the length of a random id
];

/// Runs `tgsand synth` on one of the folders, keeping functions that differ in little.
fn run(kind: &str, out: &Path) -> Run {
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chance").join(kind);
    let run = synth(&input, out, &["--keep-duplicates"], b"");
    assert_eq!(run.ended.code, Some(0), "{}", run.ended.stderr);
    run
}

/// The id and the reason of each rejected function.
fn rejected(run: &Run) -> Vec<(String, String)> {
    let text = |line: &Json, field: &str| line[field].as_str().unwrap().to_owned();
    let lines = run.lines::<Json>("rejected.jsonl");
    lines.iter().map(|line| (text(line, "id"), text(line, "reason"))).collect()
}

fn set<'a>(ids: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    ids.into_iter().collect()
}

#[test]
fn planted_functions_are_rejected_for_what_they_depend_on() {
    let folder = tempfile::tempdir().unwrap();
    let run = run("planted", folder.path());
    let (accepted, rejected) = (run.accepted(), rejected(&run));
    assert_eq!(accepted.len() + rejected.len(), FUNCTIONS);
    assert_eq!(set(accepted.iter().map(String::as_str)), set(KNOWN_GAPS));
    let other: Vec<_> =
        rejected.iter().filter(|(_, reason)| !FOUND_OUT.contains(&reason.as_str())).collect();
    assert!(other.is_empty(), "rejected for another reason: {other:?}");
}

#[test]
fn deterministic_look_alikes_are_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let run = run("honest", folder.path());
    let rejected = rejected(&run);
    assert_eq!(run.accepted().len() + rejected.len(), FUNCTIONS);
    assert_eq!(set(rejected.iter().map(|(id, _)| id.as_str())), set(FALSE_ALARMS));
}
