# end: exited
# exit_code: 1
# type: SyntaxError
# message: expected ':' (program.py, line 6)
# line: 6
def f()
    return 1
