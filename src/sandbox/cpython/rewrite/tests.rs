//! Modules that were damaged on purpose: whatever comes, rewriting them gives a module or an error.

use proptest::prelude::{any, prop_oneof};
use proptest::sample::select;
use proptest::strategy::Strategy;

use super::super::disturb::Disturbed;
use super::super::growth;
use super::super::recipe::Growth;
use super::*;
use crate::sandbox::fuzzing::{fuzz, mutated};

/// Bytes that mean something where a module has a number: the largest ones, and ends of bodies.
const PIECES: [&[u8]; 7] = [
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0xff, 0xff, 0xff, 0xff, 0x7f],
    &[0x80, 0x80, 0x80, 0x80, 0x00],
    &[0x0b],
    &[0x00],
    &[0x7f],
    &[0x01, 0x00],
];

const GAUGES: Gauges = Gauges { memory: Growth { size: 0, limit: 0, refused: 1 }, fuel: 1 };

/// A small module with everything that is rewritten: symbols, a table, globals, exports, data, and functions to prune and to disturb.
fn module() -> Vec<u8> {
    let mut types = we::TypeSection::new();
    types.ty().function([], []);
    types.ty().function([we::ValType::I32], [we::ValType::I32]);
    let mut imports = we::ImportSection::new();
    imports.import("wasi", "f", we::EntityType::Function(0));
    let mut functions = we::FunctionSection::new();
    for kind in [0, 0, 0, 1] {
        functions.function(kind);
    }
    let mut tables = we::TableSection::new();
    tables.table(we::TableType {
        element_type: we::RefType::FUNCREF,
        table64: false,
        minimum: 8,
        maximum: None,
        shared: false,
    });
    let mut memories = we::MemorySection::new();
    memories.memory(we::MemoryType {
        minimum: 1,
        maximum: Some(4),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut globals = we::GlobalSection::new();
    let kind = we::GlobalType { val_type: we::ValType::I32, mutable: true, shared: false };
    globals.global(kind, &we::ConstExpr::i32_const(1)).global(kind, &we::ConstExpr::i32_const(2));
    let mut exports = we::ExportSection::new();
    exports.export("memory", we::ExportKind::Memory, 0).export("f", we::ExportKind::Func, 1);
    let mut elements = we::ElementSection::new();
    let slots = we::Elements::Functions(vec![1, 2, 3].into());
    elements.active(None, &we::ConstExpr::i32_const(1), slots);
    let mut code = we::CodeSection::new();
    for body in [
        vec![we::Instruction::Call(2), we::Instruction::End],
        vec![we::Instruction::Call(0), we::Instruction::End],
        vec![we::Instruction::End],
        vec![
            we::Instruction::LocalGet(0),
            we::Instruction::MemoryGrow(0),
            we::Instruction::MemorySize(0),
            we::Instruction::I32Add,
            we::Instruction::End,
        ],
    ] {
        let mut function = we::Function::new([]);
        for instruction in &body {
            function.instruction(instruction);
        }
        code.function(&function);
    }
    let mut data = we::DataSection::new();
    data.active(0, &we::ConstExpr::i32_const(16), *b"data");
    let mut symbols = we::NameMap::new();
    for (index, name) in [(1, "__wasm_call_ctors"), (2, "first"), (3, "last"), (4, "long_hash")] {
        symbols.append(index, name);
    }
    let mut names = we::NameSection::new();
    names.functions(&symbols);
    let mut module = we::Module::new();
    module.section(&types).section(&imports).section(&functions).section(&tables);
    module.section(&memories).section(&globals).section(&exports).section(&elements);
    module.section(&we::DataCountSection { count: 1 }).section(&code).section(&data);
    module.section(&names);
    module.finish()
}

fn rewrite(wasm: &[u8], entry_slot: u32) {
    let memory = [vec![1; PAGE], vec![0; WASM_PAGE - PAGE]].concat();
    let snapshot = Snapshot { memory, globals: vec![7, 8], entry_slot, gauges: GAUGES };
    let _ = (prune(wasm, "first", "last").is_ok(), growth::redirect(wasm).is_ok());
    let _ = meter::meter(wasm).is_ok();
    let _ = Disturbed::find(wasm).and_then(|disturbed| disturbed.disturb(wasm)).is_ok();
    let _ = bake(wasm, &snapshot).is_ok();
    if let Ok(instrumented) = instrument(wasm) {
        let _ = bake(&instrumented, &snapshot).is_ok();
    }
}

#[test]
fn a_whole_module_is_rewritten_to_whole_ones() {
    let wasm = module();
    let instrumented = instrument(&wasm).unwrap();
    let snapshot =
        Snapshot { memory: vec![1; WASM_PAGE], globals: vec![7, 8], entry_slot: 2, gauges: GAUGES };
    let (disturbed, _) = Disturbed::find(&wasm).unwrap().disturb(&wasm).unwrap();
    let (redirected, _) = growth::redirect(&wasm).unwrap();
    let (metered, _) = meter::meter(&wasm).unwrap();
    let rewritten = [
        prune(&wasm, "first", "last").unwrap(),
        bake(&instrumented, &snapshot).unwrap(),
        instrumented,
        disturbed,
        redirected,
        metered,
    ];
    for module in [wasm].iter().chain(&rewritten) {
        wasmparser::validate(module).unwrap();
    }
}

#[test]
fn damaged_modules_are_rewritten_or_refused() {
    let module = module();
    // The first eight bytes only say that it is a module.
    let (header, rest) = module.split_at(8);
    let pieces = prop_oneof![
        select(&PIECES).prop_map(<[u8]>::to_vec),
        proptest::collection::vec(any::<u8>(), 0..8),
    ];
    let damaged = mutated(vec![rest.to_vec()], pieces, 8);
    fuzz("rewrite", &(damaged, 0..6u32), |(rest, entry_slot)| {
        rewrite(&[header, &rest].concat(), entry_slot);
    });
}

#[test]
fn numbers_of_items_that_a_module_does_not_have_are_refused() {
    let module = module();
    for at in 8..module.len() {
        let wasm = [&module[..at], PIECES[0], &module[at + 1..]].concat();
        rewrite(&wasm, 2);
    }
}
