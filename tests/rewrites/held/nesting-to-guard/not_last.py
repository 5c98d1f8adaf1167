# Something follows that the jump would skip.
def f(x):
    if x:
        print(x)
    print("end")
