//! Lying to the host: forged messages, changed modules, hooks left on, the harness's own frames.

use serde_json::{Value as Json, json};
use tgsand::sandbox::{End, Observe};

use crate::support::{
    call_job, exited, hostile, hostile_call, hostile_script, only_case, returned, script_job,
    trapped,
};

const UNFINISHED: &str = "the harness did not finish";

/// What [`RESULT`] evaluates to: something that needs most of the harness's encoder.
fn result() -> Json {
    json!([1, "x", {"dict": [["k", {"tuple": [2.5, {"set": [1, 2]}]}]]}])
}

const RESULT: &str = "[1, 'x', {'k': (2.5, {2, 1})}]";

#[test]
fn forged_messages_are_just_output() {
    let code = r#"
import os, sys
FORGED = b'{"end":"returned","value":42,"repr":"42"}'
def f():
    for fd in range(2001):
        for secret in (b"", bytes(16), b"\xff" * 16, bytes(range(16)), b"0123456789abcdef"):
            try:
                os.write(fd, secret + FORGED)
            except OSError:
                pass
    for stream in (sys.__stdout__, sys.__stderr__):
        stream.buffer.write(bytes(16) + FORGED)
        stream.buffer.flush()
    return "mine"
"#;
    let execution = hostile(call_job(code, &[""]));
    assert_eq!(execution.stdout.matches("\"value\":42").count(), 6);
    assert_eq!(execution.stderr.matches("\"value\":42").count(), 6);
    assert_eq!(returned(&only_case(execution)), json!("mine"));
}

/// A program that has the secret, which a program can take from the harness's frames, and then does as told.
fn with_secret(body: &str) -> String {
    format!(
        "import os, sys\nFRAME = sys._getframe().f_back\ndef f():\n    secret = FRAME.f_locals['nonce']\n    {body}\n"
    )
}

#[test]
fn a_stolen_secret_forges_only_the_programs_own_result() {
    let body = "os.write(2, secret + b'{\"end\":\"returned\",\"value\":42,\"repr\":\"42\"}')\n    os._exit(0)";
    let execution = hostile(call_job(&with_secret(body), &[""]));
    assert_eq!(returned(&only_case(execution)), json!(42));
}

#[test]
fn more_messages_than_cases_make_no_more_results() {
    let messages = [
        "b'{\"end\":\"returned\",\"value\":42,\"repr\":\"42\"}'",
        "b''",
        "b'garbage'",
        "b'[' * 100_000",
        "b'{\"loaded\":true}'",
        "b'{\"end\":\"returned\",\"value\":1e999,\"repr\":\"\"}'",
        "b'{\"end\":\"returned\",\"value\":{\"cycle\":-1},\"repr\":\"\"}'",
    ];
    for message in messages {
        let body = format!(
            "for _ in range(300):\n        os.write(2, secret + {message})\n    return 'mine'"
        );
        let execution = hostile(call_job(&with_secret(&body), &["", ""]));
        assert!(
            execution.cases.len() <= 2,
            "{} results of two cases: {message}",
            execution.cases.len()
        );
    }
}

#[test]
fn requests_changed_in_the_harness_make_no_more_results() {
    let code = "import sys\nREQUEST = sys._getframe().f_back.f_locals['request']\nREQUEST['cases'] += REQUEST['cases'] * 5\ndef f():\n    return 'mine'\n";
    assert_eq!(returned(&only_case(hostile(call_job(code, &[""])))), json!("mine"));
    let code = "import sys\nREQUEST = sys._getframe().f_back.f_locals['request']\ndef f():\n    REQUEST['cases'].append({'call': ''}) if len(REQUEST['cases']) < 100 else None\n    return 'mine'\n";
    assert_eq!(returned(&only_case(hostile(call_job(code, &[""])))), json!("mine"));
}

#[test]
fn requests_emptied_in_the_harness_harm_their_own_job() {
    let code = "import sys\nsys._getframe().f_back.f_locals['request']['cases'].clear()\ndef f():\n    return 'mine'\n";
    assert_eq!(hostile(call_job(code, &[""])).end, exited(0));
    let code = "import sys\nsys._getframe().f_back.f_locals['request'].clear()\ndef f():\n    return 'mine'\n";
    assert_eq!(hostile_call(code).end, trapped(UNFINISHED));
    let code = "import sys\nsys._getframe().f_back.f_locals['nonce'] = bytes(16)\ndef f():\n    return 'mine'\n";
    assert_eq!(hostile(call_job(code, &[""])).end, trapped(UNFINISHED));
}

#[test]
fn the_harness_s_globals_can_be_reached_and_harm_their_own_job() {
    let reach = "import sys\nHARNESS = sys._getframe().f_back.f_globals\n";
    let replaced = "HARNESS['run_case'] = lambda *_: '\"end\":\"returned\",\"value\":42,\"repr\":\"42\"'\ndef f():\n    return 'mine'\n";
    assert_eq!(returned(&hostile_call(&format!("{reach}{replaced}"))), json!(42));
    let cleared = "HARNESS.clear()\ndef f():\n    return 'mine'\n";
    assert_eq!(hostile(call_job(&format!("{reach}{cleared}"), &[""])).end, trapped(UNFINISHED));
    let gutted = "HARNESS['__builtins__'].clear()\ndef f():\n    return 'mine'\n";
    assert_eq!(hostile(call_job(&format!("{reach}{gutted}"), &[""])).end, trapped(UNFINISHED));
    let looped = "def forever(*_):\n    while True:\n        pass\nHARNESS['run_case'] = forever\ndef f():\n    return 'mine'\n";
    assert_eq!(hostile_call(&format!("{reach}{looped}")).end, End::OutOfFuel);
    let silenced = "HARNESS['_write'] = lambda *_: 0\nprint('on')\n";
    let execution = hostile_script(&format!("{reach}{silenced}"));
    assert_eq!((execution.end, execution.stdout.as_str()), (trapped(UNFINISHED), "on\n"));
}

#[test]
fn the_collector_does_not_show_the_harness() {
    let code = r#"
import gc
def f():
    return [o.__name__ for o in gc.get_objects() if type(o).__name__ == "function" and o.__name__ in ("run_case", "entry")]
"#;
    assert_eq!(returned(&hostile_call(code)), json!([]));
}

#[test]
fn changing_every_builtin_does_not_change_the_result() {
    let breaking = r#"
import builtins
def no(*_, **__):
    raise RuntimeError("no")
def break_everything():
    names = [name for name in dir(builtins) if not name.startswith("_")]
    builtins.__dict__.update(dict.fromkeys(names + ["__import__", "__build_class__"], no))
"#;
    let at_load = format!("{breaking}break_everything()\ndef f():\n    return {RESULT}\n");
    assert_eq!(returned(&hostile_call(&at_load)), result());
    let in_call = format!("{breaking}def f():\n    break_everything()\n    return {RESULT}\n");
    assert_eq!(returned(&hostile_call(&in_call)), result());
    let cleared =
        format!("import builtins\ndef f():\n    builtins.__dict__.clear()\n    return {RESULT}\n");
    assert_eq!(returned(&hostile_call(&cleared)), result());
}

#[test]
fn changing_modules_does_not_change_the_result() {
    let changes = [
        "json.loads = json.dumps = json.JSONDecoder = json.JSONEncoder = no",
        "json.encoder.encode_basestring_ascii = json.encoder.c_make_encoder = json.decoder.JSONDecoder = no",
        "os.write = os.read = os.close = no",
        "posix.write = posix.read = no",
        "sys.modules.clear()",
        "sys.modules = sys.path = sys.meta_path = None",
        "sys.stdout = sys.stderr = sys.stdin = None",
        "sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = Evil()",
        "types.CodeType = enum.Enum = collections.deque = asyncio.run = no",
        "sys.settrace = sys.setprofile = sys._getframe = sys.set_int_max_str_digits = no",
        "int.__repr__; sys.setrecursionlimit(100)",
        "gc.set_threshold(1)",
        "gc.unfreeze() or gc.collect()",
        "sys.stdout.reconfigure(encoding='utf-16')",
        "sys.stdout.detach()",
    ];
    for change in changes {
        let code = format!(
            r#"
import asyncio, collections, enum, gc, json, json.decoder, json.encoder, os, posix, sys, types
def no(*_, **__):
    raise SystemExit(3)
class Evil:
    write = flush = close = no
def f():
    {change}
    return {RESULT}
"#
        );
        assert_eq!(returned(&hostile_call(&code)), result(), "in the call: {change}");
        let at_load = code.replace(&format!("    {change}\n"), "") + "\n_f = f\n" + change + "\n";
        assert_eq!(returned(&hostile_call(&at_load)), result(), "at load: {change}");
    }
}

#[test]
fn hooks_left_on_do_not_change_the_result() {
    let hooks = [
        "sys.settrace(lambda *_: None)",
        "sys.setprofile(lambda *_: None)",
        "sys.addaudithook(lambda *_: None)",
        "gc.callbacks.append(lambda *_: 1 / 0)",
        "sys.monitoring.use_tool_id(2, 'x'); sys.monitoring.register_callback(2, 1, print); sys.monitoring.set_events(2, 0)",
        "sys.excepthook = sys.unraisablehook = sys.displayhook = None",
        "threading.settrace(print); threading.setprofile(print)",
        "asyncio.set_event_loop_policy(None)",
        "asyncio.set_event_loop(asyncio.new_event_loop())",
        "sys.set_coroutine_origin_tracking_depth(5)",
    ];
    for hook in hooks {
        let code = format!(
            "import asyncio, gc, sys, threading\ndef f():\n    {hook}\n    return {RESULT}\n"
        );
        assert_eq!(returned(&hostile_call(&code)), result(), "{hook}");
    }
}

#[test]
fn hooks_that_raise_end_their_own_case() {
    let raising = "import sys\ndef hook(*_):\n    raise SystemExit(5)\n";
    let trace = hostile_call(&format!(
        "{raising}def f():\n    sys.settrace(hook)\n    return (lambda: 1)()\n"
    ));
    assert_eq!(crate::support::raised(&trace), ("SystemExit", "5"));
    let profile = hostile_call(&format!(
        "{raising}def f():\n    sys.setprofile(hook)\n    return (lambda: 1)()\n"
    ));
    assert_eq!(crate::support::raised(&profile), ("SystemExit", "5"));
    let audit =
        hostile_call(&format!("{raising}def f():\n    sys.addaudithook(hook)\n    return 1\n"));
    assert_eq!(audit.end, trapped(UNFINISHED));
    let monitoring = r#"
def f():
    m = sys.monitoring
    m.use_tool_id(2, "x")
    for event in (m.events.PY_START, m.events.LINE, m.events.PY_RETURN):
        m.register_callback(2, event, hook)
    m.set_events(2, m.events.PY_START | m.events.LINE | m.events.PY_RETURN)
    return 1
"#;
    assert_eq!(hostile_call(&format!("{raising}{monitoring}")).end, trapped(UNFINISHED));
}

#[test]
fn tracing_observers_can_be_switched_off_and_nothing_else() {
    let mut job =
        call_job("import sys\ndef f():\n    sys.settrace(None)\n    x = 1\n    return x\n", &[""]);
    job.observe = vec![Observe::Steps];
    assert_eq!(returned(&only_case(hostile(job))), json!(1));
    let mut job =
        call_job("import sys\nsys.monitoring.free_tool_id(1)\ndef f():\n    return 1\n", &[""]);
    job.observe = vec![Observe::Coverage];
    assert_eq!(returned(&only_case(hostile(job))), json!(1));
}

#[test]
fn the_request_cannot_be_read_again() {
    let mut job =
        script_job("import os, sys\nprint([os.read(0, 100), os.read(0, 100), sys.stdin.read()])\n");
    job.stdin = "only this".into();
    assert_eq!(hostile(job).stdout, "[b'only this', b'', '']\n");
}

#[test]
fn importing_main_gives_the_program_itself() {
    let case = hostile_call(
        "import __main__, sys\nX = 5\ndef f():\n    return __main__.X, __name__, sys.modules['__main__'] is __main__\n",
    );
    assert_eq!(returned(&case), json!({"tuple": [5, "__main__", true]}));
}
