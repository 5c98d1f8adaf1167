from subprocess import call as run

if __name__ == "__main__":
    run(["ls", "-l"])  # found
