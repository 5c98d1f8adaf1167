if "a" in "abc":
    print(1)
else:
    print(2)