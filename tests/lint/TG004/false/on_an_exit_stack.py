from contextlib import ExitStack


def first_lines(paths):
    with ExitStack() as stack:
        files = [stack.enter_context(open(path, encoding="utf-8")) for path in paths]
        return [file.readline() for file in files]
