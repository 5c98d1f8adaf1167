//! The languages other than Python: what a program does, how it ends, and what it cannot reach.

mod c;
mod cpp;
mod go;
mod lua;
mod perl;
mod php;
mod typescript;

use std::sync::OnceLock;

use tgsand::sandbox::{Case, End, Execution, Job, Language, Limits, Sandbox, SandboxError};

use crate::cli::{ended, json_lines, tgsand};
use crate::support;

const FUEL: u64 = 8_000_000_000;

fn sandbox(language: Language) -> &'static Sandbox {
    static SANDBOXES: [OnceLock<Sandbox>; Language::ALL.len()] =
        [const { OnceLock::new() }; Language::ALL.len()];
    let index = Language::ALL.iter().position(|other| *other == language).unwrap();
    SANDBOXES[index].get_or_init(|| support::open_runtime(language.name()))
}

fn job(code: &str) -> Job {
    Job { code: code.into(), limits: Limits { fuel: FUEL, ..Limits::default() }, ..Job::default() }
}

fn run(language: Language, job: Job) -> Execution {
    sandbox(language).run(job).unwrap_or_else(|error| panic!("the host failed: {error}"))
}

/// A program, and exactly how it ends and what it prints.
struct Row {
    what: &'static str,
    code: &'static str,
    stdin: &'static str,
    end: End,
    stdout: String,
    /// A part of stderr; nothing if it is empty.
    stderr: &'static str,
}

fn row(what: &'static str, code: &'static str, end: End, stdout: &str) -> Row {
    Row { what, code, stdin: "", end, stdout: stdout.into(), stderr: "" }
}

impl Row {
    fn says(self, stderr: &'static str) -> Self {
        Self { stderr, ..self }
    }

    fn reads(self, stdin: &'static str) -> Self {
        Self { stdin, ..self }
    }
}

fn exited(exit_code: i32) -> End {
    End::Exited { exit_code }
}

/// Runs every row twice: the end, the output and the fuel are the same.
fn hold(language: Language, rows: Vec<Row>) {
    let wrong: Vec<String> = rows
        .into_iter()
        .filter_map(|row| {
            let mut job = Job { stdin: row.stdin.into(), ..job(row.code) };
            if row.end == End::OutOfFuel {
                job.limits.fuel = 1_000_000_000;
            }
            let execution = run(language, job.clone());
            let again = run(language, job);
            let is_right = execution.end == row.end
                && execution.stdout == row.stdout
                && execution.stderr.contains(row.stderr)
                && (row.stderr.is_empty() <= execution.stderr.is_empty())
                && execution == again;
            let stdout: String = execution.stdout.chars().take(300).collect();
            let stderr: String = execution.stderr.chars().take(300).collect();
            (!is_right).then(|| {
                format!(
                    "{}: {:?}, fuel {} and {}\n  stdout {stdout:?}\n  stderr {stderr:?}",
                    row.what, execution.end, execution.fuel, again.fuel
                )
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{language:?}\n{}", wrong.join("\n"));
}

#[test]
fn javascript_programs_end_as_they_should() {
    let ok = || exited(0);
    hold(
        Language::Javascript,
        vec![
            row("hello", "console.log('hello', [1, {a: 'b'}])", ok(), "hello [ 1, { a: 'b' } ]\n"),
            row(
                "sum of stdin",
                "const text = require('fs').readFileSync(0, 'utf8');
                 console.log(text.split(/\\s+/).map(Number).reduce((a, b) => a + b))",
                ok(),
                "42\n",
            )
            .reads("1 2 39"),
            row(
                "lines of stdin",
                "const lines = [];
                 require('readline').createInterface({input: process.stdin})
                   .on('line', line => lines.push(line)).on('close', () => console.log(lines))",
                ok(),
                "[ 'a', 'b c' ]\n",
            )
            .reads("a\nb c\n"),
            row(
                "a million steps",
                "let s = 0; for (let i = 0; i < 1000000; i++) s += i; console.log(s)",
                ok(),
                "499999500000\n",
            ),
            row(
                "memory bomb",
                "const a = []; for (;;) a.push(new Array(100000).fill(1))",
                End::OutOfMemory,
                "",
            )
            .says("out of memory"),
            row("endless loop", "for (;;);", End::OutOfFuel, ""),
            row("endless timers", "(function f() { setTimeout(f, 1000) })()", End::OutOfFuel, ""),
            row("exception", "function f() { throw new TypeError('bad') }\nf()", exited(1), "")
                .says("Uncaught TypeError: bad\n    at f (main.js:1"),
            row("rejection", "(async () => { throw new Error('late') })()", exited(1), "")
                .says("Error: late"),
            row("exit code", "process.exit(200)", exited(200), ""),
            row(
                "exit code at the end",
                "process.exitCode = 4; setTimeout(() => console.log('late'), 1000);
                 setTimeout(() => console.log('early'), 10);
                 Promise.resolve().then(() => console.log('micro'))",
                exited(4),
                "micro\nearly\nlate\n",
            ),
            row(
                "syntax error",
                "console.log(1);\nlet x = ;",
                End::CompileError { exit_code: 1 },
                "",
            )
            .says("SyntaxError: unexpected token in expression: ';'"),
            row("a syntax error at run time", "eval('let x = ;')", exited(1), "")
                .says("SyntaxError"),
            row(
                "200 KB of output",
                "for (let i = 0; i < 2000; i++) console.log('x'.repeat(99))",
                ok(),
                &format!("{}\n", "x".repeat(99)).repeat(2000),
            ),
            row(
                "5000 calls deep",
                "function f(n) { return n ? 1 + f(n - 1) : 0 } console.log(f(5000))",
                ok(),
                "5000\n",
            ),
            // QuickJS does not watch its stack in WebAssembly.
            row(
                "endless recursion",
                "(function f() { f() })()",
                End::Trapped { trap: "wasm trap: wasm `unreachable` instruction executed".into() },
                "",
            ),
            row(
                "a file that is not there",
                "require('fs').readFileSync('input.txt')",
                exited(1),
                "",
            )
            .says("ENOENT"),
            row("network", "fetch('http://127.0.0.1/')", exited(1), "")
                .says("fetch is not defined"),
            row("NUL", "console.log(1)\0", End::CompileError { exit_code: 1 }, "").says("NUL"),
            row(
                "assertions",
                "const assert = require('node:assert');
                 assert.deepStrictEqual({a: [1, new Map([[1, 2]])]}, {a: [1, new Map([[1, 2]])]});
                 assert.throws(() => { throw new RangeError('x') }, RangeError);
                 assert.strictEqual(1 + 1, 3)",
                exited(1),
                "",
            )
            .says("AssertionError"),
        ],
    );
}

#[test]
fn javascript_reaches_nothing_outside() {
    let ok = || exited(0);
    // The modules of QuickJS itself are there for one who asks for them, and there is nothing behind them.
    let with_std = |code: &str| -> &'static str {
        format!(
            "Promise.all([import('qjs:std'), import('qjs:os')]).then(([std, os]) => {{ {code} }})"
        )
        .leak()
    };
    hold(
        Language::Javascript,
        vec![
            row(
                "globals",
                "console.log(typeof std, typeof os, typeof bjson, typeof scriptArgs)",
                ok(),
                "undefined undefined undefined undefined\n",
            ),
            row(
                "files",
                with_std(
                    "console.log(std.open('/etc/passwd', 'r'), std.loadFile('/proc/self/environ'))",
                ),
                ok(),
                "null null\n",
            ),
            row("writing", with_std("console.log(std.open('/tmp/out', 'w'))"), ok(), "null\n"),
            row("folders", with_std("console.log(os.readdir('/')[0].length)"), ok(), "0\n"),
            row(
                "a path upwards",
                with_std("console.log(os.open('../../etc/passwd', 0) < 0)"),
                ok(),
                "true\n",
            ),
            row(
                "environment",
                with_std("console.log(std.getenviron(), process.env)"),
                ok(),
                "{} {}\n",
            ),
            row(
                "processes",
                with_std("console.log(typeof os.exec, typeof std.popen, typeof os.kill)"),
                ok(),
                "undefined undefined undefined\n",
            ),
            row(
                "child processes",
                "try { require('child_process') } catch (error) { console.log(error.code) }",
                ok(),
                "MODULE_NOT_FOUND\n",
            ),
            row(
                "sockets",
                "for (const name of ['net', 'http', 'dgram', 'worker_threads']) \
                 try { require(name) } catch (error) { console.log(error.code) }",
                ok(),
                &"MODULE_NOT_FOUND\n".repeat(4),
            ),
            row(
                "other descriptors",
                with_std("console.log([3, 4, 5, 99].map(fd => os.close(fd) < 0))"),
                ok(),
                "[ true, true, true, true ]\n",
            ),
            row(
                "clock",
                "console.log(new Date().toISOString().slice(0, 16), new Date().getTimezoneOffset())",
                ok(),
                "2026-01-01T00:00 0\n",
            ),
            row(
                "a sleep takes no time",
                "const before = Date.now(); setTimeout(() => console.log(Date.now() - before), 1e8)",
                ok(),
                "100000000\n",
            ),
            row(
                "state of another instance",
                "console.log(globalThis.left ?? 'none'); globalThis.left = 1; Array.prototype.left = 2",
                ok(),
                "none\n",
            ),
            row(
                "more output than allowed",
                "for (;;) console.log('x'.repeat(1 << 19))",
                End::OutputTooLarge,
                &format!("{}\n", "x".repeat(1 << 19)).repeat(2)[..1 << 20],
            ),
        ],
    );
}

#[test]
fn sql_programs_end_as_they_should() {
    let ok = || exited(0);
    hold(
        Language::Sql,
        vec![
            row(
                "hello",
                "create table t(a, b); insert into t values (1, 'x'), (2, null); select * from t;",
                ok(),
                "1|x\n2|\n",
            ),
            row(
                "a million steps",
                "with recursive c(n) as (select 0 union all select n + 1 from c where n < 999999)
                 select sum(n) from c",
                ok(),
                "499999500000\n",
            ),
            row(
                "memory bomb",
                "create table t(a); with recursive c(n) as (select 1 union all select n + 1 from c)
                 insert into t select zeroblob(1000000) from c",
                End::OutOfMemory,
                "",
            )
            .says("out of memory"),
            row(
                "endless loop",
                "with recursive c(n) as (select 1 union all select n + 1 from c)
                 select count(*) from c",
                End::OutOfFuel,
                "",
            ),
            row("error", "select 1; select nope;", exited(1), "1\n").says("no such column: nope"),
            row("syntax error", "selec 1", exited(1), "").says("syntax error"),
            row(
                "200 KB of output",
                "with recursive c(n) as (select 1 union all select n + 1 from c where n < 2000)
                 select printf('%.99c', 'x') from c",
                ok(),
                &format!("{}\n", "x".repeat(99)).repeat(2000),
            ),
            row("a deep expression", DEEP_SQL.get_or_init(deep_sql), exited(1), "")
                .says("Expression tree is too large"),
            row("no stdin", "select 1", ok(), "1\n").reads("select 2;"),
            row(
                "commands first",
                ".mode csv\n.headers on\nselect 1 as a, 2 as b;\nselect 3;",
                ok(),
                "a,b\r\n1,2\r\n3\r\n3\r\n",
            ),
            row("a command alone", ".mode csv", ok(), ""),
        ],
    );
}

static DEEP_SQL: OnceLock<String> = OnceLock::new();

fn deep_sql() -> String {
    format!("select {}1", "1+".repeat(5000))
}

#[test]
fn sql_reaches_nothing_outside() {
    let ok = || exited(0);
    hold(
        Language::Sql,
        vec![
            row("files", "select readfile('/etc/passwd')", exited(1), "").says("no such function"),
            row("writing", "select writefile('/tmp/out', 'x')", exited(1), "")
                .says("no such function"),
            row("databases", "attach '/tmp/x.db' as x", exited(14), "").says("unable to open"),
            row("a script", ".read /etc/passwd", exited(1), "").says("cannot open"),
            row("a shell", ".shell ls", exited(1), "").says("unknown command"),
            row("output to a file", ".output /tmp/out", exited(1), "").says("cannot open"),
            row("extensions", "select load_extension('/lib/x')", exited(1), "")
                .says("not supported"),
            row("clock", "select date('now')", ok(), "2026-01-01\n"),
            row("folders", "select count(*) from fsdir('/')", exited(1), "")
                .says("no such table: fsdir"),
            row(
                "state of another instance",
                "create table t(a); select count(*) from sqlite_master",
                ok(),
                "1\n",
            ),
        ],
    );
}

#[test]
#[ignore = "compiles a module of 24 MB, which takes a minute"]
fn ruby_programs_end_as_they_should() {
    let ok = || exited(0);
    hold(
        Language::Ruby,
        vec![
            row("hello", "puts \"hello #{[1, {a: 2}]}\"", ok(), "hello [1, {:a=>2}]\n"),
            row("sum of stdin", "puts STDIN.read.split.sum(&:to_i)", ok(), "42\n").reads("1 2 39"),
            row(
                "lines of stdin",
                "while (line = gets)\n p line\nend",
                ok(),
                "\"a\\n\"\n\"b c\\n\"\n",
            )
            .reads("a\nb c\n"),
            row(
                "a million steps",
                "s = 0; i = 0; while i < 1000000; s += i; i += 1; end; puts s",
                ok(),
                "499999500000\n",
            ),
            row("memory bomb", "a = []; loop { a << 'x' * 100_000 }", End::OutOfMemory, "")
                .says("failed to allocate memory"),
            row("endless loop", "loop {}", End::OutOfFuel, ""),
            row("exception", "def f = raise(ArgumentError, 'bad')\nf", exited(1), "")
                .says("main.rb:1:in `f': bad (ArgumentError)"),
            row("exit code", "exit 200", exited(200), ""),
            row("syntax error", "puts 1\ndef f(; end", End::CompileError { exit_code: 1 }, "")
                .says("main.rb:2: syntax error"),
            row(
                "200 KB of output",
                "2000.times { puts 'x' * 99 }",
                ok(),
                &format!("{}\n", "x".repeat(99)).repeat(2000),
            ),
            row(
                "5000 calls deep",
                "def f(n) = n == 0 ? 0 : 1 + f(n - 1)\nputs f(5000)",
                ok(),
                "5000\n",
            ),
            row(
                "endless recursion",
                "def f = f()\nbegin; f; rescue SystemStackError => e; puts e.class; end",
                ok(),
                "SystemStackError\n",
            ),
            row("a file that is not there", "File.read('input.txt')", exited(1), "").says("ENOENT"),
            row("network", "require 'socket'", exited(1), "").says("LoadError"),
            row("library", "require 'json'; puts [1].to_json", ok(), "[1]\n"),
        ],
    );
}

#[test]
#[ignore = "compiles a module of 24 MB, which takes a minute"]
fn ruby_reaches_nothing_outside() {
    let ok = || exited(0);
    hold(
        Language::Ruby,
        vec![
            row("files", "p File.exist?('/etc/passwd')", ok(), "false\n"),
            row(
                "writing",
                "begin; File.write('/tmp/out', 'x'); rescue SystemCallError; puts 'no'; end",
                ok(),
                "no\n",
            ),
            row("folders", "p Dir.exist?('/home'), Dir.exist?('/proc')", ok(), "false\nfalse\n"),
            row("environment", "p ENV.keys", ok(), "[\"RUBY_THREAD_VM_STACK_SIZE\"]\n"),
            row(
                "processes",
                "begin; fork; rescue NotImplementedError; puts 'no'; end",
                ok(),
                "no\n",
            ),
            row(
                "commands",
                "begin; `ls`; rescue StandardError, NotImplementedError; puts 'no'; end",
                ok(),
                "no\n",
            ),
            row("clock", "puts Time.now.utc.strftime('%F %H:%M')", ok(), "2026-01-01 00:00\n"),
            row(
                "a sleep is short",
                "before = Time.now; sleep 0.001; puts Time.now - before < 0.01",
                ok(),
                "true\n",
            ),
            // One is a folder of the file system in Ruby's own module, and no folder can be read.
            row(
                "descriptors",
                "(3..20).each { |fd| begin; p IO.for_fd(fd, autoclose: false).read; rescue SystemCallError; end }",
                ok(),
                "",
            ),
            row("state of another instance", "p $left; $left = 1", ok(), "nil\n"),
        ],
    );
}

#[test]
fn a_job_for_a_language_has_nothing_that_only_python_has() {
    for language in [Language::Javascript, Language::Sql] {
        let with_entry = Job { entry: Some("f".into()), cases: vec![Case::call("")], ..job("") };
        let error = sandbox(language).run(with_entry).unwrap_err();
        assert!(matches!(error, SandboxError::WholeProgramsOnly), "{error}");
    }
}

#[test]
fn two_threads_give_what_one_gives() {
    let runtime = tgsand::sandbox::runtime::named("javascript").unwrap();
    sandbox(Language::Javascript);
    let both = Sandbox::open(&runtime, 2).unwrap();
    let program = "console.log(Math.random(), Date.now(), process.argv.slice(2));
                   for (let i = 0; i < 1000; i++) Math.sqrt(i)";
    let with_argument = || Job { argv: vec!["a b".into()], ..job(program) };
    let expected = run(Language::Javascript, with_argument());
    assert!(expected.stdout.ends_with("[ 'a b' ]\n"), "{}", expected.stdout);
    let pending: Vec<_> = (0..16).map(|_| both.start(with_argument()).unwrap()).collect();
    for execution in pending {
        assert_eq!(execution.wait().unwrap(), expected);
    }
}

#[test]
fn the_command_line_runs_a_language_by_name_and_by_ending() {
    sandbox(Language::Javascript);
    let mut exec = tgsand();
    exec.args(["exec", "-"]);
    let lines = [
        r#"{"id": 1, "language": "js", "code": "console.log(6 * 7)"}"#,
        r#"{"id": 2, "language": "python", "code": "print(6 * 7)"}"#,
        r#"{"id": 3, "language": "js", "code": "1", "entry": "f", "cases": [{"call": ""}]}"#,
        r#"{"id": 4, "language": "cobol", "code": "1"}"#,
        r#"{"id": 5, "language": "js", "runtime": "python-3.15", "code": "1"}"#,
    ];
    let answers = json_lines(&ended(exec, lines.join("\n")).stdout);
    assert_eq!(answers[0]["stdout"], "42\n");
    assert_eq!(answers[1]["stdout"], "42\n");
    let error = |index: usize| answers[index]["error"].as_str().unwrap();
    assert!(error(2).starts_with("this runtime runs whole programs"), "{}", error(2));
    assert!(error(3).starts_with("language is \"cobol\", expected python, javascript"));
    assert_eq!(error(4), "language and runtime are both given, expected one of them");

    let folder = tempfile::tempdir().unwrap();
    let options = &["--language", "javascript"];
    for (name, options) in
        [("a.js", &[][..]), ("a.mjs", &[]), ("a.txt", options), ("a.kt", options)]
    {
        let file = folder.path().join(name);
        std::fs::write(&file, "console.log(process.argv[2]); process.exit(7)").unwrap();
        let mut run = tgsand();
        run.arg("run").args(options).arg(&file).arg("-x");
        let ended = ended(run, "");
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(7), "-x\n"), "{}", ended.stderr);
    }
    let mut run = tgsand();
    run.arg("run").arg(folder.path().join("a.kt"));
    let ended = ended(run, "");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    let why = "a.kt is in Kotlin, which the sandbox does not run; it runs python, javascript, typescript, ruby, sql, php, perl, c, cpp, go, lua";
    assert!(ended.stderr.contains(why), "{}", ended.stderr);
}

#[test]
fn what_javascript_takes_for_deeply_equal_is_equal() {
    let equal = [
        "[new Set([1, {a: 1}]), new Set([{a: 1}, 1])]",
        "[new Map([[{a: 1}, [2]], [3, 4]]), new Map([[3, 4], [{a: 1}, [2]]])]",
        "[{[Symbol.for('k')]: 1}, {[Symbol.for('k')]: 1}]",
        "[new Uint8Array([1, 2]).buffer, new Uint8Array([1, 2]).buffer]",
        "[new DataView(new ArrayBuffer(2)), new DataView(new ArrayBuffer(2))]",
    ];
    let unequal = [
        "[new Set([{a: 1}, {a: 1}]), new Set([{a: 1}, {a: 2}])]",
        "[new Set([1]), new Set([2])]",
        "[Object.assign(new Set([1]), {more: 1}), new Set([1])]",
        "[new Map([[{a: 1}, 1], [{a: 1}, 1]]), new Map([[{a: 1}, 1], [{a: 2}, 1]])]",
        "[{[Symbol.for('k')]: 1}, {[Symbol.for('k')]: 2}]",
        "[{[Symbol.for('k')]: 1}, {}]",
        "[new Uint8Array([1, 2]).buffer, new Uint8Array([1, 3]).buffer]",
        "[new ArrayBuffer(1), new ArrayBuffer(2)]",
        "[new DataView(new Uint8Array([1]).buffer), new DataView(new Uint8Array([2]).buffer)]",
        "[new Set([1]), new Map([[1, 1]])]",
    ];
    let program = format!(
        "const assert = require('assert');
         const [equal, unequal] = [[{}], [{}]];
         for (const [a, b] of equal) assert.deepStrictEqual(a, b);
         unequal.forEach(([a, b], at) => {{
             assert.notDeepStrictEqual(a, b, `pair ${{at}}`);
             assert.notDeepStrictEqual(b, a, `pair ${{at}} the other way round`);
         }});
         console.log('held')",
        equal.join(", "),
        unequal.join(", ")
    );
    let execution = run(Language::Javascript, job(&program));
    assert_eq!(
        (execution.end, execution.stdout.as_str()),
        (exited(0), "held\n"),
        "{}",
        execution.stderr
    );
}

#[test]
fn a_failed_assertion_in_javascript_shows_the_lines_of_the_program_alone() {
    let program = "const assert = require('assert');\nfunction test() {\n  assert.strictEqual(1, 2);\n}\ntest();\n";
    let stderr = run(Language::Javascript, job(program)).stderr;
    let shown = "Uncaught AssertionError: Expected strictEqual: 1 and 2\n    at test (main.js:3:10)\n    at main.js:5:1\n";
    assert_eq!(stderr, shown);
    let stderr = run(Language::Javascript, job("\nnull.x")).stderr;
    assert!(stderr.ends_with("\n    at main.js:2:1\n"), "{stderr}");
}

#[test]
fn a_language_that_is_not_installed_is_answered_with_the_command_to_run() {
    let cache = tempfile::tempdir().unwrap();
    let file = cache.path().join("a.js");
    std::fs::write(&file, "1").unwrap();
    let mut run = tgsand();
    run.env("TGSAND_CACHE", cache.path()).arg("run").arg(&file);
    let ended = ended(run, "");
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .stderr
            .contains("javascript is not installed; run `tgsand runtime install javascript`"),
        "{}",
        ended.stderr
    );
}
