"""Letters and what is done with them."""

import enum
import time
from dataclasses import dataclass
from typing import NamedTuple

from .codec import Plain, codec_of, to_json as as_json
from .errors import PostError, TooHeavy

LIMIT = 500
STAMPS = {"letter": 95, "card": 70}


class Kind(enum.Enum):
    """What is sent."""

    LETTER = "letter"
    CARD = "card"


class Place(NamedTuple):
    """Where a letter goes."""

    street: str
    town: str


@dataclass
class Parcel:
    """Something heavier than a letter."""

    grams: int
    place: Place


class Letter:
    """A letter with its text."""

    count = 0

    def __init__(self, text, grams=20, *, kind="letter"):
        self.text = text
        self.grams = grams
        self.kind = kind
        self.sql = None

    @property
    def price(self):
        """Say what sending costs."""
        return price(self.kind, self.grams)

    @classmethod
    def blank(cls):
        """Make a letter without a text."""
        return cls("")

    @staticmethod
    def greeting(name):
        """Give the first line."""
        return "Dear " + name

    def json(self):
        """Give the letter as JSON."""
        return as_json(self.text)

    def lines(self):
        """Give line after line."""
        for line in self.text.splitlines():
            yield line

    async def send(self, carrier):
        """Hand the letter over."""
        await carrier.take(self.json())

    def words(self):
        """Count the words."""
        return len(self.text.split())


def price(kind, grams, express=False):
    """Say what something costs."""
    if grams > LIMIT:
        raise TooHeavy(grams)
    base = STAMPS[kind]
    return base * 2 if express else base


def total(letters):
    """Add up prices."""
    return sum(price(kind, grams) for kind, grams in letters)


def first(letters):
    """Give the first letter."""
    return next(iter(letters))


def wait(days, pause=time.sleep):
    """Wait until the post comes."""
    if days is None:
        raise PostError("for how long?")
    pause(days)


def written(letter, name="plain"):
    """Write a letter down."""
    codec = codec_of(name)
    text = codec.write(
        letter,
    )
    return text or Plain().write(letter)


if time.tzname[0] == "UTC":

    def zone():
        """Give the zone."""
        return "UTC"

else:

    def zone():
        """Give the zone."""
        return time.tzname[0]
