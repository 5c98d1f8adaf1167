//! `tgsand synth` on packages: what a function needs of its package travels with it, methods run on objects, and what is not looked at is
//! counted.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use tgsand::sample::Case2Code;

use crate::cli::file;
use crate::synth::{Run, synth};

const HELPERS: &str = "def clean(word: str) -> str:\n    return word.strip().lower()\n";
const MAIN: &str = "from .helpers import clean\n\n\ndef same_word(a: str, b: str) -> bool:\n    return clean(a) == clean(b)\n";
const ABSOLUTE: &str = "from pkg.helpers import clean\n\n\ndef initials(words: list[str]) -> str:\n    return \"\".join(clean(word)[:1] for word in words)\n";

const ACCOUNT: &str = "\
class Account:
    def __init__(self, balance: int = 0):
        self.balance = balance

    def deposit(self, amount: int) -> int:
        if amount <= 0:
            raise ValueError(\"amount must be positive\")
        self.balance += amount
        return self.balance

    @staticmethod
    def fee(amount: int) -> int:
        return amount // 100 + 1

    def _secret(self, x: int) -> int:
        return self.balance * x

    @property
    def empty(self) -> bool:
        return self.balance == 0


def _twice(x: int) -> int:
    def double(y):
        return 2 * y
    return double(x)


def total(amounts: list[int]) -> int:
    return sum(amounts)
";

/// A package in a folder, which is in the folder that it is imported from.
fn package(folder: &Path) -> PathBuf {
    let package = folder.join("pkg");
    std::fs::create_dir(&package).unwrap();
    let files = [
        ("__init__.py", ""),
        ("helpers.py", HELPERS),
        ("main.py", MAIN),
        ("absolute.py", ABSOLUTE),
    ];
    for (name, text) in files {
        file(&package, name, text);
    }
    package
}

fn samples(run: &Run) -> Vec<Case2Code> {
    run.lines("samples/case2code.jsonl")
}

#[test]
fn a_function_brings_along_what_it_imports_from_its_package() {
    let folder = tempfile::tempdir().unwrap();
    let run = synth(&package(folder.path()), &folder.path().join("out"), &["--cases", "5"], b"");
    assert_eq!(run.accepted(), ["absolute.py:initials", "helpers.py:clean", "main.py:same_word"]);
    let programs: Vec<String> = samples(&run).into_iter().map(|sample| sample.program).collect();
    let [absolute, helpers, main] = &programs[..] else { panic!("{programs:?}") };
    assert_eq!(helpers, HELPERS);
    let with_clean = |text: &str| format!("{HELPERS}\n\n{}", text.split_once("\n\n\n").unwrap().1);
    assert_eq!(*main, with_clean(MAIN));
    assert_eq!(*absolute, with_clean(ABSOLUTE));
    assert_eq!(run.report()["rejected"], json!({"no-target-function": 1}));
}

#[test]
fn a_file_given_alone_knows_its_package() {
    let folder = tempfile::tempdir().unwrap();
    let input = package(folder.path()).join("main.py");
    let run = synth(&input, &folder.path().join("out"), &["--cases", "5"], b"");
    assert_eq!(run.accepted(), ["main.py:same_word"]);
    assert!(samples(&run)[0].program.starts_with(HELPERS));
}

#[test]
fn a_neighbour_of_the_input_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let input = package(folder.path());
    file(folder.path(), "outside.py", "def far(x): return x\n");
    file(&input, "main.py", "import outside\ndef near(x: int): return outside.far(x)\n");
    let run = synth(&input.join("main.py"), &folder.path().join("out"), &[], b"");
    let missing = "ModuleNotFoundError: No module named 'outside'; if a package of pure Python has it, give --with outside==VERSION";
    assert_eq!(run.rejections(), [("load-failed".to_owned(), missing.to_owned())]);
}

#[test]
fn methods_run_on_objects_that_are_built_in_plain_python() {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), "account.py", ACCOUNT);
    let run = synth(&input, &folder.path().join("out"), &[], b"");
    let expected = [
        "account.py:Account.deposit",
        "account.py:Account.fee",
        "account.py:Account.empty",
        "account.py:total",
    ];
    assert_eq!(run.accepted(), expected);
    let samples = samples(&run);
    let [deposit, fee, ..] = &samples[..] else { panic!("{samples:?}") };
    assert_eq!(deposit.entry, "Account.deposit");
    for case in deposit.cases() {
        assert!(case.arguments.starts_with("Account("), "{}", case.arguments);
    }
    let shown = deposit.visible_cases.iter().find(|case| !case.mutated.is_empty()).unwrap();
    let (object, amount) = shown.arguments.rsplit_once(", ").unwrap();
    assert!(deposit.prompt.contains(&format!("{object}.deposit({amount})")), "{}", deposit.prompt);
    assert!(deposit.prompt.contains("the object is then Account(balance="), "{}", deposit.prompt);
    assert!(fee.prompt.contains("Account.fee("), "{}", fee.prompt);
    for method in [deposit, fee] {
        let (instruction, _) = method.prompt.split_once('\n').unwrap();
        assert!(!instruction.contains("function"), "{instruction}");
    }
}

#[test]
fn what_is_not_looked_at_is_counted_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), "account.py", ACCOUNT);
    let run = synth(&input, &folder.path().join("out"), &["--min-yield", "1"], b"");
    // A gate looks at what was looked at.
    assert_eq!(run.ended.code, Some(0), "{}", run.ended.stderr);
    let report = run.report();
    let kinds = json!({"nested": 1, "plain-constructor": 1, "private": 2});
    assert_eq!(report["not_looked_at"], kinds);
    assert_eq!((&report["in"], &report["accepted"]), (&8.into(), &4.into()));
    assert_eq!(report["rejected"], json!({"not-looked-at": 4}));
    let ids: Vec<Json> = run.lines("rejected.jsonl");
    let ids: Vec<&str> = ids.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [
            "account.py:Account.__init__",
            "account.py:Account._secret",
            "account.py:_twice",
            "account.py:_twice.double",
        ]
    );
    let private = synth(&input, &folder.path().join("private"), &["--private"], b"");
    assert!(private.accepted().contains(&"account.py:_twice".to_owned()));
    assert!(private.accepted().contains(&"account.py:Account._secret".to_owned()));
}
