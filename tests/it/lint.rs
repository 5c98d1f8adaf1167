//! Findings and fixes of programs: each rule's examples, hostile texts, and real programs that are tidied twice.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tgsand::lint::{Finding, KNOWN, Selection, Step, findings, sarif, tidy};

/// The rules that ruff lacks have this many examples of each kind at least.
const OWN_EXAMPLES: usize = 3;

fn selection(rules: &[&str]) -> Selection {
    let rules: Vec<String> = rules.iter().map(|&rule| rule.to_owned()).collect();
    Selection::new(&rules, &[]).unwrap()
}

fn examples(rule: &str, kind: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint").join(rule).join(kind);
    let entries = std::fs::read_dir(&folder);
    let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let text = |path: &PathBuf| std::fs::read_to_string(path).unwrap();
    paths.iter().map(|path| (path.clone(), text(path))).collect()
}

fn known_rules() -> BTreeSet<&'static str> {
    KNOWN.iter().flat_map(|(_, rules)| rules.iter().copied()).collect()
}

#[test]
fn each_known_finding_is_found_on_its_lines_and_nowhere_else() {
    for rule in known_rules() {
        let selection = selection(&[rule]);
        let kinds = ["true", "false"].map(|kind| examples(rule, kind));
        let least = if rule.starts_with("TG") { OWN_EXAMPLES } else { 1 };
        assert!(kinds.iter().all(|of_kind| of_kind.len() >= least), "{rule} lacks examples");
        for (path, text) in kinds.concat() {
            let found = findings(&text, &selection).unwrap();
            let found: Vec<usize> = found.iter().map(|finding| finding.line).collect();
            let marked = text.lines().enumerate().filter(|(_, line)| line.ends_with("  # found"));
            let marked: Vec<usize> = marked.map(|(i, _)| i + 1).collect();
            assert_eq!(found, marked, "{}", path.display());
            assert_eq!(marked.is_empty(), path.parent().unwrap().ends_with("false"));
        }
    }
}
