//! Asks a real server on the loopback for completions, through every way it can fail.
//!
//! Invariant: no assertion depends on time.

mod adapting;
mod outages;

use std::sync::{Arc, Mutex};

use tokio::net::TcpSocket;
use tokio::sync::Barrier;

use super::super::test_server::{Answer, TestServer, completion, good};
use super::super::*;
use super::*;

const KEY: &str = "sk-test-0123456789";

fn config(base_url: &str) -> Config {
    Config {
        model: "coder".into(),
        base_url: base_url.into(),
        api_key: Some(Secret::new(KEY)),
        max_concurrent: Some(4),
        timeout: Duration::from_secs(30),
        max_retries: 3,
        ..Config::default()
    }
}

fn model(config: Config) -> Server {
    Server { base_delay: Duration::ZERO, ..Server::new(config).unwrap() }
}

/// A model whose notices are kept.
fn told(config: Config) -> (Server, Arc<Mutex<Vec<String>>>) {
    let notices = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&notices);
    let notice: Notice = Arc::new(move |text: &str| sink.lock().unwrap().push(text.to_owned()));
    (model(Config { notice: Some(notice), ..config }), notices)
}

fn request() -> Request {
    Request::new("be brief", "1?", Sampling { temperature: Some(0.0), ..Sampling::default() })
}

/// Asks a server with this script once, and checks that the key does not show.
async fn ask(script: Vec<Answer>) -> (Result<Completion, ModelError>, Stats) {
    let server = TestServer::start(script).await;
    let model = model(config(&server.url));
    let result = model.ask(&request()).await;
    if let Err(error) = &result {
        assert!(!format!("{error} {error:?} {error:#?}").contains(KEY), "{error:?}");
    }
    let stats = model.stats();
    assert_eq!(server.seen().len() as u64, stats.attempts);
    (result, stats)
}

/// Asks a server that fails like this and then works.
async fn ask_after(failures: Vec<Answer>) {
    let count = failures.len() as u64;
    let (result, stats) = ask([failures, vec![good("1")]].concat()).await;
    assert_eq!(result.unwrap().text, "1");
    assert_eq!((stats.requests, stats.retries, stats.attempts), (1, count, count + 1));
    assert_eq!((stats.prompt_tokens, stats.completion_tokens), (3, 2));
}

/// Asks a server that always answers like this.
async fn fail(answer: Answer) -> (ModelError, Stats) {
    let (result, stats) = ask(vec![answer]).await;
    (result.unwrap_err(), stats)
}

fn reply(status: u16, body: &str) -> Answer {
    Answer::Reply(status, "", body.into())
}

#[tokio::test]
async fn a_good_reply_is_a_completion() {
    let server = TestServer::start(vec![good("1")]).await;
    let model = model(config(&server.url));
    let usage = Usage { prompt_tokens: 3, completion_tokens: 2, reasoning_tokens: 0 };
    let expected = Completion {
        text: "1".into(),
        reasoning: None,
        finish: Finish::Stop,
        usage,
        system_fingerprint: None,
    };
    assert_eq!(model.ask(&request()).await.unwrap(), expected);
    let [seen] = &server.seen()[..] else { panic!("one request was sent") };
    assert!(seen.head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"));
    assert!(seen.head.contains(&format!("authorization: Bearer {KEY}\r\n")));
    let messages = r#"[{"role":"system","content":"be brief"},{"role":"user","content":"1?"}]"#;
    assert_eq!(
        seen.body,
        format!(r#"{{"model":"coder","messages":{messages},"temperature":0.0}}"#)
    );
}

#[tokio::test]
async fn no_key_sends_no_authorization() {
    let server = TestServer::start(vec![good("1")]).await;
    let model = model(Config { api_key: None, ..config(&server.url) });
    model.ask(&request()).await.unwrap();
    assert!(!server.seen()[0].head.contains("authorization"));
}

#[tokio::test]
async fn a_rate_limit_with_retry_after_is_retried() {
    ask_after(vec![Answer::Reply(429, "Retry-After: 0\r\n", "{}".into())]).await;
}

#[tokio::test]
async fn a_rate_limit_until_a_date_is_retried() {
    let date =
        "Date: Wed, 21 Oct 2099 07:28:00 GMT\r\nRetry-After: Wed, 21 Oct 2099 07:28:00 GMT\r\n";
    let past = "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n";
    for headers in [date, past] {
        ask_after(vec![Answer::Reply(429, headers, "{}".into())]).await;
    }
}

#[tokio::test]
async fn a_rate_limit_for_too_long_is_left_to_a_rerun() {
    for headers in ["Retry-After: 86400\r\n", "Retry-After: Wed, 21 Oct 2099 07:28:00 GMT\r\n"] {
        let (error, stats) = fail(Answer::Reply(429, headers, "{}".into())).await;
        assert!(error.is_transient());
        assert_eq!(stats.retries, 0, "{headers}");
    }
}

#[tokio::test]
async fn two_server_errors_are_retried() {
    ask_after(vec![reply(500, "oops"), reply(503, "<html>busy</html>")]).await;
}

#[tokio::test]
async fn a_dropped_connection_is_retried() {
    ask_after(vec![Answer::Drop]).await;
}

#[tokio::test]
async fn half_a_body_is_retried() {
    ask_after(vec![Answer::Half(completion("half", "stop"))]).await;
}

#[tokio::test]
async fn broken_json_a_web_page_and_an_error_under_a_good_status_are_retried() {
    let error = reply(200, r#"{"error":{"message":"overloaded"}}"#);
    ask_after(vec![
        reply(200, r#"{"choices":["#),
        reply(200, "<!doctype html><p>Bad gateway"),
        error,
    ])
    .await;
}

#[tokio::test]
async fn a_reply_in_time_follows_one_that_never_came() {
    let server = TestServer::start(vec![Answer::Silence, good("1")]).await;
    // A slow machine may need more than one retry.
    let model = model(Config {
        timeout: Duration::from_millis(300),
        max_retries: 20,
        ..config(&server.url)
    });
    assert_eq!(model.ask(&request()).await.unwrap().text, "1");
    assert!(model.stats().retries >= 1);
}

#[tokio::test]
async fn silence_ends_in_a_transient_timeout() {
    let server = TestServer::start(vec![Answer::Silence]).await;
    let timeout = Duration::from_millis(50);
    let error = model(Config { timeout, max_retries: 1, ..config(&server.url) })
        .ask(&request())
        .await
        .unwrap_err();
    assert!(error.is_transient());
    assert!(
        matches!(error, ModelError::Unavailable { attempts: 2, last: Failure::Timeout(after), .. } if after == timeout)
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_transient_error_that_names_it() {
    // Bound but not listening: nobody else can take the port meanwhile.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let error = model(config(&format!("http://{address}/v1"))).ask(&request()).await.unwrap_err();
    assert!(error.is_transient());
    assert!(
        error.to_string().contains(&format!("http://{address}/v1/chat/completions")),
        "{error}"
    );
    assert!(matches!(
        error,
        ModelError::Unavailable { attempts: 4, last: Failure::Connection(_), .. }
    ));
}

#[tokio::test]
async fn a_failed_connection_does_not_show_a_key_that_is_in_the_url() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/{KEY}/v1", socket.local_addr().unwrap());
    let error = model(config(&url)).ask(&request()).await.unwrap_err();
    assert!(error.to_string().contains("/[redacted]/v1/chat/completions"), "{error}");
    assert!(!format!("{error} {error:?}").contains(KEY), "{error:?}");
}

#[tokio::test]
async fn a_server_that_stays_broken_is_a_transient_error_after_all_retries() {
    for answer in [reply(429, "slow down"), reply(502, "gone"), reply(200, "<html>"), Answer::Drop]
    {
        let (error, stats) = fail(answer).await;
        assert!(error.is_transient(), "{error}");
        assert_eq!(
            (stats.requests, stats.retries, stats.attempts, stats.completion_tokens),
            (1, 3, 4, 0)
        );
    }
}

#[tokio::test]
async fn a_denial_stops_at_once_and_says_which_key_was_sent() {
    for status in [401, 403] {
        let (error, stats) = fail(reply(status, r#"{"error":{"message":"bad key"}}"#)).await;
        let words =
            format!("/v1/chat/completions denied access with status {status} (as given): bad key");
        assert!(error.to_string().ends_with(&words), "{error}");
        assert!(!error.is_transient() && !error.is_about_the_request());
        assert_eq!(stats.retries, 0);
    }
    let server = TestServer::start(vec![reply(401, "{}")]).await;
    let keyless = model(Config { api_key: None, ..config(&server.url) });
    assert!(
        keyless.ask(&request()).await.unwrap_err().to_string().contains(
            "401 (no key was sent; --api-key-env NAME names the variable that holds one)"
        )
    );
    let path = Some(Secret::from_env("PATH").unwrap());
    let model = model(Config { api_key: path, ..config(&server.url) });
    let words = "401 (the environment variable PATH)";
    assert!(model.ask(&request()).await.unwrap_err().to_string().contains(words));
}

#[tokio::test]
async fn a_rejection_stops_at_once_with_status_and_message() {
    for status in [400, 418, 422] {
        let (error, stats) = fail(reply(status, r#"{"message":"too odd"}"#)).await;
        assert!(
            error
                .to_string()
                .ends_with(&format!("rejected the request with status {status}: too odd")),
            "{error}"
        );
        assert!(!error.is_transient() && error.is_about_the_request());
        assert_eq!((stats.retries, stats.failures.refused + stats.failures.server), (0, 1));
    }
}

#[tokio::test]
async fn a_model_that_is_not_there_is_named() {
    let (error, stats) =
        fail(reply(404, r#"{"error":{"message":"The model `coder` does not exist."}}"#)).await;
    let words = "/v1/chat/completions has no model `coder`: The model `coder` does not exist.";
    assert!(error.to_string().ends_with(words), "{error}");
    assert!(!error.is_transient() && !error.is_about_the_request());
    assert_eq!(stats.retries, 0);
}

#[tokio::test]
async fn a_path_that_is_not_there_says_what_base_urls_look_like() {
    for body in [r#"{"detail":"Not Found"}"#, "<html><title>Not Found</title>"] {
        let (error, _) = fail(reply(404, body)).await;
        assert!(error.to_string().contains("status 404 (most base URLs end in /v1)"), "{error}");
        assert!(matches!(error, ModelError::NoSuchPath { .. }) && !error.is_about_the_request());
    }
}

#[tokio::test]
async fn a_request_that_is_too_long_is_an_error_of_its_own() {
    let message =
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens";
    let (error, stats) =
        fail(reply(400, &serde_json::json!({"message": message}).to_string())).await;
    assert!(matches!(error, ModelError::TooLong { status: 400, .. }), "{error:?}");
    assert!(!error.is_transient() && error.is_about_the_request());
    assert_eq!(stats.retries, 0);
}

#[tokio::test]
async fn an_account_without_credit_stops_at_once() {
    let quota =
        r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#;
    for (status, body) in [(429, quota), (402, r#"{"error":{"message":"Insufficient Balance"}}"#)] {
        let (error, stats) = fail(reply(status, body)).await;
        assert!(matches!(error, ModelError::OutOfCredit { .. }), "{error:?}");
        assert!(!error.is_transient() && !error.is_about_the_request());
        assert_eq!(stats.retries, 0);
    }
}

#[tokio::test]
async fn usage_that_makes_no_sense_leaves_the_reply_as_it_is() {
    for usage in [r#"{"prompt_tokens":-3,"completion_tokens":-1}"#, r#""none""#, "null"] {
        let body = format!(
            r#"{{"choices":[{{"message":{{"content":"1"}},"finish_reason":"stop"}}],"usage":{usage}}}"#
        );
        let (result, stats) = ask(vec![reply(200, &body)]).await;
        assert_eq!(
            (result.unwrap().text.as_str(), stats.prompt_tokens, stats.completion_tokens),
            ("1", 0, 0)
        );
    }
}

#[tokio::test]
async fn reasoning_tokens_are_counted_where_they_are_told() {
    let usage = r#"{"prompt_tokens":3,"completion_tokens":9,"completion_tokens_details":{"reasoning_tokens":7}}"#;
    let body = format!(
        r#"{{"choices":[{{"message":{{"content":"1"}},"finish_reason":"stop"}}],"usage":{usage}}}"#
    );
    let (_, stats) = ask(vec![reply(200, &body)]).await;
    assert_eq!((stats.completion_tokens, stats.reasoning_tokens, stats.concurrency), (9, 7, 4));
}

#[tokio::test]
async fn failures_are_counted_by_their_kind() {
    let script = vec![reply(429, "{}"), reply(500, ""), reply(200, "<html>"), good("1")];
    let (_, stats) = ask(script).await;
    let failures = Failures { rate_limited: 1, server: 1, unusable: 1, ..Failures::default() };
    assert_eq!((stats.failures, stats.attempts, stats.retries), (failures, 4, 3));
}

#[tokio::test]
async fn a_redirection_is_not_followed_but_told() {
    let (error, _) =
        fail(Answer::Reply(308, "Location: https://example.com/v1\r\n", String::new())).await;
    assert!(matches!(&error, ModelError::NoSuchPath { status: 308, .. }), "{error:?}");
    assert!(error.to_string().ends_with(": moved to https://example.com/v1"), "{error}");
}

#[tokio::test]
async fn a_key_that_the_server_echoes_is_redacted() {
    let quoted = format!(r#"{{"error":{{"message":"Incorrect API key: {KEY}"}}}}"#);
    for status in [200, 400, 401, 500] {
        let (error, _) = fail(reply(status, &quoted)).await;
        assert!(error.to_string().contains("Incorrect API key: [redacted]"), "{error}");
    }
    for body in
        [format!("<p>{KEY}</p>"), format!(r#""{KEY}""#), format!(r#"{{"choices":"{KEY}"}}"#)]
    {
        let (error, _) = fail(reply(200, &body)).await;
        assert!(error.to_string().contains("[redacted]"), "{error}");
    }
}

#[tokio::test]
async fn a_cut_reply_is_told_from_a_whole_one() {
    let (result, _) = ask(vec![reply(200, &completion("1 +", "length"))]).await;
    assert_eq!(result.unwrap().finish, Finish::Length);
}

#[tokio::test]
async fn a_think_section_is_no_part_of_the_text() {
    let (result, _) = ask(vec![good("<think>one plus none</think>\n1")]).await;
    let completion = result.unwrap();
    assert_eq!(
        (completion.reasoning.as_deref(), completion.text.as_str()),
        (Some("one plus none"), "1")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_requests_than_allowed_are_under_way_at_once() {
    let limit = 3;
    // The server answers only when the limit is reached, so that it is known to be reached.
    let server = TestServer::start(vec![Answer::Together(Arc::new(Barrier::new(limit)))]).await;
    let model = Arc::new(model(Config {
        max_concurrent: Some(limit),
        max_retries: 0,
        ..config(&server.url)
    }));
    let asking: Vec<_> = (0..4 * limit)
        .map(|_| {
            let model = Arc::clone(&model);
            tokio::spawn(async move { model.ask(&request()).await.unwrap() })
        })
        .collect();
    for task in asking {
        task.await.unwrap();
    }
    assert_eq!(server.peak(), limit);
    assert_eq!(model.stats().requests, 4 * limit as u64);
}

#[tokio::test]
async fn a_limit_of_none_still_lets_one_request_through() {
    let server = TestServer::start(vec![good("1")]).await;
    model(Config { max_concurrent: Some(0), ..config(&server.url) }).ask(&request()).await.unwrap();
}

#[test]
fn neither_a_model_nor_its_configuration_shows_the_key() {
    let config = config(&format!("http://localhost/{KEY}/v1"));
    assert!(!format!("{config:?} {:?}", config.api_key).contains(KEY));
    assert!(!format!("{:?}", Server::new(config).unwrap()).contains(KEY));
}

#[tokio::test]
async fn a_probe_lists_the_models_or_tells_what_is_wrong() {
    let listed = reply(200, r#"{"object":"list","data":[{"id":"a"},{"id":"b"},{}]}"#);
    let server = TestServer::with_lists(
        vec![good("1")],
        vec![listed, reply(200, "<html>"), reply(401, &format!("no {KEY}"))],
    )
    .await;
    let model = model(config(&server.url));
    assert_eq!(model.probe().await.unwrap(), ["a", "b"]);
    assert!(server.listed()[0].head.starts_with("GET /v1/models HTTP/1.1\r\n"));
    assert!(matches!(
        model.probe().await.unwrap_err(),
        ModelError::Unavailable { last: Failure::Reply(_), .. }
    ));
    let denial = model.probe().await.unwrap_err().to_string();
    assert!(
        denial.ends_with("/v1/models denied access with status 401 (as given): no [redacted]"),
        "{denial}"
    );
}
