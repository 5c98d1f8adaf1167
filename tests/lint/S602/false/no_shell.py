import subprocess


def listing(folder):
    return subprocess.run(["ls", folder], check=True)
