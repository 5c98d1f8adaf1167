"""What can go wrong with the post."""


class PostError(Exception):
    """Any error of the post."""


class TooHeavy(PostError):
    """A letter weighs more than is carried."""


class Unreadable(PostError, ValueError):
    """A text is no letter."""
