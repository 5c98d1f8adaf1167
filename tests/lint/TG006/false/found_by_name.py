def table():
    def one():
        return 1

    def two():
        return 2

    return dict(locals())
