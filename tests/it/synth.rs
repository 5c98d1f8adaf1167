//! `tgsand synth`: what it writes runs again to exactly what it states, and what it cannot read is named and counted.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, OnceLock};

use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use tgsand::sample::preference::MutantPreference;
use tgsand::sample::{Case2Code, MutantPair, Provenance, Qa, SampleCase};
use tgsand::sandbox::{self, Case, CaseResult, Execution, Isolation, Job, Observe, Sandbox, steps};

use crate::cli::{Ended, ended, file, run, tgsand};

/// The project's own set of raw code.
pub const RAW_DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/dataset/raw_data.jsonl");

pub const CLAMP: &str = "def clamp(value: int, low: int, high: int) -> int:\n    if value < low:\n        return low\n    if value > high:\n        \
     return high\n    return value\n";
const WORDS: &str = "def words(text: str) -> dict:\n    found = {}\n    for word in text.split():\n        \
                     found[word] = found.get(word, 0) + 1\n    return found\n";
pub const DIGITS: &str = "def digits(n: int) -> list:\n    out = []\n    n = abs(n)\n    while n:\n        out.append(n % 10)\n        \
                      n //= 10\n    return out[::-1] or [0]\n";

/// The folder of a finished run.
pub struct Run {
    pub folder: PathBuf,
    pub ended: Ended,
}

impl Run {
    /// The lines of one of the run's files.
    pub fn lines<T: DeserializeOwned>(&self, name: &str) -> Vec<T> {
        let path = self.folder.join(name);
        // Samples that there are none of leave no file.
        let is_none = name.starts_with("samples/") && !path.exists();
        let text = if is_none { String::new() } else { std::fs::read_to_string(path).unwrap() };
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The same run, which ended with 1 if nothing was accepted, else with 0.
    pub fn done(self) -> Self {
        let is_empty = self.report()["accepted"] == 0;
        assert_eq!(self.ended.code, Some(i32::from(is_empty)), "{}", self.ended.stderr);
        self
    }

    /// The run's report.
    pub fn report(&self) -> Json {
        serde_json::from_str(&std::fs::read_to_string(self.folder.join("run.json")).unwrap())
            .unwrap()
    }

    /// The reason and the detail of every rejection, in order.
    pub fn rejections(&self) -> Vec<(String, String)> {
        let text = |line: &Json, field: &str| line[field].as_str().unwrap().to_owned();
        self.lines::<Json>("rejected.jsonl")
            .iter()
            .map(|line| (text(line, "reason"), text(line, "detail")))
            .collect()
    }

    /// The ids of the accepted functions, in order.
    pub fn accepted(&self) -> Vec<String> {
        self.lines::<Case2Code>("samples/case2code.jsonl")
            .into_iter()
            .map(|sample| sample.id)
            .collect()
    }
}

/// Runs `tgsand synth` on an input into a folder, with more options and this text on its stdin.
pub fn synth(input: &Path, out: &Path, options: &[&str], stdin: &[u8]) -> Run {
    let mut command = tgsand();
    command.arg("synth").arg(input).arg("--out").arg(out).args(options);
    Run { folder: out.into(), ended: ended(command, stdin) }
}

/// A JSONL row.
pub fn row(id: &str, content: &str) -> String {
    json!({"id": id, "content": content}).to_string()
}

/// Runs `tgsand synth` with few cases and little fuel, into `out` in this folder.
pub fn quick(folder: &Path, input: &Path) -> Run {
    synth(input, &folder.join("out"), &["--cases", "5", "--fuel", "50M"], b"")
}

/// The run over the project's own set, which several tests look at.
fn raw_run() -> &'static Run {
    static RUN: OnceLock<(tempfile::TempDir, Run)> = OnceLock::new();
    let (_, run) = RUN.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let run = synth(Path::new(RAW_DATA), &folder.path().join("out"), &["--threads", "2"], b"");
        (folder, run)
    });
    assert_eq!(run.ended.code, Some(0), "{}", run.ended.stderr);
    run
}

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    let runtime = sandbox::runtime::named(sandbox::runtime::DEFAULT).unwrap();
    sandbox::install(&runtime, None, &|_| {}).unwrap();
    Sandbox::open(&runtime, 2).unwrap()
});

/// The job that runs these calls of a function again, under the limits of the sample.
fn again(
    program: &str,
    entry: &str,
    calls: &[&SampleCase],
    provenance: &Provenance,
    observe: Vec<Observe>,
) -> Job {
    Job {
        code: program.into(),
        entry: Some(entry.into()),
        cases: calls.iter().map(|case| Case::call(&case.arguments)).collect(),
        limits: provenance.limits,
        isolation: Isolation::Case,
        observe,
        ..Job::default()
    }
}

/// Runs jobs on all threads, and gives their executions in order.
fn run_all(jobs: Vec<Job>) -> Vec<Execution> {
    let pending: Vec<_> = jobs.into_iter().map(|job| SANDBOX.start(job).unwrap()).collect();
    pending.into_iter().map(|pending| pending.wait().unwrap()).collect()
}

/// What a sample states of a case, beside what running it again gives; empty where they agree.
fn difference(id: &str, stated: &SampleCase, got: Option<&CaseResult>) -> Option<String> {
    let Some(got) = got else { return Some(format!("{id}: the program does not load")) };
    if got.nondeterministic {
        return Some(format!("{id}({}): differs from run to run", stated.arguments));
    }
    let found = SampleCase::new(&stated.arguments, got);
    (found != *stated).then(|| format!("{id}: stated {stated:?}\n  found {found:?}"))
}

/// The program between a sample's fences.
fn unfenced(text: &str) -> String {
    let (fence, rest) = text.split_once("python\n").unwrap();
    rest.strip_suffix(&format!("\n{fence}\n")).unwrap().to_owned() + "\n"
}

#[test]
fn every_row_of_the_raw_set_is_accepted_or_rejected_and_counted_once() {
    let run = raw_run();
    let report = run.report();
    let samples: Vec<Case2Code> = run.lines("samples/case2code.jsonl");
    let rejected = run.rejections();
    let count = |value: &Json| usize::try_from(value.as_u64().unwrap()).unwrap();
    assert_eq!(count(&report["accepted"]), samples.len());
    let by_reason: usize = report["rejected"].as_object().unwrap().values().map(count).sum();
    assert_eq!(by_reason, rejected.len());
    assert_eq!(count(&report["deferred"]), 0);
    assert_eq!(count(&report["in"]), samples.len() + rejected.len());
    assert_eq!(count(&report["samples"]["case2code"]), samples.len());
    assert_eq!(count(&report["samples"]["qa"]), run.lines::<Qa>("samples/qa.jsonl").len());
    assert_eq!(
        count(&report["samples"]["duel"]),
        run.lines::<MutantPreference>("samples/duel.jsonl").len()
    );
    let cases: usize =
        samples.iter().map(|sample| sample.visible_cases.len() + sample.hidden_cases.len()).sum();
    assert_eq!(count(&report["executed_cases"]), cases);
    let rows = std::fs::read_to_string(RAW_DATA).unwrap().lines().count();
    assert!(samples.len() + rejected.len() >= rows, "a row may hold several functions, never none");
    assert!(2 * samples.len() > rows, "most of the set is meant to be accepted");
    assert_eq!(run.ended.stdout, "");
}

#[test]
fn every_case2code_sample_runs_again_to_its_cases() {
    let samples: Vec<Case2Code> = raw_run().lines("samples/case2code.jsonl");
    let cases = |sample: &Case2Code| -> Vec<SampleCase> { sample.cases().cloned().collect() };
    let jobs = samples.iter().map(|sample| {
        let cases = cases(sample);
        let cases: Vec<&SampleCase> = cases.iter().collect();
        again(&sample.program, &sample.entry, &cases, &sample.provenance, vec![Observe::Mutations])
    });
    let executions = run_all(jobs.collect());
    let wrong: Vec<String> = samples
        .iter()
        .zip(&executions)
        .flat_map(|(sample, execution)| {
            let cases = cases(sample);
            let found: Vec<_> = cases
                .iter()
                .enumerate()
                .filter_map(|(i, case)| difference(&sample.id, case, execution.cases.get(i)))
                .collect();
            found
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for sample in &samples {
        assert_eq!(
            unfenced(&sample.completion).trim_end(),
            sample.program.trim_end(),
            "{}",
            sample.id
        );
        assert!(sample.prompt.contains(&sample.entry), "{}", sample.id);
        assert!(
            !sample.hidden_cases.is_empty() && sample.visible_cases.len() >= 2,
            "{}",
            sample.id
        );
    }
}

#[test]
fn every_question_is_answered_by_running_its_check_again() {
    fn check(qa: &Qa) -> &SampleCase {
        qa.check.as_ref().unwrap()
    }
    let samples: Vec<Qa> = raw_run().lines("samples/qa.jsonl");
    let observe = || vec![Observe::Steps, Observe::Mutations];
    let jobs = samples
        .iter()
        .map(|qa| again(&qa.code, &qa.function_name, &[check(qa)], &qa.provenance, observe()))
        .collect();
    let mut wrong = Vec::new();
    for (qa, execution) in samples.iter().zip(run_all(jobs)) {
        let case = execution.cases.first();
        wrong.extend(difference(&qa.id, check(qa), case));
        if case.is_some_and(|case| !steps::shows(&case.steps, &qa.steps)) {
            wrong.push(format!("{}: the trace differs", qa.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What does not hold of a run's duels.
fn wrong_duels(run: &Run) -> Vec<String> {
    let rows: Vec<MutantPreference> = run.lines("samples/duel.jsonl");
    let duels: Vec<MutantPair> = rows.into_iter().map(|row| row.try_into().unwrap()).collect();
    let mut jobs = Vec::new();
    for duel in &duels {
        for (program, case) in
            [(&duel.chosen, &duel.evidence.expected), (&duel.rejected, &duel.evidence.got)]
        {
            jobs.push(again(
                &unfenced(program),
                &duel.entry,
                &[case],
                &duel.provenance,
                vec![Observe::Mutations],
            ));
        }
    }
    let executions = run_all(jobs);
    let mut wrong = Vec::new();
    for (duel, pair) in duels.iter().zip(executions.chunks(2)) {
        let (expected, got) = (&duel.evidence.expected, &duel.evidence.got);
        assert_eq!(expected.arguments, got.arguments, "{}", duel.id);
        wrong.extend(difference(&format!("{} chosen", duel.id), expected, pair[0].cases.first()));
        wrong.extend(difference(&format!("{} rejected", duel.id), got, pair[1].cases.first()));
    }
    wrong
}

#[test]
fn every_duel_is_decided_by_running_both_programs_again() {
    let wrong = wrong_duels(raw_run());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_duels_faulty_program_gives_its_answer_from_fresh_memory_and_under_any_hash_seed() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        // Without `sorted`, the order is that of the hash seed.
        row(
            "sorts",
            "def names(words: list[str]) -> list[str]:\n    return [w + '!' for w in sorted(set(words))]\n",
        ),
        // Where another item than the first is removed, a call sees what the calls before it left.
        row(
            "forgets",
            "LOG = []\n\ndef window(n: int) -> list:\n    LOG.append(n)\n    while len(LOG) > 1:\n        LOG.pop(0)\n    \
             return list(LOG)\n",
        ),
    ];
    let input = file(folder.path(), "in.jsonl", rows.join("\n"));
    let run = quick(folder.path(), &input);
    let wrong = wrong_duels(&run);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn ids_are_unique_in_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let two = format!("{CLAMP}\n\n{WORDS}");
    let rows = [
        row("a", CLAMP),
        row("a", DIGITS),
        row("a#2", WORDS),
        row("b", &two),
        row("b:clamp", DIGITS),
    ];
    let input = file(folder.path(), "in.jsonl", rows.join("\n"));
    let run =
        synth(&input, &folder.path().join("out"), &["--keep-duplicates", "--cases", "3"], b"");
    let ids = run.accepted();
    let unique: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!((ids.len(), unique.len()), (6, 6), "{ids:?}");
}

#[test]
fn a_sample_names_the_line_of_its_row_and_a_files_function_its_own() {
    let late = format!("LIMIT = 3\n\n{WORDS}");
    let rows = ("in.jsonl", [row("first", &late), row("second", DIGITS)].join("\n"), [1, 2]);
    let python = ("in.py", format!("{CLAMP}\n\n{DIGITS}"), [1, 9]);
    for (name, text, lines) in [rows, python] {
        let folder = tempfile::tempdir().unwrap();
        let input = file(folder.path(), name, text);
        let run = quick(folder.path(), &input);
        let samples: Vec<Case2Code> = run.lines("samples/case2code.jsonl");
        let told: Vec<u64> = samples.iter().map(|sample| sample.provenance.source.line).collect();
        assert_eq!(told, lines, "{}", input.display());
        assert!(
            samples
                .iter()
                .all(|sample| sample.provenance.source.file == input.display().to_string())
        );
    }
}

#[test]
fn an_input_without_functions_leaves_no_samples_and_ends_with_1_or_below_any_gate() {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), "in.jsonl", "");
    let run = quick(folder.path(), &input);
    assert_eq!((run.ended.code, &run.report()["in"]), (Some(1), &0.into()));
    for name in ["samples/case2code.jsonl", "samples/qa.jsonl", "samples/duel.jsonl"] {
        assert!(!run.folder.join(name).exists(), "{name}");
    }
    let gated = synth(&input, &folder.path().join("out"), &["--min-yield", "0.1"], b"");
    assert_eq!(gated.ended.code, Some(4));
}

#[test]
fn a_gate_ends_with_4_only_below_it() {
    let folder = tempfile::tempdir().unwrap();
    let input =
        file(folder.path(), "in.jsonl", [row("good", CLAMP), row("bad", "x = 1\n")].join("\n"));
    for (gate, code) in [("0.5", 0), ("0.51", 4)] {
        let run =
            synth(&input, &folder.path().join("out"), &["--min-yield", gate, "--cases", "3"], b"");
        assert_eq!(run.ended.code, Some(code), "{gate}");
        assert_eq!(run.accepted(), ["good"]);
    }
}

#[test]
fn compressed_files_and_stdin_give_what_the_plain_file_gives() {
    let folder = tempfile::tempdir().unwrap();
    let text = [row("one", CLAMP), row("two", DIGITS)].join("\n");
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    let inputs = [
        file(folder.path(), "in.jsonl", &text),
        file(folder.path(), "in.jsonl.gz", gz.finish().unwrap()),
        file(folder.path(), "in.jsonl.zst", zstd::encode_all(text.as_bytes(), 1).unwrap()),
        PathBuf::from("-"),
    ];
    let samples = inputs.map(|input| {
        let out = folder.path().join("outs").join(input.file_name().unwrap());
        let run = synth(&input, &out, &["--cases", "4"], text.as_bytes());
        assert_eq!(run.ended.code, Some(0), "{}", run.ended.stderr);
        let samples: Vec<Case2Code> = run.lines("samples/case2code.jsonl");
        assert!(
            samples
                .iter()
                .all(|sample| sample.provenance.source.file == input.display().to_string())
        );
        samples
            .into_iter()
            .map(|sample| (sample.id, sample.prompt, sample.hidden_cases))
            .collect::<Vec<_>>()
    });
    assert_eq!(samples[0].len(), 2);
    assert!(samples.iter().all(|other| *other == samples[0]));
}

#[test]
fn a_folder_is_read_in_the_order_of_its_paths_without_what_is_not_source() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("code");
    for inside in ["", "b", "venv", ".hidden", "__pycache__"] {
        std::fs::create_dir_all(root.join(inside)).unwrap();
        file(&root.join(inside), "words.py", WORDS);
    }
    file(&root, "a.py", format!("{CLAMP}\n\n{DIGITS}"));
    file(&root, "junk.py", b"\xff\xfe");
    file(&root, "huge.py", vec![b'#'; (1 << 20) + 1]);
    file(&root, "notes.txt", "def nothing(): pass\n");
    let run = quick(folder.path(), &root);
    assert_eq!(run.accepted(), ["a.py:clamp", "a.py:digits", "b/words.py:words"]);
    let found = run.rejections();
    let reasons: Vec<&str> = found.iter().map(|(reason, _)| reason.as_str()).collect();
    assert_eq!(reasons, ["unreadable-record", "unreadable-record", "duplicate"]);
    assert!(found[0].1.ends_with("huge.py:1: the file is larger than 1 MiB"), "{}", found[0].1);
    assert!(found[1].1.contains("junk.py:1: not UTF-8 text"), "{}", found[1].1);
    assert_eq!(found[2].1, "the same as b/words.py:words");
}

#[test]
fn fields_of_other_names_are_read_when_named() {
    let folder = tempfile::tempdir().unwrap();
    let line = json!({"key": 7, "code": "def area(r: float) -> float:\n    return round(math.pi * r, 3)\n",
        "imports": "import math"});
    let input = file(folder.path(), "in.jsonl", line.to_string());
    let options = [
        "--id-field",
        "key",
        "--content-field",
        "code",
        "--import-field",
        "imports",
        "--cases",
        "4",
        "--seed",
        "3",
    ];
    let run = synth(&input, &folder.path().join("out"), &options, b"");
    assert_eq!(run.accepted(), ["7"], "{:?}", run.rejections());
}

#[test]
fn a_second_run_in_the_same_folder_is_refused_while_the_first_works() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut command = tgsand();
    command.args(["synth", "-", "--out"]).arg(&out).stdin(std::process::Stdio::piped());
    let mut first = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    while !out.join("rejected.partial").exists() {
        assert_eq!(first.try_wait().unwrap(), None, "the first run waits for its input");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let ended = run(&["synth", RAW_DATA, "--out", out.to_str().unwrap()]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("another run is working in"), "{}", ended.stderr);
    drop(first.stdin.take());
    assert_eq!(first.wait().unwrap().code(), Some(1), "it had no functions");
}

#[test]
fn the_report_says_nothing_of_the_machine_or_the_time() {
    let report = raw_run().report();
    let mut names: Vec<&String> = report.as_object().unwrap().keys().collect();
    names.sort();
    let expected = [
        "accepted",
        "branch_sides",
        "deferred",
        "executed_cases",
        "in",
        "input",
        "not_looked_at",
        "pipeline",
        "rejected",
        "samples",
        "schema",
        "settings",
        "tgsand",
    ];
    assert_eq!(names, expected);
    let settings: Vec<&String> = report["settings"].as_object().unwrap().keys().collect();
    let expected = [
        "runtime",
        "limits",
        "proposer",
        "seed",
        "cases",
        "rules",
        "min_cases",
        "dedupe",
        "docstrings",
        "frames",
        "max_program",
        "prompts",
    ];
    assert_eq!(settings, expected);
}

#[test]
fn a_folder_keeps_to_its_input_and_nothing_is_lost_to_another() {
    let folder = tempfile::tempdir().unwrap();
    let first = file(folder.path(), "a.jsonl", row("clamp", CLAMP));
    let second = file(folder.path(), "b.jsonl", row("other", CLAMP));
    let out = folder.path().join("out");
    assert_eq!(synth(&first, &out, &[], b"").ended.code, Some(0));
    let samples = std::fs::read(out.join("samples/case2code.jsonl")).unwrap();
    let refused = synth(&second, &out, &[], b"");
    assert_eq!(refused.ended.code, Some(2));
    assert!(refused.ended.stderr.contains("holds the results of"), "{}", refused.ended.stderr);
    assert_eq!(std::fs::read(out.join("samples/case2code.jsonl")).unwrap(), samples);
    assert_eq!(synth(&first, &out, &["--seed", "1"], b"").ended.code, Some(0));
}

#[test]
fn annotations_add_no_branches_to_cover() {
    let folder = tempfile::tempdir().unwrap();
    let code = "def f(x: int, y: list[int] | None = None) -> int:\n    return x + len(y or [])\n";
    let input = file(folder.path(), "a.jsonl", row("f", code));
    let run = synth(&input, &folder.path().join("out"), &[], b"");
    let report: Json =
        serde_json::from_slice(&std::fs::read(run.folder.join("run.json")).unwrap()).unwrap();
    // The two sides of `or`.
    assert_eq!(report["branch_sides"], json!({"reached": 2, "all": 2}), "{}", run.ended.stderr);
}
