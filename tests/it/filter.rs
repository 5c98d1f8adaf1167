//! `tgsand filter`: every field of every kind of row is held to the run, except for those that docs/filter.md lists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value as Json, json};
use tgsand::fences::fenced;
use tgsand::sample::text;

use crate::cli::{file, json_lines, run};
use crate::model_server::{ModelServer, good as good_reply};
use crate::synth::{CLAMP, DIGITS, synth};
use crate::text::{Scene, good};

const DOCUMENTED: &str = include_str!("../../docs/filter.md");

/// A function for each way in which a call can end, and for each thing that it can do.
const FUNCTIONS: [&str; 6] = [
    CLAMP,
    DIGITS,
    "def insert(items: list, item: int) -> list:\n    if item in items:\n        raise ValueError(f'{item} is there')\n    \
     print('adding', item)\n    items.append(item)\n    return sorted(items)\n",
    "def letters(text: str) -> set:\n    found = set()\n    for letter in text:\n        if letter.isalpha():\n            \
     found.add(letter)\n    return found\n",
    "def count(stop: int):\n    for i in range(stop):\n        if i % 2:\n            yield i\n",
    "def mixed(word: str) -> str:\n    if word.isdigit() or word.islower():\n        raise ValueError('plain')\n    return word\n",
];

/// A row with its kind, as the documentation names it.
#[derive(Clone)]
struct Sample {
    kind: &'static str,
    row: Json,
}

/// Samples of every kind from a small input.
fn samples() -> Vec<Sample> {
    let scene = Scene::new(|role, _| good(role));
    let written = scene.done(&[]);
    let rows = FUNCTIONS.map(|content| json!({"content": content}).to_string());
    let input = file(scene.folder.path(), "functions.jsonl", rows.join("\n"));
    let built_in = synth(&input, &scene.folder.path().join("built-in"), &["--cases", "8"], b"");
    assert_eq!(built_in.ended.code, Some(0), "{}", built_in.ended.stderr);
    let mut samples = Vec::new();
    for run in [&written, &built_in] {
        for (name, kind) in
            [("case2code", "case2code"), ("duel", "duel"), ("qa", "qa"), ("design", "design")]
        {
            let path = run.folder.join(format!("samples/{name}.jsonl"));
            let rows = json_lines(&std::fs::read_to_string(path).unwrap_or_default());
            samples.extend(rows.into_iter().map(|row| {
                let kind = if row["kind"] == "free-text" { "qa, free text" } else { kind };
                Sample { kind, row }
            }));
        }
    }
    let problem = autocode(scene.folder.path(), PROBLEM);
    samples.push(Sample { kind: "problem", row: problem });
    let row = json!({
        "id": "half", "func_name": "half", "code": "def half(n):\n    return 6 // n\n",
        "example_str": "examples = [dict(n=1), dict(n=0), dict(n=2)]",
        "example_outputs": [{"return": "\"6\""}, {"error": "\"<class 'ZeroDivisionError'>: division by zero\""}, {"return": "\"3\""}],
    });
    samples.push(Sample { kind: "reference", row });
    samples.extend(duel_samples(scene.folder.path()));
    samples
}

/// Samples of a duel of turns and of one of programs.
fn duel_samples(folder: &Path) -> Vec<Sample> {
    let server = ModelServer::start(|asked| {
        let text = asked.text();
        good_reply(&match asked.body["model"].as_str().unwrap() {
            "king" => "THOUGHT: Quickly.\n\n```bash\npwd\n```".to_owned(),
            "challenger" => "THOUGHT: Carefully.\n\n```bash\nls -la\n```".to_owned(),
            _ => {
                let side = if text.find("Carefully.") < text.find("Quickly.") { 1 } else { 2 };
                json!({"correctness": side, "grounding": side, "progress": side, "protocol": 0, "efficiency": side}).to_string()
            }
        })
    });
    let turns = folder.join("duel").display().to_string();
    let trajectories = concat!(env!("CARGO_MANIFEST_DIR"), "/dataset/trajectories.jsonl");
    let command = ["duel", "run", trajectories, "--model", "king", "--challenger", "challenger"];
    let options = ["--judge", "alpha,beta,gamma", "--base-url", &server.url, "--no-cache"];
    let ended =
        run(&[&command[..], &options, &["--turns", "1", "--win-margin", "0", "--out", &turns]]
            .concat());
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    let problem = json!({"id": "p", "text": "Double a number.", "code": "def double(n):\n    return 2 * n\n", "test_list": ["assert double(2) == 4", "assert double(3) == 6"]});
    let written = |name: &str, row: Json| file(folder, name, row.to_string()).display().to_string();
    let test = written("double.jsonl", problem);
    let reply = |code: &str| json!({"id": "p", "completion": fenced(code)});
    let king = written("king.jsonl", reply("def double(n):\n    return n * n\n"));
    let challenger = written("challenger.jsonl", reply("def double(n):\n    return n + n\n"));
    let programs = folder.join("programs").display().to_string();
    let command = ["duel", "programs", &test, "--king", &king, "--challenger", &challenger];
    let ended = run(&[&command[..], &["--out", &programs]].concat());
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    let sample = |(kind, out, name): (&'static str, &String, &str)| {
        let rows = json_lines(&std::fs::read_to_string(Path::new(out).join(name)).unwrap());
        assert_eq!(rows.len(), 1, "{kind}");
        Sample { kind, row: rows[0].clone() }
    };
    [
        ("turn", &turns, "turns.jsonl"),
        ("preference", &turns, "samples/preferences.jsonl"),
        ("conversation", &turns, "samples/sft.jsonl"),
        ("programs", &programs, "pairs.jsonl"),
        ("program preference", &programs, "samples/preferences.jsonl"),
    ]
    .map(sample)
    .to_vec()
}

/// A function with a variant that no test kills: the bound itself may be returned either way.
const PROBLEM: &str = "def at_most(value: int, high: int) -> int:\n    \"\"\"Limit a value.\"\"\"\n    if value > high:\n        \
                       return high\n    return value\n";

/// The one problem that `tgsand autocode` makes of a function.
fn autocode(folder: &Path, content: &str) -> Json {
    let input = file(folder, "documented.jsonl", json!({"content": content}).to_string());
    let out = folder.join("problems");
    let (input, folder) = (input.to_str().unwrap(), out.to_str().unwrap());
    let ended = run(&["autocode", input, "--out", folder, "--min-mutation", "0.5"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let rows = json_lines(&std::fs::read_to_string(out.join("samples/problems.jsonl")).unwrap());
    assert_eq!(rows.len(), 1);
    assert!(!rows[0]["mutation"]["survivors"].as_array().unwrap().is_empty());
    rows.into_iter().next().unwrap()
}

/// Filters these rows; those that are kept, by their positions, and the reasons of the others.
fn filter(folder: &Path, rows: &[Json]) -> (BTreeSet<usize>, BTreeMap<usize, String>) {
    // The position is a field that no format has.
    let numbered = rows.iter().enumerate().map(|(position, row)| {
        let mut row = row.clone();
        row["position"] = json!(position);
        format!("{row}\n")
    });
    let input = file(folder, "rows.jsonl", numbered.collect::<String>());
    let out = folder.join("filtered");
    let ended = run(&["filter", input.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines = |name: &str| json_lines(&std::fs::read_to_string(out.join(name)).unwrap());
    let position = |row: &Json| usize::try_from(row["position"].as_u64().unwrap()).unwrap();
    let kept = lines("kept.jsonl").iter().map(position).collect();
    let text = |row: &Json, field: &str| row[field].as_str().unwrap().to_owned();
    let rejected = lines("rejected.jsonl").into_iter().map(|row| {
        let line = usize::try_from(row["source"]["line"].as_u64().unwrap()).unwrap();
        (line - 1, format!("{}: {}", text(&row, "reason"), text(&row, "detail")))
    });
    (kept, rejected.collect())
}

/// Changes a row everywhere it can be changed, one place at a time: the name of the place, and the row.
pub fn changed(row: &Json) -> Vec<(String, Json)> {
    let mut places = Vec::new();
    collect(row, String::new(), String::new(), &mut places);
    let change = |(pointer, name, value): (String, String, Json)| {
        let mut row = row.clone();
        *row.pointer_mut(&pointer).unwrap() = value;
        (name, row)
    };
    let mut rows: Vec<(String, Json)> = places.into_iter().map(change).collect();
    // What decides a pair of programs is JSON in a text.
    let evidence = row["evidence"].as_str().and_then(|text| serde_json::from_str(text).ok());
    for (name, evidence) in evidence.iter().flat_map(changed) {
        let mut row = row.clone();
        row["evidence"] = json!(evidence.to_string());
        rows.push((format!("evidence.{name}"), row));
    }
    rows
}

fn collect(value: &Json, pointer: String, name: String, places: &mut Vec<(String, String, Json)>) {
    match value {
        Json::Object(fields) => {
            for (field, value) in fields {
                let inner = match name.as_str() {
                    "" => field.clone(),
                    "provenance" => name.clone(),
                    _ => format!("{name}.{field}"),
                };
                collect(value, format!("{pointer}/{field}"), inner, places);
            }
        }
        Json::Array(items) => {
            if let [rest @ .., _] = items.as_slice() {
                let len = if name == "provenance" { name.clone() } else { format!("len({name})") };
                places.push((pointer.clone(), len, json!(rest)));
            }
            let inner = if name == "provenance" { name } else { format!("{name}[]") };
            for (i, item) in items.iter().enumerate() {
                if i == 0 || i == items.len() / 2 || i == items.len() - 1 {
                    collect(item, format!("{pointer}/{i}"), inner.clone(), places);
                }
            }
        }
        Json::String(text) => {
            let before = if name.ends_with("arguments") { "(" } else { "~" };
            let mut other = vec![format!("{text}~"), format!("{before}{text}")];
            if name.ends_with("value") {
                other.push("\"~\"".into());
            }
            // A turn of an agent that says something else, and keeps its form.
            if text.starts_with("THOUGHT: ") {
                other.push(text.replacen("THOUGHT: ", "THOUGHT: ~ ", 1));
            }
            if name == "kind" {
                other.extend(["find-input".into(), "free-text".into()]);
                other.retain(|other| other != text);
            }
            places
                .extend(other.into_iter().map(|text| (pointer.clone(), name.clone(), json!(text))));
        }
        Json::Number(number) => {
            let more = number
                .as_i64()
                .map_or_else(|| json!(number.as_f64().unwrap() + 1.0), |it| json!(it + 1));
            places.push((pointer, name, more));
        }
        Json::Bool(holds) => places.push((pointer, name, json!(!holds))),
        Json::Null => {}
    }
}

/// The row with the fields that follow from others made anew, as one who forges the others would.
fn made_to_fit(kind: &str, row: &Json) -> Json {
    let mut row = row.clone();
    let text_of = |row: &Json, field: &str| row[field].as_str().unwrap().to_owned();
    let (question, answer) = match kind {
        "case2code" => {
            row["completion"] = json!(fenced(&text_of(&row, "program")));
            return row;
        }
        "qa" | "qa, free text" => ("question", "answer"),
        "design" => ("requirement", "design"),
        _ => return row,
    };
    let trace: Vec<String> =
        row["trace"].as_array().unwrap().iter().map(|step| step.as_str().unwrap().into()).collect();
    row["prompt"] = json!(text::prompt(&text_of(&row, "code"), &text_of(&row, question)));
    row["completion"] = json!(text::completion(&trace, &text_of(&row, answer)));
    row
}

/// The fields in backticks of the documentation's table with this header, by kind.
fn documented(header: &str) -> BTreeSet<(String, String)> {
    let (_, table) = DOCUMENTED.split_once(header).unwrap();
    let table = table.split("\n\n").next().unwrap();
    let rows = table.lines().filter_map(|line| {
        let (kind, fields) = line.strip_prefix("| ")?.split_once(" | ")?;
        // What stands after "all fields other than" is checked.
        let fields = fields.split("all fields other than").next()?;
        Some(fields.split('`').skip(1).step_by(2).map(|field| (kind.to_owned(), field.to_owned())))
    });
    rows.flatten().collect()
}

#[test]
fn a_row_that_holds_is_kept_and_each_change_of_a_field_that_is_not_listed_is_rejected() {
    let samples = samples();
    let kinds: BTreeSet<&str> = samples.iter().map(|sample| sample.kind).collect();
    assert_eq!(kinds.len(), 12, "{kinds:?}");
    let mut places = Vec::new();
    let mut rows: Vec<Json> = samples.iter().map(|sample| sample.row.clone()).collect();
    for Sample { kind, row } in &samples {
        for (name, other) in changed(row) {
            for other in [made_to_fit(kind, &other), other] {
                // A change that is undone by making the row fit is none.
                if other != *row {
                    places.push(((*kind).to_owned(), name.clone()));
                    rows.push(other);
                }
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let outcome = filter(folder.path(), &rows);
    assert_documented("| Row | Not checked |", samples.len(), &places, outcome);
}

/// Of samples and their changes, holds which are kept: all samples, and the changes of the fields that the documentation lists.
pub fn assert_documented(
    header: &str,
    samples: usize,
    places: &[(String, String)],
    (kept, rejected): (BTreeSet<usize>, BTreeMap<usize, String>),
) {
    let lost: Vec<&String> = rejected.range(..samples).map(|(_, why)| why).collect();
    let passed = kept.range(samples..).map(|position| places[position - samples].clone());
    let passed: BTreeSet<(String, String)> = passed.collect();
    assert!(kept.range(..samples).count() == samples && lost.is_empty(), "{lost:#?}");
    let documented = documented(header);
    let missing: Vec<_> = passed.difference(&documented).collect();
    let excess: Vec<_> = documented.difference(&passed).collect();
    assert!(missing.is_empty() && excess.is_empty(), "kept: {missing:#?}\nchecked: {excess:#?}");
}

#[test]
fn a_forged_row_is_rejected_even_if_its_fields_fit_together() {
    let samples = samples();
    let sample = |kind: &str, has: &str| {
        let is_wanted =
            |sample: &&Sample| sample.kind == kind && sample.row.to_string().contains(has);
        samples.iter().find(is_wanted).unwrap_or_else(|| panic!("no {kind} with {has}")).row.clone()
    };
    let duel = sample("duel", "clamp");
    // What decides a pair of programs is JSON in a text.
    let evidence =
        |row: &Json| -> Json { serde_json::from_str(row["evidence"].as_str().unwrap()).unwrap() };
    let mut same_sides = duel.clone();
    same_sides["rejected"] = duel["chosen"].clone();
    let mut same_results = same_sides.clone();
    let mut same = evidence(&duel);
    same["got"] = same["expected"].clone();
    same_results["evidence"] = json!(same.to_string());
    let mut wrong_prompt = duel.clone();
    wrong_prompt["prompt"][0]["content"] = json!("Write `clamp`.\n\nclamp(7919, 0, 3) -> 3\n");
    let mut wrong_call = wrong_prompt.clone();
    let evidence = evidence(&duel);
    let arguments = evidence["expected"]["arguments"].as_str().unwrap();
    let shown = format!("Write `clamp`.\n\nclamp({arguments}) -> 'no'\n");
    wrong_call["prompt"][0]["content"] = json!(shown);
    let mut wrong_answer = sample("qa", "predict-output");
    wrong_answer["answer"] = json!("The result is 42.");
    let mut wrong_steps = sample("qa", "Line 2: `if value < low:`");
    wrong_steps["steps"][1]["line"] = json!(3);
    wrong_steps["trace"][1] = json!("Line 3: `return low`");
    let mut reversed = sample("case2code", "letters");
    for case in reversed["visible_cases"].as_array_mut().unwrap() {
        let shown = case["repr"].as_str().unwrap();
        let letters: Vec<&str> = shown.trim_matches(['{', '}']).split(", ").collect();
        if letters.len() > 1 {
            case["repr"] =
                json!(format!("{{{}}}", letters.into_iter().rev().collect::<Vec<_>>().join(", ")));
        }
    }
    let mut more_outputs = sample("reference", "half");
    let error = json!({"error": "\"<class 'IndexError'>: list index out of range\""});
    more_outputs["example_outputs"].as_array_mut().unwrap().push(error);
    let mut fewer_outputs = sample("reference", "half");
    fewer_outputs["example_outputs"].as_array_mut().unwrap().pop();
    let rows = [
        (reversed, ""),
        (
            same_sides,
            "contradictory: the mutation does not make the rejected program from the chosen one",
        ),
        (same_results, "contradictory: the evidence shows no difference between the two sides"),
        (wrong_prompt, "contradictory: the prompt does not show the call that decides the duel"),
        (wrong_call, "not-reproduced: the prompt shows a call that gives a different result"),
        (
            made_to_fit("qa", &wrong_answer),
            "contradictory: the answer is not that of the checked call",
        ),
        (made_to_fit("qa", &wrong_steps), "not-reproduced: the steps are not those of the call"),
        (
            more_outputs,
            "not-reproduced: 1 of 4 calls give a different result; the first is half(**examples[3])",
        ),
        (fewer_outputs, "not-reproduced: the row states 2 results, and there are more inputs"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let (kept, rejected) = filter(folder.path(), &rows.clone().map(|(row, _)| row));
    // A set may be shown in any order.
    assert_eq!(kept, BTreeSet::from([0]), "{rejected:#?}");
    for (position, (_, why)) in rows.iter().enumerate().skip(1) {
        assert!(rejected[&position].starts_with(why), "{why}: {}", rejected[&position]);
    }
}
