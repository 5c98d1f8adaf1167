def clean(s):
    s = s.strip()
    return s
