import random
import string


def generate_password(length):
    letters = string.ascii_letters
    return "".join(random.choice(letters) for _ in range(length))  # found
