import os

os.system("clear")  # found
