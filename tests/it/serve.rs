//! `tgsand serve` as its clients meet it: a process of its own, and plain HTTP over sockets.
//!
//! Invariant: every test has a server of its own, which ends with the test.

mod access;
mod evaluate;
mod exec;
mod fusion_client;
mod load;
mod run_code;
mod stop;
mod submit;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::cli::tgsand;

/// How long a test waits for what has to come about.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server that is killed when the test is over.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// Held, so that the server has somewhere to write to.
    _messages: BufReader<std::process::ChildStderr>,
}

impl Server {
    /// Starts a server on a free port of this machine.
    pub fn start(args: &[&str]) -> Self {
        Self::start_with(args, &[])
    }

    /// The same with environment variables.
    pub fn start_with(args: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = tgsand();
        command.arg("serve").args(args);
        for default in [["--listen", "127.0.0.1:0"], ["--threads", "2"]] {
            if !args.contains(&default[0]) {
                command.args(default);
            }
        }
        command.envs(variables.iter().copied()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut messages = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        messages.read_line(&mut line).unwrap();
        let address = line
            .trim_end()
            .strip_prefix("tgsand: listening on http://")
            .unwrap_or_else(|| panic!("the server said {line:?}"));
        Self { address: address.parse().unwrap(), child, _messages: messages }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends a request with these header lines besides those that every request needs.
    pub fn request(&self, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
        let mut stream = self.connect();
        let host = match headers.iter().any(|line| line.starts_with("Host:")) {
            true => String::new(),
            false => format!("Host: {}\r\n", self.address),
        };
        let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let head = format!(
            "{method} {path} HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: {}\r\n{lines}\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).unwrap();
        Answer::read(&mut stream)
    }

    pub fn post(&self, path: &str, body: &Json) -> Answer {
        self.request("POST", path, &[], body.to_string().as_bytes())
    }

    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], b"")
    }

    /// The value of one series of the metrics; 0 if there is none yet.
    pub fn metric(&self, series: &str) -> f64 {
        let page = self.get("/metrics").text();
        let value = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.map_or(0.0, |value| value.parse().unwrap())
    }

    /// Waits until so many requests are in work or waiting.
    #[track_caller]
    pub fn wait_for_requests(&self, count: usize) {
        wait_until(|| self.metric("tgsand_queue_requests") == count as f64);
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = std::process::Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits until the process has ended, and gives its exit code.
    pub fn code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for something that has to come about.
#[track_caller]
pub fn wait_until(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "it never came about");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    /// Reads an answer whose connection ends with it.
    pub fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let end =
            end.unwrap_or_else(|| panic!("not an answer: {}", String::from_utf8_lossy(&bytes)));
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head, body: bytes[end + 4..].to_vec() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (this, value) = line.split_once(": ")?;
            this.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}
