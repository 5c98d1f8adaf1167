# entry: f
# end: returned
# value: "done"
# kind: coroutine
import asyncio


async def f():
    await asyncio.sleep(3600)
    return "done"
