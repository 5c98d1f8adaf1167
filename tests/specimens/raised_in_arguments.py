# entry: f
# case: 1 / 0
# end: raised
# type: ZeroDivisionError
# message: division by zero
# in_arguments: true
def f(x):
    return x
