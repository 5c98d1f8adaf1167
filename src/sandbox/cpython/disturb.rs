//! Lets what the language does not define be otherwise in some of the images, so that results that depend on it show.
//!
//! Small integers, and floats that equal them, hash to themselves everywhere. The hashes of other numbers, of tuples and of
//! frozensets depend on the size of a word, and so does the order of sets of them. Values that are equal keep equal hashes.
//! The machine has no time zone but Greenwich's, and its sizes have 32 bits; elsewhere it has another zone, and integers that
//! fit 64 bits are valid sizes, and addresses in texts have two more digits.
//!
//! The collector takes the time of its runs, which nobody asks for: its clock stands still, so that a program is not taken for one
//! that looks at a clock because it has many objects.
//!
//! Invariant: with the mask 0 and the zone 0, the module computes what it computed before, but for that time.

mod around;

use wasm_encoder as we;
use wasmparser::{Parser, Payload, ValType};

use super::super::error::SandboxError;
use super::rewrite::{Begin, Symbols, copy_section, functions_and, globals_and, slice};
use super::shape::Shape;
use around::{Around, Errors, Texts};

/// What a function of CPython computes, or of its C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `hash(object)` of a tuple, a frozenset, or an object that is equal to itself only.
    ContainerHash,
    /// `hash(object)` of an integer.
    IntegerHash,
    /// `hash(object, value)` of a float.
    FloatHash,
    /// `zone(time, is_local, is_dst, offset, other_offset, name)`: the local time zone at a time.
    Zone,
    /// `size(object)` of an integer.
    Size,
    /// `repr(object)` of what shows its address.
    Address,
    /// `clock(time)` that the collector takes its own time with.
    Stopwatch,
}

impl Kind {
    /// The parameters and results of such a function.
    fn signature(self) -> (&'static [ValType], &'static [ValType]) {
        use ValType::{F64, I32, I64};
        match self {
            Self::ContainerHash
            | Self::IntegerHash
            | Self::Size
            | Self::Address
            | Self::Stopwatch => (&[I32], &[I32]),
            Self::FloatHash => (&[I32, F64], &[I32]),
            Self::Zone => (&[I64, I32, I32, I32, I32, I32], &[]),
        }
    }
}

const FUNCTIONS: [(&str, Kind); 18] = [
    ("PyTime_PerfCounterRaw", Kind::Stopwatch),
    ("PyObject_GenericHash", Kind::ContainerHash),
    ("tuple_hash", Kind::ContainerHash),
    ("tuplehash", Kind::ContainerHash),
    ("frozenset_hash", Kind::ContainerHash),
    ("long_hash", Kind::IntegerHash),
    ("_Py_HashDouble", Kind::FloatHash),
    ("__secs_to_zone", Kind::Zone),
    ("PyLong_AsSsize_t", Kind::Size),
    ("object_repr", Kind::Address),
    ("func_repr", Kind::Address),
    ("gen_repr", Kind::Address),
    ("coro_repr", Kind::Address),
    ("code_repr", Kind::Address),
    ("wrapper_repr", Kind::Address),
    ("weakref_repr", Kind::Address),
    ("cell_repr", Kind::Address),
    ("lock_repr", Kind::Address),
];

/// The globals that say how much is otherwise, by their indices.
#[derive(Debug, Clone, Copy)]
pub struct Dials {
    /// What hashes are masked with.
    pub mask: u32,
    /// Seconds that local time is ahead of Greenwich's.
    pub zone: u32,
}

/// The functions that are disturbed, in the order of their indices; so are their own bodies behind all others.
pub struct Disturbed {
    functions: Vec<(u32, Kind)>,
    errors: Errors,
    texts: Texts,
}

impl Disturbed {
    /// Finds them by their symbols, in a module that still has its symbols.
    pub fn find(wasm: &[u8]) -> Result<Self, SandboxError> {
        let symbols = Symbols::read(wasm, FUNCTIONS.map(|(name, _)| name))?;
        let found = symbols.found.into_iter().zip(FUNCTIONS);
        let mut functions: Vec<(u32, Kind)> =
            found.filter_map(|(index, (_, kind))| Some((index?, kind))).collect();
        functions.sort_unstable_by_key(|(index, _)| *index);
        let [has_error, clear] = Symbols::read(wasm, ["PyErr_Occurred", "PyErr_Clear"])?.found;
        let errors = has_error.zip(clear).map(|(has_error, clear)| Errors { has_error, clear });
        let [make, replace] =
            Symbols::read(wasm, ["PyUnicode_FromString", "PyUnicode_Replace"])?.found;
        let texts = make.zip(replace).map(|(make, replace)| Texts { make, replace });
        functions.retain(|(_, kind)| match kind {
            Kind::Size => errors.is_some(),
            Kind::Address => texts.is_some(),
            Kind::ContainerHash
            | Kind::IntegerHash
            | Kind::FloatHash
            | Kind::Zone
            | Kind::Stopwatch => true,
        });
        let (errors, texts) = (errors.unwrap_or_default(), texts.unwrap_or_default());
        Ok(Self { functions, errors, texts })
    }

    /// Puts what the dials say around them; gives the module and its dials.
    pub fn disturb(&self, wasm: &[u8]) -> Result<(Vec<u8>, Dials), SandboxError> {
        let shape = Shape::read(wasm)?;
        for &(index, kind) in &self.functions {
            check(&shape, index, kind)?;
        }
        let dials = Dials { mask: shape.globals, zone: shape.globals + 1 };
        let around = Around { dials, errors: self.errors, texts: self.texts };
        let mut module = we::Module::new();
        let mut code = we::CodeSection::new();
        let mut moved: Vec<&[u8]> = Vec::new();
        let mut index = shape.imported;
        let last = shape.end();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            match &payload {
                Payload::CustomSection(_)
                | Payload::Version { .. }
                | Payload::End(_)
                | Payload::CodeSectionStart { .. } => {}
                Payload::FunctionSection(_) => {
                    let own = self.functions.iter().map(|&(index, _)| kind_of(&shape, index));
                    let own: Vec<u32> = own.collect::<Result<_, _>>()?;
                    module.section(&functions_and(&shape.functions, own));
                }
                Payload::GlobalSection(reader) => {
                    module.section(&globals_and(reader.clone(), &[Begin::I32(0); 2])?);
                }
                Payload::CodeSectionEntry(body) => {
                    let bytes = slice(wasm, &body.range());
                    match self.functions.iter().find(|(found, _)| *found == index) {
                        Some((_, kind)) => {
                            let own = last + moved.len() as u32;
                            code.function(&around.function(*kind, own));
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
        Ok((module.finish(), dials))
    }
}

/// The type of a function of the module's own.
fn kind_of(shape: &Shape, index: u32) -> Result<u32, SandboxError> {
    let found = index.checked_sub(shape.imported).and_then(|at| shape.functions.get(at as usize));
    found.copied().ok_or_else(|| SandboxError::Runtime("a disturbed function is imported".into()))
}

fn check(shape: &Shape, index: u32, kind: Kind) -> Result<(), SandboxError> {
    let (parameters, results) = kind.signature();
    match shape.types.get(kind_of(shape, index)? as usize) {
        Some(found) if found.0 == parameters && found.1 == results => Ok(()),
        _ => Err(SandboxError::Runtime(format!("a function for {kind:?} has other parameters"))),
    }
}
