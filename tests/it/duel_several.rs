//! `tgsand duel run` with several challengers: each has a duel with the king on the same turns, and all of them are ranked.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cli::{Ended, ended, json_lines, tgsand};
use crate::duel::{TRAJECTORIES, model, turn, verdict};
use crate::model_server::{Answer, Asked, ModelServer, completion};

/// Which of two turns is better, by their commands.
fn better(asked: &Asked) -> u8 {
    let text = asked.text();
    let place = |command: &str| text.find(&format!("| {command}\n")).unwrap_or(usize::MAX);
    let order = ["git log --oneline", "pwd", "true"].map(place);
    let mut shown: Vec<usize> = (0..3).filter(|at| order[*at] < usize::MAX).collect();
    shown.sort_by_key(|at| order[*at]);
    if shown[0] < shown[1] { 1 } else { 2 }
}

/// A reply that costs more than what is set aside for another one.
fn costly(text: &str) -> Answer {
    let body = completion(text, "stop");
    Answer::Reply(200, "", body.replace("\"prompt_tokens\":10", "\"prompt_tokens\":3000"))
}

fn several(folder: &Path, server: &ModelServer, challengers: &str, options: &[&str]) -> Ended {
    let mut command = tgsand();
    command.args(["duel", "run", TRAJECTORIES, "--model", "king", "--challenger", challengers]);
    command.args(["--judge", "alpha,beta,gamma", "--base-url", &server.url, "--out", "out"]);
    command.args(["--reply-cache", "replies", "--max-concurrent", "1"]).args(options);
    command.env_remove("TGSAND_NO_CACHE").current_dir(folder);
    ended(command, b"")
}

#[test]
fn several_challengers_have_a_duel_each_and_are_ranked_under_one_budget() {
    let folder = tempfile::tempdir().unwrap();
    let of_king = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&of_king);
    let server = ModelServer::start(move |asked| match model(asked) {
        "king" => {
            seen.fetch_add(1, Ordering::SeqCst);
            costly(&turn("Quickly.", "pwd"))
        }
        "makers/good" => costly(&turn("Carefully.", "git log --oneline")),
        "bad" | ".." => costly(&turn("Hardly.", "true")),
        _ => costly(&verdict(better(asked))),
    });
    let spent = |name: &str| -> u64 {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        let rows = json_lines(&text);
        rows.iter()
            .map(|row| {
                row["prompt_tokens"].as_u64().unwrap() + row["completion_tokens"].as_u64().unwrap()
            })
            .sum()
    };
    let run = several(folder.path(), &server, "makers/good,bad", &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let ranks: Vec<&str> =
        run.stdout.lines().skip(2).map(|line| line.split(" | ").next().unwrap()).collect();
    assert_eq!(ranks, ["| makers/good", "| king", "| bad"], "{}", run.stdout);
    // The king answers each turn once, whoever it meets.
    assert_eq!(of_king.load(Ordering::SeqCst), 16);
    let (first, second) = (spent("out/makers-good/usage.jsonl"), spent("out/bad/usage.jsonl"));
    assert!(first > 0 && second > 0);
    let again = several(folder.path(), &server, "makers/good,bad", &[]);
    assert_eq!((again.code, again.stdout), (Some(0), run.stdout));
    assert_eq!(of_king.load(Ordering::SeqCst), 16);

    // Together they spend what one of them may.
    let folder = tempfile::tempdir().unwrap();
    let most = (first + second / 2).to_string();
    let run = several(folder.path(), &server, "makers/good,bad", &["--max-tokens", &most]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert!(folder.path().join("out/makers-good/report.md").exists(), "{}", run.stderr);
    assert!(run.stderr.contains("are spent, and the next request may take"), "{}", run.stderr);

    // A panel that may not judge one of them is refused before any turn is paid for.
    let asked = server.requests();
    let kin = several(folder.path(), &server, "other,betamax,beta-2", &[]);
    assert_eq!(kin.code, Some(2), "{}", kin.stderr);
    assert!(kin.stderr.contains("beta is of the same family as beta-2"), "{}", kin.stderr);
    assert_eq!(server.requests(), asked);
    for (names, told) in [("", "has an empty name"), ("bad,", "has an empty name")] {
        let refused = several(folder.path(), &server, names, &[]);
        assert_eq!(refused.code, Some(2), "{}", refused.stderr);
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
    }
    // A name is no way out of the folder.
    let away = several(folder.path(), &server, "..,bad", &["--turns", "1", "--estimate"]);
    assert_eq!(away.code, Some(0), "{}", away.stderr);
    several(folder.path(), &server, "..,bad", &["--turns", "1"]);
    assert!(folder.path().join("out/_../turns.jsonl").exists());
    assert!(!folder.path().join("turns.jsonl").exists());
    let twice = several(folder.path(), &server, "bad,bad", &[]);
    assert_eq!(twice.code, Some(2), "{}", twice.stderr);
    assert!(twice.stderr.contains("--challenger names bad twice"), "{}", twice.stderr);
}
