//! Servers that list other models than before, cannot be reached, or tell nothing, with a cache between the runs.
//!
//! Invariant: every count of requests is the server's own.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::model::test_server::{Answer, TestServer, completion, good};
use crate::model::{
    AskError, Cache, Completion, Config, Model, Request, Sampling, Server, Setup, Source,
};

fn list(model: &Json) -> Answer {
    Answer::Reply(200, "", json!({"data": [{"id": "other"}, model]}).to_string())
}

fn root(root: &str) -> Answer {
    list(&json!({"id": "coder", "root": root}))
}

fn created(seconds: u64) -> Answer {
    list(&json!({"id": "coder", "created": seconds}))
}

async fn server(reply: &str, lists: Vec<Answer>) -> TestServer {
    TestServer::with_lists(vec![good(reply)], lists).await
}

/// What a run has: a model of its own, and the cache of all runs.
fn setup(folder: &Path, server: &TestServer) -> Setup {
    let config =
        Config { model: "coder".into(), base_url: server.url.clone(), ..Config::default() };
    let mut server = Server::new(config).unwrap();
    server.base_delay = Duration::from_millis(1);
    let cache = Cache::open(&folder.join("replies.sqlite")).unwrap();
    Setup { cache: Some(Arc::new(cache)), ..Setup::of(server) }
}

async fn ask(model: &Model, text: &str) -> Result<Completion, AskError> {
    model.complete(&Request::new("", text, Sampling::default())).await
}

/// Asks in a run of its own, and gives the reply and the replies from the cache.
async fn asked(folder: &Path, server: &TestServer) -> (String, u64) {
    let model = Model::new(setup(folder, server));
    let text = ask(&model, "1?").await.unwrap().text;
    (text, model.report().hits)
}

#[tokio::test]
async fn servers_with_a_model_of_one_name_give_their_own_replies() {
    let folder = tempfile::tempdir().unwrap();
    let servers = [server("a", vec![root("/m")]).await, server("b", vec![root("/m")]).await];
    for hits in [0, 1] {
        for (server, reply) in servers.iter().zip(["a", "b"]) {
            assert_eq!(asked(folder.path(), server).await, (reply.into(), hits));
        }
    }
}

#[tokio::test]
async fn the_next_checkpoint_is_asked_unless_others_replies_are_to_count() {
    let folder = tempfile::tempdir().unwrap();
    let server = TestServer::with_lists(
        vec![good("first"), good("second")],
        vec![root("/1"), root("/2"), root("/2"), root("/1"), root("/3")],
    )
    .await;
    assert_eq!(asked(folder.path(), &server).await, ("first".into(), 0));
    let other = Model::new(setup(folder.path(), &server));
    assert_eq!(ask(&other, "1?").await.unwrap().text, "second");
    assert_eq!((other.unused_replies(), other.report().replies.cached), (1, 0));
    assert_eq!(asked(folder.path(), &server).await, ("second".into(), 1));
    assert_eq!(asked(folder.path(), &server).await, ("first".into(), 1));
    let reusing = Model::new(Setup { reuse: true, ..setup(folder.path(), &server) });
    ask(&reusing, "1?").await.unwrap();
    let found = reusing.report().replies;
    assert_eq!((found.cached, found.reused, reusing.unused_replies()), (1, 1, 0));
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_time_that_is_that_of_the_request_is_no_part_of_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let server = server("1", vec![created(1), created(2), created(3)]).await;
    assert_eq!(asked(folder.path(), &server).await.1, 0);
    assert_eq!(asked(folder.path(), &server).await.1, 1);
    assert_eq!(server.listed().len(), 3);
}

#[tokio::test]
async fn a_time_that_stays_is_that_of_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let server =
        server("1", vec![created(7), created(7), created(7), created(8), created(8)]).await;
    assert_eq!(asked(folder.path(), &server).await.1, 0);
    assert_eq!(asked(folder.path(), &server).await.1, 1);
    assert_eq!(asked(folder.path(), &server).await.1, 0);
    assert_eq!(server.listed().len(), 5);
}

#[tokio::test]
async fn a_server_that_lists_nothing_of_the_model_is_known_by_its_address() {
    for nothing in [
        Answer::Reply(404, "", "no".into()),
        Answer::Reply(200, "", "<html>".into()),
        Answer::Reply(200, "", r#"{"data": [{"id": 7}, 7, {"id": "other"}]}"#.into()),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server = server("1", vec![nothing]).await;
        assert_eq!(asked(folder.path(), &server).await.1, 0);
        assert_eq!(asked(folder.path(), &server).await.1, 1);
        let model = Model::new(setup(folder.path(), &server));
        model.identify(None).await.unwrap();
        let identity = model.identity().unwrap();
        assert_eq!((&identity.server, &identity.listing), (&server.url, &None));
    }
}

#[tokio::test]
async fn a_server_with_too_much_to_do_is_asked_for_its_list_again() {
    let folder = tempfile::tempdir().unwrap();
    let busy = || Answer::Reply(503, "", "busy".into());
    let server = server("1", vec![root("/1"), busy(), busy(), root("/2")]).await;
    assert_eq!(asked(folder.path(), &server).await.1, 0);
    assert_eq!(asked(folder.path(), &server).await.1, 0);
    assert_eq!(server.listed().len(), 4);
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_the_one_it_was_until_it_answers_as_another() {
    let folder = tempfile::tempdir().unwrap();
    let server = server("1", vec![root("/1"), Answer::Drop, root("/2")]).await;
    assert_eq!(asked(folder.path(), &server).await.1, 0);
    let offline = Model::new(setup(folder.path(), &server));
    ask(&offline, "1?").await.unwrap();
    assert_eq!(offline.report().hits, 1);
    let error = ask(&offline, "2?").await.unwrap_err();
    assert!(matches!(error, AskError::OtherModel { .. }) && error.is_transient(), "{error}");
    // It was paid for, and is kept as the other's.
    let again = Model::new(setup(folder.path(), &server));
    ask(&again, "2?").await.unwrap();
    assert_eq!((again.report().hits, server.seen().len()), (1, 2));
    ask(&again, "1?").await.unwrap();
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_server_that_nobody_knew_is_known_by_what_it_lists_with_its_first_reply() {
    let folder = tempfile::tempdir().unwrap();
    let server = server("1", vec![Answer::Drop, root("/1")]).await;
    assert_eq!(asked(folder.path(), &server).await.1, 0);
    assert_eq!(asked(folder.path(), &server).await.1, 1);
}

#[tokio::test]
async fn who_answered_an_earlier_run_is_known_without_a_cache() {
    let folder = tempfile::tempdir().unwrap();
    let server = server("1", vec![root("/1"), Answer::Drop]).await;
    let run = || Model::new(Setup { cache: None, ..setup(folder.path(), &server) });
    let (first, second, third) = (run(), run(), run());
    first.identify(None).await.unwrap();
    let identity = first.identity().unwrap();
    second.identify(Some(identity.clone())).await.unwrap();
    assert_eq!(second.fingerprint(), first.fingerprint());
    third.identify(None).await.unwrap();
    assert_ne!(third.fingerprint(), first.fingerprint());
}

#[tokio::test]
async fn an_estimate_knows_who_answered_last_and_asks_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let server = server("1", vec![root("/1"), root("/2")]).await;
    assert_eq!(asked(folder.path(), &server).await.1, 0);
    let estimate = Model::new(Setup { source: Source::Estimate, ..setup(folder.path(), &server) });
    ask(&estimate, "1?").await.unwrap();
    assert!(ask(&estimate, "2?").await.is_err());
    assert_eq!((estimate.report().hits, server.listed().len()), (1, 1));
}

#[tokio::test]
async fn replies_of_several_systems_are_told_apart_and_kept_with_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let of = |system: &str| {
        let mut body: Json = serde_json::from_str(&completion("1", "stop")).unwrap();
        body["system_fingerprint"] = json!(system);
        Answer::Reply(200, "", body.to_string())
    };
    let server = TestServer::start(vec![of("fp_1"), of("fp_2")]).await;
    let model = Model::new(setup(folder.path(), &server));
    ask(&model, "1?").await.unwrap();
    assert!(model.origin_report().system_fingerprints.is_empty());
    let second = Model::new(setup(folder.path(), &server));
    for text in ["1?", "2?"] {
        ask(&second, text).await.unwrap();
    }
    let told = serde_json::to_value(second.origin_report()).unwrap();
    assert_eq!(told["system_fingerprints"], json!(["fp_1", "fp_2"]));
    assert_eq!((&told["replies"]["cached"], &told["replies"]["reused"]), (&json!(1), &Json::Null));
    assert_eq!(told["replies"]["identity"]["server"], server.url);
}
