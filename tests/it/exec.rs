//! `tgsand exec` as another program meets it: a line in, a line out, whatever the line is.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::Duration;

use serde_json::Value as Json;

use crate::cli::{Ended, ended, json_lines, tgsand};

/// Runs `tgsand exec -` on these lines.
fn exec(lines: &str) -> Ended {
    let mut command = tgsand();
    command.args(["exec", "-", "--threads", "2"]);
    ended(command, lines)
}

#[test]
fn exec_answers_every_line_in_order_whatever_each_takes() {
    let mut lines = String::new();
    for number in 0..24 {
        let turns = if number % 5 == 0 { 200_000 } else { 1 };
        lines += &format!(
            "{{\"id\": {number}, \"code\": \"for i in range({turns}): pass\\nprint({number})\"}}\n\n"
        );
    }
    let ended = exec(&lines);
    let answers = json_lines(&ended.stdout);
    let told: Vec<(u64, &str)> = answers
        .iter()
        .map(|a| (a["id"].as_u64().unwrap(), a["stdout"].as_str().unwrap()))
        .collect();
    let texts: Vec<String> = (0..24).map(|number| format!("{number}\n")).collect();
    let expected: Vec<(u64, &str)> = (0..24).zip(texts.iter().map(String::as_str)).collect();
    assert_eq!(told, expected);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

#[test]
fn exec_answers_a_bad_line_with_an_error_and_goes_on() {
    let mut lines = String::new();
    let bad = [
        ("not json", Json::Null, "not a JSON object: "),
        ("[1, 2]", Json::Null, "not a JSON object: "),
        (r#"{"id": 1}"#, 1.into(), "code is missing, expected the program as a string"),
        (
            r#"{"id": 2, "code": "1", "fule": 1}"#,
            2.into(),
            "unknown field \"fule\"; known fields are id, language, code, ",
        ),
        (
            r#"{"id": "x", "code": "1", "runtime": "python-9"}"#,
            "x".into(),
            "there is no runtime \"python-9\"",
        ),
    ];
    for (line, _, _) in &bad {
        lines += &format!("{line}\n{{\"id\": \"good\", \"code\": \"print(1)\"}}\n");
    }
    let ended = exec(&lines);
    let answers = json_lines(&ended.stdout);
    assert_eq!((answers.len(), ended.code), (2 * bad.len(), Some(0)));
    for ((line, id, error), answers) in bad.iter().zip(answers.chunks(2)) {
        assert_eq!(&answers[0]["id"], id, "{line}");
        let text = answers[0]["error"].as_str().unwrap();
        assert!(text.starts_with(error), "{line}: {text}");
        assert_eq!(
            (&answers[1]["id"], &answers[1]["stdout"]),
            (&"good".into(), &"1\n".into()),
            "{line}"
        );
    }
}

/// The errors that jobs with these fields beside `code` are answered with.
fn errors(fields: &[&str]) -> Vec<String> {
    let lines: Vec<String> =
        fields.iter().map(|fields| format!("{{\"code\": \"1\", {fields}}}\n")).collect();
    let answers = json_lines(&exec(&lines.concat()).stdout);
    assert_eq!(answers.len(), fields.len());
    answers.iter().map(|answer| answer["error"].as_str().unwrap_or("no error").to_owned()).collect()
}

#[test]
fn exec_names_the_field_that_is_wrong_and_what_was_expected() {
    let long = format!("\"fuel\": \"{}\"", "9".repeat(100));
    let wrong = [
        (r#""code": 3"#, "code is 3, expected a string"),
        (r#""entry": ["f"]"#, r#"entry is ["f"], expected a string, the name of a function"#),
        (r#""stdin": null"#, "stdin is null, expected a string"),
        (r#""argv": ["a", 1]"#, r#"argv is ["a",1], expected a list of strings"#),
        (r#""fuel": "2G""#, r#"fuel is "2G", expected a non-negative integer"#),
        (r#""memory": -1"#, "memory is -1, expected a non-negative integer"),
        (r#""output": 1.5"#, "output is 1.5, expected a non-negative integer"),
        (&long, "fuel is a string, expected a non-negative integer"),
        (
            r#""isolation": "none""#,
            r#"isolation is "none", expected "case", "program" or "in-order""#,
        ),
        (
            r#""observe": "coverage""#,
            r#"observe is "coverage", expected a list of "coverage", "mutations", "steps", "value-bases" and "error-bases""#,
        ),
        (r#""runtime": 3"#, "runtime is 3, expected a string"),
        (r#""cases": {"call": "1"}"#, r#"cases is {"call":"1"}, expected a list of cases"#),
        (
            r#""cases": [{}, 2]"#,
            "cases[1] is 2, expected an object with call, or with args and kwargs",
        ),
        (
            r#""cases": [{"call": "1", "x": 2}]"#,
            r#"cases[0] has an unknown field "x"; known fields are call, args, kwargs"#,
        ),
        (r#""cases": [{"call": 1}]"#, "cases[0].call is 1, expected a string"),
        (
            r#""cases": [{"call": "1", "args": []}]"#,
            "cases[0] has call and also args or kwargs, expected one or the other",
        ),
        (
            r#""cases": [{"args": 1}]"#,
            "cases[0].args is 1, expected a list, or a string with a Python expression",
        ),
        (
            r#""cases": [{"kwargs": []}]"#,
            "cases[0].kwargs is [], expected an object, or a string with a Python expression",
        ),
    ];
    let fields: Vec<&str> = wrong.iter().map(|(fields, _)| *fields).collect();
    let expected: Vec<&str> = wrong.iter().map(|(_, error)| *error).collect();
    assert_eq!(errors(&fields), expected);
}

#[test]
fn exec_refuses_cases_without_a_function_to_call() {
    let found = errors(&[
        r#""cases": [{"call": "1"}]"#,
        r#""entry": null, "cases": [{"call": "1"}]"#,
        r#""cases": []"#,
    ]);
    let refused = "cases without entry: entry names the function to call with them";
    assert_eq!(found, [refused, refused, "no error"]);
}

#[test]
fn exec_skips_a_line_that_is_too_long_and_reads_on() {
    let mut lines = vec![b'x'; (64 << 20) + 100];
    lines.extend(b"\n{\"id\": 1, \"code\": \"print(1)\"}");
    let mut command = tgsand();
    command.args(["exec", "-"]);
    let answers = json_lines(&ended(command, lines).stdout);
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0]["error"], "the line is longer than 64 MiB");
    assert_eq!(answers[1]["stdout"], "1\n");
}

#[test]
fn exec_calls_functions_and_names_the_runtime() {
    let job = r#"{"id": {"any": ["thing"]}, "code": "def f(x, y=0):\n    return x + y", "entry": "f",
        "cases": [{"call": "1"}, {"args": [2], "kwargs": {"y": 3}}, {"args": "('a',)"}]}"#;
    let answers = json_lines(&exec(&job.replace('\n', " ")).stdout);
    assert_eq!(answers[0]["id"], serde_json::json!({"any": ["thing"]}));
    let cases = answers[0]["cases"].as_array().unwrap();
    assert_eq!(cases[0]["value"], 1);
    assert_eq!(cases[1]["value"], 5);
    assert_eq!((&cases[2]["end"], &cases[2]["type"]), (&"raised".into(), &"TypeError".into()));
    assert!(answers[0]["runtime"].as_str().unwrap().starts_with("python-3.15@"));
}

#[test]
fn exec_answers_before_its_stdin_ends() {
    let mut command = tgsand();
    command.args(["exec", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (send, receive) = channel();
    let reader = std::thread::spawn(move || {
        lines.try_for_each(|line| send.send(line.unwrap())).unwrap_or(());
    });
    for number in 0..3 {
        writeln!(stdin, "{{\"id\": {number}, \"code\": \"print({number})\"}}").unwrap();
        let line = receive
            .recv_timeout(Duration::from_secs(120))
            .expect("the answer comes while stdin is open");
        let answer: Json = serde_json::from_str(&line).unwrap();
        assert_eq!(
            (&answer["id"], &answer["stdout"]),
            (&number.into(), &format!("{number}\n").into())
        );
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
    reader.join().unwrap();
}

const CLOSED: &str =
    "tgsand: failed to access stdout: it was closed before all jobs were answered\n";

#[test]
fn exec_ends_with_a_failure_when_nobody_reads_its_answers_any_more() {
    let job = r#"{"code": "print('x' * 100000)"}"#;
    let mut command = tgsand();
    command.args(["exec", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        // Until the command is gone.
        while writeln!(stdin, "{job}").is_ok() {}
    });
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("xxx"));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), CLOSED);
}

#[test]
fn exec_without_a_stdout_is_a_failure() {
    let exec = tgsand();
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "exec \"$0\" exec - >&-"]).arg(exec.get_program());
    let closed = ended(shell, "{\"code\": \"print(1)\"}");
    assert_eq!((closed.code, closed.stderr.as_str()), (Some(1), CLOSED));
}
