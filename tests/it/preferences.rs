//! Preferences: all that this program writes have the same columns, and rows of the first version are still read.

use serde_json::{Value as Json, json};
use tgsand::sample::MutantPair;
use tgsand::sample::preference::MutantPreference;

use crate::cli::{file, json_lines, run};
use crate::synth::{CLAMP, synth};

/// Holds a row to the columns and types of every preference.
pub fn assert_columns(row: &Json) {
    let message = json!([{"role": "text", "content": "text"}]);
    let expected = json!({
        "schema": "text", "id": "text", "prompt": message, "chosen": message, "rejected": message,
        "score": "float", "bucket": "text", "problem": "text", "tests": "integer", "chosen_passes": "integer",
        "rejected_passes": "integer", "decided_by": "text", "evidence": "text",
        "provenance": {
            "tgsand": "text", "source": {"file": "text", "line": "integer"}, "seed": "integer", "king": "text",
            "challenger": "text", "execution": "text",
        },
    });
    // Loaders take columns in the order of the first row.
    assert_eq!(shape(row).to_string(), expected.to_string());
}

fn shape(value: &Json) -> Json {
    match value {
        Json::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect()
        }
        Json::Array(items) => items.first().map_or(Json::Null, |item| json!([shape(item)])),
        Json::String(_) => json!("text"),
        Json::Number(number) if number.is_f64() => json!("float"),
        Json::Number(_) => json!("integer"),
        Json::Bool(_) => json!("boolean"),
        Json::Null => Json::Null,
    }
}

#[test]
fn a_pair_of_synth_has_the_columns_of_a_preference_and_one_of_the_first_version_is_still_read() {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), "clamp.jsonl", json!({"content": CLAMP}).to_string());
    let written = synth(&input, &folder.path().join("out"), &[], b"");
    assert_eq!(written.ended.code, Some(0), "{}", written.ended.stderr);
    let row = &written.lines::<Json>("samples/duel.jsonl")[0];
    assert_columns(row);
    let columns: MutantPreference = serde_json::from_value(row.clone()).unwrap();
    let pair = MutantPair::try_from(columns.clone()).unwrap();
    assert_eq!(MutantPreference::from(pair.clone()), columns);

    let mut earlier = serde_json::to_value(&pair).unwrap();
    earlier["schema"] = json!("tgsand/duel/1");
    let mut unstated = earlier.clone();
    unstated.as_object_mut().unwrap().remove("schema");
    let mut wrong = earlier.clone();
    wrong["evidence"]["got"] = earlier["evidence"]["expected"].clone();
    let mut newer = row.clone();
    newer["schema"] = json!("tgsand/duel/3");
    let rows = [&earlier, &unstated, row, &wrong, &newer].map(Json::to_string).join("\n");
    let rows = file(folder.path(), "rows.jsonl", rows);
    let out = folder.path().join("filtered");
    let ended = run(&["filter", rows.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines = |name: &str| json_lines(&std::fs::read_to_string(out.join(name)).unwrap());
    assert_eq!(lines("kept.jsonl").len(), 3);
    let rejected = lines("rejected.jsonl");
    assert_eq!(rejected[0]["reason"], "contradictory");
    let detail = rejected[1]["detail"].as_str().unwrap();
    assert!(detail.contains("reads up to tgsand/duel/2"), "{detail}");
}
