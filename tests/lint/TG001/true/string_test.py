def digits(text):
    return [c for c in text if c.isdigit]  # found
