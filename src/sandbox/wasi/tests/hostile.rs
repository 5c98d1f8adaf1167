//! A module written by hand that passes arguments on to the host's functions as they come.
//!
//! Invariant: the functions come from the linker itself, so that one added later is there too.

use std::sync::Arc;

use wasm_encoder as we;
use wasmtime::{Engine, Func, Instance, Linker, Memory, Module, Result, Store, Val, ValType};

use super::super::*;
use crate::sandbox::engine::{Compiler, Fuel};
use crate::sandbox::limits::Limits;

pub const PAGE: i32 = 65536;
pub const PAGES: u64 = 2;
/// Where memory ends.
pub const END: i32 = PAGES as i32 * PAGE;
pub const FUEL: u64 = u64::MAX / 4;
const NONCE: [u8; NONCE_LEN] = *b"0123456789abcdef";
pub const FILE: &[u8] = b"the only file there is";
/// What of WASI preview 1 the host does not offer: each function with its parameters, `i` of 32 and `l` of 64 bits.
const REFUSED: [(&str, &str); 23] = [
    ("fd_advise", "illi"),
    ("fd_allocate", "ill"),
    ("fd_datasync", "i"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "ill"),
    ("fd_filestat_set_size", "il"),
    ("fd_filestat_set_times", "illi"),
    ("fd_pread", "iiili"),
    ("fd_pwrite", "iiili"),
    ("fd_readdir", "iiili"),
    ("fd_renumber", "ii"),
    ("fd_sync", "i"),
    ("path_create_directory", "iii"),
    ("path_link", "iiiiiii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("proc_raise", "i"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

/// Places in memory with data that a host function may be pointed at.
pub mod at {
    pub const BUFFER: i32 = 0x1000;
    /// Two buffers.
    pub const LIST: i32 = 0x2000;
    /// A buffer, then one that ends a byte beyond memory.
    pub const LIST_OUTSIDE: i32 = 0x2100;
    /// A buffer at the end of the address space, of its whole length.
    pub const LIST_HUGE: i32 = 0x2200;
    /// The list itself.
    pub const LIST_ITSELF: i32 = 0x2300;
    /// All of memory, as often as a list can name it.
    pub const LIST_OVERLAPPING: i32 = 0x3000;
    /// A buffer that begins with the harness's secret.
    pub const LIST_MESSAGE: i32 = 0x2400;
    /// A path that exists.
    pub const PATH: i32 = 0x6000;
    pub const PATH_NOT_UTF8: i32 = 0x6100;
    pub const PATH_UP: i32 = 0x6200;
    pub const NONCE: i32 = 0x6300;
    /// A subscription to a clock, at the end of time.
    pub const SUBSCRIPTION: i32 = 0x6400;
}

/// The memory that every call begins with.
pub fn memory_image() -> Vec<u8> {
    let mut image = vec![b'm'; END as usize];
    let mut put = |at: i32, bytes: &[u8]| {
        image[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
    };
    let list = |entries: &[(i32, i32)]| -> Vec<u8> {
        entries
            .iter()
            .flat_map(|(pointer, len)| [pointer.to_le_bytes(), len.to_le_bytes()].concat())
            .collect()
    };
    put(at::LIST, &list(&[(at::BUFFER, 16), (at::BUFFER + 16, 5)]));
    put(at::LIST_OUTSIDE, &list(&[(at::BUFFER, 16), (END - 8, 9)]));
    put(at::LIST_HUGE, &list(&[(-1, -1), (i32::MIN, i32::MIN)]));
    put(at::LIST_ITSELF, &list(&[(at::LIST_ITSELF, 16), (at::LIST_ITSELF, 16)]));
    put(at::LIST_OVERLAPPING, &list(&[(0, END); 1024]));
    put(at::LIST_MESSAGE, &list(&[(at::NONCE, 32)]));
    put(at::PATH, b"python.zip");
    put(at::PATH_NOT_UTF8, b"\xff\xfe\0\xc3(");
    put(at::PATH_UP, b"../../etc/passwd");
    put(at::NONCE, &NONCE);
    put(at::SUBSCRIPTION, &[[0; 24], [0xff; 24]].concat());
    image
}

pub fn guest() -> Guest {
    let file = ReadOnlyFile { name: "python.zip".into(), content: Content::InMemory(FILE.into()) };
    let folder = ReadOnlyFolder {
        path: "/usr/local/lib".into(),
        files: vec![file],
        ..ReadOnlyFolder::default()
    };
    let limits = Limits { fuel: FUEL, memory: END as u64, output: 4096 };
    let seeds = Seeds {
        clock: 1,
        tick: 1,
        random: 1,
        padding: 0,
        is_elsewhere: false,
        reverses_ids: false,
        hash_mask: 0,
    };
    let mut guest = Guest::running(Arc::new(folder), &limits, seeds)
        .with_stdin(b"the stdin".into())
        .with_channel(NONCE, b"the request".into(), 1);
    guest.arguments = vec!["python".into(), "script.py".into()];
    guest.environment = vec!["A=1".into()];
    guest.open_files = vec![Some(OpenFile { index: 0, position: 0 })];
    guest
}

/// A function of the host, called through a module of ours.
pub struct Called {
    pub name: String,
    pub params: Vec<ValType>,
    func: Func,
}

/// A hostile module next to an innocent one in the same store.
pub struct Hostile {
    pub store: Store<Guest>,
    pub memory: Memory,
    bystander: Memory,
    pub functions: Vec<Called>,
}

impl Hostile {
    pub fn new() -> Self {
        Self::with_pages(PAGES)
    }

    pub fn with_pages(pages: u64) -> Self {
        let compiler = Compiler::new(Fuel::InStore).unwrap();
        let engine = compiler.engine();
        let mut signatures = offered(engine);
        signatures.extend(REFUSED.map(|(name, params)| (name.to_owned(), params.to_owned(), true)));
        let module = compiler.module(&module(&signatures, pages)).unwrap();
        let bystander = compiler.module(&self::module(&[], pages)).unwrap();
        let mut store = Store::new(engine, guest());
        store.set_fuel(FUEL).unwrap();
        let mut linker = Linker::new(engine);
        add_to_linker(&mut linker, &module).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let bystander = linker.instantiate(&mut store, &bystander).unwrap();
        let memory = |store: &mut Store<Guest>, instance: &Instance| {
            instance.get_memory(store, "memory").unwrap()
        };
        let (memory, bystander) = (memory(&mut store, &instance), memory(&mut store, &bystander));
        bystander.data_mut(&mut store).fill(b'b');
        let functions = signatures
            .into_iter()
            .map(|(name, _, _)| {
                let func = instance.get_func(&mut store, &name).unwrap();
                Called { params: func.ty(&store).params().collect(), name, func }
            })
            .collect();
        Self { store, memory, bystander, functions }
    }

    /// Calls a function by name and gives its errno; a call that is ended is reported by its error.
    pub fn call(&mut self, name: &str, arguments: &[Val]) -> Result<i32> {
        let index = self.functions.iter().position(|called| called.name == name).unwrap();
        self.call_nth(index, arguments)
    }

    pub fn call_nth(&mut self, index: usize, arguments: &[Val]) -> Result<i32> {
        let func = self.functions[index].func;
        let mut results = vec![Val::I32(0); func.ty(&self.store).results().len()];
        func.call(&mut self.store, arguments, &mut results)?;
        Ok(results.first().map_or(SUCCESS, Val::unwrap_i32))
    }

    pub fn reset(&mut self, image: &[u8]) {
        *self.store.data_mut() = guest();
        self.memory.data_mut(&mut self.store)[..image.len()].copy_from_slice(image);
    }

    pub fn assert_bystander_is_unharmed(&self) {
        assert!(self.bystander.data(&self.store).iter().all(|&byte| byte == b'b'));
    }
}

/// The functions that the host offers, with their parameters and whether they return an errno.
fn offered(engine: &Engine) -> Vec<(String, String, bool)> {
    let mut linker = Linker::new(engine);
    let nothing = Module::new(engine, we::Module::new().finish()).unwrap();
    add_to_linker(&mut linker, &nothing).unwrap();
    let mut store = Store::new(engine, guest());
    let found: Vec<_> =
        linker.iter(&mut store).map(|(_, name, item)| (name.to_owned(), item)).collect();
    let mut functions: Vec<_> = found
        .into_iter()
        .map(|(name, item)| {
            let signature = item.into_func().unwrap().ty(&store);
            let letter = |kind| if matches!(kind, ValType::I64) { 'l' } else { 'i' };
            (name, signature.params().map(letter).collect(), signature.results().len() == 1)
        })
        .collect();
    functions.sort();
    functions
}

/// A module with a memory that imports functions and exports, under the same names, functions that pass everything on.
fn module(signatures: &[(String, String, bool)], pages: u64) -> Vec<u8> {
    let mut types = we::TypeSection::new();
    let mut imports = we::ImportSection::new();
    let mut functions = we::FunctionSection::new();
    let mut exports = we::ExportSection::new();
    let mut code = we::CodeSection::new();
    let count = signatures.len() as u32;
    for ((name, params, returns), index) in signatures.iter().zip(0..) {
        let kind = |letter| if letter == 'l' { we::ValType::I64 } else { we::ValType::I32 };
        let params: Vec<_> = params.chars().map(kind).collect();
        types.ty().function(params.clone(), returns.then_some(we::ValType::I32));
        imports.import(WASI, name, we::EntityType::Function(index));
        functions.function(index);
        exports.export(name, we::ExportKind::Func, count + index);
        let mut body = we::Function::new([]);
        for (_, param) in params.iter().zip(0..) {
            body.instruction(&we::Instruction::LocalGet(param));
        }
        body.instruction(&we::Instruction::Call(index)).instruction(&we::Instruction::End);
        code.function(&body);
    }
    let mut memories = we::MemorySection::new();
    memories.memory(we::MemoryType {
        minimum: pages,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    exports.export("memory", we::ExportKind::Memory, 0);
    let mut module = we::Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&memories)
        .section(&exports)
        .section(&code);
    module.finish()
}
