//! Host calls with any arguments and any memory, after each other, until the time is up.

use rand::Rng;
use wasmtime::{Val, ValType};

use super::hostile::{END, Hostile, memory_image};
use super::{call_and_check, value};
use crate::sandbox::fuzzing::fuzz;

#[test]
fn any_calls_with_any_memory_end_with_an_errno_or_a_stop() {
    let mut hostile = Hostile::new();
    let image = memory_image();
    fuzz("host calls", |rng| {
        let mut image = image.clone();
        for _ in 0..rng.random_range(0..40) {
            let at = rng.random_range(0..END as usize - 8);
            let word: i32 = match rng.random_range(0..3) {
                0 => rng.random(),
                1 => rng.random_range(-16..END + 16),
                _ => rng.random_range(0..64),
            };
            image[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
        hostile.reset(&image);
        for _ in 0..20 {
            let index = rng.random_range(0..hostile.functions.len());
            let params = hostile.functions[index].params.clone();
            let mut argument = |kind: &ValType| match (rng.random_range(0..3), kind) {
                (0, ValType::I64) => Val::I64(rng.random()),
                (0, _) => Val::I32(rng.random_range(-16..END + 16)),
                (1, ValType::I64) => Val::I64(rng.random_range(-16..1 << 20)),
                (1, _) => Val::I32(rng.random()),
                (_, kind) => value(kind, rng),
            };
            let arguments: Vec<Val> = params.iter().map(&mut argument).collect();
            call_and_check(&mut hostile, index, &arguments);
        }
        let guest = hostile.store.data();
        assert!(guest.stdout.len() <= 4096 && guest.stderr.len() <= 2 * 4096);
        assert!(guest.open_files.len() <= 64);
    });
    hostile.assert_bystander_is_unharmed();
}
