"""Puts `tgsand serve` before the clients that people have, and prints what each of them makes of it.

    pip install sandbox-fusion==0.3.7
    pip install --no-deps verl                      # optional: verl's own reward client, of which one file is used
    python benches/serve_clients.py --tgsand target/release/tgsand [PART ...]

Parts, all of them if none is named:

fusion   SandboxFusion's client, and verl's: every end of a program, in each language that is installed
submit   AutoCodeBench's protocol: many requests in flight, in several languages, each with an answer of its own
stop     SIGTERM while requests are in flight
memory   the server's resident memory, while it works and when it is idle

Every part starts a server of its own on a free port and stops it. The languages have to be installed before
(`tgsand runtime install NAME`); one that is not is left out. An answer that is not its request's ends the script with
exit code 1. Nothing is written to disk.
"""

import argparse
import asyncio
import collections
import contextlib
import importlib
import importlib.metadata
import importlib.util
import json
import pathlib
import re
import signal
import subprocess
import sys
import time

PARTS = ["fusion", "submit", "stop", "memory"]


class Server:
    """A server on a free port, and its process."""

    def __init__(self, tgsand, *options):
        command = [tgsand, "serve", "--listen", "127.0.0.1:0", *options]
        self.ending = contextlib.ExitStack()
        self.process = self.ending.enter_context(
            subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        for line in self.process.stderr:
            if found := re.search(r"listening on (http://([^:]*):(\d+))", line):
                self.url, self.host, self.port = found[1], found[2], int(found[3])
                return
        raise SystemExit("the server did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        self.ending.close()

    def resident(self):
        """The process's resident memory and the part of it that no file backs, in MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return [int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024 for name in ("VmRSS", "RssAnon")]


def installed(tgsand):
    """The names of the runtimes that are installed."""
    listed = subprocess.run([tgsand, "runtime", "list"], check=True, capture_output=True, text=True).stdout
    return {line.split()[0] for line in listed.splitlines() if line.split()[1:2] == ["installed"]} | {"python"}


def table(*rows):
    """Prints rows in columns: the first on the left, numbers on the right."""
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows)]
    for row in rows:
        cells = (
            f"{cell:>{width}}" if re.fullmatch(r"[\d.,]+( \w+)?", str(cell)) else f"{cell:{width}}"
            for cell, width in zip(map(str, row), widths)
        )
        print("  ".join(cells).rstrip())
    print()


class Wrong(Exception):
    """An answer is not what its request calls for."""


def demand(holds, *what):
    if not holds:
        raise Wrong(" ".join(map(str, what)))


# --- SandboxFusion's client, and verl's ---

HELLO = {
    "python": "print('hello')",
    "nodejs": "console.log('hello')",
    "typescript": "const word: string = 'hello'; console.log(word)",
    "ruby": "puts 'hello'",
    "php": "<?php echo \"hello\\n\";",
    "perl": "print \"hello\\n\";",
    "lua": "print('hello')",
    "sql": "select 'hello';",
    "cpp": "#include <iostream>\nint main() { std::cout << \"hello\\n\"; }",
    "go": "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\") }",
}
RUNTIMES = {"nodejs": "javascript"}
DOUBLED = {
    "python": "print(int(input()) * 2)",
    "nodejs": "console.log(require('fs').readFileSync(0, 'utf8').trim() * 2)",
    "cpp": "#include <iostream>\nint main() { int n; std::cin >> n; std::cout << n * 2 << '\\n'; }",
    "go": "package main\n\nimport \"fmt\"\n\nfunc main() { var n int; fmt.Scan(&n); fmt.Println(n * 2) }",
}
BROKEN = {
    "python": "def f(:",
    "nodejs": "console.log(",
    "cpp": "int main() { return 1 + ; }",
    "go": "package main\n\nfunc main() { return 1 + }",
}
ENDLESS = {
    "python": "while True: pass",
    "nodejs": "while (true) {}",
    "cpp": "int main() { volatile int n = 0; while (true) n = n + 1; }",
    "go": "package main\n\nfunc main() { for n := 0; ; n++ { } }",
}
GREEDY = {
    "python": "x = []\nwhile True: x.append(bytearray(10**7))",
    "nodejs": "const x = []; while (true) x.push(new Uint8Array(1e7).fill(1))",
    "cpp": "#include <vector>\nint main() { std::vector<std::vector<char>> x; while (true) x.emplace_back(10000000, 1); }",
    "go": "package main\n\nfunc main() { x := [][]byte{}; for { x = append(x, make([]byte, 10000000)) } }",
}
FAILING = {
    "python": "raise SystemExit(7)",
    "nodejs": "process.exit(7)",
    "cpp": "int main() { return 7; }",
    "go": "package main\n\nimport \"os\"\n\nfunc main() { os.Exit(7) }",
}
COMPILED = {"cpp", "go"}
# What each program prints, if that is looked at, what `summary_run_code_result` of the client has to say, and verl's number.
ENDS = [
    ("hello", HELLO, {}, "hello\n", "ok", True),
    ("stdin", DOUBLED, {"stdin": "21\n"}, "42\n", "ok", True),
    ("200 KB of output", {"python": "print('x' * 200_000)"}, {}, "x" * 200_000 + "\n", "ok", True),
    ("exception", {"python": "1 / 0"}, {}, None, "run failed", -2),
    ("exit code 7", FAILING, {}, None, "run failed", -2),
    ("does not compile", BROKEN, {}, None, None, None),
    ("time is up", ENDLESS, {"run_timeout": 0.5}, None, "run timeout", -3),
    ("memory is up", GREEDY, {}, None, "run failed", -2),
]


def verl():
    """The file of verl that calls a sandbox, if the package is installed: the package itself needs torch."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        found = importlib.metadata.distribution("verl")
        path = found.locate_file("verl/utils/reward_score/sandbox_fusion/utils.py")
        spec = importlib.util.spec_from_file_location("verl_sandbox_fusion", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    return None


def fusion(options):
    """Every end of a program, as SandboxFusion's client and verl's take it."""
    client = importlib.import_module("sandbox_fusion")

    reward = verl()
    mapping = client.SummaryMapping(
        Success="ok", Failed="failed", CompileFailed="compile failed", CompileTimeout="compile timeout",
        RunFailed="run failed", RunTimeout="run timeout")
    have = installed(options.tgsand)
    languages = [name for name in HELLO if RUNTIMES.get(name, name) in have]
    rows = [("what", "language", "status", "result of", "code", "seconds", "summary", "verl")]
    with Server(options.tgsand) as server:
        client.set_endpoint(server.url)
        for what, programs, fields, stdout, summary, number in ENDS:
            for language, code in programs.items():
                if language in languages:
                    expected = (stdout, summary, number)
                    if summary is None:
                        expected = (stdout, "compile failed", -4) if language in COMPILED else (stdout, "run failed", -2)
                    rows.append(check(client, reward, server, mapping, language, what, code, fields, *expected))
        table(*rows)
        at_once(client, languages)
        if reward:
            many_tests(reward, server)
        try:
            client.run_code(client.RunCodeRequest(code="1", language="java"), max_attempts=1)
        except Exception as error:
            print(f"a language that is not there: {error}\n")
        else:
            raise Wrong("java ran")


def check(client, reward, server, mapping, language, what, code, fields, stdout, summary, number):
    """Runs a program by both clients, and gives its row of the table."""
    result = client.run_code(client.RunCodeRequest(code=code, language=language, **fields), max_attempts=1)
    said = client.summary_run_code_result(result, mapping)
    demand(said == summary, language, what, said, result)
    demand(stdout is None or result.run_result.stdout == stdout, language, what, result)
    command = result.run_result or result.compile_result
    read = "-"
    if reward:
        # It has whole seconds only, so a program that does not end takes as many more.
        [read], _ = reward.check_correctness(
            f"{server.url}/run_code", {"inputs": [fields.get("stdin", "")], "outputs": [stdout or ""]}, code,
            timeout=1 if summary == "run timeout" else 10, language=language)
        demand(read == number, language, what, "verl reads", read)
    return (what, language, result.status.value, "run" if result.run_result else "build", command.return_code,
            f"{command.execution_time:.3f}", said, read)


def at_once(client, languages):
    """The client's concurrent calls: each answer has to be its own request's."""
    programs = {
        "python": "print({})", "nodejs": "console.log({})", "perl": "print {}, qq(\\n)", "lua": "print({})", "php": "<?php echo {}, \"\\n\";"}
    usable = [name for name in programs if name in languages]

    def request(number):
        language = usable[number % len(usable)]
        return client.RunCodeRequest(code=programs[language].format(number), language=language)

    begun = time.monotonic()
    results = client.run_concurrent(client.run_code, kwargs=[{"request": request(n)} for n in range(512)], concurrency=128)
    for number, result in enumerate(results):
        demand(result.run_result.stdout == f"{number}\n", number, result)
    print(f"run_concurrent: 512 requests by 128 threads in {', '.join(usable)}: {time.monotonic() - begun:.1f} s, each with its own answer")

    async def gather():
        return await asyncio.gather(*(client.run_code_async(request(n), client_timeout=120) for n in range(256)))

    begun = time.monotonic()
    for number, result in enumerate(asyncio.run(gather())):
        demand(result.run_result.stdout == f"{number}\n", number, result)
    print(f"run_code_async: 256 requests at once: {time.monotonic() - begun:.1f} s, each with its own answer")


def many_tests(reward, server):
    """verl's call for a problem with many tests, half of which the program fails."""
    tests = {"inputs": [f"{n}\n" for n in range(200)], "outputs": [str(n * 2 + n % 2) for n in range(200)]}
    begun = time.monotonic()
    read, _ = reward.check_correctness(f"{server.url}/run_code", tests, DOUBLED["python"], timeout=10)
    demand(read == [n % 2 == 0 for n in range(200)], read)
    print(f"verl's check_correctness: 200 tests of one program: {time.monotonic() - begun:.1f} s, 100 passed and 100 wrong, each in its place")


# --- Plain requests, as AutoCodeBench sends them ---

async def post(server, path, body, timeout=600):
    """Sends a request on a connection of its own and gives the status and the answer."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    try:
        data = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(data)}\r\n\r\n"
        writer.write(head.encode() + data)
        await writer.drain()
        answer = await asyncio.wait_for(reader.read(), timeout)
    finally:
        writer.close()
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        raise ConnectionResetError("no answer")
    return int(head.split()[1]), json.loads(body)


# Programs that print a number and exit with a code of their own; a tenth each, in this order. SQL has no exit codes.
NUMBERED = [
    ("python", "import sys\nprint({n})\nsys.exit({code})"),
    ("javascript", "console.log({n}); process.exit({code})"),
    ("perl", "print {n}, qq(\\n); exit {code};"),
    ("sql", "select {n};"),
    ("python", "import sys\nprint({n})\nsys.exit({code})"),
    ("ruby", "puts {n}\nexit {code}"),
    ("python", None),
    ("javascript", "console.log({n}); process.exit({code})"),
    ("perl", "print {n}, qq(\\n); exit {code};"),
    ("c", "#include <stdio.h>\nint main() {{ puts(\"{n}\"); return {code}; }}"),
]


def submission(number, have):
    """A request, with the outcome and the output that its answer has to have."""
    language, program = NUMBERED[number % len(NUMBERED)]
    if language not in have:
        language, program = NUMBERED[0]
    request = {"src_uid": f"u{number}", "lang": language}
    if program is None:
        # A solution and its test, which fails for every third.
        expected = number + (number % 3 == 0)
        request["func_code"] = f"def f(x):\n    print(x)\n    return x"
        request["main_code"] = f"def test():\n    assert f({number}) == {expected}\n"
        passes = number % 3 != 0
    else:
        code = 0 if language == "sql" else number % 3
        request["source_code"] = program.format(n=number, code=code)
        passes = code == 0
    return request, "PASSED" if passes else "RUNTIME_ERROR", f"{number}\n"


def own(answer, request, outcome, output):
    """Whether an answer is that of its request."""
    return (answer["src_uid"], answer["exec_outcome"], answer["exec_cout"]) == (request["src_uid"], outcome, output)


def share(durations, part):
    durations = sorted(durations)
    return durations[round((len(durations) - 1) * part)]


def submit(options):
    """AutoCodeBench's protocol with many requests in flight."""
    have = installed(options.tgsand)
    took = collections.defaultdict(list)

    async def client(server, numbers):
        for number in numbers:
            request, outcome, output = submission(number, have)
            begun = time.monotonic()
            status, answer = await post(server, "/submit", request)
            demand(status == 200 and own(answer, request, outcome, output), request, status, answer)
            took[request["lang"]].append(time.monotonic() - begun)

    async def all_clients(server):
        numbers = iter(range(options.requests))
        await asyncio.gather(*(client(server, numbers) for _ in range(options.in_flight)))

    with Server(options.tgsand) as server:
        begun = time.monotonic()
        asyncio.run(all_clients(server))
        seconds = time.monotonic() - begun
    rows = [("language", "answers", "p50", "p99", "longest")]
    every = [duration for durations in took.values() for duration in durations]
    for language, durations in [*sorted(took.items()), ("all", every)]:
        figures = (f"{part:.2f} s" for part in (share(durations, 0.5), share(durations, 0.99), max(durations)))
        rows.append((language, len(durations), *figures))
    demand(len(every) == options.requests, "answers:", len(every))
    table(*rows)
    print(f"{options.requests} requests, {options.in_flight} in flight: {seconds:.0f} s, {options.requests / seconds:.0f} a second; "
          "each had its own answer\n")


def stop(options):
    """SIGTERM in the middle: what was accepted is answered, the rest is refused."""
    have = installed(options.tgsand)
    told = collections.Counter()
    signalled = [None]

    async def client(server, numbers, accepted):
        for number in numbers:
            request, outcome, output = submission(number, have)
            sent = time.monotonic()
            try:
                status, answer = await post(server, "/submit", request)
            except ConnectionError:
                what = "connection refused"
            else:
                demand(status != 200 or own(answer, request, outcome, output), request, answer)
                what = f"status {status}"
            if signalled[0] is None:
                demand(what == "status 200", request, what)
                told["before the signal", what] += 1
                if told["before the signal", what] == options.in_flight * 2:
                    accepted.set()
            elif sent < signalled[0] - 0.5:
                # It was with the server when the signal came.
                demand(what == "status 200", request, what)
                told["sent more than half a second before the signal", what] += 1
            else:
                told["sent after that", what] += 1
            if what == "connection refused":
                return

    async def scenario(server):
        numbers = iter(range(10**9))
        accepted = asyncio.Event()
        clients = [asyncio.create_task(client(server, numbers, accepted)) for _ in range(options.in_flight)]
        waited = asyncio.create_task(accepted.wait())
        await asyncio.wait([waited, *clients], return_when=asyncio.FIRST_COMPLETED)
        if accepted.is_set():
            signalled[0] = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
        await asyncio.gather(*clients)

    with Server(options.tgsand) as server:
        asyncio.run(scenario(server))
        code = server.process.wait()
        seconds = time.monotonic() - signalled[0]
    table(("request", "answer", "count"), *((*key, count) for key, count in told.items()))
    demand(code == 0, "the server's exit code is", code)
    print(f"the server ended {seconds:.1f} s after SIGTERM with exit code 0\n")


def memory(options):
    """The server's memory at work, and when it is idle."""
    have = installed(options.tgsand)

    def of_python(number):
        return {"src_uid": f"u{number}", "lang": "python", "source_code": f"print({number})"}, "PASSED", f"{number}\n"

    kinds = [("Python", of_python), ("several languages", lambda number: submission(number, have))]
    for name, make in kinds:
        with Server(options.tgsand) as server:
            print(f"{name}:")
            watch(server, make, options.seconds)


def watch(server, make, seconds):
    """Prints the server's memory while it answers requests, and when it has none."""
    sent = 0

    async def send(count):
        nonlocal sent
        numbers = iter(range(sent, sent + count))
        sent += count

        async def client():
            for number in numbers:
                request, outcome, output = make(number)
                status, answer = await post(server, "/submit", request)
                demand(status == 200 and own(answer, request, outcome, output), request, status, answer)

        await asyncio.gather(*(client() for _ in range(64)))

    rows = [("when", "resident", "of its own")]

    def note(when):
        rows.append((when, *(f"{size:.1f} MiB" for size in server.resident())))

    note("at the start")
    asyncio.run(send(2000))
    note("after 2,000 requests")
    time.sleep(60)
    note("after a minute idle")
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        asyncio.run(send(10_000))
        note(f"after {sent:,} requests")
    worked = time.monotonic() - begun
    time.sleep(60)
    note("after a minute idle")
    table(*rows)
    print(f"{(sent - 2000) / worked:.0f} requests a second\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all if none is named")
    parser.add_argument("--tgsand", required=True, help="the program to start")
    parser.add_argument("--requests", type=int, default=5000, help="requests of `submit` (5000)")
    parser.add_argument("--in-flight", type=int, default=256, help="requests in flight in `submit` and `stop` (256)")
    parser.add_argument("--seconds", type=float, default=120, help="seconds of work in each half of `memory`, at least 10,000 requests (120)")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    parts = {"fusion": fusion, "submit": submit, "stop": stop, "memory": memory}
    for name in options.parts or PARTS:
        print(f"== {name}: {parts[name].__doc__}\n", flush=True)
        try:
            parts[name](options)
        except Wrong as wrong:
            sys.exit(f"{name}: {wrong}")
        sys.stdout.flush()


main()
