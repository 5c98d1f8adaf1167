# entry: f
# fuel: 200000000
# end: out-of-fuel
def f():
    n = 0
    while True:
        n += 1
