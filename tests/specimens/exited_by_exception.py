# end: exited
# exit_code: 1
# type: KeyError
# message: "'b'"
# line: 6
{"a": 1}["b"]
