"""A report of what is late, for the terminal."""

from datetime import date

from .store import LoanStore, default_tools


def report(store, day):
    """Writes a line for each loan that is late on a day."""
    lines = []
    for loan in store.overdue(day):
        fee = loan.fee_on(day)
        lines.append(f"{loan.tool.name}: {loan.member}, since {loan.due}, {fee:.2f}")
    return "\n".join(lines) or "nothing is late"


def main():
    """Prints the report of today."""
    print(report(LoanStore.from_environment(default_tools()), date.today()))


if __name__ == "__main__":
    main()
