# entry: f
# end: output-too-large
def f():
    return [0] * 300_000
