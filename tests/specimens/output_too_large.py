# entry: f
# end: output-too-large
def f():
    while True:
        print("more " * 1000)
