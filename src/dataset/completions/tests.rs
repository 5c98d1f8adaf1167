//! Files of replies as harnesses write them, of our own making.
//!
//! Invariant: what a file holds is written out, never computed by what is tested.

use serde_json::{Value as Json, json};

use super::*;

fn read_as(text: &str, fields: &CompletionFields) -> Completions {
    let file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
    std::fs::write(file.path(), text).unwrap();
    Completions::read(file.path(), fields).unwrap()
}

fn read(text: &str) -> Completions {
    read_as(text, &CompletionFields::default())
}

/// The texts of a problem's replies.
fn texts<'c>(found: &'c Completions, id: &str, line: u64) -> Vec<&'c str> {
    found.claim(id, line).unwrap_or_default().iter().map(|given| given.text.as_str()).collect()
}

/// The replies of a row that names the problem `a`.
#[track_caller]
fn given(row: Json) -> Vec<(String, Option<bool>)> {
    let found = read(&format!("{row}\n"));
    assert_eq!(found.bad, Vec::<String>::new());
    found.claim("a", 0).unwrap().iter().map(|given| (given.text.clone(), given.cut)).collect()
}

#[test]
fn rows_and_lists_of_one_problem_are_put_together() {
    let text = "{\"task_id\":\"a\",\"completion\":\"1\"}\n{\"id\":7,\"completions\":[\"x\",\"y\"]}\n{\"task_id\":\"a\",\"output\":\"2\"}\n";
    let found = read(text);
    assert_eq!((texts(&found, "a", 1), texts(&found, "7", 2)), (vec!["1", "2"], vec!["x", "y"]));
    assert_eq!(found.bad, Vec::<String>::new());
}

#[test]
fn a_bad_row_is_named_and_the_others_are_read() {
    let fields = CompletionFields { id: Some("q".into()), completion: Some("a".into()) };
    let found = read_as(
        "{\"q\":\"a\",\"a\":\"1\"}\nbroken\n{\"q\":\"b\"}\n{\"q\":\"c\",\"a\":[1]}\n",
        &fields,
    );
    assert_eq!((found.replies.len(), found.bad.len()), (1, 3));
    assert!(
        found.bad[1].ends_with(":3: no field \"a\"")
            && found.bad[2].ends_with(":4: a reply is not text")
    );
}

#[test]
fn a_row_without_an_id_belongs_to_the_problem_of_its_line_whatever_that_is_called() {
    let found =
        read("{\"output\":\"x\"}\n\n{\"output\":\"z\"}\n{\"id\":\"c\",\"output\":\"of c\"}\n");
    assert_eq!(texts(&found, "HumanEval/2", 3), ["z"]);
    assert_eq!((texts(&found, "any", 2), texts(&found, "c", 1)), (vec![], vec!["of c"]));
}

#[test]
fn replies_that_name_no_problem_are_counted() {
    let rows = [
        json!({"id": "z", "output": "1"}),
        json!({"id": "a", "output": "1"}),
        json!({"id": "b", "output": "1"}),
    ];
    let text: String = rows.iter().chain(&rows[..1]).map(|row| format!("{row}\n")).collect();
    let found = read(&format!("{text}{{\"output\":\"1\"}}\n"));
    let first = vec!["z".to_owned(), "a".to_owned()];
    assert_eq!(found.unclaimed(), Unclaimed { names: 4, rows: 5, first, unanswered: None });
    for id in ["z", "a", "unknown"] {
        found.claim(id, 1);
    }
    let first = vec!["b".to_owned(), "line 5".to_owned()];
    let unanswered = Some("unknown".to_owned());
    assert_eq!(
        found.unclaimed(),
        Unclaimed { names: 2, rows: 2, first, unanswered: unanswered.clone() }
    );
    found.claim("b", 1);
    found.claim("unknown", 5);
    assert_eq!(found.unclaimed(), Unclaimed { unanswered, ..Unclaimed::default() });
}

#[test]
fn lists_in_lists_are_flattened_in_order() {
    let row = json!({"id": "a", "resps": [["1", "2"], [["3"]]], "filtered_resps": ["0"]});
    assert_eq!(given(row), [("1".into(), None), ("2".into(), None), ("3".into(), None)]);
}

#[test]
fn choices_and_messages_are_replies_with_their_ends() {
    let choices = json!([
        {"message": {"role": "assistant", "content": "1"}, "finish_reason": "length"},
        {"message": {"content": null, "refusal": "No."}, "finish_reason": "stop"},
        {"text": "2"},
        {"content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "3"}, {"type": "text", "text": "4"}]},
    ]);
    let expected = [
        ("1".into(), Some(true)),
        ("".into(), Some(false)),
        ("2".into(), None),
        ("34".into(), None),
    ];
    assert_eq!(given(json!({"id": "a", "choices": choices})), expected);
    let row = json!({"id": "a", "output": {"content": "5"}, "finish_reason": "MAX_TOKENS"});
    assert_eq!(given(row), [("5".into(), Some(true))]);
    let row = json!({"id": "a", "output": ["6", {"text": "7", "finish_reason": "length"}], "finish_reason": "stop"});
    assert_eq!(given(row), [("6".into(), Some(false)), ("7".into(), Some(true))]);
    let found = read("{\"id\":\"a\",\"output\":{\"reply\":\"1\"}}\n");
    assert!(
        found.bad[0].ends_with(":1: a reply has no message, content or text"),
        "{:?}",
        found.bad
    );
}

#[test]
fn a_dotted_name_leads_into_objects_unless_a_field_has_the_whole_name() {
    let fields = CompletionFields {
        id: Some("doc.task_id".into()),
        completion: Some("response.body.choices".into()),
    };
    let rows = [
        json!({"doc": {"task_id": 3}, "response": {"body": {"choices": [{"text": "1"}]}}}),
        json!({"doc.task_id": "b", "doc": {"task_id": "c"}, "response.body": {"choices": ["2"]}}),
        json!({"doc": {"id": 3}, "response": {"body": {"choices": []}}}),
        json!({"doc": {"task_id": "d"}, "response": "none"}),
    ];
    let found = read_as(&rows.map(|row| format!("{row}\n")).concat(), &fields);
    assert_eq!((texts(&found, "3", 0), texts(&found, "b", 0)), (vec!["1"], vec!["2"]));
    assert!(found.bad[0].ends_with(":3: no field \"doc.task_id\"") && found.bad.len() == 2);
    assert!(found.bad[1].ends_with(":4: no field \"response.body.choices\""));
}

#[test]
fn a_line_that_is_a_list_of_texts_has_the_replies_to_the_problem_of_that_line() {
    let found = read("[\"1\", \"2\"]\n[[\"3\"], null]\n[{\"id\": \"a\", \"output\": \"4\"}]\n[]\n");
    assert_eq!((texts(&found, "x", 1), texts(&found, "y", 2)), (vec!["1", "2"], vec!["3", ""]));
    assert_eq!(found.claim("z", 4), Some(&[][..]));
    assert!(
        found.bad[0].ends_with(":3: a list that is a row holds something other than texts"),
        "{:?}",
        found.bad
    );
}

#[test]
fn a_file_that_is_one_list_of_lists_has_the_replies_to_all_problems() {
    let found = read("[[\"1\", \"2\"], [\"3\"]]\n");
    assert_eq!((texts(&found, "x", 1), texts(&found, "y", 2)), (vec!["1", "2"], vec!["3"]));
    let found = read("[[\"1\"], [\"2\"]]\n[[\"3\"]]\n");
    assert_eq!((texts(&found, "x", 1), texts(&found, "y", 2)), (vec!["1", "2"], vec!["3"]));
}

#[test]
fn null_in_a_reply_field_is_an_empty_reply_and_no_field_is_none() {
    assert_eq!(given(json!({"id": "a", "completion": null})), [("".into(), None)]);
    assert_eq!(given(json!({"id": "a", "completion": null, "output": "1"})), [("1".into(), None)]);
    assert_eq!(
        given(json!({"id": "a", "completions": ["1", null]})),
        [("1".into(), None), ("".into(), None)]
    );
    let fields =
        CompletionFields { completion: Some("said".into()), ..CompletionFields::default() };
    let found = read_as("{\"id\":\"a\",\"said\":null}\n{\"id\":\"b\"}\n", &fields);
    assert_eq!((texts(&found, "a", 0), found.bad.len()), (vec![""], 1));
}

#[test]
fn a_list_of_rows_on_one_line_or_on_many_is_read_like_lines() {
    let row = |id: &str, code: &str| json!({"question_id": id, "code_list": [code]});
    let rows = json!([row("a", "1"), row("b", "2"), {"output_list": ["3"]}]);
    for text in [rows.to_string(), serde_json::to_string_pretty(&rows).unwrap()] {
        let found = read(&text);
        assert_eq!((texts(&found, "a", 9), texts(&found, "b", 9)), (vec!["1"], vec!["2"]));
        assert_eq!((texts(&found, "x", 3), found.bad.len()), (vec!["3"], 0));
    }
}

#[test]
fn samples_of_numbered_problems_belong_to_the_problem_at_that_place() {
    let text = "{\"id\":\"1_0\",\"code\":\"a\"}\n{\"id\":\"0_0\",\"code\":\"b\"}\n{\"id\":\"1_1\",\"code\":\"c\"}\n";
    let found = read(text);
    assert_eq!((texts(&found, "x", 1), texts(&found, "y", 2)), (vec!["b"], vec!["a", "c"]));
    assert!(found.has_numbered && found.without_id() == 0);
    let named = read("{\"id\":\"1_0\",\"completion\":\"a\",\"code\":\"b\"}\n");
    assert_eq!((texts(&named, "1_0", 9), named.has_numbered), (vec!["a"], false));
}
