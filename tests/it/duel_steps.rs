//! `tgsand duel prepare`, `answer`, `judge` and `report`: each goes on from the files of the former, and together they are `duel run`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};

use crate::cli::{Ended, ended, file, json_lines, tgsand};
use crate::duel::{
    METRICS, REQUESTS, TRAJECTORIES, challengers_place, fair, lines, model, report, turn, verdict,
};
use crate::model_server::{ModelServer, good};

/// Runs `tgsand duel` with these arguments in a folder.
pub fn step(folder: &Path, args: &[&str]) -> Ended {
    let mut command = tgsand();
    command.arg("duel").args(args).current_dir(folder);
    ended(command, b"")
}

/// Runs a step that asks models.
pub fn asking(folder: &Path, server: &ModelServer, args: &[&str]) -> Ended {
    let server = ["--base-url", &server.url, "--max-retries", "0", "--patience", "0"];
    step(folder, &[args, &server, &["--no-cache"]].concat())
}

pub const CONTESTANTS: [&str; 4] = ["--model", "king", "--challenger", "challenger"];
pub const JUDGES: [&str; 2] = ["--judge", "alpha,beta,gamma"];

fn prepared(folder: &Path, options: &[&str]) {
    let args = ["prepare", TRAJECTORIES, "--pull-requests", REQUESTS, "--out", "out"];
    let prepared = step(folder, &[&args, options].concat());
    assert_eq!(prepared.code, Some(0), "{}", prepared.stderr);
}

/// Everything a duel leaves for its user, by name.
pub fn results(out: &Path) -> BTreeMap<&'static str, String> {
    let names = [
        "answers.jsonl",
        "chosen.jsonl",
        "rejected.jsonl",
        "report.html",
        "report.md",
        "run.json",
        "samples/preferences.jsonl",
        "samples/sft.jsonl",
        "turns.jsonl",
    ];
    names.map(|name| (name, std::fs::read_to_string(out.join(name)).unwrap())).into()
}

/// Contestants of which some turns are rejected, and judges that are for the challenger on some turns.
fn mixed(asked: &crate::model_server::Asked) -> crate::model_server::Answer {
    let text = asked.text();
    match model(asked) {
        "king" if text.contains("atlas") => good("no form"),
        "king" | "challenger" => fair(asked),
        "beta" if text.contains("ledger") => good("rubbish"),
        "gamma" if text.contains("keeper") => good(&verdict(0)),
        _ => good(&verdict(challengers_place(asked))),
    }
}

#[test]
fn the_steps_one_by_one_leave_the_same_files_as_a_run_of_all() {
    let folder = tempfile::tempdir().unwrap();
    let asked: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let questions = Arc::clone(&asked);
    let server = ModelServer::start(move |asked| {
        // A server that does not keep to a schema is told it in the prompt, from some question on.
        let text = asked.text();
        let question = text.split("For each metric").next().unwrap_or_default();
        questions.lock().unwrap().insert(format!("{}: {question}", model(asked)));
        mixed(asked)
    });
    let exclude = file(folder.path(), "excluded", "none\n");
    let options = ["--per-instance", "3", "--exclude", exclude.to_str().unwrap()];
    let all = ["run", TRAJECTORIES, "--pull-requests", REQUESTS, "--out", "whole"];
    let whole = [&all[..], &CONTESTANTS, &JUDGES, &options].concat();
    let whole = asking(folder.path(), &server, &whole);
    let asked_by_whole = std::mem::take(&mut *asked.lock().unwrap());
    prepared(folder.path(), &options);
    let answered = asking(folder.path(), &server, &[&["answer", "out"][..], &CONTESTANTS].concat());
    assert_eq!(answered.code, Some(0), "{}", answered.stderr);
    let judged = asking(folder.path(), &server, &[&["judge", "out"][..], &JUDGES].concat());
    assert_eq!(judged.code, Some(0), "{}", judged.stderr);
    let reported = step(folder.path(), &["report", "out"]);
    assert_eq!(reported.code, whole.code, "{}", reported.stderr);
    // No cache of replies is shared, so that the steps have asked what the run has. How often differs: what a server does not
    // support is found out while other requests are on their way.
    let asked = std::mem::take(&mut *asked.lock().unwrap());
    assert_eq!(
        asked.symmetric_difference(&asked_by_whole).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
    let requests = server.requests();
    let (expected, found) =
        (results(&folder.path().join("whole")), results(&folder.path().join("out")));
    assert!(expected["rejected.jsonl"].contains("the king's turn"), "{}", whole.stderr);
    for (name, text) in &expected {
        assert_eq!(&found[name], text, "{name} differs");
    }
    // Each step can be done again: it finds its own work, and changes nothing.
    let again = asking(
        folder.path(),
        &server,
        &[&["answer", "out"][..], &CONTESTANTS, &["--threads", "1"]].concat(),
    );
    assert_eq!((again.code, server.requests()), (Some(0), requests), "{}", again.stderr);
    assert_eq!(found["answers.jsonl"], results(&folder.path().join("out"))["answers.jsonl"]);
    assert_eq!(found["rejected.jsonl"], results(&folder.path().join("out"))["rejected.jsonl"]);
}

#[test]
fn a_step_that_is_done_otherwise_takes_away_what_was_made_of_it_before() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(fair);
    let args = ["run", TRAJECTORIES, "--out", "out"];
    let run = asking(folder.path(), &server, &[&args[..], &CONTESTANTS, &JUDGES].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let out = folder.path().join("out");
    let before = results(&out);
    let prepare = |options: &[&str]| {
        let args = ["prepare", TRAJECTORIES, "--out", "out"];
        let ended = step(folder.path(), &[&args, options].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    };
    // The same turns change nothing.
    prepare(&[]);
    assert_eq!(results(&out), before);
    prepare(&["--turns", "3"]);
    for name in ["answers.jsonl", "turns.jsonl", "report.md", "report.html", "samples/sft.jsonl"] {
        assert!(!out.join(name).exists(), "{name}");
    }
    let report = step(folder.path(), &["report", "out"]);
    assert_eq!(report.code, Some(2));
    assert!(report.stderr.contains("out has no turns.jsonl"), "{}", report.stderr);
    // What was paid for is kept: the three turns are answered and judged without a request.
    let requests = server.requests();
    for args in [
        &[&["answer", "out"][..], &CONTESTANTS].concat(),
        &[&["judge", "out"][..], &JUDGES].concat(),
    ] {
        let ended = asking(folder.path(), &server, args);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    assert_eq!((server.requests(), lines(folder.path(), "turns.jsonl").len()), (requests, 3));
}

#[test]
fn a_step_without_the_file_of_the_former_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(fair);
    std::fs::create_dir(folder.path().join("out")).unwrap();
    let answer = asking(folder.path(), &server, &[&["answer", "out"][..], &CONTESTANTS].concat());
    let judge = asking(folder.path(), &server, &[&["judge", "out"][..], &JUDGES].concat());
    let report = step(folder.path(), &["report", "out"]);
    for (ended, missing, former) in [
        (answer, "chosen.jsonl", "prepare"),
        (judge, "answers.jsonl", "answer"),
        (report, "turns.jsonl", "judge"),
    ] {
        assert_eq!(ended.code, Some(2));
        let told = format!(
            "tgsand: out has no {missing}; run `tgsand duel {former}` first, or name a file\n"
        );
        assert_eq!(ended.stderr, told);
    }
    assert_eq!(std::fs::read_dir(folder.path().join("out")).unwrap().count(), 0);
    let absent = step(folder.path(), &["report", "nowhere"]);
    assert_eq!(absent.code, Some(2));
    let told = "tgsand: failed to access nowhere: there is no such folder or file; `tgsand duel judge` writes the folder that comes before this step\n";
    assert_eq!(absent.stderr, told);
}

#[test]
fn a_report_by_another_gate_or_fewer_judges_asks_nobody_and_keeps_all_verdicts() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(|asked| match model(asked) {
        "alpha" => good(&verdict(3 - challengers_place(asked))),
        _ => fair(asked),
    });
    let args = ["run", TRAJECTORIES, "--out", "out"];
    let first = asking(folder.path(), &server, &[&args[..], &CONTESTANTS, &JUDGES].concat());
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let scores = || lines(folder.path(), "turns.jsonl")[0]["score"].as_f64().unwrap();
    assert_eq!(scores().round(), 67.0);
    let reported = |options: &[&str]| step(folder.path(), &[&["report", "out"], options].concat());
    let strict = reported(&["--win-margin", "50"]);
    assert_eq!(strict.code, Some(4), "{}", strict.stderr);
    assert!(strict.stderr.contains("at least +50.00 are needed"), "{}", strict.stderr);
    // What is not given stays as it was.
    assert_eq!(reported(&[]).code, Some(4));
    assert_eq!(reported(&["--win-margin", "2", "--panel", "median"]).code, Some(0));
    assert_eq!(scores(), 100.0);
    let alone = reported(&["--judge", "alpha"]);
    assert_eq!(alone.code, Some(4), "{}", alone.stderr);
    let turns = lines(folder.path(), "turns.jsonl");
    assert_eq!((&turns[0]["score"], &turns[0]["bucket"]), (&json!(0.0), &json!("defeat")));
    assert_eq!(turns[0]["judgements"].as_array().unwrap().len(), 3);
    assert_eq!(report(folder.path())["settings"]["judges"], json!(["alpha"]));
    let unknown = reported(&["--judge", "delta"]);
    assert_eq!(unknown.code, Some(2));
    assert!(
        unknown.stderr.contains("no verdicts of delta; there are those of alpha, beta, gamma"),
        "{}",
        unknown.stderr
    );
    assert_eq!(server.requests(), 16 * 8);
}

#[test]
fn a_duel_that_ended_early_is_reported_by_its_own_gate_alone() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(|asked| match model(asked) {
        "king" | "challenger" => fair(asked),
        _ => good(&verdict(3 - challengers_place(asked))),
    });
    prepared(folder.path(), &[]);
    asking(folder.path(), &server, &[&["answer", "out"][..], &CONTESTANTS].concat());
    let judge = [&["judge", "out", "--until-decided"][..], &JUDGES].concat();
    let judged = asking(folder.path(), &server, &judge);
    assert_eq!(judged.code, Some(0), "{}", judged.stderr);
    let turns = lines(folder.path(), "turns.jsonl").len();
    assert!((10..16).contains(&turns), "{turns}");
    let reported = step(folder.path(), &["report", "out"]);
    assert_eq!(reported.code, Some(4), "{}", reported.stderr);
    assert_eq!(report(folder.path())["verdict"]["ending"], "hopeless");
    let other = step(folder.path(), &["report", "out", "--alpha", "0.5"]);
    assert_eq!(other.code, Some(2));
    assert!(other.stderr.contains("judge all turns without --until-decided"), "{}", other.stderr);
}

#[test]
fn answers_from_elsewhere_are_judged_and_bad_ones_cost_only_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(fair);
    let messages = json!([{"role": "user", "content": "Fix it."}]);
    let answer = |instance: &str| {
        json!({"instance_id": instance, "messages": messages, "king": turn("Quickly.", "pwd"),
            "challenger": turn("Carefully.", "ls")})
    };
    let mut rows: Vec<Json> =
        ["a", "a", "b", "c", "d", "e", "f", "g", "h"].map(answer).into_iter().collect();
    rows.push(json!({"instance_id": "i", "messages": messages, "king": "x"}));
    rows.push(json!({"instance_id": "j", "messages": messages, "king": " ", "challenger": "x"}));
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    file(folder.path(), "answers.jsonl", text + "{\"instance_id\"");
    let args = ["judge", "answers.jsonl", "--out", "out"];
    let judged = asking(folder.path(), &server, &[&args[..], &JUDGES].concat());
    assert_eq!(judged.code, Some(0), "{}", judged.stderr);
    assert_eq!(server.requests(), 9 * 3 * 2);
    let reported = step(folder.path(), &["report", "out"]);
    assert_eq!(reported.code, Some(0), "{}", reported.stderr);
    let turns = lines(folder.path(), "turns.jsonl");
    assert_eq!((turns.len(), &turns[1]["id"]), (9, &json!("a#2")));
    let rejected = lines(folder.path(), "rejected.jsonl");
    let detail = |row: &Json| row["detail"].as_str().unwrap().to_owned();
    let details: Vec<String> = rejected.iter().map(detail).collect();
    assert_eq!(
        details,
        [
            "answers.jsonl:10: field \"challenger\" is missing, the row has instance_id, messages, king",
            "answers.jsonl:11: field \"king\" is empty",
            "answers.jsonl:12: broken JSON at column 15: the text ends too early",
        ]
    );
    let text = std::fs::read_to_string(folder.path().join("out/report.md")).unwrap();
    assert!(text.contains("challenger against king"), "{text}");
}

#[test]
fn verdicts_from_elsewhere_are_reported_and_a_judge_that_is_missing_gave_none() {
    let folder = tempfile::tempdir().unwrap();
    let sides = |side: i8| vec![side; METRICS.len()];
    let row = |instance: usize, judges: &[&str]| {
        let judgements: Vec<Json> = judges
            .iter()
            .map(|judge| json!({"judge": judge, "challenger_first": sides(1), "king_first": sides(1)}))
            .collect();
        json!({"instance_id": format!("i{instance}"), "judgements": judgements})
    };
    let mut rows: Vec<Json> = (0..8).map(|instance| row(instance, &["p", "q", "r"])).collect();
    rows.push(row(8, &["r", "q"]));
    rows.push(json!({"instance_id": "bad", "judgements": [{"judge": "p", "king_first": [7]}]}));
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    file(folder.path(), "verdicts.jsonl", text);
    let reported = step(folder.path(), &["report", "verdicts.jsonl", "--out", "out"]);
    assert_eq!(reported.code, Some(3), "{}", reported.stderr);
    let told = "verdicts.jsonl:10: judge \"p\" has verdicts that are not 5 numbers from -1 to 1; the row is kept as it is";
    assert!(reported.stderr.contains(told), "{}", reported.stderr);
    let report = report(folder.path());
    let unread = |place: usize| report["verdict"]["judges"][place]["unread"].clone();
    assert_eq!([0, 1, 2].map(unread), [json!(1), json!(0), json!(0)], "{report}");
    assert_eq!(report["verdict"]["absent"], json!({"unjudged": 0, "unread": 1}));
    // Rows without their texts are no samples, and a file without rows is none.
    assert!(!folder.path().join("out/samples/sft.jsonl").exists());
    // What was reported can be judged by nobody, and reported again to the same bytes.
    let turns = std::fs::read_to_string(folder.path().join("out/turns.jsonl")).unwrap();
    let again = step(folder.path(), &["report", "out"]);
    assert_eq!(again.code, Some(3), "{}", again.stderr);
    let after = std::fs::read_to_string(folder.path().join("out/turns.jsonl")).unwrap();
    assert_eq!(json_lines(&after), json_lines(&turns));
    // Turns of two duels are not one duel.
    let other = turns.replacen("\"challenger\":\"challenger\"", "\"challenger\":\"other\"", 1);
    file(folder.path(), "two.jsonl", other);
    let two = step(folder.path(), &["report", "two.jsonl", "--out", "two"]);
    assert_eq!(two.code, Some(2));
    assert!(two.stderr.contains("take the turns of each duel by themselves"), "{}", two.stderr);
}

#[test]
fn contestants_of_several_duels_are_ranked_with_intervals() {
    let folder = tempfile::tempdir().unwrap();
    // Against the king: "strong" wins on six of eight instances, "weak" on two.
    for (name, wins) in [("strong", 6), ("weak", 2)] {
        let row = |instance: usize| {
            let side = if instance < wins { 1 } else { -1 };
            let judge = |judge: &str| json!({"judge": judge, "challenger_first": vec![side; 5], "king_first": vec![side; 5]});
            let provenance = json!({"tgsand": "0", "source": {"file": "f", "line": instance}, "seed": 0,
                "king": "dataset", "challenger": name});
            json!({"id": format!("i{instance}:1"), "instance_id": format!("i{instance}"),
                "judgements": [judge("a"), judge("b"), judge("c")], "provenance": provenance})
        };
        let text: String = (0..8).map(|instance| format!("{}\n", row(instance))).collect();
        file(folder.path(), &format!("{name}.jsonl"), text);
    }
    let ranked = step(folder.path(), &["rank", "weak.jsonl", "strong.jsonl", "--json"]);
    assert_eq!((ranked.code, ranked.stderr.as_str()), (Some(0), ""));
    let ranking: Json = serde_json::from_str(&ranked.stdout).unwrap();
    let contestants = ranking["contestants"].as_array().unwrap();
    let names: Vec<&str> =
        contestants.iter().map(|it| it["contestant"].as_str().unwrap()).collect();
    assert_eq!(names, ["strong", "dataset", "weak"]);
    // Odds of 6 to 2 against the dataset, and of 9 to 1 against the weak one.
    let chance = |other: &str| contestants[0]["beats"][other].as_f64().unwrap();
    assert!((chance("dataset") - 0.75).abs() < 0.01 && (chance("weak") - 0.9).abs() < 0.01);
    assert_eq!((&contestants[0]["score"], &contestants[1]["score"]), (&json!(75.0), &json!(50.0)));
    for contestant in contestants {
        let number = |value: &Json| value.as_f64().unwrap();
        let (low, high) =
            (number(&contestant["interval"]["low"]), number(&contestant["interval"]["high"]));
        assert!(low < number(&contestant["strength"]) && number(&contestant["strength"]) < high);
    }
    let table = step(folder.path(), &["rank", "weak.jsonl", "strong.jsonl"]);
    assert!(table.stdout.contains("| the dataset's turns | 16 |"), "{}", table.stdout);
    let twice = step(folder.path(), &["rank", "weak.jsonl", "./weak.jsonl"]);
    assert_eq!(twice.code, Some(2));
    assert!(twice.stderr.contains("./weak.jsonl is named twice"), "{}", twice.stderr);
}

#[test]
fn an_estimate_counts_both_contestants_and_both_orders() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(fair);
    prepared(folder.path(), &[]);
    let counted = |args: &[&str], names: &[&str]| {
        let ended = asking(folder.path(), &server, &[args, &["--estimate"]].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let of = |name: &&str| {
            let line = ended.stdout.lines().find(|line| line.contains(*name)).unwrap();
            line.split_whitespace().nth(2).unwrap().to_owned()
        };
        names.iter().map(of).collect::<Vec<_>>()
    };
    let answer = [&["answer", "out"][..], &CONTESTANTS].concat();
    assert_eq!(counted(&answer, &["king", "challenger"]), ["16", "16"]);
    assert_eq!(asking(folder.path(), &server, &answer).code, Some(0));
    let judge = [&["judge", "out"][..], &JUDGES].concat();
    assert_eq!(counted(&judge, &["alpha", "beta", "gamma"]), ["32", "32", "32"]);
}
