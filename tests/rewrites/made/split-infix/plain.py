def f(first, second):
    distance = (first - second) * abs(first + second)  # squares
    return distance
