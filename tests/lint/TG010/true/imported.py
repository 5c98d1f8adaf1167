from random import choices as pick


class Account:
    def reset(self):
        self.secret_key = "".join(pick("abcdef", k=16))  # found
