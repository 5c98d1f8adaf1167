
def _run_test_cases(cases):
    """As `unittest` does; raises what the first that fails has raised. A test that is skipped as it runs may be so by the answer."""
    import unittest
    raised, idle = [], []
    def is_skipped(test):
        method = getattr(type(test), getattr(test, '_testMethodName', ''), None)
        return any(getattr(marked, '__unittest_skip__', False) for marked in (type(test), method))
    class Result(unittest.TestResult):
        def addError(self, test, error):
            raised.append(error[1])
        addFailure = addError
        def addSubTest(self, test, subtest, error):
            if error is not None:
                raised.append(error[1])
        def addUnexpectedSuccess(self, test):
            raised.append(AssertionError('unexpected success'))
        def addExpectedFailure(self, test, error):
            idle.append(test)
        def addSkip(self, test, reason):
            if is_skipped(test):
                idle.append(test)
            else:
                raised.append(AssertionError('skipped: ' + str(reason)))
    load = unittest.TestLoader().loadTestsFromTestCase
    result = Result()
    globals().get('setUpModule', lambda: None)()
    unittest.TestSuite(map(load, cases)).run(result)
    globals().get('tearDownModule', lambda: None)()
    if raised:
        raise raised[0]
    if result.testsRun <= len(idle):
        raise AssertionError('no test was run')
def _run_test_classes(classes):
    """As `pytest` does: every test has an object of its own."""
    import asyncio, inspect
    def prepare(test, name, method):
        found = getattr(test, name, None)
        if found is not None:
            found(*[method][:len(inspect.signature(found).parameters)])
    for found in classes:
        getattr(found, 'setup_class', lambda: None)()
        names = dict.fromkeys(name for kind in reversed(found.__mro__) for name in vars(kind) if name.startswith('test'))
        methods = [name for name in names if callable(getattr(found, name))]
        if not methods:
            raise AssertionError('no test was run')
        for name in methods:
            test = found()
            method = getattr(test, name)
            prepare(test, 'setup_method', method)
            begun = method()
            if inspect.iscoroutine(begun):
                asyncio.run(begun)
            prepare(test, 'teardown_method', method)
        getattr(found, 'teardown_class', lambda: None)()
