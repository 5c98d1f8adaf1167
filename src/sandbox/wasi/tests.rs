//! Calls every host function with arguments that a hostile guest may use.
//!
//! Invariant: nothing here knows what a function does with its arguments; all it takes is tried.

mod fuzz;
mod hostile;

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use wasmtime::{Store, Trap, Val, ValType};

use super::*;
use crate::sandbox::engine::{Compiler, Fuel};
use hostile::{END, FILE, FUEL, Hostile, PAGE, at, guest, memory_image};

/// The highest errno of WASI preview 1, `ENOTCAPABLE`.
const ERRNO_MAX: i32 = 76;
/// Calls of one function with arguments of its own.
const CALLS: usize = 20_000;

/// Pointers, lengths, counts, descriptors and flags at once: every parameter gets each of them.
const WORDS: [i32; 38] = [
    0,
    1,
    2,
    ROOT,
    FIRST_FILE,
    FIRST_FILE + 1,
    7,
    8,
    16,
    64,
    1023,
    1024,
    1025,
    at::BUFFER,
    at::LIST,
    at::LIST + 1,
    at::LIST_OUTSIDE,
    at::LIST_HUGE,
    at::LIST_ITSELF,
    at::LIST_OVERLAPPING,
    at::LIST_MESSAGE,
    at::PATH,
    at::PATH_NOT_UTF8,
    at::PATH_UP,
    at::SUBSCRIPTION,
    END - 64,
    END - 8,
    END - 7,
    END - 4,
    END - 3,
    END - 1,
    END,
    END + 1,
    i32::MAX,
    i32::MIN,
    i32::MIN + 1,
    -8,
    -1,
];
const LONGS: [i64; 8] = [0, 1, -1, FILE.len() as i64, i64::MAX, i64::MIN, 1 << 32, -(1 << 32)];

/// Calls a function and checks all that holds of any call.
fn call_and_check(hostile: &mut Hostile, index: usize, arguments: &[Val]) {
    hostile.store.set_fuel(FUEL).unwrap();
    let ended = hostile.call_nth(index, arguments);
    let name = hostile.functions[index].name.as_str();
    match ended {
        Ok(code) => {
            assert!((SUCCESS..=ERRNO_MAX).contains(&code), "{name}{arguments:?} gave {code}");
        }
        Err(error) => {
            let stop = error.downcast_ref::<Stop>();
            let is_its_own = match stop {
                Some(Stop::Exit(_)) => name == "proc_exit",
                Some(Stop::OutputTooLarge | Stop::TooManyMessages) => name == "fd_write",
                Some(Stop::Snapshot) | None => false,
            };
            assert!(is_its_own, "{name}{arguments:?} ended with {error:?}");
            return;
        }
    }
    let used = FUEL - hostile.store.get_fuel().unwrap();
    // A message gives the next case fresh fuel.
    let is_message = name == "fd_write" && !hostile.store.data().messages.is_empty();
    assert!(used >= CALL_FUEL || is_message, "{name}{arguments:?} cost {used}");
}

fn value(kind: &ValType, rng: &mut ChaCha8Rng) -> Val {
    match kind {
        ValType::I64 => Val::I64(LONGS.choose(rng).copied().unwrap_or_default()),
        _ => Val::I32(WORDS.choose(rng).copied().unwrap_or_default()),
    }
}

/// Every combination of hostile arguments if there are few parameters, otherwise as many drawn at
/// random.
fn argument_lists(params: &[ValType], rng: &mut ChaCha8Rng) -> Vec<Vec<Val>> {
    if params.len() > 2 {
        return (0..CALLS).map(|_| params.iter().map(|kind| value(kind, rng)).collect()).collect();
    }
    let mut lists = vec![Vec::new()];
    for kind in params {
        let values: Vec<Val> = match kind {
            ValType::I64 => LONGS.map(Val::I64).to_vec(),
            _ => WORDS.map(Val::I32).to_vec(),
        };
        lists = lists
            .iter()
            .flat_map(|list| values.iter().map(|&value| [&list[..], &[value]].concat()))
            .collect();
    }
    lists
}

#[test]
fn every_call_with_hostile_arguments_ends_with_an_errno_or_a_stop() {
    let mut hostile = Hostile::new();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let image = memory_image();
    for index in 0..hostile.functions.len() {
        for arguments in argument_lists(&hostile.functions[index].params.clone(), &mut rng) {
            hostile.reset(&image);
            call_and_check(&mut hostile, index, &arguments);
        }
        hostile.assert_bystander_is_unharmed();
    }
}

#[test]
fn hostile_calls_do_no_more_after_each_other() {
    let mut hostile = Hostile::new();
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let image = memory_image();
    for _ in 0..200 {
        hostile.reset(&image);
        for _ in 0..500 {
            let index = rng.random_range(0..hostile.functions.len());
            let arguments: Vec<Val> = hostile.functions[index]
                .params
                .clone()
                .iter()
                .map(|kind| value(kind, &mut rng))
                .collect();
            call_and_check(&mut hostile, index, &arguments);
        }
        let guest = hostile.store.data();
        assert!(
            guest.stdout.len() <= 4096 && guest.stderr.len() <= 2 * 4096,
            "{}",
            guest.stderr.len()
        );
        assert!(guest.open_files.len() <= 64);
    }
    hostile.assert_bystander_is_unharmed();
}

#[test]
fn the_calls_reach_what_lies_behind_each_function() {
    let mut hostile = Hostile::new();
    let image = memory_image();
    let words = |words: &[i32]| words.iter().copied().map(Val::I32).collect::<Vec<_>>();
    for (name, arguments, code) in [
        ("fd_write", words(&[1, at::LIST, 2, END - 4]), SUCCESS),
        ("fd_write", words(&[1, at::LIST, 2, END - 3]), EFAULT),
        ("fd_write", words(&[1, at::LIST_OUTSIDE, 2, 0]), EFAULT),
        ("fd_write", words(&[1, at::LIST_HUGE, 1, 0]), EFAULT),
        ("fd_write", words(&[1, at::LIST, -1, 0]), EINVAL),
        ("fd_write", words(&[1, at::LIST, i32::MIN, 0]), EINVAL),
        ("fd_write", words(&[1, END - 4, 1, 0]), EFAULT),
        ("fd_write", words(&[2, at::LIST_MESSAGE, 1, 0]), SUCCESS),
        ("fd_write", words(&[0, at::LIST, 2, 0]), EBADF),
        ("fd_write", words(&[-1, at::LIST, 2, 0]), EBADF),
        ("fd_read", words(&[0, at::LIST, 2, 0]), SUCCESS),
        ("fd_read", words(&[FIRST_FILE, at::LIST, 2, 0]), SUCCESS),
        ("fd_read", words(&[FIRST_FILE, at::LIST_OUTSIDE, 2, 0]), EFAULT),
        ("fd_read", words(&[i32::MIN, at::LIST, 2, 0]), EBADF),
        ("random_get", words(&[0, END]), SUCCESS),
        ("random_get", words(&[1, END]), EFAULT),
        ("random_get", words(&[0, -1]), EFAULT),
        ("args_get", words(&[0, 64]), SUCCESS),
        ("args_get", words(&[0, END - 1]), EFAULT),
        ("environ_sizes_get", words(&[END - 4, END - 4]), SUCCESS),
        ("poll_oneoff", words(&[at::SUBSCRIPTION, 0, 1, 64]), SUCCESS),
        ("poll_oneoff", words(&[END - 47, 0, 1, 64]), EFAULT),
        ("poll_oneoff", words(&[0, 0, 1025, 64]), EINVAL),
        ("fd_prestat_dir_name", words(&[ROOT, END - 3, 3]), SUCCESS),
        ("fd_prestat_dir_name", words(&[ROOT, END - 3, -1]), EFAULT),
        ("path_filestat_get", words(&[ROOT, 0, at::PATH, 10, END - 64]), SUCCESS),
        ("path_filestat_get", words(&[ROOT, 0, at::PATH, 10, END - 63]), EFAULT),
        ("path_filestat_get", words(&[ROOT, 0, at::PATH_NOT_UTF8, 5, 0]), ENOENT),
        ("path_filestat_get", words(&[ROOT, 0, at::PATH_UP, 16, 0]), ENOENT),
        ("path_filestat_get", words(&[ROOT, 0, 0, 4097, 0]), ENAMETOOLONG),
        ("path_filestat_get", words(&[ROOT, 0, 0, -1, 0]), ENAMETOOLONG),
        ("fd_close", words(&[FIRST_FILE]), SUCCESS),
        ("fd_close", words(&[i32::MIN]), EBADF),
        (
            "fd_readdir",
            vec![Val::I32(ROOT), Val::I32(0), Val::I32(-1), Val::I64(-1), Val::I32(0)],
            EBADF,
        ),
        ("proc_raise", words(&[9]), ENOSYS),
    ] {
        hostile.reset(&image);
        assert_eq!(hostile.call(name, &arguments).unwrap(), code, "{name}{arguments:?}");
    }
}

#[test]
fn a_list_that_points_outside_is_refused_before_anything_is_moved() {
    let mut hostile = Hostile::new();
    let image = memory_image();
    hostile.reset(&image);
    let arguments = [FIRST_FILE, at::LIST_OUTSIDE, 2, 0].map(Val::I32);
    assert_eq!(hostile.call("fd_read", &arguments).unwrap(), EFAULT);
    assert!(hostile.memory.data(&hostile.store) == image);
    let arguments = [FIRST_FILE, at::LIST, 2, 0].map(Val::I32);
    assert_eq!(hostile.call("fd_read", &arguments).unwrap(), SUCCESS);
    assert_eq!(&hostile.memory.data(&hostile.store)[at::BUFFER as usize..][..21], &FILE[..21]);
}

#[test]
fn bytes_named_again_and_again_are_not_copied_whatever_the_output_limit() {
    // 1024 times 1 MiB: more than any output that is taken.
    let mut hostile = Hostile::with_pages(16);
    hostile.reset(&memory_image());
    let entry = [0_i32.to_le_bytes(), (16 * PAGE).to_le_bytes()].concat();
    let list = at::LIST_OVERLAPPING as usize;
    hostile.memory.data_mut(&mut hostile.store)[list..list + 8 * 1024]
        .copy_from_slice(&entry.repeat(1024));
    hostile.store.data_mut().output_limit = usize::MAX;
    let arguments = [1, at::LIST_OVERLAPPING, 1024, 0].map(Val::I32);
    let error = hostile.call("fd_write", &arguments).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Stop::OutputTooLarge));
    assert_eq!(hostile.store.data().stdout, b"");
}

#[test]
fn a_call_that_cannot_be_paid_for_is_not_made() {
    let mut hostile = Hostile::new();
    let image = memory_image();
    hostile.reset(&image);
    for (name, arguments) in [
        ("random_get", &[0, END][..]),
        ("random_get", &[0, -1]),
        ("fd_write", &[1, at::LIST_OVERLAPPING, 1024, 0]),
        ("fd_read", &[0, at::LIST_OVERLAPPING, 1024, 0]),
        ("poll_oneoff", &[0, 0, 1024, 0]),
        ("path_filestat_get", &[ROOT, 0, 0, 4096, 0]),
    ] {
        let arguments: Vec<Val> = arguments.iter().copied().map(Val::I32).collect();
        hostile.store.set_fuel(2000).unwrap();
        let error = hostile.call(name, &arguments).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Trap::OutOfFuel), "{name}");
        assert_eq!(hostile.store.get_fuel().unwrap(), 0, "{name}");
    }
    assert!(hostile.memory.data(&hostile.store) == image);
    assert_eq!(hostile.store.data().stdout, b"");
}

#[test]
fn a_module_without_memory_gets_an_error_from_what_needs_one() {
    let compiler = Compiler::new(Fuel::InStore).unwrap();
    let mut linker = Linker::new(compiler.engine());
    let nothing = compiler.module(&wasm_encoder::Module::new().finish()).unwrap();
    add_to_linker(&mut linker, &nothing).unwrap();
    let mut store = Store::new(compiler.engine(), guest());
    store.set_fuel(FUEL).unwrap();
    // Called by the host itself, a function has no module around it, and so no memory.
    let write = linker.get(&mut store, WASI, "fd_write").unwrap().into_func().unwrap();
    let error =
        write.call(&mut store, &[1, 0, 0, 0].map(Val::I32), &mut [Val::I32(0)]).unwrap_err();
    assert_eq!(error.to_string(), "the guest has no memory");
}
