//! Findings and fixes of programs: each rule's examples, hostile texts, and real programs that are tidied twice.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tgsand::lint::{KNOWN, Selection, Step, findings, sarif, tidy};

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

/// The rules found in a program, with their lines.
fn found(source: &str, selection: &Selection) -> Vec<(String, usize)> {
    let findings = findings(source, selection).unwrap();
    findings.into_iter().map(|finding| (finding.rule, finding.line)).collect()
}

#[test]
fn every_known_rule_is_one_of_the_rules_for_cleaning() {
    let digest = Selection::default_cleaning().digest();
    let lacking: Vec<&str> =
        known_rules().into_iter().filter(|rule| !digest.contains(&format!(" {rule}"))).collect();
    assert_eq!(lacking, Vec::<&str>::new());
}

#[test]
fn an_unknown_selector_is_named_and_a_rule_about_files_is_unknown() {
    for selector in ["X9", "TG9", "INP001"] {
        let error = Selection::new(&[selector.to_owned()], &[]).err().unwrap();
        assert!(error.starts_with(&format!("no rule is selected by {selector:?}; ")), "{error}");
    }
}

#[test]
fn comments_hide_findings_only_if_that_is_asked_for() {
    let source = "# ruff: noqa\ndef f(a=[]):  # noqa\n    return a\n";
    assert_eq!(found(source, &selection(&["B"])), [("B006".to_owned(), 2)]);
    assert_eq!(found(source, &selection(&["B"]).respecting_noqa()), []);
}

#[test]
fn comments_hide_findings_of_our_own_rules_as_they_hide_those_of_ruff() {
    let own = selection(&["TG"]);
    let source = |comment: &str| format!("import time\ntime.sleep(5){comment}\n");
    assert_eq!(found(&source("  # noqa"), &own), [("TG003".to_owned(), 2)]);
    let own = own.respecting_noqa();
    for hiding in
        ["  # noqa", "  # NOQA: TG003", "  # noqa: B006,TG003 because", "  # slow  # noqa"]
    {
        assert_eq!(found(&source(hiding), &own), [], "{hiding}");
    }
    for showing in ["", "  # noqa: TG004", "  # noqashow", "  # a noqa", "; x = '# noqa'"] {
        assert_eq!(found(&source(showing), &own), [("TG003".to_owned(), 2)], "{showing}");
    }
    assert_eq!(found(&format!("# ruff: noqa: TG003\n{}", source("")), &own), []);
    assert_eq!(found(&format!("# flake8: noqa\n{}", source("")), &own), []);
    assert_eq!(found(&format!("# ruff: noqa: TG001\n{}", source("")), &own).len(), 1);
}

#[test]
fn a_handler_keeps_its_name_if_another_use_of_it_could_tell() {
    let tidied = |source: &str| tidy(source, &[Step::Unused], &[]).unwrap().source;
    let handler = |before: &str, after: &str| {
        format!(
            "def f(x):\n    {before}\n    try:\n        x()\n    except ValueError as e:\n        pass\n    {after}\n"
        )
    };
    for (before, after) in [
        ("e = 1", "return e"),
        ("e = 1", "return lambda: e"),
        ("g = lambda: e", "return g"),
        ("pass", "return [e for _ in x]"),
    ] {
        let source = handler(before, after);
        assert!(tidied(&source).contains("except ValueError as e:"), "{source}");
    }
    let free = handler("pass", "return x");
    assert!(tidied(&free).contains("except ValueError:"), "{}", tidied(&free));
    let other = "try:\n    pass\nexcept KeyError as e:\n    print(e)\n";
    let other = other.replace('\n', "\n    ");
    assert!(tidied(&handler("pass", &other)).contains("except ValueError:"));
    let nested = "try:\n    pass\nexcept KeyError as e:\n    try:\n        pass\n    except ValueError as e:\n        pass\n    print(e)\n";
    let source =
        format!("def f():\n    {}", nested.replace('\n', "\n    ").trim_end().to_owned() + "\n");
    assert!(tidied(&source).contains("except ValueError as e:"), "{}", tidied(&source));
}

#[test]
fn docstrings_and_names_that_a_program_shows_stay() {
    let tidied = |source: &str| tidy(source, Step::ALL, &[]).unwrap().source;
    let of =
        |use_: &str| format!("def f():\n    \"\"\"  return it \"\"\"\n    return 1\n\n\n{use_}\n");
    for shown in [
        "print(f.__doc__)",
        "help(f)",
        "import inspect\n\nprint(inspect.getdoc(f))",
        "import doctest\n\ndoctest.testmod()",
        "print(getattr(f, '__doc__'))",
    ] {
        assert!(tidied(&of(shown)).contains("  return it "), "{}", tidied(&of(shown)));
    }
    assert!(
        tidied(&of("print(f())")).contains("\"\"\"Return it."),
        "{}",
        tidied(&of("print(f())"))
    );
    let lambda = |use_: &str| format!("f = lambda x: x\n{use_}\n");
    assert!(tidied(&lambda("print(f(1))")).contains("def f(x):"));
    for shown in ["print(f)", "print(f.__name__)", "g = [f]"] {
        assert!(tidied(&lambda(shown)).contains("lambda"), "{}", tidied(&lambda(shown)));
    }
}

#[test]
fn hostile_texts_give_an_error_or_findings() {
    let all = selection(&["ALL"]);
    let refused = [
        "(".repeat(100_000),
        "print 'x'\n".into(),
        "x = 1\0\n".into(),
        "x = 1 \\".into(),
        "x".repeat(300_000),
    ];
    for source in refused {
        assert!(findings(&source, &all).is_err(), "{source:.20}");
        assert!(tidy(&source, Step::ALL, &[]).is_err(), "{source:.20}");
    }
    for source in [
        "\u{feff}def f(a=[]): pass\n",
        "\x0c\ndef f(a=[]): pass\r\n",
        "x = '\\q'\rdef f(a=[]): pass\r",
        "",
        "#",
    ] {
        let expected = usize::from(source.contains("f(a"));
        assert_eq!(found(source, &selection(&["B006"])).len(), expected, "{source:?}");
        let once = tidy(source, Step::ALL, &[]).unwrap().source;
        assert_eq!(tidy(&once, Step::ALL, &[]).unwrap().source, once, "{source:?}");
    }
}

#[test]
fn deep_texts_are_tidied_on_a_small_stack() {
    let source = format!("x = {}1{}\n", "f(a, [".repeat(45), "])".repeat(45));
    let run = move || {
        (findings(&source, &selection(&["ALL"])).is_ok(), tidy(&source, Step::ALL, &[]).is_ok())
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap();
    assert_eq!(thread.join().unwrap(), (true, true));
}

#[test]
fn steps_change_what_they_are_about() {
    let source = "import os, math\nimport json\ndef f(x):\n  \'\'\'adds\'\'\'\n  a = 1\n  b = x[0]\n  c = g()\n  return x==None or \"x\"\n";
    let tidied = tidy(source, Step::ALL, &["json"]).unwrap();
    let expected = "import json\n\n\ndef f(x):\n    \"\"\"Adds.\"\"\"\n    x[0]\n    g()\n    return x is None or 'x'\n";
    assert_eq!(tidied.source, expected);
    assert_eq!(tidied.changed, Step::ALL);
}

#[test]
fn imports_on_one_line_are_split_and_types_are_compared_by_identity() {
    let source =
        "import os, sys\n\nx = os.sep\ny = sys.argv\nz = type(x) == str or type(x) != type(y)\n";
    let tidied = tidy(source, &[Step::Format], &[]).unwrap().source;
    let expected = "import os\nimport sys\n\nx = os.sep\ny = sys.argv\nz = type(x) is str or type(x) is not type(y)\n";
    assert_eq!(tidied, expected);
    let shadowed = "def f(type, x):\n    return type(x) == int\n";
    assert_eq!(tidy(shadowed, &[Step::Format], &[]).unwrap().source, shadowed);
}

#[test]
fn an_unused_import_stays_if_loading_its_module_may_do_something() {
    let tidied = |import: &str| {
        let source = format!("{import}\n\nx = 1\nprint(x)\n");
        tidy(&source, &[Step::Unused], &[]).unwrap().source != source
    };
    for import in [
        "import os",
        "import os.path as path",
        "from collections import deque",
        "import numpy as np",
        "from scipy.stats import norm",
    ] {
        assert!(tidied(import), "{import}");
    }
    for import in [
        "import this",
        "import readline",
        "import helpers",
        "import matplotlib.pyplot as plt",
        "from plugins.all import register",
        "from . import settings",
        "from .os import path",
    ] {
        assert!(!tidied(import), "{import}");
    }
    assert!(!tidied("import os, helpers"));
    let both = tidy("import os, helpers\n\nprint(1)\n", Step::ALL, &[]).unwrap().source;
    assert_eq!(both, "import helpers\n\nprint(1)\n");
    let inside = "def f():\n    import helpers\n    import os\n    return 1\n";
    let inside = tidy(inside, &[Step::Unused], &[]).unwrap().source;
    assert_eq!(inside, "def f():\n    import helpers\n    return 1\n");
}

#[test]
fn names_that_examples_or_exports_need_stay() {
    for source in [
        "import os\n\n__all__ = ['os']\n",
        "import os\n\n\ndef f():\n    \"\"\"\n    >>> os.sep\n    \"\"\"\n",
        "import os\n\nprint(eval('os.sep'))\n",
        "try:\n    import os\nexcept ImportError:\n    print(1)\n",
    ] {
        assert_eq!(tidy(source, &[Step::Unused], &[]).unwrap().source, source);
    }
}

#[test]
fn findings_become_sarif_with_each_rule_once() {
    let found =
        findings("import pickle\nf = pickle.loads\na = f(b'')\n", &selection(&["S301", "F821"]))
            .unwrap();
    let evals = findings("eval(x)\neval(y)\n", &selection(&["S307"])).unwrap();
    let log = sarif(&[("a b".to_owned(), found), ("c".to_owned(), evals)]);
    let run = &log["runs"][0];
    assert_eq!(log["version"], "2.1.0");
    let last = run["results"].as_array().unwrap().last().unwrap();
    assert_eq!(last["ruleId"], "S307");
    assert_eq!(last["locations"][0]["physicalLocation"]["region"]["startLine"], 2);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.iter().filter(|rule| rule["id"] == "S307").count(), 1);
}

#[test]
#[cfg_attr(not(shared_data), ignore = "needs the rows of ../shared/data")]
fn real_programs_that_are_tidied_again_stay_as_they_are() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/mbpp/sanitized_shown.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    for line in text.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let mut program = row["code"].as_str().unwrap().to_owned();
        for &step in Step::ALL {
            program = tidy(&program, &[step], &[]).unwrap().source;
            assert_eq!(tidy(&program, &[step], &[]).unwrap().source, program);
        }
        assert_eq!(tidy(&program, Step::ALL, &[]).unwrap().source, program);
    }
}
