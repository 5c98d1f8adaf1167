//! What functions are given and what a prompt shows of it: calls that the code shows, objects, functions, and values that read as if a
//! person had written them.

use serde_json::Value as Json;
use tgsand::sample::preference::MutantPreference;
use tgsand::sample::{Case2Code, Qa, QuestionKind, SampleCase};
use tgsand::sandbox::{CallKind, End};

use crate::cli::file;
use crate::synth::{Run, synth};

/// The run over one file of code.
fn run(code: &str) -> (tempfile::TempDir, Run) {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), "code.py", code);
    let run = synth(&input, &folder.path().join("out"), &["--fuel", "200M"], b"");
    (folder, run.done())
}

/// The samples of a file of code, by the names of its functions.
fn samples(code: &str) -> Vec<Case2Code> {
    run(code).1.lines("samples/case2code.jsonl")
}

fn of<'s>(samples: &'s [Case2Code], entry: &str) -> &'s Case2Code {
    samples.iter().find(|sample| sample.entry == entry).unwrap_or_else(|| panic!("no {entry}"))
}

fn repr(case: &SampleCase) -> String {
    match &case.end {
        End::Returned { value, .. } => value.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn functions_whose_names_cannot_be_exchanged_are_no_duplicates() {
    let (_folder, run) = run("def less(a: int, b: int) -> int:\n    return a - b\n\n\
         def more(a: int, b: int) -> int:\n    return b - a\n\n\
         def share(all: set[str], some: set[str]) -> float:\n    return len(all & some) / len(some)\n\n\
         def part(all: set[str], some: set[str]) -> float:\n    return len(all & some) / len(all)\n\n\
         def minus(first: int, second: int) -> int:\n    return first - second\n");
    assert_eq!(run.accepted().len(), 4, "{:?}", run.rejections());
    assert_eq!(run.rejections(), [("duplicate".into(), "the same as code.py:less".into())]);
}

#[test]
fn a_rejected_function_is_repeated_by_none() {
    let (_folder, run) = run(
        "def one(x):\n    return undefined(x) + 1\n\ndef two(x):\n    return undefined(x) + 1\n",
    );
    let reasons: Vec<String> = run.rejections().into_iter().map(|(reason, _)| reason).collect();
    assert_eq!(reasons, ["all-inputs-failed", "all-inputs-failed"]);
}

#[test]
fn a_helper_that_two_functions_share_makes_no_duplicates_of_them() {
    let helper = "def _clean(text: str) -> str:\n    out = []\n    for word in text.split():\n        out.append(word.strip('.,!').lower())\n    return ' '.join(out)\n\n";
    let (_folder, run) = run(&format!(
        "{helper}def first(text: str) -> str:\n    return _clean(text)[:3]\n\ndef size(text: str) -> int:\n    return len(_clean(text))\n"
    ));
    assert_eq!(run.accepted(), ["code.py:first", "code.py:size"], "{:?}", run.rejections());
}

#[test]
fn iterators_are_listed_wherever_they_stand() {
    let samples = samples(
        "from itertools import chain, groupby, islice, repeat\n\n\
         def start(n: int, xs: list[int]):\n    return islice(xs, n)\n\n\
         def joined(a: list[int], b: list[int]):\n    return chain(a, b)\n\n\
         def names(d: dict[str, int]):\n    return d.keys()\n\n\
         def nothing(n: int):\n    return repeat(None, max(n, 0))\n\n\
         def windows(xs: list[int]):\n    return [islice(xs, i, i + 2) for i in range(len(xs))]\n\n\
         def runs(xs: list[int]):\n    return groupby(xs)\n\n\
         def halves(xs: list[int]):\n    return {'odd': filter(lambda x: x % 2, xs), 'all': map(str, xs)}\n",
    );
    assert_eq!(samples.len(), 7);
    for (entry, call) in [
        ("start", "list(start("),
        ("joined", "list(joined("),
        ("names", "list(names("),
        ("nothing", "list(nothing("),
        ("windows", "[list(item) for item in windows("),
    ] {
        let sample = of(&samples, entry);
        assert!(sample.prompt.contains(call), "{}", sample.prompt);
        let is_list =
            |case: &SampleCase| repr(case).starts_with('[') || matches!(case.end, End::Raised(_));
        assert!(sample.cases().all(is_list), "{}", sample.prompt);
    }
    for entry in ["runs", "halves"] {
        let sample = of(&samples, entry);
        assert!(sample.prompt.contains("its iterators are listed"), "{}", sample.prompt);
        assert!(!sample.prompt.contains("assert "), "{}", sample.prompt);
    }
    let lists =
        |case: &SampleCase| repr(case).contains("'odd': [") && repr(case).contains("'all': [");
    assert!(of(&samples, "halves").cases().all(lists));
}

#[test]
fn an_iterator_without_an_end_is_no_result() {
    let (_folder, run) =
        run("from itertools import count\n\ndef onward(n: int):\n    return count(n)\n");
    assert_eq!(run.rejections()[0].0, "out-of-fuel");
}

#[test]
fn the_call_that_a_docstring_shows_is_the_first_case() {
    let samples = samples(
        "def evens(xs):\n    '''\n    >>> list(evens([1, 2, 4]))\n    [2, 4]\n    '''\n    for x in xs:\n        if x % 2 == 0:\n            yield x\n\n\
         def pairs(xs):\n    '''\n    >>> sorted(pairs(['a', 'b']))\n    [('a', 'a'), ('b', 'b')]\n    '''\n    return {(x, x) for x in xs}\n\n\
         def cost(prices, name):\n    '''\n    >>> table = {'tea': 3,\n    ...          'milk': 2}\n    >>> cost(table, 'tea')\n    3\n    '''\n    return prices.get(name, 0)\n\n\
         def width(values):\n    '''\n    >>> assert width(range(5)) == 4\n    '''\n    return max(values) - min(values)\n",
    );
    for (entry, arguments) in [
        ("evens", "[1, 2, 4]"),
        ("pairs", "['a', 'b']"),
        ("cost", "{'tea': 3,\n'milk': 2}, 'tea'"),
        ("width", "range(5)"),
    ] {
        let first = &of(&samples, entry).visible_cases[0].arguments;
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeezed(first), squeezed(arguments));
    }
    // What is shown tells the types of the rest.
    let texts =
        |case: &SampleCase| ["['", "[]"].iter().any(|start| case.arguments.starts_with(start));
    assert!(of(&samples, "pairs").cases().all(texts), "{}", of(&samples, "pairs").prompt);
    assert!(of(&samples, "cost").cases().all(|case| case.arguments.starts_with('{')));
}

#[test]
fn functions_are_given_functions() {
    let samples = samples(
        "from itertools import (\n    accumulate,\n    chain,\n    cycle,\n)\n\n\
         def keep(xs, pred):\n    '''\n    >>> keep('a1b2', str.isdigit)\n    ['1', '2']\n    '''\n    return [x for x in xs if pred(x)]\n\n\
         def running(xs, func=None):\n    return list(accumulate(xs, func))\n\n\
         def best(xs, key):\n    return max(xs, key=key)\n",
    );
    let keep = of(&samples, "keep");
    assert_eq!(keep.visible_cases[0].arguments, "'a1b2', str.isdigit");
    assert!(keep.cases().all(|case| case.arguments.starts_with('\'')), "{}", keep.prompt);
    assert!(of(&samples, "running").program.starts_with("from itertools import accumulate\n"));
    for entry in ["running", "best"] {
        let given = |case: &SampleCase| {
            ["abs", "lambda", "max", "min", "str"].iter().any(|text| case.arguments.contains(text))
        };
        assert!(of(&samples, entry).cases().any(given), "{}", of(&samples, entry).prompt);
    }
}

#[test]
fn objects_are_written_as_python_that_builds_them() {
    let samples = samples(
        "from dataclasses import dataclass\nfrom datetime import date, timedelta\nfrom enum import Enum\nfrom typing import NamedTuple\n\n\
         class Size(Enum):\n    SMALL = 1\n    LARGE = 2\n\n\
         @dataclass\nclass Box:\n    width: int\n    height: int\n\n\
         class Span(NamedTuple):\n    first: int\n    last: int\n\n\
         class Link:\n    def __init__(self, item, rest=None):\n        self.item = item\n        self.rest = rest\n\n\
         def area(box: Box) -> int:\n    return box.width * box.height\n\n\
         def turned(box: Box) -> Box:\n    return Box(box.height, box.width)\n\n\
         def label(size: Size) -> str:\n    return size.name.lower()\n\n\
         def other(size: Size) -> Size:\n    return Size.LARGE if size is Size.SMALL else Size.SMALL\n\n\
         def length(span: Span) -> int:\n    return span.last - span.first\n\n\
         def total(link):\n    '''\n    >>> total(Link(1, Link(2)))\n    3\n    '''\n    out = 0\n    while link:\n        out += link.item\n        link = link.rest\n    return out\n\n\
         def next_week(day: date) -> date:\n    return day + timedelta(days=7)\n",
    );
    for (entry, starts) in [
        ("area", &["Box("][..]),
        ("turned", &["Box("]),
        ("label", &["Size.", "size=Size."]),
        ("other", &["Size.", "size=Size."]),
        ("length", &["Span("]),
        ("total", &["Link("]),
        ("next_week", &["date("]),
    ] {
        let sample = of(&samples, entry);
        let fits = |case: &SampleCase| starts.iter().any(|start| case.arguments.starts_with(start));
        assert!(sample.cases().all(fits), "{entry}: {}", sample.prompt);
        assert!(sample.visible_cases.len() >= 2);
    }
    assert_eq!(of(&samples, "total").visible_cases[0].arguments, "Link(1, Link(2))");
    assert!(of(&samples, "total").program.contains("class Link:"));
    for (entry, result) in
        [("turned", "Box(width="), ("other", "Size."), ("next_week", "datetime.date(")]
    {
        let prompt = &of(&samples, entry).prompt;
        assert!(
            prompt.contains(result) && !prompt.contains("repr(") && !prompt.contains("<Size"),
            "{prompt}"
        );
    }
}

#[test]
fn texts_are_what_the_code_reads() {
    let samples = samples(
        "import re\nfrom datetime import datetime\n\n\
         def weekday(text: str) -> int:\n    return datetime.strptime(text, '%d.%m.%Y').weekday()\n\n\
         def code(label: str):\n    found = re.fullmatch(r'([A-Z]{2})-(\\d{3})', label)\n    return found.groups() if found else None\n\n\
         def domain(email: str) -> str:\n    return email.rpartition('@')[2]\n",
    );
    let returned = |entry: &str| {
        let sample = of(&samples, entry);
        sample.cases().filter(|case| matches!(&case.end, End::Returned { value, .. } if value.to_string() != "None")).count()
    };
    assert!(returned("weekday") >= 5 && returned("code") >= 5, "{}", of(&samples, "code").prompt);
    assert!(of(&samples, "domain").prompt.contains("@example.com"));
}

#[test]
fn an_argument_is_of_one_type_and_wrong_types_are_not_shown() {
    let code = "def pipe(data, *funcs):\n    '''\n    >>> pipe(3, lambda n: n + 1, str)\n    '4'\n    '''\n    for func in funcs:\n        data = func(data)\n    return [data]\n\ndef merged(one: dict, two: dict, **options):\n    if set(options) - {'first'}:\n        raise TypeError('unexpected keyword argument')\n    return {**one, **two}\n\ndef shift(items, n):\n    n %= len(items)\n    return items[n:] + items[:n]\n\n\
                def tidy(name):\n    if not isinstance(name, str):\n        raise TypeError('name must be text')\n    return name.strip().title()\n";
    let samples = samples(code);
    let piped = of(&samples, "pipe");
    let numbers = |case: &SampleCase| {
        !case.arguments.contains(", ")
            || case.arguments.contains(", str")
            || case.arguments.contains("lambda")
    };
    assert!(piped.cases().all(numbers), "{}", piped.prompt);
    let wrong =
        |case: &&SampleCase| matches!(&case.end, End::Raised(raised) if raised.kind == "TypeError");
    assert_eq!(of(&samples, "merged").cases().filter(wrong).count(), 0);
    assert_eq!(of(&samples, "shift").cases().filter(wrong).count(), 0);
    assert!(of(&samples, "tidy").cases().filter(wrong).count() <= 1);
    let first = |case: &SampleCase| case.arguments.chars().next();
    let kinds: std::collections::BTreeSet<_> = of(&samples, "shift").cases().map(first).collect();
    assert_eq!(kinds.len(), 1, "{}", of(&samples, "shift").prompt);
}

#[test]
fn visible_cases_reach_what_all_cases_reach() {
    let code = "def grade(score: int, strict: bool = False) -> str:\n    if score < 0:\n        raise ValueError('negative')\n    if score >= 90:\n        return 'A'\n    if score >= 70:\n        return 'C' if strict else 'B'\n    return 'F'\n";
    let samples = samples(code);
    let visible = &of(&samples, "grade").visible_cases;
    let shows = |text: &str| visible.iter().any(|case| repr(case).contains(text));
    assert!(
        ["'A'", "'B'", "'C'", "'F'", "ValueError"].iter().all(|text| shows(text)),
        "{}",
        of(&samples, "grade").prompt
    );
    assert!(!of(&samples, "grade").hidden_cases.is_empty());
}

#[test]
fn a_function_whose_calls_all_give_the_same_is_rejected() {
    let (_folder, run) = run(
        "def nothing(x: int) -> list:\n    return []\n\ndef check(n: int) -> None:\n    if n < 1:\n        raise ValueError('too small')\n\ndef checked(n: int) -> int:\n    if n < 1:\n        raise ValueError('too small')\n    return n\n\ndef nones(keys: list[str]) -> list:\n    return [{}.get(key) for key in keys + ['']]\n\ndef kept(xs: list[int], deep: bool = False) -> list[int]:\n    return [x for x in xs]\n",
    );
    let expected = [
        ("constant-output", "every case gives the same result"),
        ("constant-output", "every case that returns gives the same result"),
        ("constant-output", "every case gives nothing but None"),
        ("returns-argument", "every case that returns gives back the same one of its arguments"),
    ];
    let expected = expected.map(|(reason, detail)| (reason.to_owned(), detail.to_owned()));
    assert_eq!(run.rejections(), expected);
    assert_eq!(run.accepted(), ["code.py:checked"]);
}

#[test]
fn a_program_has_what_its_function_needs_and_a_long_one_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let code = "class Tally:\n    def __init__(self, count: int):\n        self.count = count\n\n    def twice(self) -> int:\n        return self._times(2)\n\n    def report(self) -> str:\n        return 'a long report of ' + str(self.count)\n\n    def _times(self, n: int) -> int:\n        return self.count * n\n";
    let input = file(folder.path(), "code.py", code);
    let run = synth(&input, &folder.path().join("out"), &[], b"").done();
    let samples: Vec<Case2Code> = run.lines("samples/case2code.jsonl");
    let program = &of(&samples, "Tally.twice").program;
    assert!(program.contains("_times") && !program.contains("report"), "{program}");
    let short = synth(&input, &folder.path().join("short"), &["--max-program", "200"], b"").done();
    assert_eq!(short.accepted(), ["code.py:Tally.report"]);
    let rejections = short.rejections();
    let is_long = |(reason, detail): &&(String, String)| {
        reason == "size-out-of-range" && detail.contains("200 are allowed")
    };
    assert_eq!(rejections.iter().filter(is_long).count(), 1, "{rejections:?}");
}

#[test]
fn a_prompt_says_what_the_names_in_its_cases_are() {
    let samples = samples(
        "from dataclasses import dataclass\nfrom decimal import Decimal\n\n@dataclass\nclass Box:\n    width: int\n    height: int = 1\n\ndef area(box: Box) -> int:\n    return box.width * box.height\n\ndef cents(price: Decimal) -> int:\n    return int(price * 100)\n",
    );
    let instruction = |entry: &str| of(&samples, entry).prompt.lines().next().unwrap().to_owned();
    let area = instruction("area");
    assert!(
        area.contains("The program has a class, `Box(width: int, height: int = 1)`."),
        "{area}"
    );
    assert!(instruction("cents").contains("`Decimal` is imported from `decimal`."));
}

#[test]
fn each_question_about_a_function_is_about_a_case_of_its_own() {
    let (_folder, run) = run(
        "def grade(score: int) -> str:\n    out = 'low'\n    if score > 20:\n        out = 'high'\n    sign = '-' if score < 0 else '+'\n    return sign + out\n",
    );
    let questions: Vec<Qa> = run.lines("samples/qa.jsonl");
    let mut arguments: Vec<String> =
        questions.iter().filter_map(|qa| Some(qa.check.as_ref()?.arguments.clone())).collect();
    assert!(arguments.len() > 1);
    arguments.sort();
    arguments.dedup();
    assert_eq!(arguments.len(), questions.len());
    let explained = questions.iter().find(|qa| qa.kind == QuestionKind::ExplainBranch).unwrap();
    let answer = &explained.answer;
    assert!(answer.contains("`'-' if score < 0 else '+'` gives `'"), "{answer}");
    let found = questions.iter().find(|qa| qa.kind == QuestionKind::FindInput).unwrap();
    assert!(found.trace[0].starts_with("The result must be"), "{:?}", found.trace);
    assert!(found.trace[1].starts_with("Try score = "), "{:?}", found.trace);
}

#[test]
fn the_same_samples_come_from_one_thread_and_from_two() {
    let folder = tempfile::tempdir().unwrap();
    let code = "from dataclasses import dataclass\n\n@dataclass\nclass P:\n    x: int\n\ndef f(p: P, key=abs) -> int:\n    return key(p.x)\n\ndef g(xs):\n    return map(str, xs)\n";
    let input = file(folder.path(), "code.py", code);
    let of = |threads: &str| {
        let run = synth(&input, &folder.path().join(threads), &["--threads", threads], b"");
        let text = std::fs::read_to_string(run.folder.join("samples/case2code.jsonl")).unwrap();
        assert_eq!(text.lines().count(), 2, "{}", run.ended.stderr);
        let _: Vec<Json> = run.lines("samples/qa.jsonl");
        text
    };
    assert_eq!(of("1"), of("2"));
}

#[test]
fn what_raises_when_it_is_listed_is_called_so() {
    let kinds = [
        ("    raise ValueError('no')\n    yield n\n", Some(CallKind::Generator)),
        ("    return map(int, ['x'])\n", Some(CallKind::Iterator)),
        ("    return {'a': map(int, ['x'])}\n", Some(CallKind::NestedIterators)),
        ("    raise ValueError('no')\n", None),
    ];
    for (body, kind) in kinds {
        let case = crate::support::call(&format!("def f(n=1):\n{body}"));
        assert_eq!((crate::support::raised(&case).0, case.kind), ("ValueError", kind), "{body}");
    }
}

const LOOPS: &str = "\
def unique(items: list[int]) -> list[int]:
    \"\"\"
    >>> unique([4, 4])
    [4]
    \"\"\"
    out = []
    for item in items:
        if item not in out:
            out.append(item)
    return out


def upto(n: int):
    \"\"\"
    >>> list(upto(3))
    [0, 1, 2]
    \"\"\"
    i = 0
    while i < n:
        yield i
        i += 1
";

#[test]
fn a_trace_says_what_each_step_set_decided_returned_or_yielded() {
    let (_folder, run) = run(LOOPS);
    let rows = run.lines::<Qa>("samples/qa.jsonl");
    let trace = |call: &str| -> Vec<String> {
        let shows = |row: &&Qa| row.kind != QuestionKind::FindInput && row.answer.contains(call);
        rows.iter().find(shows).unwrap_or_else(|| panic!("no row about {call}")).trace.clone()
    };
    let rest = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>();
    let expected = rest(&[
        "The call; then items = [4, 4]",
        "Line 2: `out = []`; then out = []",
        "Line 3: `for item in items:`; then item = 4",
        "Line 4: `if item not in out:`; the condition holds",
        "Line 5: `out.append(item)`; then out = [4]",
        "Line 3: `for item in items:`; then item = 4",
        "Line 4: `if item not in out:`; the condition does not hold",
        "Line 3: `for item in items:`; the loop ends",
        "Line 6: `return out`; returns [4]",
    ]);
    assert_eq!(trace("unique([4, 4])"), expected);
    let yielded = trace("list(upto(");
    let has = |line: &str| yielded.iter().any(|told| told == line);
    assert!(
        has("Line 4: `yield i`; yields 0") && has("Line 5: `i += 1`; then i = 1"),
        "{yielded:?}"
    );
    let end = "Line 3: `while i < n:`; the condition does not hold, so the loop ends";
    assert_eq!(yielded.last().unwrap(), end);
}

const DEEP: &str = "\
def deep(n: int, limit: int = 50) -> int:
    if not (isinstance(n, int) and n >= 0):
        raise ValueError(\"n must be a non-negative integer\")
    if n == 0:
        return 1
    return n + checked(n - 1, limit)


def checked(n: int, limit: int) -> int:
    if n < 0:
        raise ValueError(\"n must be a non-negative integer\")
    if n > limit:
        raise ValueError(\"n is too large\")
    return sum(range(n)) * 2
";

#[test]
fn no_pair_rests_on_the_line_of_an_exception() {
    let folder = tempfile::tempdir().unwrap();
    let input = file(folder.path(), "deep.py", DEEP);
    for seed in ["1", "4", "6"] {
        let run = synth(&input, &folder.path().join(seed), &["--seed", seed], b"");
        let pairs = run.lines::<MutantPreference>("samples/duel.jsonl");
        assert!(!pairs.is_empty(), "{}", run.ended.stderr);
        for MutantPreference(pair) in pairs {
            let evidence: Json = serde_json::from_str(&pair.evidence).unwrap();
            let shown = |side: &str| {
                let mut shown = evidence[side].clone();
                shown["line"] = Json::Null;
                shown
            };
            assert_ne!(shown("expected"), shown("got"), "{}", pair.evidence);
        }
    }
}
