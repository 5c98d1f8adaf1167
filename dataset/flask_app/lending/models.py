"""Tools and loans."""

from dataclasses import dataclass
from datetime import date, timedelta

from . import fees

LONGEST_LOAN = 14


@dataclass
class Tool:
    """Something that can be lent."""

    name: str
    replacement_cost: float = 0.0


@dataclass
class Loan:
    """A tool that a member has."""

    tool: Tool
    member: str
    begin: date
    days: int = 7

    def __post_init__(self):
        """Rejects loans that are too long."""
        if not 0 < self.days <= LONGEST_LOAN:
            raise ValueError(f"a loan lasts 1 to {LONGEST_LOAN} days, not {self.days}")

    @property
    def due(self):
        """The day on which the tool is expected back."""
        return self.begin + timedelta(days=self.days)

    def fee_on(self, day):
        """Gives the fee if the tool comes back on a day."""
        return fees.late_fee(self.due, day)

    def as_dict(self):
        """Gives the loan as plain data."""
        return {"tool": self.tool.name, "member": self.member, "due": self.due.isoformat()}
