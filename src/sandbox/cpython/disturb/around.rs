//! The functions that stand in for disturbed ones: each calls the original, and changes its result as the dials say.
//!
//! Invariant: a result changes only in what the language does not define.

use wasm_encoder as we;
use we::BlockType::Empty;

use super::{Dials, Kind};

/// From here on, an integer's hash depends on the size of a word.
const WORD: f64 = 1_073_741_824.0;
/// The type of an object, and the flags of a type, one of which says that its objects are integers.
const TYPE_OFFSET: u64 = 4;
const TYPE_FLAGS_OFFSET: u64 = 84;
const IS_INTEGER: i32 = 1 << 24;
/// The number of digits of an integer stands in its tag, above some flags; the digits follow, the least first.
const TAG_OFFSET: u64 = 8;
const TAG_FLAGS: i32 = 3;
const IS_NEGATIVE: i32 = 2;
const THIRD_DIGIT_OFFSET: u64 = 20;
/// Three digits of 30 bits fit a signed number of 64 bits if the third is less than this.
const THIRD_DIGIT_END: i32 = 1 << 3;

/// `PyErr_Occurred` and `PyErr_Clear`, by their indices.
#[derive(Debug, Clone, Copy, Default)]
pub struct Errors {
    pub has_error: u32,
    pub clear: u32,
}

/// `PyUnicode_FromString` and `PyUnicode_Replace`, by their indices.
#[derive(Debug, Clone, Copy, Default)]
pub struct Texts {
    pub make: u32,
    pub replace: u32,
}

/// The global that is the stack pointer: the linker puts it first.
const STACK_POINTER: u32 = 0;
/// How an address begins in a text, and how it does with more digits.
const ADDRESS: &[u8; 8] = b" at 0x\0\0";
const LONG_ADDRESS: &[u8; 8] = b" at 0x7f";

/// Makes the functions of one module.
pub struct Around {
    pub dials: Dials,
    pub errors: Errors,
    pub texts: Texts,
}

/// Gives the time 0 without looking at a clock.
fn stopped() -> we::Function {
    let mut function = we::Function::new([]);
    let mut code = function.instructions();
    code.local_get(0).i64_const(0).i64_store(at(0)).i32_const(0).end();
    function
}

impl Around {
    /// The function that stands in for one of this kind, which has the index `own` now.
    pub fn function(&self, kind: Kind, own: u32) -> we::Function {
        match kind {
            Kind::ContainerHash | Kind::IntegerHash | Kind::FloatHash => self.hash(kind, own),
            Kind::Zone => self.zone(own),
            Kind::Size => self.size(own),
            Kind::Address => self.address(own),
            Kind::Stopwatch => stopped(),
        }
    }

    /// Masks a hash that the language does not define.
    fn hash(&self, kind: Kind, own: u32) -> we::Function {
        let result = if kind == Kind::FloatHash { 2 } else { 1 };
        let mut function = we::Function::new([(1, we::ValType::I32)]);
        let mut code = function.instructions();
        code.local_get(0);
        if kind == Kind::FloatHash {
            code.local_get(1);
        }
        code.call(own).local_set(result);
        if kind == Kind::IntegerHash {
            // One digit is a small integer.
            code.local_get(0).i32_load(at(TAG_OFFSET)).i32_const(TAG_FLAGS).i32_shr_u();
            code.i32_const(2).i32_lt_u().if_(Empty).local_get(result).return_().end();
        }
        if kind == Kind::FloatHash {
            code.local_get(1).local_get(1).f64_trunc().f64_eq();
            code.local_get(1).f64_abs().f64_const(WORD.into()).f64_lt().i32_and();
            code.local_get(1).f64_abs().f64_const(f64::INFINITY.into()).f64_eq().i32_or();
            code.if_(Empty).local_get(result).return_().end();
        }
        // -1 is an error, and no hash.
        code.local_get(result).i32_const(-1).i32_eq().if_(Empty).i32_const(-1).return_().end();
        code.local_get(result).global_get(self.dials.mask).i32_xor().local_tee(result);
        code.i32_const(-1).i32_eq().if_(Empty).i32_const(-2).return_().end();
        code.local_get(result).end();
        function
    }

    /// Moves the local time zone, and names it otherwise: what its name is without the first letter.
    fn zone(&self, own: u32) -> we::Function {
        let (offset, other_offset, name) = (3, 4, 5);
        let mut function = we::Function::new([]);
        let mut code = function.instructions();
        (0..=name).for_each(|parameter| {
            code.local_get(parameter);
        });
        code.call(own);
        code.global_get(self.dials.zone).i32_eqz().if_(Empty).return_().end();
        for place in [offset, other_offset] {
            code.local_get(place).if_(Empty);
            code.local_get(place).global_get(self.dials.zone).i32_store(at(0)).end();
        }
        code.local_get(name).local_get(name).i32_load(at(0)).i32_const(1).i32_add();
        code.i32_store(at(0)).end();
        function
    }

    /// Takes an integer that fits 64 bits, but not 32, for the largest size or the smallest.
    fn size(&self, own: u32) -> we::Function {
        let (object, result) = (0, 1);
        let mut function = we::Function::new([(1, we::ValType::I32)]);
        let mut code = function.instructions();
        let mut unless = |is_so: &dyn Fn(&mut we::InstructionSink<'_>)| {
            is_so(&mut code);
            code.i32_eqz().if_(Empty).local_get(result).return_().end();
        };
        unless(&|code| {
            code.local_get(object).call(own).local_tee(result).i32_const(-1).i32_eq();
        });
        unless(&|code| {
            code.global_get(self.dials.zone);
        });
        unless(&|code| {
            code.call(self.errors.has_error);
        });
        unless(&|code| {
            code.local_get(object);
        });
        unless(&|code| {
            code.local_get(object).i32_load(at(TYPE_OFFSET)).i32_load(at(TYPE_FLAGS_OFFSET));
            code.i32_const(IS_INTEGER).i32_and();
        });
        unless(&|code| {
            let digits = |code: &mut we::InstructionSink<'_>| {
                code.local_get(object).i32_load(at(TAG_OFFSET)).i32_const(TAG_FLAGS).i32_shr_u();
            };
            digits(code);
            code.i32_const(3).i32_lt_u();
            digits(code);
            code.i32_const(3).i32_eq().local_get(object).i32_load(at(THIRD_DIGIT_OFFSET));
            code.i32_const(THIRD_DIGIT_END).i32_lt_u().i32_and().i32_or();
        });
        code.call(self.errors.clear);
        code.i32_const(-i32::MAX).i32_const(i32::MAX);
        code.local_get(object).i32_load(at(TAG_OFFSET)).i32_const(TAG_FLAGS).i32_and();
        code.i32_const(IS_NEGATIVE).i32_eq().select().end();
        function
    }

    /// Gives the address in a text more digits, as native machines have them.
    fn address(&self, own: u32) -> we::Function {
        let (object, result, stack, short, long) = (0, 1, 2, 3, 4);
        let frame = 32;
        let mut function = we::Function::new([(4, we::ValType::I32)]);
        let mut code = function.instructions();
        code.local_get(object).call(own).local_tee(result).i32_eqz();
        code.global_get(self.dials.zone).i32_eqz().i32_or();
        code.if_(Empty).local_get(result).return_().end();
        code.global_get(STACK_POINTER).i32_const(frame).i32_sub().local_tee(stack);
        code.global_set(STACK_POINTER);
        code.local_get(stack).i64_const(i64::from_le_bytes(*ADDRESS)).i64_store(at(0));
        code.local_get(stack).i64_const(i64::from_le_bytes(*LONG_ADDRESS)).i64_store(at(8));
        code.local_get(stack).i32_const(0).i32_store(at(16));
        code.local_get(stack).call(self.texts.make).local_set(short);
        code.local_get(stack).i32_const(8).i32_add().call(self.texts.make).local_set(long);
        code.local_get(stack).i32_const(frame).i32_add().global_set(STACK_POINTER);
        code.local_get(short).i32_eqz().local_get(long).i32_eqz().i32_or();
        code.if_(Empty).i32_const(0).return_().end();
        code.local_get(result).local_get(short).local_get(long).i32_const(-1);
        code.call(self.texts.replace).end();
        function
    }
}

/// A word at this offset from an address.
fn at(offset: u64) -> we::MemArg {
    we::MemArg { offset, align: 2, target: we::MemArgTarget::Memory(0), ordering: None }
}
