//! How replies, failures and addresses are read and redacted.
//!
//! Invariant: no text of a test shows the key where it was redacted.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::model::config::Protocol;
use crate::model::test_server::{Answer, TestServer, completion, good};

const KEY: &str = "sk-SECRET/ab";

/// A client of a server that gives this answer.
async fn client(answer: Answer, is_streamed: bool, timeout: Duration) -> (TestServer, Client) {
    let server = TestServer::start(vec![answer]).await;
    let address = Address {
        protocol: Protocol::Chat,
        base_url: &server.url,
        api_key: Some(Secret::new(KEY)),
        timeout,
        is_streamed,
        connections: 1,
    };
    let client = Client::new(address).unwrap();
    (server, client)
}

async fn exchanged(answer: Answer) -> Completion {
    let (_server, client) = client(answer, false, Duration::from_secs(60)).await;
    client.exchange(&Wire::default()).await.unwrap().swap_remove(0)
}

#[tokio::test]
async fn a_key_in_the_json_of_a_reply_is_gone_from_the_text_and_from_the_json() {
    for (text, json) in [
        (r#"{"a": "sk-SECRET\/ab"}"#, r#"{"a":"[redacted]"}"#),
        (r#"["\u0073k-\u0053ECRET/ab", 1, null]"#, r#"["[redacted]",1,null]"#),
        (
            r#"{"sk-SECRET%2fab": [{"b": "sk-SEC\nRET/ab"}]}"#,
            r#"{"[redacted]":[{"b":"[redacted]"}]}"#,
        ),
        (
            r#"["sk-SECRET/ab", 18446744073709551617, NaN, "\ud800"]"#,
            r#"["[redacted]",18446744073709551617,NaN,"\ud800"]"#,
        ),
        (r#"So: {"a": "sk-\u0053ECRET\t/ab"}."#, r#"{"a":"[redacted]"}"#),
    ] {
        let completion = exchanged(good(text)).await;
        assert_eq!(completion.json().unwrap().to_string(), json, "{text}");
        assert!(!completion.text.contains("ECRET"), "{}", completion.text);
    }
}

#[tokio::test]
async fn a_reply_without_the_key_stays_as_it_is() {
    let text = "```json\n{\"a\":  \"\\u0073k\"}\n```";
    assert_eq!(exchanged(good(text)).await.text, text);
}

#[tokio::test]
async fn a_key_in_the_reason_to_finish_is_redacted() {
    let completion = exchanged(Answer::Reply(200, "", completion("1", &format!("no {KEY}")))).await;
    assert_eq!(completion.finish, Finish::Other("no [redacted]".into()));
}

/// How a stream of these pieces fails that would be a good one in time.
async fn streamed(piece: &'static str, count: usize, timeout: Duration) -> Failure {
    let begin = "data: {\"choices\":[{\"delta\":{\"content\":\"1\"}}]}\n\n";
    let pieces = [vec![begin], vec![piece; count], vec!["data: [DONE]\n\n"]].concat();
    let (_server, client) =
        client(Answer::Drip(pieces.leak(), Duration::from_millis(20)), true, timeout).await;
    client.exchange(&Wire::default()).await.unwrap_err().failure
}

#[tokio::test]
async fn comments_and_empty_deltas_do_not_prolong_a_stream() {
    let limit = Duration::from_millis(200);
    for piece in [": wait\n\n", "data: {\"choices\":[{\"delta\":{}}]}\n\n"] {
        assert_eq!(streamed(piece, 40, limit).await, Failure::Timeout(limit), "{piece}");
    }
}

#[tokio::test]
async fn a_stream_that_never_comes_to_an_end_is_given_up() {
    let piece = "data: {\"choices\":[{\"delta\":{\"content\":\"1\"}}]}\n\n";
    let failure = streamed(piece, 100, Duration::from_millis(50)).await;
    assert!(matches!(failure, Failure::Timeout(_)), "{failure}");
}

#[tokio::test]
async fn an_error_body_that_drips_is_cut_at_the_time_out_and_its_status_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = Address {
        protocol: Protocol::Chat,
        base_url: &format!("http://{}", listener.local_addr().unwrap()),
        api_key: None,
        timeout: Duration::from_secs(1),
        is_streamed: true,
        connections: 1,
    };
    let client = Client::new(address).unwrap();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\n").await.unwrap();
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let wire = Wire::default();
    let setback = tokio::select! {
        result = client.exchange(&wire) => result.unwrap_err(),
        () = serve => panic!("the client read it all"),
    };
    assert_eq!(setback.failure, Failure::Status { status: 500, excerpt: "(empty)".into() });
}
