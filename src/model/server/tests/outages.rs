//! Asks servers that are gone, come back, or have too much to do.
//!
//! Invariant: no assertion fails because something takes long.

use futures_util::future::join_all;

use super::*;

#[tokio::test]
async fn a_dead_server_is_probed_and_not_hammered_by_everybodys_retries() {
    let server = TestServer::start([vec![reply(500, "down"); 9], vec![good("1")]].concat()).await;
    let (model, notices) =
        told(Config { max_concurrent: Some(1), max_retries: 20, ..config(&server.url) });
    let requests = vec![request(); 10];
    let results = join_all(requests.iter().map(|request| model.ask(request))).await;
    // Eight failures open the breaker; the ninth is that of a probe, and the next probe's answer lets all the others go.
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 0);
    assert_eq!(model.stats().failures, Failures { server: 9, ..Failures::default() });
    let notices = notices.lock().unwrap();
    let words = ["keeps failing; it is tried once in a while until it answers", "answers again"];
    assert!(
        notices.len() == 2
            && notices.iter().zip(words).all(|(notice, words)| notice.ends_with(words)),
        "{notices:?}"
    );
}

#[tokio::test]
async fn requests_wait_no_longer_than_the_patience_and_use_up_no_attempt_in_it() {
    let server = TestServer::start(vec![reply(500, "down")]).await;
    let patience = Duration::ZERO;
    let model =
        model(Config { max_concurrent: Some(1), max_retries: 7, patience, ..config(&server.url) });
    let results =
        join_all([request(), request(), request()].iter().map(|request| model.ask(request))).await;
    let attempts: Vec<u32> = results
        .iter()
        .map(|result| match result {
            Err(ModelError::Unavailable {
                attempts,
                last: Failure::Status { status: 500, .. },
                ..
            }) => *attempts,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!((attempts.iter().sum::<u32>(), server.seen().len()), (8, 8));
}

#[tokio::test]
async fn a_refusal_is_a_sign_of_life() {
    let script = [
        vec![reply(500, "down"); 7],
        vec![reply(400, "{}")],
        vec![reply(500, "down"); 7],
        vec![good("1")],
    ];
    let server = TestServer::start(script.concat()).await;
    let (model, notices) = told(Config { max_retries: 20, ..config(&server.url) });
    assert!(matches!(model.ask(&request()).await, Err(ModelError::Rejected { .. })));
    assert_eq!(model.ask(&request()).await.unwrap().text, "1");
    assert!(notices.lock().unwrap().is_empty());
}

#[tokio::test]
async fn too_many_requests_halve_the_concurrency_and_are_told_once() {
    let server = TestServer::start(vec![reply(429, "{}"), good("1")]).await;
    let (model, notices) = told(Config { max_concurrent: Some(8), ..config(&server.url) });
    let requests = vec![request(); 8];
    let results = join_all(requests.iter().map(|request| model.ask(request))).await;
    assert!(results.iter().all(Result::is_ok));
    assert!(model.stats().concurrency < 8);
    let notices = notices.lock().unwrap();
    assert!(
        notices.len() == 1
            && notices[0].contains("is overloaded; reduced concurrent requests from "),
        "{notices:?}"
    );
}

#[tokio::test]
async fn a_concurrency_of_one_gets_through_every_kind_of_trouble() {
    let refused = reply(400, r#"{"error":{"message":"no","param":"temperature"}}"#);
    let script = vec![
        reply(429, "{}"),
        reply(503, "{}"),
        Answer::Drop,
        refused,
        reply(200, "<html>"),
        good("1"),
    ];
    let server = TestServer::start(script).await;
    let model = model(Config { max_concurrent: Some(1), max_retries: 10, ..config(&server.url) });
    let requests = vec![request(); 5];
    let results = join_all(requests.iter().map(|request| model.ask(request))).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!((server.peak(), model.stats().concurrency), (1, 1));
}

#[tokio::test]
async fn a_request_that_is_given_up_gives_its_slot_back() {
    let server = TestServer::start(vec![Answer::Silence, good("1")]).await;
    let model = model(Config { max_concurrent: Some(1), ..config(&server.url) });
    let request = request();
    tokio::select! {
        _ = model.ask(&request) => panic!("the first answer never comes"),
        () = async { while server.seen().is_empty() { tokio::task::yield_now().await } } => {}
    }
    assert_eq!(model.ask(&request).await.unwrap().text, "1");
}

#[tokio::test]
async fn a_rate_lets_a_seconds_worth_through_and_all_in_the_end() {
    let server = TestServer::start(vec![good("1")]).await;
    let model = model(Config { requests_per_minute: Some(600), ..config(&server.url) });
    let requests = vec![request(); 12];
    let results = join_all(requests.iter().map(|request| model.ask(request))).await;
    assert_eq!(
        (results.iter().filter(|result| result.is_ok()).count(), server.seen().len()),
        (12, 12)
    );
}

#[tokio::test]
async fn a_wait_that_a_server_asks_of_one_request_keeps_all_back() {
    let limited = Answer::Reply(429, "Retry-After: 1\r\n", "{}".into());
    let server = TestServer::start(vec![limited, good("1")]).await;
    let model = model(Config { max_concurrent: Some(1), max_retries: 0, ..config(&server.url) });
    let asked = std::time::Instant::now();
    assert!(model.ask(&request()).await.is_err());
    assert_eq!(model.ask(&request()).await.unwrap().text, "1");
    // At least so long, however slow the machine is.
    assert!(asked.elapsed() >= Duration::from_secs(1));
}
