//! Lets hashes that the language does not define be others in one of the images, so that what depends on them shows.
//!
//! Small integers, and floats that equal them, hash to themselves everywhere. The hashes of other numbers, of tuples and of
//! frozensets depend on the size of a word, and so does the order of sets of them. Values that are equal keep equal hashes.
//!
//! Invariant: with the mask 0, the module computes what it computed before.

use wasm_encoder as we;
use wasmparser::{Parser, Payload, TypeRef, ValType};

use super::super::error::SandboxError;
use super::rewrite::{Symbols, copy_section, slice};

/// From here on, an integer's hash depends on the size of a word.
const WORD: f64 = 1_073_741_824.0;
/// The number of digits of an integer stands in its tag, above some flags.
const TAG_OFFSET: u64 = 8;
const TAG_FLAGS: i32 = 3;

/// A function of CPython that hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    /// `hash(object)` of a tuple, a frozenset, or an object that is equal to itself only.
    Container,
    /// `hash(object)` of an integer.
    Integer,
    /// `hash(object, value)` of a float.
    Float,
}

const FUNCTIONS: [(&str, Hash); 6] = [
    ("PyObject_GenericHash", Hash::Container),
    ("tuple_hash", Hash::Container),
    ("tuplehash", Hash::Container),
    ("frozenset_hash", Hash::Container),
    ("long_hash", Hash::Integer),
    ("_Py_HashDouble", Hash::Float),
];

/// The functions that hash, in the order of their indices; so are their own bodies behind all others.
pub struct Hashes(Vec<(u32, Hash)>);

impl Hashes {
    /// Finds them by their symbols, in a module that still has its symbols.
    pub fn find(wasm: &[u8]) -> Result<Self, SandboxError> {
        let symbols = Symbols::read(wasm, FUNCTIONS.map(|(name, _)| name))?;
        let found = symbols.found.into_iter().zip(FUNCTIONS);
        let mut found: Vec<(u32, Hash)> =
            found.filter_map(|(index, (_, hash))| Some((index?, hash))).collect();
        found.sort_unstable_by_key(|(index, _)| *index);
        Ok(Self(found))
    }

    /// Puts the mask's work around them; gives the module, and the index of the global that holds the mask.
    pub fn disturb(&self, wasm: &[u8]) -> Result<(Vec<u8>, u32), SandboxError> {
        let shape = Shape::read(wasm)?;
        for &(index, hash) in &self.0 {
            shape.check(index, hash)?;
        }
        let mut module = we::Module::new();
        let mut code = we::CodeSection::new();
        let mut moved: Vec<&[u8]> = Vec::new();
        let mut index = shape.imported;
        let last = shape.imported + shape.functions.len() as u32;
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            match &payload {
                Payload::CustomSection(_)
                | Payload::Version { .. }
                | Payload::End(_)
                | Payload::CodeSectionStart { .. } => {}
                Payload::FunctionSection(_) => {
                    let mut functions = we::FunctionSection::new();
                    shape.functions.iter().for_each(|&kind| {
                        functions.function(kind);
                    });
                    for &(index, _) in &self.0 {
                        functions.function(shape.kind(index)?);
                    }
                    module.section(&functions);
                }
                Payload::GlobalSection(reader) => {
                    let mut globals = we::GlobalSection::new();
                    we::reencode::Reencode::parse_global_section(
                        &mut we::reencode::RoundtripReencoder,
                        &mut globals,
                        reader.clone(),
                    )
                    .map_err(|error| SandboxError::Runtime(error.to_string()))?;
                    let kind =
                        we::GlobalType { val_type: we::ValType::I32, mutable: true, shared: false };
                    globals.global(kind, &we::ConstExpr::i32_const(0));
                    module.section(&globals);
                }
                Payload::CodeSectionEntry(body) => {
                    let bytes = slice(wasm, &body.range());
                    match self.0.iter().find(|(found, _)| *found == index) {
                        Some((_, hash)) => {
                            let own = last + moved.len() as u32;
                            code.function(&around(*hash, own, shape.globals));
                            moved.push(bytes);
                        }
                        None => {
                            code.raw(bytes);
                        }
                    }
                    index += 1;
                    if index == last {
                        for body in &moved {
                            code.raw(body);
                        }
                        module.section(&code);
                    }
                }
                other => copy_section(&mut module, other, wasm),
            }
        }
        Ok((module.finish(), shape.globals))
    }
}

/// The function that stands in for one that hashes: it calls that, and puts the mask on what is not defined by the language.
fn around(hash: Hash, own: u32, mask: u32) -> we::Function {
    let (result, block) = (if hash == Hash::Float { 2 } else { 1 }, we::BlockType::Empty);
    let mut function = we::Function::new([(1, we::ValType::I32)]);
    let mut code = function.instructions();
    code.local_get(0);
    if hash == Hash::Float {
        code.local_get(1);
    }
    code.call(own).local_set(result);
    match hash {
        Hash::Container => {}
        Hash::Integer => {
            // One digit is a small integer.
            let target = we::MemArgTarget::Memory(0);
            let tag = we::MemArg { offset: TAG_OFFSET, align: 2, target, ordering: None };
            code.local_get(0).i32_load(tag).i32_const(TAG_FLAGS).i32_shr_u().i32_const(2);
            code.i32_lt_u().if_(block).local_get(result).return_().end();
        }
        Hash::Float => {
            code.local_get(1).local_get(1).f64_trunc().f64_eq();
            code.local_get(1).f64_abs().f64_const(WORD.into()).f64_lt().i32_and();
            code.local_get(1).f64_abs().f64_const(f64::INFINITY.into()).f64_eq().i32_or();
            code.if_(block).local_get(result).return_().end();
        }
    }
    // -1 is an error, and no hash.
    code.local_get(result).i32_const(-1).i32_eq().if_(block).i32_const(-1).return_().end();
    code.local_get(result).global_get(mask).i32_xor().local_tee(result);
    code.i32_const(-1).i32_eq().if_(block).i32_const(-2).return_().end();
    code.local_get(result).end();
    function
}

/// What the rewriting needs to know of a module.
struct Shape {
    /// Whether the parameters and the result of each type are those of a hash.
    types: Vec<Option<Hash>>,
    imported: u32,
    functions: Vec<u32>,
    globals: u32,
}

impl Shape {
    fn read(wasm: &[u8]) -> Result<Self, SandboxError> {
        let mut shape = Self { types: Vec::new(), imported: 0, functions: Vec::new(), globals: 0 };
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(types) => {
                    for kind in types.into_iter_err_on_gc_types() {
                        let kind = kind?;
                        shape.types.push(match (kind.params(), kind.results()) {
                            ([ValType::I32], [ValType::I32]) => Some(Hash::Integer),
                            ([ValType::I32, ValType::F64], [ValType::I32]) => Some(Hash::Float),
                            _ => None,
                        });
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        match import?.ty {
                            TypeRef::Func(_) => shape.imported += 1,
                            TypeRef::Global(_) => shape.globals += 1,
                            _ => {}
                        }
                    }
                }
                Payload::FunctionSection(functions) => {
                    shape.functions = functions.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::GlobalSection(globals) => shape.globals += globals.count(),
                _ => {}
            }
        }
        Ok(shape)
    }

    fn kind(&self, index: u32) -> Result<u32, SandboxError> {
        let found = index.checked_sub(self.imported).and_then(|at| self.functions.get(at as usize));
        found.copied().ok_or_else(|| SandboxError::Runtime("a hash function is imported".into()))
    }

    fn check(&self, index: u32, hash: Hash) -> Result<(), SandboxError> {
        let expected = if hash == Hash::Float { Hash::Float } else { Hash::Integer };
        match self.types.get(self.kind(index)? as usize) {
            Some(Some(found)) if *found == expected => Ok(()),
            _ => Err(SandboxError::Runtime("a hash function has other parameters".into())),
        }
    }
}
