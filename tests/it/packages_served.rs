//! `--with NAME==VERSION`: programs import packages that the host serves, and nothing of a package runs or writes anywhere else.
//!
//! Invariant: packages that are known by their digest come from pip or from wheels that the tests make; the tests need no network for the
//! latter.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;
use tgsand::sample::Case2Code;

use crate::cli::{Ended, ended, file, tgsand};
use crate::synth::Run;

/// Two packages, of which the second needs a third that reads a file of its own.
const WITH: [&str; 4] = ["--with", "inflection==0.5.1", "--with", "python-slugify==8.0.4"];
const INFLECTION: &str =
    "inflection==0.5.1#sha256=f38b2b640938a4f35ade69ac3d053042959b62a0f1076a5bbaa1b9526605a8a2";
const SOURCE: &str = "\
import inflection
from slugify import slugify


def table_name(class_name: str) -> str:
    return inflection.tableize(class_name)


def address(title: str, folder: str = 'posts') -> str:
    if not title:
        raise ValueError('a title is needed')
    return f'/{folder}/' + slugify(title)
";

fn synth(input: &Path, out: &Path, options: &[&str], prepare: impl FnOnce(&mut Command)) -> Run {
    let mut command = tgsand();
    command.arg("synth").arg(input).arg("--out").arg(out).args(["--cases", "5"]).args(options);
    prepare(&mut command);
    Run { folder: out.into(), ended: ended(command, "") }
}

fn no_change(_: &mut Command) {}

/// Takes pip away from a command.
fn without_pip(command: &mut Command) {
    command.env("PATH", "");
}

/// A wheel with these files, in a folder; its version is a digest of them, because wheels are kept.
fn wheel(folder: &Path, name: &str, files: &[(&str, &str)]) -> String {
    let digest = blake3::hash(format!("{files:?}").as_bytes());
    let number = u32::from_le_bytes(digest.as_bytes()[..4].try_into().unwrap());
    let version = format!("1.{number}");
    let about = format!("{name}-{version}.dist-info");
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
    let tags = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let (about_metadata, about_wheel, record) =
        (format!("{about}/METADATA"), format!("{about}/WHEEL"), format!("{about}/RECORD"));
    let own = [(about_metadata.as_str(), metadata.as_str()), (&about_wheel, tags), (&record, "")];
    for (name, text) in files.iter().copied().chain(own) {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    let bytes = archive.finish().unwrap().into_inner();
    file(folder, &format!("{name}-{version}-py3-none-any.whl"), bytes);
    format!("{name}=={version}")
}

/// Runs a script that can import a package of this folder.
fn script(folder: &Path, package: &str, code: &str) -> Ended {
    let script = file(folder, "script.py", code);
    let mut command = tgsand();
    command.args(["run", "--with", package]).arg(script);
    command.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", folder);
    ended(command, "")
}

fn source(folder: &Path) -> PathBuf {
    let source = folder.join("blog");
    std::fs::create_dir(&source).unwrap();
    file(&source, "names.py", SOURCE);
    source
}

#[test]
fn a_folder_that_imports_packages_yields_samples_that_name_their_digests() {
    let folder = tempfile::tempdir().unwrap();
    let input = source(folder.path());
    let out = folder.path().join("out");

    let alone = synth(&input, &out, &[], no_change);
    let missing = |module: &str, package: &str| {
        let way_out = format!("if a package of pure Python has it, give --with {package}==VERSION");
        let detail = format!("ModuleNotFoundError: No module named '{module}'; {way_out}");
        ("load-failed".to_owned(), detail)
    };
    let expected = [missing("inflection", "inflection"), missing("slugify", "python-slugify")];
    assert_eq!(alone.rejections(), expected);

    let run = synth(&input, &out, &WITH, no_change);
    assert!(
        run.ended.stderr.contains("has results of other settings (runtime)"),
        "{}",
        run.ended.stderr
    );
    assert_eq!(run.accepted(), ["names.py:table_name", "names.py:address"], "{}", run.ended.stderr);
    let samples: Vec<Case2Code> = run.lines("samples/case2code.jsonl");
    let runtimes: Vec<&str> =
        samples.iter().map(|sample| sample.provenance.runtime.as_str()).collect();
    assert_eq!(runtimes[0], runtimes[1]);
    let words: Vec<&str> = runtimes[0].split(' ').collect();
    let [runtime, inflection, slugify, unidecode] = words[..] else { panic!("{words:?}") };
    assert!(runtime.starts_with("python-3.15@"), "{runtime}");
    assert_eq!(inflection, INFLECTION);
    assert!(slugify.starts_with("python_slugify==8.0.4#sha256="), "{slugify}");
    assert!(unidecode.starts_with("text_unidecode=="), "{unidecode}");
    assert_eq!(run.report()["settings"]["runtime"], runtimes[0]);
    let returned = |sample: &Case2Code| {
        sample.cases().any(|case| format!("{:?}", case.end).contains("/posts/"))
    };
    assert!(returned(&samples[1]), "{samples:?}");

    // What was fetched once needs no network, and no number of threads changes a byte.
    let files = |name: &str, threads: &str| {
        let out = folder.path().join(name);
        let options = [&WITH[..], &["--threads", threads]].concat();
        let run = synth(&input, &out, &options, without_pip);
        assert_eq!(run.ended.code, Some(0), "{}", run.ended.stderr);
        std::fs::read(out.join("samples/case2code.jsonl")).unwrap()
    };
    let first = std::fs::read(out.join("samples/case2code.jsonl")).unwrap();
    assert_eq!(files("one", "1"), first);
    assert_eq!(files("two", "2"), first);

    // Samples run again only where their packages are.
    let kept = |options: &[&str], name: &str| {
        let mut command = tgsand();
        command.arg("filter").arg(out.join("samples/case2code.jsonl")).args(options);
        command.arg("--out").arg(folder.path().join(name));
        ended(command, "");
        let report = std::fs::read_to_string(folder.path().join(name).join("run.json")).unwrap();
        let report: Json = serde_json::from_str(&report).unwrap();
        report["accepted"].as_u64().unwrap()
    };
    assert_eq!((kept(&WITH, "with"), kept(&[], "without")), (2, 0));
}

#[test]
fn only_packages_of_pure_python_in_one_version_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |options: &[&str]| {
        let script = file(folder.path(), "script.py", "");
        let mut command = tgsand();
        command.arg("run").args(options).arg(script);
        let Ended { code, stderr, .. } = ended(command, "");
        assert_eq!(code, Some(2), "{stderr}");
        stderr
    };
    let numpy = refused(&["--with", "numpy==2.0.0"]);
    let expected = "tgsand: pip finds no wheel of pure Python for numpy==2.0.0; python-3.15-sci has numpy built in: \
                    use --runtime python-3.15-sci without --with numpy==2.0.0; importing numpy takes 0.6G of --fuel\n";
    assert_eq!(numpy, expected);
    let unversioned = refused(&["--with", "toolz"]);
    assert!(unversioned.contains("give the version as well: toolz==VERSION"), "{unversioned}");
    let folderless = refused(&["--with", "toolz==1.0.0", "--runtime", "python-3.12"]);
    assert!(folderless.contains("python-3.12 has no room for packages"), "{folderless}");
}

#[test]
fn a_package_is_found_like_an_installed_one_and_never_instead_of_the_library() {
    let folder = tempfile::tempdir().unwrap();
    let package = wheel(
        folder.path(),
        "tgsand_served",
        &[
            ("tgsand_served/__init__.py", "from .deep.part import VALUE\nNAME = __name__\n"),
            ("tgsand_served/deep/part.py", "VALUE = 7\ndef where():\n    raise KeyError('here')\n"),
            ("tgsand_served/data/words.txt", "alpha\nbeta\n"),
            ("tgsand_served/old.py", "print 'Python 2'\n"),
            ("tgsand_served/latin.py", "# -*- coding: latin-1 -*-\nVALUE = 'x'\n"),
            ("tgsand_namespace/inner/__init__.py", "VALUE = 8\n"),
            ("json.py", "raise SystemExit('the library was replaced')\n"),
            ("colorsys.py", "raise SystemExit('the library was replaced')\n"),
            ("../outside.py", "VALUE = 9\n"),
        ],
    );
    let code = "\
import colorsys, importlib.metadata, importlib.resources, inspect, json, os, pkgutil, sys, traceback
import tgsand_served, tgsand_served.latin
from tgsand_namespace import inner
print(tgsand_served.VALUE, tgsand_served.NAME, inner.VALUE, tgsand_served.latin.VALUE)
print(importlib.resources.files('tgsand_served').joinpath('data/words.txt').read_text().split())
print(pkgutil.get_data('tgsand_served', 'data/words.txt'))
print(importlib.metadata.version('tgsand_served').split('.')[0], json.loads('[1]'), colorsys.rgb_to_hls(0, 0, 0))
print([module.name for module in pkgutil.iter_modules(tgsand_served.__path__)])
try:
    tgsand_served.deep.part.where()
except KeyError:
    print(traceback.format_exc().splitlines()[-2].strip())
for attempt in (
    lambda: __import__('tgsand_served.old'),
    lambda: __import__('outside'),
    lambda: open(sys.path[-1], 'ab', buffering=0).write(b'x'),
    lambda: open(os.path.join(os.path.dirname(sys.path[-1]), 'new.py'), 'w'),
    lambda: os.remove(sys.path[-1]),
):
    try:
        print('done', attempt())
    except (SyntaxError, ImportError, OSError) as error:
        print(type(error).__name__)
";
    let ended = script(folder.path(), &package, code);
    let expected = "\
7 tgsand_served 8 x
['alpha', 'beta']
b'alpha\\nbeta\\n'
1 [1] (0.0, 0.0, 0.0)
['latin', 'old']
raise KeyError('here')
SyntaxError
ModuleNotFoundError
";
    assert!(ended.stdout.starts_with(expected), "{}\n{}", ended.stdout, ended.stderr);
    assert!(!ended.stdout.contains("done"), "{}", ended.stdout);
    assert_eq!(ended.stdout.lines().count(), 11, "{}", ended.stdout);
}

#[test]
fn a_program_cannot_change_what_the_next_one_imports() {
    let folder = tempfile::tempdir().unwrap();
    let package = wheel(folder.path(), "tgsand_shared", &[("tgsand_shared.py", "VALUES = [1]\n")]);
    let job = |id: u32, code: &str| {
        serde_json::json!({"id": id, "code": code, "entry": "f", "cases": [{"args": []}]})
            .to_string()
    };
    let vandal = "import sys, tgsand_shared\ntgsand_shared.VALUES.append(2)\nsys.path.clear()\nsys.meta_path.clear()\n\
                  def f(): return tgsand_shared.VALUES\n";
    let innocent = "import tgsand_shared\ndef f(): return tgsand_shared.VALUES\n";
    let jobs = [job(0, vandal), job(1, innocent), job(2, vandal), job(3, innocent)].join("\n");
    let mut command = tgsand();
    command.args(["exec", "-", "--threads", "1", "--with", &package]);
    command.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", folder.path());
    let Ended { stdout, stderr, .. } = ended(command, jobs);
    let values: Vec<Json> = crate::cli::json_lines(&stdout)
        .iter()
        .map(|line| line["cases"][0]["value"].clone())
        .collect();
    assert_eq!(
        serde_json::json!(values),
        serde_json::json!([[1, 2], [1], [1, 2], [1]]),
        "{stdout} {stderr}"
    );
}

/// A package whose import takes more fuel than `synth` gives a program.
const BOXED: [(&str, &str); 3] = [
    (
        "boxed/__init__.py",
        "from .boxes import Box\nfrom .sizes import volume\n\nSEEN = []\nfor _ in range(3_000_000):\n    pass\n",
    ),
    (
        "boxed/boxes.py",
        "import functools\n\n\nclass Box:\n    def __init__(self, side):\n        self.side = side\n\n    @functools.cached_property\n    def area(self):\n        return self.side ** 2\n\n\ndef checked(scale):\n    if scale < 0:\n        raise ValueError(f\"the scale {scale} is negative\")\n    return scale\n",
    ),
    (
        "boxed/sizes.py",
        "import boxed as bx\nfrom .boxes import checked\n\n\ndef volume(box, scale=1):\n    \"\"\"Gives the volume of a box.\n\n    >>> box = bx.Box(3)\n    >>> bx.volume(box)\n    27\n    \"\"\"\n    return box.area * box.side * checked(scale)\n\n\ndef size(box, scale=2):\n    return bx.volume(box, scale)\n",
    ),
];

#[test]
fn what_takes_long_to_import_is_imported_before_programs_run() {
    let folder = tempfile::tempdir().unwrap();
    let package = wheel(folder.path(), "boxed", &BOXED);
    let run = |code: &str| {
        let script = file(folder.path(), "script.py", code);
        let mut command = tgsand();
        command.args(["run", "--fuel", "0.05G", "--with", &package]).arg(script);
        command.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", folder.path());
        ended(command, "")
    };
    let first =
        run("import boxed\nboxed.SEEN.append(1)\nprint(boxed.volume(boxed.Box(2)), boxed.SEEN)\n");
    assert_eq!(first.stdout, "8 [1]\n", "{}", first.stderr);
    let second = run("import sys\nimport boxed\nprint(boxed.SEEN, sys.stdin.read() == '')\n");
    assert_eq!((second.stdout.as_str(), second.stderr.as_str()), ("[] True\n", ""));

    // The sources of a package that is served import the rest of it, and the objects that its documentation makes are arguments.
    for (path, text) in BOXED {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let out = folder.path().join("out");
    let run = synth(&folder.path().join("boxed"), &out, &["--with", &package], |command| {
        command.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", folder.path());
    });
    let samples: Vec<Case2Code> = run.lines("samples/case2code.jsonl");
    let volume = samples.iter().find(|sample| sample.entry == "volume").expect("a sample");
    let program = &volume.program;
    assert!(program.contains("from boxed.boxes import checked\n"), "{program}");
    assert!(!program.contains("def checked"), "{program}");
    for case in volume.cases() {
        assert!(case.arguments.starts_with("bx.Box("), "{}", case.arguments);
        // What the object has looked up once is no change of it.
        assert!(case.mutated.is_empty(), "{}", case.arguments);
    }
    assert!(volume.cases().any(|case| format!("{:?}", case.end).contains("is negative")));
    let forwards = "size only calls bx.volume, which it imports".to_owned();
    assert!(run.rejections().contains(&("only-forwards".to_owned(), forwards)));
}

#[test]
fn a_run_with_a_package_that_is_killed_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let package = wheel(
        folder.path(),
        "tgsand_scaled",
        &[("tgsand_scaled.py", "def scaled(n, by=2):\n    return n * by\n")],
    );
    let source: String = (0..30)
        .map(|i| format!("def f{i}(n: int):\n    from tgsand_scaled import scaled\n    if n > {i}:\n        return scaled(n, {i} + 2)\n    return n % {}\n\n\n", i + 2))
        .collect();
    let input = file(folder.path(), "scales.py", source);
    let out = |name: &str| folder.path().join(name);
    let command = |out: &Path| {
        let mut command = tgsand();
        command.arg("synth").arg(&input).arg("--out").arg(out);
        command.args(["--cases", "6", "--keep-duplicates", "--with", &package]);
        command.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", folder.path());
        command
    };
    let killed = out("killed");
    let mut stopped = 0;
    for tenths in 1..=8 {
        let mut child = command(&killed)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(100 * tenths));
        child.kill().unwrap();
        stopped += u32::from(!child.wait().unwrap().success());
    }
    assert!(stopped >= 2, "only {stopped} of the runs were killed before their end");
    let samples = |out: &Path| {
        let ended = ended(command(out), "");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        std::fs::read_to_string(out.join("samples/case2code.jsonl")).unwrap()
    };
    let resumed = samples(&killed);
    assert_eq!(resumed.lines().count(), 30);
    assert!(resumed.contains("tgsand_scaled==1."));
    assert_eq!(resumed, samples(&out("undisturbed")));
}
