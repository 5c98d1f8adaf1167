//! A duel with turns that nobody has judged, or with verdicts that cannot be read: it meets no gate, says what is missing, and keeps
//! what was paid for.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value as Json, json};

use crate::cli::{Ended, ended, file, json_lines, tgsand};
use crate::duel::{METRICS, TRAJECTORIES, fair, lines, model, report};
use crate::duel_steps::{CONTESTANTS, JUDGES, asking, step};
use crate::model_server::{Answer, ModelServer, good};

fn reported(folder: &Path, options: &[&str]) -> Ended {
    step(folder, &[&["report", "out"], options].concat())
}

#[test]
fn a_duel_that_is_judged_in_part_meets_no_gate_until_the_rest_is_judged() {
    static IS_WELL: AtomicBool = AtomicBool::new(false);
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(|asked| match model(asked) {
        "gamma" if !IS_WELL.load(Ordering::SeqCst) && asked.number > 70 => {
            Answer::Reply(429, "", "too many".into())
        }
        _ => fair(asked),
    });
    let args = ["run", TRAJECTORIES, "--out", "out", "--max-concurrent", "1"];
    let run = asking(folder.path(), &server, &[&args[..], &CONTESTANTS, &JUDGES].concat());
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert_eq!(report(folder.path())["verdict"]["decision"]["accepted"], false, "{}", run.stderr);
    let answer = [&["answer", "out"][..], &CONTESTANTS].concat();
    assert_eq!(asking(folder.path(), &server, &answer).code, Some(0));
    let judge = [&["judge", "out", "--max-concurrent", "1"][..], &JUDGES].concat();
    assert_eq!(asking(folder.path(), &server, &judge).code, Some(3));
    let judged = lines(folder.path(), "turns.jsonl").len();
    assert!((5..16).contains(&judged), "{judged}");
    let missing = 16 - judged;
    let told = format!(
        "tgsand: no verdict on {missing} planned turns; the gate is decided over all of them\n"
    );
    for options in [&[][..], &["--gate", "reference"], &["--min-valid", "0", "--judge", "alpha"]] {
        let part = reported(folder.path(), options);
        assert_eq!(part.code, Some(3), "{}", part.stderr);
        assert!(part.stderr.contains(&told), "{}", part.stderr);
        let report = report(folder.path());
        assert_eq!(report["verdict"]["decision"]["accepted"], false);
        assert_eq!(report["verdict"]["decision"]["turns"], 16);
        assert_eq!(report["verdict"]["absent"], json!({"unjudged": missing, "unread": 0}));
        let text = std::fs::read_to_string(folder.path().join("out/report.md")).unwrap();
        assert!(text.contains("not met") && text.contains("no verdict on"), "{text}");
    }
    // Turns without a verdict count against the share that has to be judged.
    let strict = reported(folder.path(), &["--gate", "own", "--min-valid", "1"]);
    let told = format!("most of the panel judged {judged} of 16 turns");
    assert!(strict.stderr.contains(&told), "{}", strict.stderr);
    let elsewhere = reported(folder.path(), &["--out", "other"]);
    assert_eq!(elsewhere.code, Some(2), "{}", elsewhere.stderr);
    assert!(elsewhere.stderr.contains("judge the rest first"), "{}", elsewhere.stderr);
    let ranked = step(folder.path(), &["rank", "out"]);
    let told = format!("tgsand: out counts without {missing} planned turns without a verdict\n");
    assert_eq!((ranked.code, ranked.stderr.as_str()), (Some(0), told.as_str()));
    IS_WELL.store(true, Ordering::SeqCst);
    assert_eq!(asking(folder.path(), &server, &judge).code, Some(0));
    let whole = reported(folder.path(), &["--min-valid", "0.5"]);
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    assert_eq!(report(folder.path())["verdict"]["absent"], Json::Null);
}

#[test]
fn rows_of_verdicts_that_cannot_be_read_are_kept_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(fair);
    let args = ["run", TRAJECTORIES, "--out", "out"];
    let run = asking(folder.path(), &server, &[&args[..], &CONTESTANTS, &JUDGES].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let path = folder.path().join("out/turns.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let rows: Vec<&str> = text.lines().collect();
    let newer = rows[3].replacen("tgsand/turn/1", "tgsand/turn/2", 1);
    let cut = &rows[5][..100];
    let damaged: Vec<&str> = rows
        .iter()
        .enumerate()
        .map(|(place, row)| match place {
            3 => newer.as_str(),
            5 => cut,
            _ => row,
        })
        .collect();
    file(folder.path(), "out/turns.jsonl", damaged.join("\n"));
    for _ in 0..2 {
        let report_of = reported(folder.path(), &[]);
        assert_eq!(report_of.code, Some(3), "{}", report_of.stderr);
        assert!(report_of.stderr.contains("a newer one is needed"), "{}", report_of.stderr);
        assert!(report_of.stderr.contains("broken JSON at column 101"), "{}", report_of.stderr);
        let after = std::fs::read_to_string(&path).unwrap();
        assert_eq!(after.lines().count(), 16);
        assert!(after.lines().any(|row| row == newer) && after.lines().any(|row| row == cut));
        let report = report(folder.path());
        assert_eq!(report["verdict"]["absent"], json!({"unjudged": 2, "unread": 2}));
        assert_eq!(report["verdict"]["decision"]["turns"], 16);
    }
    let ranked = step(folder.path(), &["rank", "out"]);
    let told = "tgsand: out counts without 2 planned turns without a verdict and 2 rows that cannot be read\n";
    assert_eq!((ranked.code, ranked.stderr.as_str()), (Some(0), told));
    // A row that is not text cannot be written again.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend(b"{\"id\": \"\xff\"}\n");
    file(folder.path(), "out/turns.jsonl", &bytes);
    let refused = reported(folder.path(), &[]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    let told = "out/turns.jsonl:17: not UTF-8 text";
    assert!(refused.stderr.contains(told) && refused.stderr.contains("repair it or remove it"));
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    // In another folder, something stands for it.
    let other = step(folder.path(), &["report", "out/turns.jsonl", "--out", "other"]);
    assert_eq!(other.code, Some(3), "{}", other.stderr);
    let other = step(folder.path(), &["report", "other"]);
    assert_eq!(other.code, Some(3), "{}", other.stderr);
    let rows = std::fs::read_to_string(folder.path().join("other/turns.jsonl")).unwrap();
    assert_eq!(rows.lines().count(), 17);
}

#[test]
fn a_judge_that_is_named_twice_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let judge = |name: &str, side: i8| json!({"judge": name, "challenger_first": vec![side; METRICS.len()], "king_first": vec![side; METRICS.len()]});
    let mut rows: Vec<Json> = (0..8)
        .map(|at| json!({"instance_id": format!("i{at}"), "judgements": [judge("p", 1), judge("q", 1)]}))
        .collect();
    rows.push(json!({"instance_id": "i8", "judgements": [judge("p", 1), judge("p", -1)]}));
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    file(folder.path(), "verdicts.jsonl", text);
    let all = step(folder.path(), &["report", "verdicts.jsonl", "--out", "out"]);
    assert_eq!(all.code, Some(3), "{}", all.stderr);
    let told = "verdicts.jsonl:9: judge \"p\" is named twice";
    assert!(all.stderr.contains(told), "{}", all.stderr);
    let turns = std::fs::read_to_string(folder.path().join("out/turns.jsonl")).unwrap();
    assert_eq!(json_lines(&turns).last(), rows.last());
    let twice = reported(folder.path(), &["--judge", "q,q"]);
    assert_eq!(twice.code, Some(2), "{}", twice.stderr);
    let told = "--judge names q twice; its verdicts would count twice";
    assert!(twice.stderr.contains(told), "{}", twice.stderr);
}

#[test]
fn duels_that_nothing_connects_are_not_ranked_and_other_panels_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let duel = |king: &str, challenger: &str, judge: &str| {
        let row = |at: u32| {
            let provenance = json!({"tgsand": "0", "source": {"file": "f", "line": at}, "seed": 0, "king": king, "challenger": challenger});
            let side = if at.is_multiple_of(3) { -1 } else { 1 };
            json!({"id": format!("i{at}:1"), "instance_id": format!("i{at}"), "provenance": provenance,
                "judgements": [{"judge": judge, "challenger_first": vec![side; 5], "king_first": vec![side; 5]}]})
        };
        let text: String = (0..8).map(|at| format!("{}\n", row(at))).collect();
        file(folder.path(), &format!("{challenger}.jsonl"), text);
    };
    duel("a", "b", "p");
    duel("c", "d", "p");
    duel("b", "c", "q");
    let apart = step(folder.path(), &["rank", "b.jsonl", "d.jsonl"]);
    assert_eq!(apart.code, Some(2), "{}", apart.stderr);
    let told = "d.jsonl (d against c) has no contestant in common with b.jsonl";
    assert!(apart.stderr.contains(told), "{}", apart.stderr);
    let chain = step(folder.path(), &["rank", "b.jsonl", "d.jsonl", "c.jsonl"]);
    assert_eq!(chain.code, Some(0), "{}", chain.stderr);
    let told =
        "the duels have different panels (b.jsonl has the mean of p; c.jsonl has the mean of q)";
    assert!(chain.stderr.contains(told), "{}", chain.stderr);
}

#[test]
fn filter_takes_a_turn_with_two_verdicts_of_one_judge_for_contradictory() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(fair);
    let args = ["run", TRAJECTORIES, "--out", "out", "--turns", "6"];
    let run = asking(folder.path(), &server, &[&args[..], &CONTESTANTS, &JUDGES].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let mut row = lines(folder.path(), "turns.jsonl").remove(0);
    let whole = row.to_string();
    row["judgements"][1]["judge"] = row["judgements"][0]["judge"].clone();
    file(folder.path(), "rows.jsonl", format!("{whole}\n{row}\n"));
    let mut command = tgsand();
    command.args(["filter", "rows.jsonl", "--out", "filtered"]).current_dir(folder.path());
    let filtered = ended(command, b"");
    assert_eq!(filtered.code, Some(0), "{}", filtered.stderr);
    let rejected = std::fs::read_to_string(folder.path().join("filtered/rejected.jsonl")).unwrap();
    let rejected = json_lines(&rejected);
    assert_eq!(rejected.len(), 1, "{rejected:?}");
    assert_eq!(rejected[0]["detail"], "a judge has two verdicts");
}

#[test]
fn an_id_that_a_row_of_verdicts_repeats_is_named_and_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let judged = |side: i8| json!([{"judge": "p", "challenger_first": vec![side; METRICS.len()], "king_first": vec![side; METRICS.len()]}]);
    let mut rows: Vec<Json> = (0..8)
        .map(|at| json!({"id": format!("t{at}"), "instance_id": format!("i{at}"), "judgements": judged(1)}))
        .collect();
    rows.push(json!({"id": "t2", "instance_id": "i2", "judgements": judged(-1)}));
    // Two turns of one instance without ids of their own are two.
    rows.extend([1, 1].map(|side| json!({"instance_id": "i9", "judgements": judged(side)})));
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    file(folder.path(), "verdicts.jsonl", text);
    let all = step(folder.path(), &["report", "verdicts.jsonl", "--out", "out"]);
    assert_eq!(all.code, Some(3), "{}", all.stderr);
    let told =
        "verdicts.jsonl:9: the id \"t2\" is that of line 3, which counts; give each turn its own";
    assert!(all.stderr.contains(told), "{}", all.stderr);
    let turns = lines(folder.path(), "turns.jsonl");
    let ids: Vec<&str> = turns.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids[7..], ["t7", "i9", "i9#2", "t2"]);
    assert_eq!(turns.last(), rows.get(8));
    assert_eq!(report(folder.path())["verdict"]["absent"], json!({"unjudged": 0, "unread": 1}));
}

#[test]
fn a_verdict_that_could_not_be_read_is_asked_for_anew_by_the_next_duel() {
    static IS_WELL: AtomicBool = AtomicBool::new(false);
    let folder = tempfile::tempdir().unwrap();
    let of_beta = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let seen = std::sync::Arc::clone(&of_beta);
    let server = ModelServer::start(move |asked| match model(asked) {
        "beta" => {
            seen.fetch_add(1, Ordering::SeqCst);
            if IS_WELL.load(Ordering::SeqCst) { fair(asked) } else { good("rubbish") }
        }
        _ => fair(asked),
    });
    let duel = |out: &str| {
        let args = ["run", TRAJECTORIES, "--out", out, "--turns", "4"];
        let args = [&args[..], &CONTESTANTS, &JUDGES].concat();
        let mut command = tgsand();
        command.arg("duel").args(args).args(["--base-url", &server.url]);
        command.args(["--reply-cache", "replies"]).env_remove("TGSAND_NO_CACHE");
        let ended = ended(
            {
                command.current_dir(folder.path());
                command
            },
            b"",
        );
        // Four turns are too few for any gate.
        assert_eq!(ended.code, Some(4), "{}", ended.stderr);
        let path = folder.path().join(out);
        let report: Json =
            serde_json::from_str(&std::fs::read_to_string(path.join("run.json")).unwrap()).unwrap();
        let usage = json_lines(&std::fs::read_to_string(path.join("usage.jsonl")).unwrap());
        (report["verdict"]["judges"][1]["unread"].clone(), of_beta.swap(0, Ordering::SeqCst), usage)
    };
    // Each of the eight questions is asked once more, and one of them without a schema.
    let (unread, asked, usage) = duel("first");
    assert_eq!(unread, json!(4));
    assert!(asked >= 16, "{asked}");
    IS_WELL.store(true, Ordering::SeqCst);
    // A folder keeps what it has come to, and its requests stay counted.
    let (unread, asked, again) = duel("first");
    assert_eq!((unread, asked), (json!(4), 0));
    assert_eq!(again[0], usage[0]);
    let (unread, asked, _) = duel("second");
    assert_eq!((unread, asked), (json!(0), 8));
    let (unread, asked, _) = duel("third");
    assert_eq!((unread, asked), (json!(0), 0));
}
