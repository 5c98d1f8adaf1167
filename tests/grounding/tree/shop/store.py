"""The inventory."""

import json
import logging

from .errors import OutOfStock, UnknownItem

log = logging.getLogger("shop.store")


class Store:
    """Items and how many there are of each."""

    capacity = 1000

    def __init__(self, counts=None):
        """Begin with some items."""
        self.counts = dict(counts or {})
        self.reserved = {}

    def count(self, name):
        """Say how many there are of an item."""
        if name not in self.counts:
            raise UnknownItem(name)
        return self.counts[name]

    def take(self, name, amount=1):
        """Take some of an item out."""
        if self.count(name) < amount:
            raise OutOfStock(name)
        self.counts[name] -= amount
        log.info("took %d of %s", amount, name)

    def dump(self, path, indent=2):
        """Write all counts to a file."""
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.counts, file, indent=indent)


class AuditedStore(Store):
    """An inventory that remembers who took what."""

    def take(self, name, amount=1):
        """Take some of an item out and remember it."""
        super().take(name, amount)
        self.reserved[name] = amount
