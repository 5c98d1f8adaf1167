PRICES = {"apple": 1, "pear": 2, "apple": 3}  # found
