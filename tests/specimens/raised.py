# entry: f
# case: [1], 5
# end: raised
# type: IndexError
# message: list index out of range
# line: 8
def f(items, index):
    return items[index]
