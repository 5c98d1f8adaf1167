# The sign of the step is not known.
def f(step):
    for i in range(0, 10, step):
        print(i)
