"""Prices in cents."""

from .errors import ShopError

VAT = 0.19
DISCOUNTS = {"loyal": 10, "staff": 35}


def gross(net, rate=VAT):
    """Add the tax to a price."""
    if net < 0:
        raise ValueError("a price is not negative")
    return round(net * (1 + rate))


def discounted(price, kind="loyal"):
    """Take a discount off a price."""
    if kind not in DISCOUNTS:
        raise ShopError("unknown discount: " + kind)
    return price - price * DISCOUNTS[kind] // 100


def total(items, kind=None, rounding=5):
    """Add up the prices of some items."""
    amount = sum(gross(item) for item in items)
    if kind is not None:
        amount = discounted(amount, kind)
    return amount - amount % rounding
