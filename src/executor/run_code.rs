//! SandboxFusion's protocol: `POST /run_code`.
//!
//! Invariant: a reply that does not say how the program ended is not a result.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::OtherLanguage;
use super::exit_code::ExitCode;
use super::program::{End, Reading, Sent};

#[derive(Deserialize)]
struct Response {
    status: String,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    compile_result: Option<CommandResult>,
    #[serde(default)]
    run_result: Option<CommandResult>,
}

#[derive(Deserialize)]
struct CommandResult {
    status: String,
    #[serde(default)]
    return_code: Option<ExitCode>,
    #[serde(default)]
    stdout: Option<String>,
    #[serde(default)]
    stderr: Option<String>,
}

impl CommandResult {
    /// How the command ended: its exit code, or `None` if it took too long.
    fn exit_code(&self) -> Result<Option<i64>, String> {
        match (self.status.as_str(), self.return_code) {
            ("TimeLimitExceeded", _) => Ok(None),
            ("Finished", Some(ExitCode(code))) => Ok(Some(code)),
            (status, _) => Err(format!("a command has status {status:?} and no exit code")),
        }
    }
}

/// Writes the body of a request.
pub(super) fn body(language: &OtherLanguage, sent: &Sent, seconds: u64) -> Json {
    let code = sent.whole(language);
    json!({
        "language": language.run_code_name(&code),
        "code": code,
        "compile_timeout": seconds,
        "run_timeout": seconds,
    })
}

/// Reads the body of a reply.
pub(super) fn read(reply: &crate::json::Json, sent: &Sent) -> Result<Reading, String> {
    let response: Response = reply.typed()?;
    if response.status == "SandboxError" {
        return Err(format!("SandboxError: {}", response.message.unwrap_or_default()));
    }
    let reading = command(&response, sent)?;
    let passed = matches!(&reading, Reading::Ran(ran) if ran.end == End::Exited(0));
    match (response.status.as_str(), passed) {
        ("Success", true) | ("Failed", false) => Ok(reading),
        ("Success", false) => Err("its status is \"Success\", and its commands failed".into()),
        ("Failed", true) => Err("its status is \"Failed\", and its commands succeeded".into()),
        (status, _) => Err(format!("its status is {status:?}")),
    }
}

/// Reads what the commands of a reply did.
fn command(response: &Response, sent: &Sent) -> Result<Reading, String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    if let Some(compiled) = &response.compile_result {
        let end = match compiled.exit_code()? {
            Some(0) => None,
            Some(_) => Some(End::CompileError),
            None => Some(End::TimedOut),
        };
        if let Some(end) = end {
            let said = format!("{}{}", text(&compiled.stderr), text(&compiled.stdout));
            return Ok(Reading::Ran(sent.ran(end, "", &said)));
        }
    }
    let run = response.run_result.as_ref().ok_or("it has no run_result")?;
    let end = run.exit_code()?.map_or(End::TimedOut, End::Exited);
    Ok(Reading::Ran(sent.ran(end, &text(&run.stdout), &text(&run.stderr))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::executor::{Program, Ran};

    fn reading(reply: Json) -> Result<(End, String), String> {
        let language = OtherLanguage::named("java");
        let sent = Program { language: &language, solution: "", test: None }.sent();
        read(&reply.into(), &sent).map(|reading| match reading {
            Reading::Ran(Ran { end, stderr, .. }) => (end, stderr),
            Reading::Refused(why) => panic!("{why}"),
        })
    }

    #[test]
    fn a_reply_says_how_the_program_ended() {
        let command = |status: &str, code: Option<i64>| json!({"status": status, "return_code": code, "stdout": "", "stderr": "said"});
        let replied = |status: &str, compiled: Json, ran: Json| {
            reading(json!({"status": status, "compile_result": compiled, "run_result": ran}))
        };
        let ran = |compiled: Json, ran: Json| replied("Failed", compiled, ran);
        let finished = |code| command("Finished", Some(code));
        let said = |end| Ok((end, "said".to_owned()));
        assert_eq!(replied("Success", Json::Null, finished(0)), said(End::Exited(0)));
        assert_eq!(ran(finished(0), finished(-9)), said(End::Exited(-9)));
        assert_eq!(ran(finished(1), Json::Null), said(End::CompileError));
        assert_eq!(ran(command("TimeLimitExceeded", None), Json::Null), said(End::TimedOut));
        assert_eq!(ran(Json::Null, command("TimeLimitExceeded", None)), said(End::TimedOut));
    }

    #[test]
    fn a_status_that_is_unknown_or_contradicts_the_commands_is_not_a_result() {
        for (status, code) in [("Failed", 0), ("Success", 1), ("Splendid", 0), ("", 1)] {
            let run = json!({"status": "Finished", "return_code": code});
            let why = reading(json!({"status": status, "run_result": run})).unwrap_err();
            assert!(why.contains(&format!("its status is {status:?}")), "{why}");
        }
    }

    #[test]
    fn an_exit_code_may_be_written_as_a_float() {
        let reply = |code: Json| json!({"status": "Failed", "run_result": {"status": "Finished", "return_code": code}});
        assert_eq!(reading(reply(json!(3.0))).unwrap().0, End::Exited(3));
        assert_eq!(reading(reply(json!(-9.0))).unwrap().0, End::Exited(-9));
        for code in [json!(0.5), json!(1e300), json!("1"), json!(true)] {
            assert!(reading(reply(code.clone())).is_err(), "{code}");
        }
    }

    #[test]
    fn a_reply_that_does_not_say_it_is_not_a_result() {
        let broken = json!({"status": "Error", "return_code": null});
        for reply in [
            json!({"status": "SandboxError", "message": "no disk"}),
            json!({"status": "Success", "run_result": null}),
            json!({"status": "Failed", "run_result": broken}),
            json!({"run_result": {"status": "Finished", "return_code": 0}}),
            json!([]),
        ] {
            assert!(reading(reply.clone()).is_err(), "{reply}");
        }
    }

    #[test]
    fn a_request_has_one_program_under_the_protocols_name_of_its_language() {
        let language = OtherLanguage::named("sh");
        let sent = Program { language: &language, solution: "f() { :; }", test: Some("f") }.sent();
        let body = body(&language, &sent, 30);
        assert_eq!((&body["language"], &body["run_timeout"]), (&json!("bash"), &json!(30)));
        assert!(body["code"].as_str().unwrap().starts_with("f() { :; }\nunset -f "));
    }
}
