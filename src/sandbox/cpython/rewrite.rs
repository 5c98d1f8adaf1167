//! Rewrites a WebAssembly module section by section: prunes functions, exports its globals, bakes in a saved memory.
//!
//! Invariant: function, type and global indices never move, so compiled function bodies are the same before and after.

pub mod meter;

use wasm_encoder as we;
use wasmparser::{
    ElementItems, ElementKind, ExternalKind, KnownCustom, Name, Operator, Parser, Payload,
};

use super::super::error::SandboxError;
use super::recipe::Gauges;

type Result<T> = std::result::Result<T, SandboxError>;

/// The name under which [`bake`] exports the function behind the harness entry.
pub const ENTRY_EXPORT: &str = "tgsand_entry";

const PAGE: usize = 4096;
pub const WASM_PAGE: usize = 65536;

/// The name under which [`instrument`] and [`bake`] export a global.
pub fn global_export(index: u32) -> String {
    format!("tgsand_global_{index}")
}

/// The state of a started interpreter: everything in which it differs from the module it was made
/// from.
pub struct Snapshot {
    /// Linear memory, a multiple of 64 KiB.
    pub memory: Vec<u8>,
    /// One value for each global in index order.
    pub globals: Vec<i64>,
    /// The table slot of the function that enters the harness.
    pub entry_slot: u32,
    pub gauges: Gauges,
}

impl Snapshot {
    /// Gives the program memory of so many bytes.
    pub fn resize(&mut self, bytes: usize) {
        self.memory.resize(bytes, 0);
        for index in [self.gauges.memory.size, self.gauges.memory.limit] {
            if let Some(global) = self.globals.get_mut(index as usize) {
                *global = (bytes / WASM_PAGE) as i64;
            }
        }
    }
}

/// Replaces the bodies of the functions from symbol `first` up to, not including, symbol `last` by a trap.
///
/// The linker lays functions out object by object, so the third-party libraries of a static CPython
/// are in one range. Their start-up constructors, called from `__wasm_call_ctors`, become empty
/// instead of trapping.
pub fn prune(wasm: &[u8], first: &str, last: &str) -> Result<Vec<u8>> {
    let symbols = Symbols::read(wasm, [first, last, "__wasm_call_ctors"])?;
    let [Some(first_index), Some(last_index), constructors] = symbols.found else {
        return Err(SandboxError::Runtime(format!(
            "the module has no symbols {first} and {last} to prune between"
        )));
    };
    let mut module = we::Module::new();
    let mut constructor_calls = Vec::new();
    let mut code = we::CodeSection::new();
    let mut index = symbols.imported;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match &payload {
            Payload::CustomSection(_)
            | Payload::Version { .. }
            | Payload::End(_)
            | Payload::CodeSectionStart { .. } => {}
            Payload::CodeSectionEntry(body) => {
                if Some(index) == constructors {
                    for operator in body.get_operators_reader()? {
                        if let Operator::Call { function_index } = operator? {
                            constructor_calls.push(function_index);
                        }
                    }
                }
                if (first_index..last_index).contains(&index) {
                    // A body is its local declarations (none) and its instructions; 0x00 traps, 0x0b ends.
                    let empty: &[u8] =
                        if constructor_calls.contains(&index) { &[0, 0x0b] } else { &[0, 0, 0x0b] };
                    code.raw(empty);
                } else {
                    code.raw(slice(wasm, &body.range()));
                }
                index += 1;
                if index == symbols.imported + symbols.defined {
                    module.section(&code);
                }
            }
            other => copy_section(&mut module, other, wasm),
        }
    }
    Ok(module.finish())
}

/// Exports every global under its [`global_export`], so that the host can read them, and drops custom sections.
pub fn instrument(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut globals = 0;
    rebuild(wasm, |module, payload| {
        match payload {
            Payload::GlobalSection(reader) => globals = count(reader.clone())?,
            Payload::ExportSection(reader) => {
                let mut exports = we::ExportSection::new();
                for export in reader.clone() {
                    let export = export?;
                    exports.export(export.name, export_kind(export.kind)?, export.index);
                }
                export_globals(&mut exports, globals);
                module.section(&exports);
                return Ok(true);
            }
            _ => {}
        }
        Ok(false)
    })
}

/// Makes the module whose instances begin where `snapshot` was taken, with `memory`, [`ENTRY_EXPORT`] and the globals exported.
pub fn bake(wasm: &[u8], snapshot: &Snapshot) -> Result<Vec<u8>> {
    let entry = function_in_slot(wasm, snapshot.entry_slot)?;
    let segments = segments(&snapshot.memory);
    rebuild(wasm, |module, payload| {
        match payload {
            Payload::MemorySection(reader) => {
                let maximum = reader
                    .clone()
                    .into_iter()
                    .next()
                    .transpose()?
                    .and_then(|memory| memory.maximum);
                let mut memories = we::MemorySection::new();
                memories.memory(we::MemoryType {
                    minimum: (snapshot.memory.len() / WASM_PAGE) as u64,
                    maximum,
                    memory64: false,
                    shared: false,
                    page_size_log2: None,
                });
                module.section(&memories);
            }
            Payload::GlobalSection(reader) => {
                let mut globals = we::GlobalSection::new();
                for (global, value) in reader.clone().into_iter().zip(&snapshot.globals) {
                    let global = global?;
                    let (val_type, init) = match global.ty.content_type {
                        wasmparser::ValType::I32 => {
                            (we::ValType::I32, we::ConstExpr::i32_const(*value as i32))
                        }
                        wasmparser::ValType::I64 => {
                            (we::ValType::I64, we::ConstExpr::i64_const(*value))
                        }
                        other => {
                            return Err(SandboxError::Runtime(format!(
                                "a global of type {other} cannot be saved"
                            )));
                        }
                    };
                    globals.global(
                        we::GlobalType { val_type, mutable: global.ty.mutable, shared: false },
                        &init,
                    );
                }
                module.section(&globals);
            }
            Payload::ExportSection(reader) => {
                let mut exports = we::ExportSection::new();
                for export in reader.clone() {
                    let export = export?;
                    if export.name == "memory" {
                        exports.export(export.name, export_kind(export.kind)?, export.index);
                    }
                }
                exports.export(ENTRY_EXPORT, we::ExportKind::Func, entry);
                export_globals(&mut exports, snapshot.globals.len() as u32);
                module.section(&exports);
            }
            Payload::DataCountSection { .. } => {
                module.section(&we::DataCountSection { count: segments.len() as u32 });
            }
            Payload::DataSection(_) => {
                let mut data = we::DataSection::new();
                for range in &segments {
                    let offset = we::ConstExpr::i32_const(range.start as i32);
                    data.active(0, &offset, snapshot.memory[range.clone()].iter().copied());
                }
                module.section(&data);
            }
            _ => return Ok(false),
        }
        Ok(true)
    })
}

fn export_globals(exports: &mut we::ExportSection, count: u32) {
    for index in 0..count {
        exports.export(&global_export(index), we::ExportKind::Global, index);
    }
}

/// Copies a module, leaving out custom sections and every section that `replace` says it has written itself.
fn rebuild(
    wasm: &[u8],
    mut replace: impl FnMut(&mut we::Module, &Payload<'_>) -> Result<bool>,
) -> Result<Vec<u8>> {
    let mut module = we::Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match &payload {
            Payload::CustomSection(_)
            | Payload::Version { .. }
            | Payload::End(_)
            | Payload::CodeSectionEntry(_) => {}
            other => {
                if !replace(&mut module, other)? {
                    copy_section(&mut module, other, wasm);
                }
            }
        }
    }
    Ok(module.finish())
}

/// The bytes of a range that the parser gave for this module. The code section is told before it is read: if it does not end
/// within the module, there are none, and the parser fails next.
pub fn slice<'a>(wasm: &'a [u8], range: &std::ops::Range<u64>) -> &'a [u8] {
    wasm.get(range.start as usize..range.end as usize).unwrap_or_default()
}

pub fn copy_section(module: &mut we::Module, payload: &Payload<'_>, wasm: &[u8]) {
    if let Some((id, range)) = payload.as_section() {
        module.section(&we::RawSection { id, data: slice(wasm, &range) });
    }
}

/// What a global begins with.
#[derive(Clone, Copy)]
pub enum Begin {
    I32(i32),
    I64(i64),
}

/// A module's globals, and further ones behind them that begin with these values and can be changed.
pub fn globals_and(
    reader: wasmparser::GlobalSectionReader<'_>,
    more: &[Begin],
) -> Result<we::GlobalSection> {
    let mut globals = we::GlobalSection::new();
    let mut same = we::reencode::RoundtripReencoder;
    we::reencode::Reencode::parse_global_section(&mut same, &mut globals, reader)
        .map_err(|error| SandboxError::Runtime(error.to_string()))?;
    for begin in more {
        let (val_type, value) = match *begin {
            Begin::I32(value) => (we::ValType::I32, we::ConstExpr::i32_const(value)),
            Begin::I64(value) => (we::ValType::I64, we::ConstExpr::i64_const(value)),
        };
        globals.global(we::GlobalType { val_type, mutable: true, shared: false }, &value);
    }
    Ok(globals)
}

/// The types of a module's functions, and those of further ones behind them.
pub fn functions_and(
    functions: &[u32],
    more: impl IntoIterator<Item = u32>,
) -> we::FunctionSection {
    let mut section = we::FunctionSection::new();
    for kind in functions.iter().copied().chain(more) {
        section.function(kind);
    }
    section
}

fn export_kind(kind: ExternalKind) -> Result<we::ExportKind> {
    Ok(we::ExportKind::from(kind))
}

/// The runs of pages that are not zero.
fn segments(memory: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut segments: Vec<std::ops::Range<usize>> = Vec::new();
    for (index, page) in memory.chunks(PAGE).enumerate() {
        if page.iter().all(|&byte| byte == 0) {
            continue;
        }
        let start = index * PAGE;
        match segments.last_mut() {
            Some(last) if last.end == start => last.end = start + page.len(),
            _ => segments.push(start..start + page.len()),
        }
    }
    segments
}

fn function_in_slot(wasm: &[u8], slot: u32) -> Result<u32> {
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::ElementSection(elements) = payload? else { continue };
        for element in elements {
            let element = element?;
            let (ElementKind::Active { offset_expr, .. }, ElementItems::Functions(functions)) =
                (element.kind, element.items)
            else {
                continue;
            };
            let Operator::I32Const { value: offset } = offset_expr.get_operators_reader().read()?
            else {
                continue;
            };
            if let Some(position) = slot.checked_sub(offset as u32)
                && let Some(function) = functions.into_iter().nth(position as usize)
            {
                return Ok(function?);
            }
        }
    }
    Err(SandboxError::Runtime(format!("table slot {slot} has no function")))
}

/// Functions by their symbols.
pub struct Symbols<const N: usize> {
    imported: u32,
    defined: u32,
    pub found: [Option<u32>; N],
}

impl<const N: usize> Symbols<N> {
    /// Reads the functions that have these symbols.
    pub fn read(wasm: &[u8], wanted: [&str; N]) -> Result<Self> {
        let mut symbols = Self { imported: 0, defined: 0, found: [None; N] };
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    symbols.imported = count_imported_functions(imports)?;
                }
                Payload::FunctionSection(functions) => symbols.defined = count(functions)?,
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        symbols.find(names, wanted)?;
                    }
                }
                _ => {}
            }
        }
        Ok(symbols)
    }

    fn find(&mut self, names: wasmparser::NameSectionReader<'_>, wanted: [&str; N]) -> Result<()> {
        for name in names {
            let Name::Function(functions) = name? else { continue };
            for naming in functions {
                let naming = naming?;
                if let Some(position) = wanted.iter().position(|symbol| *symbol == naming.name) {
                    self.found[position].get_or_insert(naming.index);
                }
            }
        }
        Ok(())
    }
}

/// How many items a section has; what it says itself may be anything.
pub fn count<'a, T: wasmparser::FromReader<'a>>(
    items: wasmparser::SectionLimited<'a, T>,
) -> Result<u32> {
    let mut count = 0;
    for item in items {
        item?;
        count += 1;
    }
    Ok(count)
}

fn count_imported_functions(imports: wasmparser::ImportSectionReader<'_>) -> Result<u32> {
    let mut count = 0;
    for import in imports.into_imports() {
        if matches!(import?.ty, wasmparser::TypeRef::Func(_)) {
            count += 1;
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests;
