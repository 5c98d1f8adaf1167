# Another module may read the variable of this one.
for i in range(3):
    print("*")
