"""Notices who draws from a generator of `random` that nobody has seeded.

A generator without a seed gets one that differs from run to run, but is not asked of the host: whether that seed decides
anything shows only when something is drawn. Programs may make a generator and seed it afterwards.
"""

import os
import random

Base = random.Random.__bases__[0]
real_seed, real_getstate, real_setstate = random.Random.seed, random.Random.getstate, random.Random.setstate
SECRET = int.from_bytes(os.urandom(16))


class Chance:
    """The seeds of one job, and whether any of them has decided something."""

    seed = SECRET
    is_drawn = False
    unseeded = {}  # generators and the states they began with, by identity


def track(generator):
    """Remembers the state of a generator that nobody has seeded."""
    Chance.unseeded[id(generator)] = (generator, Base.getstate(generator))


def forget(generator):
    """Notes whether anything was drawn from a generator that nobody has seeded; from now on somebody has."""
    found = Chance.unseeded.pop(id(generator), None)
    if found is not None and Base.getstate(generator) != found[1]:
        Chance.is_drawn = True


def next_seed():
    """Another seed."""
    Chance.seed += 0x9E3779B97F4A7C15
    return Chance.seed


def create(cls, *args, **kwargs):
    """`random.Random.__new__`."""
    generator = Base.__new__(cls, next_seed())
    if cls.__init__ is not random.Random.__init__ or cls.seed is not random.Random.seed:
        track(generator)
    return generator


def seed(self, a=None, version=2):
    """`random.Random.seed`."""
    forget(self)
    if a is None:
        real_seed(self, next_seed())
        track(self)
    else:
        real_seed(self, a, version)


def getstate(self):
    """`random.Random.getstate`: who has the state can draw from a copy."""
    if id(self) in Chance.unseeded:
        Chance.is_drawn = True
    return real_getstate(self)


def setstate(self, state):
    """`random.Random.setstate`."""
    forget(self)
    real_setstate(self, state)


def begin(number):
    """Begins a job under the seed of this number."""
    Chance.seed = SECRET ^ (number + 1 << 64)


def take_drawn():
    """Whether anything was drawn from an unseeded generator since this was last asked."""
    for generator, _ in list(Chance.unseeded.values()):
        forget(generator)
        track(generator)
    drawn, Chance.is_drawn = Chance.is_drawn, False
    return drawn


def install():
    """Puts it in place of what there is."""
    random.Random.__new__ = staticmethod(create)
    for function in (seed, getstate, setstate):
        function.__doc__ = getattr(random.Random, function.__name__).__doc__
        function.__qualname__, function.__module__ = "Random." + function.__name__, "random"
        setattr(random.Random, function.__name__, function)
