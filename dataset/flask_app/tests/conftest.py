"""Fixtures of the tests."""

import pytest

from lending import LoanStore
from lending.store import default_tools


@pytest.fixture
def store():
    """A store with the usual tools, in memory."""
    return LoanStore(default_tools())
