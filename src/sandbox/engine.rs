//! How modules are compiled, and the compiled modules that runs start from.
//!
//! Invariant: code is compiled for a pinned CPU baseline and one fixed configuration, so that a fuel figure means the same
//! everywhere and an image moves between machines.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use wasmtime::{
    CacheStore, Config, Engine, InstanceAllocationStrategy, InstancePre, Linker, Module, OptLevel,
    PoolingAllocationConfig,
};

use super::error::SandboxError;
use super::wasi::{self, Guest};

/// Deep Python recursion is deep recursion in C, which is deep recursion on the host's stack.
///
/// Comparing and parsing nested values takes 26 times as much of it as of the guest's own stack, whose limit is to be met first.
const MAX_WASM_STACK: usize = 128 << 20;
/// The stack that a thread which calls guests needs: the guest's and room for the host.
pub const THREAD_STACK: usize = MAX_WASM_STACK + (8 << 20);
const MAX_MEMORY: usize = 4 << 30;

/// Slots for heaps of exceptions, more than are ever in use at a time.
const EXCEPTION_SLOTS: u32 = 64;

/// Names everything about the configuration that changes what is compiled, in eight digits for the names of folders.
pub fn config_digest() -> String {
    let config = format!("wasmtime-48.0.8;fuel;exceptions;{}", baseline());
    blake3::hash(config.as_bytes()).to_hex()[..8].to_owned()
}

/// The instruction set that code is compiled for.
fn baseline() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        if has!("avx2")
            && has!("bmi1")
            && has!("bmi2")
            && has!("fma")
            && has!("lzcnt")
            && has!("popcnt")
        {
            return "x86-64-v3";
        }
        "x86-64"
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        std::env::consts::ARCH
    }
}

/// Who counts the fuel of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fuel {
    /// The code that wasmtime compiles it to.
    InStore,
    /// The module, in a global of its own.
    InGlobal,
}

fn config(fuel: Fuel) -> Result<Config, SandboxError> {
    let mut config = Config::new();
    config
        .consume_fuel(fuel == Fuel::InStore)
        .wasm_exceptions(true)
        .relaxed_simd_deterministic(true);
    config.cranelift_opt_level(OptLevel::Speed);
    config.max_wasm_stack(MAX_WASM_STACK).async_stack_size(MAX_WASM_STACK + (2 << 20));
    config.memory_init_cow(true).memory_guaranteed_dense_image_size(1 << 30);
    config.wasm_backtrace_max_frames(None).generate_address_map(false);
    #[cfg(target_arch = "x86_64")]
    {
        // Naming the target turns off the detection of this machine's own instructions.
        config.target("x86_64-unknown-linux-gnu")?;
        if baseline() == "x86-64-v3" {
            for flag in [
                "has_sse3",
                "has_ssse3",
                "has_sse41",
                "has_sse42",
                "has_popcnt",
                "has_avx",
                "has_avx2",
                "has_fma",
                "has_bmi1",
                "has_bmi2",
                "has_lzcnt",
            ] {
                // SAFETY is not at stake: `baseline` has asked this CPU for the flags, and loading checks again.
                enable_flag(&mut config, flag);
            }
        }
    }
    Ok(config)
}

#[cfg(target_arch = "x86_64")]
#[expect(
    unsafe_code,
    reason = "compiler flags are trusted input; these are constants that wasmtime checks at load"
)]
fn enable_flag(config: &mut Config, flag: &str) {
    // SAFETY: the flags only name instructions of the baseline, and `Module::deserialize_file` refuses code whose
    // flags this machine lacks.
    unsafe { config.cranelift_flag_enable(flag) };
}

/// Compiles modules that share most of their functions, each function once.
pub struct Compiler {
    engine: Engine,
}

impl Compiler {
    /// Makes a compiler with an empty memory of compiled functions.
    pub fn new(fuel: Fuel) -> Result<Self, SandboxError> {
        let mut config = config(fuel)?;
        config.enable_incremental_compilation(Arc::new(CompiledFunctions::default()))?;
        Ok(Self { engine: Engine::new(&config)? })
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Compiles a module to instantiate at once.
    pub fn module(&self, wasm: &[u8]) -> Result<Module, SandboxError> {
        Ok(Module::from_binary(&self.engine, wasm)?)
    }

    /// Compiles a module to store.
    pub fn precompile(&self, wasm: &[u8]) -> Result<Vec<u8>, SandboxError> {
        Ok(self.engine.precompile_module(wasm)?)
    }
}

#[derive(Debug, Default)]
struct CompiledFunctions(Mutex<HashMap<Vec<u8>, Vec<u8>>>);

impl CacheStore for CompiledFunctions {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        self.0.lock().ok()?.get(key).map(|code| Cow::Owned(code.clone()))
    }

    fn insert(&self, key: &[u8], value: Vec<u8>) -> bool {
        self.0.lock().is_ok_and(|mut functions| functions.insert(key.to_vec(), value).is_none())
    }
}

/// An engine whose instances are kept, so that making one may take its time, and whose modules count fuel.
pub fn engine() -> Result<Engine, SandboxError> {
    Ok(Engine::new(&config(Fuel::InGlobal)?)?)
}

/// An engine with slots for this many instances at a time. No page stays mapped between runs: wasmtime would ask the kernel for the
/// pages that are present and written to, and miss those that were swapped out.
pub fn pooled_engine(instances: u32, table_elements: usize) -> Result<Engine, SandboxError> {
    let mut pool = PoolingAllocationConfig::new();
    // Whoever throws an exception takes a slot for it as well.
    let slots = 2 * instances + EXCEPTION_SLOTS;
    pool.total_core_instances(slots)
        .total_memories(slots)
        .total_tables(slots)
        .max_unused_warm_slots(slots);
    pool.table_elements(table_elements).max_memory_size(MAX_MEMORY).max_core_instance_size(4 << 20);
    let mut config = config(Fuel::InStore)?;
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Ok(Engine::new(&config)?)
}

/// Bytes of memory that instances of a module begin with.
pub fn initial_memory(module: &Module) -> u64 {
    const WASM_PAGE: u64 = 65536;
    let memories = module
        .exports()
        .filter_map(|export| export.ty().memory().map(wasmtime::MemoryType::minimum));
    memories.max().unwrap_or(0) * WASM_PAGE
}

/// Loads a compiled module from the runtime cache and binds it to the host's functions.
pub fn load(engine: &Engine, path: &Path) -> Result<InstancePre<Guest>, SandboxError> {
    bind(&deserialize(engine, path)?)
}

/// Binds a module to the host's functions.
pub fn bind(module: &Module) -> Result<InstancePre<Guest>, SandboxError> {
    let mut linker = Linker::new(module.engine());
    wasi::add_to_linker(&mut linker, module)?;
    Ok(linker.instantiate_pre(module)?)
}

/// Loads a compiled module from the runtime cache.
#[expect(
    unsafe_code,
    reason = "loading compiled code is loading native code; see the SAFETY comment"
)]
pub fn deserialize(engine: &Engine, path: &Path) -> Result<Module, SandboxError> {
    // SAFETY: the file lies in the user's own cache folder, which only this program writes and no guest can reach (guests
    // have no file system), and its name carries the digest of everything it was compiled from.
    unsafe { Module::deserialize_file(engine, path) }.map_err(|error| {
        SandboxError::Runtime(format!("{} cannot be loaded: {error:#}", path.display()))
    })
}
