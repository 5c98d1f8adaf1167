//! Writes folders of requests, and reads folders of replies as OpenAI and vLLM leave them.
//!
//! Invariant: the replies here are fixtures in the services' formats, none was received from one.

use std::fs;

use serde_json::{Value as Json, json};

use super::write::Bounds;
use super::*;
use crate::model::{Completion, Config, Finish, Request, Sampling, Server, Usage};

fn request(number: usize) -> Request {
    Request::new("be brief", format!("{number}?\n"), Sampling::default())
}

fn key(number: usize) -> Key {
    Key::of("coder", &request(number))
}

fn body(request: &Request) -> Vec<u8> {
    let config = Config {
        model: "coder".into(),
        base_url: "http://localhost/v1".into(),
        ..Config::default()
    };
    Server::new(config).unwrap().body(request)
}

fn write(writer: &BatchWriter, number: usize) -> bool {
    writer.write(&key(number), &body(&request(number))).unwrap()
}

fn small(folder: &Path, requests: u64, bytes: u64) -> BatchWriter {
    BatchWriter::with_bounds(folder, Bounds { requests, bytes }).unwrap()
}

/// The names in a folder, each with its number of lines.
fn listing(folder: &Path) -> Vec<(String, usize)> {
    let files = files(folder).unwrap();
    files
        .into_iter()
        .map(|(name, path)| (name, fs::read_to_string(path).unwrap().lines().count()))
        .collect()
}

fn named(entries: &[(&str, usize)]) -> Vec<(String, usize)> {
    entries.iter().map(|&(name, lines)| (name.to_owned(), lines)).collect()
}

fn good(number: usize, text: &str) -> String {
    let body = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "model": "coder",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    });
    line(number, json!({"status_code": 200, "request_id": "r", "body": body}), Json::Null)
}

fn line(number: usize, response: Json, error: Json) -> String {
    json!({"id": "b", "custom_id": key(number), "response": response, "error": error}).to_string()
}

fn completion(text: &str) -> Completion {
    let usage = Usage { prompt_tokens: 3, completion_tokens: 2, ..Usage::default() };
    Completion {
        text: text.into(),
        reasoning: None,
        finish: Finish::Stop,
        usage,
        system_fingerprint: None,
    }
}

/// A folder that asks the requests from 0 up to `count`.
fn asking(count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let writer = BatchWriter::open(folder.path()).unwrap();
    for number in 0..count {
        assert!(write(&writer, number));
    }
    writer.finish().unwrap();
    folder
}

type Sorted = (Vec<(Key, Result<Completion, BatchFailure>)>, Skipped);

fn read_all(folder: &Path) -> Sorted {
    let mut replies = read(folder).unwrap();
    let found = replies.by_ref().map(Result::unwrap).collect();
    (found, replies.skipped().clone())
}

#[test]
fn a_request_is_a_line_as_the_services_want_it() {
    let folder = asking(1);
    let text = fs::read_to_string(folder.path().join("requests-00001.jsonl")).unwrap();
    let messages = r#"[{"role":"system","content":"be brief"},{"role":"user","content":"0?\n"}]"#;
    assert_eq!(
        text,
        format!(
            "{{\"custom_id\":\"{}\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\
             \"body\":{{\"model\":\"coder\",\"messages\":{messages}}}}}\n",
            key(0)
        )
    );
}

#[test]
fn a_body_over_several_lines_becomes_one_and_one_that_is_no_object_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let writer = BatchWriter::open(folder.path()).unwrap();
    assert!(writer.write(&key(0), b"{\r\n  \"model\": \"a\\nb\"\n}").unwrap());
    for body in ["", "[]", "{", "{} {}"] {
        assert!(
            matches!(writer.write(&key(1), body.as_bytes()), Err(StoreError::Io { .. })),
            "{body}"
        );
    }
    assert!(write(&writer, 1));
    writer.finish().unwrap();
    let text = fs::read_to_string(folder.path().join("requests-00001.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 2);
    let first: Json = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(first["body"], json!({"model": "a\nb"}));
}

#[test]
fn a_file_that_is_full_is_followed_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let writer = small(folder.path(), 3, 1 << 20);
    for number in 0..7 {
        assert!(write(&writer, number));
    }
    let made = writer.finish().unwrap();
    let expected = named(&[
        ("requests-00001.jsonl", 3),
        ("requests-00002.jsonl", 3),
        ("requests-00003.jsonl", 1),
    ]);
    assert_eq!(listing(folder.path()), expected);
    assert_eq!(made, expected.iter().map(|(name, _)| folder.path().join(name)).collect::<Vec<_>>());
}

#[test]
fn a_file_has_no_more_bytes_than_allowed() {
    let measured = asking(1);
    let len = measured.path().join("requests-00001.jsonl").metadata().unwrap().len();
    let folder = tempfile::tempdir().unwrap();
    let writer = small(folder.path(), 1000, 2 * len);
    for number in 0..5 {
        assert!(write(&writer, number));
    }
    writer.finish().unwrap();
    let lens: Vec<u64> = files(folder.path())
        .unwrap()
        .iter()
        .map(|(_, path)| path.metadata().unwrap().len())
        .collect();
    assert_eq!(lens, [2 * len, 2 * len, len]);
}

#[test]
fn a_request_that_fits_no_file_is_refused_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let writer = small(folder.path(), 10, 300);
    let long = Request::new("", "x".repeat(400), Sampling::default());
    let error = writer.write(&Key::of("coder", &long), &body(&long)).unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { limit: 300, .. }), "{error}");
    assert!(write(&writer, 0));
    writer.finish().unwrap();
    assert_eq!(listing(folder.path()), named(&[("requests-00001.jsonl", 1)]));
}

#[test]
fn a_request_is_asked_once_also_over_reruns() {
    let folder = tempfile::tempdir().unwrap();
    let writer = small(folder.path(), 2, 1 << 20);
    for number in [0, 1, 0, 2, 1] {
        write(&writer, number);
    }
    writer.finish().unwrap();
    assert!(!write(&writer, 2));
    assert!(write(&writer, 3));
    writer.finish().unwrap();
    assert_eq!(writer.finish().unwrap(), Vec::<PathBuf>::new());
    drop(writer);
    let writer = small(folder.path(), 2, 1 << 20);
    assert!(!write(&writer, 0) && !write(&writer, 3));
    assert!(write(&writer, 4));
    writer.finish().unwrap();
    let expected = [("requests-00001.jsonl", 2), ("requests-00002.jsonl", 1)];
    let further = [("requests-00003.jsonl", 1), ("requests-00004.jsonl", 1)];
    assert_eq!(listing(folder.path()), named(&[expected, further].concat()));
    assert_eq!(asked(&files(folder.path()).unwrap()).unwrap().len(), 5);
}

#[test]
fn what_a_killed_run_left_does_no_harm() {
    let folder = asking(2);
    let writer = small(folder.path(), 2, 1 << 20);
    for number in 2..7 {
        assert!(write(&writer, number));
    }
    drop(writer); // As a killed process does: not finished.
    let partial = [
        "requests-00002.jsonl.partial",
        "requests-00003.jsonl.partial",
        "requests-00004.jsonl.partial",
    ];
    let names: Vec<String> = listing(folder.path()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [&["requests-00001.jsonl"], &partial[..]].concat());
    assert_eq!(read_all(folder.path()), (vec![], Skipped::default()));
    let writer = BatchWriter::open(folder.path()).unwrap();
    assert!(!write(&writer, 1) && write(&writer, 2));
    writer.finish().unwrap();
    assert_eq!(
        listing(folder.path()),
        named(&[("requests-00001.jsonl", 2), ("requests-00002.jsonl", 1)])
    );
}

#[test]
fn one_at_a_time_writes_into_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = BatchWriter::open(folder.path()).unwrap();
    assert!(BatchWriter::open(folder.path()).err().unwrap().is_transient());
    drop(first);
    BatchWriter::open(folder.path()).unwrap();
}

#[test]
fn a_file_of_requests_that_is_not_ours_is_named() {
    let folder = asking(1);
    let path = folder.path().join("requests-00002.jsonl");
    fs::write(&path, "{\"custom_id\":\"mine\"}\n").unwrap();
    for error in
        [BatchWriter::open(folder.path()).err().unwrap(), read(folder.path()).err().unwrap()]
    {
        assert!(
            error
                .to_string()
                .starts_with(&format!("{}:1: not one of our requests: ", path.display())),
            "{error}"
        );
    }
}

#[test]
fn replies_come_in_any_order_from_any_file() {
    let folder = asking(4);
    fs::write(folder.path().join("batch_b_output.jsonl"), [good(3, "3"), good(0, "0")].join("\n"))
        .unwrap();
    fs::write(folder.path().join("a.jsonl"), format!("{}\n\n{}\n", good(2, "2"), good(1, "1")))
        .unwrap();
    fs::write(folder.path().join("notes.txt"), "not read").unwrap();
    let (found, skipped) = read_all(folder.path());
    let expected: Vec<_> = [2, 1, 3, 0]
        .map(|number| (key(number), Ok(completion(&number.to_string()))))
        .into_iter()
        .collect();
    assert_eq!((found, skipped), (expected, Skipped::default()));
}

#[test]
fn a_reply_with_half_a_pair_of_surrogates_is_used() {
    let folder = asking(1);
    fs::write(folder.path().join("out.jsonl"), good(0, "a?").replace("a?", r"a\ud83d")).unwrap();
    let (found, skipped) = read_all(folder.path());
    assert_eq!((found, skipped), (vec![(key(0), Ok(completion("a\u{fffd}")))], Skipped::default()));
}

#[test]
fn every_way_to_fail_is_told_with_whether_it_may_pass() {
    let nothing = Json::Null;
    let body = json!({"error": {"message": "too  long", "type": "invalid_request_error"}});
    let expired = json!({"code": "batch_expired", "message": "not executed in time"});
    let nested =
        json!({"error": {"message": "no such model", "type": "NotFoundError", "code": 404}});
    let flat = json!({"object": "error", "message": "bad schema", "code": 400});
    let cases = [
        (json!({"status_code": 400, "body": body}), nothing.clone(), Some(400), "too long", false),
        (
            json!({"status_code": 429, "body": {"error": "slow"}}),
            nothing.clone(),
            Some(429),
            "slow",
            true,
        ),
        (
            json!({"status_code": 500, "body": null}),
            nothing.clone(),
            Some(500),
            "neither a reply nor an error",
            true,
        ),
        (nothing.clone(), expired, None, "not executed in time", true),
        (
            json!({"status_code": 404, "request_id": "r", "body": null}),
            nested,
            Some(404),
            "no such model",
            false,
        ),
        (json!({"status_code": 400, "body": null}), flat, Some(400), "bad schema", false),
        (
            json!({"status_code": 400, "body": null}),
            json!("no stream mode"),
            Some(400),
            "no stream mode",
            false,
        ),
        (nothing.clone(), nothing, None, "neither a reply nor an error", true),
    ];
    let folder = asking(cases.len());
    let lines: Vec<String> = cases
        .iter()
        .enumerate()
        .map(|(number, (response, error, ..))| line(number, response.clone(), error.clone()))
        .collect();
    fs::write(folder.path().join("errors.jsonl"), lines.join("\n")).unwrap();
    let (found, skipped) = read_all(folder.path());
    assert_eq!(skipped, Skipped::default());
    assert_eq!(found.len(), cases.len());
    for ((number, (.., status, text, may_pass)), (found_key, result)) in
        cases.into_iter().enumerate().zip(found)
    {
        let failure = result.unwrap_err();
        assert_eq!((found_key, failure.may_pass()), (key(number), may_pass), "{failure}");
        assert_eq!(failure, BatchFailure { status, text: text.into() });
    }
}

#[test]
fn a_good_status_without_a_completion_is_a_failure_that_may_pass() {
    let folder = asking(1);
    let text = line(0, json!({"status_code": 200, "body": {"choices": []}}), Json::Null);
    fs::write(folder.path().join("out.jsonl"), text).unwrap();
    let (found, _) = read_all(folder.path());
    let [(_, Err(failure))] = &found[..] else { panic!("{found:?}") };
    assert_eq!(
        failure.to_string(),
        "status 200: unusable reply: it has no choices, in: {\"choices\":[]}"
    );
    assert!(failure.may_pass());
}

#[test]
fn a_good_reply_replaces_a_failure_and_the_first_good_one_stays() {
    let folder = asking(3);
    let expired =
        |number| line(number, Json::Null, json!({"code": "batch_expired", "message": "late"}));
    let path = folder.path().join("out.jsonl");
    let lines = [
        expired(0),
        good(1, "first"),
        expired(2),
        good(0, "0"),
        good(1, "second"),
        expired(1),
        expired(2),
    ];
    fs::write(&path, lines.join("\n")).unwrap();
    let (found, skipped) = read_all(folder.path());
    let late = BatchFailure { status: None, text: "late".into() };
    let expected =
        [(key(1), Ok(completion("first"))), (key(0), Ok(completion("0"))), (key(2), Err(late))];
    assert_eq!(found, expected);
    let named = [(5, 1), (6, 1), (7, 2)].map(|(line, number)| {
        format!("{}:{line}: a second reply to {}", path.display(), key(number))
    });
    assert_eq!(skipped, Skipped { duplicate: 3, named: named.to_vec(), ..Skipped::default() });
}

#[test]
fn lines_that_cannot_be_used_are_named_and_stop_nothing() {
    let folder = asking(2);
    let path = folder.path().join("out.jsonl");
    let strange = json!({"custom_id": "request-1", "response": null, "error": null}).to_string();
    let other = good(7, "7");
    let torn = good(1, "1");
    let lines = [
        b"not JSON".to_vec(),
        good(0, "0").into_bytes(),
        strange.into_bytes(),
        b"\xff\xfe".to_vec(),
        other.into_bytes(),
        b"[1]".to_vec(),
        good(1, "1").into_bytes(),
        torn.as_bytes()[..40].to_vec(),
    ];
    fs::write(&path, lines.join(&b'\n')).unwrap();
    let (found, skipped) = read_all(folder.path());
    assert_eq!(found, [(key(0), Ok(completion("0"))), (key(1), Ok(completion("1")))]);
    assert_eq!((skipped.unknown, skipped.duplicate, skipped.broken, skipped.total()), (2, 0, 4, 6));
    let places: Vec<&str> = skipped
        .named
        .iter()
        .map(|name| name.strip_prefix(&format!("{}:", path.display())).unwrap())
        .collect();
    let starts = [
        "1: not a batch reply: ",
        "3: a reply to \"request-1\", which was not requested",
        "4: not a batch reply: ",
        "5: a reply to ",
        "6: not a batch reply: ",
        "8: not a batch reply: ",
    ];
    assert_eq!(places.len(), starts.len());
    for (place, start) in places.iter().zip(starts) {
        assert!(place.starts_with(start), "{place}");
    }
}

#[test]
fn many_broken_lines_are_counted_and_the_first_are_named() {
    let folder = asking(1);
    fs::write(folder.path().join("out.jsonl"), "x\n".repeat(1000)).unwrap();
    let (found, skipped) = read_all(folder.path());
    assert_eq!((found.len(), skipped.broken, skipped.named.len()), (0, 1000, 20));
}

#[test]
fn replies_in_a_folder_without_requests_are_taken_by_their_ids() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("out.jsonl"),
        [good(5, "5"), "{\"custom_id\":\"x\"}".into()].join("\n"),
    )
    .unwrap();
    let (found, skipped) = read_all(folder.path());
    assert_eq!(found, [(key(5), Ok(completion("5")))]);
    assert_eq!(skipped.unknown, 1);
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_in_its_place() {
    let folder = asking(1);
    fs::create_dir(folder.path().join("a.jsonl")).unwrap();
    fs::write(folder.path().join("b.jsonl"), good(0, "0")).unwrap();
    let found: Vec<_> = read(folder.path()).unwrap().collect();
    assert_eq!(found.len(), 2);
    let error = found[0].as_ref().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("failed to access {}", folder.path().join("a.jsonl").display())
    );
    assert_eq!(found[1].as_ref().unwrap(), &(key(0), Ok(completion("0"))));
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(read(&folder.path().join("none")), Err(StoreError::Io { .. })));
}
