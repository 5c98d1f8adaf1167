//! `tgsand autocode`: its problems' tests hold for their solutions and for nothing less, and everything else is set aside with the right reason.

mod by_model;

use std::path::Path;

use serde_json::{Value as Json, json};
use tgsand::sample::problem::CodingProblem;
use tgsand::sandbox::{End, Execution};

use crate::cli::{ended, file, tgsand};
use crate::support::{run, script_job};
use crate::synth::{Run, row};

const CLAMP: &str = "def clamp(value: int, low: int, high: int) -> int:\n    \"\"\"Limit a value to a range.\n\n    >>> clamp(5, 0, 3)\n    3\n    \"\"\"\n    \
    if value < low:\n        return low\n    if value > high:\n        return high\n    return value\n";
const SHARES: &str = "def shares(parts: list) -> list:\n    \"\"\"Divide each part by the sum of all parts.\"\"\"\n    \
    if not parts:\n        raise ValueError(\"no parts\")\n    total = sum(parts)\n    return [part / total for part in parts]\n";
const DOUBLE: &str = "def double(items: list[int]) -> None:\n    \"\"\"Double every item of a list in place.\"\"\"\n    \
    for i in range(len(items)):\n        items[i] = items[i] * 2\n";

/// Runs `tgsand autocode` on a file in this folder.
fn autocode(folder: &Path, input: &Path, options: &[&str]) -> Run {
    let out = folder.join("out");
    let mut command = tgsand();
    command.arg("autocode").arg(input).arg("--out").arg(&out).args(["--fuel", "50M"]).args(options);
    Run { folder: out, ended: ended(command, b"") }.done()
}

fn problems(
    rows: &[(&str, &str)],
    options: &[&str],
) -> (tempfile::TempDir, Run, Vec<CodingProblem>) {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<String> = rows.iter().map(|(id, code)| row(id, code)).collect();
    let input = file(folder.path(), "in.jsonl", rows.join("\n"));
    let run = autocode(folder.path(), &input, options);
    let problems = run.lines("samples/problems.jsonl");
    (folder, run, problems)
}

/// How a program ends with a test after it.
fn tested(program: &str, test: &str) -> Execution {
    run(script_job(&format!("{program}\n\n{test}")))
}

#[test]
fn a_problems_tests_pass_on_its_solution_and_fail_on_less() {
    let (_folder, run, problems) = problems(
        &[("clamp", CLAMP), ("shares", SHARES), ("double", DOUBLE)],
        &["--min-mutation", "0.5"],
    );
    assert_eq!(problems.len(), 3, "{:?}", run.rejections());
    for problem in &problems {
        let CodingProblem { canonical_solution, entry, demo_test_func, full_test_func, .. } =
            problem;
        for test in [demo_test_func, full_test_func] {
            let ended = tested(canonical_solution, test);
            assert!(matches!(ended.end, End::Exited { exit_code: 0 }), "{test}\n{ended:?}");
            for body in ["return None", "raise NotImplementedError", "return 0", "return []"] {
                let stub =
                    format!("{canonical_solution}\n\ndef {entry}(*args, **kwargs):\n    {body}\n");
                let ended = tested(&stub, test);
                assert!(matches!(ended.end, End::Exited { exit_code: 1 }), "{body}\n{test}");
            }
        }
        assert!(
            full_test_func.contains("def test():") && !problem.question.contains("    return"),
            "{problem:?}"
        );
        assert!(
            problem.mutation.score.unwrap() >= 0.5 && problem.full_cases.len() >= 7,
            "{:?}",
            problem.mutation
        );
        assert_eq!(
            problem.mutation.killed + problem.mutation.survivors.len(),
            problem.mutation.mutants
        );
    }
    let [clamp, shares, double] = &problems[..] else { panic!() };
    assert!(
        clamp.question.contains("Limit a value to a range.")
            && clamp.question.contains("def clamp(value: int, low: int, high: int) -> int:")
    );
    assert!(!clamp.question.contains(">>>"), "{}", clamp.question);
    assert!(shares.full_test_func.contains("close(shares("), "{}", shares.full_test_func);
    assert!(shares.full_test_func.contains("    except ValueError:\n        pass\n    else:\n"));
    assert!(!shares.full_test_func.contains("no parts") && !shares.question.contains("close("));
    assert!(clamp.demo_test_func.contains("assert clamp(5, 0, 3) == 3"), "{clamp:?}");
    assert!(clamp.question.contains("assert clamp(5, 0, 3) == 3"), "{}", clamp.question);
    assert!(
        double.full_test_func.contains("assert double(items) is None\n    assert items == ["),
        "{}",
        double.full_test_func
    );
    // A float within the stated tolerance passes, and another one does not.
    let scaled = |factor: &str| SHARES.replace("part / total", &format!("part / total * {factor}"));
    let exit = |program: String| tested(&program, &shares.full_test_func).end;
    assert!(matches!(exit(scaled("(1 + 1e-12)")), End::Exited { exit_code: 0 }));
    assert!(matches!(exit(scaled("(1 + 1e-6)")), End::Exited { exit_code: 1 }));
}

#[test]
fn a_test_asks_for_no_class_that_the_question_does_not_name() {
    let root = |doc: &str| {
        format!(
            "class Negative(Exception):\n    pass\n\ndef root(n: int) -> int:\n    \"\"\"{doc}\"\"\"\n    if n < 0:\n        raise Negative(n)\n    return int(n ** 0.5)\n"
        )
    };
    let (named, unnamed) =
        (root("Take a root; refuse others by `Negative`."), root("Take a root."));
    let options = ["--keep-duplicates", "--min-mutation", "0.2"];
    let (_folder, run, problems) = problems(&[("named", &named), ("unnamed", &unnamed)], &options);
    assert_eq!(problems.len(), 2, "{:?}", run.rejections());
    assert!(problems[0].full_test_func.contains("except Negative:"), "{:?}", problems[0]);
    assert!(!problems[1].full_test_func.contains("Negative"), "{:?}", problems[1]);
}

#[test]
fn functions_that_make_no_problem_are_set_aside_for_the_right_reason() {
    let body = "    return [x for x in items if x > 2]\n";
    let with_doc = |name: &str, doc: &str| {
        format!("def {name}(items: list[int]) -> list:\n    \"\"\"{doc}\"\"\"\n{body}")
    };
    let rows = [
        ("undocumented", format!("def over(items: list[int]) -> list:\n{body}")),
        ("false example", with_doc("above", "Keep large items.\n\n    >>> above([1, 3])\n    [1]\n    ")),
        ("leaked body", with_doc("big", "Choose items.\n\n    return [x for x in items if x > 2]\n    ")),
        ("leak", with_doc("large", "Compute return [x for x in items if x > 2] quickly.")),
        ("constant", "def same(n: int) -> None:\n    \"\"\"Do nothing with a number.\"\"\"\n    n + 1\n".to_owned()),
        ("random", "import random\n\ndef draw(n: int) -> float:\n    \"\"\"Draw a number.\"\"\"\n    return random.random() * n\n".to_owned()),
        ("time", "import time\n\ndef now(n: int) -> float:\n    \"\"\"Add a number to the time.\"\"\"\n    return time.time() + n\n".to_owned()),
        ("set order", "def listed(words: list[str]) -> list:\n    \"\"\"List the different words.\"\"\"\n    return list(set(words))\n".to_owned()),
        ("state", "calls = []\n\ndef count(n: int) -> int:\n    \"\"\"Add the number of calls so far.\"\"\"\n    calls.append(n)\n    return len(calls) + 2 * n - 1\n".to_owned()),
        ("blind", "def flag(n: int) -> bool:\n    \"\"\"Tell whether a number is a secret one.\"\"\"\n    return n * n * n + 7 * n == 1234567890123 and n % 97 == 13\n".to_owned()),
    ];
    let one = "def checked(n: int) -> str:\n    \"\"\"Check that a number is positive.\"\"\"\n    if n < 1:\n        raise ValueError(n)\n    return 'good'\n";
    let rows = rows.into_iter().chain([("one result", one.to_owned())]).collect::<Vec<_>>();
    let rows: Vec<(&str, &str)> = rows.iter().map(|(id, code)| (*id, code.as_str())).collect();
    let (_folder, run, problems) = problems(&rows, &["--keep-duplicates"]);
    assert!(problems.is_empty(), "{problems:?}");
    let reason = |line: &Json| {
        (line["id"].as_str().unwrap().to_owned(), line["reason"].as_str().unwrap().to_owned())
    };
    let found: Vec<_> = run.lines::<Json>("rejected.jsonl").iter().map(reason).collect();
    let expected = [
        ("undocumented", "undocumented"),
        ("false example", "ungrounded"),
        ("leaked body", "leaked-solution"),
        ("leak", "leaked-solution"),
        ("constant", "toothless-tests"),
        ("random", "nondeterministic"),
        ("time", "nondeterministic"),
        ("set order", "nondeterministic"),
        ("state", "nondeterministic"),
        ("blind", "toothless-tests"),
        ("one result", "toothless-tests"),
    ];
    assert_eq!(found, expected.map(|(id, reason)| (id.to_owned(), reason.to_owned())));
}

#[test]
fn eval_scores_problems_and_threads_change_no_byte() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [row("clamp", CLAMP), row("double", DOUBLE)];
    let input = file(folder.path(), "in.jsonl", rows.join("\n"));
    let [run, other] = ["1", "2"].map(|threads| {
        let out = folder.path().join(threads);
        let options = ["--min-mutation", "0.5", "--threads", threads];
        autocode(&out, &input, &options)
    });
    for name in ["problems", "autocode", "rl"] {
        let read = |run: &Run| {
            std::fs::read_to_string(run.folder.join(format!("samples/{name}.jsonl"))).unwrap()
        };
        assert!(read(&run) == read(&other), "{name}");
    }
    let problems: Vec<CodingProblem> = run.lines("samples/problems.jsonl");
    let rl = run.lines::<Json>("samples/rl.jsonl");
    let prompt = rl[0]["prompt"][0]["content"].as_str().unwrap();
    assert_eq!(prompt, format!("{}\n\nAnswer with one fenced Python block.", problems[0].question));
    let mut command = tgsand();
    command.arg("eval").arg(run.folder.join("samples/problems.jsonl")).arg("--reference");
    command.arg("--out").arg(folder.path().join("scores")).arg("--json");
    let scored = ended(command, b"");
    assert_eq!(scored.code, Some(0), "{}", scored.stderr);
    let scores: Json = serde_json::from_str(&scored.stdout).unwrap();
    assert_eq!((&scores["problems"], &scores["pass@1"]), (&json!(2), &json!(1.0)), "{scores}");
    // A new run holds, and a changed field does not.
    let rows = run.lines::<Json>("samples/problems.jsonl");
    let with = |changes: &[(&str, Json)]| {
        let mut row = rows[0].clone();
        changes.iter().for_each(|(name, value)| row[*name] = value.clone());
        row.to_string()
    };
    let published = |test: &str| {
        json!({"question": "Limit.", "canonical_solution": CLAMP, "demo_test_func": test, "full_test_func": test, "language": "Python"}).to_string()
    };
    let mut without_cases = rows[0].clone();
    without_cases.as_object_mut().unwrap().remove("full_cases");
    let rows = [
        with(&[]),
        without_cases.to_string(),
        with(&[("full_test_func", json!("def test():\n    pass\n"))]),
        with(&[("canonical_solution", json!(CLAMP.replace("return low", "return low + 1")))]),
        with(&[("question", json!("Limit."))]),
        with(&[(
            "mutation",
            json!({"score": 1.0, "killed": 1, "mutants": 2, "added_cases": 0, "survivors": []}),
        )]),
        published("def test():\n    assert clamp(5, 0, 3) == 3\n\ntest()\n"),
        published("def test():\n    assert clamp(5, 0, 3) == 4\n\ntest()\n"),
    ];
    let input = file(folder.path(), "problems.jsonl", rows.join("\n"));
    let mut command = tgsand();
    command.arg("filter").arg(input).arg("--out").arg(folder.path().join("filtered"));
    let filtered = Run { folder: folder.path().join("filtered"), ended: ended(command, b"") };
    assert_eq!(filtered.ended.code, Some(0), "{}", filtered.ended.stderr);
    let reasons: Vec<String> =
        filtered.rejections().into_iter().map(|(reason, _)| reason).collect();
    let expected = [
        "unreadable-record",
        "contradictory",
        "not-reproduced",
        "contradictory",
        "contradictory",
        "test-failed",
    ];
    assert_eq!(reasons, expected, "{:?}", filtered.rejections());
    assert_eq!(filtered.lines::<Json>("kept.jsonl").len(), 2);
}
