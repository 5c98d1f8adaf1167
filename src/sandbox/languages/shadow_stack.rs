//! Gives a module a deep stack: compilers for WebAssembly keep what has an address on a stack of their own in memory, and make it 64 KB.
//!
//! Invariant: a module whose stack pointer is not where linkers put it is refused, never guessed at; a stack that would grow into other
//! memory traps.

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, GlobalSection, GlobalType, Instruction, MemoryType, ValType,
};
use wasmparser::{FunctionBody, GlobalSectionReader, Operator, Parser};

use super::super::error::SandboxError;

const PAGE: u64 = 65536;
/// The linker puts the stack pointer first.
const STACK_POINTER: u32 = 0;

/// Puts a stack of this many pages at the end of a module's initial memory, from which it grows down.
pub fn deepen(wasm: &[u8], pages: u64) -> Result<Vec<u8>, SandboxError> {
    let mut module = wasm_encoder::Module::new();
    let mut deepened = Deepened { pages, bottom: 0, top: None, is_moved: false };
    deepened
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .map_err(|error| SandboxError::Runtime(format!("its module is not readable: {error}")))?;
    if !deepened.is_moved {
        return Err(SandboxError::Runtime("its module has no stack pointer".into()));
    }
    Ok(module.finish())
}

struct Deepened {
    pages: u64,
    /// Where the stack ends and other memory lies.
    bottom: i32,
    /// The new end of memory, which is the top of the stack.
    top: Option<i32>,
    is_moved: bool,
}

impl Reencode for Deepened {
    type Error = std::convert::Infallible;

    fn memory_type(
        &mut self,
        memory: wasmparser::MemoryType,
    ) -> Result<MemoryType, Error<Self::Error>> {
        let minimum = memory.initial + self.pages;
        self.bottom = i32::try_from(memory.initial * PAGE).unwrap_or(i32::MAX);
        self.top = i32::try_from(minimum * PAGE).ok();
        Ok(MemoryType {
            minimum,
            maximum: memory.maximum,
            memory64: memory.memory64,
            shared: memory.shared,
            page_size_log2: memory.page_size_log2,
        })
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        for (index, global) in section.into_iter().enumerate() {
            let global = global?;
            let starts_in_memory = matches!(
                global.init_expr.get_operators_reader().read()?,
                Operator::I32Const { value } if value > 0
            );
            let is_pointer =
                global.ty.mutable && global.ty.content_type == wasmparser::ValType::I32;
            match self.top {
                Some(top) if index == STACK_POINTER as usize && is_pointer && starts_in_memory => {
                    let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
                    globals.global(ty, &ConstExpr::i32_const(top));
                    self.is_moved = true;
                }
                Some(_) | None => self.parse_global(globals, global)?,
            }
        }
        Ok(())
    }

    /// Lets a function trap that takes more of the stack than there is.
    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let instruction = self.parse_instruction(&mut reader)?;
            let moves = matches!(instruction, Instruction::GlobalSet(STACK_POINTER));
            function.instruction(&instruction);
            if moves {
                function
                    .instruction(&Instruction::GlobalGet(STACK_POINTER))
                    .instruction(&Instruction::I32Const(self.bottom))
                    .instruction(&Instruction::I32LtU)
                    .instruction(&Instruction::If(BlockType::Empty))
                    .instruction(&Instruction::Unreachable)
                    .instruction(&Instruction::End);
            }
        }
        code.function(&function);
        Ok(())
    }
}
