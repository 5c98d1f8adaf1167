import subprocess


def listing(folder):
    return subprocess.run("ls " + folder, shell=True, check=True)  # found
