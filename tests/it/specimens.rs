//! One small program for each way to end; what it must come to stands in its first comment lines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value as Json, json};
use tgsand::sandbox::{Case, Job};

use crate::support;

const ENDS: [&str; 7] =
    ["returned", "raised", "exited", "out-of-fuel", "out-of-memory", "output-too-large", "trapped"];
/// What a header may ask for; everything but these is expected of the result.
const INPUTS: [&str; 4] = ["entry", "case", "stdin", "fuel"];
/// What a header must expect, by end.
const NEEDED: [(&str, &[&str]); 4] = [
    ("returned", &["value"]),
    ("raised", &["type", "message"]),
    ("exited", &["exit_code"]),
    ("trapped", &["trap"]),
];

/// The `# key: value` lines at the top of a specimen.
fn header(code: &str) -> BTreeMap<&str, &str> {
    code.lines()
        .map_while(|line| line.strip_prefix("# ").and_then(|line| line.split_once(':')))
        .map(|(key, value)| (key, value.trim()))
        .collect()
}

fn job(code: &str, header: &BTreeMap<&str, &str>) -> Job {
    let mut job = support::script_job(code);
    job.entry = header.get("entry").map(|&entry| entry.into());
    if job.entry.is_some() {
        job.cases = vec![Case::call(header.get("case").copied().unwrap_or_default())];
    }
    job.stdin = header.get("stdin").copied().unwrap_or_default().into();
    if let Some(fuel) = header.get("fuel") {
        job.limits.fuel = fuel.parse().unwrap_or_else(|_| panic!("fuel is no number: {fuel}"));
    }
    job
}

/// Everything that a result tells, in one map: of its case where it called a function, else of the script.
fn outcome(job: Job) -> Map<String, Json> {
    let calls = job.entry.is_some();
    let execution = support::run_checked(job);
    let told = if calls {
        serde_json::to_value(support::only_case(execution))
    } else {
        serde_json::to_value(execution)
    };
    let Ok(Json::Object(mut told)) = told else { panic!("a result is an object") };
    if let Some(Json::Object(error)) = told.remove("error") {
        told.extend(error);
    }
    told
}

fn check(name: &str, code: &str) -> String {
    let header = header(code);
    let end =
        header.get("end").unwrap_or_else(|| panic!("{name} does not say `# end:` in its header"));
    assert!(ENDS.contains(end), "{name}: there is no end {end:?}");
    let needed = NEEDED.iter().filter(|(of, _)| of == end).flat_map(|(_, keys)| *keys);
    for key in needed {
        assert!(header.contains_key(key), "{name} does not say `# {key}:` in its header");
    }
    let told = outcome(job(code, &header));
    for (key, expected) in header.iter().filter(|(key, _)| !INPUTS.contains(key)) {
        // Expectations are JSON; what is not is text.
        let expected: Json = serde_json::from_str(expected).unwrap_or_else(|_| json!(expected));
        assert_eq!(told.get(*key), Some(&expected), "{name}: {key}, in {told:?}");
    }
    (*end).to_owned()
}

#[test]
fn every_specimen_ends_as_its_header_says_and_every_end_has_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/specimens");
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries
        .map(|entry| entry.unwrap_or_else(|error| panic!("{}: {error}", folder.display())).path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} holds no specimens", folder.display());
    let mut seen = BTreeSet::new();
    for path in paths {
        let code = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        seen.insert(check(&name, &code));
    }
    assert_eq!(seen, ENDS.map(String::from).into());
}
