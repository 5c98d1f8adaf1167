def clean(s):
    s.strip  # found
    return s
