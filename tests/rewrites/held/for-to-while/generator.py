# The generator reads the variable later.
def f():
    made = []
    for i in range(3):
        made.append(i + x for x in [1])
    return [list(one) for one in made]
