//! Turns growth of memory into arithmetic on globals, so that an instance never grows and can serve again.
//!
//! Invariant: a program sees the same sizes and refusals as if its memory grew; what it has not been given holds zeros.

use wasm_encoder as we;
use wasmparser::{FunctionBody, Operator, Parser, Payload};

use super::super::error::SandboxError;
use super::recipe::Growth;
use super::rewrite::{Begin, copy_section, functions_and, globals_and, slice};
use super::shape::Shape;

type Result<T> = std::result::Result<T, SandboxError>;

/// Replaces `memory.size` and `memory.grow` by globals that are added last, and a function behind all others.
///
/// Refuses a module that can change its table, or use up data segments: resetting an instance brings neither back.
pub fn redirect(wasm: &[u8]) -> Result<(Vec<u8>, Growth)> {
    let shape = Shape::read(wasm)?;
    let first = shape.globals;
    let growth = Growth { size: first, limit: first + 1, refused: first + 2 };
    let grow = shape.end();
    let unary = shape.unary()?;
    let mut module = we::Module::new();
    let mut code = we::CodeSection::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match &payload {
            Payload::CustomSection(_)
            | Payload::Version { .. }
            | Payload::End(_)
            | Payload::CodeSectionStart { .. } => {}
            Payload::FunctionSection(_) => {
                module.section(&functions_and(&shape.functions, [unary]));
            }
            Payload::GlobalSection(reader) => {
                let pages = shape.pages.cast_signed();
                let begin = [pages, pages, 0].map(Begin::I32);
                module.section(&globals_and(reader.clone(), &begin)?);
            }
            Payload::CodeSectionEntry(body) => {
                code.raw(&redirected(wasm, body, growth, grow)?);
                if code.len() as usize == shape.functions.len() {
                    code.function(&grow_function(growth));
                    module.section(&code);
                }
            }
            other => copy_section(&mut module, other, wasm),
        }
    }
    Ok((module.finish(), growth))
}

/// `grow(pages)`: gives the size before, or -1 if that is more than the limit allows.
fn grow_function(growth: Growth) -> we::Function {
    use we::Instruction as I;
    let mut function = we::Function::new([]);
    for instruction in [
        I::LocalGet(0),
        I::GlobalGet(growth.limit),
        I::GlobalGet(growth.size),
        I::I32Sub,
        I::I32GtU,
        I::If(we::BlockType::Empty),
        I::I32Const(1),
        I::GlobalSet(growth.refused),
        I::I32Const(-1),
        I::Return,
        I::End,
        I::GlobalGet(growth.size),
        I::GlobalGet(growth.size),
        I::LocalGet(0),
        I::I32Add,
        I::GlobalSet(growth.size),
        I::End,
    ] {
        function.instruction(&instruction);
    }
    function
}

/// A function's body with its looks at the size of memory replaced.
fn redirected(wasm: &[u8], body: &FunctionBody<'_>, growth: Growth, grow: u32) -> Result<Vec<u8>> {
    let range = body.range();
    let mut out = Vec::new();
    let mut copied = range.start;
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        let at = operators.original_position();
        let replacement = match operators.read()? {
            Operator::MemorySize { .. } => we::Instruction::GlobalGet(growth.size),
            Operator::MemoryGrow { .. } => we::Instruction::Call(grow),
            Operator::TableSet { .. }
            | Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
            | Operator::ElemDrop { .. }
            | Operator::DataDrop { .. } => {
                return Err(SandboxError::Runtime(
                    "the module changes its table or drops segments, which a reset does not undo"
                        .into(),
                ));
            }
            _ => continue,
        };
        out.extend_from_slice(slice(wasm, &(copied..at)));
        we::Encode::encode(&replacement, &mut out);
        copied = operators.original_position();
    }
    out.extend_from_slice(slice(wasm, &(copied..range.end)));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use we::Instruction as I;

    use super::*;

    /// A module of two pages whose only function, exported as `f`, takes an integer and gives one.
    fn module(body: &[I<'_>]) -> Vec<u8> {
        let mut types = we::TypeSection::new();
        types.ty().function([we::ValType::I32], [we::ValType::I32]);
        let mut functions = we::FunctionSection::new();
        functions.function(0);
        let mut tables = we::TableSection::new();
        tables.table(we::TableType {
            element_type: we::RefType::FUNCREF,
            table64: false,
            minimum: 1,
            maximum: None,
            shared: false,
        });
        let mut memories = we::MemorySection::new();
        memories.memory(we::MemoryType {
            minimum: 2,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let globals = we::GlobalSection::new();
        let mut exports = we::ExportSection::new();
        exports.export("f", we::ExportKind::Func, 0);
        let mut code = we::CodeSection::new();
        let mut function = we::Function::new([]);
        for instruction in body {
            function.instruction(instruction);
        }
        code.function(&function);
        let mut module = we::Module::new();
        module.section(&types).section(&functions).section(&tables).section(&memories);
        module.section(&globals).section(&exports).section(&code);
        module.finish()
    }

    #[test]
    fn a_program_sees_sizes_and_refusals_as_if_its_memory_grew() {
        // Grows by so many pages, and gives the answer and the size after it, in hundreds.
        let body = [
            I::LocalGet(0),
            I::MemoryGrow(0),
            I::MemorySize(0),
            I::I32Const(100),
            I::I32Mul,
            I::I32Add,
            I::End,
        ];
        let (wasm, growth) = redirect(&module(&body)).unwrap();
        assert_eq!(growth, Growth { size: 0, limit: 1, refused: 2 });
        let engine = wasmtime::Engine::default();
        let mut store = wasmtime::Store::new(&engine, ());
        let module =
            wasmtime::Module::new(&engine, super::super::rewrite::instrument(&wasm).unwrap());
        let instance = wasmtime::Instance::new(&mut store, &module.unwrap(), &[]).unwrap();
        let mut global = |index| {
            let name = super::super::rewrite::global_export(index);
            instance.get_global(&mut store, &name).unwrap()
        };
        let [limit, refused] = [global(growth.limit), global(growth.refused)];
        limit.set(&mut store, wasmtime::Val::I32(5)).unwrap();
        let grow = instance.get_typed_func::<i32, i32>(&mut store, "f").unwrap();
        let mut answers = |pages| {
            let answer = grow.call(&mut store, pages).unwrap();
            (answer, refused.get(&mut store).i32().unwrap())
        };
        assert_eq!(answers(0), (202, 0));
        assert_eq!(answers(2), (402, 0));
        assert_eq!(answers(2), (399, 1));
        assert_eq!(answers(-1), (399, 1));
        assert_eq!(answers(1), (504, 1));
    }

    #[test]
    fn a_module_that_changes_its_table_is_refused() {
        let null = I::RefNull(we::HeapType::FUNC);
        let body = [I::I32Const(0), null, I::TableSet(0), I::LocalGet(0), I::End];
        let error = redirect(&module(&body)).unwrap_err().to_string();
        assert!(error.contains("the module changes its table"), "{error}");
    }
}
