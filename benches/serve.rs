//! How a server fares with many clients at once, and how much fuel a thread burns in a second.
//!
//! `cargo bench --bench serve`; `TGSAND_BENCH_REQUESTS` sets the requests of each row, `TGSAND_BENCH_CLIENTS` how many are in flight at
//! a time. Prints two tables; nothing here passes or fails by its time, but an answer that is not its request's own ends it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tgsand::sandbox::{Isolation, Job, Limits, Runtime, Sandbox, runtime};

/// Programs that never end, each with another kind of work.
const LOOPS: [(&str, &str); 5] = [
    ("nothing", "while True: pass"),
    ("integers", "x = 0\nfor i in range(10**9): x += i * 2"),
    ("floats", "import math\nfor i in range(10**9): math.sqrt(i) + i / 3.7"),
    ("texts", "s = ''\nfor i in range(10**9): s = chr(i % 100) + s[:50]"),
    ("dictionaries", "d = {}\nfor i in range(10**9): d[i % 1000] = str(i)"),
];
const FUEL: u64 = 20_000_000_000;

struct Server {
    child: Child,
    address: SocketAddr,
    _messages: BufReader<std::process::ChildStderr>,
}

impl Server {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tgsand"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--fuel-per-second", "1G"]);
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the server starts");
        let mut messages = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert!(messages.read_line(&mut line).is_ok_and(|len| len > 0), "the server ended");
            if let Some((_, address)) = line.trim_end().split_once("listening on http://") {
                break address.parse().expect("an address");
            }
        };
        Self { child, address, _messages: messages }
    }

    fn post(&self, path: &str, body: &Json) -> (u16, Json) {
        let body = body.to_string();
        let mut stream = TcpStream::connect(self.address).expect("the server listens");
        let len = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len}\r\n\r\n"
        );
        stream.write_all((head + &body).as_bytes()).expect("the server reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the server answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.expect("a status"), serde_json::from_str(body).expect("JSON"))
    }

    fn resident(&self) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        kib.map_or("-".into(), |kib| format!("{} MiB", kib >> 10))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The request of a number, and what of its answer says that it is its own.
type Request = fn(usize) -> (&'static str, Json, &'static str, Json);

const ROWS: [(&str, Request); 4] = [
    ("run_code, prints a number", |number| {
        let body = json!({"language": "python", "code": format!("print({number})")});
        ("/run_code", body, "/run_result/stdout", format!("{number}\n").into())
    }),
    ("submit, a solution and its test", |number| {
        let body = json!({"src_uid": format!("u{number}"), "lang": "python",
            "func_code": format!("def f(x):\n    return x + {number}"),
            "main_code": format!("def test():\n    for x in range(100):\n        assert f(x) == x + {number}\n")});
        ("/submit", body, "/src_uid", format!("u{number}").into())
    }),
    ("v1/exec, a call, checked", |number| {
        let body = json!({"id": number, "code": "def f(x):\n    return x + 1", "entry": "f", "cases": [{"args": [number]}]});
        ("/v1/exec", body, "/cases/0/value", (number + 1).into())
    }),
    ("mixed: 1 of 10 never ends, 1 is a memory bomb", |number| {
        let code = match number % 10 {
            0 => "while True: pass".to_owned(),
            1 => "x = []\nwhile True: x.append(bytearray(20_000_000))".to_owned(),
            _ => format!("print({number})"),
        };
        let body = json!({"language": "python", "code": code, "run_timeout": 0.4});
        let (place, expected) = match number % 10 {
            0 => ("/run_result/end", "out-of-fuel".into()),
            1 => ("/run_result/end", "out-of-memory".into()),
            _ => ("/run_result/stdout", format!("{number}\n").into()),
        };
        ("/run_code", body, place, expected)
    }),
];

fn number_of(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().expect("a number"))
}

fn measure(
    server: &Server,
    request: Request,
    requests: usize,
    clients: usize,
) -> (Duration, Vec<Duration>) {
    let next = AtomicUsize::new(0);
    let latencies = Mutex::new(Vec::with_capacity(requests));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= requests {
                        return;
                    }
                    let (path, body, place, expected) = request(number);
                    let begun = Instant::now();
                    let (status, answer) = server.post(path, &body);
                    let took = begun.elapsed();
                    assert_eq!((status, answer.pointer(place)), (200, Some(&expected)), "{answer}");
                    latencies.lock().expect("no client failed").push(took);
                }
            });
        }
    });
    let mut latencies = latencies.into_inner().expect("no client failed");
    latencies.sort();
    (begun.elapsed(), latencies)
}

fn main() {
    let (requests, clients) =
        (number_of("TGSAND_BENCH_REQUESTS", 5000), number_of("TGSAND_BENCH_CLIENTS", 256));
    let build = if cfg!(debug_assertions) { "development" } else { "release" };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{build} build, {threads} threads, {requests} requests, {clients} in flight\n");
    println!("{:46} {:>10} {:>9} {:>9} {:>9}", "", "requests/s", "p50", "p99", "resident");
    let server = Server::start();
    for (name, request) in ROWS {
        let (all, latencies) = measure(&server, request, requests, clients);
        let at = |share: f64| {
            latencies[((latencies.len() - 1) as f64 * share).round() as usize].as_millis()
        };
        let rate = requests as f64 / all.as_secs_f64();
        println!(
            "{name:46} {rate:>10.0} {:>6} ms {:>6} ms {:>9}",
            at(0.5),
            at(0.99),
            server.resident()
        );
    }
    drop(server);
    println!("\n{:46} {:>10}", "one thread, a loop over", "fuel/s");
    let runtime: Runtime = runtime::named(runtime::DEFAULT).expect("the runtime is built in");
    let sandbox = Sandbox::open(&runtime, 1).expect("the runtime is installed");
    for (name, code) in LOOPS {
        let limits = Limits { fuel: FUEL, ..Limits::default() };
        let job =
            Job { code: code.into(), limits, isolation: Isolation::Program, ..Job::default() };
        let begun = Instant::now();
        sandbox.run(job).expect("the host does not fail");
        println!("{name:46} {:>8.1} G", FUEL as f64 / 1e9 / begun.elapsed().as_secs_f64());
    }
}
