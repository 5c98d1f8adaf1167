//! A small executor: it runs Bash and Java on this machine, and speaks the protocols of SandboxFusion and AutoCodeBench.
//!
//! Invariant: it joins solution and test by itself, and knows nothing of how the crate reads its replies.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::model_server::{Answer, Asked};

/// What a command did.
struct Done {
    /// `None` if its time was up.
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Whether this machine has a command; says so if it has not.
pub fn has(command: &str) -> bool {
    let found = Command::new(command).arg("--version").output().is_ok();
    if !found {
        let _ = writeln!(std::io::stderr(), "tests: skipped, as there is no {command} here");
    }
    found
}

/// Answers a request in either protocol.
pub fn answer(asked: &Asked) -> Answer {
    let text = |name: &str| asked.body[name].as_str().unwrap_or_default().to_owned();
    let reply = if asked.head.contains("/run_code") {
        let seconds = asked.body["run_timeout"].as_f64().unwrap();
        run_code(&text("language"), &text("code"), seconds)
    } else {
        let language = text("lang");
        let seconds = asked.body["request_extensions"]["timeout"].as_f64().unwrap();
        let code = match asked.body["source_code"].as_str() {
            Some(code) => code.to_owned(),
            None => spliced(&language, &text("func_code"), &text("main_code")),
        };
        submit(&language, &code, seconds)
    };
    Answer::Reply(200, "", reply.to_string())
}

fn spliced(language: &str, solution: &str, test: &str) -> String {
    if language != "java" {
        return format!("{solution}\n{test}");
    }
    let solution = solution.replace("public class", "class");
    let lines = || solution.lines().chain(test.lines());
    let imports = lines().filter(|line| line.starts_with("import "));
    let others = lines().filter(|line| !line.starts_with("import "));
    imports.chain(others).collect::<Vec<_>>().join("\n")
}

fn run_code(language: &str, code: &str, seconds: f64) -> Json {
    let Some((compiled, ran)) = natively(language, code, seconds) else {
        return json!({"status": "SandboxError", "message": format!("no {language} here")});
    };
    let shown = |done: &Done| {
        let status = done.code.map_or("TimeLimitExceeded", |_| "Finished");
        json!({"status": status, "return_code": done.code, "stdout": done.stdout, "stderr": done.stderr, "execution_time": 0.1})
    };
    let is_good = ran.as_ref().is_some_and(|ran| ran.code == Some(0));
    json!({
        "status": if is_good { "Success" } else { "Failed" },
        "message": "",
        "compile_result": compiled.as_ref().map(shown),
        "run_result": ran.as_ref().map(shown),
        "executor_pod_name": null,
        "files": {},
    })
}

fn submit(language: &str, code: &str, seconds: f64) -> Json {
    let said = |outcome: &str, done: &Done| {
        json!({
            "src_uid": "", "all_code": "", "exec_cout": done.stdout, "exec_outcome": outcome,
            "exec_compile_message": "", "exec_runtime_message": done.stderr,
            "response_extensions": {"stderr": done.stderr, "exit_code": done.code},
        })
    };
    match natively(language, code, seconds) {
        Some((_, Some(ran))) => match ran.code {
            Some(0) => said("PASSED", &ran),
            Some(_) => said("RUNTIME_ERROR", &ran),
            None => said("TIME_LIMIT_EXCEEDED", &ran),
        },
        Some((Some(compiled), None)) => said("COMPILATION_ERROR", &compiled),
        Some((None, None)) | None => {
            json!({"exec_outcome": "ARGUMENT_ERROR", "exec_runtime_message": "no such language"})
        }
    }
}

/// Compiles, if the language needs it, and runs.
fn natively(language: &str, code: &str, seconds: f64) -> Option<(Option<Done>, Option<Done>)> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str| std::fs::write(folder.path().join(name), code).unwrap();
    match language {
        "bash" | "shell" => {
            write("main.sh");
            Some((None, Some(done(folder.path(), &["bash", "main.sh"], seconds))))
        }
        "java" => {
            write("Main.java");
            let compile = ["javac", "-encoding", "UTF-8", "-J-XX:TieredStopAtLevel=1", "Main.java"];
            let compiled = done(folder.path(), &compile, 60.0);
            if compiled.code != Some(0) {
                return Some((Some(compiled), None));
            }
            let run = ["java", "-XX:TieredStopAtLevel=1", "-ea", "Main"];
            let ran = done(folder.path(), &run, seconds);
            Some((Some(compiled), Some(ran)))
        }
        _ => None,
    }
}

fn done(folder: &Path, command: &[&str], seconds: f64) -> Done {
    let output = |name: &str| std::fs::File::create(folder.join(name)).unwrap();
    let mut child = Command::new(command[0])
        .args(&command[1..])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(output("stdout"))
        .stderr(output("stderr"))
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code().or(Some(137));
        }
        if Instant::now() >= end {
            child.kill().and_then(|()| child.wait()).unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let read = |name: &str| {
        let mut bytes = Vec::new();
        std::fs::File::open(folder.join(name)).unwrap().read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Done { code, stdout: read("stdout"), stderr: read("stderr") }
}
