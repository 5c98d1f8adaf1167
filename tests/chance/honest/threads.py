import asyncio
import contextvars
import queue
import threading
import time

CURRENT = contextvars.ContextVar("current", default=0)


class Account:
    def __init__(self):
        self.balance, self.lock = 0, threading.Lock()

    def deposit(self, amount):
        with self.lock:
            self.balance += amount


def deposits(amounts: list[int]) -> int:
    account = Account()
    for amount in amounts:
        account.deposit(amount)
    return account.balance


def same_thread(value: int) -> bool:
    return threading.get_ident() == threading.get_ident() and value == value


def gathered(values: list[int]) -> list[int]:
    async def work(value):
        await asyncio.sleep(0)
        return value * 2

    async def main():
        return await asyncio.gather(*(work(value) for value in values))
    return asyncio.run(main())


def sorted_results(values: list[int]) -> list[int]:
    async def work(value):
        return value + 1

    async def main():
        done, _ = await asyncio.wait([asyncio.create_task(work(value)) for value in values + [0]])
        return sorted(task.result() for task in done)
    return asyncio.run(main())


def ordered_by_delay(values: list[int]) -> list[int]:
    finished = []

    async def work(value):
        await asyncio.sleep(value % 10 / 20)
        finished.append(value % 10)

    async def main():
        await asyncio.gather(*(work(value) for value in sorted({value % 10 for value in values})))
    asyncio.run(main())
    return finished


def producer_and_consumer(items: list[str]) -> list[str]:
    taken = []

    async def main():
        pending = asyncio.Queue(maxsize=2)

        async def produce():
            for item in items + ["end"]:
                await pending.put(item)

        async def consume():
            while (item := await pending.get()) != "end":
                taken.append(item)
        await asyncio.gather(produce(), consume())
    asyncio.run(main())
    return taken


def priority_order(values: list[int]) -> list[int]:
    pending = queue.PriorityQueue()
    for value in values:
        pending.put(value)
    return [pending.get() for _ in values]


def context_value(value: int) -> int:
    token = CURRENT.set(value)
    found = CURRENT.get()
    CURRENT.reset(token)
    return found + CURRENT.get()


def timed_out(value: int) -> str:
    async def main():
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 0.001)
        except TimeoutError:
            return f"timed out {value}"
        return "done"
    return asyncio.run(main())


def semaphore_peak(jobs: int) -> int:
    running, peak = 0, 0

    async def main():
        limit = asyncio.Semaphore(3)

        async def work():
            nonlocal running, peak
            async with limit:
                running += 1
                peak = max(peak, running)
                await asyncio.sleep(0)
                running -= 1
        await asyncio.gather(*(work() for _ in range(abs(jobs) % 10)))
    asyncio.run(main())
    return peak


def named_tasks(names: list[str]) -> list[str]:
    async def work():
        return asyncio.current_task().get_name()

    async def main():
        return [await asyncio.create_task(work(), name=f"job-{name}") for name in names]
    return asyncio.run(main())


def elapsed_enough(value: int) -> bool:
    started = time.monotonic()
    time.sleep(0.002)
    return time.monotonic() - started > 0.001 or value == 0


def is_locked(value: int) -> list[bool]:
    lock = threading.Lock()
    before = lock.locked()
    with lock:
        return [before, lock.locked(), value > 0]


def in_main_thread(value: int) -> list[bool]:
    current = threading.current_thread()
    return [current is threading.main_thread(), current.ident == threading.get_ident(), current.name == "MainThread", value > 0]


def grouped(values: list[int]) -> int:
    async def square(value):
        await asyncio.sleep(0)
        return value * value

    async def main():
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(square(value % 100)) for value in values]
        return sum(task.result() for task in tasks)
    return asyncio.run(main())
