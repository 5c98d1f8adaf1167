PRICES = {"1": 1, 1: 2, "apple": 3}
