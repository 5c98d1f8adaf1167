def main():
    print("a program is not called with inputs")
