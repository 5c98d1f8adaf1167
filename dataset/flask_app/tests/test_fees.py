"""Tests of the fees."""

from datetime import date

import pytest

from lending.fees import late_fee, parse_date


def test_the_first_days_are_free():
    """Two days late cost nothing."""
    assert late_fee(date(2024, 5, 1), date(2024, 5, 3)) == 0.0


def test_a_fee_has_a_limit():
    """A year costs as much as the limit."""
    assert late_fee(date(2024, 5, 1), date(2025, 5, 1)) == 20.0


def test_other_text_is_no_date():
    """The message names the text."""
    with pytest.raises(ValueError, match="soon"):
        parse_date("soon")
