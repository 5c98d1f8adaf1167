//! Replies as models are known to give them, from the file of replies to the score.
//!
//! Invariant: every right answer in an odd form passes, and the row of results tells of the form.

use serde_json::{Value as Json, json};

use super::{results, scores, write_rows};

/// A function to complete.
fn body(id: &str) -> Json {
    json!({
        "task_id": id, "entry_point": "doubles", "prompt": "def doubles(xs):\n    \"\"\" Twice each item. \"\"\"\n",
        "canonical_solution": "    return [x * 2 for x in xs]\n",
        "test": "def check(candidate):\n    assert candidate([1, 2]) == [2, 4]\n    assert candidate([]) == []\n",
    })
}

/// A program that doubles the number that it reads.
fn program(id: &str) -> Json {
    json!({
        "problem_id": id, "question": "Read n and print twice n.", "solutions": "[]",
        "input_output": "{\"inputs\": [\"3\\n\", \"0\\n\"], \"outputs\": [\"6\\n\", \"0\\n\"]}",
    })
}

/// A function that is called.
fn call(id: &str, starter: &str) -> Json {
    json!({
        "problem_id": id, "question": "Sum.", "starter_code": starter, "solutions": "[]",
        "input_output": "{\"inputs\": [[[1, 2]], [[]]], \"outputs\": [3, 0], \"fn_name\": \"total\"}",
    })
}

/// Scores one reply to each problem, all of which have to pass, and gives the samples.
fn passing(cases: Vec<(Json, String)>) -> Vec<Json> {
    let folder = tempfile::tempdir().unwrap();
    let replies: Vec<Json> = cases.iter().map(|(_, reply)| json!({"completion": reply})).collect();
    let rows: Vec<Json> = cases.into_iter().map(|(row, _)| row).collect();
    write_rows(&folder.path().join("test.jsonl"), &rows);
    write_rows(&folder.path().join("replies.jsonl"), &replies);
    let args = ["test.jsonl", "--completions", "replies.jsonl", "--out", "run"];
    scores(folder.path(), &args, 0);
    let rows = results(&folder.path().join("run"));
    rows.into_iter()
        .map(|mut row| {
            let sample = row["samples"][0].take();
            assert_eq!(sample["passed"], json!(true), "{} {sample}", row["id"]);
            sample
        })
        .collect()
}

#[test]
fn answers_with_tokens_for_the_machine_pass_and_name_the_token() {
    let tokens =
        ["<|endoftext|>", "<|im_end|>", "<|eot_id|>", "</s>", "<fim_middle>", "[DONE]", "\n[DONE]"];
    let code = "    out = [x * 2 for x in xs]\n    return out";
    let mut cases: Vec<(Json, String)> =
        tokens.iter().map(|token| (body(token), format!("{code}{token}"))).collect();
    let fenced = "```python\nn = int(input())\nprint(n * 2)";
    cases.extend(
        tokens.iter().map(|token| (program(&format!("p{token}")), format!("{fenced}{token}"))),
    );
    let told: Vec<Json> =
        passing(cases).into_iter().map(|mut sample| sample["end_token"].take()).collect();
    let expected: Vec<Json> =
        tokens.iter().chain(&tokens).map(|token| json!(token.trim())).collect();
    assert_eq!(told, expected);
}

#[test]
fn programs_in_parts_beside_demonstrations_or_half_fenced_pass() {
    let code = "n = int(input())\nprint(n * 2)\n";
    let demo = "```python\nassert 3 * 2 == 6\nprint('ok')\n```\n";
    passing(vec![
        (program("demo"), format!("```python\n{code}```\nCheck it:\n{demo}")),
        (program("helper"), "```python\ndef dbl(n):\n    return 2 * n\n```\nThen:\n```python\nprint(dbl(int(input())))\n```\n".into()),
        (program("call"), "```python\ndef main():\n    print(int(input()) * 2)\n```\nCall it:\n```python\nmain()\n```\n".into()),
        (program("closed"), format!("{code}```\nReads and doubles.\n")),
        (body("closed-body"), "    return [x * 2 for x in xs]\n```\n\nThis works.\n".into()),
        (call("import", "def total(xs):\n"), "```python\nfrom math import fsum\n```\nand\n```python\ndef total(xs):\n    return int(fsum(xs))\n```\n".into()),
    ]);
}

#[test]
fn bodies_of_any_margin_and_odd_spaces_pass() {
    let code = "out = []\nfor x in xs:\n    out.append(x * 2)\nreturn out\n";
    let margin = |margin: &str| code.lines().map(|line| format!("{margin}{line}\n")).collect();
    let mut cases: Vec<(Json, String)> = ["", "  ", "    ", "     ", "        "]
        .iter()
        .map(|m| (body(&format!("b{m}")), margin(m)))
        .collect();
    let program_code = "n = int(input())\nif n or not n:\n    print(n * 2)\n";
    cases.push((program("space"), program_code.replace("    ", "\u{a0}\u{3000}\u{a0}\u{200b}")));
    let told: Vec<Json> =
        passing(cases).into_iter().map(|mut sample| sample["replaced_spaces"].take()).collect();
    assert_eq!(told, [false, false, false, false, false, true]);
}

#[test]
fn an_answer_may_be_a_function_or_a_method_of_solution_whatever_the_starter_has() {
    let class = "class Solution:\n    def total(self, xs):\n        return sum(xs)\n";
    let plain = "def total(xs):\n    return sum(xs)\n";
    let other = format!("class Solution:\n    pass\n\n{plain}");
    let mut cases = Vec::new();
    for starter in ["", "def total(xs):\n", "class Solution:\n    def total(self, xs):\n"] {
        for answer in [class, plain, other.as_str()] {
            cases.push((call(&cases.len().to_string(), starter), answer.to_owned()));
        }
    }
    passing(cases);
}
