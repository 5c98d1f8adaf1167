"""How letters are written down."""

import abc
import json as jsonlib
from base64 import b64encode as to_base64
from json import dumps as json_dumps

from .errors import Unreadable as Broken


class Codec(abc.ABC):
    """Writes and reads letters."""

    name = "none"

    @abc.abstractmethod
    def write(self, letter):
        """Give the letter as text."""

    def read(self, text):
        """Give the letter that a text is."""
        if not text:
            raise Broken("there is no text")
        return text.strip()


class Plain(Codec):
    """Leaves letters as they are."""

    name = "plain"

    def write(self, letter):
        """Give the letter as text."""
        return f"{letter}\n"


class Shouting(Plain):
    """Writes in capitals."""

    def write(self, letter):
        """Give the letter as text."""
        return super().write(letter).upper()


class Packed(Codec):
    """Writes letters so that any machine carries them."""

    def write(self, letter):
        """Give the letter as text."""
        return to_base64(letter.encode()).decode()


def to_json(letter, indent=2):
    """Give a letter as JSON."""
    return json_dumps({"letter": letter}, indent=indent)


def from_json(text):
    """Read a letter that is JSON."""
    return jsonlib.loads(text)["letter"]


CODECS = {"plain": Plain, "shouting": Shouting}


def codec_of(name):
    """Make the codec of a name."""
    return CODECS[name]()
