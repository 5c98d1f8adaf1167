//! A model writes solutions and questions, reviews them, and a weaker one answers them: over HTTP, with recorded replies.
//!
//! Invariant: whatever a model replies, every snippet ends as a problem or with the reason that fits.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use tgsand::sample::preference::AnswerPreference;
use tgsand::sample::problem::{CodingProblem, Difficulty};

use crate::cli::{ended, file, tgsand};
use crate::model_server::{Answer, Asked, ModelServer, completion, good};
use crate::preferences::assert_columns;
use crate::synth::Run;

const SEEDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/dataset/seeds.jsonl");

/// A recorded solution with its calls, in the form that is asked for.
const OVERLAP: &str = "```python\ndef overlap(first: tuple[int, int], second: tuple[int, int]) -> int:\n    \"\"\"Give the length that two intervals share.\"\"\"\n    \
    for low, high in (first, second):\n        if low > high:\n            raise ValueError(\"an interval ends before it begins\")\n    \
    shared_start = max(first[0], second[0])\n    return max(0, min(first[1], second[1]) - shared_start)\n```\n\n\
    ```python\noverlap((1, 5), (3, 9))\noverlap((0, 2), (4, 6))\n```\n\n\
    ```python\noverlap((0, 10), (2, 3))\noverlap((2, 3), (0, 10))\noverlap((1, 1), (1, 1))\noverlap((-5, -1), (-3, 4))\noverlap((0, 4), (4, 8))\n\
    overlap((5, 1), (0, 2))\noverlap((0, 2), (5, 1))\noverlap((7, 9), (7, 12))\n```\n";
/// The same with wrong tags, prose, fences in a docstring, and the calls in a test and in a list.
const LENGTHS: &str = "Here is the exercise.\n\n```\nimport re\n\n\ndef word_lengths(text: str, least: int = 1) -> dict[str, int]:\n    \"\"\"Map words to their lengths.\n\n    \
    ```python\n    word_lengths('a bc')\n    ```\n    \"\"\"\n    found = {}\n    for word in re.findall(r'[a-z]+', text.lower()):\n        \
    if len(word) >= least:\n            found[word] = len(word)\n    return found\n```\n\nFor readers:\n\n```text\nword_lengths('a bc')\n```\n\n\
    ```json\nword_lengths('The cat, the dog', 3)\nword_lengths('', 2)\nword_lengths('one two three', 4)\n```\n\n\
    ```python\ndef test():\n    assert word_lengths('x') == {'x': 1}\n    assert word_lengths('aa bb cc', least=2)\n    print(word_lengths('A-b-C'))\n    word_lengths('12 34')\n    word_lengths('Go go GO', 3)\n```\n";
const LOW: &str = "```python\ndef low_stock(items: dict[str, int], least: int) -> list[str]:\n    \"\"\"List what is short.\"\"\"\n    \
    return sorted(name for name, count in items.items() if count < least)\n```\n\
    ```python\nlow_stock({'tea': 1, 'jam': 5}, 3)\nlow_stock({}, 1)\nlow_stock({'b': 0, 'a': 0, 'c': 9}, 1)\nlow_stock({'x': 3}, 3)\n\
    low_stock({'x': 2, 'y': 4, 'z': 3}, 4)\nlow_stock({'x': -1}, 0)\nlow_stock({'p': 7, 'q': 8}, 9)\n```\n";

const OVERLAP_TASK: &str = "Write `overlap`, which takes two intervals `first` and `second` and returns the length that they share, or `0` if they share nothing. \
    An interval that ends before it begins is refused with `ValueError`. For example, `overlap((1, 5), (3, 9))` returns `2`.";
const LENGTHS_TASK: &str = "Write `word_lengths`, which maps each word of `text` in lower case to its length. Words are runs of Latin letters; words shorter than `least` are left out.";
const LOW_TASK: &str =
    "Write `low_stock`, which lists in order the names of all `items` with a count below `least`.";

/// The head of a function whose program cannot be loaded.
const BROKEN: &str = "@print(1 // 0)\ndef overlap(";

/// The steps that a model is asked for, told apart by the words of their prompts.
fn step(asked: &Asked) -> &'static str {
    let first = asked.body["messages"][0]["content"].as_str().unwrap();
    let steps = [
        ("solve", "Let it inspire one programming exercise"),
        ("describe", "Write the task for which"),
        ("critique", "Judge eight rules"),
        ("category", "To which category"),
        ("answer", "Answer with one fenced Python block"),
    ];
    steps.iter().find(|(_, words)| first.contains(words)).unwrap_or_else(|| panic!("{first}")).0
}

/// How many messages of the model itself a request shows it.
fn earlier(asked: &Asked) -> usize {
    asked.body["messages"].as_array().unwrap().len() / 2
}

/// A task of four parts.
fn task(purpose: &str) -> String {
    json!({
        "purpose": purpose, "arguments": "They are those of the signature.", "result": "It is of the type that the signature names.",
        "edges": "Nothing else is special here.",
    })
    .to_string()
}

/// A review in which these rules are broken.
fn review(broken: &[&str], passes: bool) -> String {
    let rules = [
        "signature-mismatch",
        "randomness",
        "wrong-target",
        "float-precision",
        "swallowed-exceptions",
        "not-executable",
        "irrelevant-requirement",
        "other",
    ];
    let finding = |rule: &str| json!({"broken": broken.contains(&rule), "reason": "It is so."});
    let rules: serde_json::Map<_, _> =
        rules.iter().map(|rule| ((*rule).to_owned(), finding(rule))).collect();
    json!({"rules": rules, "overall_pass": passes}).to_string()
}

fn category(name: &str) -> String {
    json!({"category": name, "reason": "It is about that."}).to_string()
}

/// The good reply to a step about one of the three exercises.
fn good_reply(asked: &Asked) -> String {
    let text = asked.text();
    let about = |words: &str| text.contains(words);
    match step(asked) {
        "solve" if about("def overlap(a, b)") => OVERLAP.into(),
        "solve" if about("text.split()") => LENGTHS.into(),
        "solve" => LOW.into(),
        "describe" if about("def overlap(") => task(OVERLAP_TASK),
        "describe" if about("def word_lengths(") => task(LENGTHS_TASK),
        "describe" => task(LOW_TASK),
        "critique" => review(&[], true),
        "category" if about("overlap") => category("arithmetic"),
        "category" => category("strings"),
        other => panic!("{other}"),
    }
}

/// Runs `tgsand autocode` with a model.
fn autocode(folder: &Path, input: &Path, server: &ModelServer, options: &[&str]) -> Run {
    let out = folder.join("out");
    let mut command = tgsand();
    command.arg("autocode").arg(input).arg("--out").arg(&out).args(["--fuel", "50M", "--no-cache"]);
    command.args(["--base-url", &server.url, "--max-retries", "0"]).args(options);
    Run { folder: out, ended: ended(command, b"") }.done()
}

/// The one problem or the one reason that the interval snippet ends with, if the model replies like this.
fn outcome(
    options: &[&str],
    reply: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static,
) -> (String, Run, usize) {
    let folder = tempfile::tempdir().unwrap().keep();
    let input = file(&folder, "in.jsonl", seed());
    let server =
        ModelServer::start(move |asked| reply(asked).unwrap_or_else(|| good(&good_reply(asked))));
    let options = [&["--model", "author"], options].concat();
    let run = autocode(&folder, &input, &server, &options);
    let rejected = run.lines::<Json>("rejected.jsonl");
    let reason = rejected.iter().find(|line| line["id"] == "interval-overlap");
    let name = reason.map_or("problem", |line| line["reason"].as_str().unwrap()).to_owned();
    let problems = run.lines::<CodingProblem>("samples/problems.jsonl").len();
    assert_eq!(problems, usize::from(name == "problem"), "{rejected:?}");
    (name, run, server.requests())
}

/// The row of the interval snippet.
fn seed() -> String {
    std::fs::read_to_string(SEEDS).unwrap().lines().next().unwrap().to_owned()
}

fn reason(reply: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static) -> String {
    let (name, run, _) = outcome(&[], reply);
    std::fs::remove_dir_all(run.folder.parent().unwrap()).unwrap();
    name
}

#[test]
fn snippets_become_problems_and_those_in_other_languages_are_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let server = ModelServer::start(|asked| good(&good_reply(asked)));
    let run = autocode(folder.path(), &PathBuf::from(SEEDS), &server, &["--model", "author"]);
    let problems: Vec<CodingProblem> = run.lines("samples/problems.jsonl");
    let entries: Vec<&str> = problems.iter().map(|problem| problem.entry.as_str()).collect();
    assert_eq!(entries, ["overlap", "word_lengths", "low_stock"], "{:?}", run.rejections());
    let reasons: Vec<String> = run.rejections().into_iter().map(|(reason, _)| reason).collect();
    assert_eq!(reasons, ["unsupported-language"; 5]);
    let overlap = &problems[0];
    assert!(overlap.question.contains("returns the length that they share"));
    assert!(
        overlap
            .question
            .contains("def overlap(first: tuple[int, int], second: tuple[int, int]) -> int:")
    );
    // What the model has marked as telling is what the question shows.
    assert!(overlap.demo_test_func.contains("assert overlap((1, 5), (3, 9)) == 2"), "{overlap:?}");
    assert!(overlap.full_test_func.contains("overlap((5, 1), (0, 2))\n    except ValueError:"));
    assert!(problems[1].canonical_solution.starts_with("import re\n"), "{:?}", problems[1]);
    assert!(!problems[1].canonical_solution.contains("def test"), "{:?}", problems[1]);
    assert_eq!(overlap.category.unwrap().name(), "arithmetic");
    assert_eq!(overlap.review.as_ref().unwrap().findings.len(), 8);
    assert_eq!(overlap.provenance.model.as_deref(), Some("author"));
    assert_eq!((overlap.difficulty, overlap.attempts.as_ref()), (None, None));
    assert_eq!(server.requests(), 12);
    // What is written holds when it is read again.
    let mut command = tgsand();
    command.arg("filter").arg(run.folder.join("samples/problems.jsonl"));
    command.arg("--out").arg(folder.path().join("filtered"));
    let filtered = Run { folder: folder.path().join("filtered"), ended: ended(command, b"") };
    assert_eq!(filtered.lines::<Json>("kept.jsonl").len(), 3, "{:?}", filtered.rejections());
}

#[test]
fn a_reply_that_was_cut_off_is_asked_for_again_and_never_read() {
    let cut = |asked: &Asked, times: usize| {
        let is_cut = step(asked) == "solve" && earlier(asked) < times;
        let half = &OVERLAP[..OVERLAP.len() / 2];
        is_cut.then(|| Answer::Reply(200, "", completion(half, "length")))
    };
    let (name, _, requests) = outcome(&["--no-review"], move |asked| cut(asked, 1));
    // The client itself asks once more with twice the tokens, before the model is told to be brief.
    assert_eq!((name.as_str(), requests), ("problem", 4));
    assert_eq!(reason(move |asked| cut(asked, 2)), "malformed-reply");
    // A server need not say so.
    let half = |asked: &Asked| {
        (step(asked) == "solve").then(|| good(OVERLAP.split_once("return max").unwrap().0))
    };
    assert_eq!(reason(half), "malformed-reply");
    let no_code = |asked: &Asked| (step(asked) == "solve").then(|| good("I cannot do that."));
    assert_eq!(reason(no_code), "malformed-reply");
}

#[test]
fn a_solution_that_does_not_hold_goes_back_once_with_what_failed() {
    let solution = |from: &'static str, to: &'static str| {
        move |asked: &Asked| (step(asked) == "solve").then(|| good(&OVERLAP.replace(from, to)))
    };
    let last = "    return max(0,";
    let (import, by_chance) =
        ("```python\ndef overlap", "```python\nimport random, time\ndef overlap");
    let with = |body: &'static str| {
        move |asked: &Asked| {
            let reply = OVERLAP.replacen(import, by_chance, 1).replace(last, body);
            (step(asked) == "solve").then(|| good(&reply))
        }
    };
    assert_eq!(reason(with("    return random.random() + max(0,")), "nondeterministic");
    assert_eq!(reason(with("    return time.time() + max(0,")), "nondeterministic");
    assert_eq!(
        reason(with("    return list({'a', 'b', 'c', str(first)}), max(0,")),
        "nondeterministic"
    );
    assert_eq!(reason(solution("def overlap(", BROKEN)), "load-failed");
    assert_eq!(reason(solution(last, "    return missing + max(0,")), "all-inputs-failed");
    // The second reply is taken if it holds, and the request says what failed.
    let mended = |asked: &Asked| {
        if step(asked) != "solve" {
            return None;
        }
        if earlier(asked) == 0 {
            return Some(good(&OVERLAP.replace("def overlap(", BROKEN)));
        }
        assert!(asked.text().contains("ZeroDivisionError"), "{}", asked.text());
        Some(good(OVERLAP))
    };
    let (name, _, requests) = outcome(&["--no-review"], mended);
    assert_eq!((name.as_str(), requests), ("problem", 3));
}

#[test]
fn a_question_holds_and_gives_nothing_away_or_is_written_once_more() {
    let always = |text: &'static str| {
        move |asked: &Asked| (step(asked) == "describe").then(|| good(&task(text)))
    };
    let leaked_line =
        "Write `overlap`: it does shared_start=max(first[0], second[0]) and subtracts.";
    assert_eq!(reason(always(leaked_line)), "leaked-solution");
    let leaked_name = "Write `overlap`, which subtracts the `shared_start` of both intervals.";
    assert_eq!(reason(always(leaked_name)), "leaked-solution");
    let wrong_function =
        "Write `overlapping`, which gives the length that `first` and `second` share.";
    assert_eq!(reason(always(wrong_function)), "ungrounded");
    let false_example =
        "Write `overlap` for two intervals. For example, `overlap((1, 5), (3, 9))` returns `3`.";
    assert_eq!(reason(always(false_example)), "ungrounded");
    assert_eq!(reason(always("Compute what two things have in common.")), "ungrounded");
    let once = move |asked: &Asked| {
        let is_first = step(asked) == "describe" && earlier(asked) == 0;
        is_first.then(|| good(&task(false_example)))
    };
    let (name, run, requests) = outcome(&["--no-review"], once);
    assert_eq!((name.as_str(), requests), ("problem", 3));
    let problem = &run.lines::<CodingProblem>("samples/problems.jsonl")[0];
    assert!(problem.question.contains("returns `2`"), "{}", problem.question);
}

#[test]
fn a_review_decides_by_its_rules_and_one_that_contradicts_them_is_rejected() {
    let critic =
        |reply: String| move |asked: &Asked| (step(asked) == "critique").then(|| good(&reply));
    assert_eq!(reason(critic(review(&["wrong-target"], false))), "failed-review");
    assert_eq!(reason(critic(review(&["wrong-target"], true))), "contradictory");
    assert_eq!(reason(critic(review(&[], false))), "contradictory");
    assert_eq!(reason(critic(r#"{"rules": [], "overall_pass": true}"#.into())), "malformed-reply");
    // Some models list the rules.
    let listed: Json = serde_json::from_str(&review(&[], true)).unwrap();
    let listed = listed["rules"].as_object().unwrap().iter();
    let listed: Vec<Json> = listed
        .map(|(rule, it)| json!({"rule": rule, "broken": it["broken"], "reason": it["reason"]}))
        .collect();
    let listed = json!({"rules": listed, "overall_pass": true}).to_string();
    assert_eq!(reason(critic(listed)), "problem");
    let mends = |asked: &Asked| {
        let is_first = step(asked) == "critique" && earlier(asked) == 0;
        is_first.then(|| good(&review(&["other"], true)))
    };
    assert_eq!(reason(mends), "problem");
    // A problem without a category is a problem, and the reply that names none is on record.
    let untagged = |asked: &Asked| (step(asked) == "category").then(|| good(&category("magic")));
    let (_, run, _) = outcome(&[], untagged);
    assert_eq!(run.lines::<CodingProblem>("samples/problems.jsonl")[0].category, None);
    assert_eq!(run.lines::<Json>("rejected.jsonl")[0]["id"], "interval-overlap/category");
}

/// Answers of the weaker model: this many of ten are right.
fn weak(right: usize) -> impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static {
    let asked_so_far = std::sync::atomic::AtomicUsize::new(0);
    let code = "def overlap(first, second):\n    if first[0] > first[1] or second[0] > second[1]:\n        raise ValueError\n    return max(0, min(first[1], second[1]) - max(first[0], second[0]))\n";
    move |asked: &Asked| {
        if step(asked) != "answer" {
            return None;
        }
        if asked.body["model"] == "author" {
            return Some(good(&format!("```python\n{code}```")));
        }
        assert_eq!(asked.body["model"], "weak");
        let number = asked_so_far.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let wrong = code.replace("max(0, ", &format!("max({}, ", number + 1));
        let code = if number < right { format!("# {number}\n{code}") } else { wrong };
        Some(good(&format!("```python\n{code}```")))
    }
}

#[test]
fn answers_of_a_weaker_model_say_how_hard_a_problem_is_and_make_pairs() {
    // Without a limit, a server that ignores `n` gets one request for each answer.
    let options =
        ["--no-review", "--difficulty-model", "weak", "--samples", "10", "--max-concurrent", "1"];
    for (right, difficulty) in
        [(0, Difficulty::Hard), (3, Difficulty::Medium), (8, Difficulty::Easy)]
    {
        let (name, run, _) = outcome(&options, weak(right));
        assert_eq!(name, "problem");
        let problem = &run.lines::<CodingProblem>("samples/problems.jsonl")[0];
        let attempts = problem.attempts.as_ref().unwrap();
        assert_eq!(
            (attempts.samples, attempts.passed as usize, problem.difficulty),
            (10, right, Some(difficulty))
        );
        let rows: Vec<Json> = run.lines("samples/preferences.jsonl");
        rows.iter().for_each(assert_columns);
        let pairs: Vec<AnswerPreference> = run.lines("samples/preferences.jsonl");
        assert_eq!(pairs.len(), right.min(10 - right).min(4));
        for AnswerPreference(pair) in &pairs {
            let [prompt, chosen, rejected] =
                [&pair.prompt, &pair.chosen, &pair.rejected].map(|side| &side[0].content);
            let is_right = |answer: &str| answer.contains("max(0, ");
            assert!(is_right(chosen) && !is_right(rejected), "{pair:?}");
            let evidence: Json = serde_json::from_str(&pair.evidence).unwrap();
            assert!(prompt.contains(problem.question.trim()), "{pair:?}");
            assert!(!evidence["failure"].as_str().unwrap().is_empty(), "{pair:?}");
            assert_eq!(evidence["model"], "weak");
        }
        let rl = &run.lines::<Json>("samples/rl.jsonl")[0];
        assert_eq!(rl["extra_info"]["pass_rate"], json!(right as f64 / 10.0));
    }
    // A problem that its author does not solve either may be broken.
    let nobody = |asked: &Asked| (step(asked) == "answer").then(|| good("I do not know."));
    assert_eq!(outcome(&options, nobody).0, "unsolved");
    let (name, _, _) = outcome(&options, weak(10));
    assert_eq!(name, "too-easy");
    let (name, _, _) = outcome(&[&options[..], &["--keep-easy"]].concat(), weak(10));
    assert_eq!(name, "problem");
}

#[test]
fn functions_are_taken_as_they_are_if_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let code = OVERLAP
        .split("```")
        .nth(1)
        .unwrap()
        .trim_start_matches("python\n")
        .replace("    \"\"\"Give the length that two intervals share.\"\"\"\n", "");
    let input = file(folder.path(), "in.py", &code);
    let server = ModelServer::start(|asked| good(&good_reply(asked)));
    let run = autocode(folder.path(), &input, &server, &["--model", "author", "--as-is"]);
    let problems: Vec<CodingProblem> = run.lines("samples/problems.jsonl");
    assert_eq!(problems.len(), 1, "{:?}", run.rejections());
    assert_eq!(problems[0].canonical_solution.trim(), code.trim());
    // A task, a review and a category.
    assert_eq!(server.requests(), 3);
}

#[test]
fn a_server_that_is_down_defers_and_a_rerun_pays_for_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), "in.jsonl", seed());
    let out = folder.path().join("out");
    let command = |url: &str| {
        let mut command = tgsand();
        command
            .arg("autocode")
            .arg(&input)
            .arg("--out")
            .arg(&out)
            .args(["--fuel", "50M", "--model", "author"]);
        command.args(["--base-url", url, "--max-retries", "0", "--patience", "0"]);
        command.args(["--reply-cache", &folder.path().join("replies").display().to_string()]);
        command
    };
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let is_down = ModelServer::start(|asked| match step(asked) {
        "critique" => Answer::Reply(503, "", "busy".into()),
        _ => good(&good_reply(asked)),
    });
    let first = ended(command(&is_down.url), b"");
    assert_eq!(first.code, Some(3), "{address} {}", first.stderr);
    let asked = is_down.requests();
    let again = ended(command(&is_down.url), b"");
    assert_eq!(again.code, Some(3), "{}", again.stderr);
    // Only what was not answered is asked for again.
    assert_eq!(is_down.requests() - asked, 1);
}
