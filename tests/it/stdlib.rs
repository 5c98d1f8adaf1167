//! The parts of the standard library that programs lean on work as they do natively.

use serde_json::{Value as Json, json};
use tgsand::sandbox::CallKind;

use crate::support::{call, exited, returned, script};

/// Evaluates an expression after some imports, and gives its value.
fn value(imports: &str, expression: &str) -> Json {
    returned(&call(&format!("import {imports}\ndef f():\n    return {expression}\n")))
}

#[test]
fn what_stands_in_for_stdout_is_flushed_at_the_end() {
    let code = r#"
import io, os, sys
class Fast(io.StringIO):
    def flush(self):
        os.write(1, self.getvalue().encode())
        self.truncate(0)
        self.seek(0)
sys.stdout = Fast()
print("at the end")
"#;
    assert_eq!(script(code).stdout, "at the end\n");
}

#[test]
fn asyncio_gathers_sleeps_queues_and_times_out() {
    let code = r#"
import asyncio
async def f():
    queue = asyncio.Queue(maxsize=1)
    async def produce():
        for i in range(3):
            await queue.put(i)
            await asyncio.sleep(0.1)
        await queue.put(None)
    async def consume():
        items = []
        while (item := await queue.get()) is not None:
            items.append(item)
        return items
    _, items = await asyncio.gather(produce(), consume())
    late = []
    try:
        await asyncio.wait_for(asyncio.sleep(100), 1)
    except TimeoutError:
        late.append("wait_for")
    try:
        async with asyncio.timeout(1):
            await asyncio.sleep(100)
    except TimeoutError:
        late.append("timeout")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(asyncio.sleep(1, "slept"))
    lock, event = asyncio.Lock(), asyncio.Event()
    async with lock, asyncio.Semaphore(2):
        asyncio.get_running_loop().call_later(5, event.set)
    await event.wait()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(10**6))
            raise ValueError("stop")
    except* ValueError as caught:
        late.append(repr(caught.exceptions[0]))
    return items, late, task.result()
"#;
    let case = call(code);
    assert_eq!(
        returned(&case),
        json!({"tuple": [[0, 1, 2], ["wait_for", "timeout", "ValueError('stop')"], "slept"]})
    );
    assert_eq!(case.kind, Some(CallKind::Coroutine));
}

#[test]
fn asyncio_runs_in_scripts() {
    let code = "import asyncio\nasync def main():\n    print(await asyncio.gather(*(asyncio.sleep(3 - i, i) for i in range(3))))\nasyncio.run(main())\nasyncio.run(main())\n";
    let execution = script(code);
    assert_eq!((execution.end, execution.stdout.as_str()), (exited(0), "[0, 1, 2]\n[0, 1, 2]\n"));
}

const TEST_CASE: &str = r#"
import unittest
class T(unittest.TestCase):
    def setUp(self):
        self.x = 1
    def test_right(self):
        self.assertEqual(self.x, 1)
        with self.assertRaisesRegex(ValueError, "invalid literal"):
            int("x")
    def test_wrong(self):
        self.assertEqual(self.x, 2)
"#;

#[test]
fn unittest_main_runs_in_a_script() {
    let execution =
        script(&format!("{TEST_CASE}if __name__ == '__main__':\n    unittest.main()\n"));
    assert_eq!(execution.end, exited(1));
    assert!(execution.stderr.contains("AssertionError: 1 != 2\n"), "{}", execution.stderr);
    assert!(execution.stderr.ends_with("FAILED (failures=1)\n"), "{}", execution.stderr);
}

#[test]
fn unittest_main_without_exit_gives_its_result() {
    let end = "program = unittest.main(exit=False)\nprint(program.result.testsRun, len(program.result.failures))\n";
    let execution = script(&format!("{TEST_CASE}{end}"));
    assert_eq!((execution.end, execution.stdout.as_str()), (exited(0), "2 1\n"));
}

#[test]
fn unittest_runs_in_a_call() {
    let code = format!(
        "{TEST_CASE}def f():\n    result = unittest.TestResult()\n    unittest.defaultTestLoader.loadTestsFromTestCase(T).run(result)\n    return result.testsRun, len(result.failures)\n"
    );
    assert_eq!(returned(&call(&code)), json!({"tuple": [2, 1]}));
}

#[test]
fn doctest_finds_the_program_s_examples() {
    let code = "import doctest\ndef double(n):\n    \"\"\"\n    >>> double(2)\n    4\n    >>> double(3)\n    7\n    \"\"\"\n    return 2 * n\nprint(doctest.testmod(verbose=False))\n";
    let execution = script(code);
    assert!(
        execution.stdout.ends_with("TestResults(failed=1, attempted=2)\n"),
        "{}",
        execution.stdout
    );
}

#[test]
fn dataclasses_enums_and_named_tuples_are_objects() {
    let code = r#"
import collections, dataclasses, enum, typing
@dataclasses.dataclass(order=True, frozen=True, slots=True)
class Point:
    x: int
    y: list = dataclasses.field(default_factory=list)
class Colour(enum.Enum):
    RED = 1
class Bits(enum.IntFlag):
    A = 1
    B = 2
Pair = collections.namedtuple("Pair", "left right")
def f():
    return [Point(1, [2]), Colour.RED, Bits.A | Bits.B, Pair(1, "r"), typing.get_type_hints(Point) == {"x": int, "y": list}]
"#;
    let expected = json!([
        {"object": "Point", "fields": [["x", 1], ["y", [2]]]},
        {"object": "Colour", "fields": [["name", "RED"], ["value", 1]]},
        {"object": "Bits", "fields": [["name", "A|B"], ["value", 3]]},
        {"object": "Pair", "fields": [["left", 1], ["right", "r"]]},
        true,
    ]);
    assert_eq!(returned(&call(code)), expected);
}

#[test]
fn decimals_and_fractions_are_exact() {
    assert_eq!(value("decimal", "str(decimal.Decimal('1.1') + 1)"), json!("2.1"));
    assert_eq!(
        value("decimal", "decimal.Decimal(1) / 3"),
        json!({"opaque": "Decimal", "repr": "Decimal('0.3333333333333333333333333333')"})
    );
    assert_eq!(
        value("fractions", "fractions.Fraction(1, 3) + fractions.Fraction(1, 6)"),
        json!({"opaque": "Fraction", "repr": "Fraction(1, 2)"})
    );
}

#[test]
fn generators_send_throw_close_and_delegate() {
    let code = r#"
def g():
    got = []
    try:
        while True:
            try:
                got.append((yield len(got)))
            except ValueError as error:
                got.append(str(error))
    finally:
        got.append("closed")
        log.extend(got)
log = []
def f():
    a = g()
    seen = [next(a), a.send("x"), a.throw(ValueError("v"))]
    a.close()
    return seen, log
"#;
    assert_eq!(returned(&call(code)), json!({"tuple": [[0, 1, 2], ["x", "v", "closed"]]}));
}

#[test]
fn locks_queues_and_thread_locals_work_without_threads() {
    let code = r#"
import queue, threading
def f():
    lock, local, q = threading.RLock(), threading.local(), queue.Queue()
    with lock, lock:
        local.x = 1
        q.put(local.x)
    return q.get(timeout=1), threading.current_thread().name, threading.active_count()
"#;
    assert_eq!(returned(&call(code)), json!({"tuple": [1, "MainThread", 1]}));
}

#[test]
fn dates_know_their_calendar_and_offsets() {
    assert_eq!(
        value("datetime", "str(datetime.date(2024, 2, 28) + datetime.timedelta(days=2))"),
        json!("2024-03-01")
    );
    let utc = "datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc).isoformat()";
    assert_eq!(value("datetime", utc), json!("2024-01-02T00:00:00+00:00"));
    assert_eq!(
        value("datetime", "datetime.datetime.strptime('2 Jan 2024', '%d %b %Y').strftime('%A')"),
        json!("Tuesday")
    );
    assert_eq!(
        value("calendar", "calendar.monthrange(2023, 2)"),
        json!({"tuple": [{"object": "Day", "fields": [["name", "WEDNESDAY"], ["value", 2]]}, 28]})
    );
}

#[test]
fn zoneinfo_reads_a_zone_and_refuses_an_unknown_one() {
    let code = r#"
import datetime, io, struct, zoneinfo
HEAD = b"TZif" + b"\0" * 16 + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
def f():
    zone = zoneinfo.ZoneInfo.from_file(io.BytesIO(HEAD + struct.pack(">lbb", 7200, 0, 0) + b"XST\0"), key="X")
    try:
        zoneinfo.ZoneInfo("Nowhere/At_All")
    except zoneinfo.ZoneInfoNotFoundError as error:
        refused = str(error)
    return datetime.datetime(2024, 7, 1, tzinfo=zone).isoformat(), refused
"#;
    assert_eq!(
        returned(&call(code)),
        json!({"tuple": ["2024-07-01T00:00:00+02:00", "'No time zone found with key Nowhere/At_All'"]})
    );
}

#[test]
fn context_managers_nest_and_suppress() {
    let code = r#"
import contextlib, io
@contextlib.contextmanager
def noted(name):
    log.append(name)
    try:
        yield
    finally:
        log.append("-" + name)
log = []
def f():
    with contextlib.suppress(ValueError), noted("a"), contextlib.ExitStack() as stack:
        stack.enter_context(noted("b"))
        stack.callback(log.append, "callback")
        int("x")
    with contextlib.redirect_stdout(io.StringIO()) as text:
        print("caught")
    return log, text.getvalue()
"#;
    assert_eq!(
        returned(&call(code)),
        json!({"tuple": [["a", "b", "callback", "-b", "-a"], "caught\n"]})
    );
}

#[test]
fn pattern_matching_typing_and_sqlite_work() {
    let code = r#"
import sqlite3, typing
class Shape(typing.Protocol):
    def area(self) -> float: ...
T = typing.TypeVar("T")
class Box(typing.Generic[T]):
    def __init__(self, item: T):
        self.item = item
def f():
    match {"kind": "circle", "r": 2}:
        case {"kind": "circle", "r": int(r)}:
            found = r
    base = sqlite3.connect(":memory:")
    base.execute("create table t (x)")
    base.executemany("insert into t values (?)", [(i,) for i in range(4)])
    return found, Box[int](3).item, base.execute("select sum(x) from t").fetchone()
"#;
    assert_eq!(returned(&call(code)), json!({"tuple": [2, 3, {"tuple": [6]}]}));
}
