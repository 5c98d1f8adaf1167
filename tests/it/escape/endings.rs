//! Ending early, ending oddly, and refusing to end.

use serde_json::json;
use tgsand::sandbox::End;

use crate::support::{exited, hostile_call, hostile_script, raised, returned, script, trapped};

const ABORTED: &str = "wasm trap: wasm `unreachable` instruction executed";

#[test]
fn leaving_at_once_is_an_exit_with_its_code() {
    for code in [0, 7, 255] {
        assert_eq!(hostile_script(&format!("import os\nos._exit({code})\n")).end, exited(code));
        assert_eq!(
            hostile_call(&format!("import os\ndef f():\n    os._exit({code})\n")).end,
            exited(code)
        );
    }
}

#[test]
fn leaving_at_once_keeps_what_was_printed() {
    let execution = hostile_script("import os\nprint('before')\nos._exit(7)\nprint('after')\n");
    assert_eq!((execution.end, execution.stdout.as_str()), (exited(7), "before\n"));
}

#[test]
fn a_function_program_that_leaves_while_it_loads_has_no_results() {
    for leave in ["import os\nos._exit(7)\n", "import sys\nsys.exit(7)\n"] {
        let job = crate::support::call_job(&format!("{leave}def f():\n    return 1\n"), &["", ""]);
        let execution = crate::support::hostile(job);
        assert_eq!((execution.end, execution.cases.len()), (exited(7), 0), "{leave}");
    }
}

#[test]
fn system_exit_of_a_script_is_its_exit_code() {
    let exits = [
        ("sys.exit()", 0, ""),
        ("sys.exit(None)", 0, ""),
        ("sys.exit(3)", 3, ""),
        ("exit(4)", 4, ""),
        ("raise SystemExit(5)", 5, ""),
        ("sys.exit(-1)", 255, ""),
        ("sys.exit(257)", 1, ""),
        ("sys.exit('bye')", 1, "bye\n"),
        ("sys.exit((1, 2))", 1, "(1, 2)\n"),
    ];
    for (exit, code, stderr) in exits {
        let execution = hostile_script(&format!("import sys\n{exit}\n"));
        assert_eq!((execution.end, execution.stderr.as_str()), (exited(code), stderr), "{exit}");
    }
}

#[test]
fn system_exit_with_a_boolean_or_a_huge_integer_is_as_natively() {
    for (exit, code) in [("True", 1), ("False", 0), ("1 << 100", 255)] {
        let execution = hostile_script(&format!("import sys\nsys.exit({exit})\n"));
        assert_eq!((execution.end, execution.stderr.as_str()), (exited(code), ""), "{exit}");
    }
}

#[test]
fn system_exit_of_a_call_is_an_exception() {
    assert_eq!(
        raised(&hostile_call("import sys\ndef f():\n    sys.exit(3)\n")),
        ("SystemExit", "3")
    );
    assert_eq!(
        raised(&hostile_call("def f():\n    raise KeyboardInterrupt\n")),
        ("KeyboardInterrupt", "")
    );
    assert_eq!(raised(&hostile_call("def f():\n    raise GeneratorExit\n")), ("GeneratorExit", ""));
}

#[test]
fn aborting_traps() {
    assert_eq!(hostile_script("import os\nos.abort()\n").end, trapped(ABORTED));
    assert_eq!(hostile_call("import os\ndef f():\n    os.abort()\n").end, trapped(ABORTED));
    assert_eq!(
        hostile_script("import faulthandler\nfaulthandler._sigsegv()\n").end,
        trapped(ABORTED)
    );
}

#[test]
fn signals_end_their_own_program() {
    assert_eq!(
        hostile_script("import signal\nsignal.raise_signal(signal.SIGABRT)\n").end,
        trapped(ABORTED)
    );
    assert_eq!(
        hostile_call("import signal\ndef f():\n    signal.raise_signal(signal.SIGTERM)\n").end,
        trapped(ABORTED)
    );
    let interrupt =
        hostile_call("import signal\ndef f():\n    signal.raise_signal(signal.SIGINT)\n");
    assert_eq!(raised(&interrupt), ("KeyboardInterrupt", ""));
    let ignored = "import signal\ndef f():\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    signal.raise_signal(signal.SIGTERM)\n    return 1\n";
    assert_eq!(returned(&hostile_call(ignored)), json!(1));
}

#[test]
fn atexit_handlers_of_a_script_run_at_its_end() {
    let execution =
        hostile_script("import atexit\natexit.register(print, 'bye')\nprint('hello')\n");
    assert_eq!((execution.end, execution.stdout.as_str()), (exited(0), "hello\nbye\n"));
}

#[test]
fn atexit_handlers_of_a_function_program_do_not_change_results() {
    let code = "import atexit, os\natexit.register(lambda: os._exit(3))\ndef f():\n    return 1\n";
    assert_eq!(returned(&hostile_call(code)), json!(1));
}

#[test]
fn exit_handlers_that_never_end_are_out_of_fuel_or_ignored() {
    let code = "import atexit\n@atexit.register\ndef handler():\n    while True:\n        pass\ndef f():\n    return 1\n";
    assert_eq!(returned(&hostile_call(code)), json!(1));
}

#[test]
fn an_exception_text_that_never_ends_is_out_of_fuel() {
    let code = "class E(Exception):\n    def __str__(self):\n        while True:\n            pass\ndef f():\n    raise E\n";
    assert_eq!(hostile_call(code).end, End::OutOfFuel);
}

#[test]
fn an_exception_without_a_text_is_unprintable() {
    for body in [
        "return 42",
        "raise self",
        "raise ValueError",
        "raise SystemExit(9)",
        "raise KeyboardInterrupt",
    ] {
        let code = format!(
            "class E(Exception):\n    def __str__(self):\n        {body}\ndef f():\n    raise E\n"
        );
        assert_eq!(raised(&hostile_call(&code)), ("E", "<unprintable>"), "{body}");
    }
}

#[test]
fn an_exit_code_whose_text_raises_is_still_an_exit() {
    let code = "class X:\n    def __str__(self):\n        raise KeyboardInterrupt\nraise SystemExit(X())\n";
    assert_eq!(hostile_script(code).end, exited(1));
}

#[test]
fn a_changed_excepthook_cannot_change_the_exit() {
    let code =
        "import sys\ndef hook(*_):\n    raise SystemExit(9)\nsys.__excepthook__ = hook\n1 / 0\n";
    let execution = hostile_script(code);
    assert_eq!(execution.end, exited(1));
    assert_eq!(execution.error.map(|error| error.kind).as_deref(), Some("ZeroDivisionError"));
}

#[test]
fn a_destructor_that_raises_or_loops_is_its_own_affair() {
    let raising = "class A:\n    def __del__(self):\n        raise SystemExit(3)\ndef f():\n    A()\n    return 1\n";
    assert_eq!(returned(&hostile_call(raising)), json!(1));
    let looping = "class A:\n    def __del__(self):\n        while True:\n            pass\ndef f():\n    A()\n    return 1\n";
    assert_eq!(hostile_call(looping).end, End::OutOfFuel);
}

#[test]
fn tracebacks_are_plain_text() {
    let execution = script("def g():\n    raise ValueError('no')\ng()\n");
    let expected = "Traceback (most recent call last):\n  File \"program.py\", line 3, in <module>\n    g()\n    ~^^\n  \
                    File \"program.py\", line 2, in g\n    raise ValueError('no')\nValueError: no\n";
    assert_eq!((execution.end, execution.stderr.as_str()), (exited(1), expected));
}

#[test]
fn the_standard_streams_are_no_terminals() {
    let mut job = crate::support::script_job(
        "import os, sys\nname = input('name? ')\nprint([name], sys.stdin.isatty(), sys.stdout.isatty(), os.isatty(2))\n",
    );
    job.stdin = "bob".into();
    let execution = crate::support::run(job);
    assert_eq!(
        (execution.stdout.as_str(), execution.stderr.as_str()),
        ("name? ['bob'] False False False\n", "")
    );
}
