//! A server that a signal stops.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;

use super::{Server, wait_until};

#[test]
fn a_server_that_is_stopped_answers_what_it_accepted_and_refuses_the_rest() {
    let mut server = Server::start(&["--threads", "1"]);
    // The first one takes so long that the signal comes before its end.
    let code = |number: usize| {
        let turns = if number == 0 { 20_000_000 } else { 1000 };
        json!({"language": "python", "code": format!("for i in range({turns}): pass\nprint({number})")})
    };
    let mut idle = server.connect();
    let mut early = server.connect();
    std::thread::scope(|scope| {
        let server = &server;
        let ask = |number| scope.spawn(move || server.post("/run_code", &code(number)));
        let mut accepted = vec![ask(0)];
        // The others are so short that they would be answered before it.
        wait_until(|| server.metric("tgsand_busy_workers") == 1.0);
        accepted.extend((1..6).map(ask));
        server.wait_for_requests(6);
        // A request that has not come to its end by then has no place.
        let body = code(7).to_string();
        let head = format!(
            "POST /run_code HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        early.write_all(head.as_bytes()).unwrap();
        assert_eq!(server.metric("tgsand_queue_requests"), 6.0);
        server.signal("TERM");
        wait_until(|| TcpStream::connect(server.address).is_err());
        // What comes late on a connection that was open gets no answer, or is refused.
        let mut late = String::new();
        let sent = early.write_all(body.as_bytes()).and_then(|()| early.read_to_string(&mut late));
        assert!(sent.is_err() || late.is_empty() || late.starts_with("HTTP/1.1 503"), "{late}");
        drop(idle.read_to_end(&mut Vec::new()));
        for (number, answer) in accepted.into_iter().enumerate() {
            let answer = answer.join().unwrap();
            assert_eq!(answer.status, 200);
            assert_eq!(answer.json()["run_result"]["stdout"], format!("{number}\n"));
        }
    });
    assert_eq!(server.code(), Some(0));
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    let mut server = Server::start(&["--threads", "1", "--max-fuel", "100T"]);
    let mut stream = server.connect();
    let body =
        json!({"language": "python", "code": "while True: pass", "run_timeout": 1e9}).to_string();
    write!(
        stream,
        "POST /run_code HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    wait_until(|| server.metric("tgsand_busy_workers") == 1.0);
    server.signal("INT");
    wait_until(|| TcpStream::connect(server.address).is_err());
    server.signal("TERM");
    assert_eq!(server.code(), Some(130));
}
