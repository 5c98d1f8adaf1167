//! Suits requests to servers that do not take them as they are.
//!
//! Invariant: every script ends with the answer that a suited request gets.

use serde_json::{Value, json};

use super::*;
use crate::model::test_server::choices;

fn refusal(param: &str) -> Answer {
    let message = format!("Unsupported parameter, {KEY}");
    reply(400, &json!({"error": {"message": message, "param": param}}).to_string())
}

fn with_schema() -> Request {
    request().with_schema(Schema { name: "calls".into(), schema: json!({"type": "array"}) })
}

fn with_max_tokens(max_tokens: u32) -> Request {
    Request {
        sampling: Sampling { max_tokens: Some(max_tokens), ..Sampling::default() },
        ..request()
    }
}

fn cut(text: &str) -> Answer {
    reply(200, &completion(text, "length"))
}

/// The values of one field of all requests so far.
fn sent(server: &TestServer, field: &str) -> Vec<Value> {
    server.bodies().iter().map(|body| body[field].clone()).collect()
}

#[tokio::test]
async fn a_parameter_that_is_refused_is_left_out_from_then_on_and_told_once() {
    let server = TestServer::start(vec![refusal("temperature"), good("1")]).await;
    let (model, notices) = told(Config { max_retries: 0, ..config(&server.url) });
    for _ in 0..2 {
        assert_eq!(model.ask(&request()).await.unwrap().text, "1");
    }
    assert_eq!(sent(&server, "temperature"), [json!(0.0), Value::Null, Value::Null]);
    let notices = notices.lock().unwrap();
    let words = "does not support `temperature`, which is left out from now on (status 400: Unsupported parameter, [redacted])";
    assert!(notices.len() == 1 && notices[0].ends_with(words), "{notices:?}");
    assert_eq!(model.stats().retries, 0);
}

#[tokio::test]
async fn every_refused_parameter_is_left_out_in_turn() {
    let sampling = Sampling {
        temperature: Some(0.0),
        top_p: Some(0.9),
        seed: Some(1),
        stop: vec!["x".into()],
        reasoning_effort: Some("low".into()),
        extra: serde_json::Map::from_iter([("top_k".to_owned(), 1.into())]),
        ..Sampling::default()
    };
    let fields = ["temperature", "top_p", "seed", "stop", "reasoning_effort", "top_k"];
    let script = fields.map(refusal).into_iter().chain([good("1")]).collect();
    let server = TestServer::start(script).await;
    let model = model(Config { max_retries: 0, ..config(&server.url) });
    model.ask(&Request { sampling, ..request() }).await.unwrap();
    let last = server.bodies().pop().unwrap();
    assert_eq!(last.as_object().unwrap().keys().collect::<Vec<_>>(), ["model", "messages"]);
}

#[tokio::test]
async fn a_refusal_of_what_was_not_sent_is_a_rejection() {
    let (error, stats) = fail(refusal("top_p")).await;
    assert!(matches!(error, ModelError::Rejected { status: 400, .. }), "{error:?}");
    assert_eq!(stats.attempts, 1);
}

#[tokio::test]
async fn max_tokens_gets_its_newer_name_where_that_is_wanted() {
    let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    let refused =
        reply(400, &json!({"error": {"message": message, "param": "max_tokens"}}).to_string());
    let server = TestServer::start(vec![refused, good("1")]).await;
    let model = model(Config { max_retries: 0, ..config(&server.url) });
    model.ask(&with_max_tokens(64)).await.unwrap();
    assert_eq!(sent(&server, "max_tokens"), [json!(64), Value::Null]);
    assert_eq!(sent(&server, "max_completion_tokens"), [Value::Null, json!(64)]);
}

#[tokio::test]
async fn max_tokens_is_left_out_where_neither_name_is_taken() {
    let script = vec![refusal("max_tokens"), refusal("max_completion_tokens"), good("1")];
    let server = TestServer::start(script).await;
    let model = model(Config { max_retries: 0, ..config(&server.url) });
    model.ask(&with_max_tokens(64)).await.unwrap();
    assert_eq!(sent(&server, "max_tokens"), [json!(64), Value::Null, Value::Null]);
    assert_eq!(sent(&server, "max_completion_tokens"), [Value::Null, json!(64), Value::Null]);
}

#[tokio::test]
async fn a_schema_that_is_refused_is_told_to_the_model_from_then_on() {
    let refused =
        reply(400, r#"{"error":{"message":"This response_format type is unavailable now"}}"#);
    let server = TestServer::start(vec![refused, good("So:\n```json\n[1]\n```\n")]).await;
    let (model, notices) = told(config(&server.url));
    for _ in 0..2 {
        assert_eq!(model.ask(&with_schema()).await.unwrap().json(), Some(json!([1]).into()));
    }
    let held: Vec<bool> =
        sent(&server, "response_format").iter().map(|format| !format.is_null()).collect();
    assert_eq!(held, [true, false, false]);
    let words = "fits this schema:\n```json\n{\"type\":\"array\"}\n```";
    assert!(server.bodies()[2]["messages"][1]["content"].as_str().unwrap().ends_with(words));
    assert_eq!(notices.lock().unwrap().len(), 1);
    assert_eq!(model.stats().retries, 0);
}

#[tokio::test]
async fn a_schema_that_is_ignored_is_told_to_the_model() {
    let server = TestServer::start(vec![good("Sure! f(1)"), good("```json\n[1]\n```")]).await;
    let (model, notices) = told(config(&server.url));
    let completion = model.ask(&with_schema()).await.unwrap();
    assert_eq!(completion.json(), Some(json!([1]).into()));
    assert_eq!(
        completion.usage,
        Usage { prompt_tokens: 6, completion_tokens: 4, reasoning_tokens: 0 }
    );
    assert_eq!(model.ask(&with_schema()).await.unwrap().usage.prompt_tokens, 3);
    assert_eq!((server.seen().len(), notices.lock().unwrap().len()), (3, 1));
}

#[tokio::test]
async fn a_model_that_gives_no_json_either_way_is_asked_twice_and_not_for_ever() {
    let server = TestServer::start(vec![good("no")]).await;
    let model = model(config(&server.url));
    assert_eq!(model.ask(&with_schema()).await.unwrap().json(), None);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn json_in_a_reply_to_a_schema_is_no_reason_to_ask_again() {
    let server = TestServer::start(vec![good(" [1]\n")]).await;
    assert_eq!(model(config(&server.url)).ask(&with_schema()).await.unwrap().text, " [1]\n");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_cut_reply_is_asked_again_once_with_twice_as_many_tokens() {
    let server = TestServer::start(vec![cut("1 +"), good("1 + 1")]).await;
    let completion = model(config(&server.url)).ask(&with_max_tokens(64)).await.unwrap();
    assert_eq!((completion.text.as_str(), completion.usage.completion_tokens), ("1 + 1", 4));
    assert_eq!(sent(&server, "max_tokens"), [64, 128]);

    let server = TestServer::start(vec![cut("1 +")]).await;
    let completion = model(config(&server.url)).ask(&with_max_tokens(64)).await.unwrap();
    assert_eq!(
        (completion.finish.clone(), completion.json(), server.seen().len()),
        (Finish::Length, None, 2)
    );
}

#[tokio::test]
async fn a_cut_reply_is_asked_again_within_the_bound_alone() {
    for (longest_reply, asked) in
        [(Some(100), vec![64, 100]), (Some(64), vec![64]), (Some(10), vec![64])]
    {
        let server = TestServer::start(vec![cut("1 +")]).await;
        let model = model(Config { longest_reply, ..config(&server.url) });
        model.ask(&with_max_tokens(64)).await.unwrap();
        assert_eq!(sent(&server, "max_tokens"), asked);
    }
}

#[tokio::test]
async fn a_cut_reply_stands_when_the_longer_one_is_refused() {
    let refused =
        reply(400, r#"{"error":{"message":"max_tokens is too large","param":"max_tokens"}}"#);
    let server = TestServer::start(vec![cut("1 +"), refused]).await;
    let completion = model(config(&server.url)).ask(&with_max_tokens(64)).await.unwrap();
    assert_eq!((completion.text.as_str(), completion.finish), ("1 +", Finish::Length));
}

async fn ask_many(
    model: &Server,
    request: &Request,
    n: u32,
) -> Vec<Result<Completion, ModelError>> {
    let samples: Vec<Request> = (0..n).map(|sample| request.clone().with_sample(sample)).collect();
    model.ask_many(&samples, &mut Usage::default()).await
}

#[tokio::test]
async fn several_samples_are_asked_for_at_once() {
    let server = TestServer::start(vec![reply(200, &choices(&["a", "b", "c"]))]).await;
    let model = model(config(&server.url));
    let seeded =
        Request { sampling: Sampling { seed: Some(7), ..Sampling::default() }, ..request() };
    let texts: Vec<String> =
        ask_many(&model, &seeded, 3).await.into_iter().map(|result| result.unwrap().text).collect();
    assert_eq!(texts, ["a", "b", "c"]);
    assert_eq!((sent(&server, "n"), sent(&server, "seed")), (vec![3.into()], vec![7.into()]));
    assert_eq!(
        (model.stats().requests, model.stats().attempts, model.stats().completion_tokens),
        (3, 1, 6)
    );
}

#[tokio::test]
async fn samples_that_a_server_does_not_give_at_once_are_asked_for_one_by_one_and_so_are_all_later_ones()
 {
    let seeded =
        Request { sampling: Sampling { seed: Some(7), ..Sampling::default() }, ..request() };
    let refused =
        reply(400, r#"{"error":{"message":"Only one completion choice is allowed","param":"n"}}"#);
    let rejected = reply(400, r#"{"error":{"message":"one at a time, please"}}"#);
    for (script, seeds) in [
        // The first ignores `n`; the second and the third refuse it, the third without a clear word.
        (vec![good("a")], vec![7, 8, 9, 7, 8]),
        (vec![refused, good("a")], vec![7, 7, 8, 9, 7, 8]),
        (vec![rejected, good("a")], vec![7, 7, 8, 9, 7, 8]),
    ] {
        let server = TestServer::start(script).await;
        let (model, notices) = told(Config { max_concurrent: Some(1), ..config(&server.url) });
        for n in [3, 2] {
            let results = ask_many(&model, &seeded, n).await;
            assert!(results.len() == n as usize && results.iter().all(Result::is_ok));
        }
        assert_eq!(sent(&server, "seed"), seeds);
        assert_eq!(sent(&server, "n").iter().filter(|n| !n.is_null()).count(), 1);
        assert_eq!((notices.lock().unwrap().len(), model.stats().requests), (1, 5));
    }
}

#[tokio::test]
async fn samples_fail_together_when_the_server_lets_nobody_in() {
    let server = TestServer::start(vec![reply(401, "{}")]).await;
    let results = ask_many(&model(config(&server.url)), &request(), 3).await;
    assert_eq!(
        results.iter().filter(|result| matches!(result, Err(ModelError::Denied { .. }))).count(),
        3
    );
    assert_eq!(server.seen().len(), 1);
    assert!(ask_many(&model(config(&server.url)), &request(), 0).await.is_empty());
}

#[tokio::test]
async fn a_cut_sample_among_several_is_asked_again_by_itself() {
    let body = choices(&["a", "b"]).replacen("\"stop\"", "\"length\"", 1);
    let server = TestServer::start(vec![reply(200, &body), good("aa")]).await;
    let results = ask_many(&model(config(&server.url)), &with_max_tokens(64), 2).await;
    let texts: Vec<&str> =
        results.iter().map(|result| result.as_ref().unwrap().text.as_str()).collect();
    assert_eq!(
        (texts, sent(&server, "max_tokens")),
        (vec!["aa", "b"], vec![64.into(), 128.into()])
    );
}

#[tokio::test]
async fn a_stream_is_put_together() {
    const PIECES: &[&str] = &[
        "data: {\"choices\":[{\"delta\":{\"content\":\"1 \"}}]}\n\ndata: {\"choi",
        "ces\":[{\"delta\":{\"content\":\"+ 1\"},\"finish_reason\":\"stop\"}]}\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n",
    ];
    let server = TestServer::start(vec![Answer::Drip(PIECES, Duration::from_millis(1))]).await;
    let model = model(Config { stream: true, ..config(&server.url) });
    let usage = Usage { prompt_tokens: 3, completion_tokens: 2, reasoning_tokens: 0 };
    let expected = Completion {
        text: "1 + 1".into(),
        reasoning: None,
        finish: Finish::Stop,
        usage,
        system_fingerprint: None,
    };
    assert_eq!(model.ask(&request()).await.unwrap(), expected);
    assert_eq!(sent(&server, "stream"), [true]);
    assert_eq!(sent(&server, "stream_options"), [json!({"include_usage": true})]);
}

#[tokio::test]
async fn a_stream_that_takes_longer_than_the_time_out_but_never_pauses_so_long_is_whole() {
    const PIECE: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"1\"}}]}\n\n";
    const LAST: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    const PIECES: &[&str] = &[PIECE, PIECE, PIECE, PIECE, PIECE, PIECE, PIECE, PIECE, LAST];
    let server = TestServer::start(vec![Answer::Drip(PIECES, Duration::from_millis(60))]).await;
    // A slow machine may need more than one retry; a time-out for the whole would fail them all.
    let timeout = Duration::from_millis(400);
    let model = model(Config { stream: true, timeout, max_retries: 7, ..config(&server.url) });
    assert_eq!(model.ask(&request()).await.unwrap().text, "11111111");
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_retried_and_so_is_an_error_within_it() {
    const BEGUN: &[&str] = &["data: {\"choices\":[{\"delta\":{\"content\":\"1\"}}]}\n\n"];
    const BUSY: &[&str] = &["data: {\"error\":{\"code\":503,\"message\":\"busy\"}}\n\n"];
    let drip = |pieces| Answer::Drip(pieces, Duration::ZERO);
    let server = TestServer::start(vec![drip(BEGUN), drip(BUSY), good("1")]).await;
    let model = model(Config { stream: true, ..config(&server.url) });
    // The last server answers in one piece although it was asked for parts.
    assert_eq!(model.ask(&request()).await.unwrap().text, "1");
    let failures = Failures { connection: 1, server: 1, ..Failures::default() };
    assert_eq!((model.stats().retries, model.stats().failures), (2, failures));
}
