//! Who is served, and what of a request is too much.

use std::io::{Read, Write};

use serde_json::json;

use super::{Answer, Server, wait_until};
use crate::cli::{ended, file, tgsand};

const CODE: &str = r#"{"language": "python", "code": "print(1)"}"#;

#[test]
fn other_machines_are_listened_to_only_with_a_token() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let mut command = tgsand();
        command.args(["serve", "--listen", address]);
        let ended = ended(command, "");
        assert_eq!(ended.code, Some(2));
        assert_eq!(
            ended.stderr,
            format!(
                "tgsand: --listen {address} can be reached from other machines and needs a token: set --token-file or TGSAND_SERVE_TOKEN\n"
            )
        );
    }
    let server =
        Server::start_with(&["--listen", "0.0.0.0:0"], &[("TGSAND_SERVE_TOKEN", "s3cret")]);
    assert!(server.address.ip().is_unspecified());
    assert_eq!(server.get("/metrics").status, 401);
}

#[test]
fn a_token_is_asked_for_on_every_path_but_health() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "token", "s3cret\nmore\n");
    let server = Server::start(&["--token-file", path.to_str().unwrap()]);
    for path in ["/v1/exec", "/run_code", "/submit"] {
        for headers in [&[][..], &["Authorization: Bearer s3cre"], &["Authorization: Basic s3cret"]]
        {
            let answer = server.request("POST", path, headers, CODE.as_bytes());
            assert_eq!(answer.status, 401, "{path}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            assert!(!answer.text().contains("s3cre"));
        }
    }
    let headers =
        ["Authorization: Bearer s3cret", "Host: sandbox.example", "Origin: https://a.example"];
    let answer = server.request("POST", "/run_code", &headers, CODE.as_bytes());
    assert_eq!((answer.status, &answer.json()["run_result"]["stdout"]), (200, &"1\n".into()));
    assert_eq!(server.get("/metrics").status, 401);
    assert_eq!(server.get("/health").json(), json!({"status": "ok"}));
}

#[test]
fn pages_in_a_browser_are_refused() {
    let server = Server::start(&[]);
    for headers in
        [["Host: attacker.example"], ["Origin: https://attacker.example"], ["Origin: null"]]
    {
        let answer = server.request("POST", "/run_code", &headers, CODE.as_bytes());
        let why = "requests from web pages, or for another host, are refused";
        assert_eq!((answer.status, answer.json()), (403, json!({"detail": why})));
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    let answer = server.request("OPTIONS", "/run_code", &["Origin: https://attacker.example"], b"");
    assert_eq!(answer.status, 403);
    let answer = server.request("POST", "/run_code", &["Host: localhost:1"], CODE.as_bytes());
    assert_eq!(answer.status, 200);
}

#[test]
fn a_body_that_is_too_large_is_refused_in_each_protocols_form() {
    let server = Server::start(&["--max-body", "1K"]);
    let body = "x".repeat(200_000);
    let message = "the body has more than 1024 bytes";
    let post = |path| {
        let answer = server.request("POST", path, &[], body.as_bytes());
        assert_eq!(answer.status, 413);
        answer.json()
    };
    assert_eq!(post("/v1/exec"), json!({"error": message}));
    assert_eq!(post("/run_code"), json!({"detail": message}));
    let reply = post("/submit");
    assert_eq!(
        (&reply["exec_outcome"], &reply["exec_runtime_message"]),
        (&"ARGUMENT_ERROR".into(), &message.into())
    );
    // Neither is the length of a body trusted that states none.
    let mut stream = server.connect();
    let head = format!(
        "POST /run_code HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
        server.address
    );
    write!(stream, "{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).unwrap();
    assert_eq!(Answer::read(&mut stream).status, 413);
}

#[test]
fn a_client_that_is_slow_loses_its_connection_and_nobody_waits_for_it() {
    let server = Server::start(&["--client-timeout", "1s"]);
    let mut slow = server.connect();
    write!(slow, "POST /run_code HT").unwrap();
    let mut slower = server.connect();
    write!(
        slower,
        "POST /run_code HTTP/1.1\r\nHost: {}\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{{",
        server.address
    )
    .unwrap();
    let answer = server.request("POST", "/run_code", &[], CODE.as_bytes());
    assert_eq!(answer.status, 200);
    assert_eq!(Answer::read(&mut slower).status, 408);
    // The connection is closed, with or without a word about it.
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{rest:?}");
}

#[test]
fn a_client_that_takes_nothing_of_its_answer_loses_the_rest() {
    let server = Server::start(&["--client-timeout", "1s"]);
    // More than the kernel keeps for a connection.
    let jobs = vec![json!({"code": "print('x' * 1_000_000)"}); 40];
    let body = json!(jobs).to_string();
    let mut stream = server.connect();
    let len = body.len();
    write!(
        stream,
        "POST /v1/exec HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len}\r\n\r\n{body}"
    )
    .unwrap();
    wait_until(|| server.metric("tgsand_requests_total{path=\"/v1/exec\",status=\"200\"}") == 1.0);
    std::thread::sleep(std::time::Duration::from_secs(4));
    let mut taken = Vec::new();
    // The connection ends, or is reset.
    drop(stream.read_to_end(&mut taken));
    assert!(taken.starts_with(b"HTTP/1.1 200") && taken.len() < 40_000_000, "{}", taken.len());
    assert_eq!(server.post("/v1/exec", &json!({"code": "1"})).status, 200);
}

#[test]
fn other_paths_and_methods_are_named_as_such() {
    let server = Server::start(&[]);
    assert_eq!(server.get("/").status, 404);
    assert_eq!(server.get("/run_code/../metrics").status, 404);
    assert_eq!(server.get("/run_code").status, 405);
    assert_eq!(server.post("/health", &json!({})).status, 405);
    assert_eq!(server.metric("tgsand_requests_total{path=\"other\",status=\"404\"}"), 2.0);
}
