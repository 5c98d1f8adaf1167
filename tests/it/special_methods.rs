//! Special methods: what a job calls is what the written call says, and samples of them are read by the other commands.

use std::path::Path;

use tgsand::cases::invocation;
use tgsand::sample::{Case2Code, Qa};

use crate::cli::{file, tgsand};
use crate::support::{call_job, only_case, run};
use crate::synth::synth;

/// A class that answers every operator with what it was asked.
const CLASS: &str = r#"
class A:
    def __init__(self, x=1):
        self.x = [x, "made"]
    def told(name):
        def method(self, *args, **kwargs):
            return [name, self.x, *args, kwargs]
        return method
    for name in "neg pos invert lt le eq ne gt ge getitem call add radd sub rsub mul rmul matmul truediv floordiv mod pow rpow lshift rshift rrshift and or xor rxor round divmod abs next".split():
        locals()[f"__{name}__"] = told(name)
    def __contains__(self, item):
        return item == self.x[0]
    def __len__(self):
        return 7
    def __bool__(self):
        return False
    def __iter__(self):
        yield from self.x
    def __str__(self):
        return "text"
    def __repr__(self):
        return "A()"
    def __int__(self):
        return 5
    def __float__(self):
        return 2.5
    def __complex__(self):
        return 1j
    def __bytes__(self):
        return b"bytes"
    def __format__(self, spec):
        return "as " + spec
"#;

#[test]
fn a_job_calls_a_special_method_as_the_written_call_does() {
    for (method, arguments) in [
        ("init", "4"),
        ("init", "x=A(2)"),
        ("len", "A()"),
        ("bool", "A()"),
        ("iter", "A(3)"),
        ("str", "A()"),
        ("repr", "A()"),
        ("int", "A()"),
        ("float", "A()"),
        ("complex", "A()"),
        ("bytes", "A()"),
        ("format", "A(), '>3'"),
        ("neg", "A(2)"),
        ("pos", "A(2)"),
        ("invert", "A(2)"),
        ("abs", "A(2)"),
        ("next", "A(2)"),
        ("round", "A(2), 1"),
        ("divmod", "A(2), 3"),
        ("lt", "A(2), 3"),
        ("le", "A(2), 3"),
        ("eq", "A(2), 3"),
        ("ne", "A(2), 3"),
        ("gt", "A(2), 3"),
        ("ge", "A(2), 3"),
        ("contains", "A(2), 2"),
        ("getitem", "A(2), (1, 2)"),
        ("getitem", "A(2), -1"),
        ("call", "A(2), 1, key=2"),
        ("add", "A(2), -3"),
        ("radd", "A(2), 3"),
        ("sub", "A(2), 3"),
        ("rsub", "A(2), -3"),
        ("mul", "A(2), 3"),
        ("rmul", "A(2), 3"),
        ("matmul", "A(2), 3"),
        ("truediv", "A(2), 3"),
        ("floordiv", "A(2), 3"),
        ("mod", "A(2), 3"),
        ("pow", "A(2), -3"),
        ("rpow", "A(2), -3"),
        ("lshift", "A(2), 3"),
        ("rshift", "A(2), 3"),
        ("rrshift", "A(2), 3"),
        ("and", "A(2), 3"),
        ("or", "A(2), 3"),
        ("xor", "A(2), 3"),
        ("rxor", "A(2), 3"),
    ] {
        let entry = format!("A.__{method}__");
        let written = invocation::write(&entry, arguments);
        assert!(!written.call.contains("__"), "{written}");
        let mut job = call_job(CLASS, &[arguments]);
        job.entry = Some(entry.clone());
        let plain = call_job(&format!("{CLASS}\ndef f(): return {written}\n"), &[""]);
        let (called, plain) = (only_case(run(job)), only_case(run(plain)));
        assert_eq!(called.end, plain.end, "{entry}({arguments}): {written}");
    }
}

/// A vector in the plane, whose methods are mostly special ones.
const VECTOR: &str = r#"
import functools


class Vector:
    """A vector in the plane."""

    def __init__(self, x: int, y: int = 0):
        if x < 0:
            raise ValueError("x is negative")
        self.x = x
        self.y = y

    def __repr__(self):
        return f"Vector({self.x}, {self.y})"

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor)

    def __eq__(self, other):
        if not isinstance(other, Vector):
            return NotImplemented
        return self.x == other.x and self.y == other.y

    def __contains__(self, value):
        return value in (self.x, self.y)

    def __iter__(self):
        yield self.x
        yield self.y

    def __setitem__(self, index, value):
        self.x = value


class Plain:
    def __init__(self, x: int):
        self.x = x

    def doubled(self):
        return Plain(2 * self.x)


class Lazy:
    def __init__(self, side: int):
        self.side = side * 2

    @functools.cached_property
    def area(self):
        return self.side ** 2


def looked_at(side: int):
    lazy = Lazy(side)
    if lazy.area > 100:
        lazy.name = "large"
    return lazy


def odd(numbers: list[int]):
    return filter(lambda n: n % 2, numbers)


class Word(str):
    def __add__(self, other: str):
        return "<" + str(self) + other + ">"
"#;

#[test]
fn samples_of_special_methods_hold_in_the_other_commands() {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), "vector.py", VECTOR);
    let out = folder.path().join("out");
    let run = synth(&input, &out, &["--fuel", "200M"], b"").done();
    let samples: Vec<Case2Code> = run.lines("samples/case2code.jsonl");
    let entries: Vec<&str> = samples.iter().map(|sample| sample.entry.as_str()).collect();
    for method in
        ["__init__", "__repr__", "__add__", "__mul__", "__eq__", "__contains__", "__iter__"]
    {
        assert!(entries.contains(&format!("Vector.{method}").as_str()), "{method}: {entries:?}");
    }
    let of = |method: &str| {
        samples
            .iter()
            .find(|one| one.entry == format!("Vector.{method}"))
            .map(|one| &one.prompt)
            .unwrap()
    };
    for (method, shown) in [
        ("__init__", "vars(Vector("),
        ("__repr__", "repr(Vector("),
        ("__add__", ") + Vector("),
        ("__mul__", ") * "),
        ("__eq__", ") == Vector("),
        ("__contains__", " in Vector("),
        ("__iter__", "list(Vector("),
    ] {
        assert!(of(method).contains(shown), "{}", of(method));
        assert!(!of(method).contains(&format!("{method}(")), "{}", of(method));
    }
    let doubled = samples.iter().find(|one| one.entry == "Plain.doubled").unwrap();
    assert!(doubled.prompt.contains("vars(Plain("), "{}", doubled.prompt);
    // What a property has worked out is an attribute like any other.
    let looked_at = samples.iter().find(|one| one.entry == "looked_at").unwrap();
    assert!(looked_at.prompt.contains("'area': "), "{}", looked_at.prompt);
    assert!(entries.contains(&"odd"), "{entries:?}");
    let word = run.rejections().into_iter().find(|(_, detail)| detail.contains("input")).unwrap();
    assert_eq!(word, ("too-few-cases".to_owned(), "no input was found".to_owned()));
    // A comparison that stands in an assertion would otherwise be a part of another comparison.
    assert!(!of("__eq__").contains("assert Vector"), "{}", of("__eq__"));
    let why_not: Vec<String> = run
        .lines::<serde_json::Value>("rejected.jsonl")
        .iter()
        .map(|row| format!("{} {}", row["id"].as_str().unwrap(), row["evidence"]["kind"]))
        .collect();
    assert!(
        why_not.contains(&"vector.py:Vector.__setitem__ \"special-method\"".to_owned()),
        "{why_not:?}"
    );
    assert!(
        why_not.contains(&"vector.py:Plain.__init__ \"plain-constructor\"".to_owned()),
        "{why_not:?}"
    );

    let questions: Vec<Qa> = run.lines("samples/qa.jsonl");
    assert!(questions.iter().any(|qa| qa.id.contains("__")));
    assert_eq!(hold_elsewhere(folder.path(), &out), samples.len());
}

/// Asserts that `filter` keeps every sample of a run, and that each program passes in `eval`; gives the number of programs.
pub fn hold_elsewhere(folder: &Path, out: &Path) -> usize {
    for kind in ["case2code", "qa", "duel"] {
        let rows = out.join(format!("samples/{kind}.jsonl"));
        let count = std::fs::read_to_string(&rows).unwrap().lines().count();
        let kept = folder.join(kind);
        assert!(
            tgsand()
                .args(["filter", rows.to_str().unwrap(), "--out", kept.to_str().unwrap()])
                .status()
                .unwrap()
                .success(),
            "{kind}"
        );
        let report = std::fs::read_to_string(kept.join("run.json")).unwrap();
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["accepted"], count, "{kind}: {report}");
    }
    let rows = out.join("samples/case2code.jsonl");
    let scored = folder.join("eval");
    assert!(
        tgsand()
            .args([
                "eval",
                rows.to_str().unwrap(),
                "--reference",
                "--out",
                scored.to_str().unwrap()
            ])
            .status()
            .unwrap()
            .success()
    );
    let results = std::fs::read_to_string(scored.join("results.jsonl")).unwrap();
    for line in results.lines() {
        let result: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(result["correct"], 1, "{result}");
    }
    results.lines().count()
}
