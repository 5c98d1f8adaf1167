import subprocess


def build():
    subprocess.call(["make"])  # found
    return "built"
