//! What is kept is not asked for again, and what is not to be asked is not.
//!
//! Invariant: every count of requests is the server's own.

use std::path::Path;

use futures_util::FutureExt;
use serde_json::json;

use super::budget::Exhausted;
use super::test_server::{Answer, TestServer, choices, completion, good};
use super::*;

async fn server() -> TestServer {
    TestServer::start(vec![good("1")]).await
}

fn setup(server: &TestServer) -> Setup {
    named("coder", &server.url)
}

fn named(name: &str, url: &str) -> Setup {
    Setup::of(
        Server::new(Config { model: name.into(), base_url: url.into(), ..Config::default() })
            .unwrap(),
    )
}

fn cache(folder: &Path) -> Arc<Cache> {
    Arc::new(Cache::open(&folder.join("replies.sqlite")).unwrap())
}

fn request(text: &str) -> Request {
    Request::new("", text, Sampling { max_tokens: Some(100), ..Sampling::default() })
}

#[tokio::test]
async fn a_reply_in_the_cache_is_not_asked_for_again() {
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    for hits in [0, 1] {
        let model = Model::new(Setup { cache: Some(cache(folder.path())), ..setup(&server) });
        assert_eq!(model.complete(&request("1?")).await.unwrap().text, "1");
        assert_eq!(model.report().hits, hits);
    }
    assert_eq!(server.seen().len(), 1);
    let other =
        Model::new(Setup { cache: Some(cache(folder.path())), ..named("other", &server.url) });
    other.complete(&request("1?")).await.unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn samples_are_kept_one_by_one() {
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    let model = Model::new(Setup { cache: Some(cache(folder.path())), ..setup(&server) });
    assert!(model.complete_many(&request("1?"), 3).await.iter().all(Result::is_ok));
    let asked = server.seen().len();
    assert!(model.complete_many(&request("1?"), 3).await.iter().all(Result::is_ok));
    assert_eq!((server.seen().len(), model.report().hits), (asked, 3));
    assert!(model.complete_many(&request("1?"), 4).await.iter().all(Result::is_ok));
    assert_eq!(server.seen().len(), asked + 1);
}

#[tokio::test]
async fn more_samples_are_asked_for_at_once_beside_those_that_are_kept() {
    let (several, folder) =
        (Answer::Reply(200, "", choices(&["a", "b", "c"])), tempfile::tempdir().unwrap());
    let server = TestServer::start(vec![several]).await;
    let model = Model::new(Setup { cache: Some(cache(folder.path())), ..setup(&server) });
    assert!(model.complete_many(&request("1?"), 3).await.iter().all(Result::is_ok));
    let found = model.complete_many(&request("1?"), 6).await;
    let texts: Vec<&str> =
        found.iter().map(|found| found.as_ref().unwrap().text.as_str()).collect();
    assert_eq!(texts, ["a", "b", "c", "a", "b", "c"]);
    assert_eq!((server.seen().len(), model.report().hits), (2, 3));
}

#[tokio::test]
async fn samples_that_are_refused_cost_nothing() {
    for status in [400, 500] {
        let server = TestServer::start(vec![Answer::Reply(status, "", "no".into())]).await;
        let price = Some(Price { prompt: 1e6, completion: 1e6 });
        let ledger =
            Ledger::new("m", Budget { max_cost: Some(1_000.0), max_tokens: None }, price).unwrap();
        let config = Config {
            model: "m".into(),
            base_url: server.url.clone(),
            max_retries: 0,
            ..Config::default()
        };
        let model = Model::new(Setup { ledger, ..Setup::of(Server::new(config).unwrap()) });
        assert!(model.complete_many(&request("1?"), 3).await.iter().all(Result::is_err));
        assert_eq!(model.report().cost, Some(0.0), "{status}");
    }
}

#[tokio::test]
async fn an_estimate_counts_the_prompt_of_several_samples_once() {
    let server = server().await;
    let model = Model::new(Setup { source: Source::Estimate, ..setup(&server) });
    assert!(model.complete_many(&request("1?"), 3).await.iter().all(Result::is_err));
    let several = model.unasked();
    let one = Model::new(Setup { source: Source::Estimate, ..setup(&server) });
    assert!(one.complete(&request("1?")).await.is_err());
    assert_eq!(several, Unasked { reply_tokens: 300, ..one.unasked() });
}

#[tokio::test]
async fn a_recording_is_replayed_without_a_server_and_a_miss_is_an_error() {
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    let recorder = Some(Arc::new(Recorder::open(folder.path()).unwrap()));
    Model::new(Setup { recorder, ..setup(&server) }).complete(&request("1?")).await.unwrap();
    let replay = Replay::open(folder.path()).unwrap();
    let model = Model::new(Setup { source: Source::Replay(replay), ..setup(&server) });
    assert_eq!(model.complete(&request("1?")).await.unwrap().text, "1");
    let error = model.complete(&request("2?")).await.unwrap_err();
    assert!(
        matches!(error, AskError::Store(StoreError::NotRecorded { .. })) && !error.is_transient(),
        "{error}"
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn an_estimate_asks_nobody() {
    let server = server().await;
    let ledger =
        Ledger::new("coder", Budget::default(), Some(Price { prompt: 1.0, completion: 2.0 }));
    let model =
        Model::new(Setup { ledger: ledger.unwrap(), source: Source::Estimate, ..setup(&server) });
    let error = model.complete(&request("1?")).await.unwrap_err();
    assert!(error.is_transient() && error.is_by_choice());
    let Unasked { requests, prompt_tokens, reply_tokens } = model.unasked();
    assert_eq!((requests, reply_tokens), (1, 100));
    assert!(prompt_tokens > 10, "{prompt_tokens}");
    assert_eq!(model.cost_of(1_000_000, 500_000), Some(2.0));
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn two_models_share_a_budget_a_cache_and_a_recording() {
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    // The server says of every request that it took 5 tokens; one may take a prompt of some tokens and a reply of 100.
    let budget = Budget { max_tokens: Some(150), max_cost: None };
    let first = Ledger::new("first", budget, None).unwrap();
    let second = first.beside("second", None).unwrap();
    let cache = cache(folder.path());
    let recorder = Arc::new(Recorder::open(folder.path()).unwrap());
    let models = [("first", first), ("second", second)].map(|(name, ledger)| {
        let (cache, recorder) = (Some(Arc::clone(&cache)), Some(Arc::clone(&recorder)));
        Model::new(Setup { ledger, cache, recorder, ..named(name, &server.url) })
    });
    let mut asked = [0, 0];
    let error = 'spending: loop {
        for (model, asked) in models.iter().zip(&mut asked) {
            match model.complete(&request(&format!("{asked}?"))).await {
                Ok(_) => *asked += 1,
                Err(error) => break 'spending error,
            }
        }
    };
    assert!(matches!(error, AskError::Exhausted(Exhausted::Tokens { .. })), "{error}");
    assert!(asked[1] > 1, "{asked:?}");
    assert_eq!(server.seen().len(), asked[0] + asked[1]);
    let [first, second] = models.each_ref().map(Model::report);
    let spent = |report: UsageReport| report.stats.prompt_tokens + report.stats.completion_tokens;
    assert!(spent(first) > 0 && spent(second) > 0 && spent(first) + spent(second) <= 150);
    // Neither has room left, and each has its own replies in the one cache.
    for (model, asked) in models.iter().zip(asked) {
        assert!(model.complete(&request(&format!("{asked}?"))).await.is_err());
        assert!(model.complete(&request("0?")).await.is_ok());
    }
    let names: Vec<String> =
        cache.stats().unwrap().models.into_iter().map(|model| model.model).collect();
    assert_eq!(names, ["first", "second"]);
}

#[tokio::test]
async fn a_spent_budget_asks_nobody_and_keeps_what_it_has() {
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    // A request may take a prompt of some tokens and a reply of 100; the server says that it took 5.
    let budget = Budget { max_tokens: Some(150), max_cost: None };
    let ledger = Ledger::new("coder", budget, None).unwrap();
    let model = Model::new(Setup { ledger, cache: Some(cache(folder.path())), ..setup(&server) });
    let mut asked = 0;
    let error = loop {
        match model.complete(&request(&format!("{asked}?"))).await {
            Ok(_) => asked += 1,
            Err(error) => break error,
        }
        assert!(asked < 100);
    };
    assert!(
        matches!(error, AskError::Exhausted(_)) && error.is_transient() && error.is_by_choice(),
        "{error}"
    );
    assert!(asked > 1);
    assert_eq!(server.seen().len(), asked);
    assert!(model.complete(&request("0?")).await.is_ok());
}

#[tokio::test]
async fn a_batch_is_written_and_read_without_a_server() {
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    let batch = folder.path().join("batch");
    let model =
        |source| Model::new(Setup { source, cache: Some(cache(folder.path())), ..setup(&server) });
    let writing = model(Source::BatchWrite(BatchWriter::open(&batch).unwrap()));
    for text in ["good?", "cut?", "bad?", "late?"] {
        assert!(matches!(writing.complete(&request(text)).await, Err(AskError::Unasked(_))));
    }
    writing.finish().unwrap();
    let written = std::fs::read_to_string(batch.join("requests-00001.jsonl")).unwrap();
    let reply = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let body =
            |finish| serde_json::from_str::<serde_json::Value>(&completion("1", finish)).unwrap();
        let response = match line["body"].to_string() {
            body if body.contains("late?") => return None,
            text if text.contains("bad?") => {
                json!({"status_code": 400, "body": {"error": {"message": "too long"}}})
            }
            text if text.contains("cut?") => json!({"status_code": 200, "body": body("length")}),
            _ => json!({"status_code": 200, "body": body("stop")}),
        };
        Some(
            json!({"id": "1", "custom_id": line["custom_id"], "response": response, "error": null})
                .to_string(),
        )
    };
    let replies: Vec<String> = written.lines().rev().filter_map(reply).collect();
    std::fs::write(batch.join("output.jsonl"), replies.join("\n")).unwrap();

    let tell = |text: &str| panic!("{text}");
    let model =
        model(read_batch(&batch, &setup(&server).server, &cache(folder.path()), tell).unwrap());
    assert_eq!(model.complete(&request("good?")).await.unwrap().text, "1");
    assert_eq!(model.complete(&request("cut?")).await.unwrap().finish, Finish::Length);
    let error = model.complete(&request("bad?")).await.unwrap_err();
    assert!(error.is_about_the_request() && !error.is_transient(), "{error}");
    assert!(matches!(model.complete(&request("late?")).await, Err(AskError::Unasked(_))));
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn what_a_first_reply_took_is_booked_even_where_a_second_fails() {
    let cut = Answer::Reply(200, "", completion("1", "length"));
    let server = TestServer::start(vec![cut, Answer::Reply(500, "", "no".into())]).await;
    let budget = Budget { max_tokens: Some(1_000), max_cost: None };
    let price = Some(Price { prompt: 1e6, completion: 1e6 });
    let config = Config {
        model: "m".into(),
        base_url: server.url.clone(),
        max_retries: 0,
        ..Config::default()
    };
    let ledger = Ledger::new("m", budget, price).unwrap();
    let model = Model::new(Setup { ledger, ..Setup::of(Server::new(config).unwrap()) });
    assert!(model.complete(&request("1?")).await.is_err());
    // A prompt of 3 tokens and a reply of 2.
    assert_eq!(model.report().cost, Some(5.0));
}

#[tokio::test]
async fn a_reply_that_nobody_waits_for_any_more_is_kept() {
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    let model = Model::new(Setup { cache: Some(cache(folder.path())), ..setup(&server) });
    {
        let question = request("1?");
        let mut reply = std::pin::pin!(model.complete(&question));
        // Begun, and then dropped.
        assert!(reply.as_mut().now_or_never().is_none());
    }
    model.drain().await;
    assert_eq!(server.seen().len(), 1);
    model.complete(&request("1?")).await.unwrap();
    assert_eq!((server.seen().len(), model.report().hits), (1, 1));
}

#[tokio::test]
async fn a_server_that_has_rejected_everything_so_far_defers_and_one_that_has_answered_rejects() {
    let refusal = || Answer::Reply(400, "", "no".into());
    let server = TestServer::start(vec![refusal(), good("1"), refusal()]).await;
    let model = Model::new(setup(&server));
    assert!(model.complete(&request("1?")).await.unwrap_err().is_transient());
    assert!(model.complete(&request("2?")).await.is_ok());
    assert!(model.complete(&request("3?")).await.unwrap_err().is_about_the_request());
}

#[tokio::test]
async fn one_slot_is_enough_for_stages_that_wait_for_each_other() {
    use futures_util::{StreamExt, stream};
    let server = server().await;
    let config = Config {
        model: "m".into(),
        base_url: server.url.clone(),
        max_concurrent: Some(1),
        ..Config::default()
    };
    let model = &Model::new(Setup::of(Server::new(config).unwrap()));
    let ask = |text: String| async move { model.complete(&request(&text)).await.map(|_| text) };
    // The later stage stops asking the earlier one for more while its own window is full.
    let early = stream::iter(0..20).map(|n| ask(format!("{n}?"))).buffered(2);
    let late = early.map(|text| ask(format!("{}!", text.unwrap()))).buffered(2);
    assert_eq!(late.filter(|result| std::future::ready(result.is_ok())).count().await, 20);
}

#[test]
fn the_fingerprint_knows_who_answers_but_not_who_answers_a_batch_or_was_recorded() {
    let fingerprint = |setup| Model::new(setup).fingerprint();
    let here = fingerprint(named("coder", "http://localhost:8000/v1"));
    assert_eq!(here, fingerprint(named("coder", "http://LOCALHOST:8000/v1/")));
    let others = [
        named("other", "http://localhost:8000/v1"),
        named("coder", "http://localhost:8001/v1"),
        Setup { reuse: true, ..named("coder", "http://localhost:8000/v1") },
    ];
    for other in others {
        assert_ne!(here, fingerprint(other));
    }
    for url in ["http://localhost:8000/v1", "http://example.com"] {
        let source = Source::BatchRead(HashMap::new());
        assert_eq!(fingerprint(Setup { source, ..named("coder", url) }), "coder");
    }
}
