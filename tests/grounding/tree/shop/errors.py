"""What can go wrong in the shop."""


class ShopError(Exception):
    """Any error of the shop."""

    status = 400


class OutOfStock(ShopError):
    """Less is in stock than is ordered."""

    status = 409


class UnknownItem(ShopError):
    """There is no such item."""

    status = 404
