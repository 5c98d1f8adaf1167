//! Programs that try to cost their host more than they pay for.

use serde_json::{Value, json};

/// Jobs for one `tgsand exec`.
pub struct Program {
    pub name: &'static str,
    pub jobs: Vec<Value>,
}

/// Calls the program's `f` with the numbers up to `cases`.
fn calls(name: &'static str, cases: usize, code: &str) -> Program {
    with(name, cases, code, json!({}))
}

/// The same with more fields of the job.
fn with(name: &'static str, cases: usize, code: &str, more: Value) -> Program {
    let cases: Vec<Value> = (0..cases).map(|n| json!({"args": [n]})).collect();
    let mut job = json!({"code": code, "entry": "f", "cases": cases});
    if let (Value::Object(job), Value::Object(more)) = (&mut job, more) {
        job.extend(more);
    }
    Program { name, jobs: vec![job] }
}

fn script(name: &'static str, code: &str) -> Program {
    Program { name, jobs: vec![json!({"code": code})] }
}

/// A program that takes the secret of its channel, and sends messages of its own: `f` gets `send`.
fn forged(name: &'static str, cases: usize, body: &str) -> Program {
    let code = format!(
        "import os, sys\nFRAME = sys._getframe().f_back\nSECRET = FRAME.f_locals['nonce']\n\
         def send(value, more=b''):\n    os.write(2, SECRET + b'{{\"end\":\"returned\",\"repr\":\"x\",\"value\":' + value + more + b'}}')\n\
         {body}\n\
         def f(n):\n    while True:\n        send(MESSAGE)\n"
    );
    with(name, cases, &code, json!({"output": 4_000_000}))
}

/// All programs, by what they go after.
pub fn programs() -> Vec<Program> {
    [comparisons(), messages(), reruns(), values(), output(), host_calls(), memory(), ends()]
        .into_iter()
        .flatten()
        .collect()
}

fn comparisons() -> Vec<Program> {
    let deep = |name, step: &str| {
        let code = format!(
            "import time\ndef f(n):\n    a = (time.time(), n)\n    for i in range(30):\n        a = {step}\n    return a\n"
        );
        calls(name, 200, &code)
    };
    vec![
        deep("compare: frozensets, deep", "frozenset([a, i])"),
        deep("compare: dicts, deep", "{0: a, i: i}"),
        deep("compare: dicts, deep in their keys", "{(i, frozenset([i])): i, i: a}"),
        calls(
            "compare: a long text, deep in frozensets",
            50,
            "import time\nT = 'x' * 900_000\ndef f(n):\n    a = T + str(time.time())\n    for i in range(30):\n        a = frozenset([a])\n    return a\n",
        ),
        calls(
            "compare: a dict of 40000 in hash order",
            10,
            "def f(n):\n    return {k: 1 for k in set(map(str, range(40000)))}\n",
        ),
        calls(
            "compare: sets of 40000, one item differs",
            10,
            "import time\ndef f(n):\n    return {str(i) for i in range(100000, 140000)} | {'z' + str(time.time())}\n",
        ),
    ]
}

fn messages() -> Vec<Program> {
    vec![
        forged(
            "messages: forged lists of numbers",
            500,
            "MESSAGE = b'[' + b'0,' * 400_000 + b'0]'",
        ),
        forged("messages: forged lists, small", 1000, "MESSAGE = b'[' + b'0,' * 1000 + b'0]'"),
        forged("messages: forged, empty", 2000, "MESSAGE = b'0'"),
        forged("messages: forged empty objects", 500, "MESSAGE = b'[' + b'{},' * 400_000 + b'0]'"),
        forged(
            "messages: forged tagged values",
            500,
            "MESSAGE = b'[' + b'{\"tuple\":[{\"int\":\"1\"}]},' * 100_000 + b'0]'",
        ),
        forged("messages: forged escapes", 500, r#"MESSAGE = b'"' + b'\\u0001' * 500_000 + b'"'"#),
        forged(
            "messages: forged surrogates",
            500,
            r#"MESSAGE = b'"' + b'\\ud800' * 500_000 + b'"'"#,
        ),
        forged("messages: forged half", 500, "MESSAGE = b'[' + b'0,' * 1_000_000"),
        forged("messages: forged brackets", 500, "MESSAGE = b'[' * 1_000_000"),
        forged(
            "messages: forged dicts with many names",
            500,
            "MESSAGE = b'{' + b','.join(b'\"%d\":0' % i for i in range(100_000)) + b'}'",
        ),
        forged(
            "messages: forged sets, deep",
            500,
            "MESSAGE = b'{\"set\":[' * 40 + b'\"' + b'x' * 900_000 + b'\"' + b',0]}' * 40",
        ),
        calls(
            "messages: half lines without the secret",
            20,
            "import os\ndef f(n):\n    for i in range(30_000):\n        os.write(2, b'{\"end\":\"returned\",')\n    return n\n",
        ),
        calls(
            "messages: giant lines without the secret",
            30,
            "import os\nLINE = b'{\"end\":\"returned\",\"value\":[' + b'0,' * 480_000 + b'0]}'\ndef f(n):\n    os.write(2, LINE)\n    return n\n",
        ),
    ]
}

fn reruns() -> Vec<Program> {
    vec![
        calls(
            "reruns: by chance after a long load",
            30,
            "import time\nfor i in range(2000000): pass\ndef f(x):\n    return time.time()\n",
        ),
        calls(
            "reruns: by order after a long load",
            30,
            "for i in range(2000000): pass\nseen = []\ndef f(x):\n    seen.append(x)\n    return len(seen)\n",
        ),
        calls(
            "reruns: by chance, many cases",
            1000,
            "import time\ndef f(x):\n    return time.time()\n",
        ),
        calls(
            "reruns: clocks that show nothing",
            30,
            "import time\nfor i in range(1000000): pass\ndef f(x):\n    time.time()\n    return x\n",
        ),
        with(
            "reruns: little at first, much under other seeds",
            30,
            "import time\ndef f(x):\n    while time.time() > 1.8e9 or time.time() % 1 > 0.2: pass\n    return x\n",
            json!({"fuel": 500_000_000}),
        ),
    ]
}

fn values() -> Vec<Program> {
    vec![
        calls("values: 190000 numbers a case", 100, "def f(x):\n    return [x] * 190000\n"),
        calls(
            "values: 190000 numbers a case, by chance",
            20,
            "import time\ndef f(x):\n    return [x] * 190000 + [time.time()]\n",
        ),
        calls(
            "values: much under other seeds alone",
            100,
            "import time\ndef f(x):\n    return [x] * 190000 if time.time() > 1.8e9 else time.time()\n",
        ),
        with(
            "values: all output that a job may ask for",
            20,
            "def f(x):\n    return ['x' * 3_900_000] + [x] * 190000\n",
            json!({"output": 1_u64 << 40}),
        ),
        calls(
            "values: 99 lists deep",
            1000,
            "def f(x):\n    for _ in range(99): x = [x]\n    return x\n",
        ),
        calls(
            "values: deeper than data goes",
            300,
            "def f(x):\n    for _ in range(900): x = [x]\n    return x\n",
        ),
        with(
            "values: changed arguments",
            20,
            "class Many(list): pass\ndef f(x, a=[]):\n    a += [x] * 50_000\n    return a\n",
            json!({"observe": ["mutations"]}),
        ),
        Program {
            name: "values: jobs of a million",
            jobs: vec![
                json!({"code": "def f(x):\n    return len(x)\n", "entry": "f", "cases": [{"args": [vec![0; 990_000]]}]});
                4
            ],
        },
    ]
}

fn output() -> Vec<Program> {
    vec![
        script(
            "output: a byte at a time",
            "import os\nfor i in range(400_000): os.write(1, b'x')\n",
        ),
        calls(
            "output: a megabyte a case",
            100,
            "import os\nLINE = b'x' * 1_000_000\ndef f(n):\n    os.write(1, LINE)\n    return n\n",
        ),
        calls(
            "output: a megabyte a case that is not UTF-8",
            100,
            "import os\nLINE = b'\\xff' * 1_000_000\ndef f(n):\n    os.write(1, LINE)\n    return n\n",
        ),
        with(
            "output: all that a job may ask for",
            4,
            "import os\nLINE = b'\\xff' * 10_000_000\ndef f(n):\n    while True: os.write(1, LINE)\n",
            json!({"output": 1_u64 << 40}),
        ),
        calls(
            "output: another each time",
            100,
            "import os, time\ndef f(n):\n    print(str(time.time()) * 50_000)\n    return n\n",
        ),
    ]
}

fn host_calls() -> Vec<Program> {
    let looped = |name, body: &str| script(name, &format!("import os, time\nwhile True: {body}\n"));
    vec![
        looped("host: clocks", "time.time_ns()"),
        looped("host: entropy", "os.urandom(100_000)"),
        looped("host: sleep", "time.sleep(1)"),
        looped(
            "host: yield",
            "os.sched_yield() if hasattr(os, 'sched_yield') else time.monotonic()",
        ),
        script(
            "host: folders",
            "import os\nwhile True:\n    try: os.listdir('/')\n    except OSError: pass\n",
        ),
        script(
            "host: files that are not there",
            "import os\nwhile True:\n    try: os.stat('/' + 'x' * 3000)\n    except OSError: pass\n",
        ),
        script(
            "host: the standard library, read",
            "import sys\nname = next(path for path in sys.path if path.endswith('.zip'))\nwhile True:\n    with open(name, 'rb') as file: file.read()\n",
        ),
        script(
            "host: gathering writes",
            "import os\npart = b'x'\nparts = [part] * 1000\nwhile True:\n    try: os.writev(1, parts) if hasattr(os, 'writev') else os.write(1, b'')\n    except OSError: pass\n",
        ),
    ]
}

fn memory() -> Vec<Program> {
    vec![
        script("memory: grown and touched", "while True: bytearray(150_000_000)\n"),
        script(
            "memory: grown and touched, a gigabyte",
            "while True:\n    a = bytearray(10_000_000)\n    a.extend(a)\n    a = a * 8\n",
        ),
        calls(
            "memory: grown in each case",
            100,
            "import os\ndef f(n):\n    bytearray(150_000_000)\n    os._exit(0)\n",
        ),
        calls(
            "memory: refused in each case",
            300,
            "def f(n):\n    return bytearray(1_000_000_000)\n",
        ),
        calls(
            "memory: used up in each case",
            10,
            "def f(n):\n    a = []\n    while True: a.append(bytes(1_000_000))\n",
        ),
        script("memory: copied", "a = bytes(50_000_000)\nwhile True: bytearray(a)\n"),
        script("memory: one large number", "a = 3 ** 200_000\nwhile True: a * a\n"),
    ]
}

fn ends() -> Vec<Program> {
    vec![
        script(
            "ends: exceptions",
            "def g(n):\n    if n: g(n - 1)\n    else: raise ValueError\nwhile True:\n    try: g(100)\n    except ValueError: pass\n",
        ),
        calls(
            "ends: exceptions of each case",
            1000,
            "def f(n):\n    raise ValueError('m' * 90_000)\n",
        ),
        calls("ends: sys.exit in each case", 1000, "import sys\ndef f(n):\n    sys.exit(n)\n"),
        calls("ends: os._exit in each case", 300, "import os\ndef f(n):\n    os._exit(n)\n"),
        calls("ends: abort in each case", 300, "import os\ndef f(n):\n    os.abort()\n"),
        calls(
            "ends: out of the stack in each case",
            100,
            "import sys\nsys.setrecursionlimit(10 ** 9)\nclass A:\n    def __repr__(self): return repr(self)\ndef f(n):\n    return repr(A())\n",
        ),
        Program { name: "ends: small jobs", jobs: vec![json!({"code": "1"}); 1000] },
        Program { name: "ends: jobs that do not load", jobs: vec![json!({"code": "("}); 1000] },
    ]
}
