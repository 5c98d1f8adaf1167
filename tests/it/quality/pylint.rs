//! The smell scores and statements against pylint's.

use std::collections::BTreeMap;

use serde::Deserialize;
use tgsand::measure::Smells;
use tgsand::measure::smells::Finding;

use super::{ask, installed, programs};

/// Each program is a module of its own in a temporary folder; messages on similar code elsewhere are off.
const SCRIPT: &str = "
import collections, json, os, sys, tempfile
os.environ['PYLINTHOME'] = tempfile.mkdtemp()
sources = json.load(sys.stdin)
from pylint.lint import Run
from pylint.reporters import CollectingReporter
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    names = [f'program_{i}' for i in range(len(sources))]
    for name, source in zip(names, sources):
        with open(name + '.py', 'w', encoding='utf-8', newline='') as file:
            file.write(source)
    reporter = CollectingReporter()
    files = [name + '.py' for name in names]
    run = Run(['--rcfile=/dev/null', '--disable=R0801', '-j1', *files], reporter=reporter, exit=False)
    found = {name: collections.Counter() for name in names}
    lines = {name: [] for name in names}
    for message in reporter.messages:
        found[message.module][message.msg_id] += 1
        lines[message.module].append((message.line, message.msg_id))
    stats = run.linter.stats.by_module
    answers = [{'statements': stats.get(name, {}).get('statement', 0), 'messages': found[name], 'lines': lines[name]}
               for name in names]
print('\\n' + json.dumps(answers))
";

#[derive(Debug, Deserialize)]
struct Answer {
    statements: u64,
    messages: BTreeMap<String, u64>,
    /// Every message with its line.
    lines: Vec<(usize, String)>,
}

impl Answer {
    fn score(&self) -> Option<f64> {
        let blame: u64 = self
            .messages
            .iter()
            .map(|(id, count)| if id.starts_with('E') { 5 * count } else { *count })
            .sum();
        (self.statements > 0)
            .then(|| (10.0 - blame as f64 / self.statements as f64 * 10.0).max(0.0))
    }
}

#[test]
fn smell_scores_agree_with_pylints_as_often_as_they_did() {
    /// Of a hundred programs, how many have the very same score at least.
    const AGREED: usize = 96;
    let programs = programs();
    let answers: Vec<Answer> =
        serde_json::from_value(ask(&installed("pylint==3.3.9"), SCRIPT, &programs)).unwrap();
    assert_eq!(answers.len(), programs.len());
    let (mut compared, mut agreed) = (0, 0);
    let mut different = Vec::new();
    let mut miscounted = Vec::new();
    let mut invented = Vec::new();
    let mut misplaced = Vec::new();
    for (program, answer) in programs.iter().zip(answers) {
        let Ok(found) = Smells::of(&program.source) else { continue };
        if answer.messages.contains_key("E0001") {
            continue;
        }
        compared += 1;
        if found.statements != answer.statements {
            miscounted.push(format!(
                "{}: {} is not {}",
                program.name, found.statements, answer.statements
            ));
        }
        for (id, count) in &found.messages() {
            if *count > answer.messages.get(*id).copied().unwrap_or_default() {
                invented.push(format!("{}: {id} {count} times", program.name));
            }
        }
        let mut lines = answer.lines.clone();
        for Finding { line, id } in &found.findings {
            match lines.iter().position(|(at, of)| (at, of.as_str()) == (line, *id)) {
                Some(place) => drop(lines.swap_remove(place)),
                None => misplaced.push(format!("{}: {id} in line {line}", program.name)),
            }
        }
        if found.scores().compatible == answer.score() {
            agreed += 1;
        } else {
            different.push(format!(
                "{}: {:?} is not {:?}",
                program.name,
                found.messages(),
                answer.messages
            ));
        }
    }
    assert!(compared >= 200, "only {compared} programs were compared");
    assert_eq!(miscounted, Vec::<String>::new());
    assert_eq!(invented, Vec::<String>::new(), "messages that pylint does not give");
    assert_eq!(misplaced, Vec::<String>::new(), "messages that pylint gives for other lines");
    let report = format!("{agreed} of {compared} agree; not these:\n{}", different.join("\n"));
    println!("{report}");
    assert!(agreed * 100 >= compared * AGREED, "{report}");
}
