//! Readers of text that others wrote, on mutations of valid texts: whatever comes, they give a result or an error.
//!
//! `TGSAND_FUZZ_SECONDS` sets the budget (5 for each target if it is not set); inputs are numbered, so that each run begins with the same
//! ones. A text that once made a reader fail is kept in `tests/fuzz/<target>/`, and is read by every run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tgsand::json;
use tgsand::measure::{Maintainability, Smells};
use tgsand::python::{
    Module, Vocabulary, asserts, checked, examples, fragment, infer, literal, mentions, mutate,
    parse_calls, sharing, without_main_block,
};
use tgsand::reply::{Ask, Pick, extract};

/// Pieces that mean something to one of the readers.
const PIECES: [&str; 44] = [
    "```",
    "```python\n",
    "~~~",
    "\n",
    "\r\n",
    "\t",
    "    ",
    "'",
    "\"",
    "\"\"\"",
    "'''",
    "\\",
    "#",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    ";",
    "=",
    "==",
    "def f(x):\n",
    "return ",
    "lambda ",
    "if __name__ == '__main__':\n",
    "async ",
    "yield ",
    "global x\n",
    "import os\n",
    ">>> ",
    "<think>",
    "</think>",
    "<|im_end|>",
    "[DONE]",
    "NaN",
    "1e999",
    "\\ud800",
    "\u{a0}",
    "\u{202e}",
    "é\u{301}",
    "\u{0}",
];

/// A text with some of it changed, and perhaps some of another put in.
fn mutated(seeds: &[String], rng: &mut ChaCha8Rng) -> String {
    let mut text: Vec<char> =
        seeds.choose(rng).map(|seed| seed.chars().collect()).unwrap_or_default();
    for _ in 0..rng.random_range(1..8) {
        let from = rng.random_range(0..=text.len());
        let to = (from + rng.random_range(0..40)).min(text.len());
        let part = match rng.random_range(0..5) {
            0 => Vec::new(),
            1 => text[from..to].repeat(rng.random_range(2..20)),
            2 => text[from..to].iter().rev().copied().collect(),
            3 => {
                let other: Vec<char> =
                    seeds.choose(rng).map(|seed| seed.chars().collect()).unwrap_or_default();
                let start = rng.random_range(0..=other.len());
                other.into_iter().skip(start).take(rng.random_range(0..200)).collect()
            }
            _ => PIECES.choose(rng).copied().unwrap_or_default().chars().collect(),
        };
        text.splice(from..to, part);
    }
    text.into_iter().collect()
}

/// Programs of the test data and of the tests.
fn programs() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut programs: Vec<String> = Vec::new();
    for folder in ["tests/chance/planted", "tests/chance/honest"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            programs.extend(std::fs::read_to_string(entry.unwrap().path()));
        }
    }
    for row in rows() {
        let row: serde_json::Value = serde_json::from_str(&row).unwrap();
        programs.extend(
            ["content", "program", "code"]
                .iter()
                .filter_map(|field| row[field].as_str())
                .map(str::to_owned),
        );
    }
    programs.sort();
    programs
}

/// Rows of the test data.
fn rows() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    ["dataset/raw_data.jsonl", "dataset/test.jsonl"]
        .iter()
        .flat_map(|file| {
            std::fs::read_to_string(root.join(file))
                .unwrap()
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Reads kept texts and mutations of seeds until the time is up.
fn fuzz(target: &str, seeds: &[String], read: impl Fn(&str)) {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz").join(target);
    let entries = std::fs::read_dir(kept).into_iter().flatten();
    for entry in entries {
        read(&std::fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    let seconds = std::env::var("TGSAND_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(5));
    let mut number: u64 = 0;
    let mut slowest = (Duration::ZERO, 0);
    while Instant::now() < end {
        let text = mutated(seeds, &mut ChaCha8Rng::seed_from_u64(number));
        let start = Instant::now();
        if catch_unwind(AssertUnwindSafe(|| read(&text))).is_err() {
            panic!("{target}, input {number}: {text:?}");
        }
        slowest = slowest.max((start.elapsed(), number));
        number += 1;
    }
    assert!(number > 0, "{target}: no time for any input");
    println!("{target}: {number} inputs, the slowest, {}, took {:?}", slowest.1, slowest.0);
}

fn parses(text: &str, what: &str) {
    if let Err(error) = Module::parse(text) {
        panic!("{what} does not parse: {error}\n{text}");
    }
}

#[test]
fn sources_are_read_whatever_they_are() {
    fuzz("sources", &programs(), |source| {
        let _ = (Maintainability::of(source).is_ok(), Smells::of(source).is_ok());
        let _ = (mentions::called_names(source), sharing::needs_objects(source, "f"));
        let _ = (checked::checked(source, "check"), fragment::words(source));
        let _ = parse_calls(source, &["x"]);
        let Ok(module) = Module::parse(source) else { return };
        parses(&without_main_block(source), "the source without its main block");
        parses(&mentions::without_imports_of(source, "random"), "the source without imports");
        if let Some(script) = asserts::test_script(source) {
            parses(&format!("{}\n{}", script.definitions, script.call), "the test's script");
        }
        parses(&module.with_line("x = 1"), "the source with a line");
        let _ = Vocabulary::of(&module);
        for function in module.functions().iter().take(3) {
            parses(&module.closure(&function.name), "the closure");
            let _ = (examples::examples(&module, function), infer::infer(&module, function));
            let _ = (module.unresolved(&function.name), mutate::mutants(&module, &function.name));
        }
    });
}

#[test]
fn replies_are_read_whatever_they_are() {
    let replies: Vec<String> = programs()
        .iter()
        .flat_map(|program| {
            [
                program.clone(),
                format!("Here:\n```python\n{program}```\nDone.\n"),
                format!("<think>\nHm.\n</think>\n{program}<|im_end|>"),
            ]
        })
        .collect();
    fuzz("replies", &replies, |reply| {
        let prompt_code = Some("def f(x):\n    '''Doc.'''\n");
        let asks = [
            Ask { entry: Some("f"), prompt_code, ..Ask::default() },
            Ask { reads_stdin: true, pick: Pick::First, ..Ask::default() },
        ];
        for ask in asks {
            let _ = extract(reply, &ask);
        }
    });
}

#[test]
fn json_is_read_as_serde_reads_it() {
    fuzz("json", &rows(), |text| {
        let ours = json::read(text);
        if let Ok(theirs) = serde_json::from_str::<serde_json::Value>(text) {
            assert!(ours.is_ok(), "{:?} for {theirs}", ours.err());
        }
    });
}

#[test]
fn a_literal_means_the_same_when_it_is_written_again() {
    let seeds = [
        "[1, 2.5, 'a', None]",
        "{'k': (1, True), 2: {3, 4}}",
        "b'\\x00\\xff'",
        "{1.0, 1, -0.0, 1e300}",
        "frozenset({(1, 2)})",
        "-1 + 2j",
        "'\\ud800\\n'",
        "float('nan')",
    ];
    fuzz("literals", &seeds.map(str::to_owned), |text| {
        let Some(value) = literal::parse(text) else { return };
        let Some(written) = value.to_literal() else { return };
        assert_eq!(literal::parse(&written), Some(value), "{written}");
    });
}
