//! Programs that a rule must leave alone, and programs that it must rewrite, kept as files.
//!
//! `tests/rewrites/held/<rule>/` has programs that the rule must not touch, each with a first line that says why;
//! `tests/rewrites/made/<rule>/` has programs, and beside each `NAME.py` the `NAME.expected` that its first rewrite gives.
//! `TGSAND_ACCEPT=1` writes the expected texts anew.

use std::path::{Path, PathBuf};

use tgsand::python::Module;
use tgsand::rewrite::{Rule, rewrites};

/// The Python files of a rule, sorted.
fn programs(folder: &str, rule: Rule) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rewrites").join(folder);
    let entries = std::fs::read_dir(root.join(rule.name()));
    let entries = entries.unwrap_or_else(|_| panic!("{folder} has no folder for {}", rule.name()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} has nothing for {}", rule.name());
    files
}

fn read(path: &Path) -> (String, Module) {
    let source = std::fs::read_to_string(path).unwrap();
    let module =
        Module::parse(&source).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (source, module)
}

#[test]
fn what_cannot_be_shown_to_be_safe_is_left_alone() {
    let mut count = 0;
    for &rule in Rule::ALL {
        for path in programs("held", rule) {
            let (source, module) = read(&path);
            assert!(source.starts_with("# "), "{} does not say why", path.display());
            let made: Vec<String> =
                rewrites(&module, rule, &[]).iter().map(|one| one.apply(&source)).collect();
            assert_eq!(made, Vec::<String>::new(), "{}", path.display());
            count += 1;
        }
    }
    assert!(count >= 60, "{count} programs");
}

#[test]
fn what_can_be_shown_to_be_safe_is_rewritten() {
    for &rule in Rule::ALL {
        for path in programs("made", rule) {
            let (source, module) = read(&path);
            let made = rewrites(&module, rule, &["kept"]);
            let first = made.first().unwrap_or_else(|| panic!("{} is left alone", path.display()));
            let text = first.apply(&source);
            let expected = path.with_extension("expected");
            if std::env::var_os("TGSAND_ACCEPT").is_some() {
                std::fs::write(&expected, &text).unwrap();
            }
            let expected = std::fs::read_to_string(&expected).unwrap_or_default();
            assert_eq!(text, expected, "{}", path.display());
        }
    }
}

#[test]
fn results_are_programs_that_can_be_rewritten_again() {
    for &rule in Rule::ALL {
        for path in programs("made", rule) {
            let (source, module) = read(&path);
            for rewrite in rewrites(&module, rule, &["kept"]) {
                let text = rewrite.apply(&source);
                let again = Module::parse(&text).unwrap();
                for &other in Rule::ALL {
                    for next in rewrites(&again, other, &["kept"]) {
                        let text = next.apply(&text);
                        assert!(Module::parse(&text).is_ok(), "{} in {text}", other.name());
                    }
                }
            }
        }
    }
}
