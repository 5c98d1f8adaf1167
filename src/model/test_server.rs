//! A small HTTP/1.1 server for the tests, which answers from a script.
//!
//! Invariant: every connection carries one request, and the script's last answer is given again and again. Requests for the list
//! of models have a script of their own, and are counted apart.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinHandle;

/// What the server does with a request.
#[derive(Clone)]
pub(super) enum Answer {
    /// Sends a status, more header lines and a body.
    Reply(u16, &'static str, String),
    /// Closes the connection without a word.
    Drop,
    /// Promises more of a body than it sends.
    Half(String),
    /// Keeps the connection and says nothing.
    Silence,
    /// Sends an event stream in pieces, each after a pause, and closes the connection.
    Drip(&'static [&'static str], Duration),
    /// Gives a good reply as soon as this many requests have arrived.
    Together(Arc<Barrier>),
}

/// What a request said.
#[derive(Clone)]
pub(super) struct Seen {
    /// The request line and the headers, in lower case except for their values.
    pub head: String,
    pub body: String,
}

#[derive(Default)]
struct State {
    seen: Mutex<Vec<Seen>>,
    /// The requests for the list of models.
    listed: Mutex<Vec<Seen>>,
    under_way: AtomicUsize,
    peak: AtomicUsize,
}

/// A running server, which ends with this value.
pub(super) struct TestServer {
    pub url: String,
    state: Arc<State>,
    task: JoinHandle<()>,
}

/// The body of a good reply.
pub(super) fn completion(text: &str, finish: &str) -> String {
    serde_json::json!({
        "id": "1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    })
    .to_string()
}

/// The body of a good reply with several choices.
pub(super) fn choices(texts: &[&str]) -> String {
    let choice =
        |text: &&str| serde_json::json!({"message": {"content": text}, "finish_reason": "stop"});
    let usage = serde_json::json!({"prompt_tokens": 3, "completion_tokens": 2 * texts.len()});
    serde_json::json!({"choices": texts.iter().map(choice).collect::<Vec<_>>(), "usage": usage})
        .to_string()
}

/// A good reply.
pub(super) fn good(text: &str) -> Answer {
    Answer::Reply(200, "", completion(text, "stop"))
}

impl TestServer {
    /// Starts a server that gives these answers in turn, and has no list of models.
    pub(super) async fn start(script: Vec<Answer>) -> Self {
        Self::with_lists(script, vec![Answer::Reply(404, "", "no such path".into())]).await
    }

    /// The same with these answers, in turn, to requests for the list of models.
    pub(super) async fn with_lists(script: Vec<Answer>, lists: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let scripts = (script.clone(), lists.clone());
                tokio::spawn(serve(stream, scripts, Arc::clone(&shared)));
            }
        });
        Self { url, state, task }
    }

    /// The requests so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    /// The requests for the list of models so far.
    pub(super) fn listed(&self) -> Vec<Seen> {
        self.state.listed.lock().unwrap().clone()
    }

    /// The bodies of the requests so far.
    pub(super) fn bodies(&self) -> Vec<serde_json::Value> {
        self.seen().iter().map(|seen| serde_json::from_str(&seen.body).unwrap()).collect()
    }

    /// The most requests that were under way at once.
    pub(super) fn peak(&self) -> usize {
        self.state.peak.load(Ordering::SeqCst)
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(stream: TcpStream, scripts: (Vec<Answer>, Vec<Answer>), state: Arc<State>) {
    let mut stream = BufReader::new(stream);
    let Some(request) = read_request(&mut stream).await else { return };
    let (script, seen) = match request.head.starts_with("GET ") {
        true => (scripts.1, &state.listed),
        false => (scripts.0, &state.seen),
    };
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(request);
        seen.len() - 1
    };
    let under_way = state.under_way.fetch_add(1, Ordering::SeqCst) + 1;
    state.peak.fetch_max(under_way, Ordering::SeqCst);
    let answer = &script[number.min(script.len() - 1)];
    if let Answer::Together(barrier) = answer {
        barrier.wait().await;
        // One request too many would come in this time.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Before the reply, as it lets the client send the next request.
    state.under_way.fetch_sub(1, Ordering::SeqCst);
    let reply = match answer {
        Answer::Reply(status, headers, body) => message(*status, headers, body, body.len()),
        Answer::Together(_) => {
            message(200, "", &completion("1", "stop"), completion("1", "stop").len())
        }
        Answer::Half(body) => message(200, "", &body[..body.len() / 2], body.len()),
        Answer::Drip(pieces, pause) => {
            for piece in
                ["HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"]
                    .iter()
                    .chain(*pieces)
            {
                tokio::time::sleep(*pause).await;
                if stream.get_mut().write_all(piece.as_bytes()).await.is_err() {
                    return;
                }
            }
            return;
        }
        Answer::Drop => return,
        Answer::Silence => std::future::pending().await,
    };
    // A client that has gone is none of our business.
    let _ = stream.get_mut().write_all(reply.as_bytes()).await;
    let _ = stream.get_mut().shutdown().await;
}

fn message(status: u16, headers: &str, body: &str, length: usize) -> String {
    format!(
        "HTTP/1.1 {status} Status\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
    )
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> Option<Seen> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let start = head.len();
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
        let line = head[start..].trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Seen { head, body: String::from_utf8(body).ok()? })
}
