//! `tgsand duel --layout reference`: the reference's own files, its gate, its modes and its `chain.toml`.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::cli::file;
use crate::duel::{METRICS, TRAJECTORIES, fair, lines, model, report, turn, verdict};
use crate::duel_steps::{CONTESTANTS, JUDGES, asking, step};
use crate::model_server::{ModelServer, good};

const REFERENCE: [&str; 4] = ["--layout", "reference", "--gate", "reference"];

fn object(path: &Path) -> Json {
    let text = std::fs::read_to_string(path).unwrap_or_else(|_| panic!("{}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The names of a folder's files, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn keys(object: &Json) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_run_writes_the_references_files_and_they_are_judged_and_reported_to_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let server = ModelServer::start(|asked| match model(asked) {
        "beta" if asked.text().contains("ledger") => good("rubbish"),
        _ => fair(asked),
    });
    let args = ["run", TRAJECTORIES, "--out", "out"];
    let run = asking(place, &server, &[&args[..], &CONTESTANTS, &JUDGES, &REFERENCE].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let answers = names(&place.join("out/answer"));
    assert_eq!((answers.len(), names(&place.join("out/score"))), (16, answers.clone()));
    let answer = object(&place.join("out/answer").join(&answers[0]));
    let expected = ["assistant", "challenger", "instance_id", "king", "messages"];
    assert_eq!(keys(&answer), BTreeSet::from(expected));
    let duel = object(&place.join("out/_duel.json"));
    let expected = [
        "accepted",
        "by_judge",
        "by_metric",
        "challenger_score",
        "gate_alpha",
        "gate_lcb",
        "king_score",
        "lcb",
        "margin_ok",
        "mean_delta",
        "n_done",
        "n_valid",
        "se",
        "win_margin",
        "winner",
    ];
    assert_eq!(keys(&duel), BTreeSet::from(expected));
    // Two of the turns lack one judge's verdict.
    assert_eq!(
        (&duel["n_done"], &duel["n_valid"], &duel["winner"]),
        (&json!(16), &json!(14), &json!("challenger"))
    );
    assert_eq!((&duel["challenger_score"], &duel["lcb"]), (&json!(100.0), &json!(0.5)));
    // The same answers in a folder of the reference's.
    std::fs::create_dir_all(place.join("other/answer")).unwrap();
    for name in &answers {
        std::fs::copy(place.join("out/answer").join(name), place.join("other/answer").join(name))
            .unwrap();
    }
    let judge = [&["judge", "other"][..], &JUDGES, &["--layout", "reference"]].concat();
    let judged = asking(place, &server, &judge);
    assert_eq!(judged.code, Some(0), "{}", judged.stderr);
    for name in &answers {
        let read = |run: &str| object(&place.join(run).join("score").join(name));
        assert_eq!(read("other"), read("out"), "{name}");
    }
    let reported = step(place, &[&["report", "other"][..], &REFERENCE].concat());
    assert_eq!(reported.code, Some(0), "{}", reported.stderr);
    assert_eq!(object(&place.join("other/_duel.json")), duel);
    // Score files alone are enough.
    std::fs::create_dir(place.join("scores")).unwrap();
    std::fs::rename(place.join("other/score"), place.join("scores/score")).unwrap();
    let reported = step(place, &[&["report", "scores"][..], &REFERENCE].concat());
    assert_eq!(reported.code, Some(0), "{}", reported.stderr);
    assert_eq!(object(&place.join("scores/_duel.json")), duel);
}

#[test]
fn scores_of_the_reference_are_decided_by_its_gate_or_by_ours() {
    let folder = tempfile::tempdir().unwrap();
    let scores = folder.path().join("out/score");
    std::fs::create_dir_all(&scores).unwrap();
    // Ten turns of each of ten instances, of which the challenger wins seven: enough for a gate that takes turns for independent.
    for (instance, turn) in (0..10).flat_map(|instance| (0..10).map(move |turn| (instance, turn))) {
        let score = if instance < 7 { 1.0 } else { 0.0 };
        let metrics: serde_json::Map<String, Json> =
            METRICS.iter().map(|metric| ((*metric).to_owned(), json!(score))).collect();
        let judge = |name: &str| json!({"judge_model": name, "parse_ok": true, "metric_scores": metrics, "judge_mean": score});
        let row = json!({"instance_id": format!("i{instance}"), "per_judge": [judge("a"), judge("b"), {"judge_model": "c", "parse_ok": false}]});
        file(&scores, &format!("i{instance}_{turn}.json"), row.to_string());
    }
    file(
        &scores,
        "odd.json",
        r#"{"instance_id": "x", "per_judge": [{"judge_model": "a", "parse_ok": true, "metric_scores": {"style": 1}}]}"#,
    );
    file(&scores, "torn.json", "{");
    let reported = |gate: &str| {
        step(
            folder.path(),
            &["report", "out", "--layout", "reference", "--gate", gate, "--min-valid", "0"],
        )
    };
    let duel = || object(&folder.path().join("out/_duel.json"));
    // Scores that cannot be read count against any gate.
    let damaged = reported("reference");
    assert_eq!(damaged.code, Some(3), "{}", damaged.stderr);
    assert!(damaged.stderr.contains("no verdict on 2 planned turns"), "{}", damaged.stderr);
    assert_eq!((&duel()["accepted"], &duel()["n_done"]), (&json!(false), &json!(102)));
    let rejected = lines(folder.path(), "rejected.jsonl");
    let details: Vec<&str> = rejected.iter().map(|row| row["detail"].as_str().unwrap()).collect();
    assert_eq!(
        details,
        [
            "out/score/odd.json:1: judge \"a\" has no score for correctness",
            "out/score/torn.json:1: broken JSON: the text ends too early at byte 2",
        ]
    );
    for name in ["odd.json", "torn.json"] {
        std::fs::remove_file(scores.join(name)).unwrap();
    }
    let own = reported("own");
    assert_eq!(own.code, Some(4), "{}", own.stderr);
    assert!(own.stderr.contains("the lead may be noise"), "{}", own.stderr);
    assert_eq!((&duel()["accepted"], &duel()["gate_lcb"]), (&json!(false), &json!(false)));
    let of_reference = reported("reference");
    assert_eq!(of_reference.code, Some(0), "{}", of_reference.stderr);
    let duel = duel();
    assert_eq!(
        (&duel["accepted"], &duel["n_valid"], &duel["n_done"]),
        (&json!(true), &json!(0), &json!(100))
    );
    let score = |value: &Json| value.as_f64().unwrap().round();
    assert_eq!((score(&duel["challenger_score"]), score(&duel["king_score"])), (70.0, 30.0));
    assert_eq!((score(&duel["by_judge"]["a"]), &duel["by_judge"]["c"]), (70.0, &Json::Null));
    assert_eq!(score(&duel["by_metric"]["progress"]), 70.0);
}

#[test]
fn in_mode_1_the_datasets_own_turns_stand_in_for_the_kings() {
    let folder = tempfile::tempdir().unwrap();
    let messages = json!([{"role": "user", "content": "Fix it."}]);
    let row = |instance: &str, assistant: &str| {
        json!({"instance_id": instance, "messages": messages, "assistant": assistant,
            "king": "THOUGHT: Unseen.", "challenger": turn("Carefully.", "ls")})
    };
    let rows = [row("a", &turn("Quickly.", "pwd")), row("b", "")];
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    file(folder.path(), "answers.jsonl", text);
    let server = ModelServer::start(|asked| {
        assert!(!asked.text().contains("Unseen"));
        fair(asked)
    });
    let args = ["judge", "answers.jsonl", "--out", "out", "--mode", "1"];
    let judged = asking(folder.path(), &server, &[&args[..], &JUDGES].concat());
    assert_eq!(judged.code, Some(0), "{}", judged.stderr);
    let turns = lines(folder.path(), "turns.jsonl");
    assert_eq!((turns.len(), &turns[0]["provenance"]["king"]), (1, &json!("dataset")));
    assert_eq!(lines(folder.path(), "rejected.jsonl")[0]["reason"], "no-reference");
    let run = ["run", TRAJECTORIES, "--mode", "1", "--out", "other"];
    let refused = asking(folder.path(), &server, &[&run[..], &CONTESTANTS, &JUDGES].concat());
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("leave out --model"), "{}", refused.stderr);
}

#[test]
fn a_chain_toml_names_judges_and_thresholds_and_options_come_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(|asked| match model(asked) {
        "king" | "challenger" => fair(asked),
        name => {
            let tokens = if name == "beta" { 4096 } else { 768 };
            assert_eq!(asked.body["max_tokens"], tokens);
            good(&verdict(0))
        }
    });
    let chain = "[chain]\nname = 'x'\n[judge]\nmodels = ['alpha', 'beta']\nthinking_models = ['beta']\nscore_max_tokens = 768\n\
        thinking_max_tokens = 4096\nmax_429_wait_s = 60\n[duel]\nn_samples = 6\nmax_turns_per_sample = 1\ngate_alpha = 0.01\n\
        win_margin = 1.0\nmin_valid_turn_frac = 0.8\nbootstrap_resamples = 500\n";
    file(folder.path(), "chain.toml", chain);
    let args = [
        "run",
        TRAJECTORIES,
        "--out",
        "out",
        "--chain",
        "chain.toml",
        "--gate",
        "reference",
        "--win-margin",
        "3",
    ];
    let run = asking(folder.path(), &server, &[&args[..], &CONTESTANTS].concat());
    assert_eq!(run.code, Some(4), "{}", run.stderr);
    assert!(run.stderr.contains("chain.toml: not used: judge.max_429_wait_s"), "{}", run.stderr);
    let settings = report(folder.path())["settings"].clone();
    assert_eq!(settings["judges"], json!(["alpha", "beta"]));
    assert_eq!(
        (&settings["choice"]["turns"], &settings["choice"]["per_instance"]),
        (&json!(6), &json!(1))
    );
    let expected = json!({"gate_alpha": 0.01, "bootstrap_resamples": 500, "win_margin": 3.0, "min_valid_turn_frac": 0.8});
    assert_eq!(settings["reference_gate"], expected);
    let early = [&args[..], &CONTESTANTS, &["--until-decided"]].concat();
    let refused = asking(folder.path(), &server, &early);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("--until-decided needs our own gate"), "{}", refused.stderr);
}
