import os


def listing(folder):
    return os.system("ls " + folder)  # found
