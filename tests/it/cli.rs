//! The command line as a user meets it: results on stdout, messages on stderr, exit codes that say how it ended.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value as Json;

/// The `tgsand` command, deaf to the settings of whoever runs the tests but for the cache with the runtimes,
/// which has the default one by now.
pub fn tgsand() -> Command {
    crate::support::install_default();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tgsand"));
    for (name, _) in std::env::vars_os() {
        let is_setting =
            name.to_str().is_some_and(|name| name.starts_with("TGSAND_") && name != "TGSAND_CACHE");
        if is_setting {
            command.env_remove(name);
        }
    }
    // Replies of earlier tests would answer the next ones.
    command.env("TGSAND_NO_CACHE", "true");
    command
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a command to its end, with this text on its stdin.
pub fn ended(command: Command, stdin: impl Into<Vec<u8>>) -> Ended {
    let output = assert_cmd::Command::from_std(command).write_stdin(stdin).output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs `tgsand` with these arguments and an empty stdin.
pub fn run(args: &[&str]) -> Ended {
    let mut command = tgsand();
    command.args(args);
    ended(command, "")
}

/// Writes a file and gives its path.
pub fn file(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// The lines of a JSONL text.
pub fn json_lines(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn script(code: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "script.py", code).display().to_string();
    (folder, path)
}

#[test]
fn run_gives_a_script_its_arguments_and_prints_what_it_prints() {
    let (_folder, path) =
        script("import sys\nprint(sys.argv[1:])\nprint('to stderr', file=sys.stderr)\n");
    // Options of ours are the script's where they follow it.
    let ended = run(&["run", &path, "one", "--two", "-3", "--json"]);
    assert_eq!(ended.stdout, "['one', '--two', '-3', '--json']\n");
    assert_eq!(ended.stderr, "to stderr\n");
    assert_eq!(ended.code, Some(0));
    let help = run(&["run", "--help"]).stdout;
    let help: Vec<&str> = help.split_whitespace().collect();
    assert!(
        help.join(" ")
            .contains("everything after FILE, including options; put tgsand's options before FILE")
    );
}

#[test]
fn run_reads_stdin_from_a_file_and_gives_an_empty_one_without() {
    let (folder, path) = script("import sys\nprint(repr(sys.stdin.read()))\n");
    let input = file(folder.path(), "input.txt", "a\nb\n").display().to_string();
    assert_eq!(run(&["run", "--stdin", &input, &path]).stdout, "'a\\nb\\n'\n");
    let mut command = tgsand();
    command.args(["run", &path]);
    assert_eq!(ended(command, "not for the script").stdout, "''\n");
}

#[test]
fn run_gives_a_script_the_bytes_of_its_stdin_as_they_are() {
    let code = "import sys\ndata = sys.stdin.buffer.read()\nprint(len(data), data == bytes(range(256)) * 300)\n";
    let (folder, path) = script(code);
    let bytes: Vec<u8> = (0..=255).collect();
    let input = file(folder.path(), "input.bin", bytes.repeat(300)).display().to_string();
    assert_eq!(run(&["run", "--stdin", &input, &path]).stdout, "76800 True\n");
}

#[test]
fn run_ends_with_the_scripts_exit_code() {
    for (code, expected) in [
        ("pass", 0),
        ("import sys; sys.exit(7)", 7),
        ("import sys; sys.exit(-1)", 255),
        ("import sys; sys.exit('no')", 1),
        ("1 / 0", 1),
        ("def", 1),
    ] {
        let (_folder, path) = script(code);
        assert_eq!(run(&["run", &path]).code, Some(expected), "{code}");
    }
}

#[test]
fn run_passes_the_scripts_bytes_through_and_json_has_text() {
    let folder = tempfile::tempdir().unwrap();
    let code = "import sys\nsys.stdout.buffer.write(b'\\xff\\x00\\xfe')\nsys.stderr.buffer.write(b'\\xc3(\\n')\n";
    let path = file(folder.path(), "bytes.py", code);
    let mut command = tgsand();
    let output = command.arg("run").arg(&path).output().unwrap();
    assert!(output.status.success());
    assert_eq!(
        (output.stdout.as_slice(), output.stderr.as_slice()),
        (&b"\xff\x00\xfe"[..], &b"\xc3(\n"[..])
    );
    let json = json_lines(&run(&["run", "--json", path.to_str().unwrap()]).stdout);
    assert_eq!(
        (&json[0]["stdout"], &json[0]["stderr"]),
        (&"\u{fffd}\0\u{fffd}".into(), &"\u{fffd}(\n".into())
    );
    assert!(json[0].get("raw").is_none());
}

#[test]
fn run_shows_an_exception_as_python_does() {
    let (_folder, path) = script("def f():\n    return 1 / 0\n\nf()\n");
    let ended = run(&["run", &path]);
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.starts_with("Traceback (most recent call last):\n"), "{}", ended.stderr);
    assert!(ended.stderr.ends_with("ZeroDivisionError: division by zero\n"), "{}", ended.stderr);
}

#[test]
fn run_ends_with_124_and_names_the_option_where_a_limit_ends_the_script() {
    for (code, option, value) in [
        ("while True: pass", "--fuel", "20M"),
        ("x = [0] * 100_000_000", "--memory", "100M"),
        ("while True: print('x' * 1000)", "--output", "10K"),
    ] {
        let (_folder, path) = script(code);
        let ended = run(&["run", option, value, &path]);
        assert_eq!(ended.code, Some(124), "{code}: {}", ended.stderr);
        let last = ended.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with("tgsand: the script ") && last.contains(option), "{code}: {last}");
    }
}

#[test]
fn run_prints_one_json_object_instead_of_the_output() {
    let (_folder, path) =
        script("import sys\nprint('out')\nprint('err', file=sys.stderr)\nsys.exit(3)\n");
    let ended = run(&["run", "--json", &path]);
    let lines = json_lines(&ended.stdout);
    assert_eq!(lines.len(), 1);
    let execution = &lines[0];
    assert_eq!(execution["end"], "exited");
    assert_eq!(execution["exit_code"], 3);
    assert_eq!(execution["stdout"], "out\n");
    assert_eq!(execution["stderr"], "err\n");
    assert_eq!(ended.stderr, "");
    assert_eq!(ended.code, Some(3));
}

#[test]
fn variables_switch_flags_on_and_a_server_that_nobody_asks_is_no_matter() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "a.py", "def twice(n: int) -> int:\n    return 2 * n\n");
    let mut command = tgsand();
    command.args(["synth", "a.py", "--out", "out"]).current_dir(folder.path());
    command.env("TGSAND_NO_CACHE", "1").env("TGSAND_BASE_URL", "http://127.0.0.1:9/v1");
    let output = ended(command, b"");
    assert_eq!(output.code, Some(0), "{}", output.stderr);
}

#[test]
fn a_missing_file_is_named() {
    for args in [
        &["run", "no-such.py"][..],
        &["exec", "no-such.jsonl"],
        &["synth", "no-such.jsonl"],
        &["synth", "no-such.py"],
        &["synth", "no-such-folder"],
        &["filter", "no-such.jsonl"],
        &["run", "--stdin", "no-such.txt", file!()],
        &["runtime", "install", "--from", "no-such.whl"],
    ] {
        let ended = run(args);
        let name = args.iter().find(|arg| arg.starts_with("no-such")).unwrap();
        assert_eq!(ended.code, Some(2), "{args:?}");
        assert_eq!(ended.stdout, "", "{args:?}");
        assert_eq!(
            ended.stderr,
            format!("tgsand: failed to access {name}: No such file or directory (os error 2)\n"),
            "{args:?}"
        );
    }
}

#[test]
fn limits_below_which_nothing_loads_are_refused_and_the_least_is_named() {
    let (folder, path) = script("");
    let out = folder.path().join("out").display().to_string();
    for (option, value) in
        [("--fuel", "1"), ("--fuel", "20K"), ("--memory", "1"), ("--memory", "20M")]
    {
        for args in [
            &["run", option, value, &path][..],
            &["exec", option, value, &path],
            &["synth", option, value, "--out", &out, &path],
            &["filter", option, value, "--out", &out, &path],
        ] {
            let refused = run(args);
            assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{args:?}");
            let (text, least) = refused.stderr.trim_end().rsplit_once(' ').unwrap();
            let begins = format!("tgsand: {option} ");
            let ends =
                format!("is too small: no program loads in python-3.15 with less than {option}");
            assert!(text.starts_with(&begins) && text.ends_with(&ends), "{args:?}: {text}");
            // The least is enough for a program that does nothing.
            assert_eq!(run(&["run", option, least, &path]).code, Some(0), "{option} {least}");
        }
    }
    assert!(!Path::new(&out).exists());
}

#[test]
fn runtimes_are_listed_and_verified_on_stdout() {
    let listed = run(&["runtime", "list"]);
    let names: Vec<&str> =
        listed.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(
        names,
        [
            "python-3.15",
            "python-3.15-sci",
            "python-3.12",
            "javascript",
            "typescript",
            "ruby",
            "sql",
            "php",
            "perl",
            "c",
            "cpp",
            "go",
            "lua"
        ]
    );
    assert_eq!((listed.code, listed.stderr.as_str()), (Some(0), ""));
    assert_eq!(run(&["runtime", "install"]).code, Some(0));
    let verified = run(&["runtime", "verify"]);
    assert!(verified.stdout.starts_with("python-3.15@"), "{}", verified.stdout);
    assert!(verified.stdout.ends_with(" is whole\n"), "{}", verified.stdout);
    assert_eq!((verified.code, verified.stderr.as_str()), (Some(0), ""));
}

#[test]
fn verifying_a_runtime_that_is_not_installed_says_how_to_install_it() {
    let empty = tempfile::tempdir().unwrap();
    let mut command = tgsand();
    command.args(["runtime", "verify", "python-3.12"]).env("TGSAND_CACHE", empty.path());
    let ended = ended(command, "");
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .stderr
            .contains("python-3.12 is not installed; run `tgsand runtime install python-3.12`")
    );
}

#[test]
fn messages_that_nobody_reads_end_no_run() {
    let (folder, path) = script("def double(x: int) -> int:\n    return x * 2\n");
    let out = folder.path().join("out").display().to_string();
    let mut command = tgsand();
    command
        .args(["synth", &path, "--out", &out])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    // Installed beforehand, so that nothing is said of it.
    crate::support::sandbox();
    let (folder, path) = script("print('x' * 100_000)\n");
    let jobs =
        file(folder.path(), "jobs.jsonl", "{\"code\": \"print(1)\"}\n").display().to_string();
    for args in
        [&["runtime", "list"][..], &["exec", &jobs], &["run", &path], &["run", "--json", &path]]
    {
        let mut command = tgsand();
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        // What was computed and not read is lost, which `exec` says.
        let expected = match args[0] {
            "exec" => {
                "tgsand: failed to access stdout: it was closed before all jobs were answered\n"
            }
            _ => "",
        };
        assert_eq!(stderr, expected, "{args:?}");
    }
}

#[test]
fn the_small_runtime_runs_scripts_and_grades_answers() {
    let (folder, path) = script("import sys\nprint(sys.version_info[:2])\n");
    let ended = run(&["run", "--runtime", "python-3.12", &path]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "(3, 12)\n"), "{}", ended.stderr);
    let row = serde_json::json!({"task_id": 1, "text": "Add.", "code": "def add(a, b):\n    return a + b\n", "test_list": ["assert add(1, 2) == 3"]});
    let test = file(folder.path(), "test.jsonl", row.to_string());
    let mut command = tgsand();
    command.args(["eval", "--runtime", "python-3.12", "--reference", "--json"]).arg(&test);
    let ended = ended_in(command, folder.path());
    let scores: Json = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(scores["pass@1"], 1.0, "{}", ended.stderr);
}

/// Runs a command in a folder to its end.
fn ended_in(mut command: Command, folder: &Path) -> Ended {
    command.current_dir(folder);
    ended(command, "")
}
