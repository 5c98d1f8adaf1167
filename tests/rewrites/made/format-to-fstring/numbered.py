def f(a, b):
    return '{0} is "{1}"'.format(a + 1, b)
