# entry: f
# end: trapped
# trap: wasm trap: wasm `unreachable` instruction executed
import os


def f():
    os.abort()
