def main(arguments):
    if not arguments:
        exit(1)  # found
    print(arguments)
