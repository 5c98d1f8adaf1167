//! Commands written by hand, each for one way to read, write or end.
//!
//! Invariant: no file, runtime or network is needed, so these run everywhere.

use wasm_encoder as we;
use we::Instruction as I;

use crate::sandbox::{Case, End, Execution, Job, Limits, Sandbox, SandboxError, WasiCommand};

/// The functions that every module here imports, with their parameters, `i` of 32 and `l` of 64 bits.
const IMPORTS: [(&str, &str); 6] = [
    ("fd_write", "iiii"),
    ("fd_read", "iiii"),
    ("path_open", "iiiiillii"),
    ("proc_exit", "i"),
    ("args_sizes_get", "ii"),
    ("args_get", "ii"),
];
const FD_WRITE: u32 = 0;
const FD_READ: u32 = 1;
const PATH_OPEN: u32 = 2;
const PROC_EXIT: u32 = 3;
const ARGS_SIZES_GET: u32 = 4;
const ARGS_GET: u32 = 5;
const BODY: u32 = IMPORTS.len() as u32;

/// Where the modules keep things in memory.
const VECTOR: i32 = 0;
const OUT: i32 = 16;
const PATH: i32 = 64;
const BUFFER: i32 = 256;
const TEXT: i32 = 4096;

/// Where a module's code is run from.
enum Entry {
    Export(&'static str),
    /// The module's start function too, which runs while it is instantiated.
    Start,
}

fn module_with(entry: Entry, data: &[(i32, &[u8])], body: &[I<'_>]) -> Vec<u8> {
    let mut types = we::TypeSection::new();
    let mut imports = we::ImportSection::new();
    for ((name, params), index) in IMPORTS.iter().zip(0..) {
        let kind = |letter| if letter == 'l' { we::ValType::I64 } else { we::ValType::I32 };
        let results = (*name != "proc_exit").then_some(we::ValType::I32);
        types.ty().function(params.chars().map(kind).collect::<Vec<_>>(), results);
        imports.import("wasi_snapshot_preview1", name, we::EntityType::Function(index));
    }
    types.ty().function([], []);
    let mut functions = we::FunctionSection::new();
    functions.function(BODY);
    let mut memories = we::MemorySection::new();
    memories.memory(we::MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = we::ExportSection::new();
    exports.export("memory", we::ExportKind::Memory, 0);
    let name = match entry {
        Entry::Export(name) => name,
        Entry::Start => "_start",
    };
    exports.export(name, we::ExportKind::Func, BODY);
    let mut code = we::CodeSection::new();
    let mut function = we::Function::new([]);
    for instruction in body {
        function.instruction(instruction);
    }
    function.instruction(&I::End);
    code.function(&function);
    let mut segments = we::DataSection::new();
    for (at, bytes) in data {
        segments.active(0, &we::ConstExpr::i32_const(*at), bytes.iter().copied());
    }
    let mut module = we::Module::new();
    module.section(&types).section(&imports).section(&functions).section(&memories);
    module.section(&exports);
    if matches!(entry, Entry::Start) {
        module.section(&we::StartSection { function_index: BODY });
    }
    module.section(&code).section(&segments);
    module.finish()
}

fn module(data: &[(i32, &[u8])], body: &[I<'_>]) -> Vec<u8> {
    module_with(Entry::Export("_start"), data, body)
}

fn memory_at(offset: i32, align: u32) -> we::MemArg {
    we::MemArg { offset: offset as u64, align, target: we::MemArgTarget::Memory(0), ordering: None }
}

/// Pushes the word at an address.
fn word(at: i32) -> [I<'static>; 2] {
    [I::I32Const(0), I::I32Load(memory_at(at, 2))]
}

/// Writes this many bytes from an address to a descriptor.
fn write<'i>(descriptor: i32, from: i32, len: &[I<'i>]) -> Vec<I<'i>> {
    let store = I::I32Store(memory_at(0, 2));
    let vector = [I::I32Const(VECTOR), I::I32Const(from), store.clone(), I::I32Const(VECTOR + 4)];
    let call = [descriptor, VECTOR, 1, OUT].map(I::I32Const);
    [&vector, len, &[store], &call, &[I::Call(FD_WRITE), I::Drop]].concat()
}

/// Reads from the descriptor that is pushed by `descriptor` into the buffer; how much is in `OUT`.
fn read<'i>(descriptor: &[I<'i>]) -> Vec<I<'i>> {
    let store = I::I32Store(memory_at(0, 2));
    let vector = [
        I::I32Const(VECTOR),
        I::I32Const(BUFFER),
        store.clone(),
        I::I32Const(VECTOR + 4),
        I::I32Const(1000),
        store,
    ];
    let rest = [VECTOR, 1, OUT].map(I::I32Const);
    [&vector, descriptor, &rest, &[I::Call(FD_READ), I::Drop]].concat()
}

/// Reads the job's code into the buffer.
fn read_program() -> Vec<I<'static>> {
    let [zero, path, len] = [0, PATH, 7].map(I::I32Const);
    let open = [
        I::I32Const(3),
        zero.clone(),
        path,
        len,
        zero.clone(),
        I::I64Const(0),
        I::I64Const(0),
        zero,
        I::I32Const(OUT + 8),
        I::Call(PATH_OPEN),
        I::Drop,
    ];
    [&open[..], &read(&word(OUT + 8))].concat()
}

fn exits_with(code: i32) -> Vec<u8> {
    module(&[], &[I::I32Const(code), I::Call(PROC_EXIT)])
}

fn says(descriptor: i32, text: &[u8]) -> Vec<u8> {
    module(&[(TEXT, text)], &write(descriptor, TEXT, &[I::I32Const(text.len() as i32)]))
}

fn repeats(body: &[I<'_>]) -> Vec<u8> {
    let (start, again) = ([I::Loop(we::BlockType::Empty)], [I::Br(0), I::End]);
    module(&[], &[&start, body, &again].concat())
}

/// Prints its program, its arguments and its stdin.
fn echo() -> Vec<u8> {
    let arguments = [
        [OUT + 4, OUT].map(I::I32Const).as_slice(),
        &[I::Call(ARGS_SIZES_GET), I::Drop],
        &[I::I32Const(128), I::I32Const(BUFFER), I::Call(ARGS_GET), I::Drop],
    ]
    .concat();
    // The count of bytes is pushed before `OUT` is written to again.
    let written = || write(1, BUFFER, &word(OUT));
    let body =
        [read_program(), written(), arguments, written(), read(&[I::I32Const(0)]), written()];
    module(&[(PATH, b"program")], &body.concat())
}

/// Compiles the language of one digit, whose programs exit with that digit.
fn digit_compiler() -> Vec<u8> {
    let template = exits_with(1);
    let other = exits_with(2);
    let digit = template.iter().zip(&other).position(|(a, b)| a != b).unwrap() as i32;
    let first_minus_zero = [
        I::I32Const(0),
        I::I32Load8U(memory_at(BUFFER, 0)),
        I::I32Const(i32::from(b'0')),
        I::I32Sub,
    ];
    let complain = [
        &[I::I32Const(9), I::I32GtU, I::If(we::BlockType::Empty)],
        &write(2, 128, &[I::I32Const(11)])[..],
        &[I::I32Const(1), I::Call(PROC_EXIT), I::End],
    ]
    .concat();
    let patch = [&[I::I32Const(TEXT + digit)], &first_minus_zero[..]].concat();
    let body = [
        read_program(),
        first_minus_zero.to_vec(),
        complain,
        patch,
        vec![I::I32Store8(memory_at(0, 0))],
        write(1, TEXT, &[I::I32Const(template.len() as i32)]),
    ];
    module(&[(PATH, b"program"), (128, b"not a digit"), (TEXT, &template)], &body.concat())
}

fn job(code: &str) -> Job {
    let limits = Limits { fuel: 1_000_000, memory: 4 << 20, output: 1000 };
    Job { code: code.into(), limits, ..Job::default() }
}

fn interpret(module: &[u8], job: Job) -> Execution {
    Sandbox::open_command(&WasiCommand::Interpreter(module), 1).unwrap().run(job).unwrap()
}

fn compile(module: &[u8], job: Job) -> Execution {
    Sandbox::open_command(&WasiCommand::Compiler(module), 1).unwrap().run(job).unwrap()
}

#[test]
fn a_command_ends_with_its_exit_code() {
    assert_eq!(interpret(&exits_with(7), job("")).end, End::Exited { exit_code: 7 });
    assert_eq!(interpret(&module(&[], &[]), job("")).end, End::Exited { exit_code: 0 });
}

#[test]
fn an_interpreter_reads_its_program_its_arguments_and_its_stdin() {
    let job = Job { argv: vec!["a".into(), "é".into()], stdin: b"in".into(), ..job("code;") };
    let execution = interpret(&echo(), job.clone());
    assert_eq!(execution.stdout, "code;interpreter\0/job/program\0a\0é\0in");
    assert_eq!((&*execution.stderr, execution.memory), ("", 65536));
    assert_eq!(interpret(&echo(), job), execution);
}

#[test]
fn stdout_and_stderr_are_kept_apart() {
    assert_eq!(interpret(&says(1, b"hello"), job("")).stdout, "hello");
    let execution = interpret(&says(2, b"hello"), job(""));
    assert_eq!((&*execution.stdout, &*execution.stderr), ("", "hello"));
}

#[test]
fn a_command_has_no_channel_to_the_host() {
    // These bytes begin a message of a harness while its snapshot is taken.
    let execution = interpret(&says(2, &[0; 40]), job(""));
    assert_eq!(execution.stderr, "\0".repeat(40));
    assert_eq!(execution.end, End::Exited { exit_code: 0 });
}

#[test]
fn an_endless_loop_ends_out_of_fuel() {
    let execution = interpret(&repeats(&[]), job(""));
    assert_eq!((execution.end, execution.fuel), (End::OutOfFuel, 1_000_000));
}

#[test]
fn a_command_that_is_refused_memory_and_aborts_ends_out_of_memory() {
    let grow = [I::I32Const(16), I::MemoryGrow(0), I::I32Const(-1), I::I32Eq];
    let abort = [I::If(we::BlockType::Empty), I::Unreachable, I::End];
    assert_eq!(interpret(&repeats(&[&grow[..], &abort].concat()), job("")).end, End::OutOfMemory);
    let mut small = job("");
    small.limits.memory = 65535;
    assert_eq!(interpret(&exits_with(0), small).end, End::OutOfMemory);
}

#[test]
fn a_command_that_writes_without_end_is_cut_at_its_limit() {
    let execution = interpret(&repeats(&write(1, TEXT, &[I::I32Const(300)])), job(""));
    assert_eq!(execution.end, End::OutputTooLarge);
    assert_eq!((execution.stdout.len(), execution.truncated), (1000, true));
}

#[test]
fn a_start_function_that_traps_is_the_guests_own_end() {
    let module = module_with(Entry::Start, &[], &[I::Unreachable]);
    let end = interpret(&module, job("")).end;
    assert_eq!(
        end,
        End::Trapped { trap: "wasm trap: wasm `unreachable` instruction executed".into() }
    );
}

#[test]
fn a_compiler_makes_the_program_that_is_run() {
    let execution = compile(&digit_compiler(), job("7"));
    assert_eq!(execution.end, End::Exited { exit_code: 7 });
    assert_eq!((&*execution.stdout, &*execution.stderr), ("", ""));
    let build = interpret(&digit_compiler(), job("7"));
    let run = interpret(&exits_with(7), job(""));
    assert_eq!(execution.fuel, build.fuel + run.fuel);
}

#[test]
fn a_built_program_gets_the_jobs_arguments_and_stdin() {
    let echo = echo();
    let job = Job { argv: vec!["a".into()], stdin: b"in".into(), ..job("code;") };
    let execution = compile(&says(1, &echo), job);
    // It does not see the code that it was made of: the file is not there, and descriptor 0 is read in its place.
    assert_eq!(execution.stdout, "inprogram\0a\0");
}

#[test]
fn a_program_that_its_compiler_refuses_is_not_built() {
    let execution = compile(&digit_compiler(), job("x"));
    assert_eq!(execution.end, End::CompileError { exit_code: 1 });
    assert_eq!((&*execution.stdout, &*execution.stderr), ("", "not a digit"));
    let mut quiet = job("x");
    quiet.limits.output = 3;
    let execution = compile(&digit_compiler(), quiet);
    assert_eq!((&*execution.stderr, execution.truncated), ("not", true));
}

#[test]
fn a_build_that_does_not_end_ends_the_job() {
    let execution = compile(&repeats(&[]), job(""));
    assert_eq!((execution.end, execution.fuel), (End::OutOfFuel, 1_000_000));
}

#[test]
fn what_a_compiler_writes_is_run_only_if_it_is_a_command() {
    let execution = compile(&says(1, b"hello"), job(""));
    let End::Trapped { trap } = execution.end else { panic!("{:?}", execution.end) };
    assert!(trap.starts_with("the compiler wrote no module that can be run: "), "{trap}");
    assert_eq!(execution.stdout, "");
}

#[test]
fn a_module_without_start_is_refused_when_it_is_opened() {
    let module = module_with(Entry::Export("main"), &[], &[]);
    let error = Sandbox::open_command(&WasiCommand::Interpreter(&module), 1).err().unwrap();
    assert_eq!(
        error.to_string(),
        "the runtime is unusable: its module is not a WASI command: it exports no `_start`"
    );
}

#[test]
fn a_command_is_not_asked_for_functions() {
    let sandbox = Sandbox::open_command(&WasiCommand::Interpreter(&exits_with(0)), 1).unwrap();
    for job in [
        Job { entry: Some("f".into()), ..job("") },
        Job { cases: vec![Case::call("1")], ..job("") },
    ] {
        assert!(matches!(sandbox.run(job), Err(SandboxError::WholeProgramsOnly)));
    }
}

#[test]
fn commands_are_named_by_what_they_do_and_are() {
    let (one, two) = (exits_with(1), exits_with(2));
    let names = [
        WasiCommand::Interpreter(&one),
        WasiCommand::Interpreter(&two),
        WasiCommand::Compiler(&one),
    ]
    .map(|command| command.fingerprint());
    let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
    assert_eq!(distinct.len(), 3, "{names:?}");
}
