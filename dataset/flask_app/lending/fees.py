"""What a late return costs."""

from datetime import date

FREE_DAYS = 2
DAILY_FEE = 0.5
HIGHEST_FEE = 20.0


def days_late(due, returned):
    """Counts the days between the due date and the return; none if it was in time."""
    return max((returned - due).days, 0)


def late_fee(due, returned, daily=DAILY_FEE):
    """Gives the fee for a late return.

    The first days are free, and the fee is never higher than `HIGHEST_FEE`.
    """
    charged = days_late(due, returned) - FREE_DAYS
    if charged <= 0:
        return 0.0
    return min(charged * daily, HIGHEST_FEE)


def parse_date(text):
    """Reads a date such as 2024-05-01."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"not a date: {text!r}") from error
