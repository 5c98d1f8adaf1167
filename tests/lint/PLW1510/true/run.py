import subprocess


def build():
    subprocess.run(["make"])  # found
