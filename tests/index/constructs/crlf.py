def with_mark():
    """One
    two
    """
    return 1
