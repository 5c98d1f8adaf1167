//! What the tests share: one sandbox a process, ways to run a program in it, and readers of what came out.
//!
//! Invariant: the sandbox has one thread, so that the job after a hostile one runs where the hostile one ran.

use std::io::Write;
use std::sync::OnceLock;

use serde_json::{Value as Json, json};
use tgsand::sandbox::runtime::Runtime;
use tgsand::sandbox::{self, Case, CaseResult, End, Execution, Job, Limits, Sandbox};

/// Fuel for programs that end by themselves or never: what is left out of 300 million is a fraction of a second.
pub const FUEL: u64 = 300_000_000;
/// Fuel for programs that need long to get where they hurt.
pub const MUCH_FUEL: u64 = 6_000_000_000;

/// The sandbox of this process, with the default runtime; installs it when it is missing.
pub fn sandbox() -> &'static Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    SANDBOX.get_or_init(open)
}

/// Opens another sandbox of one thread with the default runtime.
pub fn open() -> Sandbox {
    open_runtime(sandbox::runtime::DEFAULT)
}

/// Opens a sandbox of one thread with a runtime; installs it when it is missing.
pub fn open_runtime(name: &str) -> Sandbox {
    let runtime = install(name);
    Sandbox::open(&runtime, 1)
        .unwrap_or_else(|error| panic!("{} cannot be opened: {error}", runtime.name))
}

/// The sandbox of hostile programs, which fails if anything of a job is left in its instance.
fn checked() -> &'static Sandbox {
    static CHECKED: OnceLock<Sandbox> = OnceLock::new();
    CHECKED.get_or_init(|| {
        Sandbox::open_checked(&install(sandbox::runtime::DEFAULT), 1)
            .unwrap_or_else(|error| panic!("the checked sandbox cannot be opened: {error}"))
    })
}

/// Opens a sandbox of one thread whose kernel does not tell which pages were written to.
pub fn open_plain() -> Sandbox {
    Sandbox::open_plain(&install(sandbox::runtime::DEFAULT), 1)
        .unwrap_or_else(|error| panic!("the plain sandbox cannot be opened: {error}"))
}

/// Installs the default runtime when it is missing, so that no command under test says on stderr that it does.
pub fn install_default() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| drop(install(sandbox::runtime::DEFAULT)));
}

/// Installs a runtime if it is missing.
pub fn install(name: &str) -> Runtime {
    let runtime = sandbox::runtime::named(name).expect("the runtime is built in");
    if runtime.manifest().is_none() {
        say(&format!(
            "installing {} with pip: package {} {}",
            runtime.name, runtime.package, runtime.version
        ));
    }
    sandbox::install(&runtime, None, &|step| say(step.describe()))
        .unwrap_or_else(|error| panic!("{} cannot be installed: {error}", runtime.name));
    runtime
}

/// Prints even where the test harness captures output.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "tests: {text}");
}

/// A script with the tests' small fuel.
pub fn script_job(code: &str) -> Job {
    Job { code: code.into(), limits: Limits { fuel: FUEL, ..Limits::default() }, ..Job::default() }
}

/// A call of the program's `f` with each of the given arguments.
pub fn call_job(code: &str, cases: &[&str]) -> Job {
    let cases = cases.iter().map(|&arguments| Case::call(arguments)).collect();
    Job { entry: Some("f".into()), cases, ..script_job(code) }
}

/// The same job with other fuel.
pub fn with_fuel(mut job: Job, fuel: u64) -> Job {
    job.limits.fuel = fuel;
    job
}

/// Runs a job; a host error is a failed test, whatever the guest did.
pub fn run(job: Job) -> Execution {
    sandbox().run(job).unwrap_or_else(|error| panic!("the host failed: {error}"))
}

/// Runs a program as a script.
pub fn script(code: &str) -> Execution {
    run(script_job(code))
}

/// Calls the program's `f()`.
pub fn call(code: &str) -> CaseResult {
    only_case(run(call_job(code, &[""])))
}

/// Runs a hostile script, then checks that the next job knows nothing of it.
pub fn hostile_script(code: &str) -> Execution {
    hostile(script_job(code))
}

/// Calls a hostile program's `f()`, then checks that the next job knows nothing of it.
pub fn hostile_call(code: &str) -> CaseResult {
    only_case(hostile(call_job(code, &[""])))
}

/// Runs a hostile job, then checks that the next job knows nothing of it.
pub fn hostile(job: Job) -> Execution {
    let execution = run_checked(job);
    assert_next_job_is_unharmed();
    execution
}

/// Runs a job in the sandbox of hostile programs; a host error is a failed test.
pub fn run_checked(job: Job) -> Execution {
    checked().run(job).unwrap_or_else(|error| panic!("the host failed: {error}"))
}

/// Runs a job that uses what hostile programs tamper with, and compares all of its result with the very first such run.
pub fn assert_next_job_is_unharmed() {
    static EXPECTED: OnceLock<Execution> = OnceLock::new();
    let innocent = call_job(
        "import json, os, sys, random\n\
         def f(a, b=2):\n    \
             print(len('abc'), [*map(str, range(3))], sorted({3, 1}))\n    \
             return json.loads(json.dumps([a, b])), os.getcwd(), sys.getrecursionlimit(), random.random()\n",
        &["1", "b=[1, (2,)], a='x'"],
    );
    let execution = run_checked(innocent);
    let printed = "3 ['0', '1', '2'] [1, 3]\n";
    assert_eq!(execution.end, End::Exited { exit_code: 0 });
    assert_eq!(
        (execution.stdout.as_str(), execution.stderr.as_str()),
        (printed.repeat(2).as_str(), "")
    );
    let values: Vec<Json> =
        execution.cases.iter().map(|case| returned(case)["tuple"][0].clone()).collect();
    assert_eq!(values, [json!([1, 2]), json!(["x", [1, [2]]])]);
    assert_eq!(
        &execution,
        EXPECTED.get_or_init(|| execution.clone()),
        "the job after a hostile one came out otherwise"
    );
}

/// The result of a job's only case.
pub fn only_case(mut execution: Execution) -> CaseResult {
    let case = execution.cases.pop();
    assert!(
        execution.cases.is_empty(),
        "more results than cases: {} and {case:?}",
        execution.cases.len()
    );
    case.unwrap_or_else(|| {
        panic!("the program did not load: {:?} {:?}", execution.end, execution.error)
    })
}

/// The value that a case returned, as JSON with type tags.
pub fn returned(case: &CaseResult) -> Json {
    match &case.end {
        End::Returned { value, .. } => serde_json::to_value(value).expect("a value is plain data"),
        other => panic!("did not return: {other:?}"),
    }
}

/// The type and message of the exception that ended a case.
pub fn raised(case: &CaseResult) -> (&str, &str) {
    match &case.end {
        End::Raised(raised) => (&raised.kind, &raised.message),
        other => panic!("did not raise: {other:?}"),
    }
}

/// The end of a script that ran to its end or exited.
pub fn exited(exit_code: i32) -> End {
    End::Exited { exit_code }
}

/// The end of an instance that WebAssembly stopped.
pub fn trapped(trap: &str) -> End {
    End::Trapped { trap: trap.into() }
}

/// Evaluates each expression in one hostile program, and tells the type of the exception each raised, or its `repr`.
pub fn attempts(expressions: &[&str]) -> Vec<String> {
    let code = format!(
        "def attempt(work):\n    \
             try:\n        \
                 return repr(eval(work, {{'__import__': __import__}}))\n    \
             except BaseException as error:\n        \
                 return type(error).__name__\n\
         def f():\n    \
             return [attempt(work) for work in {}]\n",
        serde_json::to_string(expressions).expect("expressions are text")
    );
    match returned(&hostile_call(&code)) {
        Json::Array(items) => {
            items.iter().map(|item| item.as_str().unwrap_or("not text").to_owned()).collect()
        }
        other => panic!("not a list: {other}"),
    }
}
