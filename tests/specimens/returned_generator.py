# entry: f
# case: 3
# end: returned
# value: [0,1,4]
# kind: generator
def f(n):
    for i in range(n):
        yield i * i
