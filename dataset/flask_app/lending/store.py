"""Keeps tools and loans."""

import json
import os
from pathlib import Path

from .errors import AlreadyLent, UnknownTool
from .models import Loan, Tool


class LoanStore:
    """The tools of the library and who has them."""

    def __init__(self, tools=(), path=None):
        """Begins with tools that nobody has."""
        self.tools = {tool.name: tool for tool in tools}
        self.loans = {}
        self.path = path

    @classmethod
    def from_environment(cls, tools=()):
        """Opens the store that `LENDING_DATABASE` names, or one in memory."""
        name = os.environ.get("LENDING_DATABASE", "")
        return cls(tools, Path(name) if name else None)

    def find(self, name):
        """Finds a tool by its name."""
        if name not in self.tools:
            raise UnknownTool(f"no tool is called {name}")
        return self.tools[name]

    def lend(self, name, member, begin, days):
        """Lends a tool to a member."""
        tool = self.find(name)
        if name in self.loans:
            raise AlreadyLent(f"{self.loans[name].member} has the {name}")
        loan = Loan(tool, member, begin, days)
        self.loans[name] = loan
        self.save()
        return loan

    def take_back(self, name, day):
        """Ends a loan and gives the fee for it."""
        self.find(name)
        loan = self.loans.pop(name, None)
        if loan is None:
            return 0.0
        self.save()
        return loan.fee_on(day)

    def overdue(self, day):
        """Lists the loans whose tools should have been back before a day."""
        late = [loan for loan in self.loans.values() if loan.due < day]
        return sorted(late, key=lambda loan: loan.due)

    def save(self):
        """Writes the loans to the file of the store, if it has one."""
        if self.path is None:
            return
        rows = [loan.as_dict() for loan in self.loans.values()]
        self.path.write_text(json.dumps(rows), encoding="utf-8")


def default_tools():
    """Lists the tools of a new library."""
    return [Tool("drill", 120.0), Tool("ladder", 80.0), Tool("saw")]
