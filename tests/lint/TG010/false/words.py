import random

tokens = "a b c".split()
token_count = random.randint(1, 3)
sample = random.sample(tokens, token_count)
