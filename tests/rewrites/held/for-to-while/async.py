# The loop awaits its items.
async def f(source):
    async for i in source:
        print(i)
