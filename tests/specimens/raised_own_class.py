# entry: f
# case: -1
# end: raised
# type: Bank.Overdrawn
# message: "by 1"
# line: 14
class Bank:
    class Overdrawn(Exception):
        pass


def f(balance):
    if balance < 0:
        raise Bank.Overdrawn(f"by {-balance}")
