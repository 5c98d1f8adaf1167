def _run_test_for_coverage(definitions, call):
    names = dict(globals())
    exec(compile(definitions, "test.py", "exec", dont_inherit=True), names)
    exec(compile(call, "test.py", "exec", dont_inherit=True), names)
