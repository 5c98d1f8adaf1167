import subprocess


def build():
    status = subprocess.call(["make"])
    return status == 0
