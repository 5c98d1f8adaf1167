"""Calls a server with SandboxFusion's own client, and fails if an answer is not what that client's users expect.

Needs `pip install sandbox-fusion==0.3.7`; tests/it/serve/fusion_client.rs says how to run it.
"""

import asyncio
import sys
import time

from sandbox_fusion import (
    CommandRunStatus, RunCodeRequest, RunStatus, SummaryMapping, run_code, run_code_async, run_concurrent, set_endpoint,
    summary_run_code_result)

set_endpoint(sys.argv[1])
MAPPING = SummaryMapping(Success="ok", Failed="failed", RunFailed="run failed", RunTimeout="timeout")


def check(name, result, status, run_status, return_code, stdout=None):
    run = result.run_result
    assert (result.status, run.status, run.return_code) == (status, run_status, return_code), (name, result)
    assert stdout is None or run.stdout == stdout, (name, result)
    print(f"{name:22} {result.status.value:8} {run.status.value:18} {run.return_code!s:5} {summary_run_code_result(result, MAPPING)}")


def request(code, **fields):
    return RunCodeRequest(code=code, language="python", **fields)


FINISHED = CommandRunStatus.Finished
check("hello", run_code(request("print('hello')")), RunStatus.Success, FINISHED, 0, "hello\n")
check("stdin", run_code(request("print(int(input()) + 1)", stdin="41\n")), RunStatus.Success, FINISHED, 0, "42\n")
check("exception", run_code(request("1 / 0")), RunStatus.Failed, FINISHED, 1)
check("exit code", run_code(request("raise SystemExit(7)")), RunStatus.Failed, FINISHED, 7)
check("syntax error", run_code(request("def f(:")), RunStatus.Failed, FINISHED, 1)
check("time limit", run_code(request("while True: pass", run_timeout=0.5)), RunStatus.Failed, CommandRunStatus.TimeLimitExceeded, None)
check("memory bomb", run_code(request("x = []\nwhile True: x.append(bytearray(10**7))")), RunStatus.Failed, FINISHED, 137)
check("200 KB of output", run_code(request("print('x' * 200_000)")), RunStatus.Success, FINISHED, 0, "x" * 200_000 + "\n")

begun = time.monotonic()
results = run_concurrent(run_code, kwargs=[{"request": request(f"print({n})")} for n in range(256)], concurrency=128)
assert [result.run_result.stdout for result in results] == [f"{n}\n" for n in range(256)]
print(f"256 requests by 128 threads: {time.monotonic() - begun:.1f} s, each with its own answer")


async def many():
    return await asyncio.gather(*(run_code_async(request(f"print({n})"), client_timeout=60) for n in range(128)))


results = asyncio.run(many())
assert [result.run_result.stdout for result in results] == [f"{n}\n" for n in range(128)]
print("128 asynchronous requests: each with its own answer")

try:
    run_code(RunCodeRequest(code="1", language="java"), max_attempts=1)
except Exception as error:
    print(f"java: {error}")
else:
    raise AssertionError("java ran")
