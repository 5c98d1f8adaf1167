"""Tests of the store."""

from datetime import date

import pytest

from lending.errors import AlreadyLent
from lending.store import LoanStore, default_tools


def test_a_tool_is_lent_once():
    """The second member learns who has it."""
    store = LoanStore(default_tools())
    store.lend("drill", "ana", date(2024, 5, 1), 3)
    with pytest.raises(AlreadyLent, match="ana"):
        store.lend("drill", "ben", date(2024, 5, 2), 3)


def test_a_late_tool_costs_a_fee(store):
    """Three days beyond the free ones."""
    store.lend("saw", "ana", date(2024, 5, 1), 7)
    assert store.take_back("saw", date(2024, 5, 13)) == 1.5
