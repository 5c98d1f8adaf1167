import random

token = random.getrandbits(128)  # found
