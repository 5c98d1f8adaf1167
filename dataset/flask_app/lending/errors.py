"""What can go wrong with a loan."""


class LendingError(Exception):
    """A request that cannot be met."""

    status = 400


class UnknownTool(LendingError):
    """There is no tool of this name."""

    status = 404


class AlreadyLent(LendingError):
    """Somebody else has the tool."""

    status = 409
