# A guard in a loop needs no `else`.
def f(values):
    for value in values:
        if value % 2:
            continue
        print(value)
