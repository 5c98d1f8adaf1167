# A lambda has no decorator.
import functools


@functools.cache
def f(x):
    return x
