import asyncio
import contextvars
import queue
import random
import threading
import time

CURRENT = contextvars.ContextVar("current")


def thread_tag(message: str) -> str:
    return f"[{threading.get_ident()}] {message}"


def main_ident(offset: int) -> int:
    return threading.main_thread().ident + offset


def thread_text(message: str) -> str:
    return f"{threading.current_thread()} {message}"


def finished_first(values: list[int]) -> list[int]:
    async def work(value):
        return value

    async def main():
        tasks = [asyncio.create_task(work(value)) for value in values + [1, 2, 3, 4, 5, 6]]
        done, _ = await asyncio.wait(tasks)
        return [task.result() for task in done]
    return asyncio.run(main())


def as_completed(names: list[str]) -> list[str]:
    async def work(name):
        await asyncio.sleep(0)
        return name

    async def main():
        jobs = [work(name) for name in names + ["a", "b", "c", "d", "e", "f"]]
        return [await job for job in asyncio.as_completed(jobs)]
    return asyncio.run(main())


def loop_time(offset: int) -> float:
    async def main():
        return asyncio.get_running_loop().time() + offset
    return asyncio.run(main())


def lock_text(name: str) -> str:
    return f"{name}: {threading.Lock()}"


def turns_while_waiting(limit: int) -> int:
    async def main():
        waiting, turns = asyncio.create_task(asyncio.sleep(0.001)), 0
        while not waiting.done():
            turns += 1
            await asyncio.sleep(0)
        return turns + limit
    return asyncio.run(main())


def spins(limit: int) -> int:
    end, count = time.monotonic() + 0.001, 0
    while time.monotonic() < end:
        count += 1
    return count + limit


def task_names(names: list[str]) -> list[str]:
    async def work():
        await asyncio.sleep(0)

    async def main():
        tasks = [asyncio.create_task(work(), name=name) for name in names + ["u", "v", "w", "x", "y"]]
        listed = [task.get_name() for task in asyncio.all_tasks() if task in tasks]
        await asyncio.gather(*tasks)
        return listed
    return asyncio.run(main())


def finishing_order(values: list[int]) -> list[int]:
    finished = []

    async def work(value):
        await asyncio.sleep(random.random() / 1000)
        finished.append(value)

    async def main():
        await asyncio.gather(*(work(value) for value in values + [1, 2, 3, 4, 5]))
    asyncio.run(main())
    return finished


def token_text(value: int) -> str:
    return str(CURRENT.set(value))


def waited(timeout: int) -> float:
    started = time.perf_counter()
    try:
        queue.Queue().get(timeout=abs(timeout) % 3 / 1000)
    except queue.Empty:
        pass
    return time.perf_counter() - started


def is_in_time(rounds: int) -> list[int]:
    async def count(seen):
        while True:
            seen.append(len(seen))
            await asyncio.sleep(0)

    async def main():
        seen = []
        try:
            await asyncio.wait_for(count(seen), 0.0005)
        except TimeoutError:
            pass
        return [len(seen), rounds]
    return asyncio.run(main())


def task_text(name: str) -> str:
    async def main():
        return f"{name} {asyncio.current_task().get_coro()}"
    return asyncio.run(main())
