//! AutoCodeBench's protocol: `POST /submit`.
//!
//! Invariant: a reply that does not say how the program ended is not a result.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::OtherLanguage;
use super::exit_code::ExitCode;
use super::program::{End, Reading, Sent};

#[derive(Deserialize)]
struct Response {
    exec_outcome: String,
    #[serde(default)]
    exec_cout: Option<String>,
    #[serde(default)]
    exec_compile_message: Option<String>,
    #[serde(default)]
    exec_runtime_message: Option<String>,
    #[serde(default)]
    response_extensions: Option<Extensions>,
}

#[derive(Default, Deserialize)]
struct Extensions {
    #[serde(default)]
    exit_code: Option<ExitCode>,
    #[serde(default)]
    stderr: Option<String>,
}

/// Writes the body of a request; the server joins solution and test.
pub(super) fn body(language: &OtherLanguage, sent: &Sent, seconds: u64) -> Json {
    let Sent { solution, test, .. } = sent;
    let digest = blake3::hash(sent.whole(language).as_bytes()).to_hex();
    let mut body = json!({
        "src_uid": &digest[..32],
        "lang": language.name(),
        "request_extensions": {"timeout": seconds},
        "show_log": true,
    });
    match test {
        Some(test) => {
            body["func_code"] = solution.as_str().into();
            body["main_code"] = test.as_str().into();
        }
        None => body["source_code"] = solution.as_str().into(),
    }
    body
}

/// Reads the body of a reply.
pub(super) fn read(reply: &crate::json::Json, sent: &Sent) -> Result<Reading, String> {
    let response: Response = reply.typed()?;
    let extensions = response.response_extensions.unwrap_or_default();
    let messages =
        [response.exec_compile_message, response.exec_runtime_message, extensions.stderr];
    let said = messages.into_iter().flatten().find(|text| !text.trim().is_empty());
    let said = said.unwrap_or_default();
    let code = extensions.exit_code.map(|ExitCode(code)| code);
    let end = match (response.exec_outcome.as_str(), code) {
        ("PASSED", None | Some(0)) => End::Exited(0),
        ("PASSED", Some(code)) => {
            return Err(format!("its outcome is PASSED, and its exit code is {code}"));
        }
        ("RUNTIME_ERROR", Some(code)) if code != 0 => End::Exited(code),
        ("RUNTIME_ERROR", _) => End::Exited(1),
        ("WRONG_ANSWER", _) => End::WrongAnswer,
        ("TIME_LIMIT_EXCEEDED" | "TIMEOUT", _) => End::TimedOut,
        ("COMPILATION_ERROR" | "SYNTAX_ERROR", _) => End::CompileError,
        ("ARGUMENT_ERROR", _) => return Ok(Reading::Refused(format!("ARGUMENT_ERROR: {said}"))),
        (outcome, _) => return Err(format!("{outcome}: {said}")),
    };
    Ok(Reading::Ran(sent.ran_cut(end, &response.exec_cout.unwrap_or_default(), &said)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::executor::{Program, Ran};

    fn reading(outcome: &str, extensions: Json) -> Result<End, String> {
        let language = OtherLanguage::named("java");
        let sent = Program { language: &language, solution: "", test: None }.sent();
        let reply = json!({"exec_outcome": outcome, "exec_runtime_message": "said", "response_extensions": extensions});
        match read(&reply.into(), &sent)? {
            Reading::Ran(Ran { end, stderr, .. }) => {
                assert_eq!(stderr, "said");
                Ok(end)
            }
            Reading::Refused(why) => Err(why),
        }
    }

    #[test]
    fn each_outcome_is_an_end_or_the_servers_trouble() {
        let none = || json!({"server_ip": ""});
        for (outcome, end) in [
            ("PASSED", End::Exited(0)),
            ("RUNTIME_ERROR", End::Exited(1)),
            ("WRONG_ANSWER", End::WrongAnswer),
            ("TIME_LIMIT_EXCEEDED", End::TimedOut),
            ("COMPILATION_ERROR", End::CompileError),
            ("SYNTAX_ERROR", End::CompileError),
        ] {
            assert_eq!(reading(outcome, none()), Ok(end), "{outcome}");
        }
        assert_eq!(reading("RUNTIME_ERROR", json!({"exit_code": 3})), Ok(End::Exited(3)));
        assert_eq!(reading("PASSED", json!({"exit_code": 0.0})), Ok(End::Exited(0)));
        let why = reading("PASSED", json!({"exit_code": 1})).unwrap_err();
        assert_eq!(why, "its outcome is PASSED, and its exit code is 1");
        for outcome in ["INTERNAL_ERROR", "UNKNOWN_ERROR", "ARGUMENT_ERROR", "FINE"] {
            assert_eq!(reading(outcome, Json::Null), Err(format!("{outcome}: said")));
        }
    }

    #[test]
    fn the_server_joins_a_solution_and_its_test() {
        let language = OtherLanguage::named("C#");
        let program =
            Program { language: &language, solution: "class A {}", test: Some("class B {}") };
        let whole = body(&language, &program.sent(), 30);
        assert_eq!(
            (&whole["func_code"], &whole["main_code"]),
            (&json!("class A {}"), &json!("class B {}"))
        );
        assert_eq!((&whole["lang"], &whole["source_code"]), (&json!("csharp"), &Json::Null));
        let alone = Program { test: None, ..program }.sent();
        assert_eq!(body(&language, &alone, 30)["source_code"], "class A {}");
    }
}
