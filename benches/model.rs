//! How close the model client comes to the time that its server's latency allows.
//!
//! `cargo bench --bench model`; `TGSAND_BENCH_REQUESTS` sets their number. The server is a thread of this process that answers
//! every request after 200 ms; prints one table, and nothing here passes or fails by its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use tgsand::model::{Config, Model, Request, Sampling};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

type Error = Box<dyn std::error::Error>;

const LATENCY: Duration = Duration::from_millis(200);
/// What the server can work on at a time, for the row that has such a server.
const CAPACITY: usize = 64;
const REPLY: &str = r#"{"choices":[{"message":{"content":"1"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1}}"#;

/// A server that answers after its latency, more than its capacity with status 429.
struct Server {
    url: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    async fn start(capacity: usize) -> Result<Self, Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        let (requests, under_way) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (count, under_way) = (Arc::clone(&count), Arc::clone(&under_way));
                // A client that hangs up ends its connection, and only that.
                tokio::spawn(
                    async move { drop(serve(stream, &count, &under_way, capacity).await) },
                );
            }
        });
        Ok(Self { url, requests })
    }
}

async fn serve(
    stream: TcpStream,
    requests: &AtomicUsize,
    under_way: &AtomicUsize,
    capacity: usize,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let (mut line, mut body) = (String::new(), Vec::new());
    loop {
        let mut len = 0;
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            match line.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    len = value.trim().parse().unwrap_or(0);
                }
                Some(_) => {}
                None if line.trim_end().is_empty() => break,
                None => {}
            }
        }
        body.resize(len, 0);
        stream.read_exact(&mut body).await?;
        requests.fetch_add(1, Ordering::Relaxed);
        let is_refused = under_way.fetch_add(1, Ordering::Relaxed) >= capacity;
        if !is_refused {
            tokio::time::sleep(LATENCY).await;
        }
        under_way.fetch_sub(1, Ordering::Relaxed);
        let (status, reply) =
            if is_refused { ("429 Too Many Requests", "{}") } else { ("200 OK", REPLY) };
        let reply = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{reply}", reply.len());
        stream.get_mut().write_all(reply.as_bytes()).await?;
    }
}

/// Asks so many requests of a server, and prints a row.
async fn measure(
    name: &str,
    given: Option<usize>,
    capacity: usize,
    requests: usize,
) -> Result<(), Error> {
    let server = Server::start(capacity).await?;
    let config = Config {
        model: "bench".into(),
        base_url: server.url.clone(),
        max_concurrent: given,
        ..Config::default()
    };
    let model = Model::new(tgsand::model::Setup::of(tgsand::model::Server::new(config)?));
    let request = Request::new("be brief", "1?", Sampling::default());
    let at_once = given.unwrap_or(256).min(capacity);
    let start = Instant::now();
    let failures = stream::iter(0..requests)
        .map(|_| model.complete(&request))
        .buffer_unordered(4096)
        .filter(|result| std::future::ready(result.is_err()))
        .count()
        .await;
    let measured = start.elapsed().as_secs_f64();
    let ideal = requests.div_ceil(at_once) as f64 * LATENCY.as_secs_f64();
    let sent = server.requests.load(Ordering::Relaxed);
    println!(
        "{name:<34} {requests:>8} {sent:>8} {failures:>8} {:>6} {ideal:>8.2} {measured:>8.2} {:>6.2}",
        model.server().stats().concurrency,
        measured / ideal
    );
    Ok(())
}

fn main() -> Result<(), Error> {
    let requests = std::env::var("TGSAND_BENCH_REQUESTS")
        .ok()
        .map(|text| text.parse())
        .transpose()?
        .unwrap_or(2000);
    println!(
        "{:<34} {:>8} {:>8} {:>8} {:>6} {:>8} {:>8} {:>6}",
        "", "requests", "sent", "failed", "limit", "ideal s", "s", "ratio"
    );
    // One that has seen a server before is no faster: every row has a client of its own.
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        measure("256 at a time", Some(256), usize::MAX, requests).await?;
        measure("none given", None, usize::MAX, requests).await?;
        measure("none given, server takes 64", None, CAPACITY, requests).await?;
        measure("256 at a time, server takes 64", Some(256), CAPACITY, requests).await?;
        measure("1 at a time", Some(1), usize::MAX, 20).await
    })
}
