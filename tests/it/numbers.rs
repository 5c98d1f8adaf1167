//! Numbers and texts that only Python's `json` takes, from the row, reply or job that has them to the files that tell of them.
//!
//! Invariant: the same digits come out that went in.

use serde_json::{Value as Json, json};

use crate::cli::{ended, file, json_lines, run, tgsand};

const WIDE: &str = "18446744073709551617";

/// An APPS row whose tests are the text of an object.
fn row(id: &str, body: &str, tests: &str) -> String {
    let tests = format!(r#"{{"fn_name": "f", {tests}}}"#);
    let row = |tests: &str| {
        let program = format!("def f(x):\n    return {body}\n");
        format!(
            "{{\"problem_id\": \"{id}\", \"score\": NaN, \"question\": \"Write f.\", \"input_output\": {tests}, \"solutions\": {}}}\n",
            json!([program])
        )
    };
    // The same as an object and as a text.
    row(&tests) + &row(&json!(tests).to_string())
}

#[test]
fn eval_judges_by_the_numbers_and_texts_that_a_row_states() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        row("argument", "int(str(x)[-1])", &format!(r#""inputs": [[{WIDE}]], "outputs": [7]"#)),
        row("result", "2**64 + x", &format!(r#""inputs": [[1]], "outputs": [{WIDE}]"#)),
        row("wrong", "2**64", &format!(r#""inputs": [[1]], "outputs": [{WIDE}]"#)),
        row("nan", "float('nan')", r#""inputs": [[1.0]], "outputs": [NaN]"#),
        row("infinity", "-x", r#""inputs": [[Infinity], [1e309]], "outputs": [-Infinity, -1e309]"#),
        row("surrogate", "[len(x), x]", r#""inputs": [["\ud83d"]], "outputs": [[1, "\ud83d"]]"#),
        row("pair", "len(x)", r#""inputs": [["\ud83d\ude00"]], "outputs": [1]"#),
        row("key", "max(x)", &format!(r#""inputs": [[{{"{WIDE}": 1}}]], "outputs": [{WIDE}]"#)),
    ];
    let input = file(folder.path(), "rows.jsonl", rows.concat());
    let out = folder.path().join("out");
    let ended =
        run(&["eval", input.to_str().unwrap(), "--reference", "--out", out.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let results = json_lines(&std::fs::read_to_string(out.join("results.jsonl")).unwrap());
    assert_eq!(results.len(), 2 * rows.len());
    for result in &results {
        let failing = &result["samples"][0]["failing"];
        if result["id"].as_str().unwrap().starts_with("wrong") {
            assert_eq!(
                (&failing["expected"], &failing["got"]),
                (&json!(WIDE), &json!("18446744073709551616"))
            );
        } else {
            assert_eq!((&result["correct"], failing), (&json!(1), &Json::Null), "{}", result["id"]);
        }
    }
}

#[test]
fn eval_reads_replies_beside_such_numbers_and_by_such_ids() {
    let folder = tempfile::tempdir().unwrap();
    let tests = r#"{"fn_name": "f", "inputs": [[1]], "outputs": [2]}"#;
    let problem = format!("{{\"id\": {WIDE}, \"question\": \"q\", \"input_output\": {tests}}}\n");
    let problems = file(folder.path(), "rows.jsonl", problem);
    let reply = r"```python\ndef f(x):\n    return x + 1\n```\n\ud83d";
    let replies = format!("{{\"id\": {WIDE}, \"logprob\": -Infinity, \"output\": \"{reply}\"}}\n");
    let replies = file(folder.path(), "replies.jsonl", replies);
    let out = folder.path().join("out");
    let mut command = tgsand();
    command.arg("eval").arg(problems).arg("--completions").arg(replies).arg("--out").arg(&out);
    let ended = ended(command, "");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let results = json_lines(&std::fs::read_to_string(out.join("results.jsonl")).unwrap());
    assert_eq!((&results[0]["id"], &results[0]["correct"]), (&json!(WIDE), &json!(1)));
}

#[test]
fn exec_hands_over_and_gives_back_every_digit() {
    let job = |id: &str, args: &str| {
        format!(
            "{{\"id\": {id}, \"code\": \"def f(*a, **k): return (repr(a), k)\", \"entry\": \"f\", \"cases\": [{args}]}}\n"
        )
    };
    let jobs = [
        (
            job(WIDE, &format!(r#"{{"args": [{WIDE}, [18446744073709551615]]}}"#)),
            "(18446744073709551617, [18446744073709551615])",
        ),
        (
            job("[-1e5]", r#"{"args": [NaN, 1e309, -Infinity, 1.0, -0, -0.0]}"#),
            "(nan, inf, -inf, 1.0, 0, -0.0)",
        ),
        (
            job(r#""\ud800""#, r#"{"args": ["\ud83d", "\ud83d\ude00", {"\udc00": null}]}"#),
            r"('\ud83d', '😀', {'\udc00': None})",
        ),
    ];
    let lines: String = jobs.iter().map(|(job, _)| job.as_str()).collect();
    let kwargs = job("1", &format!(r#"{{"kwargs": {{"b": -{WIDE}}}}}"#));
    let deep = job("2", &format!(r#"{{"args": {}}}"#, "[".repeat(100_000)));
    let mut command = tgsand();
    command.args(["exec", "-"]);
    let stdout = ended(command, lines + &kwargs + &deep).stdout;
    let answers: Vec<&str> = stdout.lines().collect();
    assert_eq!(answers.len(), 5);
    for (answer, ((_, shown), id)) in
        answers.iter().zip(jobs.iter().zip([WIDE, "[-100000.0]", r#""\ud800""#]))
    {
        assert!(answer.starts_with(&format!("{{\"id\":{id},")), "{answer}");
        let (_, answer) = answer.split_once(",\"end\"").unwrap();
        let answer: Json = serde_json::from_str(&format!("{{\"end\"{answer}")).unwrap();
        assert_eq!(answer["cases"][0]["value"]["tuple"][0], json!(shown));
    }
    let value = json!({"tuple": ["()", {"dict": [["b", {"int": format!("-{WIDE}")}]]}]});
    assert_eq!(json_lines(answers[3])[0]["cases"][0]["value"], value);
    let error = json_lines(answers[4])[0]["error"].as_str().unwrap().to_owned();
    assert!(error.starts_with("not a JSON object: nested too deeply"), "{error}");
}

#[test]
fn filter_keeps_a_row_that_states_a_wide_integer_in_any_form_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let code = "def f(x):\n    return x + 2**64\n";
    let input = file(folder.path(), "code.jsonl", format!("{}\n", json!({"content": code})));
    let out = folder.path().join("made");
    let made = run(&["synth", input.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let sample = std::fs::read_to_string(out.join("samples/case2code.jsonl")).unwrap();
    // Every value of these cases is such an integer, which our own files write with a tag.
    let tagged = sample.matches(r#"{\"int\":\"184467440737095516"#).count();
    assert!(tagged > 0, "{sample}");
    let plain = sample.replace(r#"{\"int\":\""#, "").replace(r#"\"}","repr""#, r#"","repr""#);
    let wrong = plain.replacen("\"value\":\"1", "\"value\":\"2", 1);
    let noted = plain.replacen('{', "{\"score\":NaN,", 1);
    let rows =
        file(folder.path(), "rows.jsonl", [sample.as_str(), &plain, &wrong, &noted].concat());
    let out = folder.path().join("kept");
    let filtered = run(&["filter", rows.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert_eq!(filtered.code, Some(0), "{}", filtered.stderr);
    let kept = std::fs::read_to_string(out.join("kept.jsonl")).unwrap();
    assert_eq!(kept, [sample.as_str(), &plain, &noted].concat());
}
