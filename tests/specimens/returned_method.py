# entry: Account.open
# case: "ada", balance=1.5
# end: returned
# value: {"object":"Account","fields":[["owner","ada"],["balance",1.5]]}
# repr: "Account(owner='ada', balance=1.5)"
from dataclasses import dataclass


@dataclass
class Account:
    owner: str
    balance: float

    @classmethod
    def open(cls, owner, balance=0.0):
        return cls(owner, balance)
