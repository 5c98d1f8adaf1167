//! How many programs a second are looked through for defects, and tidied.
//!
//! `cargo bench --bench lint`; with a folder as argument, its Python files instead of a thousand short programs, so that other
//! linters can be timed on the same files. One thread.

use std::time::Instant;

use tgsand::lint::{Selection, Step, findings, tidy};

const PROGRAMS: usize = 1000;

/// 17 lines with a little of everything.
fn program(i: usize) -> String {
    format!(
        "import os\nimport math\n\n\ndef area{i}(radius, names=[]):\n    '''the area of a circle'''\n    if radius == None:\n        \
         return 0\n    total = 0\n    for name in names:\n        total += len(name)\n    unused = \"{i}\"\n    return \
         math.pi * radius ** 2 + total\n\n\nif __name__ == \"__main__\":\n    print(area{i}({i}), open(\"x\").read())\n"
    )
}

/// The Python files of the folder that the command line names.
fn given() -> Option<Vec<String>> {
    let folder = std::env::args().skip(1).find(|argument| !argument.starts_with("--"))?;
    let mut paths: Vec<_> =
        std::fs::read_dir(&folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    Some(paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect())
}

fn main() {
    let programs = given().unwrap_or_else(|| (0..PROGRAMS).map(program).collect());
    let timed = |name: &str, run: &dyn Fn(&str) -> usize| {
        let start = Instant::now();
        let total: usize = programs.iter().map(|program| run(program)).sum();
        let rate = programs.len() as f64 / start.elapsed().as_secs_f64();
        println!("{name:<28} {rate:>10.0} programs/s {total:>8}");
    };
    let all = Selection::new(&["ALL".to_owned()], &[]).expect("a selector of all");
    let cleaning = Selection::default_cleaning();
    println!("{} programs; the last column counts findings or changed programs", programs.len());
    let found =
        |selection: &Selection, text: &str| findings(text, selection).map_or(0, |it| it.len());
    timed("findings, for cleaning", &|text| found(&cleaning, text));
    timed("findings, all rules", &|text| found(&all, text));
    for steps in Step::ALL.chunks(1).chain([Step::ALL]) {
        let names: Vec<&str> = steps.iter().map(|step| step.name()).collect();
        timed(&format!("tidy {}", names.join(" ")), &|text| {
            tidy(text, steps, &[]).map_or(0, |tidied| usize::from(!tidied.changed.is_empty()))
        });
    }
}
