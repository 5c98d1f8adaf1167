import ast


def value(text):
    return ast.literal_eval(text)
