//! What rewriting needs to know of a module: its types, and how many functions and globals there are.
//!
//! Invariant: numbers are counted, never taken from what a section says of itself.

use wasmparser::{Parser, Payload, TypeRef, ValType};

use super::super::error::SandboxError;
use super::rewrite::count;

/// The types, functions, globals and memory of a module.
#[derive(Default)]
pub struct Shape {
    /// The parameters and results of each type.
    pub types: Vec<(Vec<ValType>, Vec<ValType>)>,
    /// Functions that it imports.
    pub imported: u32,
    /// The type of each function of its own.
    pub functions: Vec<u32>,
    pub globals: u32,
    /// Pages of memory that it begins with.
    pub pages: u32,
}

impl Shape {
    /// Reads the shape of a module.
    pub fn read(wasm: &[u8]) -> Result<Self, SandboxError> {
        let mut shape = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(types) => {
                    for kind in types.into_iter_err_on_gc_types() {
                        let kind = kind?;
                        shape.types.push((kind.params().to_vec(), kind.results().to_vec()));
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
                Payload::GlobalSection(globals) => shape.globals += count(globals)?,
                Payload::MemorySection(memories) => {
                    for memory in memories {
                        shape.pages = u32::try_from(memory?.initial).unwrap_or(u32::MAX);
                    }
                }
                _ => {}
            }
        }
        Ok(shape)
    }

    /// The index behind those of all functions.
    pub fn end(&self) -> u32 {
        self.imported + self.functions.len() as u32
    }

    /// The type of functions from an integer to an integer.
    pub fn unary(&self) -> Result<u32, SandboxError> {
        let unary = self.type_of(&[ValType::I32], &[ValType::I32]);
        let missing = "the module has no function from an integer to an integer";
        unary.ok_or_else(|| SandboxError::Runtime(missing.into()))
    }

    /// The first type of functions with these parameters and results.
    fn type_of(&self, parameters: &[ValType], results: &[ValType]) -> Option<u32> {
        (0..)
            .zip(&self.types)
            .find(|(_, kind)| kind.0 == parameters && kind.1 == results)
            .map(|(index, _)| index)
    }
}
