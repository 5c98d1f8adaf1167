//! The processor time and the memory that reading very long or very deep sources and replies takes, everything that is asked of them included.
//!
//! `cargo bench --bench source`; each input is read in a process of its own, and whatever takes more than 2 s or 300 MiB is a fault. Deep
//! sources are refused. The last column tells what became of the input.

use std::process::Command;

use tgsand::dataset::dedupe::Seen;
use tgsand::measure::{Maintainability, Smells};
use tgsand::python::examples::Shown;
use tgsand::python::infer::infer;
use tgsand::python::{
    Module, Vocabulary, asserts, hash_order, mentions, mutate, parse_calls, sharing,
    without_main_block,
};
use tgsand::reply::{Ask, extract};

const MANY: usize = 100_000;
/// Functions that call each other.
const FUNCTIONS: usize = 2_000;

type Make = fn() -> String;

/// `part` for each number, one after another.
fn many(count: usize, part: fn(usize) -> String) -> String {
    (0..count).map(part).collect()
}

/// A function behind something else.
fn with_function(text: String) -> String {
    text + "\ndef f(x): return x\n"
}

/// An expression in so many levels of something.
fn nested(open: &str, close: &str) -> String {
    with_function(format!("x = {}1{}", open.repeat(MANY), close.repeat(MANY)))
}

const SOURCES: [(&str, Make); 26] = [
    ("a chain of functions", || {
        format!(
            "def f0(x): return x\n{}",
            many(FUNCTIONS, |i| format!("def f{}(x): return f{i}(x)\n", i + 1))
        )
    }),
    ("functions that call all", || {
        let all = many(160, |i| format!("f{i},"));
        (0..160).map(|i| format!("def f{i}(x): return [{all}]\n")).collect()
    }),
    ("small functions", || many(30_000, |i| format!("def f{i}(x): return x\n"))),
    ("statements on a line", || with_function("x=1;".repeat(MANY))),
    ("parameters", || format!("def f({}): return a0\n", many(MANY, |i| format!("a{i},")))),
    ("decorators", || "@d\n".repeat(MANY) + "def f(x): return x\n"),
    ("classes", || with_function(many(MANY / 3, |i| format!("class C{}(C{i}): pass\n", i + 1)))),
    ("imports", || with_function(many(MANY / 2, |i| format!("import m{i}\n")))),
    ("pieces of a string", || with_function(format!("x = {}", "'a'".repeat(3 * MANY)))),
    ("items of a dictionary", || {
        with_function(format!("D = {{{}}}", many(MANY, |i| format!("{i}:1,"))))
    }),
    ("comparisons", || {
        format!("def f(x):\n{}", many(MANY / 3, |i| format!("    if x == {i}: return 1\n")))
    }),
    ("look-ups in a table", || {
        let table = many(MANY / 3, |i| format!("{i}:1,"));
        format!("def f(x):\n    D = {{{table}}}\n{}", "    D[x]\n".repeat(MANY / 3))
    }),
    ("names and comprehensions", || {
        let names = many(MANY / 4, |i| format!("    a{i} = x\n"));
        format!("def f(x):\n{names}{}", "    [y for y in x]\n".repeat(MANY / 4))
    }),
    ("a long line", || with_function(format!("x = '{}'", "a".repeat(10_000_000)))),
    ("(((", || nested("(", ")")),
    ("[[[", || nested("[", "]")),
    ("---", || nested("-", "")),
    ("a.a.a", || nested("a.", "")),
    ("f(f(f(", || nested("f(", ")")),
    ("lambda:lambda:", || nested("lambda:", "")),
    ("f'{f'{", || nested("f'{", "}'")),
    ("[x for x in [", || nested("[x for x in ", "]")),
    ("f()()()", || with_function(format!("x = f{}", "()".repeat(MANY)))),
    ("if in if", || many(1200, |i| format!("{}if x:\n", " ".repeat(i)))),
    ("for in for", || many(1200, |i| format!("{}for x in x:\n", " ".repeat(i)))),
    ("functions in functions", || {
        let heads = many(150, |i| format!("{}def g{i}(y):\n", " ".repeat(i)));
        format!("{heads}{}[{}]\n", " ".repeat(150), many(MANY, |i| format!("n{i},")))
    }),
];

const REPLIES: [(&str, Make); 8] = [
    ("fences", || "```\n".repeat(1_500_000)),
    ("open blocks", || "```python\n".repeat(800_000)),
    ("blocks that read stdin", || "```python\nn = int(input())\n```\n".repeat(200_000)),
    ("helpers of each other", || {
        many(MANY, |i| format!("```python\ndef g{i}(x): return g{}(x)\n```\n", i + 1))
    }),
    ("empty lines", || "\n".repeat(8_000_000)),
    ("assignments", || "x = 1\n".repeat(1_000_000)),
    ("thoughts", || "<think>\n".repeat(900_000)),
    ("ends of texts", || format!("<s>{}", "</s>".repeat(1_900_000))),
];

/// Asks everything of a source; tells what became of it.
fn read_source(source: &str) -> String {
    let _ = (without_main_block(source), hash_order::may_show_hash_order(source));
    let _ = (mentions::called_names(source), asserts::test_script(source));
    let _ = (Maintainability::of(source), sharing::needs_objects(source, "f"));
    let _ = (Smells::of(source), Seen::new(0.9).twin_or_remember("a", source));
    let module = match Module::parse(source) {
        Ok(module) => module,
        Err(error) => return error.to_string(),
    };
    let shown = Shown::by(&module);
    let candidates = module.candidates();
    // As many as `synth` takes.
    let mut room = 8 << 20;
    let taken = candidates.iter().take_while(|function| {
        let program = module.closure(&function.name);
        let _ = shown.of(function);
        room = usize::saturating_sub(room, program.len());
        room > 0
    });
    let taken = taken.count();
    if let Some(last) = candidates.last() {
        let _ = (module.unresolved(&last.name), infer(&module, last));
        let _ =
            (mutate::mutants(&module, &last.name, mutate::Faults::All), Vocabulary::of(&module));
    }
    format!("{taken} of {} functions", candidates.len())
}

fn read_reply(reply: &str) -> String {
    let found = extract(reply, &Ask { entry: Some("f"), ..Ask::default() });
    let _ = parse_calls(reply, &["x"]);
    format!("{} bytes of code", found.code.len())
}

/// The most memory that this process has had so far, in MiB, and its processor time, in seconds.
fn used() -> Option<(u64, f64)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks: f64 = fields.get(11..13)?.iter().filter_map(|field| field.parse::<f64>().ok()).sum();
    Some((peak.split_whitespace().next()?.parse::<u64>().ok()? / 1024, ticks / 100.0))
}

fn read(name: &str) {
    let is_source = SOURCES.iter().any(|(known, _)| *known == name);
    for (_, make) in SOURCES.iter().chain(&REPLIES).filter(|(known, _)| *known == name) {
        let text = make();
        let before = used().map_or(0.0, |(_, seconds)| seconds);
        let outcome = if is_source { read_source(&text) } else { read_reply(&text) };
        let (peak, seconds) = used().unwrap_or_default();
        println!("{name:<26} {:>9} {:>7.2} {peak:>8}  {outcome}", text.len(), seconds - before);
    }
}

fn main() -> std::io::Result<()> {
    if let Ok(name) = std::env::var("TGSAND_BENCH_INPUT") {
        read(&name);
        return Ok(());
    }
    println!("{:<26} {:>9} {:>7} {:>8}", "input", "bytes", "cpu s", "peak MiB");
    for (name, _) in SOURCES.iter().chain(&REPLIES) {
        Command::new(std::env::current_exe()?).env("TGSAND_BENCH_INPUT", name).status()?;
    }
    Ok(())
}
