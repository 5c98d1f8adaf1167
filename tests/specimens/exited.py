# stdin: ada
# end: exited
# exit_code: 0
# stdout: "hello ada\n"
# stderr: ""
import sys

print("hello", sys.stdin.read())
