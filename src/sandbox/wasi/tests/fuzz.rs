//! Host calls with any arguments and any memory, after each other, until the time is up.

use std::cell::RefCell;

use proptest::collection::vec;
use proptest::prelude::{any, prop_oneof};
use proptest::sample::Index;
use proptest::strategy::Strategy;
use wasmtime::{Val, ValType};

use super::hostile::{END, Hostile, memory_image};
use super::{LONGS, WORDS, call_and_check};
use crate::sandbox::fuzzing::fuzz;

/// Parameters of the function that has most.
const PARAMETERS: usize = 9;

#[derive(Debug, Clone)]
enum Argument {
    Any(i64),
    /// An address, or nearly one.
    Near(i32),
    /// One of those that every function is tried with.
    Known(Index),
}

impl Argument {
    fn value(&self, kind: &ValType) -> Val {
        match (self, kind) {
            (Self::Any(value), ValType::I64) => Val::I64(*value),
            (Self::Any(value), _) => Val::I32(*value as i32),
            (Self::Near(value), ValType::I64) => Val::I64((*value).into()),
            (Self::Near(value), _) => Val::I32(*value),
            (Self::Known(index), ValType::I64) => Val::I64(*index.get(&LONGS)),
            (Self::Known(index), _) => Val::I32(*index.get(&WORDS)),
        }
    }
}

#[test]
fn any_calls_with_any_memory_end_with_an_errno_or_a_stop() {
    let hostile = RefCell::new(Hostile::new());
    let image = memory_image();
    let near = || -16..END + 16;
    let words = prop_oneof![any::<i32>(), near(), 0..64];
    let argument = prop_oneof![
        any::<i64>().prop_map(Argument::Any),
        near().prop_map(Argument::Near),
        any::<Index>().prop_map(Argument::Known),
    ];
    let calls = vec((any::<Index>(), vec(argument, PARAMETERS)), 1..=20);
    fuzz("host calls", &(vec((0..END as usize - 8, words), 0..40), calls), |(words, calls)| {
        let hostile = &mut *hostile.borrow_mut();
        let mut image = image.clone();
        for (at, word) in words {
            image[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
        hostile.reset(&image);
        for (function, arguments) in calls {
            let index = function.index(hostile.functions.len());
            let params = &hostile.functions[index].params;
            assert!(params.len() <= PARAMETERS);
            let arguments: Vec<Val> = params
                .iter()
                .zip(&arguments)
                .map(|(kind, argument)| argument.value(kind))
                .collect();
            call_and_check(hostile, index, &arguments);
        }
        let guest = hostile.store.data();
        assert!(guest.stdout.len() <= 4096 && guest.stderr.len() <= 2 * 4096);
        assert!(guest.open_files.len() <= 64);
    });
    hostile.borrow_mut().assert_bystander_is_unharmed();
}
