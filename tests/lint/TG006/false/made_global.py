def define():
    global helper

    def helper(x):
        return x


define()
print(helper(1))
