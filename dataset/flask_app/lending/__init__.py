"""A tool library: tools, loans and fees."""

from .store import LoanStore
from .web import create_app

__all__ = ["LoanStore", "create_app"]
