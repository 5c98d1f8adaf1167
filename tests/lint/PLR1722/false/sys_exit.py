import sys


def main(arguments):
    if not arguments:
        sys.exit(1)
    print(arguments)
