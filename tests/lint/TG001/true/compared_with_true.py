class Account:
    def is_open(self):
        return True


def close(account):
    return account.is_open == True  # found
