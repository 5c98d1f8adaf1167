//! Readers of text that others wrote, on mutations of valid texts: whatever comes, they give a result or an error.
//!
//! `TGSAND_FUZZ_SECONDS` sets the budget (5 for each target if it is not set). A text that once made a reader fail is kept in
//! `tests/fuzz/<target>/`, and is read by every run.

#[path = "../../src/sandbox/fuzzing.rs"]
mod fuzzing;

use std::path::Path;

use proptest::sample::select;
use proptest::strategy::Strategy;
use serde_json::json;
use tgsand::ask::prompt::Prompts;
use tgsand::cases::equality::Compare;
use tgsand::dataset::problems::problem;
use tgsand::dataset::stated::stated;
use tgsand::flow::journal::{Journal, key};
use tgsand::index::Index;
use tgsand::json::{self, Json};
use tgsand::measure::{Maintainability, Smells};
use tgsand::outcome::Outcome;
use tgsand::python::{
    Module, Vocabulary, asserts, checked, examples, fragment, infer, literal, mentions, mutate,
    parse_calls, sharing, without_main_block,
};
use tgsand::record::{Lineage, Record};
use tgsand::reply::{Ask, Pick, extract};
use tgsand::report::{escape, is_misleading, markdown_table, shortened};
use tgsand::rewrite::{Rule, rewrites};
use tgsand::sandbox::value::Value;

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
    let characters = |text: &str| -> Vec<char> { text.chars().collect() };
    let pieces = select(&PIECES).prop_map(characters);
    let texts = fuzzing::mutated(seeds.iter().map(|seed| characters(seed)).collect(), pieces, 40);
    fuzzing::fuzz(target, &texts.prop_map(String::from_iter), |text: String| read(&text));
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
            let _ = (
                module.unresolved(&function.name),
                mutate::mutants(&module, &function.name, mutate::Faults::All),
            );
        }
    });
}

/// Programs that rules rewrite or must leave alone.
fn rewritten_programs() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rewrites");
    let mut sources: Vec<String> = ["held", "made"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap())
        .flat_map(|rule| std::fs::read_dir(rule.unwrap().path()).unwrap())
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    sources.sort();
    sources
}

#[test]
fn rewrites_of_any_source_parse_and_keep_their_edits_apart() {
    fuzz("rewrites", &rewritten_programs(), |source| {
        let Ok(module) = Module::parse(source) else { return };
        for &rule in Rule::ALL {
            for rewrite in rewrites(&module, rule, &["f"]) {
                let mut at = 0;
                for edit in &rewrite.edits {
                    let name = rule.name();
                    assert!(at <= edit.start && edit.start <= edit.end, "{name}: {rewrite:?}");
                    assert!(source.get(edit.start..edit.end).is_some(), "{name}: {rewrite:?}");
                    at = edit.end;
                }
                let text = rewrite.apply(source);
                parses(&text, rule.name());
                assert_ne!(text, source, "{}", rule.name());
            }
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

#[test]
fn values_are_read_written_and_compared_whatever_they_are() {
    let seeds = [
        r#"[1,2.5,"a",null,true,{"int":"-9007199254740993"}]"#,
        r#"{"dict":[["k",{"tuple":[1,true]}],[2,{"set":[3,4,{"frozenset":[5]}]}]]}"#,
        r#"{"object":"Point","fields":[["x",{"float":"nan"}],["y",{"complex":[1.0,-0.0]}]]}"#,
        r#"{"derived":"Fraction","from":{"tuple":[1,3]}}"#,
        r#"[{"opaque":"Box","repr":"Box(1)"},{"cycle":1},{"bytes":"00ff"},{"str":"\\ud800"}]"#,
    ];
    fuzz("values", &seeds.map(str::to_owned), |text| {
        let Some(value) = Value::from_tagged_text(text) else { return };
        let written = serde_json::to_string(&value).unwrap();
        let read = Value::from_tagged_text(&written);
        assert_eq!(read.as_ref(), Some(&value), "{written}");
        assert!(Compare::Exact.equal(&value, &value), "{written}");
        let other = Value::List(vec![value.clone()]);
        assert_eq!(value == other, other == value, "{written}");
        let _ = (value.to_string(), value.to_literal(), value.to_expression());
    });
}

#[test]
fn rows_are_read_whatever_they_are() {
    let mut rows = rows();
    rows.extend(
        [
            json!({"task_id": "H/0", "prompt": "def f(x):\n", "entry_point": "f", "canonical_solution": "    return x\n", "test": "def check(candidate):\n    assert candidate(1) == 1\n"}),
            json!({"task_id": 2, "text": "Do it.", "code": "def f(x):\n    return x\n", "test_list": ["assert f(1) == 1"]}),
            json!({"question": "q", "input_output": {"inputs": [[1]], "outputs": [1], "fn_name": "f"}, "solutions": ["def f(x): return x"]}),
            json!({"description": "d", "official_tests": [{"input": "1", "output": "1"}], "generated_checker": "import sys\nprint(sys.argv)"}),
            json!({"description": "d", "public_tests": {"input": ["1"], "output": ["1"]}, "time_limit": {"seconds": 2, "nanos": 0}}),
            json!({"question_content": "q", "public_test_cases": [{"input": "1", "output": "1", "testtype": "stdin"}]}),
            json!({"prompt": "p", "verification_info": {"language": "python", "test_cases": [{"input": "1", "output": "1", "type": "stdin_stdout"}]}}),
            json!({"question": "q", "canonical_solution": "def f(x): return x", "demo_test_func": "def test():\n    assert f(1) == 1\n", "full_test_func": "def test():\n    assert f(1) == 1\n", "language": "python"}),
            json!({"question": "q", "solution": "def f(x): return x", "test": "from solution import f\ndef test_f():\n    assert f(1) == 1\n"}),
            json!({"func_name": "f", "code": "def f(x): return x", "example_str": "examples = [dict(x=1)]", "example_outputs": [{"return": "\"1\""}], "choosed_example_idx": [0], "prompt": "p"}),
        ]
        .map(|row| row.to_string()),
    );
    let prompts = Prompts::default();
    fuzz("rows", &rows, |text| {
        let Ok(Json::Object(row)) = json::read(text) else { return };
        let _ = (problem(&row, "id", &prompts).is_ok(), stated(&row).is_ok());
    });
}

#[test]
fn a_damaged_journal_is_refused_or_tells_only_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let record = |id: &str| Record {
        id: id.into(),
        lineage: Lineage { file: "in.jsonl".into(), line: 1 },
        body: id.to_owned(),
    };
    let keys: Vec<_> = ["a", "b", "c"].map(|id| key("stage", "1", &record(id))).into();
    let journal = Journal::open(&path, "stage").unwrap();
    for (key, id) in keys.iter().zip(["a", "b", "c"]) {
        journal.append(key, id, &Outcome::Accepted(vec![record(id)])).unwrap();
    }
    drop(journal);
    let whole = std::fs::read_to_string(&path).unwrap();
    fuzz("journal", &[whole], |text| {
        std::fs::write(&path, text).unwrap();
        let Ok(journal) = Journal::open(&path, "stage") else { return };
        for (key, id) in keys.iter().zip(["a", "b", "c"]) {
            let known = journal.get::<String>(key).unwrap();
            assert!(known.is_none_or(|known| known == Outcome::Accepted(vec![record(id)])), "{id}");
        }
    });
}

#[test]
fn files_of_a_repository_are_read_whatever_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut seeds = programs();
    seeds.extend(
        [
            "export class A extends B { get(x) { return this.y(x); } }\nexport const f = async (a) => a?.b;\n",
            "interface P { x: number }\nexport function f<T>(p: P, ...rest: T[]): T { return rest[0]; }\n",
            "package a\n\ntype S struct{ X int }\n\n// F does.\nfunc (s *S) F(x int) (int, error) { return s.X, nil }\n",
            "/// Doc.\npub struct S<'a> { x: &'a str }\nimpl S<'_> { fn f(&self) -> usize { self.x.len() } }\n",
            "package a; /** Doc. */ public class A<T> { int f(int x) { return new B().g(x); } }\n",
        ]
        .map(str::to_owned),
    );
    fuzz("repositories", &seeds, |text| {
        for ending in ["py", "js", "ts", "go", "rs", "java"] {
            std::fs::write(folder.path().join(format!("a.{ending}")), text).unwrap();
        }
        // It is an error if no file has a form that its language accepts.
        let Ok(index) = Index::open(folder.path(), 1) else { return };
        for (_, symbol) in index.all_symbols() {
            let (first, lines) = (symbol.first_line, &symbol.lines);
            assert!((1..=lines.start).contains(&first) && lines.start <= lines.end, "{symbol:?}");
        }
    });
}

#[test]
fn nothing_that_is_shown_steers_a_terminal_or_a_page() {
    fuzz("shown", &programs(), |text| {
        let shown = escape(text);
        let is_plain = |c: char| matches!(c, '\n' | '\t') || !is_misleading(c);
        assert!(shown.chars().all(is_plain) && !shown.contains('<'), "{shown:?}");
        let table = markdown_table(["a", "b"], [[text.to_owned(), "x".to_owned()]]);
        assert!(table.chars().all(is_plain) && table.lines().count() == 3, "{table:?}");
        let _ = shortened(text, 10);
    });
}
