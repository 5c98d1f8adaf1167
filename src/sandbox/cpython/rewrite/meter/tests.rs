//! Small modules whose fuel can be counted by hand.

use we::Instruction as I;

use super::super::{global_export, instrument};
use super::*;

/// A module whose functions all take an integer and give one; the first is exported as `f`, and nothing else is reached by pointers.
fn module(bodies: &[&[I<'_>]]) -> Vec<u8> {
    let mut types = we::TypeSection::new();
    types.ty().function([we::ValType::I32], [we::ValType::I32]);
    let mut functions = we::FunctionSection::new();
    let mut code = we::CodeSection::new();
    for body in bodies {
        functions.function(0);
        let mut function = we::Function::new([]);
        for instruction in *body {
            function.instruction(instruction);
        }
        code.function(function.instruction(&I::End));
    }
    let mut memories = we::MemorySection::new();
    memories.memory(we::MemoryType {
        minimum: 2,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = we::ExportSection::new();
    exports.export("f", we::ExportKind::Func, 0).export("memory", we::ExportKind::Memory, 0);
    let mut module = we::Module::new();
    module.section(&types).section(&functions).section(&memories);
    module.section(&we::GlobalSection::new()).section(&exports).section(&code);
    module.finish()
}

/// A metered module that runs.
struct Metered {
    store: wasmtime::Store<()>,
    instance: wasmtime::Instance,
    fuel: wasmtime::Global,
}

impl Metered {
    fn start(bodies: &[&[I<'_>]]) -> Self {
        let (wasm, fuel) = meter(&module(bodies)).unwrap();
        wasmparser::validate(&wasm).unwrap();
        let engine = wasmtime::Engine::default();
        let mut store = wasmtime::Store::new(&engine, ());
        let module = wasmtime::Module::new(&engine, instrument(&wasm).unwrap()).unwrap();
        let instance = wasmtime::Instance::new(&mut store, &module, &[]).unwrap();
        let fuel = instance.get_global(&mut store, &global_export(fuel)).unwrap();
        Self { store, instance, fuel }
    }

    /// What `f` gives with so much fuel, if it has enough, and the fuel that it takes.
    fn call(&mut self, argument: i32, fuel: i64) -> (Option<i32>, i64) {
        self.fuel.set(&mut self.store, wasmtime::Val::I64(fuel)).unwrap();
        let f = self.instance.get_typed_func::<i32, i32>(&mut self.store, "f").unwrap();
        let result = f.call(&mut self.store, argument);
        let left = self.fuel.get(&mut self.store).i64().unwrap();
        if let Err(error) = &result {
            let trap = error.downcast_ref::<wasmtime::Trap>();
            assert_eq!(trap, Some(&wasmtime::Trap::UnreachableCodeReached));
            assert!(left < 0);
        }
        (result.ok(), fuel - left)
    }
}

/// Counts its argument down to zero.
const COUNT_DOWN: [I<'_>; 8] = [
    I::Loop(we::BlockType::Empty),
    I::LocalGet(0),
    I::I32Const(1),
    I::I32Sub,
    I::LocalTee(0),
    I::BrIf(0),
    I::End,
    I::LocalGet(0),
];
const LARGE: i64 = 1 << 40;

#[test]
fn a_loop_takes_fuel_for_each_turn_and_stops_without_any() {
    let mut metered = Metered::start(&[&COUNT_DOWN]);
    let (result, ten) = metered.call(10, LARGE);
    let (_, twenty) = metered.call(20, LARGE);
    assert_eq!(result, Some(0));
    let turn = (twenty - ten) / 10;
    assert!(turn >= 1);
    assert_eq!(metered.call(1_000_000, LARGE).1, ten + 999_990 * turn);
    assert_eq!(metered.call(1_000_000, ten + 999_990 * turn).0, Some(0));
    assert_eq!(metered.call(1_000_000, ten + 999_990 * turn - 1).0, None);
    assert_eq!(metered.call(0, 1 << 20).0, None);
}

#[test]
fn functions_that_call_each_other_without_end_stop() {
    let call = |index| [I::LocalGet(0), I::Call(index)];
    for bodies in [[1, 2, 0], [1, 2, 1], [0, 0, 0]] {
        let bodies = bodies.map(call);
        let bodies: Vec<&[I<'_>]> = bodies.iter().map(<[I<'_>; 2]>::as_slice).collect();
        assert_eq!(Metered::start(&bodies).call(0, 3_000).0, None);
    }
}

#[test]
fn a_call_costs_what_the_function_does() {
    let long: Vec<I<'_>> = [I::LocalGet(0)].into_iter().chain((0..20).map(|_| I::I32Eqz)).collect();
    let fuel = |functions: &[&[I<'_>]]| Metered::start(functions).call(0, LARGE).1;
    let hundredths = CALLING.per_hundred.cast_signed();
    let short = [I::LocalGet(0)];
    let called = fuel(&[&[I::LocalGet(0), I::Call(1)], &long]);
    // Two instructions, and the 21 of the function.
    assert_eq!(called, 23 * hundredths / 100);
    let called = fuel(&[&[I::LocalGet(0), I::Call(1), I::Call(1)], &short]);
    assert_eq!(called, 5 * hundredths / 100);
}

#[test]
fn what_is_filled_and_copied_is_paid_by_the_byte_before_it_is_done() {
    let fill = [I::I32Const(0), I::I32Const(7), I::LocalGet(0), I::MemoryFill(0), I::I32Const(0)];
    let mut metered = Metered::start(&[&fill]);
    let (result, few) = metered.call(1, LARGE);
    assert_eq!((result, metered.call(100_001, LARGE).1), (Some(0), few + 100_000));
    let copy = [I::I32Const(0), I::I32Const(9), I::LocalGet(0)];
    let copy = [&copy[..], &[I::MemoryCopy { src_mem: 0, dst_mem: 0 }, I::I32Const(0)]].concat();
    let mut metered = Metered::start(&[&copy]);
    let (result, few) = metered.call(1, LARGE);
    assert_eq!((result, metered.call(50_001, LARGE).1), (Some(0), few + 50_000));
    let mut metered = Metered::start(&[&fill]);
    assert_eq!(metered.call(100_001, 100_000).0, None);
    let memory = metered.instance.get_memory(&mut metered.store, "memory").unwrap();
    assert!(memory.data(&metered.store).iter().all(|&byte| byte == 0));
}

#[test]
fn of_two_ways_on_each_counts_one_half() {
    let fuel = |body: &[I<'_>]| Metered::start(&[body, &[I::LocalGet(0)]]).call(0, LARGE).1;
    let calls = || (0..8).map(|_| I::Call(1));
    let straight: Vec<I<'_>> = [I::LocalGet(0)].into_iter().chain(calls()).collect();
    let branch = [I::LocalGet(0), I::LocalGet(0), I::If(we::BlockType::FunctionType(0))];
    let branch: Vec<I<'_>> = branch.into_iter().chain(calls()).chain([I::End]).collect();
    // Each call is an instruction, and so is the function's own.
    let hundredths = CALLING.per_hundred.cast_signed();
    assert_eq!(fuel(&straight), 17 * hundredths / 100);
    assert_eq!(fuel(&branch), (3 + 16 / 2) * hundredths / 100);
}
