//! A folder of a run with damaged files: the damage is named, or the work is done again. It never changes results.

use std::path::{Path, PathBuf};

use crate::cli::{Ended, file};
use crate::synth::{row, synth};

const SAMPLES: &str = "samples/case2code.jsonl";
const STAGES: [&str; 3] = ["propose", "execute", "emit"];

/// A folder with a small input, and the finished run over it.
struct Scene {
    _folder: tempfile::TempDir,
    input: PathBuf,
    out: PathBuf,
    samples: Vec<u8>,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let rows = [
            row(
                "clamp",
                "def clamp(value: int, high: int):\n    return high if value > high else value\n",
            ),
            row("digits", "def digits(text: str):\n    return [c for c in text if c.isdigit()]\n"),
            row("broken", "def broken(\n"),
        ];
        let input = file(folder.path(), "in.jsonl", rows.join("\n"));
        let out = folder.path().join("out");
        let mut scene = Self { _folder: folder, input, out, samples: Vec::new() };
        let ended = scene.run();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        scene.samples = std::fs::read(scene.out.join(SAMPLES)).unwrap();
        assert!(scene.samples.len() > 500);
        scene
    }

    fn run(&self) -> Ended {
        synth(&self.input, &self.out, &["--cases", "3", "--fuel", "50M", "--threads", "1"], b"")
            .ended
    }

    fn journal(&self, stage: &str) -> PathBuf {
        self.out.join("journal").join(format!("{stage}.jsonl"))
    }

    /// Takes the samples away and runs again.
    fn run_without_samples(&self) -> Ended {
        std::fs::remove_dir_all(self.out.join("samples")).unwrap_or_default();
        self.run()
    }

    fn assert_same_samples(&self, ended: &Ended) {
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(std::fs::read(self.out.join(SAMPLES)).unwrap() == self.samples, "other samples");
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_bit_flipped_anywhere_in_a_journal_is_named_or_its_work_is_done_again() {
    const POSITIONS: usize = 20;
    let scene = Scene::new();
    for stage in STAGES {
        let path = scene.journal(stage);
        let whole = std::fs::read(&path).unwrap();
        for number in 0..=POSITIONS {
            // The last position is the last newline's.
            let at = (whole.len() - 1) * number / POSITIONS;
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (number % 8);
            std::fs::write(&path, &damaged).unwrap();
            let ended = scene.run_without_samples();
            if ended.code == Some(2) {
                let place = format!("journal/{stage}.jsonl:");
                let is_told = ended.stderr.contains(&place) && ended.stderr.contains("remove the ");
                assert!(is_told, "{stage} {at}: {}", ended.stderr);
            } else {
                scene.assert_same_samples(&ended);
            }
        }
        std::fs::write(&path, &whole).unwrap();
    }
}

#[test]
fn removing_the_damaged_line_does_its_work_again() {
    let scene = Scene::new();
    let path = scene.journal("execute");
    let whole = read(&path);
    let mut lines: Vec<&str> = whole.lines().collect();
    let damaged = lines[1].replacen("returned", "returnes", 1);
    std::fs::write(&path, whole.replace(lines[1], &damaged)).unwrap();
    let ended = scene.run();
    assert_eq!(ended.code, Some(2));
    let told = "journal/execute.jsonl:2: the line is damaged or from another journal; remove the line to do its work again";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    lines.remove(1);
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    scene.assert_same_samples(&scene.run_without_samples());
}

#[test]
fn the_folder_of_an_earlier_version_without_checksums_resumes() {
    let scene = Scene::new();
    let journals = STAGES.map(|stage| read(&scene.journal(stage)));
    for (stage, journal) in STAGES.iter().zip(&journals) {
        let lines = journal.lines().map(|line| match line.rsplit_once(",\"check\"") {
            Some((entry, _)) => format!("{entry}}}\n"),
            None => line.replace("journal/2", "journal/1") + "\n",
        });
        std::fs::write(scene.journal(stage), lines.collect::<String>()).unwrap();
    }
    scene.assert_same_samples(&scene.run_without_samples());
    assert_eq!(STAGES.map(|stage| read(&scene.journal(stage))), journals, "no work was done again");
}

#[test]
fn a_folder_whose_input_is_not_noted_goes_on() {
    let scene = Scene::new();
    let of = scene.out.join("journal/of");
    let noted = read(&of);
    std::fs::write(&of, "").unwrap();
    let journals = STAGES.map(|stage| read(&scene.journal(stage)));
    scene.assert_same_samples(&scene.run_without_samples());
    assert_eq!(read(&of), noted);
    assert_eq!(STAGES.map(|stage| read(&scene.journal(stage))), journals, "no work was done again");
}
