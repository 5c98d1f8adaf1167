//! A model writes new rows after those of a set, and another one decides about them: over HTTP, with recorded replies.
//!
//! Invariant: a row is added only if its tests pass on its solution and fail on wrong programs, or its text is true; every other one ends
//! with the reason that fits.

mod rewrite;
mod rounds;

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::cli::{Ended, ended, file, json_lines, tgsand};
use crate::model_server::{Answer, Asked, ModelServer, completion, good};

const CLAMP: &str = "def clamp(value, low, high):\n    if value < low:\n        return low\n    if value > high:\n        return high\n    return value\n";

/// A set of rows in the form of MBPP, whose programs differ.
fn set(folder: &Path, count: usize) -> PathBuf {
    let row = |number: usize| match number {
        0 => json!({
            "id": "clamp", "question": "Write a function `clamp` that keeps a value between two bounds, both included.",
            "solutions": CLAMP, "test_list": ["assert clamp(5, 0, 3) == 3", "assert clamp(-1, 0, 3) == 0", "assert clamp(2, 0, 3) == 2"],
        }),
        _ => {
            let steps: Vec<String> = (0..number)
                .map(|step| {
                    format!(
                        "    total = total * {} + len(str(total)) - {step}\n",
                        number * 7 + step
                    )
                })
                .collect();
            let program = format!("def mix_{number}(total):\n{}    return total\n", steps.concat());
            json!({"id": format!("mix-{number}"), "question": format!("Mix a number in {number} ways of {}.", number * 31), "solutions": program})
        }
    };
    file(
        folder,
        "in.jsonl",
        (0..count).map(|it| row(it).to_string()).collect::<Vec<_>>().join("\n"),
    )
}

/// A good item of each task, as recorded.
fn item(task: &str) -> Json {
    let tests =
        |tests: &[&str]| tests.iter().map(|test| format!("assert {test}")).collect::<Vec<_>>();
    match task {
        "generation" => json!({
            "task_name": "Number formatting", "instruction": "Write a function `roman(number)` that returns the Roman numeral of an integer from 1 to 3999 as a text.",
            "information": "",
            "solution": "def roman(number):\n    signs = [(1000, 'M'), (900, 'CM'), (500, 'D'), (400, 'CD'), (100, 'C'), (90, 'XC'), (50, 'L'), (40, 'XL'), (10, 'X'), (9, 'IX'), (5, 'V'), (4, 'IV'), (1, 'I')]\n    found = ''\n    for size, sign in signs:\n        while number >= size:\n            number -= size\n            found += sign\n    return found\n",
            "tests": tests(&["roman(1) == 'I'", "roman(4) == 'IV'", "roman(1994) == 'MCMXCIV'", "roman(3999) == 'MMMCMXCIX'"]),
        }),
        "repair" => json!({
            "task_name": "Bug fixing", "instruction": "The function `longest(words)` shall return the first of the longest words, and `None` for an empty list. It returns the last one. Repair it.",
            "information": "def longest(words):\n    best = None\n    for word in words:\n        if best is None or len(word) >= len(best):\n            best = word\n    return best\n",
            "solution": "def longest(words):\n    best = None\n    for word in words:\n        if best is None or len(word) > len(best):\n            best = word\n    return best\n",
            "tests": tests(&["longest(['a', 'bb', 'cc']) == 'bb'", "longest([]) is None", "longest(['x', 'y']) == 'x'"]),
        }),
        "translation" => json!({
            "task_name": "Code translation", "instruction": "Translate this JavaScript function to Python under the same name.",
            "information": "function countVowels(text) {\n  return [...text].filter((c) => \"aeiou\".includes(c)).length;\n}\n",
            "solution": "```python\ndef countVowels(text):\n    return sum(1 for c in text if c in 'aeiou')\n```",
            "tests": tests(&["countVowels('banana') == 3", "countVowels('') == 0", "countVowels('AE') == 0"]),
        }),
        "summary" => json!({
            "task_name": "Code explanation", "instruction": "Explain what the function does with its three arguments.",
            "information": CLAMP,
            "solution": "The function `clamp` keeps `value` between `low` and `high`. For example, `clamp(5, 0, 3)` returns `3`.",
            "tests": [],
        }),
        other => panic!("{other}"),
    }
}

/// The task that a request is about, if a row is asked for.
fn task_of(asked: &Asked) -> Option<&'static str> {
    let first = asked.body["messages"][0]["content"].as_str().unwrap();
    let tasks = [
        ("generation", "item in which a Python program is to be written from"),
        ("translation", "item in which a program in another programming"),
        ("repair", "item in which a faulty Python"),
        ("summary", "item in which a text is to say"),
    ];
    if first.contains("Decide whether an item") {
        return None;
    }
    Some(
        tasks
            .iter()
            .find(|(_, words)| first.contains(words))
            .unwrap_or_else(|| panic!("{first}"))
            .0,
    )
}

/// How many messages of the model itself a request shows it.
fn earlier(asked: &Asked) -> usize {
    asked.body["messages"].as_array().unwrap().len() / 2
}

/// A decision; the rules that are named do not hold.
fn decision(asked: &Asked, broken: &[&str]) -> String {
    let text = asked.body["messages"][0]["content"].as_str().unwrap();
    let names = [
        "right-task",
        "clear-instruction",
        "self-contained",
        "matching-solution",
        "fair-tests",
        "worth-learning",
    ];
    let word = |holds: bool| if holds { "yes" } else { "no" };
    let asked_for = names.iter().filter(|name| text.contains(&format!("\"{name}\":")));
    let rules: serde_json::Map<_, _> =
        asked_for.map(|name| ((*name).to_owned(), word(!broken.contains(name)).into())).collect();
    json!({"analysis": "The analysis says so.", "rules": rules, "overall": word(broken.is_empty())})
        .to_string()
}

fn good_reply(asked: &Asked) -> String {
    task_of(asked).map_or_else(|| decision(asked, &[]), |task| item(task).to_string())
}

fn optimize(folder: &Path, input: &Path, server: &ModelServer, options: &[&str]) -> Ended {
    let mut command = tgsand();
    command.arg("optimize").arg(input).arg("--out").arg(folder.join("out"));
    command.args([
        "--base-url",
        &server.url,
        "--model",
        "author",
        "--max-retries",
        "0",
        "--fuel",
        "50M",
    ]);
    command.args(options);
    ended(command, "")
}

fn rows(folder: &Path, name: &str) -> Vec<Json> {
    json_lines(&std::fs::read_to_string(folder.join("out").join(name)).unwrap())
}

/// What became of one new row of this task.
struct Outcome {
    folder: tempfile::TempDir,
    requests: usize,
}

impl Outcome {
    fn of(
        task: &str,
        options: &[&str],
        reply: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let input = set(folder.path(), 1);
        let server = ModelServer::start(move |asked| {
            reply(asked).unwrap_or_else(|| good(&good_reply(asked)))
        });
        let options = [&["--tech", "syn", "--generate", "1", "--tasks", task], options].concat();
        let ended = optimize(folder.path(), &input, &server, &options);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        Self { folder, requests: server.requests() }
    }

    /// The reason and the detail of a row that was not added.
    fn refused(&self) -> (String, String) {
        let rejected = rows(self.folder.path(), "rejected.jsonl");
        assert_eq!(
            (rejected.len(), rows(self.folder.path(), "samples/optimized.jsonl").len()),
            (1, 1),
            "{rejected:?}"
        );
        assert_eq!(rejected[0]["id"], "clamp/syn-1");
        let text = |name: &str| rejected[0][name].as_str().unwrap().to_owned();
        (text("reason"), text("detail"))
    }

    /// The row that was added.
    fn added(&self) -> Json {
        let rejected = rows(self.folder.path(), "rejected.jsonl");
        assert_eq!(rejected.len(), 0, "{rejected:?}");
        let rows = rows(self.folder.path(), "samples/optimized.jsonl");
        assert_eq!((rows.len(), &rows[0]["id"]), (2, &json!("clamp")));
        rows[1].clone()
    }
}

/// Replies to the questions for a row with its fields changed like this.
fn with(
    task: &'static str,
    change: impl Fn(&mut Json) + Send + Sync + 'static,
) -> impl Fn(&Asked) -> Option<Answer> + Send + Sync {
    move |asked| {
        task_of(asked)?;
        let mut changed = item(task);
        change(&mut changed);
        Some(good(&changed.to_string()))
    }
}

#[test]
fn rows_of_all_four_tasks_are_added_after_those_of_the_set() {
    let folder = tempfile::tempdir().unwrap();
    let input = set(folder.path(), 4);
    let server = ModelServer::start(|asked| good(&good_reply(asked)));
    let run = optimize(folder.path(), &input, &server, &["--tech", "syn"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let found = rows(folder.path(), "samples/optimized.jsonl");
    assert_eq!(found.len(), 8, "{:?}", rows(folder.path(), "rejected.jsonl"));
    let tasks: Vec<&str> =
        found[4..].iter().map(|row| row["task_type"].as_str().unwrap()).collect();
    assert_eq!(tasks, ["generation", "summary", "translation", "repair"]);
    for row in &found[4..] {
        let task = row["task_type"].as_str().unwrap();
        let recorded = item(task);
        assert_eq!(row["id"], format!("{}/syn-1", row["origin"].as_str().unwrap()));
        assert_eq!(
            (&row["technique"], &row["rules"]),
            (&json!("syn"), &json!(json!([task]).to_string()))
        );
        assert_eq!(row["instruction"], recorded["instruction"]);
        let question = row["question"].as_str().unwrap();
        assert!(question.starts_with(recorded["instruction"].as_str().unwrap()), "{question}");
        assert!(question.contains(recorded["information"].as_str().unwrap().trim()), "{question}");
        match task {
            "summary" => assert_eq!(row.get("test_list"), None),
            _ => assert_eq!(row["test_list"], recorded["tests"]),
        }
    }
    assert_eq!(
        found[6]["solutions"],
        "def countVowels(text):\n    return sum(1 for c in text if c in 'aeiou')\n"
    );
    let report: Json =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("out/run.json")).unwrap())
            .unwrap();
    assert_eq!(report["synthesis"]["repair"], json!({"asked": 1, "accepted": 1}));
    assert_eq!(report["settings"]["synthesis"]["model"], "author");
    assert_eq!(server.requests(), 8);
}

#[test]
fn new_rows_are_read_by_eval_and_taken_on_by_later_techniques() {
    let folder = tempfile::tempdir().unwrap();
    let input = set(folder.path(), 4);
    let server = ModelServer::start(|asked| good(&good_reply(asked)));
    let options = ["--tech", "syn,sel,aug", "--by", "length", "--ratio", "1", "--inputs", "4"];
    let run = optimize(folder.path(), &input, &server, &options);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let found = rows(folder.path(), "samples/optimized.jsonl");
    let text: Vec<&Json> = found.iter().filter(|row| row["task_type"] == "summary").collect();
    assert_eq!((text.len(), &text[0]["solutions"]), (1, &item("summary")["solution"]));
    assert_eq!((&text[0]["technique"], text[0].get("score")), (&json!("syn"), None));
    let new = found.iter().filter(|row| row["technique"].as_str().unwrap().starts_with("syn"));
    assert!(new.count() >= 4, "{found:?}");
    // The written rows are a set of their own, and a text stays what it is.
    let mut command = tgsand();
    command.arg("optimize").arg(folder.path().join("out/samples/optimized.jsonl"));
    command
        .args(["--tech", "sel", "--ratio", "1", "--keep-duplicates", "--by", "length", "--out"])
        .arg(folder.path().join("again"));
    assert_eq!(ended(command, "").code, Some(0));
    let again =
        std::fs::read_to_string(folder.path().join("again/samples/optimized.jsonl")).unwrap();
    assert!(json_lines(&again).iter().any(|row| row["solutions"] == item("summary")["solution"]));
    // Problems are graded by their tests.
    let tested: Vec<String> =
        found.iter().filter(|row| row.get("test_list").is_some()).map(Json::to_string).collect();
    assert!(tested.len() >= 4);
    let tested = file(folder.path(), "tested.jsonl", tested.join("\n"));
    let mut command = tgsand();
    command
        .arg("eval")
        .arg(&tested)
        .args(["--reference", "--json", "--out"])
        .arg(folder.path().join("scores"));
    let scored = ended(command, "");
    assert_eq!(scored.code, Some(0), "{}", scored.stderr);
    let scores: Json = serde_json::from_str(&scored.stdout).unwrap();
    assert_eq!(scores["pass@1"], 1.0, "{scores}");
}

#[test]
fn tests_that_fail_are_shown_to_the_model_until_its_tries_are_over() {
    let wrong = |item: &mut Json| item["tests"][1] = "assert roman(4) == 'IIII'".into();
    let failing = Outcome::of("generation", &[], with("generation", wrong));
    let (reason, detail) = failing.refused();
    assert_eq!(reason, "test-failed");
    assert_eq!(
        detail,
        "the solution fails its own tests: `assert roman(4) == 'IIII'`: roman(4): expected 'IIII', got 'IV'"
    );
    assert_eq!(failing.requests, 5);
    assert_eq!(Outcome::of("generation", &["--tries", "2"], with("generation", wrong)).requests, 2);
    // An attempt that holds is taken, and the request says what failed before.
    let mends = Outcome::of("generation", &[], move |asked| {
        let is_late = earlier(asked) == 3;
        if is_late {
            assert!(asked.text().contains("expected 'IIII', got 'IV'"), "{}", asked.text());
        }
        with("generation", move |item| {
            if !is_late {
                wrong(item);
            }
        })(asked)
    });
    assert_eq!(mends.added()["solutions"], item("generation")["solution"]);
    assert_eq!(mends.requests, 5);
}

#[test]
fn tests_without_teeth_are_refused() {
    let reason = |task: &'static str, change: fn(&mut Json)| {
        Outcome::of(task, &["--tries", "1"], with(task, change)).refused()
    };
    let (name, detail) = reason("generation", |item| {
        item["tests"] =
            json!(["assert roman(1) != 0", "assert not roman(0)", "assert roman(4) != 'V'"]);
    });
    assert_eq!(
        (name.as_str(), detail.as_str()),
        ("toothless-tests", "the tests pass if the body of the function is only `return None`")
    );
    let (name, detail) = reason("generation", |item| {
        item["solution"] = "def is_even(n):\n    return n % 2 == 0\n".into();
        item["tests"] =
            json!(["assert is_even(2)", "assert is_even(4)", "assert is_even(0) is True"]);
    });
    assert_eq!(
        (name.as_str(), detail.as_str()),
        ("toothless-tests", "the tests pass if the body of the function is only `return True`")
    );
    let (name, detail) = reason("repair", |item| item["information"] = item["solution"].clone());
    assert_eq!(
        (name.as_str(), detail.as_str()),
        ("toothless-tests", "the tests pass on the faulty program, too")
    );
    assert_eq!(
        reason("generation", |item| item["tests"] = json!(["x = 1", "y = 2", "pass"])).0,
        "toothless-tests"
    );
    assert_eq!(
        reason("translation", |item| item["information"] = item["solution"].clone()).0,
        "unsupported-language"
    );
    assert_eq!(
        reason("generation", |item| item["solution"] = "function f() { return 1; }".into()).0,
        "unparsable-source"
    );
}

#[test]
fn a_summary_is_held_against_its_program() {
    let wrong = |item: &mut Json| {
        item["solution"] =
            "The function `clamp` keeps `value` in bounds: `clamp(5, 0, 3)` returns `5`.".into();
    };
    let (reason, detail) =
        Outcome::of("summary", &["--tries", "2"], with("summary", wrong)).refused();
    assert_eq!(reason, "ungrounded", "{detail}");
    let empty =
        |item: &mut Json| item["solution"] = "It does something useful with numbers.".into();
    assert_eq!(
        Outcome::of("summary", &["--tries", "1"], with("summary", empty)).refused().0,
        "ungrounded"
    );
}

#[test]
fn a_reply_is_read_with_tolerance_and_asked_for_once_more_before_it_is_refused() {
    let rewritten = |reply: fn(String) -> String| {
        move |asked: &Asked| task_of(asked).map(|task| good(&reply(item(task).to_string())))
    };
    let in_prose = Outcome::of(
        "generation",
        &[],
        rewritten(|it| format!("Here it is:\n```json\n{it}\n```\nI hope that it helps.")),
    );
    assert_eq!(in_prose.added()["task_type"], "generation");
    let renamed = Outcome::of(
        "generation",
        &[],
        rewritten(|it| {
            it.replace("\"information\"", "\"input\"").replace("\"tests\"", "\"test_list\"")
        }),
    );
    assert_eq!(renamed.added()["task_type"], "generation");
    let prose = Outcome::of("generation", &[], rewritten(|_| "I cannot do that.".into()));
    assert_eq!(
        prose.refused(),
        ("malformed-reply".into(), "the reply is not a JSON object".into())
    );
    // The client itself asks once more, with the schema in the prompt.
    assert_eq!(prose.requests, 3);
    let few = |item: &mut Json| item["tests"] = json!(["assert roman(1) == 'I'"]);
    assert_eq!(
        Outcome::of("generation", &[], with("generation", few)).refused().1,
        "there are 1 tests, not 3 to 20"
    );
    // One that was cut off is never read, and the second one is taken.
    let mends = Outcome::of("generation", &[], |asked| {
        let half = item("generation").to_string();
        (task_of(asked).is_some() && earlier(asked) == 0)
            .then(|| Answer::Reply(200, "", completion(&half[..half.len() / 2], "length")))
    });
    assert_eq!(mends.added()["task_type"], "generation");
}

#[test]
fn a_critic_decides_by_its_rules_and_may_be_another_model() {
    let critic = |broken: &'static [&'static str]| {
        move |asked: &Asked| {
            let is_critic = task_of(asked).is_none();
            assert_eq!(asked.body["model"], if is_critic { "critic" } else { "author" });
            is_critic.then(|| good(&decision(asked, broken)))
        }
    };
    let options = ["--critic-model", "critic"];
    let refused =
        Outcome::of("generation", &options, critic(&["fair-tests", "worth-learning"])).refused();
    assert_eq!(refused, ("failed-review".into(), "fair-tests: The analysis says so.".into()));
    assert_eq!(Outcome::of("generation", &options, critic(&[])).added()["task_type"], "generation");
    let contradicts = |asked: &Asked| {
        let reply =
            decision(asked, &["fair-tests"]).replace("\"overall\":\"no\"", "\"overall\":\"yes\"");
        task_of(asked).is_none().then(|| good(&reply))
    };
    let outcome = Outcome::of("generation", &[], contradicts);
    assert_eq!((outcome.refused().0.as_str(), outcome.requests), ("contradictory", 3));
    let booleans = |asked: &Asked| {
        let reply = decision(asked, &[]).replace("\"yes\"", "true");
        task_of(asked).is_none().then(|| good(&reply))
    };
    assert_eq!(Outcome::of("generation", &[], booleans).added()["task_type"], "generation");
    let silent = |asked: &Asked| {
        task_of(asked)
            .is_none()
            .then(|| good(r#"{"overall": "yes", "rules": {}, "analysis": "-"}"#))
    };
    assert_eq!(Outcome::of("generation", &[], silent).refused().0, "malformed-reply");
}

#[test]
fn near_copies_of_the_set_and_of_test_sets_are_refused_before_they_are_reviewed() {
    let copied = |item: &mut Json| {
        item["instruction"] =
            "Write `limit`, which bounds a number from below and from above.".into();
        item["solution"] = CLAMP.replace("clamp", "limit").replace("value", "number").into();
        item["tests"] = json!([
            "assert limit(5, 0, 3) == 3",
            "assert limit(-1, 0, 3) == 0",
            "assert limit(2, 0, 3) == 2"
        ]);
    };
    let copy = Outcome::of("generation", &[], with("generation", copied));
    assert_eq!(
        copy.refused(),
        ("duplicate".into(), "the program is the same as that of clamp".into())
    );
    assert_eq!(copy.requests, 1);
    let same_words = |item: &mut Json| {
        item["instruction"] =
            "Write a function `clamp` that keeps a value between two bounds (both included)!"
                .into();
    };
    let copy = Outcome::of("generation", &[], with("generation", same_words));
    assert_eq!(
        copy.refused(),
        ("duplicate".into(), "the instruction is the same as that of clamp".into())
    );

    let folder = tempfile::tempdir().unwrap();
    let roman = item("generation");
    let renamed =
        roman["solution"].as_str().unwrap().replace("roman", "numeral").replace("found", "out");
    let program = json!({"task_id": 7, "text": "Spell numbers as the Romans did.", "code": renamed, "test_list": ["assert numeral(1) == 'I'"]});
    let eval = file(folder.path(), "programs.jsonl", program.to_string()).display().to_string();
    let tainted = Outcome::of("generation", &["--eval-set", &eval], |_| None);
    assert_eq!(
        tainted.refused(),
        ("contaminated".into(), "the program is the same as that of 7 of programs.jsonl".into())
    );
    let prompt =
        format!("def roman(number):\n    \"\"\"{}\"\"\"\n", roman["instruction"].as_str().unwrap());
    let question = json!({"task_id": "t/1", "prompt": prompt, "entry_point": "roman", "test": "def check(candidate):\n    assert candidate(1) == 'I'\n"});
    let eval = file(folder.path(), "questions.jsonl", question.to_string()).display().to_string();
    let tainted = Outcome::of("generation", &["--eval-set", &eval], |_| None);
    assert_eq!(
        tainted.refused(),
        (
            "contaminated".into(),
            "the instruction is the same as that of t/1 of questions.jsonl".into()
        )
    );
    let other = json!({"task_id": 1, "text": "Sort a list of numbers.", "code": "def f(x):\n    return sorted(x)\n", "test_list": ["assert f([2, 1]) == [1, 2]"]});
    let eval = file(folder.path(), "other.jsonl", other.to_string()).display().to_string();
    assert_eq!(
        Outcome::of("generation", &["--eval-set", &eval], |_| None).added()["task_type"],
        "generation"
    );
}

#[test]
fn what_cannot_be_done_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let input = set(folder.path(), 1);
    let empty = file(folder.path(), "empty.jsonl", "{\"a\": 1}\n").display().to_string();
    let error = |options: &[&str]| {
        let mut command = tgsand();
        command
            .arg("optimize")
            .arg(&input)
            .arg("--out")
            .arg(folder.path().join("out"))
            .args(options);
        let ended = ended(command, "");
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        ended.stderr
    };
    let model = ["--tech", "syn", "--model", "m", "--base-url", "http://127.0.0.1:9/v1"];
    assert!(
        error(&["--tech", "syn"])
            .contains("--tech syn has a model write rows; name one with --model")
    );
    assert!(error(&[&model[..], &["--tech", "syn,syn"]].concat()).contains("--tech has syn twice"));
    assert!(
        error(&[&["--tech", "syn,ref,syn"], &model[2..]].concat()).contains("--tech has syn twice")
    );
    assert!(
        error(&[&model[..], &["--tasks", "poetry"]].concat())
            .contains("choose from generation, summary")
    );
    assert!(
        error(&[&model[..], &["--eval-set", &empty]].concat())
            .contains("no row has a program, or a question")
    );
    assert!(error(&[&model[..], &["--eval-set", "none.jsonl"]].concat()).contains("none.jsonl"));
    let aug = [&["--tech", "aug"], &model[2..]].concat();
    assert!(error(&aug).contains("nothing asks the model"));
    assert!(error(&[&aug[..], &["--rewrite"]].concat()).contains("--rewrite is part of ref"));
    assert!(error(&["--tech", "ref", "--rewrite"]).contains("--model"));
}

#[test]
fn new_rows_of_a_set_with_numbers_for_ids_are_numbered_on() {
    let folder = tempfile::tempdir().unwrap();
    let row = |number: u32, program: &str| json!({"id": number, "code": program});
    let lines = [row(7, CLAMP), row(41, "def double(x):\n    return 2 * x\n")];
    let input = file(folder.path(), "in.jsonl", lines.map(|row| row.to_string()).join("\n"));
    let server = ModelServer::start(|asked| good(&good_reply(asked)));
    let options = ["--tech", "syn", "--tasks", "generation,repair"];
    let run = optimize(folder.path(), &input, &server, &options);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let found = rows(folder.path(), "samples/optimized.jsonl");
    let ids: Vec<&Json> = found.iter().map(|row| &row["id"]).collect();
    assert_eq!(ids, [7, 41, 42, 43]);
    let origins: std::collections::BTreeSet<&str> =
        found[2..].iter().map(|row| row["origin"].as_str().unwrap()).collect();
    assert_eq!(origins.into_iter().collect::<Vec<_>>(), ["41", "7"]);
}
