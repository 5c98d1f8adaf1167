//! Reaching for the host: files, network, processes, threads, raw memory, descriptors, clocks.

use serde_json::json;
use tgsand::sandbox::End;

use crate::support::{attempts, exited, hostile_call, hostile_script, raised, returned, trapped};

const STDLIB: &str = "/usr/local/lib/python315.zip";

#[test]
fn no_host_file_can_be_opened() {
    let found = attempts(&[
        "open('/etc/passwd').read()",
        "open('/etc/passwd', 'w')",
        "open('/usr/local/lib/../../../etc/passwd').read()",
        "open('/proc/self/environ').read()",
        "open('/dev/null')",
        "open('new', 'w')",
        "open('/new', 'a')",
        "open('/usr/local/lib/new', 'x')",
        "open('../new', 'wb')",
        "__import__('os').open('/', 0)",
        "__import__('io').FileIO('/etc/passwd')",
    ]);
    let mut expected = vec!["FileNotFoundError"; found.len()];
    expected[7] = "OSError"; // the one folder there is: a read-only file system
    assert_eq!(found, expected);
}

#[test]
fn no_folder_can_be_listed_or_changed() {
    let found = attempts(&[
        "__import__('os').listdir('.')",
        "__import__('os').listdir('/')",
        "__import__('os').listdir('..')",
        "__import__('os').listdir('/usr/local/lib')",
        "__import__('os').scandir('/usr/local/lib')",
        "__import__('os').mkdir('d')",
        "__import__('os').chdir('/')",
        "__import__('os').symlink('a', 'b')",
        "__import__('tempfile').mkstemp()",
        "__import__('tempfile').TemporaryFile()",
        "__import__('glob').glob('/**')",
    ]);
    let mut expected = vec!["FileNotFoundError"; found.len()];
    expected[10] = "[]";
    assert_eq!(found, expected);
}

#[test]
fn the_standard_library_is_readable_and_not_writable() {
    let code = format!(
        r#"
import os
ZIP = {STDLIB:?}
def refused(work):
    try:
        work()
    except OSError:
        return True
    return False
def append():
    with open(ZIP, "ab") as file:
        file.write(b"x")
def overwrite():
    with open(ZIP, "r+b") as file:
        file.write(b"x")
def f():
    size = os.stat(ZIP).st_size
    with open(ZIP, "rb") as file:
        head = file.read(2)
        file.seek(-1, 2)
        tail = len(file.read())
    tries = [lambda: open(ZIP, "wb"), lambda: open(ZIP, "xb"), append, overwrite, lambda: os.remove(ZIP),
             lambda: os.rename(ZIP, ZIP + "2"), lambda: os.truncate(ZIP, 0), lambda: os.utime(ZIP),
             lambda: os.write(os.open(ZIP, os.O_RDWR), b"x")]
    return head, tail, [refused(work) for work in tries], os.stat(ZIP).st_size == size
"#
    );
    let case = hostile_call(&code);
    assert_eq!(
        returned(&case),
        json!({"tuple": [{"bytes": "504b"}, 1, [true, true, true, true, true, true, true, true, true], true]})
    );
}

#[test]
fn open_files_are_limited() {
    let code = format!(
        r#"
import os
def f():
    held = []
    try:
        while True:
            held.append(os.open({STDLIB:?}, os.O_RDONLY))
    except OSError as error:
        return len(held), error.errno
"#
    );
    assert_eq!(returned(&hostile_call(&code)), json!({"tuple": [64, 33]}));
}

#[test]
fn there_is_no_network() {
    let found = attempts(&[
        "__import__('socket').socket()",
        "__import__('socket').create_connection(('127.0.0.1', 80))",
        "__import__('socket').getaddrinfo('localhost', 80)",
        "__import__('urllib.request').request.urlopen('http://localhost')",
        "__import__('http.client').client.HTTPConnection('localhost').connect()",
        "__import__('asyncio').run(__import__('asyncio').open_connection('localhost', 80))",
        "__import__('ssl')",
    ]);
    let no_names = "AttributeError"; // this build's `_socket` has no resolver
    assert_eq!(
        found,
        ["OSError", no_names, no_names, no_names, no_names, "RuntimeError", "ModuleNotFoundError"]
    );
}

#[test]
fn there_are_no_processes() {
    let found = attempts(&[
        "__import__('subprocess').run(['true'])",
        "__import__('subprocess').check_output('ls', shell=True)",
        "__import__('os').popen('true')",
        "__import__('os').fork()",
        "__import__('os').execv('/bin/sh', ['sh'])",
        "__import__('os').system('true')",
        "__import__('os').posix_spawn('/bin/sh', ['sh'], {})",
        "__import__('os').spawnv(0, '/bin/sh', ['sh'])",
        "__import__('os').kill(1, 9)",
        "__import__('os').pipe()",
        "__import__('os').dup(1)",
        "__import__('multiprocessing').Process(target=print).start()",
        "__import__('multiprocessing').Pool(1)",
        "__import__('pty')",
    ]);
    let (refused, absent) = ("OSError", "AttributeError");
    assert_eq!(
        found,
        [
            refused,
            refused,
            refused,
            absent,
            absent,
            absent,
            absent,
            absent,
            absent,
            absent,
            refused,
            absent,
            absent,
            "ModuleNotFoundError"
        ]
    );
}

#[test]
fn there_are_no_threads() {
    let found = attempts(&[
        "__import__('threading').Thread(target=print).start()",
        "__import__('_thread').start_new_thread(print, ())",
        "__import__('concurrent.futures').futures.ThreadPoolExecutor().submit(print)",
        "__import__('threading').Timer(0, print).start()",
    ]);
    assert_eq!(found, ["RuntimeError"; 4]);
}

#[test]
fn ctypes_reaches_nothing() {
    let found = attempts(&[
        "__import__('ctypes').CDLL(None)",
        "__import__('ctypes').CDLL('libc.so.6')",
        "__import__('ctypes').string_at(0)",
        "__import__('ctypes').string_at(0xFFFFFF00, 64)",
        "__import__('ctypes').memset(0, 65, 1 << 25)",
        "__import__('ctypes').memset(0xE0000000, 65, 1 << 20)",
        "__import__('ctypes').memmove(0, b'a', 1)",
        "__import__('ctypes').addressof(__import__('ctypes').c_int(3))",
        "__import__('ctypes').CFUNCTYPE(None)(5)()",
        "__import__('ctypes').pythonapi",
    ]);
    let mut expected = vec!["OSError"; found.len()];
    expected[9] = "AttributeError";
    assert_eq!(found, expected);
}

#[test]
fn invalid_opcodes_abort_the_guest_alone() {
    let code = r#"
def g():
    return 1
g.__code__ = g.__code__.replace(co_code=b"\xff" * 100)
g()
"#;
    assert_eq!(
        hostile_script(code).end,
        trapped("wasm trap: wasm `unreachable` instruction executed")
    );
}

#[test]
fn bytecode_that_reads_far_outside_its_constants_stays_in_guest_memory() {
    let code = r#"
import opcode
def g():
    return 1
def f():
    op = opcode.opmap
    far = [op["EXTENDED_ARG"], 255] * 3 + [op["LOAD_CONST"], 255]
    g.__code__ = g.__code__.replace(co_code=bytes([op["RESUME"], 0, *far, op["RETURN_VALUE"], 0]))
    return g()
"#;
    // Memory that the program could have had, and did not ask for, is empty.
    let message = "Type does not define the tp_name field.";
    assert_eq!(raised(&hostile_call(code)), ("SystemError", message));
}

#[test]
fn a_code_object_made_of_noise_harms_only_itself() {
    for seed in 0..20 {
        let code = format!(
            r#"
import random, types
def f():
    noise = random.Random({seed})
    def g(a=1, *b, c=2, **d):
        return [a, b, c, d]
    g.__code__ = g.__code__.replace(co_code=noise.randbytes(200), co_stacksize=noise.randrange(4))
    return g()
"#
        );
        hostile_call(&code);
    }
}

#[test]
fn strange_descriptors_refuse_everything() {
    let code = r#"
import os
def refused(work):
    try:
        work()
    except OSError:
        return True
    return False
def f():
    far = [77, 2000, 2**31 - 1, -1]
    reads = [refused(lambda: os.read(fd, 4)) for fd in [1, 2, 3, *far]]
    seeks = [refused(lambda: os.lseek(fd, 0, whence)) for fd in [0, 1, 2, 3, *far] for whence in (0, 1, 2, 9)]
    writes = [refused(lambda: os.write(fd, b"x")) for fd in [0, 3, *far]]
    others = [refused(lambda: work(1)) for work in (os.fsync, lambda fd: os.ftruncate(fd, 0), lambda fd: os.pread(fd, 1, 0))]
    return all(reads), all(seeks), all(writes), all(others), os.read(0, 4)
"#;
    assert_eq!(
        returned(&hostile_call(code)),
        json!({"tuple": [true, true, true, true, {"bytes": ""}]})
    );
}

#[test]
fn closing_the_standard_descriptors_does_not_silence_the_harness() {
    let code = "import os\ndef f():\n    os.closerange(0, 3000)\n    os.close(0); os.close(1); os.close(2)\n    print('on')\n    return 'mine'\n";
    let case = hostile_call(code);
    assert_eq!((returned(&case), case.stdout.as_str()), (json!("mine"), "on\n"));
    let execution = hostile_script("import os\nos.closerange(0, 3000)\nprint('on')\n");
    assert_eq!((execution.end, execution.stdout.as_str()), (exited(0), "on\n"));
}

#[test]
fn closing_the_standard_streams_does_not_silence_the_harness() {
    let code = "import sys\ndef f():\n    sys.stdout.close(); sys.stderr.close(); sys.stdin.close()\n    return 'mine'\n";
    assert_eq!(returned(&hostile_call(code)), json!("mine"));
}

#[test]
fn sleeping_takes_no_time_and_moves_the_clock() {
    let code = "import time\ndef f():\n    start = time.time()\n    time.sleep(10**9)\n    return round(time.time() - start)\n";
    assert_eq!(returned(&hostile_call(code)), json!(1_000_000_000));
}

#[test]
fn the_clock_stops_at_its_end_instead_of_overflowing() {
    let code = "import time\ndef f():\n    for _ in range(30):\n        time.sleep(9 * 10**9)\n    return time.time() > 0\n";
    assert_eq!(returned(&hostile_call(code)), json!(true));
}

#[test]
fn yielding_and_sleeping_forever_end_out_of_fuel() {
    assert_eq!(
        hostile_script("import os\nwhile True:\n    os.sched_yield()\n").end,
        End::OutOfFuel
    );
    assert_eq!(hostile_script("import time\nwhile True:\n    time.sleep(0)\n").end, End::OutOfFuel);
    assert_eq!(hostile_script("import time\nwhile True:\n    time.time()\n").end, End::OutOfFuel);
}

#[test]
fn the_environment_tells_nothing_of_the_host() {
    let code = "import os, sys, platform\ndef f():\n    return sorted(os.environ), os.getcwd(), os.path.expanduser('~'), sys.platform\n";
    let seen = returned(&hostile_call(code));
    let names = seen["tuple"][0].as_array().expect("names are a list");
    assert!(names.iter().all(|name| {
        name.as_str().is_some_and(|name| name.starts_with("PYTHON") || name == "NO_COLOR")
    }));
    assert_eq!(
        (&seen["tuple"][1], &seen["tuple"][2], &seen["tuple"][3]),
        (&json!("/"), &json!("~"), &json!("linux"))
    );
}
