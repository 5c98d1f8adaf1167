# end: exited
# exit_code: 3
# stdout: "bye\n"
import sys

print("bye")
sys.exit(3)
