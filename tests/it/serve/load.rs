//! Many clients at once.

use std::sync::Barrier;

use serde_json::{Value as Json, json};

use super::{Server, wait_until};

/// A program that runs until the server is killed.
fn endless() -> Json {
    json!({"language": "python", "code": "while True: pass", "run_timeout": 1e9})
}

#[test]
fn a_full_queue_is_answered_with_when_to_come_again() {
    let server = &Server::start(&["--threads", "1", "--queue", "1", "--max-fuel", "100T"]);
    std::thread::scope(|scope| {
        let waiting = [0, 1].map(|_| {
            let mut stream = server.connect();
            scope.spawn(move || {
                use std::io::{Read, Write};
                let body = endless().to_string();
                write!(stream, "POST /run_code HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
                // The server is killed before it answers.
                drop(stream.read_to_end(&mut Vec::new()));
            })
        });
        server.wait_for_requests(2);
        wait_until(|| server.metric("tgsand_busy_workers") == 1.0);
        assert_eq!(server.metric("tgsand_queue_jobs"), 1.0);
        let message = "the queue is full; retry later";
        for (path, expected) in
            [("/v1/exec", json!({"error": message})), ("/run_code", json!({"detail": message}))]
        {
            let answer = server.post(path, &endless());
            assert_eq!((answer.status, answer.json()), (503, expected));
            let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&seconds));
        }
        let reply = server.post("/submit", &json!({})).json();
        assert_eq!(
            (&reply["exec_outcome"], &reply["exec_runtime_message"]),
            (&"INTERNAL_ERROR".into(), &message.into())
        );
        // A full server still says that it is alive.
        assert_eq!(server.get("/health").status, 200);
        server.signal("KILL");
        for waits in waiting {
            waits.join().unwrap();
        }
    });
}

#[test]
fn a_client_that_leaves_gives_up_its_place() {
    let server = Server::start(&["--threads", "1", "--queue", "3", "--max-fuel", "100T"]);
    let body = endless().to_string();
    let ask = || {
        use std::io::Write;
        let mut stream = server.connect();
        write!(
            stream,
            "POST /run_code HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        stream
    };
    let first = ask();
    wait_until(|| server.metric("tgsand_busy_workers") == 1.0);
    let others = [ask(), ask()];
    server.wait_for_requests(3);
    drop(others);
    server.wait_for_requests(1);
    drop(first);
    server.wait_for_requests(0);
    // Its program runs on, since nothing interrupts it before its fuel is used up.
    assert_eq!(server.metric("tgsand_busy_workers"), 1.0);
}

/// The request of a number: a path, a body, and where its answer has to say what.
fn request(number: usize) -> (&'static str, Json, &'static str, Json) {
    let run = |code: String| json!({"language": "python", "code": code, "run_timeout": 1});
    match number % 8 {
        0 => (
            "/run_code",
            run(format!("print({number})")),
            "/run_result/stdout",
            format!("{number}\n").into(),
        ),
        1 => (
            "/run_code",
            run(format!("raise SystemExit({})", number % 100 + 1)),
            "/run_result/return_code",
            (number % 100 + 1).into(),
        ),
        2 => (
            "/run_code",
            run(format!("{number}\nwhile True: pass")),
            "/run_result/status",
            "TimeLimitExceeded".into(),
        ),
        3 => (
            "/run_code",
            run(format!("x = [{number}]\nwhile True: x.append(bytearray(20_000_000))")),
            "/run_result/end",
            "out-of-memory".into(),
        ),
        4 => (
            "/submit",
            json!({"src_uid": format!("u{number}"), "lang": "python", "source_code": format!("print({number} * 'a')")}),
            "/exec_cout",
            format!("{}\n", "a".repeat(number)).into(),
        ),
        5 => (
            "/submit",
            json!({"src_uid": format!("u{number}"), "lang": "python", "source_code": "def f(:"}),
            "/src_uid",
            format!("u{number}").into(),
        ),
        6 => (
            "/v1/exec",
            json!({"id": number, "code": "def f(x):\n    return x + 1", "entry": "f", "cases": [{"args": [number]}]}),
            "/cases/0/value",
            (number + 1).into(),
        ),
        _ => (
            "/v1/exec",
            json!([{"id": number, "code": "1"}, {"id": -1, "code": format!("print({number})")}]),
            "/1/stdout",
            format!("{number}\n").into(),
        ),
    }
}

#[test]
fn of_256_clients_at_once_each_gets_its_own_answer() {
    const CLIENTS: usize = 256;
    let server = &Server::start(&["--fuel-per-second", "400M"]);
    let barrier = &Barrier::new(CLIENTS);
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            scope.spawn(move || {
                let (path, body, place, expected) = request(number);
                barrier.wait();
                let answer = server.post(path, &body);
                assert_eq!(answer.status, 200, "{number}: {}", answer.text());
                assert_eq!(answer.json().pointer(place), Some(&expected), "{number}");
            });
        }
    });
    let jobs = |end: &str| server.metric(&format!("tgsand_jobs_total{{end=\"{end}\"}}"));
    let eighth = CLIENTS as f64 / 8.0;
    assert_eq!([jobs("out-of-fuel"), jobs("out-of-memory")], [eighth, eighth]);
    assert_eq!(jobs("exited"), 7.0 * eighth);
    for (path, eighths) in [("/run_code", 4.0), ("/submit", 2.0), ("/v1/exec", 2.0)] {
        let series = format!("tgsand_requests_total{{path=\"{path}\",status=\"200\"}}");
        assert_eq!(server.metric(&series), eighths * eighth);
        let series = format!("tgsand_request_seconds_bucket{{path=\"{path}\",le=\"+Inf\"}}");
        assert_eq!(server.metric(&series), eighths * eighth);
    }
    assert_eq!(server.metric("tgsand_queue_requests"), 0.0);
}

#[test]
fn a_memory_bomb_hurts_no_neighbour() {
    let server = &Server::start(&["--threads", "2"]);
    let bomb = json!({"language": "python", "memory_limit_MB": 1024,
        "code": "x = []\nwhile True: x.append(bytearray(10_000_000))"});
    std::thread::scope(|scope| {
        let bombs = scope.spawn(|| {
            [0; 6].map(|_| server.post("/run_code", &bomb).json()["run_result"]["end"].clone())
        });
        for number in 0..30 {
            let (path, body, place, expected) = request(8 * number);
            assert_eq!(server.post(path, &body).json().pointer(place), Some(&expected));
        }
        assert_eq!(bombs.join().unwrap(), [0; 6].map(|_| "out-of-memory"));
    });
}
