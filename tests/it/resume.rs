//! A run that was stopped, however it was stopped, goes on to the same bytes and does no finished work again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::cli::{ended, file, tgsand};
use crate::synth::{RAW_DATA, synth};

/// Rows of the project's set that a run takes a few seconds for, with a duplicate among them.
fn input(folder: &Path) -> PathBuf {
    let text = std::fs::read_to_string(RAW_DATA).unwrap();
    let rows: Vec<&str> = text.lines().step_by(12).collect();
    file(folder, "in.jsonl", [&rows[..], &rows[..1]].concat().join("\n"))
}

const OPTIONS: [&str; 4] = ["--cases", "6", "--fuel", "50M"];

fn command(input: &Path, out: &Path) -> Command {
    let mut command = tgsand();
    command.arg("synth").arg(input).arg("--out").arg(out).args(OPTIONS).args(["--threads", "2"]);
    command
}

/// A folder with an input, and the run over it that nothing disturbed.
struct Scene {
    folder: tempfile::TempDir,
    input: PathBuf,
    undisturbed: BTreeMap<String, Vec<u8>>,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let input = input(folder.path());
        let run = synth(&input, &folder.path().join("undisturbed"), &OPTIONS, b"");
        assert_eq!(run.ended.code, Some(0), "{}", run.ended.stderr);
        let undisturbed = results(&run.folder);
        assert!(undisturbed["samples/case2code.jsonl"].len() > 1000);
        Self { folder, input, undisturbed }
    }

    fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn start(&self, out: &Path) -> Child {
        command(&self.input, out)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs the command to its end, and checks that it went on where the last one stopped.
    fn finish(&self, out: &Path) {
        let before = journals(out);
        let run = synth(&self.input, out, &OPTIONS, b"");
        assert_eq!(run.ended.code, Some(0), "{}", run.ended.stderr);
        let after = journals(out);
        for (name, lines) in &before {
            // What the stopped run had finished stands as it was; only a line it did not finish is gone.
            let kept = &after[name][..lines.len()];
            assert_eq!(kept, &lines[..], "{name}");
        }
        assert_no_work_twice(&after);
        assert_same_results(&results(out), &self.undisturbed);
    }
}

/// Everything a run leaves for its user, by name.
fn results(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(out.join("samples")).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("samples/{}", path.file_name().unwrap().to_str().unwrap());
        files.insert(name, std::fs::read(&path).unwrap());
    }
    for name in ["rejected.jsonl", "run.json"] {
        files.insert(name.into(), std::fs::read(out.join(name)).unwrap());
    }
    files
}

fn assert_same_results(found: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>) {
    assert!(found.keys().eq(expected.keys()), "{:?}", found.keys());
    for (name, bytes) in found {
        assert!(*bytes == expected[name], "{name} differs");
    }
}

/// The whole entries of every journal, by name.
fn journals(out: &Path) -> BTreeMap<String, Vec<String>> {
    let mut journals = BTreeMap::new();
    for stage in ["propose", "execute", "emit"] {
        let path = out.join("journal").join(format!("{stage}.jsonl"));
        let text = std::fs::read(path)
            .map_or(String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned());
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let entries = whole.lines().filter(|line| line.starts_with("{\"key\""));
        journals.insert(stage.to_owned(), entries.map(str::to_owned).collect());
    }
    journals
}

fn assert_no_work_twice(journals: &BTreeMap<String, Vec<String>>) {
    for (name, lines) in journals {
        let keys: BTreeSet<&str> =
            lines.iter().map(|line| line.split('"').nth(3).unwrap()).collect();
        assert_eq!(keys.len(), lines.len(), "{name} has a key twice");
    }
}

fn signal(child: &Child, name: &str) {
    let sent =
        Command::new("sh").args(["-c", &format!("kill -{name} {}", child.id())]).status().unwrap();
    assert!(sent.success());
}

/// Waits until a run has written so many lines into its first journal.
fn wait_for_lines(child: &mut Child, out: &Path, count: usize) {
    while journals(out)["propose"].len() < count {
        assert_eq!(child.try_wait().unwrap(), None, "the run was to be stopped before its end");
        std::thread::sleep(Duration::from_millis(3));
    }
}

#[test]
fn a_run_that_is_killed_again_and_again_ends_with_the_same_bytes() {
    let scene = Scene::new();
    let out = scene.out("killed");
    let mut stopped = 0;
    // Moments from the start of the process to the midst of the work, as a fixed sequence of a small generator.
    let mut state = 20_260_u64;
    for turn in 0..8 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut child = scene.start(&out);
        std::thread::sleep(Duration::from_millis(10 + 40 * turn + (state >> 33) % 120));
        child.kill().unwrap();
        stopped += u32::from(child.wait().unwrap().signal() == Some(9));
    }
    assert!(stopped >= 2, "only {stopped} of the runs were killed before their end");
    scene.finish(&out);
    // One run more does nothing at all.
    let before = journals(&out);
    scene.finish(&out);
    assert_eq!(journals(&out), before);
}

#[test]
fn ctrl_c_ends_with_130_and_keeps_what_is_done() {
    let scene = Scene::new();
    let out = scene.out("interrupted");
    let mut child = scene.start(&out);
    wait_for_lines(&mut child, &out, 1);
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(
        stderr
            .contains("tgsand: finishing work in progress; press Ctrl-C again to stop immediately"),
        "{stderr}"
    );
    assert!(stderr.contains("tgsand: stopped; run the same command again to resume"), "{stderr}");
    assert!(!out.join("run.json").exists() && !out.join("samples/case2code.jsonl").exists());
    let journals = journals(&out);
    assert!(!journals["propose"].is_empty());
    scene.finish(&out);
}

#[test]
fn an_interrupted_rerun_leaves_the_samples_of_the_last_whole_run() {
    let scene = Scene::new();
    let out = scene.out("undisturbed");
    std::fs::remove_dir_all(out.join("journal")).unwrap();
    let mut child = scene.start(&out);
    wait_for_lines(&mut child, &out, 1);
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    for (name, bytes) in &scene.undisturbed {
        assert!(std::fs::read(out.join(name)).unwrap() == *bytes, "{name} differs");
    }
}

#[test]
fn a_full_disk_ends_with_1_and_names_the_file_and_a_rerun_with_room_goes_on() {
    let scene = Scene::new();
    let out = scene.out("full");
    for blocks in [1, 24, 60] {
        // No file may grow beyond the limit; with the signal ignored, the write fails as on a full disk.
        let mut limited = Command::new("sh");
        let run = command(&scene.input, &out);
        limited.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), "sh"]);
        limited.arg(run.get_program()).args(run.get_args());
        for (name, value) in run.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        let ended = ended(limited, "");
        assert_eq!(ended.code, Some(1), "{blocks}: {}", ended.stderr);
        let last = ended.stderr.lines().last().unwrap_or_default();
        let names_file = last.starts_with(&format!("tgsand: failed to access {}", out.display()));
        assert!(names_file && last.contains("File too large"), "{blocks}: {last}");
        assert!(!out.join("run.json").exists(), "{blocks}");
    }
    scene.finish(&out);
}

#[test]
fn a_journal_cut_anywhere_is_made_whole_again() {
    let scene = Scene::new();
    let out = scene.out("undisturbed");
    for (stage, part) in [("propose", 3), ("execute", 2), ("emit", 5)] {
        let path = out.join("journal").join(format!("{stage}.jsonl"));
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() * (part - 1) / part]).unwrap();
        scene.finish(&out);
    }
}

#[test]
fn a_damaged_journal_is_named_with_its_line() {
    let scene = Scene::new();
    let out = scene.out("undisturbed");
    let path = out.join("journal/execute.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("{\"key\"", "{\"kex\"", 1)).unwrap();
    let ended = ended(command(&scene.input, &out), "");
    assert_eq!(ended.code, Some(2));
    assert!(
        ended
            .stderr
            .contains("journal/execute.jsonl:2: the line is damaged or from another journal"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let scene = Scene::new();
    let out = scene.out("one-thread");
    let run = synth(&scene.input, &out, &[&OPTIONS[..], &["--threads", "1"]].concat(), b"");
    assert_eq!(run.ended.code, Some(0));
    assert_same_results(&results(&out), &scene.undisturbed);
}

#[test]
fn another_seed_gives_other_samples_and_the_same_folder_holds_both_seeds_work() {
    let scene = Scene::new();
    let out = scene.out("seeds");
    let other = synth(&scene.input, &out, &[&OPTIONS[..], &["--seed", "7"]].concat(), b"");
    assert_eq!(other.ended.code, Some(0));
    let other = results(&out);
    for name in ["samples/case2code.jsonl", "samples/qa.jsonl", "run.json"] {
        assert!(other[name] != scene.undisturbed[name], "{name} is the same for both seeds");
    }
    scene.finish(&out);
}

#[test]
fn rows_that_moved_are_told_from_their_new_place() {
    let scene = Scene::new();
    let out = scene.out("undisturbed");
    let rows = std::fs::read_to_string(&scene.input).unwrap();
    std::fs::write(&scene.input, format!("\n\n{rows}")).unwrap();
    let moved = synth(&scene.input, &out, &OPTIONS, b"");
    let fresh = synth(&scene.input, &scene.out("fresh"), &OPTIONS, b"");
    assert_eq!((moved.ended.code, fresh.ended.code), (Some(0), Some(0)));
    assert_same_results(&results(&out), &results(&fresh.folder));
}

#[test]
fn ctrl_c_ends_a_run_that_waits_for_its_input() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut child =
        command(Path::new("-"), &out).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The row has no newline: the run waits in the midst of a line, and nothing more comes.
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"{\"content\": \"def f(x: int):\\n    return x\"}\n{\"content\": ").unwrap();
    while !out.join("rejected.partial").exists() {
        assert_eq!(child.try_wait().unwrap(), None, "the run waits for its input");
        std::thread::sleep(Duration::from_millis(3));
    }
    signal(&child, "INT");
    let (send, receive) = std::sync::mpsc::channel();
    let id = child.id();
    std::thread::spawn(move || send.send(child.wait_with_output().unwrap()));
    let output = receive.recv_timeout(Duration::from_secs(120)).unwrap_or_else(|_| {
        Command::new("kill").arg(id.to_string()).status().unwrap();
        panic!("the run still waits for its input");
    });
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("tgsand: stopped; run the same command again to resume"), "{stderr}");
    drop(stdin);
}
