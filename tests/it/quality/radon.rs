//! The maintainability index, part by part, against radon's.

use tgsand::measure::Maintainability;

use super::{ask, installed, programs};

const SCRIPT: &str = "
import json, sys
from radon.metrics import mi_compute, mi_parameters
def measure(source):
    try:
        parameters = mi_parameters(source, True)
    except SyntaxError:
        return None
    return [*parameters, mi_compute(*parameters)]
print(json.dumps([measure(source) for source in json.load(sys.stdin)]))
";

#[test]
fn every_maintainability_index_equals_radons() {
    let programs = programs();
    let answers: Vec<Option<[f64; 5]>> =
        serde_json::from_value(ask(&installed("radon==6.0.1"), SCRIPT, &programs)).unwrap();
    assert_eq!(answers.len(), programs.len());
    let mut compared = 0;
    let mut wrong = Vec::new();
    for (program, expected) in programs.iter().zip(answers) {
        let found = Maintainability::of(&program.source).ok().map(|found| {
            [
                found.volume,
                found.complexity as f64,
                found.logical_lines as f64,
                found.comment_percent,
                found.index(),
            ]
        });
        match (found, expected) {
            (Some(found), Some(expected)) => {
                compared += 1;
                if found
                    .iter()
                    .zip(&expected)
                    .any(|(found, expected)| (found - expected).abs() > 1e-9)
                {
                    wrong.push(format!("{}: {found:?} is not {expected:?}", program.name));
                }
            }
            // Newer syntax than the installed Python's is read by us alone.
            (Some(_) | None, None) => {}
            (None, Some(expected)) => {
                wrong.push(format!("{}: not parsed, radon says {expected:?}", program.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), programs.len(), wrong.join("\n"));
    assert!(compared >= 200, "only {compared} programs were compared");
}
