//! Problems in languages other than Python, in the format of AutoCodeBench.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::{eval, results, scores, write_rows};
use crate::cli::{ended, json_lines, tgsand};

/// A problem, and what breaks its solution: each with how its answer ends.
struct Language {
    name: &'static str,
    solution: &'static str,
    test: &'static str,
    broken: [(&'static str, &'static str); 5],
}

const LANGUAGES: [Language; 9] = [
    Language {
        name: "javascript",
        solution: "function middle(values) {\n  const sorted = [...values].sort((a, b) => a - b);\n  return sorted[sorted.length >> 1];\n}\n",
        test: "const assert = require('assert');\n/* Two lists. */\nfunction test() {\n  assert.strictEqual(middle([3, 1, 2]), 2);\n  assert.strictEqual(middle([10, 9, 1]), 9);\n}\ntest();\n",
        broken: [
            ("function middle(values) { return values[1]; }\n", "raised"),
            ("function middle(values) { while (true) {} }\n", "out-of-fuel"),
            ("function middle(values {\n", "unparsable"),
            // It leaves before the test, with the exit code of a success.
            ("process.exit(0);\n", "unfinished"),
            // It hides the test in a comment that the test ends.
            ("function middle(values) { return 2; }\n/*", "unparsable"),
        ],
    },
    Language {
        name: "ruby",
        solution: "def middle(values)\n  values.sort[values.size / 2]\nend\n",
        test: "def test\n  raise 'wrong' unless middle([3, 1, 2]) == 2\n  raise 'wrong' unless middle([10, 9, 1]) == 9\nend\ntest\n",
        broken: [
            ("def middle(values)\n  values[1]\nend\n", "raised"),
            ("def middle(values)\n  loop {}\nend\n", "out-of-fuel"),
            ("def middle(values\n", "unparsable"),
            ("exit 0\n", "unfinished"),
            ("def middle(values)\n  exit! 0\nend\n=begin\n", "unparsable"),
        ],
    },
    Language {
        name: "typescript",
        solution: "function middle(values: number[]): number {\n  const sorted = [...values].sort((a, b) => a - b);\n  return sorted[sorted.length >> 1];\n}\n",
        test: "import * as assert from 'assert';\nfunction test(): void {\n  assert.strictEqual(middle([3, 1, 2]), 2);\n  assert.strictEqual(middle([10, 9, 1]), 9);\n}\ntest();\n",
        broken: [
            ("function middle(values: number[]): number { return values[1]; }\n", "raised"),
            ("function middle(values: number[]): number { while (true) {} }\n", "out-of-fuel"),
            ("function middle(values: number[] {\n", "unparsable"),
            ("process.exit(0);\n", "unfinished"),
            ("function middle(values: number[]) { return 2; }\n/*", "unparsable"),
        ],
    },
    Language {
        name: "php",
        solution: "<?php\nfunction middle(array $values): int {\n  sort($values);\n  return $values[intdiv(count($values), 2)];\n}\n?>\n",
        test: "<?php\nfunction test(): void {\n  if (middle([3, 1, 2]) !== 2) throw new Exception('wrong');\n  assert(middle([10, 9, 1]) === 9);\n}\ntest();\n?>\n",
        broken: [
            ("<?php\nfunction middle(array $values): int { return $values[1]; }\n", "raised"),
            ("<?php\nfunction middle(array $values): int { while (true); }\n", "out-of-fuel"),
            ("<?php\nfunction middle(array $values {\n", "unparsable"),
            ("<?php\nexit(0);\n", "unfinished"),
            (
                "<?php\nfunction middle(array $values): int { return 2; }\n__halt_compiler();\n",
                "unfinished",
            ),
        ],
    },
    Language {
        name: "perl",
        solution: "use strict;\nuse warnings;\n\nsub middle {\n  my @sorted = sort { $a <=> $b } @_;\n  return $sorted[@sorted / 2];\n}\n",
        test: "sub test {\n  die 'wrong' unless middle(3, 1, 2) == 2;\n  die 'wrong' unless middle(10, 9, 1) == 9;\n}\ntest();\n",
        broken: [
            ("sub middle { return $_[1] }\n", "raised"),
            ("sub middle { 1 while 1 }\n", "out-of-fuel"),
            ("sub middle { return (1;\n", "unparsable"),
            ("exit 0;\n", "unfinished"),
            ("sub middle { return 2 }\nBEGIN { exit 0 }\n", "unfinished"),
        ],
    },
    Language {
        name: "c",
        solution: "#include <stdlib.h>\n\nstatic int compare(const void *a, const void *b) {\n  return *(const int *)a - *(const int *)b;\n}\n\nint middle(int *values, int count) {\n  qsort(values, count, sizeof *values, compare);\n  return values[count / 2];\n}\n\nint main(void) {\n  return 1;\n}\n",
        test: "#include <assert.h>\n\nint main(void) {\n  int some[] = {3, 1, 2}, more[] = {10, 9, 1};\n  assert(middle(some, 3) == 2);\n  assert(middle(more, 3) == 9);\n  return 0;\n}\n",
        broken: [
            ("int middle(int *values, int count) { return values[1]; }\n", "raised"),
            (
                "int middle(int *values, int count) { for (volatile int x = 0;;) x++; }\n",
                "out-of-fuel",
            ),
            ("int middle(int *values, int count { return 2; }\n", "unparsable"),
            (
                "#include <stdlib.h>\nint middle(int *values, int count) { exit(0); }\n",
                "unfinished",
            ),
            (
                "int middle(int *values, int count) { return 2; }\nint main(void) { return 0; }\n#if 0\n",
                "unparsable",
            ),
        ],
    },
    Language {
        name: "cpp",
        solution: "#include <algorithm>\n#include <vector>\n\nint middle(std::vector<int> values) {\n  std::sort(values.begin(), values.end());\n  return values[values.size() / 2];\n}\n",
        test: "#include <cassert>\n\nint main() {\n  assert(middle({3, 1, 2}) == 2);\n  assert(middle({10, 9, 1}) == 9);\n  return 0;\n}\n",
        broken: [
            (
                "#include <vector>\nint middle(std::vector<int> values) { return values[1]; }\n",
                "raised",
            ),
            (
                "#include <vector>\nint middle(std::vector<int> values) { for (volatile int x = 0;;) x = x + 1; }\n",
                "out-of-fuel",
            ),
            ("#include <vector>\nint middle(std::vector<int> values { return 2; }\n", "unparsable"),
            (
                "#include <cstdlib>\n#include <vector>\nint middle(std::vector<int> values) { std::exit(0); }\n",
                "unfinished",
            ),
            (
                "#include <vector>\nint middle(std::vector<int> values) { return 2; }\n/*",
                "unparsable",
            ),
        ],
    },
    Language {
        name: "go",
        solution: "package main\n\nimport (\n\t\"fmt\"\n\t\"slices\"\n)\n\nfunc middle(values []int) int {\n\tsorted := slices.Sorted(slices.Values(values))\n\treturn sorted[len(sorted)/2]\n}\n\nfunc main() { fmt.Println(middle([]int{1})) }\n",
        test: "package main\n\nfunc main() {\n\tif middle([]int{3, 1, 2}) != 2 || middle([]int{10, 9, 1}) != 9 {\n\t\tpanic(\"wrong\")\n\t}\n}\n",
        broken: [
            ("package main\n\nfunc middle(values []int) int { return values[1] }\n", "raised"),
            ("package main\n\nfunc middle(values []int) int {\n\tfor {\n\t}\n}\n", "out-of-fuel"),
            ("package main\n\nfunc middle(values []int int { return 2 }\n", "unparsable"),
            (
                "package main\n\nimport \"os\"\n\nfunc middle(values []int) int { return 2 }\n\nfunc init() { os.Exit(0) }\n",
                "unfinished",
            ),
            ("package main\n\nfunc middle(values []int) int { return 2 }\n/*", "unparsable"),
        ],
    },
    Language {
        name: "lua",
        solution: "function middle(values)\n  local sorted = {table.unpack(values)}\n  table.sort(sorted)\n  return sorted[#sorted // 2 + 1]\nend\n",
        test: "local function test()\n  assert(middle({3, 1, 2}) == 2)\n  assert(middle({10, 9, 1}) == 9)\nend\ntest()\n",
        broken: [
            ("function middle(values) return values[2] end\n", "raised"),
            ("function middle(values) while true do end end\n", "out-of-fuel"),
            ("function middle(values\n", "unparsable"),
            ("os.exit(0)\n", "unfinished"),
            ("function middle(values) return 2 end\n--[[", "unparsable"),
        ],
    },
];

fn row(language: &Language, at: usize) -> Json {
    json!({
        "id": format!("{}-{at}", language.name),
        "question": "Write `middle`, which gives the median of a list of odd length.",
        "canonical_solution": format!("```{}\n{}```", language.name, language.solution),
        "demo_test_func": language.test,
        "full_test_func": language.test,
        "language": language.name,
    })
}

/// Writes a row for each program that breaks a solution, and the replies.
fn written(folder: &Path, language: &Language) -> Vec<&'static str> {
    crate::support::install(language.name);
    let (mut rows, mut replies, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    for (at, (program, end)) in language.broken.iter().enumerate() {
        let row = row(language, at);
        let reply = format!("Here it is.\n\n```{}\n{program}```\n", language.name);
        replies.push(json!({"id": row["id"], "completion": reply}));
        rows.push(row);
        ends.push(*end);
    }
    write_rows(&folder.join("problems.jsonl"), &rows);
    write_rows(&folder.join("replies.jsonl"), &replies);
    ends
}

#[test]
fn solutions_in_javascript_pass_and_each_way_to_break_them_has_its_end() {
    hold(&LANGUAGES[0]);
}

#[test]
#[ignore = "compiles a module of 24 MB, which takes a minute"]
fn solutions_in_ruby_pass_and_each_way_to_break_them_has_its_end() {
    hold(&LANGUAGES[1]);
}

#[test]
#[ignore = "compiles a module of 20 MB, which takes a minute"]
fn solutions_in_typescript_pass_and_each_way_to_break_them_has_its_end() {
    hold(&LANGUAGES[2]);
}

#[test]
#[ignore = "compiles a module of 13 MB, which takes half a minute"]
fn solutions_in_php_pass_and_each_way_to_break_them_has_its_end() {
    hold(&LANGUAGES[3]);
}

#[test]
#[ignore = "compiles a module of 25 MB, which takes half a minute"]
fn solutions_in_perl_pass_and_each_way_to_break_them_has_its_end() {
    hold(&LANGUAGES[4]);
}

#[test]
#[ignore = "compiles a module of 75 MB, which takes three minutes"]
fn solutions_in_c_and_cpp_pass_and_each_way_to_break_them_has_its_end() {
    hold(&LANGUAGES[5]);
    hold(&LANGUAGES[6]);
}

#[test]
#[ignore = "builds Go's compiler and compiles it, which takes two minutes"]
fn solutions_in_go_pass_and_each_way_to_break_them_has_its_end() {
    hold(&LANGUAGES[7]);
}

#[test]
#[ignore = "compiles a module of 75 MB, the compiler of C, which takes three minutes"]
fn solutions_in_lua_pass_and_each_way_to_break_them_has_its_end() {
    hold(&LANGUAGES[8]);
}

fn hold(language: &Language) {
    let folder = tempfile::tempdir().unwrap();
    let ends = written(folder.path(), language);
    let options = ["problems.jsonl", "--reference", "--out", "reference"];
    let report = scores(folder.path(), &options, 0);
    assert_eq!((&report["problems"], &report["pass@1"]), (&ends.len().into(), &1.0.into()));
    // Smells are those of Python.
    assert_eq!(report["smells"], Json::Null, "{report}");
    let options = ["problems.jsonl", "--completions", "replies.jsonl", "--out", "broken"];
    let report = scores(folder.path(), &[&options[..], &["--fuel", "3G"]].concat(), 0);
    assert_eq!(report["pass@1"], 0.0);
    let found = results(&folder.path().join("broken"));
    let found: Vec<&Json> = found.iter().map(|row| &row["samples"][0]["result"]).collect();
    assert_eq!(found, ends);
}

#[test]
fn filter_keeps_solutions_whose_tests_hold_and_rejects_tests_without_teeth() {
    let folder = tempfile::tempdir().unwrap();
    let language = &LANGUAGES[0];
    crate::support::install(language.name);
    let whole = row(language, 0);
    let mut wrong = row(language, 1);
    wrong["canonical_solution"] = language.broken[0].0.into();
    let mut toothless = row(language, 2);
    toothless["full_test_func"] = "console.log('passed');\n".into();
    write_rows(&folder.path().join("rows.jsonl"), &[whole, wrong, toothless]);
    let mut filter = tgsand();
    filter.arg("filter").args(["rows.jsonl", "--out", "out"]).current_dir(folder.path());
    let ended = ended(filter, "");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let rejected = std::fs::read_to_string(folder.path().join("out/rejected.jsonl")).unwrap();
    let reasons: Vec<Json> =
        json_lines(&rejected).iter().map(|row| row["reason"].clone()).collect();
    assert_eq!(reasons, ["test-failed", "toothless-tests"]);
}

#[test]
fn a_problem_in_a_language_that_is_not_here_is_left_out_with_the_way_to_grade_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut cobol = row(&LANGUAGES[0], 0);
    cobol["language"] = "cobol".into();
    write_rows(&folder.path().join("problems.jsonl"), &[cobol]);
    let ended = eval(folder.path(), &["problems.jsonl", "--reference"]);
    let expected = "problems.jsonl:1: the problem is in cobol, which the sandbox does not run; list it in `languages` of an executor in tgsand.toml, under [executors.NAME]";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
}

/// A mistake in the solution of each of our own problems: its text, and what takes its place.
const MISTAKES: [(&str, &str, &str); 30] = [
    ("javascript-run-lengths", "last[1] += 1", "last[1] += 2"),
    ("javascript-group-by-day", "+ amount", "- amount"),
    ("javascript-parse-query", "at + 1", "at"),
    ("ruby-balanced", "return false", "return true"),
    ("ruby-word-counts", "-times", "times"),
    ("ruby-merge-ranges", "+ 1", "+ 0"),
    ("typescript-stack", "this.items.pop()", "this.items.shift()"),
    ("typescript-histogram", "?? 0) + 1", "?? 0) + 2"),
    ("typescript-flatten", "depth - 1", "depth"),
    ("php-slug", "'-'", "'_'"),
    ("php-group", "[$key][]", "[$key]"),
    ("php-account", "$amount > $this->balance", "$amount < 0"),
    ("perl-caesar", "+ $shift", "- $shift"),
    ("perl-anagrams", "sort split", "split"),
    ("perl-transpose", "[$j][$i] = ", "[$i][$j] = "),
    ("c-reverse-words", "start < text + length", "start < text"),
    ("c-gcd", "b = a % b", "b = a / b"),
    ("c-matrix-trace", "i * size + i", "i * size"),
    ("cpp-unique-sorted", "values.erase(", "if (values.size() > 3) values.erase("),
    ("cpp-lru", "order.splice(", "if (false) order.splice("),
    ("cpp-primes", "i * i", "i * i * i"),
    ("go-merge-ranges", "[1]+1 {", "[1] {"),
    ("go-queue", "return item, true", "return item, len(q.items) > 0"),
    ("go-word-counts", "] > times[", "] < times["),
    ("lua-split", "finish + 1", "start + 1"),
    ("lua-counter", "counts[key] + (", "counts[key] - ("),
    ("lua-permutations", "(left, at)", "(left)"),
    ("sql-totals", "SUM(amount)", "AVG(amount)"),
    ("sql-latest", "MAX(day)", "MIN(day)"),
    ("sql-running-total", "ORDER BY day", "ORDER BY day DESC"),
];

/// Scores our own problems in a language by their solutions, and by solutions with a mistake.
fn hold_own(language: &str) {
    crate::support::install(language);
    let folder = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("dataset/languages.jsonl");
    let rows = json_lines(&std::fs::read_to_string(data).unwrap());
    let rows: Vec<Json> = rows.into_iter().filter(|row| row["language"] == language).collect();
    assert_eq!(rows.len(), 3);
    let replies = rows.iter().map(|row| {
        let id = row["id"].as_str().unwrap();
        let (_, from, to) = MISTAKES.iter().find(|(problem, ..)| *problem == id).unwrap();
        let solution = row["canonical_solution"].as_str().unwrap();
        assert!(solution.contains(from), "{id}: {from}");
        json!({"id": id, "completion": solution.replacen(from, to, 1)})
    });
    write_rows(&folder.path().join("replies.jsonl"), &replies.collect::<Vec<_>>());
    write_rows(&folder.path().join("problems.jsonl"), &rows);
    let options = ["problems.jsonl", "--reference", "--out", "reference"];
    assert_eq!(scores(folder.path(), &options, 0)["pass@1"], 1.0);
    let options = ["problems.jsonl", "--completions", "replies.jsonl", "--out", "broken"];
    assert_eq!(scores(folder.path(), &options, 0)["pass@1"], 0.0);
    let found = results(&folder.path().join("broken"));
    assert!(found.iter().all(|row| row["samples"][0]["result"] == "raised"), "{found:?}");
}

#[test]
fn our_own_problems_in_javascript_and_sql_hold_and_reject_a_mistake() {
    hold_own("javascript");
    hold_own("sql");
}

#[test]
#[ignore = "compiles a module of 20 MB, which takes a minute"]
fn our_own_problems_in_typescript_hold_and_reject_a_mistake() {
    hold_own("typescript");
}

#[test]
#[ignore = "compiles a module of 75 MB, which takes three minutes"]
fn our_own_problems_in_c_and_cpp_hold_and_reject_a_mistake() {
    hold_own("c");
    hold_own("cpp");
}

#[test]
#[ignore = "builds Go's compiler and compiles it, which takes two minutes"]
fn our_own_problems_in_go_hold_and_reject_a_mistake() {
    hold_own("go");
}

#[test]
#[ignore = "compiles a module of 75 MB, the compiler of C, which takes three minutes"]
fn our_own_problems_in_lua_hold_and_reject_a_mistake() {
    hold_own("lua");
}

#[test]
#[ignore = "compiles modules of 13 and 25 MB, which takes a minute"]
fn our_own_problems_in_php_and_perl_hold_and_reject_a_mistake() {
    hold_own("php");
    hold_own("perl");
}

#[test]
#[ignore = "compiles a module of 24 MB, which takes a minute"]
fn our_own_problems_in_ruby_hold_and_reject_a_mistake() {
    hold_own("ruby");
}
