# The lambdas see the last value of the variable, which would be another.
def f():
    made = []
    for i in range(3):
        made.append(lambda: i)
    return [one() for one in made]
