def double(x):
    return 2 * x
    print("doubled")  # found
