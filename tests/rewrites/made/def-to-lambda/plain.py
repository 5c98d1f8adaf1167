def kept(a):
    def key(x, y=1):
        return x[y]
    return sorted(a, key=key)
