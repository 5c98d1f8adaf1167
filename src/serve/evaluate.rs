//! `POST /common_evaluate_batch`: a reply of a model and all tests of a problem, in the form that ScaleBox gave SandboxFusion's protocol.
//!
//! Invariant: a test passes only if the program came to its end and the host found its result to be the stated one; expected results
//! never enter the sandbox.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::job::{self, MAX_VALUES};
use super::queue::Room;
use super::reply::Reply;
use super::run_code::{Response, problem};
use super::{Ran, Server, run_code, script};
use crate::cases::equality::Compare;
use crate::dataset::problems::{checked_name, setup};
use crate::json::{self, Json};
use crate::reply::{self, Ask};
use crate::sandbox::value::Value;
use crate::sandbox::{Case, End, Isolation, Job, Limits, Sandbox};

/// Bytes of output that one request may have; tests after that are not run.
const MAX_OUTPUT: usize = 64 << 20;
/// Seconds that a test may run if its request does not say.
const RUN_TIMEOUT: f64 = 20.0;
/// The same for all tests together.
const TOTAL_TIMEOUT: f64 = 300.0;
/// Characters of a text that are shown of a test that passed.
const SHOWN: usize = 1000;
/// The share of the stated number by which a line that is a number may differ.
const TOLERANCE: f64 = 1e-5;

#[derive(Deserialize)]
struct Config {
    language: Option<String>,
    run_timeout: Option<f64>,
    #[serde(default, rename = "memory_limit_MB")]
    memory_limit: Option<i64>,
    custom_extract_logic: Option<String>,
    #[serde(default)]
    extra: Extra,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Extra {
    run_all_cases: bool,
    total_timeout: Option<f64>,
}

/// What tests a program.
enum Test {
    /// What it reads, and what it has to print.
    Streams { stdin: String, stdout: String },
    /// Arguments of a function, and what it has to return.
    Call {
        function: String,
        arguments: serde_json::Value,
        expected: Value,
        shown: Option<Box<RawValue>>,
    },
}

struct Task {
    id: Option<Box<RawValue>>,
    code: String,
    language: String,
    limits: Limits,
    /// Fuel of all tests together.
    fuel: u64,
    runs_all: bool,
    tests: Vec<Test>,
}

#[derive(Serialize)]
struct Evaluation {
    id: Option<Box<RawValue>>,
    accepted: bool,
    extracted_code: String,
    full_code: Option<String>,
    test_code: Option<String>,
    tests: Vec<Evaluated>,
    extracted_type: Option<String>,
    extra: Option<String>,
}

#[derive(Serialize)]
struct Evaluated {
    passed: bool,
    exec_info: Response,
    test_info: Option<TestInfo>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum TestInfo {
    Streams { input: Input, output: Output },
    Call { fn_name: String, input: serde_json::Value, output: Option<Box<RawValue>> },
}

#[derive(Serialize)]
struct Input {
    stdin: String,
}

#[derive(Serialize)]
struct Output {
    stdout: String,
}

/// Runs the tests of a body.
pub async fn answer(server: &Server, body: &[u8]) -> Reply {
    let task = match read(server, body) {
        Ok(task) => task,
        Err(why) => return problem(StatusCode::BAD_REQUEST, &why),
    };
    let sandbox = match server.languages.language(&task.language).await {
        Ok(sandbox) => sandbox,
        Err(why) => return problem(StatusCode::BAD_REQUEST, &why),
    };
    let (tests, rooms) = run_all(server, sandbox, &task).await;
    let accepted = tests.iter().all(|test| test.passed);
    let evaluation = Evaluation {
        id: task.id,
        accepted,
        extracted_code: task.code,
        full_code: None,
        test_code: None,
        tests,
        extracted_type: None,
        extra: None,
    };
    Reply::json(StatusCode::OK, &evaluation).holding(rooms)
}

fn read(server: &Server, body: &[u8]) -> Result<Task, String> {
    if json::values_at_most(body) > MAX_VALUES {
        return Err(format!("the body has more than {MAX_VALUES} JSON values"));
    }
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let body = json::read(text).map_err(|error| format!("not JSON: {error}"))?;
    let completion = body
        .get("completion")
        .and_then(Json::as_str)
        .ok_or("completion is missing, expected a string")?;
    let config = body.get("config").ok_or("config is missing, expected an object")?;
    let cases = config.get("provided_data").and_then(|data| data.get("test_cases"));
    let cases = cases.ok_or("config.provided_data.test_cases is missing, expected an object")?;
    let config: Config = config.typed().map_err(|why| format!("config: {why}"))?;
    let language = config.language.ok_or("config.language field must exist, got None")?;
    if config.custom_extract_logic.is_some() {
        return Err(
            "config.custom_extract_logic is not supported: it is code for the server to run".into(),
        );
    }
    let tests = tests(cases)?;
    let function = match tests.first() {
        Some(Test::Call { function, .. }) => Some(function.as_str()),
        Some(Test::Streams { .. }) | None => None,
    };
    let reads_stdin = function.is_none();
    let ask = Ask { entry: function, reads_stdin, ..Ask::default() };
    let bounds = &server.options.bounds;
    let seconds = config.run_timeout.unwrap_or(RUN_TIMEOUT);
    let all = bounds.of_time(config.extra.total_timeout.unwrap_or(TOTAL_TIMEOUT), -1);
    Ok(Task {
        id: body.get("id").and_then(|id| RawValue::from_string(id.to_string()).ok()),
        code: reply::extract(completion, &ask).code,
        language,
        limits: bounds.of_time(seconds, config.memory_limit.unwrap_or(-1)),
        fuel: all.fuel,
        runs_all: config.extra.run_all_cases,
        tests,
    })
}

/// The tests, which are given as a list of inputs and a list of outputs.
fn tests(cases: &Json) -> Result<Vec<Test>, String> {
    let list = |name: &str| {
        let list = cases.get(name).and_then(Json::as_list);
        list.ok_or_else(|| format!("test_cases.{name} is missing, expected a list"))
    };
    let (inputs, outputs) = (list("input")?, list("output")?);
    if inputs.len() != outputs.len() {
        return Err(format!(
            "test_cases has {} inputs and {} outputs",
            inputs.len(),
            outputs.len()
        ));
    }
    let function = cases.get("fn_name").and_then(Json::as_str);
    let kind = cases.get("type").and_then(Json::as_str);
    let kind = kind.unwrap_or(if function.is_some() { "function_call" } else { "stdin_stdout" });
    let is_json = cases.get("json_input") == Some(&Json::Bool(true));
    let pairs = inputs.iter().zip(outputs);
    match kind {
        "stdin_stdout" => pairs.map(|(input, output)| streams(input, output)).collect(),
        "function_call" => {
            let function = function.ok_or("test_cases.fn_name is missing, expected a string")?;
            let function = checked_name(function)?;
            pairs.map(|(input, output)| call(function, input, output, is_json)).collect()
        }
        other => Err(format!(
            "test_cases.type is {other:?}, expected \"stdin_stdout\" or \"function_call\""
        )),
    }
}

fn streams(input: &Json, output: &Json) -> Result<Test, String> {
    match (input.as_str(), output.as_str()) {
        (Some(stdin), Some(stdout)) => {
            Ok(Test::Streams { stdin: stdin.into(), stdout: stdout.into() })
        }
        _ => Err("the input and the output of a program are strings".into()),
    }
}

fn call(function: &str, input: &Json, output: &Json, is_json: bool) -> Result<Test, String> {
    let (mut input, mut output) = (input.clone(), output.clone());
    // One argument a line, and the result, each as JSON in a text; what is not JSON is taken as it is.
    if let Some(text) = input.as_str().filter(|_| is_json) {
        let arguments: Result<Vec<Json>, _> = text.split('\n').map(json::read).collect();
        let result = output.as_str().map(json::read);
        if let (Ok(arguments), Some(Ok(result))) = (arguments, result) {
            (input, output) = (Json::List(arguments), Json::List(vec![result]));
        }
    }
    if input.as_list().is_none() {
        return Err("the input of a function is the list of its arguments".into());
    }
    Ok(Test::Call {
        function: function.into(),
        arguments: job::argument(input),
        shown: RawValue::from_string(output.to_string()).ok(),
        expected: Value::from(output),
    })
}

/// Runs the tests in their order, as many at a time as there are threads, to the first that fails unless all are to be run.
async fn run_all(
    server: &Server,
    sandbox: Arc<Sandbox>,
    task: &Task,
) -> (Vec<Evaluated>, Vec<Room>) {
    // Boxed and collected, since the compiler does not see that a stream of closures may be sent.
    let runs: Vec<_> = task
        .tests
        .iter()
        .map(|test| run(server, Arc::clone(&sandbox), task, test).boxed())
        .collect();
    let mut running = stream::iter(runs).buffered(server.options.threads);
    let (mut evaluated, mut rooms) = (Vec::new(), Vec::new());
    let (mut fuel, mut output) = (0_u64, 0);
    let mut why = None;
    while let Some((test, used, room)) = running.next().await {
        fuel = fuel.saturating_add(used);
        output += test.exec_info.output_len();
        let goes_on = test.passed || task.runs_all;
        evaluated.push(test);
        rooms.extend(room);
        if !goes_on {
            return (evaluated, rooms);
        }
        why = match () {
            () if fuel > task.fuel => Some("Total Timeout"),
            () if output > MAX_OUTPUT => Some("not run: the tests before it wrote too much"),
            () => None,
        };
        if why.is_some() {
            break;
        }
    }
    drop(running);
    if let Some(why) = why {
        let left = task.tests.len() - evaluated.len();
        let exec_info = || Response::sandbox_error(why.into());
        evaluated.extend((0..left).map(|_| Evaluated {
            passed: false,
            exec_info: exec_info(),
            test_info: None,
        }));
    }
    (evaluated, rooms)
}

/// Runs one test; also gives the fuel that it used, and the room that its answer takes.
async fn run(
    server: &Server,
    sandbox: Arc<Sandbox>,
    task: &Task,
    test: &Test,
) -> (Evaluated, u64, Option<Room>) {
    let ran = match test {
        Test::Streams { stdin, .. } => {
            let stdin = stdin.clone().into_bytes();
            script::run(server, sandbox, task.code.clone(), stdin, task.limits).await
        }
        Test::Call { function, arguments, .. } => {
            run_call(server, sandbox, task, function, arguments).await
        }
    };
    let (passed, exec_info, fuel, room) = match ran {
        Ok(ran) => {
            let (passed, fuel) = (passes(test, &ran), ran.execution.fuel_total);
            let (exec_info, room) = run_code::response(server, ran, task.limits, &task.language);
            (passed, exec_info, fuel, Some(room))
        }
        Err(error) => (false, Response::sandbox_error(error), 0, None),
    };
    (Evaluated { passed, exec_info, test_info: Some(test.info(passed)) }, fuel, room)
}

/// Calls the function of a test. The execution that comes back ends as the call did.
async fn run_call(
    server: &Server,
    sandbox: Arc<Sandbox>,
    task: &Task,
    function: &str,
    arguments: &serde_json::Value,
) -> Result<Ran, String> {
    let kwargs = serde_json::Map::new().into();
    let job = Job {
        code: format!("{}\n{}", task.code, setup(function)),
        entry: Some(function.into()),
        cases: vec![Case::Arguments { args: arguments.clone(), kwargs }],
        limits: task.limits,
        isolation: Isolation::Program,
        native: true,
        ..Job::default()
    };
    let mut ran = server.run(sandbox, job).await?;
    if let Some(case) = ran.execution.cases.pop() {
        if let End::Raised(raised) = &case.end {
            ran.execution.stderr += &format!("{}: {}\n", raised.kind, raised.message);
        }
        ran.execution.fuel = ran.execution.fuel.max(case.fuel);
        ran.execution.end = case.end;
    }
    Ok(ran)
}

fn passes(test: &Test, Ran { execution, .. }: &Ran) -> bool {
    match (test, &execution.end) {
        (Test::Streams { stdout, .. }, End::Exited { exit_code: 0 }) => {
            same_output(stdout, &execution.stdout)
        }
        (Test::Call { expected, .. }, End::Returned { value, .. }) => {
            Compare::Json.equal(expected, value)
        }
        (Test::Streams { .. } | Test::Call { .. }, _) => false,
    }
}

/// Whether an output counts as the stated one, as the protocol's own server compares them: line by line, without the blanks around a
/// line and without regard to case, numbers up to a share of them.
fn same_output(stated: &str, got: &str) -> bool {
    let lines =
        |text: &str| text.trim().lines().map(|line| line.trim().to_lowercase()).collect::<Vec<_>>();
    let (stated, got) = (lines(stated), lines(got));
    let same_number = |stated: &str, got: &str| match (stated.parse::<f64>(), got.parse::<f64>()) {
        (Ok(stated), Ok(got)) => (got - stated).abs() / stated.abs().max(1e-10) < TOLERANCE,
        _ => false,
    };
    stated.len() == got.len()
        && stated.iter().zip(&got).all(|(stated, got)| stated == got || same_number(stated, got))
}

impl Test {
    /// What the answer says of the test: all of it if it failed.
    fn info(&self, passed: bool) -> TestInfo {
        let shown = |text: &str| match text.char_indices().nth(SHOWN).filter(|_| passed) {
            Some((end, _)) => format!("{}...", &text[..end]),
            None => text.to_owned(),
        };
        match self {
            Self::Streams { stdin, stdout } => TestInfo::Streams {
                input: Input { stdin: shown(stdin) },
                output: Output { stdout: shown(stdout) },
            },
            Self::Call { function, arguments, shown, .. } => TestInfo::Call {
                fn_name: function.clone(),
                input: arguments.clone(),
                output: shown.clone(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_compared_line_by_line() {
        for (stated, got) in [
            ("1 2\n3", "1 2 \n3\n"),
            ("YES", "yes"),
            ("0.333333", "0.3333334"),
            ("\n5\n\n", "5"),
            ("1e3", "1000.0"),
        ] {
            assert!(same_output(stated, got), "{stated:?} {got:?}");
        }
        for (stated, got) in
            [("1 2", "1  2"), ("1", "1\n1"), ("0.3", "0.31"), ("1 0.5", "1 0.5000001"), ("a", "")]
        {
            assert!(!same_output(stated, got), "{stated:?} {got:?}");
        }
    }
}
