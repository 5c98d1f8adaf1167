//! A server of completions and embeddings for the tests, in threads of this process; the command that asks it is another process.
//!
//! Invariant: every connection carries one request, and what is answered is the script's to say. The list of models is no
//! request of the script's.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value as Json, json};

/// A request as the server sees it.
pub struct Asked {
    /// Its number, from 0.
    pub number: usize,
    /// The request line and the headers.
    pub head: String,
    /// The body; null where there is none.
    pub body: Json,
}

impl Asked {
    /// All that is said in its messages.
    pub fn text(&self) -> String {
        let messages = self.body["messages"].as_array().into_iter().flatten();
        messages.filter_map(|message| message["content"].as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The texts that embeddings are asked for; none if it is a conversation.
    pub fn inputs(&self) -> Vec<&str> {
        self.body["input"].as_array().into_iter().flatten().filter_map(Json::as_str).collect()
    }
}

/// What the server does with a request.
pub enum Answer {
    /// A status, more header lines (each with its line end) and a body.
    Reply(u16, &'static str, String),
    /// Half of such a reply with status 200, then the end of the connection.
    Half(String),
    /// The end of the connection.
    Drop,
    /// A stream of this event, without a pause and without an end.
    Endless(&'static str),
    /// Nothing, for so long.
    Silence(Duration),
}

/// A good reply.
pub fn good(content: &str) -> Answer {
    Answer::Reply(200, "", completion(content, "stop"))
}

/// A good reply with an embedding of each text that was sent; the last comes first, as the index decides.
pub fn embeddings(asked: &Asked, of: impl Fn(&str) -> Vec<f64>) -> Answer {
    let embedding = |(index, text): (usize, &&str)| json!({"object": "embedding", "index": index, "embedding": of(text)});
    let inputs = asked.inputs();
    let data: Vec<Json> = inputs.iter().enumerate().rev().map(embedding).collect();
    let tokens = 10 * inputs.len();
    let usage = json!({"prompt_tokens": tokens, "total_tokens": tokens});
    Answer::Reply(200, "", json!({"object": "list", "data": data, "usage": usage}).to_string())
}

/// A list of one model.
pub fn list(model: Json) -> Answer {
    Answer::Reply(200, "", json!({"object": "list", "data": [model]}).to_string())
}

/// The body of a reply.
pub fn completion(content: &str, finish: &str) -> String {
    json!({
        "choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 20},
    })
    .to_string()
}

/// A running server; its threads end with the process.
pub struct ModelServer {
    /// The address, up to and including `/v1`.
    pub url: String,
    requests: Arc<AtomicUsize>,
}

impl ModelServer {
    /// Starts a server that answers as it is told to, and has no list of models.
    pub fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::with_list(|| Answer::Reply(404, "", "no such path".into()), answer)
    }

    /// The same with a list of models.
    pub fn with_list(
        list: impl Fn() -> Answer + Send + Sync + 'static,
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        let answer = move |asked: Option<&Asked>| asked.map_or_else(&list, &answer);
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (count, answer) = (Arc::clone(&count), Arc::clone(&answer));
                // A client that goes away in the middle is none of the server's business.
                std::thread::spawn(move || {
                    stream.and_then(|stream| serve(stream, &count, &*answer))
                });
            }
        });
        Self { url, requests }
    }

    /// How many requests have come in, beside those for the list of models.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn serve(
    mut stream: TcpStream,
    count: &AtomicUsize,
    answer: &dyn Fn(Option<&Asked>) -> Answer,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    let mut len = 0;
    loop {
        let start = head.len();
        if reader.read_line(&mut head)? <= 2 {
            break;
        }
        if let Some(value) = head[start..].to_ascii_lowercase().strip_prefix("content-length:") {
            len = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; len];
    reader.read_exact(&mut body)?;
    let asked = (!head.starts_with("GET ")).then(|| Asked {
        number: count.fetch_add(1, Ordering::SeqCst),
        head,
        body: serde_json::from_slice(&body).unwrap_or(Json::Null),
    });
    let reply = |status: u16, headers: &str, body: &str, len: usize| {
        format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {len}\r\nconnection: close\r\n{headers}\r\n{body}"
        )
    };
    let text = match answer(asked.as_ref()) {
        Answer::Reply(status, headers, body) => reply(status, headers, &body, body.len()),
        Answer::Half(body) => reply(200, "", &body[..body.len() / 2], body.len()),
        Answer::Drop => return Ok(()),
        Answer::Endless(event) => {
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
            stream.write_all(head.as_bytes())?;
            loop {
                stream.write_all(event.as_bytes())?;
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        Answer::Silence(time) => {
            std::thread::sleep(time);
            return Ok(());
        }
    };
    stream.write_all(text.as_bytes())
}
