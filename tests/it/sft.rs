//! `tgsand sft`: what it writes, what it says of rows that are cut, and how it ends without a conversation.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::cli::{Ended, ended, file, json_lines, tgsand};

/// Runs `tgsand sft` over these rows, with its output in `out`.
fn sft(folder: &Path, rows: &[Json], options: &[&str]) -> Ended {
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    let input = file(folder, "rows.jsonl", text);
    let mut command = tgsand();
    command.arg("sft").arg(input).arg("--out").arg(folder.join("out"));
    command.args(["--base-model", "org/model"]).args(options);
    ended(command, "")
}

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join("out").join(name)).unwrap()
}

#[test]
fn both_training_files_have_the_same_conversations_and_every_configuration_learns_the_answer_alone()
{
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        json!({"messages": [
            {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
            {"role": "user", "content": "c"}, {"role": "assistant", "content": "d"}
        ]}),
        json!({"prompt": "a", "chosen": "b", "rejected": "c"}),
    ];
    let run = sft(folder.path(), &rows, &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let pairs = json_lines(&text(folder.path(), "pairs/train.jsonl"));
    assert_eq!(pairs[0]["prompt"].as_array().unwrap().len(), 3);
    assert_eq!(pairs[0]["completion"], json!([{"role": "assistant", "content": "d"}]));
    for (pair, row) in pairs.iter().zip(json_lines(&text(folder.path(), "data/train.jsonl"))) {
        let learned = row["messages"].as_array().unwrap().iter().filter(|it| it["train"] == true);
        let learned: Vec<&Json> = learned.map(|it| &it["content"]).collect();
        assert_eq!(learned, [&pair["completion"][0]["content"]]);
    }
    for (name, line) in [
        ("trl.yaml", "completion_only_loss: true"),
        ("axolotl.yaml", "    message_field_training: train"),
        ("llama_factory.yaml", "train_on_prompt: false"),
        ("llama_factory.yaml", "mask_history: true"),
    ] {
        assert!(text(folder.path(), name).lines().any(|it| it == line), "{name}");
    }
    let out = folder.path().join("out").display().to_string();
    for said in [
        "1 of the conversations end",
        &format!("cd {out} && trl sft --config trl.yaml"),
        &format!("cd {out} && transformers serve checkpoint"),
        "eval TEST.jsonl --model checkpoint --base-url http://127.0.0.1:8000/v1",
    ] {
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
    }
}

#[test]
fn rows_that_are_too_long_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        json!({"prompt": "a", "completion": "b".repeat(399)}),
        json!({"prompt": "a", "completion": "b".repeat(400)}),
    ];
    let run = sft(folder.path(), &rows, &["--max-length", "100"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let said = "1 of 2 conversations have more than 100 tokens, the longest about 101";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    let report: Json = serde_json::from_str(&text(folder.path(), "run.json")).unwrap();
    assert_eq!((&report["too_long"], &report["longest"]), (&json!(1), &json!(101)));
}

#[test]
fn without_a_conversation_it_fails_and_says_which_rows_it_takes() {
    let folder = tempfile::tempdir().unwrap();
    let run = sft(folder.path(), &[json!({"id": 1, "answer": "b"})], &[]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    for part in ["no row is a conversation", "`prompt` with `completion` or `chosen`"] {
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
    assert!(!folder.path().join("out/data/train.jsonl").exists());
    assert!(!folder.path().join("out/trl.yaml").exists());
}
